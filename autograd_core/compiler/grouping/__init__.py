"""From a program to records: what can run at the same time runs as one record.

Instructions of the same level, op and number of operands make a group. The results of a group lie side by side; its
lanes are ordered by where their operands lie, so that operands are views wherever the program allows it. Where the
groups would be tiny, nothing is ordered: such a program is a tape.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.deferred import expanded, is_written_out
from autograd_core.compiler.grouping.analysis import levels, signed, used
from autograd_core.compiler.grouping.layout import Layout, array_of
from autograd_core.compiler.grouping.long_sums import with_long_sums, with_multiply_adds
from autograd_core.compiler.grouping.plain_dots import with_plain_dots
from autograd_core.compiler.grouping.plain_products import with_plain_products
from autograd_core.compiler.grouping.regularity import FEW_GROUPS, is_narrow
from autograd_core.compiler.grouping.schedule import scheduled, short
from autograd_core.compiler.grouping.swept import with_sweep
from autograd_core.compiler.grouping.tape import append_tape
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.passes.drop import alive
from autograd_core.compiler.passes.fold import fold
from autograd_core.compiler.passes.share import share
from autograd_core.compiler.passes.strong_products import has_strong_products, weaken
from autograd_core.compiler.program import CONSTANT, Program
from autograd_core.compiler.records import Records
from autograd_core.compiler.strong_dots import has_strong_dots

MANY_LANES: Final = 512
"""For so many lanes a record of their own takes less time than to look up operands."""


def grouped(program: Program, *, exact: bool = False, plain: bool = True) -> Records:
    """The records of a program.

    Args:
        program: the program.
        exact: whether sums keep their order and operands their sides.
        plain: whether strong products may become plain ones, if not `exact`.
    """
    import numpy as np

    is_checked = False
    if program.sweeps:
        records = None if exact or not plain else with_sweep(program)
        if records is not None:
            return records
        program = expanded(program).program
    if exact or not plain:
        program = simplify(program if is_written_out(program) else expanded(program).program)
    else:
        program, has_dots = _without_strong_dots(fold(alive(program)))
        program, is_checked = with_plain_products(program)
        is_checked = is_checked or has_dots
        program = alive(share(weaken(program) if has_strong_products(program) else program))
    summed = program if exact else with_long_sums(program)
    groups = _groups(summed)
    if groups is None:
        layout = Layout(program if exact else with_multiply_adds(program), exact, None)
        append_tape(layout, np.flatnonzero((layout.kinds >= 0) & (array_of(used(layout.program)) != 0)))
        return layout.records(is_checked)
    layout = Layout(summed, exact, array_of(signed(summed)))
    for places in groups:
        layout.append(places)
    return layout.records(is_checked)


def _without_strong_dots(program: Program) -> tuple[Program, bool]:
    """The program without sums of strong products, and whether they have become plain ones."""
    if not has_strong_dots(program):
        return program, False
    plain = with_plain_dots(program)
    return (fold(expanded(program).program), False) if plain is None else (plain, True)


def _groups(program: Program) -> list[Any] | None:
    """The places of each group, in an order in which operands stand before what uses them; None if all are tiny."""
    import numpy as np

    kinds, counts = array_of(program.kinds), np.diff(array_of(program.starts))
    computed = np.flatnonzero((kinds >= 0) & (array_of(used(program)) != 0))
    if not len(computed):
        return []
    of_kind = _numbered(kinds * (int(counts.max()) + 1) + counts, computed)
    level = array_of(levels(program))
    ordered, ends = _runs(computed, level, of_kind)
    if is_narrow(len(computed), len(ends) + 1):
        return None
    if len(ends) < FEW_GROUPS:
        runs = np.repeat(np.isin(np.arange(len(kinds)), computed), counts)
        users = np.repeat(np.arange(len(kinds)), counts)[runs]
        level = scheduled(level, of_kind, computed, users, array_of(program.flat)[runs])
        ordered, ends = _runs(computed, level, _by_constant(program, level, of_kind, computed))
    return np.split(ordered, ends)


def _by_constant(program: Program, level: Any, of_kind: Any, computed: Any) -> Any:
    """The kinds, divided by the constant that many instructions of a group have in common.

    The lanes of `0.9 * m`, `0.1 * g` and `g * g` in one record would be found by an index table.
    """
    import numpy as np

    kinds, counts = array_of(program.kinds), np.diff(array_of(program.starts))
    users, operands = np.repeat(np.arange(len(kinds)), counts), array_of(program.flat)
    is_constant = (kinds[users] >= 0) & (kinds[operands] == CONSTANT)
    users, operands = users[is_constant], operands[is_constant]
    common = np.flatnonzero(np.bincount(operands, minlength=1) >= MANY_LANES)
    if not len(common):
        return of_kind
    which = np.zeros_like(of_kind)
    known = np.isin(operands, common)
    which[users[known]] = np.searchsorted(common, operands[known]) + 1
    divided = _numbered((level * (int(of_kind.max()) + 1) + of_kind) * (len(common) + 1) + which, computed)
    which[np.bincount(divided[computed])[divided] < MANY_LANES] = 0
    return _numbered(of_kind * (len(common) + 1) + which, computed)


def _numbered(keys: Any, places: Any) -> Any:
    """For some places the numbers 0, 1 ... in the order of their keys, so that sorting has short keys; else 0."""
    import numpy as np

    of_places = keys[places]
    occurs = np.zeros(int(of_places.max()) + 1, dtype=np.int64)
    occurs[of_places] = 1
    found = np.zeros_like(keys)
    found[places] = (np.cumsum(occurs) - 1)[of_places]
    return found


def _runs(computed: Any, level: Any, of_kind: Any) -> tuple[Any, Any]:
    """The computed places by level and kind, and where the next group begins."""
    import numpy as np

    keys = short((level * (int(of_kind.max()) + 1) + of_kind)[computed])
    order = np.argsort(keys, kind="stable")
    return computed[order], np.flatnonzero(np.diff(keys[order])) + 1
