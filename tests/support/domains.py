"""Numbers inside a domain, made from arbitrary numbers: a strategy need not reject any draw."""

from __future__ import annotations

import math


def brought_into(x: float, low: float, high: float) -> float:
    """Return a number between two bounds: `x`, its negative, its inverse, or `1 + abs(x)`.

    >>> brought_into(3.0, 1.0, math.inf), brought_into(-3.0, 1.0, math.inf), brought_into(4.0, -1.0, 1.0)
    (3.0, 3.0, 0.25)
    """
    inverse = 1.0 / x if x else 0.0
    for candidate in (x, -x, inverse, -inverse, 1.0 + abs(x)):
        if low <= candidate <= high and math.isfinite(candidate):
            return candidate
    return min(max(x, low), high)
