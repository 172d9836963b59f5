"""Where a value or a derivative crosses zero: there two numbers cancel, and a formula loses digits first.

The places are found by bisection between points of a grid, for every row of the table, and the floats beside them are
compared with mpmath in ULP. Along one input the others stay at fixed numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import islice
from typing import Any, Final

import mpmath
import pytest

from autograd_core import TABLE, Value, grad, hessian
from autograd_core.table import gated, powers
from autograd_core.table.op import Op
from autograd_core.testing.rows.accuracy import SERVED, error_in_ulps, first_derivatives, second_derivatives
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.sampling import Point, Subject, is_smooth, ordinary_points, subjects_of
from autograd_core.testing.truths.truth import CAREFUL, SETTLED, Quality, curvature, true_derivatives, value
from crossings import beside, crossings
from exact import bits

ROWS: Final = {s.name: s for op in TABLE.values() for s in subjects_of(op, meaning_of(op)) if s.scale is None}
OF_ONE: Final = {name: subject for name, subject in ROWS.items() if subject.arity == 1}
OF_SEVERAL: Final = {name: subject for name, subject in ROWS.items() if subject.arity > 1}

FIRST_DERIVATIVES: Final = {row.name for row in powers.FIRST_DERIVATIVES}
"""Rows whose values are first derivatives of other rows."""

LIMITS: Final = {"value": 2.0, "first": 4.0, "second": 16.0}
ORDER: Final = {"value": 0, "first": 1, "second": 2}
MOST: Final = 4
"""How many changes of sign are looked at for each row, kind and input."""

GRID: Final = [sign * (i / 8 + 0.0303) for sign in (-1, 1) for i in range(80)]
OTHERS: Final = (0.37, 7.5)
NEAR: Final = 1e-9
"""How near to a kink, or to 0, points may lie."""


def of_one(subject: Subject, kind: str) -> tuple[Callable[[Point], float], Callable[[Point, Quality], Any]]:
    """What the engine says of a function of one input, and what is true."""
    if kind == "value":
        return lambda p: float(subject.function(*p)), lambda p, quality: value(subject, p, quality)
    if kind == "first":
        return lambda p: slope(subject, p, 0), lambda p, quality: true_slope(subject, p, 0, quality)
    return lambda p: float(grad(grad(subject.function))(*p)), lambda p, quality: curvature(subject, p, 0, 0, quality)


def true_slope(subject: Subject, point: Point, place: int, quality: Quality) -> Any:
    return true_derivatives(subject, point, place, quality=quality)[1]


def is_right(got: float, truth: Callable[[Quality], Any], limit: float) -> bool:
    """Whether an error is within the limit by one of two truths; at poles, where a sign changes too, none is asked."""
    for quality in (CAREFUL, SETTLED):
        true = truth(quality)
        if not mpmath.isfinite(true) or error_in_ulps(got, true) <= limit:
            return True
    return False


def slope(subject: Subject, point: Point, place: int) -> float:
    """The derivative as it stands on the edge of the graph."""
    return float(subject.function(*map(Value, point)).derivatives[len(subject.fixed) + place])


def beside_crossings(
    subject: Subject, said: Callable[[Point], float], at: Callable[[float], Point], place: int
) -> Iterator[Point]:
    """Points beside the changes of sign along one input, but for those at 0, where `far_points` crowd."""
    low, high = subject.domain[place]
    grid = sorted(x for x in GRID if low < x < high and is_smooth(subject, at(x), NEAR))
    changes = (c for c in crossings(lambda x: said(at(x)), grid) if abs(c[0]) > NEAR)
    for change in islice(changes, MOST):
        yield from (at(x) for x in beside(change) if is_smooth(subject, at(x), NEAR))


@pytest.mark.slow
@pytest.mark.parametrize(
    # Third derivatives are not asked to be right there, nor are those of rows for lower ones that amount to them.
    ("name", "kind"),
    [(name, kind) for name in OF_ONE for kind in LIMITS if SERVED.get(name, 0) + ORDER[kind] < 3 or kind == "value"],
)
def test_no_digit_is_lost_where_a_function_of_one_input_crosses_zero(name: str, kind: str) -> None:
    said, truth = of_one(OF_ONE[name], kind)
    for point in beside_crossings(OF_ONE[name], said, lambda x: (x,), 0):
        assert is_right(said(point), partial(truth, point), LIMITS[kind]), point


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_SEVERAL)
def test_no_digit_is_lost_where_a_function_of_several_inputs_crosses_zero(name: str) -> None:
    subject = OF_SEVERAL[name]
    for at, place in lines(subject):
        for point in beside_crossings(subject, lambda p: float(subject.function(*p)), at, place):
            limit = LIMITS["first" if name in FIRST_DERIVATIVES else "value"]
            assert is_right(float(subject.function(*point)), partial(value, subject, point), limit), point
        for i in range(subject.arity):
            for point in beside_crossings(subject, lambda p, i=i: slope(subject, p, i), at, place):  # type: ignore[misc]
                truth = partial(true_slope, subject, point, i)
                assert is_right(slope(subject, point, i), truth, LIMITS["first"]), point


def lines(subject: Subject) -> Iterator[tuple[Callable[[float], Point], int]]:
    """Along each input, from fixed numbers for the others to a point, and which input it is."""
    for place, other in itertools.product(range(subject.arity), OTHERS):
        if all(low < other < high for low, high in subject.domain):
            yield lambda x, place=place, other=other: line(subject, x, place, other), place  # type: ignore[misc]


def line(subject: Subject, x: float, place: int, other: float) -> Point:
    return tuple(x if i == place else other * (1 + i) for i in range(subject.arity))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in OF_SEVERAL if name not in FIRST_DERIVATIVES | SERVED.keys()])
def test_no_digit_is_lost_where_a_second_derivative_crosses_zero(name: str) -> None:
    """Of functions of several inputs; those of the rows of slopes are third derivatives, which nobody promises."""
    subject = OF_SEVERAL[name]
    for (at, place), i, j in itertools.product(lines(subject), range(subject.arity), range(subject.arity)):
        for point in beside_crossings(subject, lambda p, i=i, j=j: second(subject, p, i, j), at, place):  # type: ignore[misc]
            truth = partial(curvature, subject, point, i, j)
            assert is_right(second(subject, point, i, j), truth, LIMITS["second"]), (i, j, point)


def second(subject: Subject, point: Point, i: int, j: int) -> float:
    """The derivative in one input of the derivative in another, by differentiating the formula of the row."""
    return second_derivatives_by_name(subject.name, point, i)[j]


@lru_cache(4096)
def second_derivatives_by_name(name: str, point: Point, i: int) -> list[float]:
    return second_derivatives(OF_SEVERAL[name].function, point, i)


CURVES: Final[dict[str, Callable[[float], Point]]] = {
    "pow": lambda p: (math.exp(-1.0 / p), p),
    "log_base": lambda x: (x, math.exp(-2.0)),
    "exp_quotient": lambda b: (-b * (1.0 + 2.0**-52), b),
    "cauchy": lambda b: (b / math.sqrt(3.0), b),
    "atan2": lambda b: (b * (1.0 + 2.0**-52), b),
}
"""Points as near as floats come to a curve on which a second derivative of a row vanishes."""


@pytest.mark.parametrize("parameter", [0.061, 0.37, 0.9, 3.0, 7.5, 40.0])
@pytest.mark.parametrize("name", CURVES)
def test_whole_hessians_are_right_on_the_curves_where_a_part_of_them_vanishes(name: str, parameter: float) -> None:
    subject, point = OF_SEVERAL[name], CURVES[name](parameter)
    found: Any = hessian(lambda xs: subject.function(*xs))(list(point))
    for i, j in itertools.product(range(2), repeat=2):
        assert error_in_ulps(found[i][j], curvature(subject, point, i, j)) <= LIMITS["second"], (i, j)


@pytest.mark.parametrize(("x", "p"), [(7.5, -0.5), (7.38905609893065, -0.5), (0.36787944117144233, 1.0), (1e9, -0.05)])
def test_the_mixed_derivative_of_a_power(x: float, p: float) -> None:
    with mpmath.workdps(60):
        a, b = mpmath.mpf(x), mpmath.mpf(p)
        truth = mpmath.power(a, b - 1) * (1 + b * mpmath.log(a))
    base, exponent = Value(x), Value(p)
    for first, other in ((base, exponent), (exponent, base)):
        base.grad = exponent.grad = 0.0
        (base**exponent).backward(create_graph=True)
        slope_of_first: Any = first.grad
        base.grad = exponent.grad = 0.0
        slope_of_first.backward()
        assert error_in_ulps(float(other.grad), truth) <= LIMITS["first"]


def test_the_rows_of_slopes_hold_the_numbers_of_the_edges() -> None:
    """Differentiated again or not, a gradient is the same to the bit."""
    for name in ("pow", "log_base", "exp_quotient", "cauchy"):
        for point in ordinary_points(OF_SEVERAL[name], 30):
            for i, edge in enumerate(TABLE[name](*map(Value, point)).derivatives):
                inputs = [Value(x) for x in point]
                TABLE[name](*inputs).backward(create_graph=True)
                gradient = inputs[i].grad
                assert isinstance(gradient, Value)
                assert bits(gradient.data) == bits(edge), (name, point)


# ---- The gamma family, which has zeros without end -------------------------------------------------------------------

FAMILY: Final[dict[str, Callable[[Any], Any]]] = {
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "digamma": mpmath.digamma,
    "polygamma(2)": lambda x: mpmath.psi(2, x),
    "polygamma(6)": lambda x: mpmath.psi(6, x),
}


def member(name: str) -> Callable[[float], float]:
    row: Op = TABLE[name.partition("(")[0]]
    order = name.partition("(")[2].rstrip(")")
    return lambda x: float(row(float(order), x) if order else row(x))


def between_poles(pole: int) -> list[float]:
    """A grid between a pole and the next one, that crowds towards both."""
    shares = [10.0**-e for e in range(15, 0, -1)] + [i / 20 for i in range(3, 10)]
    return sorted({pole - s for s in shares} | {pole - 1 + s for s in shares} - {float(pole), float(pole - 1)})


@pytest.mark.parametrize("name", FAMILY)
def test_zeros_between_all_poles(name: str) -> None:
    found = 0
    for pole in range(-17, 1):
        for crossing in crossings(member(name), between_poles(pole)):
            found += 1
            for x in beside(crossing):
                if pole - 1 < x < pole:
                    with mpmath.workdps(60):
                        truth = FAMILY[name](mpmath.mpf(x))
                    assert error_in_ulps(member(name)(x), truth) <= LIMITS["value"], x
    assert found >= (26 if name == "lgamma" else 18)


# ---- Far out, where a value underflows before its derivatives do -----------------------------------------------------

UNDERFLOWING: Final = {
    "gaussian": (26.65, 26.68, -26.68),
    "normal_pdf": (37.7, -37.7),
    "erfc": (26.6, 26.61),
    "normal_cdf": (-37.5, -37.6),
    "gelu_tanh": (-20.5, -21.17, -21.2),
    "silu": (714.0, -714.0, 712.0),
    "mish": (357.0, 356.5, -714.0),
}
LEAST_NORMAL: Final = 2.0**-1022


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, xs in UNDERFLOWING.items() for x in xs])
def test_derivatives_keep_their_digits_where_the_value_underflows(name: str, x: float) -> None:
    subject = OF_ONE[name]
    for kind in ("first", "second"):
        said, truth = of_one(subject, kind)
        true = truth((x,), SETTLED)
        assert abs(true) >= LEAST_NORMAL
        assert error_in_ulps(said((x,)), true) <= LIMITS[kind], kind


@pytest.mark.parametrize("point", [(0.37, -0.00051), (-7.5, 0.01005), (-0.37, 0.000517)])
def test_an_exponential_of_a_quotient_keeps_its_digits_where_it_underflows(point: Point) -> None:
    subject = ROWS["exp_quotient"]
    for i, got in enumerate(first_derivatives(subject.function, point)):
        assert error_in_ulps(got, true_derivatives(subject, point, i)[1]) <= 6.0
        assert math.isfinite(sum(second_derivatives(subject.function, point, i)))


@pytest.mark.parametrize(
    ("number", "truth"),
    [
        (gated.LINEAR, lambda: mpmath.sqrt(2 / mpmath.pi)),
        (gated.CUBIC, lambda: mpmath.sqrt(2 / mpmath.pi) * mpmath.mpf("0.044715")),
    ],
)
def test_constants_of_the_gate_are_the_nearest_floats(number: float, truth: Callable[[], Any]) -> None:
    with mpmath.workdps(60):
        assert number == float(truth())
