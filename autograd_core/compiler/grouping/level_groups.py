"""Groups of a wide graph, level by level, that a sweep goes back through.

All instructions of a level that share their local derivatives run as one record, which looks up operands in a table.
The sweep needs no table of its own: what an edge adds to, and the other factor of a product, are the operands of the
record. So a run reads half as much memory as a tape, which decides in graphs that are larger than the caches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from autograd_core.compiler.fast_differentiation import BY_PRODUCTS
from autograd_core.compiler.grouping.analysis import levels
from autograd_core.compiler.grouping.layout import Layout, array_of
from autograd_core.compiler.grouping.patterns import Pattern, append_formulas
from autograd_core.compiler.grouping.schedule import short
from autograd_core.compiler.templates import NOTHING, Template

LARGE_LEVEL: Final = 256
"""Levels that have so many instructions on average are grouped, each in a few calls of NumPy."""

NO_PATTERN: Final = -1


class Group(NamedTuple):
    """Instructions that run as one record.

    Attributes:
        pattern: the index of their pattern, or `NO_PATTERN` if the sweep does not go through them.
        places: the instructions, an array.
        table: where the table of their operands begins.
    """

    pattern: int
    places: Any
    table: int


def append_levels(layout: Layout, places: Any, patterns: list[Pattern]) -> list[Group] | None:
    """Append instructions, level by level; None, and nothing is appended, if levels are small.

    Within a group those whose latest operands lie together stand together, which the caches of a processor are for.
    """
    import numpy as np

    level = array_of(levels(layout.program))[places]
    counts = np.bincount(level)
    if not len(places) or len(places) < LARGE_LEVEL * len(counts):
        return None
    classes = _classes(layout, places, patterns)
    order = places[np.argsort(short(level), kind="stable")]
    return [
        _appended(layout, some, patterns, max(NO_PATTERN, len(patterns) - 1 - int(classes[some[0]])))
        for of_level in np.split(order, np.cumsum(counts)[:-1])
        for some in _by_class(of_level, classes)
    ]


def _classes(layout: Layout, places: Any, patterns: list[Pattern]) -> Any:
    """For each instruction which others it can run with: those of a pattern have the first numbers, the last one 0."""
    import numpy as np

    counts = np.diff(layout.starts)
    classes = len(patterns) + layout.kinds * (int(counts[places].max()) + 1) + counts
    for i, pattern in enumerate(reversed(patterns)):
        classes[pattern.places] = i
    return classes


def _by_class(places: Any, classes: Any) -> Iterator[Any]:
    """The instructions of a level that run together."""
    import numpy as np

    if len(places):
        ordered = places[np.argsort(short(classes[places]), kind="stable")]
        yield from np.split(ordered, np.flatnonzero(np.diff(classes[ordered])) + 1)


def _appended(layout: Layout, places: Any, patterns: list[Pattern], pattern: int) -> Group:
    import numpy as np

    starts = layout.starts[places]
    arity = int(layout.starts[places[0] + 1] - starts[0])
    operands = layout.slots[layout.flat[starts[:, None] + np.arange(arity)]]
    if pattern != NO_PATTERN and arity == 2 and patterns[pattern].is_symmetric(layout.program):
        operands = np.stack([operands.min(axis=1), operands.max(axis=1)], axis=1)
    if len(places) > 1:
        order = np.argsort(operands.max(axis=1))
        places, operands = places[order], operands[order]
    first = layout.allocate(len(places))
    layout.slots[places] = first + np.arange(len(places))
    table = layout.entries
    layout.indexed(int(layout.kinds[places[0]]), first, operands)
    return Group(pattern, places, table)


def append_edges(layout: Layout, groups: list[Group], patterns: list[Pattern], distance: int) -> None:
    """Append the formulas of local derivatives, and the edges of all groups from the last one on.

    Args:
        layout: where they are appended.
        groups: the groups in their order.
        patterns: the patterns of their instructions.
        distance: from the slot of a number to that of its gradient.
    """
    found = [
        pattern.ordered(layout, [g.places for g in groups if g.pattern == i]) for i, pattern in enumerate(patterns)
    ]
    slots = [append_formulas(layout, each, each.template) if each.template is not None else [] for each in found]
    ends = [len(pattern.places) for pattern in patterns]
    for group in reversed(groups):
        if group.pattern == NO_PATTERN:
            continue
        ends[group.pattern] -= len(group.places)
        own = found[group.pattern]
        source = int(layout.slots[group.places[0]]) + distance
        if own.template is not None:
            _append_by_template(
                layout, group, own.template, source, distance, slots[group.pattern], ends[group.pattern]
            )
        else:
            _append_sum(layout, group, own, source, distance)


def _append_by_template(
    layout: Layout, group: Group, found: Template, source: int, distance: int, slots: list[Any], first: int
) -> None:
    """Append the edges of a group, the first of whose instructions is that one of its pattern."""
    lanes = len(group.places)
    for k, local in enumerate(map(int, found.locals)):
        if local == NOTHING:
            continue
        targets = group.table + k * lanes
        if local < len(found.locals):
            place = (0, 0, group.table + local * lanes)
        elif isinstance(slots[local], int):
            place = (slots[local], 0, -1)
        else:
            place = (int(slots[local][first]), 1, -1)
        layout.edges(lanes, source, 1, targets, distance, place)


def _append_sum(layout: Layout, group: Group, pattern: Pattern, source: int, distance: int) -> None:
    """Append the edges of sums, or of sums of products. Those of a single sum are one record for all of its terms."""
    lanes, arity = len(group.places), pattern.operands.shape[1]
    half = arity // 2
    if lanes == 1:
        parts = [(0, half, half), (half, 0, half)] if pattern.form == BY_PRODUCTS else [(0, -1, arity)]
    else:
        parts = [(k * lanes, (k + half) % arity * lanes, lanes) for k in range(arity)]
    one = (layout.slot_of(1.0), 0, -1)
    for targets, partners, length in parts:
        local = (0, 0, group.table + partners) if pattern.form == BY_PRODUCTS else one
        layout.edges(length, source, 0 if lanes == 1 else 1, group.table + targets, distance, local)
