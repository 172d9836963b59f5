"""Terms that nobody sees: they cancel, or vanish beside larger ones. The right gradient is never called wrong."""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from autograd_core.testing import GradientMismatch, GradientUnverified, check_grads


def outcome(f: Callable[..., Any], x: Any, claimed: Any) -> str:
    try:
        check_grads(f, x, grad=lambda _: claimed)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: math.log(1 + math.exp(x)), -40.0, math.exp(-40)),
        (lambda x: 1 - math.tanh(x), 25.0, -4 * math.exp(-50)),
        (lambda x: -np.log(1 / (1 + np.exp(-x))), 40.0, -math.exp(-40)),
    ],
)
def test_a_saturated_function_says_nothing_about_a_tiny_slope(
    f: Callable[[float], float], x: float, slope: float
) -> None:
    assert outcome(f, x, slope) == "unverified"
    assert outcome(f, x, 1e-3) == "wrong"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [5.0, 10.0, 20.0])
def test_cross_entropy_of_classes_that_are_certain(scale: float, dtype: str) -> None:
    def loss(z: Any) -> Any:
        z = z - z.max()
        return np.log(np.exp(z).sum()) - z[0]

    for seed in range(8):
        z = np.sort(np.random.default_rng(seed).normal(size=10) * scale)[::-1].astype(dtype)
        shares = np.exp((z - z.max()).astype(float))
        slopes = shares / shares.sum()
        slopes[0] = -slopes[1:].sum()
        assert outcome(loss, z, slopes.astype(dtype)) != "wrong"
        assert outcome(loss, z, slopes.astype(dtype) + 0.1) == "wrong"


@pytest.mark.parametrize(
    ("f", "true"),
    [
        (lambda x: (np.exp(x) - 1) / x, lambda x: (mpmath.exp(x) - 1) / x),
        (lambda x: (1 - np.cos(x)) / x**2, lambda x: (1 - mpmath.cos(x)) / x**2),
        (lambda x: (np.exp(x) - 1 - x) / x**2, lambda x: (mpmath.exp(x) - 1 - x) / x**2),
        (lambda x: (x - np.sin(x)) / x**3, lambda x: (x - mpmath.sin(x)) / x**3),
        (lambda x: np.sin(math.pi * x) / (math.pi * x), lambda x: mpmath.sin(mpmath.pi * x) / (mpmath.pi * x)),
    ],
)
def test_terms_that_cancel_are_seen_in_complex_numbers_too(f: Callable[[Any], Any], true: Callable[[Any], Any]) -> None:
    for x in np.logspace(-5.0, 0.0, 12) * 0.987:
        with mpmath.workdps(50):
            slope = float(mpmath.diff(true, mpmath.mpf(float(x))))
        assert outcome(f, float(x), slope) != "wrong"
    assert outcome(f, float(x), 1.001 * slope) == "wrong"


def test_rounding_is_not_looked_for_where_there_are_no_values() -> None:
    def edged(x: Any) -> Any:
        if x.real > 0.3 + 1e-9:
            raise ValueError("outside")
        return x * x

    assert outcome(edged, 0.3, 0.6) == "right"
    assert outcome(edged, 0.3, 0.61) == "wrong"


def evens(x: Any) -> Any:
    return (1e16 + x.sum()) - 1e16


def eights(x: Any) -> Any:
    return (np.float32(1e8) + (x**2).sum()) - np.float32(1e8)


@pytest.mark.parametrize("size", [0.01, 0.3, 1.0, 10.0])
def test_values_of_a_coarse_unit_hide_every_small_slope(size: float) -> None:
    x = size * np.array([1.3, -0.7, 0.4, -2.2])
    assert outcome(evens, x, np.ones(4)) == "unverified"
    assert outcome(evens, x, np.zeros(4)) == "unverified"
    short = (size * np.array([0.3, -0.2])).astype("float32")
    assert outcome(eights, short, 2 * short) == "unverified"
    assert outcome(eights, short, 0 * short) == "unverified"


@pytest.mark.parametrize("count", [3, 10, 50])
def test_a_coarse_unit_also_hides_slopes_beside_numbers_that_move_the_value(count: int) -> None:
    for seed in range(3):
        x = 10.0 * np.random.default_rng(seed).normal(size=count)
        assert outcome(evens, x, np.ones(count)) == "unverified"
        assert outcome(evens, x, np.full(count, 100.0)) == "wrong"


@pytest.mark.parametrize(
    "f",
    [
        math.floor,
        lambda x: float(round(x)),
        lambda x: 2.0 * (x > 2.0),
        lambda x: max(x, 0.5),
        lambda x: min(max(x, 1.0), 6.0),
        lambda x: 0.0 * x + 2.0,
        np.sign,
    ],
)
def test_zero_is_the_slope_of_a_function_that_stands_still_by_itself(f: Callable[[float], float]) -> None:
    assert outcome(f, 0.3, 0.0) == "right"
    assert outcome(f, 0.3, 1.0) == "wrong"


def test_rounding_that_is_the_same_on_both_sides_is_seen() -> None:
    for x in (0.002329155631714025, 0.0028310286947685627, 0.01639291306453555, 0.09492224477907976):
        assert outcome(lambda x: ((x + 1e8) - 1e8) ** 2, x, 2 * x) != "wrong"


@pytest.mark.parametrize("x", [0.00048891392512427, 0.0005942622864922756, 0.0019162525504492112])
def test_rounding_confirms_no_claim_that_is_wrong_by_a_part_in_a_thousand(x: float) -> None:
    with mpmath.workdps(50):
        slope = float(mpmath.diff(lambda t: (t - mpmath.sin(t)) / t**3, mpmath.mpf(x)))
    assert outcome(lambda x: (x - np.sin(x)) / x**3, x, slope) != "wrong"
    assert outcome(lambda x: (x - np.sin(x)) / x**3, x, 1.001 * slope) == "unverified"
