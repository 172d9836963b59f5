"""Scaling against overflow and underflow of squares, for lengths, variances and cosines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from autograd_core import Value

EXPONENT: Final = 150
"""For numbers between 2**-150 and 2**150, sums of squares can be raised to the power -5/2 without overflow."""


def scale_for_squares(numbers: Iterable[Any], floor: float = 0.0) -> float:
    """The power of 2 by which to multiply numbers before squaring them: 1.0 except for very large or small numbers.

    It brings the largest number to the nearer end of the range from 2**-150 to 2**150, and multiplies exactly.

    Args:
        numbers: Values and plain numbers.
        floor: a further number, which is squared with them.

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
    """The numbers multiplied by the scale; with the scale 1.0 no nodes are made.

    >>> scaled([1.0, 2.0], 0.5)
    [0.5, 1.0]
    """
    return list(numbers) if scale == 1.0 else [x * scale for x in numbers]
