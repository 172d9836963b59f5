"""Chains of additions become sums of many terms, and products in them become dot products.

A sum that is used once, by another sum, is a part of it, and a product that is used once, by a sum, is a pair of a dot
product. What depends on inputs and constants alone is added apart, so that a term which is the same for many steps of
a recurrent network is found at once for all of them.

The order of the additions changes, and so does the last digit. Nothing changes below a strong product, because the sign
of a zero decides there whether a gradient has been reached.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i32, i64

from autograd_core.compiler.program import Program
from autograd_core.table.op import TABLE

_READS_SIGNS: Final = {"strong_product", "copysign"}
"""Ops to which -0.0 is another number than 0.0, at the same place in every program with gradients."""


def with_long_sums(program: Program) -> Program:
    """The program with chains of additions as `sum` and `dot`.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\\n%1 = mul %0 %0\\n%2 = mul %0 %0\\n%3 = add %1 %2\\n%4 = add %3 %0\\nreturn %4"
    >>> print(to_text(with_long_sums(parse(text))))
    %0 = input
    %1 = dot %0 %0 %0 %0
    %2 = add %1 %0
    return %2
    """
    uses = _uses(program)
    absorbed = _absorbed(program, uses)
    result = Program()
    places: list[int] = [-1] * len(program)
    depends: list[bool] = []  # for each place of the result, whether it is computed
    for place in range(len(program)):
        op = program.op(place)
        if op is None:
            number = program.number(place)
            places[place] = result.input() if number is None else result.constant(number)
        elif absorbed[place]:
            continue
        elif op.name == "add" and uses[place] < _PROTECTED:
            places[place] = _total(program, result, place, absorbed, places, depends)
        else:
            places[place] = result.apply(op, [places[k] for k in program.operands(place)])
        while len(depends) < len(result):
            depends.append(op is not None)
    result.outputs = [places[k] for k in program.outputs]
    return result


_PROTECTED: Final = 1 << 30
"""So many uses are counted where the sign of a zero is read."""


def _uses(program: Program) -> list[int]:
    """How often each result is used; an output counts twice, so that it is absorbed nowhere."""
    uses = [0] * len(program)
    for place in range(len(program)):
        op = program.op(place)
        weight = _PROTECTED if op is not None and op.name in _READS_SIGNS else 1
        for operand in program.operands(place):
            uses[operand] += weight
    for output in program.outputs:
        uses[output] += 2
    return uses


def _absorbed(program: Program, uses: list[int]) -> list[bool]:
    """Which results are parts of a longer sum."""
    absorbed = [False] * len(program)
    for place in range(len(program)):
        op = program.op(place)
        if op is not None and op.name == "add" and uses[place] < _PROTECTED:
            for operand in program.operands(place):
                inner = program.op(operand)
                if uses[operand] == 1 and inner is not None and inner.name in {"add", "mul"}:
                    absorbed[operand] = True
    return absorbed


def _total(
    program: Program, result: Program, place: int, absorbed: list[bool], places: list[int], depends: list[bool]
) -> int:
    """Append the sum that ends at a place."""
    early: list[tuple[int, int]] = []
    late: list[tuple[int, int]] = []
    waiting = program.operands(place)[::-1]
    while waiting:
        k = waiting.pop()
        if not absorbed[k]:
            pair = (places[k], -1)
        elif program.ops[program.kinds[k]].name == "add":
            waiting.extend(program.operands(k)[::-1])
            continue
        else:
            a, b = program.operands(k)
            pair = (places[a], places[b])
        is_late = depends[pair[0]] or (pair[1] >= 0 and depends[pair[1]])
        (late if is_late else early).append(pair)
    if len(early) < 2 or not late:  # noqa: PLR2004 - a single term is no sum
        return _added(result, _parts(result, early + late))
    parts = _parts(result, early)
    return _added(result, [_added(result, parts), *_parts(result, late)])


def _parts(result: Program, pairs: list[tuple[int, int]]) -> list[int]:
    """Append the dot product of the products, and return it with the other terms."""
    products = [pair for pair in pairs if pair[1] >= 0]
    terms = [a for a, b in pairs if b < 0]
    if not products:
        return terms
    operands = [a for a, _ in products] + [b for _, b in products]
    return [result.apply(TABLE["mul" if len(products) == 1 else "dot"], operands), *terms]


def _added(result: Program, terms: list[int]) -> int:
    """Append the sum of terms."""
    if len(terms) == 1:
        return terms[0]
    return result.apply(TABLE["add" if len(terms) == 2 else "sum"], terms)  # noqa: PLR2004 - `add` is the sum of two


def levels(program: Program) -> vec[i32]:
    """For each instruction the length of the longest chain of ops up to it; 0 for inputs and constants."""
    found = vec[i32]([i32(0)] * len(program))
    kinds, starts, flat = program.kinds, program.starts, program.flat
    place: i64 = 0
    while place < i64(len(program)):
        if kinds[place] >= 0:
            highest: i32 = i32(0)
            k, end = i64(starts[place]), i64(starts[place + 1])
            while k < end:
                level = found[i64(flat[k])]
                if level > highest:
                    highest = level
                k += 1
            found[place] = highest + i32(1)
        place += 1
    return found


