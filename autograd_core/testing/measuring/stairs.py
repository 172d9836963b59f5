"""Staircases: values that are rounded, as those in 32 bits or to some decimals, alone or beside a part that moves.

A function in 32 bits stands still under steps that its argument does not show. Added to a part in 64 bits, it makes
stairs on a slope: over short steps only the part in 64 bits moves, and its slope is not that of the function.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from itertools import groupby, pairwise
from typing import Final

from autograd_core.testing.measuring.jumps import differences_of_order

EPSILON: Final = 2.0**-52

SAMPLES: Final = 24
"""The number of points on each side that show whether there are stairs."""

PER_STAIR: Final = 6
"""The number of points in the step to the nearest jumps."""

ROUGH: Final = 12
"""The number of points within a step; no power of two, of which stairs in floats are multiples."""

FLAT: Final = 1 / 16
"""Changes of at most this part of the largest one do not count as jumps."""

LARGEST_SINGLE: Final = 3e38
FEW_BITS: Final = 2.0**12


def is_single(x: float) -> bool:
    """Return whether a number is representable in 32 bits.

    >>> is_single(0.5), is_single(0.1)
    (True, False)
    """
    return abs(x) < LARGEST_SINGLE and struct.unpack("f", struct.pack("f", x))[0] == x


def has_few_bits(x: float) -> bool:
    """Return whether a number has so few bits that it is no sign of 32-bit arithmetic, such as 0.5 or 100."""
    return abs(x) <= FEW_BITS * common_unit([x])


def common_unit(numbers: Iterable[float]) -> float:
    """Return the largest power of two of which all numbers are multiples; 0 if all are 0.

    >>> common_unit([0.75, 0.0, 3.0])
    0.25
    """
    return min((_lowest_bit(x) for x in numbers if x), default=0.0)


def _lowest_bit(x: float) -> float:
    numerator, denominator = x.as_integer_ratio()
    return (numerator & -numerator) / denominator


def stands_on_stairs(value: Callable[[float], float], x: float, width: float) -> bool:
    """Return whether a function that stands still at `x` does so on several stairs of about a width.

    >>> stands_on_stairs(lambda t: round(t, 6), 0.3, 1e-6), stands_on_stairs(lambda t: max(t, 0.5), 0.3, 0.1)
    (True, False)
    """
    values = [value(x + width * i / PER_STAIR) for i in range(-SAMPLES, SAMPLES + 1)]
    return sum(len(list(run)) > 1 for _, run in groupby(values)) > 2


def roughness(value: Callable[[float], float], x: float, step: float) -> float:
    """Return the size of what is no smooth function in the values within a step; nan without values.

    >>> roughness(math.exp, 0.0, 1e-3) < 1e-15
    True
    >>> 1e-10 < roughness(lambda t: round(math.exp(t), 9), 0.0, 1e-3) < 1e-8
    True
    """
    values = [value(x + step * i / ROUGH) for i in range(-ROUGH, ROUGH + 1)]
    return max(map(abs, differences_of_order(values, 4))) / 5


def jump_beside(value: Callable[[float], float], x: float, slope: float, width: float) -> float:
    """Return the size of the jumps of a function that has a slope between them; 0 unless there are some on both sides.

    Args:
        value: the function.
        x: the point.
        slope: the slope between the jumps.
        width: the distance of the nearest jumps on both sides.

    A kink makes no jumps: beyond it all changes are large.

    >>> round(jump_beside(lambda t: t + round(t, 6), 0.3, 1.0, 1e-6), 9)
    1e-06
    >>> jump_beside(lambda t: t + abs(t - 0.3000005), 0.3, 0.0, 1e-6)
    0.0
    """
    points = [x + width * i / PER_STAIR for i in range(-SAMPLES, SAMPLES + 1)]
    rest = [value(t) - slope * (t - x) for t in points]
    changes = [abs(b - a) for a, b in pairwise(rest)]
    largest = max(changes)
    if not math.isfinite(largest) or largest <= PER_STAIR * EPSILON * max(map(abs, rest)):
        return 0.0
    is_jump = [change > FLAT * largest for change in changes]
    runs = [(jumps, len(list(run))) for jumps, run in groupby(is_jump)]
    alone = sum(length == 1 for jumps, length in runs if jumps)
    on_both_sides = any(is_jump[:SAMPLES]) and any(is_jump[SAMPLES:])
    mostly_flat = 2 * sum(is_jump) <= len(is_jump) and 2 * alone >= sum(jumps for jumps, _ in runs)
    return largest if on_both_sides and mostly_flat else 0.0
