"""The rows of gated activations: a number times a gate `G(x)` that opens from 0 to 1.

The gate is a sigmoid, or the probability below `x`. First derivatives `G + x G'` and second derivatives `2 G' + x G''`
cross zero, where a formula of several rows would lose its digits. Therefore they are rows of their own, computed in
`numerics.activation_slopes` and `numerics.error_functions`. Third derivatives are formulas over other rows. Such a
formula is a product with a factor that vanishes far out. It has two properties in common with the others:

* The vanishing factor is given by its square root, because it underflows before the product does.
* In the other factor `x` is cut off where the product is 0 in any case, so that it stays finite and 0 wins.

Rows are written as in `ops`.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.numerics import activation_functions, activation_slopes, error_functions
from autograd_core.numerics.number import describe
from autograd_core.table.activations import SIGMOID
from autograd_core.table.define import at, define_op
from autograd_core.table.op import Op
from autograd_core.table.ops import CLAMP, EXP, SECH, TANH
from autograd_core.table.precedence import Precedence
from autograd_core.table.special import DENSITY_AT_0, SCALED_NORMAL_PDF, square_beyond

LINEAR: Final = 0.7978845608028654
CUBIC: Final = 0.035677408136300125
"""The coefficients of `z = LINEAR * x + CUBIC * x**3`, the number whose `tanh` is in `gelu_tanh`."""


def _third_of_silu(x: Any, y: Any) -> Any:
    """`G' (3c + x (c**2 + c'))` for `c = G''/G' = -tanh(x / 2)`; `G'` is a quarter of the square of `sech(x / 2)`."""
    x = CLAMP(x, -1600.0, 1600.0)
    half = 0.5 * x
    t, root = TANH(half), SECH(half)
    return 0.25 * root * (root * (t * (x * t - 3.0) - half * (root * root)))


def _third_of_mish(x: Any, y: Any) -> Any:
    """`G' (3c + x (c**2 + c'))` for `c = G''/G'`.

    With the sigmoid `s` and `t = tanh(softplus(x))`, `G'` is `s * (1 - t**2)`, and `c` is `s(-x) - 2 t s(x)`. The
    softplus, whose rounding would be magnified, is the logarithm of `1 / s(-x)`.
    """
    x = CLAMP(x, -1600.0, 700.0)
    opens, closes = SIGMOID(x), SIGMOID(-x)
    squares = 1.0 + closes * closes
    t, root = opens * (1.0 + closes) / squares, 2.0 * closes / squares
    c = closes - 2.0 * t * opens
    bracket = c * (3.0 + x * c) - x * opens * (closes + 2.0 * (opens * (root * root) + t * closes))
    # The sigmoid is the product of its first and its fourth factor; neither underflows.
    return 0.5 * root * (EXP(0.5 * x) * (root * (SECH(0.5 * x) * bracket)))


def _third_of_gelu_tanh(x: Any, y: Any) -> Any:
    """`3 G'' + x G'''` for `G = (1 + tanh(z)) / 2`, where `G'` is half the square of `sech(z)` times `z'`."""
    root = GELU_TANH_SECH(x)
    x = CLAMP(x, -40.0, 40.0)
    t = TANH(_argument(x))
    d = _derivative_of_argument(x)
    curved = 6.0 * CUBIC * x  # both z'' and x z'''
    bracket = 4.0 * curved - 6.0 * t * d * (d + x * curved) + x * d * d * d * (4.0 * t * t - 2.0 * root * root)
    return 0.5 * root * (root * bracket)


def _derivative_of_sech(x: Any, y: Any) -> Any:
    x = CLAMP(x, -40.0, 40.0)
    return -y * TANH(_argument(x)) * _derivative_of_argument(x)


def _argument(x: Any) -> Any:
    return x * (LINEAR + CUBIC * (x * x))


def _derivative_of_argument(x: Any) -> Any:
    return LINEAR + 3.0 * CUBIC * (x * x)


def _curvature_of_gelu(x: Any, y: Any) -> Any:
    """`2 - x**2` times the density."""
    return SCALED_NORMAL_PDF(-square_beyond(2.0, CLAMP(x, -60.0, 60.0)), x)


SILU: Final[Op] = define_op(
    "silu",
    activation_functions.silu,
    lambda x, y: at(SILU_SLOPE, x),
    latex=r"{0} \cdot \sigma\left({0}\right)",
    precedence=Precedence.PRODUCT,
    activation=True,
)
SILU_SLOPE: Final[Op] = define_op(
    "silu_slope",
    activation_slopes.silu_slope,
    lambda x, y: at(SILU_CURVATURE, x),
    latex=r"\operatorname{{silu}}'\left({0}\right)",
    steepest=0.5,
    internal=True,
    about="The derivative of `silu`.",
)
SILU_CURVATURE: Final[Op] = define_op(
    "silu_curvature",
    activation_slopes.silu_curvature,
    _third_of_silu,
    latex=r"\operatorname{{silu}}''\left({0}\right)",
    internal=True,
    about="The second derivative of `silu`.",
)
MISH: Final[Op] = define_op(
    "mish",
    activation_functions.mish,
    lambda x, y: at(MISH_SLOPE, x),
    activation=True,
)
MISH_SLOPE: Final[Op] = define_op(
    "mish_slope",
    activation_slopes.mish_slope,
    lambda x, y: at(MISH_CURVATURE, x),
    latex=r"\operatorname{{mish}}'\left({0}\right)",
    steepest=0.6442046372369724,
    internal=True,
    about="The derivative of `mish`.",
)
MISH_CURVATURE: Final[Op] = define_op(
    "mish_curvature",
    activation_slopes.mish_curvature,
    _third_of_mish,
    latex=r"\operatorname{{mish}}''\left({0}\right)",
    internal=True,
    about="The second derivative of `mish`.",
)
GELU: Final[Op] = define_op(
    "gelu",
    error_functions.gelu,
    lambda x, y: at(GELU_SLOPE, x),
    latex=r"{0} \cdot \Phi\left({0}\right)",
    precedence=Precedence.PRODUCT,
    activation=True,
)
GELU_SLOPE: Final[Op] = define_op(
    "gelu_slope",
    error_functions.gelu_slope,
    _curvature_of_gelu,
    latex=r"\operatorname{{gelu}}'\left({0}\right)",
    steepest=2.0 * DENSITY_AT_0,
    internal=True,
    about="The derivative of `gelu`.",
)
GELU_TANH: Final[Op] = define_op(
    "gelu_tanh",
    activation_functions.gelu_tanh,
    lambda x, y: at(GELU_TANH_SLOPE, x),
    latex=r"\operatorname{{gelu\_tanh}}\left({0}\right)",
    activation=True,
    about="The approximation of `gelu` by `tanh`.",
)
GELU_TANH_SLOPE: Final[Op] = define_op(
    "gelu_tanh_slope",
    activation_slopes.gelu_tanh_slope,
    lambda x, y: at(GELU_TANH_CURVATURE, x),
    latex=r"\operatorname{{gelu\_tanh}}'\left({0}\right)",
    steepest=LINEAR,
    internal=True,
    about="The derivative of `gelu_tanh`.",
)
GELU_TANH_CURVATURE: Final[Op] = define_op(
    "gelu_tanh_curvature",
    activation_slopes.gelu_tanh_curvature,
    _third_of_gelu_tanh,
    latex=r"\operatorname{{gelu\_tanh}}''\left({0}\right)",
    internal=True,
    about="The second derivative of `gelu_tanh`.",
)
GELU_TANH_SECH: Final[Op] = define_op(
    "gelu_tanh_sech",
    activation_slopes.gelu_tanh_sech,
    _derivative_of_sech,
    latex=r"\operatorname{{gelu\_tanh\_sech}}\left({0}\right)",
    sign="positive",
    internal=True,
    about="The hyperbolic secant of the number whose `tanh` is in `gelu_tanh`.",
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
