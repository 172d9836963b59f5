"""When groups run: later than they could, if that joins them to others of their kind.

A group may wait until the first of its users runs. The slopes of all steps of a recurrent network are needed by the
backward pass alone, so they wait for each other and become a single group. As few moments as possible are chosen that
lie in the time of waiting of each group, and a group runs at the last of them that it can. Groups only ever move
back, and never past a user, so all of them can move at once; those that feed them can move in the next round.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from typing import Any, Final

ROUNDS: Final = 12
"""In each round one more op of a chain can wait."""


def scheduled(levels: Any, kinds: Any, places: Any, users: Any, operands: Any) -> Any:
    """The levels at which instructions run.

    Args:
        levels: the levels at which they can run first; an array, as all that follows.
        kinds: for each instruction what it is: instructions of one kind and level are a group.
        places: the instructions that run.
        users: for each operand of them, the instruction that uses it.
        operands: the operands.

    >>> import numpy as np
    >>> users, operands = np.array([1, 2, 3, 4, 5, 5]), np.array([0, 1, 1, 2, 3, 4])
    >>> scheduled(np.array([0, 1, 2, 2, 3, 4]), np.array([0, 1, 1, 2, 2, 3]), np.arange(1, 6), users, operands).tolist()
    [0, 1, 2, 3, 3, 4]
    """
    import numpy as np

    levels, last = levels.copy(), int(levels.max(initial=0))
    for _ in range(ROUNDS):
        latest = np.full(len(levels), last)
        np.minimum.at(latest, operands, levels[users] - 1)
        groups, members = np.unique(kinds[places] * (last + 1) + levels[places], return_inverse=True)
        ends = np.full(len(groups), last)
        np.minimum.at(ends, members, latest[places])
        moments = _moments(groups // (last + 1), groups % (last + 1), ends)
        if len({*zip((groups // (last + 1)).tolist(), moments, strict=True)}) == len(groups):
            break
        levels[places] = np.array(moments)[members]
    return levels


def _moments(kinds: Any, starts: Any, ends: Any) -> list[int]:
    """For each group, which stand in the order of kinds, a moment between its start and its end."""
    found: list[int] = []
    for _, group in groupby(zip(kinds.tolist(), starts.tolist(), ends.tolist(), strict=True), key=lambda each: each[0]):
        spans = [(end, start) for _, start, end in group]
        chosen: list[int] = []
        for end, start in sorted(spans):
            if not chosen or start > chosen[-1]:
                chosen.append(end)
        found += [chosen[bisect_right(chosen, end) - 1] for end, _ in spans]
    return found
