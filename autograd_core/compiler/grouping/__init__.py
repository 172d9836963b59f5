"""From a program to records: what can run at the same time runs as one record.

Instructions of the same level, op and number of operands make a group. The results of a group lie side by side; its
lanes are ordered by where their operands lie, so that operands are slices wherever the program allows it. Where the
groups would be tiny, nothing is ordered: such a program is a tape, with a record for each instruction.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.grouping.long_sums import levels, with_long_sums
from autograd_core.compiler.program import CONSTANT, INPUT, Program
from autograd_core.compiler.records import WIDTH, Records

FEWEST_LANES: Final = 8
"""Programs with fewer lanes in a group on average are not grouped: ordering would cost more than it gains."""

_COMMUTATIVE: Final = {"add", "mul"}


def grouped(program: Program, *, exact: bool = False) -> Records:
    """The records of a program. With `exact`, sums keep their order and operands their sides."""
    import numpy as np

    if not exact:
        program = with_long_sums(program)
    kinds, starts = np.array(program.kinds, dtype=np.int64), np.array(program.starts, dtype=np.int64)
    layout = _Layout(program, kinds, starts)
    computed = np.flatnonzero(kinds >= 0)
    counts = np.diff(starts)[computed]
    level = np.array(levels(program), dtype=np.int64)[computed]
    order = np.lexsort((counts, kinds[computed], level))
    ordered = np.stack([level[order], kinds[computed][order], counts[order]], axis=1)
    ends = np.flatnonzero((np.diff(ordered, axis=0) != 0).any(axis=1)) + 1
    groups = len(ends) + bool(len(computed))
    if len(computed) < FEWEST_LANES * groups:
        layout.append_tape(computed)
    elif groups:
        for places in np.split(computed[order], ends):
            layout.append(places, exact)
    return layout.records()


class _Layout:
    """Slots given so far, and the records that fill them."""

    def __init__(self, program: Program, kinds: Any, starts: Any) -> None:
        import numpy as np

        self.program: Final = program
        self.kinds: Final = kinds
        self.starts: Final = starts
        self.flat: Final = np.array(program.flat, dtype=np.int64)
        self.slots: Final = np.full(len(kinds), -1, dtype=np.int64)
        self.constants: Final = _padded(program.inputs)
        self.size = self.constants + _padded(len(program.numbers))
        for kind, first in ((INPUT, 0), (CONSTANT, self.constants)):
            found = np.flatnonzero(kinds == kind)
            self.slots[found] = first + self.flat[starts[found]]
        ranks = np.full(len(kinds), len(program.outputs), dtype=np.int64)
        ranks[program.outputs[::-1]] = np.arange(len(program.outputs))[::-1]
        self._ranks: Final = ranks
        self._heads: Final[list[Any]] = []
        self._tables: Final[list[Any]] = []
        self._entries = 0

    def append(self, places: Any, exact: bool) -> None:
        """Append the record of a group."""
        import numpy as np

        kind, start = self.kinds[places[0]], self.starts[places]
        arity = int(self.starts[places[0] + 1] - start[0])
        operands = self.slots[self.flat[start[:, None] + np.arange(arity)]]
        if not exact:
            operands = _arranged(self.program.ops[kind].name, operands)
        half = operands[:, arity // 2 if self.program.ops[kind].name == "dot" else arity - 1]
        lanes = np.lexsort((half, operands[:, 0], self._ranks[places]))
        self.slots[places[lanes]] = self.size + np.arange(len(places))
        self._heads.append(np.array([kind, len(places), arity, self.size, self._entries]))
        self._tables.append(operands[lanes].T.ravel())
        self._entries += operands.size
        self.size += _padded(len(places))

    def append_tape(self, places: Any) -> None:
        """Append a record for each instruction, in the order of the program, with results side by side."""
        import numpy as np

        if not len(places):
            return
        self.slots[places] = self.size + np.arange(len(places))
        arity = np.diff(self.starts)[places]
        mask = np.repeat(self.kinds >= 0, np.diff(self.starts))
        tables = self.slots[self.flat[mask]]
        firsts = self._entries + np.cumsum(arity) - arity
        one = np.ones(len(places), dtype=np.int64)
        self._heads.append(np.stack([self.kinds[places], one, arity, self.slots[places], firsts], axis=1).ravel())
        self._tables.append(tables)
        self._entries += len(tables)
        self.size += _padded(len(places))

    def records(self) -> Records:
        """All records."""
        import numpy as np

        none = np.zeros(0, dtype=np.int64)
        return Records(
            self.program.ops,
            np.concatenate([none, *self._heads]),
            np.concatenate([none, *self._tables]).astype(np.int32),
            self.size,
            0,
            self.slots[np.array(self.program.outputs, dtype=np.int64)],
            self.constants,
            [self.program.numbers[i] for i in range(len(self.program.numbers))],
        )


def _padded(count: int) -> int:
    return -(-count // WIDTH) * WIDTH


def _arranged(name: str, operands: Any) -> Any:
    """The operands of each lane in an order of their own where the op allows it: the one that lies first, first."""
    import numpy as np

    if name in _COMMUTATIVE or name == "sum":
        return np.sort(operands, axis=1)
    if name != "dot":
        return operands
    count = operands.shape[1] // 2
    low = np.minimum(operands[:, :count], operands[:, count:])
    high = np.maximum(operands[:, :count], operands[:, count:])
    pairs = np.lexsort((high, low), axis=1)
    return np.concatenate([np.take_along_axis(low, pairs, 1), np.take_along_axis(high, pairs, 1)], axis=1)
