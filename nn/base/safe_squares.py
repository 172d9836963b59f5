"""Scaling against overflow and underflow of squares, for lengths, variances and cosines.

The scale depends on the data. For numbers that are not known yet it is a number of the program.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

import autograd_core as ag
from autograd_core import Value, select
from autograd_core.functions.reductions import exponent_of, power_of_2
from nn.base.recorded import number_of

EXPONENT: Final = 150
"""For numbers between 2**-150 and 2**150, sums of squares can be raised to the power -5/2 without overflow."""

SMALLEST, LARGEST = 2.0 ** (-EXPONENT - 1), 2.0**EXPONENT
"""The numbers whose exponents, which `math.frexp` gives, are in that range."""

FLOAT: Final = frozenset({float})
"""The type of a number that is known."""


def scale_for_squares(numbers: Iterable[Any], floor: float = 0.0) -> Any:
    """The power of 2 by which to multiply numbers before squaring them: 1.0 except for very large or small numbers.

    It brings the largest number to the nearer end of the range from 2**-150 to 2**150, and multiplies exactly.

    Args:
        numbers: plain numbers and what records, as Values.
        floor: a further number, which is squared with them.

    >>> scale_for_squares([1.0, 1e-300]), scale_for_squares([1e-200], floor=1.0)
    (1.0, 1.0)
    >>> scale_for_squares([1e200, -1.0]) == 2.0**-515
    True
    """
    sizes = [floor, *[abs(x.data if isinstance(x, Value) else number_of(x)) for x in numbers]]
    # Nearly always the numbers are moderate; that they are is seen in a fifth of the time of the formula.
    if FLOAT.issuperset(map(type, sizes)) and SMALLEST <= max(sizes) < LARGEST:
        return 1.0
    largest = ag.max(sizes)
    exponent = exponent_of(largest)
    return select(
        select(largest == math.inf, lambda: True, lambda: abs(exponent) <= EXPONENT),
        lambda: 1.0,
        lambda: power_of_2(select(exponent > 0, lambda: EXPONENT, lambda: -EXPONENT) - exponent),
    )


def changes_nothing(scale: Any) -> bool:
    """Whether a scale is known to be 1.0.

    >>> changes_nothing(1.0), changes_nothing(0.5)
    (True, False)
    """
    return isinstance(scale, float) and scale == 1.0


def scaled(numbers: Iterable[Any], scale: Any) -> list[Any]:
    """The numbers multiplied by the scale; with the scale 1.0 no nodes are made.

    >>> scaled([1.0, 2.0], 0.5)
    [0.5, 1.0]
    """
    return list(numbers) if changes_nothing(scale) else [x * scale for x in numbers]
