"""What looks wrong is said once, with where, reason and remedy; what is in order is not complained about."""

import math
import warnings
from functools import partial
from typing import Any

import pytest

from autograd_core import Value
from nn import MLP, cross_entropy, mse_loss
from nn.data import Batches, blobs, moons
from nn.init import constant, zeros
from nn.layers.activations import ReLU, Tanh
from nn.layers.containers import Sequential
from nn.layers.convolution import Conv1d
from nn.layers.dense import Layer, Linear
from nn.layers.normalisation import BatchNorm1d
from nn.layers.recurrent import RNN
from nn.losses import binary_cross_entropy
from nn.modules.module import Module
from nn.optim import SGD, Adam
from nn.training.fit import fit
from nn.training.health import (
    Finding,
    TrainingWarning,
    gradient_findings,
    gradient_norms,
    layers_of,
    loss_findings,
    places_of,
    spread,
    update_ratios,
)
from nn.training.health import unit_findings as findings_of

FEATURES = [[0.5, 1.0], [1.0, -0.5], [-0.3, 0.2]]


def unit_findings(model: Module, features: Any, together: bool) -> list[Finding]:
    return findings_of(model, features, together, places_of(model))


def with_bias(model: MLP, layer: int, bias: float, neurons: slice = slice(None)) -> MLP:
    for neuron in model.layers[layer].neurons[neurons]:
        neuron.b.data = bias
    return model


def warned_of(model: Any, samples: Any, *, lr: float = 0.01, epochs: int = 1, **options: Any) -> list[str]:
    """The warnings of a training."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(model, options.pop("loss", mse_loss), samples, SGD(model.parameters(), lr), epochs=epochs, **options)
    assert all(warning.category is TrainingWarning for warning in caught)
    return [str(warning.message) for warning in caught]


# ---- Units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "bias", "kind"),
    [("relu", -100.0, "dead"), ("relu6", 100.0, "saturated"), ("tanh", 100.0, "saturated"), ("tanh", -9.0, "saturated"),
     ("sigmoid", 100.0, "saturated"), ("sigmoid", -100.0, "saturated"), ("hardsigmoid", -100.0, "saturated"),
     ("hardtanh", 100.0, "saturated"), ("softsign", 1000.0, "saturated")],
)  # fmt: skip
def test_units_that_give_the_same_for_all_samples_are_found(activation: str, bias: float, kind: str) -> None:
    model = with_bias(MLP(2, [3, 4, 2], activation=activation, rng=0), 1, bias)
    (finding,) = unit_findings(model, FEATURES, together=False)
    assert (finding.kind, finding.where) == (kind, "layers.1")
    op = {"hardtanh": "clamp"}.get(activation, activation)
    assert finding.reason.startswith(f"4 of 4 {op} units ")
    assert "for each of 3 samples" in finding.reason


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "leaky_relu", "gelu", "linear"])
def test_units_that_differ_between_samples_are_not_found(activation: str) -> None:
    assert unit_findings(MLP(2, [6, 6, 2], activation=activation, rng=0), spread(FEATURES * 20), False) == []


def test_a_unit_that_is_alive_for_one_sample_is_not_dead() -> None:
    model = with_bias(MLP(1, [1, 1], init=lambda *_: [[1.0]], rng=0), 0, -2.0)
    assert [finding.kind for finding in unit_findings(model, [[0.0], [1.0]], False)] == ["dead"]
    assert unit_findings(model, [[0.0], [3.0], [1.0]], False) == []


def test_few_dead_units_are_usual_and_many_are_named() -> None:
    model = MLP(2, [6, 2], activation="relu", rng=1)
    alive = unit_findings(with_bias(model, 0, 9.0), FEATURES, False)
    assert alive == []
    assert unit_findings(with_bias(model, 0, -100.0, slice(4)), FEATURES, False) == []
    (finding,) = unit_findings(with_bias(model, 0, -100.0, slice(5)), FEATURES, False)
    assert "5 of 6 relu units" in finding.reason
    assert "(neurons.0, neurons.1, neurons.2, neurons.3 and 1 more)" in finding.reason


def test_outputs_may_be_sure_of_themselves() -> None:
    assert unit_findings(with_bias(MLP(2, [1], output="sigmoid", rng=0), 0, 100.0), FEATURES, False) == []


def test_outputs_may_be_inputs_of_further_outputs() -> None:
    model = Sequential(RNN(1, 3, rng=0), lambda pair: pair[0])
    for parameter in model.parameters():
        parameter.data = 100.0
    assert unit_findings(model, [[[0.1], [0.2], [0.3]]], False) == []


@pytest.mark.parametrize(
    ("model", "features", "where"),
    [
        (Sequential(Linear(2, 3, rng=0), Tanh(), Linear(3, 1, rng=0)), FEATURES, "0"),
        (Sequential(Linear(2, 3, bias=False, rng=0), Tanh(), Linear(3, 1, rng=0)), FEATURES, "0"),
        (Sequential(Linear(2, 3, rng=0), BatchNorm1d(3), Tanh(), Linear(3, 1, rng=0)), FEATURES, "1"),
        (Sequential(Conv1d(1, 3, 2, rng=0), Tanh(), lambda x: sum(x[0])), [[[0.1, 0.2, 0.3]]], "0"),
        (Sequential(RNN(1, 3, rng=0), lambda pair: 2.0 * pair[0][-1][0]), [[[0.1], [0.2]]], "0.cells.0"),
    ],
)
def test_units_of_all_kinds_of_modules_are_found(model: Module, features: Any, where: str) -> None:
    together = any(module.over_batch for module in model.modules())
    assert unit_findings(model, features, together) == []
    for _, parameter in model.named_parameters():
        parameter.data = 100.0
    (finding,) = unit_findings(model, features, together)
    assert (finding.kind, finding.where) == ("saturated", where)


def test_relu_as_a_module_belongs_to_the_layer_below() -> None:
    model = Sequential(Linear(2, 2, init=lambda *_: [[-1.0, -1.0]] * 2), ReLU(), Linear(2, 1))
    (finding,) = unit_findings(model, [[1.0, 1.0]], False)
    assert (finding.kind, finding.where) == ("dead", "0")


def test_looking_at_units_changes_nothing() -> None:
    model = Sequential(Linear(2, 3, rng=0), BatchNorm1d(3), ReLU())
    before, modes = model.state_dict(), [module.training for module in model.modules()]
    unit_findings(model, FEATURES, together=True)
    assert (model.state_dict(), [module.training for module in model.modules()]) == (before, modes)
    assert findings_of(lambda x: x, FEATURES, False, {}) == []


# ---- Gradients -------------------------------------------------------------------------------------------------------


def test_layers_are_what_the_names_of_parameters_say() -> None:
    model = Sequential(Layer(2, 3), BatchNorm1d(3), RNN(3, 2))
    layers = layers_of(places_of(model), model.parameters())
    assert {name: len(parameters) for name, parameters in layers.items()} == {"0": 9, "1": 6, "2.cells.0": 14}
    some = layers_of(places_of(model), model[1].parameters())
    assert list(some) == ["1"]


def test_norms_and_ratios_are_lengths() -> None:
    a, b, c = Value(3.0), Value(4.0), Value(0.0)
    a.grad, b.grad, c.grad = 6.0, 8.0, -2.0
    layers = {"one": [a, b], "two": [c]}
    assert gradient_norms(layers) == {"one": 10.0, "two": 2.0}
    before = {"one": [3.0, 4.0], "two": [0.0]}
    a.data, b.data, c.data = 6.0, 8.0, 1.0
    assert update_ratios(before, layers) == {"one": 1.0}


def test_gradients_are_compared_parameter_by_parameter() -> None:
    weights = {"wide": [1.0] * 10_000, "narrow": [1.0]}
    # 100 parameters' worth of length in the wide layer.
    assert gradient_findings({"wide": 0.011, "narrow": 1.0}, weights) == []
    (finding,) = gradient_findings({"wide": 0.009, "narrow": 1.0}, weights)
    assert (finding.kind, finding.where) == ("vanishing", "wide")
    assert gradient_findings({"wide": 1e-12, "narrow": 1e-7}, weights) == []
    assert gradient_findings({"wide": 0.0, "narrow": 0.0}, weights) == []
    assert gradient_findings({}, {}) == []


def test_a_gradient_explodes_by_the_measure_of_the_weights() -> None:
    kinds = [finding.kind for finding in gradient_findings({"a": 1.1e3, "b": 1.1e3}, {"a": [0.1], "b": [2.0]})]
    assert kinds == ["exploding"]


def test_nan_in_the_validation_is_found() -> None:
    assert [finding.kind for finding in loss_findings(math.nan)] == ["nan"]
    assert loss_findings(None) == loss_findings(1.0) == []


# ---- In a training ---------------------------------------------------------------------------------------------------


def test_a_deep_network_of_sigmoids_is_warned_of_its_vanishing_gradient() -> None:
    model = MLP(2, [4] * 12 + [2], activation="sigmoid", rng=0)
    (message, *_) = warned_of(model, moons(10, rng=0), loss=cross_entropy)
    assert message.startswith("vanishing, layers.0: the gradient of a parameter is ")
    assert "Use relu or a relative of it" in message


def test_weights_that_are_too_large_make_the_gradient_explode() -> None:
    model = MLP(2, [8] * 6 + [1], rng=0)
    for parameter in model.parameters():
        parameter.data *= 5.0
    messages = warned_of(model, [([1.0, 1.0], 0.0)], lr=1e-30)
    assert any("Clip it (clip_norm=1.0), use a smaller learning rate" in message for message in messages)


def test_dead_units_are_warned_of_once() -> None:
    model = with_bias(MLP(2, [4, 2], rng=0), 0, -100.0)
    messages = warned_of(model, moons(10, rng=0), loss=cross_entropy, epochs=9)
    dead = [message for message in messages if "relu units give 0" in message]
    assert len(dead) == 1
    assert "Use a smaller learning rate, Kaiming's initial weights with biases of 0, or leaky_relu" in dead[0]


def test_a_rate_that_is_too_large_kills_units_on_the_way() -> None:
    model = MLP(1, [4, 1], rng=0)
    messages = warned_of(model, [([1.0], 1.0), ([2.0], -1.0)], lr=10.0, epochs=4, clip_norm=1.0)
    assert any("relu units give 0" in message for message in messages)


def test_a_validation_loss_that_overflows_is_warned_of() -> None:
    model = MLP(1, [1], rng=0)
    (message,) = warned_of(model, [([1.0], 1.0)], validation=[([1e200], 1.0)])
    assert message.startswith(
        "nan, the model: the validation loss is inf, though the training loss is not. Use a smaller"
    )


def test_who_does_not_watch_is_not_warned_of_layers() -> None:
    model = with_bias(MLP(2, [4, 2], rng=0), 0, -100.0)
    assert warned_of(model, moons(10, rng=0), loss=cross_entropy, watch=False) == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "silu"])
def test_trainings_that_work_are_not_complained_about(activation: str, seed: int) -> None:
    model = MLP(2, [8, 8, 2], activation=activation, rng=seed)
    batches = Batches(moons(60, rng=seed), 10, seed)
    fit(model, cross_entropy, batches, Adam(model.parameters(), 0.02), epochs=8)  # a warning would be an error


def test_a_sure_classifier_is_not_complained_about() -> None:
    model = MLP(2, [4, 1], activation="tanh", output="sigmoid", rng=0)
    samples = blobs(20, centers=2, rng=0)
    history = fit(model, binary_cross_entropy, samples, Adam(model.parameters(), 0.1), epochs=40)
    assert history[-1].loss < history[0].loss


# ---- Weights that are all alike --------------------------------------------------------------------------------------

XOR = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize(("init", "kind"), [(zeros, "are 0 and so are"), (partial(constant, value=0.5), "units have")])
def test_a_network_whose_weights_are_all_alike_is_warned_of_once_for_each_layer(
    activation: str, init: Any, kind: str
) -> None:
    messages = warned_of(MLP(2, [4, 1], activation=activation, init=init), XOR, epochs=4)
    assert [message for message in messages if ", layers.0: all " in message and kind in message]
    assert "Draw initial weights at random" in messages[0]
    assert not [message for message in messages if " hardly learn" in message or "learn nothing" in message]
    assert len(messages) == len(set(messages))


def test_weights_that_are_alike_but_are_not_trained_are_no_fault() -> None:
    model = MLP(2, [4, 1], activation="tanh", init=partial(constant, value=0.5))
    assert warned_of(model.freeze("layers.0"), XOR) == []


def test_a_last_layer_of_zeros_is_no_fault() -> None:
    model = Sequential(Linear(2, 4, rng=0), Tanh(), Layer(4, 1, False, init=zeros))
    assert warned_of(model, XOR, epochs=3) == []


class Named(Module):
    """A model whose outputs have names."""

    def __init__(self) -> None:
        self.linear = Linear(2, 1, rng=0)

    def __call__(self, x: Any) -> Any:
        return {"y": self.linear(x)[0], "note": "text"}


def test_outputs_with_names_are_looked_at_too() -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        return sum((output["y"] - target) ** 2 for output, target in zip(outputs, targets, strict=True))

    model = Named()
    history = fit(model, loss, [([1.0, 0.5], 2.0), ([0.5, 1.0], 1.0)], SGD(model.parameters(), lr=0.1), epochs=3)
    assert history[-1].loss < history[0].loss
    assert [list(epoch.gradient_norms) for epoch in history] == [["linear"]] * 3
