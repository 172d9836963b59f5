"""The paths from a root down to one node: how many there are, and those with the largest products.

The number of paths can grow exponentially with the graph, so they are counted without being listed, and the largest are
found best first: a path follows the best edge from each node, and every other path differs from an earlier one in one
edge.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Final

from autograd_core import Value
from autograd_core.graph.chain_rule import contributions

MAX_SEARCHED: Final = 100_000
"""Nodes between `x` and the root up to which paths are searched; they are counted in any graph."""

MOST_PATHS: Final = 10**300
"""Smaller counts are exact. Adding larger ones would take more time than the rest of the work."""

_NOT_FINITE: Final = 1e9
"""The weight of an infinite or undefined factor. No finite product reaches it: the logarithm of a float is less than
745, and a path is shorter than a million."""


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path: its nodes from the root to `x`, the local derivatives on its edges, and their product."""

    nodes: tuple[Value, ...]
    factors: tuple[float, ...]
    product: float


@dataclass(frozen=True, slots=True)
class _Way:
    """An edge from a node towards `x`, and the weight of the best path that begins with it."""

    weight: float
    local: float
    target: Value


_Ways = list[tuple[_Way, int]]
"""The edges of a path from the root on, each with its rank among the edges from the same node."""


def magnitude(x: float) -> float:
    """The size of a number by which contributions and paths are ranked; nan counts as the largest."""
    return math.inf if math.isnan(x) else abs(x)


def count_paths(x: Value, above: Sequence[Value]) -> int:
    """How many paths lead from the last of these nodes to `x`; at most `MOST_PATHS`.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> z = y * y
    >>> count_paths(x, [y, z])
    4
    """
    if not above:
        return 0
    ways = {id(node): 0 for node in above}
    ways[id(above[-1])] = 1
    arrived = 0
    for node in reversed(above):
        here = ways.pop(id(node))
        for source in node.inputs:
            if source is x:
                arrived += here
            elif id(source) in ways:
                ways[id(source)] = min(ways[id(source)] + here, MOST_PATHS)
    return min(arrived, MOST_PATHS)


def largest_paths(x: Value, above: Sequence[Value], max_paths: int) -> list[FoundPath]:
    """The paths with the largest products, the largest first.

    The edges from each node are ranked by the best path that they begin. A path is then a list of ranks, and the best
    one has rank 0 everywhere. Every other path has one predecessor, found by lowering its last rank above 0; so each
    path is produced once, by raising one rank at or after the last one that was raised.

    >>> x = Value(3.0)
    >>> y = x * x + 2.0 * x
    >>> square, double, _ = above = [y.inputs[0], y.inputs[1], y]
    >>> [path.product for path in largest_paths(x, above, max_paths=2)]
    [3.0, 3.0]
    """
    ranked = _ranked(x, above)
    if not ranked.get(id(above[-1])):
        return []
    serial = count()  # of two equally good paths the one found first
    # The ways of the predecessor, the index at which this path leaves it, and the rank that it takes there.
    waiting: list[tuple[float, int, _Ways, int, int]] = []
    heappush(waiting, (-ranked[id(above[-1])][0].weight, next(serial), [], 0, 0))
    found: list[FoundPath] = []
    while waiting and len(found) < max_paths:
        weight, _, base, raised, rank = heappop(waiting)
        node = base[raised - 1][0].target if raised else above[-1]
        ways = _follow(base[:raised], node, rank, x, ranked)
        found.append(_path(ways, above[-1]))
        for index in range(raised, len(ways)):
            way, rank = ways[index]
            if rank + 1 < len(ranked[id(node)]):
                loss = way.weight - ranked[id(node)][rank + 1].weight
                heappush(waiting, (weight + loss, next(serial), ways, index, rank + 1))
            node = way.target
    return sorted(found, key=lambda path: -magnitude(path.product))


def _ranked(x: Value, above: Sequence[Value]) -> dict[int, list[_Way]]:
    """The ways on from each node, the best first; weights are logarithms, so that no product is out of range."""
    best = {id(x): 0.0}
    ranked: dict[int, list[_Way]] = {}
    for node in above:
        ways = [
            _Way(_weight(local) + best[id(source)], local, source)
            for source, local in zip(node.inputs, node.derivatives, strict=True)
            if id(source) in best and local != 0.0
        ]
        if ways:
            ranked[id(node)] = sorted(ways, key=lambda way: -way.weight)
            best[id(node)] = ranked[id(node)][0].weight
    return ranked


def _weight(local: float) -> float:
    return math.log(abs(local)) if math.isfinite(local) else _NOT_FINITE


def _follow(ways: _Ways, node: Value, rank: int, x: Value, ranked: Mapping[int, Sequence[_Way]]) -> _Ways:
    """The path that begins with these ways, goes on from the node with the way of this rank, then with the best."""
    while node is not x:
        way = ranked[id(node)][rank]
        ways.append((way, rank))
        node, rank = way.target, 0
    return ways


def _path(ways: _Ways, root: Value) -> FoundPath:
    nodes = (root, *(way.target for way, _ in ways))
    factors = tuple(way.local for way, _ in ways)
    edges = [(source, way.target, 0, way.local, False) for source, (way, _) in zip(nodes[:-1], ways, strict=True)]
    *_, last = contributions([edges], {root: 1.0})
    return FoundPath(nodes, factors, last.after)
