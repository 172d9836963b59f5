"""The error function and the normal distribution against mpmath, at ordinary and at awkward points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.numerics import error_functions
from autograd_core.numerics.error_functions import erf, erfc, gaussian, gelu, normal_cdf, normal_pdf
from autograd_core.testing.rows.accuracy import ulps
from exact import bits

INF, NAN, TINY, HUGE = math.inf, math.nan, 5e-324, 1.7976931348623157e308
DIGITS = 60

Function = Callable[[float], float]


def exact_cdf(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


TRUTH: dict[Function, Callable[[Any], Any]] = {
    erf: mpmath.erf,
    erfc: mpmath.erfc,
    gaussian: lambda x: mpmath.exp(-x * x),
    normal_pdf: lambda x: mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi),
    normal_cdf: exact_cdf,
    gelu: lambda x: x * exact_cdf(x),
}

# Where another formula takes over, where the function underflows, and where it rounds to its limit.
BRANCHES = (0.0, 0.5, 0.7, 1.0, 4.0, 6.0, 8.3, 9.0, 26.5, 27.2, 28.0, 37.5, 38.5, 40.0)

SIZES = (1e-320, 1e-300, 1e-155, 1e-17, 1e-8, 1e-3, 0.1, 5.0, 27.0, 38.4, 1e9)

EACH = pytest.mark.parametrize("function", TRUTH, ids=lambda function: function.__name__)


def error(function: Function, x: float) -> float:
    with mpmath.workdps(DIGITS):
        return ulps(function(x), TRUTH[function](mpmath.mpf(x)))


@EACH
@given(x=st.floats(-1.5, 1.5) | st.floats(-9.0, 9.0) | st.floats(-40.0, 40.0))
def test_values_are_right_to_the_last_digit(function: Function, x: float) -> None:
    assert error(function, x) <= 1.0


@EACH
@pytest.mark.parametrize("x", SIZES)
def test_values_are_right_at_every_size(function: Function, x: float) -> None:
    assert error(function, x) <= 1.0
    assert error(function, -x) <= 1.0


@EACH
@pytest.mark.parametrize("place", BRANCHES)
def test_values_are_right_where_formulas_meet(function: Function, place: float) -> None:
    for x in (place, math.nextafter(place, INF), math.nextafter(place, -INF)):
        assert error(function, x) <= 1.0
        assert error(function, -x) <= 1.0


@EACH
def test_the_rounding_of_the_variable_of_the_polynomial_does_not_show(function: Function) -> None:
    assert max(error(function, k / 1531.0) for k in range(-3000, 3000)) <= 0.97


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (erf, 0.0, 0.0),
        (erf, -0.0, -0.0),
        (erf, TINY, TINY),
        (erf, INF, 1.0),
        (erf, -INF, -1.0),
        (erf, HUGE, 1.0),
        (erfc, 0.0, 1.0),
        (erfc, -0.0, 1.0),
        (erfc, INF, 0.0),
        (erfc, -INF, 2.0),
        (erfc, HUGE, 0.0),
        (erfc, -HUGE, 2.0),
        (gaussian, 0.0, 1.0),
        (gaussian, INF, 0.0),
        (gaussian, -INF, 0.0),
        (gaussian, HUGE, 0.0),
        (normal_pdf, -INF, 0.0),
        (normal_pdf, INF, 0.0),
        (normal_pdf, HUGE, 0.0),
        (normal_cdf, 0.0, 0.5),
        (normal_cdf, -0.0, 0.5),
        (normal_cdf, -INF, 0.0),
        (normal_cdf, INF, 1.0),
        (normal_cdf, HUGE, 1.0),
        (gelu, 0.0, 0.0),
        (gelu, -0.0, -0.0),
        (gelu, -INF, -0.0),
        (gelu, -HUGE, -0.0),
        (gelu, -39.0, -0.0),
        (gelu, INF, INF),
        (gelu, HUGE, HUGE),
        *((function, NAN, NAN) for function in TRUTH),
    ],
)
def test_limits(function: Function, x: float, value: float) -> None:
    assert bits(function(x)) == bits(value)


@given(x=st.floats(allow_nan=False))
def test_erf_and_erfc_share_1(x: float) -> None:
    assert abs(erf(x) + erfc(x) - 1.0) <= 2.0**-52
    assert bits(erf(-x)) == bits(-erf(x))


@given(x=st.floats(allow_nan=False))
def test_the_normal_distribution_is_even(x: float) -> None:
    assert normal_pdf(-x) == normal_pdf(x)
    assert abs(normal_cdf(x) + normal_cdf(-x) - 1.0) <= 2.0**-53


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("SQRT_2", lambda: mpmath.sqrt(2)),
        ("PEAK", lambda: 1 / mpmath.sqrt(2 * mpmath.pi)),
        ("DERIVATIVE_AT_0", lambda: 2 / mpmath.sqrt(mpmath.pi)),
    ],
)
def test_constants_have_32_digits(name: str, truth: Callable[[], Any]) -> None:
    with mpmath.workdps(DIGITS):
        assert getattr(error_functions, name) == float(truth())
        assert getattr(error_functions, f"{name}_REST") == float(truth() - getattr(error_functions, name))


@pytest.mark.parametrize("x", [0.25, 0.5, 0.8, 1.5, 3.0, 4.0, 5.5, 9.0, 20.0, 28.0])
def test_the_polynomial_is_the_function_it_stands_for(x: float) -> None:
    with mpmath.workdps(DIGITS):
        t = (mpmath.mpf(x) - 4) / (mpmath.mpf(x) + 4)
        constant = mpmath.mpf(error_functions.MIDDLE) + error_functions.MIDDLE_REST
        coefficients = reversed(list(error_functions.AROUND_MIDDLE))
        polynomial = constant + mpmath.fsum(c * t**k for k, c in enumerate(coefficients, start=1))
        truth = (1 + mpmath.mpf(x)) * mpmath.exp(mpmath.mpf(x) ** 2) * mpmath.erfc(x)
        assert abs(polynomial - truth) < 2e-17  # the rounding of the coefficients, no more
