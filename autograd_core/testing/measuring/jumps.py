"""Jumps of a function of one number within reach of a point.

A computation that iterates until a tolerance is met takes another number of iterations on the other side of a jump.
Between its jumps it has the slope of a fixed number of iterations, which is that of its limit to some digits only.

Differences of high order are small where the function is smooth, and at a jump they have its size. They shrink with the
distance of the points in the first case, and stay in the second.
"""

from __future__ import annotations

import math
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
VISIBLE: Final = 64 * 2.0**-52
"""Relative to the values, smaller jumps are rounding."""


class Jump(NamedTuple):
    """The size of a jump, and its distance from the point."""

    size: float
    distance: float


def jump_near(value: Callable[[float], float], x: float, reach: float) -> Jump | None:
    """Return a jump within reach of `x`, or None if there is none.

    Args:
        value: the function; nan where it has no value.
        x: the point.
        reach: the largest distance.

    >>> import math
    >>> jump_near(math.sin, 0.3, 1.0) is None
    True
    >>> size, distance = jump_near(lambda t: math.sin(t) + 1e-6 * (t > 0.8), 0.3, 1.0)
    >>> round(size, 9), round(distance, 2)
    (1e-06, 0.5)
    """
    center, width, sizes = x, reach, []
    for _ in range(SCANS):
        points = [center + width * (2 * i / POINTS - 1) for i in range(POINTS + 1)]
        values = [value(t) for t in points]
        if not all(map(math.isfinite, values)):
            return None
        bends = [abs(bend) / 10 for bend in differences_of_order(values, ORDER)]
        sizes.append(max(bends))
        if sizes[-1] <= VISIBLE * max(map(abs, values)):
            return None
        center = points[bends.index(sizes[-1]) + ORDER // 2]
        width /= NARROWER
    return Jump(sizes[-1], max(abs(center - x), width)) if sizes[-1] > 0.5 * sizes[-2] else None


def differences_of_order(values: Sequence[float], order: int) -> Sequence[float]:
    """Return the differences of neighbouring values, of their differences, and so on."""
    for _ in range(order):
        values = [b - a for a, b in pairwise(values)]
    return values
