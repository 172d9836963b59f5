"""The chain rule as pictures and words repeat it: what passes along an edge, and the reverse sweep on public names.

The sweep visits nodes and adds contributions in the order of the engine's own sweep, hence arrives at the same floats;
and it keeps its sums to itself, so no `.grad` is read or written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograd_core import Value


def contribution_of(local: float, upstream: float) -> float:
    """The product; 0.0 if a factor is exactly 0, also where the other is infinite or nan: 0 passes nothing on.

    >>> contribution_of(2.0, -3.0), contribution_of(float("inf"), 0.0)
    (-6.0, 0.0)
    """
    return local * upstream if local != 0.0 and upstream != 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One contribution to the gradient with respect to `x`.

    Attributes:
        node: the user of `x`.
        place: which of its inputs `x` is.
        upstream: the gradient of the root with respect to the user.
        local: the local derivative of the user.
    """

    node: Value
    place: int
    upstream: float
    local: float

    @property
    def contribution(self) -> float:
        """What it adds."""
        return contribution_of(self.local, self.upstream)


def arrivals(x: Value, above: Sequence[Value]) -> Iterator[Arrival]:
    """Everything that the sweep adds to the gradient with respect to `x`, in the order in which it does.

    Args:
        x: where the sweep ends.
        above: the nodes that depend on `x`, in topological order, the root last. Nothing flows to `x` or to one of
            these but from one of these.
    """
    sums = {id(node): 0.0 for node in above}
    if above:
        sums[id(above[-1])] = 1.0
    for node in reversed(above):
        upstream = sums.pop(id(node))
        for place, (operand, local) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
            if operand is x:
                yield Arrival(node, place, upstream, local)
            elif id(operand) in sums:
                sums[id(operand)] += contribution_of(local, upstream)


def gradient_at(x: Value, root: Value, above: Sequence[Value]) -> float:
    """The gradient of `root` with respect to `x`, as `backward()` computes it, given the nodes between the two.

    >>> a = Value(3.0)
    >>> b = a * a
    >>> gradient_at(a, b, [b])
    6.0
    """
    if x is root:
        return 1.0
    total = 0.0
    for arrival in arrivals(x, above):
        total += arrival.contribution
    return total


def above_of(x: Value, order: Sequence[Value]) -> list[Value]:
    """The nodes between `x` and the last of `order`, which depends on them; empty if that does not depend on `x`.

    Every node of a topological order is below its last, so what depends on `x` is between the two.
    """
    depends = {id(x)}
    above: list[Value] = []
    for node in order:
        if not depends.isdisjoint(map(id, node.inputs)):
            depends.add(id(node))
            above.append(node)
    return above
