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

from viz.captions import description, edge_caption, elision, heading, node_caption
from viz.graph import Edge, Graph, Kind, Node
from viz.layout import Placement, Point
from viz.scene import Box, Card, Scene, margin
from viz.style import CELL, DARK, FONT_SIZE, LIGHT, LINE, LOOKS, OUTLINE_GAP, SVG_FONT, Colours, Ink
from viz.text import cells, cut, is_bad, number, printable, xml

CLASS: Final = "autograd-graph"

_MARGIN: Final = 14.0
_HEAD: Final = 7.0
_BASELINE: Final = 0.32 * FONT_SIZE
"""How far a line's baseline lies below its middle."""
_TITLE_CELLS: Final = 80


def svg_text(graph: Graph, scene: Scene, placement: Placement, title: str | None, layout: str) -> str:
    """Draw the nodes and edges where `placement` puts them; `layout` is a comment that tells who placed them."""
    top = _MARGIN + (LINE * 1.5 if title else 0.0)
    note = elision(graph)
    caption = cut(printable(title or ""), _TITLE_CELLS)
    width = max(placement.width, CELL * max(cells(caption) * 1.2, cells(note))) + 2 * _MARGIN
    height = placement.height + top + _MARGIN + (LINE if note else 0.0)
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
    lines += (_edge(graph, scene, placement, index, edge) for index, edge in enumerate(graph.edges))
    lines += (_node(graph, scene, placement, node) for node in graph.nodes)
    lines.append("</g>")
    if note:
        lines.append(_text(note, "faint", _MARGIN, height - _MARGIN))
    return "\n".join([*lines, "</svg>", ""])


def _n(value: float) -> str:
    """A coordinate to a tenth of a point, as short as it goes."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


_Rules = list[tuple[str, str]]


def _shapes() -> _Rules:
    """What does not depend on light or dark."""
    return [
        (".box", "stroke-width:1.3"),
        (".edge path", "fill:none;stroke-width:1.2"),
        (".edge .head", "stroke:none"),
        (".edge.plain path", "stroke-dasharray:3 3"),
        (f".{Kind.MARKER} .box", "stroke-dasharray:4 3"),
        (".edge:hover path", "stroke-width:2.4"),
        (".name", "font-weight:bold"),
        (".symbol", "font-weight:bold"),
        ("text.bad", "font-weight:bold"),
        (".end", "text-anchor:end"),
        (".middle", "text-anchor:middle"),
        (".caption", f"font-size:{1.2 * FONT_SIZE:g}px"),
    ]


def _colours(ink: Ink, kinds: dict[Kind, Colours]) -> _Rules:
    """Colours for one time of the day; later rules win over earlier ones that match the same element."""
    return [
        (".paper", f"fill:{ink.paper}"),
        ("text", f"fill:{ink.text}"),
        ("text.faint", f"fill:{ink.faint}"),
        (".edge path", f"stroke:{ink.wire}"),
        (".edge .head", f"fill:{ink.wire}"),
        *((f".{kind} .box", f"fill:{colours.fill};stroke:{colours.stroke}") for kind, colours in kinds.items()),
        *((f".{kind} .symbol", f"fill:{colours.stroke}") for kind, colours in kinds.items()),
        ("text.bad", f"fill:{ink.warning}"),
        (".bad .box", f"stroke:{ink.warning}"),
    ]


def _css(rules: _Rules) -> str:
    return "\n".join(f".{CLASS} {selector}{{{declarations}}}" for selector, declarations in rules)


STYLE_SHEET: Final = "\n".join(
    [
        "",
        _css(_shapes()),
        _css(_colours(LIGHT, {kind: look.light for kind, look in LOOKS.items()})),
        "@media (prefers-color-scheme:dark){",
        _css(_colours(DARK, {kind: look.dark for kind, look in LOOKS.items()})),
        "}",
        "",
    ]
)


def _text(content: str, classes: str, x: float, y: float) -> str:
    return f'<text class="{classes}" x="{_n(x)}" y="{_n(y + _BASELINE)}">{xml(content)}</text>'


def _title(caption: str) -> str:
    return f"<title>{xml(caption)}</title>"


def _node(graph: Graph, scene: Scene, placement: Placement, node: Node) -> str:
    box, card = scene.boxes[node.number], scene.cards[node.number]
    x, y = placement.centres[node.number]
    bad = " bad" if any(row.bad for row in card.rows) else ""
    parts = chain([_title(node_caption(graph, node))], _outlines(node.kind, box), _lines(node.kind, box, card))
    place = f"translate({_n(x - box.width / 2)} {_n(y - box.height / 2)})"
    return f'<g class="node {node.kind}{bad}" transform="{place}">{"".join(parts)}</g>'


def _outlines(kind: Kind, box: Box) -> Iterator[str]:
    look = LOOKS[kind]
    for outline in range(look.outlines):
        inset = outline * OUTLINE_GAP
        width, height = box.width - 2 * inset, box.height - 2 * inset
        corner = min(max(0.0, look.radius - inset), height / 2)
        radius = f' rx="{_n(corner)}"' if corner else ""
        offset = f' x="{_n(inset)}" y="{_n(inset)}"' if inset else ""
        yield f'<rect class="box"{offset} width="{_n(width)}" height="{_n(height)}"{radius}/>'


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
        bad = " bad" if row.bad else ""
        if row.caption:
            yield _text(row.caption, "faint", left, middle)
            yield _text(row.figure, f"end{bad}", right, middle)
        else:
            yield _text(row.figure, f"middle{bad}", box.width / 2, middle)
        middle += LINE


def _edge(graph: Graph, scene: Scene, placement: Placement, index: int, edge: Edge) -> str:
    routes = [placement.routes[wire] for wire in scene.wires_of[index]]
    *_, end = last = routes[-1]
    start = next((point for point in reversed(last) if point != end), end)
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    ahead = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    routes[-1] = (*last[:-1], (end[0] - ahead[0] * _HEAD, end[1] - ahead[1] * _HEAD))
    parts = [_title(edge_caption(graph, edge)), f'<path d="{"".join(map(_curve, routes))}"/>', _head(end, ahead)]
    label = scene.label_of[index]
    if label is not None and edge.derivative is not None:
        classes = "middle bad" if is_bad(edge.derivative) else "middle"
        parts.append(_text(number(edge.derivative), classes, *placement.centres[label]))
    return f'<g class="edge{"" if label is not None else " plain"}">{"".join(parts)}</g>'


def _curve(points: Sequence[Point]) -> str:
    """Bézier points as path data, with straight level pieces in their short form."""
    (x, level), *rest = points
    data = [f"M{_n(x)} {_n(level)}"]
    for piece in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if all(abs(y - level) < 0.05 for _, y in piece):
            data.append(f"H{_n(piece[-1][0])}")
        else:
            data.append("C" + " ".join(f"{_n(x)} {_n(y)}" for x, y in piece))
        level = piece[-1][1]
    return "".join(data)


def _head(tip: Point, ahead: Point) -> str:
    (x, y), (dx, dy) = tip, ahead
    base_x, base_y, half = x - dx * _HEAD, y - dy * _HEAD, _HEAD * 0.4
    corners = [(x, y), (base_x - dy * half, base_y + dx * half), (base_x + dy * half, base_y - dx * half)]
    return f'<path class="head" d="M{"L".join(f"{_n(a)} {_n(b)}" for a, b in corners)}Z"/>'
