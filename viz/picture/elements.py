"""An SVG picture as data: a picture has groups, a group has shapes and texts, and `str` converts each to text.

`draw` turns the picture into text at once. `page` and `animate` change the groups of its nodes and edges first: they
find a group by its kind and number and a figure by its name, and never read SVG.
"""

from dataclasses import dataclass
from typing import Final

from viz.picture.style import FONT_SIZE, SVG_FONT
from viz.picture.style_sheet import CLASS, STYLE_SHEET
from viz.text import xml

NODE: Final = "node"
EDGE: Final = "edge"

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


@dataclass(frozen=True, slots=True)
class Shape:
    """A rectangle or a path: its element, the attributes of its position, and its classes."""

    tag: str
    geometry: str
    classes: str = ""

    def __str__(self) -> str:
        """The element."""
        classes = f' class="{self.classes}"' if self.classes else ""
        return f"<{self.tag}{classes} {self.geometry}/>"


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
    """

    content: str
    classes: str
    x: float
    y: float
    figure: str = ""
    prefix: str = ""

    def __str__(self) -> str:
        """The element."""
        place = f'x="{coordinate(self.x)}" y="{coordinate(self.y + _BASELINE)}"'
        return f'<text class="{self.prefix}{self.classes}" {place}>{xml(self.content)}</text>'


@dataclass(frozen=True, slots=True)
class Group:
    """All that is drawn of one node or edge.

    Attributes:
        kind: NODE or EDGE.
        number: the index in the nodes or edges of the graph.
        classes: its classes in the style sheet.
        hover: the text shown on hovering; empty for none.
        shapes: the box of a node or the line of an edge first.
        texts: from the top.
        transform: its translation; empty for none.
        is_numbered: whether it has an attribute with kind and number, such as `data-node="3"`.
    """

    kind: str
    number: int
    classes: str
    hover: str
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    transform: str = ""
    is_numbered: bool = False

    def __str__(self) -> str:
        """The element."""
        number = f' data-{self.kind}="{self.number}"' if self.is_numbered else ""
        transform = f' transform="{self.transform}"' if self.transform else ""
        content = "".join(map(str, (hover_text(self.hover), *self.shapes, *self.texts)))
        return f'<g{number} class="{self.classes}"{transform}>{content}</g>'


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
        above: elements before the groups.
        below: elements after them.
    """

    width: float
    height: float
    title: str
    description: str
    layout: str
    edges: tuple[Group, ...]
    nodes: tuple[Group, ...]
    offset: tuple[float, float]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The SVG."""
        width, height = coordinate(self.width), coordinate(self.height)
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        font = f'font-family="{SVG_FONT}" font-size="{FONT_SIZE:g}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" role="img" {size} {font}>',
            hover_text(self.title),
            f"<desc>{xml(self.description)}</desc>" if self.description else "",
            f"<!-- {self.layout} -->",
            f"<style>{STYLE_SHEET}</style>",
            '<rect class="paper" width="100%" height="100%" rx="6"/>',
            *self.above,
            f'<g transform="translate({" ".join(map(coordinate, self.offset))})">',
            *map(str, self.edges),
            *map(str, self.nodes),
            "</g>",
            *self.below,
            "</svg>",
            "",
        ]
        return "\n".join(lines)
