"""The slope over the next few floats, which tells on which side of a kink a point is.

A kink a few floats away looks like one at the point over all longer steps. If the values show the same slope over each
of the next floats on both sides, and it is that of one side of the kink, then the point is on this side. One float away
from the kink, the next float on one side is the kink itself, and only the other side has more. Values that do not
change say nothing, because they may be rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

SAME: Final = 1e-3
"""Slopes with a smaller relative difference are the same. Rounded values do not agree so well by accident."""

RESOLVED: Final = 2.0**10
"""The smallest difference of the changes on both sides, in the spacing of the values, that is no rounding."""


def side_of_kink(value: Callable[[float], float], x: float, left: float, right: float) -> float | None:
    """Return the one of two slopes that a function has at the next floats on both sides; None if it has neither there.

    >>> side_of_kink(lambda t: abs(t - 1.0), 1.0 + 1e-15, -1.0, 1.0)
    1.0
    >>> side_of_kink(lambda t: abs(t - 1.0), 1.0 - 2.0**-53, -1.0, 1.0)
    -1.0
    >>> side_of_kink(abs, 0.0, -1.0, 1.0) is None
    True
    """
    here = value(x)
    unit = math.ulp(x)
    if not abs(right - left) * unit > RESOLVED * math.ulp(here):
        return None

    def fits(slope: float, distance: int) -> bool:
        """Return whether the function has a slope up to a float at a distance."""
        found = (value(x + distance * unit) - here) / (distance * unit)
        return abs(found - slope) <= SAME * abs(right - left)

    for slope in filter(None, (left, right)):
        if fits(slope, -1) and fits(slope, 1) and (fits(slope, -2) or fits(slope, 2)):
            return slope
    return None
