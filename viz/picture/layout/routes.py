"""The picture as points: columns for the layers, and a curve for every wire.

A wire is straight within a layer and curved in the gaps between layers, and its last piece is straight. Detours leave
in the gap after their source, run beyond all boxes, with a separate lane for each source, and return before their
target.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from viz.picture.layout.threads import DETOUR, THICKNESS, Net

Point = tuple[float, float]

RANKDIRS: Final = ("LR", "TB", "RL", "BT")

_GAP: Final = 30.0
_STEEP_GAP: Final = 120.0
_STEEP: Final = 0.15
"""How much wider a gap is for each point that its steepest wire climbs."""
_HEAD_ROOM: Final = 8.0
_LANE: Final = 2 * THICKNESS


@dataclass(frozen=True, slots=True)
class Placement:
    """The positions of all boxes and wires, in points from the top left corner.

    `centres[i]` is the middle of box i. `routes[j]` is the path of wire j as Bézier points: a start, and then three
    points for each cubic piece, the last of which lies on the border of the target.
    """

    width: float
    height: float
    centres: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]


def drawn(
    net: Net, rows: Sequence[Sequence[int]], entries: Sequence[float], position: Sequence[float], rankdir: str
) -> Placement:
    """Turn layers and positions into points, in the given direction."""
    columns = _columns(net, rows, position)
    low = min([place - room / 2 for place, room in zip(position, net.across, strict=True)], default=0.0)
    high = max([place + room / 2 for place, room in zip(position, net.across, strict=True)], default=0.0)
    lanes = _lanes(net, low)
    breadth = high - min(lanes.values(), default=low)
    length = columns[-1].stop if columns else 0.0
    centres = [(columns[net.layer[box]].middle, position[box]) for box in range(net.boxes)]
    routes = _routes(net, columns, entries, position, lanes)
    return Placement(
        *((length, breadth) if rankdir in ("LR", "RL") else (breadth, length)),
        _turned(centres, rankdir, length, high - breadth),
        tuple([_turned(route, rankdir, length, high - breadth) for route in routes]),
    )


def _turned(points: Sequence[Point], rankdir: str, length: float, low: float) -> tuple[Point, ...]:
    """Points from the top left corner, for points given as distances along and across the wires."""
    if rankdir in ("RL", "BT"):
        points = [(length - along, across) for along, across in points]
    if rankdir in ("LR", "RL"):
        return tuple([(along, across - low) for along, across in points])
    return tuple([(across - low, along) for along, across in points])


def _lanes(net: Net, low: float) -> dict[int, float]:
    """The level of the detour of each source that has one, all below `low`."""
    sources = dict.fromkeys(
        [source for (source, _), leave in zip(net.wires, net.leaves, strict=True) if leave == DETOUR]
    )
    return {source: low - _LANE * number for number, source in enumerate(sources, 1)}


def _routes(
    net: Net,
    columns: Sequence["_Column"],
    entries: Sequence[float],
    position: Sequence[float],
    lanes: Mapping[int, float],
) -> Iterator[list[Point]]:
    """The path of each wire: along its trunk or its detour, then over to its target."""
    trunks = [_trunk(net, columns, position, thread) for thread in net.threads]
    for (source, target), thread, leave, entry in zip(net.wires, net.thread_of, net.leaves, entries, strict=True):
        points, counts = trunks[thread]
        column, before = columns[net.layer[target]], net.layer[target] - 1
        border = column.middle - net.along[target] / 2
        if leave == DETOUR:
            route = points[:1]
            here = net.layer[source]
            _bend(route, columns[here].stop, columns[here + 1].start, lanes[source])
        else:
            route = points[: counts[before - net.layer[source]]]
        _bend(route, columns[before].stop, min(column.start, border - _HEAD_ROOM), position[target] + entry)
        route += _line(route[-1], border)
        yield route


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a layer starts and stops along the direction of the wires."""

    start: float
    stop: float

    @property
    def middle(self) -> float:
        return (self.start + self.stop) / 2


def _trunk(
    net: Net, columns: Sequence[_Column], position: Sequence[float], thread: Sequence[int]
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
    """A straight piece from `point` to `along`; empty if it has no length."""
    end = (along, point[1])
    return [end, end, end] if along > point[0] else []


def _bend(points: list[Point], leave: float, enter: float, across: float) -> None:
    """Append a straight piece to `leave`, and a curve that reaches the level `across` at `enter`."""
    points += _line(points[-1], leave)
    along, here = points[-1]
    middle = (along + enter) / 2
    points += [(middle, here), (middle, across), (enter, across)]


def _columns(net: Net, rows: Sequence[Sequence[int]], position: Sequence[float]) -> list[_Column]:
    """The extent of each layer, with wide gaps where wires are steep."""
    columns, start = [], 0.0
    for row in rows:
        columns.append(_Column(start, start + max(net.along[item] for item in row)))
        climb = max((abs(position[item] - position[n]) for item in row for n in net.after[item]), default=0.0)
        start = columns[-1].stop + min(_STEEP_GAP, max(_GAP, _STEEP * climb))
    return columns
