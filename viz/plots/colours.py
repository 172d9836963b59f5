"""Colours, line styles and sizes of the plots.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), as in the pictures of graphs. Lines also
differ in dashes and markers, so they can be told apart in grey print. The two ends of a signed scale are equally dark
in grey; plots mark negative numbers with a minus sign.
"""

from dataclasses import dataclass
from typing import Final

COLUMN: Final = 3.5
"""Width of a column of a journal, in inches (89 mm)."""

TEXT: Final = 8.0
"""Font size in points, as of captions in most journals."""

SMALL: Final = 7.0

INK: Final = "#1d2329"
FAINT: Final = "#69707a"
GRID: Final = "#dde1e5"

BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"


@dataclass(frozen=True, slots=True)
class Line:
    """One of the lines of a plot: colour, dashes, and the shape of its points."""

    colour: str
    dashes: str
    marker: str


LINES: Final = (
    Line(BLUE, "-", "o"),
    Line(VERMILLION, "--", "s"),
    Line("#009e73", "-.", "^"),
    Line("#cc79a7", ":", "D"),
    Line("#e69f00", "-", "v"),
    Line("#56b4e9", "--", "P"),
    Line("#000000", "-.", "X"),
)
"""The lines in the order of use."""

SIGNED: Final = ("#00466e", BLUE, "#8cc4e4", "#ffffff", "#f6bb8b", VERMILLION, "#833a00")
"""From very negative to very positive, white at 0."""

SHARES: Final = ("#ffffff", "#b9dcf0", "#5aa9d6", BLUE, "#003d61")
"""From a share of 0 to a share of 1."""

GREYS: Final = ("#000000", "#ffffff")
"""From a dark pixel to a bright one."""


def line(index: int) -> Line:
    """Return the style of the line with this index.

    After the last colour the first is used again, with other dashes and another marker: 49 lines differ.

    >>> line(0), line(7)
    (Line(colour='#0072b2', dashes='-', marker='o'), Line(colour='#0072b2', dashes='--', marker='s'))
    """
    turn, place = divmod(index, len(LINES))
    look = LINES[(turn + place) % len(LINES)]
    return Line(LINES[place].colour, look.dashes, look.marker)


def pale(colour: str, strength: float = 0.25) -> str:
    """Return a colour mixed with white, for areas.

    >>> pale("#0072b2", 0.5)
    '#7fb9d9'
    """
    parts = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return "#" + "".join(f"{255 - round(strength * (255 - part)):02x}" for part in parts)
