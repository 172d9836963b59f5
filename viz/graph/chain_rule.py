"""What pictures and words read off the engine's chain rule: contributions to one node, and the gradient that they make.

The sums are kept in a table, so no `.grad` is read or written. They are added in the order of the engine's own sweep,
so they are the same floats.
"""

from collections.abc import Iterable, Iterator, Sequence

from autograd_core import Value
from autograd_core.graph.chain_rule import contributions
from autograd_core.graph.contributions import Contribution
from autograd_core.graph.edges import Edge, edges_below
from autograd_core.graph.order import nodes_above


def edges(order: Iterable[Value]) -> Iterator[list[Edge]]:
    """The edges from each node to its inputs, with the local derivatives that were recorded."""
    return (edges_below(node, node.derivatives) for node in order)


def above_of(x: Value, order: Sequence[Value]) -> list[Value]:
    """The nodes between `x` and the last of `order`, inputs first; empty if that does not depend on `x`."""
    above = set(nodes_above([x], order[-1:]))
    return [node for node in order if node in above]


def arrivals(x: Value, above: Sequence[Value]) -> Iterator[Contribution]:
    """Everything that the sweep adds to the gradient with respect to `x`, in the order in which it does.

    Args:
        x: where the sweep ends.
        above: the nodes that depend on `x`, in topological order, the root last. What flows to `x` flows through them.
    """
    return (step for step in contributions(edges(reversed(above)), dict.fromkeys(above[-1:], 1.0)) if step.target is x)


def gradient_at(x: Value, root: Value, above: Sequence[Value]) -> float:
    """The gradient of `root` with respect to `x`, as `backward()` computes it, given the nodes between the two.

    >>> a = Value(3.0)
    >>> b = a * a
    >>> gradient_at(a, b, [b])
    6.0
    """
    total = 1.0 if x is root else 0.0
    for arrival in arrivals(x, above):
        total = arrival.after
    return total
