"""The order of items within their layers, with few crossings.

A round sorts each layer by the mean position of the neighbours, once forward by the neighbours before and once backward
by those after, and then exchanges adjacent items wherever that removes crossings. Rounds are repeated while they help.
Small graphs easily end in a poor order, so a few more starts are tried, from layers shuffled with a fixed seed.

Sources: Sugiyama, Tagawa, Toda (1981) for the sweeps; Gansner and others, "A technique for drawing directed graphs"
(1993), for the exchanges; Barth, Jünger, Mutzel, "Simple and efficient bilayer cross counting" (2002), for crossings
as inversions.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from random import Random
from typing import Final

from viz.picture.layout.threads import Net

Rows = list[list[int]]

_WORK: Final = 4_000
"""The limit of items times rounds (about 20 ms); at least one round is made."""
_STARTS: Final = 8
"""Starts tried: on random graphs of ten nodes, eight halve the crossings of one."""
_PATIENCE: Final = 2
"""Rounds without gain after which a start is given up; most reach their best in the first two."""


def ordered(net: Net) -> tuple[Rows, int]:
    """The items of each layer in order, and the number of crossings: the best result of a few starts."""
    rounds = max(1, _WORK // max(1, len(net.layer)))
    rng = Random(0)  # noqa: S311 - the order must be the same on every run
    begin = _first(net)
    best, fewest, spent = _untangle(net, begin, rounds)
    for _ in range(_STARTS - 1):
        if not fewest or spent >= rounds:
            break
        shuffled = [sorted(row, key=lambda _: rng.random()) for row in begin]
        rows, crossed, more = _untangle(net, shuffled, rounds - spent)
        spent += more
        if crossed < fewest:
            best, fewest = rows, crossed
    return best, fewest


def places(net: Net, rows: Sequence[Sequence[int]]) -> list[int]:
    """The place of each item in its row."""
    place = [0] * len(net.layer)
    for row in rows:
        _note(row, place)
    return place


def crossings(net: Net, rows: Sequence[Sequence[int]]) -> int:
    """How many pairs of links cross: for each link, the earlier ones of its layer that end beyond it."""
    place = places(net, rows)
    total = 0
    for row in rows:
        seen: list[int] = []
        for item in row:
            ends = _ends(net.after[item], place)
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _first(net: Net) -> Rows:
    """Walk back from the last boxes, inputs in order, and append each item to its layer at its first visit."""
    rows = net.rows()
    met = [False] * len(net.layer)
    stack = [item for item in reversed(range(len(met))) if not net.after[item]]
    while stack:
        item = stack.pop()
        if not met[item]:
            met[item] = True
            rows[net.layer[item]].append(item)
            stack.extend(reversed(net.before[item]))
    return rows


def _untangle(net: Net, begin: Rows, limit: int) -> tuple[Rows, int, int]:
    """Make rounds while they help, at most `limit`: the best rows met, their crossings, and the rounds made."""
    best, fewest = begin, crossings(net, begin)
    rows, place = [row[:] for row in begin], places(net, begin)
    stale = made = 0
    while fewest and stale < _PATIENCE and made < limit:
        _round(net, rows, place)
        made, stale = made + 1, stale + 1
        crossed = crossings(net, rows)
        if crossed < fewest:
            best, fewest, stale = [row[:] for row in rows], crossed, 0
    return best, fewest, made


def _round(net: Net, rows: Rows, place: list[int]) -> None:
    """Sort forward, sort backward, and exchange."""
    for row in rows[1:]:
        _sort(row, net.before, place)
    for row in reversed(rows[:-1]):
        _sort(row, net.after, place)
    for row in rows:
        _exchange(row, net, place)


def _sort(row: list[int], neighbours: list[list[int]], place: list[int]) -> None:
    """Sort the items of a row by the mean position of their neighbours; those without keep their places."""
    means: dict[int, float] = {}
    for item in row:
        ends = neighbours[item]
        if len(ends) == 1:
            means[item] = place[ends[0]]
        elif ends:
            means[item] = sum([place[end] for end in ends]) / len(ends)
    rising = sorted(means, key=means.__getitem__)
    if len(rising) < len(row):
        linked = iter(rising)
        rising = [next(linked) if item in means else item for item in row]
    row[:] = rising
    _note(row, place)


def _exchange(row: list[int], net: Net, place: list[int]) -> None:
    """Exchange adjacent items wherever that removes crossings, in one pass over the row in each direction."""
    back = [_ends(net.before[item], place) for item in row]
    ahead = [_ends(net.after[item], place) for item in row]
    last = len(row) - 1
    for left in (*range(last), *reversed(range(last))):
        right = left + 1
        if _gain(back[left], back[right]) + _gain(ahead[left], ahead[right]) > 0:
            row[left], row[right] = row[right], row[left]
            back[left], back[right] = back[right], back[left]
            ahead[left], ahead[right] = ahead[right], ahead[left]
    _note(row, place)


def _gain(left: list[int], right: list[int]) -> int:
    """Crossings of the links of two adjacent items, minus the crossings after an exchange of the two."""
    if not left or not right or left[-1] <= right[0]:
        return -1 if left and right and left[0] < right[-1] else 0
    if len(left) == len(right) == 1:
        return 1
    now = sum([bisect_left(right, end) for end in left])
    then = sum([bisect_left(left, end) for end in right])
    return now - then


def _ends(neighbours: list[int], place: list[int]) -> list[int]:
    """The places of some items, in order."""
    if len(neighbours) == 1:
        return [place[neighbours[0]]]
    return sorted([place[item] for item in neighbours])


def _note(row: Sequence[int], place: list[int]) -> None:
    for index, item in enumerate(row):
        place[item] = index
