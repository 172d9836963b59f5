"""Claims of the catalogue, each with its outcome: right, wrong, or unknown; and the slopes measured by ladders."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.testing import GradientMismatch, GradientUnverified, Verdict, check_grads
from autograd_core.testing.measuring.differences import central
from autograd_core.testing.measuring.ladder import Slope, slope
from autograd_core.testing.measuring.stairs import EPSILON
from gradient_claims import Claim, right, wrong
from hard_claims import of_single
from ordinary_claims import softmax

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
    assert abs(found.value - true) <= max(3 * found.error, found.doubt)
    assert found.error <= 500 * 10.0**-digits * scale


@pytest.mark.parametrize("x", [1.5625, -1.5625, 1.575, 1.5708125])
@pytest.mark.parametrize("digits", [3, 4, 5])
def test_rounded_values_beside_the_top_of_a_hill_do_not_hide_the_slope(x: float, digits: int) -> None:
    found = measured(lambda t: round(math.sin(t), digits), x)
    assert abs(found.value - math.cos(x)) <= max(3 * found.error, found.doubt)


@given(st.floats(0, 8), st.floats(-3, 3), st.sampled_from((2.0, -1.0, 1.01)))
def test_the_error_holds_for_waves_of_all_lengths(exponent: float, x: float, wrong: float) -> None:
    w = 10.0**exponent
    true = w * math.cos(w * x)
    found = central(lambda p: math.sin(w * p[0]), [x], 0, None, wrong * true)
    # Far below the tolerance of a check the rounding of the product counts, which no difference of values shows.
    assert found.verdict is Verdict.NOISE or abs(found.derivative - true) <= 8 * found.uncertainty + 1e-8 * w


def test_a_function_that_stands_still_has_slope_zero_where_it_is_no_staircase() -> None:
    between_kinks = measured(lambda x: max(abs(x) - 1e-4, 0.0) + 5.0, 3e-5)
    assert (between_kinks.value, between_kinks.is_known, between_kinks.is_rounded) == (0.0, True, False)
    assert measured(math.floor, 2.5).value == 0.0
    assert not measured(math.floor, 2.5).is_rounded
    assert measured(lambda x: round(x, 6), 2.5).is_rounded


def test_wide_stairs_leave_two_slopes_possible() -> None:
    def check(claim: float) -> None:
        check_grads(lambda x: math.floor(12 * x) / 12, 1.03, grad=lambda x: claim)

    check(0.0)
    with pytest.raises(GradientUnverified):
        check(1.0)
    with pytest.raises(GradientMismatch) as caught:
        check(5.0)
    assert not isinstance(caught.value, GradientUnverified)


def test_a_term_that_32_bits_swallow_is_unknown_and_not_constant() -> None:
    def f(v: Any) -> float:
        return float(np.float32(np.exp(np.float32(14.0))) + np.exp(np.float32(v)))

    with pytest.raises(GradientUnverified):
        check_grads(f, -6.0, grad=math.exp)
    single = np.array([14.0, -6.0], dtype="float32")
    assert check_grads(lambda v: np.sum(np.exp(v)), single, grad=np.exp)
    assert check_grads(lambda x: max(x, 0.0) + 3.0, -2.0, grad=lambda x: 0.0)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: max(x, 0.0) + 3.0, -2.0, grad=lambda x: 1.0)
    assert not isinstance(caught.value, GradientUnverified)


def test_a_slope_without_values_on_both_sides_is_unknown() -> None:
    assert slope(lambda x: math.sqrt(x) if x >= 0 else math.nan, 0.0, 0.5, 1e-16, 0.0) is None


@pytest.mark.parametrize(("count", "seed"), [(3, 0), (3, 1), (10, 0), (10, 1), (30, 0)])
def test_gradients_in_single_precision_pass(count: int, seed: int) -> None:
    v = np.random.default_rng(seed).normal(size=count)
    for f, grad in (
        (lambda x: np.mean(x**2), lambda x: 2 * x / count),
        (lambda x: np.log(np.sum(np.exp(x))), softmax),
        (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2),
    ):
        assert check_grads(of_single(f), v, grad=of_single_gradient(grad))


def of_single_gradient(grad: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda v: grad(v.astype(np.float32))


def test_complex_numbers_of_32_bits_are_no_exact_derivatives() -> None:
    def f(v: Any) -> Any:
        return np.sum(np.exp(v.astype(np.complex64 if np.iscomplexobj(v) else np.float32)))

    report = check_grads(f, np.array([0.3, -1.2]), grad=of_single_gradient(np.exp))
    assert report.method == "central"


def test_many_numbers_in_single_precision_and_one_wrong_among_them() -> None:
    v = np.random.default_rng(1).normal(size=220)
    f = of_single(lambda x: np.sum(np.sin(x)))
    assert check_grads(f, v, grad=np.cos).method == "directions"
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, v, grad=lambda v: np.cos(v) * np.where(np.arange(220) == 77, 2.0, 1.0))
    assert [entry.place for entry in caught.value.report.failures] == ["v[77]"]
