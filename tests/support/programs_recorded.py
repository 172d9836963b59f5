"""Functions recorded as programs whose numbers nobody knows.

`bool()`, `float()` and `.data` of these numbers are refused, so a formula that runs on them looks at no number. The
program runs at any point afterwards, and its gradient is the chain rule of the engine, applied to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value
from autograd_core.compiler.differentiation import gradient
from autograd_core.compiler.evaluator import evaluate
from autograd_core.compiler.program import Program as Instructions
from autograd_core.compiler.recording import Recording
from autograd_core.graph.symbol import Symbol


class Program(Recording):
    """A recorder for which Values are constants, as the parameters of layers are in tests."""

    def __init__(self) -> None:
        super().__init__(Instructions())

    def input(self) -> Symbol:
        """A number that is given when the program runs."""
        return self.symbol(self.program.input())

    def place(self, x: Any) -> int:
        """The place of a Symbol or of a constant."""
        return super().place(x.data if isinstance(x, Value) else x)

    def run(self, point: Sequence[float], *results: Any) -> list[float]:
        """The numbers of results at a point; a result that is a plain number is itself."""
        self.program.outputs = [self.place(y) for y in results]
        return evaluate(self.program, point)

    def gradient(self, result: Any, inputs: Sequence[Symbol]) -> list[Any]:
        """The derivatives of a result with respect to inputs: instructions of the same program."""
        places = gradient(self, self.place(result), [x.place for x in inputs])
        return [self.symbol(place) for place in places]


def recorded(function: Callable[..., Any], count: int) -> tuple[Program, list[Symbol], Any]:
    """A program with this many inputs, these inputs, and what the function gives for them."""
    program = Program()
    inputs = [program.input() for _ in range(count)]
    return program, inputs, function(*inputs)
