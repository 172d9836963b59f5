"""Arrays are drawn with the shapes, types and numbers that are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from autograd_core import InputError
from autograd_core.testing import GradientMismatch, check_grads
from autograd_core.testing.strategies import arrays, broadcastable_arrays
from examples import find

briefly = settings(max_examples=40)


@briefly
@given(arrays())
def test_by_default_arrays_are_small_finite_and_of_order_one(x: Any) -> None:
    assert x.ndim <= 2
    assert all(1 <= side <= 4 for side in x.shape)
    assert x.dtype in (np.float64, np.float32)
    assert np.all(np.abs(x) <= 3.0)
    assert np.all((x == 0.0) | (np.abs(x) > 1e-6))


@pytest.mark.parametrize(
    "condition",
    [
        lambda x: x.dtype == np.float64,
        lambda x: x.dtype == np.float32,
        lambda x: x.shape == (),
        lambda x: x.shape == (4,),
        lambda x: x.shape == (2, 3),
        lambda x: x.size > 1 and np.max(x) > 0 and np.sum(x == np.max(x)) > 1,
    ],
    ids=["64 bits", "32 bits", "a number", "a vector", "a matrix", "a tie"],
)
def test_all_kinds_are_drawn(condition: Callable[[Any], bool]) -> None:
    assert condition(find(arrays(), condition, shrink=False))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_shape_dtype_and_domain_are_those_asked_for(dtype: str) -> None:
    @briefly
    @given(arrays((2, 3), dtype, domain=(0.1, 0.7)))
    def check(x: Any) -> None:
        assert (x.shape, x.dtype.name) == ((2, 3), dtype)
        assert np.all((x.astype(float) >= 0.1) & (x.astype(float) <= 0.7))

    check()


def test_shapes_may_be_drawn() -> None:
    found = find(arrays(st.sampled_from([(0,), (5, 1)]), "float64"), lambda x: x.size)
    assert np.array_equal(found, np.zeros((5, 1)))


AWKWARD: list[Callable[[Any], Any]] = [
    np.isnan,
    np.isposinf,
    np.isneginf,
    lambda x: (x == 0.0) & np.signbit(x),
    lambda x: (x != 0.0) & (np.abs(x) < np.finfo(x.dtype).tiny),
    lambda x: x == np.finfo(x.dtype).max,
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("condition", AWKWARD, ids=["nan", "inf", "-inf", "-0.0", "subnormal", "largest"])
def test_awkward_numbers_come_if_they_are_asked_for(condition: Callable[[Any], Any], dtype: str) -> None:
    assert condition(find(arrays((), dtype, awkward=True), condition, shrink=False))


@briefly
@given(broadcastable_arrays(3))
def test_shapes_that_broadcast(drawn: tuple[Any, ...]) -> None:
    assert len(drawn) == 3
    assert len({x.dtype for x in drawn}) == 1
    np.broadcast_shapes(*[x.shape for x in drawn])


def test_a_gradient_that_forgets_the_broadcast_is_found() -> None:
    pair = find(broadcastable_arrays(2, "float64"), lambda pair: pair[0].shape != pair[1].shape)
    assert sum(x.size for x in pair) <= 3


def times(a: Any, b: Any) -> Any:
    return np.sum(a * b)


def summed_to(shape: tuple[int, ...], x: Any) -> Any:
    """Return an array summed over the axes along which an array of this shape was repeated."""
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    return x.sum(axis=tuple(i for i, side in enumerate(shape) if side == 1), keepdims=True)


@briefly
@given(broadcastable_arrays(2, "float64"))
def test_right_gradients_of_arrays_pass(pair: tuple[Any, Any]) -> None:
    def gradient(a: Any, b: Any) -> tuple[Any, Any]:
        both = np.broadcast_arrays(a, b)
        return summed_to(a.shape, both[1]), summed_to(b.shape, both[0])

    assert check_grads(times, *pair, grad=gradient)


def test_a_wrong_gradient_on_ties_is_found() -> None:
    """The maximum of an array whose gradient is wrong only if several entries are the largest."""

    @settings(max_examples=100, phases=[Phase.generate])
    @given(arrays((3,), "float64"))
    def check(x: Any) -> None:
        largest = x == np.max(x)
        assert check_grads(np.max, x, grad=lambda x: largest * float(np.sum(largest)))

    with pytest.raises(GradientMismatch):
        check()


@pytest.mark.parametrize("dtype", ["int64", "float16", "", ()])
def test_other_types_are_refused(dtype: Any) -> None:
    with pytest.raises(InputError, match="expected some of 'float64', 'float32' as dtype"):
        arrays(dtype=dtype)
    with pytest.raises(InputError, match="as dtype"):
        broadcastable_arrays(dtype=dtype)


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(InputError, match=r"a number of float32, got \(1.00000000001, 1.00000000002\)"):
        arrays(dtype="float32", domain=(1.00000000001, 1.00000000002))
    with pytest.raises(InputError, match="expected at least one array, got a count of 0"):
        broadcastable_arrays(0)
