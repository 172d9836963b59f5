"""Sums and dot products: forms of input, errors, and what the fast paths keep."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, OperandTypeError, ShapeError, Value, grad
from exact import bits


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
        ag.dot([x], ["1"])  # type: ignore[list-item]
    with pytest.raises(OperandTypeError):
        ag.sum([x, None])  # type: ignore[list-item]
    with pytest.raises(OperandTypeError):
        ag.fsum([x, None])  # type: ignore[list-item]


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


SUMS = pytest.mark.parametrize("name", ["sum", "fsum"])


@SUMS
def test_sums_take_any_iterable(name: str) -> None:
    total = getattr(ag, name)
    x = Value(2.0)
    y = total(x * k for k in range(4))
    y.backward()
    assert (y.data, x.grad) == (12.0, 6.0)
    assert type(total([1, 2, 3])) is float
    with pytest.raises(InputError, match=f"{name} expected at least one input, got none"):
        total([])


@SUMS
@given(numbers=st.lists(st.floats(), min_size=1, max_size=6), at=st.integers(0, 5))
def test_sums_equal_their_row(name: str, numbers: list[float], at: int) -> None:
    terms: list[Any] = [Value(x) if i != at else x for i, x in enumerate(numbers)]
    ours, row = getattr(ag, name)(terms), TABLE[name](*terms)
    if isinstance(row, Value):
        assert [x if isinstance(x, Value) else bits(x) for x in ours.inputs] == [
            x if isinstance(x, Value) else bits(x) for x in row.inputs
        ]
        assert ours.op is row.op
        assert ours.derivatives == row.derivatives
        assert bits(ours.data) == bits(row.data)
    assert bits(getattr(ag, name)(numbers)) == bits(TABLE[name](*numbers))


@SUMS
def test_sums_keep_the_sign_of_zero(name: str) -> None:
    assert bits(getattr(ag, name)([Value(-0.0)] * 4).data) == bits(-0.0)
    assert bits(getattr(ag, name)([Value(-0.0), 0.0, Value(-0.0)]).data) == bits(0.0)


@SUMS
def test_sums_follow_the_modes(name: str) -> None:
    terms = [Value(1.0), Value(2.0), 3.0]
    with ag.no_grad():
        assert getattr(ag, name)(terms).inputs == ()
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match=rf"{name}\(1e\+308, 1e\+308, 1e\+308\) gave inf"):
        getattr(ag, name)([Value(1e308)] * 3)


def test_fsum_is_rounded_once() -> None:
    xs = [0.1] * 10 + [1e16, -1e16]
    ys = [Value(x) for x in xs]
    assert ag.fsum(ys).data == math.fsum(xs) == 1.0 != ag.sum(ys).data
    assert grad(ag.fsum)(xs) == [1.0] * 12
