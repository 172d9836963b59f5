"""The chain rule: all of backpropagation on one page.

The gradient of a root with respect to a node is the sum, over all ways in which the node is used, of

    local derivative of the user  x  gradient of the root with respect to the user.

So the users come first. `reverse_order` puts every node before its inputs, `edges_below` gives the edges from a node
to its inputs, and `contributions` walks along them with a table that holds the sum so far for each node. It is the one
place where a product is formed and added.

Everything else is this rule again. `adjoints` keeps the sums alone: that is the reverse sweep. `tangents` walks along
the same edges from the inputs up: that is forward mode. `viz` keeps the contributions, to show and explain them.
`sweep` is the rule made fast, and tests hold it equal to the last bit. If the seeds and the local derivatives are
Values, the gradients are Values, and can be differentiated again.

0 times infinity. A structural zero passes nothing on: that is a local derivative which is constantly 0 around the
point, as of a branch that was not taken (`Op.passes_nothing`), and a seed that is the constant 0. A node that nothing
has reached has adjoint 0 and passes nothing on either, however infinite its own derivatives are. Every other product is
that of IEEE 754, so 0 * inf is nan: one of the two rounded what the other needs, and no number would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from autograd_core.graph.contributions import (
    Contribution,
    check_contribution,
    is_zero,
    number_of,
    plus,
    times,
    undetected,
)
from autograd_core.graph.node import Node
from autograd_core.graph.order import reverse_order

Edge: TypeAlias = tuple[Any, Any, int, Any, bool]
"""Where a sweep comes from and goes to, which input of its user the edge is, the local derivative, and whether that is
a structural zero."""


def contributions(order: Iterable[list[Edge]], sums: dict[Any, Any]) -> Iterator[Contribution]:
    """Carry the sums along edges, one by one: the chain rule, in either direction and in numbers of any kind.

    `order` gives the edges of one node after the other, those from a source after all that lead to it. The sums begin
    with the seeds and grow meanwhile; what nothing has reached is not in them.

    >>> sums = {"root": 2.0}
    >>> order = [[("root", "a", 0, 3.0, False), ("root", "b", 1, 5.0, False)], [("b", "a", 0, 7.0, False)]]
    >>> [step.product for step in contributions(order, sums)]
    [6.0, 10.0, 70.0]
    >>> sums
    {'root': 2.0, 'a': 76.0, 'b': 10.0}
    """
    for edges in order:
        for source, target, place, local, is_structural_zero in edges:
            upstream = sums.get(source)
            before = after = sums.get(target, 0.0)
            product: Any = 0.0
            if upstream is None:  # nothing has reached the source
                upstream = 0.0
            elif not is_structural_zero:
                product = times(local, upstream)
                after = sums[target] = plus(before, product)
            yield Contribution(source, target, place, upstream, local, product, before, after)


def edges_below(node: Node, slopes: Sequence[Any]) -> list[Edge]:
    """The edges from a node to those of its inputs that are nodes; the slopes are its local derivatives."""
    return [
        (node, x, place, slope, passes_nothing(node, place, slope))
        for place, (x, slope) in enumerate(zip(node.inputs, slopes, strict=True))
        if isinstance(x, Node)
    ]


def passes_nothing(node: Node, place: int, slope: Any) -> bool:
    """Whether the slope of a node with respect to the input at this place is a structural zero."""
    if number_of(slope) != 0.0:
        return False
    op = node.op
    return op is not None and op.passes_nothing(place, node.inputs, node)


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
        for step in contributions(_edges_of_reached(order, table, slopes, ends), table):
            if check:
                check_contribution(step.source, step.product, "backward pass")
    for node in order:
        table.setdefault(node, 0.0)
    return table


def _edges_of_reached(
    order: Iterable[Node], table: dict[Node, Any], slopes: Callable[[Node], Sequence[Any]], ends: Collection[Node]
) -> Iterator[list[Edge]]:
    """The edges of an order. A node that nothing has reached by its turn is left out, and its slopes not computed."""
    for node in order:
        if node in table and node not in ends:
            yield edges_below(node, slopes(node))
