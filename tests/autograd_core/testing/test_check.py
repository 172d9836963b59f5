"""Tests of `check_grads`: common mistakes, each detected with verdict, path and hint, and no false alarms.

Ten thousand random programs take some minutes:

    PROGRAMS=10000 pytest tests/autograd_core/testing/test_check.py -k no_false_alarm_on_random_programs
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import autograd_core as ag
from autograd_core import Op, Value, custom_gradient
from autograd_core.graph import sweep
from autograd_core.graph.order import topological_order
from autograd_core.testing import GradientMismatch, GradientUnverified, GradReport, Verdict, check_grads
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from wrong_rows import altered

MISMATCH, NAN = Verdict.MISMATCH, Verdict.NAN
PROGRAMS = int(os.environ.get("PROGRAMS", "150"))


def failure(f: Callable[..., Any], *args: Any, **options: Any) -> GradReport:
    """Return the report of a check that must fail."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, *args, **options)
    return caught.value.report


# ---- Gradients written by hand --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A function, a point, a wrong gradient, and the expected report."""

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    grad: Callable[..., Any]
    places: set[str]
    hint: str = ""
    verdict: Verdict = MISMATCH


W = np.array([[0.3, -1.2], [0.7, 2.1]])
V = np.array([0.4, 1.7, -0.6])


def quadratic(w: Any) -> Any:
    return float(np.sum(np.array([[1.0, 2.0], [3.0, 5.0]]) * w**2))


def softmax(v: Any) -> Any:
    return np.exp(v) / np.sum(np.exp(v))


MISTAKES = [
    Mistake("sign", lambda x: x**3, (2.0,), lambda x: -3 * x**2, {"x"}, "sign"),
    Mistake("sign of one of two", lambda x, y: x / y, (2.0, 3.0), lambda x, y: (1 / y, x / y**2), {"y"}, "sign"),
    Mistake("sign in an array", lambda v: np.sum(np.cos(v)), (V,), np.sin, {"v[0]", "v[1]", "v[2]"}, "sign"),
    Mistake("factor 2", lambda x: x**2, (3.0,), lambda x: x, {"x"}, "1/2"),
    Mistake("factor 1/2", lambda x: x**2 / 2, (3.0,), lambda x: 2 * x, {"x"}, "= 2 ×"),
    Mistake("factor 2/3", lambda x: x**3, (1.5,), lambda x: 2 * x**2, {"x"}, "2/3"),
    Mistake("factor 3", math.sin, (0.5,), lambda x: 3 * math.cos(x), {"x"}, "= 3 ×"),
    Mistake("power not lowered", lambda x: x**3, (1.3,), lambda x: 3 * x**3, {"x"}),
    Mistake("exponent forgotten", lambda x: x**3, (1.3,), lambda x: x**2, {"x"}, "1/3"),
    Mistake("sum for a mean", lambda v: np.mean(v**2), (np.arange(1.0, 8.0),), lambda v: 2 * v, set(), "= 7 ×"),
    Mistake("mean for a sum", lambda v: np.sum(v**2), (np.arange(1.0, 8.0),), lambda v: 2 * v / 7, set(), "1/7"),
    Mistake("= for +=", lambda x, y: x * y + x, (3.0, 4.5), lambda x, y: (y, x), {"x"}, "1 of 2 paths"),
    Mistake(
        "last use only",
        lambda x: x * 5.0 + x.sin() if isinstance(x, Value) else x * 5.0 + math.sin(x),
        (0.7,),
        math.cos,
        {"x"},
        "1 of 2 paths",
    ),
    Mistake(
        "one of three paths missing",
        lambda x, y: x * y + x * 7.5 + x * x * x,
        (1.1, 2.3),
        lambda x, y: (y + 3 * x * x, x),
        {"x"},
        "paths",
    ),
    Mistake("counted twice", lambda x, y: x * y + x, (3.0, 4.5), lambda x, y: (y + 2, x), {"x"}, "twice"),
    Mistake(
        "off by one in a sum",
        lambda v: v[0] * v[0] + 2 * v[0] + 5 * v[0] + v[1],
        ([1.25, 2.0],),
        lambda v: [2 * v[0] + 2, 1.0],
        {"v[0]"},
        "missing",
    ),
    Mistake(
        "last element left out", lambda v: np.sum(v**3), (V,), lambda v: np.append(3 * v[:-1] ** 2, 0.0), {"v[2]"}, "0"
    ),
    Mistake("gradient cut", lambda x, y: math.tanh(x) * y, (0.5, 2.0), lambda x, y: (0.0, math.tanh(x)), {"x"}, "0"),
    Mistake("swapped", lambda x, y: x * y + x, (3.0, 4.0), lambda x, y: (x, y + 1), {"x", "y"}, "swapped"),
    Mistake(
        "swapped in a dict",
        lambda p: p["a"] * p["b"] ** 2,
        ({"a": 2.0, "b": 3.0},),
        lambda p: {"a": 2 * p["a"] * p["b"], "b": p["b"] ** 2},
        {'p["a"]', 'p["b"]'},
        "swapped",
    ),
    Mistake(
        "transposed",
        quadratic,
        (W,),
        lambda w: (2 * np.array([[1.0, 2.0], [3.0, 5.0]]) * w).T,
        {"w[0, 1]", "w[1, 0]"},
        "transposed",
    ),
    Mistake(
        "wrong index",
        lambda v: v[0] * 2 + v[1] * 3 + v[2] * 5,
        ([1.0, 2.0, 3.0],),
        lambda v: [2.0, 5.0, 5.0],
        {"v[1]"},
        "index",
    ),
    Mistake("wrong branch", lambda x: x if x > 0 else 0.1 * x, (-2.0,), lambda x: 1.0, {"x"}, "branch"),
    Mistake("other branch", lambda x: x if x > 0 else 0.1 * x, (2.0,), lambda x: 0.1, {"x"}, "branch"),
    Mistake("rough", math.exp, (1.0,), lambda x: (math.exp(x + 1e-4) - math.exp(x)) / 1e-4, {"x"}, "digits only"),
    Mistake("shortened constant", lambda x: math.pi * x, (2.0,), lambda x: 3.1416, {"x"}, "digits only"),
    Mistake(
        "single precision",
        lambda x: x**5,
        (1.1,),
        lambda x: float(np.float32(5 * 1.1**4)) * (1 + 3e-5),
        {"x"},
        "digits",
    ),
    Mistake("nan", lambda x: x * x, (2.0,), lambda x: math.nan, {"x"}, "not finite"),
    Mistake("infinite", lambda x: x * x, (2.0,), lambda x: math.inf, {"x"}, "not finite"),
    Mistake("0/0", math.sin, (0.5,), lambda x: math.inf - math.inf, {"x"}, "not finite"),
    Mistake("inner derivative", lambda x: math.sin(2 * x), (0.4,), lambda x: math.cos(2 * x), {"x"}, "1/2"),
    Mistake(
        "chain rule at the wrong point",
        lambda x: math.exp(math.sin(x)),
        (0.4,),
        lambda x: math.exp(x) * math.cos(x),
        {"x"},
    ),
    Mistake(
        "quotient rule", lambda x: x / (1 + x * x), (0.7,), lambda x: (1 + x * x - 2 * x) / (1 + x * x) ** 2, {"x"}
    ),
    Mistake("tanh' of the output", math.tanh, (0.6,), lambda x: 1 - x**2, {"x"}),
    Mistake(
        "sigmoid' without the rest", lambda x: 1 / (1 + math.exp(-x)), (0.6,), lambda x: 1 / (1 + math.exp(-x)), {"x"}
    ),
    Mistake("log to base 2", math.log2, (3.0,), lambda x: 1 / x, {"x"}),
    Mistake(
        "softmax, diagonal only",
        lambda v: float(softmax(v)[0]),
        (V,),
        lambda v: softmax(v) * (1 - softmax(v)) * [1, 0, 0],
        {"v[1]", "v[2]"},
    ),
    Mistake("norm not divided", lambda v: float(np.sqrt(np.sum(v**2))), (V,), lambda v: v, {"v[0]", "v[1]", "v[2]"}),
    Mistake(
        "bias not summed",
        lambda p: float(np.sum(p["x"] * 2 + p["b"])),
        ({"x": V, "b": 0.5},),
        lambda p: {"x": np.full(3, 2.0), "b": 1.0},
        {'p["b"]'},
        "1/3",
    ),
    Mistake("product rule, one term", lambda x: x * math.exp(x), (0.9,), math.exp, {"x"}),
    Mistake("abs without sign", lambda x: abs(x) * 3, (-2.0,), lambda x: 3.0, {"x"}, "sign"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught_at_its_place(mistake: Mistake) -> None:
    report = failure(mistake.f, *mistake.args, grad=mistake.grad)
    places = {entry.place for entry in report.failures}
    assert places == (mistake.places or set(dict(report.point)))
    assert {entry.verdict for entry in report.failures} == {mistake.verdict}
    assert all(mistake.hint in entry.hint for entry in report.failures), [entry.hint for entry in report.failures]


def test_a_value_kept_from_before_is_caught() -> None:
    kept: list[float] = []

    def gradient(x: float) -> float:
        kept.append(x)
        return 2 * kept[0] + 1.0 if len(kept) > 1 else 2 * x + 1.0

    assert check_grads(lambda x: x * x + x, 3.0, grad=gradient)
    report = failure(lambda x: x * x + x, 5.0, grad=gradient)
    assert "value of an earlier call" in report.failures[0].hint


# ---- Ops with wrong rules, and functions that leave the graph -------------------------------------------------------


def wrong(name: str, *derivatives: Callable[..., Any]) -> Op:
    """Return an op of the table with other derivatives."""
    return altered(ag.TABLE[name], derivatives=derivatives)


RULES = [
    (wrong("tanh", lambda x, y: y * y - 1), 0.5, "sign"),
    (wrong("tanh", lambda x, y: 1 - x * x), 0.5, ""),
    (wrong("exp", lambda x, y: 1.0001 * y), 0.5, "digits only"),
    (wrong("exp", lambda x, y: y + 1e-9), 0.5, "digits only"),
    (wrong("sin", lambda x, y: -ag.cos(x)), 0.5, "sign"),
    (wrong("square", lambda x, y: x), 0.7, "1/2"),
    (wrong("sqrt", lambda x, y: 1 / y), 0.7, "= 2 ×"),
    (wrong("log", lambda x, y: x), 0.7, ""),
    (wrong("sigmoid", lambda x, y: y), 0.7, ""),
    (wrong("relu", lambda x, y: 0.0), 0.7, "0"),
]


@pytest.mark.parametrize(("row", "x", "hint"), RULES)
def test_the_first_op_with_a_wrong_rule_is_named(row: Any, x: float, hint: str) -> None:
    report = failure(lambda p: ag.sin(row(p["x"] * 1.0) * p["y"]).exp(), {"x": x, "y": 1.25})
    assert {entry.place for entry in report.failures} == {'p["x"]'}
    assert all(entry.suspect.startswith(f"{row.name}, input 0") for entry in report.failures)
    assert all(entry.verdict is MISMATCH and hint in entry.hint for entry in report.failures)
    assert {entry.mode for entry in report.failures} == {"rev", "fwd"}


def test_the_op_is_named_with_its_line_under_detect_anomaly() -> None:
    row = RULES[0][0]
    with ag.detect_anomaly():
        report = failure(lambda x: row(x) * 2.0, 0.5)
    assert f"{__file__}:" in report.failures[0].suspect or "test_check.py" in report.failures[0].suspect


def test_an_op_that_runs_on_floats_only_is_judged_by_differences() -> None:
    @custom_gradient(lambda x, y: 2 * math.exp(x.data if isinstance(x, Value) else x))
    def forward(x: Any) -> Any:
        return float(np.exp(x))

    report = failure(lambda x: forward(x) * 3, 0.5)
    assert "2 × numeric" in report.failures[0].hint
    assert report.failures[0].suspect.startswith("forward, input 0")


def test_of_two_wrong_ops_the_one_on_the_way_is_named() -> None:
    sine, tanh = RULES[4][0], RULES[0][0]
    report = failure(lambda x, y: sine(x) + tanh(y), 0.5, 0.75)
    assert {(entry.place, entry.suspect.partition(",")[0]) for entry in report.failures} == {
        ("x", "sin"),
        ("y", "tanh"),
    }


def test_results_that_cancel_are_checked_all_the_same() -> None:
    row = RULES[0][0]
    report = failure(lambda x: [row(x), -row(x)], 0.5)
    assert {entry.output for entry in report.failures} == {"[0]"}


def test_a_second_derivative_that_is_lost_is_caught() -> None:
    frozen = wrong("exp", lambda x, y: y.data if isinstance(y, Value) else y)
    assert check_grads(frozen, 0.5)
    report = failure(frozen, 0.5, order=2)
    assert {entry.order for entry in report.failures} == {2}
    assert "second derivative" in str(report)


def test_a_dependence_outside_of_the_graph_is_caught() -> None:
    report = failure(lambda p: p[0] * p[0].data + p[1], [3.0, 1.0])
    assert [entry.place for entry in report.failures] == ["p[0]"]
    assert "outside the graph" in report.failures[0].hint
    assert "1/2 × numeric" in report.failures[0].hint


@contextmanager
def broken(name: str, replacement: Any) -> Iterator[None]:
    kept = getattr(sweep, name)
    setattr(sweep, name, replacement)
    try:
        yield
    finally:
        setattr(sweep, name, kept)


def test_a_sweep_that_overwrites_is_caught() -> None:
    right = sweep.accumulate

    def overwrite(root: Any, seed: float, allow_stale: bool) -> None:
        right(root, seed, allow_stale)
        for node in topological_order(root):
            if node.op is None and node.label == "":
                uses = [
                    d
                    for user in topological_order(root)
                    for x, d in zip(user.inputs, user.derivatives, strict=True)
                    if x is node
                ]
                node.grad = uses[-1] if uses else node.grad

    with broken("accumulate", overwrite):
        try:
            report = failure(lambda x: x * 5.0 + x * 2.0, 3.0)
        except pytest.fail.Exception:
            pytest.skip("compiled code calls its own sweep")
    assert report.failures[0].mode == "rev"
    assert "paths" in report.failures[0].hint


# ---- Right gradients ------------------------------------------------------------------------------------------------


@settings(max_examples=PROGRAMS)
@given(expressions(kinks=False))
def test_no_false_alarm_on_random_programs(program: Program) -> None:
    assert check_grads(program, *program.leaves)


@settings(max_examples=40)
@given(expressions(max_size=4, kinks=False))
def test_no_false_alarm_on_second_derivatives(program: Program) -> None:
    try:
        report = check_grads(program, *program.leaves, order=2)
    except GradientUnverified as error:  # of a second derivative of 0 only its rounding may be left
        report = error.report
    assert all(abs(entry.analytic) <= 1e-14 for entry in report.failures)


def test_a_second_derivative_that_is_nothing_but_rounding_is_not_called_wrong() -> None:
    with pytest.raises(GradientUnverified):
        check_grads(lambda x: ag.TABLE["p_norm"](3.0, x, x), 1.0, order=2)


@pytest.mark.parametrize("method", ["auto", "replay", "central", "directions"])
def test_every_method_agrees_with_what_is_right(method: str) -> None:
    report = check_grads(lambda p, x: (p["w"] * x + p["b"]).tanh(), {"w": 0.3, "b": -0.2}, 1.5, method=method)
    assert report
    assert report.method == ("replay" if method == "auto" else method)


def test_black_boxes_take_the_complex_step_where_it_is_possible() -> None:
    assert check_grads(lambda v: np.sum(np.exp(v)), V, grad=np.exp).method == "complex"
    assert check_grads(math.exp, 0.5, grad=math.exp).method == "central"
    assert check_grads(lambda v: np.sum(np.abs(v)), V, grad=np.sign).method == "central"
    assert check_grads(lambda x: x.real**2, 0.5, grad=lambda x: 2 * x).method == "central"


def test_what_drops_imaginary_parts_is_no_matter_for_the_complex_step() -> None:
    assert check_grads(lambda x: x * x.real, 1.5, grad=lambda x: 2 * x).method == "central"


def test_what_rounding_does_to_a_right_gradient_is_no_mistake() -> None:
    report = check_grads(lambda x: ag.sin(ag.acos(x)), 0.0)
    assert report.entries[0].analytic != report.entries[0].numeric


def test_many_second_derivatives_are_checked_along_one_direction() -> None:
    report = check_grads(ag.prod, [1.0 + 0.01 * i for i in range(20)], order=2)
    assert sum(entry.order == 2 for entry in report.entries) == 40


def test_orders_and_modes() -> None:
    report = check_grads(lambda x, y: (x * y).tanh() / y, 0.5, 1.25, order=3)
    assert {entry.order for entry in report.entries} == {1, 2, 3}
    assert {entry.mode for entry in check_grads(ag.exp, 1.0, modes=("fwd",)).entries} == {"fwd"}


def test_trees_come_and_go() -> None:
    @dataclass(frozen=True)
    class Line:
        slope: Any
        offsets: Any
        name: str = field(default="line", metadata={"static": True})

    def f(line: Line, x: Any) -> dict[str, Any]:
        return {"sum": line.slope * x[0] + line.offsets[0, 1], "product": [line.slope * x[1] * line.offsets[0, 0]]}

    report = check_grads(f, Line(2.0, np.array([[1.0, 3.0]])), (0.5, 0.25))
    assert [place for place, _ in report.point] == [
        "line.slope",
        "line.offsets[0, 0]",
        "line.offsets[0, 1]",
        "x[0]",
        "x[1]",
    ]


def test_the_result_that_is_wrong_is_named() -> None:
    row = RULES[0][0]
    report = failure(lambda x, y: {"right": ag.sin(x) * y, "wrong": [y, row(y)]}, 0.5, 0.75)
    assert {(entry.place, entry.output) for entry in report.failures} == {("y", '["wrong"][1]')}


def test_a_gradient_may_be_for_the_first_argument_or_for_all() -> None:
    def f(w: list[float], x: float) -> float:
        return w[0] * x + w[1]

    assert len(check_grads(f, [2.0, 3.0], 4.0, grad=lambda w, x: [x, 1.0]).entries) == 2
    assert len(check_grads(f, [2.0, 3.0], 4.0, grad=lambda w, x: ([x, 1.0], w[0])).entries) == 3
    assert len(check_grads(f, [2.0, 3.0], 4.0, grad=lambda w, x: w[0], argnums=1).entries) == 1
    assert len(check_grads(f, [2.0, 3.0], 4.0, argnums=(1,)).entries) == 2


# ---- Many numbers ---------------------------------------------------------------------------------------------------


def test_one_of_many_numbers_is_found_along_directions() -> None:
    v = np.linspace(-1.0, 1.0, 1500)

    def gradient(v: Any) -> Any:
        g = np.cos(v)
        g[1234] *= 1.01
        return g

    assert check_grads(lambda v: float(np.sum(np.sin(v))), v, grad=np.cos).method == "directions"
    report = failure(lambda v: float(np.sum(np.sin(v))), v, grad=gradient)
    assert [entry.place for entry in report.failures] == ["v[1234]"]
    assert "analytic = 1.01 × numeric" in report.failures[0].hint


def test_one_of_many_numbers_is_found_on_a_graph() -> None:
    row = RULES[0][0]

    def f(xs: list[Any]) -> Any:
        return ag.sum([row(x) if i == 77 else ag.tanh(x) for i, x in enumerate(xs)])

    report = failure(f, [0.003 * i for i in range(300)])
    assert {(entry.mode, entry.place) for entry in report.failures} == {("rev", "xs[77]"), ("fwd", "xs[77]")}


# ---- What stays as it was -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [ag.tanh, RULES[0][0]])
def test_values_keep_their_data_and_gradients(row: Any) -> None:
    x, outside = Value(0.5), Value(2.0)
    inner = outside * 3.0
    x.grad, outside.grad, inner.grad = 7.0, 8.0, 9.0
    try:
        check_grads(lambda x: row(x) * inner, x, order=2)
    except GradientMismatch:
        assert row is not ag.tanh
    assert (x.data, x.grad, outside.data, outside.grad, inner.grad) == (0.5, 7.0, 2.0, 8.0, 9.0)


def test_arrays_are_not_written_to() -> None:
    v = V.copy()
    failure(lambda v: np.sum(v**2), v, grad=lambda v: v)
    assert (v == V).all()
