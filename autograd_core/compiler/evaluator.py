"""The evaluator: it runs a program instruction by instruction, with the forward functions of the rows.

It is slow and simple. Whatever else runs programs, or makes other programs of them, must give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from autograd_core.compiler.program import INPUT, Program


@final
class Evaluation:
    """The numbers of a program at given inputs. It can be continued after the program has grown.

    Attributes:
        numbers: the result of every instruction that has run.

    >>> from autograd_core import TABLE
    >>> program = Program()
    >>> x = program.input()
    >>> evaluation = Evaluation(program)
    >>> square = program.apply(TABLE["mul"], [x, x])
    >>> evaluation.at(square, [3.0])
    9.0
    """

    __slots__ = ("numbers", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.numbers: list[float] = []

    def at(self, place: int, inputs: Sequence[float]) -> float:
        """The number at a place. `inputs` are all inputs; those that were read before must not have changed."""
        program, numbers = self.program, self.numbers
        while len(numbers) <= place:
            here = len(numbers)
            op = program.op(here)
            if op is not None:
                numbers.append(op.evaluate([numbers[operand] for operand in program.operands(here)]))
            elif program.kinds[here] == INPUT:
                numbers.append(inputs[program.index(here)])
            else:
                numbers.append(program.numbers[program.index(here)])
        return numbers[place]


def evaluate(program: Program, inputs: Sequence[float]) -> list[float]:
    """The outputs of a program at these inputs.

    >>> from autograd_core import TABLE
    >>> program = Program()
    >>> program.outputs = [program.apply(TABLE["exp"], [program.input()])]
    >>> evaluate(program, [0.0])
    [1.0]
    """
    evaluation = Evaluation(program)
    return [evaluation.at(output, inputs) for output in program.outputs]
