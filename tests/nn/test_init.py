"""Initial weights and random numbers: the right size, and the same bits for the same seed."""

import math
import random
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError
from nn import MLP, Layer, activations, init
from nn.rng import generator, normal, shuffled


@pytest.mark.parametrize(
    ("initialiser", "variance"),
    [(init.he_uniform, 2.0 / 50), (init.glorot_uniform, 2.0 / (50 + 30))],
)
def test_weights_have_the_variance_of_the_paper(initialiser: init.Initialiser, variance: float) -> None:
    source = random.Random(0)
    weights = [w for _ in range(400) for w in initialiser(50, 30, source)]
    assert statistics.fmean(weights) == pytest.approx(0.0, abs=0.01)
    assert statistics.pvariance(weights) == pytest.approx(variance, rel=0.02)
    assert max(map(abs, weights)) <= math.sqrt(3.0 * variance)


def test_each_activation_is_initialised_by_its_row() -> None:
    for name, row in activations.TABLE.items():
        layer = Layer(6, 4, activation=name, rng=7)
        source = random.Random(7)
        assert [[w.data for w in neuron.w] for neuron in layer.neurons] == [row.initial(6, 4, source) for _ in range(4)]
        assert all(neuron.b.data == 0.0 for neuron in layer.neurons)
    assert activations.TABLE["relu"].initial is init.he_uniform
    assert {activations.TABLE[name].initial for name in ("tanh", "sigmoid", "linear")} == {init.glorot_uniform}


def test_signals_keep_their_size_through_many_layers() -> None:
    source = random.Random(1)
    for name in ("relu", "tanh"):
        model = MLP(40, [40] * 8, activation=name, output=name, rng=source)
        x = [normal(source) for _ in range(40)]
        outputs = model(x)
        assert isinstance(outputs, list)
        assert 0.05 < math.sqrt(statistics.fmean(y.data**2 for y in outputs)) < 5.0


def test_weights_of_a_seed_are_these_bits() -> None:
    # Written down once; any change of them breaks the promise that a seed means the same for ever.
    model = MLP(2, [2, 1], rng=1337)
    assert [p.data.hex() for p in model.parameters()] == [
        *("0x1.a1b2993b78da1p-2", "0x1.d800ff9e5dea6p-4", "0x0.0p+0"),
        *("-0x1.dbde3a0e627c0p-2", "0x1.304eef3b381b0p-2", "0x0.0p+0"),
        *("-0x1.e422f374af273p-1", "0x1.d5be4cfc4cf77p-1", "0x0.0p+0"),
    ]


def test_layers_and_neurons_differ_under_one_seed() -> None:
    weights = [p.data for p in MLP(3, [3, 3, 3], rng=1).parameters() if p.data != 0.0]
    assert len(set(weights)) == len(weights) == 27


def test_a_generator_goes_on_where_it_is_and_a_seed_starts_anew() -> None:
    source = random.Random(1)
    first, second = MLP(2, [2], rng=source), MLP(2, [2], rng=source)
    assert first.parameters()[0].data != second.parameters()[0].data
    assert first.parameters()[0].data == MLP(2, [2], rng=1).parameters()[0].data


def test_numpys_ints_and_generators_are_sources_too() -> None:
    assert generator(np.int64(7)).random() == generator(7).random()
    assert generator(np.random.default_rng(7)).random() == np.random.default_rng(7).random()


@pytest.mark.parametrize("rng", ["1337", 1.5, [1], object()])
def test_other_sources_of_randomness_are_refused(rng: Any) -> None:
    with pytest.raises(InputError, match=r"rng must be a random\.Random, an int as seed, or None, got "):
        generator(rng)
    with pytest.raises(InputError, match="rng must be"):
        MLP(2, [1], rng=rng)


@given(st.lists(st.integers()), st.integers())
def test_shuffling_keeps_the_items_and_leaves_the_original_alone(items: list[int], seed: int) -> None:
    before = list(items)
    assert sorted(shuffled(items, seed)) == sorted(items)
    assert items == before
    assert shuffled(items, seed) == shuffled(items, seed)


def test_every_order_is_equally_likely() -> None:
    source = random.Random(3)
    counts: dict[str, int] = {}
    for _ in range(6000):
        order = "".join(shuffled("abc", source))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(850 < count < 1150 for count in counts.values())


def test_normal_numbers_have_mean_0_and_deviation_1() -> None:
    source = random.Random(0)
    drawn = [normal(source) for _ in range(10_000)]
    assert statistics.fmean(drawn) == pytest.approx(0.0, abs=0.03)
    assert statistics.pstdev(drawn) == pytest.approx(1.0, abs=0.03)
