"""Sweeps in typed loops: gradients follow the edges of a graph backwards."""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import CODE_STRONG_PRODUCT, ternary
from autograd_core.compiler.records import DESTINATION, ENTRIES, LANES, OPERANDS, ROW, TABLE_AT


def clear(count: i64, destination: i64, buffer: vec[float]) -> None:
    """Set gradients to -0.0, which stands for one that nothing has reached."""
    end = destination + count
    while destination < end:
        buffer[destination] = -0.0
        destination += 1


def run_sweep(edges: i64, table: i64, tables: vec[i32], buffer: vec[float], may_stop: bool) -> None:
    """Follow edges, each of which has its entries in the tables."""
    end = table + ENTRIES * edges
    if may_stop:
        while table < end:
            upstream, local = buffer[i64(tables[table])], buffer[i64(tables[table + 2])]
            target = i64(tables[table + 1])
            product = ternary(CODE_STRONG_PRODUCT, local, upstream, buffer[i64(tables[table + 3])])
            buffer[target] = buffer[target] + product
            table += ENTRIES
        return
    while table < end:  # without a branch that a processor could not foresee, which takes half the time
        product = buffer[i64(tables[table])] * buffer[i64(tables[table + 2])]
        target = i64(tables[table + 1])
        buffer[target] = buffer[target] + product
        table += ENTRIES


def run_edges(heads: vec[i64], h: i64, tables: vec[i32], buffer: vec[float]) -> None:
    """Follow the edges of a group."""
    source, step, target, distance = heads[h + DESTINATION], heads[h + ROW], heads[h + TABLE_AT], heads[h + OPERANDS]
    local, local_step, table = heads[h + OPERANDS + 1], heads[h + OPERANDS + 2], heads[h + OPERANDS + 3]
    end = target + heads[h + LANES]
    if table >= 0:
        while target < end:
            slot = i64(tables[target]) + distance
            buffer[slot] = buffer[slot] + buffer[source] * buffer[i64(tables[table])]
            source += step
            target += 1
            table += 1
        return
    while target < end:
        slot = i64(tables[target]) + distance
        buffer[slot] = buffer[slot] + buffer[source] * buffer[local]
        source += step
        local += local_step
        target += 1
