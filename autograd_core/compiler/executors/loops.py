"""Records in typed Python, which mypyc compiles.

Every record can run here: with the kernel of its op, or with the forward function of its row, lane by lane. All keep
the order of sums and the arithmetic of the rows, so the results are those of the evaluator to the bit.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.executors.backwards import clear, run_edges, run_sweep
from autograd_core.compiler.executors.indexed import run_by_row, run_indexed, run_tape
from autograd_core.compiler.executors.memory import fill
from autograd_core.compiler.executors.strided import run_strided
from autograd_core.compiler.kernels import BY_ROW, code_of, fast_code_of
from autograd_core.compiler.records import (
    ARITY,
    DESTINATION,
    EDGES,
    FIELDS,
    IS_STARTED,
    LANES,
    OP,
    SWEEP,
    TABLE_AT,
    TAPE,
    WIDTH,
    Records,
)
from autograd_core.table.op import Op


@final
class Loops:
    """Records, ready to run.

    Attributes:
        buffer: the numbers.
    """

    __slots__ = ("_codes", "_heads", "_ops", "_picked", "_tables", "buffer")

    def __init__(self, ops: list[Op], heads: vec[i64], tables: vec[i32], buffer: vec[float], exact: bool) -> None:
        self.buffer: Final = buffer
        self._ops: Final = ops
        self._heads: Final = heads
        self._tables: Final = tables
        self._picked: Final = vec[float]([0.0, 0.0, 0.0, 0.0])
        self._codes: Final = vec[i64]([i64(code_of(op) if exact else fast_code_of(op)) for op in ops])

    def run(self, first: int, end: int) -> None:
        """Run the records from `first` up to but not including `end`."""
        heads, tables, buffer, codes = self._heads, self._tables, self.buffer, self._codes
        h, last = i64(first) * FIELDS, i64(end) * FIELDS
        while h < last:
            op, table = heads[h + OP], heads[h + TABLE_AT]
            lanes, destination = heads[h + LANES], heads[h + DESTINATION]
            if op == SWEEP:
                clear(lanes, destination, buffer)
                run_sweep(heads[h + ARITY], table, tables, buffer, heads[h + IS_STARTED] != 0)
            elif op == EDGES:
                run_edges(heads, h, tables, buffer)
            elif op == TAPE:
                run_tape(lanes, destination, table, tables, buffer, self._picked)
            elif table < 0:
                run_strided(codes[op], heads, h, buffer)
            elif codes[op] == BY_ROW:
                run_by_row(self._ops[int(op)], lanes, heads[h + ARITY], destination, table, tables, buffer)
            else:
                run_indexed(codes[op], lanes, heads[h + ARITY], destination, table, tables, buffer)
            h += FIELDS

    def has_nan(self, first: int, count: int) -> bool:
        """Whether one of so many numbers is nan."""
        buffer = self.buffer
        i, end = i64(first), i64(first) + i64(count)
        while i < end:
            x = buffer[i]
            if x != x:  # noqa: PLR0124 - nan
                return True
            i += 1
        return False


def loops_of(records: Records, exact: bool) -> Loops:
    """The loops for records, with a buffer of their own. With `exact`, kernels give the bits of the rows."""
    heads, tables = vec[i64]([i64(0)] * int(records.heads.size)), vec[i32]([i32(0)] * int(records.tables.size))
    fill(heads, records.heads.ravel())
    fill(tables, records.tables)
    return Loops(records.ops, heads, tables, vec[float]([0.0] * (records.size + WIDTH)), exact)
