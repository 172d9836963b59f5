"""The logarithm of the gamma function and its derivatives near their zeros below 0, with decimals of 60 digits.

Between each pair of poles there are one or two zeros. The reflection formulas are differences of two numbers of
moderate size, which near a zero may be as small as 1e-20, and all its digits matter. This is some hundred times slower
than `gamma_functions`, which uses it only where its own 21 digits are not enough.

The formulas are the same as there, those of the NIST Digital Library of Mathematical Functions (DLMF), chapter 5.
Arguments are below 0 and not whole.
"""

from __future__ import annotations

import functools
import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import Final

BERNOULLI: Final[list[tuple[int, int]]] = [
    (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798), (-174611, 330),
    (854513, 138), (-236364091, 2730), (8553103, 6),
]  # fmt: skip
"""Numerators and denominators of B(2), B(4), ... B(26) (DLMF table 24.2.3)."""

_DIGITS: Final = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)

_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")

_ENOUGH: Final = 60
"""From this argument on, the error of the series for large arguments is below 1e-42."""

_NEGLIGIBLE: Final = Decimal("1e-62")


def lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function.

    >>> lgamma(-2.4570247382208006)
    5.619192358950097e-17
    """
    with localcontext(_DIGITS):
        exact = Decimal(x)
        sine, _ = _sin_cos_pi(exact)
        return float(abs(_PI / (exact * sine)).ln() - _log_gamma_above_0(-exact))


def polygamma(n: int, x: float) -> float:
    """The derivative of order `n` of digamma, which itself is the one of order 0.

    >>> polygamma(0, -0.5040830082644554), polygamma(2, -0.4957156769130384)
    (7.289763902976895e-17, -4.3593757613477336e-15)
    """
    with localcontext(_DIGITS):
        exact = Decimal(x)
        sine, cosine = _sin_cos_pi(exact)
        cotangent, power = cosine / sine, Decimal(1)
        pole = Decimal(0)
        for c in cotangent_polynomial(n):
            pole += c * power
            power *= cotangent
        sign = -1 if n % 2 else 1
        reflected = _PI ** (n + 1) * pole
        return float(sign * _polygamma_above_0(n, 1 - exact) - reflected * sign)


@functools.cache
def cotangent_polynomial(n: int) -> list[int]:
    """The coefficients of `Q(n, c)`, lowest first: the derivatives of `cot(x)`, with `c` for it, times `(-1)**n`.

    `Q(0, c) = c` and `Q(n+1, c) = (1 + c**2) Q'(n, c)`.

    >>> cotangent_polynomial(2)
    [0, 2, 0, 2]
    """
    q = [0, 1]
    for _ in range(n):
        derivative = [i * q[i] for i in range(1, len(q))]
        q = [a + b for a, b in zip([*derivative, 0, 0], [0, 0, *derivative], strict=True)]
    return q


# ---- Above 0 ---------------------------------------------------------------------------------------------------------


def _log_gamma_above_0(x: Decimal) -> Decimal:
    """`log(gamma(x))` (DLMF 5.5.1, 5.11.1)."""
    product = Decimal(1)
    while x < _ENOUGH:
        product *= x
        x += 1
    series = Decimal(0)
    for k, (numerator, denominator) in enumerate(BERNOULLI, 1):
        series += Decimal(numerator) / (denominator * 2 * k * (2 * k - 1) * x ** (2 * k - 1))
    half = Decimal("0.5")
    return (x - half) * x.ln() - x + half * (2 * _PI).ln() + series - product.ln()


def _polygamma_above_0(n: int, x: Decimal) -> Decimal:
    """The derivative of order `n` of digamma (DLMF 5.15.5 and 5.15.8, for digamma 5.5.2 and 5.11.2)."""
    end = _ENOUGH + 6 * n
    total = Decimal(0)
    term = first = x ** -(n + 1)
    while x < end and term > _NEGLIGIBLE * first:
        total += term
        x += 1
        term = x ** -(n + 1)
    factorial = math.factorial(n)
    series = term / 2
    for k, (numerator, denominator) in enumerate(BERNOULLI, 1):
        rising = math.factorial(2 * k + n - 1) // factorial
        series += Decimal(numerator) * rising / (denominator * math.factorial(2 * k)) * x ** -(2 * k + n)
    if n == 0:
        return x.ln() - series - total
    sign = 1 if n % 2 else -1
    return sign * factorial * (total + series + x**-n / n)


# ---- The sine and the cosine -----------------------------------------------------------------------------------------


def _sin_cos_pi(x: Decimal) -> tuple[Decimal, Decimal]:
    """The sine and cosine of `pi x`: of the distance from the nearest whole number, which is exact."""
    whole = x.to_integral_value()
    sign = -1 if whole % 2 else 1
    angle = _PI * (x - whole)
    return sign * _alternating(angle, angle, 1), sign * _alternating(Decimal(1), angle, 0)


def _alternating(term: Decimal, angle: Decimal, k: int) -> Decimal:
    """The sum of a power series, term by term: of the sine from the first power on, of the cosine from the zeroth."""
    total, square = term, angle * angle
    while abs(term) > _NEGLIGIBLE * abs(total):
        term *= -square / ((k + 1) * (k + 2))
        k += 2
        total += term
    return total
