"""Functions that compute with 32 or 16 bits in some of their parts: right gradients are never called wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

single = np.float32
WEIGHTS = np.random.default_rng(7).normal(size=50)


def slope_of_tanh(x: Any) -> Any:
    return 1.0 - np.tanh(np.float64(x)) ** 2


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a mean in 64 bits": (
        lambda x: np.tanh(single(x)).mean(dtype="d"),
        lambda x: slope_of_tanh(x) / len(x),
    ),
    "weights of 64 bits": (
        lambda x: float(WEIGHTS[: len(x)] @ np.tanh(single(x))),
        lambda x: WEIGHTS[: len(x)] * slope_of_tanh(x),
    ),
    "targets of 64 bits": (
        lambda x: ((np.tanh(single(x)) - WEIGHTS[: len(x)]) ** 2).mean(),
        lambda x: 2 * (np.tanh(np.float64(x)) - WEIGHTS[: len(x)]) * slope_of_tanh(x) / len(x),
    ),
}
"""Functions of an array and their gradients; they compute with 32 bits, and add up in 64."""


def outcome(f: Callable[..., Any], x: Any, **claims: Any) -> str:
    try:
        check_grads(f, x, **claims)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 3, 10])
@pytest.mark.parametrize("name", SCALARS)
def test_parts_in_32_bits_of_a_result_in_64(name: str, count: int, dtype: str) -> None:
    f, grad = SCALARS[name]
    for seed in range(2):
        x = np.random.default_rng(seed).normal(size=count).astype(dtype)
        assert outcome(f, x, grad=grad) == "right"
        assert outcome(f, x, grad=lambda x: 1.1 * grad(x)) == "wrong"


@pytest.mark.parametrize("count", [1, 3, 20])
def test_several_results_in_32_bits(count: int) -> None:
    matrix = single(np.random.default_rng(1).normal(size=(4, count)))

    def jacobian(x: Any) -> Any:
        return (1 - np.tanh(matrix @ x) ** 2)[:, None] * matrix

    for seed in range(2):
        x = single(np.random.default_rng(seed).normal(size=count))
        assert outcome(np.tanh, x, vjp=lambda x, c: c * (1 - np.tanh(x) ** 2)) == "right"
        assert outcome(np.tanh, x, vjp=lambda x, c: c * (1 + np.tanh(x) ** 2)) == "wrong"
        assert outcome(np.exp, x, jvp=lambda x, t: t * np.exp(x)) == "right"
        assert outcome(np.exp, x, jvp=lambda x, t: 1.01 * t * np.exp(x)) == "wrong"
        assert outcome(lambda x: np.tanh(matrix @ x), x, jac=jacobian) == "right"
        assert outcome(lambda x: np.tanh(matrix @ x), x, jac=lambda x: -jacobian(x)) == "wrong"
        assert outcome(softmax, x, vjp=lambda x, c: softmax(x) * (c - np.sum(c * softmax(x)))) != "wrong"


@pytest.mark.parametrize("seed", range(4))
def test_a_part_in_32_bits_beside_one_in_64(seed: int) -> None:
    def f(x: Any) -> float:
        return float(x @ np.tanh(single(x)))

    x = np.random.default_rng(seed).normal(size=3)
    assert outcome(f, x, grad=lambda x: np.tanh(x) + x * slope_of_tanh(x)) == "right"
    # Over short steps this is the slope, because the part in 32 bits stands still.
    assert outcome(f, x, grad=np.tanh) == "wrong"


def test_larger_stairs_on_a_slope_may_be_meant() -> None:
    def f(x: float) -> float:
        return x + round(x, 4)

    assert outcome(f, 0.7361, grad=lambda x: 1.0) == "right"
    assert outcome(f, 0.7361, grad=lambda x: 2.0) == "unverified"
    assert outcome(f, 0.7361, grad=lambda x: -5.0) == "wrong"


def test_sixteen_bits_are_right_with_a_tolerance_and_else_at_most_unverified() -> None:
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=3).astype("float16")
        assert outcome(lambda x: (x**2).sum(), x, grad=lambda x: 2 * x) != "wrong"
        assert outcome(np.tanh, x, vjp=lambda x, c: c * (1 - np.tanh(x) ** 2)) != "wrong"
        assert check_grads(lambda x: np.sum(x**2), x, grad=lambda x: 2 * x, rtol=0.05, atol=0.01)


@pytest.mark.parametrize("tolerance", [{"rtol": 0.05}, {"rtol": 0.3}, {"atol": 0.05}])
def test_in_sixteen_bits_a_chosen_tolerance_decides(tolerance: dict[str, Any]) -> None:
    x = np.array([0.5, -2.0, 1.0], dtype="float16")
    for f, grad in (
        (lambda x: (x**2).mean(), lambda x: 2 * x / 3),
        (lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2),
        (lambda x: (x * 2).sum(), lambda x: 2 * np.ones_like(x)),
    ):
        assert check_grads(f, x, grad=grad, **tolerance)
        for wrong in (lambda x, g=grad: -g(x), lambda x, g=grad: 2 * g(x), lambda x: 0 * x):
            assert outcome(f, x, grad=wrong, **tolerance) == "wrong"


def test_stairs_under_a_value_that_cancels() -> None:
    x = np.random.default_rng(15).normal(size=3)
    assert abs(np.exp(x) @ np.sin(x)) < 0.02

    def f(x: Any) -> float:
        return float(np.exp(x) @ np.sin(single(x)))

    assert outcome(f, x, grad=lambda x: np.exp(x) * (np.sin(x) + np.cos(x))) == "right"


def network(seed: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    """Return a small network with ReLU in 32 bits, its gradient, and a point."""
    rng = np.random.default_rng(seed)
    inner = (rng.uniform(-1, 1, (20, 10)) / 10**0.5).astype(single)
    bias = (rng.uniform(-1, 1, 20) / 10**0.5).astype(single)
    outer = (rng.uniform(-1, 1, 20) / 20**0.5).astype(single)
    x = rng.normal(size=10).astype(single)
    return (
        lambda x: outer @ np.maximum(inner @ x + bias, single(0)),
        lambda x: inner.T @ (outer * (inner @ x + bias > 0)),
        x,
    )


@pytest.mark.parametrize("seed", [95, 131])
def test_a_kink_within_the_only_steps_that_32_bits_resolve(seed: int) -> None:
    f, grad, x = network(seed)
    assert outcome(f, x, grad=grad) == "right"
    assert outcome(f, x, grad=lambda x: 1.1 * grad(x)) == "wrong"


def piecewise(seed: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    """Return a function of one number in 32 bits with twenty kinks, one of which is right beside the point."""
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=20).astype(single)
    bias = (rng.normal(size=20) * 10 ** rng.uniform(-7, 0)).astype(single)
    weight = (rng.normal(size=20) / 4).astype(single)
    x = single(rng.normal() * 10 ** rng.uniform(-2, 0))
    constant = single(rng.normal() * 10 ** rng.uniform(-2, 2))
    bias[0] = -slope[0] * x * (1 + single(1e-6))
    return (
        lambda x: (weight * np.maximum(slope * x + bias, single(0))).sum() + constant,
        lambda x: single((weight * slope * (slope * x + bias > 0)).sum()),
        x,
    )


@pytest.mark.parametrize("seed", [39, 143, 313, 1923, 2549])
def test_kinks_that_32_bits_do_not_resolve_leave_a_slope_open(seed: int) -> None:
    f, grad, x = piecewise(seed)
    for g, verdict in ((f, "right"), (lambda x: f(single(x)), "unverified")):
        assert outcome(g, x, grad=grad) == verdict
        assert outcome(g, x, grad=lambda x: grad(x) + single(10.0)) == "wrong"


def near_a_kink(seed: int) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    """Return a ReLU network in 32 bits, one unit of which has its kink near the point."""
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=(8, 5)).astype(single), rng.normal(size=8).astype(single) * single(0.1)
    out, x = rng.normal(size=8).astype(single), rng.normal(size=5).astype(single)
    distance = 10 ** rng.uniform(-6, -1) * rng.choice([-1, 1])
    bias[0] -= single((weights @ x + bias)[0] - distance)
    return (
        lambda x: out @ np.maximum(weights @ x + bias, single(0)),
        lambda x: ((weights @ x + bias > 0) * out) @ weights,
        x,
    )


@pytest.mark.parametrize("seed", [3, 16, 18, 43, 56])
def test_short_of_a_kink_nearby_32_bits_confirm_a_slope(seed: int) -> None:
    f, grad, x = near_a_kink(seed)
    assert outcome(f, x, grad=grad) == "right"
    assert outcome(f, x, grad=lambda x: grad(x) * single(1.1)) != "right"
    assert outcome(f, x, grad=lambda x: -grad(x)) == "wrong"
