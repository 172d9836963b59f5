"""Derivatives that are small beside others: right ones pass, and wrong ones do not, whatever differences see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads
from failures import failure

X = np.array([0.7, 1.3])
SCALES = np.array([1e12, 1.0])


def scaled(x: Any) -> Any:
    return SCALES * np.array([np.sin(x[0]), np.cos(x[0] * x[1])])


def jac_of_scaled(x: Any, factor: float = 1.0) -> Any:
    slope = -factor * np.sin(x[0] * x[1])
    return SCALES[:, None] * np.array([[np.cos(x[0]), 0.0], [slope * x[1], slope * x[0]]])


@pytest.mark.parametrize("factor", [-1.0, 0.99, 2.0])
@pytest.mark.parametrize(
    "claims",
    [
        lambda factor: {"jac": lambda x: jac_of_scaled(x, factor)},
        lambda factor: {"vjp": lambda x, g: g @ jac_of_scaled(x, factor)},
        lambda factor: {"jvp": lambda x, t: jac_of_scaled(x, factor) @ t},
    ],
    ids=["jac", "vjp", "jvp"],
)
def test_a_result_lost_in_the_sum_of_all_is_checked_alone(
    claims: Callable[[float], dict[str, Any]], factor: float
) -> None:
    check_grads(scaled, X, **claims(1.0))
    assert "x[0], for the result [1]" in str(failure(scaled, X, **claims(factor)))


def test_many_results_of_all_sizes() -> None:
    rng = np.random.default_rng(0)
    a, x = rng.normal(size=(40, 30)) * np.logspace(0.0, 14.0, 40)[:, None], rng.normal(size=30)

    def wrong(x: Any) -> Any:
        return a * np.cos(x) * np.where(np.arange(40) == 0, 1.001, 1.0)[:, None]

    check_grads(lambda x: a @ np.sin(x), x, jac=lambda x: a * np.cos(x))
    assert "for the result [0]" in str(failure(lambda x: a @ np.sin(x), x, jac=wrong))


SUMS: list[tuple[Callable[[Any], Any], Callable[[Any], Any], Any]] = [
    (lambda x: 1e16 * np.sin(x[0]) + np.sin(x[1]), lambda x: np.array([1e16 * np.cos(x[0]), np.cos(x[1])]), X),
    (lambda x: 1e18 * x[0] ** 2 + np.exp(-x[1]), lambda x: np.array([2e18 * x[0], -np.exp(-x[1])]), X),
    (lambda x: np.exp(x).sum(), np.exp, np.array([0.3, -31.0, 30.0])),
    (lambda x: np.log(np.exp(x).sum()), lambda x: np.exp(x) / np.exp(x).sum(), np.array([20.0, -20.0])),
]
"""Functions, their gradients, and points; the derivative with respect to the second number is small."""


@pytest.mark.parametrize(("f", "grad", "x"), SUMS)
@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0])
def test_a_wrong_derivative_that_values_do_not_show_does_not_pass(
    f: Callable[[Any], Any], grad: Callable[[Any], Any], x: Any, factor: float
) -> None:
    check_grads(f, x, grad=grad)
    scale = np.where(np.arange(len(x)) == 1, factor, 1.0)
    with pytest.raises(GradientMismatch):
        check_grads(f, x, grad=lambda x: scale * grad(x))


def test_what_drops_imaginary_parts_is_not_called_wrong_where_values_do_not_show_it() -> None:
    def grad(x: Any) -> Any:
        return np.array([1e16 * np.cos(x[0]), np.sign(x[1])])

    with pytest.raises(GradientUnverified):
        check_grads(lambda x: 1e16 * np.sin(x[0]) + np.abs(x[1]), X, grad=grad)


@pytest.mark.parametrize("x", np.linspace(0.1, 3.0, 30))
def test_what_rounding_leaves_of_terms_that_cancel_passes_beside_a_derivative(x: float) -> None:
    def grad(x: Any) -> Any:
        slope = 2 * np.sin(x[0]) * np.cos(x[0]) - np.sin(2 * x[0])  # 0 up to rounding
        return np.array([slope * x[1], 1.0])

    check_grads(lambda x: (np.sin(x[0]) ** 2 + np.cos(x[0]) ** 2) * x[1], np.array([x, 0.7]), grad=grad)
