"""Orders with the inputs first: of the whole graph below some roots, and of what depends on some inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_core.errors import OperandTypeError
from autograd_core.graph.chain_rule import reverse_order
from autograd_core.graph.edges import input_nodes
from autograd_core.graph.node import Node
from autograd_core.numerics.number import describe


def topological_order(*roots: Any) -> list[Any]:
    """The roots and all nodes below them, each node after its inputs.

    The order depends on the graph alone, so it is the same in every run.

    Raises:
        OperandTypeError: if a root is not a Value.

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
    """The nodes between the inputs and the roots, without the inputs, each node after its own inputs.

    They are found by one depth-first walk from the roots that stops at the inputs. Filtering `topological_order`
    instead makes forward mode 1.6 times slower. The two orders differ in nodes that do not depend on each other.

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
        below = input_nodes(node)
        waiting = [x for x in below if x not in depends]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        depends[node] = any(depends[x] for x in below)
        if depends[node]:
            above.append(node)
    return above
