"""Records in typed loops, which mypyc compiles. A record without a loop calls the forward function of its row.

A loop does what the row does, with plain IEEE operations in the order of the operands, so it is exact.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.records import FIELDS
from autograd_core.numerics.real import divide
from autograd_core.table.op import Op

LOOPS: Final = {
    "add": 1, "sub": 2, "mul": 3, "neg": 4, "div": 5, "sum": 6, "dot": 7, "relu": 8, "where": 9, "lt": 10, "le": 11,
    "gt": 12, "ge": 13, "eq": 14, "ne": 15, "copy": 16,
}  # fmt: skip
"""The ops that have a loop, with their codes."""


@final
class Loops:
    """Records, ready to run.

    Attributes:
        buffer: the numbers.
    """

    __slots__ = ("_codes", "_heads", "_tables", "buffer", "ops")

    def __init__(self, ops: list[Op], heads: vec[i64], tables: vec[i32], buffer: vec[float]) -> None:
        self.ops: Final = ops
        self.buffer: Final = buffer
        self._heads: Final = heads
        self._tables: Final = tables
        self._codes: Final = vec[i64]([i64(LOOPS.get(op.name, 0) if op.index >= 0 or op.name == "copy" else 0) for op in ops])

    def run(self, first: int, end: int) -> None:
        """Run the records from `first` up to but not including `end`."""
        heads, tables, buffer, codes = self._heads, self._tables, self.buffer, self._codes
        i, last = i64(first) * FIELDS, i64(end) * FIELDS
        while i < last:
            code = codes[heads[i]]
            lanes, arity, destination, table = heads[i + 1], heads[i + 2], heads[i + 3], heads[i + 4]
            if code == 0:
                _by_row(self.ops[heads[i]], lanes, arity, destination, table, tables, buffer)
            elif code <= 3 and lanes == 1:  # computed all, and one chosen: a branch on the op would be mispredicted
                _chosen(code, destination, table, tables, buffer)
            elif code <= 5:
                _arithmetic(code, lanes, destination, table, tables, buffer)
            elif code == 6:
                _sum(lanes, arity, destination, table, tables, buffer)
            elif code == 7:
                _dot(lanes, arity, destination, table, tables, buffer)
            else:
                _choice(code, lanes, destination, table, tables, buffer)
            i += FIELDS


def _by_row(
    op: Op, lanes: i64, arity: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]
) -> None:
    i: i64 = 0
    while i < lanes:
        inputs: list[float] = []
        k: i64 = 0
        while k < arity:
            inputs.append(buffer[i64(tables[table + k * lanes + i])])
            k += 1
        buffer[destination + i] = op.evaluate(inputs)
        i += 1


def _chosen(code: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    a, b = buffer[i64(tables[table])], buffer[i64(tables[table + 1])]
    buffer[destination] = (a + b) if code == 1 else (a - b) if code == 2 else a * b


def _arithmetic(code: i64, lanes: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    i: i64 = 0
    second = table + lanes
    if code == 1:
        while i < lanes:
            buffer[destination + i] = buffer[i64(tables[table + i])] + buffer[i64(tables[second + i])]
            i += 1
    elif code == 2:
        while i < lanes:
            buffer[destination + i] = buffer[i64(tables[table + i])] - buffer[i64(tables[second + i])]
            i += 1
    elif code == 3:
        while i < lanes:
            buffer[destination + i] = buffer[i64(tables[table + i])] * buffer[i64(tables[second + i])]
            i += 1
    elif code == 4:
        while i < lanes:
            buffer[destination + i] = -buffer[i64(tables[table + i])]
            i += 1
    else:
        while i < lanes:
            buffer[destination + i] = divide(buffer[i64(tables[table + i])], buffer[i64(tables[second + i])])
            i += 1


def _sum(lanes: i64, arity: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    i: i64 = 0
    while i < lanes:
        place, end = table + i, table + i + arity * lanes
        total = buffer[i64(tables[place])]
        place += lanes
        while place < end:
            total += buffer[i64(tables[place])]
            place += lanes
        buffer[destination + i] = total
        i += 1


def _dot(lanes: i64, arity: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    i: i64 = 0
    distance = arity // 2 * lanes
    while i < lanes:
        place, end = table + i, table + i + distance
        total = buffer[i64(tables[place])] * buffer[i64(tables[place + distance])]
        place += lanes
        while place < end:
            total += buffer[i64(tables[place])] * buffer[i64(tables[place + distance])]
            place += lanes
        buffer[destination + i] = total
        i += 1


def _choice(code: i64, lanes: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    i: i64 = 0
    while i < lanes:
        a = buffer[i64(tables[table + i])]
        if code == 8:
            result = 0.0 if a <= 0.0 else a  # noqa: FURB136 - max() would turn a nan into 0
        elif code == 16:
            result = a
        elif code == 9:
            result = buffer[i64(tables[table + (lanes if a != 0.0 else 2 * lanes) + i])]
        else:
            result = 1.0 if _holds(code, a, buffer[i64(tables[table + lanes + i])]) else 0.0
        buffer[destination + i] = result
        i += 1


def _holds(code: i64, a: float, b: float) -> bool:
    if code == 10:
        return a < b
    if code == 11:
        return a <= b
    if code == 12:
        return a > b
    if code == 13:
        return a >= b
    return a == b if code == 14 else a != b
