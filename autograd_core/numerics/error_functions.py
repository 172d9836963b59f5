"""The error function and the normal distribution, right to the last digit from one tail to the other.

Each of them is a number times a Gaussian. The square in the exponent is exact, and the exponential has an exponent of
two of its own, so no digit is lost even if the result is tiny. The number comes from
`F(x) = (1 + x) exp(x**2) erfc(x)`, which goes from 1 at 0 to `1 / sqrt(pi)` at infinity and is so smooth that one
polynomial in `(x - 4) / (x + 4)` serves the whole half-line (after Shepherd and Laframboise, Chebyshev approximation of
(1 + 2x) exp(x**2) erfc(x) in 0 <= x < infinity, Mathematics of Computation 36, 1981). Close to 0, where that would
cancel, the power series of the error function is used.

Nothing here raises: underflow gives 0, and nan stays nan.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from librt.vecs import vec
from mypy_extensions import i64

from autograd_core.numerics.double_double import (
    DoubleDouble,
    add,
    divide,
    exp_scaled,
    fast_two_sum,
    multiply,
    scale,
    scale_of,
    two_product,
    two_sum,
)
from autograd_core.numerics.elementary import LARGEST, times_scaled
from autograd_core.numerics.expansions import GELU_SLOPE, beside_zero

Scaled: TypeAlias = tuple[DoubleDouble, i64]
"""A number near 1 and an exponent of two."""

# Numbers in two parts have two names, because compiled code cannot read a constant that is a tuple.
SQRT_2: Final = 1.4142135623730951
SQRT_2_REST: Final = -9.667293313452913e-17
PEAK: Final = 0.3989422804014327
PEAK_REST: Final = -2.49232720227773e-17
"""`1 / sqrt(2 pi)`, the normal density at 0."""

DERIVATIVE_AT_0: Final = 1.1283791670955126
DERIVATIVE_AT_0_REST: Final = 1.533545961316588e-17
"""`2 / sqrt(pi)`, the derivative of the error function at 0."""

# `(-1)**k / (k! (2k + 1))` (DLMF 7.6.1) from k = 12 down to 1.
NEAR_0: Final = vec[float]([(-1.0) ** k / (math.factorial(k) * (2 * k + 1)) for k in range(12, 0, -1)])

# The polynomial for F: its constant term, and the others from the highest down. F was interpolated with 45 digits at
# the 60 zeros of a Chebyshev polynomial and cut off after degree 26, which leaves an error below 1e-18.
MIDDLE: Final = 0.6849972881253069
MIDDLE_REST: Final = 3.600852479987643e-17
# fmt: off
AROUND_MIDDLE: Final = vec[float]([
    2.1961357419377335e-11, -5.725027019066754e-11, -2.8232456355362763e-10, 7.459562329711124e-10,
    2.0948382789784013e-09, -6.17471900110668e-09, -1.2083957792022545e-08, 4.7099635022733495e-08,
    5.205497068187859e-08, -3.6411954181777864e-07, 3.4882063465967415e-09, 2.6501345097438584e-06,
    -4.138145184777738e-06, -1.3151055331882063e-05, 6.403264809324915e-05, -6.013679869852093e-05,
    -0.0003897674724707975, 0.0021164215893195166, -0.006068735220798199, 0.012161784752327175,
    -0.01751565464649566, 0.01531250967934832, 0.0039620556812906115, -0.04808038122130931,
    0.11704966551044246, -0.19934458280036707,
])
# fmt: on

ERFC_END: Final = 28.0
NORMAL_END: Final = 40.0
"""From here on, the function is smaller than half of the smallest float."""

NORMAL_FAR: Final = 56.0
"""From here on, so is the product of the normal density with any float. The Gaussian is that small from 40 on."""


def erf(x: float) -> float:
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x` (DLMF 7.2.1).

    >>> erf(0.5), erf(-math.inf)
    (0.5204998778130465, -1.0)
    """
    if -0.5 < x < 0.5:
        # Without numbers in two parts: the second part would be lost where numbers are subnormal.
        return x + x * ((DERIVATIVE_AT_0 - 1.0 + DERIVATIVE_AT_0_REST) + DERIVATIVE_AT_0 * _bend(x * x))
    if -6.0 < x < 6.0:
        return math.copysign(_one_less(_erfc_tail(abs(x)), 0)[0], x)
    return x if x != x else math.copysign(1.0, x)  # noqa: PLR0124 - nan


def erfc(x: float) -> float:
    """`1 - erf(x)`, with all its digits down to the smallest float (DLMF 7.2.2).

    >>> erfc(0.5), erfc(10.0), erfc(-math.inf)
    (0.4795001221869535, 2.088487583762545e-45, 2.0)
    """
    if -0.5 < x < 0.5:
        return add((1.0, 0.0), _times_bent(-x, (DERIVATIVE_AT_0, DERIVATIVE_AT_0_REST), x * x))[0]
    if 0.0 < x < ERFC_END:
        y, k = _erfc_tail(x)
        return scale(y[0], k)
    if -6.0 < x < 0.0:
        return 2.0 * _one_less(_erfc_tail(-x), -1)[0]
    if x != x:  # noqa: PLR0124 - nan
        return x
    return 0.0 if x > 0.0 else 2.0


def gaussian(x: float) -> float:
    """`exp(-x**2)`, with the square unrounded.

    >>> gaussian(1.0), gaussian(-math.inf)
    (0.36787944117144233, 0.0)
    """
    if -ERFC_END < x < ERFC_END:
        y, k = exp_scaled(_minus_square(x))
        return scale(y[0], k)
    return x if x != x else 0.0  # noqa: PLR0124 - nan


def normal_pdf(x: float) -> float:
    """The density of the standard normal distribution, `exp(-x**2 / 2) / sqrt(2 pi)`.

    >>> normal_pdf(0.0), normal_pdf(38.0)
    (0.3989422804014327, 1.097221052e-314)
    """
    if -NORMAL_END < x < NORMAL_END:
        y, k = exp_scaled(_minus_half_square(x))
        return scale(multiply(y, (PEAK, PEAK_REST))[0], k)
    return x if x != x else 0.0  # noqa: PLR0124 - nan


def normal_cdf(x: float) -> float:
    """The probability below `x` in the standard normal distribution, `erfc(-x / sqrt(2)) / 2`.

    >>> normal_cdf(0.0), normal_cdf(-37.0), normal_cdf(math.inf)
    (0.5, 5.725571222524577e-300, 1.0)
    """
    if -0.7 < x < 0.7:
        return _normal_center(x)[0]
    if -NORMAL_END < x < 0.0:
        y, k = _normal_tail(-x)
        return scale(y[0], k)
    if 0.0 < x < 9.0:
        return _one_less(_normal_tail(x), 0)[0]
    if x != x:  # noqa: PLR0124 - nan
        return x
    return 1.0 if x > 0.0 else 0.0


def gelu(x: float) -> float:
    """`x` times the probability below `x` (Hendrycks and Gimpel, Gaussian error linear units, 2016).

    >>> gelu(1.0), gelu(-37.0), gelu(-math.inf)
    (0.8413447460685429, -2.1184613523340935e-298, -0.0)
    """
    if x == 0.0:
        return x
    if -0.7 < x < 0.7:
        return multiply(_normal_center(x), (x, 0.0))[0]
    if -NORMAL_END < x < 0.0:
        y, k = _normal_tail(-x)
        return scale(multiply(y, (x, 0.0))[0], k)
    if 0.0 < x < 9.0:
        return multiply(_one_less(_normal_tail(x), 0), (x, 0.0))[0]
    return -0.0 if x < 0.0 else x


def gelu_slope(x: float) -> float:
    """The derivative of `gelu`: the probability below `x`, plus `x` times the density there.

    >>> gelu_slope(0.0), gelu_slope(1.0), gelu_slope(-math.inf)
    (0.5, 1.0833154705876864, 0.0)
    """
    if not -NORMAL_END < x < 9.0:
        return x if x != x else 1.0 if x > 0.0 else 0.0  # noqa: PLR0124 - nan
    expansion = beside_zero(GELU_SLOPE, x)
    if expansion is not None:
        return expansion(x)
    y, k = exp_scaled(_minus_half_square(x))
    term = multiply(multiply(y, (PEAK, PEAK_REST)), (x, 0.0))  # times 2**k
    if x <= -0.7:
        tail, shift = _normal_tail(-x)  # the same exponential: `shift` is `k - 1`
        return scale_of(add(tail, (2.0 * term[0], 2.0 * term[1])), shift)
    below = _normal_center(x) if x < 0.7 else _one_less(_normal_tail(x), 0)
    return add(below, (scale(term[0], k), scale(term[1], k)))[0]


def scaled_gaussian(a: float, x: float) -> float:
    """`a * exp(-x**2)`, rounded once; 0 where the Gaussian outweighs every float, even an infinite one.

    >>> scaled_gaussian(2.0, 1.0), scaled_gaussian(1e6, 27.0), scaled_gaussian(math.inf, 1e200)
    (0.7357588823428847, 2.507972051861e-311, 0.0)
    """
    if not -NORMAL_END < x < NORMAL_END:
        return _nothing_of(a, x)
    if a == 0.0 or not abs(a) <= LARGEST:
        return a
    y, k = exp_scaled(_minus_square(x))
    return times_scaled(a, y, k)


def scaled_normal_pdf(a: float, x: float) -> float:
    """`a` times the density of the standard normal distribution, likewise.

    >>> scaled_normal_pdf(2.0, 1.0), scaled_normal_pdf(math.inf, 1e200)
    (0.4839414490382867, 0.0)
    """
    if not -NORMAL_FAR < x < NORMAL_FAR:
        return _nothing_of(a, x)
    if a == 0.0 or not abs(a) <= LARGEST:
        return a
    y, k = exp_scaled(_minus_half_square(x))
    return times_scaled(a, multiply(y, (PEAK, PEAK_REST)), k)


def _nothing_of(a: float, x: float) -> float:
    """A zero with the sign of `a`; nan of nan."""
    if x != x or a != a:  # noqa: PLR0124 - nan
        return x + a
    return math.copysign(0.0, a)


def gaussian_slope(x: float) -> float:
    """The derivative of `gaussian`, `-2 x exp(-x**2)`.

    >>> gaussian_slope(1.0), gaussian_slope(-math.inf)
    (-0.7357588823428847, 0.0)
    """
    return scaled_gaussian(-2.0 * x, x)


def normal_pdf_slope(x: float) -> float:
    """The derivative of `normal_pdf`, `-x` times the density.

    >>> normal_pdf_slope(1.0), normal_pdf_slope(-math.inf)
    (-0.24197072451914334, 0.0)
    """
    return scaled_normal_pdf(-x, x)


def _bend(square: float) -> float:
    """`erf(x) / (2 / sqrt(pi) x) - 1`, from the square of `x`, below 0.25."""
    series = 0.0
    for c in NEAR_0:
        series = series * square + c
    return square * series


def _times_bent(x: float, factor: DoubleDouble, square: float) -> DoubleDouble:
    """`factor * x * (1 + bend)`."""
    p, e = multiply(factor, (x, 0.0))
    return fast_two_sum(p, e + p * _bend(square))


def _normal_center(x: float) -> DoubleDouble:
    """The probability below `x`, from -0.7 to 0.7."""
    return add((0.5, 0.0), _times_bent(x, (PEAK, PEAK_REST), 0.5 * x * x))


def _erfc_tail(x: float) -> Scaled:
    """`erfc(x)` from 0 to 28."""
    return _tail(x, two_sum(1.0, x), _minus_square(x))


def _normal_tail(x: float) -> Scaled:
    """The probability above `x`, from 0 to 40."""
    z = multiply((0.5 * SQRT_2, 0.5 * SQRT_2_REST), (x, 0.0))
    y, k = _tail(z[0], add((1.0, 0.0), z), _minus_half_square(x))
    return y, k - 1


def _tail(x: float, divisor: DoubleDouble, exponent: DoubleDouble) -> Scaled:
    """`F(x) / divisor * exp(exponent)`."""
    t, rest = divide(two_sum(x, -4.0), two_sum(x, 4.0))
    p = derivative = 0.0
    for c in AROUND_MIDDLE:
        derivative = derivative * t + p
        p = p * t + c
    y, k = exp_scaled(exponent)
    f = fast_two_sum(MIDDLE, t * p + (MIDDLE_REST + rest * (p + t * derivative)))
    return divide(multiply(f, y), divisor), k


def _one_less(tail: Scaled, shift: i64) -> DoubleDouble:
    """`1 - tail * 2**shift`."""
    y, k = tail
    return add((1.0, 0.0), (-scale(y[0], k + shift), -scale(y[1], k + shift)))


def _minus_square(x: float) -> DoubleDouble:
    p, e = two_product(x, x)
    return -p, -e


def _minus_half_square(x: float) -> DoubleDouble:
    p, e = two_product(x, x)
    return -0.5 * p, -0.5 * e
