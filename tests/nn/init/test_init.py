"""Initial weights and random numbers: the right size, and the same bits for the same seed."""

import math
import random
import statistics
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError
from layer_reference import REFERENCE
from nn import MLP, Layer, Neuron, init
from nn.base.rng import generator, normal, shuffled
from nn.init.initialiser import weights
from nn.init.orthogonal_matrices import new_direction
from nn.layers import activations

FAN_IN, FAN_OUT = 50, 30

# Each with the variance of its paper; sources stand in the docstrings.
VARIANCES: list[tuple[init.Initialiser, float]] = [
    (init.kaiming_uniform, 2.0 / FAN_IN),
    (partial(init.kaiming_uniform, mode="fan_out"), 2.0 / FAN_OUT),
    (partial(init.kaiming_uniform, a=0.5), 2.0 / (1.25 * FAN_IN)),
    (partial(init.kaiming_uniform, nonlinearity="tanh"), 25.0 / 9.0 / FAN_IN),
    (init.xavier_uniform, 2.0 / (FAN_IN + FAN_OUT)),
    (partial(init.xavier_uniform, gain=3.0), 18.0 / (FAN_IN + FAN_OUT)),
    (init.lecun_uniform, 1.0 / FAN_IN),
    (partial(init.lecun_uniform, gain=0.5), 0.25 / FAN_IN),
]
NORMAL_VARIANCES: list[tuple[init.Initialiser, float]] = [
    (init.kaiming_normal, 2.0 / FAN_IN),
    (partial(init.kaiming_normal, mode="fan_out", nonlinearity="linear"), 1.0 / FAN_OUT),
    (init.xavier_normal, 2.0 / (FAN_IN + FAN_OUT)),
    (partial(init.xavier_normal, gain=0.5), 0.5 / (FAN_IN + FAN_OUT)),
    (init.lecun_normal, 1.0 / FAN_IN),
    (partial(init.lecun_normal, gain=2.0), 4.0 / FAN_IN),
]


def drawn(initialiser: init.Initialiser, rows: int) -> list[float]:
    matrix = initialiser(FAN_IN, FAN_OUT, random.Random(0), rows)
    assert [len(row) for row in matrix] == [FAN_IN] * rows
    return [weight for row in matrix for weight in row]


@pytest.mark.parametrize(("initialiser", "variance"), VARIANCES)
def test_uniform_weights_have_the_variance_of_the_paper(initialiser: init.Initialiser, variance: float) -> None:
    weights = drawn(initialiser, 400)
    bound = math.sqrt(3.0 * variance)
    assert statistics.fmean(weights) == pytest.approx(0.0, abs=0.02 * bound)
    assert statistics.pvariance(weights) == pytest.approx(variance, rel=0.02)
    assert 0.99 * bound < max(map(abs, weights)) <= bound


@pytest.mark.parametrize(("initialiser", "variance"), NORMAL_VARIANCES)
def test_normal_weights_have_the_variance_of_the_paper(initialiser: init.Initialiser, variance: float) -> None:
    weights = drawn(initialiser, 200)
    assert statistics.fmean(weights) == pytest.approx(0.0, abs=0.03 * math.sqrt(variance))
    assert statistics.pvariance(weights) == pytest.approx(variance, rel=0.04)
    assert statistics.fmean(w**4 for w in weights) == pytest.approx(3.0 * variance**2, rel=0.1)


def test_normal_numbers_are_normal() -> None:
    numbers = sorted(init.normal(20_000, 2.0, random.Random(1), mean=1.0))
    normal_cdf = statistics.NormalDist(1.0, 2.0).cdf
    largest_gap = max(abs(normal_cdf(x) - (i + 0.5) / len(numbers)) for i, x in enumerate(numbers))
    assert largest_gap < 1.36 / math.sqrt(len(numbers))  # Kolmogorov's test, at a level of 5 %
    share_beyond = sum(abs(x - 1.0) > 6.0 for x in numbers) / len(numbers)
    assert share_beyond == pytest.approx(0.0027, abs=0.001)


def test_normal_numbers_of_a_seed_are_these_bits() -> None:
    # Written down once; made of comparisons and correctly rounded arithmetic only, so the same everywhere.
    assert [x.hex() for x in init.normal(3, rng=1337)] == [
        *("0x1.cd367ad799f6cp+0", "-0x1.4f30af1f84360p+1", "0x1.73cbc7f7f8b85p+0"),
    ]


@pytest.mark.parametrize(("fan_in", "rows"), [(1, 1), (1, 4), (5, 1), (6, 6), (20, 7), (7, 20), (40, 40)])
def test_orthogonal_matrices_are_orthogonal_to_12_digits(fan_in: int, rows: int) -> None:
    matrix = init.orthogonal(fan_in, rows, 5, gain=2.0)
    assert [len(row) for row in matrix] == [fan_in] * rows
    short = matrix if rows <= fan_in else [list(column) for column in zip(*matrix, strict=True)]
    for i, a in enumerate(short):
        for j, b in enumerate(short):
            assert abs(math.fsum(x * y for x, y in zip(a, b, strict=True)) - 4.0 * (i == j)) < 1e-12


def test_orthogonal_matrices_prefer_no_direction() -> None:
    source = random.Random(4)
    angles = [math.atan2(*init.orthogonal(2, 1, source)[0]) for _ in range(4000)]
    counts = [sum(k <= 4.0 * (angle + math.pi) / math.pi < k + 1 for angle in angles) for k in range(8)]
    assert all(430 < count < 570 for count in counts)


def test_a_vector_almost_along_another_loses_no_digits() -> None:
    direction = [1.0 / math.sqrt(3.0)] * 3
    (found,) = new_direction([direction], [1.0, 1.0 + 1e-5, 1.0])
    assert abs(math.fsum(x * y for x, y in zip(direction, found, strict=True))) < 1e-15


def test_directions_lost_in_rounding_are_drawn_again() -> None:
    class Stuck:
        """The same normal number again and again, then others: the second vector is a multiple of the first."""

        def __init__(self) -> None:
            self.source, self.calls = random.Random(1), 0

        def random(self) -> float:
            self.calls += 1
            return (0.9, 0.75, 0.6, 0.2)[self.calls % 4] if self.calls < 200 else self.source.random()

    (a, b), (c, d) = init.orthogonal(2, 2, Stuck())
    assert abs(a * c + b * d) < 1e-15
    assert c * c + d * d == pytest.approx(1.0)


def test_constants_and_filling_in() -> None:
    assert init.constant(2, 3) == [3.0, 3.0]
    assert init.zeros(1) + init.ones(2) == [0.0, 1.0, 1.0]
    layer = Layer(2, 2, rng=0)
    init.fill(layer.weight, [[1, 2], [3, 4]])
    init.fill(layer.bias, [5.0, 6.0])
    assert [p.data for p in layer.parameters()] == [1.0, 2.0, 5.0, 3.0, 4.0, 6.0]
    init.fill(layer.weight, init.constant(4, 7.0))
    assert {w.data for row in layer.weight for w in row} == {7.0}
    with pytest.raises(ShapeError, match="expected one number for each of the 4 parameters, got 3"):
        init.fill(layer.weight, [1.0, 2.0, 3.0])
    with pytest.raises(OperandTypeError, match="expected a real number, got 'two'"):
        init.fill(layer.bias, [1.0, "two"])
    assert [b.data for b in layer.bias or []] == [5.0, 6.0]


def test_gains_are_pytorchs() -> None:
    for name, expected in REFERENCE["gains"].items():
        activation, _, slope = name.partition(" of ")
        assert init.gain(activation, float(slope) if slope else None) == pytest.approx(expected, rel=1e-15)
    with pytest.raises(InputError, match=r"no gain is known for 'gelu'; known are linear, .*selu"):
        init.gain("gelu")


def test_arguments_of_initialisers_are_checked() -> None:
    for wrong in ("fan_avg", None):
        with pytest.raises(InputError, match="expected mode='fan_in' or 'fan_out', got "):
            init.kaiming_normal(2, 2, mode=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no gain is known for 'gelu'"):
        init.kaiming_uniform(2, 2, nonlinearity="gelu")
    for initialiser in (init.kaiming_uniform, init.orthogonal, init.lecun_normal):
        with pytest.raises(InputError, match="fan_in must be a positive int, got 0"):
            initialiser(0, 2)
        with pytest.raises(InputError, match="rows must be a positive int, got -1"):
            initialiser(2, 2, None, -1)


def test_each_activation_is_initialised_by_its_row() -> None:
    for name, row in activations.TABLE.items():
        layer = Layer(6, 4, activation=name, rng=7)
        assert [[w.data for w in neuron.w] for neuron in layer.neurons] == row.initial(6, 4, 7)
        assert all(neuron.b.data == 0.0 for neuron in layer.neurons)
        neuron = Neuron(6, activation=name, fan_out=4, rng=7)
        assert [w.data for w in neuron.w] == row.initial(6, 4, 7)[0]
    assert activations.TABLE["relu"].initial is init.kaiming_uniform
    assert {activations.TABLE[name].initial for name in ("tanh", "sigmoid", "linear")} == {init.xavier_uniform}
    assert activations.TABLE["selu"].initial is init.lecun_normal


def test_an_initialiser_of_ones_own_is_used_for_the_whole_layer() -> None:
    layer = Layer(5, 3, init=init.orthogonal, rng=2)
    assert [[w.data for w in row] for row in layer.weight] == init.orthogonal(5, 3, 2)
    source = random.Random(2)
    model = MLP(5, [3, 2], init=init.lecun_uniform, rng=2)
    drawn_here = [init.lecun_uniform(5, 3, source), init.lecun_uniform(3, 2, source)]
    assert [[[w.data for w in row] for row in layer.weight] for layer in model.layers] == drawn_here


def test_signals_keep_their_size_through_many_layers() -> None:
    source = random.Random(1)
    for name in ("relu", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softsign", "relu6"):
        model = MLP(30, [30] * 6, activation=name, output=name, rng=source)
        x = [normal(source) for _ in range(30)]
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


def made(init: Any, rng: Any = 0) -> Any:
    return Layer(2, 3, init=init, rng=rng)


def test_an_error_inside_an_initialiser_is_its_own() -> None:
    def wrong(fan_in: int, fan_out: int, rng: Any, rows: int) -> Any:
        return fan_in + "rows"  # type: ignore[operator]

    with pytest.raises(TypeError, match="unsupported operand"):
        made(wrong)
    with pytest.raises(TypeError, match="range expected at most 3 arguments"):
        made(range)  # written in C, and without a signature in some versions of Python


def test_a_function_in_c_without_rows_is_named() -> None:
    with pytest.raises(ShapeError, match="3 rows of 2 weights, got something else from max"):
        weights(max, 2, 3, 7, 3)
