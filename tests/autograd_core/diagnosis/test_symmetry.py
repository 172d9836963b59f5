"""Layers that cannot learn because nothing tells their weights apart; and layers of zeros that can."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import Value, stuck_layers
from nn import MLP, Linear, Module, Sequential, cross_entropy, mse_loss
from nn.init import constant, zeros

XOR = [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
HALF = partial(constant, value=0.5)


def found(model: Module, features: Any = None, loss: Any = None) -> list[tuple[str, str]]:
    """Kinds and layers, after the gradients of a loss over the samples of XOR."""
    call: Any = model
    outputs = [call(x) for x in features or [x for x, _ in XOR]]
    targets = [target for _, target in XOR][: len(outputs)]
    (loss or mse_loss)(outputs, targets).backward()
    pairs = {name: (p.data, float(p.grad)) for name, p in model.named_parameters()}
    return [(layer.kind, layer.layer) for layer in stuck_layers(pairs)]


ALIKE: dict[str, tuple[Callable[[], Module], list[tuple[str, str]]]] = {
    "zeros, relu": (lambda: MLP(2, [4, 1], init=zeros), [("zero", "layers.0"), ("zero", "layers.1")]),
    "zeros, tanh": (
        lambda: MLP(2, [4, 1], activation="tanh", init=zeros), [("zero", "layers.0"), ("zero", "layers.1")]
    ),
    "zeros, sigmoid": (lambda: MLP(2, [4, 1], activation="sigmoid", init=zeros), [("zero", "layers.0")]),
    "zeros, one unit": (lambda: MLP(2, [1, 1], init=zeros), [("zero", "layers.0"), ("zero", "layers.1")]),
    "equal": (lambda: MLP(2, [4, 1], init=HALF), [("equal", "layers.0")]),
    "equal, deep": (
        lambda: MLP(2, [4, 3, 1], activation="tanh", init=HALF), [("equal", "layers.0"), ("equal", "layers.1")]
    ),
    "equal, then zeros": (
        lambda: Sequential(Linear(2, 4, init=HALF), nn.Tanh(), nn.Layer(4, 1, False, init=zeros)), [("equal", "0")]
    ),
    "matrices": (lambda: Plain(0.5), [("equal", "hidden")]),
    "units of another name": (lambda: Named(0.5), [("equal", "units")]),
}  # fmt: skip


class Plain(Module):
    """A network of nested lists, as people write it themselves."""

    def __init__(self, number: float) -> None:
        self.hidden = [[Value(number), Value(number)] for _ in range(3)]
        self.biases = [Value(0.0) for _ in range(3)]
        self.output = [[Value(number) for _ in range(3)]]

    def __call__(self, x: list[float]) -> Any:
        units = [(a * x[0] + b * x[1] + c).tanh() for (a, b), c in zip(self.hidden, self.biases, strict=True)]
        return sum(w * unit for w, unit in zip(self.output[0], units, strict=True))


class Unit(Module):
    def __init__(self, number: float) -> None:
        self.w, self.b = [Value(number), Value(number)], Value(0.0)

    def __call__(self, x: list[float]) -> Any:
        return (self.w[0] * x[0] + self.w[1] * x[1] + self.b).tanh()


class Named(Module):
    def __init__(self, number: float) -> None:
        self.units, self.output = [Unit(number) for _ in range(3)], [[Value(number) for _ in range(3)]]

    def __call__(self, x: list[float]) -> Any:
        return sum(w * unit(x) for w, unit in zip(self.output[0], self.units, strict=True))


@pytest.mark.parametrize("name", ALIKE)
def test_networks_whose_weights_are_all_alike_are_found(name: str) -> None:
    made, expected = ALIKE[name]
    assert found(made()) == expected


@pytest.mark.parametrize("name", ["zeros, tanh", "equal", "equal, deep"])
def test_what_is_found_does_not_learn_xor_and_random_weights_do(name: str) -> None:
    model: Any = ALIKE[name][0]()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    samples = [(x, float(target)) for x, target in XOR]
    history = nn.fit(model, mse_loss, samples, optimizer, epochs=100, watch=False)
    assert history[-1].loss > 0.1
    units = model.layers[0].neurons
    assert len({tuple(w.data for w in unit.w) for unit in units}) == 1
    other = MLP(2, [8, 1], activation="tanh", rng=0)
    history = nn.fit(other, mse_loss, samples, nn.optim.Adam(other.parameters(), lr=0.05), epochs=200)
    assert history[-1].loss < 0.01


def test_recurrent_cells_and_filters_have_units_too() -> None:
    class Recurrent(Module):
        def __init__(self) -> None:
            self.cell, self.head = nn.LSTMCell(2, 3), Linear(3, 1, init=HALF)
            for parameter in self.cell.parameters():
                parameter.data = 0.1

        def __call__(self, x: list[float]) -> Any:
            return self.head(self.cell(x, self.cell(x))[0])[0]

    assert found(Recurrent()) == [("equal", "cell.weight_ih"), ("equal", "cell.weight_hh")]

    filters = Sequential(nn.Conv1d(1, 3, 2, init=HALF), nn.ReLU(), nn.Flatten(-2), Linear(3, 1, init=HALF))
    assert found(
        filters, [[x] for x, _ in XOR], lambda outputs, targets: mse_loss([y for (y,) in outputs], targets)
    ) == [("equal", "0.weight")]


HEALTHY: dict[str, Callable[[], Module]] = {
    "random": lambda: MLP(2, [4, 3, 2], rng=0),
    "last layer of zeros": lambda: Sequential(Linear(2, 4, rng=0), nn.Tanh(), Linear(4, 2, init=zeros)),
    "logistic regression": lambda: Linear(2, 3, init=zeros),
    "equal, but with different weights behind": lambda: Sequential(
        Linear(2, 4, init=HALF), nn.Tanh(), Linear(4, 2, rng=0)
    ),
    "norms": lambda: Sequential(
        Linear(2, 4, rng=0), nn.LayerNorm(4), nn.ReLU(), nn.LayerNorm(4), Linear(4, 2, init=zeros)
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_networks_that_can_learn_are_not_complained_about(name: str) -> None:
    model: Any = HEALTHY[name]()
    model([0.5, -1.0])
    features = [[0.1, 0.3], [0.9, -0.5], [-0.7, 0.2]]
    assert found(model, features, cross_entropy) == []


def test_norms_in_a_list_are_no_units() -> None:
    norms = {f"norms.{place}.{name}.{i}": (n, 0.0) for place in range(3) for name, n in NORM for i in range(2)}
    last = {f"head.neurons.{i}.b": (0.0, 0.5) for i in range(2)}
    assert stuck_layers(norms | last) == []


NORM = (("weight", 1.0), ("bias", 0.0))


def test_every_unit_must_have_a_copy() -> None:
    def layer(*units: tuple[float, float]) -> dict[str, tuple[float, float]]:
        return {f"a.neurons.{place}.w.0": pair for place, pair in enumerate(units)}

    last = {"b.neurons.0.w.0": (1.0, 1.0)}
    (pairs,) = stuck_layers(layer((1.0, 2.0), (3.0, 4.0), (1.0, 2.0), (3.0, 4.0)) | last)
    assert pairs.reason.startswith("of 4 units only 2 differ; copies have the same weights and the same gradients")
    assert stuck_layers(layer((1.0, 2.0), (1.0, 2.0), (3.0, 4.0)) | last) == []
    assert stuck_layers(layer((1.0, 2.0), (1.0, 2.1)) | last) == []
    assert stuck_layers(layer((1.0, math.nan), (1.0, math.nan)) | last) == []
    assert stuck_layers(layer((1.0, 2.0), (1.0, 2.0))) == []
    assert stuck_layers({}) == []


def test_reasons_and_remedies_are_sentences() -> None:
    (hidden, output) = stuck_layers({"a.neurons.0.w.0": (0.0, 0.0), "b.neurons.0.w.0": (0.0, 0.0)})
    assert hidden.reason.startswith("all 1 weights are 0 and so are their gradients: the gradient of a weight is what")
    assert (hidden.layer, output.layer, hidden.remedy) == ("a", "b", output.remedy)
    assert "Draw initial weights at random" in hidden.remedy


NAMES = st.lists(st.sampled_from(["a", "neurons", "w", "b", "0", "1", "17", ""]), min_size=1, max_size=5).map(".".join)
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, math.inf, math.nan])


@given(st.dictionaries(NAMES, st.tuples(NUMBERS, NUMBERS), max_size=8))
def test_any_names_and_numbers_are_taken(parameters: dict[str, tuple[float, float]]) -> None:
    for layer in stuck_layers(parameters):
        assert layer.kind in {"zero", "equal"}
