"""Dropout: how much is left out, what of it reaches the graph, and which random numbers it takes."""

import copy
import math
import pickle
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, Value, topological_order
from autograd_core.testing import check_grads
from layer_reference import flat, form, values
from nn.layers.dense import MLP
from nn.layers.dropout import Dropout, own_generator


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_in_training_the_share_p_is_left_out_and_the_mean_stays(p: float) -> None:
    count = 20_000
    outputs = Dropout(p, rng=1)([1.0] * count)
    assert set(outputs) == {0.0, 1.0 / (1.0 - p)}
    assert outputs.count(0.0) / count == pytest.approx(p, abs=4.0 * math.sqrt(p * (1.0 - p) / count))
    assert sum(outputs) / count == pytest.approx(1.0, abs=4.0 * math.sqrt(p / (1.0 - p) / count))


@given(st.recursive(st.floats(-8.0, 8.0), lambda part: st.lists(part, max_size=3), max_leaves=8), st.integers(0, 99))
def test_each_number_is_kept_larger_or_left_out_in_its_place(x: Any, seed: int) -> None:
    outputs = Dropout(0.25, rng=seed)(values(x))
    assert form(outputs) == form(x)
    for number, output in zip(flat(x), flat(outputs), strict=True):
        assert output.data in {0.0, number * (1.0 / 0.75)}


def test_gradients_are_the_factors() -> None:
    x = values([1.0] * 50)
    for number, output in zip(x, Dropout(0.5, rng=2)(x), strict=True):
        output.backward()
        assert number.grad == output.data
    assert {number.grad for number in x} == {0.0, 2.0}

    def run(x: Any) -> Any:
        return Dropout(0.5, rng=5)(x)  # made anew, so that every run leaves out the same

    assert check_grads(run, [0.5, -1.0, 2.0, 3.0])


def test_in_use_the_graph_is_the_one_without() -> None:
    model, dropout, x = MLP(2, [3, 1], rng=0), Dropout(0.7, rng=0).eval(), values([1.0, 2.0])
    assert dropout(x) is x

    def ops(output: Value) -> list[str]:
        return [node.op.name if node.op else "" for node in topological_order(output)]

    assert ops(dropout(model(dropout(x)))) == ops(model(x))
    state = dropout.rng.getstate()
    dropout([1.0])
    assert dropout.rng.getstate() == state  # and no random number is taken


@pytest.mark.parametrize(("p", "outputs"), [(0.0, [1.0, -2.0]), (1.0, [0.0, 0.0]), (0, [1.0, -2.0]), (1, [0.0, 0.0])])
def test_the_ends_of_the_range(p: float, outputs: list[float]) -> None:
    assert Dropout(p)([1.0, -2.0]) == outputs


def test_p_may_be_changed() -> None:
    dropout = Dropout(0.0)
    dropout.p = 1.0
    assert dropout([1.0]) == [0.0]
    dropout.p = 1.5
    with pytest.raises(InputError, match=r"p must be a probability, a number from 0 to 1, got 1\.5"):
        dropout([1.0])


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf, "0.5", None, True, [0.5]])
def test_p_must_be_a_probability(p: Any) -> None:
    with pytest.raises(InputError, match="p must be a probability, a number from 0 to 1, got "):
        Dropout(p)


# ---- Randomness ------------------------------------------------------------------------------------------------------


def test_the_generator_is_its_own_and_its_state_is_all_there_is() -> None:
    dropout, x = Dropout(0.5, rng=7), [1.0] * 30
    assert Dropout.rng_names == ("rng",)
    state = dropout.rng.getstate()
    first = dropout(x)
    assert dropout(x) != first
    random.random()  # what others draw does not matter
    dropout.rng.setstate(state)
    assert dropout(x) == first == Dropout(0.5, rng=7)(x)
    for again in (copy.deepcopy(dropout), pickle.loads(pickle.dumps(dropout))):  # noqa: S301 - ours
        assert again(x) == copy.deepcopy(dropout)(x)


def test_two_modules_from_one_source_differ_and_repeat() -> None:
    def pair() -> tuple[list[float], list[float]]:
        source = random.Random(3)
        return Dropout(rng=source)([1.0] * 40), Dropout(rng=source)([1.0] * 40)

    assert pair() == pair()
    assert pair()[0] != pair()[1]


def test_the_global_seed_governs_it() -> None:
    def mask() -> Any:
        random.seed(11)
        return Dropout()([1.0] * 40)

    assert mask() == mask()
    assert isinstance(own_generator(None), random.Random)


def test_a_wrong_source_is_refused() -> None:
    with pytest.raises(InputError, match="rng must be"):
        Dropout(rng="seed")  # type: ignore[arg-type]


def test_it_is_shown_with_its_probability() -> None:
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"
