"""Functions of sequences: forms of input, errors, and what the fast paths keep."""

from __future__ import annotations

import pytest

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, ShapeError, Value


def test_lengths_must_agree() -> None:
    w = [Value(1.0), Value(2.0)]
    with pytest.raises(ShapeError, match="got 3 inputs and 2 weights"):
        ag.dot(w, [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match="got 1 inputs and 2 weights"):
        ag.affine([w], [1.0], [Value(0.0)])
    with pytest.raises(ValueError, match="got 1 rows and 2 biases"):
        ag.affine([w], [1.0, 2.0], [0.0, 0.0])
    with pytest.raises(ShapeError, match="at least one weight"):
        ag.dot([], [])


def test_numbers_of_any_kind_and_nothing_else() -> None:
    x = Value(2.0)
    assert ag.dot([x, 3], [True, x]).data == 8.0
    assert type(ag.dot([1, 2], [3, 4])) is float
    with pytest.raises(OperandTypeError, match=r"got '1' \(str\)"):
        ag.dot([x], ["1"])
    with pytest.raises(OperandTypeError):
        ag.sum([x, None])


def test_a_list_may_change_afterwards() -> None:
    weights = [Value(2.0), Value(3.0)]
    y = ag.dot(weights, [1.0, 1.0])
    kept = weights[0]
    weights[0] = Value(100.0)
    y.backward()
    assert (kept.grad, weights[0].grad) == (1.0, 0.0)


def test_dot_of_values_with_themselves() -> None:
    x = [Value(3.0), Value(4.0)]
    y = ag.dot(x, x)
    y.backward()
    assert (y.data, [v.grad for v in x]) == (25.0, [6.0, 8.0])
    assert y.inputs == (*x, *x)
    assert y.derivatives == (3.0, 4.0, 3.0, 4.0)


def test_extremes_take_values_singly_or_as_one_iterable() -> None:
    a, b = Value(1.0), Value(2.0)
    assert ag.max(a, b, 1.5).data == ag.max([a, b]).data == ag.max(x for x in (a, b)).data == 2.0
    assert ag.min(a, b, 1.5).data == ag.min((a, b)).data == 1.0
    assert ag.max(a).data == 1.0
    assert ag.max(1, 2) == 2.0
    with pytest.raises(InputError, match="max expected at least one input"):
        ag.max([])


def test_sum_takes_any_iterable() -> None:
    x = Value(2.0)
    y = ag.sum(x * k for k in range(4))
    y.backward()
    assert (y.data, x.grad) == (12.0, 6.0)


def test_mean_and_leaky_relu() -> None:
    x = Value(-2.0)
    ag.mean([ag.leaky_relu(x), 1.0]).backward()
    assert x.grad == 0.005
    with pytest.raises(InputError, match="sum expected at least one input"):
        ag.mean([])


def test_where_takes_a_truth_value_or_a_number() -> None:
    a, b = Value(1.0), Value(2.0)
    assert ag.where(a < b, a, b) == 1.0
    assert ag.where(Value(0.0), a, b) == 2.0
    assert ag.where(True, 1, 2) == 1.0
