"""The picture as SVG: one writer for every layout.

The result is one element that works inside a page and as a file of its own. It carries its style sheet, scoped to its
own class because a style in an inline SVG reaches the whole page; it has no ids, which two pictures on one page would
share; it paints its own paper, so that light text never lands on a light page. Hover texts are `<title>` elements and
need no script.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import hypot
from typing import Final

from viz.graph.captions import description, edge_caption, elision, heading, node_caption
from viz.graph.graph import Graph, Kind, Node
from viz.picture.layout import Placement, Point
from viz.picture.legend import Mark, legend
from viz.picture.paint import PLAIN, USUAL_WIDTH, Paint
from viz.picture.scene import Box, Card, Scene, edge_label, margin, stack
from viz.picture.style import (
    CELL,
    DARK,
    FONT_SIZE,
    LIGHT,
    LINE,
    LOOKS,
    OUTLINE_GAP,
    SVG_FONT,
    TINTS_DARK,
    TINTS_LIGHT,
    WIDTHS,
    Colours,
    Ink,
)
from viz.text import cells, cut, is_bad, printable, xml

CLASS: Final = "autograd-graph"

_MARGIN: Final = 14.0
_HEAD: Final = 7.0
_BASELINE: Final = 0.32 * FONT_SIZE
"""How far a line's baseline lies below its middle."""
_TITLE_CELLS: Final = 80


def svg_text(
    graph: Graph, scene: Scene, placement: Placement, title: str | None, layout: str, *, paint: Paint = PLAIN
) -> str:
    """Draw the nodes and edges where `placement` puts them; `layout` is a comment that tells who placed them."""
    top = _MARGIN + (LINE * 1.5 if title else 0.0)
    note = elision(graph)
    key = legend(paint)
    caption = cut(printable(title or ""), _TITLE_CELLS)
    texts = CELL * max(cells(caption) * 1.2, cells(note))
    width = max(placement.width, texts, key.width) + 2 * _MARGIN
    below = top + placement.height + (LINE if key.marks else 0.0)
    height = below + key.height + (LINE if note else 0.0) + _MARGIN
    size = f'width="{_n(width)}" height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}"'
    font = f'font-family="{SVG_FONT}" font-size="{FONT_SIZE:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" role="img" {size} {font}>',
        f"<title>{xml(printable(title) if title else heading(graph))}</title>",
        f"<desc>{xml(description(graph))}</desc>",
        f"<!-- {layout} -->",
        f"<style>{STYLE_SHEET}</style>",
        '<rect class="paper" width="100%" height="100%" rx="6"/>',
    ]
    if caption:
        lines.append(_text(caption, "name caption", _MARGIN, _MARGIN + LINE / 2))
    lines.append(f'<g transform="translate({_n(_MARGIN)} {_n(top)})">')
    lines += (_edge(graph, scene, placement, paint, index) for index in range(len(graph.edges)))
    lines += (_node(graph, scene, placement, paint, node) for node in graph.nodes)
    lines.append("</g>")
    if key.marks:
        marks = "".join(map(_mark, key.marks))
        lines.append(f'<g class="legend" transform="translate({_n(_MARGIN)} {_n(below)})">{marks}</g>')
    if note:
        lines.append(_text(note, "faint", _MARGIN, height - _MARGIN))
    return "\n".join([*lines, "</svg>", ""])


def _mark(mark: Mark) -> str:
    """One thing in the legend: a text, a swatch of a tint, or a stroke of a width."""
    if mark.text:
        return _text(mark.text, "faint", mark.x, mark.y)
    half = mark.size / 2
    if mark.is_stroke:
        path = f"M{_n(mark.x)} {_n(mark.y)}h{_n(mark.size)}"
        return f'<g class="stroke {_weight_class(abs(mark.step))}">{_title(mark.title)}<path d="{path}"/></g>'
    place = f'x="{_n(mark.x)}" y="{_n(mark.y - half)}" width="{_n(mark.size)}" height="{_n(mark.size)}"'
    return f'<g class="tint {_tint_class(mark.step)}">{_title(mark.title)}<rect class="box" {place}/></g>'


def _tint_class(step: int) -> str:
    return f"{'n' if step < 0 else 'p'}{abs(step)}"


def _weight_class(step: int) -> str:
    return f"w{step}"


def _n(value: float) -> str:
    """A coordinate to a tenth of a point, as short as it goes."""
    text = f"{value:.1f}"
    if text[-1] == "0":
        text = text[:-2]
    return "0" if text == "-0" else text


_Rules = list[tuple[str, str]]


def _shapes() -> _Rules:
    """What does not depend on light or dark."""
    return [
        (".box", "stroke-width:1.3"),
        (".edge path", f"fill:none;stroke-width:{USUAL_WIDTH:g}"),
        *((f".{_weight_class(step)} path", f"stroke-width:{width:g}") for step, width in enumerate(WIDTHS)),
        (".w0 path", "stroke-dasharray:1 3"),
        (".edge .head", "stroke:none"),
        (".edge.plain path", "stroke-dasharray:3 3"),
        (f".{Kind.MARKER} .box", "stroke-dasharray:4 3"),
        (".flat .box", "stroke-dasharray:5 2"),
        (".name", "font-weight:bold"),
        (".symbol", "font-weight:bold"),
        ("text.bad", "font-weight:bold"),
        ("text.remark", "font-style:italic"),
        (".end", "text-anchor:end"),
        (".middle", "text-anchor:middle"),
        (".caption", f"font-size:{1.2 * FONT_SIZE:g}px"),
    ]


def _colours(ink: Ink, kinds: dict[Kind, Colours], tints: dict[int, str]) -> _Rules:
    """Colours for one time of the day; later rules win over earlier ones that match the same element."""
    return [
        (".paper", f"fill:{ink.paper}"),
        ("text", f"fill:{ink.text}"),
        ("text.faint", f"fill:{ink.faint}"),
        (".edge path", f"stroke:{ink.wire}"),
        (".stroke path", f"stroke:{ink.wire}"),
        (".edge .head", f"fill:{ink.wire}"),
        (".edge:hover path", f"stroke:{ink.text}"),
        (".edge:hover .head", f"fill:{ink.text}"),
        *((f".{kind} .box", f"fill:{colours.fill};stroke:{colours.stroke}") for kind, colours in kinds.items()),
        *((f".{kind} .symbol", f"fill:{colours.stroke}") for kind, colours in kinds.items()),
        (".tint .box", f"stroke:{ink.wire}"),
        (".tint .symbol", f"fill:{ink.text}"),
        (".tint text.faint", f"fill:{ink.firm}"),
        *((f".{_tint_class(step)} .box", f"fill:{fill}") for step, fill in tints.items()),
        ("text.bad", f"fill:{ink.warning}"),
        (".bad .box", f"fill:{ink.bad};stroke:{ink.warning}"),
        (".bad .symbol", f"fill:{ink.text}"),
        (".bad text.faint", f"fill:{ink.firm}"),
    ]


def _css(rules: _Rules) -> str:
    return "\n".join(f".{CLASS} {selector}{{{declarations}}}" for selector, declarations in rules)


STYLE_SHEET: Final = "\n".join(
    [
        "",
        _css(_shapes()),
        _css(_colours(LIGHT, {kind: look.light for kind, look in LOOKS.items()}, TINTS_LIGHT)),
        "@media (prefers-color-scheme:dark){",
        _css(_colours(DARK, {kind: look.dark for kind, look in LOOKS.items()}, TINTS_DARK)),
        "}",
        "",
    ]
)


def _text(content: str, classes: str, x: float, y: float) -> str:
    return f'<text class="{classes}" x="{_n(x)}" y="{_n(y + _BASELINE)}">{xml(content)}</text>'


def _title(caption: str) -> str:
    return f"<title>{xml(caption)}</title>"


def _node(graph: Graph, scene: Scene, placement: Placement, paint: Paint, node: Node) -> str:
    box, card = scene.boxes[node.number], scene.cards[node.number]
    x, y = placement.centres[node.number]
    tint = paint.tint(node)
    classes = ["node", node.kind.value]
    if any(row.style == "bad" for row in card.rows):
        classes.append("bad")
    elif tint is not None:
        classes += ["tint", _tint_class(tint)]
    if node.remark:
        classes.append("flat")
    sheets = stack(node.kind)
    front = Box(box.width - sheets, box.height - sheets)
    parts = chain([_title(node_caption(graph, node))], _outlines(node.kind, front), _lines(node.kind, front, card))
    place = f"translate({_n(x - box.width / 2)} {_n(y - box.height / 2 + sheets)})"
    return f'<g class="{" ".join(classes)}" transform="{place}">{"".join(parts)}</g>'


def _outlines(kind: Kind, box: Box) -> Iterator[str]:
    look = LOOKS[kind]
    for sheet in range(look.stack, 0, -1):
        yield _rect(OUTLINE_GAP * sheet, -OUTLINE_GAP * sheet, box.width, box.height, look.radius)
    if look.fold:
        width, height, fold = _n(box.width), _n(box.height), _n(look.fold)
        yield f'<path class="box" d="M0 0H{_n(box.width - look.fold)}l{fold} {fold}V{height}H0Z"/>'
        yield f'<path class="box" d="M{_n(box.width - look.fold)} 0v{fold}H{width}Z"/>'
        return
    for outline in range(look.outlines):
        inset = outline * OUTLINE_GAP
        corner = max(0.0, look.radius - inset)
        yield _rect(inset, inset, box.width - 2 * inset, box.height - 2 * inset, corner)


def _rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    corner = min(radius, height / 2)
    rounded = f' rx="{_n(corner)}"' if corner else ""
    offset = f' x="{_n(x)}" y="{_n(y)}"' if x or y else ""
    return f'<rect class="box"{offset} width="{_n(width)}" height="{_n(height)}"{rounded}/>'


def _lines(kind: Kind, box: Box, card: Card) -> Iterator[str]:
    """The heading and the rows of numbers, from the top: captions flush left, numbers and names of ops flush right."""
    left = margin(kind)
    right = box.width - left
    count = bool(card.op or card.name) + len(card.rows)
    middle = (box.height - LINE * (count - 1)) / 2
    if card.op:
        yield _text(card.op, "symbol", left, middle)
    if card.name:
        style = "name" if card.is_named else "faint"
        yield _text(card.name, f"{style} end" if card.op else style, right if card.op else left, middle)
    middle += LINE * bool(card.op or card.name)
    for row in card.rows:
        style = f" {row.style}" if row.style else ""
        if row.caption:
            yield _text(row.caption, "faint", left, middle)
            yield _text(row.figure, f"end{style}", right, middle)
        else:
            yield _text(row.figure, f"middle{style}", box.width / 2, middle)
        middle += LINE


def _edge(graph: Graph, scene: Scene, placement: Placement, paint: Paint, index: int) -> str:
    edge = graph.edges[index]
    size = _HEAD + max(0.0, paint.width(graph, edge) - USUAL_WIDTH)
    routes = [placement.routes[wire] for wire in scene.wires_of[index]]
    *_, end = last = routes[-1]
    start = next((point for point in reversed(last) if point != end), end)
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    ahead = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    routes[-1] = (*last[:-1], (end[0] - ahead[0] * size, end[1] - ahead[1] * size))
    parts = [_title(edge_caption(graph, edge)), f'<path d="{"".join(map(_curve, routes))}"/>', _head(end, ahead, size)]
    label = scene.label_of[index]
    if label is not None:
        style = "bad" if is_bad(edge.derivative) else "faint" if edge.derivative is None else ""
        parts.append(_text(edge_label(edge), f"middle {style}".rstrip(), *placement.centres[label]))
    weight = paint.weight(graph, edge)
    classes = ["edge", *(["plain"] if label is None else []), *([] if weight is None else [_weight_class(weight)])]
    return f'<g class="{" ".join(classes)}">{"".join(parts)}</g>'


def _curve(points: Sequence[Point]) -> str:
    """Bézier points as path data, with straight level pieces in their short form."""
    (x, level), *rest = points
    data = [f"M{_n(x)} {_n(level)}"]
    for (x1, y1), (x2, y2), (x3, y3) in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if abs(y1 - level) < 0.05 and abs(y2 - level) < 0.05 and abs(y3 - level) < 0.05:
            data.append(f"H{_n(x3)}")
        else:
            data.append(f"C{_n(x1)} {_n(y1)} {_n(x2)} {_n(y2)} {_n(x3)} {_n(y3)}")
        level = y3
    return "".join(data)


def _head(tip: Point, ahead: Point, size: float) -> str:
    (x, y), (dx, dy) = tip, ahead
    base_x, base_y, half = x - dx * size, y - dy * size, size * 0.4
    corners = [(x, y), (base_x - dy * half, base_y + dx * half), (base_x + dy * half, base_y - dx * half)]
    return f'<path class="head" d="M{"L".join(f"{_n(a)} {_n(b)}" for a, b in corners)}Z"/>'
