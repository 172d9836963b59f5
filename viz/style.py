"""How a picture looks: one table of kinds and two of inks, read by the DOT writer and by the SVG writer alike.

Kinds differ in shape as well as in colour, so a picture survives a grey print and colour-blind eyes. The hues are those
of Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), paled for fills. All text is in Courier: every Graphviz
carries its widths, so boxes fit their text wherever they are laid out; other fonts overflow on some machine.
"""

from dataclasses import dataclass
from typing import Final

from viz.graph import Kind

DOT_FONT: Final = "Courier"
SVG_FONT: Final = "Courier,monospace"
FONT_SIZE: Final = 12.0
CELL: Final = 0.6 * FONT_SIZE
"""Width of a Courier letter."""
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
    """One kind of node: shape and style in DOT, radius of corners in SVG, outlines, and colours by day and by night."""

    shape: str
    style: str
    radius: float
    outlines: int
    light: Colours
    dark: Colours


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours that do not depend on the kind of node."""

    paper: str
    text: str
    faint: str
    wire: str
    warning: str


LOOKS: Final[dict[Kind, Look]] = {
    Kind.LEAF: Look("box", "filled", 0, 1, Colours("#e3f1fb", "#0072b2"), Colours("#12324a", "#56b4e9")),
    Kind.CONSTANT: Look("ellipse", "filled", 99, 1, Colours("#f1f2f4", "#8a9099"), Colours("#2b3138", "#7d8590")),
    Kind.OP: Look("box", "rounded,filled", 9, 1, Colours("#fdf3dd", "#c98a00"), Colours("#3d2f10", "#e6a117")),
    Kind.ROOT: Look("box", "rounded,filled", 9, 2, Colours("#dff4ec", "#008f68"), Colours("#0f3a2d", "#2fc394")),
    Kind.MARKER: Look("box", "dashed", 0, 1, Colours("none", "#8a9099"), Colours("none", "#7d8590")),
}

LIGHT: Final = Ink(paper="#ffffff", text="#1d2329", faint="#69707a", wire="#6b7480", warning="#c22f00")
DARK: Final = Ink(paper="#161b21", text="#e9edf1", faint="#98a1ab", wire="#8f99a4", warning="#ff8a5c")
