"""Where hints evaluate a function: inside of its domain, near the point, and elsewhere only if it ends there."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, check_grads
from autograd_core.testing.causes.reach import Reach
from failures import failure

ENDLESS = 200_000
"""A loop of more turns than this never ends."""


class Endless(BaseException):
    """A loop would never end, which is no exception that a checker handles."""


def root(x: float) -> float:
    """Return the square root by an iteration that never ends for negative numbers."""
    y, turns = 1.0, 0
    while abs(y * y - x) > 1e-12 * abs(x):
        y, turns = (y + x / y) / 2, turns + 1
        if turns > ENDLESS:
            raise Endless
    return y


WRONG: list[Callable[[float], float]] = [
    lambda x: 1 / x,
    lambda x: 0.77 + x / 13,
    lambda x: -0.3 / root(x),
    lambda x: 0.4 / root(x) + 0.1,
    lambda x: 1.0,
]


@pytest.mark.parametrize("x", [0.7, 2.0, 9.0, 400.0])
@pytest.mark.parametrize("gradient", WRONG)
def test_an_iteration_that_never_ends_elsewhere_hangs_no_hint(x: float, gradient: Callable[[float], float]) -> None:
    assert failure(root, x, grad=gradient).failures


def test_a_gradient_that_never_ends_elsewhere_hangs_no_hint() -> None:
    assert failure(math.sin, 2.0, grad=lambda x: 0.4 / root(x)).failures


@pytest.mark.parametrize("error", [SystemExit, KeyError, RecursionError, MemoryError])
def test_what_a_function_raises_elsewhere_ends_no_check(error: type[BaseException]) -> None:
    def f(x: float) -> float:
        if not 0.5 < x < 3.5:
            raise error
        return math.pow(x, 1.5)

    assert failure(f, 2.0, grad=lambda x: 0.77 + x / 13, domain=(1.0, 3.0)).failures


def test_a_hint_from_the_other_side_of_zero_is_found() -> None:
    assert "with this number negated" in failure(lambda x: max(x, 0.1 * x), -2.0, grad=lambda x: 1.0).failures[0].hint


SMALL = [0.3, 0.6]
MANY = [0.2 + 0.0005 * i for i in range(201)]


@pytest.mark.parametrize(
    ("point", "options"),
    [
        (SMALL, {"grad": lambda v: 3 * v * v}),
        (SMALL, {"grad": lambda v: 0.77 + v / 13}),
        (SMALL, {"grad": lambda v: 0.77 + v / 13, "method": "central"}),
        (SMALL, {"grad": lambda v: 2 * v, "order": 2}),
        (SMALL, {"grad": lambda v: 2 * v, "hess": lambda v: np.ones((2, 2))}),
        (SMALL, {"hvp": lambda v, t: 2 * t + v}),
        (MANY, {"grad": lambda v: 2 * v}),
        (MANY, {"grad": lambda v: 2 * v * (v > 0.25)}),
        (SMALL, {"jvp": lambda v, t: 2 * v @ t * 1.01}),
    ],
)
def test_no_function_is_called_outside_of_the_domain(point: list[float], options: dict[str, Any]) -> None:
    seen: list[float] = []

    def watched(f: Callable[..., Any]) -> Callable[..., Any]:
        def call(v: Any, *others: Any) -> Any:
            seen.extend(np.real(v))
            return f(v, *others)

        return call

    claims: dict[str, Any] = {name: watched(claim) if callable(claim) else claim for name, claim in options.items()}
    f = watched(lambda v: (v * v).sum())
    try:
        check_grads(f, np.array(point), domain=(0.15, 0.65), **claims)
    except GradientMismatch as error:
        assert error.report.failures  # noqa: PT017 - either outcome is right, and only the points count
    assert len(seen) > 10
    assert min(seen) >= 0.15
    assert max(seen) <= 0.65


def test_functions_of_values_stay_in_the_domain() -> None:
    seen: list[float] = []

    def f(x: Any) -> Any:
        seen.append(x.data)
        return x * x.data

    assert failure(f, 0.3, domain=(0.299, 0.3001)).failures
    assert len(seen) > 5
    assert 0.299 <= min(seen) <= max(seen) <= 0.3001


# ---- The rule itself ------------------------------------------------------------------------------------------------


def test_near_is_where_the_check_has_been() -> None:
    reach = Reach([2.0, 0.0, 5.0], (-0.01, 10.0), {2: (4.0, 5.5)})
    assert [reach.bounds(i) for i in range(3)] == [(1.9375, 2.0625), (-0.01, 0.03125), (4.0, 5.5)]


def test_no_point_farther_away_is_tried_after_an_endless_one() -> None:
    calls: list[float] = []

    def f(point: Any) -> float:
        calls.append(point[0])
        return root(point[0])

    reach = Reach([2.0])
    assert reach.result(f, [1.0], math.nan) == pytest.approx(1.0)
    assert math.isnan(reach.result(f, [-2.0], math.nan))
    assert math.isnan(reach.result(f, [1.0], math.nan))
    assert reach.result(f, [2.01], math.nan) == pytest.approx(2.01**0.5)
    assert calls == [2.0, 1.0, -2.0, 2.01]


def test_numbers_that_might_be_sizes_do_not_explode() -> None:
    assert Reach([50.0]).result(lambda point: 1.0, [2500.0], 0.0) == 0.0
    assert Reach([50.0]).result(lambda point: 1.0, [100.0], 0.0) == 1.0


def test_a_tracer_of_the_user_stays() -> None:
    def tracer(*_: Any) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        Reach([2.0]).result(lambda point: root(point[0]), [-2.0], math.nan)
        kept = sys.gettrace()
    finally:
        sys.settrace(before)
    assert kept is tracer


def test_of_many_numbers_only_those_that_move_are_looked_at() -> None:
    class Counting(Reach):
        asked = 0

        def bounds(self, index: int) -> tuple[float, float]:
            self.asked += 1
            return super().bounds(index)

    point = [1.0] * 1000
    reach = Counting(point)
    nearby = [1.001] * 1000
    assert reach.result(sum, nearby, math.nan) == pytest.approx(1001.0)
    before = reach.asked
    for step in (0.001, 0.002, 0.003):
        assert reach.result(sum, [1.001 + step, *nearby[1:]], math.nan) == pytest.approx(1001.0 + step)
    assert reach.asked - before == 3
    assert math.isnan(Counting([2.0, 0.5], (0.0, 1.0)).result(sum, [2.0, 0.6], math.nan))
