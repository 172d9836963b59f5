"""The table of operations: mathematics only.

An op is one row. It holds the forward function on floats and the local derivative with respect to each
input, written with ordinary operators and other rows over the inputs and the output. A derivative is
polymorphic: given floats it yields a float (the number on an edge of the graph), given Values it
yields a Value (a gradient that can be differentiated again). A row knows no node, no back-end and no
picture; the chain rule stands in `sweep`, once.

Read the table from the bottom of this file; above it stand the few forward functions that `math` does
not give in the form needed here: results follow IEEE 754, so nothing in this file raises for the value
of a number.

Conventions. At a kink the derivative is the subgradient of smallest magnitude: `abs'(0) = 0`,
`relu'(0) = 0`; ties of `max` and `min` share it evenly. At a pole it is the limit from inside the
domain: `log'(0) = sqrt'(0) = inf`. Outside the domain value and derivative are nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any, Final, TypeAlias

from mypy_extensions import mypyc_attr

from autograd_core.errors import InputError
from autograd_core.ieee import Ieee
from autograd_core.number import INFINITY, NAN, divide, power, to_float

Interval: TypeAlias = tuple[float, float]
"""A lower and an upper bound."""

REAL: Final[Interval] = (-INFINITY, INFINITY)
POSITIVE: Final[Interval] = (0.0, INFINITY)


class Precedence(IntEnum):
    """How tightly an op binds when written: a part that binds less tightly than its whole needs parentheses."""

    SUM = 1
    PRODUCT = 2
    SIGN = 3
    POWER = 4
    CALL = 5


@mypyc_attr(acyclic=True)
class Recorder:
    """Whatever an op can be applied to besides plain numbers: it answers by recording the application."""

    __slots__ = ()

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The result of `op` on `inputs`, one of which is this object."""
        raise NotImplementedError


class Op:
    """One row of the table; callable on numbers and on everything that records.

    Attributes:
        name: the name in the table and in Python, for example `"tanh"`.
        arity: how many inputs, or None for any number of them.
        forward: floats to float; of one sequence of floats if the arity is None.
        derivatives: for each input, `(*inputs, output)` to the local derivative with respect to it; if the
            arity is None, a single function `(inputs, output)` to the list of all of them.
        symbol: how it is written in a picture, for example `"*"`.
        latex: template of the formula, with the inputs as `{0}`, `{1}`; `{}` for all of them joined by commas.
        precedence: how tightly it binds when written, a `Precedence`.
        domain: for each input (the last one stands for all further ones) the closed interval on which it is defined.
        sample: for each input the interval where tests draw, so that value and derivative are of order one.
        kinks: the distance of a point from the nearest place where the derivative jumps, or None if it never does.

    >>> TABLE["tanh"](0.5) == math.tanh(0.5)
    True
    """

    __slots__ = (
        "arity",
        "derivatives",
        "domain",
        "forward",
        "kinks",
        "latex",
        "name",
        "precedence",
        "sample",
        "symbol",
    )

    def __init__(
        self,
        name: str,
        arity: int | None,
        forward: Callable[..., float],
        derivatives: tuple[Callable[..., Any], ...],
        symbol: str,
        latex: str,
        precedence: int,
        domain: tuple[Interval, ...],
        sample: tuple[Interval, ...],
        kinks: Callable[..., float] | None,
    ) -> None:
        self.name: Final = name
        self.arity: Final = arity
        self.forward: Final = forward
        self.derivatives: Final = derivatives
        self.symbol: Final = symbol
        self.latex: Final = latex
        self.precedence: Final = precedence
        self.domain: Final = domain
        self.sample: Final = sample
        self.kinks: Final = kinks

    def __call__(self, *inputs: Any) -> Any:
        """Apply the op: a float for numbers, else whatever the first input that records makes of it.

        Raises:
            InputError: if the number of inputs is not the arity.
            OperandTypeError: if an input is neither a real number nor something that records.
        """
        if len(inputs) != self.arity:
            self._check_count(len(inputs))
        for x in inputs:
            if isinstance(x, Recorder):
                return x.record(self, inputs)
        result = self.evaluate([to_float(x) for x in inputs])
        # An Ieee number came out of a formula that is being repeated; what follows must not raise either.
        return Ieee(result) if any(isinstance(x, Ieee) for x in inputs) else result

    def evaluate(self, inputs: Sequence[float]) -> float:
        """The output for inputs that are floats."""
        return _settle(self.forward, (inputs,) if self.arity is None else tuple(inputs))

    def partials(self, inputs: Sequence[Any], output: Any, wanted: Sequence[bool]) -> list[Any]:
        """The local derivative with respect to each wanted input, 0.0 for the others, of the type of the inputs.

        Only what is wanted is computed: the exponent of `x**3` is a constant, and the derivative with
        respect to it need not even exist.
        """
        if self.arity is None:
            every = list(self.derivatives[0](inputs, output))
            return [d if w else 0.0 for d, w in zip(every, wanted, strict=True)]
        point = (*inputs, output)
        return [d(*point) if w else 0.0 for d, w in zip(self.derivatives, wanted, strict=True)]

    def slopes(self, inputs: Sequence[float], output: float, wanted: Sequence[bool]) -> list[float]:
        """`partials` at a point of floats, without ever raising."""
        try:
            return [float(d) for d in self.partials(inputs, output, wanted)]
        except ArithmeticError:
            return [float(d) for d in self.partials([Ieee(x) for x in inputs], Ieee(output), wanted)]

    def _check_count(self, count: int) -> None:
        if self.arity is None:
            if count == 0:
                raise InputError(f"{self.name} expected at least one input, got none")
        elif count != self.arity:
            raise InputError(f"{self.name} expected {self.arity} input{'s' if self.arity > 1 else ''}, got {count}")

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return find, (self.name,)


def _settle(function: Callable[..., float], point: tuple[Any, ...]) -> float:
    """A function at a point of floats; once more in IEEE arithmetic if Python raised."""
    try:
        return float(function(*point))
    except ArithmeticError:
        return float(function(*[Ieee(x) if isinstance(x, float) else [Ieee(y) for y in x] for x in point]))


TABLE: Final[dict[str, Op]] = {}
"""Every op by its name."""


def define(
    name: str,
    forward: Callable[..., float],
    *derivatives: Callable[..., Any],
    symbol: str = "",
    latex: str = "",
    precedence: int = Precedence.CALL,
    variadic: bool = False,
    domain: Interval | tuple[Interval, ...] = REAL,
    sample: Interval | tuple[Interval, ...] = (-3.0, 3.0),
    kinks: Callable[..., float] | None = None,
) -> Op:
    """Make a row and put it into the table; the arguments are described at `Op`.

    The arity is the number of derivatives, unless `variadic`. `symbol` defaults to the name, `latex` to
    the name as a function, an interval given once stands for every input.
    """
    if name in TABLE:
        raise InputError(f"an op named {name!r} is defined already; choose another name")
    arity = None if variadic else len(derivatives)
    count = 1 if variadic else len(derivatives)
    row = Op(
        name,
        arity,
        forward,
        derivatives,
        symbol or name,
        latex or rf"\operatorname{{{{{name}}}}}\left({_places(arity)}\right)",
        precedence,
        _for_each(domain, count),
        _for_each(sample, count),
        kinks,
    )
    TABLE[name] = row
    if not hasattr(Recorder, name):
        # A method of whatever records: `x.sinh()` is `TABLE["sinh"](x)`. Set, and not found by `__getattr__`: a class
        # that has one reads every attribute through it, which makes training 1.3 times slower in plain Python.
        setattr(Recorder, name, _method(row))
    return row


def _method(op: Op) -> Callable[..., Any]:
    def method(self: Recorder, *others: Any) -> Any:
        return op(self, *others)

    return method


def find(name: str) -> Op:
    """The row of a name; `InputError` if there is none (a user's op must be defined before it is unpickled)."""
    try:
        return TABLE[name]
    except KeyError:
        raise InputError(f"there is no op named {name!r}; define it first") from None


def _places(arity: int | None) -> str:
    """The places of the inputs in a template: `{0}, {1}` for two of them, `{}` for any number."""
    return "{}" if arity is None else ", ".join(f"{{{i}}}" for i in range(arity))


def _for_each(given: Any, count: int) -> tuple[Interval, ...]:
    return given if isinstance(given[0], tuple) else (given,) * count


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` if the condition holds, else `b`; nothing flows to the other one.

    >>> where(2 > 1, "yes", "no")
    'yes'
    """
    return a if condition else b


# Forward functions that `math` gives with exceptions, or not at all.


def exp_forward(x: float) -> float:
    """The exponential; inf where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return INFINITY


def log_forward(x: float) -> float:
    """The natural logarithm; -inf at 0, nan below."""
    if x > 0.0:
        return math.log(x)
    return -INFINITY if x == 0.0 else NAN


def sqrt_forward(x: float) -> float:
    """The square root; nan below 0."""
    return math.sqrt(x) if x >= 0.0 else NAN


def sin_forward(x: float) -> float:
    """The sine; nan at an infinity, where it has no limit."""
    return NAN if math.isinf(x) else math.sin(x)


def cos_forward(x: float) -> float:
    """The cosine; nan at an infinity, where it has no limit."""
    return NAN if math.isinf(x) else math.cos(x)


def sinh_forward(x: float) -> float:
    """The hyperbolic sine; infinite where it overflows."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(INFINITY, x)


def cosh_forward(x: float) -> float:
    """The hyperbolic cosine; inf where it overflows."""
    try:
        return math.cosh(x)
    except OverflowError:
        return INFINITY


def sigmoid_forward(x: float) -> float:
    """`1 / (1 + exp(-x))`, without overflow and without losing the digits of small results."""
    if x < 0.0:
        e = math.exp(x)
        return e / (1.0 + e)
    return 1.0 / (1.0 + math.exp(-x))


def relu_forward(x: float) -> float:
    """`x` above 0, else 0; nan stays nan."""
    return 0.0 if x <= 0.0 else x  # noqa: FURB136 - max() would turn a nan into 0


def max_forward(xs: Sequence[float]) -> float:
    """The largest; nan if one is nan; 0.0 counts as larger than -0.0."""
    return NAN if any(x != x for x in xs) else float(max(xs, key=_order))  # noqa: PLR0124 - nan


def min_forward(xs: Sequence[float]) -> float:
    """The smallest; nan if one is nan; -0.0 counts as smaller than 0.0."""
    return NAN if any(x != x for x in xs) else float(min(xs, key=_order))  # noqa: PLR0124 - nan


def _order(x: float) -> tuple[float, float]:
    return x, math.copysign(1.0, x)


def sum_forward(xs: Sequence[float]) -> float:
    """The terms added from left to right."""
    total: float = xs[0]
    for i in range(1, len(xs)):
        total += xs[i]
    return total


def dot_forward(xs: Sequence[float]) -> float:
    """The products of the first half with the second half, added from left to right."""
    half = len(xs) // 2
    if len(xs) % 2:
        raise InputError(f"dot expected as many weights as inputs, got {len(xs)} numbers in all, which is odd")
    total: float = xs[0] * xs[half]
    for i in range(1, half):
        total += xs[i] * xs[half + i]
    return total


def _to_integer(rounding: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding that keeps the sign of zero, infinities and nan."""
    return lambda x: math.copysign(float(rounding(x)), x) if math.isfinite(x) else x


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


# The table. `x`, `a`, `b` are inputs, `y` is the output. Where the condition of a `where` is false for a
# nan, the nan itself is passed on as the derivative.

ADD: Final[Op] = define(
    "add",
    lambda a, b: a + b,
    lambda a, b, y: 1.0,
    lambda a, b, y: 1.0,
    symbol="+",
    latex="{0} + {1}",
    precedence=Precedence.SUM,
)
SUB: Final[Op] = define(
    "sub",
    lambda a, b: a - b,
    lambda a, b, y: 1.0,
    lambda a, b, y: -1.0,
    symbol="-",
    latex="{0} - {1}",
    precedence=Precedence.SUM,
)
MUL: Final[Op] = define(
    "mul",
    lambda a, b: a * b,
    lambda a, b, y: b,
    lambda a, b, y: a,
    symbol="*",
    latex=r"{0} \cdot {1}",
    precedence=Precedence.PRODUCT,
)
DIV: Final[Op] = define(
    "div",
    divide,
    lambda a, b, y: 1.0 / b,
    lambda a, b, y: -y / b,
    symbol="/",
    latex=r"\frac{{{0}}}{{{1}}}",
    precedence=Precedence.PRODUCT,
    sample=((-3.0, 3.0), (0.5, 3.0)),
)
NEG: Final[Op] = define(
    "neg",
    lambda x: -x,
    lambda x, y: -1.0,
    symbol="-",
    latex="-{0}",
    precedence=Precedence.SIGN,
)
POS: Final[Op] = define(
    "pos",
    lambda x: x,
    lambda x, y: 1.0,
    symbol="+",
    latex="+{0}",
    precedence=Precedence.SIGN,
)
POW: Final[Op] = define(
    "pow",
    power,
    lambda x, p, y: _slope_in_base(x, p, p * POW(x, p - 1)),
    # Base 0 is the edge of the domain of the logarithm; the curve in p is flat there wherever it is finite.
    lambda x, p, y: where(x == 0, 0.0, y * LOG(x)),
    symbol="**",
    latex="{0}^{{{1}}}",
    precedence=Precedence.POWER,
    domain=(POSITIVE, REAL),
    sample=((0.5, 3.0), (-2.0, 2.0)),
)
ABS: Final[Op] = define(
    "abs",
    abs,
    lambda x, y: where(x > 0, 1.0, where(x < 0, -1.0, where(x == 0, 0.0, x))),
    latex=r"\left|{0}\right|",
    kinks=abs,
)
EXP: Final[Op] = define(
    "exp",
    exp_forward,
    lambda x, y: y,
    latex="e^{{{0}}}",
    precedence=Precedence.POWER,
)
LOG: Final[Op] = define(
    "log",
    log_forward,
    lambda x, y: where(x > 0, 1.0 / x, where(x == 0, INFINITY, NAN)),
    latex=r"\ln\left({0}\right)",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
SQRT: Final[Op] = define(
    "sqrt",
    sqrt_forward,
    lambda x, y: where(x == 0, INFINITY, 0.5 / y),
    latex=r"\sqrt{{{0}}}",
    domain=POSITIVE,
    sample=(0.25, 4.0),
)
SIN: Final[Op] = define("sin", sin_forward, lambda x, y: COS(x), latex=r"\sin\left({0}\right)")
COS: Final[Op] = define("cos", cos_forward, lambda x, y: -SIN(x), latex=r"\cos\left({0}\right)")
SINH: Final[Op] = define("sinh", sinh_forward, lambda x, y: COSH(x), latex=r"\sinh\left({0}\right)")
COSH: Final[Op] = define("cosh", cosh_forward, lambda x, y: SINH(x), latex=r"\cosh\left({0}\right)")
TANH: Final[Op] = define(
    "tanh",
    math.tanh,
    # Not 1 - y*y, which has lost every digit once y rounds to 1; squared last, for cosh**2 overflows too early.
    lambda x, y: _square(1.0 / COSH(x)),
    latex=r"\tanh\left({0}\right)",
)
SIGMOID: Final[Op] = define(
    "sigmoid",
    sigmoid_forward,
    # Not y * (1 - y), which has lost every digit once y rounds to 1.
    lambda x, y: y * SIGMOID(-x),
    latex=r"\sigma\left({0}\right)",
)
RELU: Final[Op] = define(
    "relu",
    relu_forward,
    lambda x, y: where(x > 0, 1.0, where(x <= 0, 0.0, x)),
    latex=r"\operatorname{{relu}}\left({0}\right)",
    kinks=abs,
)
FLOOR: Final[Op] = define(
    "floor",
    _to_integer(math.floor),
    lambda x, y: 0.0,
    latex=r"\left\lfloor {0} \right\rfloor",
    kinks=_gap_to_integer,
)
CEIL: Final[Op] = define(
    "ceil",
    _to_integer(math.ceil),
    lambda x, y: 0.0,
    latex=r"\left\lceil {0} \right\rceil",
    kinks=_gap_to_integer,
)
TRUNC: Final[Op] = define(
    "trunc",
    _to_integer(math.trunc),
    lambda x, y: 0.0,
    kinks=_gap_to_integer,
)
ROUND: Final[Op] = define(
    "round",
    _to_integer(round),
    lambda x, y: 0.0,
    kinks=_gap_to_half,
)
MAX: Final[Op] = define("max", max_forward, _share_among_ties, variadic=True, latex=r"\max\left({}\right)", kinks=_gap)
MIN: Final[Op] = define("min", min_forward, _share_among_ties, variadic=True, latex=r"\min\left({}\right)", kinks=_gap)
SUM: Final[Op] = define(
    "sum",
    sum_forward,
    lambda xs, y: [1.0 for _ in xs],
    variadic=True,
    latex=r"\operatorname{{sum}}\left({}\right)",
)
DOT: Final[Op] = define(
    "dot",
    dot_forward,
    _swap_halves,
    variadic=True,
    latex=r"\operatorname{{dot}}\left({}\right)",
)
