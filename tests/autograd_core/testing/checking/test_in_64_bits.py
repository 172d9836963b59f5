"""Functions of 32-bit numbers that also run on 64-bit floats are checked there, and small mistakes are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads

single = np.float32


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "mean of squares": (lambda x: (x**2).mean(), lambda x: 2 * x / single(x.size)),
    "norm": (lambda x: np.sqrt((x**2).sum()), lambda x: x / np.sqrt((x**2).sum())),
    "logsumexp": (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), softmax),
    "variance": (lambda x: x.var(), lambda x: 2 * (x - x.mean()) / single(x.size)),
    "squares of ReLU": (lambda x: (np.maximum(x, 0) ** 2).sum(), lambda x: 2 * np.maximum(x, 0)),
    "a constant of 32 bits": (
        lambda x: np.tanh(single(0.7978845608) * x).sum(),
        lambda x: single(0.7978845608) * (1 - np.tanh(single(0.7978845608) * x) ** 2),
    ),
}
"""Functions of an array and their gradients."""


def outcome(f: Callable[..., Any], *args: Any, **claims: Any) -> str:
    try:
        check_grads(f, *args, **claims)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


def normal(count: int, seed: int = 0, dtype: Any = single) -> Any:
    return np.random.default_rng(seed).normal(size=count).astype(dtype)


@pytest.mark.parametrize("count", [1, 3, 50, 300])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_mistake_of_one_thousandth_is_seen(name: str, count: int) -> None:
    f, grad = FUNCTIONS[name]
    for seed in range(3):
        x = normal(count, seed)
        assert outcome(f, x, grad=grad) == "right"
        if any(grad(x)):
            assert outcome(f, x, grad=lambda x: single(1.001) * grad(x)) == "wrong"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_mistake_of_one_percent_in_one_of_many_is_seen(name: str) -> None:
    f, grad = FUNCTIONS[name]
    x = normal(300)
    wrong = np.where(np.arange(300) == np.argmax(grad(x) * (x > 0)), single(1.01), single(1.0))
    assert outcome(f, x, grad=lambda x: wrong * grad(x)) == "wrong"


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64", "longdouble"])
def test_other_types(dtype: str) -> None:
    x = normal(5, 1).astype(dtype)
    assert outcome(lambda x: (np.abs(x) ** 2).sum(), x, grad=lambda x: 2 * x) == "right"
    assert outcome(lambda x: (np.abs(x) ** 2).sum(), x, grad=lambda x: x) == "wrong"


def test_second_derivatives() -> None:
    f, grad = lambda x: np.exp(x).sum() + (x**4).sum(), lambda x: np.exp(x) + 4 * x**3

    def hvp(x: Any, v: Any) -> Any:
        return (np.exp(x) + 12 * x**2) * v

    x = normal(6)
    assert outcome(f, x, grad=grad, hvp=hvp, order=2) == "right"
    assert outcome(f, x, hvp=lambda x, v: single(1.01) * hvp(x, v)) == "wrong"
    assert outcome(f, x, hess=lambda x: np.diag(np.exp(x) + 12 * x**2)) == "right"
    assert outcome(f, x, hess=lambda x: np.diag(np.exp(x) + 11 * x**2)) == "wrong"


def test_each_number_of_a_dict_and_other_arguments_are_replaced() -> None:
    params = {"w": normal(4), "b": single(0.5), "name": "line", "n": 3}
    data = normal(4, 1)

    def loss(params: Any, data: Any) -> Any:
        assert params["name"] == "line"
        assert params["n"] == 3
        assert params["w"].dtype == data.dtype == params["b"].dtype
        return np.sum(np.square(params["w"] * data + params["b"]))

    def grad(params: Any, data: Any) -> Any:
        rest = 2 * (params["w"] * data + params["b"])
        return {"w": rest * data, "b": np.sum(rest)}

    check_grads(loss, params, data, grad=grad, argnums=0)
    assert outcome(loss, params, data, grad=lambda *a: grad(*a) | {"b": 1.001 * grad(*a)["b"]}, argnums=0) == "wrong"


def test_a_claim_that_is_wrong_in_32_bits_alone() -> None:
    def grad(x: Any) -> Any:
        return np.cos(x) if x.dtype == float else np.sin(x)

    assert outcome(lambda x: np.sin(x).sum(), normal(3), grad=grad) == "wrong"
    assert outcome(lambda x: np.sin(x).sum(), normal(3).astype(float), grad=grad) == "right"


def test_a_function_that_is_another_one_in_64_bits() -> None:
    def f(x: Any) -> Any:
        return np.sin(x).sum() if x.dtype == single else np.cos(x).sum()

    assert outcome(f, normal(3), grad=np.cos) == "right"
    assert outcome(f, normal(3), grad=lambda x: 2 * np.cos(x)) == "wrong"


def test_a_function_that_raises_or_converts_its_argument_is_measured_as_it_is() -> None:
    def strict(x: Any) -> Any:
        if x.dtype != single:
            raise TypeError("made for 32 bits")
        return np.exp(x).sum()

    for f in (strict, lambda x: np.exp(single(x)).sum(), lambda x: float(np.exp(single(x)).sum())):
        for count in (1, 3, 10):
            assert outcome(f, normal(count), grad=np.exp) == "right"
            assert outcome(f, normal(count), grad=lambda x: -np.exp(x)) == "wrong"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_that_are_out_of_range_in_32_bits_alone() -> None:
    def f(x: Any) -> Any:
        return np.exp(x).sum() ** 2

    x = np.array([60.0, 80.0], dtype=single)
    assert outcome(f, x, grad=lambda x: 2 * np.exp(x).sum() * np.exp(x)) == "unverified"
    assert outcome(lambda x: f(x).astype(float), x, grad=lambda x: 2 * np.exp(x).sum() * np.exp(x)) == "unverified"
