"""A program that runs for many rows of data, block by block.

Rows that go different ways at the decisions of a function run by different programs: each takes all rows that are left,
and passes on those that would have decided otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple, final

from autograd_core.build import build_info
from autograd_core.compiler.block_machine import BlockMachine
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.executors import executable
from autograd_core.compiler.executors.cost import COMPILED, PLAIN
from autograd_core.compiler.head_and_tail import split
from autograd_core.compiler.lanes import Plan
from autograd_core.compiler.mapping import Target
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.records import WIDTH
from autograd_core.transforms.trees import is_array


@final
class Blocks:
    """A plan with the memory that it runs in, for each size of blocks.

    Attributes:
        plan: the plan.
    """

    __slots__ = ("_constants", "_costs", "_exact", "_machines", "plan")

    def __init__(self, plan: Plan, *, exact: bool) -> None:
        self.plan: Final = plan
        self._exact: Final = exact
        self._costs: Final = COMPILED if build_info().compiled else PLAIN
        numbers = plan.program.numbers
        self._constants: Final = [numbers[i] for i in range(len(numbers))]
        self._machines: Final[dict[int, BlockMachine]] = {}

    def machine(self, size: int, shared: Any) -> BlockMachine:
        """What runs blocks of so many rows, with the numbers that all rows share in it."""
        import numpy as np

        machine = self._machines.get(size)
        if machine is None:
            machine = self._machines[size] = BlockMachine(self.plan, size, self._costs, exact=self._exact)
        if len(self.plan.shared):
            machine.shared[:] = np.concatenate([shared, self._constants])[self.plan.shared]
        return machine


class Column(NamedTuple):
    """Inputs that one array has in its rows.

    Attributes:
        argument: the index of the array.
        first: the first of the inputs, among those that differ from row to row.
        parts: which numbers of a row they are; a slice if it is all of them.
        width: how many they are.
    """

    argument: int
    first: int
    parts: Any
    width: int


@final
class MappedProgram:
    """A captured program for many rows.

    Attributes:
        captured: the program.
    """

    __slots__ = ("_blocks", "_careful", "_columns", "_exact", "_head", "_tail", "_truths", "captured")

    def __init__(self, captured: Captured, blocks: Sequence[Any], has_rows: Sequence[bool], *, exact: bool) -> None:
        import numpy as np

        program = simplify(captured.program, groups=False)  # of a lane for each row
        sizes = [block.size if is_array(block) else 1 for block in blocks]
        origins = [(k, i) for k, size in enumerate(sizes) for i in range(size)]
        varies = [has_rows[k] for k, _ in origins]
        parts = split(program, varies + [False] * (program.inputs - len(varies)))
        self.captured: Final = captured
        self._exact: Final = exact
        self._head: Final = executable(parts.head, exact=True)  # to the bit, because the tail may read the sign of a 0
        self._tail: Final = parts.tail
        self._blocks: Final = self._made(plain=True)
        self._careful: Blocks | None = None
        self._truths: Final = np.array(captured.truths, dtype=bool)[:, None]
        self._columns: Final = _columns([origins[column] for column in parts.columns], sizes)

    def _made(self, *, plain: bool) -> Blocks:
        plan = Plan(self._tail, len(self._head.outputs), exact=self._exact, plain=plain)
        return Blocks(plan, exact=self._exact)

    def run(self, blocks: Sequence[Any], arrays: Sequence[Any], rows: Any, target: Target) -> Any:
        """Compute rows, and return the indices of those that decide in another way.

        Args:
            blocks: the numbers and arrays of a call.
            arrays: for each of them the array that has it in its rows, or None.
            rows: the indices of the rows, a range or an array.
            target: what takes the results.
        """
        import numpy as np

        rest: list[Any] = []
        with np.errstate(all="ignore"):
            shared = self._run_head(blocks)
            size = block_size(len(rows), self._blocks.plan.rows())
            machine = self._blocks.machine(size, shared)
            for at in range(0, len(rows), size):
                some = rows[at : at + size]
                outputs = self._run_block(machine, arrays, some, shared)
                holds = self._holds(outputs)
                if holds is not None:
                    some = np.asarray(some)
                    rest.append(some[~holds])
                    some, outputs = some[holds], outputs[:, holds]
                target.store(self.captured.runner.result, some, outputs)
        return np.concatenate(rest) if rest else rows[:0]

    def _run_head(self, blocks: Sequence[Any]) -> Any:
        """The numbers that all rows share and the tail reads."""
        head, at = self._head, 0
        for block in blocks:
            size = block.size if is_array(block) else 1
            head.inputs[at : at + size] = block.ravel() if is_array(block) else block
            at += size
        self.captured.runner.cells.read(head.buffer, head.first_input)
        self.captured.runner.read_stores(head.inputs)
        return head.run()

    def _run_block(self, machine: BlockMachine, arrays: Sequence[Any], rows: Any, shared: Any) -> Any:
        """The outputs for a block of rows: a row for each output, a column for each row of data."""
        count = len(rows)
        select = slice(rows.start, rows.stop) if isinstance(rows, range) else rows
        for argument, first, parts, width in self._columns:
            array = arrays[argument][select]
            numbers = array if array.ndim == 1 else array.reshape(count, -1).T[parts]
            machine.columns[first : first + width, :count] = numbers
        machine.columns[:, count:] = machine.columns[
            :, count - 1 : count
        ]  # an op of the caller may raise at other numbers
        machine.run()
        outputs = machine.outputs
        if self._blocks.plan.is_checked and _has_nan(outputs):
            outputs = self._again(machine, shared)
        return outputs[:, :count]

    def _again(self, machine: BlockMachine, shared: Any) -> Any:
        """The outputs with strong products, because there is a nan that plain ones may have made."""
        if self._careful is None:
            self._careful = self._made(plain=False)
        other = self._careful.machine(machine.columns.shape[1], shared)
        other.columns[:] = machine.columns
        other.run()
        return other.outputs

    def _holds(self, outputs: Any) -> Any:
        """For each row whether it decides as the program does; None if all do."""
        first = len(outputs) - len(self._truths)
        holds = ((outputs[first:] != 0.0) == self._truths).all(axis=0)
        return None if holds.all() else holds


def _has_nan(outputs: Any) -> bool:
    import numpy as np

    return bool(np.isnan(outputs.sum()))  # infinities of both signs as well, which only take longer


def _columns(origins: list[tuple[int, int]], sizes: list[int]) -> list[Column]:
    """The inputs that differ from row to row, by the arguments they come from: each is one part of a row of one."""
    found, first = [], 0
    for argument, members in groupby(origins, lambda origin: origin[0]):
        parts = [part for _, part in members]
        found.append(Column(argument, first, slice(None) if len(parts) == sizes[argument] else parts, len(parts)))
        first += len(parts)
    return found


def block_size(count: int, most: int) -> int:
    """How many rows a block has: a power of 2, or one and a half of it, so that few sizes occur.

    >>> block_size(100_000, 2048), block_size(1000, 2048), block_size(600, 2048), block_size(1, 2048)
    (2048, 1024, 768, 8)
    """
    size = WIDTH
    while size < min(count, most):
        size = size // 3 * 4 if size % 3 == 0 else size * 2 if size < 16 else size // 2 * 3
    return min(size, most)
