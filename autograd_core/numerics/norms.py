"""p-norms and standard deviations of floats, and their derivatives: what `table.lengths` records, to the bit.

`table.lengths` has the formulas with the reasons for them. Here they are plain loops, which take a third of the time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autograd_core.numerics.exact import exponent, fsum, sumprod
from autograd_core.numerics.number import INFINITY, NAN
from autograd_core.numerics.real import clamp, divide, index_of_largest, power, sqrt

SMALL_LENGTH: Final = 2.0**-300
"""The cube of the reciprocal of a longer length, which its third derivatives are made of, is finite."""

SMALLEST: Final = 2.0**-900
LARGEST: Final = 2.0**900
"""Numbers between these, times some hundreds, and their reciprocals are far from overflow and underflow."""

SHIFT: Final = 2.0**200
"""A factor that moves all other numbers between these limits, or to where they behave like them."""

STRONG: Final = 512.0
"""Up to this power, a number between 1 and 2 is far from overflow."""


def p_norm(inputs: Sequence[float]) -> float:
    """The norm of the numbers after the first one, which is the power.

    >>> p_norm([3.0, 1e300, -1e300]) == 1e300 * 2.0 ** (1 / 3)
    True
    """
    p, xs = inputs[0], inputs[1:]
    sizes = [abs(x) for x in xs]
    largest = _largest_of(sizes)
    if not p > 0.0:
        return NAN
    if not 0.0 < largest < INFINITY:
        return largest
    moved = _moved(largest)
    unit = _unit(p, largest * moved)
    shares = _shares(sizes, moved, unit)
    powers = [power(x, p) if x != 0.0 else 0.0 for x in shares]
    k = index_of_largest(shares)
    rest = _rest(powers, k)
    if _is_apart(rest, p):
        return shares[k] * power(1.0 + rest, 1.0 / p) * unit / moved
    return power(fsum(powers), 1.0 / p) * unit / moved


def p_norm_slopes(p: float, xs: Sequence[float], y: float) -> list[float]:
    """The derivatives of the norm `y` in the numbers.

    >>> p_norm_slopes(3.0, [0.0, -2.0], 2.0), p_norm_slopes(3.0, [INFINITY, -INFINITY, 1.0], INFINITY)
    ([0.0, -1.0], [0.5, -0.5, 0.0])
    """
    sizes = [abs(x) for x in xs]
    largest = _largest_of(sizes)
    if y != y or largest == 0.0:  # noqa: PLR0124 - nan
        return [y for _ in xs]
    if largest == INFINITY:
        share = 1.0 / sizes.count(largest)
        return [share if x == INFINITY else -share if x == -INFINITY else 0.0 for x in xs]
    moved = _moved(largest)
    shares = _shares(sizes, moved, _unit(p, largest * moved))
    powers = [power(x, p) if x != 0.0 else 0.0 for x in shares]
    lower = [power(x, p - 1.0) if x != 0.0 else 0.0 for x in shares]
    k = index_of_largest(shares)
    rest = _rest(powers, k)
    if _is_apart(rest, p):
        factor, first = power(1.0 + rest, 1.0 / p - 1.0), lower[k]
        lower = [1.0 if i == k else x / first for i, x in enumerate(lower)]
    else:
        factor = power(fsum(powers), 1.0 / p - 1.0)
    slopes = [x * factor for x in lower]
    return [0.0 if x == 0.0 else -slope if x < 0.0 else slope for x, slope in zip(xs, slopes, strict=True)]


def _largest_of(sizes: Sequence[float]) -> float:
    """The largest of numbers that are not negative; nan if one is nan, or there is none."""
    largest = 0.0 if len(sizes) > 0 else NAN
    for x in sizes:
        if x > largest:
            largest = x
        elif x != x:  # noqa: PLR0124 - nan
            return x
    return largest


def _moved(size: float) -> float:
    if size < SMALLEST:
        return SHIFT
    return 1.0 / SHIFT if size > LARGEST else 1.0


def _unit(p: float, top: float) -> float:
    return math.ldexp(1.0, exponent(top) - 1) if p <= STRONG else top


def _shares(sizes: Sequence[float], moved: float, unit: float) -> list[float]:
    return [x / unit for x in sizes] if moved == 1.0 else [x * moved / unit for x in sizes]


def _rest(powers: list[float], k: int) -> float:
    """The sum of all powers but the one at an index, in proportion to that."""
    return fsum([0.0, *powers[:k], *powers[k + 1 :]]) / powers[k]


def _is_apart(rest: float, p: float) -> bool:
    return rest < (p - 1.0 if p < 2.0 else 1.0)


def deviation(inputs: Sequence[float]) -> float:
    """The standard deviation of the numbers after the first one, which is the degrees of freedom.

    >>> deviation([2.0, 1.0, 2.0, 3.0])
    1.0
    """
    freedom, xs = inputs[0], inputs[1:]
    if len(xs) == 0:
        return NAN
    factor = power_to_1(_largest_of([abs(x) for x in xs]))
    terms, left_over = _deviations(_times(xs, factor))
    squares = sumprod([*terms, left_over, *terms, left_over / -float(len(xs))])
    return sqrt(divide(squares, freedom)) / factor


def deviation_slopes(freedom: float, xs: Sequence[float], y: float) -> list[float]:
    """The derivatives of the standard deviation `y` in the numbers; 0 where all are equal.

    >>> deviation_slopes(2.0, [1.0, 2.0, 3.0], 1.0)
    [-0.5, 0.0, 0.5]
    """
    if not y > 0.0:
        return [y for _ in xs]  # 0 or nan
    factor = power_to_1(y)
    xs = _times(xs, factor)
    terms, left_over = _deviations(xs)
    product = freedom * (y if factor == 1.0 else deviation([freedom, *xs]))
    mean = left_over / float(len(xs))
    return [divide(x - mean, product) for x in terms]


def power_to_1(size: float) -> float:
    """The power of 2 that brings numbers of this size near 1, if products of them could leave the range of floats.

    >>> power_to_1(3.0), power_to_1(0.5**500) == 2.0**499
    (1.0, True)
    """
    return 1.0 if SMALL_LENGTH < size < 1.0 / SMALL_LENGTH else math.ldexp(1.0, -exponent(size))


def _times(xs: Sequence[float], factor: float) -> Sequence[float]:
    return xs if factor == 1.0 else [x * factor for x in xs]


def _deviations(xs: Sequence[float]) -> tuple[list[float], float]:
    """The deviations from the rounded mean, and their sum."""
    count = float(len(xs))
    total = fsum(xs)
    if abs(total) == INFINITY:
        part = 0.5 ** len(xs).bit_length()
        mean = fsum([x * part for x in xs]) / (count * part)
    else:
        mean = total / count
    center = clamp(mean, min(xs), max(xs))
    return [x - center for x in xs], sumprod([*xs, center, *[1.0] * len(xs), -count])
