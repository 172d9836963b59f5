"""The picture as SVG: one writer for every layout.

The result is one element that works inside a page and as a separate file. It contains its style sheet. It has no ids,
because two pictures on one page would share them. It has its own background, so that light text is never on a light
page. Hover texts are `<title>` elements and need no script.
"""

from collections.abc import Iterator
from math import hypot
from typing import Final

from viz.graph.captions import description, edge_caption, elision, heading, node_caption
from viz.graph.graph import Graph, Kind, Node
from viz.picture.boxes import Box, LayoutGraph, NodeText, edge_label, margin, stack
from viz.picture.elements import EDGE, MARK, NODE, Curve, Group, Path, Picture, Polyline, Rect, Shape, Text
from viz.picture.encoding import PLAIN, USUAL_WIDTH, Encoding
from viz.picture.layout import Placement, Point
from viz.picture.legend import Mark, legend
from viz.picture.style import CELL, LINE, LOOKS, OUTLINE_GAP
from viz.picture.style_sheet import tint_class, width_class
from viz.text import cells, cut, is_bad, printable

_MARGIN: Final = 14.0
_HEAD: Final = 7.0
_TITLE_CELLS: Final = 80


def svg_picture(
    graph: Graph,
    measured: LayoutGraph,
    placement: Placement,
    title: str | None,
    layout: str,
    *,
    encoding: Encoding = PLAIN,
    noted: bool = True,
) -> Picture:
    """Draw the nodes and edges where `placement` puts them; `layout` is a comment that says how they were placed.

    A line below says what is left out and folded, if it is `noted`.
    """
    top = _MARGIN + (LINE * 1.5 if title else 0.0)
    note = elision(graph) if noted else ""
    key = legend(encoding)
    caption = cut(printable(title or ""), _TITLE_CELLS)
    texts = CELL * max(cells(caption) * 1.2, cells(note))
    width = max(placement.width, texts, key.width) + 2 * _MARGIN
    bottom = top + placement.height + (LINE if key.marks else 0.0)
    height = bottom + key.height + (LINE if note else 0.0) + _MARGIN
    above = [Text(caption, "name caption", _MARGIN, _MARGIN + LINE / 2)] if caption else []
    return Picture(
        width=round(width, 1),
        height=round(height, 1),
        title=printable(title) if title else heading(graph),
        description=description(graph),
        layout=layout,
        edges=tuple(_edge(graph, measured, placement, encoding, index) for index in range(len(graph.edges))),
        nodes=tuple(_node(graph, measured, placement, encoding, node) for node in graph.nodes),
        offset=(_MARGIN, top),
        above=tuple(above),
        legend=tuple(map(_mark, key.marks)),
        legend_offset=(_MARGIN, bottom),
        below=(Text(note, "faint", _MARGIN, height - _MARGIN),) if note else (),
    )


def _mark(mark: Mark) -> Group | Text:
    """One mark of the legend: a text, a swatch of a tint, or a stroke of a width."""
    if mark.text:
        return Text(mark.text, "faint", mark.x, mark.y)
    if mark.is_stroke:
        classes = f"stroke {width_class(abs(mark.step))}"
        shape: Shape = Path((_level(mark.x, mark.x + mark.size, mark.y),))
    else:
        classes = f"tint {tint_class(mark.step)}"
        shape = Rect(mark.x, mark.y - mark.size / 2, mark.size, mark.size, classes="box")
    return Group(MARK, mark.step, classes, mark.title, (shape,), ())


def _level(start: float, end: float, y: float) -> Curve:
    return Curve(((start, y), (start, y), (end, y), (end, y)))


def _node(graph: Graph, measured: LayoutGraph, placement: Placement, encoding: Encoding, node: Node) -> Group:
    box, text = measured.boxes[node.number], measured.texts[node.number]
    x, y = placement.centres[node.number]
    tint = encoding.tint(node)
    classes = ["node", node.kind.value]
    if any(line.style == "bad" for line in text.lines):
        classes.append("bad")
    elif tint is not None:
        classes += ["tint", tint_class(tint)]
    if node.remark:
        classes.append("flat")
    sheets = stack(node.kind)
    front = Box(box.width - sheets, box.height - sheets)
    return Group(
        kind=NODE,
        number=node.number,
        classes=" ".join(classes),
        hover=node_caption(graph, node),
        shapes=tuple(_outlines(node.kind, front)),
        texts=tuple(_lines(node.kind, front, text)),
        offset=(x - box.width / 2, y - box.height / 2 + sheets),
    )


def _outlines(kind: Kind, box: Box) -> Iterator[Shape]:
    look = LOOKS[kind]
    for sheet in range(look.stack, 0, -1):
        yield _box(OUTLINE_GAP * sheet, -OUTLINE_GAP * sheet, box.width, box.height, look.radius)
    if look.fold:
        width, height, corner, fold = box.width, box.height, box.width - look.fold, look.fold
        sheet_of_paper = ((0.0, 0.0), (corner, 0.0), (width, fold), (width, height), (0.0, height))
        yield Path((Polyline(sheet_of_paper, is_closed=True),), "box")
        yield Path((Polyline(((corner, 0.0), (corner, fold), (width, fold)), is_closed=True),), "box")
        return
    for outline in range(look.outlines):
        inset = outline * OUTLINE_GAP
        radius = max(0.0, look.radius - inset)
        yield _box(inset, inset, box.width - 2 * inset, box.height - 2 * inset, radius)


def _box(x: float, y: float, width: float, height: float, radius: float) -> Rect:
    return Rect(x, y, width, height, min(radius, height / 2), "box")


def _lines(kind: Kind, box: Box, text: NodeText) -> Iterator[Text]:
    """The heading and the lines of numbers, from the top: captions flush left, numbers and names of ops flush right."""
    left = margin(kind)
    right = box.width - left
    count = bool(text.op or text.name) + len(text.lines)
    middle = (box.height - LINE * (count - 1)) / 2
    if text.op:
        yield Text(text.op, "symbol", left, middle)
    if text.name:
        style = "name" if text.is_named else "faint"
        yield Text(text.name, f"{style} end" if text.op else style, right if text.op else left, middle)
    middle += LINE * bool(text.op or text.name)
    for line in text.lines:
        style = f" {line.style}" if line.style else ""
        if line.caption:
            yield Text(line.caption, "faint", left, middle)
        if line.caption and line.figure:
            yield Text(line.figure, f"end{style}", right, middle, figure=line.caption)
        elif line.figure:
            yield Text(line.figure, f"middle{style}", box.width / 2, middle)
        middle += LINE


def _edge(graph: Graph, measured: LayoutGraph, placement: Placement, encoding: Encoding, index: int) -> Group:
    edge, label, weight = graph.edges[index], measured.label_of[index], encoding.weight(graph, graph.edges[index])
    size = _HEAD + max(0.0, encoding.width(graph, edge) - USUAL_WIDTH)
    routes = [placement.routes[wire] for wire in measured.wires_of[index]]
    *_, end = last = routes[-1]
    start = next((point for point in reversed(last) if point != end), end)
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    ahead = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    routes[-1] = (*last[:-1], (end[0] - ahead[0] * size, end[1] - ahead[1] * size))
    style = "bad" if is_bad(edge.derivative) else "faint" if edge.derivative is None else ""
    plain = " plain" if label is None and not edge.is_flow else ""
    return Group(
        kind=EDGE,
        number=index,
        classes=f"edge{plain}{'' if weight is None else f' {width_class(weight)}'}",
        hover=edge_caption(graph, edge),
        shapes=(Path(tuple(map(Curve, routes))), _head(end, ahead, size)),
        texts=() if label is None else (Text(edge_label(edge), f"middle {style}".rstrip(), *placement.centres[label]),),
    )


def _head(tip: Point, ahead: Point, size: float) -> Path:
    (x, y), (dx, dy) = tip, ahead
    base_x, base_y, half = x - dx * size, y - dy * size, size * 0.4
    corners = (x, y), (base_x - dy * half, base_y + dx * half), (base_x + dy * half, base_y - dx * half)
    return Path((Polyline(corners, is_closed=True),), "head")
