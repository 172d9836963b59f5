"""`float()` in functions of plain numbers, which a complex step passes through."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, check_grads
from autograd_core.testing.trees.conversions import complex_floats, modules_of

A_LITTLE = 1.0 + 1e-9


def energy(x: Any) -> float:
    return float(np.sum(np.exp(x)))


class Model:
    def loss(self, x: Any) -> float:
        return float(np.sum(np.exp(x)))

    def __call__(self, x: Any) -> float:
        return self.loss(x)


model = Model()


def raised(shift: float, x: Any) -> float:
    total = np.exp(x).sum()
    assert not isinstance(x, float)
    return float(total) + float("1.5") + shift


def scaled(inner: Callable[[Any], float]) -> Callable[[Any], float]:
    return lambda x: inner(x) * 1.0


@pytest.mark.parametrize(
    "f",
    [
        energy,
        lambda x: float(np.exp(x).sum()),
        lambda x: energy(x) + 1.0,
        lambda x: 2.0 * model.loss(x) / 2.0,
        model.loss,
        model,
        functools.partial(raised, 2.0),
        scaled(energy),
        lambda x: float(np.array([np.exp(x).sum()])[0]),
    ],
)
def test_a_converted_result_is_checked_to_all_digits(f: Callable[[Any], float]) -> None:
    x = np.array([0.5, -1.0])
    assert check_grads(f, x, grad=np.exp).method == "complex"
    with pytest.raises(GradientMismatch):
        check_grads(f, x, grad=lambda x: np.exp(x) * A_LITTLE)


def test_the_names_of_the_module_are_as_before() -> None:
    check_grads(energy, np.array([0.5]), grad=np.exp)
    assert "float" not in globals()
    with pytest.raises(ZeroDivisionError), complex_floats(modules_of(energy)):
        raise ZeroDivisionError
    assert "float" not in globals()


def test_a_float_of_ones_own_is_left_alone() -> None:
    names: dict[str, Any] = {"float": lambda x: 2.0 * x}
    exec("def f(x):\n    return float(x)", names)  # noqa: S102 - a module whose names are known
    assert modules_of(names["f"]) == []
    assert check_grads(names["f"], 1.5, grad=lambda x: 2.0)


def test_functions_that_drop_the_imaginary_part_are_measured_by_differences() -> None:
    report = check_grads(lambda x: float(np.abs(x).sum()), np.array([1.0, -2.0]), grad=np.sign)
    assert report.method == "central"
