"""The paths of a graph from its result to a number: one product of local derivatives each."""

from __future__ import annotations

from typing import Final

from autograd_core.graph.node import Node
from autograd_core.graph.order import nodes_above

MOST_PATHS: Final = 64
"""Up to this many paths are listed."""


def paths_between(root: Node, leaf: Node) -> list[float]:
    """Return the contribution of each path from a root to a leaf; empty if there are too many.

    >>> from autograd_core import Value
    >>> x = Value(3.0)
    >>> sorted(paths_between(x * x + x, x))
    [1.0, 3.0, 3.0]
    """
    between = above(root, leaf)
    products: list[float] = []
    waiting = [(root, 1.0)] if root in between else []
    steps = 0
    while waiting:
        node, product = waiting.pop()
        steps += 1
        if len(products) > MOST_PATHS or steps > MOST_PATHS**2:
            return []
        if node is leaf:
            products.append(product)
            continue
        waiting.extend(
            (x, product * derivative)
            for x, derivative in zip(node.inputs, node.derivatives, strict=True)
            if isinstance(x, Node) and x in between
        )
    return products


def above(root: Node, leaf: Node) -> set[Node]:
    """Return the leaf and all nodes between it and the root."""
    return {leaf, *nodes_above([leaf], [root])}
