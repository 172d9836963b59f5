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
            used = uses.get(parent)
            if used is None:
                stack.append(parent)
            uses[parent] = (used or 0) + 1
    order: list[Any] = []
    ready = [root for root in dict.fromkeys(roots) if uses[root] == 0]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in () if node in ends else below(node):
            left = uses[parent] - 1
            uses[parent] = left
            if left == 0:
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


def nodes_above(inputs: Iterable[Any], roots: Iterable[Any]) -> list[Any]:
    """The nodes between the inputs and the roots, the inputs left out, every node after its own inputs.

    Found by one depth-first walk from the roots, which ends at the inputs; to filter `topological_order` makes forward
    mode 1.6 times slower. The two orders differ in nodes that do not depend on each other.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> d = b * b + a * 2.0
    >>> [node.op.name for node in nodes_above([a], [d])]
    ['mul', 'add']
    """
    depends: dict[Any, bool] = dict.fromkeys(inputs, True)
    above: list[Any] = []
    stack: list[Any] = [root for root in roots if isinstance(root, Node)]
    while stack:
        node = stack[-1]
        if node in depends:
            stack.pop()
            continue
        parents = parents_of(node)
        waiting = [x for x in parents if x not in depends]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        depends[node] = any(depends[x] for x in parents)
        if depends[node]:
            above.append(node)
    return above
