"""Records: a program as a table of operations on many numbers at once, over one flat buffer.

Every number of the program has a slot in the buffer. A record applies one op to many lanes. It has `FIELDS` numbers:

    0 OP           index of the op; -1 for a tape, -2 for a sweep, -3 for edges of a sweep
    1 LANES        how many results it has
    2 ARITY        operands of a lane; a dot product of K pairs has 2 K, and one more if it begins with a number; for a
                   sweep, how many edges it has
    3 DESTINATION  slot of the first result
    4 TABLE_AT     first entry in the index tables; -1 if the operands are views
    5 COLUMNS      lanes stand in rows of so many
    6 ROW          from a row of results to the next; within a row they lie side by side
    7 TERMS        terms of a sum or dot product, else 1
    8 OPERANDS     for up to three operands each: its first slot, and how many slots further it is in the next row, in
                   the next column, and in the next term
    20 IS_STARTED  1 if a sum or dot product begins with a number, which is the last operand, else 0; for a sweep, 1 if
                   edges may be stopped

With an index table the results lie side by side, and operand `k` of lane `i` is in the slot
`tables[TABLE_AT + k * LANES + i]`. A dot product has its first factors first. A tape is a record of single instructions
whose results lie side by side. Each has `ENTRIES` entries in the tables, the code of its kernel and three operands, and
may use the results of those before it.

The results of a sweep are gradients. It begins with -0.0 for all of them, which stands for a gradient that nothing has
reached, and follows edges one after the other. An edge has `ENTRIES` entries, too: the slots of the gradient that it
begins at, of the gradient that it adds to, of the local derivative, and of the condition under which a local derivative
of 0 is a structural zero. Where nothing is a structural zero, edges are not stopped by one, and the signs of zeros are
not kept.

Edges of a group, which follow a sweep, have no entries of their own. Edge `i` begins at the gradient in the slot
`DESTINATION + i * ROW` and adds to the one at the distance `OPERANDS` from `tables[TABLE_AT + i]`. Its local derivative
is in the slot `OPERANDS + 1` plus `i` times `OPERANDS + 2`; or, if `OPERANDS + 3` is not -1, in the slot that stands at
this place and `i` in the tables.

Records stand in an order in which every operand is computed before it is used. Groups of results begin at multiples of
`WIDTH`, so that whole vectors of them can be loaded and stored; results that are outputs lie where the outputs are.
"""

from __future__ import annotations

from typing import Any, Final, final

from autograd_core.table.op import Op

WIDTH: Final = 8
"""As many numbers of 64 bits fill the widest vector register."""

OP: Final = 0
LANES: Final = 1
ARITY: Final = 2
DESTINATION: Final = 3
TABLE_AT: Final = 4
COLUMNS: Final = 5
ROW: Final = 6
TERMS: Final = 7
OPERANDS: Final = 8
STRIDES: Final = 4
IS_STARTED: Final = 20
FIELDS: Final = 21
ENTRIES: Final = 4
TAPE: Final = -1
SWEEP: Final = -2
EDGES: Final = -3

MULTIPLY_ADD: Final = 0
"""The code of `a * b + c` on a tape."""


@final
class Records:
    """A grouped program.

    Attributes:
        ops: the ops that occur. A record refers to its op by the index here.
        heads: `FIELDS` numbers for each record, one row for each; an array of 64-bit integers.
        tables: the index tables, one after the other; an array of 32-bit integers.
        signed: for each record, whether it matters if a sum in it is 0.0 or -0.0; an array.
        size: how many slots the buffer has.
        inputs: the slot of the first input; the others follow.
        outputs: the slot of the first output; the others follow.
        constants: the slot of the first constant; the others follow.
        numbers: the constants, an array.
        counts: how many inputs and how many outputs there are.
        is_checked: whether outputs with nan have to be computed again without `grouping.plain_products`.
    """

    __slots__ = (
        "constants",
        "counts",
        "heads",
        "inputs",
        "is_checked",
        "numbers",
        "ops",
        "outputs",
        "signed",
        "size",
        "tables",
    )

    def __init__(
        self,
        ops: list[Op],
        heads: Any,
        tables: Any,
        signed: Any,
        size: int,
        inputs: int,
        outputs: int,
        constants: int,
        numbers: Any,
        counts: tuple[int, int],
        is_checked: bool,
    ) -> None:
        self.ops: Final = ops
        self.heads: Final = heads
        self.tables: Final = tables
        self.signed: Final = signed
        self.size: Final = size
        self.inputs: Final = inputs
        self.outputs: Final = outputs
        self.constants: Final = constants
        self.numbers: Final = numbers
        self.counts: Final = counts
        self.is_checked: Final = is_checked

    def __len__(self) -> int:
        return len(self.heads)


def to_text(records: Records) -> str:
    r"""The records, one a line: the slots of the results, the op, and the slots of each operand.

    After the first slot stand the rows, columns and terms of which there is more than one, with their strides.

    >>> from autograd_core.compiler.grouping import grouped
    >>> from autograd_core.compiler.text import parse
    >>> text = "".join([f"%{k} = input\n" for k in range(9)] + [f"%{k} = mul %0 %{k - 8}\n" for k in range(9, 17)])
    >>> print(to_text(grouped(parse(text + "return %9 %10 %11 %12 %13 %14 %15 %16"))))
    [16, 8 by 1] = mul [0, 8 by 0] [1, 8 by 1]
    """
    return "\n".join([_written(records, head.tolist()) for head in records.heads])


def _written(records: Records, head: list[int]) -> str:
    lanes, columns = head[LANES], head[COLUMNS]
    results = _slots(head[DESTINATION], [(lanes // columns, head[ROW]), (columns, 1)])
    if head[OP] == TAPE:
        return f"{results} = tape of {lanes}"
    if head[OP] == SWEEP:
        return f"{results} = sweep along {head[ARITY]} edges"
    if head[OP] == EDGES:
        return f"{lanes} edges from {_slots(head[DESTINATION], [(lanes, head[ROW])])}"
    name = records.ops[head[OP]].name
    if head[TABLE_AT] >= 0:
        return f"{results} = {name} of {head[ARITY]} by table"
    views = [head[OPERANDS + STRIDES * k : OPERANDS + STRIDES * (k + 1)] for k in range(_views(head))]
    shape = (lanes // columns, columns, head[TERMS])
    written = [_slots(first, list(zip(shape, strides, strict=True))) for first, *strides in views]
    if head[IS_STARTED]:
        first, row, column, _ = views[-1]
        written[-1:] = ["from", _slots(first, [(shape[0], row), (columns, column)])]
    return " ".join([results, "=", name, *written])


def _views(head: list[int]) -> int:
    """How many operands a record of views has: a dot product has two, each with its terms, and where it begins."""
    return (head[ARITY] - head[IS_STARTED]) // head[TERMS] + head[IS_STARTED]


def _slots(first: int, sides: list[tuple[int, int]]) -> str:
    """A first slot, and for each side longer than 1 how long it is and its stride."""
    steps = [f"{count} by {stride}" for count, stride in sides if count > 1]
    return f"[{', '.join([str(first), *steps])}]"
