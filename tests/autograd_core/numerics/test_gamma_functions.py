"""The gamma function and its relatives against mpmath, at ordinary and at awkward points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_core.numerics import gamma_functions, gamma_zeros
from autograd_core.numerics.gamma_functions import digamma, gamma, lgamma, polygamma
from autograd_core.testing.rows.accuracy import ulps
from exact import bits

INF, NAN, TINY, HUGE = math.inf, math.nan, 5e-324, 1.7976931348623157e308
DIGITS = 60

Function = Callable[[float], float]

TRUTH: dict[Function, Callable[[Any], Any]] = {
    gamma: mpmath.gamma,
    lgamma: lambda x: mpmath.re(mpmath.loggamma(x)),
    digamma: mpmath.digamma,
}

LIMIT: dict[Function, float] = {gamma: 0.6, lgamma: 1.5, digamma: 2.0}

ZEROS = {
    lgamma: (-2.4570247382208006, -2.7476826467274127, -3.143580888349980, -3.955294284858598, -11.999999997912324),
    digamma: (-0.504083008264455409, -1.573498473162390459, -20.745616863607526),
}

EACH = pytest.mark.parametrize("function", TRUTH, ids=lambda function: function.__name__)
ORDERS = pytest.mark.parametrize("n", [1.0, 2.0, 3.0, 4.0, 5.0, 10.0])


def error(function: Function, x: float) -> float:
    with mpmath.workdps(DIGITS):
        return ulps(function(x), TRUTH[function](mpmath.mpf(x)))


def exact_polygamma(n: float, x: float) -> Any:
    """By recurrence from far to the right, and below 0 by sums over the poles on both sides."""
    with mpmath.workdps(80):
        if x > 0.0:
            return mpmath.polygamma(int(n), mpmath.mpf(x))
        steps = math.ceil(-x) + 1
        poles = mpmath.fsum((mpmath.mpf(x) + k) ** -(int(n) + 1) for k in range(steps))
        return (-1) ** (int(n) + 1) * mpmath.factorial(int(n)) * poles + mpmath.polygamma(int(n), mpmath.mpf(x) + steps)


def neighbours(place: float) -> list[float]:
    """Points around a place: the next floats and, with distances that grow, others."""
    return [place, math.nextafter(place, INF), math.nextafter(place, -INF)] + [
        place + sign * 10.0**-e for e in range(1, 16) for sign in (1.0, -1.0)
    ]


def test_gamma_is_right_to_the_last_digit_on_the_whole_axis() -> None:
    for x in [k / 7.0 for k in range(-1290, 1210) if k % 7]:
        assert error(gamma, x) <= LIMIT[gamma]


@EACH
@given(x=st.floats(0.0, 3.0, exclude_min=True) | st.floats(3.0, 170.0))
def test_values_above_0_are_right_to_the_last_digits(function: Function, x: float) -> None:
    assert error(function, x) <= LIMIT[function]


@EACH
@given(x=st.floats(-3.0, 0.0, exclude_max=True) | st.floats(-175.0, -3.0))
def test_values_below_0_are_right_to_the_last_digits(function: Function, x: float) -> None:
    assume(x != math.floor(x))
    assert error(function, x) <= LIMIT[function]


@EACH
@pytest.mark.parametrize("place", [1.0, 2.0, 3.0, 1.4616321449683622, 9.0, 10.0, 1.001, 1.999, 1.4618])
def test_values_are_right_near_zeros_and_where_formulas_meet(function: Function, place: float) -> None:
    assert max(error(function, x) for x in neighbours(place) if x != place or place != 1.0) <= LIMIT[function]


@EACH
@pytest.mark.parametrize("pole", [-1.0, -2.0, -5.0, -20.0, -100.0])
def test_values_are_right_near_poles(function: Function, pole: float) -> None:
    assert max(error(function, x) for x in neighbours(pole) if x != pole) <= LIMIT[function]


@pytest.mark.parametrize(("function", "zero"), [(f, zero) for f, zeros in ZEROS.items() for zero in zeros])
def test_values_are_right_near_zeros_below_0(function: Function, zero: float) -> None:
    assert all(error(function, x) <= LIMIT[function] for x in neighbours(zero))


@EACH
@pytest.mark.parametrize("x", [1e-307, 1e-100, 1e-20, 2.0**-60, 1e-15, 1e-5])
def test_values_are_right_close_to_0(function: Function, x: float) -> None:
    assert error(function, x) <= LIMIT[function]
    assert error(function, -x) <= LIMIT[function]


@pytest.mark.parametrize("function", [lgamma, digamma])
@pytest.mark.parametrize("x", [1e3, 1e10, 1e15, 1e20, 1.1e20, 1e100, 9.9e289, 1.1e290, 2.5e305])
def test_values_are_right_far_out(function: Function, x: float) -> None:
    assert error(function, x) <= LIMIT[function]


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (gamma, 0.0, INF),
        (gamma, -0.0, -INF),
        (gamma, TINY, INF),
        (gamma, -1.0, NAN),
        (gamma, -1e300, NAN),
        (gamma, 171.7, INF),
        (gamma, HUGE, INF),
        (gamma, INF, INF),
        (gamma, -INF, NAN),
        (gamma, -184.5, -0.0),
        (gamma, -185.5, 0.0),
        (gamma, -200.5, -0.0),
        (gamma, -201.5, 0.0),
        (gamma, NAN, NAN),
        (lgamma, 0.0, INF),
        (lgamma, -0.0, INF),
        (lgamma, 1.0, 0.0),
        (lgamma, 2.0, 0.0),
        (lgamma, -3.0, INF),
        (lgamma, -1e300, INF),
        (lgamma, 2.6e305, INF),
        (lgamma, HUGE, INF),
        (lgamma, INF, INF),
        (lgamma, -INF, INF),
        (lgamma, NAN, NAN),
        (digamma, 0.0, -INF),
        (digamma, -0.0, INF),
        (digamma, TINY, -INF),
        (digamma, -1.0, NAN),
        (digamma, -1e300, NAN),
        (digamma, HUGE, math.log(HUGE)),
        (digamma, INF, INF),
        (digamma, -INF, NAN),
        (digamma, NAN, NAN),
    ],
)
def test_limits(function: Function, x: float, value: float) -> None:
    assert bits(function(x)) == bits(value)


@pytest.mark.parametrize("n", range(1, 171))
def test_gamma_of_whole_numbers_is_the_factorial(n: int) -> None:
    assert gamma(float(n)) == float(math.factorial(n - 1))


@ORDERS
@given(x=st.floats(1e-3, 3.0) | st.floats(3.0, 100.0))
def test_polygamma_is_right_above_0(n: float, x: float) -> None:
    assert ulps(polygamma(n, x), exact_polygamma(n, x)) <= 3.0


@ORDERS
@given(x=st.floats(-3.0, -1e-3) | st.floats(-30.0, -3.0))
def test_polygamma_is_right_below_0(n: float, x: float) -> None:
    assume(x != math.floor(x))
    assert ulps(polygamma(n, x), exact_polygamma(n, x)) <= 4.0


def test_the_rounding_of_the_tangent_does_not_show_in_the_powers_of_it() -> None:
    points = [k / 1531.0 - 3.0 for k in range(1, 760)]
    assert max(ulps(polygamma(9.0, x), exact_polygamma(9.0, x)) for x in points) <= 2.5


@pytest.mark.parametrize(
    ("n", "x"),
    [
        (1.0, 1e-150),
        (1.0, -1e-150),
        (1.0, 1e150),
        (1.0, 1.7e308),
        (2.0, 1e-100),
        (2.0, -1e-100),
        (2.0, 1e150),
        (5.0, 1e-51),
        (5.0, 1e60),
        (5.0, 1e64),
        (10.0, 1e-27),
        (10.0, 3e29),
        (20.0, 30.0),
        (20.0, 30.1),
        (100.0, 30.0),
        (150.0, 0.97),
        (200.0, 50.0),
        (200.0, 1000.0),
        (1000.0, 500.0),
    ],
)
def test_polygamma_does_not_overflow_on_the_way(n: float, x: float) -> None:
    truth = exact_polygamma(n, x)
    assert math.isfinite(float(truth))
    assert float(truth) != 0.0
    assert ulps(polygamma(n, x), truth) <= 4.0


@pytest.mark.parametrize(
    ("n", "x", "value"),
    [
        (0.0, 0.0, -INF),
        (0.0, -1.0, NAN),
        (1.0, 0.0, INF),
        (1.0, -0.0, INF),
        (1.0, -2.0, INF),
        (1.0, 1e-160, INF),
        (1.0, INF, 0.0),
        (1.0, -INF, NAN),
        (1.0, NAN, NAN),
        (2.0, 0.0, -INF),
        (2.0, -0.0, INF),
        (2.0, -2.0, NAN),
        (2.0, TINY, -INF),
        (2.0, -TINY, INF),
        (2.0, INF, -0.0),
        (2.0, -INF, NAN),
        (3.0, HUGE, 0.0),
        (4.0, HUGE, -0.0),
        (200.0, -0.25, INF),
        (200.0, -0.75, -INF),
        (201.0, -0.75, INF),
        (-1.0, 1.0, NAN),
        (0.5, 1.0, NAN),
        (NAN, 1.0, NAN),
        (INF, 1.0, NAN),
    ],
)
def test_limits_of_polygamma(n: float, x: float, value: float) -> None:
    assert bits(polygamma(n, x)) == bits(value)


def test_polygamma_of_order_0_is_digamma() -> None:
    assert all(polygamma(0.0, x) == digamma(x) for x in (-7.3, -0.5, 1e-9, 1.0, 1.46, 12.0))


@given(n=st.integers(-30, 149), k=st.integers(1, 2**45 - 1))
def test_recurrence_of_gamma(n: int, k: int) -> None:
    x = n + k * 2.0**-45  # not whole, and its sum with 1 is exact
    y = x + 1.0
    assert gamma(y) == pytest.approx(x * gamma(x), rel=5e-16)


@given(x=st.integers(2**43, 2**53 - 2**43).map(lambda k: k * 2.0**-53))  # of which the difference from 1 is exact
def test_reflection_of_gamma(x: float) -> None:
    y = 1.0 - x
    assert gamma(x) * gamma(y) * math.sin(math.pi * min(x, y)) == pytest.approx(math.pi, rel=1e-15)


@ORDERS
@given(x=st.floats(0.01, 30.0))
def test_recurrence_of_polygamma(n: float, x: float) -> None:
    y = x + 1.0
    assume(y - 1.0 == x)
    step = (-1.0) ** n * math.factorial(int(n)) / x ** (n + 1.0)
    assert polygamma(n, y) - polygamma(n, x) == pytest.approx(step, rel=1e-13, abs=1e-14 * abs(polygamma(n, x)))


def test_coefficients() -> None:
    with mpmath.workdps(DIGITS):
        assert list(gamma_functions.BERNOULLI) == [float(mpmath.bernoulli(2 * k)) for k in range(1, 14)]
        assert abs(mpmath.mpf(str(gamma_zeros._PI)) - mpmath.pi) < 1e-58
        assert list(gamma_functions.ZETA_BEYOND_1) == [float(mpmath.zeta(k) - 1) for k in range(6, 1, -1)]
        zero = mpmath.mpf(gamma_functions.DIGAMMA_ZERO) + gamma_functions.DIGAMMA_ZERO_REST
        assert abs(mpmath.digamma(zero)) < 1e-32
        series = [float(mpmath.polygamma(k, zero) / mpmath.factorial(k)) for k in range(5, 0, -1)]
        assert list(gamma_functions.NEAR_DIGAMMA_ZERO) == series
        assert float(mpmath.euler) == gamma_functions.EULER


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("PI", lambda: +mpmath.pi),
        ("LOG_PI", lambda: mpmath.log(mpmath.pi)),
        ("STIRLING_CONSTANT", lambda: (mpmath.log(2 * mpmath.pi) - 1) / 2),
    ],
)
def test_constants_have_32_digits(name: str, truth: Callable[[], Any]) -> None:
    with mpmath.workdps(DIGITS):
        assert getattr(gamma_functions, name) == float(truth())
        assert getattr(gamma_functions, f"{name}_REST") == float(truth() - getattr(gamma_functions, name))
