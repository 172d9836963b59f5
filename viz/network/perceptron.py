"""A multilayer perceptron for one sample: what each layer computed, and what the cost asks of it.

Layer by layer, with the inputs `x` (the activations of the layer before), textbooks write

    z = W x + b    a = σ(z)    δ = ∂C/∂z = ∂C/∂a · σ'(z)

All of it is in the graph of the cost already, however the network was written. A layer is the weighted sums that have
the same inputs. An activation is what the next layer or the cost takes from a weighted sum. One backward sweep gives
the derivative of the cost with respect to every node. It adds in the order of the engine, so the numbers are those
that `backward()` adds to `.grad`. No `.grad` is read or changed.

Source of the names: M. Nielsen, "Neural networks and deep learning" (2015), chapter 2; the error signal δ is that of D.
Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors" (1986), Nature 323.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from autograd_core import InputError, OperandTypeError, Value
from viz.graph.chain_rule import gradient_at
from viz.network.activation import Activation, activation_of, constants_of, name_of
from viz.network.costs import Cost, recognise
from viz.network.heads import head_of, predicted
from viz.network.names import called
from viz.network.readable import check_complete, check_dense, check_path, check_used_once, one_by_one, own_sums
from viz.network.runs import Loss, Model, Run, run
from viz.network.weighted_sums import Signal, WeightedSum, sums_below

Vector: TypeAlias = tuple[float, ...]


class Own(NamedTuple):
    """A parameter of an activation, such as the slope of a PReLU or the scale of a batch normalisation in `eval()`.

    Attributes:
        name: its name in the model.
        data: its number.
        gradient: the derivative of the cost with respect to it.
        parameter: the parameter.
    """

    name: str
    data: float
    gradient: float
    parameter: Value


@dataclass(frozen=True, repr=False)
class Layer:
    """A layer of `n` neurons with `m` inputs, and its numbers for one sample.

    Attributes:
        name: its name in the model, such as `layers.0`.
        activation: the name of the op that is its activation, such as `tanh`; `linear` if there is none.
        weights: the weights, shape `(n, m)`.
        biases: the bias of each neuron; None for a neuron without.
        x: the inputs, `m` numbers: the activations of the layer before, or the features of the sample.
        z: the weighted sums.
        a: the activations.
        slopes: the derivative of each activation with respect to its weighted sum, σ'(z).
        desired: the desired changes: minus the derivative of the cost with respect to each activation.
        deltas: the error signal: the derivative of the cost with respect to each weighted sum.
        functions: the activation of each neuron as a program.
        own: the parameters of the activations; one that several layers have is that of the last of them.
    """

    name: str
    activation: str
    weights: tuple[tuple[Value, ...], ...]
    biases: tuple[Value | None, ...]
    x: Vector
    z: Vector
    a: Vector
    slopes: Vector
    desired: Vector
    deltas: Vector
    functions: tuple[Activation, ...] = ()
    own: tuple[Own, ...] = ()

    def __repr__(self) -> str:
        name = called(self.name) if self.name else "of the model"
        return f"Layer({name}: {len(self.x)} -> {len(self.a)}, {self.activation})"


@dataclass(frozen=True, repr=False)
class Perceptron:
    """A perceptron, with its numbers for one sample.

    Attributes:
        layers: the layers, the first one first.
        cost: the cost of the sample.
        target: what the cost was computed with.
        order: the nodes of the graph of the cost, each after its inputs, the cost last.
        head: what follows the last layer and acts on all its outputs together, such as `softmax`. It is a part of the
            cost here, and the outputs are the scores before it. "" if nothing does.
    """

    layers: tuple[Layer, ...]
    cost: Cost
    target: Any
    order: Sequence[Value]
    head: str = ""

    @property
    def features(self) -> Vector:
        """The features of the sample."""
        return self.layers[0].x

    @property
    def parameters(self) -> list[Value]:
        """The weights and biases of all layers, and the parameters of their activations."""
        rows = [row for layer in self.layers for row in (*layer.weights, layer.biases)]
        own = [one.parameter for layer in self.layers for one in layer.own]
        return [value for row in rows for value in row if value is not None] + own

    @property
    def outputs(self) -> Vector:
        """The activations of the last layer."""
        return self.layers[-1].a

    def __repr__(self) -> str:
        sizes = " -> ".join(str(len(layer.a)) for layer in self.layers)
        return f"Perceptron({len(self.features)} -> {sizes}, {self.cost.name})"


def perceptron(model: Model, loss: Loss, sample: Any, name: str = "") -> Perceptron:
    """Run a perceptron on one sample, and read its layers from the graph.

    Args:
        model: a network whose layers are dense: all neurons of a layer have the same inputs, and the activation of a
            neuron depends on its own weighted sum alone. Put a model with dropout into `eval()` mode.
        loss: as for `run`.
        sample: a pair of features and target.
        name: as for `run`.

    Raises:
        OperandTypeError: if an argument is of the wrong type, or the cost is not a Value.
        InputError: as for `run`; or if the network is no perceptron, or the cost depends on a weight in another way,
            too, as with a penalty; the message says where.

    >>> w, v = Value(0.5), Value(-2.0)
    >>> class Model:
    ...     def named_parameters(self):
    ...         return [("first.w", w), ("last.w", v)]
    ...     def __call__(self, x):
    ...         return v * (w * x[0]).tanh()
    >>> found = perceptron(Model(), lambda outputs, targets: (outputs[0] - targets[0]) ** 2, ([2.0], 1.0))
    >>> found
    Perceptron(1 -> 1 -> 1, squared error)
    >>> [(layer.name, layer.activation, layer.x, layer.z) for layer in found.layers]
    [('first', 'tanh', (2.0,), (1.0,)), ('last', 'linear', (0.7615941559557649,), (-1.5231883119115297,))]
    """
    return perceptron_of(run(model, loss, sample, name), type(model).__name__)


def perceptron_of(ran: Run, name: str) -> Perceptron:
    """Read the layers of a perceptron from a run of a model with this name, as `perceptron` does.

    Raises:
        OperandTypeError: if the model returned anything but Values.
        InputError: if the network is no perceptron.
    """
    outputs = _values(ran.given)
    check_used_once(ran)
    head = head_of(ran)
    scores = outputs if head is None else list(head.scores)
    layers = _layers(ran, scores)
    if not layers:
        raise InputError(f"no output of the {name} is a weighted sum w · x + b, or computed from one")
    _check_gradients(layers, ran)
    features = set(ran.features)
    constants = constants_of(f for layer in layers for f in layer.functions)
    if not constants.isdisjoint(features) or not features.issuperset(layers[0].x):
        _check_features(ran, layers)
    slopes = [ran.gradient.get(node, 0.0) for node in scores]
    cost = recognise(ran.cost.data, [node.data for node in scores], slopes, ran.target)
    if head is None:
        return Perceptron(tuple(layers), cost, ran.target, ran.order)
    return Perceptron(tuple(layers), predicted(cost, head), ran.target, ran.order, head.name)


def _layers(ran: Run, signals: Sequence[Signal]) -> list[Layer]:
    """The layers of which the last one gives some signals."""
    position = {node: index for index, node in enumerate(ran.order)}
    layers: list[Layer] = []
    while True:
        sources = [sums_below(signal, ran.sums) for signal in signals]
        if not any(found for found, _ in sources):
            return layers
        layer, signals = _layer(signals, sources, ran, position, layers[0].name if layers else None)
        known = {one.name for other in layers for one in other.own}
        own = tuple(one for one in layer.own if one.name not in known)  # its gradient is one number for all its uses
        layers.insert(0, replace(layer, own=own))


def _check_features(ran: Run, layers: Sequence[Layer]) -> None:
    """Check that no constant of an activation comes from a feature of the sample, which a run with Values tells.

    Raises:
        DetourError: if one does.
    """
    try:
        again = ran.probe()
    except Exception:  # noqa: BLE001 - a model that does not take Values has no such run, whatever it raises
        return
    head = head_of(again)
    if len(_layers(again, _values(again.given) if head is None else head.scores)) < len(layers):
        raise one_by_one(layers[0].name)


def _values(given: Any) -> list[Value]:
    """The outputs of a model as a list."""
    found = list(given) if isinstance(given, list | tuple) else [given]
    wrong = [type(output).__name__ for output in found if not isinstance(output, Value)]
    if wrong:
        raise OperandTypeError(
            f"expected a model that returns a Value or a list of Values, got {wrong[0]} in its place"
        )
    return found


def _layer(
    signals: Sequence[Signal],
    sources: Sequence[tuple[list[WeightedSum], list[Value]]],
    ran: Run,
    position: Mapping[Value, int],
    above: str | None,
) -> tuple[Layer, tuple[Signal, ...]]:
    """The layer that computes some signals, and its inputs; `above` is the name of the layer that takes them."""
    sums = own_sums(sources, above)
    first = sums[0]
    name = ", ".join(dict.fromkeys(found.place.layer for found in sums))
    check_dense(sums)
    outputs = [signal for signal in signals if isinstance(signal, Value)]
    paths = [sorted(between, key=position.__getitem__) for _, between in sources]
    check_path(paths, ran, name)
    functions = tuple(activation_of(found.node, path) for found, path in zip(sums, paths, strict=True))
    layer = Layer(
        name,
        name_of(functions[0]),
        tuple(found.weights for found in sums),
        tuple(found.biases[0] if found.biases else None for found in sums),
        tuple(_number(x) for x in first.inputs),
        tuple(found.node.data for found in sums),
        tuple(node.data for node in outputs),
        tuple(gradient_at(s.node, a, path) for s, a, path in zip(sums, outputs, paths, strict=True)),
        tuple(0.0 - ran.gradient.get(node, 0.0) for node in outputs),
        tuple(ran.gradient.get(found.node, 0.0) for found in sums),
        functions,
        _own(paths, ran),
    )
    return layer, first.inputs


def _own(paths: Sequence[Sequence[Value]], ran: Run) -> tuple[Own, ...]:
    """The parameters among the inputs of the nodes of an activation."""
    taken = {id(x) for path in paths for node in path for x in node.inputs}
    return tuple(
        Own(name, value.data, ran.gradient.get(value, 0.0), value)
        for name, value in ran.parameters.items()
        if id(value) in taken
    )


def _number(signal: Signal) -> float:
    return signal.data if isinstance(signal, Value) else float(signal)


def _check_gradients(layers: Sequence[Layer], ran: Run) -> None:
    """Check that the gradient of each parameter is that of its layer alone: `δ x` of a weight, `δ` of a bias.

    Raises:
        InputError: if it is not, because the parameter is used elsewhere, too, or belongs to no layer.
    """
    known = {id(one.parameter) for layer in layers for one in layer.own}
    for layer in layers:
        for weights, bias, delta in zip(layer.weights, layer.biases, layer.deltas, strict=True):
            expected = [(weight, delta * x) for weight, x in zip(weights, layer.x, strict=True)]
            for parameter, product in expected + ([] if bias is None else [(bias, delta)]):
                known.add(id(parameter))
                found = ran.gradient.get(parameter, 0.0)
                if found != product:
                    raise InputError(
                        f"the gradient of {parameter.label or called(layer.name)} is {found!r}, and {product!r} by its "
                        "layer alone: the cost depends on it in another way, too, such as by a penalty"
                    )
    check_complete(known, ran)
