"""Functions of Values that compute outside of their graph, or keep something from call to call."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
from autograd_core import Value
from autograd_core.testing import GradientMismatch, GradientUnverified, Verdict, check_grads
from failures import failure


def cached(key: Callable[[Value], Any], made: Callable[[Value], Any]) -> Callable[[Value], Any]:
    """Return a function with a factor that is kept by a key."""
    kept: dict[Any, Any] = {}

    def f(x: Value) -> Any:
        if key(x) not in kept:
            kept[key(x)] = made(x)
        return kept[key(x)] * x + x

    return f


def appended(made: Callable[[Value], Any]) -> Callable[[Value], Any]:
    """Return a function that reads the first of a list which grows at each call."""
    kept: list[Any] = []

    def f(x: Value) -> Any:
        kept.append(made(x))
        return kept[0] * x

    return f


@pytest.mark.parametrize(
    "f",
    [
        cached(lambda x: round(x.data, 1), ag.exp),
        cached(lambda x: x.data, ag.exp),
        cached(lambda x: "first", lambda x: x * x),
        cached(lambda x: "first", lambda x: x),
        appended(lambda x: x * x),
        cached(lambda x: "first", lambda x: ag.sin(x).tanh()),
    ],
)
def test_a_value_of_an_earlier_call_is_found_in_the_graph(f: Callable[[Value], Any]) -> None:
    for entry in failure(f, 1.25).failures:
        assert entry.hint.startswith("the function keeps a Value that it made of this number at an earlier call")


def test_the_derivative_that_is_lost_is_reported() -> None:
    def f(p: list[Any]) -> Any:
        if not kept:
            kept.append(p[0] * p[1])
        return kept[0] + 2 * p[0] + 5 * p[1]

    kept: list[Any] = []
    report = failure(f, [3.0, 4.0], modes=("rev",))
    found = [(entry.place, entry.analytic, entry.numeric) for entry in report.failures]
    assert found == [("p[0]", 2.0, 6.0), ("p[1]", 5.0, 8.0)]


exponential = functools.lru_cache(math.exp)


@pytest.mark.parametrize(
    "f",
    [
        cached(lambda x: x.data, lambda x: math.exp(x.data)),
        cached(id, lambda x: math.exp(x.data)),
        lambda x: exponential(x.data) * x,
        lambda x: float(x.data) * x,
        lambda x: round(x.data, 12) * x,
    ],
)
def test_a_number_that_is_computed_outside_of_the_graph_is_found(f: Callable[[Value], Any]) -> None:
    assert "outside the graph" in failure(f, 1.25).failures[0].hint


@pytest.mark.parametrize("digits", [4, 5, 6, 7])
@pytest.mark.parametrize("x", [1.23456789, -0.7, 25.1])
def test_a_number_that_is_rounded_outside_of_the_graph_does_not_pass(digits: int, x: float) -> None:
    """Its gradient is that of one stair, and with small stairs the slope across them is known, too."""
    with pytest.raises((GradientUnverified, GradientMismatch), match=r"does not give what its graph|outside the graph"):
        check_grads(lambda x: round(x.data, digits) * x, x)


@pytest.mark.parametrize("digits", [4, 5, 6, 7])
def test_results_that_are_kept_by_a_rounded_number_do_not_pass(digits: int) -> None:
    with pytest.raises(GradientMismatch):
        check_grads(cached(lambda x: round(x.data, digits), lambda x: math.exp(x.data)), 1.23456789)


KNOTS = [math.sin(0.03 * i) for i in range(400)]


def interpolated(x: Any) -> Any:
    i = int(x.data * 100)
    return KNOTS[i] + (x - i / 100) * (KNOTS[i + 1] - KNOTS[i]) * 100


WEIGHTS = [Value(2.0), Value(-1.0)]
memoised = functools.lru_cache(lambda x: x * x)


@pytest.mark.parametrize("x", [0.5004, 1.233, 3.0001, 0.9999])
@pytest.mark.parametrize(
    "f",
    [
        interpolated,
        lambda x: x * (1.0 if x.data > 0.5 else 3.0),
        lambda x: x * (math.floor(x.data) + 1),
        lambda x: x * 0.0 if x.data < 1 else x * 1.0,
        lambda x: (x * WEIGHTS[0] + WEIGHTS[1]).tanh(),
        lambda x: memoised(x) + x,
    ],
)
def test_branches_tables_and_kept_weights_are_right(f: Callable[[Value], Any], x: float) -> None:
    assert all(entry.verdict is Verdict.OK for entry in check_grads(f, x).entries)
