"""`animate`: both passes as one animated SVG, for slides and for pages that show it with `<img>`.

Every step has a fixed time; see `viz.passes.film`. Without animation, all gradients are seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from autograd_core import Value
from autograd_core.calls import explained
from viz.graph.arguments import check_flag, check_value
from viz.graph.captions import description, heading, reference
from viz.graph.expand import expanded
from viz.graph.graph import Graph, record
from viz.graph.helpers import simplified
from viz.graph.variable_names import caller_scopes, check_names
from viz.passes.film import HIDDEN, Animation, Span, Timetables, check_seconds
from viz.passes.steps import TOPOLOGICAL
from viz.passes.still import BRIDGE, check_limits, picture_at_rest
from viz.passes.storyboard import exact, short, storyboard, sums_of
from viz.picture.boxes import DATA, GRAD
from viz.picture.elements import EDGE, NODE, Group, Picture, Text
from viz.picture.style import CELL, DARK, FONT_SIZE, LIGHT, LINE, SVG_FONT
from viz.text import cut, number, printable, xml

MAX_NODES: Final = 60
"""An audience can hardly follow more."""

_LONGEST_STEP: Final = 0.9
_BEGIN: Final = 0.6
_PAUSE: Final = 0.6
_HOLD: Final = 3.0
_FAINT: Final = 0.3
"""The opacity of a node before it is computed."""
_FEWEST_CELLS: Final = 64
"""Room for an equation below a narrow picture."""
_MARGIN: Final = 14.0

_AHEAD: Final = "#1f8fd6"
_BACK: Final = "#e06b12"
"""Colours of the two passes, which have contrast on light and on dark paper."""


@explained()
def animate(
    value: Value,
    *,
    names: Mapping[str, object] | None = None,
    max_nodes: int = MAX_NODES,
    rankdir: str = "LR",
    title: str | None = None,
    seconds: float = 5.0,
    expand: bool = False,
) -> Animation:
    """An SVG that plays the forward and the backward pass of `value` in a loop, without a script.

    Args:
        value: the root, whose gradients are shown. No `.grad` is read or changed.
        names: names for nodes, as in `draw`.
        max_nodes: most nodes to show, by default 60; of a larger graph the part nearest the root is shown, with a
            marker wherever nodes are left out, and their contributions are counted.
        rankdir: direction of the edges, as in `draw`.
        title: a line above the picture.
        seconds: the longest duration of each of the two passes; the more steps there are, the shorter they are.
        expand: show `dot` as products and their sum, and show helper nodes, as in `draw`.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_nodes` or `seconds` is too small or there is no such direction; it is a ValueError.

    >>> from autograd_core import Value
    >>> a = Value(3.0)
    >>> L = a * a
    >>> animate(L)
    Animation(L = 9.0: 2 nodes, 2 edges, 7.8 s; show() opens it, save('passes.svg') writes it)
    """
    check_value("animate", "its root", value)
    limit = check_limits(max_nodes, rankdir, title)
    length = check_seconds(seconds)
    scopes = [check_names(names), *caller_scopes(1)]
    view = expanded if check_flag("expand", expand) else simplified
    graph, _ = view(record(value, scopes)[0])
    return _compose(graph, limit, rankdir, title, length)


def _compose(graph: Graph, limit: int, rankdir: str, title: str | None, seconds: float) -> Animation:
    board, shown = storyboard(graph, limit)
    still = picture_at_rest(shown.graph, sums_of(board["backward"][TOPOLOGICAL]), rankdir, title, bridges=True)
    timeline = _Timeline(board["forward"], board["backward"][TOPOLOGICAL], seconds)
    width = max(still.width, _FEWEST_CELLS * CELL + 2 * _MARGIN)
    lines = [
        str(timeline.moving(still)),
        *timeline.equations(still.height + LINE / 2, round((width - 2 * _MARGIN) / CELL)),
    ]
    mark = f"film-{sha256(str(still).encode()).hexdigest()[:8]}"
    height = still.height + 2 * LINE
    box = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    font = f'font-family="{SVG_FONT}" font-size="{FONT_SIZE:g}"'
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-film {mark}" role="img" {box} {font}>',
        f"<title>{xml(printable(title) if title else heading(graph))}</title>",
        f"<desc>{xml(description(_known(shown.graph, board)))}</desc>",
        f"<style>{_LOOK}{HIDDEN}{timeline.timetables(mark)}</style>",
        '<rect class="desk" width="100%" height="100%" rx="6"/>',
        *lines,
        "</svg>",
        "",
    ]
    root = f"{reference(graph.root, 40)} = {number(graph.root.data or 0.0)}"
    return Animation("\n".join(svg), timeline.length, f"{root}: {board['words']['summary']}")


def _known(graph: Graph, board: dict[str, Any]) -> Graph:
    """The graph with the gradients at the end of the animation."""
    facts = zip(graph.nodes, board["nodes"], strict=True)
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
@media (prefers-color-scheme:dark){{
.autograd-film .desk{{fill:{DARK.paper}}}
.autograd-film .line{{fill:{DARK.text}}}
.autograd-film .autograd-graph text.sum{{fill:#ff9a52}}
}}
"""


class _Timeline:
    """When each part of the picture is visible."""

    def __init__(self, forward: list[dict[str, Any]], backward: list[dict[str, Any]], seconds: float) -> None:
        self._tables = Timetables()
        self._equations: list[tuple[str, Span]] = []
        self._computed: dict[int, float] = {}
        self._measured: dict[int, float] = {}
        self._lit: dict[tuple[str, int, str], list[Span]] = {}
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

    def _light(self, phase: str, span: Span, nodes: Iterable[int], edges: Iterable[int]) -> None:
        for node in nodes:
            self._lit.setdefault((NODE, node, phase), []).append(span)
        for edge in edges:
            self._lit.setdefault((EDGE, edge, phase), []).append(span)

    def moving(self, still: Picture) -> Picture:
        """The still picture with its timetables."""
        edges = tuple(self._timed(self._glowing(group), self._measured) for group in still.edges)
        nodes = tuple(self._timed(self._growing(self._glowing(group)), self._computed) for group in still.nodes)
        return replace(still, edges=edges, nodes=nodes)

    def _timed(self, group: Group, begins: Mapping[int, float]) -> Group:
        """A group that is faint before it begins, with the data of a node or the label of an edge invisible."""
        if group.number not in begins:
            return group
        begin = begins[group.number]
        after = [(begin, self.length)]
        seen = self._tables.seen(after)
        texts = (
            replace(text, prefix=f"{seen} {text.prefix}") if group.kind == EDGE or text.figure == DATA else text
            for text in group.texts
        )
        before = f"off {BRIDGE} {self._tables.seen([(0.0, begin)])}"  # the line where the label will stand
        shapes = (replace(shape, classes=before) if shape.classes == BRIDGE else shape for shape in group.shapes)
        classes = f"{self._tables.seen(after, _FAINT)} {group.classes}"
        return replace(group, shapes=tuple(shapes), texts=tuple(texts), classes=classes)

    def _glowing(self, group: Group) -> Group:
        """A group with a copy of its first shape for each pass that highlights it, in the colour of the pass."""
        first, *others = group.shapes
        name = "glow" if group.kind == NODE else "flow"
        glows = (
            replace(first, classes=f"off {name} {phase} {self._tables.seen(spans)}")
            for phase in ("ahead", "back")
            if (spans := self._lit.get((group.kind, group.number, phase)))
        )
        return replace(group, shapes=(first, *glows, *others))

    def _growing(self, group: Group) -> Group:
        """A group that shows the successive values of its gradient."""
        texts = (self._sums_shown(group.number, text) if text.figure == GRAD else (text,) for text in group.texts)
        return replace(group, texts=tuple(chain.from_iterable(texts)))

    def _sums_shown(self, node: int, text: Text) -> Iterator[Text]:
        """A text for each value of the gradient. One is visible at a time, and the last one without animation."""
        sums = self._sums.get(node, [])
        if not sums:
            yield text
            return
        ends = [*(time for _, time in sums[1:]), self.length]
        yield replace(text, content="0.0", prefix=f"off {self._tables.seen([(0.0, sums[0][1])])} {text.prefix}")
        for (figure, start), end in zip(sums, ends, strict=True):
            rest = "" if end == self.length else "off "
            yield replace(text, content=figure, prefix=f"{rest}{self._tables.seen([(start, end)])} {text.prefix}sum ")

    def equations(self, level: float, width: int) -> Iterator[str]:
        """The line of arithmetic below the picture."""
        for equation, span in self._equations:
            text = xml(cut(equation.replace("\n  ", " "), width))
            yield f'<text class="off line {self._tables.seen([span])}" x="{_MARGIN:g}" y="{level:g}">{text}</text>'

    def timetables(self, mark: str) -> str:
        """The keyframes rules of all timetables; `mark` distinguishes the animations on one page."""
        return self._tables.rules(mark, self.length)
