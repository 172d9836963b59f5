"""Recorded numbers that outlive the call they were recorded in: found wherever they are, and named with their line."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

import nn
from autograd_core import GradientLossError, Value
from autograd_core.compiler import function as functions


class Slotted:
    __slots__ = ("kept",)

    kept: Any


def slotted(y: Any) -> Slotted:
    kept = Slotted()
    kept.kept = y
    return kept


DEQUE: Final = collections.deque[Any]()
OBJECTS: Final = np.zeros(1, dtype=object)
CACHE: Final[dict[Any, Any]] = {}
PAIRS: Final = collections.deque[Any]()
ERRORS: Final = collections.deque[Any]()
P: Final = Value(2.0)


def later(y: Any) -> Any:
    def late() -> Any:
        return y

    return late


def numbers(y: Any) -> Any:
    yield y


def remember(y: Any) -> Any:
    @functools.lru_cache
    def same() -> Any:
        return y

    same()
    return same


def fail(y: Any) -> Any:
    raise KeyError(y)


def keep_the_error(y: Any) -> Any:
    try:
        fail(y)
    except KeyError as error:
        ERRORS.append(error)


LEAKS: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "a deque": (DEQUE.append, "a deque, DEQUE, holds it"),
    "a pair in a deque": (lambda y: PAIRS.append((y, 1)), "a deque, PAIRS, holds it"),
    "an array of objects": (lambda y: OBJECTS.__setitem__(0, y), "holds it"),
    "a set of results": (lambda y: CACHE.setdefault("set", set()).add(P * y), "holds it"),
    "the closure of a function that is returned": (later, "a variable of the function later.<locals>.late holds it"),
    "a cache": (remember, "holds it"),
    "a generator in a list": (lambda y: [numbers(y)], "a generator holds it"),
    "an iterator": (lambda y: iter([y]), "a list holds it"),
    "a partial function": (lambda y: functools.partial(max, y), "a partial holds it"),
    "an error": (keep_the_error, "holds it"),
    "an object that is returned": (slotted, "a Slotted holds it"),
}


@pytest.mark.parametrize(("leak", "holder"), LEAKS.values(), ids=LEAKS)
def test_a_number_that_outlives_its_capture_is_named(leak: Callable[[Any], Any], holder: str) -> None:
    def f(x: Any, leaks: bool = True) -> Any:
        y = x * 3.0 + 1.0
        return leak(y) if leaks else y

    compiled = functions.compile(f)
    for _ in range(2):
        with pytest.raises(GradientLossError) as caught:
            compiled(1.0)
        assert "test_left_over.py" in str(caught.value)
        assert "y = x * 3.0 + 1.0" in str(caught.value) or "P * y" in str(caught.value)
        assert holder in str(caught.value)
        del caught
    ERRORS.clear()
    CACHE.clear()
    assert not DEQUE
    assert not PAIRS
    assert compiled(1.0, leaks=False) == 4.0


def test_what_an_argument_is_is_said() -> None:
    with pytest.raises(GradientLossError, match="that the function got as number 1 of its arguments outlives the call"):
        functions.compile(lambda xs: later(xs[1]))([1.0, 2.0])


def test_a_leaf_that_every_call_makes_anew() -> None:
    def f(x: Any) -> Any:
        leaf = Value(x * 2.0)
        append(leaf)
        return leaf * 3.0

    append = collections.UserList[Any]().append  # no walk over the state enters what Python brings
    with pytest.raises(GradientLossError, match=r"a leaf .* recorded at .*leaf = Value\(x \* 2.0\)"):
        functions.compile(f)(1.0)


def test_a_leaf_where_later_calls_see_it_is_an_effect() -> None:
    class Lazy:
        weight: Any = None

        def __call__(self, x: Any) -> Any:
            if self.weight is None:
                self.weight = Value(0.5)
            loss = (self.weight * x) ** 2
            loss.backward()
            return loss.data

    ours, theirs = Lazy(), Lazy()
    compiled = functions.compile(ours)
    for x in (1.0, 2.0, 3.0):
        assert compiled(x) == theirs(x)
        assert (ours.weight.data, ours.weight.grad) == (theirs.weight.data, theirs.weight.grad)


def test_cycles_are_not_taken_for_leaks() -> None:
    def f(x: Any) -> Any:
        def power(n: int) -> Any:
            return x if n == 0 else power(n - 1) * x

        return power(3)

    assert functions.compile(f)(2.0) == 16.0


def test_a_network_leaves_nothing() -> None:
    model = nn.Sequential(nn.Linear(2, 3, rng=1), nn.Tanh(), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=2))

    def loss(rows: Any) -> Any:
        model.zero_grad()
        total = nn.mse_loss(model(rows), [[1.0], [0.0], [2.0]])
        total.backward()
        return total

    data = [[1.0, 2.0], [0.5, -1.0], [0.0, 0.25]]
    compiled = functions.compile(loss)
    assert compiled(data) == pytest.approx(compiled(data))


def test_generators_that_run_after_the_call_are_refused() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(numbers(x))
        next(kept[0])
        return x

    with pytest.raises(GradientLossError, match="a generator holds it"):
        functions.compile(f)(1.0)
    assert kept == []
