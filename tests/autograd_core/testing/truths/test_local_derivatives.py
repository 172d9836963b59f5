"""Local derivatives of ops: the formulas equal the difference quotients, and kinks and poles are recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import pytest

from autograd_core import TABLE
from autograd_core.testing.truths.local_derivatives import EXACT, FORMULAS, SMOOTH, derivative_of, derivatives_of
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import ordinary_points, subjects_of


def exact(point: Sequence[float]) -> list[Any]:
    return [mpmath.mpf(x) for x in point]


@pytest.mark.parametrize("name", FORMULAS | SMOOTH)
def test_formulas_are_what_differences_give(name: str) -> None:
    (subject,) = subjects_of(TABLE[name], MEANINGS[name])
    for point in map(exact, ordinary_points(subject, 5)):
        with mpmath.workdps(60):
            for place, slope in enumerate((FORMULAS | SMOOTH)[name](point)):
                left, right, _ = derivative_of(MEANINGS[name], point, place)
                assert left == right
                assert abs(left - slope) <= 1e-18 * abs(slope)


def test_a_sum_of_many_numbers_needs_no_differences() -> None:
    """Difference quotients would take a number of steps quadratic in the inputs."""
    many = {op.name for op in TABLE.values() if op.linear and op.arity is None}
    assert not many - FORMULAS.keys()


def test_a_slope_is_right_to_half_of_the_digits() -> None:
    with mpmath.workdps(120):
        assert abs(derivative_of(mpmath.exp, [mpmath.mpf(1)], 0, digits=60).left - mpmath.e) < mpmath.mpf(10) ** -60


@pytest.mark.parametrize("name", sorted(EXACT))
def test_exact_formulas_round_nothing(name: str) -> None:
    (subject,) = subjects_of(TABLE[name], MEANINGS[name])
    for point in ordinary_points(subject, 5):
        assert FORMULAS[name](point) == FORMULAS[name](exact(point))


@pytest.mark.parametrize(
    ("name", "point", "left", "right"),
    [
        ("relu", (0.0,), 0, 1),
        ("abs", (0.0,), -1, 1),
        ("max", (2.0, 2.0, 1.0), 0, 1),
        ("min", (2.0, 1.0), 0, 0),
        ("hypot", (3.0, 4.0), 0.6, 0.6),
        ("relu6", (6.0,), 0, 1),
        ("polygamma", (1.0, 2.0), 0, 0),
    ],
)
def test_both_sides_of_a_kink(name: str, point: tuple[float, ...], left: float, right: float) -> None:
    with mpmath.workdps(60):
        slope = derivatives_of(TABLE[name], MEANINGS[name], exact(point), [True] * len(point), 60)[0]
    assert (float(slope.left), float(slope.right)) == pytest.approx((left, right), rel=1e-15)
    assert slope.is_kink == (left != right)


def test_slope_of_a_cusp_and_a_step() -> None:
    with mpmath.workdps(60):
        assert derivative_of(lambda x: mpmath.sqrt(abs(x)), [mpmath.mpf(0)], 0)[:2] == (-mpmath.inf, mpmath.inf)
        left, right, _ = derivative_of(mpmath.floor, [mpmath.mpf(3)], 0)
        assert (left, right) == (mpmath.inf, 0)
