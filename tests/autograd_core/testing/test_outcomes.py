"""The three outcomes of a check: wrong, right, and that it cannot be told; kinks, jumps, edges, noise and nan."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.testing import GradientMismatch, GradientUnverified, GradReport, Verdict, check_grads
from failures import failure


def unverified(f: Callable[..., Any], *args: Any, **options: Any) -> GradReport:
    """Return the report of a check that must find nothing wrong, and cannot verify something."""
    with pytest.raises(GradientUnverified, match="cannot be verified") as caught:
        check_grads(f, *args, **options)
    return caught.value.report


# ---- Kinks and edges ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [(ag.relu, 0.0, 0.0, 1.0), (ag.abs, 0.0, -1.0, 1.0), (lambda x: ag.maximum(x, 3 * x), 0.0, 1.0, 3.0)],
)
def test_a_kink_is_accepted_refused_or_skipped(f: Any, x: float, left: float, right: float) -> None:
    for kinks, word in (("accept", "accepted"), ("skip", "skipped")):
        report = check_grads(f, x, kinks=kinks)
        assert all(entry.verdict is Verdict.KINK for entry in report.entries)
        assert all((entry.accepted, entry.skipped) == (kinks == "accept", kinks == "skip") for entry in report.entries)
        assert [(round(e.left, 5), round(e.right, 5)) for e in report.entries] == [(left, right)] * 2
        assert f"verdict   kink, {word}" in str(report)
    report = unverified(f, x, kinks="refuse")
    assert {entry.verdict for entry in report.failures} == {Verdict.KINK}
    assert "left" in str(report)


def test_a_wrong_gradient_at_a_kink_is_wrong_unless_it_is_skipped() -> None:
    def check(kinks: str) -> GradReport:
        return check_grads(lambda x: max(x, 0.0), 0.0, grad=lambda x: 1.5, kinks=kinks)

    for kinks in ("accept", "refuse"):
        with pytest.raises(GradientMismatch, match="not between the derivatives from the left and from the right") as e:
            check(kinks)
        assert not isinstance(e.value, GradientUnverified)
    report = check("skip")
    assert report.worst is None
    assert "the gradient of f is not compared: 0 comparisons by central, 1 skipped at a kink or jump" in str(report)


def test_what_is_skipped_counts_neither_as_right_nor_as_wrong() -> None:
    def f(x: float, y: float) -> float:
        return abs(x) + y**2

    report = check_grads(f, 0.0, 3.0, grad=lambda x, y: (9.0, 2 * y), kinks="skip")
    assert [(entry.place, entry.skipped) for entry in report.entries] == [("x", True), ("y", False)]
    assert "the gradient of f agrees: 1 comparison by central, 1 skipped at a kink or jump" in str(report)
    report = failure(f, 0.0, 3.0, grad=lambda x, y: (9.0, y), kinks="skip")
    assert [entry.place for entry in report.failures] == ["y"]


@pytest.mark.parametrize(("slope", "passes"), [(0.0, True), (0.5, True), (1.0, True), (-0.1, False), (1.1, False)])
def test_a_subgradient_lies_between_the_sides(slope: float, passes: bool) -> None:
    arguments: tuple[Any, ...] = (lambda x: max(x, 0.0), 0.0)
    if passes:
        assert check_grads(*arguments, grad=lambda x: slope).entries[0].verdict is Verdict.KINK
    else:
        assert failure(*arguments, grad=lambda x: slope).failures[0].verdict is Verdict.MISMATCH


def test_a_jump_is_called_a_jump() -> None:
    assert check_grads(ag.floor, 2.0).entries[0].verdict is Verdict.JUMP
    report = unverified(lambda x: math.floor(x) + 0.1, 2.0, grad=lambda x: 0.5)
    assert report.failures[0].verdict is Verdict.JUMP


def test_outside_of_the_domain() -> None:
    assert {entry.verdict for entry in unverified(ag.log, -1.0).failures} == {Verdict.OUTSIDE}
    for method in ("auto", "central"):
        report = unverified(lambda x: x * 2.0, 3.0, grad=lambda x: 2.0, domain=(0.0, 1.0), method=method)
        assert report.failures[0].verdict is Verdict.OUTSIDE
        assert report.failures[0].hint == "cannot tell: 3.0 is outside of domain=(0.0, 1.0); choose a point inside"


def test_what_the_values_cannot_decide_is_called_unverified() -> None:
    chance = random.Random(1)
    with pytest.raises(GradientUnverified, match="cannot be verified") as caught:
        check_grads(lambda x: x + 0.1 * chance.random(), 2.0, grad=lambda x: 1.01)
    assert caught.value.report.failures[0].verdict is Verdict.NOISE
    assert "cannot tell: the values of the function give the derivative to ±" in caught.value.report.failures[0].hint
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), GradientUnverified)  # noqa: S301 - made here
    assert check_grads(lambda x: x + 0.1 * chance.random(), 2.0, grad=lambda x: 1.01, atol=10.0)


def test_noise_does_not_hide_a_wrong_derivative() -> None:
    assert check_grads(lambda x: 1e8 + math.sin(x), 2.0, grad=math.cos)
    report = failure(lambda x: 1e8 + math.sin(x), 2.0, grad=lambda x: math.cos(x) + 0.01)
    assert report.failures[0].verdict is Verdict.MISMATCH


def test_what_is_not_finite() -> None:
    assert check_grads(ag.exp, 710.0)
    assert unverified(lambda x: x * x, math.nan).failures[0].verdict is Verdict.NAN
    report = unverified(lambda x: x * x, math.nan, grad=lambda x: 2 * x)
    assert report.failures[0].hint == "cannot tell: the number itself is nan here; choose a finite one"
    report = unverified(lambda x: float(np.sqrt(abs(x)) * np.nan), 1.0, grad=lambda x: 1.0)
    assert report.failures[0].verdict is Verdict.NAN
    assert report.failures[0].hint == (
        "cannot tell: the function or its derivative is not a finite number here; choose another point"
    )


@pytest.mark.parametrize("claim", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("method", ["auto", "central", "directions"])
def test_a_claim_that_is_not_finite_is_wrong_where_the_derivative_is(claim: float, method: str) -> None:
    report = failure(lambda v: v @ v, np.ones(3), grad=lambda v: 2 * v * [1, claim, 1], method=method)
    assert [(entry.place, entry.verdict) for entry in report.failures] == [("v[1]", Verdict.MISMATCH)]
    assert "it is not finite" in report.failures[0].hint


def test_a_gradient_that_is_nan_nearby_is_no_wrong_second_derivative() -> None:
    count = 60  # along directions
    report = unverified(
        lambda v: v @ v, np.ones(count), grad=lambda v: 2 * v if (v == 1).all() else v * math.nan, order=2
    )
    assert {(entry.order, entry.verdict) for entry in report.failures} == {(2, Verdict.NOISE)}


def test_what_is_wrong_counts_more_than_what_is_unknown() -> None:
    report = failure(lambda x, y: math.sqrt(x) ** 3 + y**2, 0.0, 2.0, grad=lambda x, y: (1.0, 2.5 * y), kinks="refuse")
    assert report.worst is not None
    assert report.worst.place == "y"
    assert "disagrees in 1 of 2 comparisons by central, and cannot be verified in 1" in str(report)
    assert report.summary == "df/dy: analytic = 5/4 × numeric: a factor is missing or wrong"


def test_kinks_that_cancel_are_named() -> None:
    """Each op is right, and the gradient is no derivative of the function all the same."""
    for f in (lambda x: ag.relu(x) - ag.relu(-x), lambda x: ag.minimum(ag.relu(x), x)):
        report = unverified(f, 0.0)
        assert "at their kinks" in report.failures[0].hint


def test_the_edge_of_a_domain() -> None:
    assert check_grads(lambda x: math.sqrt(x) ** 3, 0.0, grad=lambda x: 0.0)
    report = unverified(lambda x: math.sqrt(x) ** 3, 0.0, grad=lambda x: 0.5)
    assert report.failures[0].verdict is Verdict.OUTSIDE
    assert check_grads(ag.sqrt, 0.0)


def test_a_vertical_tangent_gives_no_number_to_be_wrong_about() -> None:
    with pytest.raises(GradientUnverified):
        check_grads(lambda x: math.sqrt(max(x, 0.0)), 0.0, grad=lambda x: -1.0)


def expanded(x: float) -> float:
    return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x * x + 7 * x - 1


@pytest.mark.parametrize("factor", [-1, 2, 10])
def test_a_claim_below_the_error_of_measurement_is_not_verified(factor: float) -> None:
    with pytest.raises(GradientUnverified):
        check_grads(expanded, 1.01, grad=lambda x: factor * 7 * (x - 1) ** 6)
    check_grads(expanded, 1.01, grad=lambda x: factor * 7 * (x - 1) ** 6, atol=1e-9)
    with pytest.raises(GradientMismatch) as wrong:
        check_grads(expanded, 1.01, grad=lambda x: 1000 * factor * 7 * (x - 1) ** 6)
    assert not isinstance(wrong.value, GradientUnverified)
