"""DoubleDouble numbers against exact fractions, and their exponential and logarithm against mpmath."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_core.numerics import double_double
from autograd_core.numerics.double_double import DoubleDouble
from domains import brought_into

DIGITS = 60


def from_parts(sign: int, mantissa: float, size: int) -> float:
    return sign * math.ldexp(mantissa, size)


NOT_ZERO = st.builds(from_parts, st.sampled_from([-1, 1]), st.floats(0.5, 1.0), st.integers(-400, 400))
FLOATS = NOT_ZERO | st.just(0.0)
POSITIVE = st.builds(math.ldexp, st.floats(0.5, 1.0), st.integers(-400, 400))


def with_rest(x: float, rest: float) -> DoubleDouble:
    return double_double.two_sum(x, x * rest)


REST = st.integers(-(2**27), 2**27).map(lambda k: k * 2.0**-80)

TWOFOLDS = st.builds(with_rest, FLOATS, REST)


def exact(a: DoubleDouble) -> Fraction:
    return Fraction(a[0]) + Fraction(a[1])


def relative_error(result: DoubleDouble, truth: Any) -> float:
    with mpmath.workdps(DIGITS):
        return float(abs((mpmath.mpf(result[0]) + mpmath.mpf(result[1])) / truth - 1))


# ---- Arithmetic ------------------------------------------------------------------------------------------------------


@given(FLOATS, FLOATS)
def test_a_sum_is_exact(a: float, b: float) -> None:
    assert exact(double_double.two_sum(a, b)) == Fraction(a) + Fraction(b)
    assert double_double.two_sum(a, b)[0] == a + b


@given(FLOATS, FLOATS)
def test_a_sum_is_exact_also_without_looking_which_is_larger(a: float, b: float) -> None:
    large, small = (a, b) if abs(a) >= abs(b) else (b, a)
    assert exact(double_double.fast_two_sum(large, small)) == Fraction(a) + Fraction(b)


@given(FLOATS, FLOATS)
def test_a_product_is_exact(a: float, b: float) -> None:
    assert exact(double_double.two_product(a, b)) == Fraction(a) * Fraction(b)
    assert double_double.two_product(a, b)[0] == a * b


@given(TWOFOLDS, TWOFOLDS)
def test_sums_have_32_digits_of_the_result(a: DoubleDouble, b: DoubleDouble) -> None:
    truth = exact(a) + exact(b)
    assert abs(exact(double_double.add(a, b)) - truth) <= Fraction(2) ** -103 * abs(truth)


@given(TWOFOLDS, TWOFOLDS)
def test_products_have_32_digits(a: DoubleDouble, b: DoubleDouble) -> None:
    truth = exact(a) * exact(b)
    assert abs(exact(double_double.multiply(a, b)) - truth) <= Fraction(2) ** -101 * abs(truth)


@given(TWOFOLDS, st.builds(with_rest, NOT_ZERO, REST))
def test_quotients_have_32_digits(a: DoubleDouble, b: DoubleDouble) -> None:
    truth = exact(a) / exact(b)
    assert abs(exact(double_double.divide(a, b)) - truth) <= Fraction(2) ** -100 * abs(truth)


@given(POSITIVE, REST)
def test_square_roots_have_32_digits(x: float, rest: float) -> None:
    a = with_rest(x, rest)
    with mpmath.workdps(DIGITS):
        assert (
            relative_error(double_double.square_root(a), mpmath.sqrt(mpmath.mpf(a[0]) + mpmath.mpf(a[1]))) < 2.0**-100
        )


@given(TWOFOLDS, TWOFOLDS)
def test_the_first_part_is_the_number_rounded(a: DoubleDouble, b: DoubleDouble) -> None:
    for result in (a, double_double.add(a, b), double_double.multiply(a, b), double_double.divide(a, b) if b[0] else a):
        assert result[0] + result[1] == result[0]


# ---- Constants -------------------------------------------------------------------------------------------------------


@given(st.integers(1, 10**60), st.integers(1, 10**60))
def test_quotients_of_integers(n: int, d: int) -> None:
    truth = Fraction(n, d)
    high, low = double_double.from_ratio(n, d)
    assert high == n / d
    assert abs(Fraction(high) + Fraction(low) - truth) <= Fraction(2) ** -105 * truth


@pytest.mark.parametrize("n", [3, 5, 9, 239])
def test_inverse_series(n: int) -> None:
    with mpmath.workdps(DIGITS):
        unit = mpmath.mpf(2) ** -160
        assert abs(double_double.inverse_series(n, 1) * unit - mpmath.atanh(mpmath.mpf(1) / n)) < 200 * unit
        assert abs(double_double.inverse_series(n, -1) * unit - mpmath.atan(mpmath.mpf(1) / n)) < 200 * unit


def test_logarithms_of_2_and_10() -> None:
    with mpmath.workdps(DIGITS):
        assert relative_error((double_double.LOG_2_HIGH, double_double.LOG_2_LOW), mpmath.log(2)) < 2.0**-106
        assert relative_error((double_double.LOG_10_HIGH, double_double.LOG_10_LOW), mpmath.log(10)) < 2.0**-106


@pytest.mark.parametrize("x", [1.0, 1.5, 1.0 + 2.0**-52, -0.75])
@pytest.mark.parametrize("k", [-2148, -1100, -1076, -1075, -1074, -1030, -3, 0, 5, 1023, 1024, 2046])
def test_scaling_rounds_once(x: float, k: int) -> None:
    try:
        expected = float(Fraction(x) * Fraction(2) ** k)
    except OverflowError:
        expected = math.copysign(math.inf, x)
    assert double_double.scale(x, k) == expected


@given(st.floats(0.5, 1.0), REST, st.integers(-1080, -960), st.sampled_from([-1, 1]))
def test_scaling_a_double_double_rounds_once(x: float, rest: float, k: int, sign: int) -> None:
    a = with_rest(sign * x, rest)
    truth = exact(a) * Fraction(2) ** k
    result = double_double.scale_of(a, k)
    assert abs(Fraction(result) - truth) <= Fraction(math.ulp(result)) * (Fraction(1, 2) + Fraction(2) ** -50)
    assert math.copysign(1.0, double_double.scale_of(a, k - 1000)) == sign


# ---- Exponential and logarithm ---------------------------------------------------------------------------------------

SIZES = st.builds(lambda m, e: m * 10.0**e, st.floats(1.0, 10.0), st.integers(-30, 2))
SIGNED = SIZES | SIZES.map(lambda x: -x)
STEPS = st.builds(lambda k, d: k * math.log(2) / 128 + d, st.integers(-60000, 60000), st.floats(-1e-9, 1e-9))
"""Multiples of half a step of the table, which is where the remainder is largest or smallest."""


@pytest.mark.parametrize(
    ("function", "meaning", "low", "high", "bound"),
    [
        (double_double.exp_of, mpmath.exp, -650.0, 709.0, 2.0**-75.5),
        (double_double.expm1_of, mpmath.expm1, -650.0, 709.0, 2.0**-68.3),
        (double_double.log_of, mpmath.log, 1e-300, 1e300, 2.0**-68.3),
        (double_double.log1p_of, mpmath.log1p, -0.999, 1e300, 2.0**-68.3),
    ],
    ids=["exp", "expm1", "log", "log1p"],
)
@given(x=SIGNED | STEPS | SIGNED.map(lambda x: 1.0 + x), rest=REST)
@example(x=math.log(2) / 128, rest=0.0)  # the largest remainders
@example(x=-math.log(2) / 128, rest=0.0)
def test_functions_are_right_beyond_the_digits_of_a_float(
    function: Callable[[DoubleDouble], DoubleDouble],
    meaning: Callable[[Any], Any],
    low: float,
    high: float,
    bound: float,
    x: float,
    rest: float,
) -> None:
    a = with_rest(brought_into(x, low, high), rest)
    with mpmath.workdps(DIGITS):
        truth = meaning(mpmath.mpf(a[0]) + mpmath.mpf(a[1]))
    assert truth != 0 or function(a) == (0.0, 0.0)
    assert truth == 0 or relative_error(function(a), truth) < bound


@given(x=SIGNED)
def test_a_float_is_a_double_double_without_a_rest(x: float) -> None:
    x = brought_into(x, -650.0, 709.0)
    assert double_double.exp(x) == double_double.exp_of((x, 0.0))
    assert double_double.expm1(x) == double_double.expm1_of((x, 0.0))
    assert double_double.log(abs(x)) == double_double.log_of((abs(x), 0.0))
    assert x <= -1 or double_double.log1p(x) == double_double.log1p_of((x, 0.0))


@given(st.floats(-2000.0, 2000.0), REST)
def test_scaled_exponential_beyond_the_range_of_floats(x: float, rest: float) -> None:
    a = with_rest(x, rest)
    y, k = double_double.exp_scaled(a)
    assert 0.99 < y[0] < 2.01
    with mpmath.workdps(DIGITS):
        truth = mpmath.exp(mpmath.mpf(a[0]) + mpmath.mpf(a[1]))
        assert relative_error(y, mpmath.ldexp(truth, -k)) < 2.0**-75.5


@pytest.mark.parametrize("x", [5e-324, 1e-310, 2.0**-1022, 1e-300, 1.7976931348623157e308, 1.0 - 2.0**-53])
def test_logarithm_of_any_float(x: float) -> None:
    with mpmath.workdps(DIGITS):
        assert relative_error(double_double.log(x), mpmath.log(mpmath.mpf(x))) < 2.0**-74


@pytest.mark.parametrize("x", [5e-324, -1e-310, 1e-300, -1e-160])
def test_tiny_numbers_stay(x: float) -> None:
    assert double_double.expm1(x)[0] == x
    assert double_double.log1p(x)[0] == x
