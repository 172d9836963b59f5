"""Claims of 0: right where a function stands still, and no excuse for a slope that cannot be measured."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

LOG2 = math.log(2.0)

STILL: dict[str, tuple[Callable[[float], Any], float]] = {
    "constant": (lambda x: 3.7, 0.5),
    "times zero": (lambda x: x * 0 + 2.0, 1.3),
    "saturated tanh": (math.tanh, 25.0),
    "dead ReLU": (lambda x: max(x - 3.0, 0.0), 0.4),
    "dead ReLU in 32 bits": (lambda x: np.maximum(np.float32(x) - np.float32(3), np.float32(0)), 0.4),
    "variance of a shift": (lambda x: float(np.var(np.array([1.0, 2.0, 4.0]) + x)), 0.7),
    "rounding in the shortest steps": (lambda x: (2 * LOG2 + (x * LOG2 + (1 - x) * LOG2)) / 3, 0.13436424411240122),
    "minimum": (lambda x: x * x - 2 * x + 1, 1.0),
    "flat minimum": (lambda x: x**4 - 4 * x**3 + 6 * x * x - 4 * x + 1, 1.0),
    "top of a cosine": (math.cos, 0.0),
    "far tail": (lambda x: math.exp(-x * x), 30.0),
    "step": (math.floor, 0.4),
}


ROUNDED = {
    "almost saturated tanh": (math.tanh, 19.5),
    "saturated sigmoid": (lambda x: 1 / (1 + math.exp(-x)), 40.0),
    "sum of squares of sine and cosine": (lambda x: math.sin(x) ** 2 + math.cos(x) ** 2, 0.7),
    "product of inverses": (lambda x: math.exp(x) * math.exp(-x), 0.7),
    "distances from a mean": (lambda x: (x - (x + 3) / 3) + (1 - (x + 3) / 3) + (2 - (x + 3) / 3), 0.77),
    "softmax of a shift": (lambda x: float(np.exp(1 + x) / np.sum(np.exp(np.array([1.0, 2.0, 4.0]) + x))), 0.7),
}
"""Functions whose slope is 0, or nearly, and whose values are rounded: differences see the rounding."""


@pytest.mark.parametrize("name", STILL)
def test_zero_is_right_where_a_function_stands_still(name: str) -> None:
    f, x = STILL[name]
    check_grads(f, x, grad=lambda x: 0.0)
    check_grads(lambda v: f(float(v[0])) + 0.0 * v[1], np.array([x, 1.0]), grad=lambda v: np.zeros(2))
    check_grads(lambda v: f(float(v[0])) + v[1] ** 2, np.array([x, 1.0]), grad=lambda v: np.array([0.0, 2 * v[1]]))


@pytest.mark.parametrize("x", [0.99, 1.003, 1.01, 1.02])
def test_zero_is_no_answer_where_cancelling_terms_hide_a_slope(x: float) -> None:
    def f(x: float) -> float:
        return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1

    with pytest.raises(GradientUnverified):
        check_grads(f, x, grad=lambda x: 0.0)


def test_terms_that_cancel_to_a_saw_call_no_claim_wrong() -> None:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda v: (v[0] + 1e8) - 1e8 - v[0] + v[1] ** 2, [0.3, 1.0], grad=lambda v: [0.0, 2 * v[1]])
    assert isinstance(caught.value, GradientUnverified)


def test_a_wrong_zero_is_found() -> None:
    for f, x in ((math.sin, 0.3), (lambda x: 1.0 + 1e-7 * x, 0.3), (lambda x: max(x, 0.0), 0.3), (math.tanh, 8.0)):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(f, x, grad=lambda x: 0.0)
        assert not isinstance(caught.value, GradientUnverified)


@pytest.mark.parametrize("x", [1e-155, 1e-160, -1e-200])
@pytest.mark.parametrize("claim", [0.0, 1.0, -math.inf])
def test_beside_a_pole_whose_slope_overflows_nothing_is_known(x: float, claim: float) -> None:
    with pytest.raises(GradientUnverified):
        check_grads(lambda x: 1.0 / x, x, grad=lambda x: claim)


@pytest.mark.parametrize("name", ROUNDED)
def test_zero_is_not_called_wrong_where_only_the_rounding_is_seen(name: str) -> None:
    f, x = ROUNDED[name]
    with contextlib.suppress(GradientUnverified):
        check_grads(f, x, grad=lambda x: 0.0)


COARSE = {
    "sine": (lambda x: 1e14 + math.sin(x), 0.3),
    "small sine": (lambda x: 1e9 + 1e-5 * math.sin(x), 0.3),
    "small square": (lambda x: 1e8 + 1e-7 * x * x, 0.7),
    "line": (lambda x: 1e15 + x, 0.7),
    "32 bits": (lambda z: np.float32(1e6) + (z * z).sum(), np.array([0.3, 0.7, -1.1], np.float32)),
    "mean in 32 bits": (
        lambda z: np.float32(1000) + np.float32(0.01) * np.sin(z).mean(),
        np.array([0.3, 0.7, -1.1], np.float32),
    ),
}
"""Functions whose values are so coarse that short steps change nothing."""


@pytest.mark.parametrize("name", COARSE)
def test_zero_does_not_pass_where_coarse_values_hide_a_slope(name: str) -> None:
    f, x = COARSE[name]
    with pytest.raises(GradientMismatch):
        check_grads(f, x, grad=lambda x: 0 * x)
