"""A sum that is rounded once, for numbers of which some may be infinite or nan."""

import math
from collections.abc import Iterable


def total(numbers: Iterable[float]) -> float:
    """The sum as `math.fsum` has it, and the plain sum where it has none: of infinities of both signs, for example.

    >>> total([1e16, 1.0, -1e16]), total([math.inf, -math.inf])
    (1.0, nan)
    """
    values = list(numbers)
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)
