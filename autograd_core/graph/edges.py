"""The edges of a graph, from each node to its inputs: what the chain rule follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd_core.graph.contributions import number_of
from autograd_core.graph.node import Node

Edge: TypeAlias = tuple[Any, Any, int, Any, bool]
"""One edge, as a sweep follows it: `(source, target, index, local, is_structural_zero)`.

The sum of `source` times `local` is added to that of `target`. In a reverse sweep `source` is a node and `target` one
of its inputs; in a forward sweep they are exchanged. `index` is the position among the inputs of the node, `local` the
derivative of the node with respect to that input. With `is_structural_zero` nothing is passed on.
"""


def input_nodes(node: Node) -> list[Node]:
    """The inputs of a node that are nodes; the others are constants."""
    return [x for x in node.inputs if isinstance(x, Node)]


def edges_below(node: Node, derivatives: Sequence[Any]) -> list[Edge]:
    """The edges from a node to those of its inputs that are nodes, given its local derivatives."""
    return [
        (node, x, index, derivative, passes_nothing(node, index, derivative))
        for index, (x, derivative) in enumerate(zip(node.inputs, derivatives, strict=True))
        if isinstance(x, Node)
    ]


def recorded_derivatives(node: Node) -> Sequence[float]:
    """The local derivatives of a node, as they were recorded on its edges."""
    return node.derivatives


def passes_nothing(node: Node, index: int, derivative: Any) -> bool:
    """Whether the local derivative of a node with respect to the input at this index is a structural zero."""
    if number_of(derivative) != 0.0:
        return False
    op = node.op
    return op is not None and op.passes_nothing(index, node.inputs, node)
