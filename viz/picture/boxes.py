"""The layout graph: a box for every node and for every edge label, and the wires between the boxes.

An edge label is a box on its own, halfway along its edge: source, wire, label, wire, target. A layout then keeps labels
clear of everything else because they are boxes like the others, and edges that share both ends (`a * a`) run apart.
Layouts read only `boxes` and `wires`; writers read the texts and labels, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from viz.graph.captions import marker_text, reference
from viz.graph.graph import BOXES, Edge, Graph, Kind, Node
from viz.graph.modules import TITLE_CELLS
from viz.picture.style import CELL, LINE, LOOKS, OUTLINE_GAP, PADDING
from viz.text import ELLIPSIS, cells, cut, is_bad, number, printable

NAME_CELLS: Final = TITLE_CELLS
"""Longest name inside a box; the whole of it is in the hover text."""

DATA: Final = "data"
GRAD: Final = "grad"
"""The captions of the two numbers that every node of the graph has."""

_LABEL_HEIGHT: Final = LINE
_LABEL_PADDING: Final = 4.0
_FAN: Final = 10.0
_FAN_LIMIT: Final = 24


@dataclass(frozen=True, slots=True)
class Box:
    """Width and height of something to be placed, in points."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A caption and a number, or one of the two; `style` is `"bad"` for a number that is not finite."""

    caption: str
    figure: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class NodeText:
    """The text of one node: a heading of op and name, then lines of numbers. A node without a name shows its number."""

    op: str
    name: str
    is_named: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class LayoutGraph:
    """Boxes of the nodes, then boxes of the labelled edges; a wire is a pair of box indices, source first.

    `wires_of[i]` holds the indices of the one or two wires of edge i, and `label_of[i]` its label's box or None.
    """

    boxes: tuple[Box, ...]
    wires: tuple[tuple[int, int], ...]
    texts: tuple[NodeText, ...]
    label_of: tuple[int | None, ...]
    wires_of: tuple[tuple[int, ...], ...]


def layout_graph(graph: Graph, rankdir: str) -> LayoutGraph:
    """Measure the nodes and labels of `graph`, whose edges will run in the direction `rankdir`."""
    texts = tuple(map(node_text, graph.nodes))
    sideways = rankdir in ("LR", "RL")
    boxes = [
        _widened(_box(node.kind, text), len(ends), sideways)
        for node, text, ends in zip(graph.nodes, texts, graph.inputs, strict=True)
    ]
    wires: list[tuple[int, int]] = []
    labels: list[int | None] = []
    wires_of: list[tuple[int, ...]] = []
    for edge in graph.edges:
        text = edge_label(edge)
        if not text:
            labels.append(None)
            wires_of.append((len(wires),))
            wires.append((edge.source, edge.target))
        else:
            label = len(boxes)
            labels.append(label)
            boxes.append(Box(cells(text) * CELL + 2 * _LABEL_PADDING, _LABEL_HEIGHT))
            wires_of.append((len(wires), len(wires) + 1))
            wires += [(edge.source, label), (label, edge.target)]
    return LayoutGraph(tuple(boxes), tuple(wires), texts, tuple(labels), tuple(wires_of))


def node_text(node: Node) -> NodeText:
    """The text inside the box of `node`."""
    if node.kind is Kind.MARKER:
        return NodeText("", marker_text(node), False, ())
    if node.is_of_program:
        written = tuple([Line(cut(printable(line), NAME_CELLS), "") for line in node.lines])
        return NodeText(cut(printable(node.op), NAME_CELLS), cut(printable(node.name), NAME_CELLS), True, written)
    if node.kind is Kind.CONSTANT:
        return NodeText("", "", False, (_line("", node.data),))
    name = reference(node)
    if node.kind in BOXES:
        return NodeText("", title_of_box(name), bool(node.name), tuple(_box_lines(node)))
    name = cut(name, NAME_CELLS)
    lines = [_line(DATA, node.data), _line(GRAD, node.gradient)]
    if node.remark:
        lines.append(Line("", node.remark, "remark"))
    if node.origin:
        lines.append(Line("", cut(printable(place(node.origin)), NAME_CELLS), "faint"))
    return NodeText(cut(printable(node.op), NAME_CELLS), name, bool(node.name), tuple(lines))


def title_of_box(name: str) -> str:
    """The name of a box, shortened at its beginning: the end of a dotted name tells most.

    The class of a module is left out before its path is cut.

    >>> title_of_box("LSTMCell rnn.cells.0 (11 of 12)"), title_of_box("Block transformer.blocks.10.attention")
    ('rnn.cells.0 (11 of 12)', '…blocks.10.attention')
    """
    if cells(name) <= NAME_CELLS:
        return name
    found = re.finditer(r" (?!\()|(?<=\w)\.", name)
    ends = [(ELLIPSIS if sign[0] == "." else "") + name[sign.end() :] for sign in found]
    end = next((end for end in ends if cells(end) <= NAME_CELLS), ends[-1] if ends else name)
    while cells(end) > NAME_CELLS:
        end = ELLIPSIS + end.lstrip(ELLIPSIS)[1:]
    return end


def _box_lines(node: Node) -> Iterator[Line]:
    if node.formula:
        yield Line(cut(node.formula, NAME_CELLS), "")
    if node.parameters or node.shared:
        yield Line("params", f"{node.parameters:,}" if node.parameters else f"{node.shared:,} shared")
    else:
        yield Line("nodes", f"{node.folded_nodes:,}")
    if node.gradient is not None:
        yield _line("|grad|", node.gradient)


def place(origin: str) -> str:
    """File and line of an origin, without folders and code.

    >>> place("/home/me/train.py:12: y = x * 2.0")
    'train.py:12'
    """
    found = re.match(r"(.*?:\d+)(?:: |$)", origin, re.DOTALL)
    return PurePath(found[1] if found else origin).name


def edge_label(edge: Edge) -> str:
    """The text on an edge: the local derivative, or the norm of what several edges pass on; empty at a constant.

    In the picture of a program it is the shape of what the edge carries, and empty for single numbers.
    """
    if edge.is_flow:
        return edge.shape
    if edge.derivative is not None:
        return number(edge.derivative)
    return "" if edge.passed is None else f"|{number(edge.passed)}|"


def _line(caption: str, value: float | None) -> Line:
    figure = 0.0 if value is None else value
    return Line(caption, number(figure), "bad" if is_bad(figure) else "")


def _box(kind: Kind, text: NodeText) -> Box:
    heading = bool(text.op or text.name)
    widths = [cells(text.op) + cells(text.name) + 2 * bool(text.op and text.name) + LOOKS[kind].fold / CELL]
    widths += [cells(line.caption) + bool(line.caption) + cells(line.figure) for line in text.lines]
    sheets = stack(kind)
    height = (heading + len(text.lines)) * LINE + margin(kind)
    return Box(max(widths) * CELL + 2 * margin(kind) + sheets, height + sheets)


def stack(kind: Kind) -> float:
    """How far the sheets behind a box extend above it and to its right."""
    return OUTLINE_GAP * LOOKS[kind].stack


def _widened(box: Box, inputs: int, sideways: bool) -> Box:
    """A box whose entry side has room for the arrow heads of its edges, up to some number of them."""
    side = min(inputs, _FAN_LIMIT) * _FAN
    return Box(box.width, max(box.height, side)) if sideways else Box(max(box.width, side), box.height)


def margin(kind: Kind) -> float:
    """Space between the text of a node and its border, which for a double outline is the inner one."""
    return PADDING + OUTLINE_GAP * (LOOKS[kind].outlines - 1)
