"""Which records run in typed loops, and which in NumPy."""

from __future__ import annotations

from typing import Final

from autograd_core.compiler.executors.arrays import INEXACT, can_run, is_matrix_product
from autograd_core.compiler.executors.cost import Costs, Work, in_arrays, in_loops
from autograd_core.compiler.kernels import BY_ROW, CODE_DOT, CODE_SUM
from autograd_core.compiler.records import ARITY, LANES, TABLE_AT, TERMS

_CALLS: Final = {
    34: 2, 37: 12, 38: 8, 39: 12, 64: 3, 65: 10, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, CODE_SUM: 8, CODE_DOT: 8,

}  # fmt: skip
"""How many calls a kernel takes in NumPy, if more than one; an addition of many terms takes as long as so many."""


MATRIX_CALLS: Final = 4
"""A matrix product takes as long as so many calls before it begins."""

_CHOICES: Final = frozenset((5, 6, 7, 8, 9, 10, 34, 50, 64, 65))


def runs_in_numpy(code: int, head: list[int], costs: Costs, *, exact: bool, signed: bool) -> bool:
    """Whether NumPy takes less time for a record."""
    if code == BY_ROW or not can_run(code, head, exact=exact):
        return False
    work = work_of(code, head, exact=exact, signed=signed)
    return in_arrays(costs, work) < in_loops(costs, work)


def work_of(code: int, head: list[int], *, exact: bool, signed: bool) -> Work:
    """What a record does."""
    by_table = head[TABLE_AT] >= 0
    terms = head[TERMS]
    if by_table and code in (CODE_DOT, CODE_SUM):
        terms = head[ARITY] // (2 if code == CODE_DOT else 1)
    is_matrix = not exact and not signed and is_matrix_product(code, head)
    calls = MATRIX_CALLS if is_matrix else _CALLS.get(code, 1)
    kind = (
        "row" if code == BY_ROW else "function" if code in INEXACT else "choice" if code in _CHOICES else "arithmetic"
    )
    return Work(head[LANES], terms, kind, head[ARITY] if by_table else 0, is_matrix, calls)
