"""The built-in layout: boxes in layers, wires as curves, nothing but the standard library.

The method is Sugiyama's, in four steps, each a function below:

1. *layer* every box so that wires point forward: as early as possible, then later again where that shortens wires;
2. *thread* wires that span several layers through a point in each layer between. All wires from one box share one
   thread and part where they must, as a trunk does, which keeps the number of points small;
3. *order* each layer to have few crossings: sort by the mean position of the neighbours, sweeping forward and back,
   then exchange neighbours where that helps; keep the best order seen from a few beginnings;
4. *settle* positions across the layers: each box wishes to stand at the mean of its neighbours, and the positions
   nearest to all wishes that keep order and distance are found exactly by pooling adjacent violators.

Wires bend only in the gaps between layers, and pass layers only through their own points: no wire crosses a box.
There is no recursion, no chance beyond a fixed seed, and no set whose order could matter.

Sources: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures" (1981);
Gansner, Koutsofios, North, Vo, "A technique for drawing directed graphs" (1993); Barth, Jünger, Mutzel, "Simple and
efficient bilayer cross counting" (2002); Best, Chakravarti, "Active set algorithms for isotonic regression" (1990).
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from viz.scene import Box

Point = tuple[float, float]
Wire = tuple[int, int]
_Pull = tuple[int, float, float]
"""A neighbour, how far off its position the pulled item wishes to be, and how strongly."""

RANKDIRS: Final = ("LR", "TB", "RL", "BT")

_ACROSS_GAP: Final = 14.0
_ALONG_GAP: Final = 30.0
_HEAD_ROOM: Final = 8.0
_STEEP_GAP: Final = 120.0
_PORT_GAP: Final = 14.0
_THREAD: Final = 4.0
_LOOSE: Final = 0.01
_SNAP: Final = 12.0
"""A thread this near the level of its box leaves it straight."""
_STRENGTH: Final = (1.0, 3.0, 16.0)
"""Pull of a link with no, one and two thread points at its ends: long wires are straightened first."""
_PATIENCE: Final = 4
"""Sweeps without gain after which a beginning is given up; most reach their best in the first two."""
_STARTS: Final = 8
"""Beginnings tried. Small graphs get stuck easily: on random graphs of ten nodes, eight halve the crossings of one."""
_WORK: Final = 12_000
"""Items times sweeps that ordering may spend (about 50 ms), but always two sweeps."""
_FEWEST_ROUNDS: Final = 3
_MOST_ROUNDS: Final = 12
_SETTLE_WORK: Final = 15_000
"""Items times rounds that settling may spend, for the same reason."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything goes, in points from the top left corner.

    `centres[i]` is the middle of box i. `routes[j]` is the path of wire j as Bézier points: a start, and then three
    points for each cubic piece, the last of which lies on the border of the target.
    """

    width: float
    height: float
    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]


def place(boxes: Sequence[Box], wires: Sequence[Wire], rankdir: str = "LR") -> Placement:
    """Place boxes joined by wires that form no cycle, with wires running in the direction `rankdir`."""
    sideways = rankdir in ("LR", "RL")
    along = [box.width if sideways else box.height for box in boxes]
    across = [box.height if sideways else box.width for box in boxes]
    net = _thread(_layer(len(boxes), wires), wires, along, across)
    order = _order(net)
    ports = _ports(net, order)
    position = _settle(net, order, ports)
    return _draw(net, order, ports, position, rankdir)


@dataclass(frozen=True, slots=True)
class _Net:
    """Boxes and thread points, together "items", with links between items of adjacent layers only.

    Items below `boxes` are boxes. `threads[i]` is box i and the points of its thread. Wire j leaves its source's thread
    at item `leaves[j]`, in the layer before its target.
    """

    boxes: int
    layer: list[int]
    along: list[float]
    across: list[float]
    before: list[list[int]]
    after: list[list[int]]
    threads: list[list[int]]
    wires: Sequence[Wire]
    leaves: list[int]


def _layer(count: int, wires: Sequence[Wire]) -> list[int]:
    """A layer for each box: as early as possible, then later again where that makes wires no longer."""
    sources: list[list[int]] = [[] for _ in range(count)]
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in wires:
        sources[target].append(source)
        targets[source].append(target)
    layer = [0] * count
    missing = [len(ends) for ends in sources]
    ready = [box for box in range(count) if not missing[box]]
    for box in ready:
        for target in targets[box]:
            layer[target] = max(layer[target], layer[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for box in reversed(ready):
        if targets[box] and len(targets[box]) >= len(sources[box]):
            layer[box] = min(layer[target] for target in targets[box]) - 1
    return layer


def _thread(layer: list[int], wires: Sequence[Wire], along: list[float], across: list[float]) -> _Net:
    """Give each box with far targets one thread of points through the layers between."""
    boxes = len(layer)
    before: list[list[int]] = [[] for _ in range(boxes)]
    after: list[list[int]] = [[] for _ in range(boxes)]
    threads: list[list[int]] = [[box] for box in range(boxes)]
    leaves = []
    for source, target in wires:
        thread = threads[source]
        while layer[thread[-1]] < layer[target] - 1:
            point = len(layer)
            layer.append(layer[thread[-1]] + 1)
            along.append(0.0)
            across.append(_THREAD)
            before.append([thread[-1]])
            after.append([])
            after[thread[-1]].append(point)
            thread.append(point)
        leaves.append(thread[layer[target] - layer[source] - 1])
        before[target].append(leaves[-1])
        after[leaves[-1]].append(target)
    return _Net(boxes, layer, along, across, before, after, threads, wires, leaves)


def _order(net: _Net) -> list[list[int]]:
    """The items of each layer, side by side, with few crossings: the best that comes of a few beginnings."""
    sweeps = max(2, _WORK // max(1, len(net.layer)))
    dice = Random(0)  # noqa: S311 - the same throws every time are what is wanted
    begin = _first_order(net)
    best, fewest, spent = _untangle(net, [row[:] for row in begin], sweeps)
    for _ in range(_STARTS - 1):
        if not fewest or spent >= sweeps:
            break
        shuffled = [sorted(row, key=lambda _: dice.random()) for row in begin]
        rows, crossings, more = _untangle(net, shuffled, sweeps - spent)
        spent += more
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _untangle(net: _Net, rows: list[list[int]], sweeps: int) -> tuple[list[list[int]], int, int]:
    """Sweep over `rows` while that helps: the best rows met, their crossings, and the number of sweeps made."""
    position = [0] * len(net.layer)
    _note(rows, position)
    best, fewest, stale, made = [row[:] for row in rows], _crossings(net, rows, position), 0, 0
    while fewest and stale < _PATIENCE and made < sweeps:
        forward = made % 2 == 0
        for row in rows[1:] if forward else reversed(rows[:-1]):
            _sort(row, net.before if forward else net.after, position)
        for row in rows:
            _exchange(row, net, position)
        made, stale = made + 1, stale + 1
        crossings = _crossings(net, rows, position)
        if crossings < fewest:
            best, fewest, stale = [row[:] for row in rows], crossings, 0
    return best, fewest, made


def _first_order(net: _Net) -> list[list[int]]:
    """Walk back from the last boxes, operands in order, and append each item to its layer when it is first met."""
    rows: list[list[int]] = [[] for _ in range(max(net.layer, default=-1) + 1)]
    met = [False] * len(net.layer)
    stack = [item for item in reversed(range(len(met))) if not net.after[item]]
    while stack:
        item = stack.pop()
        if not met[item]:
            met[item] = True
            rows[net.layer[item]].append(item)
            stack.extend(reversed(net.before[item]))
    return rows


def _note(rows: Iterable[Sequence[int]], position: list[int]) -> None:
    for row in rows:
        for index, item in enumerate(row):
            position[item] = index


def _sort(row: list[int], neighbours: list[list[int]], position: list[int]) -> None:
    """Sort the items of a row by the mean position of their neighbours; those without keep their places."""
    places = [place for place, item in enumerate(row) if neighbours[item]]
    means = {row[p]: sum([position[n] for n in neighbours[row[p]]]) / len(neighbours[row[p]]) for p in places}
    for index, item in zip(places, sorted(means, key=means.__getitem__), strict=True):
        row[index] = item
    _note([row], position)


def _exchange(row: list[int], net: _Net, position: list[int]) -> None:
    """Exchange items that stand side by side wherever that removes crossings, in both directions over the row once."""
    back = [sorted([position[n] for n in net.before[item]]) for item in row]
    ahead = [sorted([position[n] for n in net.after[item]]) for item in row]
    last = len(row) - 1
    for left in (*range(last), *reversed(range(last))):
        right = left + 1
        gain = _gain(back[left], back[right]) + _gain(ahead[left], ahead[right])
        if gain > 0:
            row[left], row[right] = row[right], row[left]
            back[left], back[right] = back[right], back[left]
            ahead[left], ahead[right] = ahead[right], ahead[left]
    _note([row], position)


def _gain(left: list[int], right: list[int]) -> int:
    """Crossings of the wires of two items side by side, less the crossings after they change places."""
    if not left or not right or left[-1] <= right[0]:
        return -1 if left and right and left[0] < right[-1] else 0
    now = sum([bisect_left(right, end) for end in left])
    then = sum([bisect_left(left, end) for end in right])
    return now - then


def _crossings(net: _Net, rows: Sequence[Sequence[int]], position: list[int]) -> int:
    """How many pairs of links cross, by counting inversions layer by layer."""
    total = 0
    for row in rows:
        seen: list[int] = []
        for item in row:
            ends = sorted([position[n] for n in net.after[item]])
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def _ports(net: _Net, rows: Sequence[Sequence[int]]) -> list[float]:
    """How far from the middle of its target each wire ends: in the order in which the wires arrive."""
    position = [0] * len(net.layer)
    _note(rows, position)
    arriving: list[list[int]] = [[] for _ in range(net.boxes)]
    for wire, (_, target) in enumerate(net.wires):
        arriving[target].append(wire)
    ports = [0.0] * len(net.wires)
    for target, wires in enumerate(arriving):
        if len(wires) > 1:
            step = min(_PORT_GAP, 0.8 * net.across[target] / (len(wires) - 1))
            for index, wire in enumerate(sorted(wires, key=lambda wire: position[net.leaves[wire]])):
                ports[wire] = step * (index - (len(wires) - 1) / 2)
    return ports


def _settle(net: _Net, rows: Sequence[Sequence[int]], ports: Sequence[float]) -> list[float]:
    """A position across the layers for each item: near its neighbours, in order, and clear of the items beside it."""
    back, ahead = _pulls(net, ports)
    both = [[*before, *after] for before, after in zip(back, ahead, strict=True)]
    offsets = [_offsets(net, row) for row in rows]
    position = [0.0] * len(net.layer)
    for row, offset in zip(rows, offsets, strict=True):
        for item, value in zip(row, offset, strict=True):
            position[item] = value - offset[-1] / 2
    forward, backward = range(len(rows)), range(len(rows) - 1, -1, -1)
    rounds = max(_FEWEST_ROUNDS, min(_MOST_ROUNDS, _SETTLE_WORK // max(1, len(position))))
    for pulls, indices in ((ahead, backward), (back, forward), *((both, backward), (both, forward)) * rounds):
        weights = [sum([strength for _, _, strength in pull]) for pull in pulls]
        for index in indices:
            _settle_row(rows[index], offsets[index], pulls, weights, position)
    _straighten(net, rows, offsets, position)
    return position


def _pulls(net: _Net, ports: Sequence[float]) -> tuple[list[list[_Pull]], list[list[_Pull]]]:
    """For each item, how its neighbours in the layer before and in the layer after pull it."""
    back: list[list[_Pull]] = [[] for _ in net.layer]
    ahead: list[list[_Pull]] = [[] for _ in net.layer]
    links = [(net.before[point][0], point, 0.0) for point in range(net.boxes, len(net.layer))]
    links += [(leave, target, port) for leave, (_, target), port in zip(net.leaves, net.wires, ports, strict=True)]
    for source, target, port in links:
        strength = _STRENGTH[(source >= net.boxes) + (target >= net.boxes)]
        back[target].append((source, -port, strength))
        ahead[source].append((target, port, strength))
    return back, ahead


def _offsets(net: _Net, row: Sequence[int]) -> list[float]:
    """The least distance of each item of a row from the first: half of both sizes and a gap that small items narrow."""
    offsets = [0.0]
    for item, following in pairwise(row):
        room = (net.across[item] + net.across[following]) / 2
        offsets.append(offsets[-1] + room + min(_ACROSS_GAP, max(_THREAD, room / 2)))
    return offsets


def _settle_row(
    row: Sequence[int], offsets: list[float], pulls: list[list[_Pull]], weights: list[float], position: list[float]
) -> None:
    """Move the items of one row to the places nearest to where their neighbours pull them."""
    wishes = []
    for item, offset in zip(row, offsets, strict=True):
        wish = 0.0
        for neighbour, shift, strength in pulls[item]:
            wish += (position[neighbour] + shift) * strength
        wishes.append((wish / weights[item] if weights[item] else position[item]) - offset)
    settled = _rising(wishes, [weights[item] or _LOOSE for item in row])
    for item, offset, value in zip(row, offsets, settled, strict=True):
        position[item] = value + offset


def _rising(wishes: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The sequence that never falls and is nearest to `wishes` by weighted squares: pool adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for wish, weight in zip(wishes, weights, strict=True):
        mean, total, count = wish, weight, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, many = pools.pop()
            mean = (mean * total + other * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        pools.append((mean, total, count))
    return [mean for mean, _, count in pools for _ in range(count)]


def _straighten(
    net: _Net, rows: Sequence[Sequence[int]], offsets: Sequence[list[float]], position: list[float]
) -> None:
    """Bring the points of a thread into line wherever the items beside them leave room for a common position."""
    index_in_row = [0] * len(position)
    _note(rows, index_in_row)
    for box, *points in net.threads:
        low, high = -math.inf, math.inf
        for point in points:
            row, offset, index = rows[net.layer[point]], offsets[net.layer[point]], index_in_row[point]
            if index:
                low = max(low, position[row[index - 1]] + offset[index] - offset[index - 1])
            if index + 1 < len(row):
                high = min(high, position[row[index + 1]] + offset[index] - offset[index + 1])
        if points and low <= high:
            middle = position[points[len(points) // 2]]
            level = position[box] if abs(position[box] - middle) < _SNAP else middle
            common = min(max(low, level), high)
            for point in points:
                position[point] = common


def _draw(
    net: _Net, rows: Sequence[Sequence[int]], ports: Sequence[float], position: Sequence[float], rankdir: str
) -> Placement:
    """Turn layers and positions into points, in the direction asked for."""
    columns = _columns(net, rows, position)
    length = columns[-1].stop if columns else 0.0
    low = min((position[i] - net.across[i] / 2 for i in range(len(position))), default=0.0)
    high = max((position[i] + net.across[i] / 2 for i in range(len(position))), default=0.0)

    def turn(point: Point) -> Point:
        along = point[0] if rankdir in ("LR", "TB") else length - point[0]
        return (along, point[1] - low) if rankdir in ("LR", "RL") else (point[1] - low, along)

    centres = tuple(turn((columns[net.layer[box]].middle, position[box])) for box in range(net.boxes))
    trunks = [_trunk(net, columns, position, thread) for thread in net.threads]
    routes = []
    for (source, target), leave, port in zip(net.wires, net.leaves, ports, strict=True):
        points, counts = trunks[source]
        route = points[: counts[net.layer[leave] - net.layer[source]]]
        column = columns[net.layer[target]]
        border = column.middle - net.along[target] / 2
        enter = min(column.start, border - _HEAD_ROOM)
        _bend(route, columns[net.layer[leave]].stop, enter, position[target] + port)
        route += _line(route[-1], border)
        routes.append(tuple(map(turn, route)))
    width, height = (length, high - low) if rankdir in ("LR", "RL") else (high - low, length)
    return Placement(width, height, centres, tuple(routes))


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a layer starts and stops along the direction of the wires."""

    start: float
    stop: float

    @property
    def middle(self) -> float:
        return (self.start + self.stop) / 2


def _trunk(
    net: _Net, columns: Sequence[_Column], position: Sequence[float], thread: Sequence[int]
) -> tuple[list[Point], list[int]]:
    """The bends of a thread as Bézier points, and how many of those points lie before each of its items."""
    box = thread[0]
    points = [(columns[net.layer[box]].middle + net.along[box] / 2, position[box])]
    counts = [1]
    for item, following in pairwise(thread):
        if position[item] != position[following]:
            _bend(points, columns[net.layer[item]].stop, columns[net.layer[following]].start, position[following])
        counts.append(len(points))
    return points, counts


def _line(point: Point, along: float) -> list[Point]:
    """A straight piece on from `point`, unless it has no length."""
    end = (along, point[1])
    return [end, end, end] if along > point[0] else []


def _bend(points: list[Point], leave: float, enter: float, across: float) -> None:
    """Go straight on to `leave`, then swing over to `across`, arriving at `enter`."""
    points += _line(points[-1], leave)
    along, here = points[-1]
    middle = (along + enter) / 2
    points += [(middle, here), (middle, across), (enter, across)]


def _columns(net: _Net, rows: Sequence[Sequence[int]], position: Sequence[float]) -> list[_Column]:
    """The extent of each layer, with wide gaps where wires are steep."""
    columns, start = [], 0.0
    for row in rows:
        columns.append(_Column(start, start + max(net.along[item] for item in row)))
        climb = max((abs(position[item] - position[n]) for item in row for n in net.after[item]), default=0.0)
        start = columns[-1].stop + min(_STEEP_GAP, max(_ALONG_GAP, 0.15 * climb))
    return columns
