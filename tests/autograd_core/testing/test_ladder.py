"""Claims of the catalogue, each with its outcome: right, wrong, or unknown; and the slopes measured by ladders."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.testing import GradientMismatch, GradientUnverified, Verdict, check_grads
from autograd_core.testing.ladder import EPSILON, Slope, slope
from gradient_claims import Claim, right, wrong

LIMITS = {"loose iteration at 5.0"}  # the iteration has another slope than its limit, from steps of 1e-7 to 4e-3


@pytest.mark.parametrize("claim", [c for c in right() if c.measurable], ids=lambda claim: claim.name)
def test_a_right_gradient_passes(claim: Claim) -> None:
    if claim.name in LIMITS:
        with pytest.raises(GradientUnverified):
            check_grads(claim.f, claim.point, grad=claim.grad)
    else:
        assert check_grads(claim.f, claim.point, grad=claim.grad)


@pytest.mark.parametrize("claim", [c for c in right() if not c.measurable], ids=lambda claim: claim.name)
def test_a_gradient_that_cannot_be_measured_is_unverified(claim: Claim) -> None:
    with pytest.raises(GradientUnverified):
        check_grads(claim.f, claim.point, grad=claim.grad)


@pytest.mark.parametrize("claim", list(wrong(points=1)), ids=lambda claim: claim.name)
def test_a_wrong_gradient_is_called_wrong(claim: Claim) -> None:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(claim.f, claim.point, grad=claim.grad)
    assert not isinstance(caught.value, GradientUnverified)


def test_a_wrong_gradient_beside_one_that_is_unknown_is_called_wrong() -> None:
    chance = random.Random(1)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda p: p[0] + chance.random() + 100 * p[1], [0.5, 0.5], grad=lambda p: [1.0, -1e4])
    assert {entry.verdict for entry in caught.value.report.failures} == {Verdict.NOISE, Verdict.MISMATCH}
    assert not isinstance(caught.value, GradientUnverified)


def measured(f: Callable[[float], float], x: float) -> Slope:
    found = slope(f, x, max(1.0, abs(x)) / 2, EPSILON * abs(x), 0.0)
    assert found is not None
    return found


@settings(max_examples=20)
@given(st.floats(-3, 3).filter(lambda x: abs(x) > 0.01), st.floats(-6, 6), st.integers(3, 9))
def test_the_error_holds_at_every_scale_and_for_rounded_values(x: float, exponent: float, digits: int) -> None:
    scale = 10.0**exponent
    true = scale * math.cos(x)
    assert abs(measured(lambda t: scale * math.sin(t), x).value - true) <= 1e-9 * scale
    found = measured(lambda t: scale * round(math.sin(t), digits), x)
    assert abs(found.value - true) <= 3 * found.error
    assert found.error <= 200 * 10.0**-digits * scale


def test_a_function_that_stands_still_has_slope_zero_where_it_is_no_staircase() -> None:
    assert measured(lambda x: max(x, 0.0) + 5.0, -1e-4)[0] == 0.0
    assert measured(math.floor, 2.5).value == 0.0
    assert not measured(math.floor, 2.5).is_rounded
    assert measured(lambda x: round(x, 6), 2.5).is_rounded


def test_a_slope_without_values_on_both_sides_is_unknown() -> None:
    assert slope(lambda x: math.sqrt(x) if x >= 0 else math.nan, 0.0, 0.5, 1e-16, 0.0) is None
