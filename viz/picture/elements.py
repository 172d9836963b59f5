"""An SVG picture as data: a picture has groups, a group has shapes and texts, and `str` converts each to text.

`draw` turns the picture into text at once. `page` and `animate` change the groups of its nodes and edges first: they
find a group by its kind and number and a figure by its name, and never read SVG.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from viz.picture.layout import Point
from viz.picture.style import FONT_SIZE, SVG_FONT
from viz.picture.style_sheet import CLASS, STYLE_SHEET
from viz.text import xml

NODE: Final = "node"
EDGE: Final = "edge"
MARK: Final = "mark"

_LEVEL: Final = 0.05
"""A difference in height that a coordinate does not show."""

_BASELINE: Final = 0.32 * FONT_SIZE
"""How far a line's baseline lies below its middle."""


def coordinate(value: float) -> str:
    """A coordinate to a tenth of a point, as short as possible.

    >>> coordinate(12.04), coordinate(-0.01)
    ('12', '0')
    """
    text = f"{value:.1f}"
    if text[-1] == "0":
        text = text[:-2]
    return "0" if text == "-0" else text


def hover_text(words: str) -> str:
    """The element that shows words on hovering; nothing for no words."""
    return f"<title>{xml(words)}</title>" if words else ""


def translation(offset: Point | None) -> str:
    """The attribute that moves a group; nothing for None."""
    return f' transform="translate({coordinate(offset[0])} {coordinate(offset[1])})"' if offset else ""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with its upper left corner, its size, and the radius of its corners."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0
    classes: str = ""
    tag: ClassVar[str] = "rect"

    def __str__(self) -> str:
        """The element."""
        place = f'x="{coordinate(self.x)}" y="{coordinate(self.y)}" ' if self.x or self.y else ""
        size = f'width="{coordinate(self.width)}" height="{coordinate(self.height)}"'
        rounded = f' rx="{coordinate(self.radius)}"' if self.radius else ""
        return f"<rect{_class(self.classes)} {place}{size}{rounded}/>"


@dataclass(frozen=True, slots=True)
class Curve:
    """Bézier curves one after the other: a point, then three points for each."""

    points: tuple[Point, ...]
    is_closed: ClassVar[bool] = False

    def __str__(self) -> str:
        """Path data, with level pieces in their short form."""
        (x, level), *rest = self.points
        data = [f"M{coordinate(x)} {coordinate(level)}"]
        for (x1, y1), (x2, y2), (x3, y3) in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            if all(abs(y - level) < _LEVEL for y in (y1, y2, y3)):
                data.append(f"H{coordinate(x3)}")
            else:
                data.append(f"C{' '.join(map(coordinate, (x1, y1, x2, y2, x3, y3)))}")
            level = y3
        return "".join(data)


@dataclass(frozen=True, slots=True)
class Polyline:
    """Straight lines from point to point; `is_closed` joins the last point with the first."""

    points: tuple[Point, ...]
    is_closed: bool = False

    def __str__(self) -> str:
        """Path data."""
        corners = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in self.points)
        return f"M{corners}{'Z' if self.is_closed else ''}"


@dataclass(frozen=True, slots=True)
class Path:
    """Curves and lines that are one element."""

    pieces: tuple[Curve | Polyline, ...]
    classes: str = ""
    tag: ClassVar[str] = "path"

    def __str__(self) -> str:
        """The element."""
        return f'<path{_class(self.classes)} d="{"".join(map(str, self.pieces))}"/>'


Shape = Rect | Path


def _class(classes: str) -> str:
    return f' class="{classes}"' if classes else ""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text on the level `y`.

    Attributes:
        content: the text, `printable` and not yet escaped.
        classes: its classes in the style sheet.
        x: its start, end or middle, depending on its classes.
        y: the middle of the line.
        figure: the caption of the number that it shows, such as `"data"`; empty for other texts.
        prefix: classes before the others, with a space at the end.
        tag: the name of the element.
    """

    content: str
    classes: str
    x: float
    y: float
    figure: str = ""
    prefix: str = ""
    tag: ClassVar[str] = "text"

    def __str__(self) -> str:
        """The element."""
        place = f'x="{coordinate(self.x)}" y="{coordinate(self.y + _BASELINE)}"'
        return f'<text class="{self.prefix}{self.classes}" {place}>{xml(self.content)}</text>'


@dataclass(frozen=True, slots=True)
class Group:
    """All that is drawn of one node, edge or mark of the legend.

    Attributes:
        kind: NODE, EDGE or MARK.
        number: the index in the nodes or edges of the graph, or the step of a mark.
        classes: its classes in the style sheet.
        hover: the text shown on hovering; empty for none.
        shapes: the box of a node or the line of an edge first.
        texts: from the top.
        offset: its translation; None for none.
        is_numbered: whether it has an attribute with kind and number, such as `data-node="3"`.
    """

    kind: str
    number: int
    classes: str
    hover: str
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    offset: Point | None = None
    is_numbered: bool = False

    def __str__(self) -> str:
        """The element."""
        number = f' data-{self.kind}="{self.number}"' if self.is_numbered else ""
        content = "".join(map(str, (hover_text(self.hover), *self.shapes, *self.texts)))
        return f'<g{number} class="{self.classes}"{translation(self.offset)}>{content}</g>'


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole SVG.

    Attributes:
        width: in points, to a tenth.
        height: likewise.
        title: a short description, for screen readers and on hovering; empty for none.
        description: a longer description; empty for none.
        layout: a comment that says how the boxes were placed.
        edges: one group for each edge of the graph.
        nodes: one group for each node.
        offset: the translation of the groups.
        above: lines of text before the groups.
        legend: the marks and texts of the legend.
        legend_offset: their translation.
        below: lines of text after them.
    """

    width: float
    height: float
    title: str
    description: str
    layout: str
    edges: tuple[Group, ...]
    nodes: tuple[Group, ...]
    offset: Point
    above: tuple[Text, ...] = ()
    legend: tuple[Group | Text, ...] = ()
    legend_offset: Point = (0.0, 0.0)
    below: tuple[Text, ...] = ()

    def __str__(self) -> str:
        """The SVG."""
        width, height = coordinate(self.width), coordinate(self.height)
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        font = f'font-family="{SVG_FONT}" font-size="{FONT_SIZE:g}"'
        marks = "".join(map(str, self.legend))
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" role="img" {size} {font}>',
            hover_text(self.title),
            f"<desc>{xml(self.description)}</desc>" if self.description else "",
            f"<!-- {self.layout} -->",
            f"<style>{STYLE_SHEET}</style>",
            '<rect class="paper" width="100%" height="100%" rx="6"/>',
            *map(str, self.above),
            f"<g{translation(self.offset)}>",
            *map(str, self.edges),
            *map(str, self.nodes),
            "</g>",
            *([f'<g class="legend"{translation(self.legend_offset)}>{marks}</g>'] if marks else []),
            *map(str, self.below),
            "</svg>",
            "",
        ]
        return "\n".join(lines)
