"""The numbers of a model by layer: its parameters, their gradients, and the activations in a graph.

The layers are found from the names of the parameters; see `autograd_core.diagnosis`.
"""

from collections.abc import Mapping
from typing import Any

from autograd_core import OperandTypeError, Value, topological_order
from autograd_core.diagnosis import Place, by_layer, find_units, places


def parameters_of(model: object) -> dict[str, Value]:
    """The parameters of a model by name.

    Args:
        model: an object with a method `named_parameters()` that yields pairs of a name and a Value, one with a method
            `parameters()` that yields Values, whose names are their places in it, or a mapping from names to Values.

    Raises:
        OperandTypeError: if it is none of these.

    >>> parameters_of({"w": Value(2.0)})
    {'w': Value(2.0, grad=0.0)}
    >>> class Neuron:
    ...     w, b = Value(0.5), Value(1.0)
    ...     def parameters(self):
    ...         return [self.w, self.b]
    >>> list(parameters_of(Neuron()))
    ['parameters.0', 'parameters.1']
    """
    pairs = _pairs(model)
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], Value)):
            raise OperandTypeError(
                "expected a model with named_parameters() or parameters(), or a mapping from names to Values as in "
                f"{{'w': w}}, got {_kind(model)}"
            )
    return dict(pairs)


def _kind(model: object) -> str:
    if isinstance(model, type):
        return f"the class {model.__name__}; call it to make one"
    return type(model).__name__


def _pairs(model: Any) -> list[Any]:
    """What should be pairs of names and Values; the model itself if it has none."""
    if isinstance(model, Mapping):
        return list(model.items())
    for name in ("named_parameters", "parameters"):
        method = getattr(model, name, None)
        if callable(method) and not isinstance(model, type):
            found = list(method())
            return found if name == "named_parameters" else [(f"{name}.{k}", value) for k, value in enumerate(found)]
    return [model]


def places_of(parameters: Mapping[str, Value]) -> dict[int, Place]:
    """The layer and unit of each parameter, by its identity."""
    place = places(parameters)
    return {id(value): place[name] for name, value in parameters.items()}


def gradients_of(model: object) -> dict[str, list[float]]:
    """The present `grad` of the parameters, by layer; `""` is the model itself.

    Raises:
        OperandTypeError: as for `parameters_of`.

    >>> a, b = Value(3.0), Value(2.0)
    >>> (a * b).backward()
    >>> gradients_of({"first.w": a, "last.w": b})
    {'first': [2.0], 'last': [3.0]}
    """
    return by_layer((name, number(value.grad)) for name, value in parameters_of(model).items())


def activations_of(model: object, loss: Value) -> dict[str, list[float]]:
    """The outputs of the units in the graph of a loss, over all samples in it, by layer.

    Raises:
        OperandTypeError: as for `parameters_of`.

    >>> w = Value(2.0)
    >>> activations_of({"first.w": w}, (w * 3.0).relu() + (w * -1.0).relu())
    {'first': [6.0, 0.0]}
    """
    found: dict[str, list[float]] = {}
    for unit in find_units(topological_order(loss), places_of(parameters_of(model))):
        found.setdefault(unit.place.layer, []).extend(node.data for node in unit.nodes)
    return found


def number(gradient: Any) -> float:
    """A gradient as a float; after `backward(create_graph=True)` it is a Value."""
    return gradient.data if isinstance(gradient, Value) else float(gradient)
