"""A program made ready to run: a buffer, and the steps that work on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, final

from autograd_core.compiler.executors.arrays import array_steps, run_quietly
from autograd_core.compiler.executors.choice import gain
from autograd_core.compiler.executors.cost import Costs
from autograd_core.compiler.executors.formulas import Step
from autograd_core.compiler.executors.loops import Loops, loops_of
from autograd_core.compiler.executors.memory import view_of
from autograd_core.compiler.grouping import grouped
from autograd_core.compiler.kernels import BY_ROW, code_of
from autograd_core.compiler.program import Program
from autograd_core.compiler.records import OP, Records

MANY_OUTPUTS: Final = 1000
"""From here on NumPy finds a nan sooner than a loop."""


@final
class Executable:
    """A program, ready to run as often as wanted, one run at a time.

    Attributes:
        records: what runs.
        inputs: the inputs, a NumPy array to write into.
        outputs: the outputs of the latest run, a NumPy array to read; the next run overwrites it.
        buffer: what holds both, for typed Python.
        first_input: where the inputs begin in it.
        first_output: where the outputs begin in it.
    """

    __slots__ = (
        "_careful",
        "_exact",
        "_machine",
        "_program",
        "buffer",
        "first_input",
        "first_output",
        "inputs",
        "outputs",
        "records",
    )

    def __init__(self, program: Program, exact: bool, costs: Costs) -> None:
        self.records: Final = grouped(program, exact=exact)
        self._machine: Final = Machine(self.records, exact, costs)
        self.inputs: Final = self._machine.inputs
        self.outputs: Final = self._machine.outputs
        self.buffer: Final = self._machine.buffer
        self.first_input: Final = self.records.inputs
        self.first_output: Final = self.records.outputs
        self._program: Final = program
        self._exact: Final = exact
        self._careful: Machine | None = None

    def run(self, inputs: Sequence[float] | None = None) -> Any:
        """Compute the outputs, and return the array that holds them.

        Args:
            inputs: the inputs; None takes what stands in `inputs`.
        """
        if inputs is not None:
            self.inputs[:] = inputs
        self._machine.run()
        if self.records.is_checked and self._machine.has_nan():
            self._run_again()
        return self.outputs

    def _run_again(self) -> None:
        """Run the program with strong products, because there is a nan that plain ones may have made."""
        if self._careful is None:
            records = grouped(self._program, exact=self._exact, plain=False)
            self._careful = Machine(records, self._exact, self._machine.costs)
        self._careful.inputs[:] = self.inputs
        self._careful.run()
        self.outputs[:] = self._careful.outputs


@final
class Machine:
    """A buffer, and the steps that work on it.

    Attributes:
        inputs: the inputs in the buffer.
        outputs: the outputs in the buffer.
        costs: the cost model that chose the steps.
        buffer: all numbers.
    """

    __slots__ = ("_count", "_first_output", "_in_numpy", "_loops", "_steps", "buffer", "costs", "inputs", "outputs")

    def __init__(self, records: Records, exact: bool, costs: Costs) -> None:
        loops = loops_of(records, exact)
        numbers = view_of(loops.buffer)
        numbers[records.constants : records.constants + len(records.numbers)] = records.numbers
        inputs, outputs = records.counts
        self.inputs: Final = numbers[records.inputs : records.inputs + inputs]
        self.outputs: Final = numbers[records.outputs : records.outputs + outputs]
        self.costs: Final = costs
        self.buffer: Final = loops.buffer
        self._loops: Final = loops
        self._count: Final = len(records)
        self._first_output: Final = records.outputs
        steps, in_numpy = _steps(records, loops, numbers, costs, exact=exact)
        self._steps: Final = steps
        self._in_numpy: Final = in_numpy

    def run(self) -> None:
        """Run the steps."""
        if self._in_numpy:
            run_quietly(self._steps)
        else:
            self._loops.run(0, self._count)

    def has_nan(self) -> bool:
        """Whether an output is nan."""
        if len(self.outputs) < MANY_OUTPUTS:
            return self._loops.has_nan(self._first_output, len(self.outputs))
        total = self.outputs.dot(self.outputs)  # a nan stays, and squares do not make one
        return bool(total != total)  # noqa: PLR0124 - nan


def _steps(records: Records, loops: Loops, numbers: Any, costs: Costs, *, exact: bool) -> tuple[list[Step], bool]:
    """The steps of a run, and whether NumPy has a part in it."""
    codes = [code_of(op) for op in records.ops]
    heads, signs = records.heads.tolist(), records.signed.tolist()
    of_records = [codes[head[OP]] if head[OP] >= 0 else BY_ROW for head in heads]
    gains = [
        gain(code, head, costs, exact=exact, signed=signed)
        for code, head, signed in zip(of_records, heads, signs, strict=True)
    ]
    is_worthwhile = sum(gains) > costs.entry
    steps: list[Step] = []
    first = 0
    for i, (code, head, signed) in enumerate(zip(of_records, heads, signs, strict=True)):
        if is_worthwhile and gains[i] > 0.0:
            if first < i:
                steps.append(partial(loops.run, first, i))
            steps += array_steps(code, head, numbers, records.tables, exact=exact, signed=signed)
            first = i + 1
    in_numpy = len(steps) > 0
    if first < len(records):
        steps.append(partial(loops.run, first, len(records)))
    return steps, in_numpy
