"""Elementary functions and activations whose error stays near half a unit in the last place.

The C library's hyperbolic functions are off by up to two units, and formulas of several ordinary operations by more.
Here each is written as in a book, but over numbers of 32 digits (`double_double`) and rounded once at the end. Where a
limit is reached to the last digit, or one float is enough, a shorter formula stands in.

Like all forward functions these never raise: a pole is an infinity, overflow is an infinity, and outside the domain
the result is nan. Odd functions keep the sign of zero, and nan stays nan.
"""

from __future__ import annotations

import math
from typing import Final

from mypy_extensions import i64

from autograd_core.numerics import real
from autograd_core.numerics.double_double import (
    LOG_2_HIGH,
    LOG_2_LOW,
    LOG_10_HIGH,
    LOG_10_LOW,
    ONE,
    DoubleDouble,
    add,
    divide,
    exp,
    exp_of,
    exp_scaled,
    expm1,
    expm1_of,
    fast_two_sum,
    from_ratio,
    inverse_series,
    log1p_of,
    multiply,
    scale,
    scale_of,
    square_root,
    two_product,
    two_sum,
)
from autograd_core.numerics.double_double import log as log_double_double
from autograd_core.numerics.number import INFINITY, NAN

LARGEST: Final = 1.7976931348623157e308

NEGLIGIBLE: Final = 1e-9
"""Below it `x + c x**3`, with `c` at most 1/2, is `x` to the last digit."""

SATURATED: Final = 41.0
"""Beyond it `exp(-x)` is below 2**-59 and does not count beside 1."""

# ---- Parts -----------------------------------------------------------------------------------------------------------


def times(x: float, a: DoubleDouble) -> float:
    """`x * a`, rounded once, also where parts of the product would overflow or underflow; `a` is below 1e100.

    >>> times(3.0, (1 / 3, 0.0)), times(5e-324, (1.5, 0.0))
    (1.0, 1e-323)
    """
    y = x * a[0]
    if 1e-250 < abs(y) < 1e150 and abs(x) < 1e290:
        p, e = two_product(x, a[0])
        return p + (e + x * a[1])
    if x == 0.0 or a[0] == 0.0 or not abs(x) <= LARGEST:
        return y
    shift = _shift(x)
    return math.copysign(scale_of(_product(scale(x, shift), a), -shift), y)


def times_exp(x: float, a: DoubleDouble) -> float:
    """`x * exp(a)`, rounded once, also where the exponential alone overflows or underflows; `a` is below 2000."""
    if a[0] < -800.0:
        return x * 0.0
    y, k = exp_scaled(a)
    shift = _shift(x)
    return scale_of(_product(scale(x, shift), y), min(k - shift, 2046))


def _shift(x: float) -> i64:
    """An exponent: no part of the products of `x` times 2 to it overflows or underflows."""
    return -300 if abs(x) > 1e100 else 300


def _product(x: float, a: DoubleDouble) -> DoubleDouble:
    p, e = two_product(x, a[0])
    return fast_two_sum(p, e + x * a[1])


def one_plus(a: DoubleDouble) -> DoubleDouble:
    """`1 + a` where `a` is at most 1."""
    s, e = fast_two_sum(1.0, a[0])
    return s, e + a[1]


def sigmoid_of(a: DoubleDouble) -> DoubleDouble:
    """`1 / (1 + exp(-a))`; `a` lies within 100 of 0."""
    if a[0] < 0.0:
        e = exp_of(a)
        return divide(e, one_plus(e))
    return divide((1.0, 0.0), one_plus(exp_of((-a[0], -a[1]))))


# ---- Hyperbolic functions and logarithms -----------------------------------------------------------------------------


def sinh(x: float) -> float:
    """The hyperbolic sine; infinite where it overflows.

    >>> sinh(1.0), sinh(-1000.0)
    (1.1752011936438014, -inf)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < SATURATED:
        e = expm1(a)
        s, rest = add(e, divide(e, add(e, (1.0, 0.0))))
        return math.copysign(0.5 * (s + rest), x)
    return times_exp(math.copysign(0.5, x), (a, 0.0)) if a < 720.0 else x * INFINITY


def cosh(x: float) -> float:
    """The hyperbolic cosine; inf where it overflows.

    >>> cosh(1.0), cosh(-1000.0)
    (1.5430806348152437, inf)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return 1.0
    if a < SATURATED:
        e = exp(a)
        s, rest = add(e, divide((1.0, 0.0), e))
        return 0.5 * (s + rest)
    return times_exp(0.5, (a, 0.0)) if a < 720.0 else a * INFINITY


def tanh(x: float) -> float:
    """The hyperbolic tangent.

    >>> tanh(1.0), tanh(-50.0)
    (0.7615941559557649, -1.0)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 0.01:
        e = expm1(2.0 * a)
        return math.copysign(divide(e, add(e, (2.0, 0.0)))[0], x)
    if a < 3.0:
        e = exp(2.0 * a)
        y, rest = divide((2.0, 0.0), add(e, (1.0, 0.0)))
        s, error = fast_two_sum(1.0, -y)
        return math.copysign(s + (error - rest), x)
    if a < 21.0:  # the distance from 1 is so small that one float is enough for it
        return math.copysign(1.0 - 2.0 / (math.exp(2.0 * a) + 1.0), x)
    return math.copysign(1.0, x) if a == a else x  # noqa: PLR0124 - nan


def asinh(x: float) -> float:
    """The inverse of `sinh`.

    >>> asinh(1.0), asinh(1e300)
    (0.881373587019543, 691.4686750787737)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 1e10:
        # exp(y) - 1 for the result y: a + (sqrt(1 + a**2) - 1), where the bracket would cancel
        square = two_product(a, a)
        root = square_root(add(square, (1.0, 0.0)))
        y = log1p_of(add((a, 0.0), divide(square, add(root, (1.0, 0.0)))))[0]
        return math.copysign(y, x)
    return math.copysign(_log_of_double(a), x) if a <= LARGEST else x


def acosh(x: float) -> float:
    """The inverse of `cosh`, from 0 upwards; nan below 1.

    >>> acosh(1.0), acosh(2.0), acosh(0.5)
    (0.0, 1.3169578969248168, nan)
    """
    if x < 1.0:
        return NAN
    if x == 1.0:
        return 0.0
    if x < 1e10:
        above = two_sum(x, -1.0)
        root = square_root(multiply(above, add(above, (2.0, 0.0))))
        return log1p_of(add(above, root))[0]
    return _log_of_double(x) if x <= LARGEST else x


def _log_of_double(x: float) -> float:
    """`log(2 x)`, which may be finite where `2 x` is not."""
    return add(log_double_double(x), (LOG_2_HIGH, LOG_2_LOW))[0]


def atanh(x: float) -> float:
    """The inverse of `tanh`; infinite at -1 and 1, nan beyond.

    >>> atanh(0.5), atanh(-1.0), atanh(2.0)
    (0.5493061443340549, -inf, nan)
    """
    a = abs(x)
    if a < NEGLIGIBLE:
        return x
    if a < 1.0:
        y = log1p_of(divide((2.0 * a, 0.0), two_sum(1.0, -a)))[0]
        return math.copysign(0.5 * y, x)
    return math.copysign(INFINITY, x) if a == 1.0 else NAN


def log10(x: float) -> float:
    """The logarithm to base 10; -inf at 0, nan below.

    >>> log10(1000.0), log10(2.0), log10(0.0)
    (3.0, 0.3010299956639812, -inf)
    """
    if 0.0 < x <= LARGEST:
        return divide(log_double_double(x), (LOG_10_HIGH, LOG_10_LOW))[0]
    return log_at_limit(x)


def log_base(x: float, base: float) -> float:
    """`log(x) / log(base)`, so with the limits of a quotient: infinite or nan for base 1, a zero for base 0.

    >>> log_base(8.0, 2.0), log_base(1e-300, 10.0), log_base(2.0, 1.0)
    (3.0, -300.0, inf)
    """
    if 0.0 < x <= LARGEST and 0.0 < base <= LARGEST and x != 1.0 and base != 1.0:
        return divide(log_double_double(x), log_double_double(base))[0]
    y = math.log(x) if 0.0 < x <= LARGEST else log_at_limit(x)
    if base == 1.0:
        return y * INFINITY
    return y / (math.log(base) if 0.0 < base <= LARGEST else log_at_limit(base))


def log_at_limit(x: float) -> float:
    """The logarithm of 0, of a negative number, of inf and of nan."""
    if x == 0.0:
        return -INFINITY
    return NAN if x < 0.0 else x


def exp_difference(a: float, b: float) -> float:
    """`exp(a - b)` without the error that rounding the difference brings.

    >>> exp_difference(700.0, 700.0 + 2**-40) == math.exp(-(2**-40)), exp_difference(1e16, 1e16 + 2)
    (True, 0.1353352832366127)
    """
    d, e = two_sum(a, -b)
    if -800.0 < d < 720.0:
        return math.exp(d) if e == 0.0 and d < 709.0 else times_exp(1.0, (d, e))
    if d < 0.0:
        return 0.0
    return d * INFINITY


# ---- Activations -----------------------------------------------------------------------------------------------------


def sigmoid(x: float) -> float:
    """`1 / (1 + exp(-x))`.

    >>> sigmoid(0.0), sigmoid(-1.0), sigmoid(-700.0) == math.exp(-700.0)
    (0.5, 0.2689414213699951, True)
    """
    if -SATURATED < x < 5.0:
        return sigmoid_of((x, 0.0))[0]
    if x < 0.0:
        return math.exp(x)
    if x < SATURATED:  # the distance from 1 is so small that one float is enough for it
        return 1.0 - 1.0 / (math.exp(x) + 1.0)
    return 1.0 if x > 0.0 else x


def softplus(x: float) -> float:
    """`log(1 + exp(x))`.

    >>> softplus(0.0), softplus(1000.0), softplus(-700.0) == math.exp(-700.0)
    (0.6931471805599453, 1000.0, True)
    """
    if x > 4.0:  # what is added to x is so much smaller that one float is enough for it
        small = math.exp(-x)
        u = 1.0 + small
        return x + (math.log(u) * (small / (u - 1.0)) if u > 1.0 else small)
    if x < -SATURATED:
        return math.exp(x)
    return log1p_of(exp(x))[0] if x <= 4.0 else x


def logsigmoid(x: float) -> float:
    """The logarithm of the sigmoid, `-softplus(-x)`.

    >>> logsigmoid(0.0), logsigmoid(-1000.0)
    (-0.6931471805599453, -1000.0)
    """
    return -softplus(-x)


def silu(x: float) -> float:
    """`x * sigmoid(x)`.

    >>> silu(1.0), silu(-math.inf)
    (0.7310585786300049, -0.0)
    """
    if -SATURATED < x < SATURATED:
        return times(x, sigmoid_of((x, 0.0)))
    return x if not x < 0.0 else _left_tail(x, (x, 0.0))


def _left_tail(x: float, a: DoubleDouble) -> float:
    """`x * exp(a)` where both are negative and may be infinite."""
    return times_exp(x, a) if a[0] > -800.0 else -0.0


def mish(x: float) -> float:
    """`x * tanh(softplus(x))`, computed as `x * n / (n + 2)` with `n = e * (e + 2)` and `e = exp(x)`.

    From D. Misra, Mish: A self regularized non-monotonic activation function (2019).

    >>> mish(1.0), mish(-math.inf)
    (0.8650983882673103, -0.0)
    """
    if -SATURATED < x < 21.0:
        e = exp(x)
        n = multiply(e, add(e, (2.0, 0.0)))
        return times(x, divide(n, add(n, (2.0, 0.0))))
    return x if not x < 0.0 else _left_tail(x, (x, 0.0))


_PI: Final = 16 * inverse_series(5, -1) - 4 * inverse_series(239, -1)  # Machin's formula
_SQRT_8_OVER_PI: Final = math.isqrt(8 * ONE**3 // _PI)
_SLOPE_HIGH: Final = from_ratio(_SQRT_8_OVER_PI, ONE)[0]
_SLOPE_LOW: Final = from_ratio(_SQRT_8_OVER_PI, ONE)[1]
_CUBIC_HIGH: Final = from_ratio(44715, 10**6)[0]
_CUBIC_LOW: Final = from_ratio(44715, 10**6)[1]


def gelu_tanh(x: float) -> float:
    """`x/2 * (1 + tanh(u))` with `u = sqrt(2/pi) * (x + 0.044715 x**3)`, computed as `x * sigmoid(2 u)`.

    From D. Hendrycks and K. Gimpel, Gaussian error linear units (2016). The constant is the decimal number; with the
    double next to it, which other libraries use, the result at -20 is off by some 200 units in the last place.

    >>> gelu_tanh(1.0), gelu_tanh(-math.inf)
    (0.8411919906082767, -0.0)
    """
    if -7.5 < x < 7.5:
        return times(x, sigmoid_of(_twice_gelu_argument(x)))
    if x < 0.0:
        return _left_tail(x, _twice_gelu_argument(x)) if x > -30.0 else -0.0
    return x


def gelu_tanh_gate(x: float) -> float:
    """What `gelu_tanh` multiplies `x` by: `(1 + tanh(u)) / 2`.

    >>> gelu_tanh_gate(0.0), gelu_tanh_gate(-math.inf)
    (0.5, 0.0)
    """
    if -7.5 < x < 7.5:
        return sigmoid_of(_twice_gelu_argument(x))[0]
    if x < 0.0:
        return times_exp(1.0, _twice_gelu_argument(x)) if x > -30.0 else 0.0
    return 1.0 if x > 0.0 else x


def _twice_gelu_argument(x: float) -> DoubleDouble:
    bracket = add(multiply(two_product(x, x), (_CUBIC_HIGH, _CUBIC_LOW)), (1.0, 0.0))
    return multiply(multiply(bracket, (_SLOPE_HIGH, _SLOPE_LOW)), (x, 0.0))


_THIRD_LOW: Final = from_ratio(1, 3)[1]


def tanhshrink(x: float) -> float:
    """`x - tanh(x)`.

    >>> tanhshrink(1.0), tanhshrink(1e-100)
    (0.23840584404423512, 3.3333333333333334e-301)
    """
    a = abs(x)
    if a < 0.04:  # the power series (NIST Handbook of Mathematical Functions, 4.33.3)
        square = two_product(x, x)
        s = square[0]
        rest = -2 / 15 + s * (17 / 315 + s * (-62 / 2835 + s * (1382 / 155925 - s * (21844 / 6081075))))
        return times(x, multiply(square, add((1 / 3, _THIRD_LOW), two_product(s, rest))))
    if a < 21.0:
        e = expm1(2.0 * x)
        t = divide(e, add(e, (2.0, 0.0)))
        difference, error = two_sum(x, -t[0])
        return difference + (error - t[1])
    return x - math.copysign(1.0, x)


def elu(x: float, alpha: float) -> float:
    """`x` above 0, else `alpha * (exp(x) - 1)`.

    From D.-A. Clevert, T. Unterthiner and S. Hochreiter, Fast and accurate deep network learning by exponential
    linear units (2016).

    >>> elu(2.0, 1.0), elu(-1.0, 0.5), elu(-math.inf, 0.5)
    (2.0, -0.31606027941427883, -0.5)
    """
    if not x <= 0.0:
        return x
    return alpha * x if x == 0.0 else times(alpha, expm1(x))


def celu(x: float, alpha: float) -> float:
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`; nan for `alpha` 0, and `x` for an infinite one, a limit.

    From J. T. Barron, Continuously differentiable exponential linear units (2017).

    >>> celu(2.0, 3.0), celu(-1.0, 2.0), celu(-math.inf, 2.0)
    (2.0, -0.7869386805747332, -2.0)
    """
    if not x < 0.0:
        return x
    if alpha == 0.0 or alpha != alpha:  # noqa: PLR0124 - nan
        return alpha * NAN
    q = x / alpha
    if abs(q) < 2.0**-60:
        return x
    if q < -SATURATED:
        return -alpha
    if q > 2000.0:
        return -INFINITY
    a = _quotient(x, alpha)
    return times_exp(alpha, a) if q > SATURATED else times(alpha, expm1_of(a))


def exp_quotient(a: float, b: float) -> float:
    """`exp(a / b)` without the error of the rounded quotient, which the exponential multiplies by its size.

    >>> exp_quotient(3.0, 3.0), exp_quotient(-1.0, 0.0)
    (2.718281828459045, 0.0)
    """
    q = real.divide(a, b)
    if abs(q) < 2.0**-60:
        return 1.0
    return times_exp(1.0, _quotient(a, b)) if -800.0 < q < 800.0 else real.exp(q)


def _quotient(a: float, b: float) -> DoubleDouble:
    """`a / b`, of moderate size, whatever the size of the two."""
    factor = 2.0**-300 if abs(b) > 1e100 else 2.0**300 if abs(b) < 1e-100 else 1.0
    return divide((a * factor, 0.0), (b * factor, 0.0))


SELU_SCALE: Final = 1.0507009873554805
SELU_ALPHA: Final = 1.6732632423543772


def selu(x: float) -> float:
    """`scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 from layer to layer.

    From G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, Self-normalizing neural networks (2017). The
    constants are the floats `SELU_SCALE` and `SELU_ALPHA`.

    >>> selu(1.0), selu(-math.inf)
    (1.0507009873554805, -1.7580993408473766)
    """
    if not x <= 0.0:
        return SELU_SCALE * x
    product = two_product(SELU_SCALE, SELU_ALPHA)
    return times(x, product) if x > -1e-18 else multiply(product, expm1(x))[0]


def softsign(x: float) -> float:
    """`x / (1 + |x|)`.

    >>> softsign(1.0), softsign(-math.inf)
    (0.5, -1.0)
    """
    a = abs(x)
    if a < 1e-18:
        return x
    if a > 1e18:
        return math.copysign(1.0, x)
    return divide((x, 0.0), two_sum(1.0, a))[0]


def hardsigmoid(x: float) -> float:
    """`relu6(x + 3) / 6`: 0 up to -3, 1 from 3, and straight between.

    >>> hardsigmoid(-3.0), hardsigmoid(0.0), hardsigmoid(4.0)
    (0.0, 0.5, 1.0)
    """
    if -3.0 < x < 3.0:
        return divide(two_sum(x, 3.0), (6.0, 0.0))[0]
    if x < 0.0:
        return 0.0
    return 1.0 if x > 0.0 else x


def hardswish(x: float) -> float:
    """`x * hardsigmoid(x)`, also in its limit -0.0 to the left.

    From A. Howard and others, Searching for MobileNetV3 (2019).

    >>> hardswish(1.0), hardswish(4.0), hardswish(-math.inf)
    (0.6666666666666666, 4.0, -0.0)
    """
    if -3.0 < x < 3.0:
        return times(x, divide(two_sum(x, 3.0), (6.0, 0.0)))
    return -0.0 if x < 0.0 else x
