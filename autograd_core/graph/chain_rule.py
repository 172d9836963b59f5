"""The chain rule: all of backpropagation on one page.

The gradient of a root with respect to a node is the sum, over all ways in which the node is used, of

    local derivative of the user  x  gradient of the root with respect to the user.

So the users come first. `reverse_order` puts every node before its inputs, and `adjoints` walks along it with a table
that holds the sum so far for each node, its adjoint. `carry` is the one place where a product is formed and added.

Everything else is this rule again. `sweep` has it made fast, on sums that stand in the nodes; `tangents` carries from
the inputs up instead of from the root down, which is forward mode. Tests hold them equal to the last bit. If the seeds
and the local derivatives are Values, the gradients are Values, and can be differentiated again.

0 times infinity. A structural zero passes nothing on: that is a local derivative which is constantly 0 around the
point, as of a branch that was not taken (`Op.passes_nothing`), and a seed that is the constant 0. A node that nothing
has reached has adjoint 0 and passes nothing on either, however infinite its own derivatives are. Every other product is
that of IEEE 754, so 0 * inf is nan: one of the two rounded what the other needs, and no number would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from autograd_core.errors import OperandTypeError
from autograd_core.graph.contributions import check_contribution, is_zero, number_of, plus, times, undetected
from autograd_core.graph.node import Node
from autograd_core.numerics.number import describe


def adjoints(
    seeds: dict[Node, Any],
    slopes: Callable[[Node], Sequence[Any]],
    check: bool,
    ends: Collection[Node] = (),
    seeds_are_constants: bool = True,
) -> dict[Node, Any]:
    """The gradient of the seeded roots with respect to each node, in whatever numbers the seeds and `slopes` are.

    `slopes` gives the local derivatives of a node. With `check` a contribution that is not finite is an
    `AnomalyError`. What lies below the ends is not visited. A seed that is the constant 0 passes nothing on.
    """
    table = {root: seed for root, seed in seeds.items() if not (seeds_are_constants and is_zero(seed))}
    order = reverse_order(list(seeds), ends)
    with undetected(check):
        for node in order:
            if node in table and node not in ends:
                for place, (parent, slope) in enumerate(zip(node.inputs, slopes(node), strict=True)):
                    if isinstance(parent, Node) and not passes_nothing(node, place, slope):
                        carry(table, node, parent, slope, node if check else None)
    for node in order:
        table.setdefault(node, 0.0)
    return table


def carry(table: dict[Node, Any], source: Node, target: Node, slope: Any, checked: Node | None) -> None:
    """Carry what stands at the source over an edge and add it at the target: the chain rule, in either direction."""
    contribution = times(slope, table[source])
    if checked is not None:
        check_contribution(checked, contribution, "backward pass" if checked is source else "forward sweep")
    table[target] = plus(table.get(target, 0.0), contribution)


def passes_nothing(node: Node, place: int, slope: Any) -> bool:
    """Whether the slope of a node with respect to the input at this place is a structural zero."""
    if number_of(slope) != 0.0:
        return False
    op = node.op
    return op is not None and op.passes_nothing(place, node.inputs, node)


# ---- The order -------------------------------------------------------------------------------------------------------


def reverse_order(roots: Sequence[Node], ends: Collection[Node] = ()) -> list[Node]:
    """The roots and all below them, every node before its inputs; the order in which a sweep visits.

    What lies below the ends is left out.
    """
    uses: dict[Node, int] = dict.fromkeys(roots, 0)
    stack = list(uses)
    while stack:
        for parent in _parents_of(stack.pop(), ends):
            if parent not in uses:
                uses[parent] = 0
                stack.append(parent)
            uses[parent] += 1
    order: list[Node] = []
    ready = [root for root in dict.fromkeys(roots) if uses[root] == 0]
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in _parents_of(node, ends):
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
    return order


def _parents_of(node: Node, ends: Collection[Node]) -> list[Node]:
    return [] if node in ends else [x for x in node.inputs if isinstance(x, Node)]


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
