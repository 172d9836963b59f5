"""Scaling against overflow and underflow of squares, for lengths, variances and cosines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from autograd_core import Value

EXPONENT: Final = 150
"""Of numbers up to 2 to this power, and not below its reciprocal, sums of squares can be raised to -5/2."""


def scale_for_squares(numbers: Iterable[Any], floor: float = 0.0) -> float:
    """The power of 2 by which to multiply numbers before they are squared: 1.0 for all but very large and small ones.

    Multiplied by it, exactly, the largest number keeps its side: 2**150 if it is larger than that.

    Args:
        numbers: Values and plain numbers.
        floor: a number that is squared with them, if that is larger.

    >>> scale_for_squares([1.0, 1e-300]), scale_for_squares([1e-200], floor=1.0)
    (1.0, 1.0)
    >>> scale_for_squares([1e200, -1.0]) == 2.0**-515
    True
    """
    largest = max([floor, *[abs(x.data if isinstance(x, Value) else x) for x in numbers]])
    exponent = math.frexp(largest)[1]
    if -EXPONENT <= exponent <= EXPONENT or not 0.0 < largest < math.inf:
        return 1.0
    return math.ldexp(1.0, (EXPONENT if exponent > 0 else -EXPONENT) - exponent)


def scaled(numbers: Iterable[Any], scale: float) -> list[Any]:
    """The numbers multiplied, without a node for each if there is nothing to multiply by.

    >>> scaled([1.0, 2.0], 0.5)
    [0.5, 1.0]
    """
    return list(numbers) if scale == 1.0 else [x * scale for x in numbers]
