"""The table of operations: mathematics only.

An op is one row: the forward function on floats, then the local derivative with respect to each input.
`op` says what a row is; `numerics` has the forward functions.

Conventions. At a kink the derivative is the subgradient of smallest magnitude: `abs'(0) = 0`,
`relu'(0) = 0`; ties of `max` and `min` share it evenly. At a pole it is the limit from inside the
domain: `log'(0) = sqrt'(0) = inf`. Outside the domain value and derivative are nan.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise
from typing import Any, Final

from autograd_core.numerics import elementary, exact, norms, real
from autograd_core.numerics.number import INFINITY, NAN
from autograd_core.table.define import always, at, define_op, either, is_constant, never, select, where
from autograd_core.table.op import POSITIVE, Interval, Op, Recorder, find, recorder_of
from autograd_core.table.precedence import Precedence

UNIT: Final[Interval] = (-1.0, 1.0)

LN_2: Final = math.log(2.0)
LOG2_E: Final = math.log2(math.e)
LOG10_E: Final = math.log10(math.e)

# Parts of derivatives.


def from_above(x: Any) -> Any:
    """The number itself, but 0.0 for -0.0: a pole at 0 is approached from inside the domain.

    So the pole comes from the formula and not from a constant, and the derivatives of the formula are poles as well.
    """
    return x + 0.0


def inverse(x: Any) -> Any:
    """`1 / x`, even for a constant 0: if the other inputs are Values, it is a float, and dividing would raise."""
    return RECIPROCAL(x) if isinstance(x, float) and x == 0 else 1.0 / x


def _share_among_ties(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives of a maximum or minimum `y`: the inputs that are equal to it share 1 evenly."""
    shares = [where(x == y, 1.0, 0.0) for x in xs]
    ties = _count(shares)
    return [where(y == y, share / ties, y) for share in shares]  # noqa: PLR0124 - nan


def _count(shares: Sequence[Any]) -> Any:
    """The number of ties; at least 1, which matters for nan only."""
    # The row takes as long for floats as all the rest of the derivatives.
    ties = real.total(shares) if all(map(is_constant, shares)) else SUM(*shares)
    return where(ties == 0, 1.0, ties)


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


def _has_constant_partner(xs: Sequence[Any], y: Any, index: int) -> bool:
    """For a sum of products: whether the other factor is a constant."""
    half = len(xs) // 2
    return is_constant(xs[index - half if index >= half else index + half])


def _has_constant_zero(xs: Sequence[Any], y: Any, index: int) -> Any:
    """For a product: whether another factor is the constant 0."""
    found: Any = False  # recorded, if a constant is
    for i, x in enumerate(xs):
        if i != index and is_constant(x):
            found = either(found, x == 0.0)
    return found


def squared(x: Any) -> Any:
    """The square by a product, the fastest way for floats; `SQUARE` is the row."""
    return x * x


def _directions(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivative of a length in each coordinate: 0 at the origin, and the limit where the length is infinite."""
    if recorder_of((y, *xs)) is None:
        return real.directions(xs, y)
    xs, y = _in_range(xs, y)
    most = cache(partial(_of_most, xs))
    finite = [select(abs(x) < 0.75 * y, partial(_quotient, x, y), most) for x in xs]
    infinite = [where(x == y, 1.0, where(x == -y, -1.0, where(x == x, 0.0, NAN * x))) for x in xs]  # noqa: PLR0124 - nan
    known = [where(y == 0, 0.0, where(y == INFINITY, i, d)) for i, d in zip(infinite, finite, strict=True)]
    return [where(y == y, d, y) for d in known]  # noqa: PLR0124 - nan, which the other coordinates do not show


def _in_range(xs: Sequence[Any], y: Any) -> tuple[Sequence[Any], Any]:
    """The coordinates and their length `y`; both times a power of 2 if `y` or its reciprocal is not in range.

    This does not change directions. Their derivatives are sums of quotients by the length. Of the multiples the
    quotients are finite, and only their sum is multiplied by the power, so that it is infinite or 0 but not nan.
    """
    size = detached(y)
    power = select(
        size < norms.SMALL_LENGTH, lambda: EXP2(-EXPONENT(size)), lambda: where(size == INFINITY, real.REDUCED, 1.0)
    )
    if isinstance(power, float) and power == 1.0:
        return xs, y
    xs = [x * power for x in xs]
    return xs, HYPOT(*xs)


def _quotient(x: Any, y: Any) -> Any:
    return x / y


def _of_most(xs: Sequence[Any]) -> Any:
    """The derivative in the coordinate that is most of the length, as a formula in the ratios of the others to it.

    The derivative of `x / y` is `1/y - x*x/y**3`, which has lost its digits where `x` is nearly `y`.
    """
    numbers = [detached(x) for x in xs]
    k = ARGMAX(*[abs(x) for x in numbers])
    most = at_index(k, xs)
    ratios = without(k, [x / most for x in xs])
    formula = where(most < 0, -1.0, 1.0) / SQRT(1.0 + SUMPROD(*ratios, *ratios))
    return corrected(formula, DIRECTION(at_index(k, numbers), HYPOT(*without(k, numbers))))


def at_index(k: Any, xs: Sequence[Any]) -> Any:
    """The number at an index, which is known or recorded."""
    return find("element")(k, *xs) if isinstance(k, Recorder) else xs[int(k)]


def without(k: Any, xs: Sequence[Any]) -> list[Any]:
    """The numbers, with 0 in the place of the one at an index."""
    return [where(k == i, 0.0, x) for i, x in enumerate(xs)]


def corrected(x: Any, number: Any) -> Any:
    """A number that has more digits than `x`, with the derivatives of `x`."""
    return FSUM(x, number, -detached(x))


def one_minus_square(x: Any) -> Any:
    """`1 - x*x`, rounded once, even near 1; its derivative is exact, even near 0."""
    return FMA(-x, x, 1.0)


def _minus_quotient(a: Any, b: Any, y: Any) -> Any:
    """Minus the quotient of `a` and `b` with remainder `y`: a whole number, so rounding removes the error."""
    return -ROUND((a - y) / b)


def _gap_to_multiple(a: float, b: float) -> float:
    return _gap_to_integer(a / b)


def _gap_to_odd_half(a: float, b: float) -> float:
    return _gap_to_half(a / b)


# The table. `x`, `a`, `b` are inputs, `y` is the output. Where the conditions of a `where` are false for a
# nan, the derivative is `y`, which is nan, and so are its own derivatives; those of the input are 1.

ADD: Final[Op] = define_op(
    "add",
    lambda a, b: a + b,
    lambda a, b, y: 1.0,
    lambda a, b, y: 1.0,
    symbol="+",
    latex="{0} + {1}",
    precedence=Precedence.SUM,
    linear=True,
    adds="inputs",
    about="The sum `a + b`.",
)
SUB: Final[Op] = define_op(
    "sub",
    lambda a, b: a - b,
    lambda a, b, y: 1.0,
    lambda a, b, y: -1.0,
    symbol="-",
    latex="{0} - {1}",
    precedence=Precedence.SUM,
    linear=True,
    about="The difference `a - b`.",
)
MUL: Final[Op] = define_op(
    "mul",
    lambda a, b: a * b,
    lambda a, b, y: b,
    lambda a, b, y: a,
    symbol="*",
    latex=r"{0} \cdot {1}",
    precedence=Precedence.PRODUCT,
    structural=(lambda a, b, y: is_constant(b), lambda a, b, y: is_constant(a)),
    linear=True,
    about="The product `a * b`.",
)
DIV: Final[Op] = define_op(
    "div",
    real.divide,
    lambda a, b, y: inverse(b),
    lambda a, b, y: -y / b,
    symbol="/",
    latex=r"\frac{{{0}}}{{{1}}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    structural=(lambda a, b, y: is_constant(b), lambda a, b, y: is_constant(a) and a == 0.0),
    poles=True,
    about="The quotient `a / b`.",
    textbook=("1 / b", "-a / b**2"),
)
NEG: Final[Op] = define_op(
    "neg",
    lambda x: -x,
    lambda x, y: -1.0,
    symbol="-",
    latex="-{0}",
    precedence=Precedence.SIGN,
    linear=True,
    about="The number with the opposite sign, `-x`.",
)
POS: Final[Op] = define_op(
    "pos",
    lambda x: x,
    lambda x, y: 1.0,
    symbol="+",
    latex="+{0}",
    precedence=Precedence.SIGN,
    linear=True,
    about="The number itself, `+x`.",
)
SQUARE: Final[Op] = define_op(
    "square",
    lambda x: x * x,
    lambda x, y: 2.0 * x,
    latex="{0}^2",
    precedence=Precedence.POWER,
    sign="not negative",
)
RECIPROCAL: Final[Op] = define_op(
    "reciprocal",
    lambda x: real.divide(1.0, x),
    lambda x, y: -y * y,
    latex=r"\frac{{1}}{{{0}}}",
    precedence=Precedence.PRODUCT,
    sample=(0.5, 3.0),
    poles=True,
)
FMA: Final[Op] = define_op(
    "fma",
    real.fma,
    lambda a, b, c, y: b,
    lambda a, b, c, y: a,
    lambda a, b, c, y: 1.0,
    latex=r"{0} \cdot {1} + {2}",
    precedence=Precedence.SUM,
    structural=(lambda a, b, c, y: is_constant(b), lambda a, b, c, y: is_constant(a), never),
    linear=True,
    about="`a * b + c`, rounded once.",
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
    piecewise_constant=True,
    poles=True,
    about="The quotient rounded down, `a // b`.",
)
MOD: Final[Op] = define_op(
    "mod",
    real.modulo,
    lambda a, b, y: 1.0,
    _minus_quotient,
    symbol="%",
    latex=r"{0} \bmod {1}",
    precedence=Precedence.LOOSE,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_multiple,
    structural=(never, always),
    poles=True,
    about="The remainder of `a / b` with the sign of `b`, `a % b`.",
)
FMOD: Final[Op] = define_op(
    "fmod",
    real.quiet(math.fmod),
    lambda a, b, y: 1.0,
    _minus_quotient,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_multiple,
    structural=(never, always),
    poles=True,
    about="The remainder of `a / b` with the sign of `a`, as `math.fmod`.",
)
REMAINDER: Final[Op] = define_op(
    "remainder",
    real.quiet(math.remainder),
    lambda a, b, y: 1.0,
    _minus_quotient,
    sample=((-3.0, 3.0), (0.5, 3.0)),
    kinks=_gap_to_odd_half,
    structural=(never, always),
    poles=True,
    about="The remainder of `a / b` that is nearest to 0, as `math.remainder`.",
)
ABS: Final[Op] = define_op(
    "abs",
    abs,
    lambda x, y: where(x > 0, 1.0, where(x < 0, -1.0, where(x == 0, 0.0, y))),
    latex=r"\left|{0}\right|",
    kinks=abs,
    sign="not negative",
    about="The absolute value; its derivative at 0 is 0.",
    textbook=("x / abs(x)",),
)
EXP: Final[Op] = define_op(
    "exp",
    real.exp,
    lambda x, y: y,
    latex="e^{{{0}}}",
    precedence=Precedence.POWER,
    sign="positive",
)
LOG: Final[Op] = define_op(
    "log",
    real.log,
    lambda x, y: where(x >= 0, 1.0 / from_above(x), NAN * x),
    latex=r"\ln\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
    poles=True,
    textbook=("1 / x",),
)
EXP_DIFFERENCE: Final[Op] = define_op(
    "exp_difference",
    elementary.exp_difference,
    lambda a, b, y: y,
    lambda a, b, y: -y,
    latex="e^{{{0} - {1}}}",
    precedence=Precedence.POWER,
    sign="positive",
    internal=True,
    about="`exp(a - b)`.",
)
EXP2: Final[Op] = define_op(
    "exp2",
    real.quiet(math.exp2),
    lambda x, y: y * LN_2,
    latex="2^{{{0}}}",
    precedence=Precedence.POWER,
    sign="positive",
    textbook=("y * log(2)",),
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
    lambda x, y: where(x >= 0, LOG2_E / from_above(x), NAN * x),
    latex=r"\log_2\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
    poles=True,
    textbook=("1 / (x * log(2))",),
)
LOG10: Final[Op] = define_op(
    "log10",
    elementary.log10,
    lambda x, y: where(x >= 0, LOG10_E / from_above(x), NAN * x),
    latex=r"\log_{{10}}\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
    poles=True,
    textbook=("1 / (x * log(10))",),
)
LOG1P: Final[Op] = define_op(
    "log1p",
    real.quiet(math.log1p, {-1.0: -INFINITY}),
    lambda x, y: where(x >= -1, 1.0 / (1.0 + x), NAN * x),
    latex=r"\ln\left(1 + {0}\right)",
    domain=(-1.0, INFINITY),
    sample=(-0.75, 3.0),
    poles=True,
    textbook=("1 / (1 + x)",),
)
CBRT: Final[Op] = define_op(
    "cbrt",
    real.cbrt,
    lambda x, y: where(x == 0, 1.0 / abs(x), where(abs(x) < INFINITY, y / x / 3.0, where(x == x, 0.0, y))),  # noqa: PLR0124
    latex=r"\sqrt[3]{{{0}}}",
    kinks=abs,
    textbook=("1 / (3 * y**2)",),
)
SQRT: Final[Op] = define_op(
    "sqrt",
    real.sqrt,
    lambda x, y: 0.5 / from_above(y),
    latex=r"\sqrt{{{0}}}",
    domain=POSITIVE,
    sample=(0.25, 4.0),
    sign="not negative",
    textbook=("1 / (2 * y)",),
)
SIN: Final[Op] = define_op("sin", real.sin, lambda x, y: COS(x), latex=r"\sin\left({0}\right)")
COS: Final[Op] = define_op("cos", real.cos, lambda x, y: -SIN(x), latex=r"\cos\left({0}\right)")
TAN: Final[Op] = define_op(
    "tan",
    real.quiet(math.tan),
    lambda x, y: 1.0 + y * y,
    latex=r"\tan\left({0}\right)",
    sample=(-1.5, 1.5),
    poles=True,
)
ASIN: Final[Op] = define_op(
    "asin",
    real.quiet(math.asin),
    lambda x, y: 1.0 / SQRT(one_minus_square(x)),
    latex=r"\arcsin\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
)
ACOS: Final[Op] = define_op(
    "acos",
    real.quiet(math.acos),
    lambda x, y: -1.0 / SQRT(one_minus_square(x)),
    latex=r"\arccos\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
    sign="not negative",
)
ATAN: Final[Op] = define_op(
    "atan",
    math.atan,
    # From 1e8 on the 1 is below the last digit, and the square would overflow too early.
    lambda x, y: where(abs(x) > 1e8, squared(1.0 / x), 1.0 / (1.0 + x * x)),
    latex=r"\arctan\left({0}\right)",
    steepest=1.0,
    textbook=("1 / (1 + x**2)",),
)
SINH: Final[Op] = define_op("sinh", elementary.sinh, lambda x, y: COSH(x), latex=r"\sinh\left({0}\right)")
COSH: Final[Op] = define_op(
    "cosh", elementary.cosh, lambda x, y: SINH(x), latex=r"\cosh\left({0}\right)", sign="positive"
)
ASINH: Final[Op] = define_op(
    "asinh",
    elementary.asinh,
    lambda x, y: 1.0 / HYPOT(1.0, x),
    latex=r"\operatorname{{arsinh}}\left({0}\right)",
    textbook=("1 / sqrt(1 + x**2)",),
)
ACOSH: Final[Op] = define_op(
    "acosh",
    elementary.acosh,
    lambda x, y: 1.0 / (SQRT(x - 1.0) * SQRT(x + 1.0)),
    latex=r"\operatorname{{arcosh}}\left({0}\right)",
    domain=(1.0, INFINITY),
    sample=(1.1, 4.0),
    sign="not negative",
)
ATANH: Final[Op] = define_op(
    "atanh",
    elementary.atanh,
    lambda x, y: where(abs(x) <= 1, 1.0 / one_minus_square(x), NAN * x),
    latex=r"\operatorname{{artanh}}\left({0}\right)",
    domain=UNIT,
    sample=(-0.9, 0.9),
    poles=True,
    textbook=("1 / (1 - x**2)",),
)
TANH: Final[Op] = define_op(
    "tanh",
    elementary.tanh,
    lambda x, y: at(SECH_SQUARED, x),
    latex=r"\tanh\left({0}\right)",
    activation=True,
    steepest=1.0,
    textbook=("1 - y**2",),
)
SECH: Final[Op] = define_op(
    "sech",
    elementary.sech,
    lambda x, y: -y * TANH(x),
    latex=r"\operatorname{{sech}}\left({0}\right)",
    sign="positive",
    internal=True,
    about="The hyperbolic secant, `1 / cosh(x)`.",
)
SECH_SQUARED: Final[Op] = define_op(
    "sech_squared",
    elementary.sech_squared,
    lambda x, y: -2.0 * TANH(x) * y,
    latex=r"\operatorname{{sech}}^2\left({0}\right)",
    sign="positive",
    internal=True,
    about="The derivative of `tanh`, `1 / cosh(x)**2`.",
)
COPYSIGN: Final[Op] = define_op(
    "copysign",
    math.copysign,
    lambda x, sign, y: where(x == 0, 0.0, where(x == y, 1.0, where(x == -y, -1.0, y))),
    lambda x, sign, y: 0.0,
    kinks=lambda x, sign: min(abs(x), abs(sign)),
    structural=(never, always),
    about="The absolute value of `x` with the sign of `sign`.",
)
DEGREES: Final[Op] = define_op("degrees", math.degrees, lambda x, y: 180.0 / math.pi, linear=True)
RADIANS: Final[Op] = define_op("radians", math.radians, lambda x, y: math.pi / 180.0, linear=True)
WHERE: Final[Op] = define_op(
    "where",
    where,
    lambda condition, a, b, y: 0.0,
    lambda condition, a, b, y: where(condition, 1.0, 0.0),
    lambda condition, a, b, y: where(condition, 0.0, 1.0),
    kinks=lambda condition, a, b: abs(condition),
    structural=True,
    about="`a` if the condition is not 0, else `b`.",
)
CLAMP: Final[Op] = define_op(
    "clamp",
    real.clamp,
    lambda x, low, high, y: where(x > low, where(x < high, 1.0, 0.0), where(x == x, 0.0, y)),  # noqa: PLR0124 - nan
    # Where x is equal to a bound, the bound has the derivative 1, so that all derivatives together are still 1.
    lambda x, low, high, y: where(x <= low, where(low > high, 0.0, 1.0), 0.0),
    lambda x, low, high, y: where(
        x > high, 1.0, where(x == high, where(low == high, 0.0, 1.0), where(low > high, 1.0, 0.0))
    ),
    sample=((-3.0, 3.0), (-2.0, -1.0), (1.0, 2.0)),
    kinks=lambda x, low, high: min(abs(x - low), abs(x - high), abs(high - low)),
    structural=True,
    activation=True,
    steepest=1.0,
    about="`x` from `low` to `high`, and the nearer bound outside.",
)
FLOOR: Final[Op] = define_op(
    "floor",
    real.to_integer(math.floor),
    lambda x, y: 0.0,
    latex=r"\left\lfloor {0} \right\rfloor",
    kinks=_gap_to_integer,
    piecewise_constant=True,
    about="The largest whole number that is not above `x`.",
)
CEIL: Final[Op] = define_op(
    "ceil",
    real.to_integer(math.ceil),
    lambda x, y: 0.0,
    latex=r"\left\lceil {0} \right\rceil",
    kinks=_gap_to_integer,
    piecewise_constant=True,
    about="The smallest whole number that is not below `x`.",
)
TRUNC: Final[Op] = define_op(
    "trunc",
    real.to_integer(math.trunc),
    lambda x, y: 0.0,
    kinks=_gap_to_integer,
    piecewise_constant=True,
    about="`x` without its fraction: the whole number next to it towards 0.",
)
ROUND: Final[Op] = define_op(
    "round",
    real.to_integer(round),
    lambda x, y: 0.0,
    kinks=_gap_to_half,
    piecewise_constant=True,
    about="The nearest whole number; halves go to the even one.",
)
MAX: Final[Op] = define_op(
    "max",
    real.maximum,
    _share_among_ties,
    variadic=True,
    latex=r"\max\left({}\right)",
    kinks=_gap,
    structural=True,
    about="The largest of the inputs. Equal ones share the derivative evenly.",
)
MIN: Final[Op] = define_op(
    "min",
    real.minimum,
    _share_among_ties,
    variadic=True,
    latex=r"\min\left({}\right)",
    kinks=_gap,
    structural=True,
    about="The smallest of the inputs. Equal ones share the derivative evenly.",
)
ARGMAX: Final[Op] = define_op(
    "argmax",
    lambda xs: float(real.index_of_largest(xs)),
    lambda xs, y: [0.0 for _ in xs],
    variadic=True,
    latex=r"\operatorname{{argmax}}\left({}\right)",
    kinks=_gap,
    piecewise_constant=True,
    sign="not negative",
    internal=True,
    about="The index of the largest input, the first one if there are several.",
)
SUM: Final[Op] = define_op(
    "sum",
    real.total,
    lambda xs, y: [1.0 for _ in xs],
    variadic=True,
    latex=r"\operatorname{{sum}}\left({}\right)",
    linear=True,
    adds="inputs",
    about="The sum of the inputs, added from left to right.",
)
FSUM: Final[Op] = define_op(
    "fsum",
    exact.fsum,
    lambda xs, y: [1.0 for _ in xs],
    variadic=True,
    latex=r"\operatorname{{fsum}}\left({}\right)",
    linear=True,
    adds="inputs",
    about="The sum of the inputs, rounded once.",
)


def _product(xs: list[Any]) -> Any:
    """The row itself, for its own derivatives."""
    return PROD(*xs)


def _partial_products(xs: Sequence[Any], y: Any) -> list[Any]:
    """For each factor the product of all others."""
    known = [detached(x) for x in xs]
    if not any(isinstance(x, Recorder) for x in known):
        return exact.partial_products(xs, _product)
    if len(xs) <= exact.FEW_FACTORS:
        return [_product([*xs[:i], *xs[i + 1 :]]) if len(xs) > 1 else 1.0 for i in range(len(xs))]
    return _scaled_partial_products(xs)


def _scaled_partial_products(xs: Sequence[Any]) -> list[Any]:
    """`exact.partial_products` of many factors that are recorded: every product has an exponent of its own."""
    before, after = _running(xs), _running(xs[::-1])[::-1]
    return [_times_power_of_2(a * b, d + e) for (a, d), (b, e) in zip(before, after, strict=True)]


def _running(xs: Sequence[Any]) -> list[tuple[Any, Any]]:
    """For each index the product of the factors before it, as a number of moderate size and an exponent of 2."""
    products: list[tuple[Any, Any]] = [(1.0, 0.0)]
    for x in xs[:-1]:
        factor, shift = _significand(x)
        product, excess = _significand(products[-1][0] * factor)
        products.append((product, products[-1][1] + shift + excess))
    return products


def _significand(x: Any) -> tuple[Any, Any]:
    """A number as one from 1/2 to 1 times a power of 2, and the exponent of that power."""
    e = EXPONENT(detached(x))
    return x * EXP2(-e), e


def _times_power_of_2(x: Any, e: Any) -> Any:
    """`x * 2**e` in two steps, because the power may overflow."""
    half = FLOOR(0.5 * e)
    return x * EXP2(CLAMP(half, -1022.0, 1023.0)) * EXP2(CLAMP(e - half, -1022.0, 1023.0))


def detached(x: Any) -> Any:
    """The number alone, as a constant."""
    return x.detached() if isinstance(x, Recorder) else x


PROD: Final[Op] = define_op(
    "prod",
    exact.prod,
    _partial_products,
    variadic=True,
    latex=r"\operatorname{{prod}}\left({}\right)",
    structural=_has_constant_zero,
    linear=True,
    about="The product of the inputs.",
)
SUMPROD: Final[Op] = define_op(
    "sumprod",
    exact.sumprod,
    _swap_halves,
    variadic=True,
    latex=r"\operatorname{{sumprod}}\left({}\right)",
    structural=_has_constant_partner,
    linear=True,
    adds="products",
    about="The sum of the products of the first half of the inputs with the second, rounded once.",
)
DOT: Final[Op] = define_op(
    "dot",
    real.dot,
    _swap_halves,
    variadic=True,
    latex=r"\operatorname{{dot}}\left({}\right)",
    structural=_has_constant_partner,
    linear=True,
    adds="products",
    about="The sum of the products of the first half of the inputs with the second, rounded at every term.",
)
HYPOT: Final[Op] = define_op(
    "hypot",
    lambda xs: math.hypot(*xs),
    _directions,
    variadic=True,
    latex=r"\operatorname{{hypot}}\left({}\right)",
    kinks=math.hypot,
    sign="not negative",
    about="The length of a vector with these coordinates, without overflow on the way.",
)
DIRECTION: Final[Op] = define_op(
    "direction",
    real.direction,
    lambda a, b, y: squared(DIRECTION(b, a)) / HYPOT(a, b),
    lambda a, b, y: -y * DIRECTION(b, a) / HYPOT(a, b),
    latex=r"\frac{{{0}}}{{\sqrt{{{0}^2 + {1}^2}}}}",
    kinks=math.hypot,
    poles=True,
    internal=True,
    about="`a / hypot(a, b)`, the derivative of a length with respect to a coordinate.",
)
EXPONENT: Final[Op] = define_op(
    "exponent",
    exact.exponent,
    lambda x, y: 0.0,
    kinks=lambda x: abs(abs(x) - math.ldexp(1.0, round(math.log2(abs(x))))) if x else 0.0,
    piecewise_constant=True,
    internal=True,
    about="The exponent of the power of 2 that makes a number at least 1/2 and below 1, from -1000 to 1000.",
)
