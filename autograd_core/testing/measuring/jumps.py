"""Jumps of a function of one number within reach of a point.

A computation that iterates until a tolerance is met takes another number of iterations on the other side of a jump.
Between its jumps it has the slope of a fixed number of iterations, which is that of its limit to some digits only.

Differences of high order are small where the function is smooth, and at a jump they have its size. They shrink with the
distance of the points in the first case, and stay in the second.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

POINTS: Final = 96
"""The number of intervals of a scan."""

ORDER: Final = 6
"""The order of the differences: the term of a jump is multiplied by at most 10, a binomial coefficient."""

NARROWER: Final = 12
"""Each scan covers the range of the one before divided by this."""

SCANS: Final = 4
VISIBLE: Final = 64
"""Smaller jumps than so many units of rounding of the values are rounding."""

ALONE: Final = 2.0**-5
"""Between jumps that are no noise, the function is mostly smooth up to this part of them."""

REACHES: Final = (0.5, 2.0**-3, 2.0**-5, 2.0**-7)
"""The distances within which a jump is searched, in proportion to the size of a number, or to 1. Over long ones the
function itself hides small jumps, and none is longer than the steps of differences."""


class Jump(NamedTuple):
    """The size of a jump, and its distance from the point."""

    size: float
    distance: float


def steepest_jump(
    value: Callable[[float], float], x: float, unit: float = math.ulp(1.0), *, on_both_sides: bool = False
) -> Jump | None:
    """Return the jump beside `x` that is the largest in proportion to its distance, or None if none is found.

    Values are rounded to the relative distance `unit`. A search `on_both_sides` at once takes a third of the calls, and
    finds none where the function has no values on one side.

    >>> steepest_jump(math.sin, 0.3) is None
    True
    >>> size, distance = steepest_jump(lambda t: math.sin(t) + 1e-6 * (t > 0.7), 0.3)
    >>> round(size, 9), round(distance, 2)
    (1e-06, 0.4)
    """
    reaches = dict.fromkeys(part * size for size in (max(1.0, abs(x)), abs(x) or 1.0) for part in REACHES)
    # The function may have no values on one side, or values that hide a jump on the other.
    sides = ((1, 1),) if on_both_sides else ((1, 1), (1, 0), (0, 1))
    ends = [(x - low * reach, x + high * reach) for reach in reaches for low, high in sides]
    found = (_jump_between(value, x, *pair, VISIBLE * unit) for pair in ends)
    return max((jump for jump in found if jump), key=lambda jump: jump.size / jump.distance, default=None)


def _jump_between(value: Callable[[float], float], x: float, low: float, high: float, visible: float) -> Jump | None:
    """Return the largest jump between two numbers, with its distance from `x`; None if there is none."""
    center, width, sizes = (low + high) / 2, (high - low) / 2, []
    for _ in range(SCANS):
        points = [center + width * (2 * i / POINTS - 1) for i in range(POINTS + 1)]
        values = [value(t) for t in points]
        if not all(map(math.isfinite, values)):
            return None
        bends = [abs(bend) / 10 for bend in differences_of_order(values, ORDER)]
        sizes.append(max(bends))
        if sizes[-1] <= visible * max(map(abs, values)):
            return None
        center = points[bends.index(sizes[-1]) + ORDER // 2]
        width /= NARROWER
    is_jump = sizes[-1] > 0.5 * sizes[-2] and statistics.median(bends) <= ALONE * sizes[-1]
    return Jump(sizes[-1], max(abs(center - x), width)) if is_jump else None


def differences_of_order(values: Sequence[float], order: int) -> Sequence[float]:
    """Return the differences of neighbouring values, of their differences, and so on."""
    for _ in range(order):
        values = [b - a for a, b in pairwise(values)]
    return values
