"""Activations whose error stays near half a unit in the last place.

They are written like the functions in `elementary`: over numbers of 32 digits, rounded once at the end. They never
raise; where a function equals its limit to the last digit, it returns the limit.
"""

from __future__ import annotations

import math
from typing import Final

from autograd_core.numerics.double_double import (
    ONE,
    DoubleDouble,
    add,
    divide,
    exp,
    exp_of,
    expm1,
    expm1_of,
    fast_two_sum,
    from_ratio,
    inverse_series,
    log1p_of,
    multiply,
    two_product,
    two_sum,
)
from autograd_core.numerics.elementary import SATURATED, quotient_of, times, times_exp
from autograd_core.numerics.number import INFINITY, NAN


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
    """`x * exp(a)` for negative `x` and `a`, which may be infinite."""
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
_LINEAR_HIGH: Final = from_ratio(_SQRT_8_OVER_PI, ONE)[0]
_LINEAR_LOW: Final = from_ratio(_SQRT_8_OVER_PI, ONE)[1]
_CUBIC_HIGH: Final = from_ratio(44715, 10**6)[0]
_CUBIC_LOW: Final = from_ratio(44715, 10**6)[1]


def gelu_tanh(x: float) -> float:
    """`x/2 * (1 + tanh(u))` with `u = sqrt(2/pi) * (x + 0.044715 x**3)`, computed as `x * sigmoid(2 u)`.

    From D. Hendrycks and K. Gimpel, Gaussian error linear units (2016). The constant 0.044715 is the decimal number.
    Other libraries use the nearest double, with which the result at -20 is off by some 200 units in the last place.

    >>> gelu_tanh(1.0), gelu_tanh(-math.inf)
    (0.8411919906082767, -0.0)
    """
    if -7.5 < x < 7.5:
        return times(x, sigmoid_of(gelu_tanh_exponent(x)[0]))
    if x < 0.0:
        return _left_tail(x, gelu_tanh_exponent(x)[0]) if x > -30.0 else -0.0
    return x


def gelu_tanh_exponent(x: float) -> tuple[DoubleDouble, DoubleDouble, DoubleDouble]:
    """`2 u`, and its derivative in two terms: the constant one, and the one with the square of `x`."""
    cubic = multiply(multiply(two_product(x, x), (_CUBIC_HIGH, _CUBIC_LOW)), (_LINEAR_HIGH, _LINEAR_LOW))
    linear = (_LINEAR_HIGH, _LINEAR_LOW)
    return multiply(add(linear, cubic), (x, 0.0)), linear, multiply(cubic, (3.0, 0.0))


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
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`; nan for `alpha` 0, and the limit `x` for an infinite `alpha`.

    From J. T. Barron, Continuously differentiable exponential linear units (2017).

    >>> celu(2.0, 3.0), celu(-1.0, 2.0), celu(-math.inf, 2.0)
    (2.0, -0.7869386805747332, -2.0)
    """
    if not x < 0.0:
        return x
    if alpha == 0.0 or alpha != alpha:  # noqa: PLR0124 - nan
        return alpha * NAN
    q = x / alpha
    if not abs(q) >= 2.0**-60:  # also nan, of two infinities
        return x
    if q < -SATURATED:
        return -alpha
    if q > 2000.0:
        return -INFINITY
    a = quotient_of(x, alpha)
    return times_exp(alpha, a) if q > SATURATED else times(alpha, expm1_of(a))


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
    """`x * hardsigmoid(x)`, including the limit -0.0 to the left.

    From A. Howard and others, Searching for MobileNetV3 (2019).

    >>> hardswish(1.0), hardswish(4.0), hardswish(-math.inf)
    (0.6666666666666666, 4.0, -0.0)
    """
    if -3.0 < x < 3.0:
        return times(x, divide(two_sum(x, 3.0), (6.0, 0.0)))
    return -0.0 if x < 0.0 else x
