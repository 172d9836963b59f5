"""`grad` and `value_and_grad`: structures, nesting, and nothing left behind."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import (
    AnomalyError,
    InputError,
    OperandTypeError,
    Value,
    detect_anomaly,
    grad,
    no_grad,
    value_and_grad,
)
from autograd_core.trees import flatten, rebuild

TREES = st.recursive(
    st.floats(-2, 2),
    lambda branch: st.lists(branch) | st.tuples(branch, branch) | st.dictionaries(st.text(), branch),
)


@given(TREES)
def test_the_gradient_has_the_form_of_the_argument(tree: Any) -> None:
    gradient = grad(lambda t: ag.sum([0.0, *[x * x for x in flatten(t)]]))(tree)
    assert gradient == rebuild(tree, [2 * x for x in flatten(tree)])


def test_named_tuples_stay_named() -> None:
    point = namedtuple("point", "x y")  # noqa: PYI024 - the type at hand is the subject
    assert grad(lambda p: p.x * p.y)(point(2.0, 3.0)) == point(3.0, 2.0)


def test_positions() -> None:
    def f(x: Any, y: Any, *, scale: float = 1.0) -> Any:
        return scale * x * y

    assert value_and_grad(f, argnums=1)(2.0, 3.0, scale=10.0) == (60.0, 20.0)
    assert grad(f, argnums=(1, 0))(2.0, 3.0) == (2.0, 3.0)
    assert grad(f, argnums=-1)(2.0, 3.0) == 2.0
    with pytest.raises(InputError, match=r"position 2 to differentiate .* got 2 arguments"):
        grad(f, argnums=2)(1.0, 2.0)


@pytest.mark.parametrize("order", range(1, 6))
def test_orders_nest(order: int) -> None:
    f: Any = ag.sin
    for _ in range(order):
        f = grad(f)
    assert f(0.5) == [math.sin(0.5), math.cos(0.5), -math.sin(0.5), -math.cos(0.5)][order % 4]


def test_an_inner_derivative_does_not_count_the_outer_variable() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(2.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(1.0))(3.0) == 2.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == 2 * 3 * 3.0**2


def test_results_are_floats_outside_and_values_inside() -> None:
    assert type(grad(lambda x: x * x)(3)) is float
    assert type(value_and_grad(lambda x: x * x)(3)[0]) is float
    x = Value(3.0)
    slope = grad(lambda t: t**3)(x)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


def test_nothing_else_is_touched() -> None:
    w = Value(5.0)
    h = w * 2
    h.backward()
    w.grad = 7.0
    assert grad(lambda x: x * h + w)(3.0) == 10.0
    assert (w.grad, h.grad) == (7.0, 1.0)
    h.backward()
    assert w.grad == 9.0


def test_constants_have_gradient_zero() -> None:
    assert value_and_grad(lambda x: 3)(1.0) == (3.0, 0.0)
    assert grad(lambda x, y: y * 1.0)(1.0, 2.0) == 0.0
    assert grad(lambda x: x)(1.0) == 1.0
    assert grad(lambda x: Value(2.0) * 3)(1.0) == 0.0
    assert grad(lambda t: t[1] * 2)([1.0, 1.0, 1.0]) == [0.0, 2.0, 0.0]


def test_modes_apply() -> None:
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
    with detect_anomaly():
        assert grad(lambda x: x * x)(3.0) == 6.0
        with pytest.raises(AnomalyError, match="through sqrt"):
            grad(lambda x: x.sqrt())(0.0)


@pytest.mark.parametrize(
    ("f", "argument", "message"),
    [
        (lambda x: [x], 1.0, "expected the function to return one number, got"),
        (lambda x: None, 1.0, r"got None \(NoneType\)"),
        (lambda x: x, "1.0", r"got '1\.0' \(str\) at argument 0"),
        (lambda x: x, {"w": [1.0, None]}, r"got None \(NoneType\) at argument 0\['w'\]\[1\]"),
    ],
)
def test_wrong_use_is_named(f: Any, argument: Any, message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        grad(f)(argument)


def test_a_function_that_fails_leaves_no_mode_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 // 0)(1.0)
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_gradient_descent_finds_a_minimum() -> None:
    rng = random.Random(1)
    p = {"w": rng.random(), "b": rng.random()}
    step = grad(lambda p: (p["w"] - 3) ** 2 + (p["b"] + p["w"]) ** 2)
    for _ in range(200):
        slope = step(p)
        p = {name: p[name] - 0.2 * slope[name] for name in p}
    assert p == pytest.approx({"w": 3.0, "b": -3.0})
