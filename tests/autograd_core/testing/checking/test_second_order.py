"""Claims of second derivatives: products of the Hessian, the Hessian, and the changes of a claimed gradient."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from autograd_core import InputError
from autograd_core.testing import GradientUnverified, Verdict, check_grads
from autograd_core.testing.checking.second_order import smooth_slope
from failures import failure
from gradient_claims import Claim, right

LIMITS = {"loose iteration at 5.0"}  # its first derivative is not known either

X = np.array([0.5, -2.0, 1.25])


def quartic(x: Any) -> Any:
    return np.sum(x**4) + x[0] * x[1] * x[2]


def gradient(x: Any) -> Any:
    return 4 * x**3 + np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]])


def hessian(x: Any) -> Any:
    mixed = np.array([[0.0, x[2], x[1]], [x[2], 0.0, x[0]], [x[1], x[0], 0.0]])
    return np.diag(12 * x**2) + mixed


def product(x: Any, v: Any) -> Any:
    return hessian(x) @ v


@pytest.mark.parametrize("f", [quartic, lambda x: float(quartic(x))], ids=["complex step", "differences"])
@pytest.mark.parametrize(
    "claims",
    [{"hvp": product}, {"hess": hessian}, {"grad": gradient, "order": 2}, {"grad": gradient, "hvp": product}],
    ids=" ".join,
)
def test_right_second_derivatives_pass(f: Any, claims: dict[str, Any]) -> None:
    report = check_grads(f, X, **claims)
    second = [entry for entry in report.entries if entry.order == 2]
    assert [entry.place for entry in second] == ["x[0]", "x[1]", "x[2]"]
    assert report.worst is not None
    assert report.worst.absolute_error < 1e-6


def test_several_arguments_in_plain_python() -> None:
    def f(x: float, p: dict[str, float]) -> float:
        return math.sin(x) * p["y"] ** 2

    def hess(x: float, p: dict[str, float]) -> Any:
        y = p["y"]
        mixed = 2 * y * math.cos(x)
        return ((-math.sin(x) * y * y, {"y": mixed}), {"y": (mixed, {"y": 2 * math.sin(x)})})

    def hvp(x: float, p: dict[str, float], v: Any) -> Any:
        (a, b), (c, d) = (
            (-math.sin(x) * p["y"] ** 2, 2 * p["y"] * math.cos(x)),
            (2 * p["y"] * math.cos(x), 2 * math.sin(x)),
        )
        return a * v[0] + b * v[1]["y"], {"y": c * v[0] + d * v[1]["y"]}

    assert check_grads(f, 0.5, {"y": 2.0}, hess=hess, hvp=hvp)
    assert failure(f, 0.5, {"y": 2.5}, hvp=lambda x, p, v: (hvp(x, p, v)[0], {"y": 0.0})).failures


def test_all_claims_at_once() -> None:
    def vjp(x: Any, g: Any) -> Any:
        return g * gradient(x)

    def jvp(x: Any, t: Any) -> Any:
        return t @ gradient(x)

    report = check_grads(
        quartic, X, grad=gradient, vjp=vjp, jvp=jvp, jac=gradient, hvp=product, hess=hessian, order=2, rng=3
    )
    assert {entry.mode for entry in report.entries} == {"grad", "vjp", "jvp", "jac", "hvp", "hess"}


def test_a_wrong_entry_of_the_hessian_is_named() -> None:
    def wrong(x: Any) -> Any:
        found = hessian(x)
        found[1, 2] = 0.0
        return found

    report = failure(quartic, X, hess=wrong)
    assert [(entry.place, entry.order) for entry in report.failures] == [("x[2]", 2)]
    assert report.failures[0].output == "the derivative with respect to x[1]"
    assert "not symmetric" in report.failures[0].hint
    report = failure(quartic, X, hvp=lambda x, v: product(x, v) / 3)
    assert "1/3 × numeric" in report.failures[0].hint


def test_a_product_that_is_not_linear_in_the_vector_is_wrong() -> None:
    assert failure(lambda x: np.sum(x**2), X, hvp=lambda x, v: 2 * v**2).failures


def test_a_gradient_that_is_right_only_at_the_point_is_wrong_at_the_second_order() -> None:
    frozen = gradient(X)
    assert check_grads(quartic, X, grad=lambda x: frozen)
    report = failure(quartic, X, grad=lambda x: frozen, order=2)
    assert {entry.order for entry in report.failures} == {2}
    assert {entry.mode for entry in report.failures} == {"grad"}


def test_a_gradient_of_no_function_is_called_so() -> None:
    report = failure(lambda p: p[0] * p[1] + p[0] ** 2, [1.0, 2.0], grad=lambda p: [p[1] + 2 * p[0], 1.0], order=2)
    assert "not symmetric" in report.failures[0].hint


def test_a_product_is_compared_with_the_gradient_if_that_is_claimed_too() -> None:
    report = failure(quartic, X, grad=gradient, hvp=lambda x, v: 2 * product(x, v))
    assert {(entry.mode, entry.order) for entry in report.failures} == {("hvp", 2)}


def test_many_second_derivatives_are_checked_along_directions() -> None:
    x = np.linspace(0.1, 1.0, 60)
    assert check_grads(lambda x: np.sum(np.sin(x)), x, hvp=lambda x, v: -np.sin(x) * v).method == "directions"
    wrong = np.where(np.arange(60) == 33, 1.5, 1.0)
    report = failure(lambda x: np.sum(np.sin(x)), x, hvp=lambda x, v: -np.sin(x) * v * wrong)
    assert [entry.place for entry in report.failures] == ["x[33]"]


def test_the_domain_holds_for_slopes_too() -> None:
    seen: list[float] = []

    def f(x: float) -> float:
        seen.extend([x] if isinstance(x, float) else [])
        return x * math.log(x)

    assert check_grads(f, 0.25, hvp=lambda x, v: v / x, domain=(0.125, 0.5))
    assert 0.125 <= min(seen) <= max(seen) <= 0.5


def test_second_derivatives_in_single_precision_and_near_the_edge_of_a_domain() -> None:
    x = np.array([0.5, 1.0, 2.0], dtype="float32")
    assert check_grads(lambda x: (x**3).sum(), x, hvp=lambda x, v: 6 * x * v)
    report = failure(lambda x: (x**3).sum(), x, hvp=lambda x, v: 3 * x * v)
    assert {entry.verdict for entry in report.failures} == {Verdict.MISMATCH}

    def curvature(x: float, v: float) -> float:
        return -0.25 * v / math.sqrt(x) ** 3

    for point in (1.0, 0.01, 2.0**-20):
        assert check_grads(math.sqrt, point, grad=lambda x: 0.5 / math.sqrt(x), hvp=curvature)
        for f in (math.sqrt, lambda x: float(np.float32(math.sqrt(x)))):
            with suppress(GradientUnverified):
                check_grads(f, point, hvp=curvature)


def test_a_kink_of_the_gradient_accepts_what_lies_between_the_sides() -> None:
    assert check_grads(lambda x: x * abs(x) / 2, 0.0, hvp=lambda x, v: 0.0)
    assert failure(lambda x: x * abs(x) / 2, 0.0, hvp=lambda x, v: 2 * v).failures


def testthird_derivatives_of_claims_are_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match=r"check_grads\(hess, \*args, jac=...\)"):
        check_grads(quartic, X, grad=gradient, order=3)
    assert check_grads(hessian, X, jac=third)


def third(x: Any) -> Any:
    found = np.zeros((3, 3, 3))
    for i in range(3):
        found[i, i, i] = 24 * x[i]
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        found[i, j, k] = 1.0
    return found


def order_two_claims() -> list[Claim]:
    """Return a right claim of one number for each subject of the catalogue."""
    claims = {claim.name.partition(" at ")[0]: claim for claim in right() if isinstance(claim.point, float)}
    return [claim for claim in claims.values() if claim.name not in LIMITS]


def test_the_changes_of_right_gradients_are_never_called_wrong_and_mostly_verified() -> None:
    claims = order_two_claims()
    verified = 0
    for claim in claims:
        with suppress(GradientUnverified):
            verified += bool(check_grads(claim.f, claim.point, grad=claim.grad, order=2))
    assert verified >= 0.8 * len(claims)


@pytest.mark.parametrize(
    "f", [abs, lambda t: max(t, 0.0) + t, lambda t: t * abs(t) + t, lambda t: t + 1e-7 * math.sin(1e7 * t)]
)
def test_slopes_with_kinks_or_ripples_do_not_converge(f: Any) -> None:
    assert smooth_slope(f, 1.0) is None


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_slopes_of_smooth_functions_have_nearly_all_digits(scale: float) -> None:
    for f, slope in (
        (math.exp, 1.0),
        (lambda t: math.sin(3 * t + 1), 3 * math.cos(1.0)),
        (lambda t: 1 / (2 - t), 0.25),
    ):
        found = smooth_slope(lambda t, f=f: f(t / scale), scale)  # type: ignore[misc]
        assert found == pytest.approx(slope / scale, rel=1e-11)


def norm(v: Any) -> float:
    return float(np.linalg.norm(v))


def test_no_hint_about_a_second_derivative_speaks_of_the_value_of_the_function() -> None:
    v = np.array([0.3, 1.1, 0.8])
    report = failure(norm, v, grad=lambda v: v / norm(v), hess=lambda v: np.eye(3) / norm(v), order=2)
    assert all("f is the value" not in entry.hint for entry in report.failures)


def test_second_derivatives_that_are_not_symmetric_get_no_other_cause() -> None:
    s = np.array([[0.3, -1.2, 0.5], [0.7, 2.1, -0.4], [1.6, 0.1, 0.9]])
    v = np.array([0.3, 1.1, 0.8])
    report = failure(lambda v: float(v @ s @ v), v, grad=lambda v: (s + s.T) @ v, hess=lambda v: s, order=2)
    assert {entry.hint for entry in report.failures} == {"the second derivatives that hess claims are not symmetric"}


def test_a_hint_about_a_second_derivative_calls_what_is_differentiated_the_slope() -> None:
    v = np.array([0.3, 1.1, 0.8])
    report = failure(np.prod, v, grad=lambda v: np.prod(v) / v, hess=lambda v: np.eye(3), order=2)
    assert report.failures[0].hint.startswith("the slope does not depend on")
