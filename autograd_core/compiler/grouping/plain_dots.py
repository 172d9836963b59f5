"""Sums of strong products become dot products, if all of them can (see `plain_products`)."""

from __future__ import annotations

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.grouping.plain_products import NEEDED, PLAIN, marks
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.strong_dots import PARTS, STRONG_DOT
from autograd_core.table.ops import ADD, DOT, MUL, SUM


def with_plain_dots(program: Program) -> Program | None:
    """The program with plain dot products for sums of strong products; None if one of them has to be written out."""
    asked, dots = marks(program), i64(program.ops.index(STRONG_DOT))
    result = Program()
    for op in program.ops:
        result.kind_of(op)
    places = vec[i32]([i32(-1)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place, count = i64(0), i64(len(kinds))
    while place < count:
        kind, k, end = i64(kinds[place]), i64(starts[place]), i64(starts[place + 1])
        if kind == INPUT:
            places[place] = i32(result.input())
        elif kind == CONSTANT:
            places[place] = i32(result.constant(program.numbers[i64(flat[k])]))
        elif kind == dots and asked[place] & u8(NEEDED) != u8(0):
            if asked[place] & u8(PLAIN) == u8(0):
                return None
            places[place] = i32(_dot(result, flat, k, end, places))
        else:
            grown = result.flat
            while k < end:
                grown = append(grown, places[i64(flat[k])])
                k += 1
            result.flat = grown
            places[place] = i32(_append(result, kind))
        place += 1
    result.outputs = [int(places[output]) for output in program.outputs]
    return result


def _append(result: Program, kind: i64) -> i64:
    """Append an instruction whose operands stand at the end of `flat` already."""
    result.kinds = append(result.kinds, i32(kind))
    result.starts = append(result.starts, i32(len(result.flat)))
    return i64(len(result.kinds)) - 1


def _dot(result: Program, flat: vec[i32], start: i64, end: i64, places: vec[i32]) -> i64:
    """Append a dot product; a sum, if all local derivatives are 1."""
    count = (end - start) // PARTS
    ones, k = i64(0), i64(0)
    while k < count:
        ones += 1 if _is_one(result, i64(places[i64(flat[start + k])])) else 0
        k += 1
    if 0 < ones < count:
        return _mixed(result, flat, start, count, places)
    k, end = (count if ones else 0), 2 * count
    grown = result.flat
    while k < end:
        grown = append(grown, places[i64(flat[start + k])])
        k += 1
    result.flat = grown
    return _append(result, i64(result.kind_of(SUM if ones else DOT)))


def _mixed(result: Program, flat: vec[i32], start: i64, count: i64, places: vec[i32]) -> i64:
    """Append a sum some of whose terms are products."""
    total, k = i64(-1), i64(0)
    while k < count:
        local, term = i64(places[i64(flat[start + k])]), i64(places[i64(flat[start + count + k])])
        if not _is_one(result, local):
            result.flat = append(append(result.flat, i32(local)), i32(term))
            term = _append(result, i64(result.kind_of(MUL)))
        if total >= 0:
            result.flat = append(append(result.flat, i32(total)), i32(term))
            term = _append(result, i64(result.kind_of(ADD)))
        total = term
        k += 1
    return total


def _is_one(result: Program, place: i64) -> bool:
    return result.kinds[place] == CONSTANT and result.numbers[i64(result.flat[i64(result.starts[place])])] == 1.0
