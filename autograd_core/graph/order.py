"""The order of a sweep: users first on the way down, inputs first on the way up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from autograd_core.errors import OperandTypeError
from autograd_core.graph.node import Node
from autograd_core.numerics.number import describe


def parents_of(node: Node) -> list[Node]:
    """The inputs of a node that are nodes; the others are constants."""
    return [x for x in node.inputs if isinstance(x, Node)]


def reverse_order(
    roots: Sequence[Any], ends: Collection[Any] = (), below: Callable[[Any], Sequence[Any]] = parents_of
) -> list[Any]:
    """The roots and all below them, every node before its inputs; the order in which a sweep visits.

    What lies below the ends is left out. `below` gives the inputs of a node, so the nodes can be of any kind:

    >>> reverse_order(["d"], below=lambda node: {"d": "bc", "b": "a", "c": "ab"}.get(node, ""))
    ['d', 'c', 'b', 'a']
    """
    uses: dict[Any, int] = dict.fromkeys(roots, 0)
    stack = list(uses)
    while stack:
        node = stack.pop()
        for parent in () if node in ends else below(node):
            if parent not in uses:
                uses[parent] = 0
                stack.append(parent)
            uses[parent] += 1
    order: list[Any] = []
    ready = [root for root in dict.fromkeys(roots) if uses[root] == 0]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in () if node in ends else below(node):
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return order


def topological_order(*roots: Any) -> list[Any]:
    """The roots and everything they were made from, each node after its inputs.

    The order depends on the graph alone, so it is the same in every run.

    Raises:
        OperandTypeError: if a root is no Value.

    >>> from autograd_core import Value
    >>> a = Value(2.0, label="a")
    >>> b = a * a
    >>> [node.label or node.op.name for node in topological_order(b)]
    ['a', 'mul']
    """
    for root in roots:
        if not isinstance(root, Node):
            raise OperandTypeError(f"expected Values as roots, got {describe(root)}")
    order = reverse_order(roots)
    order.reverse()
    return order


def nodes_above(inputs: Iterable[Any], order: Iterable[Any]) -> list[Any]:
    """The nodes of an order, inputs first, that depend on some of these inputs, the inputs themselves left out.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * 2.0
    >>> d = b * b + c
    >>> [node.op.name for node in nodes_above([a], topological_order(d))]
    ['mul', 'add']
    """
    reached = set(inputs)
    above: list[Any] = []
    for node in order:
        if node not in reached and not reached.isdisjoint(parents_of(node)):
            reached.add(node)
            above.append(node)
    return above
