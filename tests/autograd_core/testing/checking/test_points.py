"""Checks at several points: where the derivatives are right and where wrong, and in what words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import InputError, ShapeError
from autograd_core.testing import GradientMismatch, GradReport, check_grads
from failures import failure


def leaky(x: float) -> float:
    return x if x > 0 else 0.1 * x


POINTS = [(-2.0,), (-1.0,), (1.0,), (3.0,)]


def test_right_derivatives_at_all_points() -> None:
    report = check_grads(lambda x, y: x * y, points=[(1.0, 2.0), (3.0, 4.0)], grad=lambda x, y: (y, x))
    assert len(report.entries) == 4
    assert {entry.place for entry in report.entries} == {f"{x}, at points[{k}]" for x in "xy" for k in (0, 1)}
    assert "right at all 2 points" in str(report)


def test_the_report_says_where_it_is_wrong() -> None:
    report = failure(leaky, points=POINTS, grad=lambda x: 1.0)
    assert report.remarks == (
        "wrong at 2 of 4 points: wrong only where x is below about 0: is a branch wrong?",
        "wrong at points[0] = (-2.0,), points[1] = (-1.0,)",
        "right at points[2] = (1.0,), points[3] = (3.0,)",
    )
    assert all(remark in str(report) for remark in report.remarks)
    assert "wrong only where x is below about 0" in report.summary
    assert report.point == (("x", -2.0),)


def test_the_number_that_separates_the_points_is_named() -> None:
    points = [({"w": [float(i), float(-i)]}, float(i % 3)) for i in range(12)]

    def f(p: Any, x: float) -> Any:
        return max(p["w"][0] - 6.6, 0.0) + x

    report = failure(f, points=points, grad=lambda p, x: ({"w": [0.0, 0.0]}, 1.0))
    assert 'wrong only where p["w"][0] is above about 6.5' in report.remarks[0]
    assert "wrong at points[7]" in report.remarks[1]
    assert "and 2 more" in report.remarks[2]


def test_no_words_without_a_region() -> None:
    report = failure(lambda x: x**2, points=POINTS, grad=lambda x: x)
    assert report.remarks[0] == "wrong at 4 of 4 points"
    report = failure(lambda x: x**2, points=POINTS, grad=lambda x: 2 * x + (abs(x) == 1.0))
    assert report.remarks[0] == "wrong at 2 of 4 points"


def test_what_is_wrong_at_one_point_only_is_said_to_be_right_at_the_others() -> None:
    report = failure(lambda x: x**2, points=POINTS, grad=lambda x: 4 * x if x == -1.0 else 2 * x)
    assert report.failures[0].hint.startswith("right at 3 other points; it is right at points nearby")
    report = failure(lambda x: x**2, points=[(1.0,), (2.0,)], grad=lambda x: 4 * x if x > 1.5 else 2 * x)
    assert report.failures[0].hint == "right at the other point; analytic = 2 × numeric: a factor is missing or wrong"
    assert report.summary.endswith(report.failures[0].hint)


def test_functions_of_values_at_several_points() -> None:
    assert check_grads(ag.tanh, points=POINTS, order=2)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: x * x.data, points=POINTS)
    assert caught.value.graph is not None


def test_arrays_of_several_shapes() -> None:
    points = [(np.ones(2),), (np.ones(3),)]
    assert check_grads(lambda x: np.sum(x**2), points=points, grad=lambda x: 2 * x)
    more = [(np.ones(3),), (np.zeros(3) + 2,), *points[:1], (np.zeros(2) + 2,)]
    report = failure(lambda x: np.sum(x**2), points=more, grad=lambda x: 2 * x * (x.size == 2))
    assert report.remarks[0] == "wrong at 2 of 4 points"


def test_the_report_survives_json_and_the_line_repeats_the_check() -> None:
    report = failure(leaky, points=POINTS, grad=lambda x: 1.0)
    assert GradReport.from_dict(json.loads(report.to_json())) == report
    names = {"check_grads": check_grads, "leaky": leaky, "grad": lambda x: 1.0}
    with pytest.raises(GradientMismatch) as again:
        eval(report.reproduce, names)  # noqa: S307 - the line is there to be run
    assert again.value.report.entries == report.entries


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([], "a list of tuples of arguments"),
        ("ab", "a list of tuples of arguments"),
        (3.0, "a list of tuples of arguments"),
        ([0.5, 2.0], r"as points\[0\], got 0.5 \(float\); a single argument x is \(x,\)"),
        ([(0.5,), [2.0]], r"as points\[1\]"),
    ],
)
def test_what_is_no_list_of_points_is_refused(points: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_grads(leaky, points=points, grad=lambda x: 1.0)


def test_points_may_come_one_by_one() -> None:
    report = failure(leaky, points=((x,) for x in (-2.0, -1.0, 1.0)), grad=lambda x: 1.0)
    assert report.remarks[0] == "wrong at 2 of 3 points: wrong only where x is below about 0: is a branch wrong?"
    assert check_grads(leaky, points=zip([-2.0, 3.0], strict=True), grad=lambda x: 1.0 if x > 0 else 0.1)


def test_a_point_and_points_are_refused() -> None:
    with pytest.raises(InputError, match="got both"):
        check_grads(leaky, 1.0, points=POINTS, grad=lambda x: 1.0)


def test_an_error_at_a_point_says_at_which() -> None:
    with pytest.raises(ShapeError) as caught:
        check_grads(leaky, points=POINTS, grad=lambda x: 1.0 if x < 1 else [1.0])
    assert caught.value.__notes__ == ["at points[2] = (1.0,)"]
