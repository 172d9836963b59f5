"""Facts about the instructions of a program that grouping needs, each found in one pass."""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import CODE_ADD, CODE_SUB, CODES, code_of, codes
from autograd_core.compiler.program import CONSTANT, Program

_FORGETS: Final = 0
_PASSES: Final = 1
_READS: Final = 2

_ARITHMETIC: Final = codes("add sub mul neg copy tanh sqrt sin sinh step sum dot dot_from")
"""The codes of ops that make a zero of a zero, whose sign depends on that of the operand: `add`, `tanh`, `sqrt` ..."""

_EVEN: Final = codes(
    "lt le gt ge eq ne relu exp sech_squared sigmoid sigmoid_slope square abs cos cosh softplus "
    "sech_squared_of sigmoid_slope_of"
)
"""The codes of ops that take 0.0 and -0.0 for the same number: comparisons, `exp`, `relu` ..."""

_BY_OPERAND: Final = {
    CODES["div"]: (_PASSES, _READS),
    CODES["where"]: (_FORGETS, _PASSES, _PASSES),
    CODES["strong_product"]: (_FORGETS, _READS, _FORGETS),
}
"""For `div`, `where` and `strong_product`, what becomes of the sign of each operand."""


def levels(program: Program) -> vec[i32]:
    """For each instruction the length of the longest chain of ops up to it; 0 for inputs and constants."""
    return _levels(program, vec[i32]([i32(0)] * len(program.ops)), vec[i32]())


def chain_levels(program: Program) -> vec[i32]:
    r"""As `levels`, but for chains of additions whose sums are used once: they are of one level.

    >>> from autograd_core.compiler.text import parse
    >>> text = "%0 = input\n%1 = add %0 %0\n%2 = add %1 %0\n%3 = add %2 %0\n%4 = sin %3\n"
    >>> [int(x) for x in chain_levels(parse(text + "return %4"))]
    [0, 1, 1, 1, 2]
    """
    return _levels(program, _are_additions(program), _uses(program))


def _levels(program: Program, chained: vec[i32], uses: vec[i32]) -> vec[i32]:
    """The levels, where chains of the ops that are marked with 1 are of one level, if each result is used once."""
    found = vec[i32]([i32(0)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place, count = i64(0), i64(len(kinds))
    while place < count:
        kind = i64(kinds[place])
        if kind >= 0:
            highest: i32 = i32(0)
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                operand = i64(flat[k])
                level, of_operand = found[operand], i64(kinds[operand])
                if chained[kind] != 0 and of_operand >= 0 and chained[of_operand] != 0 and uses[operand] == 1:
                    level -= i32(1)
                if level > highest:  # noqa: PLR1730 - max() would make objects
                    highest = level
                k += 1
            found[place] = highest + i32(1)
        place += 1
    return found


def _uses(program: Program) -> vec[i32]:
    """How often each result is an operand."""
    found = vec[i32]([i32(0)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place: i64 = 0
    while place < i64(len(kinds)):
        if kinds[place] >= 0:
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                found[i64(flat[k])] += i32(1)
                k += 1
        place += 1
    return found


def used(program: Program) -> vec[i32]:
    """For each instruction whether an output needs it."""
    found = vec[i32]([i32(0)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    for output in program.outputs:
        found[output] = i32(1)
    place = i64(len(program)) - 1
    while place >= 0:
        if found[place] != 0 and kinds[place] >= 0:
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                found[i64(flat[k])] = i32(1)
                k += 1
        place -= 1
    return found


def signed(program: Program) -> vec[i32]:
    r"""For each instruction whether an op may read the sign of its zero, itself or further up.

    The outputs of a program read no sign, and a number to which one other than 0 is added passes none on.

    >>> from autograd_core.compiler.text import parse
    >>> [int(x) for x in signed(parse("%0 = input\n%1 = neg %0\n%2 = div %1 %0\n%3 = exp %2\nreturn %3"))]
    [1, 0, 0, 0]
    >>> [int(x) for x in signed(parse("%0 = input\n%1 = constant 2.0\n%2 = add %0 %1\n%3 = div %1 %2\nreturn %3"))]
    [0, 0, 1, 0]
    """
    found = vec[i32]([i32(0)] * len(program))
    of_ops = [_effects(code_of(op)) for op in program.ops]
    adds = _are_additions(program)
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place = i64(len(program)) - 1
    while place >= 0:
        kind = i64(kinds[place])
        if kind >= 0:
            effects = of_ops[int(kind)]
            start, end = i64(starts[place]), i64(starts[place + 1])
            is_moved = adds[kind] != 0 and (
                _is_not_zero(program, i64(flat[start])) or _is_not_zero(program, i64(flat[end - 1]))
            )
            k = end if is_moved else start
            while k < end:
                effect = effects[min(int(k - start), len(effects) - 1)]
                if effect == _READS or (effect == _PASSES and found[place] != 0):
                    found[i64(flat[k])] = i32(1)
                k += 1
        place -= 1
    return found


def _are_additions(program: Program) -> vec[i32]:
    """For each op of a program 1 if it is an addition or a subtraction, else 0."""
    return vec[i32]([i32(1 if code_of(op) in (CODE_ADD, CODE_SUB) else 0) for op in program.ops])


def _is_not_zero(program: Program, place: i64) -> bool:
    """Whether the instruction at a place is a constant other than 0."""
    return program.kinds[place] == CONSTANT and program.numbers[i64(program.flat[i64(program.starts[place])])] != 0.0


def _effects(code: int) -> tuple[int, ...]:
    """What becomes of the sign of a zero in each operand; the last one stands for all further ones."""
    if code in _ARITHMETIC:
        return (_PASSES,)
    return (_FORGETS,) if code in _EVEN else _BY_OPERAND.get(code, (_READS,))
