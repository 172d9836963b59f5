"""Sums and products of many numbers, without rounding errors and overflow of intermediate results.

A sum is rounded once, even if terms cancel. A product is computed from left to right, but with an exponent of its own
where it leaves the range of floats, so factors may come in any order. These are forward functions of the table, so they
never raise. `partial_products` is also used in derivatives and takes anything that can be multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.numerics.double_double import LEAST_NORMAL, two_product
from autograd_core.numerics.number import INFINITY, NAN

LARGE: Final = 2.0**500
"""The product of two factors below this, and the halves of a factor, are within the range of a float."""

SMALL: Final = 2.0**-900
"""The rounding error of a product above this is not subnormal."""

STEP: Final = 1000
"""An exponent far from overflow and underflow."""

FEW_FACTORS: Final = 64
"""Up to this many factors, each partial product is computed separately: n factors then take n**2 edges."""


def fsum(xs: Sequence[float]) -> float:
    """The exact sum, rounded once; infinities and nan as in a sum from left to right.

    >>> fsum([1e16, 1.0, -1e16]), fsum([1e308, 1e308, -1e308]), fsum([math.inf, -math.inf])
    (1.0, 1e+308, nan)
    """
    try:
        total = math.fsum(xs)
    except ValueError:
        return NAN
    except OverflowError:
        return _rounded(xs, [1.0] * len(xs))
    return total if total != 0.0 else _zero(xs)


def sumprod(xs: Sequence[float]) -> float:
    """The sum of the products of the first half with the second half, rounded once.

    Each product is split into a float and its rounding error, and all these parts are summed exactly (Ogita, Rump and
    Oishi, Accurate sum and dot product, SIAM Journal on Scientific Computing 26, 2005, section 5).

    >>> sumprod([1e16, 1.0, 1.0, 1.0, 1.0, -1e16])
    1.0
    """
    half = len(xs) // 2
    if len(xs) % 2:
        raise InputError(f"sumprod expected two sequences of equal length, got {len(xs)} numbers in all, which is odd")
    parts: list[float] = []
    for i in range(half):
        a, b = xs[i], xs[half + i]
        p = a * b
        if a == 0.0 or b == 0.0:
            parts.append(p)
        elif abs(p) > SMALL and abs(a) < LARGE and abs(b) < LARGE:
            p, rest = two_product(a, b)
            parts.append(p)
            if rest != 0.0:
                parts.append(rest)
        else:
            return _rounded(xs[:half], xs[half:])
    return fsum(parts)


def _rounded(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The sum of the products, computed in fractions; if factors are not finite, the sum of their products."""
    special = [x * y for x, y in zip(xs, ys, strict=True) if not (math.isfinite(x) and math.isfinite(y))]
    if special:
        return sum(special)
    exact = sum((Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True)), Fraction(0))
    try:
        return float(exact)
    except OverflowError:
        return INFINITY if exact > 0 else -INFINITY


def _zero(terms: Sequence[float]) -> float:
    """The zero that a sum of zeros gives: negative if all terms are negative."""
    return -0.0 if all(x == 0.0 and math.copysign(1.0, x) < 0.0 for x in terms) else 0.0


def prod(xs: Sequence[float]) -> float:
    """The product from left to right, with an exponent of its own outside of the range of floats.

    >>> prod([2.0, 3.0, 4.0]), prod([1e200, 1e200, 1e-200, 1e-200])
    (24.0, 1.0)
    """
    result: float = xs[0]
    for i in range(1, len(xs)):
        result *= xs[i]
        if not LEAST_NORMAL <= abs(result) < INFINITY:
            return _wide_product(xs)
    return result


def _wide_product(xs: Sequence[float]) -> float:
    """The product from left to right, as a mantissa and an exponent of any size."""
    mantissa, exponent = 1.0, 0
    for x in xs:
        m, e = math.frexp(x)
        mantissa, shift = math.frexp(mantissa * m)
        exponent += e + shift
    try:
        return math.ldexp(mantissa, exponent)
    except OverflowError:
        return math.copysign(INFINITY, mantissa)


def partial_products(xs: Sequence[Any], product: Callable[[list[Any]], Any]) -> list[Any]:
    """For each factor the product of all others, without division, so factors may be 0.

    The products of the factors before and after each one are built up along the sequence, so the time is linear. If
    they could leave the range of floats, and the factors are few, each product is computed separately by `product`,
    which can be differentiated again; derivatives of powers of two that are factored out would underflow. Floats and
    other kinds of numbers go through the same operations.

    >>> partial_products([2.0, 3.0, 4.0], prod), partial_products([0.0, 3.0, 4.0], prod)
    ([12.0, 8.0, 6.0], [12.0, 0.0, 0.0])
    """
    exponents = [exponent(x) for x in xs]
    if sum(map(abs, exponents)) < STEP:
        before, after = _running(xs), _running(xs[::-1])[::-1]
        return [_product(a, b) for a, b in zip(before, after, strict=True)]
    if 1 < len(xs) <= FEW_FACTORS:
        return [product([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]
    return _wide_partial_products(xs, exponents)


def _wide_partial_products(xs: Sequence[Any], exponents: list[int]) -> list[Any]:
    """`partial_products` where products could leave the range: powers of two are factored out and multiplied back."""
    factors = [x * 2.0**-e for x, e in zip(xs, exponents, strict=True)]
    before, taken_before = _running_scaled(factors)
    after, taken_after = _running_scaled(factors[::-1])
    total = sum(exponents)
    return [
        _times_power_of_two(_product(a, b), total - e + i + j)
        for a, b, e, i, j in zip(before, after[::-1], exponents, taken_before, taken_after[::-1], strict=True)
    ]


def exponent(x: Any) -> int:
    """The exponent of the number as `math.frexp` gives it, limited to one that a multiplication can factor out."""
    number: float = getattr(x, "data", x)
    if math.isinf(number):
        return STEP
    return max(-STEP, min(STEP, math.frexp(number)[1]))


def _running(xs: Sequence[Any]) -> list[Any]:
    """For each index the product of the factors before it; 1.0 for the first."""
    products: list[Any] = [1.0]
    for x in xs[:-1]:
        products.append(_product(products[-1], x))
    return products


def _running_scaled(xs: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """For each index the product of the factors before it, and the exponent that was factored out of it."""
    products: list[Any] = [1.0]
    taken: list[int] = [0]
    for x in xs[:-1]:
        product = _product(products[-1], x)
        e = exponent(product)
        shift = e if abs(e) > STEP // 4 else 0
        products.append(product * 2.0**-shift if shift else product)
        taken.append(taken[-1] + shift)
    return products, taken


def _product(a: Any, b: Any) -> Any:
    # The first and last product is the constant 1.0, which is kept out of the graph.
    if isinstance(a, float) and a == 1.0:
        return b
    return a if isinstance(b, float) and b == 1.0 else a * b


def _times_power_of_two(x: Any, exponent: int) -> Any:
    """`x * 2**exponent`, in two steps, because the power may overflow."""
    half = exponent // 2
    for e in (half, exponent - half):
        if e:
            x = x * 2.0 ** max(-1022, min(1023, e))
    return x
