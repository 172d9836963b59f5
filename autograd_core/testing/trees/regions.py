"""The region of the points at which something is wrong, in words."""

from __future__ import annotations

from collections.abc import Sequence

Point = Sequence[float]


def region(failed: Sequence[Point], passed: Sequence[Point], names: Sequence[str], least: int = 3) -> str:
    """Return a hint if one number separates the points that failed from all that passed; else "".

    Args:
        failed: the points that failed.
        passed: the points that passed.
        names: the name of each number of a point.
        least: the number of failures from which the separation is no chance.

    >>> region([(7.0,), (8.0,), (9.0,)], [(1.0,), (6.2,)], ["x"])
    'wrong only where x is above about 6.6: is a branch wrong?'
    """
    if not passed or len(failed) < least:
        return ""
    for i, name in enumerate(names):
        wrong, right = [point[i] for point in failed], [point[i] for point in passed]
        if max(wrong) < min(right):
            return f"wrong only where {name} is below about {(max(wrong) + min(right)) / 2:.3g}: is a branch wrong?"
        if min(wrong) > max(right):
            return f"wrong only where {name} is above about {(min(wrong) + max(right)) / 2:.3g}: is a branch wrong?"
    return ""
