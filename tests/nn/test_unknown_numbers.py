"""What layers and losses keep and say of numbers that are recorded and not known yet."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd_core import InputError, ShapeError, Value
from nn.base.conversion import as_numbers, is_number, model_input
from nn.base.recorded import is_known, number_of, within
from programs_recorded import Program, recorded


def symbols(count: int) -> list[Any]:
    program = Program()
    return [program.input() for _ in range(count)]


def statistics(norm: Any) -> list[Any]:
    return [*norm.running_mean, *norm.running_var]


def test_they_are_numbers_of_a_model() -> None:
    x, y = xs = symbols(2)
    assert is_number(x)
    assert model_input(xs) is xs  # a list is not copied, so that neurons share it
    assert [type(part) for part in as_numbers((x, 1))] == [type(x), int]
    assert model_input([[x], [y]])[1][0] is y


def test_a_value_is_known_and_a_number_of_a_program_is_not() -> None:
    (x,) = symbols(1)
    assert [is_known(number) for number in (1.0, 2, Value(1.0), Value(1.0) * 2.0, x, x * Value(1.0))] == (
        [True, True, True, True, False, False]
    )


def test_a_number_alone_passes_no_gradient() -> None:
    program, [x], y = recorded(lambda x: number_of(x) * x, 1)
    assert program.run([3.0], y, *program.gradient(y, [x])) == [9.0, 3.0]


@pytest.mark.parametrize("x", [-1.0, 0.0, 0.5, 1.0, 2.0, math.nan])
def test_bounds_are_recorded(x: float) -> None:
    program, _, answer = recorded(lambda x: within(0.0, x, 1.0), 1)
    assert program.run([x], answer) == [float(within(0.0, x, 1.0))]


def test_running_statistics_are_numbers_of_the_program() -> None:
    norm, eager = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    program, _, _ = recorded(lambda a, b: norm([[a], [b]]), 2)
    eager([[1.0], [4.0]])
    assert norm.num_batches_tracked == eager.num_batches_tracked == 1
    assert program.run([1.0, 4.0], *statistics(norm)) == pytest.approx(statistics(eager), rel=1e-14)


def test_they_do_not_join_the_gradient() -> None:
    norm = nn.BatchNorm1d(1)
    program, xs, _ = recorded(lambda a, b: norm([[a], [b]]), 2)
    assert program.run([1.0, 4.0], *program.gradient(statistics(norm)[0], xs)) == [0.0, 0.0]


class TestEmbedding:
    def test_an_index_picks_the_vector(self) -> None:
        embedding = nn.Embedding(3, 2, rng=0)
        program, _, vector = recorded(embedding, 1)
        for index in range(3):
            assert program.run([float(index)], *vector) == [x.data for x in embedding.weight[index]]

    def test_without_a_vector_the_numbers_are_nan(self) -> None:
        program, _, vector = recorded(nn.Embedding(3, 2, rng=0), 1)
        assert all(map(math.isnan, program.run([3.0], *vector)))

    def test_the_gradient_goes_to_the_picked_vector_but_not_to_padding(self) -> None:
        embedding = nn.Embedding(3, 1, padding_idx=2)

        def function(index: Any, *weights: Any) -> Any:
            embedding.weight = [[w] for w in weights]
            return embedding([index])[0][0] * 5.0

        program, xs, y = recorded(function, 4)
        gradient = program.gradient(y, xs)
        assert program.run([1.0, 0.1, 0.2, 0.3], *gradient) == [0.0, 0.0, 5.0, 0.0]
        assert program.run([2.0, 0.1, 0.2, 0.3], y, *gradient) == [1.5, 0.0, 0.0, 0.0, 0.0]


def test_a_detached_state_is_a_constant() -> None:
    program, xs, y = recorded(lambda h, c: nn.detached(([h], c))[0][0] * c, 2)
    assert program.run([2.0, 3.0], y, *program.gradient(y, xs)) == [6.0, 0.0, 2.0]


def test_an_argument_of_an_activation_can_be_one() -> None:
    x, slope = symbols(2)
    module: Any = nn.LeakyReLU(slope)
    assert repr(module) == f"LeakyReLU(negative_slope={slope!r})"
    program = x.recorder
    assert program.run([-2.0, 0.25], *module([x, 1.0])) == [-0.5, 1.0]


WRONG = [
    (lambda x: nn.Linear(3, 1, rng=0)([x, x]), ShapeError, "expected 3 inputs, got 2"),
    (nn.LayerNorm(2), ShapeError, r"got the number Symbol\(0\)"),
    (lambda x: nn.cross_entropy([[x, x]], [[x, 1.5]]), InputError, "probabilities from 0 to 1, got 1.5"),
    (lambda x: nn.binary_cross_entropy(x, 2.0), InputError, "targets from 0 to 1, got 2.0"),
    (lambda x: nn.mse_loss([x, x], [x]), ShapeError, "a list of 2 as prediction and a list of 1 as target"),
    (lambda x: nn.cross_entropy([x, x], 0, weight=[x, 1.0]), InputError, r"finite number .*, got Symbol\(0\)"),
    (nn.Dropout, InputError, r"a number from 0 to 1, got Symbol\(0\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_messages_name_them_and_nothing_is_asked_of_them(
    call: Callable[[Any], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call(*symbols(1))
