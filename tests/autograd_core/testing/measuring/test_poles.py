"""Beside a pole or a cusp: longer steps reach over it, and what they measure says nothing about the point."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

Number = Callable[[float], float]

POLES: Final[dict[str, tuple[Number, Number, float]]] = {
    "tan": (math.tan, lambda x: 1 + math.tan(x) ** 2, math.pi / 2),
    "1/(x - 1)": (lambda x: 1 / (x - 1), lambda x: -1 / (x - 1) ** 2, 1.0),
    "1/(x - 1)**2": (lambda x: 1 / (x - 1) ** 2, lambda x: -2 / (x - 1) ** 3, 1.0),
    "1/sin": (lambda x: 1 / math.sin(x), lambda x: -math.cos(x) / math.sin(x) ** 2, math.pi),
    "log|x - 1|": (lambda x: math.log(abs(x - 1)), lambda x: 1 / (x - 1), 1.0),
    "gamma": (math.gamma, lambda x: -math.gamma(x) / (x + 1), -1.0),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x**2, 0.0),
    "√|x - 1|": (lambda x: abs(x - 1) ** 0.5, lambda x: 0.5 * math.copysign(abs(x - 1) ** -0.5, x - 1), 1.0),
    "√|x - 1| + 3 sin x": (
        lambda x: abs(x - 1) ** 0.5 + 3 * math.sin(x),
        lambda x: 0.5 * math.copysign(abs(x - 1) ** -0.5, x - 1) + 3 * math.cos(x),
        1.0,
    ),
    "∛(x - 1)": (
        lambda x: math.copysign(abs(x - 1) ** (1 / 3), x - 1),
        lambda x: abs(x - 1) ** (-2 / 3) / 3,
        1.0,
    ),
    "|x - 1|**1.3 + 3 sin x": (
        lambda x: abs(x - 1) ** 1.3 + 3 * math.sin(x),
        lambda x: 1.3 * math.copysign(abs(x - 1) ** 0.3, x - 1) + 3 * math.cos(x),
        1.0,
    ),
}
"""Functions with a pole or a cusp, their derivatives near it, and where it is."""

DISTANCES: Final = (1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 3e-14, 1e-14, 3e-15)

pytestmark = [
    pytest.mark.parametrize("distance", [sign * size for size in DISTANCES for sign in (-1, 1)]),
    pytest.mark.parametrize("name", POLES),
]


def test_a_right_derivative_is_not_called_wrong(name: str, distance: float) -> None:
    f, slope, pole = POLES[name]
    try:
        check_grads(f, pole + distance, grad=slope)
    except GradientUnverified:
        assert abs(distance) < 1e-10


@pytest.mark.parametrize("factor", [0.0, 0.5, -1.0])
def test_a_wrong_derivative_does_not_pass(name: str, distance: float, factor: float) -> None:
    f, slope, pole = POLES[name]
    with pytest.raises((GradientMismatch, GradientUnverified)):
        check_grads(f, pole + distance, grad=lambda x: factor * slope(x))


def test_the_slope_from_far_away_on_both_sides_does_not_pass(name: str, distance: float) -> None:
    f, _, pole = POLES[name]
    x = pole + distance
    far = (f(x + 0.125) - f(x - 0.125)) / 0.25
    with pytest.raises((GradientMismatch, GradientUnverified)):
        check_grads(f, x, grad=lambda x: far)
