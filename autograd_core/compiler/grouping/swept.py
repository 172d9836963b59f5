"""A program with a deferred sweep as records: what is computed ahead of it, the sweep along edges, and what follows.

Each instruction that the sweep goes through has an edge to each of its operands that the sweep reaches. An edge adds
the strong product of a local derivative and the gradient of the instruction to the gradient of the operand. Its local
derivative is a number in the buffer: that of another operand, as for a product, a constant, or the result of a formula
of the row. In wide graphs the edges of a level go together (`level_groups`); in others they are in one long table.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.fast_differentiation import BY_PRODUCTS, BY_TEMPLATE
from autograd_core.compiler.grouping.analysis import used
from autograd_core.compiler.grouping.layout import Layout, array_of, truths_of
from autograd_core.compiler.grouping.level_groups import append_edges, append_levels
from autograd_core.compiler.grouping.patterns import Pattern, Patterns, append_formulas
from autograd_core.compiler.grouping.tape import append_tape
from autograd_core.compiler.orders import between
from autograd_core.compiler.program import CONSTANT, GRADIENT, Program
from autograd_core.compiler.records import ENTRIES, Records
from autograd_core.compiler.templates import NOTHING, Template

NUMBERS: Final = (0.0, 1.0)
"""Numbers that edges need in any case: as a condition, and as the local derivative of a sum."""


def with_sweep(program: Program) -> Records | None:
    """The records of a program with a deferred sweep; None if it has to be written out."""
    import numpy as np

    if len(program.sweeps) != 1:
        return None
    sweep = program.sweeps[0]
    kinds, starts, flat = array_of(program.kinds), array_of(program.starts), array_of(program.flat)
    root, seed = program.operands(sweep.place)
    reached = np.zeros(len(kinds), dtype=bool)
    of_places = truths_of(between(program, root, sweep.ends))
    reached[: len(of_places)] = of_places
    needed = array_of(used(program)) != 0
    places = np.flatnonzero((kinds >= 0) & needed)
    ahead = places[places < sweep.place]
    patterns = Patterns(program, sweep, ahead[reached[ahead]], reached, kinds, starts, flat).found()
    if patterns is None:
        return None
    extra = [x for pattern in patterns if pattern.template is not None for x in pattern.template.program.numbers]
    layout = Layout(program, False, None, [*NUMBERS, *extra])
    may_stop = program.kinds[seed] != CONSTANT or any(pattern.may_stop() for pattern in patterns)
    groups = None if may_stop else append_levels(layout, ahead, patterns)
    if groups is None:
        append_tape(layout, ahead)
    edges = _Edges(layout)
    edges.add(np.array([edges.size]), 0, layout.slots[[seed]], edges.gradient(root), layout.slot_of(1.0))
    for pattern in patterns if groups is None else ():
        edges.append(pattern)
    edges.finish(may_stop)
    if groups is not None:
        append_edges(layout, groups, patterns, edges.distance)
    behind = places[places > sweep.place]
    read = kinds[behind] == program.kind_of(GRADIENT)
    layout.slots[behind[read]] = edges.gradient(flat[starts[behind[read]] + 1])
    append_tape(layout, behind[~read])
    return layout.records(False)


class _Edges:
    """The edges of a sweep, and the records of the formulas for them.

    Attributes:
        size: how many slots there are that have a gradient.
        distance: how many slots further on a gradient is.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout: Final = layout
        self.size: Final = layout.size
        self.distance: Final = layout.allocate(layout.size)
        self._zero: Final = layout.slot_of(0.0)
        self._parts: Final[list[tuple[Any, ...]]] = []

    def gradient(self, places: Any) -> Any:
        """The slots of the gradients of places."""
        return self._layout.slots[places] + self.distance

    def add(self, slots: Any, index: Any, sources: Any, targets: Any, slopes: Any, conditions: Any = None) -> None:
        """Add edges.

        Args:
            slots: for each edge the slot of the number whose gradient it begins at; the latest come first.
            index: how many edges of this number stand before it.
            sources: the slot of the gradient there.
            targets: the slot of the gradient that the edge adds to.
            slopes: the slot of the local derivative.
            conditions: the slot of the condition under which a 0 is a structural zero; None for no condition.
        """
        self._parts.append((slots, index, sources, targets, slopes, self._zero if conditions is None else conditions))

    def append(self, pattern: Pattern) -> None:
        """Add the edges of the instructions of a pattern, and the records that compute their local derivatives."""
        if pattern.form == BY_TEMPLATE and pattern.template is not None:
            self._append_by_template(pattern, pattern.template)
        else:
            self._append_sums(pattern)

    def _append_by_template(self, pattern: Pattern, found: Template) -> None:
        at = append_formulas(self._layout, pattern, found)
        wanted = [k for k in range(len(found.locals)) if found.locals[k] != NOTHING]
        slots = at[len(found.locals)]
        for index, k in enumerate(wanted):
            targets = self.gradient(pattern.operands[:, k])
            self.add(slots, index, slots + self.distance, targets, at[found.locals[k]], at[found.conditions[k]])

    def _append_sums(self, pattern: Pattern) -> None:
        """The edges of sums, and of sums of products, whose local derivatives are the other factors."""
        import numpy as np

        layout, operands = self._layout, pattern.operands
        passes, conditions = pattern.reached, np.full(operands.shape, self._zero)
        slopes = np.full(operands.shape, layout.slot_of(1.0))
        if pattern.form == BY_PRODUCTS:
            half = operands.shape[1] // 2
            partners = np.roll(operands, half, axis=1)
            slopes = layout.slots[partners]
            conditions[np.roll(pattern.constant, half, axis=1)] = layout.slot_of(1.0)
        rows, columns = np.nonzero(passes)
        index = (np.cumsum(passes, axis=1) - 1)[rows, columns]
        slots = layout.slots[pattern.places[rows]]
        targets = self.gradient(operands[rows, columns])
        self.add(slots, index, slots + self.distance, targets, slopes[rows, columns], conditions[rows, columns])

    def finish(self, may_stop: bool) -> None:
        """Append the record of the sweep."""
        import numpy as np

        counts = np.zeros(self.size + 1, dtype=np.int64)
        for slots, *_ in self._parts:
            counts += np.bincount(slots, minlength=len(counts))
        ends = np.cumsum(counts)
        total = int(ends[-1])
        first = total - ends  # the edges of a number stand behind those of all later ones
        entries = np.empty((total, ENTRIES), dtype=np.int32)
        for slots, index, *columns in self._parts:
            rows = first[slots] + index
            for k, column in enumerate(columns):
                entries[rows, k] = column
        self._layout.sweep(self.distance, self.size, entries, may_stop)
