"""Sharing: of instructions that compute the same number, the first one stays.

Two instructions are the same if their op and their operands are, where `a + b` is `b + a` and `a * b` is `b * a`. The
table of those that were seen is a buffer. An entry is a place and a hash, so that almost always the instructions
themselves are compared only if they are equal. An instruction is first looked for near the slot of its latest operand:
what lies together in the program lies together in the table, which takes half the time. If many use that operand, as
the products of a neuron with all of its inputs do, the search goes on where those of neighbouring operands stand side
by side, and then at the slot of the hash.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.codes import CODE_ADD, CODE_MUL, code_of
from autograd_core.compiler.program import CONSTANT, INPUT, Program

_FACTOR: Final = 0x9E3779B1
"""An odd number near 2**32 divided by the golden ratio, whose products spread neighbours over all bits."""

_MASK: Final = 0x7FFFFFFF

_SPREAD: Final = 7
"""Instructions with the same latest operand start in one of so many slots, and one more."""

NEAR: Final = 6
"""So many slots near the latest operand are searched, and as many in the row of those that have it in common."""


def share(program: Program) -> Program:
    r"""The program without instructions that are there already.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = input\n%2 = mul %0 %1\n%3 = mul %1 %0\n%4 = add %2 %3\nreturn %4"
    >>> print(to_text(share(parse(text))))
    %0 = input
    %1 = input
    %2 = mul %0 %1
    %3 = add %2 %2
    return %3
    """
    shared = Program()
    for op in program.ops:
        shared.kind_of(op)
    commutes = vec[u8]([u8(1 if code_of(op) in (CODE_ADD, CODE_MUL) else 0) for op in program.ops])
    count, capacity = i64(len(program)), i64(16)
    while capacity < 2 * count:
        capacity *= 2
    table, places = vec[i64]([i64(-1)] * int(capacity)), vec[i32]([i32(0)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place: i64 = 0
    while place < count:
        kind, start = i64(kinds[place]), i64(starts[place])
        if kind == INPUT:
            places[place] = i32(shared.input())
        elif kind == CONSTANT:
            places[place] = i32(shared.constant(program.numbers[i64(flat[start])]))
        else:
            grown = shared.flat
            first, k, end = i64(len(grown)), start, i64(starts[place + 1])
            while k < end:
                grown = append(grown, places[i64(flat[k])])
                k += 1
            places[place] = i32(_of(shared, table, kind, grown, first, commutes[kind] != u8(0)))
        place += 1
    shared.outputs = [int(places[output]) for output in program.outputs]
    return shared


def _of(shared: Program, table: vec[i64], kind: i64, flat: vec[i32], first: i64, commutes: bool) -> i64:
    """The place of an op on the last operands of `flat`, which is appended if it is new."""
    mask = i64(len(table)) - 1
    hashed = _hash(kind, flat, first, commutes and flat[first] > flat[first + 1])
    latest = _latest(flat, first)
    slot = (latest * 2 + (hashed & _SPREAD)) & mask
    entry = table[slot]
    left: i64 = 2 * NEAR
    while entry >= 0:
        found = entry & _MASK
        if entry >> 32 == hashed and _is_same(shared, found, kind, flat, first, commutes):
            return found
        left -= 1
        if left == NEAR:
            slot = (_mixed(kind, latest) + i64(flat[first]) + i64(flat[len(flat) - 1])) & mask
        else:
            slot = hashed & mask if left == 0 else (slot + 1) & mask
        entry = table[slot]
    place = i64(len(shared.kinds))
    table[slot] = (hashed << 32) | place
    shared.flat = flat
    shared.kinds = append(shared.kinds, i32(kind))
    shared.starts = append(shared.starts, i32(len(flat)))
    return place


def _latest(flat: vec[i32], first: i64) -> i64:
    """The latest of the operands from here on."""
    k, end, latest = first, i64(len(flat)), i64(0)
    while k < end:
        if i64(flat[k]) > latest:  # noqa: PLR1730 - max() would make objects
            latest = i64(flat[k])
        k += 1
    return latest


def _hash(kind: i64, flat: vec[i32], first: i64, is_swapped: bool) -> i64:
    """The hash of an op and its operands, which are the last of `flat`; two of them may count as swapped."""
    found = kind + 1
    k, end = first, i64(len(flat))
    if is_swapped:
        found = _mixed(_mixed(found, i64(flat[first + 1])), i64(flat[first]))
        k = end
    while k < end:
        found = _mixed(found, i64(flat[k]))
        k += 1
    return found


def _mixed(found: i64, operand: i64) -> i64:
    mixed = (found ^ operand) * _FACTOR
    return (mixed ^ (mixed >> 29)) & _MASK


def _is_same(program: Program, place: i64, kind: i64, flat: vec[i32], first: i64, commutes: bool) -> bool:
    """Whether an instruction of the program is that op on the last operands of `flat`."""
    if i64(program.kinds[place]) != kind:
        return False
    start = i64(program.starts[place])
    count = i64(program.starts[place + 1]) - start
    if count != i64(len(flat)) - first:
        return False
    k: i64 = 0
    while k < count and flat[start + k] == flat[first + k]:
        k += 1
    if k == count:
        return True
    return commutes and flat[start] == flat[first + 1] and flat[start + 1] == flat[first]
