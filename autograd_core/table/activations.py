"""The rows of the functions that neural networks are made of.

Rows are written as in `ops`. Names and defaults are those of PyTorch. At a kink the derivative is the subgradient of
smallest magnitude, so `relu6'(0) = relu6'(6) = 0`.
"""

from __future__ import annotations

import math
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.numerics import activation_functions, error_functions, real
from autograd_core.numerics.activation_functions import SELU_ALPHA, SELU_SCALE
from autograd_core.numerics.expansions import CELU_SLOPE, GELU_SLOPE, GELU_TANH_SLOPE, MISH_SLOPE, SILU_SLOPE, expanded
from autograd_core.numerics.number import describe
from autograd_core.table.define import define_op, is_constant, never, where
from autograd_core.table.op import POSITIVE, REAL, Op
from autograd_core.table.ops import CLAMP, EXP, EXP_DIFFERENCE, EXPM1, FMA, TANH, squared
from autograd_core.table.powers import EXP_QUOTIENT
from autograd_core.table.precedence import Precedence
from autograd_core.table.special import DENSITY_AT_0, GAUSSIAN, NORMAL_CDF, NORMAL_PDF

GATE_LINEAR: Final = 1.5957691216057308
GATE_CUBIC: Final = 0.21406444881780073
"""The coefficients in the derivative of the exponent of `gelu_tanh`'s gate, to the nearest double."""
GATE_LINEAR_REST: Final = -9.96930880911092e-17
THIRD_OF_CUBIC: Final = 0.07135481627260025
THIRD_OF_CUBIC_REST: Final = -6.175149918155315e-19
"""The coefficients in that exponent, each with the rest that a double cannot hold; the linear one is the same."""


def _within(x: Any, low: Any, high: Any, inside: Any, above: Any) -> Any:
    """0 up to `low`, then `inside`, and `above` from `high` on; nan for nan."""
    return where(x <= low, 0.0, where(x < high, inside, where(x >= high, above, x)))


def _derivative_in_alpha(x: Any, alpha: Any, y: Any) -> Any:
    """The derivative of `alpha * expm1(x / alpha)` in `alpha`: below 0 a function of the quotient alone."""
    return where(x > 0, 0.0, expanded(CELU_SLOPE, x / alpha, EXP_QUOTIENT(x, alpha), _celu_derivative))


def _celu_derivative(quotient: Any, power: Any) -> Any:
    """The derivative in `alpha`, from the quotient and its exponential; the limit is -1."""
    derivative = power * (1.0 - quotient) - 1.0
    return where(quotient > -800.0, derivative, where(quotient == quotient, -1.0, quotient))  # noqa: PLR0124 - nan


def _sigmoid_derivative(x: Any, y: Any) -> Any:
    """The derivative of the sigmoid.

    `y * (1 - y)` would lose all digits where `y` rounds to 1, and its own derivative would lose them near 0.
    """
    if -1.0 < x < 1.0:
        return 0.25 - squared(0.5 * TANH(0.5 * x))
    return y * SIGMOID(-x)


def _beyond(x: Any, tail: Any) -> Any:
    """The derivative of a gated `x` where one term of its gate no longer counts: 1, or `tail` below 0."""
    return where(x > 0, 1.0, where(x > -1500.0, tail, where(x == x, 0.0, x)))  # noqa: PLR0124 - nan


def _exponential_tail(x: Any) -> Any:
    """`(1 + x) * exp(x)`; the square root of the exponential is taken, because it underflows later."""
    half = EXP(0.5 * x)
    return half * (half * (1.0 + x))


def _silu_derivative(x: Any, y: Any) -> Any:
    if -40.0 < x < 40.0:
        return SIGMOID(x) * (1.0 + x * SIGMOID(-x))
    if 40.0 <= x < 1500.0:
        return 1.0 - _exponential_tail(-x)
    return _beyond(x, _exponential_tail(x))


def _mish_derivative(x: Any, y: Any) -> Any:
    """With `e = exp(x)`, `mish = x * n / (n + 2)` for `n = e * (e + 2)`: its derivative, without overflow."""
    if 40.0 <= x < 800.0:
        return 1.0 - 2.0 * _exponential_tail(-2.0 * x)
    if 0.0 < x < 40.0:
        u = EXP(-x)
        p = 1.0 + u
        return 1.0 + 2.0 * (EXP(-2.0 * x) / (1.0 + 2.0 * u * p)) * (2.0 * x / (2.0 * u + 1.0 / p) - 1.0)
    if -2.5 < x <= 0.0:
        e = EXP(x)
        q = 2.0 + e * (2.0 + e)
        return e / q * ((2.0 + e) + x * (4.0 * (1.0 + e) / q))
    if -40.0 < x <= -2.5:
        # The same formula, as its limit far below 0 plus a small rest.
        e = EXP(x)
        p = 1.0 + e
        q = 1.0 + p * p
        return e * (1.0 + x) - e * e * (p / q + x * ((4.0 * p * p + e * e * e) / (q * q)))
    return _beyond(x, _exponential_tail(x))


def _gelu_derivative(x: Any, y: Any) -> Any:
    if -26.0 < x < 26.0:
        return NORMAL_CDF(x) + x * NORMAL_PDF(x)
    if -40.0 < x < 40.0:
        root = GAUSSIAN(0.5 * x)  # of the density, which underflows much earlier
        return NORMAL_CDF(x) + DENSITY_AT_0 * x * root * root
    return _beyond(x, 0.0)


def _gelu_tanh_derivative(x: Any, y: Any) -> Any:
    derivative = x * _gate_exponent_derivative(x)
    if -20.0 < x < 20.0:
        return GELU_TANH_GATE(x) * (1.0 + derivative * GELU_TANH_GATE(-x))
    if -40.0 < x < 40.0:
        root = _root_of_gate(-abs(x))
        return 1.0 + root * (derivative - 1.0) * root if x > 0.0 else root * (derivative + 1.0) * root
    return _beyond(x, 0.0)


def _root_of_gate(x: Any) -> Any:
    """The square root of the gate from -20 down, where it is `exp(2 u)`; the gate underflows before that.

    The exponential multiplies the error of its exponent by hundreds, so the exponent is the sum of two numbers.
    """
    square = x * x
    cubic = THIRD_OF_CUBIC * square
    bracket = cubic + GATE_LINEAR
    exponent = bracket * x
    rest = FMA(THIRD_OF_CUBIC, square, -cubic) + THIRD_OF_CUBIC * FMA(x, x, -square) + THIRD_OF_CUBIC_REST * square
    rest = rest + GATE_LINEAR_REST + (GATE_LINEAR - (bracket - cubic))
    return EXP_DIFFERENCE(0.5 * exponent, -0.5 * (FMA(bracket, x, -exponent) + rest * x))


def _gate_exponent_derivative(x: Any) -> Any:
    """The derivative of `2 * sqrt(2 / pi) * (x + 0.044715 * x**3)`."""
    return GATE_LINEAR + GATE_CUBIC * (x * x)


def _gate_derivative(x: Any, y: Any) -> Any:
    """The derivative of the gate of `gelu_tanh`."""
    derivative = _gate_exponent_derivative(x)
    if -0.5 < x < 0.5:  # as for the sigmoid
        return (0.25 - squared(0.5 * TANH(x * (0.5 * GATE_LINEAR + GATE_CUBIC / 6.0 * (x * x))))) * derivative
    if -20.0 < x < 20.0:
        return y * GELU_TANH_GATE(-x) * derivative
    if -40.0 < x < 40.0:
        root = _root_of_gate(-abs(x))
        return root * derivative * root
    return _beyond(x, 0.0) * 0.0


def _gap(*kinks: float) -> Any:
    """The distance from the nearest of some kinks."""
    return lambda x: min([abs(x - kink) for kink in kinks])


def _shrink_derivative(x: Any, threshold: Any) -> Any:
    return where(x > threshold, 1.0, where(x < -threshold, 1.0, where(x == x, 0.0, x)))  # noqa: PLR0124 - nan


def _softshrink(x: float, threshold: float) -> float:
    if x > threshold:
        return x - threshold
    if x < -threshold:
        return x + threshold
    return x * 0.0 if math.isfinite(x) else x


def _hardshrink(x: float, threshold: float) -> float:
    return x * 0.0 if -threshold <= x <= threshold else x


def _gap_to_threshold(x: float, threshold: float) -> float:
    return abs(abs(x) - threshold)


SIGMOID: Final[Op] = define_op(
    "sigmoid",
    activation_functions.sigmoid,
    _sigmoid_derivative,
    latex=r"\sigma\left({0}\right)",
    activation=True,
    steepest=0.25,
    sign="positive",
    textbook=("y * (1 - y)",),
)
RELU: Final[Op] = define_op(
    "relu",
    real.relu,
    lambda x, y: where(x > 0, 1.0, where(x <= 0, 0.0, x)),
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
    lambda x, y: _within(x, 0.0, 6.0, 1.0, 0.0),
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
    _derivative_in_alpha,
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.5, 2.0)),
    kinks=lambda x, alpha: abs(x),  # of the second derivative
    structural=(never, lambda x, alpha, y: y > 0.0),
    activation=True,
    poles=True,
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
    lambda x, y: _within(x, -3.0, 3.0, 1.0 / 6.0, 0.0),
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
SILU: Final[Op] = define_op(
    "silu",
    activation_functions.silu,
    lambda x, y: expanded(SILU_SLOPE, x, y, _silu_derivative),
    latex=r"{0} \cdot \sigma\left({0}\right)",
    precedence=Precedence.PRODUCT,
    activation=True,
)
MISH: Final[Op] = define_op(
    "mish",
    activation_functions.mish,
    lambda x, y: expanded(MISH_SLOPE, x, y, _mish_derivative),
    activation=True,
)
GELU: Final[Op] = define_op(
    "gelu",
    error_functions.gelu,
    lambda x, y: expanded(GELU_SLOPE, x, y, _gelu_derivative),
    latex=r"{0} \cdot \Phi\left({0}\right)",
    precedence=Precedence.PRODUCT,
    activation=True,
)
GELU_TANH: Final[Op] = define_op(
    "gelu_tanh",
    activation_functions.gelu_tanh,
    lambda x, y: expanded(GELU_TANH_SLOPE, x, y, _gelu_tanh_derivative),
    latex=r"\operatorname{{gelu\_tanh}}\left({0}\right)",
    activation=True,
    about="The approximation of `gelu` by `tanh`.",
)
GELU_TANH_GATE: Final[Op] = define_op(
    "gelu_tanh_gate",
    activation_functions.gelu_tanh_gate,
    _gate_derivative,
    latex=r"\operatorname{{gelu\_tanh\_gate}}\left({0}\right)",
    steepest=0.25 * GATE_LINEAR,
    sign="positive",
    internal=True,
    about="The factor of `x` in `gelu_tanh`.",
)
HARDSWISH: Final[Op] = define_op(
    "hardswish",
    activation_functions.hardswish,
    lambda x, y: _within(x, -3.0, 3.0, (2.0 * x + 3.0) / 6.0, 1.0),
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
    lambda x, threshold, y: _shrink_derivative(x, threshold),
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
    lambda x, threshold, y: _shrink_derivative(x, threshold),
    lambda x, threshold, y: 0.0,
    domain=(REAL, POSITIVE),
    sample=((-3.0, 3.0), (0.25, 1.0)),
    kinks=_gap_to_threshold,
    structural=True,
    activation=True,
)


def gelu_row(approximate: Any) -> Op:
    """The row of `gelu` for a value of PyTorch's argument.

    Raises:
        InputError: unless it is "none" or "tanh".
    """
    row = _GELU_ROWS.get(approximate) if isinstance(approximate, str) else None
    if row is None:
        raise InputError(f"expected approximate='none' or 'tanh', got {describe(approximate)}")
    return row


_GELU_ROWS: Final = {"none": GELU, "tanh": GELU_TANH}
