"""A recorder that writes down every op that is applied to its numbers and knows none of them.

`bool()`, `float()` and `.data` of its numbers are refused, so a formula that runs on them looks at no number. A program
that was written down runs at any point afterwards, and its gradient is the chain rule of the engine, applied to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from autograd_core.graph.chain_rule import contributions
from autograd_core.graph.edges import Edge, structural_zero
from autograd_core.graph.symbol import Symbol
from autograd_core.graph.value import Value
from autograd_core.table.op import Op


class LookedAtError(Exception):
    """A formula looked at a number that is not known yet."""


class Instruction(NamedTuple):
    """An op on places of the program and constants; an input of the program has no op."""

    op: Op | None
    inputs: tuple[Any, ...]


class Program:
    """The ops that were applied to Symbols, in order.

    Attributes:
        instructions: what was written down.
    """

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []

    def input(self) -> Symbol:
        """A number that is given when the program runs."""
        return self._add(None, ())

    def record(self, op: Op, inputs: tuple[Any, ...]) -> Symbol:
        """Write down an op."""
        assert all(x.recorder is self for x in inputs if isinstance(x, Symbol))
        return self._add(op, inputs)

    def detached(self, symbol: Symbol) -> Symbol:
        """Write down the same number as a constant, which the gradient does not follow."""
        return self._add(None, (symbol,))

    def is_constant(self, symbol: Symbol) -> bool:
        """Take no number for a constant."""
        return False

    def data(self, symbol: Symbol) -> NoReturn:
        """Refuse to tell a number, as `Recording` does."""
        raise AttributeError(f"{symbol!r} has no data: its number is not known, so write x.detached()")

    def truth(self, symbol: Symbol) -> NoReturn:
        """Refuse to decide."""
        raise LookedAtError(f"bool() of the result of {self.instructions[symbol.place].op}")

    def _add(self, op: Op | None, inputs: tuple[Any, ...]) -> Symbol:
        self.instructions.append(Instruction(op, inputs))
        return Symbol(self, len(self.instructions) - 1)

    def run(self, point: Sequence[float], *results: Any) -> list[float]:
        """The numbers of results at a point; a result that is a plain number is itself."""
        given = iter(point)
        numbers: list[float] = []
        for op, inputs in self.instructions:
            known = [numbers[x.place] if isinstance(x, Symbol) else number_of(x) for x in inputs]
            if op is not None:
                numbers.append(op.evaluate(known))
            else:
                numbers.append(known[0] if known else next(given))
        return [numbers[y.place] if isinstance(y, Symbol) else number_of(y) for y in results]

    def gradient(self, result: Any, inputs: Sequence[Symbol]) -> list[Any]:
        """The derivatives of a result with respect to inputs: instructions of the same program."""
        if not isinstance(result, Symbol):
            return [0.0 for _ in inputs]
        sums: dict[Any, Any] = {result.place: 1.0}
        for _ in contributions(self._edges(result.place, sums), sums):
            pass
        return [sums.get(x.place, -0.0) + 0.0 for x in inputs]

    def _edges(self, last: int, sums: dict[Any, Any]) -> Iterator[list[Edge]]:
        for place in range(last, -1, -1):
            op, inputs = self.instructions[place]
            if op is None or place not in sums:
                continue
            output = Symbol(self, place)
            wanted = [isinstance(x, Symbol) for x in inputs]
            known = [x if isinstance(x, Symbol) else number_of(x) for x in inputs]
            yield [
                (place, x.place, i, derivative, structural_zero(op, i, known, output, derivative))
                for i, (x, derivative) in enumerate(zip(inputs, op.partials(known, output, wanted), strict=True))
                if isinstance(x, Symbol)
            ]


def number_of(x: Any) -> float:
    """The number of a Value or of a plain number, which are constants of a program."""
    return x.data if isinstance(x, Value) else float(x)


def recorded(function: Callable[..., Any], count: int) -> tuple[Program, list[Symbol], Any]:
    """A program with this many inputs, these inputs, and what the function gives for them."""
    program = Program()
    inputs = [program.input() for _ in range(count)]
    return program, inputs, function(*inputs)
