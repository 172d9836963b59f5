"""The edges of a graph, from each node to its inputs: what the chain rule follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from autograd_core.graph.contributions import is_recorded, number_of
from autograd_core.graph.node import ManyInputs, Node, packed
from autograd_core.table.op import Op

Edge: TypeAlias = tuple[Any, Any, int, Any, Any]
"""One edge, as a sweep follows it: `(source, target, index, local, is_structural_zero)`.

The sum of `source` times `local` is added to that of `target`. In a reverse sweep `source` is a node and `target` one
of its inputs; in a forward sweep they are exchanged. `index` is the position among the inputs of the node, `local` the
derivative of the node with respect to that input. If `is_structural_zero` is True, nothing is passed on. For a local
derivative that is recorded, it is the condition under which a 0 is a structural zero.
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


def sides(
    inputs: Sequence[Any], numbers: Sequence[float], derivatives: Sequence[float]
) -> tuple[object, object, float, float]:
    """How a node keeps its inputs and local derivatives: the two sides, and the derivative that stands beside each.

    `numbers` are those of the inputs. A constant is kept as its number.
    """
    kept = [x if isinstance(x, Node) else number for x, number in zip(inputs, numbers, strict=True)]
    if len(kept) == 1:
        return kept[0], None, derivatives[0], 0.0
    if len(kept) == 2:
        return kept[0], kept[1], derivatives[0], derivatives[1]
    return ManyInputs(tuple(kept), packed(derivatives)), None, 0.0, 0.0


def recorded_derivatives(node: Node) -> Sequence[float]:
    """The local derivatives of a node, as they were recorded on its edges."""
    return node.derivatives


def passes_nothing(node: Node, index: int, derivative: Any) -> bool:
    """Whether the local derivative of a node with respect to the input at this index is a structural zero."""
    op = node.op
    return op is not None and structural_zero(op, index, node.inputs, node, derivative) is True


def structural_zero(op: Op, index: int, inputs: Sequence[Any], output: Any, derivative: Any) -> Any:
    """Whether a derivative of an op at these inputs is a structural zero.

    If the derivative is recorded, the answer is the condition under which it is one if it is 0: a number, which may be
    recorded, too.
    """
    if not is_recorded(derivative) and number_of(derivative) != 0.0:
        return False
    condition = op.passes_nothing(index, inputs, output)
    if is_recorded(condition):
        return condition
    return float(bool(condition)) if is_recorded(derivative) else bool(condition)
