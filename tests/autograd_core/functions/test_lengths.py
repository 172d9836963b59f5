"""Derivatives of lengths of every order: overflow, kinks, nan, and the same numbers when they are recorded."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import mpmath
import pytest

import autograd_core as ag
from autograd_core import TABLE, Value, grad
from autograd_core.testing.rows.accuracy import ulps
from exact import bits
from jets import Jet, derivative, nearest_float, total
from programs_compared import eager, orders

INF, NAN = math.inf, math.nan

Function = Callable[[list[Any]], Any]

ORIGIN: Final = (0.5, -0.25, 2.0)


def length(xs: list[Jet]) -> Any:
    return total([x * x for x in xs]) ** 0.5


def p_norm(p: float) -> Function:
    return lambda xs: total([abs(x) ** p for x in xs if x.parts[0] != 0]) ** (1 / mpmath.mpf(p))


def deviation(xs: list[Jet]) -> Any:
    mean = total(xs) / len(xs)
    deviation: Jet = length([x - mean for x in xs]) / mpmath.sqrt(len(xs) - 1)
    return deviation


LENGTHS: Final[dict[str, tuple[Function, Function]]] = {
    "norm": (ag.norm, length),
    "dist": (
        lambda xs: ag.dist([a + x for a, x in zip(ORIGIN, xs, strict=False)], ORIGIN[: len(xs)]),
        length,
    ),
    "hypot": (lambda xs: ag.hypot(*xs), length),
    "norm 1.5": (lambda xs: ag.norm(xs, 1.5), p_norm(1.5)),
    "norm 3": (lambda xs: ag.norm(xs, 3), p_norm(3)),
    "norm 4": (lambda xs: ag.norm(xs, 4), p_norm(4)),
    "std": (ag.std, deviation),
}
EVERY: Final = pytest.mark.parametrize("name", LENGTHS)
ALL_BUT_DIST: Final = pytest.mark.parametrize("name", [name for name in LENGTHS if name != "dist"])


def of(function: Function, point: Sequence[float], indices: Sequence[int]) -> float:
    """The derivative by the engine with respect to the inputs at these indices, one after the other."""

    def whole(*xs: Any) -> Any:
        return function(list(xs))

    for index in indices:
        whole = grad(whole, index)
    return float(whole(*point))


def truth(name: str, point: Sequence[float], indices: Sequence[int]) -> Any:
    is_constant = name.startswith("norm ") and any(point[i] == 0 for i in indices)  # by convention
    return mpmath.mpf(0) if is_constant else derivative(LENGTHS[name][1], point, indices)


def up_to(order: int, count: int) -> list[tuple[int, ...]]:
    return [each for n in range(order + 1) for each in itertools.product(range(count), repeat=n)]


# ---- Overflow --------------------------------------------------------------------------------------------------------

SMALL: Final = [(1e-310, 3e-310, 0.0), (5e-324, 1e-323, 0.0), (1e-308, 3e-308, 0.0), (1e-305, 1e-306, 1e-310)]


@ALL_BUT_DIST
@pytest.mark.parametrize("point", [*SMALL, (1e-300, 2e-300, -1e-300), (1e300, 2e300, -1.5e300), (2e-162, 1e-162, 0.0)])
def test_second_derivatives_overflow_only_if_the_result_does(name: str, point: tuple[float, ...]) -> None:
    with mpmath.workdps(400):
        for indices in up_to(2, 3):
            found, true = of(LENGTHS[name][0], point, indices), truth(name, point, indices)
            near = nearest_float(true)
            assert found == near or abs(found - near) <= 1e-14 * abs(true) + 1e-323, (indices, found, near)


@ALL_BUT_DIST
def test_third_derivatives_of_small_numbers_are_infinite_or_0(name: str) -> None:
    point = (1e-300, 2e-300, -1e-300)
    with mpmath.workdps(400):
        for indices in [(0, 0, 0), (0, 1, 2), (1, 1, 0), (2, 2, 2), (0, 2, 2)]:
            expected = nearest_float(truth(name, point, indices))
            assert math.isinf(expected)
            assert of(LENGTHS[name][0], point, indices) == expected, indices


def test_a_distance_overflows_no_earlier_than_its_second_derivative() -> None:
    small = (1e-310, 2e-310)
    assert of(lambda xs: ag.dist(xs, [0.0, 0.0]), small, (0, 0)) == INF
    assert of(lambda xs: ag.dist(xs, [0.0, 0.0]), small, (0, 1)) == -INF
    assert of(lambda xs: ag.dist(xs, [0.0, 0.0]), (1e-310, 0.0), (0, 0)) == 0.0


@pytest.mark.parametrize("p", [1.5, 2, 3, 4, 10])
@pytest.mark.parametrize("point", [(1e-310, 3e-310, 0.0), (1e-300, 1e-303, 0.0), (2.0**-1074, 2.0**-1073, 0.0)])
def test_first_derivatives_of_small_numbers_keep_their_digits(p: float, point: tuple[float, ...]) -> None:
    with mpmath.workdps(60):
        for x, slope in zip(point, grad(lambda xs: ag.norm(xs, p))(list(point)), strict=True):
            whole = mpmath.fsum(mpmath.mpf(y) ** p for y in point) ** (1 / mpmath.mpf(p))
            assert ulps(slope, (mpmath.mpf(x) / whole) ** (p - 1)) <= 6 or x == 0.0 == slope


def test_a_length_that_overflows_has_the_slopes_of_shorter_ones() -> None:
    for p in (1.5, 2, 3):
        slopes = grad(lambda xs, p=p: ag.norm(xs, p))([1.7e308, -1.7e308, 0.0])
        assert slopes == pytest.approx(grad(lambda xs, p=p: ag.norm(xs, p))([1.7, -1.7, 0.0]), rel=1e-15)
        assert 0.5 < slopes[0] < 1.0


# ---- Where all numbers but one are 0 or equal ------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("point", [(40.0, 0.0, 0.0), (0.0, 1.0, 1.0), (3.0, 1e-9, 0.0), (1.0, 1e-4, 1e-4)])
def test_derivatives_to_the_third_order(name: str, point: tuple[float, ...]) -> None:
    if name == "dist":
        point = tuple([64.0 * x for x in point])  # so that adding the origin is exact, or nearly so
    with mpmath.workdps(400):
        for indices in up_to(3, 3):
            found, true = of(LENGTHS[name][0], point, indices), truth(name, point, indices)
            scale = max(abs(x) for x in point) ** (1 - len(indices))
            tolerance = 1e-7 if name == "dist" else 1e-14
            assert abs(found - true) <= tolerance * max(abs(true), scale), (indices, found, true)


@pytest.mark.parametrize(
    "point", [(0.0, 1.0, 1.0), (0.1, 0.1, -5.0), (-740.0, 0.0, 0.0), (0.1,) * 7 + (9.0,), (3.0, 0.7)]
)
def test_second_derivatives_along_the_only_value_that_differs_are_exactly_0(point: tuple[float, ...]) -> None:
    """The deviation is that value's distance from the others, times a constant."""
    lone = next(i for i, x in enumerate(point) if point.count(x) == 1)
    for correction in (0, 1, 0.5):
        found = ag.hessian(lambda xs, c=correction: ag.std(xs, c))(list(point))
        assert found[lone] == [0.0] * len(point)
        assert [row[lone] for row in found] == [0.0] * len(point)


# ---- nan -------------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("point", [(-0.0, -1.0, NAN), (NAN, 0.0, 0.0), (1.0, NAN, 2.0)])
def test_nan_stays_nan_in_every_order(name: str, point: tuple[float, ...]) -> None:
    for indices in up_to(3, 3):
        assert math.isnan(of(LENGTHS[name][0], point, indices)), indices


@pytest.mark.parametrize("p", [1.5, 2, 3])
def test_nan_beside_infinity(p: float) -> None:
    point = (INF, NAN, 1.0)
    assert math.isnan(of(lambda xs: ag.norm(xs, p), point, (1,)))
    assert math.isnan(of(lambda xs: ag.norm(xs, p), point, (1, 1)))


PIECEWISE: Final[dict[str, tuple[float, ...]]] = {
    "abs": (NAN,), "cbrt": (NAN,), "clamp": (NAN, -1.0, 1.0), "copysign": (NAN, 1.0), "hardshrink": (NAN, 0.5),
    "hardsigmoid": (NAN,), "hardswish": (NAN,), "log_base": (NAN, 2.0), "relu": (NAN,), "relu6": (NAN,),
    "softshrink": (NAN, 0.5), "max": (NAN, 1.0), "min": (NAN, 1.0),
}  # fmt: skip


@pytest.mark.parametrize(("name", "point"), PIECEWISE.items(), ids=PIECEWISE)
def test_a_derivative_that_is_nan_is_no_constant(name: str, point: tuple[float, ...]) -> None:
    for order in (1, 2, 3):
        assert math.isnan(of(lambda xs: TABLE[name](*xs), point, (0,) * order)), order


def test_the_mixed_derivative_of_a_logarithm_of_nan() -> None:
    for indices in [(0, 1), (1, 0), (1, 1)]:
        assert math.isnan(of(lambda xs: ag.log(*xs), (NAN, 2.0), indices))


def test_nan_times_a_derivative_of_0_is_nan_in_every_order() -> None:
    x = Value(0.0)
    y = ag.log(abs(x) - NAN)
    y.backward(create_graph=True)
    slope, x.grad = x.grad, 0.0
    assert isinstance(slope, Value)
    assert math.isnan(slope.data)
    slope.backward()
    assert math.isnan(float(getattr(x.grad, "data", x.grad)))


# ---- Recorded --------------------------------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("count", [2, 3, 5])
def test_recorded_numbers_are_the_eager_ones_to_the_bit(name: str, count: int) -> None:
    """The value, the gradient and all second derivatives, which a deviation adds up in another order."""
    if name == "dist" and count > len(ORIGIN):
        return
    rng = random.Random(count)

    def function(*xs: Any) -> Any:
        return LENGTHS[name][0](list(xs))

    drawn = [[rng.uniform(-3.0, 3.0) for _ in range(count)] for _ in range(20)]
    whole = [[float(rng.randint(-2, 2)) for _ in range(count)] for _ in range(20)]
    apart = [[1.0] * (count - 1) + [rng.uniform(-9.0, 9.0)] for _ in range(5)]
    far = [[size * x for x in drawn[0]] for size in (1e-310, 1e-300, 1e-100, 1e100, 5e307)]
    program, results = orders(function, count)
    for point in [*drawn, *whole, *apart, *far, [NAN] * count]:
        numbers, by_engine = program.run(point, *results), eager(function, point)
        for i, (found, expected) in enumerate(zip(numbers, by_engine, strict=True)):
            if name == "std" and i > count and math.isfinite(expected):
                largest = max(abs(x) for x in by_engine[1 + count :] if math.isfinite(x))
                assert abs(found - expected) <= 4 * math.ulp(largest), point
                continue
            assert bits(found + 0.0) == bits(expected + 0.0) or (math.isnan(found) and math.isnan(expected)), point
