"""Derivatives of activations, right to the last digit: near their zeros, in the tails, and between.

Here are the first derivatives that rows use on floats, and the second derivatives of gated activations `x G(x)`. For
most of them the gate is a sigmoid, `G(x) = sigmoid(u)`, and with `e = exp(-|u|)` and `p = 1 + e` they are

    G + x G' = (p + x u' e) / p**2  for positive u,  e (p + x u') / p**2  for negative u,
    2 G' + x G'' = e / p**2 (2 u' + x u'' - x u'**2 (1 - e) / p)  for positive u, and an even function.

All is computed over numbers of 32 digits and rounded once. Beside a zero an expansion is used. Nothing here raises:
where a function equals its limit to the last digit, it returns the limit, and nan stays nan.
"""

from __future__ import annotations

import math
from typing import Final

from mypy_extensions import i64

from autograd_core.numerics.activation_functions import gelu_tanh_exponent, one_plus, sigmoid
from autograd_core.numerics.double_double import (
    DoubleDouble,
    add,
    divide,
    exp,
    exp_of,
    exp_scaled,
    multiply,
    scale,
    scale_of,
    subtract,
)
from autograd_core.numerics.elementary import SATURATED, quotient_of, times_exp
from autograd_core.numerics.expansions import (
    CELU_SLOPE,
    GELU_TANH_CURVATURE,
    GELU_TANH_SLOPE,
    MISH_CURVATURE,
    MISH_SLOPE,
    SILU_CURVATURE,
    SILU_SLOPE,
    beside_zero,
)
from autograd_core.numerics.real import divide as quotient

UNDERFLOW: Final = 800.0
"""From here on `exp(-x)` is 0, even times a power of `x`."""

GATE_END: Final = 24.0
"""From here on the derivatives of the gate of `gelu_tanh` are 0, even times a power of `x`."""

SECH_END: Final = 28.0
"""From here on its square root is 0."""


def sigmoid_with_slope(x: float) -> tuple[float, float]:
    """`sigmoid(x)` and its derivative, which is `sigmoid(x) * sigmoid(-x)`, from one exponential.

    >>> sigmoid_with_slope(0.0), sigmoid_with_slope(40.0)
    ((0.5, 0.25), (1.0, 4.248354255291589e-18))
    """
    if -SATURATED < x < SATURATED:
        e = exp(-abs(x))
        p = one_plus(e)
        slope = divide(e, multiply(p, p))[0]
        if x >= 5.0:
            return sigmoid(x), slope
        return divide(e if x < 0.0 else (1.0, 0.0), p)[0], slope
    return sigmoid(x), math.exp(-abs(x))


def sigmoid_slope(x: float) -> float:
    """The derivative of `sigmoid`.

    >>> sigmoid_slope(0.0), sigmoid_slope(-math.inf)
    (0.25, 0.0)
    """
    return sigmoid_with_slope(x)[1]


def silu_slope(x: float) -> float:
    """The derivative of `silu`.

    >>> silu_slope(0.0), silu_slope(1.0), silu_slope(-math.inf)
    (0.5, 0.9276705118714867, 0.0)
    """
    if not -UNDERFLOW < x < SATURATED:
        return _limit(x)
    expansion = beside_zero(SILU_SLOPE, x)
    return _gated_slope((x, 0.0), (x, 0.0)) if expansion is None else expansion(x)


def silu_curvature(x: float) -> float:
    """The second derivative of `silu`.

    >>> silu_curvature(0.0), silu_curvature(math.inf)
    (0.5, 0.0)
    """
    a = abs(x)
    if not a < UNDERFLOW:
        return _nothing(x)
    expansion = beside_zero(SILU_CURVATURE, a)
    return _gated_curvature((a, 0.0), (2.0, 0.0), (a, 0.0)) if expansion is None else expansion(a)


def gelu_tanh_slope(x: float) -> float:
    """The derivative of `gelu_tanh`.

    >>> gelu_tanh_slope(0.0), gelu_tanh_slope(1.0), gelu_tanh_slope(-math.inf)
    (0.5, 1.0829640838457826, 0.0)
    """
    if not -GATE_END < x < 7.5:
        return _limit(x)
    expansion = beside_zero(GELU_TANH_SLOPE, x)
    if expansion is not None:
        return expansion(x)
    u, linear, cubic = gelu_tanh_exponent(x)
    return _gated_slope(u, multiply(add(linear, cubic), (x, 0.0)))


def gelu_tanh_curvature(x: float) -> float:
    """The second derivative of `gelu_tanh`.

    >>> gelu_tanh_curvature(0.0), gelu_tanh_curvature(math.inf)
    (0.7978845608028654, 0.0)
    """
    a = abs(x)
    if not a < GATE_END:
        return _nothing(x)
    expansion = beside_zero(GELU_TANH_CURVATURE, a)
    if expansion is not None:
        return expansion(a)
    u, linear, cubic = gelu_tanh_exponent(a)
    derivative = add(linear, cubic)
    rest = (2.0 * cubic[0], 2.0 * cubic[1])  # x u''
    twice = (2.0 * derivative[0], 2.0 * derivative[1])
    return _gated_curvature(u, add(twice, rest), multiply(multiply(derivative, derivative), (a, 0.0)))


def gelu_tanh_sech(x: float) -> float:
    """`sech(u / 2)` for the exponent `u` of `gelu_tanh`: twice the root of the derivative of a sigmoid.

    >>> gelu_tanh_sech(0.0), gelu_tanh_sech(math.inf)
    (1.0, 0.0)
    """
    a = abs(x)
    if not a < SECH_END:
        return _nothing(x)
    u = gelu_tanh_exponent(a)[0]
    y, k = exp_scaled((-0.5 * u[0], -0.5 * u[1]))
    return scale_of(divide(y, one_plus(_decay(u))), k + 1)


def mish_slope(x: float) -> float:
    """The derivative of `mish`: with `e = exp(x)` and `q = (e + 2) e + 2` it is `e ((e + 2) q + 4 x (e + 1)) / q**2`.

    >>> mish_slope(0.0), mish_slope(1.0), mish_slope(-math.inf)
    (0.6, 1.0490362200997922, 0.0)
    """
    if not -UNDERFLOW < x < 21.0:
        return _limit(x)
    expansion = beside_zero(MISH_SLOPE, x)
    if expansion is not None:
        return expansion(x)
    y, k = exp_scaled((x, 0.0))
    e = _scaled(y, k)
    plus_2 = add(e, (2.0, 0.0))
    q = add(multiply(e, plus_2), (2.0, 0.0))
    factor = add(multiply(plus_2, q), multiply(add(e, (1.0, 0.0)), (4.0 * x, 0.0)))
    return scale_of(multiply(y, divide(factor, multiply(q, q))), k)


def mish_curvature(x: float) -> float:
    """The second derivative of `mish`, in the same letters `4 e (2 p q + x ((1 + 2e) q - 4 e p**2)) / q**3`.

    Here `p` is `1 + e`. For positive `x` numerator and denominator are divided by the sixth power of `e`.

    >>> mish_curvature(0.0), mish_curvature(math.inf)
    (0.64, 0.0)
    """
    if not -UNDERFLOW < x < 0.5 * UNDERFLOW:
        return _nothing(x)
    expansion = beside_zero(MISH_CURVATURE, x)
    if expansion is not None:
        return expansion(x)
    a = -abs(x)
    y, k = exp_scaled((a, 0.0))
    e = _scaled(y, k)
    p = one_plus(e)
    square = multiply(e, e)
    if x > 0.0:  # `e` is `exp(-x)`
        q = add(add((1.0, 0.0), (2.0 * e[0], 2.0 * e[1])), (2.0 * square[0], 2.0 * square[1]))
        bracket = subtract(multiply(add((2.0, 0.0), e), q), _times_4(multiply(p, p)))
        y, k = exp_scaled((2.0 * a, 0.0))
    else:
        q = add(add((2.0, 0.0), (2.0 * e[0], 2.0 * e[1])), square)
        bracket = subtract(multiply(one_plus((2.0 * e[0], 2.0 * e[1])), q), _times_4(multiply(e, multiply(p, p))))
    twice = multiply((2.0 * p[0], 2.0 * p[1]), q)
    factor = divide(add(twice, multiply(bracket, (x, 0.0))), multiply(q, multiply(q, q)))
    return scale_of(multiply(y, factor), k + 2)


def celu_slope(x: float, alpha: float) -> float:
    """The derivative of `alpha * (exp(q) - 1)` in `alpha` for the quotient `q = x / alpha`: `exp(q) (1 - q) - 1`.

    >>> celu_slope(-1.0, 1.0), celu_slope(-1e-200, 1.0), celu_slope(-math.inf, 2.0)
    (-0.26424111765711533, -0.0, -1.0)
    """
    q = quotient(x, alpha)
    expansion = beside_zero(CELU_SLOPE, q)
    if expansion is not None:
        return expansion(q)
    if not -45.0 < q < SATURATED:
        if q != q:  # noqa: PLR0124 - nan
            return q
        return -1.0 if q < 0.0 else times_exp(1.0 - q, quotient_of(x, alpha)) if q < UNDERFLOW else -math.inf
    a = quotient_of(x, alpha)
    return add(multiply(exp_of(a), subtract((1.0, 0.0), a)), (-1.0, 0.0))[0]


# ---- Parts -----------------------------------------------------------------------------------------------------------


def _gated_slope(u: DoubleDouble, w: DoubleDouble) -> float:
    """The derivative of `x sigmoid(u)`, where `w` is `x u'`."""
    y, k = exp_scaled((-abs(u[0]), u[1] if u[0] < 0.0 else -u[1]))
    e = _scaled(y, k)
    p = one_plus(e)
    square = multiply(p, p)
    if u[0] < 0.0:
        return scale_of(multiply(y, divide(add(p, w), square)), k)
    return divide(add(p, multiply(w, e)), square)[0]


def _gated_curvature(u: DoubleDouble, term: DoubleDouble, w: DoubleDouble) -> float:
    """The second derivative of `x sigmoid(u)` for positive `x`; `term` is `2 u' + x u''`, and `w` is `x u'**2`."""
    y, k = exp_scaled((-u[0], -u[1]))
    e = _scaled(y, k)
    p = one_plus(e)
    tanh = divide(subtract((1.0, 0.0), e), p)  # of half of `u`
    return scale_of(multiply(y, divide(subtract(term, multiply(w, tanh)), multiply(p, p))), k)


def _scaled(y: DoubleDouble, k: i64) -> DoubleDouble:
    return scale(y[0], k), scale(y[1], k)


def _decay(u: DoubleDouble) -> DoubleDouble:
    """`exp(-u)` beside 1."""
    return exp_of((-u[0], -u[1])) if u[0] < 80.0 else (0.0, 0.0)


def _times_4(a: DoubleDouble) -> DoubleDouble:
    return 4.0 * a[0], 4.0 * a[1]


def _limit(x: float) -> float:
    """What the derivative of a gated activation tends to: 0 on the left, 1 on the right; nan of nan."""
    return x if x != x else 1.0 if x > 0.0 else 0.0  # noqa: PLR0124 - nan


def _nothing(x: float) -> float:
    return x if x != x else 0.0  # noqa: PLR0124 - nan
