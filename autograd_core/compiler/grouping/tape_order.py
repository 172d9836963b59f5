"""In which order a tape computes: that of the program, or level by level if levels are large.

In a level the instructions of one op stand together, so that the processor foresees what comes, and those whose latest
operands lie together stand together, so that it finds them in its caches. In large wide graphs that halves the time.
"""

from __future__ import annotations

from typing import Any, Final

from autograd_core.compiler.grouping.analysis import levels
from autograd_core.compiler.grouping.layout import array_of
from autograd_core.compiler.program import Program

LARGE_LEVEL: Final = 256
"""Levels that have so many instructions on average are ordered, each in a few calls of NumPy."""


def tape_order(program: Program, places: Any) -> Any:
    r"""The places of instructions in the order in which they are computed.

    Args:
        program: the program.
        places: the places, an array.

    >>> import numpy as np
    >>> from autograd_core.compiler.text import parse
    >>> tape_order(parse("%0 = input\n%1 = sin %0\n%2 = cos %0\n%3 = sin %2\nreturn"), np.array([1, 2, 3])).tolist()
    [1, 2, 3]
    """
    import numpy as np

    level = array_of(levels(program))[places]
    counts = np.bincount(level)
    if len(places) < LARGE_LEVEL * len(counts):
        return places
    kinds, starts, flat = array_of(program.kinds), array_of(program.starts), array_of(program.flat)
    order = places[np.argsort(level, kind="stable")]
    ranks = np.arange(len(kinds))  # those of inputs and constants; others stand behind them
    end = 0
    for count in counts.tolist():
        first, end = end, end + count
        some = order[first:end]
        latest = np.maximum(ranks[flat[starts[some]]], ranks[flat[starts[some + 1] - 1]])
        some = some[np.argsort(kinds[some] * (2 * len(kinds)) + latest)]
        order[first:end] = some
        ranks[some] = len(kinds) + np.arange(first, end)
    return order
