"""What an op is: one row of mathematics, in a table of all ops.

A row holds the forward function on floats and the local derivative with respect to each input. A local derivative is
written with ordinary operators and other rows over the inputs and the output, so its type is that of the inputs. For
floats it is a float, which is recorded on an edge of the graph. For Values it is a Value, which can be differentiated
again. A row does not depend on graphs or pictures; the chain rule is in `graph.chain_rule`. The rows are in the
other modules of this package, first of all in `ops`; `define` adds them to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NoReturn, Self, TypeAlias

from mypy_extensions import i16, mypyc_attr

from autograd_core.errors import InputError, OperandTypeError
from autograd_core.numerics.ieee import Ieee
from autograd_core.numerics.number import INFINITY, to_float

Interval: TypeAlias = tuple[float, float]
"""A lower and an upper bound."""

OUTSIDE: Final = -1
"""The index of an op that is not in `ROWS`."""

REAL: Final[Interval] = (-INFINITY, INFINITY)
POSITIVE: Final[Interval] = (0.0, INFINITY)

Sign: TypeAlias = Literal["", "positive", "not negative"]
"""What is known about the sign of every value of an op."""

Adds: TypeAlias = Literal["", "inputs", "products"]
"""What an op adds up: its inputs; or the products of the first half of them with the second; or nothing."""


@mypyc_attr(acyclic=True)
class Recorder:
    """The base of objects that record the ops applied to them. An op can be applied to these and to plain numbers.

    A Value records and knows its number. A number of a program that runs later is recorded and not known yet.
    """

    __slots__ = ()

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Self:
        """The result of `op` on `inputs`, one of which is this object and none of which ranks higher."""
        raise NotImplementedError

    def rank(self) -> int:
        """The rank among recorders: an op of several kinds of them goes to the one that ranks highest."""
        return 0

    def detached(self) -> Any:
        """The number alone, as a constant that no gradient passes through."""
        raise NotImplementedError

    def is_known(self) -> bool:
        """Whether the number can be read now."""
        return False

    def is_constant(self) -> bool:
        """Whether this is a number of a program that stands for a plain number, through which no gradient passes."""
        return False


def recorder_of(inputs: tuple[Any, ...]) -> Recorder | None:
    """The first of the inputs that record and that no other one outranks, or None if all are plain numbers."""
    highest: Recorder | None = None
    for x in inputs:
        if isinstance(x, Recorder) and (highest is None or x.rank() > highest.rank()):
            highest = x
    return highest


class Op:
    """One row of the table; callable on numbers and on everything that records.

    The attributes are the parts of the row; `help("autograd_core.Op")` describes them.

    >>> from autograd_core import tanh
    >>> tanh, tanh(0.0), tanh.arity
    (<op tanh>, 0.0, 1)
    """

    __slots__ = {
        "about": ('A sentence that says what it is, for `help`; "" if a method of Value with this name says it.'),
        "activation": "Whether it is used as the activation of units in networks.",
        "adds": 'What it adds up, an `Adds`; `""` for any other op.',
        "arity": "How many inputs, or None for any number of them.",
        "derivatives": (
            "For each input, `(*inputs, output)` to the local derivative with respect to it; if the arity is "
            "None, a single function `(inputs, output)` to the list of all of them."
        ),
        "domain": (
            "For each input (the last one applies to all further ones) the closed interval on which it is defined."
        ),
        "forward": "Floats to float; of one sequence of floats if the arity is None.",
        "index": "Its index in `ROWS`, or `OUTSIDE`. A node refers to its op by this index.",
        "internal": (
            "Whether it exists only for the derivatives of other rows, and is not a public name of the package."
        ),
        "kinks": (
            "The distance of a point from the nearest point where the op is not smooth, or None if there is none."
        ),
        "latex": ("Template of the formula, with the inputs as `{0}`, `{1}`; `{}` for all of them joined by commas."),
        "linear": "Whether it is linear in each input, the others being fixed.",
        "name": 'The name in the table and in Python, for example `"tanh"`.',
        "piecewise_constant": "Whether it is constant between its kinks, so that every local derivative is 0.",
        "poles": "Whether it has no value at some points of its domain, which includes the ends.",
        "precedence": "How tightly it binds when written, a `Precedence`.",
        "sample": ("For each input the interval where tests draw, so that value and derivative are of order one."),
        "sign": 'What is known about the sign of its values, a `Sign`; `""` if nothing is.',
        "steepest": (
            "For an op that is bounded and flat at both ends in its first input, the largest size of the local "
            "derivative with respect to it; None for any other."
        ),
        "structural": (
            "For each input, `(*inputs, output)` to whether the local derivative is constantly 0 around the "
            "point, so that the op passes nothing on to this input; if the arity is None, a single function "
            "`(inputs, output, index)`. An input that is a constant is a float. Of inputs that are recorded, the "
            "answer may be recorded, too. `()` for an op without structural zeros."
        ),
        "symbol": 'How it is written in a picture, for example `"*"`.',
        "textbook": (
            "The derivatives as a textbook writes them, without conditions and without regard to rounding, as "
            'texts such as `"1 - y**2"`; `()` if `derivatives` are written so. Formulas show them, and nothing '
            "computes with them. The input is `x`, several are `a`, `b` and so on, and the output is `y`."
        ),
        "zero_until": "For an op that is 0 on a half-line, the largest first input on it; None for any other.",
    }

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
        structural: tuple[Callable[..., Any], ...] = (),
        *,
        activation: bool = False,
        linear: bool = False,
        piecewise_constant: bool = False,
        adds: Adds = "",
        zero_until: float | None = None,
        steepest: float | None = None,
        sign: Sign = "",
        poles: bool = False,
        internal: bool = False,
        about: str = "",
        textbook: tuple[str, ...] = (),
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
        self.sign: Final[Sign] = sign
        self.poles: Final = poles
        self.internal: Final = internal
        self.about: Final = about
        self.textbook: Final = textbook
        self.index: i16 = OUTSIDE

    def __call__(self, *inputs: Any) -> Any:
        """Apply the op. The result for numbers is a float; otherwise the input that records and ranks highest makes it.

        Raises:
            InputError: if the number of inputs is not the arity.
            OperandTypeError: if an input is neither a real number nor something that records.
        """
        if len(inputs) != self.arity:
            self._check_count(len(inputs))
        recorder = recorder_of(inputs)
        if recorder is not None:
            return recorder.record(self, inputs)
        result = self.evaluate([to_float(x) for x in inputs])
        if any(isinstance(x, Ieee) for x in inputs):
            return Ieee(result)  # the formula is evaluated in IEEE arithmetic, and its next steps must not raise either
        return result

    def evaluate(self, inputs: Sequence[float]) -> float:
        """The output for inputs that are floats."""
        return _without_raising(self.forward, (inputs,) if self.arity is None else tuple(inputs))

    def partials(self, inputs: Sequence[Any], output: Any, wanted: Sequence[bool]) -> list[Any]:
        """The local derivative with respect to each wanted input, of the type of the inputs; 0.0 for the others.

        Only the wanted ones are computed: the exponent of `x**3` is a constant, and the derivative with respect to it
        may not exist.
        """
        if self.arity is None:
            every = list(self.derivatives[0](inputs, output))
            return [d if w else 0.0 for d, w in zip(every, wanted, strict=True)]
        point = (*inputs, output)
        return [d(*point) if w else 0.0 for d, w in zip(self.derivatives, wanted, strict=True)]

    def derivatives_at(self, inputs: Sequence[float], output: float, wanted: Sequence[bool]) -> list[float]:
        """`partials` for inputs that are floats. Where Python raises, the result is that of IEEE 754."""
        try:
            return [float(d) for d in self.partials(inputs, output, wanted)]
        except ArithmeticError:
            return [float(d) for d in self.partials([Ieee(x) for x in inputs], Ieee(output), wanted)]

    def passes_nothing(self, index: int, inputs: Sequence[Any], output: Any) -> Any:
        """Whether a local derivative of 0 with respect to the input at this index is a structural zero.

        It is one if the derivative is constantly 0 around the point: for a branch that was not taken, on a piece on
        which the op is constant, or if the other factor is the constant 0. Any other 0 is an ordinary number: it has
        underflowed, or the derivative is 0 at this point only.
        """
        if not self.structural:
            return False
        if self.arity is None:
            return self.structural[0](inputs, output, index)
        return self.structural[index](*inputs, output)

    def _check_count(self, count: int) -> None:
        if self.arity is None:
            if count == 0:
                raise InputError(f"{self.name} expected at least one input, got none")
        elif count != self.arity:
            shown = getattr(self, "__signature__", None)  # set by `graph.documentation`
            names = "" if shown is None or self.arity == 1 else f" ({', '.join(shown.parameters)})"
            inputs = f"{self.arity} input{'s' if self.arity > 1 else ''}{names}"
            raise InputError(f"{self.name} expected {inputs}, got {count}")

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Op:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Op], tuple[str]]:
        return find, (key(self),)


def _without_raising(function: Callable[..., float], point: tuple[Any, ...]) -> float:
    """A function at a point of floats. If Python raises, the function is evaluated again in IEEE arithmetic."""
    try:
        return float(function(*point))
    except ArithmeticError:
        return float(function(*[Ieee(x) if isinstance(x, float) else [Ieee(y) for y in x] for x in point]))


TABLE: Final[dict[str, Op]] = {}
"""Every op by its name."""

ROWS: Final[list[Op | None]] = [None]
"""The ops of the table by index. An op is never removed. Index 0 means no op."""


def seal(base: type, way_out: str) -> None:
    """Refuse further subclasses of a class, compiled or in plain Python, with a message that ends in `way_out`.

    Compiled code reads the attributes of such a class directly from memory. If Python classes could inherit from it,
    each attribute and method would have to be looked up, and a third of the speed would be lost.
    """

    def refuse(subclass: type, /, **_: Any) -> NoReturn:
        raise OperandTypeError(f"{base.__name__} has no subclasses, got the class {subclass.__name__}; {way_out}")

    setattr(base, "__init_subclass__", classmethod(refuse))  # noqa: B010 - set after our own subclasses; mypy refuses to assign it


def find(name: str) -> Op:
    """The row with this name; raises `InputError` if there is none. Define a custom op before unpickling it."""
    try:
        return TABLE[name]
    except KeyError:
        raise InputError(f"there is no op named {name!r}; define it first") from None


def key(op: Op) -> str:
    """The name by which `find` finds the op; a pickle holds the name, because it cannot hold code.

    Raises:
        InputError: for an op that is not in the table.
    """
    if TABLE.get(op.name) is op:
        return op.name
    raise InputError(
        f"the op {op.name!r} cannot be pickled, because it is not in the table that unpickling uses; "
        "make it with define_op"
    )


seal(Op, "make an op with define_op")
