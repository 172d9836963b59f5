"""The health of a training: the sizes of gradients and updates in each layer, and units that no longer learn.

A problem becomes a `Finding`: where, the reason, and the remedy. Checks are rare, so they cost little: the gradients in
one update of each epoch; the units, in the graph of a few samples, after epochs 1, 4, 16, 64 ... and the last. The
thresholds and their reasons are in `autograd_core.diagnosis`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from autograd_core import AutogradWarning, Value, enable_grad, norm, stuck_layers
from autograd_core.diagnosis import (
    DEAD,
    MODEL,
    SATURATED,
    Finding,
    Place,
    by_layer_and_op,
    condition,
    dead_finding,
    find_units,
    flow_findings,
    follows,
    places,
    saturated_finding,
)
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.training.evaluation import Network, forward

__all__ = [
    "Finding",
    "TrainingWarning",
    "follows",
    "gradient_findings",
    "gradient_norms",
    "is_time_to_look",
    "layers_of",
    "loss_findings",
    "places_of",
    "spread",
    "stuck_findings",
    "unit_findings",
    "update_ratios",
    "weights_of",
]

gradient_findings = flow_findings

Layers: TypeAlias = Mapping[str, Sequence[Value]]
"""The parameters of each layer by its name; `""` is the model itself."""

SAMPLES: Final = 32
"""How many samples, evenly spread over the data, are used to judge the units."""

MANY: Final = 0.75
"""A training warns of a layer if at least this share of its units is dead or saturated. In small networks that learn
well, half of the relus of a layer are often dead; `viz.diagnose` lists each of them."""


class TrainingWarning(AutogradWarning):
    """Something about a training looks wrong; the training goes on."""


# ---- Gradients and updates -------------------------------------------------------------------------------------------


def places_of(model: object) -> dict[int, Place]:
    """The place of each parameter of a Module, by its `id`; empty for a function that is not a Module.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(2, [3, 1])
    >>> places_of(model)[id(model.layers[0].neurons[2].b)]
    Place(layer='layers.0', unit='neurons.2', array='layers.0.neurons.2.b')
    """
    if not isinstance(model, Module):
        return {}
    named = dict(model.named_parameters())
    place = places(named)
    return {id(parameter): place[name] for name, parameter in named.items()}


def layers_of(places: Mapping[int, Place], parameters: Iterable[Value]) -> dict[str, list[Value]]:
    """The parameters grouped by layer.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(2, [3, 1])
    >>> layers = layers_of(places_of(model), model.parameters())
    >>> {name: len(parameters) for name, parameters in layers.items()}
    {'layers.0': 9, 'layers.1': 4}
    """
    layers: dict[str, list[Value]] = {}
    for parameter in parameters:
        layers.setdefault(places.get(id(parameter), MODEL).layer, []).append(parameter)
    return layers


def gradient_norms(layers: Layers) -> dict[str, float]:
    """The length of the gradient of each layer.

    >>> a, b = Value(1.0), Value(1.0)
    >>> a.grad, b.grad = 3.0, 4.0
    >>> gradient_norms({"layer": [a, b]})
    {'layer': 5.0}
    """
    return {name: _length([_number(p.grad) for p in parameters]) for name, parameters in layers.items()}


def weights_of(layers: Layers) -> dict[str, list[float]]:
    """The present numbers of each layer."""
    return {name: [p.data for p in parameters] for name, parameters in layers.items()}


def update_ratios(before: Mapping[str, Sequence[float]], layers: Layers) -> dict[str, float]:
    """The length of the update of each layer, divided by that of its weights; layers of zeros are left out.

    >>> update_ratios({"layer": [3.0, 4.0], "zeros": [0.0]}, {"layer": [Value(3.0), Value(4.5)], "zeros": [Value(1.0)]})
    {'layer': 0.1}
    """
    ratios = {}
    for name, old in before.items():
        if length := _length(old):
            ratios[name] = _length([p.data - x for p, x in zip(layers[name], old, strict=True)]) / length
    return ratios


def stuck_findings(named: Iterable[tuple[str, Value]]) -> list[Finding]:
    """Which layers cannot learn because their weights are all 0 or their units are copies of each other.

    Args:
        named: the parameters that are trained, with their names and their gradients, in the order of the model.

    >>> from nn.layers.dense import MLP
    >>> from nn.init import zeros
    >>> model = MLP(2, [4, 1], activation="tanh", init=zeros)
    >>> model([1.0, 2.0]).backward()
    >>> [(finding.kind, finding.where) for finding in stuck_findings(model.named_parameters())]
    [('zero', 'layers.0'), ('zero', 'layers.1')]
    """
    pairs = {name: (p.data, _number(p.grad)) for name, p in named if not p.frozen}
    return stuck_layers(pairs)


def loss_findings(validation_loss: float | None) -> list[Finding]:
    """What is wrong with the loss after an epoch.

    >>> [finding.kind for finding in loss_findings(math.nan)], loss_findings(0.5)
    (['nan'], [])
    """
    if validation_loss is None or math.isfinite(validation_loss):
        return []
    reason = f"the validation loss is {validation_loss}, though the training loss is not"
    remedy = "Use a smaller learning rate, or look for the first such number with detect_anomaly()"
    return [Finding("nan", "", reason, remedy)]


# ---- Units -----------------------------------------------------------------------------------------------------------


def is_time_to_look(epoch: int, epochs: int) -> bool:
    """Whether units are checked after the epoch with this index, from 0.

    >>> [epoch for epoch in range(100) if is_time_to_look(epoch, 100)]
    [0, 3, 15, 63, 99]
    """
    count = epoch + 1
    is_power_of_4 = count & (count - 1) == 0 and count.bit_length() % 2 == 1
    return is_power_of_4 or count == epochs


def spread(samples: Sequence[Any]) -> list[Any]:
    """At most `SAMPLES` of the samples, evenly spread.

    >>> spread(range(64))[:3], len(spread(range(64))), spread("ab")
    ([0, 2, 4], 32, ['a', 'b'])
    """
    count = min(SAMPLES, len(samples))
    return [samples[i * len(samples) // count] for i in range(count)]


def unit_findings(
    model: Network, features: Sequence[Any], together: bool, places: Mapping[int, Place]
) -> list[Finding]:
    """Layers with many units that are dead or saturated for all these samples.

    Units whose outputs are those of the model are left out: an output near the end of its range is normal in a
    classifier.

    Args:
        model: a function from the features of a sample to its outputs.
        features: the features of the samples.
        together: whether the model is called with all of them at once.
        places: the places of its parameters.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(1, [2, 1], rng=0)
    >>> for neuron in model.layers[0].neurons:
    ...     neuron.b.data = -100.0
    >>> for finding in unit_findings(model, [[0.5], [1.0]], False, places_of(model)):
    ...     print(finding)  # doctest: +ELLIPSIS
    dead, layers.0: 2 of 2 relu units give 0 for each of 2 samples and learn nothing (neurons.0, neurons.1). Use ...
    """
    with evaluating(model), enable_grad():
        outputs = _values(forward(model, features, together))
    findings = []
    for (layer, _), units in by_layer_and_op(find_units(_hidden(outputs), places)).items():
        for state, finding in ((DEAD, dead_finding), (SATURATED, saturated_finding)):
            shown = [unit for unit in units if condition(unit) == state]
            if len(shown) >= MANY * len(units):
                findings.append(finding(layer, shown, units))
    return findings


def _hidden(outputs: Sequence[Value]) -> Iterator[Value]:
    """The results of ops in the graph of the outputs, without the outputs.

    The order does not matter; a topological one would take ten times as long.
    """
    met = set(map(id, outputs))
    stack = list(outputs)
    while stack:
        for node in stack.pop().inputs:
            if isinstance(node, Value) and node.op is not None and id(node) not in met:
                met.add(id(node))
                stack.append(node)
                yield node


def _values(outputs: Any) -> list[Value]:
    """The Values in lists, tuples and dicts."""
    if isinstance(outputs, Value):
        return [outputs]
    if isinstance(outputs, dict):
        outputs = outputs.values()
    elif not isinstance(outputs, (list, tuple)):
        return []
    return [value for part in outputs for value in _values(part)]


def _number(gradient: Any) -> float:
    number: float = gradient.data if isinstance(gradient, Value) else gradient
    return number


def _length(numbers: Sequence[float]) -> float:
    length: float = norm(numbers)
    return length
