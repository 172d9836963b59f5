"""Expansions around zeros of derivatives: the tables, and the functions that use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import Any, Final

import mpmath
import pytest

from autograd_core.numerics import activation_slopes, error_functions, expansions
from autograd_core.numerics.expansions import GELU_SLOPE, MISH_CURVATURE, SILU_SLOPE, Expansion, beside_zero
from autograd_core.testing.rows.accuracy import ulps
from make_expansions import DERIVATIVES, DIGITS, entries

ALL: Final = [
    pytest.param(name, expansion, id=f"{name}[{i}]")
    for name in DERIVATIVES
    for i, expansion in enumerate(getattr(expansions, name))
]
each_expansion = pytest.mark.parametrize(("name", "expansion"), ALL)
each_table = pytest.mark.parametrize("name", DERIVATIVES)

FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    **{
        name: getattr(activation_slopes, name.lower())
        for name in DERIVATIVES
        if not name.startswith(("GELU_S", "CELU"))
    },
    "GELU_SLOPE": error_functions.gelu_slope,
    "CELU_SLOPE": lambda q: activation_slopes.celu_slope(q, 1.0),
}
EVEN: Final = {"SILU_CURVATURE", "GELU_TANH_CURVATURE"}
"""Of these only the zero above 0 is in the table."""


@cache
def truth(name: str, x: float) -> Any:
    with mpmath.workdps(DIGITS):
        return mpmath.diff(DERIVATIVES[name].function, mpmath.mpf(x), DERIVATIVES[name].order)


def inside(expansion: Expansion) -> list[float]:
    """Points all over a neighbourhood, crowding towards the zero and reaching both ends."""
    centre = expansion.centre[0]
    ends = (math.nextafter(expansion.low, centre), math.nextafter(expansion.high, centre))
    shares = [0.9, 0.7, 0.5, 0.3, 0.1, 1e-2, 1e-4, 1e-8, 1e-12, 1e-15]
    return [*ends, *[centre + s * (end - centre) for end in ends for s in shares]]


def across(expansion: Expansion) -> list[float]:
    """The ends of a neighbourhood, which are outside, and points beyond them."""
    width = expansion.high - expansion.low
    return [x for k in (0.0, 0.01, 0.1, 0.5) for x in (expansion.low - k * width, expansion.high + k * width)]


@each_table
def test_the_tables_are_what_mathematics_says(name: str) -> None:
    table = getattr(expansions, name)
    assert [(e.low, e.high, e.centre, e.coefficients) for e in table] == entries(name)


@each_table
def test_no_zero_is_missing(name: str) -> None:
    grid = [i / 16 + 0.01 for i in range(0 if name in EVEN else -160, 160)]
    signs = [truth(name, x) > 0 for x in grid]
    changes = [(a, b) for (a, s), (b, t) in pairwise(zip(grid, signs, strict=True)) if s != t]
    centres = [e.centre[0] for e in getattr(expansions, name) if e.centre[0] != 0.0]  # celu's slope touches 0 there
    assert len(changes) == len(centres)
    assert all(a < c < b for (a, b), c in zip(changes, centres, strict=True))


@each_table
def test_neighbourhoods_do_not_overlap(name: str) -> None:
    table = getattr(expansions, name)
    assert all(e.low < e.centre[0] < e.high for e in table)
    assert all(a.high <= b.low for a, b in pairwise(table))


@each_expansion
def test_an_expansion_is_right_to_the_last_digits(name: str, expansion: Expansion) -> None:
    for x in inside(expansion):
        assert ulps(expansion(x), truth(name, x)) <= 2.0


@each_expansion
def test_its_function_uses_it_inside_and_is_right_across_its_ends(name: str, expansion: Expansion) -> None:
    function = FUNCTIONS[name]
    assert [function(x) for x in inside(expansion)] == [expansion(x) for x in inside(expansion)]
    for x in across(expansion):
        assert ulps(function(x), truth(name, x)) <= 0.65


@pytest.mark.parametrize(
    ("name", "x"), [("SILU_SLOPE", -700.0), ("MISH_SLOPE", -700.0), ("GELU_SLOPE", -37.0), ("MISH_CURVATURE", 350.0)]
)
def test_functions_keep_their_digits_in_the_tail(name: str, x: float) -> None:
    """The tail falls by 300 powers of ten: the step of the difference has to be far smaller than the digits wanted."""
    with mpmath.workdps(900):
        expected = mpmath.diff(DERIVATIVES[name].function, mpmath.mpf(x), DERIVATIVES[name].order)
    assert ulps(FUNCTIONS[name](x), expected) <= 0.6


@pytest.mark.parametrize("x", [SILU_SLOPE[0].low, SILU_SLOPE[0].high, 0.0, math.inf, math.nan])
def test_outside_there_is_no_expansion(x: float) -> None:
    assert beside_zero(SILU_SLOPE, x) is None


def test_of_several_expansions_the_one_around_the_number_is_found() -> None:
    found = partial(beside_zero, MISH_CURVATURE)
    assert [found(e.centre[0]) for e in MISH_CURVATURE] == list(MISH_CURVATURE)
    assert beside_zero(GELU_SLOPE, MISH_CURVATURE[0].centre[0]) is None
