"""Where numbers lie, and the records that put them there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd_core.compiler.grouping.views import pieces, runs_of_terms
from autograd_core.compiler.kernels import BY_ROW, CODE_ADD, CODE_DOT, CODE_DOT_FROM, CODE_MUL, CODE_SUM, code_of
from autograd_core.compiler.program import CONSTANT, COPY, INPUT, Program
from autograd_core.compiler.records import EDGES, FIELDS, IS_STARTED, SWEEP, TAPE, WIDTH, Records
from autograd_core.table.op import Op

MOST_PIECES: Final = 64
"""In more pieces a group is not cut; it gets an index table."""

PIECE: Final = 64
"""A piece has at least so many operations on average: below that an index table takes less time."""

COMMON: Final = (0.0, 1.0, -1.0, 0.5, 2.0)
"""Numbers that stand behind all other constants."""

MOST_VIEWS: Final = 3
"""A record has room for so many views."""


class Layout:
    """The slots given so far, and the records that fill them.

    Attributes:
        program: the program.
        kinds: its kinds, an array, as the next two.
        starts: its starts.
        flat: its operands.
        slots: for each instruction its slot, -1 for one that has none yet.
        exact: whether operands keep their order, and kernels give the bits of the rows.
    """

    def __init__(self, program: Program, exact: bool, signed: Any, more: Sequence[float] = ()) -> None:
        """Give slots to inputs, constants and outputs.

        Args:
            program: the program.
            exact: whether operands keep their order.
            signed: for each instruction whether it matters if it is 0.0 or -0.0; None if it never does.
            more: further numbers that get a slot, see `slot_of`.
        """
        import numpy as np

        count = len(program)
        self.program: Final = program
        self.kinds: Final = array_of(program.kinds)
        self.starts: Final = array_of(program.starts)
        self.flat: Final = array_of(program.flat)
        self.slots: Final = np.full(count, -1, dtype=np.int64)
        self.exact: Final = exact
        self._signed: Final = np.zeros(count, dtype=np.int64) if signed is None else signed
        self._codes: Final = [code_of(op) for op in program.ops]
        self._ops: Final = list(program.ops)
        self._heads: Final[list[list[int]]] = []
        self._is_signed: Final[list[bool]] = []
        self._tables: Final[list[Any]] = []
        self._entries = 0
        self._size = 0
        self._inputs: Final = self.allocate(program.inputs)
        numbers = np.array([*program.numbers, *more], dtype=np.float64)
        self._constants: Final = self.allocate(len(numbers))
        # Samples have numbers of their own; those that formulas have, too, would stand between them.
        order = np.argsort(np.isin(numbers, COMMON), kind="stable")
        self._numbers: Final = numbers[order]
        of_constants = np.argsort(order)
        self._slots_of: Final = {
            repr(x): self._constants + int(of_constants[len(numbers) - len(more) + i]) for i, x in enumerate(more)
        }
        for kind, first in ((INPUT, self._inputs), (CONSTANT, self._constants)):
            found = np.flatnonzero(self.kinds == kind)
            indices = self.flat[self.starts[found]]
            self.slots[found] = first + (of_constants[indices] if kind == CONSTANT else indices)
        self._wanted: Final = np.array(program.outputs, dtype=np.int64)
        self._outputs = self.allocate(len(program.outputs))
        self._ranks: Final = np.full(count, len(program.outputs), dtype=np.int64)
        self._ranks[self._wanted[::-1]] = np.arange(len(program.outputs))[::-1]

    @property
    def size(self) -> int:
        """How many slots there are."""
        return self._size

    @property
    def entries(self) -> int:
        """How many entries the tables have."""
        return self._entries

    def slot_of(self, number: float) -> int:
        """The slot of one of the further numbers."""
        return self._slots_of[repr(number)]

    def kind_of(self, op: Op) -> int:
        """The kind of records with an op."""
        if op not in self._ops:
            self._ops.append(op)
            self._codes.append(code_of(op))
        return self._ops.index(op)

    def allocate(self, count: int) -> int:
        """The first of so many new slots, and of as many more as fill the last vector."""
        first = self._size
        self._size += -(-count // WIDTH) * WIDTH
        return first

    def append(self, places: Any) -> None:
        """Append the records of a group."""
        import numpy as np

        kind = int(self.kinds[places[0]])
        code, start = self._codes[kind], self.starts[places]
        arity = int(self.starts[places[0] + 1] - start[0])
        operands = self.slots[self.flat[start[:, None] + np.arange(arity)]]
        terms = _terms(code, arity)
        if not self.exact:
            operands = _arranged(code, operands)
        if terms > 1:
            factored, middle = operands[:, : arity // terms * terms], (terms - 1) // 2  # without where a sum begins
            parts = _by_steps(factored[:, middle + 1 :: terms] - factored[:, middle::terms], operands.size)
            for part in parts:
                self.append(places[part])
            if parts:
                return
        first = operands[:, ::terms]  # of each factor, the first term
        ranks = self._ranks[places]
        latest = np.argsort(first.max(axis=0), kind="stable")  # what is computed last decides first
        lanes = np.lexsort((*[first[:, k] for k in latest], ranks)) if len(places) > 1 else np.zeros(1, dtype=np.int64)
        places, operands, ranks = places[lanes], operands[lanes], ranks[lanes]
        signed = bool(self._signed[places].any())
        if not self._into_outputs(kind, places, operands, ranks, terms, signed):
            slots = self.allocate(len(places)) + np.arange(len(places))
            self.slots[places] = slots
            self._record(kind, slots, operands, terms, signed)

    def _into_outputs(self, kind: int, places: Any, operands: Any, ranks: Any, terms: int, signed: bool) -> bool:
        """Append records that write results straight into their places among the outputs, if they can."""
        if ranks[-1] == len(self.program.outputs):
            return False
        slots = self._outputs + ranks
        if not self._record(kind, slots, operands, terms, signed):
            return False
        self.slots[places] = slots
        return True

    def _record(self, kind: int, slots: Any, operands: Any, terms: int, signed: bool) -> bool:
        """Append the records of a group, as views or with an index table; False if results lie too far apart."""
        import numpy as np

        found = self._views(kind, slots, operands, terms)
        if found is None:
            gaps = np.flatnonzero(np.diff(slots) != 1) + 1
            if len(gaps) and len(slots) < WIDTH * (len(gaps) + 1):
                return False
            for lanes in np.split(np.arange(len(slots)), gaps):
                self.indexed(kind, int(slots[lanes[0]]), operands[lanes], signed)
            return True
        for head in found:
            self._heads.append(head)
            self._is_signed.append(signed)
        return True

    def _views(self, kind: int, slots: Any, operands: Any, terms: int) -> list[list[int]] | None:
        """The records of a group as views, or None.

        If the terms of a sum lie in several runs, each run has records of its own, which begin with what those of the
        run before it have left.
        """
        import numpy as np

        lanes, arity = operands.shape
        is_started = self._codes[kind] == CODE_DOT_FROM
        factors = (arity - is_started) // terms
        if self._codes[kind] == BY_ROW or factors + is_started > MOST_VIEWS:
            return None
        most = min(MOST_PIECES, 1 + lanes * terms // PIECE)
        runs = runs_of_terms(operands[:, : factors * terms].reshape(lanes, factors, terms), 1 if self.exact else most)
        if runs is None:
            return None
        firsts = [operands[:, k * terms + first] for first, _, _ in runs for k in range(factors)]
        columns = np.array([slots, *firsts, operands[:, -1]])
        found = pieces(columns if is_started else columns[:-1], most)
        if found is None or len(found) * len(runs) > most:
            return None
        heads = []
        for first, width, rows in found:
            views = _strides(columns, first, width, rows)
            columns_of, row = width, views[0][1] if rows > 1 else width
            if width > 1 and views[0][2] != 1:  # results of a row lie side by side
                if rows > 1:
                    return None
                columns_of, row = 1, views[0][2]
                views = [[at, step, 0] for at, _, step in views]
            start = views[-1] if is_started else None
            for i, (_, count, steps) in enumerate(runs):
                if i == 0 and self._codes[kind] == CODE_SUM and count == 1 and len(runs) > 1:
                    start = views[1]
                    continue
                factored = views[1 + i * factors : 1 + (i + 1) * factors]
                has_start = start is not None
                head = [kind, width * rows, factors * count + has_start, views[0][0], -1, columns_of, row, count]
                for view, step in zip(factored, steps, strict=True):
                    head += [*view, step]
                if start is not None:
                    head += [*start, 0]
                heads.append(_padded(head, has_start))
                start = views[0]
        return heads

    def indexed(self, kind: int, destination: int, operands: Any, signed: bool = False) -> None:
        """Append a record with an index table; `operands` has a row for each lane."""
        lanes, arity = operands.shape
        head = [kind, lanes, arity, destination, self._entries, lanes, lanes, 1]
        self._heads.append(_padded(head, self._codes[kind] == CODE_DOT_FROM))
        self._is_signed.append(signed)
        self._add_table(operands.T)

    def tape(self, destination: int, entries: Any) -> None:
        """Append a tape."""
        count = len(entries)
        self._heads.append(_padded([TAPE, count, 0, destination, self._entries, count, count, 1], False))
        self._is_signed.append(False)
        self._add_table(entries)

    def sweep(self, destination: int, count: int, edges: Any, may_stop: bool) -> None:
        """Append a sweep that leaves so many gradients from a slot on.

        Args:
            destination: the first slot.
            count: how many gradients there are.
            edges: the edges, a row for each.
            may_stop: whether a local derivative may be a structural zero, or nothing may have reached a gradient.
        """
        self._heads.append(_padded([SWEEP, count, len(edges), destination, self._entries, count, count, 1], may_stop))
        self._is_signed.append(False)
        self._add_table(edges)

    def edges(
        self, count: int, source: int, step: int, targets: int, distance: int, local: tuple[int, int, int]
    ) -> None:
        """Append edges of a group, see `records`.

        Args:
            count: how many there are.
            source: the slot of the gradient that the first edge begins at.
            step: how far it is from there to the next one.
            targets: where the table of the numbers begins whose gradients the edges add to.
            distance: from a number to its gradient.
            local: the slot of the first local derivative, the step to the next one, and where the table of them begins,
                or -1.
        """
        self._heads.append(_padded([EDGES, count, 1, source, targets, count, step, 1, distance, *local], False))
        self._is_signed.append(False)

    def _add_table(self, entries: Any) -> None:
        import numpy as np

        self._tables.append(entries.ravel().astype(np.int32, copy=False))
        self._entries += entries.size

    def records(self, is_checked: bool) -> Records:
        """All records; those outputs that do not lie in their places yet are copied."""
        import numpy as np

        self._copy_outputs()
        count = len(self._heads)
        return Records(
            self._ops,
            np.array(self._heads, dtype=np.int64).reshape(count, FIELDS),
            np.concatenate([np.zeros(0, dtype=np.int32), *self._tables]),
            np.array(self._is_signed, dtype=bool),
            self._size,
            self._inputs,
            self._outputs,
            self._constants,
            self._numbers,
            (self.program.inputs, len(self.program.outputs)),
            is_checked,
        )

    def _copy_outputs(self) -> None:
        import numpy as np

        count = len(self._wanted)
        places = self._outputs + np.arange(count)
        missing = np.flatnonzero(self.slots[self._wanted] != places)
        if not len(missing):
            return
        kind = self.kind_of(COPY)
        sources = self.slots[self._wanted]
        if self._record(kind, places[missing], sources[missing, None], 1, False):
            return
        self._outputs = self.allocate(count)
        self._record(kind, self._outputs + np.arange(count), sources[:, None], 1, False)


def array_of(numbers: Any) -> Any:
    """The integers of a flat buffer as an array of 64-bit integers."""
    import numpy as np

    return np.frombuffer(numbers, dtype=np.int32).astype(np.int64) if len(numbers) else np.zeros(0, dtype=np.int64)


def truths_of(marks: Any) -> Any:
    """The marks of a flat buffer of bytes as an array of booleans: whether each is not 0."""
    import numpy as np

    return np.frombuffer(marks, dtype=np.uint8) != 0 if len(marks) else np.zeros(0, dtype=bool)


def _padded(head: list[int], is_started: bool) -> list[int]:
    return [*head, *[0] * (IS_STARTED - len(head)), int(is_started)]


def _terms(code: int, arity: int) -> int:
    """How many terms each factor of a sum has; 1 for any other op."""
    if code == CODE_SUM:
        return arity
    if code == CODE_DOT_FROM or (code == CODE_DOT and arity % 2 == 0):
        return arity // 2
    return arity if code == CODE_DOT else 1


def _strides(columns: Any, first: int, width: int, rows: int) -> list[list[int]]:
    """For each index vector where a piece begins, and how far it is from row to row and from column to column."""
    at = columns[:, first]
    column = columns[:, first + 1] - at if width > 1 else at * 0
    row = columns[:, first + width] - at if rows > 1 else at * 0
    found: list[list[int]] = [list(map(int, each)) for each in zip(at, row, column, strict=True)]
    return found


def _by_steps(steps: Any, work: int) -> list[Any]:
    """The lanes with each step from term to term; none if all have one, or if that makes too many small groups."""
    import numpy as np

    if (steps == steps[0]).all():
        return []
    found, which = np.unique(steps, axis=0, return_inverse=True)
    if len(found) > MOST_PIECES or work < len(found) * PIECE:
        return []
    return [which.ravel() == k for k in range(len(found))]


def _arranged(code: int, operands: Any) -> Any:
    """The operands of each lane in an order of their own where the op allows it: the one that lies first, first."""
    import numpy as np

    if code in (CODE_ADD, CODE_MUL, CODE_SUM):
        return np.sort(operands, axis=1)
    if code == CODE_DOT_FROM:
        return np.concatenate([_arranged(CODE_DOT, operands[:, :-1]), operands[:, -1:]], axis=1)
    if code != CODE_DOT or operands.shape[1] % 2:
        return operands
    count = operands.shape[1] // 2
    low = np.minimum(operands[:, :count], operands[:, count:])
    high = np.maximum(operands[:, :count], operands[:, count:])
    pairs = np.lexsort((high, low), axis=1)
    return np.concatenate([np.take_along_axis(low, pairs, 1), np.take_along_axis(high, pairs, 1)], axis=1)
