"""The numbers of a model by layer: which layer a parameter belongs to, its gradients, and the activations in a graph.

Nothing is known of a model but the names of its parameters, as `layers.0.neurons.3.w.1`: an array of numbers (`w`) in a
unit (`layers.0.neurons.3`) in a layer (`layers.0`). An activation in a graph belongs to the unit whose parameters went
into its weighted sum.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from autograd_core import OperandTypeError, Value, topological_order

UNITS: Final = "neurons"
"""The list in which a layer keeps its units: `layers.0.neurons.3` is a part of the layer `layers.0`."""


class Place(NamedTuple):
    """Where a parameter stands in its model; parts that its name does not tell are empty.

    >>> Place.of("layers.0.neurons.3.w.1")
    Place(layer='layers.0', unit='layers.0.neurons.3', array='layers.0.neurons.3.w')
    >>> Place.of("head.weight.2.0")
    Place(layer='head', unit='head', array='head.weight')
    """

    layer: str
    unit: str
    array: str

    @classmethod
    def of(cls, name: str) -> "Place":
        """The place that a dotted name says."""
        array = _without_numbers(name.split("."))
        unit = array[:-1]
        layer = unit[:-2] if unit[-2:-1] == [UNITS] else unit
        return cls(".".join(layer), ".".join(unit), ".".join(array))


def _without_numbers(parts: list[str]) -> list[str]:
    while len(parts) > 1 and parts[-1].isdecimal():
        parts = parts[:-1]
    return parts


class Unit(NamedTuple):
    """A unit of a layer and all its activations in a graph, one for each sample."""

    place: Place
    op: str
    nodes: Sequence[Value]


def parameters_of(model: object) -> dict[str, Value]:
    """The parameters of a model by name.

    Args:
        model: anything with a method `named_parameters()` that gives pairs of a name and a Value, or a mapping from
            names to Values.

    Raises:
        OperandTypeError: if it is neither.

    >>> parameters_of({"w": Value(2.0)})
    {'w': Value(2.0, grad=0.0)}
    """
    method = getattr(model, "named_parameters", None)
    pairs: list[Any] = list(model.items() if isinstance(model, Mapping) else method() if callable(method) else [model])
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], Value)):
            raise OperandTypeError(
                "expected a model with named_parameters(), or a mapping from names to Values as in {'w': w}, "
                f"got {type(model).__name__}"
            )
    return dict(pairs)


def gradients_of(model: object) -> dict[str, list[float]]:
    """The gradients of the parameters as they are now, in `grad`, by layer; `""` is the model itself.

    Raises:
        OperandTypeError: as `parameters_of`.

    >>> a, b = Value(3.0), Value(2.0)
    >>> (a * b).backward()
    >>> gradients_of({"first.w": a, "last.w": b})
    {'first': [2.0], 'last': [3.0]}
    """
    return by_layer((name, number(value.grad)) for name, value in parameters_of(model).items())


def activations_of(model: object, loss: Value) -> dict[str, list[float]]:
    """The outputs of the units in the graph of a loss, over all samples in it, by layer.

    Raises:
        OperandTypeError: as `parameters_of`.

    >>> w = Value(2.0)
    >>> activations_of({"first.w": w}, (w * 3.0).relu() + (w * -1.0).relu())
    {'first': [6.0, 0.0]}
    """
    found: dict[str, list[float]] = {}
    for unit in units(topological_order(loss), parameters_of(model)):
        found.setdefault(unit.place.layer, []).extend(node.data for node in unit.nodes)
    return found


def by_layer(numbers: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """Numbers with the names of their parameters, gathered by layer."""
    found: dict[str, list[float]] = {}
    for name, one in numbers:
        found.setdefault(Place.of(name).layer, []).append(one)
    return found


def units(order: Iterable[Value], parameters: Mapping[str, Value]) -> list[Unit]:
    """The units whose activations stand in a graph, given in topological order."""
    place = {id(value): Place.of(name)._replace(array="") for name, value in parameters.items()}
    owner: dict[int, Place] = {}
    nodes: dict[tuple[Place, str], list[Value]] = {}
    for node in order:
        if node.op is not None and node.op.activation:
            below = node.inputs[0]
            if id(below) in owner:
                nodes.setdefault((owner[id(below)], node.op.name), []).append(node)
        elif node.op is not None:
            whose = _owner(node, place, owner)
            if whose is not None:
                owner[id(node)] = whose
    return [Unit(*key, found) for key, found in nodes.items()]


def _owner(node: Value, place: Mapping[int, Place], owner: Mapping[int, Place]) -> Place | None:
    """The unit whose weighted sum a node is, or a part of it: it has parameters of the unit, or adds such parts up.

    Whatever else is done to the sum of a unit, as in the margin `1 - y * output` of a loss, is no part of the unit.
    """
    for part in node.inputs:
        if isinstance(part, Value) and id(part) in place:
            return place[id(part)]
    owners = {owner.get(id(part)) for part in node.inputs}
    return owners.pop() if node.op is not None and node.op.adds == "inputs" and len(owners) == 1 else None


def number(gradient: Any) -> float:
    """A gradient as a float; after `backward(create_graph=True)` it is a Value."""
    return gradient.data if isinstance(gradient, Value) else float(gradient)
