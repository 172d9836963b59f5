"""Forward mode: the chain rule from the inputs up.

The tangent of a node is its derivative while the inputs move with given speeds. `tangents` carries it with the same
rule as the reverse sweep, in any kind of number; `number_tangents` has that made fast for the numbers on the edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from librt.vecs import append, vec
from mypy_extensions import i64

from autograd_core.graph.chain_rule import Edge, contributions, edges_below
from autograd_core.graph.contributions import check_contribution, is_zero, recorded_slopes, undetected
from autograd_core.graph.node import Node, packed
from autograd_core.graph.order import nodes_above, reverse_order


def tangents(
    roots: Sequence[Any],
    inputs: Sequence[Node],
    directions: Iterable[Sequence[Any]],
    slopes: Callable[[Node], Sequence[Any]],
    check: bool,
) -> list[list[Any]]:
    """For each direction, the tangent of each root: its derivative while the inputs move with these speeds.

    The same rule swept forwards, from the inputs to the roots. Only what depends on an input is visited, and
    its local derivatives are computed once for all directions. A root that is a plain number has tangent 0.
    """
    with undetected(check):
        edges = _edges_above(inputs, roots, slopes)
        results = []
        for direction in directions:
            # What stands still is left out, so that nothing is computed above it.
            table: dict[Node, Any] = {x: d for x, d in zip(inputs, direction, strict=True) if not is_zero(d)}
            for step in contributions(edges, table):
                if check:
                    check_contribution(step.target, step.product, "forward sweep")
            results.append([table.get(root, 0.0) if isinstance(root, Node) else 0.0 for root in roots])
    return results


def number_tangents(
    roots: Sequence[Any], inputs: Sequence[Node], directions: Iterable[Sequence[float]]
) -> list[list[float]]:
    """`tangents` in the numbers on the edges, from 5 to 100 times faster; a test holds the two equal.

    The edges between the inputs and the roots are laid out flat once, and each direction is then one loop over
    three arrays; as in `_spread`, a direction in which a product is no number is done again by the rule.
    """
    place: dict[Node, int] = {node: i for i, node in enumerate(inputs)}
    sources, targets, factors = vec[i64](), vec[i64](), vec[float]()
    for source, target, _, slope, is_structural_zero in _edges_above(inputs, roots, recorded_slopes):
        if target not in place:
            place[target] = len(place)
        if source in place and not is_structural_zero:
            sources = append(sources, place[source])
            targets = append(targets, place[target])
            factors = append(factors, slope)
    results = []
    for direction in directions:
        speeds = packed([*direction, *[0.0] * (len(place) - len(inputs))])
        clear = True
        k: i64 = 0
        for factor in factors:
            product = factor * speeds[sources[k]]
            if product != product:  # noqa: PLR0124 - nan
                clear = False
            speeds[targets[k]] += product
            k += 1
        if clear:
            results.append([speeds[place[root]] if isinstance(root, Node) and root in place else 0.0 for root in roots])
        else:
            results += tangents(roots, inputs, [direction], recorded_slopes, False)
    return results


def _edges_above(inputs: Sequence[Node], roots: Sequence[Any], slopes: Callable[[Node], Sequence[Any]]) -> list[Edge]:
    """The edges between the inputs and the roots from below, those into a node after those into its inputs."""
    order = reverse_order([root for root in roots if isinstance(root, Node)], set(inputs))
    order.reverse()
    return [
        (source, target, place, slope, is_structural_zero)
        for node in nodes_above(inputs, order)
        for target, source, place, slope, is_structural_zero in edges_below(node, slopes(node))
    ]
