"""A recorder that appends every op to a program.

Formulas that are written with operators and rows, such as the derivatives of the table, run on its Symbols and leave
instructions. Nothing is looked at, so a formula has to choose with `where`.
"""

from __future__ import annotations

from typing import Any

from mypy_extensions import mypyc_attr

from autograd_core.compiler.program import COPY, Program
from autograd_core.errors import GradientLossError, OperandTypeError
from autograd_core.graph.symbol import Symbol
from autograd_core.numerics.number import to_float
from autograd_core.table.op import Op, Recorder


@mypyc_attr(allow_interpreted_subclasses=True)  # for recorders that treat Values in their own way
class Recording:
    """What records into a program (a `graph.symbol.SymbolRecorder`).

    Attributes:
        program: where the ops go. The places of Symbols are places there.
        constants: the places whose numbers count as constants, as a plain number does in a formula of Values.

    >>> from autograd_core import tanh
    >>> from autograd_core.compiler.text import to_text
    >>> program = Program()
    >>> x = Recording(program).symbol(program.input())
    >>> program.outputs = [tanh(2.0 * x).place]
    >>> print(to_text(program))
    %0 = input
    %1 = constant 2.0
    %2 = mul %1 %0
    %3 = tanh %2
    return %3
    """

    __slots__ = ("constants", "program")

    def __init__(self, program: Program, constants: set[int] | None = None) -> None:
        self.program = program
        self.constants: set[int] = set() if constants is None else constants

    def symbol(self, place: int) -> Symbol:
        """The number at a place."""
        return Symbol(self, place)

    def place(self, x: Any) -> int:
        """The place of a Symbol, or of a constant."""
        if not isinstance(x, Recorder):
            return self.program.constant(to_float(x))
        if isinstance(x, Symbol) and x.recorder is self:
            place: int = x.place
            return place
        raise GradientLossError(
            f"expected numbers of one program, got {x!r} from elsewhere, whose gradient would be lost: "
            "whatever a derivative depends on must be an input of its op"
        )

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Symbol:
        """The result of an op, which becomes an instruction."""
        return Symbol(self, self.program.apply(op, [self.place(x) for x in inputs]))

    def detached(self, symbol: Symbol) -> Symbol:
        """The same number, which no gradient passes through."""
        return self.record(COPY, (symbol,))

    def is_constant(self, symbol: Symbol) -> bool:
        """Whether the number counts as a constant."""
        return symbol.place in self.constants

    def grown(self, first: int) -> None:
        """Take notice of the instructions from a place on, some of which were appended without `record`."""

    def data(self, symbol: Symbol) -> Any:
        """Refuse to look at a number: a formula has none."""
        raise AttributeError(
            f"{symbol!r} has no data: its number is not known before the program runs; compute with the number "
            "itself, which is recorded, or with x.detached() for a constant"
        )

    def truth(self, symbol: Symbol) -> bool:
        """Refuse to decide."""
        raise OperandTypeError(
            f"a formula decides on the number {symbol!r}, which is not known before the program runs; choose with "
            "where(condition, a, b), or with select"
        )
