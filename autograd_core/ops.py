"""The table of operations: mathematics only.

An op is one row: the forward function on floats, then the local derivative with respect to each input.
`op` says what a row is, and `real` has the forward functions.

Conventions. At a kink the derivative is the subgradient of smallest magnitude: `abs'(0) = 0`,
`relu'(0) = 0`; ties of `max` and `min` share it evenly. At a pole it is the limit from inside the
domain: `log'(0) = sqrt'(0) = inf`. Outside the domain value and derivative are nan.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from autograd_core import real
from autograd_core.number import INFINITY, NAN
from autograd_core.op import POSITIVE, REAL, Interval, Op, Precedence, define_op, where

UNIT: Final[Interval] = (-1.0, 1.0)

LN_2: Final = math.log(2.0)
LOG2_E: Final = math.log2(math.e)
LOG10_E: Final = math.log10(math.e)

# Parts of derivatives.


def _share_among_ties(xs: Sequence[Any], y: Any) -> list[Any]:
    """For each input its part of the derivative of a maximum or minimum `y`: an even share for those that equal it."""
    ties = sum(1 for x in xs if x == y)
    return [where(x == y, 1.0 / ties, 0.0) for x in xs] if ties else [y for _ in xs]


def _slope_in_base(x: Any, p: Any, formula: Any) -> Any:
    """The derivative of `x**p` in `x`: the formula, but 0 for the constant `x**0` where the formula is `0 * inf`."""
    return where(x > 0, formula, where(x < 0, formula, where(p == 0, 0.0, formula)))


def _gap(*xs: float) -> float:
    """The distance of a point from the nearest tie for the extreme values."""
    ordered = sorted(xs)
    return min((b - a for a, b in pairwise(ordered)), default=INFINITY)


def _gap_to_integer(x: float) -> float:
    return abs(x - round(x))


def _gap_to_half(x: float) -> float:
    return abs(x - math.floor(x) - 0.5)


def _swap_halves(xs: Sequence[Any], y: Any) -> list[Any]:
    half = len(xs) // 2
    return [*xs[half:], *xs[:half]]


def _square(x: Any) -> Any:
    return x * x


def _direction(x: Any, y: Any) -> Any:
    """The derivative of a length `y` in one coordinate: 0 at the origin, and the limit where the length is infinite."""
    if y == 0:
        return 0.0
    return x / y if y < INFINITY else where(x == y, 1.0, where(x == -y, -1.0, where(x == x, 0.0, x)))  # noqa: PLR0124


def _minus_quotient(a: Any, b: Any, y: Any) -> Any:
    """Minus how often `b` goes into `a`, if `y` remains: a whole number, so what rounding has added is rounded away."""
    return -ROUND((a - y) / b)


def _gap_to_multiple(a: float, b: float) -> float:
    return _gap_to_integer(a / b)


def _gap_to_odd_half(a: float, b: float) -> float:
    return _gap_to_half(a / b)


# The table. `x`, `a`, `b` are inputs, `y` is the output. Where the condition of a `where` is false for a
# nan, the nan itself is passed on as the derivative.

ADD: Final[Op] = define_op(
    "add",
    lambda a, b: a + b,
    lambda a, b, y: 1.0,
    lambda a, b, y: 1.0,
    symbol="+",
    latex="{0} + {1}",
    precedence=Precedence.SUM,
)
SUB: Final[Op] = define_op(
    "sub",
    lambda a, b: a - b,
    lambda a, b, y: 1.0,
    lambda a, b, y: -1.0,
    symbol="-",
    latex="{0} - {1}",
    precedence=Precedence.SUM,
)
MUL: Final[Op] = define_op(
    "mul",
    lambda a, b: a * b,
    lambda a, b, y: b,
    lambda a, b, y: a,
    symbol="*",
    latex=r"{0} \cdot {1}",
    precedence=Precedence.PRODUCT,
)
DIV: Final[Op] = define_op(
    "div",
    real.divide,
    lambda a, b, y: 1.0 / b,
    lambda a, b, y: -y / b,
    symbol="/",
    latex=r"\frac{{{0}}}{{{1}}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
)
NEG: Final[Op] = define_op(
    "neg",
    lambda x: -x,
    lambda x, y: -1.0,
    symbol="-",
    latex="-{0}",
    precedence=Precedence.SIGN,
)
POS: Final[Op] = define_op(
    "pos",
    lambda x: x,
    lambda x, y: 1.0,
    symbol="+",
    latex="+{0}",
    precedence=Precedence.SIGN,
)
POW: Final[Op] = define_op(
    "pow",
    real.power,
    lambda x, p, y: _slope_in_base(x, p, p * POW(x, p - 1)),
    # Base 0 is the edge of the domain of the logarithm; the curve in p is flat there wherever it is finite.
    lambda x, p, y: where(x == 0, 0.0, y * LOG(x)),
    symbol="**",
    latex="{0}^{{{1}}}",
    precedence=Precedence.POWER,
    domain=(POSITIVE, REAL),
    sample=((0.5, 3.0), (-2.0, 2.0)),
)
SQUARE: Final[Op] = define_op(
    "square",
    lambda x: x * x,
    lambda x, y: 2.0 * x,
    latex="{0}^2",
    precedence=Precedence.POWER,
)
RECIPROCAL: Final[Op] = define_op(
    "reciprocal",
    lambda x: real.divide(1.0, x),
    lambda x, y: -y * y,
    latex=r"\frac{{1}}{{{0}}}",
    precedence=Precedence.PRODUCT,
    sample=(0.5, 3.0),
)
FMA: Final[Op] = define_op(
    "fma",
    real.fma,
    lambda a, b, c, y: b,
    lambda a, b, c, y: a,
    lambda a, b, c, y: 1.0,
    latex=r"{0} \cdot {1} + {2}",
    precedence=Precedence.SUM,
)
FLOORDIV: Final[Op] = define_op(
    "floordiv",
    real.floor_divide,
    lambda a, b, y: 0.0,
    lambda a, b, y: 0.0,
    symbol="//",
    latex=r"\left\lfloor \frac{{{0}}}{{{1}}} \right\rfloor",
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_multiple,
)
MOD: Final[Op] = define_op(
    "mod",
    real.modulo,
    lambda a, b, y: 1.0,
    _minus_quotient,
    symbol="%",
    latex=r"{0} \bmod {1}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_multiple,
)
FMOD: Final[Op] = define_op(
    "fmod",
    real.quiet(math.fmod),
    lambda a, b, y: 1.0,
    _minus_quotient,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_multiple,
)
REMAINDER: Final[Op] = define_op(
    "remainder",
    real.quiet(math.remainder),
    lambda a, b, y: 1.0,
    _minus_quotient,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_odd_half,
)
ABS: Final[Op] = define_op(
    "abs",
    abs,
    lambda x, y: where(x > 0, 1.0, where(x < 0, -1.0, where(x == 0, 0.0, x))),
    latex=r"\left|{0}\right|",
    kinks=abs,
)
EXP: Final[Op] = define_op(
    "exp",
    real.exp,
    lambda x, y: y,
    latex="e^{{{0}}}",
    precedence=Precedence.POWER,
)
LOG: Final[Op] = define_op(
    "log",
    real.log,
    lambda x, y: where(x > 0, 1.0 / x, where(x == 0, INFINITY, NAN)),
    latex=r"\ln\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
EXP2: Final[Op] = define_op(
    "exp2",
    real.quiet(math.exp2),
    lambda x, y: y * LN_2,
    latex="2^{{{0}}}",
    precedence=Precedence.POWER,
)
EXPM1: Final[Op] = define_op(
    "expm1",
    real.quiet(math.expm1),
    lambda x, y: EXP(x),
    latex="e^{{{0}}} - 1",
    precedence=Precedence.SUM,
)
LOG2: Final[Op] = define_op(
    "log2",
    real.quiet(math.log2, {0.0: -INFINITY}),
    lambda x, y: where(x > 0, LOG2_E / x, where(x == 0, INFINITY, NAN)),
    latex=r"\log_2\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
LOG10: Final[Op] = define_op(
    "log10",
    real.quiet(math.log10, {0.0: -INFINITY}),
    lambda x, y: where(x > 0, LOG10_E / x, where(x == 0, INFINITY, NAN)),
    latex=r"\log_{{10}}\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
LOG1P: Final[Op] = define_op(
    "log1p",
    real.quiet(math.log1p, {-1.0: -INFINITY}),
    lambda x, y: where(x > -1, 1.0 / (1.0 + x), where(x == -1, INFINITY, NAN)),
    latex=r"\ln\left(1 + {0}\right)",
    domain=(-1.0, INFINITY),
    sample=(-0.75, 3.0),
)
CBRT: Final[Op] = define_op(
    "cbrt",
    real.cbrt,
    lambda x, y: where(x == 0, INFINITY, 1.0 / (3.0 * y * y)),
    latex=r"\sqrt[3]{{{0}}}",
    kinks=abs,
)
SQRT: Final[Op] = define_op(
    "sqrt",
    real.sqrt,
    lambda x, y: where(x == 0, INFINITY, 0.5 / y),
    latex=r"\sqrt{{{0}}}",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
SIN: Final[Op] = define_op("sin", real.sin, lambda x, y: COS(x), latex=r"\sin\left({0}\right)")
COS: Final[Op] = define_op("cos", real.cos, lambda x, y: -SIN(x), latex=r"\cos\left({0}\right)")
TAN: Final[Op] = define_op(
    "tan",
    real.quiet(math.tan),
    lambda x, y: 1.0 + y * y,
    latex=r"\tan\left({0}\right)",
    sample=(-1.5, 1.5),
)
ASIN: Final[Op] = define_op(
    "asin",
    real.quiet(math.asin),
    lambda x, y: 1.0 / SQRT((1.0 - x) * (1.0 + x)),
    latex=r"\arcsin\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
)
ACOS: Final[Op] = define_op(
    "acos",
    real.quiet(math.acos),
    lambda x, y: -1.0 / SQRT((1.0 - x) * (1.0 + x)),
    latex=r"\arccos\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
)
ATAN: Final[Op] = define_op("atan", math.atan, lambda x, y: 1.0 / (1.0 + x * x), latex=r"\arctan\left({0}\right)")
ATAN2: Final[Op] = define_op(
    "atan2",
    math.atan2,
    # Divided twice by the length, for its square would overflow.
    lambda a, b, y: b / HYPOT(a, b) / HYPOT(a, b),
    lambda a, b, y: -a / HYPOT(a, b) / HYPOT(a, b),
    latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
    sample=((0.5, 3.0), (-3.0, 3.0)),
    kinks=lambda a, b: abs(a) if b <= 0.0 else math.hypot(a, b),  # the cut along the negative axis
)
SINH: Final[Op] = define_op("sinh", real.sinh, lambda x, y: COSH(x), latex=r"\sinh\left({0}\right)")
COSH: Final[Op] = define_op("cosh", real.cosh, lambda x, y: SINH(x), latex=r"\cosh\left({0}\right)")
ASINH: Final[Op] = define_op(
    "asinh",
    math.asinh,
    lambda x, y: 1.0 / HYPOT(1.0, x),
    latex=r"\operatorname{{arsinh}}\left({0}\right)",
)
ACOSH: Final[Op] = define_op(
    "acosh",
    real.quiet(math.acosh),
    lambda x, y: 1.0 / (SQRT(x - 1.0) * SQRT(x + 1.0)),
    latex=r"\operatorname{{arcosh}}\left({0}\right)",
    domain=(1.0, INFINITY),
    sample=(1.1, 4.0),
)
ATANH: Final[Op] = define_op(
    "atanh",
    real.quiet(math.atanh, {1.0: INFINITY, -1.0: -INFINITY}),
    lambda x, y: where(x > 1, NAN, where(x < -1, NAN, 1.0 / ((1.0 - x) * (1.0 + x)))),
    latex=r"\operatorname{{artanh}}\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
)
TANH: Final[Op] = define_op(
    "tanh",
    math.tanh,
    # Not 1 - y*y, which has lost every digit once y rounds to 1; squared last, for cosh**2 overflows too early.
    lambda x, y: _square(1.0 / COSH(x)),
    latex=r"\tanh\left({0}\right)",
)
SIGMOID: Final[Op] = define_op(
    "sigmoid",
    real.sigmoid,
    # Not y * (1 - y), which has lost every digit once y rounds to 1.
    lambda x, y: y * SIGMOID(-x),
    latex=r"\sigma\left({0}\right)",
)
COPYSIGN: Final[Op] = define_op(
    "copysign",
    math.copysign,
    lambda a, b, y: where(a == 0, 0.0, where(a == y, 1.0, where(a == -y, -1.0, a))),
    lambda a, b, y: 0.0,
    kinks=lambda a, b: min(abs(a), abs(b)),
)
DEGREES: Final[Op] = define_op("degrees", math.degrees, lambda x, y: 180.0 / math.pi)
RADIANS: Final[Op] = define_op("radians", math.radians, lambda x, y: math.pi / 180.0)
RELU: Final[Op] = define_op(
    "relu",
    real.relu,
    lambda x, y: where(x > 0, 1.0, where(x <= 0, 0.0, x)),
    latex=r"\operatorname{{relu}}\left({0}\right)",
    kinks=abs,
)
LEAKY_RELU: Final[Op] = define_op(
    "leaky_relu",
    lambda x, slope: x if x > 0.0 else slope * x,
    lambda x, slope, y: where(x > 0, 1.0, slope),
    lambda x, slope, y: where(x > 0, 0.0, x),
    sample=((-3.0, 3.0), (0.01, 0.5)),
    kinks=lambda x, slope: abs(x),
)
SOFTPLUS: Final[Op] = define_op(
    "softplus",
    real.softplus,
    lambda x, y: SIGMOID(x),
    latex=r"\ln\left(1 + e^{{{0}}}\right)",
)
LOGSIGMOID: Final[Op] = define_op(
    "logsigmoid",
    lambda x: -real.softplus(-x),
    lambda x, y: SIGMOID(-x),
    latex=r"\ln \sigma\left({0}\right)",
)
SILU: Final[Op] = define_op(
    "silu",
    lambda x: x * real.sigmoid(x) if x > -INFINITY else -0.0,
    # The limits are written out because the formula meets `inf * 0` there.
    lambda x, y: where(abs(x) < INFINITY, SIGMOID(x) * (1.0 + x * SIGMOID(-x)), where(x == x, SIGMOID(x), x)),  # noqa: PLR0124
    latex=r"{0} \cdot \sigma\left({0}\right)",
    precedence=Precedence.PRODUCT,
    sample=(-1.0, 3.0),  # near its zero at -1.28 the derivative is a difference of nearly equal numbers
)
SOFTSIGN: Final[Op] = define_op(
    "softsign",
    lambda x: math.copysign(1.0, x) if math.isinf(x) else x / (1.0 + abs(x)),
    lambda x, y: _square(1.0 / (1.0 + abs(x))),
    latex=r"\frac{{{0}}}{{1 + \left|{0}\right|}}",
    precedence=Precedence.PRODUCT,
    kinks=abs,  # of the second derivative
)
WHERE: Final[Op] = define_op(
    "where",
    where,
    lambda c, a, b, y: 0.0,
    lambda c, a, b, y: where(c, 1.0, 0.0),
    lambda c, a, b, y: where(c, 0.0, 1.0),
    kinks=lambda c, a, b: abs(c),
)
CLAMP: Final[Op] = define_op(
    "clamp",
    real.clamp,
    lambda x, low, high, y: where(x > low, where(x < high, 1.0, 0.0), where(x == x, 0.0, x)),  # noqa: PLR0124 - nan
    lambda x, low, high, y: where(x < low, where(low > high, 0.0, 1.0), 0.0),
    lambda x, low, high, y: where(x > high, 1.0, where(low > high, 1.0, 0.0)),
    sample=((-3.0, 3.0), (-2.0, -1.0), (1.0, 2.0)),
    kinks=lambda x, low, high: min(abs(x - low), abs(x - high), abs(high - low)),
)
FLOOR: Final[Op] = define_op(
    "floor",
    real.to_integer(math.floor),
    lambda x, y: 0.0,
    latex=r"\left\lfloor {0} \right\rfloor",
    kinks=_gap_to_integer,
)
CEIL: Final[Op] = define_op(
    "ceil",
    real.to_integer(math.ceil),
    lambda x, y: 0.0,
    latex=r"\left\lceil {0} \right\rceil",
    kinks=_gap_to_integer,
)
TRUNC: Final[Op] = define_op(
    "trunc",
    real.to_integer(math.trunc),
    lambda x, y: 0.0,
    kinks=_gap_to_integer,
)
ROUND: Final[Op] = define_op(
    "round",
    real.to_integer(round),
    lambda x, y: 0.0,
    kinks=_gap_to_half,
)
MAX: Final[Op] = define_op(
    "max", real.maximum, _share_among_ties, variadic=True, latex=r"\max\left({}\right)", kinks=_gap
)
MIN: Final[Op] = define_op(
    "min", real.minimum, _share_among_ties, variadic=True, latex=r"\min\left({}\right)", kinks=_gap
)
SUM: Final[Op] = define_op(
    "sum",
    real.total,
    lambda xs, y: [1.0 for _ in xs],
    variadic=True,
    latex=r"\operatorname{{sum}}\left({}\right)",
)
DOT: Final[Op] = define_op(
    "dot",
    real.dot,
    _swap_halves,
    variadic=True,
    latex=r"\operatorname{{dot}}\left({}\right)",
)
HYPOT: Final[Op] = define_op(
    "hypot",
    lambda xs: math.hypot(*xs),
    lambda xs, y: [_direction(x, y) for x in xs],
    variadic=True,
    latex=r"\operatorname{{hypot}}\left({}\right)",
    kinks=math.hypot,
)
