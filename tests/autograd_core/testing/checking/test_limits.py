"""Implicit gradients of iterations that stop at a tolerance: never wrong, and wrong ones still are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

A = np.array([[4.0, 1.0, 0.0], [1.0, 5.0, 2.0], [0.0, 2.0, 6.0]])


def jacobi(b: Any) -> Any:
    diagonal, x = np.diag(A), 0.0 * b
    while True:
        x, before = (b - (A - np.diag(diagonal)) @ x) / diagonal, x
        if np.abs(x - before).max() < 1e-6:
            return x


def fixed_point(a: float) -> float:
    y = 0.5
    for _ in range(1000):  # it does not converge everywhere
        y, before = math.cos(a * y), y
        if abs(y - before) < 1e-6:
            break
    return y


def slope_of_fixed_point(a: float) -> float:
    y = 0.7
    for _ in range(300):
        y = math.cos(a * y)
    return -y * math.sin(a * y) / (1 + a * math.sin(a * y))


def minimum(a: Any) -> Any:
    """Return the minimum of (y - a)**4 + (y - 1)**2 by gradient descent."""
    y = 0.0 * a
    while abs(slope := 4 * (y - a) ** 3 + 2 * (y - 1)) >= 1e-5:
        y = y - 0.1 * slope
    return y


def slope_of_minimum(a: float) -> float:
    y = 1.0
    for _ in range(60):
        y -= (4 * (y - a) ** 3 + 2 * (y - 1)) / (12 * (y - a) ** 2 + 2)
    return 12 * (y - a) ** 2 / (12 * (y - a) ** 2 + 2)


def root(a: Any) -> Any:
    y, step = 1.0, 1.0
    while abs(step) >= 1e-3:
        step = (y**3 + y - a) / (3 * y * y + 1)
        y = y - step
    return y


def slope_of_root(a: float) -> float:
    y = 1.0
    for _ in range(60):
        y -= (y**3 + y - a) / (3 * y * y + 1)
    return 1 / (3 * y * y + 1)


def largest_eigenvalue(d: Any) -> Any:
    matrix, v, size, before = A + np.diag(d), np.ones(3), 1.0, 0.0
    while abs(size - before) >= 1e-6:
        w = matrix @ v
        size, before, v = (v * w).sum() / (v * v).sum(), size, w / (w * w).sum() ** 0.5
    return size


def slope_of_eigenvalue(d: Any) -> Any:
    return np.linalg.eigh(A + np.diag(d))[1][:, -1] ** 2


def outcome(f: Callable[[Any], Any], x: Any, **claims: Any) -> str:
    try:
        check_grads(f, x, **claims)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


ITERATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], list[Any]]] = {
    "fixed point": (fixed_point, slope_of_fixed_point, [0.5026864709915326, 0.86, 1.107]),
    "minimum": (minimum, slope_of_minimum, [0.063, 0.5, 1.439, 1.743]),
    "root": (root, slope_of_root, [5.0, 12.3, 17.9]),
    "eigenvalue": (largest_eigenvalue, slope_of_eigenvalue, [np.array([0.3, -0.2, 0.9]), np.array([0.8, 0.1, -0.4])]),
}


@pytest.mark.parametrize("method", ["auto", "central"])
@pytest.mark.parametrize("name", ITERATIONS)
def test_the_gradient_of_the_limit_is_not_called_wrong(name: str, method: str) -> None:
    f, grad, points = ITERATIONS[name]
    for x in points:
        assert outcome(f, x, grad=grad, method=method) in ("right", "unverified")
        assert outcome(f, x, grad=lambda x: 1.1 * grad(x), method=method) == "wrong"


def test_a_jump_along_one_number_concerns_the_others() -> None:
    for seed in range(3):
        b = 2.0 * np.random.default_rng(seed).normal(size=3)
        assert outcome(jacobi, b, vjp=lambda b, g: np.linalg.solve(A.T, g)) == "unverified"
        assert outcome(jacobi, b, vjp=lambda b, g: 1.01 * np.linalg.solve(A.T, g)) == "wrong"


def test_the_message_says_how_well_the_limit_is_known() -> None:
    with pytest.raises(GradientUnverified, match=r"an iteration that stops at a tolerance .* iterate to a smaller"):
        check_grads(fixed_point, 0.86, grad=slope_of_fixed_point)
    assert check_grads(fixed_point, 0.86, grad=slope_of_fixed_point, rtol=1e-3)


@pytest.mark.parametrize("f", [lambda x: x + math.floor(x), lambda x: math.sin(x) + 0.5 * (x > 0.8)])
def test_the_jumps_of_a_function_itself_excuse_nothing(f: Callable[[float], float]) -> None:
    slope = 1.0 if f(0.3) == 0.3 else math.cos(0.3)
    assert outcome(f, 0.3, grad=lambda x: slope) == "right"
    assert outcome(f, 0.3, grad=lambda x: 1.02 * slope) == "wrong"


# ---- Loose tolerances -----------------------------------------------------------------------------------------------


def loose_fixed_point(a: float) -> float:
    y = 1.0
    for _ in range(1000):
        y, before = math.cos(a * y), y
        if abs(y - before) < 1e-2:
            break
    return y


def loose_root(a: float) -> float:
    y, step = 1.0, 1.0
    while abs(step) >= 0.1:
        step = (y**3 + y - a) / (3 * y * y + 1)
        y -= step
    return y


def loose_minimum(a: float) -> float:
    """Return the minimum of (y - a)**2 + exp(y) by gradient descent."""
    y = 0.0
    while abs(slope := 2 * (y - a) + math.exp(y)) >= 1e-2:
        y -= 0.1 * slope
    return y


def slope_of_loose_minimum(a: float) -> float:
    y = 0.0
    for _ in range(60):
        y -= (2 * (y - a) + math.exp(y)) / (2 + math.exp(y))
    return 2 / (2 + math.exp(y))


def hint_of(f: Callable[[float], float], x: float, grad: Callable[[float], float]) -> str:
    """Return the hint of a gradient that is wrong."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, x, grad=grad)
    assert not caught.value.report.is_unverified
    return caught.value.report.failures[0].hint


@pytest.mark.parametrize(
    ("f", "grad", "x"),
    [
        (loose_fixed_point, slope_of_fixed_point, 0.7),
        (loose_root, slope_of_root, 12.3),
        (loose_minimum, slope_of_loose_minimum, 0.4),
    ],
    ids=["fixed point", "root", "minimum"],
)
def test_a_wrong_claim_that_may_be_right_for_the_limit_is_told_to_iterate_to_a_smaller_tolerance(
    f: Callable[[float], float], grad: Callable[[float], float], x: float
) -> None:
    hint = hint_of(f, x, grad)
    assert hint.startswith("nearby the function jumps by 0.00")
    assert hint.endswith("not that of the limit: iterate to a smaller tolerance, and check again")
    assert "tolerance" not in hint_of(f, x, lambda x: 3.1 * grad(x))


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (math.sin, math.cos, 0.3),
        (lambda x: math.sin(x) + 0.5 * (x > 0.8), math.cos, 0.3),
        (lambda x: math.sin(x) + abs(x - 0.4), lambda x: math.cos(x) - 1.0, 0.3),
        (fixed_point, slope_of_fixed_point, 0.86),
    ],
    ids=["smooth", "jump of its own", "kink", "small tolerance"],
)
def test_a_wrong_claim_that_no_tolerance_explains_is_not_excused(
    f: Callable[[float], float], slope: Callable[[float], float], x: float
) -> None:
    hint = hint_of(f, x, lambda x: slope(x) + 0.04 * math.exp(math.sin(7 * x)) * abs(slope(x)))
    assert "tolerance" not in hint
