"""Graphviz in two roles: the picture as a Digraph, and the program `dot` as a layout.

The two are separate. `digraph` is for users who change the picture or use it in their own graphs; it has all labels,
colours and hover texts. `place_with_dot` sends the program a skeleton of bare boxes of known size, reads their
positions, and leaves the drawing to the SVG writer. So a picture has the same labels, colours and hover texts with
either layout. Edges leave a box in the middle of one side and arrive at ports on the opposite side; through the box of
a label they run straight. What the program prints, as PNG and PDF, says `printed`.

The package `graphviz` quotes the texts and runs the program. It is imported when a function here needs it.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from subprocess import TimeoutExpired
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from viz.graph.captions import edge_caption, elision, node_caption
from viz.graph.graph import Edge, Graph, Node
from viz.picture.boxes import Box, edge_label, node_text
from viz.picture.encoding import PLAIN, Encoding
from viz.picture.layout import Placement, Point, Wire
from viz.picture.layout.coordinates import port_step
from viz.picture.legend import tick_texts
from viz.picture.style import DOT_FONT, FONT_SIZE, LIGHT, LOOKS, POINTS_PER_INCH, TINTS_LIGHT
from viz.text import is_bad, printable, xml

if TYPE_CHECKING:
    import graphviz

PROGRAM: Final = "dot"

TIME_LIMIT: Final = 10.0
"""Seconds that `dot` may take; it needs less than one for a picture of 500 nodes."""

BOX_LIMIT: Final = 2500
"""Most nodes and edge labels that `dot` is given. Its time grows with the square or worse: seconds here, minutes at
four times as many."""

_EDGE_LABEL: Final = '<<table border="0" cellborder="0" cellspacing="0" cellpadding="3"><tr><td>{}</td></tr></table>>'
"""A label with a margin. Graphviz places it so close to its edge that a broad one would run through a bare text."""

_BELOW_LID: Final = "0.12,0.12"
"""The margin in a box with depth, whose text Graphviz would set on the edge of the lid."""

_SIDES: Final = {"LR": ("e", "w"), "TB": ("s", "n"), "RL": ("w", "e"), "BT": ("n", "s")}
"""The sides of a box where edges leave and arrive, as Graphviz calls them."""

_CENTRED: Final = "\\n"
FLUSH_LEFT: Final = "\\l"
FLUSH_RIGHT: Final = "\\r"
"""Graphviz's escapes for the end of a line, which also set its alignment."""


_CAPTION: Final = "gradient, log scale"
_CAPTION_CELLS: Final = len(_CAPTION)
_SWATCH_CELLS: Final = 3
"""The width of the legend in characters."""

_TICK_CELLS: Final = (2, 3)
"""Swatches above the number of an outer tick and of any other: the ticks are three steps apart."""


class LayoutError(Exception):
    """The program `dot` gave no layout; the message says why in a few words, for a note in the picture."""


def digraph(graph: Graph, rankdir: str, title: str | None, encoding: Encoding = PLAIN) -> "graphviz.Digraph":
    """The picture as a new Digraph, complete with labels, colours and tooltips; its source is the same on every run."""
    import graphviz

    below = _below(graph, encoding)
    picture = graphviz.Digraph("gradients", **_defaults(rankdir, title, below))
    for node in graph.nodes:
        picture.node(f"n{node.number}", **_node_attributes(graph, node, encoding))
    for edge in graph.edges:
        picture.edge(f"n{edge.source}", f"n{edge.target}", **_edge_attributes(graph, edge, encoding))
    if below and title:  # the title has taken the place of the legend
        picture.node("legend", label=below, shape="plaintext", margin="0")
    return picture


def literal(text: str, line_end: str = _CENTRED) -> str:
    r"""Lines of text as an attribute that Graphviz shows letter by letter; they must be `printable`.

    Graphviz reads HTML entities and backslash escapes in every string (`\N` is the name of the node), and takes a text
    in angle brackets for HTML.

    >>> print(literal(r"\N &lt;"))
    \\N &amp;lt;
    """
    import graphviz

    lines = (graphviz.escape(line.replace("&", "&amp;")) for line in text.split("\n"))
    attribute: str = graphviz.nohtml(line_end.join(lines))  # a subclass of str that is never taken for HTML
    return attribute


def _below(graph: Graph, encoding: Encoding) -> str:
    """The legend, and what the picture leaves out and folds, as a table in Graphviz's own markup; may be empty."""
    rows = []
    if encoding.tinted:
        swatches = "".join(f'<td width="24" bgcolor="{TINTS_LIGHT[step]}"></td>' for step in encoding.steps)
        ticks = tick_texts(encoding)
        ends = dict.fromkeys((ticks[0][0], ticks[-1][0]), _TICK_CELLS[0])
        texts = "".join(f'<td colspan="{ends.get(step, _TICK_CELLS[1])}">{text}</td>' for step, text in ticks)
        rows = [f"<td>{_CAPTION}</td>{swatches}", f"<td></td>{texts}"]
    if note := elision(graph):
        # In lines no longer than the legend: a longer one would stretch some of its swatches.
        lines = wrap(note, _CAPTION_CELLS + _SWATCH_CELLS * len(encoding.steps)) if rows else [note]
        text = "".join(f'{xml(line)}<br align="left"/>' for line in lines)
        rows.append(f'<td colspan="{1 + len(encoding.steps)}" align="left">{text}</td>')
    content = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="1">{content}</table>>' if rows else ""


def _defaults(rankdir: str, title: str | None, below: str) -> dict[str, dict[str, str]]:
    font = {"fontname": DOT_FONT, "fontsize": f"{FONT_SIZE:g}"}
    legend = {"labelloc": "b", "labeljust": "l", "label": below} if below else {}
    caption = {"labelloc": "t", "label": literal(printable(title))} if title else legend
    return {
        "graph_attr": {"rankdir": rankdir, "bgcolor": LIGHT.paper, **font, **caption},
        "node_attr": {"margin": "0.1,0.05", "fontcolor": LIGHT.text, **font},
        "edge_attr": {"arrowsize": "0.7", "color": LIGHT.edge, **font},
    }


def _node_attributes(graph: Graph, node: Node, encoding: Encoding) -> dict[str, str]:
    look, text, tint = LOOKS[node.kind], node_text(node), encoding.tint(node)
    bad = any(line.style == "bad" for line in text.lines)
    fill = LIGHT.bad if bad else look.light.fill if tint is None else TINTS_LIGHT[tint]
    stroke = LIGHT.warning if bad else look.light.stroke if tint is None else LIGHT.edge
    style = look.style + (",dashed" if node.remark else "")
    lines = text_lines(node)
    return {
        "label": literal("\n".join([*lines, ""] if len(lines) > 1 else lines), FLUSH_LEFT),
        "shape": look.shape,
        "style": style,
        **({"margin": _BELOW_LID} if look.stack else {}),
        **({"peripheries": str(look.outlines)} if look.outlines > 1 else {}),
        **({"fillcolor": fill} if "filled" in look.style else {}),
        "color": stroke,
        **({"fontcolor": LIGHT.warning} if bad else {}),
        "tooltip": literal(node_caption(graph, node)),
    }


def text_lines(node: Node) -> list[str]:
    """The text of a node line by line."""
    text = node_text(node)
    heading_line = "  ".join(filter(None, (text.op, text.name)))
    lines = [heading_line, *(" ".join(filter(None, (line.caption, line.figure))) for line in text.lines)]
    return [line for line in lines if line]


def _edge_attributes(graph: Graph, edge: Edge, encoding: Encoding) -> dict[str, str]:
    tooltip = literal(edge_caption(graph, edge))
    weight = {} if encoding.weight(graph, edge) is None else {"penwidth": f"{encoding.width(graph, edge):g}"}
    text = edge_label(edge)
    if not text:
        return {**({} if edge.is_flow else {"style": "dashed"}), **weight, "tooltip": tooltip}
    colour = LIGHT.warning if is_bad(edge.derivative) else LIGHT.text
    label = {"label": _EDGE_LABEL.format(xml(text)), "fontcolor": colour}
    return {**label, **weight, "tooltip": tooltip, "labeltooltip": tooltip}


def find_dot() -> str | None:
    """The path of the program `dot`, or None if it is not on PATH."""
    return shutil.which(PROGRAM)


def place_with_dot(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str) -> Placement:
    """Let the program `dot` place the boxes.

    Raises:
        LayoutError: if the program is missing, fails or takes longer than TIME_LIMIT, or if there are more than
            BOX_LIMIT boxes.
    """
    if find_dot() is None:
        raise LayoutError("dot is not on PATH")
    if len(boxes) > BOX_LIMIT:
        raise LayoutError(f"more than {BOX_LIMIT:,} boxes")
    answer = render_with_dot(_skeleton(boxes, wires, rankdir), "plain")
    try:
        return _spread(_read(answer.decode(), len(boxes), wires), boxes, wires, rankdir)
    except (ValueError, IndexError, KeyError) as error:
        raise LayoutError("dot gave an answer that cannot be read") from error


def render_with_dot(source: str, file_format: str) -> bytes:
    """Let the program `dot` draw DOT text as a file of a format such as `"png"`.

    Raises:
        LayoutError: if the program is missing, fails or takes longer than TIME_LIMIT.
    """
    program = find_dot()
    if program is None:
        raise LayoutError("dot is not on PATH")
    from graphviz import CalledProcessError, ExecutableNotFound
    from graphviz.backend.execute import run_check

    command = [program, f"-T{file_format}"]
    try:
        # quiet: warnings of dot, such as that of a missing font, do not belong in the output of the user's program
        done = run_check(command, input=source.encode(), capture_output=True, timeout=TIME_LIMIT, quiet=True)
    except TimeoutExpired:
        raise LayoutError(f"dot took longer than {TIME_LIMIT:g} s") from None
    except (OSError, CalledProcessError, ExecutableNotFound) as error:
        raise LayoutError(f"dot failed with {type(error).__name__}") from error
    return bytes(done.stdout)


def _skeleton(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str) -> str:
    """DOT text with boxes of the right size and nothing in them."""
    import graphviz

    skeleton = graphviz.Digraph(
        graph_attr={"rankdir": rankdir, "nodesep": "0.15", "ranksep": "0.25", "outputorder": "nodesfirst"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none", **dict(zip(("tailport", "headport"), _SIDES[rankdir], strict=True))},
    )
    for index, box in enumerate(boxes):
        width, height = (f"{size / POINTS_PER_INCH:.4f}" for size in (box.width, box.height))
        skeleton.node(f"b{index}", width=width, height=height)
    skeleton.edges((f"b{source}", f"b{target}") for source, target in wires)
    return str(skeleton.source)


def _read(plain: str, boxes: int, wires: Sequence[Wire]) -> Placement:
    """Read Graphviz's plain format (https://graphviz.org/docs/outputs/plain/): inches from the bottom left corner."""
    size: Point = (0.0, 0.0)
    centres: dict[int, Point] = {}
    routes: dict[Wire, list[tuple[Point, ...]]] = {}

    def points(numbers: Sequence[str]) -> tuple[Point, ...]:
        """Pairs of numbers as points, measured from the top left corner."""
        inches = [float(text) * POINTS_PER_INCH for text in numbers]
        return tuple((x, size[1] - y) for x, y in zip(inches[::2], inches[1::2], strict=True))

    for line in plain.splitlines():
        match line.split():
            case ["graph", _, width, height]:
                size = float(width) * POINTS_PER_INCH, float(height) * POINTS_PER_INCH
            case ["node", name, x, y, *_]:
                centres[int(name[1:])] = points([x, y])[0]
            case ["edge", tail, head, count, *rest]:
                routes.setdefault((int(tail[1:]), int(head[1:])), []).append(points(rest[: 2 * int(count)]))
    return Placement(*size, tuple(centres[box] for box in range(boxes)), tuple(routes[wire].pop(0) for wire in wires))


def _spread(placement: Placement, boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str) -> Placement:
    """Move the ends of wires, which all arrive in the middle of a side, apart along that side.

    Graphviz has no ports that it may put in order itself, so the wires of a box get theirs by where they come from.
    """
    across = 1 if rankdir in ("LR", "RL") else 0
    arriving: dict[int, list[int]] = {}
    for wire, (_, target) in enumerate(wires):
        arriving.setdefault(target, []).append(wire)
    routes = list(placement.routes)
    for target, ends in arriving.items():
        step = port_step(boxes[target].height if across else boxes[target].width, len(ends))
        for index, wire in enumerate(sorted(ends, key=lambda wire: _origin(routes[wire], across))):
            shift = step * (index - (len(ends) - 1) / 2)
            *path, ahead, end = routes[wire]
            routes[wire] = (*path, _moved(ahead, shift, across), _moved(end, shift, across))
    return replace(placement, routes=tuple(routes))


def _origin(route: Sequence[Point], across: int) -> tuple[float, ...]:
    """Where a wire comes from, seen from its end: the level of its last bend, and of its bends before that."""
    return tuple(point[across] for point in route[-4::-3])


def _moved(point: Point, shift: float, across: int) -> Point:
    return (point[0], point[1] + shift) if across else (point[0] + shift, point[1])
