"""Embedding: rows by index, where gradients go, and which indices are refused."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, dot
from autograd_core.testing import check_grads
from layer_reference import assert_agrees, cases, flat, form, start, with_parameters
from nn import init
from nn.layers.embedding import Embedding


@pytest.mark.parametrize("case", cases("Embedding"))
def test_rows_and_gradients_are_pytorchs(case: dict[str, Any]) -> None:
    module = Embedding(**case["arguments"])
    start(module, case)
    assert_agrees(module, case)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(1, 3), st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 99))
def test_gradients_are_right(count: int, length: int, indices: list[int], seed: int) -> None:
    module = Embedding(count, length, rng=seed)
    places = [index % count for index in indices]

    def run(numbers: list[Any]) -> Any:
        return [y * y for y in flat(with_parameters(module, numbers)(places))]

    assert check_grads(run, [p.data for p in module.parameters()])


def test_rows_are_the_parameters_in_the_place_of_the_indices() -> None:
    module = Embedding(4, 2, rng=0)
    assert all(a is b for a, b in zip(module(3), module.weight[3], strict=True))
    assert module(3) is not module.weight[3]  # a list of its own, which may be changed
    assert form(module([[0, 1, 2], [3, 3, 3]])) == [[[None] * 2] * 3] * 2
    assert form(module([[0], [1, 2], []])) == [[[None] * 2], [[None] * 2] * 2, []]
    assert module(np.int64(2))[0] is module.weight[2][0]
    assert module(np.array([2, 1]))[1][0] is module.weight[1][0]


def test_a_row_met_several_times_gets_the_sum_of_the_gradients() -> None:
    module = Embedding(3, 1, rng=0)
    rows = module([1, 0, 1, 1])
    dot([1.0, 2.0, 3.0, 4.0], flat(rows)).backward()
    assert [row[0].grad for row in module.weight] == [2.0, 8.0, 0.0]


@pytest.mark.parametrize("padding_idx", [1, -2])
def test_the_row_of_padding_is_0_and_learns_nothing(padding_idx: int) -> None:
    module = Embedding(3, 2, padding_idx, rng=0)
    assert module.padding_idx == 1
    assert [w.data for w in module.weight[1]] == [0.0, 0.0]
    padding, row = module([1, 2])
    (padding[0] * 3.0 + row[0]).backward()
    assert [w.grad for w in module.weight[1]] == [0.0, 0.0]
    assert module.weight[2][0].grad == 1.0
    module.weight[1][0].data = 5.0
    assert module(1)[0].data == 5.0
    assert repr(module) == "Embedding(3, 2, padding_idx=1)"


def test_numbers_are_standard_normal_and_repeat() -> None:
    module = Embedding(3, 4, rng=random.Random(5))
    assert [w.data for row in module.weight for w in row] == init.normal(12, rng=5)
    assert repr(module) == "Embedding(3, 4)"
    assert module.tensors() == {"weight": module.weight}


@pytest.mark.parametrize("index", [-1, 3, 10**30])
def test_an_index_that_is_no_row_is_refused(index: int) -> None:
    with pytest.raises(InputError, match=rf"Embedding\(3, 2\) expected an index from 0 to 2, got {index}"):
        Embedding(3, 2)([0, index])


@pytest.mark.parametrize("index", [1.0, "1", None, True, [0, 1.0]])
def test_an_index_must_be_an_int(index: Any) -> None:
    with pytest.raises(OperandTypeError, match=r"expected (an int as index|numbers as input of a model), got "):
        Embedding(3, 2)(index)


def test_arguments_are_checked() -> None:
    with pytest.raises(InputError, match="num_embeddings must be a positive int, got 0"):
        Embedding(0, 2)
    with pytest.raises(InputError, match="embedding_dim must be a positive int, got 0"):
        Embedding(2, 0)
    for padding in (2, -3, 1.0, True, "0"):
        with pytest.raises(InputError, match="padding_idx must be an int from -2 to 1, got "):
            Embedding(2, 2, padding)  # type: ignore[arg-type]
