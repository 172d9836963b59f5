"""Expansions around zeros of derivatives: the tables, and what rows make of them."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath
import pytest

from autograd_core import TABLE, Value, grad
from autograd_core.numerics import expansions
from autograd_core.numerics.expansions import GAUSSIAN_SLOPE, SILU_SLOPE, Expansion, expanded
from autograd_core.numerics.ieee import Ieee
from autograd_core.testing.rows.accuracy import ulps
from exact import bits
from make_expansions import DIGITS, SLOPES, entries

ALL = [
    pytest.param(name, expansion, id=f"{name}[{i}]")
    for name in SLOPES
    for i, expansion in enumerate(getattr(expansions, name))
]
each_expansion = pytest.mark.parametrize(("name", "expansion"), ALL)
each_table = pytest.mark.parametrize("name", SLOPES)
ROWS = {name: TABLE[name.removesuffix("_SLOPE").lower()] for name in SLOPES if name != "CELU_SLOPE"}
each_row = pytest.mark.parametrize("name", ROWS)

ENDS = (0.0, 1.0)
TENDS_TO = {"GAUSSIAN_SLOPE": (0.0, 0.0), "NORMAL_PDF_SLOPE": (0.0, 0.0)}
"""What a derivative tends to at minus and plus infinity, where it is not 0 and 1."""


@cache
def truth(name: str, x: float, order: int) -> Any:
    with mpmath.workdps(DIGITS):
        return mpmath.diff(SLOPES[name].function, mpmath.mpf(x), order)


def inside(expansion: Expansion) -> list[float]:
    """Points all over a neighbourhood, crowding towards the zero and reaching both ends."""
    centre = expansion.centre[0]
    ends = (math.nextafter(expansion.low, centre), math.nextafter(expansion.high, centre))
    shares = [0.9, 0.7, 0.5, 0.3, 0.1, 1e-2, 1e-4, 1e-8, 1e-12, 1e-15]
    return [*ends, *[centre + s * (end - centre) for end in ends for s in shares]]


def around(expansion: Expansion) -> list[float]:
    """Pairs of neighbours across the ends of a neighbourhood: the last float inside, and the end, which is outside."""
    centre = expansion.centre[0]
    return [x for end in (expansion.low, expansion.high) for x in (math.nextafter(end, centre), end)]


@each_table
def test_the_tables_are_what_mathematics_says(name: str) -> None:
    table = getattr(expansions, name)
    assert [(e.low, e.high, e.centre, e.coefficients) for e in table] == entries(name)


@each_table
def test_no_zero_is_missing(name: str) -> None:
    slope = SLOPES[name]
    grid = [i / 16 + 0.01 for i in range(-160, 160)]
    for order in (1, 2):
        signs = [truth(name, x, order) > 0 for x in grid]
        changes = [(a, b) for (a, s), (b, t) in pairwise(zip(grid, signs, strict=True)) if s != t]
        # At 0 the slopes of the bell curves vanish as the factor x, where nothing cancels; that of celu touches 0.
        changes = [(a, b) for a, b in changes if not a < 0 < b]
        centres = [e.centre[0] for e, o in zip(getattr(expansions, name), slope.orders, strict=True) if o == order]
        assert all(any(a < c < b for c in centres) for a, b in changes)
        assert len(changes) == len([c for c in centres if c != 0])


@each_table
def test_neighbourhoods_do_not_overlap(name: str) -> None:
    table = getattr(expansions, name)
    assert all(e.low < e.centre[0] < e.high for e in table)
    assert all(a.high <= b.low for a, b in pairwise(table))


@each_expansion
def test_an_expansion_is_right_to_the_last_digits(name: str, expansion: Expansion) -> None:
    for x in inside(expansion):
        assert ulps(expansion(x), truth(name, x, 1)) <= 4


@each_expansion
def test_its_derivative_is_right_to_the_last_digits(name: str, expansion: Expansion) -> None:
    for x in inside(expansion):
        assert ulps(grad(expansion)(x), truth(name, x, 2)) <= 8


@each_expansion
def test_its_second_derivative_is_right(name: str, expansion: Expansion) -> None:
    for x in inside(expansion):
        assert grad(grad(expansion))(x) == pytest.approx(float(truth(name, x, 3)), rel=1e-10, abs=1e-10)


@each_expansion
def test_floats_and_values_give_the_same_bits(name: str, expansion: Expansion) -> None:
    for x in inside(expansion):
        assert bits(expansion(x)) == bits(expansion(Value(x)).data) == bits(expansion(Ieee(x)))


@each_row
def test_rows_are_right_across_the_ends(name: str) -> None:
    for expansion in getattr(expansions, name):
        for x in around(expansion):
            assert ulps(grad(ROWS[name])(x), truth(name, x, 1)) <= 4
            assert ulps(grad(grad(ROWS[name]))(x), truth(name, x, 2)) <= 8


@each_row
def test_rows_have_limits(name: str) -> None:
    low, high = TENDS_TO.get(name, ENDS)
    for x, limit in ((-math.inf, low), (-1e308, low), (1e308, high), (math.inf, high)):
        assert grad(ROWS[name])(x) == limit
        assert grad(grad(ROWS[name]))(x) == 0.0
    assert math.isnan(grad(ROWS[name])(math.nan))


@pytest.mark.parametrize(("name", "x"), [("SILU_SLOPE", -700.0), ("MISH_SLOPE", -700.0), ("GELU_SLOPE", -37.0)])
def test_rows_keep_their_digits_in_the_tail(name: str, x: float) -> None:
    assert ulps(grad(ROWS[name])(x), truth_in_tail(name, x, 1)) <= 4
    assert ulps(grad(grad(ROWS[name]))(x), truth_in_tail(name, x, 2)) <= 8


def truth_in_tail(name: str, x: float, order: int) -> Any:
    """The tail falls by 300 powers of ten: the step of the difference has to be far smaller than the digits wanted."""
    with mpmath.workdps(700):
        return mpmath.diff(SLOPES[name].function, mpmath.mpf(x), order)


def formula(x: Any, y: Any) -> Any:
    return -2.0 * x * y


@pytest.mark.parametrize("x", [GAUSSIAN_SLOPE[0].low, GAUSSIAN_SLOPE[0].high, 0.0, 5.0, math.inf])
def test_outside_the_formula_is_used(x: float) -> None:
    assert expanded(GAUSSIAN_SLOPE, x, 0.5, formula) == formula(x, 0.5)
    assert expanded(GAUSSIAN_SLOPE, Value(x), Value(0.5), formula).data == formula(x, 0.5)


def test_nan_goes_to_the_formula() -> None:
    assert expanded(SILU_SLOPE, math.nan, 0.5, lambda x, y: "the formula") == "the formula"
    assert expanded(SILU_SLOPE, Value(math.nan), 0.5, lambda x, y: "the formula") == "the formula"


@pytest.mark.parametrize("expansion", SILU_SLOPE)
def test_inside_the_formula_is_not_used(expansion: Expansion) -> None:
    x = 0.5 * (expansion.low + expansion.high)
    assert expanded(SILU_SLOPE, x, 0.5, lambda x, y: math.nan) == expansion(x)
    assert expanded(SILU_SLOPE, Value(x), 0.5, lambda x, y: math.nan).data == expansion(x)
