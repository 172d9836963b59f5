"""Claims with a right formula that cancels are not called wrong, and wrong ones that are rounded as well are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads


def outcome(f: Callable[..., Any], x: Any, **claims: Any) -> str:
    try:
        check_grads(f, x, **claims)
    except GradientUnverified as error:
        return error.report.failures[0].hint
    except GradientMismatch:
        return "wrong"
    return "right"


SUBJECTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sinc": (lambda x: math.sin(x) / x, lambda x: (x * math.cos(x) - math.sin(x)) / x**2),
    "sinc of numpy": (lambda x: np.sin(x) / x, lambda x: (x * np.cos(x) - np.sin(x)) / x**2),
    "expm1": (lambda x: math.expm1(x) / x, lambda x: (x * math.exp(x) - math.expm1(x)) / x**2),
    "log1p": (lambda x: math.log1p(x) / x, lambda x: (x / (1 + x) - math.log1p(x)) / x**2),
    "cosine": (lambda x: (1 - math.cos(x)) if x > 1 else x * x / 2, lambda x: (1 - math.cos(x)) * 2 / x),
}


@pytest.mark.parametrize("x", [1e-6, 3.3e-8, 1e-8, 1e-10, 1e-12])
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_formula_that_cancels_is_not_called_wrong(name: str, x: float) -> None:
    f, grad = SUBJECTS[name]
    found = outcome(f, x, grad=grad)
    assert found == "right" or found.startswith("cannot tell")
    if found not in ("right", "cannot tell"):
        assert "nearly equal" in found or "the values of the function" in found


@pytest.mark.parametrize("x", [1e-6, 1e-8, 1e-10])
@pytest.mark.parametrize("name", ["sinc", "sinc of numpy", "expm1"])
def test_a_wrong_formula_that_cancels_is_wrong(name: str, x: float) -> None:
    f, grad = SUBJECTS[name]
    assert outcome(f, x, grad=lambda x: 1.5 * grad(x) + 0.5) == "wrong"
    assert outcome(f, x, grad=lambda x: 0.25) == "wrong"


def pulled(x: float, g: float) -> float:
    return g * (x * math.cos(x) - math.sin(x)) / x**2


def test_the_hint_says_what_cancels() -> None:
    f, grad = SUBJECTS["sinc"]
    assert "with more digits the claim gives the derivative" in outcome(f, 1e-6, grad=grad)
    assert "with more digits the claim gives the derivative" in outcome(f, 1e-6, vjp=pulled)


def test_some_of_several_numbers_cancel() -> None:
    def f(v: Any) -> Any:
        return np.sum(np.sin(v) / v)

    def grad(v: Any) -> Any:
        return (v * np.cos(v) - np.sin(v)) / v**2

    at = np.array([1e-6, 0.5, 2.0])
    assert "nearly equal" in outcome(f, at, grad=grad)
    assert outcome(f, at, grad=lambda v: grad(v) * np.array([1.0, 1.0, 1.001])) == "wrong"


def test_the_order_of_a_dict_is_not_that_of_the_numbers() -> None:
    at = {"a": 2.0, "b": 3.0}
    assert outcome(lambda p: p["a"] ** 2 * p["b"], at, grad=lambda p: {"b": 12.0, "a": 4.0}) == "wrong"
    assert outcome(lambda p: p["a"] * p["b"] ** 2, at, grad=lambda p: {"b": p["b"] ** 2, "a": 12.0}) == "wrong"
