"""Which records run in typed loops, and which in NumPy.

A record runs in NumPy if that takes less time, and if all such records together save what it takes to enter NumPy.
"""

from __future__ import annotations

from typing import Final

from autograd_core.compiler.executors.arrays import SUMS, can_run, formula_of, is_matrix_product
from autograd_core.compiler.executors.cost import Costs, Work, in_arrays, in_loops
from autograd_core.compiler.kernels import BY_ROW, LANE
from autograd_core.compiler.records import ARITY, COLUMNS, IS_STARTED, LANES, TABLE_AT, TERMS

SHORT_ROW: Final = 2048
"""NumPy moves rows of so many numbers, a quarter of its buffer, and shorter ones through the buffer."""


def runs_in_numpy(code: int, head: list[int], costs: Costs, *, exact: bool, signed: bool) -> bool:
    """Whether NumPy takes less time for a record."""
    return gain(code, head, costs, exact=exact, signed=signed) > 0.0


def gain(code: int, head: list[int], costs: Costs, *, exact: bool, signed: bool) -> float:
    """The nanoseconds that NumPy saves in a record; 0 if it takes longer."""
    if code == BY_ROW or not can_run(code, head, exact=exact):
        return 0.0
    work = work_of(code, head, exact=exact, signed=signed)
    return max(0.0, in_loops(costs, work) - in_arrays(costs, work))


def work_of(code: int, head: list[int], *, exact: bool, signed: bool) -> Work:
    """What a record does that has a kernel in loops and in NumPy."""
    operands = head[ARITY] if head[TABLE_AT] >= 0 else 0
    if code not in SUMS:
        formula = formula_of(code, exact=exact, signed=signed)
        in_rows = not operands and head[LANES] > head[COLUMNS] and head[COLUMNS] <= SHORT_ROW
        return Work(head[LANES], 1, LANE[code], formula.lane, formula.calls, operands, is_matrix=False, in_rows=in_rows)
    terms = (operands - head[IS_STARTED]) // SUMS[code] if operands else head[TERMS]
    is_matrix = not exact and not signed and is_matrix_product(code, head)
    return Work(head[LANES], terms, LANE[code], 0.0, 2 + head[IS_STARTED], operands, is_matrix=is_matrix)
