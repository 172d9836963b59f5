"""A gradient as a graph of its own, to write it as a formula or to differentiate it again."""

import copy
from dataclasses import dataclass
from typing import Any

from autograd_core import Value, enable_grad, topological_order


@dataclass(frozen=True)
class GradientGraph:
    """The gradient of a root with respect to one node, as a graph on copies of the nodes.

    Attributes:
        gradient: the root of the new graph.
        wrt: the copy of the node with respect to which the gradient is taken; None if it is not in the graph.
        twins: the copies of all nodes, kept alive because `originals` refers to their identities.
        originals: the original of each copy, by the identity of the copy.
    """

    gradient: Value
    wrt: Value | None
    twins: tuple[Value, ...]
    originals: dict[int, Value]


def gradient_graph(value: Value, wrt: Value) -> GradientGraph:
    """The gradient of `value` with respect to `wrt` as a graph. No Value of the user is changed.

    Raises:
        GraphChangedError: if data was assigned to a node after the graph was recorded.

    >>> x = Value(3.0)
    >>> graph = gradient_graph(x**3, x)
    >>> graph.gradient.data, x.grad
    (27.0, 0.0)
    """
    memo: dict[int, Any] = {}
    root = copy.deepcopy(value, memo)
    order = topological_order(value)
    twins = tuple(memo[id(node)] for node in order)
    for twin in twins:
        twin.grad = 0.0
    target = memo.get(id(wrt)) if any(node is wrt for node in order) else None
    try:
        with enable_grad():
            root.backward(create_graph=True)
        gradient = 0.0 if target is None else target.grad
    finally:
        for twin in twins:  # a gradient whose graph holds its own node would never be freed
            twin.grad = 0.0
    originals = {id(twin): node for twin, node in zip(twins, order, strict=True)}
    return GradientGraph(gradient if isinstance(gradient, Value) else Value(gradient), target, twins, originals)
