"""A number of a program that is recorded and not yet computed.

A `Symbol` takes part in arithmetic as a `Value` does, but it holds no number. Every op that is applied to it goes to
its recorder, an object of any class, which decides what the result is. Comparisons are ops as well, so a formula must
choose with `where`; what `if x > 0` does is up to the recorder. A Symbol ranks above Values: an op of both is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, final

from mypy_extensions import mypyc_attr

from autograd_core.errors import GradientLossError, OperandTypeError
from autograd_core.graph.anomalies import caller_frame
from autograd_core.graph.capturing import capture_here
from autograd_core.graph.operand import Operand
from autograd_core.numerics.number import is_number
from autograd_core.table import comparisons
from autograd_core.table.op import Op, Recorder

if TYPE_CHECKING:
    from autograd_core.types import Number


OWN: Final = "numbers of a recorder of your own are Symbols of it: autograd_core.graph.symbol.Symbol(recorder, place)"
"""The end of the error message for a subclass of what records."""


class SymbolRecorder(Protocol):
    """What records the ops that are applied to Symbols."""

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """The result of an op on Symbols, Values and plain numbers; at least one is a Symbol."""

    def detached(self, symbol: Symbol) -> Any:
        """The same number as a constant that no gradient passes through."""

    def is_constant(self, symbol: Symbol) -> bool:
        """Whether the number stands for a plain number, through which no gradient passes."""

    def data(self, symbol: Symbol) -> Any:
        """What `symbol.data` is: the number as a constant, or an error because there is no number."""

    def truth(self, symbol: Symbol) -> bool:
        """The answer to `bool(symbol)`, or an error that says to write `where`."""


@final
@mypyc_attr(acyclic=True)
class Symbol(Operand):
    """A number that is recorded instead of computed.

    Attributes:
        recorder: what records the ops that are applied to it, a `SymbolRecorder`. It should not hold the Symbol,
            because the garbage collector does not look into Symbols; it can hold the place.
        place: what the recorder knows the number by, such as the index of an instruction.
    """

    __slots__ = ("place", "recorder")

    def __init__(self, recorder: Any, place: Any) -> None:
        self.recorder: Final = recorder
        self.place: Final = place

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Any:
        """What the recorder makes of an op on the inputs, one of which is this Symbol."""
        return self.recorder.record(op, inputs)

    def _unary(self, op: Op) -> Any:
        return self.recorder.record(op, (self,))

    def rank(self) -> int:
        """1, above a Value."""
        return 1

    def detached(self) -> Any:
        """What the recorder gives for the number as a constant."""
        return self.recorder.detached(self)

    def is_constant(self) -> bool:
        """Whether the recorder takes the number for a constant."""
        return bool(self.recorder.is_constant(self))

    @property
    def data(self) -> Any:
        """The number as a constant that is recorded; an error if the recorder has none."""
        return self.recorder.data(self)

    @property
    def grad(self) -> Any:
        """The gradient of the root that was swept last with respect to this number, if the recorder sweeps."""
        return self.recorder.gradient_of(self)

    def backward(self, gradient: Any = 1.0, create_graph: Any = False, allow_stale: Any = False) -> None:
        """`Value.backward`, if the recorder sweeps; no graph is stale in a program."""
        self.recorder.backward(self, gradient, create_graph)

    def __eq__(self, other: object) -> Any:
        return self._apply(comparisons.EQ, self, other) if _is_comparable(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self._apply(comparisons.NE, self, other) if _is_comparable(other) else NotImplemented

    def __lt__(self, other: Number) -> Any:
        return self._apply(comparisons.LT, self, other)

    def __le__(self, other: Number) -> Any:
        return self._apply(comparisons.LE, self, other)

    def __gt__(self, other: Number) -> Any:
        return self._apply(comparisons.GT, self, other)

    def __ge__(self, other: Number) -> Any:
        return self._apply(comparisons.GE, self, other)

    def __hash__(self) -> int:
        # Eagerly a result of Values has the hash of an object, too, but a float that of its number.
        if capture_here() is self.recorder and self.is_constant():
            raise OperandTypeError(
                f"{self!r} cannot be a key of a dict or an item of a set: the number is recorded, and not known before "
                "the program runs; compare it with each key and choose with where(x == key, a, b), or name the "
                "argument that it comes from in static="
            )
        return object.__hash__(self)

    def __bool__(self) -> bool:
        return bool(self.recorder.truth(self))

    def __repr__(self) -> str:
        return f"Symbol({self.place!r})"

    def __str__(self) -> str:
        if "print" not in caller_frame().f_code.co_names:  # to print is to look, and no number gets lost by it
            self._refuse_text("str()")
        return repr(self)

    def __format__(self, spec: str) -> str:
        self._refuse_text(f"the format {spec!r}" if spec else "a text")

    def _refuse_text(self, conversion: str) -> NoReturn:
        raise OperandTypeError(
            f"{self!r} cannot be written with {conversion}: the number is recorded, and not known before the program "
            "runs; return it, and write the result, or write repr(x) to see what is recorded"
        )

    def __copy__(self) -> Any:
        return self._copied()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self._copied()

    def _copied(self) -> Any:
        """A number for a number, which is its own copy; a result is none without what it was made from."""
        if self.is_constant():
            return self
        raise GradientLossError(
            f"expected a plain number to copy, got {self!r}, a result that is recorded: use the result itself, "
            "x.detached() for its number alone, or Value(x.data) for a leaf"
        )

    def __reduce__(self) -> NoReturn:
        raise OperandTypeError(
            f"{self!r} cannot be pickled: the number is recorded, and not known before the program runs; return it, "
            "and pickle the result"
        )

    def _refuse(self, conversion: str, example: str) -> NoReturn:
        raise OperandTypeError(
            f"{conversion} of {self!r}, or a function of `math` that takes it, has no result: the number is recorded, "
            f"and not known before the program runs; call autograd_core.{example} and the like, which are recorded"
        )

    def _refuse_index(self) -> NoReturn:
        raise OperandTypeError(
            f"expected an integer, such as an index or a count, got {self!r}, whose number is recorded and not known "
            "before the program runs; autograd_core.pick(index, values) takes it as an index"
        )


def _is_comparable(other: object) -> bool:
    """Whether the other side of `==` is a number; with anything else Python decides, as for None."""
    return isinstance(other, Recorder) or is_number(other)
