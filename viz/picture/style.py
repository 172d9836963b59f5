"""How a picture looks: one table of kinds, two of inks and two of tints, which all writers read.

Kinds differ in shape as well as in colour, so a picture can be read in grey print and by colour-blind readers. The hues
are those of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), paled for fills. All text is in Courier: every
Graphviz knows its widths, so boxes fit their text wherever they are laid out; other fonts overflow on some machine.

Tints show gradients: sky blue for negative and orange for positive ones, the pair of that palette that no common colour
blindness confuses, stronger for larger ones (see `scale`). Numbers that are not finite have a separate hue.
"""

from dataclasses import dataclass
from typing import Final

from viz.graph.graph import Kind
from viz.picture.scale import LEVELS

DOT_FONT: Final = "Courier"
SVG_FONT: Final = "Courier,monospace"
FONT_SIZE: Final = 12.0
CELL: Final = 0.6 * FONT_SIZE
"""Width of a Courier letter."""
POINTS_PER_INCH: Final = 72.0
LINE: Final = 15.0
PADDING: Final = 8.0
OUTLINE_GAP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Colours:
    """Fill and stroke of a box."""

    fill: str
    stroke: str


@dataclass(frozen=True, slots=True)
class Look:
    """One kind of node: shape and style in DOT, brackets in Mermaid, corners in SVG, and colours for light and dark.

    `radius` rounds the corners, `fold` turns down the upper right one, `stack` puts sheets behind the box.
    """

    shape: str
    style: str
    brackets: tuple[str, str]
    radius: float
    outlines: int
    light: Colours
    dark: Colours
    fold: float = 0.0
    stack: int = 0


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours that do not depend on the kind of node; `firm` is the faint ink on a tint."""

    paper: str
    text: str
    faint: str
    firm: str
    edge: str
    warning: str
    bad: str


_BLUE: Final = Colours("#e3f1fb", "#0072b2"), Colours("#12324a", "#56b4e9")
_GREY: Final = Colours("#f1f2f4", "#8a9099"), Colours("#2b3138", "#7d8590")
_AMBER: Final = Colours("#fdf3dd", "#c98a00"), Colours("#3d2f10", "#e6a117")
_GREEN: Final = Colours("#dff4ec", "#008f68"), Colours("#0f3a2d", "#2fc394")
_CLEAR: Final = Colours("none", "#8a9099"), Colours("none", "#7d8590")

LOOKS: Final[dict[Kind, Look]] = {
    Kind.LEAF: Look("box", "filled", ("[", "]"), 0, 1, *_BLUE),
    Kind.PARAMETER: Look("note", "filled", ("[/", "/]"), 0, 1, *_BLUE, fold=9),
    Kind.CONSTANT: Look("ellipse", "filled", ("([", "])"), 99, 1, *_GREY),
    Kind.OP: Look("box", "rounded,filled", ("(", ")"), 9, 1, *_AMBER),
    Kind.ROOT: Look("box", "rounded,filled", ("[[", "]]"), 9, 2, *_GREEN),
    Kind.MARKER: Look("box", "dashed", ("[", "]"), 0, 1, *_CLEAR),
    Kind.MODULE: Look("box3d", "filled", ("{{", "}}"), 3, 1, *_BLUE, stack=2),
    Kind.GROUP: Look("box3d", "filled", ("{{", "}}"), 3, 1, *_GREY, stack=2),
}

LIGHT: Final = Ink("#ffffff", "#1d2329", "#69707a", "#343c45", "#6b7480", "#b3005e", "#fbe0ee")
DARK: Final = Ink("#161b21", "#e9edf1", "#98a1ab", "#d9dee4", "#8f99a4", "#ff85c0", "#4d1233")

WIDTHS: Final = (1.0, 1.2, 1.6, 2.1, 2.7, 3.4, 4.2)
"""Width of an edge by the step of what it passes on."""

_STRONGEST: Final = {True: ("#7cc4ee", "#efb02e"), False: ("#0d5a8c", "#7d4f00")}
_PALEST: Final = {True: "#f6f7f8", False: "#262c33"}


def _mixed(pale: str, strong: str, part: float) -> str:
    """A colour between two, given as `#rrggbb`."""
    channels = ((int(pale[i : i + 2], 16), int(strong[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in channels)


def _tints(light: bool) -> dict[int, str]:
    """The fill for every step from -6 to 6."""
    negative, positive = _STRONGEST[light]
    hue = {step: positive if step > 0 else negative for step in range(-LEVELS, LEVELS + 1)}
    return {step: _mixed(_PALEST[light], hue[step], abs(step) / LEVELS) for step in hue}


TINTS_LIGHT: Final = _tints(light=True)
TINTS_DARK: Final = _tints(light=False)
