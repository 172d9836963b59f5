"""`animate`: both passes as one moving SVG, for slides and for pages that show it by `<img>`.

There is no script: every step has a moment, and whatever is seen for a while only has a timetable, which is a keyframes
rule. The picture at rest is the finished one, so readers who ask for no motion, and programs that know no animation,
see all gradients.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from autograd_core import InputError, OperandTypeError, Value
from viz.graph.captions import description, heading, reference
from viz.graph.graph import Graph, record
from viz.graph.names import caller_scopes, check_names, find_names
from viz.passes.score import exact, score_sheet, short, sums_of
from viz.passes.stage import check_limits, save_text, stage, without_words
from viz.passes.steps import TOPOLOGICAL
from viz.picture.style import CELL, DARK, FONT_SIZE, LIGHT, LINE, SVG_FONT
from viz.text import cut, number, printable, xml

MAX_NODES: Final = 60
"""More than an audience can follow."""

_LONGEST_STEP: Final = 0.9
_BEGIN: Final = 0.6
_PAUSE: Final = 0.6
_HOLD: Final = 3.0
_FAINT: Final = 0.3
"""How much is seen of a node before it is computed."""
_FEWEST_CELLS: Final = 64
"""Room for an equation below a narrow picture."""
_MARGIN: Final = 14.0

_AHEAD: Final = "#1f8fd6"
_BACK: Final = "#e06b12"
"""Colours of the two passes, which are seen on light and on dark paper."""


@dataclass(frozen=True, repr=False)
class Animation:
    """A moving picture as it was when `animate` was called.

    Attributes:
        svg: the whole file.
        seconds: how long it takes, after which it begins anew.
        summary: what it shows, in one line.
    """

    svg: str
    seconds: float
    summary: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the animation to a file that ends in `.svg`; it appears complete or not at all.

        Returns:
            The path of the file.

        Raises:
            OperandTypeError: if `path` is no path.
            InputError: if it has another ending.
            OSError: if the file cannot be written.
        """
        return save_text(path, self.svg, "animation", "animation.svg")

    def __repr__(self) -> str:
        """One line: what is shown, and for how long."""
        return f"Animation({self.summary}, {self.seconds:.3g} s)"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        bundle = {"text/plain": repr(self), "image/svg+xml": self.svg}
        return {
            kind: text
            for kind, text in bundle.items()
            if (include is None or kind in include) and kind not in (exclude or ())
        }


def animate(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int = MAX_NODES,
    rankdir: str = "LR",
    title: str | None = None,
    seconds: float = 5.0,
) -> Animation:
    """An SVG that plays the forward and the backward pass that made `value`, over and over, without a script.

    Args:
        value: the root, whose gradients are shown. No `.grad` is read or changed.
        names: names for nodes, as in `draw`.
        max_nodes: most nodes to show, by default 60; of a larger graph the part nearest the root is shown, with a
            marker wherever nodes are left out, and their contributions are counted.
        rankdir: direction of the edges, as in `draw`.
        title: a line above the picture.
        seconds: the longest that each of the two passes may take; steps are shorter the more there are.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` or `seconds` is too small or there is no such direction; it is a ValueError.

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> L = a * a
    >>> animate(L)
    Animation(L = 9.0: 2 nodes, 2 edges, 7.8 s)
    """
    if not isinstance(value, Value):
        raise OperandTypeError(f"animate needs a Value, the root of the graph; got {type(value).__name__}")
    limit = check_limits(max_nodes, rankdir, title)
    if not isinstance(seconds, int | float):
        raise OperandTypeError(f"seconds is a number; got {type(seconds).__name__}")
    if not 0.1 <= seconds <= 3600.0:
        raise InputError(f"seconds must be between 0.1 and 3600; got {seconds!r}")
    scopes = [check_names(names), *caller_scopes(1)]
    graph = record(value, lambda values: find_names(values, scopes))[0]
    return _film(graph, limit, rankdir, title, float(seconds))


def _film(graph: Graph, limit: int, rankdir: str, title: str | None, seconds: float) -> Animation:
    sheet, part = score_sheet(graph, limit)
    still = without_words(stage(part.graph, sums_of(sheet["backward"][TOPOLOGICAL]), rankdir, title))
    film = _Film(sheet["forward"], sheet["backward"][TOPOLOGICAL], seconds)
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', still)
    across, down = (float(size[1]), float(size[2])) if size else (0.0, 0.0)
    width = max(across, _FEWEST_CELLS * CELL + 2 * _MARGIN)
    lines = [
        film.moving(still),
        *film.equations(down + LINE / 2, round((width - 2 * _MARGIN) / CELL)),
    ]
    mark = f"film-{sha256(still.encode()).hexdigest()[:8]}"
    box = f'width="{width:g}" height="{down + 2 * LINE:g}" viewBox="0 0 {width:g} {down + 2 * LINE:g}"'
    font = f'font-family="{SVG_FONT}" font-size="{FONT_SIZE:g}"'
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-film {mark}" role="img" {box} {font}>',
        f"<title>{xml(printable(title) if title else heading(graph))}</title>",
        f"<desc>{xml(description(_known(part.graph, sheet)))}</desc>",
        f"<style>{_LOOK}{film.timetables(mark)}</style>",
        '<rect class="desk" width="100%" height="100%" rx="6"/>',
        *lines,
        "</svg>",
        "",
    ]
    root = f"{reference(graph.root, 40)} = {number(graph.root.data or 0.0)}"
    return Animation("\n".join(svg), film.length, f"{root}: {sheet['words']['summary']}")


def _known(graph: Graph, sheet: dict[str, Any]) -> Graph:
    """The graph with the gradients at which the film arrives."""
    facts = zip(graph.nodes, sheet["nodes"], strict=True)
    return replace(
        graph, nodes=tuple(replace(n, gradient=f["gradient"] and float(exact(f["gradient"]))) for n, f in facts)
    )


_LOOK: Final = f"""
.autograd-film .desk{{fill:{LIGHT.paper}}}
.autograd-film .line{{fill:{LIGHT.text};font-weight:bold}}
.autograd-film .glow,.autograd-film .autograd-graph .flow{{fill:none;stroke-width:3.4}}
.autograd-film .autograd-graph .ahead{{stroke:{_AHEAD}}}
.autograd-film .autograd-graph .back{{stroke:{_BACK}}}
.autograd-film .autograd-graph text.sum{{fill:#b84600;font-weight:bold}}
.autograd-film .off{{opacity:0}}
@media (prefers-color-scheme:dark){{
.autograd-film .desk{{fill:{DARK.paper}}}
.autograd-film .line{{fill:{DARK.text}}}
.autograd-film .autograd-graph text.sum{{fill:#ff9a52}}
}}
"""

_Span = tuple[float, float]


class _Film:
    """When what is seen. A span is a time in seconds; whatever has spans gets the class of its timetable."""

    def __init__(self, forward: list[dict[str, Any]], backward: list[dict[str, Any]], seconds: float) -> None:
        self._tables: dict[tuple[float, tuple[_Span, ...]], int] = {}
        self._equations: list[tuple[str, _Span]] = []
        self._computed: dict[int, float] = {}
        self._measured: dict[int, float] = {}
        self._lit: dict[tuple[str, int, str], list[_Span]] = {}
        self._sums: dict[int, list[tuple[str, float]]] = {}
        time = _BEGIN
        pace = min(_LONGEST_STEP, seconds / max(1, len(forward)))
        for step in forward:
            self._computed[step["node"]] = time
            self._measured.update(dict.fromkeys(step["edges"], time))
            self._light("ahead", (time, time + pace), [step["node"]], step["edges"])
            self._equations.append((step["equation"], (time, time + pace)))
            time += pace
        time += _PAUSE
        pace = min(_LONGEST_STEP, seconds / len(backward))
        for step in backward:
            ends = [end for end in (step["node"], step["target"]) if end is not None]
            self._light(
                "back", (time, time + pace), dict.fromkeys(ends), [] if step["edge"] is None else [step["edge"]]
            )
            self._equations.append((step["equation"], (time, time + pace)))
            self._sums.setdefault(step["target"], []).append((short(step["after"]), time))
            time += pace
        self.length = time + _HOLD

    def _light(self, phase: str, span: _Span, nodes: Iterable[int], edges: Iterable[int]) -> None:
        for node in nodes:
            self._lit.setdefault(("node", node, phase), []).append(span)
        for edge in edges:
            self._lit.setdefault(("edge", edge, phase), []).append(span)

    def _seen(self, spans: Iterable[_Span], otherwise: float = 0.0) -> str:
        """The classes of what is seen in these spans only, and else with the opacity `otherwise`."""
        table = self._tables.setdefault((otherwise, tuple(spans)), len(self._tables))
        return f"timed t{table}"

    def moving(self, still: str) -> str:
        """The still picture with its timetables."""

        def group(found: re.Match[str]) -> str:
            return (self._node if found[1] == "node" else self._edge)(found[0], int(found[2]))

        return re.sub(r'<g data-(node|edge)="(\d+)" class=.*?</g>', group, still, flags=re.DOTALL)

    def _node(self, text: str, node: int) -> str:
        text = re.sub(
            r'<(?:rect|path) class="box"[^>]*/>', lambda m: m[0] + self._glow("node", node, m[0]), text, count=1
        )
        text = re.sub(r'<text class="figure grad ([^"]*)"([^>]*)>[^<]*</text>', lambda m: self._stack(node, m), text)
        if node not in self._computed:
            return text
        after = [(self._computed[node], self.length)]
        text = text.replace('class="figure data ', f'class="{self._seen(after)} figure data ')
        return text.replace('class="node', f'class="{self._seen(after, _FAINT)} node', 1)

    def _edge(self, text: str, edge: int) -> str:
        text = re.sub(r'<path d="[^"]*"/>', lambda m: m[0] + self._glow("edge", edge, m[0]), text, count=1)
        if edge not in self._measured:
            return text
        after = [(self._measured[edge], self.length)]
        text = text.replace('<text class="', f'<text class="{self._seen(after)} ')
        return text.replace('class="edge', f'class="{self._seen(after, _FAINT)} edge', 1)

    def _glow(self, kind: str, place: int, shape: str) -> str:
        """The shape once more in the colour of each phase in which it lights up."""
        glows = []
        for phase in ("ahead", "back"):
            if spans := self._lit.get((kind, place, phase)):
                bare = re.sub(r' class="[^"]*"', "", shape)
                name = "glow" if kind == "node" else "flow"
                glows.append(re.sub(r"^<(\w+)", rf'<\1 class="off {name} {phase} {self._seen(spans)}"', bare))
        return "".join(glows)

    def _stack(self, node: int, figure: re.Match[str]) -> str:
        """The gradient as it grows: a text for each sum, of which one is seen at a time, and the last one at rest."""
        sums = self._sums.get(node, [])
        if not sums:
            return figure[0]
        ends = [*(time for _, time in sums[1:]), self.length]
        texts = [f'<text class="off {self._seen([(0.0, sums[0][1])])} figure grad {figure[1]}"{figure[2]}>0.0</text>']
        for (text, start), end in zip(sums, ends, strict=True):
            rest = "" if end == self.length else "off "
            classes = f"{rest}{self._seen([(start, end)])} figure grad sum {figure[1]}"
            texts.append(f'<text class="{classes}"{figure[2]}>{xml(text)}</text>')
        return "".join(texts)

    def equations(self, level: float, width: int) -> Iterator[str]:
        """The line of arithmetic below the picture."""
        for equation, span in self._equations:
            text = xml(cut(equation.replace("\n  ", " "), width))
            yield f'<text class="off line {self._seen([span])}" x="{_MARGIN:g}" y="{level:g}">{text}</text>'

    def timetables(self, mark: str) -> str:
        """The style sheet of all that was timed; `mark` keeps apart the films on one page."""
        rules = [f".{mark} .timed{{animation:{self.length:.3f}s step-end infinite}}"]
        for (otherwise, spans), table in self._tables.items():
            keyframes = [f"0%{{opacity:{otherwise:g}}}"] if spans[0][0] > 0.0 else []
            for start, end in spans:
                keyframes.append(f"{self._percent(start)}{{opacity:1}}")
                if end < self.length:
                    keyframes.append(f"{self._percent(end)}{{opacity:{otherwise:g}}}")
            rules.append(f".{mark} .t{table}{{animation-name:{mark}-{table}}}")
            rules.append(f"@keyframes {mark}-{table}{{{''.join(keyframes)}}}")
        rules.append(f"@media (prefers-reduced-motion:reduce){{.{mark} .timed{{animation:none}}}}")
        return "\n".join([*rules, ""])

    def _percent(self, time: float) -> str:
        return f"{100.0 * time / self.length:.3f}%"
