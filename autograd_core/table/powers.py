"""The rows whose second derivatives vanish along curves, and rows for their first derivatives.

The mixed derivative of `x**p` is `x**(p - 1) * (1 + p * log(x))`, which is 0 wherever `x = exp(-1 / p)`. If the
chain rule differentiates `p * x**(p - 1)`, it computes and rounds the two terms separately, and near the curve their
sum has no correct digits. Therefore the derivative is a row of its own. The derivatives of that row are products with
one factor that vanishes, which is rounded once. The same holds for quotients in an exponent, for logarithms to a base
and for `cauchy`.

On floats a derivative is the plain formula, which is also the forward function of its row. So the row costs nothing
until a gradient is differentiated again, and the numbers are equal to the bit. Rows are written as in `ops`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from autograd_core.numerics import elementary, logarithms, real
from autograd_core.numerics.number import INFINITY, NAN
from autograd_core.table.define import between, both, define_op, either, is_constant, never, select, where
from autograd_core.table.op import POSITIVE, REAL, Op
from autograd_core.table.ops import DIRECTION, HYPOT, LOG, SUMPROD, from_above, inverse, one_minus_square, squared
from autograd_core.table.precedence import Precedence

LOG_FMA: Final[Op] = define_op(
    "log_fma",
    logarithms.log_fma,
    lambda p, x, c, y: LOG(x),
    lambda p, x, c, y: p / from_above(where(x >= 0, x, NAN * x)),
    lambda p, x, c, y: 1.0,
    latex=r"{0} \cdot \ln\left({1}\right) + {2}",
    precedence=Precedence.SUM,
    domain=(REAL, POSITIVE, REAL),
    sample=((-3.0, 3.0), (0.25, 4.0), (-3.0, 3.0)),
    structural=(lambda p, x, c, y: is_constant(x), lambda p, x, c, y: is_constant(p) and p == 0.0, never),
    poles=True,
    internal=True,
    about="`p * log(x) + c`.",
)

# ---- Powers ----------------------------------------------------------------------------------------------------------


def _derivative_in_base(x: Any, p: Any, y: Any) -> Any:
    return _derivative_of_power(x, p, y) if is_constant(x) or is_constant(p) else POW_DX(x, p)


def _derivative_of_power(x: Any, p: Any, y: Any) -> Any:
    """The derivative of `x**p` in `x`.

    `p * x**(p - 1)` is used where `p - 1` is exact. For `p` below 1/2 that difference is rounded, a large or small `x`
    magnifies the error, and the power may overflow where the derivative does not; there it is `p * y / x`.
    """
    power = p * POW(x, p - 1)
    quotient = where(x == 0, power, where(abs(x) < INFINITY, p * y / x, power))
    derivative = where(p >= 0.5, power, quotient)
    # The constant x**0 has derivative 0, even where the formulas give 0 * inf.
    return where(x > 0, derivative, where(x < 0, derivative, where(p == 0, 0.0, derivative)))


def _derivative_in_exponent(x: Any, p: Any, y: Any) -> Any:
    return _derivative_of_exponential(x, y) if is_constant(x) or is_constant(p) else POW_DP(x, p)


def _derivative_of_exponential(x: Any, y: Any) -> Any:
    """The derivative of `y = x**p` in `p`.

    Base 0 is the edge of the domain of the logarithm; the curve in `p` is flat there wherever it is finite.
    """
    return where(x == 0, 0.0, y * LOG(x))


def _curvature_in_base(x: Any, p: Any, derivative: Any) -> Any:
    """The second derivative of `x**p` in `x`, by the same two formulas."""
    return select(
        either(p >= 0.5, either(both(x == 0, p != 0), abs(x) == INFINITY)),
        lambda: p * POW_DX(x, p - 1),
        lambda: select(both(p == 0, where(abs(x) > 0, False, True)), lambda: 0.0, lambda: (p - 1) * derivative / x),
    )


def _mixed(x: Any, p: Any) -> Any:
    """The mixed derivative of `x**p`, in `x` and in `p`."""
    power = select(either(p >= 0.5, abs(x) == INFINITY), lambda: POW(x, p - 1), lambda: POW(x, p) / x)
    return where(power == 0, 0.0, power * LOG_FMA(p, x, 1.0))  # the factor may overflow where the power underflows


def _mixed_unless_0(x: Any, p: Any, at_0: Any) -> Any:
    """`_mixed`, but the given number for the base 0."""
    return select(x == 0, lambda: at_0, lambda: _mixed(x, p))


POW: Final[Op] = define_op(
    "pow",
    real.power,
    _derivative_in_base,
    _derivative_in_exponent,
    symbol="**",
    latex="{0}^{{{1}}}",
    precedence=Precedence.POWER,
    domain=(POSITIVE, REAL),
    sample=((0.5, 3.0), (-2.0, 2.0)),
    structural=(lambda x, p, y: is_constant(p) and p == 0.0, lambda x, p, y: is_constant(x) and x == 0.0),
    poles=True,
    about="`x` to the power `p`.",
    textbook=("b * a ** (b - 1)", "y * log(a)"),
)
POW_DX: Final[Op] = define_op(
    "pow_dx",
    lambda x, p: _derivative_of_power(x, p, real.power(x, p)),
    _curvature_in_base,
    lambda x, p, y: _mixed_unless_0(x, p, POW(x, p - 1)),
    latex=r"{1} \cdot {0}^{{{1} - 1}}",
    precedence=Precedence.PRODUCT,
    domain=(POSITIVE, REAL),
    sample=((0.5, 3.0), (-2.0, 2.0)),
    structural=(lambda x, p, y: is_constant(p) and either(p == 0.0, p == 1.0), never),
    poles=True,
    internal=True,
    about="The derivative of `x**p` with respect to `x`.",
)
POW_DP: Final[Op] = define_op(
    "pow_dp",
    lambda x, p: _derivative_of_exponential(x, real.power(x, p)),
    lambda x, p, y: _mixed_unless_0(x, p, 0.0),
    lambda x, p, y: _derivative_of_exponential(x, y),
    latex=r"{0}^{{{1}}} \cdot \ln\left({0}\right)",
    precedence=Precedence.PRODUCT,
    domain=(POSITIVE, REAL),
    sample=((0.5, 3.0), (-2.0, 2.0)),
    structural=(never, lambda x, p, y: is_constant(x) and x == 0.0),
    internal=True,
    about="The derivative of `x**p` with respect to `p`.",
)

# ---- Logarithms to a base --------------------------------------------------------------------------------------------


def _derivative_in_log_base(x: Any, b: Any, y: Any) -> Any:
    return _derivative_of_log_base(x, b, y) if is_constant(b) else LOG_BASE_DB(x, b)


def _derivative_of_log_base(x: Any, b: Any, y: Any) -> Any:
    return where(b == 0, where(y == y, -INFINITY * LOG(x), y), -y / LOG(b) / b)  # noqa: PLR0124 - nan


def _derivative_of_log_base_in_x(x: Any, b: Any, y: Any) -> Any:
    derivative = select(b == 0, lambda: -INFINITY, lambda: -squared(inverse(LOG(b))) / b)
    return derivative / from_above(where(x >= 0, x, NAN * x))


def _curvature_in_log_base(x: Any, b: Any, y: Any) -> Any:
    return select(b == 0, lambda: INFINITY * LOG(x), lambda: -y * LOG_FMA(1.0, b, 2.0) / (b * LOG(b)))


LOG_BASE: Final[Op] = define_op(
    "log_base",
    elementary.log_base,
    lambda x, base, y: inverse(LOG(base)) / from_above(where(x >= 0, x, NAN * x)),
    _derivative_in_log_base,
    latex=r"\log_{{{1}}}\left({0}\right)",
    domain=POSITIVE,
    sample=((0.25, 4.0), (1.5, 10.0)),
    kinks=lambda x, b: abs(b - 1.0),  # the pole,
    poles=True,
    about="The logarithm of `x` to a base.",
    textbook=("1 / (a * log(b))", "-log(a) / (b * log(b) ** 2)"),
)
LOG_BASE_DB: Final[Op] = define_op(
    "log_base_db",
    lambda x, b: _derivative_of_log_base(x, b, elementary.log_base(x, b)),
    _derivative_of_log_base_in_x,
    _curvature_in_log_base,
    latex=r"-\frac{{\ln\left({0}\right)}}{{{1} \cdot \ln\left({1}\right)^2}}",
    precedence=Precedence.SIGN,
    domain=POSITIVE,
    sample=((0.25, 4.0), (1.5, 10.0)),
    kinks=lambda x, b: abs(b - 1.0),  # the pole
    poles=True,
    internal=True,
    about="The derivative of `log_base(x, b)` with respect to `b`.",
)

# ---- Exponentials of quotients ---------------------------------------------------------------------------------------

# Such an exponential underflows before its derivatives do, so for small results the formulas use its square root. If
# the root is 0, so is the derivative, even at the pole of the quotient.


def _by_root(a: Any, b: Any, formula: Callable[[Any], Any]) -> Any:
    """The formula of the square root of `exp(a / b)`; 0 where the root is 0."""
    root = EXP_QUOTIENT(a, 2.0 * b)
    return select(root == 0, lambda: 0.0, lambda: formula(root))


def _derivative_in_dividend(a: Any, b: Any, y: Any) -> Any:
    return _derivative_of_dividend(a, b, y) if is_constant(a) and is_constant(b) else EXP_QUOTIENT_DA(a, b)


def _derivative_of_dividend(a: Any, b: Any, y: Any) -> Any:
    return select(y > 1e-290, lambda: y / b, lambda: _by_root(a, b, lambda root: root / b * root))


def _derivative_in_divisor(a: Any, b: Any, y: Any) -> Any:
    return _derivative_of_divisor(a, b, y) if is_constant(a) and is_constant(b) else EXP_QUOTIENT_DB(a, b)


def _derivative_of_divisor(a: Any, b: Any, y: Any) -> Any:
    return select(y > 1e-290, lambda: -y * (a / b) / b, lambda: _by_root(a, b, lambda root: -root * (a / b) / b * root))


def _times_curvature(a: Any, b: Any, factor: Any) -> Any:
    """The second derivative of `exp(a / b)` in `a`, which is `exp(a / b) / b**2`, times a factor."""
    y = EXP_QUOTIENT(a, b)
    return select(
        y > 1e-290,
        lambda: y / b / b * factor,
        lambda: _by_root(a, b, lambda root: root / b * factor * (root / b)),
    )


def _one_plus_quotient(a: Any, b: Any) -> Any:
    """`1 + a / b`, right to the last digits near `a = -b`, where `a + b` is exact."""
    quotient = a / b
    return select(between(-2.0, quotient, -0.5), lambda: (a + b) / b, lambda: quotient + 1.0)


EXP_QUOTIENT: Final[Op] = define_op(
    "exp_quotient",
    elementary.exp_quotient,
    _derivative_in_dividend,
    _derivative_in_divisor,
    latex=r"e^{{\frac{{{0}}}{{{1}}}}}",
    precedence=Precedence.POWER,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    sign="not negative",
    poles=True,
    internal=True,
    about="`exp(a / b)`.",
)
EXP_QUOTIENT_DA: Final[Op] = define_op(
    "exp_quotient_da",
    lambda a, b: _derivative_of_dividend(a, b, elementary.exp_quotient(a, b)),
    lambda a, b, y: _times_curvature(a, b, 1.0),
    lambda a, b, y: _times_curvature(a, b, -_one_plus_quotient(a, b)),
    latex=r"\frac{{1}}{{{1}}} \cdot e^{{\frac{{{0}}}{{{1}}}}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    poles=True,
    internal=True,
    about="The derivative of `exp(a / b)` with respect to `a`.",
)
EXP_QUOTIENT_DB: Final[Op] = define_op(
    "exp_quotient_db",
    lambda a, b: _derivative_of_divisor(a, b, elementary.exp_quotient(a, b)),
    lambda a, b, y: _times_curvature(a, b, -_one_plus_quotient(a, b)),
    lambda a, b, y: _times_curvature(a, b, 2.0 * (a / b) * _one_plus_quotient(0.5 * a, b)),
    latex=r"-\frac{{{0}}}{{{1}^2}} \cdot e^{{\frac{{{0}}}{{{1}}}}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    poles=True,
    internal=True,
    about="The derivative of `exp(a / b)` with respect to `b`.",
)

# ---- Angles ----------------------------------------------------------------------------------------------------------


def _derivative_in_location(a: Any, b: Any, y: Any) -> Any:
    return _derivative_of_location(a, b, y) if is_constant(a) else CAUCHY_DA(a, b)


def _derivative_of_location(a: Any, b: Any, y: Any) -> Any:
    """The derivative of `b / (a*a + b*b)` in `a`, `-2ab / (a*a + b*b)**2`; 0 at 0, even where `y` is infinite."""
    return where(abs(y) == INFINITY, where(a == 0, -0.0, -y * CAUCHY(b, a)), -2.0 * y * CAUCHY(b, a))


def _derivative_in_scale(a: Any, b: Any, y: Any) -> Any:
    return _derivative_of_scale(a, b, y) if is_constant(b) else CAUCHY_DB(a, b)


def _derivative_of_scale(a: Any, b: Any, y: Any) -> Any:
    """The derivative of `b / (a*a + b*b)` in `b`, `(a*a - b*b) / (a*a + b*b)**2`; the limit 0 at infinity."""
    by_a = _excess(a, b) * squared(CAUCHY(b, a))
    by_b = -_excess(b, a) * squared(y)
    derivative = where(abs(a) >= abs(b), by_a, by_b)
    return where(HYPOT(a, b) < INFINITY, derivative, where(a == a, where(b == b, 0.0, b), a))  # noqa: PLR0124 - nan


def _excess(a: Any, b: Any) -> Any:
    """`(a*a - b*b) / (a*a)` for the larger `a`; it and its derivative are also accurate near `b = 0` and `a = b`."""
    ratio = b / a
    return where(abs(ratio) < 0.5, one_minus_square(ratio), (a - b) / a * ((a + b) / a))


def _curvature(a: Any, b: Any) -> Any:
    """The second derivative of `b / (a*a + b*b)` in `b`: `2b * (b*b - 3a*a) / (a*a + b*b)**3`.

    The one in `a` is minus that; the mixed one is minus the same with `a` and `b` exchanged. The bracket is rounded
    once. Where it would overflow or underflow, the other formula is used.
    """
    largest = where(abs(a) > abs(b), abs(a), abs(b))
    return select(between(1e-140, largest, 1e140), lambda: _curvature_by_sums(a, b), lambda: _curvature_by_ratio(a, b))


def _curvature_by_sums(a: Any, b: Any) -> Any:
    bracket = SUMPROD(b, a, a, a, b, -a, -a, -a)
    squares = SUMPROD(a, b, a, b)
    return 2.0 * CAUCHY(a, b) * (bracket / squares / squares)


def _curvature_by_ratio(a: Any, b: Any) -> Any:
    y, other = CAUCHY(a, b), CAUCHY(b, a)
    return select(
        both(y == 0, either(other == 0, abs(other) == INFINITY)),
        lambda: 0.0,
        lambda: select(abs(a) > abs(b), lambda: _steep(b / a, other), lambda: _flat(a / b, y)),
    )


def _steep(ratio: Any, other: Any) -> Any:
    return 2.0 * ratio * (ratio * ratio - 3.0) * other * other * other


def _flat(ratio: Any, y: Any) -> Any:
    return 2.0 * (1.0 - 3.0 * ratio * ratio) * y * y * y


ATAN2: Final[Op] = define_op(
    "atan2",
    math.atan2,
    lambda y, x, angle: CAUCHY(y, x),
    lambda y, x, angle: -CAUCHY(x, y),
    latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
    sample=((0.5, 3.0), (-3.0, 3.0)),
    kinks=lambda y, x: abs(y) if x <= 0.0 else math.hypot(y, x),  # the cut along the negative axis,
    poles=True,
    about="The angle of the point `(x, y)`, in radians from -π to π.",
)
CAUCHY: Final[Op] = define_op(
    "cauchy",
    real.cauchy,
    _derivative_in_location,
    _derivative_in_scale,
    latex=r"\frac{{{1}}}{{{0}^2 + {1}^2}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=math.hypot,
    poles=True,
    internal=True,
    about="`b / (a*a + b*b)`.",
)
CAUCHY_DA: Final[Op] = define_op(
    "cauchy_da",
    lambda a, b: _derivative_of_location(a, b, real.cauchy(a, b)),
    lambda a, b, y: -_curvature(a, b),
    lambda a, b, y: -_curvature(b, a),
    latex=r"-\frac{{2 \cdot {0} \cdot {1}}}{{\left({0}^2 + {1}^2\right)^2}}",
    precedence=Precedence.SIGN,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=math.hypot,
    poles=True,
    internal=True,
    about="The derivative of `b / (a*a + b*b)` with respect to `a`.",
)
CAUCHY_DB: Final[Op] = define_op(
    "cauchy_db",
    lambda a, b: _derivative_of_scale(a, b, real.cauchy(a, b)),
    lambda a, b, y: -_curvature(b, a),
    lambda a, b, y: _curvature(a, b),
    latex=r"\frac{{{0}^2 - {1}^2}}{{\left({0}^2 + {1}^2\right)^2}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=math.hypot,
    poles=True,
    internal=True,
    about="The derivative of `b / (a*a + b*b)` with respect to `b`.",
)

FIRST_DERIVATIVES: Final = [
    DIRECTION,
    POW_DX,
    POW_DP,
    LOG_BASE_DB,
    EXP_QUOTIENT_DA,
    EXP_QUOTIENT_DB,
    CAUCHY_DA,
    CAUCHY_DB,
]
"""The rows whose values are first derivatives of other rows."""
