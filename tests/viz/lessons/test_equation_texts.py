"""The texts of the equations: numbers are those of the graph, LaTeX is well-formed, and words fit the network."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from equation_latex import check_latex
from equation_programs import swept
from equation_samples import LOSSES, perceptrons
from nn.layers.activations import TABLE
from recurrent_networks import SEQUENCE, Read, Tower
from viz import Equations, equations
from viz.network.perceptron import Perceptron
from viz.network.unfolded import Unfolded
from viz.text import number

FOLDER: Final = Path(__file__).parent / "golden"

RAISED: Final = dict(zip("ifgorznm", ("⁽ⁱ⁾", "⁽ᶠ⁾", "⁽ᵍ⁾", "⁽ᵒ⁾", "⁽ʳ⁾", "⁽ᶻ⁾", "⁽ⁿ⁾", "⁽ᵐ⁾"), strict=True))


@pytest.mark.hypothesis
@given(perceptrons(), st.sampled_from((0.1, 0.5, 2.0)))
def test_the_text_has_the_numbers_of_the_graph(drawn: tuple[nn.MLP, str, tuple[list[float], Any]], lr: float) -> None:
    model, cost, sample = drawn
    told = equations(model, LOSSES[cost], sample, lr=lr)
    gradients, text = swept(model, LOSSES[cost], sample), told.text
    assert isinstance(told.network, Perceptron)
    for k, layer in enumerate(told.network.layers):
        for j, neuron in enumerate(model.layers[k].neurons):
            row = "  ".join(f" *{re.escape(number(weight.data))}" for weight in neuron.w)
            assert re.search(rf"[⎡⎢⎣\[]{row}[⎤⎥⎦\]]", text)
            step = [0.0 - lr * gradients[f"layers.{k}.neurons.{j}.w.{i}"] for i in range(len(neuron.w))]
            row = "  ".join(f" *{re.escape(number(change))}" for change in step)
            assert re.search(rf"= [⎡⎢⎣\[]{row}[⎤⎥⎦\]]|[⎡⎢⎣]{row}[⎤⎥⎦]", text)
        for vector in (layer.z, layer.a, layer.deltas):
            assert all(f"{number(x)}" in text for x in vector)


def row(label: str, numbers: Iterable[float]) -> str:
    """A row of a table as a pattern."""
    return rf"(?m)^{re.escape(label)}  +{'  +'.join(re.escape(number(x)) for x in numbers)}$"


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_tables_have_the_numbers_of_every_step(kind: Callable[..., Any]) -> None:
    model = Read(kind(2, 2, rng=1))
    told = equations(model, nn.mse_loss, (SEQUENCE, [2.0, -1.0]))
    gradients, text = swept(model, nn.mse_loss, (SEQUENCE, [2.0, -1.0])), told.text
    assert isinstance(told.network, Unfolded)
    (block,) = told.network.blocks
    states, _ = model.rnn(SEQUENCE)
    for j in range(2):
        assert re.search(row(f"h[{j}]", [state[j].data for state in states]), text)
        assert re.search(row(f"∂C/∂h[{j}]", [block.pulls[t][j] for t in block.times]), text)
        for place, gate in enumerate(block.gates):
            above = RAISED[gate.name] if kind is not nn.RNN else ""
            assert re.search(row(f"z{above}[{j}]", [gate.z[t][j] for t in block.times]), text)
            assert re.search(row(f"δ{above}[{j}]", [gate.deltas[t][j] for t in block.times]), text)
            if above and gate.name != "m":
                assert re.search(row(f"{gate.name}[{j}]", [gate.a[t][j] for t in block.times]), text)
            unit = min(place, 2) * 2 + j if kind is nn.GRU else place * 2 + j  # n and m are the same rows
            for letter, array in (("W", "weight_ih"), ("U", "weight_hh")):
                found = re.search(rf"(?m)^{letter}{above}\[{j}, 0\] .* (\S+)$", text)
                assert found or gate.name in "nm"
                if found:
                    gradient = gradients[f"rnn.cells.0.{array}.{unit}.0"]
                    assert float(found[1]) == pytest.approx(gradient, rel=1e-3)


def test_other_losses_say_that_their_gradient_is_that_of_the_graph() -> None:
    told = equations(nn.Linear(2, 2, rng=1), nn.l1_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert "its gradient is that of the graph" in told.text
    assert "# of the graph; the formula of this cost is not written here" in told.numpy


def test_cross_entropy_says_why_p_less_y_is_left() -> None:
    told = equations(nn.Linear(2, 2, rng=1), nn.cross_entropy, ([0.5, -1.5], 1))
    assert "∇C = p - y" in told.text
    assert "that of the softmax multiplies by p" in told.text
    assert r"-\sum_k \frac{y_k}{p_k} \frac{\partial p_k}{\partial a_j} &= p_j \sum_k y_k - y_j" in told.latex
    model = nn.MLP(2, [1], output="sigmoid", rng=1)
    told = equations(model, nn.binary_cross_entropy, ([0.5, -1.5], 1.0))
    assert "the derivative of the sigmoid is a (1 - a), by which the cost divides" in told.text
    assert "δ⁽¹⁾ = p - y" in told.text


def test_vanishing_and_exploding_are_said() -> None:
    def told(weight: float) -> str:
        recurrent = nn.RNN(1, 1, nonlinearity="relu", bias=False, rng=1)
        recurrent.cells[0].weight_ih[0][0].data, recurrent.cells[0].weight_hh[0][0].data = 1.0, weight
        return equations(Read(recurrent), nn.mse_loss, ([[1.0]] * 4, [9.0])).text

    assert "▁▃▆█" in told(0.5)
    assert "From step 4 back to step 1 it shrinks by a factor of 0.5 in each step." in told(0.5)
    assert "█▆▃▁" in told(2.0)
    assert "it grows by a factor of 2.0 in each step." in told(2.0)


def test_representations_are_a_line() -> None:
    told = equations(nn.MLP(2, [3, 1], rng=1), nn.mse_loss, ([1.0, 0.5], 1.0))
    assert repr(told) == "Equations(2 -> 3 -> 1, squared error; text, latex, numpy)"
    assert str(told) == told.text
    told = equations(Read(nn.GRU(2, 3, rng=1), 1), nn.mse_loss, (SEQUENCE, [1.0]))
    assert repr(told) == "Equations(4 steps of 2 -> 3 GRU -> 1 dense, squared error; text, latex, numpy)"


def test_the_numbers_stay_when_the_model_learns() -> None:
    model = nn.Linear(2, 2, rng=1)
    told = equations(model, nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    before = told.text, told.latex, told.numpy
    model.parameters()[0].data = 100.0
    assert before == (told.text, told.latex, told.numpy)
    assert all(value.grad == 0.0 for value in model.parameters())


def trained_off(model: nn.Module) -> nn.Module:
    """The model with weights of few digits."""
    for index, value in enumerate(model.parameters()):
        value.data = ((7 * index) % 16 - 8) / 8.0 or 0.5
    return model


GOLDEN: Final[dict[str, Callable[[], Equations]]] = {
    "sigmoid": lambda: equations(
        trained_off(nn.MLP(2, [3, 1], activation="sigmoid", output="sigmoid")), nn.mse_loss, ([1.0, 0.5], 1.0)
    ),
    "classes": lambda: equations(
        trained_off(nn.MLP(2, [2, 3], activation="tanh")), nn.cross_entropy, ([1.0, -0.5], 2), lr=0.5
    ),
    "gru": lambda: equations(
        trained_off(Read(nn.GRU(1, 1), 1)), nn.mse_loss, ([[1.0], [0.5]], [0.5])
    ),
    "elman": lambda: equations(
        trained_off(Read(nn.RNN(1, 2))), nn.mse_loss, ([[1.0], [0.5], [-1.0]], [0.5, 0.0])
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is_the_one_on_disk(name: str) -> None:
    told = GOLDEN[name]()
    for ending, text in {"txt": told.text, "tex": told.latex, "py.txt": told.numpy.rstrip("\n")}.items():
        path = FOLDER / f"equations_{name}.{ending}"
        if os.environ.get("VIZ_GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(f"{text}\n".encode())
        assert path.read_bytes().decode() == f"{text}\n"


def test_the_golden_folder_has_no_other_equations() -> None:
    found = {path.name for path in FOLDER.glob("equations_*")}
    assert found == {f"equations_{name}.{ending}" for name in GOLDEN for ending in ("txt", "tex", "py.txt")}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_index_of_a_layer_or_gate_is_no_power(name: str) -> None:
    told = GOLDEN[name]()
    assert not re.search(r"[zWUbδ][⁰-⁹ⁱᶠᵍᵒʳᶻⁿᵐ]|a[¹³]", told.text)
    assert not re.search(r"(?:\b[zaWUb]|delta)\^\{?\w\}", told.latex)


def test_the_slope_of_a_state_is_written_with_the_letter_of_the_state() -> None:
    told = GOLDEN["elman"]()
    assert "σ'(z) = 1 - h²\n" in told.text
    assert r"\sigma'\left(z\right) &= 1 - h^2 \\" in told.latex
    assert "σ'(z) = 1 - a²\n" in GOLDEN["classes"]().text
    tower = equations(Tower(), nn.mse_loss, (SEQUENCE, [0.5, -2.5] * 4))
    assert not re.search(r"σ'\(z\) = .*\ba\b", tower.text)


def test_latex_has_no_empty_words() -> None:
    for make in GOLDEN.values():
        assert not re.search(r"\\text\{\}|: \} \\\\", make().latex)


@pytest.mark.parametrize("activation", TABLE)
def test_latex_is_well_formed(activation: str) -> None:
    model = nn.MLP(2, [12, 2], activation=activation, output=activation, rng=1)
    told = equations(model, nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    check_latex(told.latex)
    assert told._repr_latex_() == rf"$\displaystyle {told.latex}$"
    check_latex(equations(model, nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]), max_size=None).latex)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_latex_of_recurrent_networks_is_well_formed(kind: Callable[..., nn.Module]) -> None:
    told = equations(Read(kind(2, 8, rng=1), 2), nn.mse_loss, (SEQUENCE * 3, [2.0, 1.0]))
    check_latex(told.latex)
    assert not re.search(r"[^\x00-\x7f]", told.latex)
