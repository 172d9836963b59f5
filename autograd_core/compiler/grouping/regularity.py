"""Whether a program is worth grouping, found before its sweeps are written out.

Grouping pays where operands lie in equal steps, because then groups are records of views, sums are dot products, and
those are matrix products. In programs that code with loops records, they do. In a large random graph they do not, and
a tape runs it as fast, and is made in a fifth of the time.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.grouping.analysis import chain_levels
from autograd_core.compiler.grouping.layout import array_of
from autograd_core.compiler.program import Program

FEWEST: Final = 5000
"""Programs with fewer instructions are always grouped, which takes a few milliseconds."""

FEWEST_LANES: Final = 4
"""With fewer lanes in a group on average a program is a tape, on which an instruction takes as long as in a group."""

FEW_GROUPS: Final = 4000
"""To order so many groups takes about a second. Programs with more are grouped only if their groups are large."""

LARGE_GROUP: Final = 64

MOST_EXAMINED: Final = 16
"""So many groups, the largest ones, are examined."""

LONGEST: Final = 4
"""Of an instruction with more operands than this, the steps between its own operands count."""

REGULAR: Final = 0.1
"""In a program that is worth grouping, so many steps are those before them."""


def is_narrow(lanes: int, groups: int) -> bool:
    """Whether so many groups with so many lanes together are not worth it."""
    return lanes < groups * (FEWEST_LANES if groups <= FEW_GROUPS else LARGE_GROUP)


def is_regular(program: Program) -> bool:
    r"""Whether a program is worth grouping; a small one always is.

    >>> from autograd_core.compiler.text import parse
    >>> is_regular(parse("%0 = input\n%1 = sin %0\nreturn %1"))
    True
    """
    import numpy as np

    if len(program) < FEWEST:
        return True
    kinds = array_of(program.kinds)
    computed = np.flatnonzero(kinds >= 0)
    if len(computed) < FEWEST:
        return True
    keys = (array_of(chain_levels(program)) * len(program.ops) + kinds)[computed]
    counts = np.bincount(keys)
    if is_narrow(len(computed), int(np.count_nonzero(counts))):
        return False
    starts, flat = array_of(program.starts), array_of(program.flat)
    largest = np.argsort(counts)[-MOST_EXAMINED:]
    steps = [_steps(starts, flat, computed[keys == key]) for key in largest if counts[key]]
    return sum(same for same, _ in steps) >= REGULAR * sum(all_of_them for _, all_of_them in steps)


def _steps(starts: Any, flat: Any, places: Any) -> tuple[int, int]:
    """How many steps from operand to operand are the step before them, of how many."""
    import numpy as np

    first = starts[places]
    count = int((starts[places + 1] - first).min())
    if count > LONGEST:
        columns = [flat[starts[place] : starts[place + 1]] for place in places[:MOST_EXAMINED]]
    else:
        columns = [flat[first + k] for k in range(count)]
    steps = [np.diff(column) for column in columns]
    same = sum(int(np.count_nonzero(step[1:] == step[:-1])) for step in steps)
    return same, sum(max(0, len(step) - 1) for step in steps)
