"""Sums and products without rounding or overflow on the way, against fractions."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, Value
from autograd_core.numerics.exact import fsum, partial_products, prod, sumprod
from exact import bits

INF, NAN = math.inf, math.nan

finite = st.floats(allow_nan=False, allow_infinity=False)
powers = st.integers(-1070, 1023).map(lambda e: math.ldexp(1.0, e))
numbers = st.one_of(finite, powers, st.floats(-10, 10), st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, 1e-160]))
lists = st.lists(numbers, min_size=1, max_size=6)


def nearest(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:
        return INF if exact > 0 else -INF


def product_of(xs: Sequence[float]) -> Fraction:
    return reduce(operator.mul, map(Fraction, xs), Fraction(1))


def is_near(x: float, exact: Fraction, roundings: int) -> bool:
    """Whether `x` is the exact result after so many roundings, the last of them to a float."""
    error = abs(exact) * roundings * Fraction(2) ** -53 + Fraction(2) ** -1075
    return nearest(exact - error) <= x <= nearest(exact + error)


@given(lists)
def test_a_sum_is_rounded_once(xs: list[float]) -> None:
    assert fsum(xs) == nearest(sum(map(Fraction, xs), Fraction(0)))


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6))
def test_a_sum_of_products_is_rounded_once(pairs: list[tuple[float, float]]) -> None:
    xs = [*[a for a, _ in pairs], *[b for _, b in pairs]]
    assert sumprod(xs) == nearest(sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction(0)))


@given(lists)
def test_a_product_knows_no_range(xs: list[float]) -> None:
    assert is_near(prod(xs), product_of(xs), len(xs))


@given(lists)
def test_partial_products_know_no_range(xs: list[float]) -> None:
    for i, product in enumerate(partial_products(xs, prod)):
        assert is_near(product, product_of(xs[:i] + xs[i + 1 :]), len(xs) + 1)


@given(lists)
def test_partial_products_of_values_are_those_of_their_numbers(xs: list[float]) -> None:
    products = partial_products([Value(x) for x in xs], ag.prod)
    assert [bits(getattr(y, "data", y)) for y in products] == [bits(y) for y in partial_products(xs, prod)]


def in_range(xs: list[float]) -> list[float]:
    """The numbers without some of those that take the product of all but the first out of the range of floats."""
    first, *others = xs
    while not 1e-300 < (product := product_of(others)) < 1e300:
        others.remove(max(others) if product > 1 else min(others))
    return [first, *others]


@given(st.lists(st.sampled_from([1e-200, 1.1e-100, 0.7, 3.0, 1e100, 1.3e200]), min_size=2, max_size=6).map(in_range))
def test_partial_products_of_values_can_be_differentiated(xs: list[float]) -> None:
    values = [Value(x) for x in xs]
    product = partial_products(values, ag.prod)[0]
    product.backward()
    for i in range(1, len(xs)):
        assert is_near(values[i].grad, product_of(xs[1:i] + xs[i + 1 :]), 2 * len(xs))
    assert values[0].grad == 0.0


def test_second_derivatives_where_the_first_ones_underflow() -> None:
    assert ag.hessian(lambda x: ag.prod([x[0], x[1], x[1]]))([1.0, 3.4e-163]) == [[0.0, 6.8e-163], [6.8e-163, 2.0]]
    assert ag.hessian(lambda x: ag.prod([x] * 9))(1e-45) == pytest.approx(72 * 1e-45**7, rel=1e-13)


def test_the_time_of_partial_products_is_linear() -> None:
    # Two operations for each factor, and not one for each pair of them.
    class Counted:
        data = 1.5
        operations = 0

        def __mul__(self, other: Any) -> Any:
            Counted.operations += 1
            return self

    partial_products([Counted() for _ in range(100)], prod)
    assert Counted.operations <= 300


@pytest.mark.parametrize(
    ("function", "xs", "result", "reason"),
    [
        (fsum, [INF, -INF], NAN, "undefined"),
        (fsum, [INF, 1e308, 1e308], INF, "infinite"),
        (fsum, [1e308, 1e308, -INF], -INF, "the overflow of the others does not count"),
        (fsum, [1e308, 1e308, INF, -INF], NAN, "undefined, whatever the others are"),
        (fsum, [NAN, INF], NAN, "nan stays nan"),
        (fsum, [1e308, 1e308, -1e308], 1e308, "overflow on the way only"),
        (fsum, [-1e308, -1e308], -INF, "overflow"),
        (fsum, [-0.0, -0.0], -0.0, "the sign of zero is kept"),
        (fsum, [-0.0, 0.0], 0.0, "as in a sum of two"),
        (fsum, [1.0, -1.0], 0.0, "as in a difference"),
        (sumprod, [INF, 1.0, 0.0, 1.0], NAN, "inf * 0"),
        (sumprod, [1e200, INF, 1e200, -1.0], -INF, "the product of the others is finite, if no float"),
        (sumprod, [1e200, 1e200, 1e200, -1e200], 0.0, "what cancels does not overflow"),
        (sumprod, [NAN, 1.0, 1.0, 1.0], NAN, "nan stays nan"),
        (sumprod, [-0.0, 1.0], -0.0, "the sign of zero is kept"),
        (sumprod, [1e-200, -1e-200], -0.0, "also of one that is an underflow"),
        (sumprod, [1e300, 1e300], INF, "overflow"),
        (prod, [1e200, 1e200, 1e-200, 1e-200], 1.0, "overflow on the way only"),
        (prod, [2.0**-600, 2.0**-600, 2.0**600, 2.0**600], 1.0, "underflow on the way only"),
        (prod, [1e200, 1e200, 0.0], 0.0, "not inf * 0"),
        (prod, [1e-200, 1e-200, -INF], -INF, "not 0 * inf"),
        (prod, [INF, 0.0], NAN, "undefined"),
        (prod, [NAN, 0.0], NAN, "nan stays nan"),
        (prod, [-1e200, 1e200], -INF, "overflow"),
        (prod, [-0.0, 2.0], -0.0, "the sign of zero is kept"),
        (prod, [5e-324, 0.5, 2.0], 5e-324, "no digit lost below the normal numbers"),
    ],
)
def test_awkward_points(function: Any, xs: list[float], result: float, reason: str) -> None:
    assert bits(function(xs)) == bits(result), reason


def test_partial_products_at_infinities() -> None:
    assert partial_products([INF, 2.0, 3.0], prod) == [6.0, INF, INF]
    assert partial_products([0.0, 0.0, 3.0], prod) == [0.0, 0.0, 0.0]
    assert partial_products([1e200, 1e200, 1e-300], prod) == pytest.approx([1e-100, 1e-100, INF], rel=1e-15)
    assert partial_products([7.0], prod) == [1.0]


def test_an_odd_number_of_factors() -> None:
    with pytest.raises(InputError, match="3 numbers in all, which is odd"):
        TABLE["sumprod"](1.0, 2.0, 3.0)
