"""What is known about the numbers of a program before it runs, each fact from those of the operands.

A number that is never -0.0 is reached: -0.0 stands for a gradient that nothing has reached. A truth is 0.0 or 1.0.
"""

from __future__ import annotations

import math
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.codes import (
    CODE_ADD,
    CODE_COMPARISON,
    CODE_COPY,
    CODE_MUL,
    CODE_NEVER_MINUS_ZERO,
    CODE_NOT,
    CODE_POS,
    CODE_STRONG_PRODUCT,
    CODE_SUB,
    CODE_SUM,
    CODE_WHERE,
    OTHER,
    code_of,
)
from autograd_core.compiler.program import CONSTANT, INPUT, Program

REACHED: Final = 1
TRUTH: Final = 2


def facts_of(program: Program) -> vec[u8]:
    r"""What is known about the result of every instruction: `REACHED`, `TRUTH`, both (3), or neither (0).

    >>> from autograd_core.compiler.text import parse
    >>> [int(x) for x in facts_of(parse("%0 = input\n%1 = exp %0\n%2 = lt %0 %1\n%3 = mul %0 %1\nreturn"))]
    [0, 1, 3, 0]
    """
    known = vec[u8]()
    codes = vec[i32]([i32(code_of(op)) for op in program.ops])
    kinds, starts = program.kinds, program.starts
    place, count = i64(0), i64(len(kinds))
    while place < count:
        kind = i64(kinds[place])
        fact: i64 = 0
        if kind >= 0:
            fact = fact_of_op(program, known, i64(codes[kind]), i64(starts[place]), i64(starts[place + 1]))
        elif kind != INPUT:
            fact = fact_of_number(number_at(program, place))
        known = append(known, u8(fact))
        place += 1
    return known


def fact_of_number(number: float) -> i64:
    """What is known about a constant."""
    if number == 0.0 and math.copysign(1.0, number) < 0.0:
        return 0
    return REACHED | TRUTH if number in (0.0, 1.0) else REACHED


def fact_of_op(program: Program, known: vec[u8], code: i64, start: i64, end: i64) -> i64:
    """What is known about the result of an op whose operands stand there in `flat`, by what is known about those."""
    if code == OTHER:
        return 0
    if CODE_NOT <= code <= CODE_COMPARISON:
        return REACHED | TRUTH
    if code == CODE_NEVER_MINUS_ZERO:
        return REACHED
    flat = program.flat
    first = known[i64(flat[start])]
    if code in (CODE_ADD, CODE_SUM):
        return _of_sum(known, flat, start, end)
    if code == CODE_SUB:  # it is -0.0 for -0.0 - 0.0 only
        return i64(first & u8(REACHED))
    if code == CODE_MUL:
        return REACHED if flat[start] == flat[start + 1] else 0
    if code == CODE_WHERE:
        return i64(known[i64(flat[start + 1])] & known[i64(flat[start + 2])])
    if code == CODE_STRONG_PRODUCT and is_no_structural_zero(program, i64(flat[start]), i64(flat[start + 2])):
        return i64(known[i64(flat[start + 1])] & u8(REACHED))
    return i64(first) if code in (CODE_COPY, CODE_POS) else 0


def _of_sum(known: vec[u8], flat: vec[i32], start: i64, end: i64) -> i64:
    """A sum is -0.0 only if all of its terms are."""
    k = start
    while k < end:
        if known[i64(flat[k])] & u8(REACHED) != u8(0):
            return REACHED
        k += 1
    return 0


def is_no_structural_zero(program: Program, local: i64, condition: i64) -> bool:
    """Whether a local derivative is known to be no structural zero."""
    if program.kinds[condition] == CONSTANT and number_at(program, condition) == 0.0:
        return True
    return program.kinds[local] == CONSTANT and number_at(program, local) != 0.0


def is_number(program: Program, place: i64, number: float) -> bool:
    """Whether a place holds this constant; -0.0 is not 0.0."""
    if program.kinds[place] != CONSTANT:
        return False
    held = number_at(program, place)
    return held == number and (number != 0.0 or math.copysign(1.0, held) == math.copysign(1.0, number))


def number_at(program: Program, place: i64) -> float:
    """The number of a constant."""
    return program.numbers[i64(program.flat[i64(program.starts[place])])]
