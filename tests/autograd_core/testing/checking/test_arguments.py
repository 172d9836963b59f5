"""Arguments and options of `check_grads` that make no sense, errors of the user's functions, and the line to repeat."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, ShapeError
from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads
from failures import failure


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: check_grads(lambda: 1.0), InputError, "pass the point after the function"),
        (lambda: check_grads(lambda x: 1.0, []), InputError, "got none"),
        (lambda: check_grads(lambda x: None, 1.0), InputError, "is a return missing"),
        (lambda: check_grads(lambda x: "a", 1.0), OperandTypeError, "numbers"),
        (lambda: check_grads(3, 1.0), OperandTypeError, "function to check"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, "a"), OperandTypeError, "'a'"),
        (lambda: check_grads(ag.exp, 1.0, grad=1), OperandTypeError, "grad"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, grad=ag.exp, order=3), InputError, "order=1"),
        (lambda: check_grads(ag.exp, 1.0, order=4), InputError, "order"),
        (lambda: check_grads(ag.exp, 1.0, modes="rev"), InputError, "modes"),
        (lambda: check_grads(ag.exp, 1.0, method="exact"), InputError, "'replay'"),
        (lambda: check_grads(ag.exp, 1.0, kinks="hide"), InputError, "'refuse'"),
        (lambda: check_grads(ag.exp, 1.0, domain=(1.0, 0.0)), InputError, "low below high"),
        (lambda: check_grads(ag.exp, 1.0, argnums=1), InputError, "index 1"),
        (lambda: check_grads(ag.exp, 1.0, argnums="a"), OperandTypeError, "argnums"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, argnums=0.5), OperandTypeError, "0.5 (float)"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, argnums=()), OperandTypeError, "a tuple of indices"),
        (lambda: check_grads(ag.exp, 1.0, modes=5), InputError, "5 (int)"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, modes=()), InputError, "some of ('rev', 'fwd')"),
        (lambda: check_grads(ag.exp, 1.0, domain=5), InputError, "low below high"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, domain="ab"), InputError, "'ab' (str)"),  # type: ignore[arg-type]
        (lambda: check_grads(ag.exp, 1.0, domain=(math.nan, 2.0)), InputError, "low below high"),
        (lambda: check_grads(abs, 1.0, grad=lambda x: 1.0, method="complex"), InputError, "central"),
        (lambda: check_grads(lambda x: x[0], [1.0, 2.0], grad=lambda x: [1.0]), ShapeError, "a list of 2"),
        (
            lambda: check_grads(lambda p: p["a"], {"a": {"b": 1.0}}, grad=lambda p: {"a": {"c": 1.0}}),
            ShapeError,
            "['a']",
        ),
    ],
)
def test_senseless_input_is_refused_with_the_way_out(call: Callable[[], Any], error: type, words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("value", ["a", -1.0, math.nan, math.inf, True, [1e-3], 1j])
def test_a_tolerance_is_a_finite_number_that_is_not_negative(name: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        check_grads(ag.exp, 1.0, **{name: value})
    assert f"expected {name} to be a finite number that is not negative" in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25)])
def test_what_is_a_tolerance(value: Any) -> None:
    assert check_grads(lambda x: 2.0 * x, 1.0, rtol=value, atol=value)


# ---- The value and the gradient -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "args", "grad"),
    [
        (lambda x: x**2, (1.5,), lambda x: (x**2, 2 * x)),
        (lambda v: v @ v, (np.ones(2),), lambda v: (v @ v, 2 * v)),
        (lambda v: v @ v, (np.ones(3),), lambda v: [np.array(v @ v), 2 * v]),
        (lambda p: p["a"] ** 2, ({"a": 1.5},), lambda p: (p["a"] ** 2, {"a": 2 * p["a"]})),
        (lambda a, b: a * b, (1.5, 2.0), lambda a, b: (a * b, (b, a))),
        (lambda v, w: v @ w, (np.ones(3), np.ones(3)), lambda v, w: (v @ w, (w, v))),
    ],
)
def test_a_pair_of_value_and_gradient_is_named(f: Any, args: tuple[Any, ...], grad: Any) -> None:
    with pytest.raises(ShapeError, match="such as the value and the gradient; return the second alone"):
        check_grads(f, *args, grad=grad)


def test_what_is_no_pair_of_value_and_gradient() -> None:
    with pytest.raises(ShapeError) as caught:
        check_grads(lambda x, y: x * y, 1.5, 2.0, grad=lambda x, y: (7.0, (y, x)))
    assert "value" not in str(caught.value)
    assert check_grads(lambda x, y: x + y, 1.5, -0.5, grad=lambda x, y: (1.0, 1.0))


# ---- Errors of the user's functions ---------------------------------------------------------------------------------


def test_an_error_of_a_function_says_where_it_was_called() -> None:
    with pytest.raises(ValueError, match="math domain error") as caught:
        check_grads(math.log, -1.0, grad=lambda x: 1 / x)
    assert caught.value.__notes__ == ["raised by log(-1.0)"]
    with pytest.raises(ZeroDivisionError) as other:
        check_grads(lambda x, p: x, 1.5, {"a": 2.0}, grad=lambda x, p: 1 / 0)
    assert other.value.__notes__ == ["raised by grad(1.5, {'a': 2.0})"]
    with pytest.raises(KeyError) as long:
        check_grads(lambda v: {"a": 1.0}["b"], [0.5] * 100, grad=lambda v: v)
    assert long.value.__notes__ == ["raised by f(…)"]


def test_a_function_without_values_beside_the_point_is_unverified_and_says_why() -> None:
    table = {2.0: 4.0}
    with pytest.raises(GradientUnverified, match=r"beside the point, the function raises KeyError: [12]\.\d"):
        check_grads(lambda x: table[x], 2.0, grad=lambda x: 2 * x)
    assert check_grads(lambda x: math.sqrt(x) ** 3, 0.0, grad=lambda x: 0.0)


def test_an_error_at_one_of_several_points_says_at_which() -> None:
    with pytest.raises(ValueError, match="math domain error") as caught:
        check_grads(math.log, points=[(1.0,), (-1.0,)], grad=lambda x: 1 / x)
    assert caught.value.__notes__ == ["raised by log(-1.0)", "at points[1] = (-1.0,)"]


# ---- The line that repeats a check ----------------------------------------------------------------------------------


def test_the_line_that_is_printed_repeats_the_check() -> None:
    def f(p: Any, x: Any) -> Any:
        return p["w"][0] * np.sin(x[1]) + p["w"][1]

    def wrong_gradient(p: Any, x: Any) -> Any:
        return {"w": [np.sin(x[1]), 2.0]}

    report = failure(f, {"w": [0.1, 2.0]}, np.array([0.5, 1 / 3]), grad=wrong_gradient)
    names = {"check_grads": check_grads, "f": f, "wrong_gradient": wrong_gradient, "numpy": np}
    with pytest.raises(GradientMismatch) as again:
        eval(report.reproduce, names)  # noqa: S307 - the line is there to be run
    assert dataclasses.replace(again.value.report, seconds=0.0) == dataclasses.replace(report, seconds=0.0)
    assert (0.1).hex() in report.reproduce


class Model:
    """Methods are not found by their names."""

    def loss(self, x: Any) -> Any:
        return x * x

    def slope(self, x: Any) -> Any:
        return x


def test_the_line_says_what_it_needs_of_the_check() -> None:
    def f(x: Any, data: Any, rng: Any) -> Any:
        return np.sum(x) ** 2

    def line(f: Any, *args: Any, **options: Any) -> str:
        return failure(f, *args, **options).reproduce

    assert line(f, np.ones(2), np.arange(500.0), random.Random(1), grad=lambda x, data, rng: x, argnums=0) == (
        "check_grads(f, numpy.array([1.0, 1.0]), data, rng, grad=grad, argnums=0)"
        "  # grad, data and rng as in this check"
    )
    assert line(lambda *a: a[0] * a[1], 1.5, 2.5, grad=lambda *a: a).endswith("  # f and grad as in this check")
    model = Model()
    assert (
        line(model.loss, 1.5, grad=model.slope)
        == "check_grads(loss, 1.5, grad=slope)  # loss and slope as in this check"
    )
    points = [(np.arange(200.0), 2.0)]
    assert (
        line(lambda v, x: v @ v, points=points, grad=lambda v, x: v)
        == "check_grads(f, points=points, grad=grad)  # f, grad and points as in this check"
    )
    assert "#" not in line(math.sin, 0.5, grad=math.sin)


@pytest.mark.parametrize("claims", [{"grad": lambda x: None}, {"vjp": lambda x, g: None}], ids=["grad", "vjp"])
@pytest.mark.parametrize("point", [np.array([1.0, 2.0]), 0.5, [1.0, 2.0]], ids=["array", "number", "list"])
def test_a_claim_that_returns_nothing(claims: dict[str, Any], point: Any) -> None:
    with pytest.raises(ShapeError, match=r"^expected numbers at the gradient .*, got nothing; is a return missing\?"):
        check_grads(lambda x: np.sum(np.square(x)), point, **claims)
