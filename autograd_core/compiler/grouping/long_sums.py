"""Chains of additions become sums of many terms, and products in them become dot products.

A sum that is used once, by another sum, is a part of it, and a product that is used once, by a sum, is a pair of a dot
product, which begins with the other terms. Terms that are known earlier are added apart, so that what is the same in
all steps of a recurrent network is found at once for all of them: those of inputs and constants alone, and if there
are terms of two levels only, those of the lower one.

The order of the additions changes, and so does the last digit. A sum is -0.0 if and only if all of its terms are, in
any order, so a gradient that nothing has reached is still known by its sign.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import append, extend, pop, vec
from mypy_extensions import i32, i64

from autograd_core.compiler.kernels import CODE_ADD, CODE_DOT, CODE_MUL, CODE_SUM, DOT_FROM, code_of
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.table.ops import ADD, DOT, MUL, SUM

_TERMS: Final = 1
_PRODUCTS: Final = 2

MANY: Final = 4
"""So many late terms are worth a sum of their own."""


def with_long_sums(program: Program) -> Program:
    r"""The program with chains of additions as `sum`, `dot` and `dot_from`.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> text = "%0 = input\n%1 = input\n%2 = mul %0 %1\n%3 = mul %1 %1\n%4 = add %2 %3\n%5 = add %4 %0\nreturn %5"
    >>> print(to_text(with_long_sums(parse(text))))
    %0 = input
    %1 = input
    %2 = dot_from %0 %1 %1 %1 %0
    return %2
    """
    roles = _roles(program, {CODE_ADD: _TERMS, CODE_SUM: _TERMS, CODE_MUL: _PRODUCTS, CODE_DOT: _PRODUCTS})
    return _rewritten(program, roles, _absorbed(program, roles, False))


def with_multiply_adds(program: Program) -> Program:
    r"""The program with a product that is used once, by an addition, as a part of it: what a tape runs in one step.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> print(to_text(with_multiply_adds(parse("%0 = input\n%1 = mul %0 %0\n%2 = add %0 %1\nreturn %2"))))
    %0 = input
    %1 = dot_from %0 %0 %0
    return %1
    """
    roles = _roles(program, {CODE_ADD: _TERMS, CODE_MUL: _PRODUCTS})
    return _rewritten(program, roles, _absorbed(program, roles, True))


def _rewritten(program: Program, roles: vec[i32], absorbed: vec[i32]) -> Program:
    rewriting = _Rewriting(program, roles, absorbed)
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

    __slots__ = ("_absorbed", "_kinds", "_levels", "_roles", "places", "program", "result")

    def __init__(self, program: Program, roles: vec[i32], absorbed: vec[i32]) -> None:
        self.program: Final = program
        self.result: Final = Program()
        self.places: Final = vec[i32]([i32(-1)] * len(program))
        self._levels = vec[i32]()  # for each place of the result, the length of the longest chain of ops up to it
        self._kinds: Final = vec[i32]([i32(-1)] * len(program.ops))
        self._roles: Final = roles
        self._absorbed: Final = absorbed

    def append(self, place: i64) -> None:
        """Append an instruction, unless it is a part of a longer sum."""
        program, result = self.program, self.result
        kind, start = i64(program.kinds[place]), i64(program.starts[place])
        if kind < 0:
            number = program.flat[start]
            new = result.input() if kind == INPUT else result.constant(program.numbers[i64(number)])
            self.places[place] = i32(new)
            if new == len(self._levels):
                self._levels = append(self._levels, i32(0))
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
        k, end, highest = i64(result.starts[place]), i64(len(result.flat)), i32(0)
        while k < end:
            level = self._levels[i64(result.flat[k])]
            if level > highest:  # noqa: PLR1730 - max() would make objects
                highest = level
            k += 1
        result.kinds = append(result.kinds, i32(kind))
        result.starts = append(result.starts, i32(end))
        self._levels = append(self._levels, highest + i32(1))
        return place

    def _total(self, root: i64) -> i64:
        """Append the sum that ends at a place."""
        pairs = self._pairs(root)
        cut = self._cut(pairs)
        if cut < 0:
            return self._sum(pairs, -1)
        early, late = vec[i32](), vec[i32]()
        i: i64 = 0
        while i < i64(len(pairs)):
            if self._level(pairs, i) <= cut:
                early = append(append(early, pairs[i]), pairs[i + 1])
            else:
                late = append(append(late, pairs[i]), pairs[i + 1])
            i += 2
        return self._sum(late, self._sum(early, -1))

    def _pairs(self, root: i64) -> vec[i32]:
        """What a sum adds up."""
        found = vec[i32]()
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
                    found = append(found, places[i64(program.flat[start])])
                    found = append(found, places[i64(program.flat[start + half])])
                    start += 1
            elif len(found) > 0 and found[-1] < 0 and found[-2] == places[k]:
                found[-2] = i32(self._doubled(i64(places[k])))
            else:
                found = append(append(found, places[k]), i32(-1))
        return found

    def _doubled(self, place: i64) -> i64:
        """Append twice a number; of a product with a constant, the product with twice that."""
        result = self.result
        start = i64(result.starts[place])
        factor, number = place, 2.0
        if result.kinds[place] == result.kind_of(MUL):
            for i in range(2):
                held = i64(result.flat[start + i])
                if factor == place and result.kinds[held] == CONSTANT:
                    factor = i64(result.flat[start + 1 - i])
                    number = 2.0 * result.numbers[result.index(int(held))]
        constant = i64(result.constant(number))
        if constant == i64(len(self._levels)):
            self._levels = append(self._levels, i32(0))
        result.flat = append(append(result.flat, i32(factor)), i32(constant))
        return self._append(i64(result.kind_of(MUL)))

    def _level(self, pairs: vec[i32], i: i64) -> i64:
        """The level of a pair."""
        level = i64(self._levels[i64(pairs[i])])
        if pairs[i + 1] < 0:
            return level
        other = i64(self._levels[i64(pairs[i + 1])])
        return other if other > level else level  # noqa: FURB136 - max() would make objects

    def _cut(self, pairs: vec[i32]) -> i64:
        """Up to which level the terms are added apart; -1 if all are added together."""
        if len(pairs) == 0:
            return -1
        highest = lowest = self._level(pairs, 0)
        i: i64 = 2
        while i < i64(len(pairs)):
            level = self._level(pairs, i)
            if level > highest:
                highest = level
            elif level < lowest:
                lowest = level
            i += 2
        early, late, between = i64(0), i64(0), i64(0)
        i = 0
        while i < i64(len(pairs)):
            level = self._level(pairs, i)
            if level == lowest:
                early += 1
            else:
                late += 1
                if level < highest:
                    between += 1
            i += 2
        if late == 0 or (lowest > 0 and between > 0):
            return -1
        return lowest if late >= MANY or (lowest == 0 and early > 1) else -1

    def _sum(self, pairs: vec[i32], start: i64) -> i64:
        """Append the sum of pairs, and of a place if it is none of -1."""
        terms = vec[i32]() if start < 0 else vec[i32]([i32(start)])
        i: i64 = 0
        while i < i64(len(pairs)):
            if pairs[i + 1] < 0:
                terms = append(terms, pairs[i])
            i += 2
        first = i64(-1) if len(terms) == 0 else self._added(terms)
        products = self._factors(pairs, 0)
        if products == 0:
            return first
        self._factors(pairs, 1)
        if first >= 0:
            self.result.flat = append(self.result.flat, i32(first))
            return self._append(i64(self.result.kind_of(DOT_FROM)))
        return self._append(i64(self.result.kind_of(MUL if products == 1 else DOT)))

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


def _roles(program: Program, by_code: dict[int, int]) -> vec[i32]:
    """For each instruction whether it adds up terms or products, or is anything else."""
    of_ops = vec[i32]([i32(by_code.get(code_of(op), 0)) for op in program.ops])
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


def _absorbed(program: Program, roles: vec[i32], single: bool) -> vec[i32]:
    """Which results are parts of a longer sum: sums and products that are used once, by a sum.

    With `single`, a sum takes one product and no sum. Otherwise, products of constants are left as they are in a sum of
    two terms that is used several times, such as the mean of an optimiser, `0.9 * m + 0.1 * g`: this is no part of
    anything longer, and a dot product of two terms takes longer than the three operations.
    """
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
        if roles[place] == _TERMS and (single or uses[place] == 1 or not _is_scaled(program, roles, uses, place)):
            k, end = i64(program.starts[place]), i64(program.starts[place + 1])
            while k < end:
                operand = i64(flat[k])
                if uses[operand] == 1 and roles[operand] != 0 and not (single and roles[operand] == _TERMS):
                    absorbed[operand] = i32(1)
                    if single:
                        k = end
                k += 1
        place += 1
    return absorbed


def _is_scaled(program: Program, roles: vec[i32], uses: vec[i32], place: i64) -> bool:
    """Whether a sum has two terms, of which those that it could take in are products with constants."""
    k, end = i64(program.starts[place]), i64(program.starts[place + 1])
    if end - k != 2:
        return False
    while k < end:
        term = i64(program.flat[k])
        k += 1
        if uses[term] != 1 or roles[term] == 0:
            continue
        start = i64(program.starts[term])
        if roles[term] != _PRODUCTS or i64(program.starts[term + 1]) - start != 2:
            return False
        left, right = i64(program.flat[start]), i64(program.flat[start + 1])
        if program.kinds[left] != CONSTANT and program.kinds[right] != CONSTANT:
            return False
    return True
