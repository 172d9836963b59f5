"""Sign changes of a function, and the floats near them, where a formula loses digits first."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

Function = Callable[[float], float]

STEPS = (0, 1, 30, 10**4, 10**8, 10**12)
"""The distances of points from a sign change, in floats."""


def crossings(function: Function, grid: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Yield pairs of neighbouring floats with a sign change, one for each change between points of a grid.

    >>> list(crossings(lambda x: x - 0.7, [0.0, 1.0]))
    [(0.7, 0.7000000000000001)]
    """
    signs = [(x, function(x)) for x in grid]
    for (a, left), (b, right) in pairwise(signs):
        if math.isfinite(left) and math.isfinite(right) and (left > 0.0) != (right > 0.0) and left != 0.0 != right:
            yield _bisect(lambda x, up=left > 0.0: (function(x) > 0.0) == up, a, b)  # type: ignore[misc]


def beside(crossing: tuple[float, float]) -> list[float]:
    """Return floats on both sides of a sign change, at increasing distances."""
    low, high = map(_number, crossing)
    return [x for step in STEPS for x in (_float(low - step), _float(high + step))]


def _bisect(holds: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    a, b = _number(low), _number(high)
    while b - a > 1:
        middle = (a + b) // 2
        a, b = (middle, b) if holds(_float(middle)) else (a, middle)
    return _float(a), _float(b)


def _number(x: float) -> int:
    """Return the index of a float in the order of all floats; 0.0 has index 0."""
    bits: int = struct.unpack("<q", struct.pack("<d", abs(x)))[0]
    return bits if x >= 0.0 else -bits


def _float(number: int) -> float:
    x: float = struct.unpack("<d", struct.pack("<q", abs(number)))[0]
    return x if number >= 0 else -x
