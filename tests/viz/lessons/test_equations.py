"""The equations of backpropagation: every number is that of the graph, and the program gives the gradients."""

import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from autograd_core import InputError, OperandTypeError, Value, no_grad
from equation_programs import check_program, program_of, swept
from nn.layers.activations import TABLE
from recurrent_networks import SEQUENCE, ByTheBook, Read, Tower, TwoLayers, WithoutFirstState
from viz import Equations, equations
from viz.network.perceptron import Perceptron
from viz.network.unfolded import Unfolded
from viz.text import number

FOLDER: Final = Path(__file__).parent / "golden"


def fourth_powers(outputs: Any, targets: Any) -> Any:
    """A cost without a name: no multiple of another cost has its value and its gradient."""
    samples = zip(outputs, targets, strict=True)
    return sum((a - y) ** 4 for sample, wanted in samples for a, y in zip(sample, wanted, strict=True))


LOSSES: Final[dict[str, Callable[..., Any]]] = {
    "squared error": nn.mse_loss,
    "cross-entropy": nn.cross_entropy,
    "binary cross-entropy with logits": nn.binary_cross_entropy_with_logits,
    "binary cross-entropy": nn.binary_cross_entropy,
    "other": fourth_powers,
}


@st.composite
def perceptrons(draw: st.DrawFn) -> tuple[nn.MLP, str, tuple[list[float], Any]]:
    """A perceptron of any activation, a loss, and a sample."""
    cost = draw(st.sampled_from(sorted(LOSSES)))
    nin, nout = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    hidden = draw(st.lists(st.integers(1, 4), max_size=2))
    output = "sigmoid" if cost == "binary cross-entropy" else draw(st.sampled_from(("linear", "tanh", "softsign")))
    activation = draw(st.sampled_from(sorted(TABLE)))
    model = nn.MLP(nin, [*hidden, nout], activation=activation, output=output, rng=draw(st.integers(0, 9999)))
    eighths = st.integers(-12, 12).map(lambda k: k / 8.0)
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = draw(eighths)
    features = draw(st.lists(eighths, min_size=nin, max_size=nin))
    if cost == "cross-entropy":
        return model, cost, (features, draw(st.integers(0, nout - 1)))
    targets = (0.0, 1.0) if cost.startswith("binary") else (-3.0, 3.0)
    return model, cost, (features, draw(st.lists(st.sampled_from(targets), min_size=nout, max_size=nout)))


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


RAISED: Final = dict(zip("ifgorznm", ("⁽ⁱ⁾", "⁽ᶠ⁾", "⁽ᵍ⁾", "⁽ᵒ⁾", "⁽ʳ⁾", "⁽ᶻ⁾", "⁽ⁿ⁾", "⁽ᵐ⁾"), strict=True))


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


@st.composite
def recurrent(draw: st.DrawFn) -> tuple[Read, list[list[float]], list[float]]:
    """A recurrent network of any kind, with or without a head, and a sample."""
    kind = draw(st.sampled_from((nn.RNN, nn.LSTM, nn.GRU)))
    inputs, hidden, layers = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    options = {"nonlinearity": draw(st.sampled_from(("tanh", "relu")))} if kind is nn.RNN else {}
    cells = kind(inputs, hidden, layers, bias=draw(st.booleans()), rng=draw(st.integers(0, 9999)), **options)
    outputs, every_step = draw(st.integers(0, 2)), draw(st.booleans())
    eighths = st.integers(-12, 12).map(lambda k: k / 8.0)
    sequence = draw(st.lists(st.lists(eighths, min_size=inputs, max_size=inputs), min_size=1, max_size=4))
    count = (outputs or hidden) * (len(sequence) if every_step else 1)
    return Read(cells, outputs, every_step), sequence, [3.0 if i % 2 else -3.0 for i in range(count)]


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


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (TwoLayers(), [0.5, -2.5]),
        (WithoutFirstState(), [0.5, -2.5]),
        (ByTheBook(), [0.5, -2.5]),
        (Tower(), [0.5, -2.5] * 4),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_networks_written_by_hand_have_programs(model: nn.Module, target: list[float]) -> None:
    check_program(model, nn.mse_loss, (SEQUENCE, target))


def test_a_first_state_is_shown_and_used() -> None:
    class Started(nn.Module):
        def __init__(self) -> None:
            self.cell = nn.LSTMCell(2, 2, rng=1)

        def __call__(self, sequence: Any) -> Any:
            state: Any = ([0.25, 0.5], [1.0, -1.0])
            for x in sequence:
                state = self.cell(x, state)
            return state[0]

    text = check_program(Started(), nn.mse_loss, (SEQUENCE, [2.0, -2.0])).text
    assert "h₀ = ⎣ 0.5⎦" in text
    assert "c₀ = ⎣-1.0⎦" in text


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("bias", [True, False])
def test_a_single_step_is_that_of_a_recurrent_network(kind: Callable[..., nn.Module], bias: bool) -> None:
    told = check_program(Read(kind(2, 3, bias=bias, rng=1), 1), nn.mse_loss, (SEQUENCE[:1], [2.0]))
    assert repr(told).startswith("Equations(1 step of 2 -> 3 ")
    assert "dense" not in told.text.split("Layer 2")[0]
    assert ("Elman, tanh, 3 units, 1 step" in told.text) == (kind is nn.RNN)


def test_parameters_that_the_cost_does_not_depend_on_have_the_gradient_0() -> None:
    class Spare(nn.Module):
        def __init__(self, used: nn.Module) -> None:
            self.used, self.spare = used, nn.Linear(2, 1, rng=1)

        def __call__(self, x: Any) -> Any:
            return self.used(x)

    for model, features in ((nn.MLP(2, [3, 1], rng=1), [0.5, 1.0]), (Read(nn.RNN(2, 2, rng=1), 1), SEQUENCE)):
        told = check_program(Spare(model), nn.mse_loss, (features, [2.0]))
        assert program_of(told)["gradients"]["spare.neurons.0.b"] == 0.0


def test_latex_has_no_empty_words() -> None:
    for make in GOLDEN.values():
        assert not re.search(r"\\text\{\}|: \} \\\\", make().latex)


def test_a_sequence_of_classes_has_a_program() -> None:
    def loss(outputs: Any, targets: Any) -> Any:
        return nn.cross_entropy([outputs[0][i : i + 3] for i in range(0, 12, 3)], targets[0])

    told = check_program(Read(nn.LSTM(2, 2, rng=1), 3, every_step=True), loss, (SEQUENCE, [0, 2, 1, 0]))
    assert told.network.cost.name == "cross-entropy"
    assert "with a softmax for each step" in told.text


# ---- Accuracy --------------------------------------------------------------------------------------------------------


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


# ---- What is unusual -------------------------------------------------------------------------------------------------


def test_neurons_of_a_layer_may_differ() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            self.first, self.last = nn.Linear(2, 3, rng=1), nn.Linear(3, 1, bias=False, rng=2)

        def __call__(self, x: Any) -> Any:
            a, b, c = self.first(x)
            return self.last([a.tanh(), b, c.relu()])

    told = check_program(Mixed(), nn.mse_loss, ([0.5, -1.5], [2.0]))
    assert "different activations" in told.text
    assert "zip([np.tanh, np.copy, relu], z1)" in told.numpy


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "softshrink", "hardtanh", "celu", "hardshrink"])
def test_constants_of_the_neurons_may_differ(name: str) -> None:
    class Each(nn.Module):
        def __init__(self) -> None:
            self.linear, self.last = nn.Linear(2, 4, rng=1), nn.Linear(4, 1, rng=2)

        def __call__(self, x: Any) -> Any:
            constants = [(-1.0, k + 0.5) if name == "hardtanh" else ((k + 1) / 8.0,) for k in range(4)]
            return self.last([getattr(z, name)(*own) for z, own in zip(self.linear(x), constants, strict=True)])

    told = check_program(Each(), nn.mse_loss, ([0.5, -1.5], [2.0]))
    assert "The neurons have different constants in their activations" in told.text
    assert told.numpy.count("def ") <= 3


def test_activations_by_hand_are_written_out() -> None:
    class Swish(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(2, 2, rng=1)

        def __call__(self, x: Any) -> Any:
            return [z / (1.0 + (-1.5 * z).exp()) for z in self.linear(x)]

    told = check_program(Swish(), nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert "There is no short formula" in told.text
    assert "def activation_derivative(z):" in told.numpy


def test_constants_may_be_infinite() -> None:
    class Capped(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(2, 2, rng=1)

        def __call__(self, x: Any) -> Any:
            return [z.hardtanh(-math.inf, 0.25) for z in self.linear(x)]

    told = check_program(Capped(), nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert "np.clip(z, -np.inf, 0.25)" in told.numpy


def test_activations_without_a_formula_are_given_in_numbers() -> None:
    class Erf(nn.Module):
        def __init__(self) -> None:
            self.linear = nn.Linear(2, 2, rng=1)

        def __call__(self, x: Any) -> Any:
            return [z.erf() for z in self.linear(x)]

    told = check_program(Erf(), nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    assert "# of the graph: there is no formula for erf" in told.numpy


@pytest.mark.parametrize("name", ['w"', "w\n)", "{w}", "w\\", '"""', "{__import__('os')}.0"])
@pytest.mark.parametrize("steps", [1, 3])
def test_names_do_not_become_code(name: str, steps: int) -> None:
    w, u = Value(0.5), Value(-0.25)

    class Model:
        def named_parameters(self) -> list[tuple[str, Value]]:
            return [(name, w), (f"{name}.u", u)]

        def __call__(self, sequence: list[float]) -> Any:
            h: Any = 0.5
            for x in sequence:
                h = (w * x + u * h).tanh()
            return h

    Model.__name__ = name
    told = equations(Model(), nn.mse_loss, ([1.0, -0.5, 2.0][:steps], 0.5))
    assert program_of(told)["gradients"].keys() == {name, f"{name}.u"}
    assert "\n)" not in told.text.replace("\n\n", "")
    check_latex(told.latex)


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


def test_the_numbers_stay_when_the_model_learns() -> None:
    model = nn.Linear(2, 2, rng=1)
    told = equations(model, nn.mse_loss, ([0.5, -1.5], [2.0, 1.0]))
    before = told.text, told.latex, told.numpy
    model.parameters()[0].data = 100.0
    assert before == (told.text, told.latex, told.numpy)
    assert all(value.grad == 0.0 for value in model.parameters())


# ---- Texts -----------------------------------------------------------------------------------------------------------


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


def check_latex(latex: str) -> None:
    """Check that environments, braces and brackets are balanced, and that rows have the columns of their array."""
    assert re.sub(r"\\[{}]", "", latex).count("{") == re.sub(r"\\[{}]", "", latex).count("}")
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", latex):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert latex.count(r"\left") == latex.count(r"\right")
    for body in re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", latex):
        widths = {row.count("&") for row in body.split(r"\\")}
        assert len(widths) == 1
        assert max(widths) < 10  # amsmath sets no more columns
    for columns, body in re.findall(r"\\begin\{array\}\{([lcr|]*)\}(.*?)\\end\{array\}", latex):
        assert {row.count("&") + 1 for row in body.split(r"\\")} == {len(columns.replace("|", ""))}
    for line in re.sub(r"\\begin\{(bmatrix|array)\}.*?\\end\{\1\}", "", latex).split("\\\\\n"):
        assert line.count("&") == 1, line


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


def test_representations_are_a_line() -> None:
    told = equations(nn.MLP(2, [3, 1], rng=1), nn.mse_loss, ([1.0, 0.5], 1.0))
    assert repr(told) == "Equations(2 -> 3 -> 1, squared error; text, latex, numpy)"
    assert str(told) == told.text
    told = equations(Read(nn.GRU(2, 3, rng=1), 1), nn.mse_loss, (SEQUENCE, [1.0]))
    assert repr(told) == "Equations(4 steps of 2 -> 3 GRU -> 1 dense, squared error; text, latex, numpy)"


def test_vanishing_and_exploding_are_said() -> None:
    def told(weight: float) -> str:
        recurrent = nn.RNN(1, 1, nonlinearity="relu", bias=False, rng=1)
        recurrent.cells[0].weight_ih[0][0].data, recurrent.cells[0].weight_hh[0][0].data = 1.0, weight
        return equations(Read(recurrent), nn.mse_loss, ([[1.0]] * 4, [9.0])).text

    assert "▁▃▆█" in told(0.5)
    assert "From step 4 back to step 1 it shrinks by a factor of 0.5 in each step." in told(0.5)
    assert "█▆▃▁" in told(2.0)
    assert "it grows by a factor of 2.0 in each step." in told(2.0)


# ---- The figure ------------------------------------------------------------------------------------------------------


def shape_of(panel: Any) -> tuple[int, ...]:
    """Rows and columns of the image in a panel."""
    return tuple(panel.images[0].get_array().shape)


def test_the_figure_maps_units_by_steps() -> None:
    pytest.importorskip("matplotlib")
    told = equations(Read(nn.LSTM(2, 3, num_layers=2, rng=1), 2), nn.mse_loss, (SEQUENCE, [2.0, 1.0]))
    top, bottom = told.figure().axes[:2]
    assert shape_of(top) == (8, 4)  # 3 + 3 + 2 units, 4 steps
    assert [label.get_text() for label in top.get_yticklabels()] == ["rnn.cells.0", "rnn.cells.1", "head"]
    assert [line.get_label() for line in bottom.lines] == ["rnn.cells.0", "rnn.cells.1", "head"]
    block = told.network.blocks[1]  # type: ignore[union-attr]
    drawn = list(np.asarray(bottom.lines[1].get_ydata()))
    assert drawn == pytest.approx([math.hypot(*block.deltas(t)) for t in (1, 2, 3, 4)], rel=1e-14)
    assert bottom.get_yscale() == "log"


def test_the_figure_maps_neurons_by_layer() -> None:
    pytest.importorskip("matplotlib")
    told = equations(nn.MLP(2, [4, 3], activation="tanh", rng=1), nn.cross_entropy, ([1.0, 0.5], 1))
    top, bottom = told.figure().axes[:2]
    assert shape_of(top) == (4, 2)
    assert [label.get_text() for label in bottom.get_xticklabels()] == ["layers.0", "layers.1"]


def test_a_figure_of_zeros_can_be_drawn() -> None:
    pytest.importorskip("matplotlib")
    model = nn.Linear(1, 1, rng=1)
    told = equations(model, nn.mse_loss, ([1.0], [model([1.0])[0].data]))
    told.figure().canvas.draw()


# ---- Wrong calls -----------------------------------------------------------------------------------------------------

SAMPLE: Final = ([0.5, -1.5], [2.0, 1.0])


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"lr": "fast"}, OperandTypeError, "expected a number as lr, got str"),
        ({"lr": math.nan}, InputError, "expected a finite number of at least 0 as lr, got nan"),
        ({"lr": -0.5}, InputError, "got -0.5"),
        ({"max_size": 0}, InputError, "max_size must be at least 1, or None for no limit; got 0"),
        ({"max_size": 2.5}, OperandTypeError, "max_size is an int, or None for no limit; got float"),
    ],
)
def test_options_are_checked(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, SAMPLE, **options)


def test_models_and_losses_are_checked() -> None:
    with pytest.raises(OperandTypeError, match="expected a model with named_parameters"):
        equations(lambda x: x, nn.mse_loss, SAMPLE)
    with pytest.raises(OperandTypeError, match="expected the loss to return a Value, got float"):
        equations(nn.Linear(2, 2, rng=1), lambda outputs, targets: 2.0, SAMPLE)
    with pytest.raises(InputError, match="give one sample and not a batch"):
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, ([[1.0, 2.0]] * 2, [[1.0, 2.0]] * 2))
    with pytest.raises(InputError, match="is a weighted sum"):
        equations(nn.Embedding(3, 2), nn.mse_loss, (1, [2.0, 1.0]))
    with pytest.raises(InputError, match="was it computed within no_grad"), no_grad():
        equations(nn.Linear(2, 2, rng=1), nn.mse_loss, SAMPLE)


def test_penalties_are_refused() -> None:
    model = nn.Linear(2, 2, rng=1)

    def loss(outputs: Any, targets: Any) -> Any:
        return nn.mse_loss(outputs, targets) + 0.5 * model.parameters()[0] ** 2

    with pytest.raises(InputError, match="the cost depends on it in another way, too, such as by a penalty"):
        equations(model, loss, SAMPLE)


def test_parameters_that_are_no_weights_are_refused() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.linear, self.scale = nn.Linear(2, 2, rng=1), Value(0.25)

        def __call__(self, x: Any) -> Any:
            return self.linear([self.scale.exp() * number for number in x])

    with pytest.raises(InputError, match="scale is neither a weight nor a bias of a layer"):
        equations(Scaled(), nn.mse_loss, ([1.0, 1.0], [9.0, 9.0]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    model = nn.MLP(2, [2, 2], activation="tanh", rng=1)
    with pytest.raises(InputError, match=f"^expected finite numbers, got {bad} as feature 0; correct the sample"):
        equations(model, nn.mse_loss, ([bad, 1.0], [2.0, 1.0]))
    with pytest.raises(InputError, match=f"^expected finite numbers, got {bad} as target 1; correct the sample"):
        equations(model, nn.mse_loss, ([2.0, 1.0], [2.0, bad]))
    model.layers[1].neurons[0].w[1].data = bad
    with pytest.raises(InputError, match=rf"{bad} as the parameter layers.1.neurons.0.w.1; viz.diagnose\(model"):
        equations(model, nn.mse_loss, ([2.0, 1.0], [2.0, 1.0]))


def test_the_golden_folder_has_no_other_equations() -> None:
    found = {path.name for path in FOLDER.glob("equations_*")}
    assert found == {f"equations_{name}.{ending}" for name in GOLDEN for ending in ("txt", "tex", "py.txt")}
