"""Derivatives at work: Newton's method, and SciPy's minimisers and least squares on problems with known answers.

All of them are solved by the eager functions and by compiled ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares, minimize

import autograd_core as ag
from autograd_core import grad, hessian, hvp, jacobian, value_and_grad
from autograd_core.compiler.function import compile as compiled
from exact import bits

DIMENSIONS = 10

WAYS: dict[str, Callable[[Any], Any]] = {"eager": lambda f: f, "compiled": compiled}


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> Any:
    """What makes of a function the one that is called."""
    return WAYS[request.param]


def rosenbrock(x: Any) -> Any:
    """Zero at (1, ..., 1), at the end of a long curved valley."""
    return ag.sum([100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)])


def closed_gradient(point: list[float]) -> list[Fraction]:
    """The gradient by its formula, without rounding."""
    x = [Fraction(a) for a in point]
    gradient = [Fraction(0)] * len(x)
    for i in range(len(x) - 1):
        gradient[i] += -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        gradient[i + 1] += 200 * (x[i + 1] - x[i] ** 2)
    return gradient


def closed_hessian(point: list[float]) -> list[list[Fraction]]:
    """The second derivatives by their formula, without rounding."""
    x = [Fraction(a) for a in point]
    H = [[Fraction(0)] * len(x) for _ in x]
    for i in range(len(x) - 1):
        H[i][i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        H[i + 1][i + 1] += 200
        H[i][i + 1] = H[i + 1][i] = -400 * x[i]
    return H


POINTS = st.lists(st.floats(-2, 2), min_size=DIMENSIONS, max_size=DIMENSIONS)


@given(POINTS)
def test_rosenbrock_against_closed_form(point: list[float]) -> None:
    # The terms of a derivative are up to 6400 here, and may cancel.
    size = 1e3
    for ours, exact in zip(grad(rosenbrock)(point), closed_gradient(point), strict=True):
        assert ours == pytest.approx(float(exact), rel=1e-13, abs=1e-13 * size)
    H = hessian(rosenbrock)(point)
    for row, exact_row in zip(H, closed_hessian(point), strict=True):
        for ours, entry in zip(row, exact_row, strict=True):
            assert ours == pytest.approx(float(entry), rel=1e-13, abs=1e-13 * size)
    assert all(bits(H[i][j]) == bits(H[j][i]) for i in range(DIMENSIONS) for j in range(i))


@given(POINTS, POINTS)
def test_the_hessian_times_a_vector(point: list[float], direction: list[float]) -> None:
    (product,) = hvp(rosenbrock, (point,), (direction,))
    for ours, row in zip(product, closed_hessian(point), strict=True):
        exact = sum(entry * Fraction(v) for entry, v in zip(row, direction, strict=True))
        assert ours == pytest.approx(float(exact), rel=1e-13, abs=1e-9)


def test_newton_converges_quadratically(way: Any) -> None:
    x = np.array([1.0 + 0.02 * (-1) ** i for i in range(DIMENSIONS)])
    slope, curvature = way(grad(rosenbrock)), way(hessian(rosenbrock))
    errors = [float(abs(x - 1).max())]
    while errors[-1] > 1e-12 and len(errors) < 12:
        x = x - np.linalg.solve(curvature(x), slope(x))
        errors.append(float(abs(x - 1).max()))
    assert errors[-1] <= 1e-12
    assert len(errors) <= 8
    # From the first step on, which lands in the valley, each error is at most a constant times the square of the last.
    assert all(after <= 20 * before**2 + 1e-14 for before, after in pairwise(errors[1:]))


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG"])
def test_minimize_takes_value_and_gradient(method: str, way: Any) -> None:
    start = np.tile([-1.2, 1.0], DIMENSIONS // 2)
    found = minimize(
        way(value_and_grad(rosenbrock)), start, jac=True, method=method, tol=1e-9, options={"maxiter": 2000}
    )
    # Far out there is a second valley with another minimum.
    assert np.allclose(grad(rosenbrock)(found.x), 0.0, atol=1e-4)
    assert found.fun < 4.0


@pytest.mark.parametrize("method", ["trust-exact", "Newton-CG", "trust-krylov"])
def test_minimize_takes_hessians_and_their_products(method: str, way: Any) -> None:
    start = np.full(DIMENSIONS, 0.5)
    value, slope = way(rosenbrock), way(grad(rosenbrock))
    by_matrix = minimize(value, start, jac=slope, hess=way(hessian(rosenbrock)), method=method)
    assert np.allclose(by_matrix.x, 1.0, atol=1e-4)
    if method != "trust-exact":
        product = way(lambda x, v: hvp(rosenbrock, (x,), (v,))[0])
        by_products = minimize(value, start, jac=slope, hessp=product, method=method)
        assert np.allclose(by_products.x, 1.0, atol=1e-4)


@dataclass(frozen=True)
class Regression:
    """A problem of the Statistical Reference Datasets of NIST with its certified answer.

    Source: https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml (public domain).
    """

    model: Any
    x: list[float]
    y: list[float]
    starts: list[list[float]]
    certified: list[float]
    sum_of_squares: float

    def residuals(self, b: Any) -> Any:
        return self.model(b, np.array(self.x)) - np.array(self.y)


MISRA1A = Regression(
    lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
    [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78],
    [[500.0, 0.0001], [250.0, 0.0005]],
    [2.3894212918e02, 5.5015643181e-04],
    1.2455138894e-01,
)
RAT43 = Regression(
    lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    [float(i) for i in range(1, 16)],
    [16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56, 689.96, 637.56, 717.41],
    [[100.0, 10.0, 1.0, 1.0], [700.0, 5.0, 0.75, 1.3]],
    [6.9964151270e02, 5.2771253025e00, 7.5962938329e-01, 1.2792483859e00],
    8.7864049080e03,
)


@pytest.mark.parametrize("start", [0, 1], ids=["far", "near"])
@pytest.mark.parametrize("problem", [MISRA1A, RAT43], ids=["Misra1a", "Rat43"])
def test_certified_regressions(problem: Regression, start: int, way: Any) -> None:
    options: dict[str, Any] = {"x_scale": "jac", "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 1000}
    residuals, slopes = way(problem.residuals), way(jacobian(problem.residuals))
    fit = least_squares(residuals, problem.starts[start], jac=slopes, **options)
    # The sum of squares stands still when half of the digits are right; one step of Gauss and Newton gives the others.
    step = np.linalg.lstsq(slopes(fit.x), residuals(fit.x), rcond=None)[0]
    assert fit.x == pytest.approx(problem.certified, rel=1e-7)
    assert fit.x - step == pytest.approx(problem.certified, rel=1e-9)
    assert 2 * fit.cost == pytest.approx(problem.sum_of_squares, rel=1e-8)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_jacobian_against_its_formula(mode: Any, way: Any) -> None:
    b = np.array(MISRA1A.certified)
    x = np.array(MISRA1A.x)
    J = way(jacobian(MISRA1A.residuals, mode=mode))(b)
    assert J.dtype == np.float64
    assert J.shape == (len(x), 2)
    assert np.allclose(J, np.stack([1 - np.exp(-b[1] * x), b[0] * x * np.exp(-b[1] * x)], axis=1), rtol=1e-13, atol=0)
