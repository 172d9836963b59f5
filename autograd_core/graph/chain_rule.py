"""The chain rule: all of backpropagation on one page.

The gradient of a root with respect to a node is a sum over all uses of the node. Each use adds

    local derivative of the user  x  gradient of the root with respect to the user.

`reverse_order` puts every node before its inputs, so the sum of a node is complete before it is used. `contributions`
follows the edges in that order and adds each product to the sum of its input. `adjoints` does both: this is the reverse
sweep. The local derivatives were recorded on each node when its op was applied. `backward()` adds the adjoints of the
leaves, which are their gradients, to `.grad`. Here `a` is used twice, and its adjoint is b + 1.

>>> from autograd_core import Value
>>> a, b = Value(2.0), Value(3.0)
>>> root = a * b + a
>>> gradients = adjoints({root: 1.0}, lambda node: node.derivatives, check=False)
>>> [(node.data, gradients[node]) for node in reverse_order([root])]  # the nodes are root, a * b, b, a
[(8.0, 1.0), (6.0, 1.0), (3.0, 2.0), (2.0, 4.0)]

`tangents` applies the same rule from the inputs up, and `sweep` is a fast version of the reverse sweep. If the seeds
and the local derivatives are Values, the gradients are Values and can be differentiated again.

Zero times infinity. A structural zero passes nothing on: a local derivative that is constantly 0 around the point, such
as that of a branch that was not taken (`edges.passes_nothing`), or a seed that is the constant 0. A node that nothing
has reached passes nothing on, even with infinite local derivatives. Other products follow IEEE 754: 0 * inf is nan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from autograd_core.graph.contributions import (
    Contribution,
    check_contribution,
    is_zero,
    plus,
    strong_product,
    undetected,
)
from autograd_core.graph.edges import Edge, edges_below, input_nodes
from autograd_core.graph.node import Node


def reverse_order(
    roots: Sequence[Any], ends: Collection[Any] = (), below: Callable[[Any], Sequence[Any]] | None = None
) -> list[Any]:
    """The roots and all nodes below them, every node before its inputs; the walk stops at the ends.

    `below` gives the inputs of a node, so the nodes can be of any kind. By default they are nodes of a graph.
    """
    below = below or input_nodes
    uses: dict[Any, int] = dict.fromkeys(roots, 0)
    stack = list(uses)
    while stack:  # count the uses of every node
        node = stack.pop()
        for x in () if node in ends else below(node):
            used = uses.get(x)
            if used is None:
                stack.append(x)
            uses[x] = (used or 0) + 1
    order: list[Any] = []
    ready = [root for root in dict.fromkeys(roots) if uses[root] == 0]
    while ready:  # a node is ready when all its users are in the order
        node = ready.pop()
        order.append(node)
        for x in () if node in ends else below(node):
            uses[x] = left = uses[x] - 1
            if left == 0:
                ready.append(x)
    return order


def contributions(order: Iterable[list[Edge]], sums: dict[Any, Any]) -> Iterator[Contribution]:
    """Carry the sums along the edges: the chain rule, in either direction and in numbers of any kind.

    `order` gives the edges of one node after the other, each node after all edges that lead to it. `sums` holds the
    seeds and grows during the walk; a node that nothing has reached is not in it.

    >>> sums = {"root": 2.0}
    >>> order = [[("root", "a", 0, 3.0, False), ("root", "b", 1, 5.0, False)], [("b", "a", 0, 7.0, False)]]
    >>> [step.product for step in contributions(order, sums)]
    [6.0, 10.0, 70.0]
    >>> sums
    {'root': 2.0, 'a': 76.0, 'b': 10.0}
    """
    for edges in order:
        for source, target, index, local, is_structural_zero in edges:
            upstream = sums.get(source)
            before = after = sums.get(target, 0.0)
            product: Any = 0.0
            if upstream is None:
                upstream = 0.0  # nothing has reached the source
            elif is_structural_zero is not True:
                product = strong_product(local, upstream, is_structural_zero)
                after = sums[target] = plus(before, product)
            yield Contribution(source, target, index, upstream, local, product, before, after)


def adjoints(
    seeds: dict[Node, Any],
    derivatives: Callable[[Node], Sequence[Any]],
    check: bool,
    ends: Collection[Node] = (),
    seeds_are_constants: bool = True,
) -> dict[Node, Any]:
    """The gradient of the seeded roots with respect to each node; the walk stops at the ends.

    `derivatives` gives the local derivatives of a node, as floats or as Values; the gradients are of the same type.
    With `check` a contribution that is not finite raises `AnomalyError`. A constant seed of 0 passes nothing on.
    """
    sums = {root: seed for root, seed in seeds.items() if not (seeds_are_constants and is_zero(seed))}
    order = reverse_order(list(seeds), ends)
    with undetected(check):
        for step in contributions(_edges_of_reached(order, sums, derivatives, ends), sums):
            if check:
                check_contribution(step.source, step.product, "backward pass")
    for node in order:
        sums.setdefault(node, 0.0)
    return sums


def _edges_of_reached(
    order: list[Node], sums: dict[Node, Any], derivatives: Callable[[Node], Sequence[Any]], ends: Collection[Node]
) -> Iterator[list[Edge]]:
    """The edges of the nodes that have been reached; the local derivatives of the others are not computed."""
    for node in order:
        if node in sums and node not in ends:
            yield edges_below(node, derivatives(node))
