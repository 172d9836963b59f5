"""Chains of additions become sums of many terms, and products in them become dot products.

A sum that is used once, by another sum, is a part of it, and a product that is used once, by a sum, is a pair of a dot
product. What depends on inputs and constants alone is added apart, so that a term which is the same for many steps of
a recurrent network is found at once for all of them.

The order of the additions changes, and so does the last digit. A sum is -0.0 if and only if all of its terms are, in
any order, so a gradient that nothing has reached is still known by its sign.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import CODE_ADD, CODE_DOT, CODE_MUL, CODE_SUM, code_of
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.table.op import Op
from autograd_core.table.ops import ADD, DOT, MUL, SUM

_TERMS: Final = 1
_PRODUCTS: Final = 2


def with_long_sums(program: Program) -> Program:
    r"""The program with chains of additions as `sum` and `dot`.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = mul %0 %0\n%2 = mul %0 %0\n%3 = add %1 %2\n%4 = exp %0\n%5 = add %3 %4"
    >>> print(to_text(with_long_sums(parse(text + "\nreturn %5"))))
    %0 = input
    %1 = exp %0
    %2 = dot %0 %0 %0 %0
    %3 = add %2 %1
    return %3
    """
    rewriting = _Rewriting(program)
    for place in range(len(program)):
        rewriting.append(place)
    result = rewriting.result
    result.outputs = [int(rewriting.places[output]) for output in program.outputs]
    return result


class _Rewriting:
    """The result so far.

    Attributes:
        program: the program.
        result: the new one.
        places: for each instruction its place in the result, -1 for a part of a longer sum.
    """

    __slots__ = ("_absorbed", "_computed", "_roles", "places", "program", "result")

    def __init__(self, program: Program) -> None:
        self.program: Final = program
        self.result: Final = Program()
        self.places = vec[i32]([i32(-1)] * len(program))
        self._computed = vec[i32]()  # for each place of the result, whether it is no input or constant
        self._roles: Final = _roles(program)
        self._absorbed: Final = _absorbed(program, self._roles)

    def append(self, place: i64) -> None:
        """Append an instruction, unless it is a part of a longer sum."""
        program, result = self.program, self.result
        kind = i64(program.kinds[place])
        if kind == INPUT:
            new = result.input()
        elif kind == CONSTANT:
            new = result.constant(program.numbers[program.index(int(place))])
        elif self._absorbed[place] != 0:
            return
        elif self._roles[place] == _TERMS or (self._roles[place] == _PRODUCTS and _count(program, place) > 2):
            new = self._total(place)
        else:
            new = result.apply(program.ops[int(kind)], self._operands(place))
        self.places[place] = i32(new)
        while len(self._computed) < len(result):
            self._computed = append(self._computed, i32(1 if kind >= 0 else 0))

    def _operands(self, place: i64) -> list[int]:
        program = self.program
        k, end = i64(program.starts[place]), i64(program.starts[place + 1])
        found: list[int] = []
        while k < end:
            found.append(int(self.places[i64(program.flat[k])]))
            k += 1
        return found

    def _total(self, root: i64) -> int:
        """Append the sum that ends at a place."""
        first: list[int] = []  # of the terms of leaves alone: the first factors, and the second ones, -1 for none
        second: list[int] = []
        firsts: list[int] = []  # of the others
        seconds: list[int] = []
        places, computed = self.places, self._computed
        waiting = [int(root)]
        while waiting:
            k = i64(waiting.pop())
            role = i64(self._roles[k]) if k == root or self._absorbed[k] != 0 else 0
            start, count = i64(self.program.starts[k]), _count(self.program, k)
            if role == _TERMS:
                i = count - 1
                while i >= 0:
                    waiting.append(int(self.program.flat[start + i]))
                    i -= 1
                continue
            i = 0
            pairs = count // 2 if role == _PRODUCTS else 1
            while i < pairs:
                a = i64(places[i64(self.program.flat[start + i])]) if role == _PRODUCTS else i64(places[k])
                b = i64(places[i64(self.program.flat[start + pairs + i])]) if role == _PRODUCTS else -1
                if computed[a] != 0 or (b >= 0 and computed[b] != 0):
                    firsts.append(int(a))
                    seconds.append(int(b))
                else:
                    first.append(int(a))
                    second.append(int(b))
                i += 1
        if len(first) < 2 or not firsts:
            return self._added(self._parts(first + firsts, second + seconds))
        early = self._added(self._parts(first, second))
        return self._added([early, *self._parts(firsts, seconds)])

    def _parts(self, first: list[int], second: list[int]) -> list[int]:
        """Append the dot product of the products, and return it with the other terms."""
        terms = [a for a, b in zip(first, second, strict=True) if b < 0]
        left = [a for a, b in zip(first, second, strict=True) if b >= 0]
        if not left:
            return terms
        right = [b for b in second if b >= 0]
        return [self._applied(MUL if len(left) == 1 else DOT, left + right), *terms]

    def _added(self, terms: list[int]) -> int:
        if len(terms) == 1:
            return terms[0]
        return self._applied(ADD if len(terms) == 2 else SUM, terms)

    def _applied(self, op: Op, operands: list[int]) -> int:
        new = self.result.apply(op, operands)
        while len(self._computed) <= new:
            self._computed = append(self._computed, i32(1))
        return new


def _count(program: Program, place: i64) -> i64:
    return i64(program.starts[place + 1]) - i64(program.starts[place])


def _roles(program: Program) -> vec[i32]:
    """For each instruction whether it adds up terms or products, or is anything else."""
    of_ops = vec[i32]([i32(_role(code_of(op))) for op in program.ops])
    roles = vec[i32]([i32(0)] * len(program))
    place: i64 = 0
    while place < i64(len(program)):
        kind = i64(program.kinds[place])
        if kind >= 0:
            role = of_ops[kind]
            if role != _PRODUCTS or _count(program, place) % 2 == 0:  # a dot product of an odd number raises
                roles[place] = role
        place += 1
    return roles


def _role(code: int) -> int:
    if code in (CODE_ADD, CODE_SUM):
        return _TERMS
    return _PRODUCTS if code in (CODE_MUL, CODE_DOT) else 0


def _absorbed(program: Program, roles: vec[i32]) -> vec[i32]:
    """Which results are parts of a longer sum: sums and products that are used once, by a sum."""
    uses = vec[i32]([i32(0)] * len(program))
    flat = program.flat
    place: i64 = 0
    while place < i64(len(program)):
        if program.kinds[place] >= 0:
            k, end = i64(program.starts[place]), i64(program.starts[place + 1])
            while k < end:
                uses[i64(flat[k])] += i32(1)
                k += 1
        place += 1
    for output in program.outputs:
        uses[output] += i32(2)
    absorbed = vec[i32]([i32(0)] * len(program))
    place = 0
    while place < i64(len(program)):
        if roles[place] == _TERMS:
            k, end = i64(program.starts[place]), i64(program.starts[place + 1])
            while k < end:
                operand = i64(flat[k])
                if uses[operand] == 1 and roles[operand] != 0:
                    absorbed[operand] = i32(1)
                k += 1
        place += 1
    return absorbed
