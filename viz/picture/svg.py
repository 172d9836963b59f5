"""The picture as SVG: one writer for every layout.

The result is one element that works inside a page and as a separate file. It contains its style sheet. It has no ids,
because two pictures on one page would share them. It has its own background, so that light text is never on a light
page. Hover texts are `<title>` elements and need no script.
"""

from collections.abc import Iterator, Sequence
from math import hypot
from typing import Final

from viz.graph.captions import description, edge_caption, elision, heading, node_caption
from viz.graph.graph import Graph, Kind, Node
from viz.picture.boxes import Box, LayoutGraph, NodeText, edge_label, margin, stack
from viz.picture.elements import EDGE, NODE, Group, Picture, Shape, Text, coordinate, hover_text
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
    marks = "".join(map(_mark, key.marks))
    below = [f'<g class="legend" transform="{_translate(_MARGIN, bottom)}">{marks}</g>'] if key.marks else []
    if note:
        below.append(str(Text(note, "faint", _MARGIN, height - _MARGIN)))
    return Picture(
        width=round(width, 1),
        height=round(height, 1),
        title=printable(title) if title else heading(graph),
        description=description(graph),
        layout=layout,
        edges=tuple(_edge(graph, measured, placement, encoding, index) for index in range(len(graph.edges))),
        nodes=tuple(_node(graph, measured, placement, encoding, node) for node in graph.nodes),
        offset=(_MARGIN, top),
        above=tuple(map(str, above)),
        below=tuple(below),
    )


def _mark(mark: Mark) -> str:
    """One mark of the legend: a text, a swatch of a tint, or a stroke of a width."""
    if mark.text:
        return str(Text(mark.text, "faint", mark.x, mark.y))
    if mark.is_stroke:
        classes = f"stroke {width_class(abs(mark.step))}"
        shape = Shape("path", f'd="M{coordinate(mark.x)} {coordinate(mark.y)}h{coordinate(mark.size)}"')
    else:
        classes = f"tint {tint_class(mark.step)}"
        shape = _rect(mark.x, mark.y - mark.size / 2, mark.size, mark.size, 0.0)
    return f'<g class="{classes}">{hover_text(mark.title)}{shape}</g>'


def _translate(x: float, y: float) -> str:
    return f"translate({coordinate(x)} {coordinate(y)})"


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
        transform=_translate(x - box.width / 2, y - box.height / 2 + sheets),
    )


def _outlines(kind: Kind, box: Box) -> Iterator[Shape]:
    look = LOOKS[kind]
    for sheet in range(look.stack, 0, -1):
        yield _rect(OUTLINE_GAP * sheet, -OUTLINE_GAP * sheet, box.width, box.height, look.radius)
    if look.fold:
        width, height, fold = coordinate(box.width), coordinate(box.height), coordinate(look.fold)
        corner = coordinate(box.width - look.fold)
        yield Shape("path", f'd="M0 0H{corner}l{fold} {fold}V{height}H0Z"', "box")
        yield Shape("path", f'd="M{corner} 0v{fold}H{width}Z"', "box")
        return
    for outline in range(look.outlines):
        inset = outline * OUTLINE_GAP
        radius = max(0.0, look.radius - inset)
        yield _rect(inset, inset, box.width - 2 * inset, box.height - 2 * inset, radius)


def _rect(x: float, y: float, width: float, height: float, radius: float) -> Shape:
    corner = min(radius, height / 2)
    rounded = f' rx="{coordinate(corner)}"' if corner else ""
    offset = f'x="{coordinate(x)}" y="{coordinate(y)}" ' if x or y else ""
    return Shape("rect", f'{offset}width="{coordinate(width)}" height="{coordinate(height)}"{rounded}', "box")


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
    return Group(
        kind=EDGE,
        number=index,
        classes=f"edge{' plain' if label is None else ''}{'' if weight is None else f' {width_class(weight)}'}",
        hover=edge_caption(graph, edge),
        shapes=(Shape("path", f'd="{"".join(map(_curve, routes))}"'), _head(end, ahead, size)),
        texts=() if label is None else (Text(edge_label(edge), f"middle {style}".rstrip(), *placement.centres[label]),),
    )


def _curve(points: Sequence[Point]) -> str:
    """Bézier points as path data, with straight level pieces in their short form."""
    (x, level), *rest = points
    data = [f"M{coordinate(x)} {coordinate(level)}"]
    for (x1, y1), (x2, y2), (x3, y3) in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if abs(y1 - level) < 0.05 and abs(y2 - level) < 0.05 and abs(y3 - level) < 0.05:
            data.append(f"H{coordinate(x3)}")
        else:
            data.append(f"C{' '.join(map(coordinate, (x1, y1, x2, y2, x3, y3)))}")
        level = y3
    return "".join(data)


def _head(tip: Point, ahead: Point, size: float) -> Shape:
    (x, y), (dx, dy) = tip, ahead
    base_x, base_y, half = x - dx * size, y - dy * size, size * 0.4
    corners = [(x, y), (base_x - dy * half, base_y + dx * half), (base_x + dy * half, base_y - dx * half)]
    return Shape("path", f'd="M{"L".join(f"{coordinate(a)} {coordinate(b)}" for a, b in corners)}Z"', "head")
