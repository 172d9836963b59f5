"""Graphviz from both sides: the picture as DOT text, and the program `dot` as a layout.

The two are separate. `dot_text` is for people who carry the picture into their own Graphviz, and `render_with_dot` has
PNG and PDF made of it; it has all labels, colours and hover texts. `place_with_dot` sends the program a skeleton of
bare boxes of known size, reads back where they should go, and leaves the drawing to the SVG writer. So a picture looks
the same whoever laid it out, and it carries our hover texts and colours for the night.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final

from viz.graph.captions import edge_caption, node_caption
from viz.graph.graph import Edge, Graph, Node
from viz.picture.layout import Placement, Point, Wire
from viz.picture.paint import PLAIN, Paint
from viz.picture.scale import LEVELS
from viz.picture.scene import Box, card, edge_label
from viz.picture.style import DOT_FONT, FONT_SIZE, LIGHT, LOOKS, TINTS_LIGHT
from viz.text import dot_lines, dot_string, is_bad, number, printable

PROGRAM: Final = "dot"

TIME_LIMIT: Final = 10.0
"""Seconds that `dot` may take; a picture of 500 nodes takes it less than one."""

BOX_LIMIT: Final = 2500
"""Most nodes and edge labels that `dot` is given. Its time grows with the square or worse: seconds here, minutes at
four times as many."""

_POINTS_PER_INCH: Final = 72.0


class LayoutError(Exception):
    """The program `dot` gave no layout; the message says why in a few words, for a note in the picture."""


def dot_text(graph: Graph, rankdir: str, title: str | None, paint: Paint = PLAIN) -> str:
    """The picture in the DOT language, complete with labels, colours and tooltips, the same on every run."""
    lines = ["digraph gradients {"]
    lines += [f"  {what} {_attributes(pairs)}" for what, pairs in _defaults(rankdir, title, paint).items()]
    lines += [f"  n{node.number} {_attributes(_node_attributes(graph, node, paint))}" for node in graph.nodes]
    lines += [f"  n{e.source} -> n{e.target} {_attributes(_edge_attributes(graph, e, paint))}" for e in graph.edges]
    if paint.tinted and title:  # which has taken the place for it
        lines.append(f"  legend [shape=plaintext, margin=0, label={_legend(paint)}]")
    return "\n".join([*lines, "}", ""])


def _legend(paint: Paint) -> str:
    """A table in Graphviz's own markup; numbers are all that it shows."""
    cells = "".join(f'<td width="12" bgcolor="{TINTS_LIGHT[step]}"></td>' for step in range(-LEVELS, LEVELS + 1))
    least, most = number(-paint.scale.high), number(paint.scale.high)
    row = f"<tr><td>gradient, log scale</td><td>{least}</td>{cells}<td>{most}</td></tr>"
    return f'<<table border="0" cellborder="0" cellspacing="1">{row}</table>>'


def _defaults(rankdir: str, title: str | None, paint: Paint) -> dict[str, dict[str, str]]:
    font = {"fontname": dot_string(DOT_FONT), "fontsize": f"{FONT_SIZE:g}"}
    legend = {"labelloc": "b", "labeljust": "l", "label": _legend(paint)} if paint.tinted else {}
    caption = {"labelloc": "t", "label": dot_string(printable(title))} if title else legend
    return {
        "graph": {"rankdir": rankdir, "bgcolor": dot_string(LIGHT.paper), **font, **caption},
        "node": {"margin": '"0.1,0.05"', "fontcolor": dot_string(LIGHT.text), **font},
        "edge": {"arrowsize": "0.7", "color": dot_string(LIGHT.wire), **font},
    }


def _attributes(pairs: dict[str, str]) -> str:
    return f"[{', '.join(f'{key}={value}' for key, value in pairs.items())}]"


def _node_attributes(graph: Graph, node: Node, paint: Paint) -> dict[str, str]:
    look, text, tint = LOOKS[node.kind], card(node), paint.tint(node)
    bad = any(row.style == "bad" for row in text.rows)
    fill = LIGHT.bad if bad else look.light.fill if tint is None else TINTS_LIGHT[tint]
    stroke = LIGHT.warning if bad else look.light.stroke if tint is None else LIGHT.wire
    style = look.style + (",dashed" if node.remark else "")
    lines = card_lines(node)
    return {
        "label": dot_lines([*lines, ""] if len(lines) > 1 else lines, r"\l"),
        "shape": look.shape,
        "style": dot_string(style),
        **({"peripheries": str(look.outlines)} if look.outlines > 1 else {}),
        **({"fillcolor": dot_string(fill)} if "filled" in look.style else {}),
        "color": dot_string(stroke),
        **({"fontcolor": dot_string(LIGHT.warning)} if bad else {}),
        "tooltip": dot_string(node_caption(graph, node)),
    }


def card_lines(node: Node) -> list[str]:
    """The text of a node line by line."""
    text = card(node)
    heading_line = "  ".join(filter(None, (text.op, text.name)))
    lines = [heading_line, *(" ".join(filter(None, (row.caption, row.figure))) for row in text.rows)]
    return [line for line in lines if line]


def _edge_attributes(graph: Graph, edge: Edge, paint: Paint) -> dict[str, str]:
    tooltip = dot_string(edge_caption(graph, edge))
    weight = {} if paint.weight(graph, edge) is None else {"penwidth": f"{paint.width(graph, edge):g}"}
    text = edge_label(edge)
    if not text:
        return {"style": "dashed", **weight, "tooltip": tooltip}
    colour = LIGHT.warning if is_bad(edge.derivative) else LIGHT.text
    label = {"label": dot_string(text), "fontcolor": dot_string(colour)}
    return {**label, **weight, "tooltip": tooltip, "labeltooltip": tooltip}


def find_dot() -> str | None:
    """The path of the program `dot`, or None if it is not on PATH."""
    return shutil.which(PROGRAM)


def place_with_dot(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str) -> Placement:
    """Let the program `dot` place the boxes.

    Raises:
        LayoutError: if the program is absent, refuses or takes longer than TIME_LIMIT, or if there are more
            than BOX_LIMIT boxes.
    """
    program = find_dot()
    if program is None:
        raise LayoutError("dot is not on PATH")
    if len(boxes) > BOX_LIMIT:
        raise LayoutError(f"more than {BOX_LIMIT:,} boxes")
    skeleton = "\n".join(_skeleton(boxes, wires, rankdir))
    answer = _run([program, "-Tplain"], skeleton)
    try:
        return _read(answer.decode(), len(boxes), wires)
    except (ValueError, IndexError, KeyError) as error:
        raise LayoutError("dot gave an answer that cannot be read") from error


def render_with_dot(source: str, file_format: str) -> bytes:
    """Let the program `dot` draw DOT text as a file of a format such as `"png"`.

    Raises:
        LayoutError: if the program is absent, refuses, or takes longer than TIME_LIMIT.
    """
    program = find_dot()
    if program is None:
        raise LayoutError("dot is not on PATH")
    return _run([program, f"-T{file_format}"], source)


def _run(command: list[str], text: str) -> bytes:
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIME_LIMIT, check=True)
    except subprocess.TimeoutExpired:
        raise LayoutError(f"dot took longer than {TIME_LIMIT:g} s") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise LayoutError(f"dot failed with {type(error).__name__}") from error
    return done.stdout


def _skeleton(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str) -> Iterator[str]:
    yield f"digraph {{ rankdir={rankdir} nodesep=0.15 ranksep=0.25 outputorder=nodesfirst"
    yield 'node [shape=box fixedsize=true label=""] edge [arrowhead=none]'
    for index, box in enumerate(boxes):
        yield f"b{index} [width={box.width / _POINTS_PER_INCH:.4f} height={box.height / _POINTS_PER_INCH:.4f}]"
    for source, target in wires:
        yield f"b{source} -> b{target}"
    yield "}"


def _read(plain: str, boxes: int, wires: Sequence[Wire]) -> Placement:
    """Read Graphviz's plain format (https://graphviz.org/docs/outputs/plain/): inches from the bottom left corner."""
    size: Point = (0.0, 0.0)
    centres: dict[int, Point] = {}
    routes: dict[Wire, list[tuple[Point, ...]]] = {}

    def points(numbers: Sequence[str]) -> tuple[Point, ...]:
        inches = [float(text) * _POINTS_PER_INCH for text in numbers]
        return tuple((x, size[1] - y) for x, y in zip(inches[::2], inches[1::2], strict=True))

    for line in plain.splitlines():
        match line.split():
            case ["graph", _, width, height]:
                size = float(width) * _POINTS_PER_INCH, float(height) * _POINTS_PER_INCH
            case ["node", name, x, y, *_]:
                centres[int(name[1:])] = points([x, y])[0]
            case ["edge", tail, head, count, *rest]:
                routes.setdefault((int(tail[1:]), int(head[1:])), []).append(points(rest[: 2 * int(count)]))
    return Placement(*size, tuple(centres[box] for box in range(boxes)), tuple(routes[wire].pop(0) for wire in wires))
