"""Which parameters the cost of a sample reacts to most, and whether it does what the gradient predicts.

A change of a parameter by a small number changes the cost by about the gradient times this number. The real change is
computed by running the graph again with the changed number.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autograd_core import Value
from viz.graph.rerun import rerun
from viz.network.perceptron import Perceptron


class Sensitivity(NamedTuple):
    """A parameter and what a change of it does.

    Attributes:
        layer: the index of its layer.
        neuron: the index of its neuron in the layer.
        source: the index of the input that a weight multiplies; None for a bias.
        parameter: the parameter.
        gradient: the derivative of the cost with respect to it.
        predicted: the change of the cost that the gradient predicts.
        real: the real change.
    """

    layer: int
    neuron: int
    source: int | None
    parameter: Value
    gradient: float
    predicted: float
    real: float


def most_sensitive(sample: Perceptron, count: int = 10, delta: float = 0.1) -> list[Sensitivity]:
    """The parameters with the largest gradients, the largest first, each changed by `delta` alone.

    Args:
        sample: the network, with its numbers for a sample.
        count: how many of them.
        delta: the change.
    """
    places = [
        (layer, neuron, source, parameter, delta_z * x)
        for layer, one in enumerate(sample.layers)
        for neuron, (weights, bias, delta_z) in enumerate(zip(one.weights, one.biases, one.deltas, strict=True))
        for source, parameter, x in [*zip(range(len(weights)), weights, one.x, strict=True), (None, bias, 1.0)]
        if parameter is not None
    ]
    places.sort(key=lambda place: -abs(place[-1]))
    users, position = _users(sample.order), {node: index for index, node in enumerate(sample.order)}
    return [
        Sensitivity(*place, place[-1] * delta, _real_change(place[3], delta, sample.order[-1], users, position))
        for place in places[:count]
    ]


def _users(order: Sequence[Value]) -> dict[Value, list[Value]]:
    users: dict[Value, list[Value]] = {}
    for node in order:
        for source in node.inputs:
            if isinstance(source, Value):
                users.setdefault(source, []).append(node)
    return users


def _real_change(
    x: Value, delta: float, root: Value, users: Mapping[Value, Sequence[Value]], position: Mapping[Value, int]
) -> float:
    above: set[Value] = set()
    waiting = [x]
    while waiting:
        found = [user for user in users.get(waiting.pop(), ()) if user not in above]
        above.update(found)
        waiting += found
    return rerun(x, x.data + delta, sorted(above, key=position.__getitem__), root) - root.data
