"""What runs records: `loops` in typed Python, `arrays` in NumPy; `cost` chooses for each record.

Both work on one buffer, so a program mixes them freely.
"""

from __future__ import annotations

from autograd_core.build import build_info
from autograd_core.compiler.executors.cost import COMPILED, PLAIN, Costs
from autograd_core.compiler.executors.machines import Executable
from autograd_core.compiler.program import Program

__all__ = ["Executable", "executable"]


def executable(program: Program, exact: bool = False, costs: Costs | None = None) -> Executable:
    r"""A program made ready to run.

    Args:
        program: the program.
        exact: whether results are those of the evaluator to the bit. Otherwise sums may be added in another order, and
            functions may differ by 2 units in the last place, and slopes of `tanh` and the sigmoid by 4.
        costs: the cost model; None takes that of the build.

    >>> from autograd_core.compiler.text import parse
    >>> run = executable(parse("%0 = input\n%1 = exp %0\n%2 = mul %1 %0\nreturn %2 %0")).run
    >>> run([1.0]).tolist()
    [2.718281828459045, 1.0]
    """
    if costs is None:
        costs = COMPILED if build_info().compiled else PLAIN
    return Executable(program, exact, costs)
