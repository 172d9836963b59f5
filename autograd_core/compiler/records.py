"""Records: a program as a table of operations on many numbers at once, over one flat buffer.

Every number of the program has a slot in the buffer. A record applies one op to many lanes: the result of lane `i` goes
to slot `destination + i`, and operand `k` of lane `i` is in the slot `tables[table + k * lanes + i]`. The op of a
record that adds takes as many operands as its row allows, so a record of `dot` with 2 K operands has K products in each
lane. The records stand in an order in which every operand is computed before it is used.

Lanes begin at multiples of `WIDTH`, so that whole vectors of them can be loaded and stored.
"""

from __future__ import annotations

from typing import Any, Final, final

from autograd_core.table.op import Op

WIDTH: Final = 8
"""Destinations are multiples of this; as many numbers of 64 bits fill the widest vector register."""

FIELDS: Final = 5
"""The numbers of a record: the index of its op, lanes, operands of a lane, destination, and the first table entry."""


@final
class Records:
    """A grouped program.

    Attributes:
        ops: the ops that occur. A record refers to its op by the index here.
        heads: `FIELDS` numbers for each record, one record after the other; an array of 64-bit integers.
        tables: the slots of the operands; an array of 32-bit integers.
        size: how many slots the buffer has.
        inputs: the slot of the first input; the others follow.
        outputs: the slots of the outputs; an array.
        constants: the slot of the first constant; the others follow.
        numbers: the constants.
    """

    __slots__ = ("constants", "heads", "inputs", "numbers", "ops", "outputs", "size", "tables")

    def __init__(
        self,
        ops: list[Op],
        heads: Any,
        tables: Any,
        size: int,
        inputs: int,
        outputs: Any,
        constants: int,
        numbers: list[float],
    ) -> None:
        self.ops: Final = ops
        self.heads: Final = heads
        self.tables: Final = tables
        self.size: Final = size
        self.inputs: Final = inputs
        self.outputs: Final = outputs
        self.constants: Final = constants
        self.numbers: Final = numbers

    def __len__(self) -> int:
        return len(self.heads) // FIELDS

    def head(self, i: int) -> tuple[Op, int, int, int, int]:
        """The op of a record, its lanes, operands of a lane, destination and first table entry."""
        kind, lanes, arity, destination, table = self.heads[FIELDS * i : FIELDS * (i + 1)].tolist()
        return self.ops[kind], lanes, arity, destination, table

    def operands(self, i: int) -> Any:
        """The slots of the operands of a record: an array of a row for each operand, with a slot for each lane."""
        _, lanes, arity, _, table = self.head(i)
        return self.tables[table : table + arity * lanes].reshape(arity, lanes)


def to_text(records: Records) -> str:
    """The records, one a line: destination and lanes, op, and the slots of the first and last lane's operands.

    >>> from autograd_core.compiler.grouping import grouped
    >>> from autograd_core.compiler.text import parse
    >>> print(to_text(grouped(parse("%0 = input\\n%1 = input\\n%2 = add %0 %1\\nreturn %2"))))
    [16:17] = add [0] [1]
    """
    return "\n".join(_written(records, i) for i in range(len(records)))


def _written(records: Records, i: int) -> str:
    op, lanes, _, destination, _ = records.head(i)
    return " ".join([f"[{destination}:{destination + lanes}] =", op.name, *map(_slots, records.operands(i))])


def _slots(slots: Any) -> str:
    first, last = int(slots[0]), int(slots[-1])
    if (slots == first).all():
        return f"[{first}]"
    steps = slots[1:] - slots[:-1]
    step = int(steps[0])
    if (steps != step).any():
        return f"[{first}, ..., {last}]"
    return f"[{first}:{last + 1}]" if step == 1 else f"[{first}:{last + 1}:{step}]"
