"""The slope over the next few floats, which tells on which side of a kink a point is.

A kink a few floats away looks like one at the point over all longer steps. If the values show the same slope over each
of the next floats on both sides, and it is that of one side of the kink, then the point is on this side. Values that do
not change say nothing, because they may be rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

FLOATS: Final = (1, 2)
"""The distances in floats."""

SAME: Final = 1e-3
"""Slopes with a smaller relative difference are the same. Rounded values do not agree so well by accident."""

RESOLVED: Final = 2.0**10
"""The smallest difference of the changes on both sides, in the spacing of the values, that is no rounding."""


def side_of_kink(value: Callable[[float], float], x: float, left: float, right: float) -> float | None:
    """Return the one of two slopes that a function has at the next floats on both sides; None if it has neither there.

    >>> side_of_kink(lambda t: abs(t - 1.0), 1.0 + 1e-15, -1.0, 1.0)
    1.0
    >>> side_of_kink(abs, 0.0, -1.0, 1.0) is None
    True
    """
    here = value(x)
    unit = math.ulp(x)
    if not abs(right - left) * unit > RESOLVED * math.ulp(here):
        return None
    slopes = [(value(x + k * unit) - here) / (k * unit) for n in FLOATS for k in (-n, n)]
    fits = [s for s in (left, right) if s and all(abs(slope - s) <= SAME * abs(right - left) for slope in slopes)]
    return fits[0] if fits else None
