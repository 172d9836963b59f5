"""The legend of a picture: what the colours of nodes and the widths of edges mean, as marks to draw.

A row of swatches, from the largest negative gradient over 0 to the largest positive one, and below it a row of strokes
as wide as edges that pass on as much. The hover text of each gives the sizes that it stands for.
"""

from dataclasses import dataclass
from typing import Final

from viz.picture.encoding import Encoding
from viz.picture.scale import LEVELS
from viz.picture.style import CELL, LINE
from viz.text import number

SWATCH: Final = 12.0
_GAP: Final = 1.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A text, a swatch of a step, or a stroke of its width, beginning at `x` on a line whose middle is `y`."""

    x: float
    y: float
    text: str = ""
    step: int = 0
    size: float = 0.0
    is_stroke: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Legend:
    """The marks, and the room they take; no marks if neither colours nor widths are used."""

    marks: tuple[Mark, ...]
    width: float
    height: float


def legend(encoding: Encoding) -> Legend:
    """The legend that explains an encoding."""
    shown = [encoding.tinted, encoding.weighted]
    if not any(shown):
        return Legend((), 0.0, 0.0)
    least, most = number(-encoding.scale.high), number(encoding.scale.high)
    captions = ["gradient, log scale", "passed on by edges"]
    left = CELL * (max(map(len, captions)) + 1)
    start = left + CELL * (len(least) + 1)
    stop = start + (2 * LEVELS + 1) * (SWATCH + _GAP)
    marks: list[Mark] = []
    y = LINE / 2
    for is_stroke in (False, True):
        if shown[is_stroke]:
            marks.append(Mark(0.0, y, captions[is_stroke]))
            if is_stroke == (not encoding.tinted):
                marks += [Mark(left, y, least), Mark(stop + CELL, y, most)]
            for place, step in enumerate(range(-LEVELS, LEVELS + 1)):
                x = start + place * (SWATCH + _GAP)
                marks.append(Mark(x, y, "", step, SWATCH, is_stroke, span(encoding, step)))
            y += LINE
    return Legend(tuple(marks), stop + CELL * (len(most) + 1), y - LINE / 2)


def span(encoding: Encoding, step: int) -> str:
    """The gradients that a step stands for, in words."""
    if not step:
        return "exactly 0"
    sign = "-" if step < 0 else ""
    near, far = number(encoding.scale.bound(abs(step) - 1)), number(encoding.scale.bound(abs(step)))
    return f"{sign}{near} to {sign}{far}"
