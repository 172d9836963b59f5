"""The chain rule as pictures and words repeat it: what passes along an edge, and the reverse sweep on public names.

The sweep visits nodes and adds contributions in the order of the engine's own sweep, hence arrives at the same floats;
and it keeps its sums to itself, so no `.grad` is read or written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograd_core import Value


def contribution_of(local: float, upstream: float, passes: bool = True) -> float:
    """The product; 0.0 if nothing passes, from a node that nothing has reached or through a structural zero.

    >>> contribution_of(2.0, -3.0), contribution_of(float("inf"), 0.0), contribution_of(float("inf"), 0.0, False)
    (-6.0, nan, 0.0)
    """
    return local * upstream + 0.0 if passes else 0.0  # -0.0 adds nothing either, and would look odd


def is_open(node: Value, place: int, local: float) -> bool:
    """Whether a node passes anything on to the input at this place, given its local derivative."""
    return local != 0.0 or not node.structural_zeros[place]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One contribution to the gradient with respect to `x`.

    Attributes:
        node: the user of `x`.
        place: which of its inputs `x` is.
        upstream: the gradient of the root with respect to the user.
        local: the local derivative of the user.
        passes: whether the user is reached from the root, and its derivative is no structural zero.
    """

    node: Value
    place: int
    upstream: float
    local: float
    passes: bool

    @property
    def contribution(self) -> float:
        """What it adds."""
        return contribution_of(self.local, self.upstream, self.passes)


def arrivals(x: Value, above: Sequence[Value]) -> Iterator[Arrival]:
    """Everything that the sweep adds to the gradient with respect to `x`, in the order in which it does.

    Args:
        x: where the sweep ends.
        above: the nodes that depend on `x`, in topological order, the root last. Nothing flows to `x` or to one of
            these but from one of these.
    """
    inside = set(map(id, above))
    sums = {id(node): 1.0 for node in above[-1:]}  # of the nodes that something has reached
    for node in reversed(above):
        reached, upstream = id(node) in sums, sums.pop(id(node), 0.0)
        for place, (operand, local) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
            passes = reached and is_open(node, place, local)
            if operand is x:
                yield Arrival(node, place, upstream, local, passes)
            elif passes and id(operand) in inside:
                sums[id(operand)] = sums.get(id(operand), 0.0) + local * upstream


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
