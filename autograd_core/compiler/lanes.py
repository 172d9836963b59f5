"""Lanes: a program for many rows of data at once, with a record for each instruction and a lane for each row.

What depends on no row is a program of its own, the head, which runs once. The rest, the tail, runs block after block
of rows. In it every number is a register, as many slots as a block has rows, and registers are used again as soon as
nothing reads them any more: so a block stays in the cache, and a million rows take no more memory than a thousand.
A dot product of numbers that all rows share with numbers of the rows becomes a matrix product, together with all others
of the same numbers of the rows, as in the layers of a network.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final, NamedTuple, final

from autograd_core.compiler.executors.formulas import FORMULAS
from autograd_core.compiler.grouping.analysis import signed
from autograd_core.compiler.grouping.long_sums import with_long_sums
from autograd_core.compiler.grouping.plain_products import with_plain_products
from autograd_core.compiler.kernels import BY_ROW, CODE_DOT, CODES, DOT_FROM, code_of
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import CONSTANT, COPY, INPUT, Program
from autograd_core.compiler.records import (
    ARITY,
    COLUMNS,
    DESTINATION,
    FIELDS,
    LANES,
    OP,
    OPERANDS,
    ROW,
    TABLE_AT,
    TERMS,
    WIDTH,
    Records,
)
from autograd_core.compiler.vector_formulas import with_vector_formulas
from autograd_core.table.ops import ADD, DOT, MUL, SUM, WHERE

CACHE: Final = 2**17
"""The registers of a block have about so many numbers: they fit into the cache of a core."""

MOST_ROWS: Final = 4096
FEWEST_ROWS: Final = 256
"""A block has as many rows as fit into the cache, within these bounds; with fewer, calls take longer than the work."""


FEWEST_PAIRS: Final = 16
"""From so many products of numbers of the rows with shared ones on, matrix products take less time."""


class Split(NamedTuple):
    """A program in two parts.

    Attributes:
        head: the instructions that depend on no row. It has all inputs of the program.
        tail: the others. Its first inputs are the outputs of the head, the others are inputs of the program; it has all
            outputs of the program.
        columns: the inputs of the program that differ from row to row and are used, in order.
    """

    head: Program
    tail: Program
    columns: list[int]


def split(program: Program, varies: Sequence[bool]) -> Split:
    r"""What depends on no row apart from what does.

    Args:
        program: the program.
        varies: for each input whether it differs from row to row.

    >>> from autograd_core.compiler.text import parse, to_text
    >>> program = parse("%0 = input\n%1 = input\n%2 = exp %0\n%3 = mul %2 %1\nreturn %3")
    >>> print(to_text(split(program, [False, True]).tail))
    %0 = input
    %1 = input
    %2 = mul %0 %1
    return %2
    """
    count = len(program)
    depends = bytearray(count)
    for place in range(count):
        kind = program.kinds[place]
        if kind == INPUT:
            depends[place] = varies[program.index(place)]
        elif kind >= 0:
            depends[place] = any(depends[k] for k in program.operands(place))
    head, tail = Program(), Program()
    in_head: dict[int, int] = {}
    for place in range(count):
        if program.kinds[place] == INPUT:
            in_head[place] = head.input()
        elif not depends[place]:
            in_head[place] = _copied(program, place, head, in_head)
    read = [k for place in range(count) if depends[place] for k in program.operands(place)]
    needed = dict.fromkeys([*read, *program.outputs])
    shared = [k for k in needed if not depends[k] and program.kinds[k] != CONSTANT]
    head.outputs = [in_head[k] for k in shared]
    in_tail = {k: tail.input() for k in shared}
    columns = [place for place in range(count) if depends[place] and program.kinds[place] == INPUT and place in needed]
    in_tail |= {place: tail.input() for place in columns}
    for place in range(count):
        is_constant = place in needed and program.kinds[place] == CONSTANT
        if is_constant or (depends[place] and program.kinds[place] != INPUT):
            in_tail[place] = _copied(program, place, tail, in_tail)
    tail.outputs = [in_tail[output] for output in program.outputs]
    return Split(head, tail, [int(program.index(place)) for place in columns])


def _copied(source: Program, place: int, target: Program, places: dict[int, int]) -> int:
    """Append an instruction of another program, which is no input."""
    op = source.op(place)
    if op is None:
        return target.constant(source.numbers[source.index(place)])
    return target.apply(op, [places[k] for k in source.operands(place)])


# Sums and matrix products.


class Product(NamedTuple):
    """Dot products of the same numbers of the rows with numbers that all rows share.

    Attributes:
        columns: the numbers of the rows.
        weights: for each dot product the shared numbers.
        places: the instruction of each.
    """

    columns: tuple[int, ...]
    weights: list[list[int]]
    places: list[int]


def _products(tail: Program, shared: int) -> list[Product]:
    """The matrix products of a tail."""
    found: dict[tuple[int, ...], Product] = {}
    reads_sign = signed(tail)  # a matrix product adds up from 0.0
    for place in range(len(tail)):
        if tail.op(place) in (DOT, DOT_FROM) and reads_sign[place] == 0:
            operands = tail.operands(place)
            half = len(operands) // 2
            pairs = [_pair(tail, a, b, shared) for a, b in zip(operands[:half], operands[half : 2 * half], strict=True)]
            if None not in pairs:
                columns, weights = zip(*[pair for pair in pairs if pair], strict=True)
                product = found.setdefault(columns, Product(columns, [], []))
                product.weights.append(list(weights))
                product.places.append(place)
    return list(found.values())


def _pair(tail: Program, a: int, b: int, shared: int) -> tuple[int, int] | None:
    """The number of the rows and the shared number of two factors; None if they are of one kind."""
    is_a_shared, is_b_shared = _is_shared(tail, a, shared), _is_shared(tail, b, shared)
    if is_a_shared == is_b_shared:
        return None
    return (b, a) if is_a_shared else (a, b)


def _is_shared(tail: Program, place: int, shared: int) -> bool:
    kind = tail.kinds[place]
    return kind == CONSTANT or (kind == INPUT and bool(tail.index(place) < shared))


def _without_sums(tail: Program, kept: set[int]) -> Program:
    """The program with sums as additions, and dot products, but for those that are kept, as products and additions."""
    result = Program()
    places: dict[int, int] = {}
    for place in range(len(tail)):
        op = tail.op(place)
        operands = [places[k] for k in tail.operands(place)]
        half = len(operands) // 2
        if tail.kinds[place] == INPUT:
            places[place] = result.input()
        elif op is DOT_FROM:
            pairs = operands[:-1]
            dot = result.apply(DOT, pairs) if place in kept else _added(result, pairs, half)
            places[place] = result.apply(ADD, [dot, operands[-1]])
        elif op is DOT and place not in kept and len(operands) % 2 == 0:
            places[place] = _added(result, operands, half)
        elif op is SUM:
            total = operands[0]
            for term in operands[1:]:
                total = result.apply(ADD, [total, term])
            places[place] = total
        else:
            places[place] = _copied(tail, place, result, places)
    result.outputs = [places[output] for output in tail.outputs]
    return result


def _added(result: Program, operands: list[int], half: int) -> int:
    """Append the products of the first half of the operands with the second, and their sum."""
    total = result.apply(MUL, [operands[0], operands[half]])
    for k in range(1, half):
        total = result.apply(ADD, [total, result.apply(MUL, [operands[k], operands[half + k]])])
    return total


def prepared(tail: Program, shared: int, *, exact: bool, plain: bool) -> tuple[Program, list[Product], bool]:
    """A tail in which every instruction is a record, its matrix products, and whether nan makes it run again."""
    if exact:
        return _without_sums(tail, set()), [], False
    is_checked = False
    if plain:
        changed, is_checked = with_plain_products(tail, groups=False)
        tail = changed if changed is tail else simplify(changed, groups=False)
    summed = with_long_sums(tail)
    products = _products(summed, shared)
    if sum([len(product.columns) * len(product.places) for product in products]) < FEWEST_PAIRS:
        summed, products = tail, []
    tail = _without_sums(summed, {place for product in products for place in product.places})
    tail, is_quick = with_vector_formulas(tail, plain=plain)
    tail = simplify(tail, groups=False)
    return tail, _products(tail, shared) if products else [], is_checked or is_quick


# From a tail to records.


COMPARISONS: Final = {
    CODES["lt"]: "less",
    CODES["le"]: "less_equal",
    CODES["gt"]: "greater",
    CODES["ge"]: "greater_equal",
    CODES["eq"]: "equal",
    CODES["ne"]: "not_equal",
}
"""The codes of comparisons, with NumPy's functions for them."""

PRODUCT: Final = -1


class Step(NamedTuple):
    """A record of a plan.

    Attributes:
        kind: the index of its op.
        result: the register of its result, or of the first of its results.
        operands: its operands.
        signed: whether it matters if its result is 0.0 or -0.0.
        form: `PRODUCT` for a matrix product; for a choice that is made with a comparison of its own, as in
            `where(a < b, yes, no)` with the operands `a, b, yes, no`, the code of the comparison; else 0.
        rows: how many dot products a matrix product has.
        terms: how many terms each of them has.
    """

    kind: int
    result: int
    operands: list[int]
    signed: bool = True
    form: int = 0
    rows: int = 1
    terms: int = 1


@final
class Plan:
    """The records of a tail for blocks of any number of rows.

    An operand is a number: a register from 0 on, or -1 - k for the shared number in slot `k`. The first registers are
    the inputs that differ from row to row, the next are the outputs.

    Attributes:
        program: the tail.
        shared: for each shared slot the index of an input, or the number of inputs plus that of a constant.
        columns: how many inputs differ from row to row.
        steps: the records.
        registers: how many registers there are.
        is_checked: whether outputs with nan have to be computed again.
    """

    __slots__ = (
        "_choices",
        "_ends",
        "_free",
        "_operands",
        "_signed",
        "columns",
        "is_checked",
        "program",
        "registers",
        "shared",
        "steps",
    )

    def __init__(self, tail: Program, shared: int, *, exact: bool, plain: bool) -> None:
        program, products, is_checked = prepared(tail, shared, exact=exact, plain=plain)
        self.program: Final = program
        self.is_checked: Final = is_checked
        self.columns: Final = program.inputs - shared
        self.shared: Final = list(range(shared + len(program.numbers)))
        self.steps: Final[list[Step]] = []
        self.registers = self.columns + len(program.outputs)
        self._free: list[int] = []
        self._operands: Final[dict[int, int]] = {}  # where the result of each instruction is
        self._signed: Final = signed(program)
        self._choices: Final = {} if exact else _choices(program)
        self._ends: Final = _ends(program, products, self._choices)
        outputs: dict[int, int] = {}
        for k, output in enumerate(program.outputs):
            outputs.setdefault(output, self.columns + k)
        of_place = {place: product for product in products for place in product.places}
        for place in range(len(program)):
            if program.kinds[place] == INPUT:
                index = int(program.index(place))
                self._operands[place] = -1 - index if index < shared else index - shared
            elif program.kinds[place] == CONSTANT:
                self._operands[place] = -1 - (shared + int(program.index(place)))
            elif place not in of_place:
                self._append(place, outputs.get(place, -1))
            elif place not in self._operands:
                self._append_product(of_place[place])
        for k, output in enumerate(program.outputs):
            if self._operands[output] != self.columns + k:
                self.steps.append(Step(program.kind_of(COPY), self.columns + k, [self._operands[output]]))

    def _append(self, place: int, output: int) -> None:
        """Append the step of one instruction, which writes its result into a register of the outputs if it has one."""
        if place not in self._ends:
            return  # a comparison that only choices read
        kind, form = self.program.kinds[place], 0
        read = self.program.operands(place)
        if place in self._choices:
            form, read = self._choices[place]
        operands = [self._operands[k] for k in read]
        formula = FORMULAS.get(code_of(self.program.ops[kind]))
        in_place = formula is None or formula.calls == 1
        if in_place:
            self._release(read, place)
        result = output if output >= 0 else self._allocate(1)
        if not in_place:
            self._release(read, place)
        self._operands[place] = result
        self.steps.append(Step(int(kind), result, operands, self._signed[place] != 0, form))

    def _append_product(self, product: Product) -> None:
        """Append a matrix product, whose columns are copied side by side unless they are."""
        columns = [self._operands[k] for k in product.columns]
        copies = []
        if columns != list(range(columns[0], columns[0] + len(columns))):
            first = self._allocate(len(columns))
            copies = list(range(first, first + len(columns)))
            copy = self.program.kind_of(COPY)
            self.steps.extend([Step(copy, to, [column]) for to, column in zip(copies, columns, strict=True)])
        first = len(self.shared)
        self.shared.extend([-1 - self._operands[k] for row in product.weights for k in row])
        count, terms = len(product.places), len(columns)
        result = self._allocate(count)
        at = copies[0] if copies else columns[0]
        self.steps.append(Step(self.program.kind_of(DOT), result, [-1 - first, at], False, PRODUCT, count, terms))
        for k, place in enumerate(product.places):
            self._operands[place] = result + k
        for register in copies:
            insort(self._free, register)
        self._release(list(product.columns), product.places[0])

    def _allocate(self, count: int) -> int:
        """The first of so many registers side by side."""
        free = self._free
        if count == 1 and free:
            return free.pop(0)
        for k in range(len(free) - count + 1):
            if count > 1 and free[k + count - 1] == free[k] + count - 1:
                first = free[k]
                del free[k : k + count]
                return first
        self.registers += count
        return self.registers - count

    def _release(self, read: list[int], place: int) -> None:
        """Give back the registers that no instruction after this one reads."""
        for k in set(read):
            register = self._operands[k]
            if self._ends[k] == place and register >= self.columns + len(self.program.outputs):
                insort(self._free, register)

    def rows(self) -> int:
        """How many rows a block has at most."""
        most = max(FEWEST_ROWS, min(MOST_ROWS, CACHE // max(1, self.registers)))
        return most // WIDTH * WIDTH

    def records(self, rows: int) -> Records:
        """The records for blocks of so many rows, a multiple of `WIDTH`."""
        import numpy as np

        program, tables, heads = self.program, [np.zeros(0, dtype=np.int32)], []
        first = -(-len(self.shared) // WIDTH) * WIDTH
        entries = 0

        def slot(operand: int) -> int:
            return -1 - operand if operand < 0 else first + operand * rows

        for step in self.steps:
            head = [0] * FIELDS
            heads.append(head)
            slots, strides = [slot(x) for x in step.operands], [0 if x < 0 else 1 for x in step.operands]
            head[OP], head[LANES], head[ARITY], head[TABLE_AT] = step.kind, rows, len(slots), -1
            head[DESTINATION], head[COLUMNS], head[ROW], head[TERMS] = slot(step.result), rows, rows, step.terms
            if step.form == PRODUCT:
                head[LANES], head[ARITY] = step.rows * rows, 2 * step.terms
                head[OPERANDS : OPERANDS + 8] = [slots[0], step.terms, 0, 1, slots[1], 0, 1, rows]
            elif code_of(program.ops[step.kind]) in (BY_ROW, CODE_DOT):
                head[TABLE_AT] = entries
                lanes = np.arange(rows)
                tables += [(at + stride * lanes).astype(np.int32) for at, stride in zip(slots, strides, strict=True)]
                entries += rows * len(slots)
            elif not step.form:
                views = [x for at, stride in zip(slots, strides, strict=True) for x in (at, 0, stride, 0)]
                head[OPERANDS : OPERANDS + len(views)] = views
        return Records(
            list(program.ops),
            np.array(heads, dtype=np.int64).reshape(len(heads), FIELDS),
            np.concatenate(tables),
            np.zeros(len(heads), dtype=bool),
            first + self.registers * rows,
            0,
            first + self.columns * rows,
            0,
            np.zeros(0),
            (first + self.columns * rows, len(program.outputs) * rows),
            self.is_checked,
        )


def _choices(program: Program) -> dict[int, tuple[int, list[int]]]:
    """For each choice with a comparison as its condition the code of that, and the operands of both."""
    found = {}
    for place in range(len(program)):
        if program.op(place) is WHERE:
            condition, yes, no = program.operands(place)
            op = program.op(condition)
            if op is not None and code_of(op) in COMPARISONS:
                found[place] = code_of(op), [*program.operands(condition), yes, no]
    return found


def _ends(program: Program, products: list[Product], choices: dict[int, tuple[int, list[int]]]) -> dict[int, int]:
    """For each instruction the last one that reads it; a matrix product reads where its first dot product stands.

    What the program returns is kept to the end.
    """
    places = {place: product.places[0] for product in products for place in product.places}
    found: dict[int, int] = {output: len(program) for output in program.outputs}
    for place in range(len(program) - 1, -1, -1):
        if place in found:
            at = places.get(place, place)
            for k in choices[place][1] if place in choices else program.operands(place):
                found[k] = max(found.get(k, 0), at)
    return found
