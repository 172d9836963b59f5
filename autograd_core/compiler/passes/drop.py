"""Dropping: instructions that no output needs go. The inputs stay, because they are the arguments of a program."""

from __future__ import annotations

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.program import CONSTANT, INPUT, Program


def drop(program: Program) -> Program:
    r"""The program with its inputs and what its outputs need.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> print(to_text(drop(parse("%0 = input\n%1 = sin %0\n%2 = cos %0\n%3 = input\nreturn %2"))))
    %0 = input
    %1 = cos %0
    %2 = input
    return %1
    """
    return _kept(program, _needed(program))


def alive(program: Program) -> Program:
    """`drop`, or the program itself if there is nothing to drop."""
    needed = _needed(program)
    return _kept(program, needed) if _has_dead(needed) else program


def _kept(program: Program, needed: vec[u8]) -> Program:
    kept = Program()
    places = vec[i32]([i32(0)] * len(program))
    new_kinds = vec[i32]([i32(-1)] * len(program.ops))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place, count = i64(0), i64(len(kinds))
    while place < count:
        kind, start = i64(kinds[place]), i64(starts[place])
        if needed[place] == u8(0):
            pass
        elif kind == INPUT:
            places[place] = i32(kept.input())
        elif kind == CONSTANT:
            places[place] = i32(kept.constant(program.numbers[i64(flat[start])]))
        else:
            if new_kinds[kind] < 0:
                new_kinds[kind] = i32(kept.kind_of(program.ops[int(kind)]))
            k, end, grown = start, i64(starts[place + 1]), kept.flat
            while k < end:
                grown = append(grown, places[i64(flat[k])])
                k += 1
            kept.flat = grown
            places[place] = i32(len(kept.kinds))
            kept.kinds = append(kept.kinds, new_kinds[kind])
            kept.starts = append(kept.starts, i32(len(grown)))
        place += 1
    kept.outputs = [int(places[output]) for output in program.outputs]
    return kept


def _has_dead(needed: vec[u8]) -> bool:
    place, count = i64(0), i64(len(needed))
    while place < count and needed[place] != u8(0):
        place += 1
    return place < count


def _needed(program: Program) -> vec[u8]:
    """For each instruction whether it is an input or an output depends on it."""
    needed = vec[u8]([u8(0)] * len(program))
    for output in program.outputs:
        needed[output] = u8(1)
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place = i64(len(kinds)) - 1
    while place >= 0:
        if kinds[place] == INPUT:
            needed[place] = u8(1)
        elif kinds[place] >= 0 and needed[place] != u8(0):
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                needed[i64(flat[k])] = u8(1)
                k += 1
        place -= 1
    return needed
