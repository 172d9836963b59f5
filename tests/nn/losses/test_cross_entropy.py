"""Cross entropy against its closed form, with all its digits, also where logits are extreme."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, ShapeError, Value, topological_order
from nn import MLP
from nn.losses import cross_entropy


def leaves(numbers: list[float]) -> list[Value]:
    return [Value(number) for number in numbers]


def softmax(logits: list[float]) -> list[float]:
    exponentials = [math.exp(z - max(logits)) for z in logits]
    return [e / math.fsum(exponentials) for e in exponentials]


logits_and_class = st.lists(st.floats(-30, 30), min_size=2, max_size=8).flatmap(
    lambda logits: st.tuples(st.just(logits), st.integers(0, len(logits) - 1))
)


@given(logits_and_class)
def test_cross_entropy_and_its_gradient_are_the_closed_form(case: tuple[list[float], int]) -> None:
    numbers, target = case
    logits = leaves(numbers)
    loss = cross_entropy(logits, target)
    loss.backward()
    probabilities = softmax(numbers)
    assert loss.data == pytest.approx(-math.log(probabilities[target]), rel=1e-12, abs=1e-14)
    for index, (z, probability) in enumerate(zip(logits, probabilities, strict=True)):
        assert z.grad == pytest.approx(probability - (index == target), rel=1e-9, abs=1e-15)


@given(logits_and_class)
def test_the_gradient_sums_to_zero_and_a_common_shift_changes_nothing(case: tuple[list[float], int]) -> None:
    numbers, target = case
    logits = leaves(numbers)
    cross_entropy(logits, target).backward()
    assert math.fsum(z.grad for z in logits) == pytest.approx(0.0, abs=1e-15)
    shifted = cross_entropy(leaves([z + 64.0 for z in numbers]), target)
    assert shifted.data == pytest.approx(cross_entropy(leaves(numbers), target).data, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("numbers", "target", "loss", "gradient"),
    [
        ([1000.0, -1000.0], 0, 0.0, [0.0, 0.0]),
        ([1000.0, -1000.0], 1, 2000.0, [1.0, -1.0]),
        ([-1000.0, -1000.0], 0, math.log(2.0), [-0.5, 0.5]),
        ([1000.0, 1000.0, 1000.0], 2, math.log(3.0), [1 / 3, 1 / 3, -2 / 3]),
        ([1e308, -1e308], 0, 0.0, [0.0, 0.0]),
        ([0.0, -math.inf], 0, 0.0, [0.0, 0.0]),
        ([0.0, 0.0, -math.inf], 1, math.log(2.0), [0.5, -0.5, 0.0]),
    ],
)
def test_extreme_logits_overflow_nowhere(numbers: list[float], target: int, loss: float, gradient: list[float]) -> None:
    logits = leaves(numbers)
    result = cross_entropy(logits, target)
    result.backward()
    assert result.data == pytest.approx(loss)
    assert [z.grad for z in logits] == pytest.approx(gradient)


def test_the_gradient_of_a_sure_and_right_answer_keeps_all_its_digits() -> None:
    logits = leaves([50.0, 0.0])
    cross_entropy(logits, 0).backward()
    assert logits[0].grad == pytest.approx(-math.exp(-50.0), rel=1e-15, abs=0)
    assert logits[1].grad == pytest.approx(math.exp(-50.0), rel=1e-15, abs=0)


def test_nan_among_the_logits_is_not_hidden() -> None:
    for numbers in ([math.nan, 1.0, 2.0], [1.0, math.nan, 2.0], [1.0, 2.0, math.nan]):
        assert math.isnan(cross_entropy(leaves(numbers), 0).data)


def test_a_batch_is_the_mean_of_its_samples() -> None:
    rows = [[0.5, -1.0, 2.0], [3.0, 3.0, -1.0]]
    batch = [leaves(row) for row in rows]
    loss = cross_entropy(batch, [2, 0])
    loss.backward()
    singles = [leaves(row) for row in rows]
    losses = [cross_entropy(row, target) for row, target in zip(singles, [2, 0], strict=True)]
    for single in losses:
        single.backward()
    assert loss.data == pytest.approx(sum(single.data for single in losses) / 2)
    for row, single_row in zip(batch, singles, strict=True):
        assert [z.grad for z in row] == pytest.approx([z.grad / 2 for z in single_row])


def test_some_logits_may_be_plain_numbers() -> None:
    z = Value(1.0)
    logits: list[Value | float] = [0.0, z, 0.0]
    loss = cross_entropy(logits, 1)
    loss.backward()
    assert z.grad == pytest.approx(softmax([0.0, 1.0, 0.0])[1] - 1.0)


def test_classes_may_be_any_kind_of_int() -> None:
    class Index:
        def __index__(self) -> int:
            return 1

    assert cross_entropy(leaves([0.0, 5.0]), Index()).data == cross_entropy(leaves([0.0, 5.0]), 1).data


def test_cross_entropy_of_n_classes_makes_about_two_nodes_per_class() -> None:
    for target in (0, 9):
        loss = cross_entropy(leaves([float(i) for i in range(10)]), target)
        assert sum(node.op is not None for node in topological_order(loss)) <= 2 * 10 + 2


@pytest.mark.parametrize(
    ("logits", "target", "error", "message"),
    [
        ([1.0, 2.0], 2, InputError, "a class from 0 to 1, got 2"),
        ([1.0, 2.0], -1, InputError, "a class from 0 to 1, got -1"),
        ([1.0, 2.0], 0.5, InputError, r"the index of a class as an int, got 0\.5; probabilities are a list"),
        ([1.0, 2.0], math.nan, InputError, "the index of a class as an int, got nan"),
        ([1.0, 2.0], Value(1.0), InputError, r"the index of a class as an int, got Value\(1\.0"),
        ([1.0, 2.0], None, InputError, "the index of a class as an int, got None"),
        ([], 0, ShapeError, r"at least 2 classes, got \[\]"),
        ([1.0], 0, ShapeError, r"at least 2 classes, got \[1\.0\]"),
        (1.0, 0, ShapeError, r"at least 2 classes, got 1\.0; a model with a single output"),
        ([], [], ShapeError, "for each of 0 targets, got a list of 0"),
        ([[1.0, 2.0]], [0, 1], ShapeError, "for each of 2 targets, got a list of 1"),
        ([[1.0, 2.0], [1.0, 2.0]], [0, 5], InputError, "a class from 0 to 1, got 5"),
        ([1.0, 2.0], [0, 1], ShapeError, r"for each of 2 targets, got a list of 2; .* not one-hot"),
        ([[1.0, 2.0], [1.0, 2.0]], 0, ShapeError, "a list of 2 classes for a batch of logits, got 0"),
    ],
)
def test_cross_entropy_refuses_what_makes_no_sense(
    logits: Any, target: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        cross_entropy(logits, target)


def test_cross_entropy_takes_the_output_of_a_model() -> None:
    model = MLP(2, [4, 3], rng=0)
    loss = cross_entropy([model([1.0, 2.0]), model([0.0, 1.0])], [0, 2])
    loss.backward()
    assert sum(neuron.b.grad for neuron in model.layers[-1].neurons) == pytest.approx(0.0, abs=1e-15)
