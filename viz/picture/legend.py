"""The legend of a picture: what the colours of nodes and the widths of edges mean, as marks to draw.

A row of swatches for the signs that occur, from the largest negative gradient over 0 to the largest positive one; below
it a row of strokes as wide as edges that pass on as much, and numbers at the ends and in the middle of the logarithmic
scale. The hover text of each swatch and stroke gives the sizes that it stands for.
"""

from dataclasses import dataclass
from typing import Final

from viz.picture.encoding import Encoding
from viz.picture.scale import LEVELS
from viz.picture.style import CELL, LINE
from viz.text import number

SWATCH: Final = 20.0
_GAP: Final = 1.0
_TICKS: Final = (0, LEVELS // 2, LEVELS)
"""The steps at whose ends stands a number."""


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
    captions = ["gradient, log scale", "passed on by edges"]
    start = CELL * (max(map(len, captions)) + 2)
    place = {step: start + index * (SWATCH + _GAP) for index, step in enumerate(encoding.steps)}
    marks: list[Mark] = []
    y = LINE / 2
    for is_stroke in (False, True):
        if shown[is_stroke]:
            marks.append(Mark(0.0, y, captions[is_stroke]))
            marks += [Mark(x, y, "", step, SWATCH, is_stroke, span(encoding, step)) for step, x in place.items()]
            y += LINE
    ticks = _ticks(encoding, place[0] + SWATCH / 2)
    marks += [Mark(x - CELL * len(text) / 2, y, text) for x, text in ticks]
    width = max([x + CELL * len(text) / 2 for x, text in ticks] + [x + SWATCH for x in place.values()])
    return Legend(tuple(marks), width, y + LINE / 2)


def tick_texts(encoding: Encoding) -> list[tuple[int, str]]:
    """The steps at whose far ends numbers stand, and the numbers; at 0 stands the size at which both signs begin."""
    texts = {step: f"{encoding.scale.bound(step):.2g}" for step in _TICKS}
    both = len(encoding.signs) > 1
    found = [(0, f"\N{PLUS-MINUS SIGN}{texts[0]}")] if both else []
    for sign in sorted(encoding.signs):
        found += [(sign * step, f"{'-' * (sign < 0)}{text}") for step, text in texts.items() if step or not both]
    return sorted(found)


def _ticks(encoding: Encoding, middle: float) -> list[tuple[float, str]]:
    """Where numbers stand, and which, given the middle of the swatch for 0."""
    found = []
    for step, text in tick_texts(encoding):
        sign = 0 if len(encoding.signs) > 1 and not step else max(encoding.signs) if not step else step // abs(step)
        found.append((middle + step * (SWATCH + _GAP) + sign * SWATCH / 2, text))
    return found


def span(encoding: Encoding, step: int) -> str:
    """The gradients that a step stands for, in words."""
    if not step:
        return "exactly 0"
    sign = "-" if step < 0 else ""
    near, far = number(encoding.scale.bound(abs(step) - 1)), number(encoding.scale.bound(abs(step)))
    return f"{sign}{near} to {sign}{far}"
