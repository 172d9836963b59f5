"""Sums and products of many numbers in which rounding and overflow on the way do not show.

A sum is rounded once, however many terms cancel. A product is computed from left to right as usual, but with
an exponent of its own as soon as it leaves the range of floats, so that factors may come in any order.
These are forward functions of the table, so they never raise; `partial_products` serves derivatives too and
takes anything that can be multiplied.
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
"""Two factors below this have a product, and halves of a factor, within the range of a float."""

SMALL: Final = 2.0**-900
"""A product above this leaves a rest that is no subnormal number."""

STEP: Final = 1000
"""An exponent that leaves room on both sides."""

FEW: Final = 64
"""So many factors may each have a product of its own: as a graph that is as many edges as the square of it."""


def fsum(xs: Sequence[float]) -> float:
    """The sum, rounded once; infinities and nan as in a sum from left to right.

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

    Each product is split into what is a float and the rest, and all these parts are summed exactly (Ogita, Rump
    and Oishi, Accurate sum and dot product, SIAM Journal on Scientific Computing 26, 2005, section 5).

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
    """The sum of the products, by way of fractions; of the products that are not finite, if there are any."""
    special = [x * y for x, y in zip(xs, ys, strict=True) if not (math.isfinite(x) and math.isfinite(y))]
    if special:
        return sum(special)
    exact = sum((Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True)), Fraction(0))
    try:
        return float(exact)
    except OverflowError:
        return INFINITY if exact > 0 else -INFINITY


def _zero(terms: Sequence[float]) -> float:
    """The zero that is the sum: negative if all terms are."""
    return -0.0 if all(x == 0.0 and math.copysign(1.0, x) < 0.0 for x in terms) else 0.0


def prod(xs: Sequence[float]) -> float:
    """The product from left to right; beyond the range of floats it goes on with an exponent of its own.

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
    """For each factor the product of all others; without division, so that zeros do no harm.

    What stands before it and what stands after it are products that grow along the sequence, so the time is
    linear. Where what is on the way could leave the range, and the factors are few, each product is one of its own,
    made by `product`: it may be differentiated again, while derivatives of a power of two that is put back underflow.
    The same operations are done to floats and to whatever else stands for numbers.

    >>> partial_products([2.0, 3.0, 4.0], prod), partial_products([0.0, 3.0, 4.0], prod)
    ([12.0, 8.0, 6.0], [12.0, 0.0, 0.0])
    """
    exponents = [_exponent(x) for x in xs]
    if sum(map(abs, exponents)) < STEP:
        before, after = _running(xs), _running(xs[::-1])[::-1]
        return [_product(a, b) for a, b in zip(before, after, strict=True)]
    if 1 < len(xs) <= FEW:
        return [product([*xs[:i], *xs[i + 1 :]]) for i in range(len(xs))]
    return _wide_partial_products(xs, exponents)


def _wide_partial_products(xs: Sequence[Any], exponents: list[int]) -> list[Any]:
    """The same where products on the way could leave the range: powers of two are taken out and later put back."""
    factors = [x * 2.0**-e for x, e in zip(xs, exponents, strict=True)]
    before, taken_before = _running_scaled(factors)
    after, taken_after = _running_scaled(factors[::-1])
    total = sum(exponents)
    return [
        _times_power_of_two(_product(a, b), total - e + i + j)
        for a, b, e, i, j in zip(before, after[::-1], exponents, taken_before, taken_after[::-1], strict=True)
    ]


def _exponent(x: Any) -> int:
    """The exponent of the number, kept to what can be taken out of it in one multiplication."""
    number: float = getattr(x, "data", x)
    return max(-STEP, min(STEP, math.frexp(number)[1])) if math.isfinite(number) else 0


def _running(xs: Sequence[Any]) -> list[Any]:
    """For each place the product of what stands before it; 1.0 at the first."""
    products: list[Any] = [1.0]
    for x in xs[:-1]:
        products.append(_product(products[-1], x))
    return products


def _running_scaled(xs: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The same, and for each the exponent that has been taken out of it."""
    products: list[Any] = [1.0]
    taken: list[int] = [0]
    for x in xs[:-1]:
        product = _product(products[-1], x)
        e = _exponent(product)
        shift = e if abs(e) > STEP // 4 else 0
        products.append(product * 2.0**-shift if shift else product)
        taken.append(taken[-1] + shift)
    return products, taken


def _product(a: Any, b: Any) -> Any:
    # A factor of 1.0 is where nothing stands before or after; it need not stand in a graph.
    if isinstance(a, float) and a == 1.0:
        return b
    return a if isinstance(b, float) and b == 1.0 else a * b


def _times_power_of_two(x: Any, exponent: int) -> Any:
    """`x * 2**exponent`, in two steps because the power may be no float."""
    half = exponent // 2
    for e in (half, exponent - half):
        if e:
            x = x * 2.0 ** max(-1022, min(1023, e))
    return x
