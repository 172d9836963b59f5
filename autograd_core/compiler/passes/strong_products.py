"""Strong products become plain products where nobody can tell the difference.

A strong product gives -0.0 for a structural zero and for a gradient that nothing has reached, and adds 0.0 to any other
product, so that this is never -0.0 (`table.comparisons.STRONG_PRODUCT`). If the local derivative is no structural zero
and the gradient is known to have been reached, `local * upstream + 0.0` is left. And the 0.0 matters only where the
sign of a zero shows. So the pass goes through the program from its outputs down and marks the numbers whose sign of
zero shows: an output, an operand of an op that tells 0.0 from -0.0, and an operand of one that passes the sign on to a
number that is marked itself. A sum passes the sign of a term on only if all other terms may be -0.0.

Of numbers that are not marked, 0.0 need not be added either, and `0.0 - x` is `-x`.
"""

from __future__ import annotations

from librt.vecs import vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.builder import Builder
from autograd_core.compiler.passes.codes import (
    CODE_ADD,
    CODE_DIV,
    CODE_DOT,
    CODE_ELEMENT,
    CODE_MUL,
    CODE_ODD,
    CODE_STRONG_PRODUCT,
    CODE_SUB,
    CODE_SUM,
    CODE_WHERE,
    OTHER,
    code_of,
)
from autograd_core.compiler.passes.data import varied
from autograd_core.compiler.passes.facts import REACHED, facts_of
from autograd_core.compiler.program import Program
from autograd_core.table.comparisons import STRONG_PRODUCT


def weaken(program: Program, groups: bool = True) -> Program:
    r"""The program with plain products for strong ones, wherever that keeps every bit of its outputs.

    The pass is made for programs that are folded; `groups` is that of `fold`. Where the sign of a zero shows, a product
    takes one instruction more.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = exp %0\n%2 = constant 0.0\n%3 = strong_product %0 %1 %2\n%4 = add %1 %3\nreturn %4"
    >>> print(to_text(weaken(parse(text))).splitlines()[3])
    %3 = mul %0 %1
    """
    known, is_data = facts_of(program), varied(program, groups)
    shows = _shows(program, known)
    count = i64(len(program))
    builder, places = Builder(program), vec[i32]([i32(0)] * len(program))
    codes = vec[i32]([i32(code_of(op)) for op in program.ops])
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place: i64 = 0
    while place < count:
        kind = i64(kinds[place])
        code = i64(codes[kind]) if kind >= 0 else 0
        start = i64(starts[place])
        found: i64 = -1
        if code in (CODE_ADD, CODE_SUB) and is_data[place] == u8(0):
            a, b = i64(places[i64(flat[start])]), i64(places[i64(flat[start + 1])])
            if shows[place] == u8(0):
                found = _unsigned(builder, code, a, b)
            if found < 0:
                found = builder.apply(code, a, b)  # of a negative number it may be simpler now
        elif code == CODE_STRONG_PRODUCT and _is_weak(known, i64(flat[start + 1]), place):
            local, upstream = i64(places[i64(flat[start])]), i64(places[i64(flat[start + 1])])
            found = _product(builder, local, upstream, shows[place] != u8(0), is_data[place] != u8(0))
        places[place] = i32(found if found >= 0 else builder.kept(program, place, places))
        place += 1
    builder.program.outputs = [int(places[output]) for output in program.outputs]
    return builder.program


def has_strong_products(program: Program) -> bool:
    """Whether there is a strong product."""
    kind = i64(-1)
    for i, op in enumerate(program.ops):
        if op is STRONG_PRODUCT:
            kind = i64(i)
    place, count = i64(0) if kind >= 0 else i64(len(program)), i64(len(program))
    while place < count and program.kinds[place] != kind:
        place += 1
    return place < count


def _product(builder: Builder, local: i64, upstream: i64, shows: bool, is_data: bool) -> i64:
    """The product, without -0.0 where that shows."""
    if not shows:
        return builder.product(local, upstream) if is_data else builder.apply(CODE_MUL, local, upstream)
    if is_data:
        return builder.apply(CODE_ADD, builder.product(local, upstream), builder.constant(0.0))
    if builder.is_number(local, -1.0):
        return builder.apply(CODE_SUB, builder.constant(0.0), upstream)
    return builder.apply(CODE_ADD, builder.apply(CODE_MUL, local, upstream), builder.constant(0.0))


def _unsigned(builder: Builder, code: i64, a: i64, b: i64) -> i64:
    """The sum or difference with 0, if the sign of a zero does not show."""
    if builder.is_number(b, 0.0) or builder.is_number(b, -0.0):
        return a
    if not builder.is_number(a, 0.0) and not builder.is_number(a, -0.0):
        return -1
    return b if code == CODE_ADD else builder.negative(b)


def _shows(program: Program, known: vec[u8]) -> vec[u8]:
    """For each instruction whether the sign of its zero shows in the outputs."""
    shows = vec[u8]([u8(0)] * len(program))
    for output in program.outputs:
        shows[output] = u8(1)
    codes = vec[i32]([i32(code_of(op)) for op in program.ops])
    kinds = program.kinds
    place = i64(len(kinds)) - 1
    while place >= 0:
        if kinds[place] >= 0:
            _mark(program, known, shows, codes, place)
        place -= 1
    return shows


def _is_weak(known: vec[u8], upstream: i64, place: i64) -> bool:
    """Whether a strong product is `local * upstream + 0.0`: it passes on that its gradient has been reached."""
    return known[upstream] & known[place] & u8(REACHED) != u8(0)


def _mark(program: Program, known: vec[u8], shows: vec[u8], codes: vec[i32], place: i64) -> None:
    """Mark the operands of an op whose sign of zero shows."""
    start, end = i64(program.starts[place]), i64(program.starts[place + 1])
    flat, code = program.flat, i64(codes[i64(program.kinds[place])])
    if code == OTHER:
        _mark_all(flat, shows, start, end)
    elif code == CODE_DIV:
        shows[i64(flat[start + 1])] = u8(1)
        shows[i64(flat[start])] |= shows[place]
    elif code == CODE_STRONG_PRODUCT:
        if not _is_weak(known, i64(flat[start + 1]), place):
            shows[i64(flat[start + 1])] = u8(1)
    elif shows[place] != u8(0):
        if code in (CODE_ADD, CODE_SUM):
            decides = _deciding_term(program, known, shows, codes, start, end)
            _mark_all(flat, shows, start if decides < 0 else decides, end if decides < 0 else decides + 1)
        elif code == CODE_SUB:
            is_decided = known[i64(flat[start])] & u8(REACHED) != u8(0)
            _mark_all(flat, shows, start, start + 1 if is_decided else end)
        elif code in (CODE_WHERE, CODE_ELEMENT):
            _mark_all(flat, shows, start + 1, end)
        elif code <= CODE_MUL or code in (CODE_DOT, CODE_ODD):
            _mark_all(flat, shows, start, end)


def _mark_all(flat: vec[i32], shows: vec[u8], start: i64, end: i64) -> None:
    k = start
    while k < end:
        shows[i64(flat[k])] = u8(1)
        k += 1


def _deciding_term(program: Program, known: vec[u8], shows: vec[u8], codes: vec[i32], start: i64, end: i64) -> i64:
    """Where a term stands that is never -0.0, so that the signs of other zeros do not show; -1 if there is none.

    One that is marked already costs nothing, and one that is no product and no sum costs nothing either.
    """
    flat, kinds = program.flat, program.kinds
    found: i64 = -1
    costs = True
    k = start
    while k < end:
        term = i64(flat[k])
        if known[term] & u8(REACHED) != u8(0):
            if shows[term] != u8(0):
                return k
            if found < 0 or costs:
                found = k
                costs = kinds[term] >= 0 and i64(codes[i64(kinds[term])]) in (CODE_STRONG_PRODUCT, CODE_ADD, CODE_SUM)
        k += 1
    return found
