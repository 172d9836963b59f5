"""The equations of unusual networks: activations by hand, constants of their own, awkward names."""

import math
from typing import Any

import pytest

import nn
from autograd_core import Value
from equation_latex import check_latex
from equation_programs import check_program, program_of
from recurrent_networks import SEQUENCE, ByTheBook, Read, Tower, TwoLayers, WithoutFirstState
from viz import equations


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


def test_parameters_that_the_cost_does_not_depend_on_have_the_gradient_0() -> None:
    class Spare(nn.Module):
        def __init__(self, used: nn.Module) -> None:
            self.used, self.spare = used, nn.Linear(2, 1, rng=1)

        def __call__(self, x: Any) -> Any:
            return self.used(x)

    for model, features in ((nn.MLP(2, [3, 1], rng=1), [0.5, 1.0]), (Read(nn.RNN(2, 2, rng=1), 1), SEQUENCE)):
        told = check_program(Spare(model), nn.mse_loss, (features, [2.0]))
        assert program_of(told)["gradients"]["spare.neurons.0.b"] == 0.0


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


def test_activations_without_a_formula_after_a_sequence_are_given_in_numbers() -> None:
    class Erf(nn.Module):
        def __init__(self) -> None:
            self.rnn, self.head = nn.RNN(2, 2, rng=1), nn.Linear(2, 1, rng=2)

        def __call__(self, sequence: Any) -> Any:
            states, _ = self.rnn(sequence)
            return [z.erf() for z in self.head(states[-1])]

    told = check_program(Erf(), nn.mse_loss, (SEQUENCE, [2.0]))
    assert "# of the graph: no formula for erf" in told.numpy
