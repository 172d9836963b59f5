"""What appends instructions to a program, each in its simplest form.

An instruction whose operands are constants becomes a constant, found by the row's own forward function. Others become
simpler ones where that keeps every bit, the sign and the payload of nan apart. What is known about a result helps: a
number that is never -0.0 does not change when 0.0 is added, and a truth is 0.0 or 1.0.
"""

from __future__ import annotations

import math
from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i32, i64, u8

from autograd_core.compiler.passes.codes import (
    CODE_ADD,
    CODE_AND,
    CODE_COPY,
    CODE_DIV,
    CODE_DOT,
    CODE_ELEMENT,
    CODE_EQ,
    CODE_MUL,
    CODE_NE,
    CODE_NEG,
    CODE_NOT,
    CODE_OR,
    CODE_POS,
    CODE_STRONG_PRODUCT,
    CODE_SUB,
    CODE_SUM,
    CODE_WHERE,
    NUMBER_OF_CODES,
    OTHER,
    code_of,
    op_of,
)
from autograd_core.compiler.passes.facts import (
    REACHED,
    TRUTH,
    fact_of_number,
    fact_of_op,
    is_no_structural_zero,
    is_number,
    number_at,
)
from autograd_core.compiler.program import CONSTANT, INPUT, Program

SMALLEST_EXACT: Final = 2.0**-1022
"""From here to its reciprocal, a power of 2 has a reciprocal that is a power of 2 and no subnormal."""


@final
class Builder:
    """A program that grows, and what is known about its numbers.

    Attributes:
        program: the program.
        known: for each instruction what is known about its result, `REACHED` and `TRUTH` in one number.
    """

    __slots__ = ("_codes", "_kinds", "known", "program")

    def __init__(self, source: Program) -> None:
        self.program: Final = Program()
        self.known = vec[u8]()
        self._codes = vec[i32]()
        self._kinds = vec[i32]([i32(-1)] * NUMBER_OF_CODES)
        for op in source.ops:
            self.program.kind_of(op)
            self._codes = append(self._codes, i32(code_of(op)))

    def is_reached(self, place: i64) -> bool:
        """Whether the number is known never to be -0.0."""
        return self.known[place] & u8(REACHED) != u8(0)

    def is_truth(self, place: i64) -> bool:
        """Whether the number is known to be 0.0 or 1.0."""
        return self.known[place] & u8(TRUTH) != u8(0)

    def is_constant(self, place: i64) -> bool:
        """Whether a place holds a constant."""
        return self.program.kinds[place] == CONSTANT

    def is_number(self, place: i64, number: float) -> bool:
        """Whether a place holds this constant; -0.0 is not 0.0."""
        return is_number(self.program, place, number)

    def number(self, place: i64) -> float:
        """The number of a constant."""
        return number_at(self.program, place)

    def constant(self, number: float) -> i64:
        """The place of a constant."""
        place = i64(self.program.constant(number))
        if place == i64(len(self.known)):
            self.known = append(self.known, u8(fact_of_number(number)))
        return place

    def input(self) -> i64:
        """Append the next input."""
        self.known = append(self.known, u8(0))
        return i64(self.program.input())

    def copied(self, source: Program, place: i64, places: vec[i32], is_data: bool = False) -> i64:
        """Append an instruction of another program in its simplest form.

        Args:
            source: the other program.
            place: the place of the instruction there.
            places: for each earlier instruction there, its place here.
            is_data: whether it stays as it is unless all of its operands are constants, see `passes.data`.
        """
        kind = i64(source.kinds[place])
        start, end = i64(source.starts[place]), i64(source.starts[place + 1])
        flat = source.flat
        if kind < 0:
            return self.input() if kind == INPUT else self.constant(source.numbers[i64(flat[start])])
        kinds = self.program.kinds
        k = start
        while k < end and kinds[i64(places[i64(flat[k])])] == CONSTANT:
            k += 1
        if k == end:
            found = self._evaluated(source, place, places)
            if found >= 0:
                return found
        code = i64(self._codes[kind])
        if code != OTHER and not is_data:
            found = self._simplest_of(code, source, place, places)
            if found >= 0:
                return found
        return self._kept(kind, code, flat, start, end, places)

    def kept(self, source: Program, place: i64, places: vec[i32]) -> i64:
        """Append an instruction of another program as it is."""
        kind = i64(source.kinds[place])
        start, end = i64(source.starts[place]), i64(source.starts[place + 1])
        if kind < 0:
            return self.input() if kind == INPUT else self.constant(source.numbers[i64(source.flat[start])])
        return self._kept(kind, i64(self._codes[kind]), source.flat, start, end, places)

    def _kept(self, kind: i64, code: i64, flat: vec[i32], start: i64, end: i64, places: vec[i32]) -> i64:
        k, grown = start, self.program.flat
        while k < end:
            grown = append(grown, places[i64(flat[k])])
            k += 1
        self.program.flat = grown
        return self._append(kind, code)

    def apply(self, code: i64, a: i64, b: i64, c: i64 = -1) -> i64:
        """Append an op with two or three operands in its simplest form."""
        found = self._simplest(code, a, b, c)
        return found if found >= 0 else self._raw(code, a, b, c)

    def product(self, a: i64, b: i64) -> i64:
        """Append a product as it is."""
        return self._raw(CODE_MUL, a, b, -1)

    def negative(self, a: i64) -> i64:
        """Append `-a` in its simplest form."""
        program = self.program
        if program.kinds[a] == CONSTANT:
            return self.constant(-self.number(a))
        inner = self._negated(a)
        return inner if inner >= 0 else self._raw(CODE_NEG, a, -1, -1)

    def _raw(self, code: i64, a: i64, b: i64, c: i64) -> i64:
        kind = i64(self._kinds[code])
        if kind < 0:
            kind = i64(self.program.kind_of(op_of(code)))
            self._kinds[code] = i32(kind)
            if kind == i64(len(self._codes)):
                self._codes = append(self._codes, i32(code))
        grown = append(self.program.flat, i32(a))
        if b >= 0:
            grown = append(grown, i32(b))
        if c >= 0:
            grown = append(grown, i32(c))
        self.program.flat = grown
        return self._append(kind, code)

    def _append(self, kind: i64, code: i64) -> i64:
        """Append an instruction whose operands stand at the end of `flat` already."""
        program = self.program
        start, end = i64(program.starts[i64(len(program.kinds))]), i64(len(program.flat))
        self.known = append(self.known, u8(fact_of_op(program, self.known, code, start, end)))
        program.kinds = append(program.kinds, i32(kind))
        program.starts = append(program.starts, i32(end))
        return i64(len(program.kinds)) - 1

    # Simpler forms; -1 stands for none.

    def _evaluated(self, source: Program, place: i64, places: vec[i32]) -> i64:
        """The constant that an op on constants gives; none if its forward function raises."""
        op = source.op(int(place))
        if op is None:
            return -1
        numbers = [self.number(i64(places[operand])) for operand in source.operands(int(place))]
        try:
            return self.constant(op.evaluate(numbers))
        except Exception:  # noqa: BLE001 - whatever it raises, it raises when the program runs
            return -1

    def _simplest_of(self, code: i64, source: Program, place: i64, places: vec[i32]) -> i64:
        start, end = i64(source.starts[place]), i64(source.starts[place + 1])
        flat = source.flat
        a = i64(places[i64(flat[start])])
        count = end - start
        if code == CODE_ELEMENT:
            return self._chosen(a, source, place, places)
        if count == 1:
            return self._of_one(code, a)
        b = i64(places[i64(flat[start + 1])])
        if count == 2:
            return self._raw(CODE_MUL, a, b, -1) if code == CODE_DOT else self._simplest(code, a, b, -1)
        if count == 3 and code != CODE_SUM:
            return self._simplest(code, a, b, i64(places[i64(flat[start + 2])]))
        return -1

    def _chosen(self, index: i64, source: Program, place: i64, places: vec[i32]) -> i64:
        """The element at an index that is a constant."""
        start, count = i64(source.starts[place]), i64(source.starts[place + 1]) - i64(source.starts[place]) - 1
        if not self.is_constant(index):
            return -1
        number = self.number(index)
        if not -float(count) <= number < float(count) or number != math.floor(number):
            return self.constant(math.nan)
        i = i64(int(number))
        return i64(places[i64(source.flat[start + 1 + (i if i >= 0 else i + count)])])

    def _of_one(self, code: i64, a: i64) -> i64:
        if code in (CODE_COPY, CODE_POS, CODE_SUM):
            return a
        if code == CODE_NEG:
            return self._negated(a)
        if code == CODE_NOT:
            inner = self._operand_of(CODE_NOT, a)
            return inner if inner >= 0 and self.is_truth(inner) else -1
        return -1

    def _simplest(self, code: i64, a: i64, b: i64, c: i64) -> i64:
        if code == CODE_MUL:
            return self._product(a, b)
        if code == CODE_ADD:
            return self._sum(a, b)
        if code == CODE_STRONG_PRODUCT:
            return self._strong(a, b, c)
        if code == CODE_SUB:
            return self._difference(a, b)
        if code == CODE_DIV:
            return self._quotient(a, b)
        if code == CODE_WHERE:
            return self._where(a, b, c)
        if CODE_AND <= code <= CODE_NE:
            return self._condition(code, a, b)
        return -1

    def _sum(self, a: i64, b: i64) -> i64:
        if self._adds_nothing(b, a):
            return a
        if self._adds_nothing(a, b):
            return b
        inner = self._negated(b)
        if inner >= 0:
            return self.apply(CODE_SUB, a, inner)
        inner = self._negated(a)
        return self.apply(CODE_SUB, b, inner) if inner >= 0 else -1

    def _adds_nothing(self, zero: i64, other: i64) -> bool:
        """Whether the other number does not change when the first is added."""
        return self.is_number(zero, -0.0) or (self.is_reached(other) and self.is_number(zero, 0.0))

    def _difference(self, a: i64, b: i64) -> i64:
        if self.is_number(b, 0.0) or (self.is_reached(a) and self.is_number(b, -0.0)):
            return a
        if self.is_number(a, -0.0):
            return self.negative(b)
        inner = self._negated(b)
        return self.apply(CODE_ADD, a, inner) if inner >= 0 else -1

    def _product(self, a: i64, b: i64) -> i64:
        if self.is_number(a, 1.0):
            return b
        if self.is_number(b, 1.0):
            return a
        if self.is_number(a, -1.0):
            return self.negative(b)
        if self.is_number(b, -1.0):
            return self.negative(a)
        return self._of_opposites(CODE_MUL, a, b)

    def _quotient(self, a: i64, b: i64) -> i64:
        if self.is_constant(b):
            number = self.number(b)
            if math.frexp(number)[0] in (0.5, -0.5) and SMALLEST_EXACT <= abs(number) <= 1.0 / SMALLEST_EXACT:
                return self.apply(CODE_MUL, a, self.constant(1.0 / number))
        return self._of_opposites(CODE_DIV, a, b)

    def _of_opposites(self, code: i64, a: i64, b: i64) -> i64:
        """A product or quotient of two negated numbers, or of one and a constant, without the negations."""
        x, y = self._negated(a), self._negated(b)
        if x >= 0 and self.is_constant(b):
            y = self.constant(-self.number(b))
        elif y >= 0 and self.is_constant(a):
            x = self.constant(-self.number(a))
        return self.apply(code, x, y) if x >= 0 and y >= 0 else -1

    def _negated(self, a: i64) -> i64:
        """The number that `a` is the opposite of."""
        return self._operand_of(CODE_NEG, a)

    def _operand_of(self, code: i64, a: i64) -> i64:
        """The only operand of an instruction, if it has this code."""
        program = self.program
        kind = i64(program.kinds[a])
        if kind < 0 or self._codes[kind] != i32(code):
            return -1
        return i64(program.flat[i64(program.starts[a])])

    def _where(self, condition: i64, a: i64, b: i64) -> i64:
        if self.is_constant(condition):
            return a if self.number(condition) != 0.0 else b
        if a == b:
            return a
        if self.is_truth(condition):
            if self.is_number(a, 1.0) and self.is_number(b, 0.0):
                return condition
            if self.is_number(a, 0.0) and self.is_number(b, 1.0):
                return self._raw(CODE_NOT, condition, -1, -1)
        inner = self._operand_of(CODE_NOT, condition)
        return self.apply(CODE_WHERE, inner, b, a) if inner >= 0 else -1

    def _condition(self, code: i64, a: i64, b: i64) -> i64:
        """Logic and equality with a constant; `b` is the constant, if there is one."""
        if self.is_constant(a):
            a, b = b, a
        if not self.is_constant(b) or self.is_constant(a):
            return -1
        number = self.number(b)
        if code == CODE_AND and number == 0.0:
            return self.constant(0.0)
        if code == CODE_OR and number != 0.0:
            return self.constant(1.0)
        if not self.is_truth(a):
            return -1
        if code in (CODE_AND, CODE_OR) or number == (1.0 if code == CODE_EQ else 0.0):
            return a
        return self._raw(CODE_NOT, a, -1, -1) if number == (0.0 if code == CODE_EQ else 1.0) else -1

    def _strong(self, local: i64, upstream: i64, condition: i64) -> i64:
        if self.is_number(local, 1.0):
            return upstream
        if self.is_number(upstream, -0.0):
            return upstream
        if is_no_structural_zero(self.program, local, condition):
            if self.is_number(condition, 0.0):
                return -1
            return self._raw(CODE_STRONG_PRODUCT, local, upstream, self.constant(0.0))
        if not self.is_constant(condition):
            return -1
        if self.is_constant(local):
            return self.constant(-0.0)
        if self.is_truth(local):
            return self.apply(CODE_WHERE, local, upstream, self.constant(-0.0))
        return -1
