"""Strong products become plain ones, where a run that this harms ends in nan.

A strong product is 0 where a factor is infinite or nan and no gradient passes; a plain product is nan there. Everything
else is the same but for the sign of a zero. As long as nan passes on from op to op up to the outputs, outputs without
nan prove that every plain product was right. If there is one, the program runs again with the strong products. One way
on which a nan is sure to pass is enough: in a training step the gradients are outputs themselves, whatever the
optimiser makes of them. A strong product stays if a nan of it may get lost, as in a comparison, or if a later op may
read the sign of a zero, as division does; after the sum with another number than 0 there is none.

Plain products are what dot products and matrix products are found in. On the way products of 1, sums with 0,
choices between equal numbers, and powers of whole exponents up to 2 go, and the slopes of `relu`, `tanh` and the
sigmoid are found from their outputs.
"""

from __future__ import annotations

import math
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.kernels import (
    CODE_ADD,
    CODE_MUL,
    CODE_POW,
    CODE_RELU,
    CODE_STRONG_PRODUCT,
    CODE_WHERE,
    CODES,
    SECH_SQUARED_OF,
    SIGMOID_SLOPE_OF,
    STEP,
    code_of,
    codes,
)
from autograd_core.compiler.passes.data import varied
from autograd_core.compiler.passes.facts import is_number
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.strong_dots import PARTS, STRONG_DOT
from autograd_core.table.comparisons import STRONG_PRODUCT
from autograd_core.table.op import Op
from autograd_core.table.ops import MUL, WHERE

NEEDED: Final = 1
"""An output depends on it."""

LOST: Final = 2
"""A nan of it may be lost on the way to the outputs."""

PLAIN: Final = 4
"""It is a strong product that becomes a plain one."""

SIGNED: Final = 8
"""The sign of its zero may be read."""

SURE: Final = 16
"""A nan of it reaches an output."""

ALL: Final = LOST | SIGNED | SURE
OPERANDS: Final = 3
"""So many operands of an op differ in what is asked of them."""

_PASSING: Final = codes(
    "add sub mul neg copy relu exp tanh sech_squared sigmoid sigmoid_slope log sqrt square abs sin cos sinh cosh "
    "softplus step sum dot dot_from sech_squared_of sigmoid_slope_of"
)
"""The codes of ops that give nan for nan, and do not tell 0.0 from -0.0 but by the sign of a zero."""

_BY_OPERAND: Final[dict[int, tuple[bool, ...]]] = {
    CODES["where"]: (False, True, True),
    CODES["strong_product"]: (True, True, False),
}
"""For `where` and `strong_product`, whether each operand passes on its nan, or is not needed."""

_SIGN_BLIND: Final = codes("where lt le gt ge eq ne")
"""The codes of further ops that do not tell 0.0 from -0.0 but by the sign of a zero."""

_DIV: Final = CODES["div"]
_SUMS: Final = codes("add sub")


OUTPUTS: Final = codes("relu tanh sigmoid")
"""The codes of ops whose slope is found from the output."""

SLOPES: Final = {
    CODES["sech_squared"]: (CODES["tanh"], SECH_SQUARED_OF),
    CODES["sigmoid_slope"]: (CODES["sigmoid"], SIGMOID_SLOPE_OF),
}
"""For the code of a slope that of the function, and the slope as an op of output and input."""

SPECIAL: Final = frozenset([*OUTPUTS, *SLOPES, CODE_WHERE, CODE_POW])
CHANGING: Final = frozenset([*SLOPES, CODE_STRONG_PRODUCT, CODE_POW, CODE_WHERE])
"""Without an op of these codes a program stays as it is."""

KINDS: Final = 128
"""All codes are below."""


def with_plain_products(program: Program, *, groups: bool = True) -> tuple[Program, bool]:
    r"""The program with plain products, and whether one of them was a strong product.

    Args:
        program: the program.
        groups: whether equal instructions are to stay equal, so that they can be grouped (see `passes.data`).

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = constant 1.0\n%2 = exp %0\n%3 = strong_product %2 %0 %1\nreturn %3"
    >>> print(to_text(with_plain_products(parse(text))[0]))
    %0 = input
    %1 = constant 1.0
    %2 = exp %0
    %3 = mul %2 %0
    return %3
    """
    codes_of = [code_of(op) for op in program.ops]
    if not any(code in CHANGING for code in codes_of):
        return program, False
    is_special = vec[u8]([u8(1 if code in SPECIAL else 0) for code in codes_of])
    of_ops = vec[i32]([i32(code) for code in codes_of])
    result = Program()
    for op in program.ops:
        result.kind_of(op)
    mul = i64(result.kind_of(MUL))
    places = vec[i32]([i32(-1)] * len(program))
    asked, is_data = marks(program), varied(program, groups)
    known: dict[int, int] = {}
    replaced = False
    place, count = i64(0), i64(len(program))
    while place < count:
        kind, start = i64(program.kinds[place]), i64(program.starts[place])
        if kind < 0:
            index = program.flat[start]
            new = result.input() if kind == INPUT else result.constant(program.numbers[i64(index)])
            places[place] = i32(new)
            place += 1
            continue
        code, end, found = i64(of_ops[kind]), i64(program.starts[place + 1]), i64(-1)
        if asked[place] & u8(PLAIN) != u8(0):
            code, kind, end, replaced = CODE_MUL, mul, start + 2, True
        if code == CODE_MUL or (code == CODE_ADD and asked[place] & u8(SIGNED) == u8(0)):
            if is_data[place] == u8(0):
                a, b = places[i64(program.flat[start])], places[i64(program.flat[start + 1])]
                found = _neutral(result, i64(a), i64(b), 1.0 if code == CODE_MUL else 0.0)
        elif code == CODE_STRONG_PRODUCT and not _is_firm(i64(asked[place])):
            found = i64(_product_of_choice(result, _operands(program, place, places)))
            replaced = replaced or found >= 0
        elif is_special[kind] != u8(0):
            found = i64(_special(result, program.ops[int(kind)], _operands(program, place, places), known))
        if found < 0:
            result.flat = _extended(result.flat, program.flat, start, end, places)
            result.kinds = append(result.kinds, i32(kind))
            result.starts = append(result.starts, i32(len(result.flat)))
            found = i64(len(result.kinds)) - 1
        places[place] = i32(found)
        place += 1
    result.outputs = [int(places[output]) for output in program.outputs]
    return result, replaced


def _extended(grown: vec[i32], flat: vec[i32], start: i64, end: i64, places: vec[i32]) -> vec[i32]:
    while start < end:
        grown = append(grown, places[i64(flat[start])])
        start += 1
    return grown


def _neutral(result: Program, a: i64, b: i64, number: float) -> i64:
    """The other operand, if one is this constant; -1 if none is."""
    if result.kinds[a] == CONSTANT and result.numbers[result.index(int(a))] == number:
        return b
    if result.kinds[b] == CONSTANT and result.numbers[result.index(int(b))] == number:
        return a
    return -1


def _is_firm(asked: i64) -> bool:
    """Whether a strong product has to stay: a nan of it would get lost, or the sign of its zero is read."""
    return asked & SIGNED != 0 or asked & (LOST | SURE) == LOST


def _is_hopeless(program: Program, start: i64, end: i64) -> bool:
    """Whether a local derivative is a constant that makes every plain product nan, such as that of `log` below 0."""
    while start < end:
        place = i64(program.flat[start])
        if program.kinds[place] == CONSTANT and not math.isfinite(program.numbers[program.index(int(place))]):
            return True
        start += 1
    return False


def _product_of_choice(result: Program, operands: list[int]) -> int:
    """The place of `where(c, k * u, -0.0)` for `k * where(c, u, -0.0)`, or of the like; -1 for any other product.

    This is for a `k` that makes every other plain product nan. A choice has no product where nothing is reached.
    """
    local, upstream, _ = operands
    if result.op(upstream) is not WHERE:
        return -1
    condition, *branches = result.operands(upstream)
    reached = [i for i, branch in enumerate(branches) if not is_number(result, i64(branch), -0.0)]
    if len(reached) != 1:
        return -1
    branches[reached[0]] = result.apply(MUL, [local, branches[reached[0]]])
    return result.apply(WHERE, [condition, *branches])


def _special(result: Program, op: Op, operands: list[int], known: dict[int, int]) -> int:
    """The place of an op that may be found from others; -1 for one that stays as it is.

    `known` has the places of outputs, by their input and the code of their op.
    """
    code = code_of(op)
    if code in OUTPUTS:
        place = known[_key(operands[0], code)] = result.apply(op, operands)
        return place
    if code in SLOPES:
        output_code, slope = SLOPES[code]
        output = known.get(_key(operands[0], output_code), -1)
        return result.apply(slope, [output, operands[0]]) if output >= 0 else -1
    same = _same(result, code, operands)
    return _relu(result, operands, known) if same < 0 and code == CODE_WHERE else same


def _key(x: int, code: int) -> int:
    return x * KINDS + code


def _operands(program: Program, place: i64, places: vec[i32]) -> list[int]:
    k, end = i64(program.starts[place]), i64(program.starts[place + 1])
    found: list[int] = []
    while k < end:
        found.append(int(places[i64(program.flat[k])]))
        k += 1
    return found


def _same(result: Program, code: int, operands: list[int]) -> int:
    """The place of an operand, or a constant, that the op is the same as; -1 if there is none."""
    if code == CODE_WHERE and operands[1] == operands[2]:
        return operands[1]
    if code == CODE_POW:
        exponent = result.number(operands[1])
        if exponent == 0.0:
            return result.constant(1.0)
        if exponent == 1.0:
            return operands[0]
        if exponent == 2.0:
            return result.apply(MUL, [operands[0], operands[0]])
    return -1


def _relu(result: Program, operands: list[int], known: dict[int, int]) -> int:
    """The place of the `relu` or of its slope, if a choice is written so; -1 for any other choice.

    The derivative writes `where(x > 0, 1, where(x <= 0, 0, y))`, of which the inner choice is the output `y` itself.
    """
    condition, first, second = operands
    op = result.op(condition)
    code = code_of(op) if op is not None else -1
    if code not in (CODES["le"], CODES["gt"]):
        return -1
    x, bound = result.operands(condition)
    output = known.get(_key(x, CODE_RELU), -1)
    if output < 0 or result.number(bound) != 0.0:
        return -1
    if code == CODES["le"]:
        return output if second in (x, output) and result.number(first) == 0.0 else -1
    return result.apply(STEP, [output]) if second == output and result.number(first) == 1.0 else -1


def marks(program: Program) -> vec[u8]:
    """For each instruction what the outputs ask of it, `NEEDED`, `LOST` and `PLAIN`.

    A strong product that becomes a plain one needs no condition, nor what that alone is computed from. So the slopes of
    slopes become plain, too: what tells their structural zeros reads the sign of the first slopes.
    """
    found = vec[u8]([u8(0)] * len(program))
    for output in program.outputs:
        found[output] = u8(NEEDED | SURE)
    of_ops = [code_of(op) for op in program.ops]
    strong = vec[u8]([u8(1 if op is STRONG_PRODUCT or op is STRONG_DOT else 0) for op in program.ops])
    sums = vec[u8]([u8(1 if code in _SUMS else 0) for code in of_ops])
    sets = vec[u8]([u8(marks) for code in of_ops for marks, _ in _asked(code)])
    keeps = vec[u8]([u8(marks) for code in of_ops for _, marks in _asked(code)])
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place = i64(len(program)) - 1
    while place >= 0:
        kind, asked = i64(kinds[place]), i64(found[place])
        if kind >= 0 and asked & NEEDED != 0:
            start, end, is_plain = i64(starts[place]), i64(starts[place + 1]), False
            terms = (end - start) // PARTS
            if strong[kind] != u8(0) and not _is_firm(asked) and not _is_hopeless(program, start, start + terms):
                found[place] |= u8(PLAIN)
                end, is_plain = start + 2 * terms, True
            elif strong[kind] != u8(0) and asked & (LOST | SURE) == LOST:
                asked |= SIGNED  # what is not reached is told by the sign of a zero
            if sums[kind] != u8(0) and asked & SIGNED != 0 and _has_another_term(program, start, end):
                asked -= SIGNED
            k = start
            while k < end:
                at = OPERANDS * kind + min(k - start, OPERANDS - 1)
                set_here, kept = (i64(0), i64(ALL)) if is_plain else (i64(sets[at]), i64(keeps[at]))
                found[i64(flat[k])] |= u8(NEEDED | set_here | (asked & kept))
                k += 1
        place -= 1
    return found


def _has_another_term(program: Program, first: i64, end: i64) -> bool:
    """Whether a term of a sum is a constant other than 0, which makes it the same for both zeros."""
    while first < end:
        place = i64(program.flat[first])
        if program.kinds[place] == CONSTANT and program.numbers[program.index(int(place))] != 0.0:
            return True
        first += 1
    return False


def _asked(code: int) -> list[tuple[int, int]]:
    """For each operand the marks that it gets, and those that it takes over; the last is for all further ones."""
    if code in _PASSING:
        return [(0, ALL)] * OPERANDS
    if code == _DIV:
        return [(0, ALL), *[(SIGNED, ALL)] * (OPERANDS - 1)]
    lost = LOST if code in _SIGN_BLIND else LOST | SIGNED
    passed = [*_BY_OPERAND.get(code, ()), *[False] * OPERANDS][:OPERANDS]
    return [(0 if passes else lost, LOST | SIGNED) for passes in passed]
