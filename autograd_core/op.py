"""What an op is: one row of mathematics, and the table that rows stand in.

A row holds the forward function on floats and the local derivative with respect to each input, written
with ordinary operators and other rows over the inputs and the output. A derivative is polymorphic:
given floats it yields a float (the number on an edge of the graph), given Values it yields a Value (a
gradient that can be differentiated again). A row knows no node, no back-end and no picture; the chain
rule stands in `sweep`, once. The rows themselves are in `ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, TypeAlias

from mypy_extensions import mypyc_attr

from autograd_core.errors import InputError
from autograd_core.ieee import Ieee
from autograd_core.number import INFINITY, to_float

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
        kinks: the distance of a point from the nearest place where the op is not smooth, or None if it is everywhere.

    >>> from autograd_core import tanh
    >>> tanh, tanh(0.0), tanh.arity
    (<op tanh>, 0.0, 1)
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
        if any(isinstance(x, Ieee) for x in inputs):
            return Ieee(result)  # a formula is being repeated, and what follows in it must not raise either
        return result

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


def define_op(
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
