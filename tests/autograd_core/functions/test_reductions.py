"""Functions of sequences and functions with defaults: values and derivatives against mpmath, limits, laws, errors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, OperandTypeError, ShapeError, Value, grad, hessian
from autograd_core.testing.rows.accuracy import ulps
from exact import bits

INF, NAN = math.inf, math.nan
np: Any = numpy  # its types know nothing of Values
DIGITS = 60
HUGE = 1.7e308
ORDINARY = 1e-290
"""Derivatives above this are ordinary numbers, and so is what is multiplied on the way to them."""

numbers = st.floats(-10, 10)
vectors = st.lists(numbers, min_size=2, max_size=6)
sized_vectors = st.tuples(vectors, st.sampled_from([1e-300, 1e-160, 1e155, 1e306])).map(
    lambda v: [x * v[1] for x in v[0]]
)


def assert_near(got: float, truth: Any, limit: float) -> None:
    assert ulps(got, truth) <= limit or abs(truth) < ORDINARY


# ---- Extremes --------------------------------------------------------------------------------------------------------


def test_extremes_take_values_singly_or_as_one_iterable() -> None:
    a, b = Value(1.0), Value(2.0)
    assert ag.max(a, b, 1.5).data == ag.max([a, b]).data == ag.max(x for x in (a, b)).data == 2.0
    assert ag.min(a, b, 1.5).data == ag.min((a, b)).data == 1.0
    assert ag.max(a).data == 1.0
    assert ag.max(1, 2) == 2.0
    with pytest.raises(InputError, match="max expected at least one input"):
        ag.max([])


@given(st.floats(), st.floats())
def test_maximum_and_minimum_are_max_and_min_of_two(a: float, b: float) -> None:
    assert bits(ag.maximum(a, b)) == bits(ag.max(a, b))
    assert bits(ag.minimum(a, b)) == bits(ag.min(a, b))


def test_maximum_and_minimum_share_ties_evenly() -> None:
    assert grad(ag.maximum, (0, 1))(2.0, 2.0) == grad(ag.minimum, (0, 1))(2.0, 2.0) == (0.5, 0.5)
    assert grad(ag.maximum, (0, 1))(2.0, 1.0) == grad(ag.minimum, (0, 1))(1.0, 2.0) == (1.0, 0.0)


# ---- Products --------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-10, -1e-60) | st.floats(1e-60, 10) | st.just(0.0), min_size=1, max_size=5))
def test_derivatives_of_a_product_are_products_of_the_others(xs: list[float]) -> None:
    size = range(len(xs))

    def others(*left_out: int) -> Any:
        return mpmath.fprod(xs[i] for i in size if i not in left_out)

    with mpmath.workdps(DIGITS):
        assert_near(ag.prod(xs), others(), len(xs))
        for i, slope in enumerate(grad(ag.prod)(xs)):
            assert_near(slope, others(i), len(xs))
        for i, row in enumerate(hessian(ag.prod)(xs)):
            for j, number in enumerate(row):
                assert_near(number, others(i, j) if i != j else mpmath.mpf(0), 2 * len(xs))


def test_a_product_of_one_and_of_none() -> None:
    assert grad(ag.prod)([7.0]) == [1.0]
    assert type(ag.prod([2, 3])) is float
    with pytest.raises(InputError, match="prod expected at least one input, got none"):
        ag.prod([])


def test_sumprod_is_rounded_once_and_differentiated_as_dot() -> None:
    p, q = [1e16, 1.0, -1e16], [1.0, 2.0, 1.0]
    assert ag.sumprod(p, q) == 2.0
    assert grad(ag.sumprod, (0, 1))(p, q) == (q, p)
    assert grad(ag.sumprod)([Fraction(1, 2), True], [3, 4]) == [3.0, 4.0]


@pytest.mark.parametrize("function", [ag.sumprod, ag.dist])
def test_sequences_of_equal_length(function: Callable[..., Any]) -> None:
    with pytest.raises(ShapeError, match="two sequences of equal length, got 1 and 2 numbers"):
        function([1.0], [1.0, 2.0])
    with pytest.raises(ShapeError, match="at least one number in each sequence, got none"):
        function([], [])
    with pytest.raises(OperandTypeError, match="got 'x'"):
        function(["x"], [1.0])


# ---- Lengths ---------------------------------------------------------------------------------------------------------


@given(vectors)
def test_dist_is_the_norm_of_the_difference(p: list[float]) -> None:
    q = [x * x for x in p]
    assert ulps(ag.dist(p, q), math.dist(p, q)) <= 1
    for ours, its in zip(grad(ag.dist, (0, 1))(p, q), (1.0, -1.0), strict=True):
        expected = grad(ag.norm)([x - y for x, y in zip(p, q, strict=True)])
        assert ours == [its * d for d in expected]


def test_dist_of_a_point_from_itself() -> None:
    assert grad(ag.dist)([1.0, 2.0], [1.0, 2.0]) == [0.0, 0.0]
    assert ag.dist([HUGE], [-1e307]) == INF
    assert ag.dist([1e300, 0.0], [0.0, 1e300]) == pytest.approx(math.sqrt(2.0) * 1e300, rel=1e-15)


POWERS = pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3, 10, 100, 2000, INF])


def true_norm(xs: Sequence[float], p: float) -> Any:
    sizes = [abs(mpmath.mpf(x)) for x in xs]
    return max(sizes) if p == INF else mpmath.fsum(x ** mpmath.mpf(p) for x in sizes) ** (1 / mpmath.mpf(p))


@POWERS
@given(xs=st.one_of(vectors, sized_vectors))
def test_norms_are_right_to_the_last_digits(p: float, xs: list[float]) -> None:
    with mpmath.workdps(DIGITS):
        truth = true_norm(xs, p)
        assume(truth < 1e308)
        assert_near(ag.norm(xs, p), truth, 4)


def vectors_for(p: float) -> st.SearchStrategy[list[float]]:
    """Numbers whose powers are ordinary floats beside the power of the largest one; and zeros."""
    least = 1e-290 if p == INF else 10.0 ** (-270.0 / max(p, 1.0))
    size = st.just(0.0) | st.floats(least, 1.0) | st.floats(-1.0, -least)
    sizes = st.lists(size, min_size=1, max_size=5).map(lambda sizes: [1.0, *sizes]).flatmap(st.permutations)
    largest = st.floats(1e-10, 10.0) | st.floats(-10.0, -1e-10)
    return st.builds(lambda sizes, largest: [x * largest for x in sizes], sizes, largest)


@POWERS
@settings(max_examples=50)  # for each of nine powers
@given(data=st.data())
def test_derivatives_of_norms_are_right_to_the_last_digits(p: float, data: st.DataObject) -> None:
    xs = data.draw(vectors_for(p))
    with mpmath.workdps(DIGITS):
        truth = true_norm(xs, p)
        ties = [abs(x) for x in xs].count(float(truth))
        for x, slope in zip(xs, grad(lambda v: ag.norm(v, p))(xs), strict=True):
            if x == 0:
                assert slope == 0.0
            elif p == INF:
                assert slope == (math.copysign(1 / ties, x) if abs(x) == truth else 0.0)
            else:
                # Up to nine roundings: two powers and their quotient, the three of the rest, its sum with 1, the power
                # of that, and the product. A strong power is so many times as sensitive to its base as its exponent
                # says.
                expected = mpmath.sign(x) * (abs(mpmath.mpf(x)) / truth) ** (mpmath.mpf(p) - 1)
                assert_near(slope, expected, 9 if p <= 512 else 6 * p)


def true_curvature(xs: Sequence[Any], p: Any, i: int, j: int) -> Any:
    """The second derivative of the p-norm of numbers other than 0; no terms cancel in it."""
    norm = mpmath.fsum(abs(x) ** p for x in xs) ** (1 / p)
    if i != j:
        return (1 - p) / norm * mpmath.sign(xs[i] * xs[j]) * (abs(xs[i] * xs[j]) / norm**2) ** (p - 1)
    rest = mpmath.fsum(abs(x) ** p for k, x in enumerate(xs) if k != i) / norm**p
    return (p - 1) / norm * (abs(xs[i]) / norm) ** (p - 2) * rest


@pytest.mark.parametrize("p", [1.25, 1.5, 3, 4, 10])
@pytest.mark.parametrize(
    "xs", [(1.0, 1e-4), (-1e-3, 1e-7), (3.0, 2.0, -1.0), (2.0, 2.0, 1.0), (1e300, 1e299), (7.0, 1.0)]
)
def test_second_derivatives_of_norms_are_right_to_the_last_digits(p: float, xs: tuple[float, ...]) -> None:
    found = ag.hessian(lambda v: ag.norm(v, p))(list(xs))
    with mpmath.workdps(DIGITS):
        for i, j in itertools.product(range(len(xs)), repeat=2):
            assert_near(found[i][j], true_curvature([*map(mpmath.mpf, xs)], mpmath.mpf(p), i, j), 24)


def test_coordinates_that_are_0_are_constants_of_norms() -> None:
    for p in (1.25, 3):
        assert ag.hessian(lambda v, p=p: ag.norm(v, p))([2.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]


# Numbers that keep their digits when they are scaled.
scalable = st.just(0.0) | st.floats(1e-100, 10.0) | st.floats(-10.0, -1e-100)


@POWERS
@settings(max_examples=50)  # for each of nine powers
@given(xs=st.lists(scalable, min_size=2, max_size=6), e=st.integers(-400, 400))
def test_norms_are_homogeneous(p: float, xs: list[float], e: int) -> None:
    scaled = [math.ldexp(x, e) for x in xs]
    assert ag.norm(scaled, p) == math.ldexp(ag.norm(xs, p), e)


@POWERS
def test_norms_at_limits(p: float) -> None:
    def norm(xs: Sequence[Any]) -> Any:
        return ag.norm(xs, p)

    assert norm([0.0, -0.0]) == 0.0
    assert grad(norm)([0.0, -0.0]) == [0.0, 0.0]
    assert grad(norm)([0.0, -2.0]) == [0.0, -1.0]
    assert norm([-INF, 1.0]) == INF
    assert grad(norm)([-INF, 1.0]) == [-1.0, 1.0 if p == 1 else 0.0]
    assert math.isnan(norm([1.0, NAN]))
    assert math.isnan(norm([NAN, 1.0]))
    assert norm([5e-324]) == 5e-324
    assert norm([HUGE]) == HUGE
    assert [*grad(norm)([1e-200]), *grad(norm)([1e300])] == pytest.approx([1.0, 1.0], rel=1e-15)
    assert type(norm([3])) is float


def test_norms_of_other_powers_are_refused() -> None:
    for p in (0, -1, NAN):
        with pytest.raises(InputError, match="a power p above 0, got"):
            ag.norm([1.0], p)
    with pytest.raises(InputError, match="norm expected at least one input, got none"):
        ag.norm([])
    with pytest.raises(OperandTypeError, match="got 'fro'"):
        ag.norm([1.0], "fro")  # type: ignore[call-overload]


# ---- Statistics ------------------------------------------------------------------------------------------------------


class Sample:
    """Mean, variance and their derivatives at high precision."""

    def __init__(self, xs: Sequence[float], correction: float) -> None:
        exact = [Fraction(x) for x in xs]
        mean = sum(exact, Fraction(0)) / len(xs)
        self.count = len(xs)
        self.freedom = len(xs) - mpmath.mpf(correction)
        self.mean, *self.deviations = [
            mpmath.mpf(x.numerator) / x.denominator for x in (mean, *[x - mean for x in exact])
        ]
        self.var = mpmath.fsum(d * d for d in self.deviations) / self.freedom
        self.std = mpmath.sqrt(self.var)

    def share(self, i: int, j: int) -> Any:
        """The derivative of a deviation, by the degrees of freedom."""
        return (mpmath.mpf(i == j) - mpmath.mpf(1) / self.count) / self.freedom


corrections = st.sampled_from([0, 1, 0.5])
spread_vectors = st.builds(
    lambda xs, gap: [*xs, xs[0] - math.copysign(gap, xs[0])],
    st.lists(numbers, min_size=1, max_size=5),
    st.floats(1.0, 10.0),
).flatmap(st.permutations)
"""Numbers at least two of which differ: the deviation of many that are nearly equal is mostly their rounding."""
samples = st.one_of(
    spread_vectors,
    st.builds(lambda xs, far: [x + far for x in xs], spread_vectors, st.sampled_from([1e3, 1e8, -1e8])),
    st.builds(lambda xs, size: [x * size for x in xs], spread_vectors, st.sampled_from([1e-300, 1e-160, 1e155, 5e305])),
)


@given(samples, corrections)
def test_statistics_are_right_to_the_last_digits(xs: list[float], correction: float) -> None:
    with mpmath.workdps(DIGITS):
        sample = Sample(xs, correction)
        assert_near(
            ag.mean(xs), sample.mean, 1.5
        )  # half a unit of the sum, which may be two of the mean, and another half
        assert_near(ag.std(xs, correction), sample.std, 2)
        if sample.var < 1e308:
            assert_near(ag.var(xs, correction), sample.var, 3)


@given(samples, corrections)
def test_derivatives_of_statistics_are_right_to_the_last_digits(xs: list[float], correction: float) -> None:
    with mpmath.workdps(DIGITS):
        sample = Sample(xs, correction)
        slopes = zip(
            sample.deviations,
            grad(lambda v: ag.var(v, correction))(xs),
            grad(lambda v: ag.std(v, correction))(xs),
            strict=True,
        )
        for deviation, of_var, of_std in slopes:
            if abs(deviation) < 1e307:
                assert_near(of_var, 2 * deviation / sample.freedom, 4)
            assert_near(of_std, deviation / sample.freedom / sample.std, 6)
        assert grad(ag.mean)(xs) == [1.0 / len(xs)] * len(xs)


@given(samples, corrections)
def test_second_derivatives_of_statistics_are_right_to_the_last_digits(xs: list[float], correction: float) -> None:
    with mpmath.workdps(DIGITS):
        sample = Sample(xs, correction)
        of_var = hessian(lambda v: ag.var(v, correction))(xs)
        of_std = hessian(lambda v: ag.std(v, correction))(xs)
        for i, a in enumerate(sample.deviations):
            for j, b in enumerate(sample.deviations):
                assert_near(of_var[i][j], 2 * sample.share(i, j), 4)
                spread, bend = sample.share(i, j) / sample.std, a * b / sample.freedom**2 / sample.std**3
                scale = abs(spread) + abs(bend)
                if ORDINARY < scale < 1e290:
                    assert abs(of_std[i][j] - (spread - bend)) <= 16 * 2.0**-53 * scale


@given(st.lists(st.integers(-(2**20), 2**20), min_size=2, max_size=8), st.integers(-(2**30), 2**30))
def test_a_shift_of_all_values_changes_no_variance(xs: list[int], shift: int) -> None:
    moved = [x + shift for x in xs]
    assert ag.var(moved) == pytest.approx(ag.var(xs), rel=1e-15)
    assert grad(ag.var)(moved) == pytest.approx(grad(ag.var)(xs), rel=1e-14)


@given(numbers, st.integers(2, 12))
def test_equal_values_do_not_vary(x: float, count: int) -> None:
    xs = [x] * count
    assert (ag.var(xs), ag.std(xs)) == (0.0, 0.0)
    assert grad(ag.var)(xs) == grad(ag.std)(xs) == [0.0] * count
    assert hessian(ag.var)(xs)[0][:2] == pytest.approx([2 / count, -2 / count / (count - 1)], rel=1e-15)


def test_statistics_overflow_only_if_the_result_does() -> None:
    assert ag.mean([1e308, 1e308]) == 1e308
    assert ag.mean([HUGE] * 3 + [-HUGE]) == HUGE / 2
    assert grad(ag.mean)([1e308] * 3) == [1 / 3] * 3
    assert ag.std([HUGE, -HUGE], correction=0) == HUGE
    assert grad(lambda v: ag.std(v, 0))([HUGE, -HUGE]) == [0.5, -0.5]
    assert ag.std([HUGE, -HUGE, HUGE, HUGE]) == pytest.approx(HUGE, rel=1e-15)
    big = 1.2e154  # the sum of the squares of four of them overflows
    assert ag.var([big, -big, big, -big], correction=0) == pytest.approx(big * big, rel=1e-15)
    assert grad(ag.var)([1e300, -1e300]) == pytest.approx([2e300, -2e300], rel=1e-15)
    assert ag.std([1e-300, 3e-300], 0) == pytest.approx(1e-300, rel=1e-15)


def test_statistics_of_what_is_not_finite() -> None:
    assert ag.mean([INF, 1.0]) == INF
    assert math.isnan(ag.mean([INF, -INF]))
    for xs in ([INF, 1.0], [1.0, NAN], [NAN, 1.0]):
        assert math.isnan(ag.var(xs))
        assert math.isnan(ag.std(xs))


def test_a_mean_loses_nothing_beside_partial_sums() -> None:
    assert ag.mean([1e16, 1.0, 1.0, -1e16]) == 0.5
    assert ag.mean([Value(1e16), 1, Fraction(1), -1e16]).data == 0.5


@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_statistics_of_too_few_values(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} expected at least one input, got none"):
        getattr(ag, name)([])
    if name != "mean":
        with pytest.raises(InputError, match=f"{name} with correction=1 expected more than 1 values, got 1"):
            getattr(ag, name)([Value(1.0)])
        assert getattr(ag, name)([3.0], correction=0) == 0.0
        assert grad(lambda v: getattr(ag, name)(v, correction=0))([3.0]) == [0.0]


# ---- Logarithms ------------------------------------------------------------------------------------------------------


def test_logarithms_to_a_base() -> None:
    x, b = Value(8.0), Value(2.0)
    assert ag.log(x).op is TABLE["log"]
    assert ag.log(x, 10.0).op is x.log(10).op is TABLE["log_base"]
    assert (ag.log(8.0, 2), x.log(2).data, ag.log(1000.0, 10)) == (3.0, 3.0, 3.0)
    y = ag.log(x, b)
    y.backward()
    assert y.data == pytest.approx(3.0, rel=1e-15)
    assert x.grad == pytest.approx(1 / (8 * math.log(2)), rel=1e-15)
    assert b.grad == pytest.approx(-3 / (2 * math.log(2)), rel=1e-15)
    assert ag.log(100, base=5) == pytest.approx(math.log(100, 5), rel=1e-15)
    assert (ag.log(0.0), ag.log(0.0, 2)) == (-INF, -INF)
    assert math.isnan(ag.log(-1.0, 3.0))
    with pytest.raises(OperandTypeError, match="got 'e'"):
        ag.log(1.0, "e")  # type: ignore[call-overload]


# ---- Functions with defaults -----------------------------------------------------------------------------------------

DEFAULTS = {
    "leaky_relu": (0.01,),
    "elu": (1.0,),
    "celu": (1.0,),
    "softshrink": (0.5,),
    "hardshrink": (0.5,),
    "hardtanh": (-1.0, 1.0),
}
"""The parameters that PyTorch takes if none are given."""

ROWS = {name: TABLE[name] for name in DEFAULTS if name != "hardtanh"} | {"hardtanh": TABLE["clamp"]}


@pytest.mark.parametrize("name", DEFAULTS)
@given(x=st.floats())
def test_a_default_is_that_of_pytorch(name: str, x: float) -> None:
    assert bits(getattr(ag, name)(x)) == bits(ROWS[name](x, *DEFAULTS[name]))


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_parameter_can_be_given_and_trained(name: str) -> None:
    parameters = [Value(2.0 * d) for d in DEFAULTS[name]]
    for x in (-3.0, -1.5, 0.25, 3.0):
        y, row = getattr(ag, name)(x, *parameters), ROWS[name](x, *parameters)
        assert (y.op, y.inputs, y.data, y.derivatives) == (row.op, row.inputs, row.data, row.derivatives)


def test_gelu_and_its_approximation() -> None:
    x = Value(1.0)
    assert ag.gelu(x).op is TABLE["gelu"]
    assert ag.gelu(x, approximate="tanh").op is TABLE["gelu_tanh"]
    with pytest.raises(InputError, match="expected approximate='none' or 'tanh', got 'sigmoid'"):
        ag.gelu(x, "sigmoid")


def test_where_takes_a_truth_value_or_a_number() -> None:
    a, b = Value(1.0), Value(2.0)
    assert ag.where(a < b, a, b) == 1.0
    assert ag.where(Value(0.0), a, b) == 2.0
    assert ag.where(True, 1, 2) == 1.0


# ---- Far from 1 ------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(-500, 500), min_size=3, max_size=4, unique=True).map(lambda xs: [x / 100 for x in xs]),
    st.sampled_from([1e-300, 1e-250, 1e-160, 1e-150, 1e-120, 1e120, 1e150, 1e160, 1e250, 1e300]),
    st.sampled_from([ag.std, ag.norm, lambda v: ag.dist(v[:1], v[1:2])]),
)
def test_lengths_know_no_size(near: list[float], scale: float, length: Callable[[Sequence[Any]], Any]) -> None:
    """Of a length `f(s·x) = s·f(x)`: the gradient is the same for every `s`, and second derivatives are by `s`."""
    factor = 2.0 ** round(math.log2(scale))  # exact
    far = [x * factor for x in near]
    assert length(far) == pytest.approx(length(near) * factor, rel=1e-14)
    assert grad(length)(far) == pytest.approx(grad(length)(near), rel=1e-13, abs=1e-15)
    for row, other in zip(hessian(length)(far), hessian(length)(near), strict=True):
        assert [x * factor for x in row] == pytest.approx(other, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("center", [1e-150, 1e-140, 1e-100, 1.0, 1e100, 1e140, 1e300])
def test_close_numbers_of_every_size_have_a_deviation(center: float) -> None:
    xs = [center, center * (1.0 + 1e-9), center * (1.0 - 3e-9), center]
    with mpmath.workdps(DIGITS):
        numbers_ = [mpmath.mpf(x) for x in xs]
        mean = mpmath.fsum(numbers_) / 4
        true = mpmath.sqrt(mpmath.fsum([(x - mean) ** 2 for x in numbers_]) / 3)
        slopes = [(x - mean) / 3 / true for x in numbers_]
        assert ulps(ag.std(xs), true) <= 3
        for got, slope in zip(grad(ag.std)(xs), slopes, strict=True):
            assert ulps(got, slope) <= 6


@pytest.mark.parametrize("p", [0.5, 1.5, 3.0, 40.0, 700.0])
@pytest.mark.parametrize("scale", [2.0**-1060, 2.0**-1030, 2.0**-1000, 2.0**-500, 2.0**500, 2.0**1020])
def test_gradients_of_norms_are_finite_at_the_ends_of_the_range(p: float, scale: float) -> None:
    def norm(v: Any) -> Any:
        return ag.norm(v, p)

    near = [1.0, 0.875, -0.75]
    far = [x * scale for x in near]
    coarse = 0.02 if scale < 2.0**-1050 else 1e-9  # of subnormal numbers few digits are left
    assert grad(norm)(far) == pytest.approx(grad(norm)(near), rel=2e-3, abs=coarse)


def test_second_derivatives_of_squares_of_lengths_follow_from_the_subgradient() -> None:
    """As the docstrings say; and what they say to write instead is right."""
    squares: list[Callable[[Any], Any]] = [
        lambda v: ag.norm(v) ** 2,
        lambda v: abs(v[0]) ** 2 + abs(v[1]) ** 2,
        lambda v: ag.hypot(*v) ** 2,
        lambda v: ag.dist(v, [0.0, 0.0]) ** 2,
    ]
    for square in squares:
        assert hessian(square)([0.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda v: ag.dot(v, v))([0.0, 0.0]) == [[2.0, 0.0], [0.0, 2.0]]
    assert hessian(lambda v: ag.std(v) ** 2)([1.0, 1.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(ag.var)([1.0, 1.0]) == [[1.0, -1.0], [-1.0, 1.0]]


def test_functions_of_numpy_with_a_value_are_the_rows_element_by_element() -> None:
    for function, row in ((np.maximum, ag.maximum), (np.minimum, ag.minimum)):
        for number in (NAN, 0.0, 2.0):
            leaves, others = [Value(1.0), Value(2.0), Value(NAN)], [Value(1.0), Value(2.0), Value(NAN)]
            bound, bounds = Value(number), Value(number)
            with np.errstate(all="ignore"):
                results = [*function(np.array(leaves), bound)]
            expected = [row(x, bounds) for x in others]
            assert [y.data for y in results] == pytest.approx([y.data for y in expected], nan_ok=True)
            for outputs in (results, expected):
                ag.sum(outputs).backward()
            assert [x.grad for x in (*leaves, bound)] == pytest.approx([x.grad for x in (*others, bounds)], nan_ok=True)
