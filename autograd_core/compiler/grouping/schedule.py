"""When groups run: later than they could, if that joins them to others of their kind.

An instruction may wait until the first of its users runs. The slopes of all steps of a recurrent network are needed by
the backward pass alone, so they wait for each other and become a single group. For each kind as few moments as possible
are chosen that lie in the time of waiting of each instruction, and it runs at the one that suits most others. They only
ever move back, and never past a user, so all of them can move at once; those that feed them can move in the next
round.
"""

from __future__ import annotations

from typing import Any, Final

ROUNDS: Final = 12
"""In each round one more op of a chain can wait."""

MOST_SORTED: Final = 2_000_000
"""All rounds together sort about so many instructions."""

SPREAD: Final = 4
"""Keys up to so many times their number are counted instead of sorted."""

SHORT: Final = 2**16
"""Keys below are sorted as 16-bit integers, which takes linear time."""

MOST_TRIED: Final = 5_000_000
"""For more moments times spans, each instruction runs at its last moment."""


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
    moving = np.isin(operands, places)
    users, operands = users[moving], operands[moving]
    for _ in range(min(ROUNDS, 1 + MOST_SORTED // max(1, len(places)))):
        latest = np.full(len(levels), last)
        np.minimum.at(latest, operands, levels[users] - 1)
        spans = (kinds[places] * (last + 1) + levels[places]) * (last + 1) + latest[places]
        found, members, counts = unique(spans)
        kinds_and_starts, ends = np.divmod(found, last + 1)
        kinds_of, starts = np.divmod(kinds_and_starts, last + 1)
        firsts = np.flatnonzero(np.diff(kinds_of, prepend=-1))
        parts = [np.split(each, firsts[1:]) for each in (starts, ends, counts)]
        moments = np.concatenate([_moments(*of_kind) for of_kind in zip(*parts, strict=True)])[members]
        if (moments == levels[places]).all():
            break
        levels[places] = moments
    return levels


def short(keys: Any) -> Any:
    """Keys that are not negative as 16-bit integers, if all are below `SHORT`."""
    import numpy as np

    return keys.astype(np.uint16) if keys.max(initial=0) < SHORT else keys


def unique(keys: Any) -> tuple[Any, Any, Any]:
    """`np.unique` with the inverse and the counts; keys that are no more spread than they are many are not sorted."""
    import numpy as np

    if keys.max(initial=0) > SPREAD * len(keys):
        return np.unique(keys, return_inverse=True, return_counts=True)
    counts = np.bincount(keys)
    found = np.flatnonzero(counts)
    return found, (np.cumsum(counts != 0) - 1)[keys], counts[found]


def _moments(starts: Any, ends: Any, counts: Any) -> Any:
    """For each span, which so many instructions of one kind have, a moment between its start and its end."""
    import numpy as np

    chosen: list[int] = []
    for end, start in sorted(zip(ends.tolist(), starts.tolist(), strict=True)):
        if not chosen or start > chosen[-1]:
            chosen.append(end)
    moments = np.array(chosen)
    first, behind = np.searchsorted(moments, starts), np.searchsorted(moments, ends, side="right")
    if len(chosen) * len(starts) > MOST_TRIED:
        return moments[behind - 1]
    joined = np.bincount(first, counts, len(chosen) + 1) - np.bincount(behind, counts, len(chosen) + 1)
    found = np.full(len(starts), -1)
    for i in np.argsort(-np.cumsum(joined)[:-1], kind="stable"):
        found[(found < 0) & (first <= i) & (i < behind)] = moments[i]
    return found
