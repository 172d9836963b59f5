"""The rows of the functions that neural networks are made of.

Rows are written as in `ops`. Names and defaults are those of PyTorch. At a kink the derivative is the subgradient of
smallest magnitude, so `relu6'(0) = relu6'(6) = 0`.
"""

from __future__ import annotations

import math
from typing import Any, Final

from autograd_core.numerics import activation_functions, activation_slopes, real
from autograd_core.numerics.activation_functions import SELU_ALPHA, SELU_SCALE
from autograd_core.table.define import at, define_op, is_constant, never, select, where
from autograd_core.table.op import POSITIVE, REAL, Op
from autograd_core.table.ops import CLAMP, EXP, EXPM1, TANH, squared
from autograd_core.table.powers import EXP_QUOTIENT, EXP_QUOTIENT_DB
from autograd_core.table.precedence import Precedence


def _within(x: Any, low: Any, high: Any, inside: Any, above: Any, y: Any) -> Any:
    """0 up to `low`, then `inside`, and `above` from `high` on; for nan the output, which is nan."""
    return where(x <= low, 0.0, where(x < high, inside, where(x >= high, above, y)))


def _gap(*kinks: float) -> Any:
    """The distance from the nearest of some kinks."""
    return lambda x: min([abs(x - kink) for kink in kinks])


def _shrink_derivative(x: Any, threshold: Any, y: Any) -> Any:
    return where(x > threshold, 1.0, where(x < -threshold, 1.0, where(x == x, 0.0, y)))  # noqa: PLR0124 - nan


def _softshrink(x: float, threshold: float) -> float:
    if x > threshold:
        return x - threshold
    if x < -threshold:
        return x + threshold
    return x * 0.0 if math.isfinite(x) else x


def _hardshrink(x: float, threshold: float) -> float:
    return x * 0.0 if -threshold <= x <= threshold else x


def _clamped(x: Any, bound: Any) -> Any:
    """The number from `-bound` to `bound`; floats need none of the checks of a call of the row."""
    floats = isinstance(x, float) and isinstance(bound, float)
    return real.clamp(x, -bound, bound) if floats else CLAMP(x, -bound, bound)


def _huber(x: float, delta: float) -> float:
    size = abs(x)
    return 0.5 * x * x if size <= delta else delta * (size - 0.5 * delta)


def _smooth_l1(x: float, beta: float) -> float:
    size = abs(x)
    return 0.5 * x * (x / beta) if size < beta else size - 0.5 * beta


def _slope_of_smooth_l1(x: Any, beta: Any, y: Any) -> Any:
    if isinstance(beta, float) and beta != 0.0:
        return _clamped(x / beta, 1.0)
    sharp = where(x > 0, 1.0, where(x < 0, -1.0, where(x == 0, 0.0, y)))
    return select(beta == 0, lambda: sharp, lambda: _clamped(x / beta, 1.0))


def _gap_to_threshold(x: float, threshold: float) -> float:
    return abs(abs(x) - threshold)


SIGMOID: Final[Op] = define_op(
    "sigmoid",
    activation_functions.sigmoid,
    lambda x, y: at(SIGMOID_SLOPE, x),
    latex=r"\sigma\left({0}\right)",
    activation=True,
    steepest=0.25,
    sign="positive",
    textbook=("y * (1 - y)",),
)
SIGMOID_SLOPE: Final[Op] = define_op(
    "sigmoid_slope",
    activation_slopes.sigmoid_slope,
    lambda x, y: -y * TANH(0.5 * x),
    latex=r"\sigma'\left({0}\right)",
    sign="positive",
    internal=True,
    about="The derivative of `sigmoid`.",
)
RELU: Final[Op] = define_op(
    "relu",
    real.relu,
    lambda x, y: where(x > 0, 1.0, where(x <= 0, 0.0, y)),
    latex=r"\operatorname{{relu}}\left({0}\right)",
    kinks=abs,
    structural=True,
    activation=True,
    zero_until=0.0,
    sign="not negative",
)
RELU6: Final[Op] = define_op(
    "relu6",
    lambda x: real.clamp(x, 0.0, 6.0),
    lambda x, y: _within(x, 0.0, 6.0, 1.0, 0.0, y),
    sample=(-3.0, 9.0),
    kinks=_gap(0.0, 6.0),
    structural=True,
    activation=True,
    zero_until=0.0,
    steepest=1.0,
    sign="not negative",
)
LEAKY_RELU: Final[Op] = define_op(
    "leaky_relu",
    lambda x, slope: x if x > 0.0 else slope * x,
    lambda x, slope, y: where(x > 0, 1.0, slope),
    lambda x, slope, y: where(x > 0, 0.0, x),
    latex=r"\operatorname{{leaky\_relu}}\left({0}, {1}\right)",
    sample=((-3.0, 3.0), (0.01, 0.5)),
    kinks=lambda x, slope: abs(x),
    structural=(lambda x, slope, y: is_constant(slope), lambda x, slope, y: y > 0.0),
    activation=True,
)
ELU: Final[Op] = define_op(
    "elu",
    activation_functions.elu,
    # At 0 everything from alpha to 1 is a subgradient.
    lambda x, alpha, y: where(x > 0, 1.0, where(x == 0, CLAMP(alpha, 0.0, 1.0), alpha * EXP(x))),
    lambda x, alpha, y: where(x > 0, 0.0, EXPM1(x)),
    sample=((-3.0, 3.0), (0.5, 2.0)),
    kinks=lambda x, alpha: abs(x),
    structural=(lambda x, alpha, y: is_constant(alpha) and alpha == 0.0, lambda x, alpha, y: y > 0.0),
    activation=True,
)
CELU: Final[Op] = define_op(
    "celu",
    activation_functions.celu,
    lambda x, alpha, y: where(x > 0, 1.0, EXP_QUOTIENT(x, alpha)),
    lambda x, alpha, y: where(x > 0, 0.0, CELU_SLOPE(x, alpha)),
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.5, 2.0)),
    kinks=lambda x, alpha: abs(x),  # of the second derivative
    structural=(never, lambda x, alpha, y: y > 0.0),
    activation=True,
    poles=True,
)
CELU_SLOPE: Final[Op] = define_op(
    "celu_slope",
    activation_slopes.celu_slope,
    lambda x, alpha, y: EXP_QUOTIENT_DB(x, alpha),
    # The quotient is cut off where the exponential is 0 or infinite in any case.
    lambda x, alpha, y: CLAMP(-x / alpha, -800.0, 800.0) * EXP_QUOTIENT_DB(x, alpha),
    latex=r"\left(1 - \frac{{{0}}}{{{1}}}\right) \cdot e^{{\frac{{{0}}}{{{1}}}}} - 1",
    precedence=Precedence.SUM,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    poles=True,
    internal=True,
    about="The derivative of `celu(x, alpha)` with respect to `alpha` for negative `x`.",
)
SELU: Final[Op] = define_op(
    "selu",
    activation_functions.selu,
    lambda x, y: where(x >= 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * EXP(x)),
    kinks=abs,
    activation=True,
)
HARDSIGMOID: Final[Op] = define_op(
    "hardsigmoid",
    activation_functions.hardsigmoid,
    lambda x, y: _within(x, -3.0, 3.0, 1.0 / 6.0, 0.0, y),
    sample=(-5.0, 5.0),
    kinks=_gap(-3.0, 3.0),
    structural=True,
    activation=True,
    zero_until=-3.0,
    steepest=1.0 / 6.0,
    sign="not negative",
)
SOFTPLUS: Final[Op] = define_op(
    "softplus",
    activation_functions.softplus,
    lambda x, y: SIGMOID(x),
    latex=r"\ln\left(1 + e^{{{0}}}\right)",
    sign="positive",
)
LOGSIGMOID: Final[Op] = define_op(
    "logsigmoid",
    activation_functions.logsigmoid,
    lambda x, y: SIGMOID(-x),
    latex=r"\ln \sigma\left({0}\right)",
    precedence=Precedence.SUM,  # `\ln \sigma(x) \cdot y` would be the logarithm of the product
)
HARDSWISH: Final[Op] = define_op(
    "hardswish",
    activation_functions.hardswish,
    lambda x, y: _within(x, -3.0, 3.0, (2.0 * x + 3.0) / 6.0, 1.0, y),
    sample=(-5.0, 5.0),
    kinks=_gap(-3.0, 3.0),
    structural=lambda x, y: y == 0.0,
    activation=True,
    zero_until=-3.0,
)
SOFTSIGN: Final[Op] = define_op(
    "softsign",
    activation_functions.softsign,
    lambda x, y: squared(1.0 / (1.0 + abs(x))),
    latex=r"\frac{{{0}}}{{1 + \left|{0}\right|}}",
    precedence=Precedence.PRODUCT,
    kinks=abs,  # of the second derivative
    activation=True,
    steepest=1.0,
)
TANHSHRINK: Final[Op] = define_op(
    "tanhshrink",
    activation_functions.tanhshrink,
    lambda x, y: squared(TANH(x)),
    latex=r"{0} - \tanh\left({0}\right)",
    precedence=Precedence.SUM,
    activation=True,
)
SOFTSHRINK: Final[Op] = define_op(
    "softshrink",
    _softshrink,
    _shrink_derivative,
    lambda x, threshold, y: where(x > threshold, -1.0, where(x < -threshold, 1.0, 0.0)),
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.25, 1.0)),
    kinks=_gap_to_threshold,
    structural=True,
    activation=True,
)
HARDSHRINK: Final[Op] = define_op(
    "hardshrink",
    _hardshrink,
    _shrink_derivative,
    lambda x, threshold, y: 0.0,
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.25, 1.0)),
    kinks=_gap_to_threshold,
    structural=True,
    activation=True,
)
HUBER: Final[Op] = define_op(
    "huber",
    _huber,
    lambda x, delta, y: _clamped(x, delta),
    lambda x, delta, y: abs(x - _clamped(x, delta)),
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.5, 2.0)),
    kinks=_gap_to_threshold,  # of the second derivative
    structural=(never, lambda x, delta, y: abs(x) <= delta),
    sign="not negative",
    about="`x**2 / 2` where the size of `x` is at most `delta`, and beyond it the tangent of that.",
)
SMOOTH_L1: Final[Op] = define_op(
    "smooth_l1",
    _smooth_l1,
    _slope_of_smooth_l1,
    lambda x, beta, y: -0.5 * squared(_slope_of_smooth_l1(x, beta, y)),
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.5, 2.0)),
    kinks=_gap_to_threshold,  # of the second derivative
    sign="not negative",
    about="`x**2 / (2 * beta)` where the size of `x` is below `beta`, and beyond it the tangent of that.",
)
