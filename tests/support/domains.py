"""Numbers inside of a domain, made of any numbers: a strategy that draws them need not throw any away."""

from __future__ import annotations

import math


def brought_into(x: float, low: float, high: float) -> float:
    """A number between two bounds: `x` itself, or what comes of it by a change of sign, an inverse, or a step of 1.

    >>> brought_into(3.0, 1.0, math.inf), brought_into(-3.0, 1.0, math.inf), brought_into(4.0, -1.0, 1.0)
    (3.0, 3.0, 0.25)
    """
    inverse = 1.0 / x if x else 0.0
    for candidate in (x, -x, inverse, -inverse, 1.0 + abs(x)):
        if low <= candidate <= high and math.isfinite(candidate):
            return candidate
    return min(max(x, low), high)
