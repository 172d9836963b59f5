"""What runs records: `loops` in typed Python, `arrays` in NumPy; `cost` chooses for each record.

Both work on one buffer, so a program mixes them freely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

from autograd_core.compiler.executors.loops import Loops, loops_of
from autograd_core.compiler.grouping import grouped
from autograd_core.compiler.program import Program
from autograd_core.compiler.records import Records


@final
class Executable:
    """A program, ready to run as often as wanted, one run at a time.

    Attributes:
        records: what runs.
        inputs: the inputs, a NumPy array to write into.
        outputs: the outputs of the latest run, a NumPy array to read; the next run overwrites it.
    """

    __slots__ = ("_steps", "inputs", "outputs", "records")

    def __init__(self, records: Records) -> None:
        loops = loops_of(records)
        numbers = view_of(loops.buffer)
        numbers[records.constants : records.constants + len(records.numbers)] = records.numbers
        inputs, outputs = records.counts
        self.records: Final = records
        self.inputs: Final = numbers[records.inputs : records.inputs + inputs]
        self.outputs: Final = numbers[records.outputs : records.outputs + outputs]
        self._steps: Final = _steps(records, loops)

    def run(self, inputs: Sequence[float] | None = None) -> Any:
        """Compute the outputs, and return the array that holds them.

        Args:
            inputs: the inputs; None takes what stands in `inputs`.
        """
        if inputs is not None:
            self.inputs[:] = inputs
        for step in self._steps:
            step()
        return self.outputs


def executable(program: Program, exact: bool = False) -> Executable:
    r"""A program made ready to run.

    Args:
        program: the program.
        exact: whether results are those of the evaluator to the bit. Otherwise sums may be added in another order, and
            functions may differ by 2 units in the last place.

    >>> from autograd_core.compiler.text import parse
    >>> run = executable(parse("%0 = input\n%1 = exp %0\n%2 = mul %1 %0\nreturn %2 %0")).run
    >>> run([1.0]).tolist()
    [2.718281828459045, 1.0]
    """
    return Executable(grouped(program, exact=exact))


def _steps(records: Records, loops: Loops) -> list[Callable[[], None]]:
    count = len(records)
    return [lambda: loops.run(0, count)] if count else []


class _Memory:
    """An array interface of memory that something else owns and keeps."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, interface: dict[str, Any], owner: Any) -> None:
        self.__array_interface__ = interface
        self.owner = owner


def view_of(buffer: Any) -> Any:
    """A NumPy array in the memory of a buffer. NumPy takes that for read-only, and is told otherwise."""
    import numpy as np

    interface = dict(np.frombuffer(buffer, dtype=np.float64).__array_interface__)
    interface["data"] = (interface["data"][0], False)
    return np.asarray(_Memory(interface, buffer))
