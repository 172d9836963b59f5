"""Lanes: a program for many rows of data at once, with a record for each instruction and a lane for each row.

What depends on no row, the head, runs once (`head_and_tail`). The rest, the tail (`tails`), runs block after block of
rows. In it every number is a register, as many slots as a block has rows, and registers are used again as soon as
nothing reads them any more: so a block stays in the cache, and a million rows take no more memory than a thousand.
"""

from __future__ import annotations

from bisect import insort
from typing import Final, NamedTuple, final

from autograd_core.compiler.executors.formulas import FORMULAS
from autograd_core.compiler.grouping.analysis import signed
from autograd_core.compiler.kernels import BY_ROW, CODE_DOT, CODES, code_of
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
from autograd_core.compiler.tails import Product, prepared
from autograd_core.table.ops import DOT, WHERE

CACHE: Final = 2**17
"""The registers of a block have about so many numbers: they fit into the cache of a core."""

MOST_ROWS: Final = 4096
FEWEST_ROWS: Final = 256
"""A block has as many rows as fit into the cache, within these bounds; with fewer, calls take longer than the work."""

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
