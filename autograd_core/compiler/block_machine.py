"""What runs a plan for a block of rows: a function of NumPy for each record, or a typed loop.

Registers lie side by side and have no strides, so a step takes less than one that is made for any records.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, final

from autograd_core.compiler.executors.arrays import array_steps, formula_of, run_quietly
from autograd_core.compiler.executors.choice import runs_in_numpy
from autograd_core.compiler.executors.cost import Costs
from autograd_core.compiler.executors.formulas import Step
from autograd_core.compiler.executors.loops import loops_of
from autograd_core.compiler.executors.memory import view_of
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.lanes import COMPARISONS, PRODUCT, Plan
from autograd_core.compiler.vector_formulas import array_function


@final
class BlockMachine:
    """The memory of a plan for blocks of one size, and the steps that work on it.

    Attributes:
        shared: the numbers that all rows share.
        columns: a row for each input that differs from row to row.
        outputs: a row for each output.
    """

    __slots__ = ("_steps", "columns", "outputs", "shared")

    def __init__(self, plan: Plan, rows: int, costs: Costs, *, exact: bool) -> None:

        records = plan.records(rows)
        loops = loops_of(records, exact)
        numbers = view_of(loops.buffer)
        first = records.outputs - plan.columns * rows
        registers = numbers[first : first + plan.registers * rows].reshape(plan.registers, rows)
        outputs = len(plan.program.outputs)
        self.shared: Final = numbers[: len(plan.shared)]
        self.columns: Final = registers[: plan.columns]
        self.outputs: Final = registers[plan.columns : plan.columns + outputs]
        self._steps: list[Step] = []
        ops = plan.program.ops
        for i, (step, head) in enumerate(zip(plan.steps, records.heads.tolist(), strict=True)):
            operands = [registers[x] if x >= 0 else numbers[-1 - x : -x].reshape(()) for x in step.operands]
            code = code_of(ops[step.kind])
            function = None if exact else array_function(ops[step.kind])
            out = registers[step.result]
            if step.form == PRODUCT:
                self._steps += array_steps(code, head, numbers, records.tables, exact=exact, signed=False)
            elif step.form in COMPARISONS:
                self._steps += _choice(COMPARISONS[step.form], operands, out)
            elif function is not None:
                self._steps.append(partial(function, *operands, out))
            elif code == BY_ROW or not runs_in_numpy(code, head, costs, exact=exact, signed=step.signed):
                self._steps.append(partial(loops.run, i, i + 1))
            else:
                self._steps += formula_of(code, exact=exact, signed=step.signed).steps(*operands, out)

    def run(self) -> None:
        """Run the steps."""
        run_quietly(self._steps)


def _choice(comparison: str, operands: list[Any], out: Any) -> list[Step]:
    """The steps of `where(a < b, yes, no)`."""
    import numpy as np

    a, b, yes, no = operands
    holds = np.empty(out.shape, dtype=bool)
    return [
        partial(getattr(np, comparison), a, b, holds),
        partial(np.copyto, out, no),
        partial(np.copyto, out, yes, where=holds),
    ]
