"""Chains of additions become sums of many terms, and products in them become dot products.

A sum that is used once, by another sum, is a part of it, and a product that is used once, by a sum, is a pair of a dot
product. What depends on inputs and constants alone is added apart, so that a term which is the same for many steps of
a recurrent network is found at once for all of them.

The order of the additions changes, and so does the last digit. A sum is -0.0 if and only if all of its terms are, in
any order, so a gradient that nothing has reached is still known by its sign.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import append, extend, pop, vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import CODE_ADD, CODE_DOT, CODE_MUL, CODE_SUM, code_of
from autograd_core.compiler.program import INPUT, Program
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


@final
class _Rewriting:
    """The result so far.

    A sum is taken apart into pairs, one after the other in a vector: the two factors of a product, or a term and -1.

    Attributes:
        program: the program.
        result: the new one.
        places: for each instruction its place in the result, -1 for a part of a longer sum.
    """

    __slots__ = ("_absorbed", "_computed", "_kinds", "_roles", "places", "program", "result")

    def __init__(self, program: Program) -> None:
        self.program: Final = program
        self.result: Final = Program()
        self.places: Final = vec[i32]([i32(-1)] * len(program))
        self._computed = vec[i32]()  # for each place of the result, whether it is no input or constant
        self._kinds: Final = vec[i32]([i32(-1)] * len(program.ops))
        self._roles: Final = _roles(program)
        self._absorbed: Final = _absorbed(program, self._roles)

    def append(self, place: i64) -> None:
        """Append an instruction, unless it is a part of a longer sum."""
        program, result = self.program, self.result
        kind, start = i64(program.kinds[place]), i64(program.starts[place])
        if kind < 0:
            number = program.flat[start]
            new = result.input() if kind == INPUT else result.constant(program.numbers[i64(number)])
            self.places[place] = i32(new)
            if new == len(self._computed):
                self._computed = append(self._computed, i32(0))
        elif self._absorbed[place] == 0:
            role = self._roles[place]
            if role == _TERMS or (role == _PRODUCTS and _count(program, place) > 2):
                self.places[place] = i32(self._total(place))
            else:
                self.places[place] = i32(self._kept(kind, start, i64(program.starts[place + 1])))

    def _kept(self, kind: i64, start: i64, end: i64) -> i64:
        """Append an instruction as it is."""
        flat, places, grown = self.program.flat, self.places, self.result.flat
        while start < end:
            grown = append(grown, places[i64(flat[start])])
            start += 1
        self.result.flat = grown
        if self._kinds[kind] < 0:
            self._kinds[kind] = i32(self.result.kind_of(self.program.ops[int(kind)]))
        return self._append(i64(self._kinds[kind]))

    def _append(self, kind: i64) -> i64:
        """Append an instruction whose operands stand at the end of `flat` already."""
        result = self.result
        place = i64(len(result.kinds))
        result.kinds = append(result.kinds, i32(kind))
        result.starts = append(result.starts, i32(len(result.flat)))
        self._computed = append(self._computed, i32(1))
        return place

    def _total(self, root: i64) -> i64:
        """Append the sum that ends at a place."""
        early, late = vec[i32](), vec[i32]()  # the pairs of leaves alone, and the others
        program, places = self.program, self.places
        waiting = vec[i32]([i32(root)])
        while len(waiting) > 0:
            waiting, top = pop(waiting)
            k = i64(top)
            role = self._roles[k] if k == root or self._absorbed[k] != 0 else i32(0)
            start, end = i64(program.starts[k]), i64(program.starts[k + 1])
            if role == _TERMS:
                while end > start:
                    end -= 1
                    waiting = append(waiting, program.flat[end])
            elif role == _PRODUCTS:
                half = (end - start) // 2
                end = start + half
                while start < end:
                    a, b = places[i64(program.flat[start])], places[i64(program.flat[start + half])]
                    if self._is_computed(a) or self._is_computed(b):
                        late = append(append(late, a), b)
                    else:
                        early = append(append(early, a), b)
                    start += 1
            elif self._is_computed(places[k]):
                late = append(append(late, places[k]), i32(-1))
            else:
                early = append(append(early, places[k]), i32(-1))
        if len(early) <= 2 or len(late) == 0:  # a single term is no sum
            return self._added(self._parts(extend(early, late), vec[i32]()))
        first = self._added(self._parts(early, vec[i32]()))
        return self._added(self._parts(late, vec[i32]([i32(first)])))

    def _is_computed(self, place: i32) -> bool:
        return self._computed[i64(place)] != 0

    def _parts(self, pairs: vec[i32], terms: vec[i32]) -> vec[i32]:
        """Append the dot product of the products, and return the terms with it and the other terms."""
        products = self._factors(pairs, 0)
        if products > 0:
            self._factors(pairs, 1)
            terms = append(terms, i32(self._append(i64(self.result.kind_of(MUL if products == 1 else DOT)))))
        i: i64 = 0
        while i < len(pairs):
            if pairs[i + 1] < 0:
                terms = append(terms, pairs[i])
            i += 2
        return terms

    def _factors(self, pairs: vec[i32], side: i64) -> i64:
        """Append the first or second factors of all products as operands, and return how many there are."""
        i: i64 = 0
        count: i64 = 0
        grown = self.result.flat
        while i < len(pairs):
            if pairs[i + 1] >= 0:
                grown = append(grown, pairs[i + side])
                count += 1
            i += 2
        self.result.flat = grown
        return count

    def _added(self, terms: vec[i32]) -> i64:
        if len(terms) == 1:
            return i64(terms[0])
        self.result.flat = extend(self.result.flat, terms)
        return self._append(i64(self.result.kind_of(ADD if len(terms) == 2 else SUM)))


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
