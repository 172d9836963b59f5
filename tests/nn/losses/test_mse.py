"""Mean squared error against its closed form."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import ShapeError, Value, topological_order
from nn.losses import mse_loss


def leaves(numbers: list[float]) -> list[Value]:
    return [Value(number) for number in numbers]


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=8))
def test_mse_and_its_gradient_are_the_closed_form(pairs: list[tuple[float, float]]) -> None:
    predictions, targets = leaves([p for p, _ in pairs]), [t for _, t in pairs]
    loss = mse_loss(predictions, targets)
    loss.backward()
    assert loss.data == pytest.approx(sum((p - t) ** 2 for p, t in pairs) / len(pairs), rel=1e-12, abs=1e-300)
    assert [p.grad for p in predictions] == pytest.approx([2 * (p - t) / len(pairs) for p, t in pairs], rel=1e-12)


def test_mse_takes_a_number_a_list_and_a_list_of_lists() -> None:
    assert mse_loss(Value(3.0), 1.0).data == 4.0
    assert mse_loss([Value(3.0)], [1.0]).data == 4.0
    assert mse_loss([[Value(3.0), Value(1.0)], [Value(0.0), Value(1.0)]], [[1.0, 1.0], [0.0, 1.0]]).data == 1.0


def test_targets_may_be_values_and_get_gradients() -> None:
    target = Value(1.0)
    mse_loss([Value(3.0)], [target]).backward()
    assert target.grad == -4.0


def test_mse_of_n_numbers_needs_n_differences_and_two_nodes_more() -> None:
    loss = mse_loss(leaves([1.0] * 20), [0.0] * 20)
    assert sum(node.op is not None for node in topological_order(loss)) == 22


def test_the_mean_of_one_number_divides_by_nothing() -> None:
    (x,) = leaves([3.0])
    loss = mse_loss([x], [1.0])
    assert [node.op.name for node in topological_order(loss) if node.op] == ["sub", "dot"]
    loss.backward()
    assert (loss.data, x.grad) == (4.0, 4.0)


@pytest.mark.parametrize(
    ("predictions", "targets", "message"),
    [
        ([1.0, 2.0], [1.0], "got a list of 2 as prediction and a list of 1 as target"),
        (1.0, [1.0, 2.0], "got a number as prediction and a list of 2 as target"),
        ([1.0, 2.0], 1.0, "got a list of 2 as prediction and a number as target"),
        ([[1.0, 2.0]], [1.0], "got a list of 2 as prediction and a number as target"),
        ([1.0, 2.0], [[1.0, 2.0]], "got a list of 2 as prediction and a list of 1 as target"),
        (1.0, [[1.0]], "got a number as prediction and a list of 1 as target"),
        ([], [], "at least one prediction, got none"),
        ([[]], [[]], "at least one prediction, got none"),
    ],
)
def test_mse_refuses_structures_that_differ(predictions: Any, targets: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        mse_loss(predictions, targets)
