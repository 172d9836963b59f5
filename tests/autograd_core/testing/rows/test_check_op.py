"""Tests of `check_op`: every row of the table passes, and a wrong row fails with the right message."""

from __future__ import annotations

import itertools
import json
import math
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import mpmath
import pytest

import autograd_core as ag
from autograd_core import TABLE, InputError, Op, Value, define_op, where
from autograd_core.table.op import POSITIVE, REAL
from autograd_core.testing import GradientMismatch
from autograd_core.testing.rows.op_check import DIFFERENCES, FORWARD, MATHEMATICS, check_op
from autograd_core.testing.rows.op_report import OpReport
from autograd_core.testing.truths import sampling, truth
from autograd_core.testing.truths.custom_meanings import meaning_of
from wrong_rows import altered, with_derivative

FEW: Final = 20
SAMPLE_OF_ROWS: Final = (
    "add",
    "div",
    "pow",
    "tanh",
    "relu",
    "gelu",
    "atan2",
    "gamma",
    "log_base",
    "max",
    "prod",
    "where",
)
KEPT_BY_SLOPES: Final = {"pow", "log_base"}
"""Rows with rows as derivatives, which recompute the value; so a wrong value shows as a wrong derivative."""

POINTS: Final = {"hypot", "p_norm", "cauchy_da", "cauchy_db"}
"""Rows with a kink at a single point, which a move along one input rarely reaches."""


def row(
    forward: Callable[..., float],
    *derivatives: Callable[..., Any],
    latex: str = "",
    domain: tuple[float, float] = REAL,
    sample: tuple[float, float] = (-3.0, 3.0),
    kinks: Callable[..., float] | None = None,
) -> Op:
    """Return a custom op, outside the table."""
    count = len(derivatives)
    latex = latex or ", ".join(f"{{{i}}}" for i in range(count))
    return Op("own", count, forward, derivatives, "own", latex, 5, (domain,) * count, (sample,) * count, kinks)


def number_of(x: Any) -> Any:
    """Return the number of a Value, without its graph."""
    return x.data if isinstance(x, Value) else x


def message(op: Op, **arguments: Any) -> str:
    """Return the message of a failed check."""
    with pytest.raises(GradientMismatch) as caught:
        check_op(op, **arguments)
    assert not caught.value.report
    return str(caught.value)


# ---- Wrong rows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLE_OF_ROWS)
@pytest.mark.parametrize(
    ("change", "order"),
    [(lambda d: d * 1.001 + 0.00037, 3), (lambda d: 0.5 - d, 1)],
    ids=["a thousandth, and higher derivatives", "the sign, which the first derivative alone shows"],
)
def test_a_wrong_derivative_is_caught(name: str, change: Callable[[Any], Any], order: int) -> None:
    op = TABLE[name]
    for place in range(op.arity or 3):
        text = message(with_derivative(op, place, change), points=FEW, order=order)
        assert "the first derivative is wrong" in text


@pytest.mark.parametrize("name", [name for name in SAMPLE_OF_ROWS if name not in KEPT_BY_SLOPES])
def test_a_value_wrong_in_its_last_digits_is_caught(name: str) -> None:
    op = TABLE[name]
    wrong = altered(op, forward=lambda *inputs: op.forward(*inputs) * (1.0 + 1e-15))
    assert "the value is wrong" in message(wrong, points=FEW)


@pytest.mark.parametrize("name", ["tanh", "mul", "pow", "hypot"])
def test_a_formula_that_is_only_a_number_is_caught(name: str) -> None:
    wrong = with_derivative(TABLE[name], 0, lambda d: d.data if isinstance(d, Value) else d)
    assert "the second derivative is wrong" in message(wrong, points=FEW)


def test_a_derivative_wrong_in_the_third_order_only_is_caught() -> None:
    def slope(x: Any, y: Any) -> Any:  # 2 x, and its derivative is 2 as a number only
        return linear(x)

    linear = row(lambda x: 2.0 * x, lambda x, y: 2.0 + 0.0 * x)
    bent = row(lambda x: 2.0 * x, lambda x, y: 2.0 + (x - number_of(x)))
    assert check_op(row(lambda x: x * x, slope), points=FEW)
    linear = bent
    text = message(row(lambda x: x * x, slope), points=FEW)
    assert "the third derivative is wrong" in text
    assert check_op(row(lambda x: x * x, slope), points=FEW, order=2)


# ---- Ops of one's own -----------------------------------------------------------------------------------------------


def test_an_op_that_is_defined_is_judged_by_its_forward_function() -> None:
    cubed = define_op("own_cube", lambda x: x**3, lambda x, y: 3.0 * x**2, latex="{0}^3")
    try:
        report = check_op(cubed)
    finally:
        TABLE.pop("own_cube")
    assert report.method == FORWARD


def test_functions_of_math_are_fine_where_they_raise_nothing() -> None:
    assert check_op(row(lambda x: math.exp(-x * x), lambda x, y: -2.0 * x * y)).method == FORWARD
    text = message(row(math.sin, lambda x, y: ag.cos(x)))
    assert "raises ValueError" in text
    assert "at (inf): return nan or inf instead" in text


def test_a_meaning_of_ones_own_is_held_to_the_last_digit() -> None:
    naive = row(lambda x: math.exp(x) - 1.0 if x < 700 else math.inf, lambda x, y: ag.exp(x))
    assert check_op(naive, points=FEW)
    text = message(naive, points=FEW, meaning=mpmath.expm1)
    assert "the value is wrong (truth: mathematics)" in text
    right = row(lambda x: math.expm1(x) if x < 700 else math.inf, lambda x, y: ag.exp(x))
    assert check_op(right, points=FEW, meaning=mpmath.expm1).method == MATHEMATICS


def black_box(x: float) -> float:
    """Return the square as a float, also for other types of numbers."""
    number: float = struct.unpack("<d", struct.pack("<d", x))[0]
    return number * number


def test_a_black_box_is_compared_with_differences() -> None:
    assert check_op(row(black_box, lambda x, y: 2.0 * x), points=FEW).method == DIFFERENCES
    text = message(row(black_box, lambda x, y: 2.01 * x), points=FEW)
    assert "the first derivative is wrong (truth: differences of floats)" in text
    text = message(row(black_box, lambda x, y: 2.0 * number_of(x)), points=FEW)
    assert "the second derivative is wrong" in text
    text = message(row(lambda x: math.sqrt(black_box(x)), lambda x, y: where(x > 0, 1.0, -1.0)), points=FEW)
    assert "has a kink at (0x0.0p+0) in input 0, where its derivative is -1 from the left and 1 from the right" in text


def test_the_message_says_what_where_and_by_how_much() -> None:
    text = message(row(lambda x: x**3, lambda x, y: -3.0 * x**2))
    head, where_, got, truth, error, likeness, *_ = text.splitlines()
    assert head == "op own: the first derivative is wrong (truth: forward function in mpmath)"
    point = float.fromhex(where_.partition("(")[2].partition(")")[0])
    assert f"= ({point!r},)" in where_
    assert float(got.split()[1]) == pytest.approx(-3.0 * point**2)
    assert float(truth.split()[1]) == pytest.approx(3.0 * point**2)
    assert "ULP, allowed 1e+06" in error
    assert likeness == "    hint  the sign is flipped"


def test_a_factor_is_named() -> None:
    assert "analytic = 1/2 × numeric" in message(row(lambda x: x**2, lambda x, y: x))


def test_swapped_derivatives_are_named() -> None:
    text = message(row(lambda a, b: a * a * b, lambda a, b, y: a * a, lambda a, b, y: 2.0 * a * b), points=FEW)
    assert "input 1: the two are swapped" in text


def test_a_constant_instead_of_an_op_is_wrong_in_the_second_order_only() -> None:
    op = row(lambda x: x**3, lambda x, y: 3.0 * number_of(x) ** 2)
    assert check_op(op, order=1)
    text = message(op)
    assert text.startswith("op own: the second derivative is wrong")
    assert "does a derivative use a constant or a function of math instead of an op?" in text


# ---- Kinks and domains ----------------------------------------------------------------------------------------------


def hinge(slope: Callable[..., Any], kinks: Callable[..., float] | None = abs) -> Op:
    return row(lambda x: x if x > 0 else 0.0 * x, slope, kinks=kinks)


def test_a_right_kink_is_right() -> None:
    report = check_op(hinge(lambda x, y: where(x > 0, 1.0, 0.0)))
    assert {line.stage for line in report.lines} == {"ordinary", "beside a kink", "on a kink"}
    assert check_op(hinge(lambda x, y: where(x > 0, 1.0, where(x == 0, 0.25, 0.0))))


def test_a_wrong_branch_is_named() -> None:
    text = message(hinge(lambda x, y: where(x > 0, 1.0, 0.5)))
    assert "the first derivative in input 0 at (-0x" in text
    assert "wrong only where input 0 is below about" in text


@pytest.mark.parametrize("on_it", [2.0, -0.5, math.nan, math.inf])
def test_on_a_kink_the_derivative_lies_between_the_two(on_it: float) -> None:
    text = message(hinge(lambda x, y: where(x > 0, 1.0, where(x == 0, on_it, 0.0))))
    assert "the first derivative in input 0 at (0x0.0p+0)" in text
    assert "0.0 to the left and 1.0 to the right" in text
    assert "on a kink" in text


def test_a_kink_that_the_row_does_not_state_is_found() -> None:
    text = message(hinge(lambda x, y: where(x > 0, 1.0, 0.0), kinks=None))
    assert "has a kink at (0x0.0p+0) in input 0, where its derivative is 0 from the left and 1 from the right" in text
    assert "the row states none" in text
    assert "a distance of 1" in message(hinge(lambda x, y: where(x > 0, 1.0, 0.0), kinks=lambda x: abs(x - 1.0)))


def test_a_jump_that_the_row_does_not_state_is_found() -> None:
    text = message(row(lambda x: x + 1.0 if x >= 2.0 else 1.0 * x, lambda x, y: 1.0))
    assert "has a kink at (0x1.0000000000000p+1) in input 0, where its value is 2 from the left and 3 from" in text


def test_a_domain_that_is_too_wide_is_found() -> None:
    def logarithm(x: Any) -> Any:
        return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)

    slope = lambda x, y: 1.0 / x  # noqa: E731
    assert check_op(row(logarithm, slope, domain=POSITIVE, sample=(0.5, 2.0)))
    text = message(row(logarithm, slope))
    assert "is nan at (-0x" in text
    assert "which lies in the domain that the row states" in text


# ---- Ties -----------------------------------------------------------------------------------------------------------


def maximum(on_ties: Callable[[Any, Any], tuple[float, float]], forward: Callable[..., float] = max) -> Op:
    """Return the maximum of two numbers with these derivatives on ties."""

    def slope(index: int) -> Callable[..., Any]:
        def derivative(a: Any, b: Any, y: Any) -> Any:
            if a == b:
                return on_ties(a, b)[index]
            return 1.0 if (a, b)[index] == y else 0.0

        return derivative

    return row(forward, slope(0), slope(1), kinks=lambda a, b: abs(a - b))


def test_ties_share_the_derivative_or_give_it_to_one() -> None:
    for shares in ((0.5, 0.5), (1.0, 0.0), (0.25, 0.75)):
        assert check_op(maximum(lambda a, b, shares=shares: shares), points=FEW)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("shares", "much", "got"), [((1.0, 1.0), "too much", "2.0"), ((0.0, 0.0), "too little", "0.0")]
)
def test_ties_that_do_not_share_are_told(shares: tuple[float, float], much: str, got: str) -> None:
    text = message(maximum(lambda a, b: shares), points=FEW)
    assert "the first derivative in the direction (1, 1) at" in text
    assert f"    got   {got}\n    truth 1.0; 1.0 to the left and 1.0 to the right" in text
    assert f"together the inputs of the direction (1, 1) get {much}" in text
    assert "the first derivative in all inputs, which are the same Value at" in text


def test_ties_are_measured_by_differences_too() -> None:
    def largest(a: float, b: float) -> float:
        numbers: tuple[float, float] = struct.unpack("<dd", struct.pack("<dd", a, b))
        return max(numbers)

    assert check_op(maximum(lambda a, b: (0.5, 0.5), largest), points=FEW, order=1).method == DIFFERENCES
    assert "get too much" in message(maximum(lambda a, b: (1.0, 1.0), largest), points=FEW, order=1)


@pytest.mark.parametrize("name", ["max", "min"])
def test_rows_of_several_inputs_are_seen_on_ties(name: str) -> None:
    wrong = altered(TABLE[name], derivatives=(lambda xs, y: [1.0 if x == y else 0.0 for x in xs],))
    text = message(wrong, points=FEW, order=1)
    assert "in the direction (1, 1, 1)" in text
    assert "get too much" in text


def test_equal_inputs_off_kinks_are_looked_at() -> None:
    wrong = row(lambda a, b: a * b, lambda a, b, y: b, lambda a, b, y: where(a == b, 0.0, a))
    text = message(wrong, points=FEW)
    assert "    error equal inputs: " in text
    assert "wrong only where" not in text


def test_an_op_of_the_same_value_twice_is_looked_at() -> None:
    wrong = row(lambda a, b: a * b, lambda a, b, y: b, lambda a, b, y: 0.0 if a == b else a)
    assert "the first derivative in all inputs, which are the same Value" in message(wrong, points=FEW, order=1)


def test_a_point_where_several_kinks_meet_is_seen() -> None:
    assert check_op(TABLE["hypot"], points=FEW)
    wrong = altered(TABLE["hypot"], derivatives=(lambda xs, y: [x / y if y != 0 else 2.0 for x in xs],))
    assert "on a kink, along a direction" in message(wrong, points=FEW)


# ---- Facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"sample": ((-3.0, 3.0),), "domain": (POSITIVE,)}, "states the sample (-3.0, 3.0) for input 0"),
        ({"sample": ((2.0, 2.0),)}, "states the sample (2.0, 2.0) for input 0"),
        ({"domain": (REAL, REAL)}, "states 2 intervals as domain for 1 inputs"),
        ({"derivatives": (abs, abs)}, "states 2 derivatives for 1 inputs"),
        ({"derivatives": (lambda x: 1.0,)}, "has a derivative 0 that does not take 2 arguments"),
        ({"forward": math.atan2}, "has a forward function that does not take 1 arguments"),
        ({"kinks": lambda x, y: abs(x)}, "has a kinks that does not take 1 arguments"),
        ({"kinks": lambda x: -1.0}, "states a distance to the nearest kink that is negative or nan"),
        ({"latex": "{1}"}, "has a formula template that does not take its inputs"),
        ({"latex": "x"}, "has a formula template without input 0"),
        ({"latex": "{{ {0}"}, "has a formula template with unbalanced braces"),
        ({"precedence": 9}, "states no name, no symbol, or a precedence outside 0 to 5"),
    ],
)
def test_a_row_that_does_not_fit_together_is_told(changes: dict[str, Any], fact: str) -> None:
    assert f"op tanh {fact}" in message(altered(TABLE["tanh"], **changes))


def test_an_op_with_any_number_of_inputs_gives_as_many_derivatives() -> None:
    wrong = altered(TABLE["sum"], derivatives=(lambda xs, y: [1.0],))
    assert "gives 1 derivatives for 3 inputs" in message(wrong)


def test_a_derivative_that_raises_is_told() -> None:
    def slope(x: Any, y: Any) -> Any:
        return 1.0 if x == x else dict[str, float]()["nan"]  # noqa: PLR0124 - nan

    assert "raises KeyError ('nan') at (nan)" in message(row(lambda x: x, slope))


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected an op, such as autograd_core\.tanh, got"):
        check_op(math.sin)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least one point, got 0"):
        check_op(ag.tanh, points=0)
    with pytest.raises(InputError, match="order from 0 to 3, got 4"):
        check_op(ag.tanh, order=4)
    with pytest.raises(InputError, match=r"expected limits of value, first.* got 'fourth'"):
        check_op(ag.tanh, limits={"fourth": 1.0})


# ---- Reports, points, truth -----------------------------------------------------------------------------------------


def test_a_report_goes_to_json_and_back() -> None:
    report = check_op(ag.tanh, points=FEW)
    assert OpReport.from_dict(json.loads(report.to_json())) == report
    assert str(report).splitlines()[0] == "op tanh is right (truth: mathematics)"
    with pytest.raises(GradientMismatch) as caught:
        check_op(with_derivative(ag.tanh, 0, lambda d: -d), points=FEW)
    failed = caught.value.report
    assert OpReport.from_dict(json.loads(failed.to_json())).to_json() == failed.to_json()  # nan is not equal to nan
    assert failed.entries[0].analytic == pytest.approx(-failed.entries[0].numeric)


def test_limits_and_orders_are_those_asked_for() -> None:
    assert "the value is wrong" in message(ag.tanh, limits={"value": 0.1})
    assert {line.kind for line in check_op(ag.tanh, points=FEW, order=0).lines} == {"value"}


def test_points_are_the_same_in_every_run_and_others_by_rng() -> None:
    (subject,) = sampling.subjects_of(ag.tanh, meaning_of(ag.tanh))
    for points_of in (sampling.ordinary_points, sampling.far_points):
        assert points_of(subject, 40) == points_of(subject, 40)
        assert points_of(subject, 40) != points_of(subject, 40, rng=1)


def kinks_of(name: str) -> Iterator[tuple[Op, sampling.Point]]:
    op = TABLE[name]
    for subject in sampling.subjects_of(op, meaning_of(op)):
        yield from ((op, point) for point, _ in sampling.kink_points(subject, 12))


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.kinks is not None and name not in POINTS])
def test_every_kink_that_a_row_states_is_reached(name: str) -> None:
    found = list(itertools.islice(kinks_of(name), 3))
    assert found
    for op, point in found:
        inputs = point if op.arity in {None, len(point)} else (1.0, *point)
        assert op.kinks is not None
        assert op.kinks(*inputs) == 0.0


@pytest.mark.parametrize("name", ["exp", "tanhshrink", "log", "div", "gelu"])
def test_quick_truths_are_the_settled_ones(name: str) -> None:
    (subject,) = sampling.subjects_of(TABLE[name], meaning_of(TABLE[name]))
    for point in sampling.ordinary_points(subject, 10):
        quick = truth.true_derivatives(subject, point, 0, 3, truth.QUICK)
        settled = truth.true_derivatives(subject, point, 0, 3)
        for a, b, close in zip(quick, settled, (1e-25, 1e-20, 1e-20, 1e-10), strict=True):
            assert abs(a - b) <= close * (abs(b) + 1)


def test_kinks_everywhere_leave_nothing_to_check() -> None:
    op = define_op("test_kinks", lambda x: x * x, lambda x, y: 2.0 * x, kinks=lambda x: 0.0)
    with pytest.raises(GradientMismatch, match="has no smooth point in its sample: are domain, sample and kinks"):
        check_op(op, points=5)


def test_functions_that_raise_in_their_sample_do_not_have_the_traits_that_are_stated() -> None:
    op = define_op("test_raises", math.log, lambda x, y: 1.0 / x, linear=True, sample=(-1.0, 1.0))
    with pytest.raises(GradientMismatch, match="states linear=True, but its functions raise at the points"):
        check_op(op, points=5)
