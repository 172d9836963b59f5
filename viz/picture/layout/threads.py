"""Boxes and the points of long wires, together "items", linked between adjacent layers only.

All wires from one box share one thread of points, or each long wire has a thread of its own: shared threads need fewer
points in large graphs, and separate ones give fewer crossings in small graphs. Some threads would need a great many
points: each summand of a sum of hundreds runs beside a chain as long as the sum. Such a thread has none, and its wires
take a *detour* beyond all boxes. Otherwise the points would grow as the square of the graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

Wire = tuple[int, int]

THICKNESS: Final = 4.0
"""The room of a thread across the layers."""

DETOUR: Final = -1

_POINTS_PER_BOX: Final = 0.5
_POINTS: Final = 2_000
"""Points for which there is always room."""


@dataclass(frozen=True, slots=True)
class Net:
    """Items below `boxes` are boxes, the others points.

    `threads[i]` for i below `boxes` is box i and the points that its wires share; others are a box and the points of
    one wire. Wire j runs along the thread `thread_of[j]` and leaves it at item `leaves[j]`, in the layer before its
    target, or takes the detour of its source if that is DETOUR.
    """

    boxes: int
    layer: list[int]
    along: list[float]
    across: list[float]
    before: list[list[int]]
    after: list[list[int]]
    threads: list[list[int]]
    wires: Sequence[Wire]
    thread_of: list[int]
    leaves: list[int]

    def rows(self) -> list[list[int]]:
        """A list for each layer, still empty."""
        return [[] for _ in range(max(self.layer, default=-1) + 1)]


def threaded(
    layers: Sequence[int],
    wires: Sequence[Wire],
    along: Sequence[float],
    across: Sequence[float],
    *,
    shared: bool = True,
) -> Net:
    """Route long wires through points in the layers between; with `shared`, those from one box together."""
    boxes, longest = len(layers), _longest(layers, wires)
    layer = [*layers]
    before: list[list[int]] = [[] for _ in layers]
    after: list[list[int]] = [[] for _ in layers]
    threads = [[box] for box in range(boxes)]
    thread_of, leaves = [], []
    for source, target in wires:
        span = layer[target] - layer[source]
        index = source
        if not shared and 1 < span <= longest:
            index = len(threads)
            threads.append([source])
        thread_of.append(index)
        if span > longest:
            leaves.append(DETOUR)
            continue
        thread = threads[index]
        while len(thread) < span:
            point, last = len(layer), thread[-1]
            layer.append(layer[last] + 1)
            before.append([last])
            after.append([])
            after[last].append(point)
            thread.append(point)
        leave = thread[span - 1]
        leaves.append(leave)
        before[target].append(leave)
        after[leave].append(target)
    points = len(layer) - boxes
    sizes = [*along, *[0.0] * points], [*across, *[THICKNESS] * points]
    return Net(boxes, layer, *sizes, before, after, threads, wires, thread_of, leaves)


def _longest(layer: Sequence[int], wires: Sequence[Wire]) -> int:
    """The greatest length of a wire, in layers, up to which there is room for the points of all shared threads."""
    reach = [1] * len(layer)
    for source, target in wires:
        reach[source] = max(reach[source], layer[target] - layer[source])
    reach.sort()
    limit = _POINTS + _POINTS_PER_BOX * len(layer)
    points = accumulate([length - 1 for length in reach])
    return max([length for length, total in zip(reach, points, strict=True) if total <= limit], default=1)
