"""Records whose operands are found by an index table, and tapes, in typed loops."""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import (
    CODE_ADD,
    CODE_DOT,
    CODE_DOT_FROM,
    CODE_MUL,
    CODE_SUB,
    CODE_SUM,
    FIRST_TERNARY,
    FIRST_UNARY,
    binary,
    ternary,
    unary,
)
from autograd_core.compiler.records import ENTRIES, MULTIPLY_ADD
from autograd_core.table.op import Op


def run_indexed(
    code: i64, lanes: i64, arity: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]
) -> None:
    """Run a record that has a kernel."""
    if code == CODE_DOT:
        _dot(lanes, arity, destination, table, tables, buffer)
    elif code == CODE_DOT_FROM:
        _dot_from(lanes, arity // 2, destination, table, tables, buffer)
    elif code == CODE_SUM:
        _sum(lanes, arity, destination, table, tables, buffer)
    elif code < FIRST_UNARY:
        _binary(code, lanes, destination, table, tables, buffer)
    elif code < FIRST_TERNARY:
        _unary(code, lanes, destination, table, tables, buffer)
    else:
        _ternary(code, lanes, destination, table, tables, buffer)


def run_by_row(
    op: Op, lanes: i64, arity: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]
) -> None:
    """Run a record with the forward function of its row, lane by lane."""
    i: i64 = 0
    while i < lanes:
        inputs: list[float] = []
        k: i64 = 0
        while k < arity:
            inputs.append(buffer[i64(tables[table + k * lanes + i])])
            k += 1
        buffer[destination + i] = op.evaluate(inputs)
        i += 1


def run_tape(
    count: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float], picked: vec[float]
) -> None:
    """Run single instructions one after the other.

    Their ops follow no pattern, so a processor could not predict a branch on them. Sum, difference, product, and
    product plus a third number are all computed, and one of them is picked from `picked`, a place for four numbers,
    which takes half the time.
    """
    end = destination + count
    while destination < end:
        code = i64(tables[table])
        a = buffer[i64(tables[table + 1])]
        if code <= CODE_MUL:
            b = buffer[i64(tables[table + 2])]
            picked[CODE_ADD] = a + b
            picked[CODE_SUB] = a - b
            product = a * b
            picked[CODE_MUL] = product
            picked[MULTIPLY_ADD] = product + buffer[i64(tables[table + 3])]
            buffer[destination] = picked[code]
        elif code < FIRST_UNARY:
            buffer[destination] = binary(code, a, buffer[i64(tables[table + 2])])
        elif code < FIRST_TERNARY:
            buffer[destination] = unary(code, a)
        else:
            buffer[destination] = ternary(code, a, buffer[i64(tables[table + 2])], buffer[i64(tables[table + 3])])
        destination += 1
        table += ENTRIES


def _binary(code: i64, lanes: i64, destination: i64, a: i64, tables: vec[i32], buffer: vec[float]) -> None:
    b, end = a + lanes, destination + lanes
    if code == CODE_ADD:
        while destination < end:
            buffer[destination] = buffer[i64(tables[a])] + buffer[i64(tables[b])]
            destination += 1
            a += 1
            b += 1
    elif code == CODE_SUB:
        while destination < end:
            buffer[destination] = buffer[i64(tables[a])] - buffer[i64(tables[b])]
            destination += 1
            a += 1
            b += 1
    elif code == CODE_MUL:
        while destination < end:
            buffer[destination] = buffer[i64(tables[a])] * buffer[i64(tables[b])]
            destination += 1
            a += 1
            b += 1
    else:
        while destination < end:
            buffer[destination] = binary(code, buffer[i64(tables[a])], buffer[i64(tables[b])])
            destination += 1
            a += 1
            b += 1


def _unary(code: i64, lanes: i64, destination: i64, a: i64, tables: vec[i32], buffer: vec[float]) -> None:
    end = destination + lanes
    while destination < end:
        buffer[destination] = unary(code, buffer[i64(tables[a])])
        destination += 1
        a += 1


def _ternary(code: i64, lanes: i64, destination: i64, a: i64, tables: vec[i32], buffer: vec[float]) -> None:
    end = destination + lanes
    b, c = a + lanes, a + 2 * lanes
    while destination < end:
        buffer[destination] = ternary(code, buffer[i64(tables[a])], buffer[i64(tables[b])], buffer[i64(tables[c])])
        destination += 1
        a += 1
        b += 1
        c += 1


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


def _dot_from(lanes: i64, pairs: i64, destination: i64, table: i64, tables: vec[i32], buffer: vec[float]) -> None:
    i: i64 = 0
    distance = pairs * lanes
    while i < lanes:
        place, end = table + i, table + i + distance
        total = buffer[i64(tables[end + distance])]
        while place < end:
            total += buffer[i64(tables[place])] * buffer[i64(tables[place + distance])]
            place += lanes
        buffer[destination + i] = total
        i += 1
