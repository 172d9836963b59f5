"""A picture written for Graphviz to print, as PNG and PDF: every shape and text of the SVG at its place.

The program only draws here, it places nothing. The shapes are one background in its drawing language
(https://graphviz.org/docs/outputs/canon/#xdot), and each line of text is a node without a border at a fixed position:
some versions of Graphviz cannot draw a text in a background. The look of everything is that of the style sheet, in
light colours.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Final

from viz.picture.dot import FLUSH_LEFT, FLUSH_RIGHT, literal
from viz.picture.elements import Curve, Group, Path, Picture, Rect, Shape, Text
from viz.picture.layout import Point
from viz.picture.style import CELL, DOT_FONT, FONT_SIZE, POINTS_PER_INCH
from viz.picture.style_sheet import declared
from viz.text import cells

_SCREEN: Final = 96.0
"""Pixels per inch."""

_WIDEST: Final = 4_000.0
"""A picture of fewer points has no more pixels than these in any direction."""

_MOST_PIXELS: Final = 1.5e8
"""A picture of more pixels takes more than five seconds, so it has a lower resolution."""

_NO_COLOUR: Final = "#00000000"
_DOTTED: Final = "1 3"
_ROUND: Final = 0.5523
"""How far the control points of a Bézier curve that looks like a quarter of a circle are from its ends."""

_ALIGNED: Final = {"end": (FLUSH_RIGHT, -0.5), "middle": ("", 0.0), "": (FLUSH_LEFT, 0.5)}
"""For each anchor of a text, how its line ends, and how far its middle is from the anchor, in widths of its node."""

_SLACK: Final = 1.07
"""A node is wider than its text, because a letter on a screen is a whole number of pixels wide."""


def printed(picture: Picture) -> str:
    """DOT text for the layout `nop2`, which keeps all positions."""
    import graphviz

    graph = graphviz.Digraph(
        "gradients",
        graph_attr={
            "dpi": f"{_dots_per_inch(picture.width, picture.height):.4g}",
            "bgcolor": declared("rect", "paper")["fill"],
            "layout": "nop2",
            "notranslate": "true",
            "pad": "0",
        },
        node_attr={"shape": "plaintext", "margin": "0", "fixedsize": "shape", "fontname": DOT_FONT},
    )
    # Graphviz reads no text of more than 16,384 characters, but adds up shorter ones.
    background = " + ".join(f'"{instruction} "' for instruction in _background(picture))
    graph.body.append(f"\tgraph [_background={background}]\n" if background else "")
    for index, (x, y) in enumerate([(0.0, 0.0), (picture.width, picture.height)]):  # they span the page
        graph.node(f"c{index}", label="", shape="point", style="invis", width="0", height="0", pos=f"{x:.1f},{y:.1f}")
    for index, (text, around, (x, y)) in enumerate(_texts(picture)):
        graph.node(f"t{index}", **_text_attributes(text, around, (x + text.x, picture.height - y - text.y)))
    return str(graph.source)


def _dots_per_inch(width: float, height: float) -> float:
    """The resolution of a PNG: that of a screen, unless the picture is large.

    >>> _dots_per_inch(400.0, 300.0), round(_dots_per_inch(24_000.0, 7_000.0))
    (96.0, 68)
    """
    fitting = POINTS_PER_INCH * max(1.0, _WIDEST / max(width, height))
    affordable = POINTS_PER_INCH * sqrt(_MOST_PIXELS / (width * height))
    return min(_SCREEN, fitting, affordable)


def _groups(picture: Picture) -> Iterator[tuple[Group | Text, Point]]:
    """All groups and texts from the lowest to the topmost, and where each begins."""
    yield from ((text, (0.0, 0.0)) for text in picture.above)
    for group in (*picture.edges, *picture.nodes):
        x, y = group.offset or (0.0, 0.0)
        yield group, (picture.offset[0] + x, picture.offset[1] + y)
    yield from ((mark, picture.legend_offset) for mark in picture.legend)
    yield from ((text, (0.0, 0.0)) for text in picture.below)


# ---- Texts -----------------------------------------------------------------------------------------------------------


def _texts(picture: Picture) -> Iterator[tuple[Text, str, Point]]:
    for group, start in _groups(picture):
        if isinstance(group, Text):
            yield group, "", start
        else:
            yield from ((text, group.classes, start) for text in group.texts)


def _text_attributes(text: Text, around: str, place: Point) -> dict[str, str]:
    look = declared(text.tag, text.classes, around)
    size = float(look.get("font-size", f"{FONT_SIZE}px").removesuffix("px"))
    width = cells(text.content) * CELL * size / FONT_SIZE * _SLACK
    line_end, shift = _ALIGNED[look.get("text-anchor", "")]
    style = ("Bold" if "font-weight" in look else "") + ("Oblique" if "font-style" in look else "")
    return {
        "label": literal(f"{text.content}\n" if line_end else text.content, line_end),
        "pos": f"{place[0] + shift * width:.2f},{place[1]:.2f}",
        "width": f"{width / POINTS_PER_INCH:.4f}",
        "height": f"{size / POINTS_PER_INCH:.4f}",
        "fontsize": f"{size:g}",
        "fontcolor": look["fill"],
        **({"fontname": f"{DOT_FONT}-{style}"} if style else {}),
    }


# ---- Shapes ----------------------------------------------------------------------------------------------------------


def _background(picture: Picture) -> Iterator[str]:
    """The drawing instructions for all shapes."""
    for group, (x, y) in _groups(picture):
        for shape in group.shapes if isinstance(group, Group) else ():
            look = declared(shape.tag, shape.classes, group.classes)
            yield from _instructions(shape, look, (x, picture.height - y))


def _instructions(shape: Shape, look: dict[str, str], start: Point) -> Iterator[str]:
    """What draws one shape; `start` is where its group begins, measured from the lower left corner of the picture."""
    fill, stroke = look.get("fill", "none"), look.get("stroke", "none")
    dashes = look.get("stroke-dasharray", "")
    style = "dotted" if dashes == _DOTTED else "dashed" if dashes else "solid"
    width = f"setlinewidth({look.get('stroke-width', '1')})"
    yield f"S {_counted(style)} S {_counted(width)}"
    yield f"c {_counted(_NO_COLOUR if stroke == 'none' else stroke)}"
    is_filled = fill != "none"
    if is_filled:
        yield f"C {_counted(fill)}"
    for is_curved, is_closed, points in _outlines(shape):
        letter = ("b" if is_filled else "B") if is_curved else "L" if not is_closed else "P" if is_filled else "p"
        moved = " ".join(f"{start[0] + x:.2f} {start[1] - y:.2f}" for x, y in points)
        yield f"{letter} {len(points)} {moved}"


def _outlines(shape: Shape) -> Iterator[tuple[bool, bool, Sequence[Point]]]:
    """The pieces of a shape: whether it is made of Bézier curves, whether it is closed, and its points."""
    if isinstance(shape, Path):
        for piece in shape.pieces:
            yield isinstance(piece, Curve), piece.is_closed, piece.points
    elif shape.radius:
        yield True, True, _rounded(shape)
    else:
        right, bottom = shape.x + shape.width, shape.y + shape.height
        yield False, True, ((shape.x, shape.y), (right, shape.y), (right, bottom), (shape.x, bottom))


def _rounded(rect: Rect) -> list[Point]:
    """A rectangle with round corners as Bézier curves: from each corner a quarter of a circle and a straight line."""
    radius = min(rect.radius, rect.width / 2, rect.height / 2)
    left, top, right, bottom = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
    corners = ((right, top, 1, 0), (right, bottom, 0, 1), (left, bottom, -1, 0), (left, top, 0, -1))
    points: list[Point] = [(left + radius, top)]
    for x, y, dx, dy in corners:  # the edge to the corner runs in the direction dx, dy; that after it turns right
        start = x - dx * radius, y - dy * radius
        end = x - dy * radius, y + dx * radius
        near, far = ((px + (x - px) * _ROUND, py + (y - py) * _ROUND) for px, py in (start, end))
        points += [points[-1], start, start, near, far, end]
    return points


def _counted(text: str) -> str:
    """A text with its length before it."""
    return f"{len(text.encode())} -{text}"
