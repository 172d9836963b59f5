"""The values of a function for steps of all scales, each half the one before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

TINY: Final = 2.0**-1074

LONGEST: Final = 40
"""The number of steps from the longest down before only those from the size of the number itself follow."""

STANDING: Final = 8
"""A function that moves in longer steps and not in this many shorter ones stands still in all that follow."""


class Rung(NamedTuple):
    """The values for one step."""

    step: float
    quotient: float
    change: float
    """The largest change of the value."""
    least: float
    """The smallest change of the value, of the two sides."""
    left: float
    right: float
    """The one-sided quotients."""
    rounding: float


def steps_of(x: float, top: float, bottom: float) -> Iterator[float]:
    """Yield powers of two, so that most arguments and divisors are exact."""
    first, last = _exponent(top), _exponent(bottom)
    own = min(first, _exponent(abs(x)) - 2) if x else first
    for e in range(first, last - 1, -1):
        if first - e <= LONGEST or e <= own:
            yield math.ldexp(1.0, e)


def _exponent(size: float) -> int:
    return max(math.frexp(size)[1] - 1, -1074)


def rungs_of(
    value: Callable[[float], float],
    x: float,
    here: float,
    steps: Iterable[float],
    passed: Callable[[float], float],
    unit: float,
) -> Iterator[Rung]:
    """Yield the values for all steps that have values, until the function stands still."""
    moved, standing = False, 0
    for step in steps:
        rung = _rung(value, x, here, step, passed, unit)
        if rung is not None:
            yield rung
            moved, standing = moved or rung.change > 0, 0 if rung.change else standing + 1
            if moved and standing >= STANDING:
                return


def _rung(
    value: Callable[[float], float],
    x: float,
    here: float,
    step: float,
    passed: Callable[[float], float],
    unit: float,
) -> Rung | None:
    """Return the values for a step; None without values, or if the step does not move the argument."""
    low, high = passed(x - step), passed(x + step)
    if x in (low, high):
        return None
    below, above = value(low), value(high)
    quotient = (above - below) / (high - low)
    if not math.isfinite(quotient):
        return None
    size = max(abs(here), abs(below), abs(above))
    least, most = sorted((abs(above - here), abs(below - here)))
    left, right = (here - below) / (x - low), (above - here) / (high - x)
    return Rung(step, quotient, most, least, left, right, max(unit * size, TINY))
