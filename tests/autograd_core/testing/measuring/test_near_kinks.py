"""Gradients at kinks, beside kinks, and at jumps: right ones are never called wrong, and wrong ones do not pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core.testing import GradientMismatch, GradientUnverified, Verdict, check_grads
from autograd_core.testing.checking.graph_values import follows_graph
from autograd_core.testing.measuring.jumps import steepest_jump
from ordinary_claims import newton

SMOOTH: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "sin": (math.sin, math.cos),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "exp": (math.exp, math.exp),
    "constant": (lambda x: 0.5, lambda x: 0.0),
}
BROKEN: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "abs": (abs, lambda u: math.copysign(1.0, u)),
    "relu": (lambda u: max(u, 0.0), lambda u: float(u > 0)),
    "two kinks": (lambda u: abs(u) + abs(u - 3e-7), lambda u: math.copysign(1.0, u) + math.copysign(1.0, u - 3e-7)),
    "jump": (lambda u: 2 * u + 0.1 * (u > 0), lambda u: 2.0),
}


@settings(max_examples=120)
@given(
    st.sampled_from(sorted(SMOOTH)),
    st.sampled_from(sorted(BROKEN)),
    st.sampled_from((0.0, 1.0, -1.0, 0.3, 2.7)),
    st.floats(-14, 0),
    st.sampled_from((-1.0, 1.0)),
    st.floats(-3, 1),
)
@example("square", "abs", 1.0, -6.0, -1.0, -3.0)  # complex numbers step around the kink
def test_the_right_gradient_beside_a_kink_or_jump_is_never_called_wrong(
    smooth: str, broken: str, where: float, distance: float, side: float, size: float
) -> None:
    (f, df), (k, dk), c = SMOOTH[smooth], BROKEN[broken], 10.0**size
    x = where + side * 10.0**distance

    def outcome(wrong_by: float) -> str:
        try:
            check_grads(lambda t: f(t) + c * k(t - where), x, grad=lambda t: df(t) + c * dk(t - where) + wrong_by)
        except GradientUnverified:
            return "unverified"
        except GradientMismatch:
            return "wrong"
        return "right"

    assert outcome(0.0) != "wrong"
    assert outcome(10.0 * (c + 1)) != "right"


@pytest.mark.parametrize(
    ("f", "gradient", "right"),
    [
        (max, [1.0, 0.0], True),
        (max, [0.5, 0.5], True),
        (max, [0.3, 0.7], True),
        (max, [1.0, 1.0], False),
        (max, [0.0, 0.0], False),
        (max, [2.0, -1.0], False),
        (lambda p: abs(p[0] - 0.7) + abs(p[1] - 0.7), [0.0, 0.0], True),
        (lambda p: abs(p[0] - 0.7) + abs(p[1] - 0.7), [-1.0, 1.0], True),
        (lambda p: abs(p[0] - 0.7) + abs(p[1] - 0.7), [1.5, 0.0], False),
        (lambda p: max(p[0], p[1]) - min(p[0], p[1]), [1.0, -1.0], True),
        (lambda p: max(p[0], p[1]) - min(p[0], p[1]), [1.0, 1.0], False),
    ],
)
def test_the_numbers_of_a_gradient_at_a_tie_go_together(f: Callable[[Any], Any], gradient: Any, right: bool) -> None:
    if right:
        assert check_grads(f, [0.7, 0.7], grad=lambda p: gradient)
    else:
        with pytest.raises(GradientMismatch) as caught:
            check_grads(f, [0.7, 0.7], grad=lambda p: gradient)
        if gradient[0] == gradient[1]:
            assert "direction (1, 1): the tied numbers get " in caught.value.report.summary


def test_the_engine_passes_at_ties() -> None:
    assert check_grads(ac.maximum, 1.0, 1.0)
    assert check_grads(lambda x: ac.maximum(x, x), 2.0)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ac.cbrt, 1e-12),
        (lambda x: ac.tanh(1e12 * x), 3e-13),
        (lambda x: ac.tanh(1e12 * x), 0.3),
        (lambda x: x * x if x.data > 1 else 2 * x, 1.5),
    ],
)
def test_values_that_no_difference_can_follow_are_judged_by_their_graph(f: Callable[[Any], Any], x: float) -> None:
    assert check_grads(f, x).method == "replay"


@pytest.mark.parametrize("f", [lambda x: x * x.data, lambda x: x * float(x.data), lambda x: ac.tanh(1e6 * x) * x.data])
def test_numbers_used_outside_of_the_graph_are_found(f: Callable[[Any], Any]) -> None:
    with pytest.raises(GradientMismatch, match="outside the graph"):
        check_grads(f, 0.75)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_graph_gives_the_values_of_its_function(a: float, b: float) -> None:
    from autograd_core.testing.trees.flat_function import flat_function

    function = flat_function(lambda x, y: ac.tanh(x * y + 0.5) ** 2 - ac.softplus(x) / 3, (a, b), None, True)
    function.weights = [1.0]
    variables = [ac.Value(a), ac.Value(b)]
    assert follows_graph(function, function.scalar(variables), variables)


@given(st.floats(-0.45, 0.45), st.floats(-8, 0))
def test_a_jump_is_found_with_its_size_and_distance(where: float, exponent: float) -> None:
    size = 10.0**exponent
    found = steepest_jump(lambda t: math.sin(3 * t) + size * (t > where), 0.0)
    assert found is not None
    assert found.size == pytest.approx(size, rel=0.2)
    assert found.distance == pytest.approx(abs(where), abs=0.05)


@pytest.mark.parametrize(
    "f",
    [
        math.sin,
        abs,
        lambda x: math.sin(50 * x),
        lambda x: math.exp(-x * x * 1e3),
        lambda x: math.sin(x) + 1e-8 * math.sin(1e30 * x),
    ],
)
def test_what_is_continuous_or_noise_has_no_jump(f: Callable[[float], float]) -> None:
    assert steepest_jump(f, 0.4) is None


@pytest.mark.parametrize("x", [5.0, 4.824579016671609, 0.4, 7.7])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-8])
def test_the_gradient_of_a_limit_is_not_called_wrong(x: float, tolerance: float) -> None:
    def check(wrong: float) -> Verdict:
        try:
            check_grads(lambda x: newton(x, tolerance), x, grad=lambda x: wrong * 0.5 / math.sqrt(x))
        except GradientMismatch as error:
            return error.report.failures[0].verdict
        return Verdict.OK

    assert check(1.0) in (Verdict.OK, Verdict.NOISE)
    assert check(1.01) is Verdict.MISMATCH


def test_terms_that_cancel_round_as_themselves() -> None:
    p = [0.999133532511819, -1.0000955767732989]
    assert check_grads(lambda p: p[0] * p[1] + p[0], p, grad=lambda p: [p[1] + 1, p[0]])

    def expanded(x: float) -> float:
        return sum(c * x**k for k, c in enumerate((-1, 7, -21, 35, -35, 21, -7, 1)))

    assert check_grads(expanded, 1.1, grad=lambda x: 7 * (x - 1) ** 6)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(expanded, 1.1, grad=lambda x: 7.001 * (x - 1) ** 6)
    assert not isinstance(caught.value, GradientUnverified)
    with pytest.raises(GradientUnverified):
        check_grads(expanded, 1.001, grad=lambda x: 7 * (x - 1) ** 6)


@pytest.mark.parametrize("count", [300, 1000])
def test_a_sum_with_many_kinks_is_confirmed_by_few_values(count: int) -> None:
    calls = 0

    def f(v: Any) -> float:
        nonlocal calls
        calls += 1
        return float(np.sum(np.maximum(v, 0.0)))

    v = np.random.default_rng(0).normal(size=count)
    assert check_grads(f, v, grad=lambda v: (v > 0) * 1.0).method == "directions"
    assert calls < 400


@pytest.mark.parametrize("distance", [5e-16, 1e-15, -1e-15, 1e-14])
def test_a_kink_a_few_floats_away(distance: float) -> None:
    def slope(x: Any) -> float:
        return math.copysign(1.0, x - 1.0)

    check_grads(lambda x: abs(x - 1.0), 1.0 + distance, grad=slope)
    with pytest.raises(GradientMismatch) as wrong:
        check_grads(lambda x: abs(x - 1.0), 1.0 + distance, grad=lambda x: -slope(x))
    assert not isinstance(wrong.value, GradientUnverified)


@pytest.mark.parametrize("distance", [1e-14, 1e-13])
def test_values_that_hide_a_kink_a_few_floats_away(distance: float) -> None:
    check_grads(lambda x: math.sin(x) + 1e-3 * max(x, 0.0), distance, grad=lambda x: math.cos(x) + 1e-3)
    check_grads(lambda x: 0.5 + max(x, 0.0), distance, grad=lambda x: 1.0)


@pytest.mark.parametrize("end", [0.0, math.inf])
def test_one_float_beside_a_kink_only_the_slope_of_its_side_is_right(end: float) -> None:
    x = math.nextafter(1.0, end)
    side = math.copysign(1.0, x - 1.0)
    check_grads(lambda t: abs(t - 1.0), x, grad=lambda t: side)
    for wrong in (-side, 0.0):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(lambda t: abs(t - 1.0), x, grad=lambda t, wrong=wrong: wrong)
        assert not isinstance(caught.value, GradientUnverified)
    for right in (-1.0, 0.0, 1.0):
        check_grads(lambda t: abs(t - 1.0), 1.0, grad=lambda t, right=right: right)
