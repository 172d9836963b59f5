"""The right slopes beside those at the activations: the factors are those by which wrong gradients are off."""

import math
import re
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from autograd_core import no_grad
from equation_programs import swept
from recurrent_networks import SEQUENCE, Read
from viz import equations
from viz.lessons.slopes import factor
from viz.network.unfolded import Unfolded
from viz.text import number

ACTIVATIONS: Final = ("sigmoid", "tanh", "softplus", "gelu", "elu")


@pytest.mark.hypothesis
@given(st.sampled_from(ACTIVATIONS), st.lists(st.integers(1, 4), max_size=2), st.integers(0, 999))
def test_the_factors_are_those_of_a_program_with_the_mistake(activation: str, hidden: list[int], seed: int) -> None:
    model = nn.MLP(2, [*hidden, 2], activation=activation, output=activation, rng=seed)
    sample = ([0.75, -1.5], [3.0, -3.0])
    told = equations(model, nn.mse_loss, sample)
    wrong: dict[str, Any] = {}
    exec(re.sub(r"(slope\d+ = \w+\()z(?=\d)", r"\1a", told.numpy), wrong)  # noqa: S102 - the program with the mistake
    right = swept(model, nn.mse_loss, sample)
    assume(min(abs(x) for x in right.values()) > 1e-6)
    for k, slopes in enumerate(told.compare_slopes().layers):
        assert slopes.factors != (1.0,) * len(slopes.factors) or activation == "elu"
        for j, off in enumerate(slopes.factors):
            for name in (f"layers.{k}.neurons.{j}.b", f"layers.{k}.neurons.{j}.w.0"):
                assert wrong["gradients"][name] / right[name] == pytest.approx(off, rel=1e-9)


def test_the_text_has_the_numbers() -> None:
    told = equations(nn.MLP(2, [3, 2], activation="tanh", rng=1), nn.cross_entropy, ([0.5, -1.5], 1)).compare_slopes()
    for slopes in told.layers:
        rows = zip(slopes.right, slopes.wrong, slopes.deltas, slopes.wrong_deltas, slopes.factors, strict=True)
        for j, (right, wrong, delta, off, by) in enumerate(rows):
            numbers = [right, wrong, factor(wrong, right), delta, off, by]
            assert re.search(rf"neuron {j} +" + " +".join(re.escape(number(x)) for x in numbers), told.text)
    assert "σ'(z⁽¹⁾) = σ'( " in told.text
    assert "σ'(a⁽¹⁾) = σ'( " in told.text
    assert r"\sigma'\left(a^{(1)}\right) &= \sigma'\left( \begin{bmatrix}" in told.latex
    assert told.latex.isascii()
    assert told._repr_latex_() == rf"$\displaystyle {told.latex}$"
    assert (str(told), repr(told)) == (told.text, "SlopeComparison(text, latex)")


def test_where_both_slopes_are_equal_nothing_is_off() -> None:
    told = equations(nn.MLP(2, [4, 1], activation="relu", rng=1), nn.mse_loss, ([0.5, -1.5], 1.0)).compare_slopes()
    assert all(set(slopes.factors) == {1.0} for slopes in told.layers)
    assert "-0.0 " not in told.text
    assert "There is no activation, so the slope is 1 everywhere." in told.text


def test_a_comparison_needs_no_graph() -> None:
    told = equations(nn.MLP(2, [4, 1], activation="tanh", rng=1), nn.mse_loss, ([0.5, -1.5], 1.0))
    with no_grad():
        within = told.compare_slopes()
    assert within.layers == told.compare_slopes().layers


def slope_of_sigmoid(z: float) -> float:
    s = 1.0 / (1.0 + math.exp(-z))
    return s * (1.0 - s)


def slope_of_tanh(z: float) -> float:
    return 1.0 / math.cosh(z) ** 2


GATES: Final[list[tuple[Any, str, str, str]]] = [
    (nn.RNN, "z", "σ'(zₜ)", "σ'(hₜ)"),
    (nn.LSTM, "g", "tanh'(z⁽ᵍ⁾ₜ)", "tanh'(gₜ)"),
    (nn.LSTM, "o", "σ'(z⁽ᵒ⁾ₜ)", "σ'(oₜ)"),
    (nn.GRU, "n", "tanh'(z⁽ⁿ⁾ₜ + rₜ ∘ z⁽ᵐ⁾ₜ)", "tanh'(nₜ)"),
    (nn.GRU, "z", "σ'(z⁽ᶻ⁾ₜ)", "σ'(zₜ)"),
]


@pytest.mark.parametrize(("kind", "name", "right", "wrong"), GATES)
def test_each_step_of_a_recurrent_network_has_factors_of_its_own(kind: Any, name: str, right: str, wrong: str) -> None:
    told = equations(Read(kind(2, 2, rng=1), 1), nn.mse_loss, (SEQUENCE, [2.0]))
    text = told.compare_slopes().text
    assert told.compare_slopes().layers == ()
    assert "Each step has a factor of its own" in text
    assert isinstance(told.network, Unfolded)
    (gate,) = (gate for gate in told.network.blocks[0].gates if gate.name == name)
    a = [gate.a[t][0] for t in (1, 2, 3, 4)]
    is_tanh = kind is nn.RNN or right.startswith("tanh")
    at_z = [1.0 - x * x if is_tanh else x * (1.0 - x) for x in a]
    at_a = [slope_of_tanh(x) if is_tanh else slope_of_sigmoid(x) for x in a]
    for label, slopes in ((right, at_z), (wrong, at_a)):
        row = re.search(rf"(?m)^{re.escape(label)}\[0\] +(.*)$", text)
        assert row
        assert [float(x) for x in row[1].split()] == pytest.approx(slopes, rel=1e-3)
