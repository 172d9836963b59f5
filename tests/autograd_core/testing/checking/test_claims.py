"""Claims for functions with several results: products with cotangents and tangents, and Jacobians."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError, ShapeError
from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads
from failures import failure

X = np.array([0.5, -2.0, 1.25])
A = np.arange(1.0, 7.0).reshape(2, 3)
EYE = np.eye(2)


RIGHT: dict[str, Any] = {
    "vjp": lambda a, x, g: (np.outer(g, x), a.T @ g),
    "jvp": lambda a, x, t: t[0] @ x + a @ t[1],
    "jac": lambda a, x: (np.einsum("ij,k->ijk", EYE, x), a),
}
"""The right claims of `product`."""


def product(a: Any, x: Any) -> Any:
    return a @ x


def trees(p: Any) -> Any:
    return {"sum": p["w"][0] + p["b"], "both": [p["w"][0] * p["w"][1], p["b"] ** 2]}


def jac_of_trees(p: Any) -> Any:
    w, b = p["w"], p["b"]
    return {
        "sum": {"w": [1.0, 0.0], "b": 1.0},
        "both": [{"w": [w[1], w[0]], "b": 0.0}, {"w": [0.0, 0.0], "b": 2 * b}],
    }


def vjp_of_trees(p: Any, g: Any) -> Any:
    w, b = p["w"], p["b"]
    first, (second, third) = g["sum"], g["both"]
    return {"w": [first + second * w[1], second * w[0]], "b": first + third * 2 * b}


def jvp_of_trees(p: Any, t: Any) -> Any:
    w, v = p["w"], t["w"]
    return {"sum": v[0] + t["b"], "both": [v[0] * w[1] + w[0] * v[1], 2 * p["b"] * t["b"]]}


POINT = {"w": [0.5, -2.0], "b": 3.0}


@pytest.mark.parametrize("name", RIGHT)
def test_right_claims_for_arrays_pass(name: str) -> None:
    report = check_grads(product, A, X, **{name: RIGHT[name]})
    assert {entry.mode for entry in report.entries} == {name}
    assert {entry.place for entry in report.entries} >= {"a[1, 2]", "x[0]"}


@pytest.mark.parametrize(
    ("claim", "right"), [("vjp", vjp_of_trees), ("jvp", jvp_of_trees), ("jac", jac_of_trees)], ids=["vjp", "jvp", "jac"]
)
def test_right_claims_for_trees_pass(claim: str, right: Any) -> None:
    assert len(check_grads(trees, POINT, **{claim: right}).entries) == 3


def test_several_claims_at_once() -> None:
    report = check_grads(np.sin, X, vjp=lambda x, g: g * np.cos(x), jvp=lambda x, t: t * np.cos(x))
    assert [entry.mode for entry in report.entries] == ["vjp"] * 3 + ["jvp"] * 3
    report = failure(np.sin, X, vjp=lambda x, g: g * np.cos(x), jvp=lambda x, t: t * np.sin(x))
    assert {entry.mode for entry in report.failures} == {"jvp"}


WRONG = [
    ("vjp", lambda a, x, g: (np.outer(g, x), 2 * a.T @ g), {"x[0]", "x[1]", "x[2]"}, "2 ×"),
    ("vjp", lambda a, x, g: (np.outer(g, x), a.T @ np.sign(g)), {"x[0]", "x[1]", "x[2]"}, ""),
    ("vjp", lambda a, x, g: (-np.outer(g, x), a.T @ g), {f"a[0, {i}]" for i in range(3)}, "sign"),
    ("jvp", lambda a, x, t: t[0] @ x, {"x[0]", "x[1]", "x[2]"}, "0"),
    ("jvp", lambda a, x, t: t[0] @ x + a @ t[1] * np.array([1, 2]), {"x[0]", "x[1]", "x[2]"}, "2 ×"),
    ("jac", lambda a, x: (np.einsum("ij,k->ijk", EYE, x), a[::-1]), {"x[0]", "x[1]", "x[2]"}, ""),
    ("jac", lambda a, x: (np.einsum("ij,k->ijk", EYE[::-1], x), a), {f"a[0, {i}]" for i in range(3)}, ""),
]


@pytest.mark.parametrize(("name", "claim", "places", "hint"), WRONG)
def test_wrong_claims_are_caught_at_their_place(name: str, claim: Any, places: set[str], hint: str) -> None:
    report = failure(product, A, X, **{name: claim})
    assert {entry.place for entry in report.failures} >= places
    assert {entry.mode for entry in report.failures} == {name}
    assert any(hint in entry.hint for entry in report.failures)


def test_the_result_with_the_wrong_derivative_is_named_among_many() -> None:
    x = np.linspace(0.1, 1.0, 60)
    wrong = np.where(np.arange(60) == 47, 2.0, 1.0)
    report = failure(np.sin, x, jac=lambda x: np.diag(wrong * np.cos(x)))
    assert [(entry.place, entry.output) for entry in report.failures] == [("x[47]", "[47]")]
    report = failure(trees, POINT, vjp=lambda p, g: vjp_of_trees(p, g) | {"b": g["sum"] + g["both"][1] * p["b"]})
    assert {(entry.place, entry.output) for entry in report.failures} == {('p["b"]', '["both"][1]')}


def test_a_vjp_that_does_not_use_its_cotangent_is_wrong_for_a_single_number_too() -> None:
    report = failure(lambda x: np.sum(x**2), X, vjp=lambda x, g: 2 * x)
    assert "vjp does not depend on the cotangent: is the product with it forgotten?" in report.summary
    report = failure(lambda x: np.sum(x**2), X, vjp=lambda x, g: 2 * x * g**3)
    assert "right for the cotangent 1, but not for the cotangent" in report.summary
    assert check_grads(lambda x: np.sum(x**2), X, vjp=lambda x, g: 2 * x * g)


@pytest.mark.parametrize(
    ("f", "claims", "words"),
    [
        (np.sin, {"vjp": lambda x, g: np.cos(x)}, "vjp does not depend on the cotangent"),
        (np.cumsum, {"vjp": lambda x, g: np.arange(3.0, 0.0, -1.0)}, "vjp does not depend on the cotangent"),
        (np.sin, {"jvp": lambda x, t: np.cos(x)}, "jvp does not depend on the tangent"),
        (np.sin, {"vjp": lambda x, g: g * np.cos(x) + 1}, "vjp is not 0 for the cotangent 0"),
        (np.sin, {"vjp": lambda x, g: g * g * np.cos(x)}, "right for each result alone, but not for the cotangents of"),
        (lambda x: np.sum(x**3), {"hvp": lambda x, v: 6 * x}, "hvp does not depend on the vector"),
        (lambda x: np.sum(x**3), {"hvp": lambda x, v: 6 * x * (v + 1)}, "hvp is not 0 for the vector 0"),
    ],
)
def test_a_claim_that_is_not_linear_says_so_and_nothing_else(f: Any, claims: dict[str, Any], words: str) -> None:
    for entry in failure(f, X, **claims).failures:
        assert entry.hint.startswith(words)
        assert entry.hint.count("?") == 1


SQUARE = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4], [1.6, 0.1, 0.9]])


@pytest.mark.parametrize(
    ("f", "args", "claims", "words"),
    [
        (np.cumsum, (X,), {"vjp": lambda x, g: np.cumsum(g)}, "is a cumulative sum not reversed?"),
        (lambda m, b: m + b, (SQUARE, X), {"vjp": lambda m, b, g: (g, g.sum(1))}, "added up over the wrong axis"),
        (
            lambda x: np.convolve(x, [1.0, 2.0, 4.0], "valid"),
            (np.arange(5.0),),
            {"vjp": lambda x, g: np.convolve(g, [1.0, 2.0, 4.0])},
            "is a kernel not flipped",
        ),
        (lambda x: SQUARE @ np.sin(x), (X,), {"jac": lambda x: (SQUARE * np.cos(x)).T}, "the Jacobian is transposed"),
    ],
)
def test_the_hint_is_about_the_arrays_as_a_whole(f: Any, args: tuple[Any, ...], claims: Any, words: str) -> None:
    assert all(words in entry.hint for entry in failure(f, *args, **claims).failures)


@pytest.mark.parametrize("seed", range(3))
def test_a_cotangent_whose_sign_is_lost_is_noticed(seed: int) -> None:
    for wrong in (abs, lambda g: np.maximum(g, 0.0)):
        report = failure(lambda x: np.sum(x**2), X, vjp=lambda x, g, wrong=wrong: 2 * x * wrong(g), rng=seed)
        assert len(report.failures) == 3
        assert failure(np.sin, X, vjp=lambda x, g, wrong=wrong: np.cos(x) * wrong(g), rng=seed).failures


def test_a_jvp_that_is_right_along_each_number_only_is_wrong() -> None:
    report = failure(np.sin, X, jvp=lambda x, t: t**2 * np.cos(x))
    assert "is it linear in the tangent?" in report.failures[0].hint


@pytest.mark.parametrize(
    "limited",
    [lambda g: np.clip(g, -5.0, 5.0), lambda g: np.where(abs(g) > 100.0, 0.0, g), lambda g: g / max(1.0, abs(g).max())],
)
def test_a_cotangent_that_is_clipped(limited: Callable[[Any], Any]) -> None:
    def vjp(x: Any, g: Any) -> Any:
        return limited(g) * np.exp(x)

    for x in (np.array([0.5, -2.0, 1.25]), np.array([0.5])):
        with pytest.raises(GradientMismatch, match="is it linear in the cotangent"):
            check_grads(np.exp, x, vjp=vjp)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", None), ("float32", None), ("float16", 1e-2)])
def test_a_linear_claim_is_right_for_a_large_cotangent(dtype: str, rtol: float | None) -> None:
    options: Any = {} if rtol is None else {"rtol": rtol}
    for x in ([0.5, -2.0, 1.25], [5.5, 3.0], [-8.0, 0.0]):
        with contextlib.suppress(GradientUnverified):  # 16 bits hold few changes
            assert check_grads(np.sinh, np.array(x, dtype), vjp=lambda x, g: g * np.cosh(x), **options)


def test_many_tangents_are_checked_along_directions() -> None:
    x = np.linspace(0.1, 1.0, 410)
    report = check_grads(np.sin, x, jvp=lambda x, t: t * np.cos(x))
    assert report.method == "directions"
    assert failure(np.sin, x, jvp=lambda x, t: t * np.cos(x) * np.where(np.arange(410) == 7, 2, 1)).failures


# A slope so small that its changes round to subnormals cannot be measured.
SLOPES = st.floats(-2, 2).map(lambda slope: slope if abs(slope) > 2.0**-900 else 0.0)


@given(st.lists(SLOPES, min_size=6, max_size=6), st.integers(0, 2), st.integers(0, 1))
def test_any_wrong_entry_of_a_jacobian_is_found(numbers: list[float], column: int, row: int) -> None:
    matrix = np.array(numbers).reshape(2, 3)
    wrong = matrix.copy()
    wrong[row, column] += 0.1
    assert check_grads(lambda x: matrix @ x, X, jac=lambda x: matrix)
    report = failure(lambda x: matrix @ x, X, jac=lambda x: wrong)
    assert [(entry.place, entry.output) for entry in report.failures] == [(f"x[{column}]", f"[{row}]")]


@pytest.mark.parametrize(
    "jac",
    [
        lambda p: [[p[1], p[0]], [1.0, 0.0]],
        lambda p: np.array([[p[1], p[0]], [1.0, 0.0]]),
        lambda p: [np.array([p[1], p[0]]), [1.0, 0.0]],
        lambda p: (([p[1], p[0]], [1.0, 0.0]),)[0],
    ],
)
def test_arrays_may_replace_lists_in_a_jacobian(jac: Any) -> None:
    assert check_grads(lambda p: [p[0] * p[1], p[0]], [2.0, 3.0], jac=jac)


def test_the_jacobian_of_an_array_with_respect_to_a_list() -> None:
    assert check_grads(lambda p: np.array([p[0] * p[1], p[0], 1.0]), [2.0, 3.0], jac=lambda p: [
        np.array([p[1], 1.0, 0.0]), np.array([p[0], 0.0, 0.0])
    ])  # fmt: skip
    rows = lambda p: np.array([[p[1], p[0]], [1.0, 0.0], [0.0, 0.0]])  # noqa: E731 - a claim
    assert check_grads(lambda p: np.array([p[0] * p[1], p[0], 1.0]), [2.0, 3.0], jac=rows)


def test_claims_for_the_first_argument_alone() -> None:
    assert len(check_grads(product, A, X, vjp=lambda a, x, g: np.outer(g, x)).entries) == 6
    assert len(check_grads(product, A, X, jac=lambda a, x: np.einsum("ij,k->ijk", EYE, x)).entries) == 6
    assert len(check_grads(product, A, X, argnums=1, jvp=lambda a, x, t: a @ t).entries) == 3


def test_the_cotangent_has_the_form_of_the_result() -> None:
    seen: list[Any] = []

    def vjp(x: float, g: Any) -> Any:
        seen.append(g)
        return float(np.sum(g["array"])) + g["pair"][0]

    check_grads(lambda x: {"array": np.array([[x, x]], dtype="float32"), "pair": (x, 1)}, 0.5, vjp=vjp)
    assert (seen[0]["array"].shape, seen[0]["array"].dtype.name) == ((1, 2), "float32")
    assert isinstance(seen[0]["pair"], tuple)


def test_bools_and_integers_among_the_results_have_no_derivative() -> None:
    def f(x: float) -> Any:
        return {"ok": x > 0, "flags": np.array([True, False]), "count": 3, "y": x * 2.0}

    assert check_grads(f, 1.5, vjp=lambda x, g: 2.0 * g["y"])
    assert check_grads(f, 1.5, jvp=lambda x, t: {"ok": None, "flags": None, "count": 0, "y": 2.0 * t})
    assert failure(f, 1.5, vjp=lambda x, g: 3.0 * g["y"]).failures


# ---- Errors ---------------------------------------------------------------------------------------------------------


def test_a_gradient_of_several_results_is_refused_with_the_way_out() -> None:
    with pytest.raises(ShapeError) as caught:
        check_grads(lambda x: x**2, X, grad=lambda x: 2 * x)
    assert "got an array of shape (3,); pass jac= or vjp=, or return one number, such as the sum" in str(caught.value)
    assert "an elementwise derivative" in str(caught.value)
    with pytest.raises(ShapeError, match="got a dict of 2") as caught:
        check_grads(trees, POINT, grad=lambda p: p)
    assert "elementwise" not in str(caught.value)
    assert check_grads(lambda x: x**2, X, vjp=lambda x, g: g * 2 * x)  # as the message says


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        (
            {"jac": lambda a, x: a[0]},
            ShapeError,
            "to have the form of the argument, a tuple of 2, or a shape that begins with (2,)",
        ),
        ({"jac": lambda a, x: a.T, "argnums": 1}, ShapeError, "the shape (2, 3), that of the result and then that of"),
        ({"jac": lambda a, x: (a, a)}, ShapeError, "got (2, 3)"),
        ({"jac": lambda a, x: None}, ShapeError, "an array of shape (2,) for the result"),
        ({"vjp": lambda a, x, g: (x, a)}, ShapeError, "expected an array of shape (2, 3) at the gradient that vjp"),
        ({"jvp": lambda a, x, t: x}, ShapeError, "expected an array of shape (2,) at the tangent that jvp returned"),
        ({"vjp": 1}, OperandTypeError, "expected vjp to be a function"),
        ({"hvp": lambda a, x, v: x}, ShapeError, "as hvp= needs it, got an array of shape (2,)"),
        ({"vjp": lambda a, x, g: x, "order": 2}, InputError, "expected grad=, hvp= or hess= for order=2"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(options: dict[str, Any], error: type, words: str) -> None:
    with pytest.raises(error) as caught:
        check_grads(product, A, X, **options)
    assert words in str(caught.value)


def test_a_jacobian_of_trees_in_another_order_is_refused() -> None:
    with pytest.raises(ShapeError, match="the form of the result outside, a dict of 2"):
        check_grads(trees, POINT, jac=lambda p: {"w": [1.0, 0.0], "b": 2.0})


def test_the_line_that_repeats_the_check_names_the_claims_and_options() -> None:
    def backward(x: float, g: float) -> float:
        return g * math.cos(x) * 2

    report = failure(math.sin, 0.5, vjp=backward, jvp=lambda x, t: t * math.cos(x), rtol=1e-6, argnums=0)
    assert (
        report.reproduce
        == "check_grads(sin, 0.5, vjp=backward, jvp=jvp, rtol=1e-06, argnums=0)  # jvp as in this check"
    )
    with pytest.raises(GradientMismatch):
        eval(report.reproduce, {"check_grads": check_grads, "sin": math.sin, "backward": backward, "jvp": backward})  # noqa: S307 - the line is there to be run


@pytest.mark.parametrize(
    "gradient",
    [
        lambda a, b: (2 * a, np.full(4, 99.0)),
        lambda a, b: (2 * a, None),
        lambda a, b: (2 * a, 7.0),
        lambda a, b: (2 * a,),
    ],
)
def test_a_gradient_of_all_arguments_with_a_wrong_part_is_not_that_of_the_first(gradient: Any) -> None:
    with pytest.raises((ShapeError, OperandTypeError)):
        check_grads(lambda a, b: (a * a).sum() + (b * b).sum(), np.ones(2), np.ones(3), grad=gradient)


def test_a_transposed_factor_is_not_left_out() -> None:
    a, b = np.ones((2, 3)), np.ones((3, 4))
    with pytest.raises(ShapeError):
        check_grads(lambda a, b: a @ b, a, b, vjp=lambda a, b, g: (g @ b.T, g.T @ a))


@pytest.mark.parametrize(
    ("shape", "whole", "words"),
    [
        ((3,), (5, 3), "is the sum over the broadcast axis 0 forgotten? add .sum(axis=0)"),
        ((5, 1), (5, 3), "is the sum over the broadcast axis 1 forgotten? add .sum(axis=1, keepdims=True)"),
        ((), (4,), "expected a number at the gradient that grad returned, as in the argument, got an array of"),
        ((1, 1), (2, 3), "is the sum over the broadcast axes (0, 1) forgotten? add .sum(axis=(0, 1), keepdims=True)"),
    ],
)
def test_a_gradient_of_the_broadcast_shape_says_which_sum_is_forgotten(
    shape: tuple[int, ...], whole: tuple[int, ...], words: str
) -> None:
    x, data = (np.ones(shape) if shape else 1.5), np.ones(whole)
    with pytest.raises(ShapeError) as caught:
        check_grads(lambda x: float(np.sum(data * x)), x, grad=lambda x: data)
    assert words in str(caught.value)
    assert "forgotten?" in str(caught.value)


def test_a_gradient_of_another_shape_names_no_sum() -> None:
    with pytest.raises(ShapeError) as caught:
        check_grads(lambda x: float(np.sum(x)), np.ones(3), grad=lambda x: np.ones((5, 2)))
    assert "forgotten" not in str(caught.value)
