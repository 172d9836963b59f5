"""Positions across the layers: each item near its neighbours, in the order of its layer and clear of what is beside it.

The method sweeps over the layers a few times. In each layer, the desired position of an item is the weighted mean of
the positions of its neighbours. The positions nearest to the desired ones that keep the order and the distances are
found exactly, by pooling adjacent violators. Links of long wires have the largest weights. At the end, each thread is
drawn in as few straight pieces as the items beside it allow.

Source: Best, Chakravarti, "Active set algorithms for isotonic regression; a unifying framework" (1990).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
from typing import Final

from viz.picture.layout.ordering import Rows, places
from viz.picture.layout.threads import DETOUR, THICKNESS, Net

_Pull = tuple[int, float, float]
"""A neighbour, the desired distance from its position, and the weight."""

_GAP: Final = 14.0
_PORT_GAP: Final = 14.0
_PORT_SIDE: Final = 0.8
"""The part of a box's side where wires may end."""
_LOOSE: Final = 0.01
_SNAP: Final = 12.0
"""A thread this near the level of its box leaves it straight."""
_STRENGTH: Final = (1.0, 3.0, 16.0)
"""Pull of a link with no, one and two thread points at its ends: long wires are straightened first."""
_FEWEST_ROUNDS: Final = 1
_MOST_ROUNDS: Final = 12
_WORK: Final = 4_000
"""The limit of items times rounds (about 10 ms); at least the fewest rounds are made."""


def ports(net: Net, rows: Rows) -> list[float]:
    """The distance of the end of each wire from the middle of its target, in the order of arrival."""
    place = places(net, rows)
    arriving: list[list[int]] = [[] for _ in range(net.boxes)]
    for wire, (_, target) in enumerate(net.wires):
        arriving[target].append(wire)
    found = [0.0] * len(net.wires)
    for target, wires in enumerate(arriving):
        if len(wires) > 1:
            step = port_step(net.across[target], len(wires))
            # Detours arrive from the low side, before all items of the row.
            came = {wire: -1 if net.leaves[wire] == DETOUR else place[net.leaves[wire]] for wire in wires}
            for index, wire in enumerate(sorted(wires, key=came.__getitem__)):
                found[wire] = step * (index - (len(wires) - 1) / 2)
    return found


def port_step(side: float, count: int) -> float:
    """The distance between the ports of `count` wires that end at a side of this length."""
    return min(_PORT_GAP, _PORT_SIDE * side / max(1, count - 1))


def positions(net: Net, rows: Rows, entries: Sequence[float]) -> list[float]:
    """A position across the layers for each item; wires end `entries` away from the middle of their target."""
    back, ahead = _pulls(net, entries)
    both = [[*before, *after] for before, after in zip(back, ahead, strict=True)]
    lanes = [_Lane(row, _offsets(net, row)) for row in rows]
    position = [0.0] * len(net.layer)
    for lane in lanes:
        for item, offset in zip(lane.row, lane.offsets, strict=True):
            position[item] = offset - lane.offsets[-1] / 2
    backward = lanes[::-1]
    _sweep(backward, _Desired.of(ahead), position)
    _sweep(lanes, _Desired.of(back), position)
    desired = _Desired.of(both)
    for _ in range(max(_FEWEST_ROUNDS, min(_MOST_ROUNDS, _WORK // max(1, len(position))))):
        _sweep(backward, desired, position)
        _sweep(lanes, desired, position)
    _straighten(net, lanes, position)
    return position


@dataclass(frozen=True, slots=True)
class _Lane:
    """The items of a layer, and the least distance of each from the first."""

    row: list[int]
    offsets: list[float]


@dataclass(frozen=True, slots=True)
class _Desired:
    """Desired positions: `base[i]` plus the sum of the positions of others times their shares `parts[i]`."""

    base: list[float]
    parts: list[list[tuple[int, float]]]
    weights: list[float]

    @classmethod
    def of(cls, pulls: list[list[_Pull]]) -> "_Desired":
        """The desired positions of items with these pulls; an item without pulls keeps its position."""
        base, parts, weights = [], [], []
        for item, pull in enumerate(pulls):
            weight = sum([strength for _, _, strength in pull])
            base.append(sum([shift * strength for _, shift, strength in pull]) / (weight or 1.0))
            parts.append([(other, strength / weight) for other, _, strength in pull] or [(item, 1.0)])
            weights.append(weight or _LOOSE)
        return cls(base, parts, weights)


def _pulls(net: Net, entries: Sequence[float]) -> tuple[list[list[_Pull]], list[list[_Pull]]]:
    """For each item, how its neighbours in the layer before and in the layer after pull it."""
    back: list[list[_Pull]] = [[] for _ in net.layer]
    ahead: list[list[_Pull]] = [[] for _ in net.layer]
    links = [(net.before[point][0], point, 0.0) for point in range(net.boxes, len(net.layer))]
    ends = zip(net.leaves, net.wires, entries, strict=True)
    links += [(leave, target, entry) for leave, (_, target), entry in ends if leave != DETOUR]
    for source, target, entry in links:
        strength = _STRENGTH[(source >= net.boxes) + (target >= net.boxes)]
        back[target].append((source, -entry, strength))
        ahead[source].append((target, entry, strength))
    return back, ahead


def _offsets(net: Net, row: Sequence[int]) -> list[float]:
    """The least distance of each item of a row from the first: half of both sizes, and a gap that depends on them."""
    offsets = [0.0]
    for item, following in pairwise(row):
        room = (net.across[item] + net.across[following]) / 2
        offsets.append(offsets[-1] + room + min(_GAP, max(THICKNESS, room / 2)))
    return offsets


def _sweep(lanes: Sequence[_Lane], desired: _Desired, position: list[float]) -> None:
    """Move the items of each layer in turn to the possible positions nearest to the desired ones.

    The positions minus the offsets must not decrease along a row. Adjacent items whose desired positions would violate
    this are pooled at their weighted mean.
    """
    base, parts, weights = desired.base, desired.parts, desired.weights
    for lane in lanes:
        means: list[float] = []
        heavy: list[float] = []
        counts: list[int] = []
        for item, offset in zip(lane.row, lane.offsets, strict=True):
            mean, weight, count = base[item] - offset, weights[item], 1
            for other, share in parts[item]:
                mean += position[other] * share
            while means and means[-1] >= mean:
                before = heavy.pop()
                mean = (mean * weight + means.pop() * before) / (weight + before)
                weight += before
                count += counts.pop()
            means.append(mean)
            heavy.append(weight)
            counts.append(count)
        standing = chain.from_iterable(map(repeat, means, counts))
        for item, offset, mean in zip(lane.row, lane.offsets, standing, strict=True):
            position[item] = mean + offset


def _straighten(net: Net, lanes: Sequence[_Lane], position: list[float]) -> None:
    """Align the points of each thread, in as few straight pieces as the items beside them allow."""
    place = places(net, [lane.row for lane in lanes])
    for box, *points in net.threads:
        if points:
            level = position[box]
            for piece, low, high in _pieces(net, lanes, position, place, points):
                middle = position[piece[len(piece) // 2]]
                level = min(max(level if abs(level - middle) < _SNAP else middle, low), high)
                for point in piece:
                    position[point] = level


def _pieces(
    net: Net, lanes: Sequence[_Lane], position: Sequence[float], place: Sequence[int], points: Sequence[int]
) -> Iterator[tuple[list[int], float, float]]:
    """Runs of the points of a thread that can stand at one level, with the lowest and the highest such level."""
    piece: list[int] = []
    low, high = -math.inf, math.inf
    for point in points:
        least, most = _room(lanes[net.layer[point]], place[point], position)
        if piece and max(low, least) > min(high, most):
            yield piece, low, high
            piece, low, high = [], -math.inf, math.inf
        piece.append(point)
        low, high = max(low, least), min(high, most)
    if piece:
        yield piece, low, high


def _room(lane: _Lane, index: int, position: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest position of the item at `index` of a row that those beside it allow."""
    row, offsets = lane.row, lane.offsets
    low, high = -math.inf, math.inf
    if index:
        low = position[row[index - 1]] + offsets[index] - offsets[index - 1]
    if index + 1 < len(row):
        high = position[row[index + 1]] + offsets[index] - offsets[index + 1]
    # Rounding may leave touching items slightly too close.
    return min(low, position[row[index]]), max(high, position[row[index]])
