"""The health of a training: how large gradients and updates are in each layer, and which units do nothing any more.

What is wrong becomes a `Finding`: where, the reason, and the remedy. Looking is cheap by looking seldom: at the
gradients in one update of an epoch, and at the units after the 1st, 4th, 16th, 64th ... epoch and the last.

Units need no hooks: the graph of a few samples is recorded, and an activation in it belongs to the unit whose
parameters stand right below it.

Sources: S. Hochreiter, "The vanishing gradient problem during learning recurrent neural nets and problem solutions"
(1998); X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), for
saturation; L. Lu, Y. Shin, Y. Su, G. Karniadakis, "Dying ReLU and initialization" (2020), arXiv:1903.06733. The
thresholds are ours: far from what is met in a training that works.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core import TABLE, Value, enable_grad, norm, stuck_layers
from nn.modules.dotted_names import holder
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.modules.state import array_names
from nn.training.evaluation import Network, forward

Layers: TypeAlias = Mapping[str, Sequence[Value]]
"""The parameters of each layer by its name; `""` is the model itself."""

VANISHING: Final = 1e-4
"""A layer has a vanishing gradient if that is so much smaller than in another one, parameter by parameter."""

NEGLIGIBLE: Final = 1e-6
"""Where no parameter has a larger gradient than this, training has arrived, and no layer is compared with another."""

EXPLODING: Final = 1e3
"""A layer has an exploding gradient if that is so many times as long as its weights, or as 1 if they are short."""

SAMPLES: Final = 32
"""So many samples, evenly spread over the data, are looked at to judge the units."""

MANY: Final = 0.75
"""A layer is reported if at least this share of its units is dead or saturated. In small networks that learn well, half
of the relus of a layer are often dead."""

FLAT_SLOPES: Final = {
    "tanh": 0.02,  # |tanh x| > 0.99
    "sigmoid": 0.01,  # less than 0.01, or more than 0.99
    "softsign": 1e-4,  # |softsign x| > 0.99
}
"""Slopes at which an activation counts as flat that never is quite flat; for all others it is 0."""

FLAT: Final[Mapping[str, tuple[str, float]]] = {
    op.name: ("dead" if op.steepest is None else "saturated", FLAT_SLOPES.get(op.name, 0.0))
    for op in TABLE.values()
    if op.activation and (op.zero_until == 0.0 or op.steepest is not None)
}
"""By the name of the op of an activation: what a unit is that has at most such a slope for all samples."""


class TrainingWarning(UserWarning):
    """Training goes on, but something about it looks wrong."""


class Finding(NamedTuple):
    """What is wrong.

    Attributes:
        kind: `"zero"`, `"equal"`, `"vanishing"`, `"exploding"`, `"dead"`, `"saturated"` or `"nan"`.
        where: the name of the layer; `""` is the model itself.
        reason: what was seen.
        remedy: what usually helps.
    """

    kind: str
    where: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where or 'the model'}: {self.reason}. {self.remedy}"


# ---- Gradients and updates -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a parameter belongs.

    Attributes:
        layer: the name of the module in whose arrays it is stored; `""` is the model itself.
        unit: within the layer, the name of the module that has it; if it is the layer, the name of the parameter.
    """

    layer: str
    unit: str


def places_of(model: object) -> dict[int, Place]:
    """For each parameter of a Module, by its identity, where it belongs; of other functions nothing is known.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(2, [3, 1])
    >>> places_of(model)[id(model.layers[0].neurons[2].b)]
    Place(layer='layers.0', unit='neurons.2')
    """
    if not isinstance(model, Module):
        return {}
    array_of, modules = array_names(model), dict(model.named_modules())
    places = {}
    for name, parameter in model.named_parameters():
        layer = holder(array_of.get(id(parameter), [name])[0], modules)
        unit = holder(name, modules)
        places[id(parameter)] = Place(layer, (unit if unit != layer else name).removeprefix(f"{layer}."))
    return places


def layers_of(places: Mapping[int, Place], parameters: Iterable[Value]) -> dict[str, list[Value]]:
    """The parameters by their layers.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(2, [3, 1])
    >>> layers = layers_of(places_of(model), model.parameters())
    >>> {name: len(parameters) for name, parameters in layers.items()}
    {'layers.0': 9, 'layers.1': 4}
    """
    layers: dict[str, list[Value]] = {}
    for parameter in parameters:
        layers.setdefault(places.get(id(parameter), _MODEL).layer, []).append(parameter)
    return layers


_MODEL: Final = Place("", "")


def gradient_norms(layers: Layers) -> dict[str, float]:
    """The length of the gradient of each layer.

    >>> a, b = Value(1.0), Value(1.0)
    >>> a.grad, b.grad = 3.0, 4.0
    >>> gradient_norms({"layer": [a, b]})
    {'layer': 5.0}
    """
    return {name: _length([_number(p.grad) for p in parameters]) for name, parameters in layers.items()}


def weights_of(layers: Layers) -> dict[str, list[float]]:
    """The numbers of each layer as they are now."""
    return {name: [p.data for p in parameters] for name, parameters in layers.items()}


def update_ratios(before: Mapping[str, Sequence[float]], layers: Layers) -> dict[str, float]:
    """How far the weights of each layer have moved, in parts of their length; layers of zeros are left out.

    >>> update_ratios({"layer": [3.0, 4.0], "zeros": [0.0]}, {"layer": [Value(3.0), Value(4.5)], "zeros": [Value(1.0)]})
    {'layer': 0.1}
    """
    ratios = {}
    for name, old in before.items():
        if length := _length(old):
            ratios[name] = _length([p.data - x for p, x in zip(layers[name], old, strict=True)]) / length
    return ratios


def gradient_findings(norms: Mapping[str, float], weights: Mapping[str, Sequence[float]]) -> list[Finding]:
    """What is wrong with the gradients.

    Args:
        norms: the lengths of the gradients by layer.
        weights: the numbers of the layers.

    >>> for finding in gradient_findings({"first": 1e-9, "last": 1e-2}, {"first": [1.0] * 9, "last": [1.0]}):
    ...     print(finding)  # doctest: +ELLIPSIS
    first: the gradient of a parameter is 3.3e-10 here and 0.01 in last, so this layer hardly learns. Use ...
    """
    sizes = {name: length / math.sqrt(len(weights[name])) for name, length in norms.items()}
    if any(length and not any(weights[name]) for name, length in norms.items()):
        # A layer that starts with zeros lets nothing through before its first step; that is no sign of trouble.
        sizes = {name: size for name, size in sizes.items() if size}
    largest = max(sizes, key=sizes.__getitem__, default="")
    found = [
        Finding(
            "vanishing",
            name,
            f"the gradient of a parameter is {size:.2g} here and {sizes[largest]:.2g} in {largest or 'the model'}, so "
            "this layer hardly learns",
            "Use relu or a relative of it instead of tanh or sigmoid, the initial weights that go with it, "
            "normalisation between the layers, or fewer layers",
        )
        for name, size in sizes.items()
        if sizes[largest] > NEGLIGIBLE and size < VANISHING * sizes[largest] and largest != name
    ]
    for name, length in norms.items():
        scale = max(1.0, _length(weights[name]))
        if length > EXPLODING * scale:
            reason = f"the gradient has length {length:.2g}, the weights {_length(weights[name]):.2g}"
            remedy = "Clip it (clip_norm=1.0), use a smaller learning rate, or standardise features and targets"
            found.append(Finding("exploding", name, reason, remedy))
    return found


STUCK: Final = frozenset({"zero", "equal"})
"""Kinds of findings that say why a layer cannot learn."""

FOLLOWING: Final = frozenset({"vanishing", "dead", "saturated"})
"""Kinds of findings that follow from those, and are not worth a warning of their own then."""


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
    return [Finding(*layer) for layer in stuck_layers(pairs)]


def follows(finding: Finding, known: Iterable[tuple[str, str]]) -> bool:
    """Whether a finding follows from others, given by kind and place, which say why a layer cannot learn.

    >>> dead = Finding("dead", "layers.0", "", "")
    >>> follows(dead, [("zero", "layers.0")]), follows(dead, [("zero", "layers.1"), ("nan", "layers.0")])
    (True, False)
    """
    stuck = [where for kind, where in known if kind in STUCK]
    return finding.kind in FOLLOWING and any(
        finding.where in {where, where.rpartition(".")[0]}  # the layer, or one that has it as a matrix
        for where in stuck
    )


def loss_findings(validation_loss: float | None) -> list[Finding]:
    """What is wrong with a loss after an epoch.

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
    """Whether units are looked at after the epoch of that number, from 0.

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
    return [samples[place * len(samples) // count] for place in range(count)]


def unit_findings(
    model: Network, features: Sequence[Any], together: bool, places: Mapping[int, Place]
) -> list[Finding]:
    """Which layers have units that give the same for all these samples: dead relus, saturated tanhs and sigmoids.

    Units whose outputs are those of the model are left out: a classifier may well be sure of itself.

    Args:
        model: from the features of a sample to its outputs.
        features: of the samples.
        together: whether the model is called with all of them at once.
        places: of its parameters.

    >>> from nn.layers.dense import MLP
    >>> model = MLP(1, [2, 1], rng=0)
    >>> for neuron in model.layers[0].neurons:
    ...     neuron.b.data = -100.0
    >>> for finding in unit_findings(model, [[0.5], [1.0]], False, places_of(model)):
    ...     print(finding)  # doctest: +ELLIPSIS
    layers.0: 2 of 2 relu units gave 0 for each of 2 samples and learn nothing (neurons.0, neurons.1). Use ...
    """
    with evaluating(model), enable_grad():
        outputs = _values(forward(model, features, together))
    units: dict[tuple[str, str], dict[Place, bool]] = {}
    for node in _activations(outputs):
        if (place := _place_below(node, places)) is not None:
            states = units.setdefault((place.layer, node.op.name), {})
            is_flat = abs(node.derivatives[0]) <= FLAT[node.op.name][1]
            states[place] = is_flat and states.get(place, True)
    return [
        _unit_finding(layer, op, [place.unit for place, flat in states.items() if flat], len(states), len(features))
        for (layer, op), states in units.items()
        if sum(states.values()) >= MANY * len(states)
    ]


def _activations(outputs: Sequence[Value]) -> Iterator[Any]:
    """The activations in the graph of the outputs, these themselves left out.

    The order does not matter, so this is ten times as fast as a topological one.
    """
    met = set(map(id, outputs))
    stack: list[Any] = list(outputs)
    while stack:
        for node in stack.pop().inputs:
            if isinstance(node, Value) and node.op is not None and id(node) not in met:
                met.add(id(node))
                stack.append(node)
                if node.op.name in FLAT:
                    yield node


def _place_below(activation: Any, places: Mapping[int, Place]) -> Place | None:
    """Where the first parameter below an activation belongs: the bias that was added, else a weight."""
    below = [activation]
    for _ in range(3):  # activation, sum with a bias, product
        below = [node for above in below for node in above.inputs if isinstance(node, Value)]
        for node in below:
            if id(node) in places:
                return places[id(node)]
    return None


def _unit_finding(layer: str, op: str, names: list[str], count: int, samples: int) -> Finding:
    kind = FLAT[op][0]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    if kind == "dead":
        return Finding(
            kind,
            layer,
            f"{len(names)} of {count} {op} units gave 0 for each of {samples} samples and learn nothing ({shown})",
            "Use a smaller learning rate, Kaiming's initial weights, or leaky_relu",
        )
    return Finding(
        kind,
        layer,
        f"{len(names)} of {count} {op} units are at an end of their range for each of {samples} samples and hardly "
        f"learn ({shown})",
        "Standardise the features, use smaller initial weights (Xavier's), a smaller learning rate, or weight decay",
    )


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
