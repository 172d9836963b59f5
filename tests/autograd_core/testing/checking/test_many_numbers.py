"""Gradients of many numbers: how many calls of the function a check takes, and what it names."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from autograd_core import define_op
from autograd_core.testing import GradientMismatch, GradientUnverified, GradReport, check_grads
from autograd_core.testing.trees.variables import Block


class Counted:
    """A function that counts its calls."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f
        self.calls = 0

    def __call__(self, x: Any) -> float:
        self.calls += 1
        return float(self.f(x))


def outcome(f: Callable[[Any], float], x: Any, grad: Callable[[Any], Any]) -> str:
    try:
        check_grads(f, x, grad=grad)
    except GradientUnverified:
        return "unverified"
    except GradientMismatch:
        return "wrong"
    return "right"


def test_of_many_wrong_numbers_a_few_are_located() -> None:
    f = Counted(lambda v: np.sum(np.sin(v)))
    x = np.random.default_rng(0).normal(size=2000)
    try:
        check_grads(f, x, grad=lambda v: -np.cos(v))
    except GradientMismatch as error:
        failures = error.report.failures
    places = [entry.place for entry in failures if entry.point]
    assert places == [f"x[{i}]" for i in range(5)]
    assert "sign" in failures[0].hint
    assert len(failures) == 20  # the other groups of numbers are named as such
    assert f.calls < 700


def test_kinks_in_32_bits_do_not_divide_all_groups() -> None:
    x = np.random.default_rng(0).normal(size=2000)
    for numbers in (x, x.astype("float32")):
        f = Counted(lambda v: np.sum(np.maximum(v.astype("float32"), 0)))
        assert outcome(f, numbers, lambda v: (v > 0) * 1.0) != "wrong"
        assert f.calls < 6000
        assert outcome(f, numbers, lambda v: (v > 0) * -1.0) == "wrong"


def test_the_digits_of_an_array_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Block] = []
    unit_of: Callable[[Block], float] = vars(Block)["unit"].fget

    def counted(block: Block) -> float:
        found.append(block)
        return unit_of(block)

    monkeypatch.setattr(Block, "unit", property(counted))
    x = np.random.default_rng(0).normal(size=2000).astype("float32")
    assert outcome(lambda v: np.sum(np.maximum(v, 0)), x, lambda v: (v > 0) * -1.0) == "wrong"
    assert len(found) <= 2  # of the argument, and of the result


@pytest.mark.parametrize("change", [lambda g: -g, lambda g: 1.01 * g, lambda g: g + 0.3])
def test_a_wrong_derivative_of_one_number_costs_a_few_times_the_calls_of_a_right_one(
    change: Callable[[float], float],
) -> None:
    right, wrong = Counted(math.tanh), Counted(math.tanh)
    assert outcome(right, 0.3, lambda p: 1 - math.tanh(p) ** 2) == "right"
    assert outcome(wrong, 0.3, lambda p: change(1 - math.tanh(p) ** 2)) == "wrong"
    assert wrong.calls <= 4.5 * right.calls


def test_numbers_that_are_wrong_together_and_pass_in_parts_are_named() -> None:
    named = 0
    for seed in range(6):
        x = np.random.default_rng(seed).normal(size=400)
        try:
            report = check_grads(lambda v: float(np.sum(np.exp(v))), x, grad=lambda v: np.exp(v) * (1 + 2e-7))
            entries = report.entries
        except GradientUnverified as error:
            entries = error.report.entries
            assert any("wrong together" in entry.hint for entry in entries)
            named += 1
        assert len(entries) == 16  # each group of numbers has its entry
    assert named > 0


@pytest.mark.parametrize("method", ["central", "complex"])
def test_a_jvp_of_many_numbers_is_compared_for_each_of_them(method: str) -> None:
    x = np.random.default_rng(0).normal(size=401)  # so many that a jvp is else compared along a few directions

    def jvp(wrong: list[int]) -> Callable[[Any, Any], float]:
        factors = np.ones(401)
        factors[wrong] = 2.0
        return lambda v, tangent: float(np.sum(factors * np.cos(v) * tangent))

    assert check_grads(lambda v: np.sum(np.sin(v)), x, jvp=jvp([]), method=method).ok
    with pytest.raises(GradientMismatch) as error:
        check_grads(lambda v: np.sum(np.sin(v)), x, jvp=jvp([17, 300]), method=method)
    assert [entry.place for entry in error.value.report.failures] == ["v[17]", "v[300]"]


# ---- Values that are wrong in the engine ----------------------------------------------------------------------------


def failed_check(count: int, flipped: Sequence[int]) -> tuple[GradReport, int, int]:
    """Return the report of a check of a sum of cubes, some of which have a derivative with the wrong sign.

    Besides, return how often the check called the function, and how many calls of all functions it took.
    """
    flipped_cube = define_op(f"flipped_cube_of_{count}", lambda x: x**3, lambda x, y: -3.0 * x**2)
    calls = work = 0

    def cubes(xs: Sequence[Any]) -> Any:
        nonlocal calls
        calls += 1
        total = 0.0
        for i, x in enumerate(xs):
            total = total + (flipped_cube(x) if i in flipped else x**3)
        return total

    def count_call(frame: Any, event: str, argument: Any) -> None:
        nonlocal work
        work += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        with pytest.raises(GradientMismatch) as caught:
            check_grads(cubes, [0.1 + 0.9 * i / count for i in range(count)])
    finally:
        sys.setprofile(before)
    return caught.value.report, calls, work


def test_a_check_of_values_that_are_all_wrong_takes_work_in_proportion_to_them() -> None:
    (few, _, work_of_few), (many, calls, work_of_many) = (failed_check(n, range(n)) for n in (60, 240))
    assert [sum(entry.mode == "rev" for entry in report.failures) for report in (few, many)] == [60, 240]
    assert all(entry.hint == "the sign is flipped" for entry in many.failures)
    assert all(entry.suspect.startswith("flipped_cube_of_240, input 0") for entry in many.failures)
    assert calls < 200
    assert work_of_many < 5 * work_of_few


def test_a_number_that_is_wrong_in_reverse_mode_is_looked_at_first_in_forward_mode() -> None:
    report, calls, _ = failed_check(300, [123])
    assert [(entry.place, entry.mode) for entry in report.failures] == [("xs[123]", "rev"), ("xs[123]", "fwd")]
    assert calls < 90
