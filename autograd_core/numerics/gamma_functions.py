"""The gamma function, its logarithm, and all derivatives of the logarithm: digamma and polygamma functions.

From 10 on, Stirling's series gives all digits. Below 10, recurrences raise the argument. On the negative axis,
reflection formulas lead to the positive axis. All of it is computed to about 70 bits (`double_double`), so that enough
digits are left where recurrences and reflections cancel. Powers and factorials are exponentials of such numbers with an
exponent of their own, so that nothing overflows on the way. Near zeros below 0 more digits cancel, and `gamma_zeros` is
used. The formulas are those of the NIST Digital Library of Mathematical Functions (DLMF), chapter 5.

Nothing here raises: overflow and poles give infinities, or nan where the limits from both sides differ.
"""

from __future__ import annotations

import functools
import math
from typing import Final, TypeAlias

from librt.vecs import vec
from mypy_extensions import i64

from autograd_core.numerics import gamma_zeros
from autograd_core.numerics.double_double import (
    DoubleDouble,
    add,
    divide,
    exp_scaled,
    fast_two_sum,
    log_of,
    multiply,
    scale,
    subtract,
    two_sum,
)
from autograd_core.numerics.number import INFINITY, NAN
from autograd_core.numerics.trigonometric import PI, PI_REST, sin_cos_pi

Scaled: TypeAlias = tuple[DoubleDouble, i64]
"""A number and an exponent of two."""

# B(2), B(4), ... B(26). At 10 the series below are off by less than 1e-24 with these.
BERNOULLI: Final = vec[float]([a / b for a, b in gamma_zeros.BERNOULLI])

# B(2k) / (2k (2k-1)) and B(2k) / 2k, from k = 13 down to 2; the term before them is computed in two parts.
STIRLING: Final = vec[float]([BERNOULLI[k - 1] / (2 * k * (2 * k - 1)) for k in range(13, 1, -1)])
DIGAMMA: Final = vec[float]([BERNOULLI[k - 1] / (2 * k) for k in range(13, 1, -1)])

# zeta(k) - 1 from k = 6 down to 2 (DLMF 25.2).
ZETA_BEYOND_1: Final = vec[float](
    [0.01734306198444914, 0.03692775514336993, 0.08232323371113819, 0.2020569031595943, 0.6449340668482264]
)
EULER: Final = 0.5772156649015329

# Numbers in two parts have two names, because compiled code cannot read a constant that is a tuple.
LOG_PI: Final = 1.1447298858494002
LOG_PI_REST: Final = 1.0265951162707826e-17
STIRLING_CONSTANT: Final = 0.4189385332046727
STIRLING_CONSTANT_REST: Final = 1.6728209650585413e-17
"""`(log(2 pi) - 1) / 2`."""

# The zero of digamma above 0, and the coefficients of the power series around it, from the fifth power down.
DIGAMMA_ZERO: Final = 1.4616321449683622
DIGAMMA_ZERO_REST: Final = 9.549995429965697e-17
NEAR_DIGAMMA_ZERO: Final = vec[float](
    [0.10782405069126237, -0.16394270544240652, 0.258499760955651, -0.4427631689835921, 0.9676722454476212]
)

ENOUGH: Final = 10.0
"""From this argument on, the series are used."""

TINY: Final = 2.0**-60
"""Closer to 0 than this, the function equals its pole to the last digit."""


HUGE: Final = 1e290
"""From here on, numbers in two parts overflow."""

CANCELLED: Final = 1e-3
"""If a difference is smaller than this, or than this share of its terms, 70 bits are not enough."""

NEGLIGIBLE: Final = 1e-20
"""A term of this size does not change a sum of 1."""

FARTHEST: Final = 190.0
"""Further from 0, on either side, the gamma function is outside of the range of floats."""


# ---- Gamma and its logarithm -----------------------------------------------------------------------------------------


def gamma(x: float) -> float:
    """The gamma function, `(x - 1)!` for whole `x` (DLMF 5.2.1); nan at negative integers.

    >>> gamma(5.0), gamma(0.5), gamma(-0.0), gamma(-1.0), gamma(172.0)
    (24.0, 1.772453850905516, -inf, nan, inf)
    """
    if -TINY < x < TINY:
        return 1.0 / x if x != 0.0 else math.copysign(INFINITY, x)
    if 0.0 < x < FARTHEST:
        y, k = _gamma_above_0(x)
        return scale(y[0], k)
    if x > 0.0 or x != x:  # noqa: PLR0124 - nan
        return x + INFINITY
    if _is_whole(x):
        return NAN
    if x < -FARTHEST:
        return math.copysign(0.0, math.fmod(math.floor(x), 2.0) + 0.5)
    y, k = _gamma_above_0(-x)
    sine, _ = sin_cos_pi(x)
    return scale(divide((PI, PI_REST), multiply(multiply((-x, 0.0), sine), y))[0], -k)


def lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function; inf at its poles.

    >>> lgamma(1.0), lgamma(100.0), lgamma(-0.5), lgamma(-1.0)
    (0.0, 359.1342053695754, 1.2655121234846454, inf)
    """
    if HUGE < x < INFINITY:
        return multiply((x * TINY, 0.0), add(log_of((x, 0.0)), (-1.0, 0.0)))[0] / TINY
    if -TINY < x < TINY:
        return -math.log(abs(x)) if x != 0.0 else INFINITY
    if 0.0 < x < INFINITY:
        if -1e-3 < x - 1.0 < 1e-3:
            return _near_root(x - 1.0, 1.0, -EULER)
        if -1e-3 < x - 2.0 < 1e-3:
            return _near_root(x - 2.0, 0.0, 1.0 - EULER)
        return _log_gamma_above_0(x)[0]
    if x != x:  # noqa: PLR0124 - nan
        return x
    if x > 0.0 or _is_whole(x):
        return INFINITY
    sine, _ = sin_cos_pi(x)
    quotient = divide((PI, PI_REST), multiply((x, 0.0), sine))
    if quotient[0] < 0.0:
        quotient = -quotient[0], -quotient[1]
    rest = _log_gamma_above_0(-x)
    y = subtract(log_of(quotient), rest)[0]
    return y if _is_left(y, rest[0]) else gamma_zeros.lgamma(x)


def _gamma_above_0(x: float) -> Scaled:
    """`gamma(x)` from 2**-60 to 190 (DLMF 5.5.1)."""
    a, product = _raise(x)
    y, k = exp_scaled(_stirling(a))
    return divide(y, product), k


def _log_gamma_above_0(x: float) -> DoubleDouble:
    """`log(gamma(x))` from 2**-60 to 1e290, with an error of 2**-70 where it is small."""
    if x >= ENOUGH:
        return _stirling((x, 0.0))
    a, product = _raise(x)
    return subtract(_stirling(a), log_of(product))


def _raise(x: float) -> tuple[DoubleDouble, DoubleDouble]:
    """`x + n` for the least `n` that brings it to 10, and `x (x+1) ... (x+n-1)`."""
    product = 1.0, 0.0
    n = 0.0
    while x + n < ENOUGH:
        product = multiply(product, two_sum(x, n))
        n += 1.0
    return two_sum(x, n), product


def _stirling(a: DoubleDouble) -> DoubleDouble:
    """`log(gamma(a))` from 10 on (DLMF 5.11.1)."""
    square = 1.0 / (a[0] * a[0])
    series = 0.0
    for c in STIRLING:
        series = (series + c) * square
    correction = add(divide((1.0, 0.0), multiply((12.0, 0.0), a)), (series / a[0], 0.0))
    product = multiply(add(a, (-0.5, 0.0)), add(log_of(a), (-1.0, 0.0)))
    return add(product, add((STIRLING_CONSTANT, STIRLING_CONSTANT_REST), correction))


def _near_root(z: float, more: float, derivative: float) -> float:
    """`log(gamma(2 + z))` for a `more` of 0, `log(gamma(1 + z))` for 1, up to the sixth power (DLMF 5.7.3)."""
    series, k = 0.0, 6.0
    for c in ZETA_BEYOND_1:
        series = (c + more) / k - z * series
        k -= 1.0
    return z * (derivative + z * series) + 0.0  # the sum has no negative zero


# ---- Digamma and polygamma -------------------------------------------------------------------------------------------


def digamma(x: float) -> float:
    """The derivative of the logarithm of the gamma function (DLMF 5.2.2); nan at negative integers.

    >>> digamma(1.0), digamma(0.0), digamma(-0.0), digamma(-0.5), digamma(math.inf)
    (-0.5772156649015329, -inf, inf, 0.03648997397857652, inf)
    """
    if -TINY < x < TINY:
        return -1.0 / x if x != 0.0 else math.copysign(INFINITY, -x)
    if x > 1e20:
        return math.log(x)
    if x > 0.0:
        if -2e-4 < x - DIGAMMA_ZERO < 2e-4:
            return _near_digamma_zero((x - DIGAMMA_ZERO) - DIGAMMA_ZERO_REST)
        return _digamma_above_0((x, 0.0))[0]
    if x != x or _is_whole(x):  # noqa: PLR0124 - nan
        return NAN
    sine, cosine = sin_cos_pi(x)
    reflected = multiply((PI, PI_REST), divide(cosine, sine))
    rest = _digamma_above_0(two_sum(1.0, -x))
    y = subtract(rest, reflected)[0]
    return y if _is_left(y, rest[0]) else gamma_zeros.polygamma(0, x)


def polygamma(n: float, x: float) -> float:
    """The derivative of order `n` of `digamma`, for whole `n` from 0 to 2**53; nan for others.

    At negative integers it is inf for odd `n` and nan for even.

    >>> polygamma(1.0, 20.0), polygamma(2.0, 1e-100), polygamma(1.0, -2.0), polygamma(0.5, 1.0)
    (0.05127082293520312, -1.9999999999999998e+300, inf, nan)
    """
    if not 0.0 <= n <= 2.0**53 or n != math.floor(n) or x != x:  # noqa: PLR0124 - nan
        return NAN
    if n == 0.0:
        return digamma(x)
    sign = 1.0 if math.fmod(n, 2.0) == 1.0 else -1.0
    if x > 0.0:
        return sign * _hurwitz(n, (x, 0.0))
    if x == 0.0:
        return INFINITY if sign > 0.0 else math.copysign(INFINITY, -x)
    if _is_whole(x):
        return INFINITY if sign > 0.0 and x > -INFINITY else NAN
    if x > -TINY:
        return _hurwitz(n, (-x, 0.0))  # equal to its pole, whose sign cancels that of the factor
    pole = sign * _cotangent_derivative(n, x)
    if math.isinf(pole):
        return pole
    rest = _hurwitz(n, two_sum(1.0, -x))
    y = pole - rest
    return gamma_zeros.polygamma(int(n), x) if abs(y) < abs(rest) < INFINITY else y


def _digamma_above_0(a: DoubleDouble) -> DoubleDouble:
    """`digamma(a)` from 2**-60 to 1e20, with an error of 2**-70 where it is small (DLMF 5.5.2, 5.11.2)."""
    total = 0.0, 0.0
    while a[0] < ENOUGH:
        total = add(total, divide((1.0, 0.0), a))
        a = add(a, (1.0, 0.0))
    inverse = divide((1.0, 0.0), a)
    square = inverse[0] * inverse[0]
    series = 0.0
    for c in DIGAMMA:
        series = (series + c) * square
    # 1 / (2 a) + 1 / (12 a**2) + ... in one product
    bracket = add(add((0.5, 0.0), divide(inverse, (12.0, 0.0))), (series * inverse[0], 0.0))
    return subtract(log_of(a), add(total, multiply(inverse, bracket)))


def _near_digamma_zero(d: float) -> float:
    """`digamma` at a small distance from its zero."""
    series = 0.0
    for c in NEAR_DIGAMMA_ZERO:
        series = series * d + c
    return d * series


def _hurwitz(n: float, a: DoubleDouble) -> float:
    """`n!` times the sum of `1 / (a + k)**(n + 1)` over `k = 0, 1, ...`, for `a` above 0 (DLMF 25.11.43).

    Terms are divided by the first one, as long as the asymptotic series does not hold.
    """
    x = a[0]
    end = n + ENOUGH
    if x >= end:
        return _scaled_power(n - 1.0, -n, log_of(a), _asymptotic(n, x)) if x < INFINITY else 0.0
    rest, k, ratio = 0.0, 1.0, _ratio(n, 1.0 / x)
    while x + k < end and ratio > NEGLIGIBLE:
        rest += ratio
        k += 1.0
        ratio = _ratio(n, k / x)
    if ratio > NEGLIGIBLE:
        rest += ratio * ((x + k) / n) * _asymptotic(n, x + k)[0]
    return _scaled_power(n, -(n + 1.0), log_of(a), two_sum(1.0, rest))


def _ratio(n: float, distance: float) -> float:
    """`1 / (1 + distance)**(n + 1)`."""
    return math.exp(-(n + 1.0) * math.log1p(distance))


def _asymptotic(n: float, x: float) -> DoubleDouble:
    """`n x**n` times the sum of `1 / (x + k)**(n + 1)` over `k = 0, 1, ...`, for `x` from `n + 10` on."""
    square = 1.0 / x / x
    term = 0.5 * n * (n + 1.0) * square
    total, k = 0.0, 2.0
    for b in BERNOULLI:
        total += b * term
        term *= square * (k + n) * (k + n + 1.0) / ((k + 1.0) * (k + 2.0))
        k += 2.0
    return two_sum(1.0, 0.5 * n / x + total)


def _scaled_power(m: float, p: float, log_base: DoubleDouble, factor: DoubleDouble) -> float:
    """`factor * m! * base**p`, for a factor of moderate size."""
    exponent = add(_log_gamma_above_0(m + 1.0), multiply((p, 0.0), log_base))
    if exponent[0] > 1400.0:
        return factor[0] * INFINITY
    if exponent[0] < -1400.0:
        return factor[0] * 0.0
    y, k = exp_scaled(exponent)
    return scale(multiply(y, factor)[0], k)


def _cotangent_derivative(n: float, x: float) -> float:
    """`pi` times the derivative of order `n` of `cot(pi x)`, without the factor `(-1)**n` (DLMF 5.15.6).

    That is `pi**(n+1)` times a polynomial in the cotangent. If the cotangent is above 1, its highest power is factored
    out, which leaves a polynomial in the tangent.
    """
    sine, cosine = sin_cos_pi(x)
    even = math.fmod(n, 2.0) == 0.0
    if even and cosine[0] == 0.0:
        return 0.0
    if n > 170.0:
        return sine[0] * cosine[0] * INFINITY if even else INFINITY
    log_base = LOG_PI, LOG_PI_REST
    factor = 1.0, 0.0
    coefficients = _cotangent_polynomial(int(n))
    if abs(cosine[0]) < abs(sine[0]):
        cotangent = divide(cosine, sine)
        square = multiply(cotangent, cotangent)
        coefficients = coefficients[::-1]
        if even:
            factor = cotangent
    else:
        tangent = divide(sine, cosine)
        square = multiply(tangent, tangent)
        log_base = subtract(log_base, log_of(tangent if tangent[0] > 0.0 else (-tangent[0], -tangent[1])))
        if even:
            factor = math.copysign(1.0, tangent[0]), 0.0
    value = derivative = 0.0
    for q in coefficients:
        derivative = derivative * square[0] + value
        value = value * square[0] + q
    return _scaled_power(n, n + 1.0, log_base, multiply(factor, fast_two_sum(value, derivative * square[1])))


@functools.cache
def _cotangent_polynomial(n: int) -> list[float]:
    """The coefficients of `gamma_zeros.cotangent_polynomial`, divided by `n!`, without every second one, which is 0."""
    return [c / math.factorial(n) for c in gamma_zeros.cotangent_polynomial(n)[(n + 1) % 2 :: 2]]


# ---- Helpers ---------------------------------------------------------------------------------------------------------


def _is_whole(x: float) -> bool:
    """Whether `x`, below 0, is an integer or infinite."""
    return x < -(2.0**52) or x == math.floor(x)


def _is_left(y: float, term: float) -> bool:
    """Whether a difference or sum has enough digits; `term` is one of its terms."""
    return abs(y) > CANCELLED and abs(y) > CANCELLED * abs(term)
