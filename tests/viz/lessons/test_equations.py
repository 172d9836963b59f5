"""The equations of backpropagation: the program in NumPy gives the gradients of the graph."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from equation_latex import check_latex
from equation_programs import check_program, program_of, swept
from equation_samples import LOSSES, perceptrons, recurrent
from nn.layers.activations import TABLE
from recurrent_networks import SEQUENCE, Read
from viz import equations


@pytest.mark.hypothesis
@given(perceptrons())
def test_the_program_gives_the_gradients_of_a_perceptron(drawn: tuple[nn.MLP, str, tuple[list[float], Any]]) -> None:
    model, cost, sample = drawn
    # Where outputs and targets almost agree, the gradient is a rounding error, of which no digit is right. A loss of
    # probabilities magnifies rounding errors near 0 and 1.
    assume(max(map(abs, swept(model, LOSSES[cost], sample).values())) > 1e-3)
    assume(cost != "binary cross-entropy" or all(0.1 < p.data < 0.9 for p in model(sample[0])))
    told = check_program(model, LOSSES[cost], sample)
    assert told.network.cost.name == cost


@pytest.mark.hypothesis
@given(recurrent(), st.sampled_from(("squared error", "other")))
def test_the_program_gives_the_gradients_of_a_recurrent_network(
    drawn: tuple[Read, list[list[float]], list[float]], cost: str
) -> None:
    model, sequence, target = drawn
    assume(max(map(abs, swept(model, LOSSES[cost], (sequence, target)).values())) > 1e-3)
    told = check_program(model, LOSSES[cost], (sequence, target))
    assert told.network.cost.name == cost
    check_latex(told.latex)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("bias", [True, False])
def test_a_single_step_is_that_of_a_recurrent_network(kind: Callable[..., nn.Module], bias: bool) -> None:
    told = check_program(Read(kind(2, 3, bias=bias, rng=1), 1), nn.mse_loss, (SEQUENCE[:1], [2.0]))
    assert repr(told).startswith("Equations(1 step of 2 -> 3 ")
    assert "dense" not in told.text.split("Layer 2")[0]
    assert ("Elman, tanh, 3 units, 1 step" in told.text) == (kind is nn.RNN)


def test_a_sequence_of_classes_has_a_program() -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        return nn.cross_entropy([outputs[0][i : i + 3] for i in range(0, 12, 3)], targets[0])

    told = check_program(Read(nn.LSTM(2, 2, rng=1), 3, every_step=True), loss, (SEQUENCE, [0, 2, 1, 0]))
    assert told.network.cost.name == "cross-entropy"
    assert "with a softmax for each step" in told.text


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_digits_are_kept_where_the_short_formula_cancels(name: str) -> None:
    model = nn.MLP(1, [1], output=name, rng=1)
    model.layers[0].neurons[0].w[0].data = 17.0
    check_program(model, nn.mse_loss, ([1.0], 0.5))


@pytest.mark.parametrize(("loss", "target"), [(nn.cross_entropy, 0), (nn.binary_cross_entropy_with_logits, [1.0, 0.0])])
def test_digits_are_kept_where_p_is_almost_y(loss: Callable[..., Any], target: Any) -> None:
    model = nn.Linear(1, 2, rng=1)
    for neuron, weight in zip(model.neurons, (17.0, -17.0), strict=True):
        neuron.w[0].data = weight
    told = check_program(model, loss, ([1.0], target))
    assert told.network.cost.name != "other"
    assert max(map(abs, program_of(told)["gradients"].values())) < 1e-6


def test_nothing_overflows_far_from_0(recwarn: pytest.WarningsRecorder) -> None:
    for name in TABLE:
        for weight in (-900.0, 900.0):
            model = nn.MLP(1, [1, 1], activation=name, rng=1)
            model.layers[0].neurons[0].w[0].data = weight
            check_program(model, nn.mse_loss, ([1.0], 0.5))
    assert not recwarn.list


def test_the_program_imports_nothing_but_numpy_unless_it_needs_the_error_function() -> None:
    for name in TABLE:
        told = equations(nn.MLP(1, [1, 1], activation=name, rng=1), nn.mse_loss, ([1.0], 0.5))
        imports = re.findall(r"^import (.*)", told.numpy, re.MULTILINE)
        assert imports == (["math", "numpy as np"] if name == "gelu" else ["numpy as np"])


def test_the_program_is_complete_where_the_text_is_shortened() -> None:
    model = nn.MLP(30, [12, 2], rng=1)
    told = equations(model, nn.cross_entropy, ([0.25] * 30, 1))
    assert "…" in told.text
    assert r"\cdots" in told.latex
    assert "…" not in equations(model, nn.cross_entropy, ([0.25] * 30, 1), max_size=None).text
    check_program(model, nn.cross_entropy, ([0.25] * 30, 1))
