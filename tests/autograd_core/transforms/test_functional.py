"""Derivatives of functions: structures, shapes, nesting, and nothing left behind."""

from __future__ import annotations

import math
import random
from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import (
    AnomalyError,
    InputError,
    OperandTypeError,
    ShapeError,
    Value,
    detect_anomaly,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from autograd_core.graph import sweep, tangents
from autograd_core.transforms.trees import flatten, rebuild

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


def test_indices_of_arguments() -> None:
    def f(x: Any, y: Any, *, scale: float = 1.0) -> Any:
        return scale * x * y

    assert value_and_grad(f, argnums=1)(2.0, 3.0, scale=10.0) == (60.0, 20.0)
    assert grad(f, argnums=(1, 0))(2.0, 3.0) == (2.0, 3.0)
    assert grad(f, argnums=-1)(2.0, 3.0) == 2.0
    with pytest.raises(InputError, match=r"index 2 to differentiate .* got 2 arguments"):
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
    assert grad(lambda x: x * h + w, create_graph=False)(3.0) == 10.0
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


# Jacobians, products with vectors, second derivatives.


def polar(p: Any) -> list[Any]:
    return [p[0] * ag.cos(p[1]), p[0] * ag.sin(p[1])]


MODES = pytest.mark.parametrize("mode", ["forward", "reverse", None])


@MODES
def test_jacobians_in_closed_form(mode: Any) -> None:
    c, s = math.cos(0.5), math.sin(0.5)
    assert jacobian(polar, mode=mode)([2.0, 0.5]) == [[c, -2 * s], [s, 2 * c]]
    matrix = jacobian(polar, mode=mode)(np.array([2.0, 0.5]))
    assert (matrix.dtype, matrix.tolist()) == (np.float64, [[c, -2 * s], [s, 2 * c]])


@MODES
def test_a_jacobian_has_the_form_of_the_result_filled_with_that_of_the_argument(mode: Any) -> None:
    def f(p: Any, x: Any) -> Any:
        return {"y": (p["w"] * x, x * x), "c": 4}

    assert jacobian(f, mode=mode)({"w": 3.0}, 2.0) == {"y": ({"w": 2.0}, {"w": 0.0}), "c": {"w": 0.0}}
    assert jacobian(f, (1, 0), mode=mode)({"w": 3.0}, 2.0) == {
        "y": ((3.0, {"w": 2.0}), (4.0, {"w": 0.0})),
        "c": (0.0, {"w": 0.0}),
    }
    assert jacobian(lambda x: x * x, mode=mode)(3.0) == 6.0


@MODES
@pytest.mark.parametrize(
    ("f", "argument", "shape"),
    [
        (lambda x: x, np.ones(3), (3, 3)),
        (lambda x: x.sum(), np.ones(3), (3,)),
        (lambda x: list(x[:2]), np.ones(3), (2, 3)),
        (lambda x: x[:0], np.ones(3), (0, 3)),
        (lambda x: np.ones(2), np.ones(3), (2, 3)),
        (lambda x: x @ x, np.ones((2, 2)), (2, 2, 2, 2)),
        (lambda x: x, np.ones(0), (0, 0)),
        (lambda x: np.array([x, 2 * x]), 1.0, (2,)),
        (lambda x: np.array([[x, 2 * x]]), np.array(1.0), (1, 2)),
    ],
)
def test_shapes_of_arrays_are_joined(mode: Any, f: Any, argument: Any, shape: tuple[int, ...]) -> None:
    matrix = jacobian(f, mode=mode)(argument)
    assert (matrix.dtype, matrix.shape) == (np.float64, shape)


def test_matrix_products_differentiate_as_the_books_say() -> None:
    rng = np.random.default_rng(1)
    A, X = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
    expected = np.einsum("ik,jl->ijkl", A, np.eye(2))
    assert np.allclose(jacobian(lambda x: A @ x)(X), expected, rtol=1e-15, atol=0)


def test_blocks_of_numbers_and_arrays_mix() -> None:
    blocks = jacobian(lambda p: [p["a"] * p["x"], p["a"]])({"a": 3.0, "x": np.array([1.0, 2.0])})
    assert blocks[0]["a"].tolist() == [1.0, 2.0]
    assert blocks[0]["x"].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert (blocks[1]["a"], blocks[1]["x"].tolist()) == (1.0, [0.0, 0.0])


@given(st.integers(1, 40), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_mode_changes_nothing(m: int, n: int, rng: random.Random) -> None:
    A = [[rng.uniform(-1, 1) for _ in range(n)] for _ in range(m)]

    def f(x: Any) -> Any:
        return [ag.tanh(ag.dot(row, x)) for row in A]

    x = [rng.uniform(-1, 1) for _ in range(n)]
    for row, forward, reverse in zip(
        jacobian(f)(x), jacobian(f, mode="forward")(x), jacobian(f, mode="reverse")(x), strict=True
    ):
        assert row in (forward, reverse)
        assert forward == pytest.approx(reverse, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    ("m", "n", "forward"),
    [(2, 100, False), (100, 200, False), (100, 100, True), (100, 2, True), (5, 2, False), (1, 1, False)],
)
def test_the_shape_decides_the_direction(m: int, n: int, forward: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(name: str, original: Any) -> Any:
        def sweep_and_count(*args: Any) -> Any:
            calls.append(name)
            return original(*args)

        return sweep_and_count

    for module, name in ((sweep, "gradients"), (tangents, "number_tangents")):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    jacobian(lambda x: [ag.sum(x) * float(i) for i in range(m)])([1.0] * n)
    assert calls == (["number_tangents"] if forward else ["gradients"] * m)


def test_tangents_and_cotangents_are_products_with_the_jacobian() -> None:
    J = np.array(jacobian(polar)([2.0, 0.5]))
    value, tangent = jvp(polar, ([2.0, 0.5],), ([0.3, -0.7],))
    assert value == [x.data for x in polar([Value(2.0), Value(0.5)])]
    assert tangent == pytest.approx(list(J @ [0.3, -0.7]), rel=1e-15)
    same_value, pullback = vjp(polar, [2.0, 0.5])
    assert same_value == value
    for weights in ([1.0, 0.0], [0.3, -0.7]):
        (gradient,) = pullback(weights)
        assert gradient == pytest.approx(list(weights @ J), rel=1e-15)


def test_products_have_the_forms_of_arguments_and_results() -> None:
    def f(p: Any, x: Any) -> Any:
        return {"y": p["w"] * x, "square": np.sum(x * x)}

    p, x = {"w": 3.0}, np.array([1.0, 2.0])
    value, tangent = jvp(f, (p, x), ({"w": 1.0}, np.array([0.0, 1.0])))
    assert (value["y"].tolist(), value["square"]) == ([3.0, 6.0], 5.0)
    assert (tangent["y"].tolist(), tangent["square"]) == ([1.0, 5.0], 4.0)
    _, pullback = vjp(f, p, x)
    back = pullback({"square": 1, "y": np.array([1, 0])})
    assert (back[0], back[1].tolist()) == ({"w": 1.0}, [5.0, 4.0])


def test_a_result_that_is_an_argument_or_comes_twice_counts_as_often() -> None:
    assert jvp(lambda x: (x, x, 7), (3.0,), (2.0,)) == ((3.0, 3.0, 7.0), (2.0, 2.0, 0.0))
    assert vjp(lambda x: (x, x, 7), 3.0)[1]((2.0, 5.0, 11.0)) == (7.0,)
    assert jacobian(lambda p: [p[1], p[1], p[1] * p[0], 7])([3.0, 5.0]) == [[0, 1], [0, 1], [5, 3], [0, 0]]
    assert vjp(lambda x: (x * x, x * x * x), 3.0)[1]((1.0, 1.0)) == (33.0,)


def test_a_hessian_is_the_jacobian_of_the_gradient_and_symmetric_to_the_last_bit() -> None:
    def f(x: Any) -> Any:
        return ag.exp(ag.sin(x[0] * x[1]) / x[2]) * ag.sqrt(x[0] + x[2]) ** x[1] + ag.tanh(x[0] - x[1] * x[2])

    x = np.array([0.7, 1.3, 2.1])
    H = hessian(f)(x)
    assert H.tolist() == H.T.tolist()
    # What it would be without care: the same to rounding, but not symmetric.
    modes: list[Any] = ["forward", "reverse"]
    for mode in modes:
        other = jacobian(grad(f), mode=mode)(x)
        assert np.allclose(H, other, rtol=1e-13, atol=1e-14)
    v = np.array([1.0, -2.0, 0.5])
    assert np.allclose(hvp(f, (x,), (v,))[0], H @ v, rtol=1e-13, atol=0)


def test_hessians_of_trees() -> None:
    H = hessian(lambda p: p["a"] ** 2 * p["b"][0])({"a": 3.0, "b": [5.0]})
    assert H == {"a": {"a": 10.0, "b": [6.0]}, "b": [{"a": 6.0, "b": [0.0]}]}
    mixed = hessian(lambda a, x: a * np.sum(x * x), argnums=(0, 1))(3.0, np.array([1.0, 2.0]))
    assert mixed[0][0] == 0.0
    assert mixed[0][1].tolist() == mixed[1][0].tolist() == [2.0, 4.0]
    assert mixed[1][1].tolist() == [[6.0, 0.0], [0.0, 6.0]]


ORDERS: dict[str, Any] = {
    "grad": grad,
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "forward": lambda f: jacobian(f, mode="forward"),
    "reverse": lambda f: jacobian(f, mode="reverse"),
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
}
"""Ways to write the derivative of a function of one number."""


@pytest.mark.parametrize("outer", ORDERS)
@pytest.mark.parametrize("middle", ORDERS)
@pytest.mark.parametrize("inner", ORDERS)
def test_all_ways_nest(outer: str, middle: str, inner: str) -> None:
    third = ORDERS[outer](ORDERS[middle](ORDERS[inner](lambda x: x**4 + ag.exp(x))))(0.5)
    assert type(third) is float
    assert third == pytest.approx(12.0 + math.exp(0.5), rel=1e-15)


@pytest.mark.parametrize("order", ["hessian", "hvp"])
@pytest.mark.parametrize("outer", ORDERS)
def test_second_derivatives_nest(outer: str, order: str) -> None:
    second: Any = hessian if order == "hessian" else lambda f: lambda x: hvp(f, (x,), (1.0,))[0]
    assert ORDERS[outer](second(lambda x: x**4))(0.5) == 12.0
    assert second(ORDERS[outer](lambda x: x**4))(0.5) == 12.0
    assert second(second(lambda x: x**4))(0.5) == 24.0


@pytest.mark.parametrize("outer", ORDERS)
@pytest.mark.parametrize("inner", ORDERS)
def test_no_way_confuses_the_variables_of_two_derivatives(outer: str, inner: str) -> None:
    d, e = ORDERS[outer], ORDERS[inner]
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(2.0) == 1.0
    assert d(lambda x: e(lambda y: x * y)(x))(3.0) == 1.0
    assert d(lambda x: x * e(lambda y: x * y * y)(x))(3.0) == 54.0


def test_arrays_nest() -> None:
    third = jacobian(hessian(lambda x: x[0] ** 3 * x[1]))(np.array([2.0, 5.0]))
    assert third.tolist() == [[[30.0, 12.0], [12.0, 0.0]], [[12.0, 0.0], [0.0, 0.0]]]
    slope = grad(lambda s: np.sum(jacobian(lambda x: s * x * x)(np.array([1.0, 2.0]))))(3.0)
    assert slope == 6.0


def test_tangents_and_cotangents_are_differentiable() -> None:
    assert grad(lambda t: jvp(lambda x: x * x, (3.0,), (t,))[1])(1.0) == 6.0
    _, pullback = vjp(lambda x: x * x, 3.0)
    assert grad(lambda c: pullback(c)[0] * c)(2.0) == 24.0
    t = Value(5.0)
    value, tangent = jvp(lambda x: x * x, (3.0,), (t,))
    tangent.backward()
    assert (value, tangent.data, t.grad) == (9.0, 30.0, 6.0)


def test_auxiliary_results_come_back_as_numbers() -> None:
    def f(x: Any) -> Any:
        return x * x, {"x": x, "all": [x + 1, "text"], "array": np.array([x, 2.0])}

    def check(aux: Any) -> None:
        assert (aux["x"], aux["all"]) == (3.0, [4.0, "text"])
        assert (type(aux["x"]), aux["array"].dtype) == (float, np.float64)

    slope, aux = grad(f, has_aux=True)(3.0)
    check(aux)
    (value, aux), same_slope = value_and_grad(f, has_aux=True)(3.0)
    check(aux)
    assert (value, slope, same_slope) == (9.0, 6.0, 6.0)
    for derivative, expected in ((jacobian, 6.0), (hessian, 2.0)):
        result, aux = derivative(f, has_aux=True)(3.0)
        assert result == expected
        check(aux)
    value, tangent, aux = jvp(f, (3.0,), (1.0,), has_aux=True)
    check(aux)
    value, pullback, aux = vjp(f, 3.0, has_aux=True)
    check(aux)
    assert (value, tangent, pullback(1.0)) == (9.0, 6.0, (6.0,))


def test_auxiliary_results_keep_their_graph_inside_another_differentiation() -> None:
    assert grad(lambda x: grad(lambda y: (y * y, x * y), has_aux=True)(x)[1])(3.0) == 6.0


def test_other_arguments_and_options_pass_through() -> None:
    def f(x: Any, power: int, *, scale: float) -> Any:
        return [scale * x**power]

    assert jacobian(f)(3.0, 2, scale=10.0) == [60.0]
    assert hessian(lambda x, power, *, scale: scale * x**power)(3.0, 2, scale=10.0) == 20.0


def test_modes_apply_to_all() -> None:
    with no_grad():
        assert jacobian(polar)([2.0, 0.0]) == [[1.0, 0.0], [0.0, 2.0]]
        assert hessian(lambda x: x**3)(2.0) == 12.0
        assert hvp(lambda x: x**3, (2.0,), (1.0,)) == (12.0,)
        assert vjp(lambda x: x**3, 2.0)[1](1.0) == (12.0,)
    with detect_anomaly():
        assert hessian(lambda x: x**3)(2.0) == 12.0
        assert jvp(lambda x: x**3, (2.0,), (1.0,)) == (8.0, 12.0)
        with pytest.raises(AnomalyError, match="forward sweep through sqrt made inf"):
            jvp(lambda x: x.sqrt(), (0.0,), (1.0,))
        with pytest.raises(AnomalyError, match="backward pass through sqrt made inf"):
            vjp(lambda x: x.sqrt(), 0.0)[1](1.0)


def test_a_branch_that_was_not_taken_adds_nothing_in_either_direction() -> None:
    def f(x: Any) -> Any:
        return ag.relu(x) * 3 + ag.max(x.sqrt(), 1.0) + x

    for way in ORDERS.values():
        assert way(f)(0.0) == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jacobian(lambda x: [x, None])(1.0), OperandTypeError, r"got None \(NoneType\) at the result\[1\]"),
        (lambda: jacobian(lambda x: x)("1"), OperandTypeError, r"got '1' \(str\) at argument 0"),
        (lambda: jacobian(lambda x: x, 1)(1.0), InputError, "index 1 to differentiate .* got 1 arguments"),
        (lambda: jacobian(lambda x: x, -2)(1.0), InputError, "index -2 to differentiate .* got 1 arguments"),
        (lambda: grad(lambda x, y: x, (0, -2))(1.0, 2.0), InputError, r"every index once in argnums, got \(0, -2\)"),
        (lambda: jacobian(lambda x: x, mode="sideways"), InputError, '"forward", "reverse" or None as mode, got'),  # type: ignore[call-overload]
        (lambda: hessian(lambda x: [x])(1.0), OperandTypeError, "expected the function to return one number, got"),
        (lambda: grad(lambda x: x * np.ones(1))(1.0), OperandTypeError, "to return one number"),
        (lambda: hvp(lambda x: (x,), (1.0,), (1.0,)), OperandTypeError, "to return one number"),
        (
            lambda: grad(lambda x: x, has_aux=True)(1.0),
            OperandTypeError,
            r"a pair \(result, aux\), as has_aux=True says",
        ),
        (lambda: jvp(lambda x: x, 1.0, (1.0,)), OperandTypeError, r"the primals as a tuple .* write \(x,\) for one"),  # type: ignore[call-overload]
        (lambda: jvp(lambda x: x, (1.0,), 1.0), OperandTypeError, "the tangents as a tuple"),  # type: ignore[call-overload]
        (lambda: jvp(lambda x: x, (1.0,), (1.0, 2.0)), ShapeError, "a tuple of 1 at tangents, as in the primals, got"),
        (
            lambda: jvp(lambda x: x["w"][1], ({"w": [1.0, 2.0]},), ({"w": [1.0, [2.0]]},)),
            ShapeError,
            r"expected a number at tangents\[0\]\['w'\]\[1\], as in the primals, got a list of 1",
        ),
        (
            lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]),
            ShapeError,
            "expected a list of 2 at the cotangent, as in the result, got a list of 1",
        ),
        (
            lambda: vjp(lambda x: x, np.ones(2))[1](np.ones(3)),
            ShapeError,
            r"expected an array of shape \(2,\) at the cotangent, .*, got an array of shape \(3,\)",
        ),
    ],
)
def test_wrong_use_of_the_others_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
    assert grad(lambda x: x * x)(3.0) == 6.0
