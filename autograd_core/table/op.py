"""What an op is: one row of mathematics, and the table that rows stand in.

A row holds the forward function on floats and the local derivative with respect to each input, written
with ordinary operators and other rows over the inputs and the output. A derivative is polymorphic:
given floats it yields a float (the number on an edge of the graph), given Values it yields a Value (a
gradient that can be differentiated again). A row knows no node, no back-end and no picture; the chain
rule stands in `graph.chain_rule`, once. The rows themselves are in `ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, Literal, NoReturn, TypeAlias

from mypy_extensions import i16, mypyc_attr

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.numerics.ieee import Ieee
from autograd_core.numerics.number import INFINITY, describe, to_float

Interval: TypeAlias = tuple[float, float]
"""A lower and an upper bound."""

OUTSIDE: Final = -1
"""The number of an op that is not in `ROWS`."""

MOST_ROWS: Final = 2**15
"""As many numbers fit into the two bytes that a node has for its op."""

REAL: Final[Interval] = (-INFINITY, INFINITY)
POSITIVE: Final[Interval] = (0.0, INFINITY)

Adds: TypeAlias = Literal["", "inputs", "products"]
"""What an op adds up: its inputs; or the products of the first half of them with the second; or nothing."""


class Precedence(IntEnum):
    """How tightly an op binds when written: a part that binds less tightly than its whole needs parentheses.

    `LOOSE` is an operator without an agreed place among the others, such as the remainder.
    """

    LOOSE = 0
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
        structural: for each input, `(*inputs, output)` to whether the local derivative is constantly 0 around the
            point, so that the op passes nothing on to this input; if the arity is None, a single function `(inputs,
            output, place)`. An input that is a constant is a float. `()` for an op that has no such places.
        activation: whether units of networks end in it.
        linear: whether it is linear in each input, the others being fixed.
        piecewise_constant: whether it is constant between its kinks, so that every local derivative is 0.
        adds: what it adds up, an `Adds`; `""` for any other op.
        zero_until: for an op that is 0 on a half-line, the largest first input of it; None for any other.
        steepest: for an op that is bounded and flat at both ends in its first input, the largest size of the local
            derivative with respect to it; None for any other.
        internal: whether it exists for the derivatives of other rows only, and is no public name of the package.
        number: its place in `ROWS`, or `OUTSIDE`. A node refers to its op by this number.

    >>> from autograd_core import tanh
    >>> tanh, tanh(0.0), tanh.arity
    (<op tanh>, 0.0, 1)
    """

    __slots__ = (
        "activation",
        "adds",
        "arity",
        "derivatives",
        "domain",
        "forward",
        "internal",
        "kinks",
        "latex",
        "linear",
        "name",
        "number",
        "piecewise_constant",
        "precedence",
        "sample",
        "steepest",
        "structural",
        "symbol",
        "zero_until",
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
        structural: tuple[Callable[..., bool], ...] = (),
        *,
        activation: bool = False,
        linear: bool = False,
        piecewise_constant: bool = False,
        adds: Adds = "",
        zero_until: float | None = None,
        steepest: float | None = None,
        internal: bool = False,
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
        self.structural: Final = structural
        self.activation: Final = activation
        self.linear: Final = linear
        self.piecewise_constant: Final = piecewise_constant
        self.adds: Final[Adds] = adds
        self.zero_until: Final = zero_until
        self.steepest: Final = steepest
        self.internal: Final = internal
        self.number: i16 = OUTSIDE

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

    def passes_nothing(self, place: int, inputs: Sequence[Any], output: Any) -> bool:
        """Whether a local derivative of 0 with respect to the input at this place is a structural zero.

        It is if the derivative is constantly 0 around the point: on a branch that was not taken, on a piece on which
        the op is constant, beside a factor that is the constant 0. Any other 0 is a number like the rest: it
        underflowed, or happens to be 0 here.
        """
        if not self.structural:
            return False
        if self.arity is None:
            return self.structural[0](inputs, output, place)
        return self.structural[place](*inputs, output)

    def _check_count(self, count: int) -> None:
        if self.arity is None:
            if count == 0:
                raise InputError(f"{self.name} expected at least one input, got none")
        elif count != self.arity:
            raise InputError(f"{self.name} expected {self.arity} input{'s' if self.arity > 1 else ''}, got {count}")

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Op:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return find, (key(self),)


def _settle(function: Callable[..., float], point: tuple[Any, ...]) -> float:
    """A function at a point of floats; once more in IEEE arithmetic if Python raised."""
    try:
        return float(function(*point))
    except ArithmeticError:
        return float(function(*[Ieee(x) if isinstance(x, float) else [Ieee(y) for y in x] for x in point]))


def always(*_point: Any) -> bool:
    """Every derivative of 0 is structural: for ops that choose an input, or are constant in pieces."""
    return True


def never(*_point: Any) -> bool:
    """No derivative of 0 is structural."""
    return False


def is_constant(x: object) -> bool:
    """Whether an input is a plain number, so that a derivative that is this number is a constant."""
    return isinstance(x, float)


TABLE: Final[dict[str, Op]] = {}
"""Every op by its name."""

ROWS: Final[list[Op | None]] = [None]
"""The ops of the table by their numbers. An op stays here for good; number 0 stands for none."""


def seal(base: type, way_out: str) -> None:
    """Refuse every further subclass of a class, compiled or as plain Python, with a message that ends in a way out.

    Compiled classes reach into each other's memory. If classes in Python code could inherit from them, every attribute
    and method would have to be looked up, which costs a third of the speed.
    """

    def refuse(subclass: type, /, **_: Any) -> NoReturn:
        raise OperandTypeError(f"{base.__name__} has no subclasses, got the class {subclass.__name__}; {way_out}")

    setattr(base, "__init_subclass__", classmethod(refuse))  # noqa: B010 - our own subclasses exist already


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
    structural: bool | Callable[..., bool] | tuple[Callable[..., bool], ...] = False,
    activation: bool = False,
    linear: bool = False,
    piecewise_constant: bool = False,
    adds: Adds = "",
    zero_until: float | None = None,
    steepest: float | None = None,
    internal: bool = False,
) -> Op:
    """Make a row and put it into the table: a function with derivatives of every order, a method of Value, a label.

    Args:
        name: what it is called in Python; the function is then `autograd_core.name`, too.
        forward: floats to float. It need not care about overflow: where it raises an `ArithmeticError` it is run
            once more on floats that follow IEEE 754.
        derivatives: one for each input, `(*inputs, output)` to the local derivative, written with ordinary operators
            and other ops, so that it can be differentiated itself; a condition is written `op.where`.
        variadic: there are any number of inputs. `forward` then takes a sequence, and the only derivative
            `(inputs, output)` gives a list.
        symbol: how it is written in a picture; by default the name.
        latex: template of the formula, see `Op`; by default the name as a function.
        precedence: how tightly it binds when written; by default as a function call.
        domain: where it is defined. An interval given once stands for every input, here and for `sample`.
        sample: where tests draw; by default a range around 0 that most functions of one's own are meant for.
        kinks: the distance of a point from the nearest kink; by default there is none.
        structural: which derivatives of 0 are structural, and so pass nothing on, however infinite the gradient is
            that they are multiplied by. False for none, True for all; or a function for each input, see `Op`, one for
            all of them if only one is given. By default a 0 is a number, and times infinity it is nan.
        activation: units of networks end in it, so that pictures and diagnoses take it for the output of a unit. By
            default not, because few functions are activations.
        linear: it is linear in each input, the others being fixed. By default nothing is promised.
        piecewise_constant: it is constant between its kinks; then every derivative of 0 is structural.
        adds: "inputs" if it is the sum of them, "products" if it is the sum of the products of the first half of them
            with the second; by default neither.
        zero_until: the largest first input up to which it is 0, as 0.0 for `relu`; by default there is none.
        steepest: the largest size of its local derivative, if it is bounded and flat at both ends, as 1.0 for `tanh`;
            by default it is not, and nothing calls it saturated.
        internal: it exists for the derivatives of other rows only, and `autograd_core` does not list it.

    Raises:
        InputError: if the name is taken or no name in Python, or if a function is missing.

    >>> import math
    >>> from autograd_core import Value, grad
    >>> bump = define_op("bump", lambda x: math.exp(-x * x), lambda x, y: -2.0 * x * y, latex="e^{{-{0}^2}}")
    >>> Value(0.5).bump().data, grad(grad(bump))(0.0)
    (0.7788007830714049, -2.0)
    """
    _check_row(name, forward, derivatives, variadic)
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
        _structural_of(structural or piecewise_constant, count),
        activation=activation,
        linear=linear,
        piecewise_constant=piecewise_constant,
        adds=adds,
        zero_until=zero_until,
        steepest=steepest,
        internal=internal,
    )
    TABLE[name] = row
    if len(ROWS) < MOST_ROWS:
        ROWS.append(row)
        row.number = ROWS.index(row)  # and not the length before: another thread may be defining an op
    if not hasattr(Recorder, name):
        # A method of whatever records: `x.sinh()` is `TABLE["sinh"](x)`. Set, and not found by `__getattr__`: a class
        # that has one reads every attribute through it, which makes training 1.3 times slower in plain Python.
        setattr(Recorder, name, _method(name))
    return row


def _check_row(
    name: str, forward: Callable[..., float], derivatives: tuple[Callable[..., Any], ...], variadic: bool
) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"expected a name that Python accepts, such as 'bump', got {describe(name)}")
    if name in TABLE:
        raise InputError(f"an op named {name!r} is defined already; choose another name")
    for function in (forward, *derivatives):
        if not callable(function):
            raise InputError(f"{name} expected a function of the inputs, got {describe(function)}")
    if not derivatives or (variadic and len(derivatives) != 1):
        expected = "one function for all inputs together" if variadic else "one function for each input"
        raise InputError(f"{name} expected as derivatives {expected}, got {len(derivatives)} of them")


def _method(name: str) -> Callable[..., Any]:
    def method(self: Recorder, *others: Any) -> Any:
        return find(name)(self, *others)

    return method


def find(name: str) -> Op:
    """The row of a name; `InputError` if there is none (a user's op must be defined before it is unpickled)."""
    try:
        return TABLE[name]
    except KeyError:
        raise InputError(f"there is no op named {name!r}; define it first") from None


def key(op: Op) -> str:
    """What `find` needs to find an op again, which is its name, for a pickle holds no code.

    Raises:
        InputError: for an op that is not in the table.
    """
    if TABLE.get(op.name) is op:
        return op.name
    raise InputError(
        f"the op {op.name!r} cannot be pickled, because it is not in the table that is looked into when unpickling; "
        "make it with define_op"
    )


def _places(arity: int | None) -> str:
    """The places of the inputs in a template: `{0}, {1}` for two of them, `{}` for any number."""
    return "{}" if arity is None else ", ".join(f"{{{i}}}" for i in range(arity))


def _for_each(given: Any, count: int) -> tuple[Interval, ...]:
    return given if isinstance(given[0], tuple) else (given,) * count


def _structural_of(given: Any, count: int) -> tuple[Callable[..., bool], ...]:
    if isinstance(given, bool):
        return (always,) * count if given else ()
    return given if isinstance(given, tuple) else (given,) * count


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` if the condition holds, else `b`; nothing flows to the other one.

    >>> where(2 > 1, "yes", "no")
    'yes'
    """
    return a if condition else b


seal(Op, "make an op with define_op")
