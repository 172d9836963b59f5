"""Forward mode: the chain rule from the inputs up.

The tangent of a node is its derivative while the inputs move with given speeds. `tangents` carries it with the same
rule as the reverse sweep, in any kind of number. `number_tangents` is that made fast for the numbers on the edges, from
5 to 100 times, and tests hold the two equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from librt.vecs import append, vec
from mypy_extensions import i64

from autograd_core.graph.chain_rule import Edge, contributions, edges_below, passes_nothing
from autograd_core.graph.contributions import check_contribution, is_zero, recorded_slopes, undetected
from autograd_core.graph.node import Node, packed
from autograd_core.graph.order import nodes_above


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
        order = [_turned(edges_below(node, slopes(node))) for node in nodes_above(inputs, roots)]
        results = []
        for direction in directions:
            # What stands still is left out, so that nothing is computed above it.
            table: dict[Node, Any] = {x: d for x, d in zip(inputs, direction, strict=True) if not is_zero(d)}
            for step in contributions(order, table):
                if check:
                    check_contribution(step.target, step.product, "forward sweep")
            results.append([table.get(root, 0.0) if isinstance(root, Node) else 0.0 for root in roots])
    return results


def _turned(edges: list[Edge]) -> list[Edge]:
    """The same edges from the inputs up."""
    return [(source, target, place, slope, zero) for target, source, place, slope, zero in edges]


def number_tangents(
    roots: Sequence[Any], inputs: Sequence[Node], directions: Iterable[Sequence[float]]
) -> list[list[float]]:
    """`tangents` in the numbers on the edges.

    The edges between the inputs and the roots are laid out flat once, and each direction is then one loop over
    three arrays; as in `_spread`, a direction in which a product is no number is done again by the rule.
    """
    place: dict[Node, int] = {node: i for i, node in enumerate(inputs)}
    sources, targets, factors = vec[i64](), vec[i64](), vec[float]()
    for node in nodes_above(inputs, roots):
        place[node] = len(place)
        for i, (parent, slope) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
            if isinstance(parent, Node) and parent in place and not passes_nothing(node, i, slope):
                sources = append(sources, place[parent])
                targets = append(targets, place[node])
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
