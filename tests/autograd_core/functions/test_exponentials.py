"""Softmax and its relatives against mpmath: values, first and second derivatives, limits, and the laws they obey."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, Value, grad, hessian, jacobian
from autograd_core.testing import check_grads
from autograd_core.testing.rows.accuracy import ulps
from exact import bits

INF, NAN = math.inf, math.nan
DIGITS = 50
TINY = 1e-290
"""Below this the products on the way to a second derivative are subnormal numbers, which have fewer digits."""

moderate = st.lists(st.floats(-40, 40), min_size=2, max_size=7)
spread = st.lists(st.floats(-600, 600), min_size=2, max_size=7)
crowded = st.lists(st.floats(99.5, 100.5), min_size=2, max_size=7)
short_vectors = st.one_of(moderate, spread, crowded, st.integers(2, 7).map(lambda n: [0.7] * n))
vectors = short_vectors | st.integers(2, 30).map(lambda n: [0.7] * n)


class Truth:
    """The probabilities of a list of numbers and what follows from them, at high precision."""

    def __init__(self, xs: Sequence[float]) -> None:
        self.size = len(xs)
        exponentials = [mpmath.exp(mpmath.mpf(x)) for x in xs]
        total = mpmath.fsum(exponentials)
        self.logsumexp = mpmath.log(total)
        self.p = [e / total for e in exponentials]
        # One minus a probability, written as the sum of the others: 50 digits are few beside exp(-600).
        self.rest = [mpmath.fsum(self.p[:i] + self.p[i + 1 :]) for i in range(self.size)]
        self.log_p = [mpmath.log1p(-q) if q < 0.5 else mpmath.log(p) for p, q in zip(self.p, self.rest, strict=True)]

    def slope(self, i: int, j: int) -> Any:
        """The derivative of the logarithm of the i-th probability with respect to the j-th number."""
        return self.rest[i] if i == j else -self.p[j]

    def first(self, i: int, j: int) -> Any:
        """The derivative of the i-th probability."""
        return self.p[i] * self.slope(i, j)

    def second(self, i: int, j: int, k: int) -> tuple[Any, Any]:
        """The second derivative of the i-th probability, and the size of the terms of which it is the difference."""
        a, b = self.slope(i, j) * self.slope(i, k), self.p[j] * self.slope(j, k)
        return self.p[i] * (a - b), self.p[i] * (abs(a) + abs(b))


def assert_matrix(got: Sequence[Sequence[float]], truth: Callable[[int, int], Any], limit: float) -> None:
    for i, row in enumerate(got):
        for j, number in enumerate(row):
            assert ulps(number, truth(i, j)) <= limit or abs(truth(i, j)) < TINY


@given(vectors)
def test_values_are_right_to_the_last_digits(xs: list[float]) -> None:
    with mpmath.workdps(DIGITS):
        truth = Truth(xs)
        assert all(ulps(y, p) <= 3 for y, p in zip(ag.softmax(xs), truth.p, strict=True))
        assert all(ulps(y, p) <= 3 for y, p in zip(ag.log_softmax(xs), truth.log_p, strict=True))
        assert ulps(ag.logsumexp(xs), truth.logsumexp) <= 3 or abs(truth.logsumexp) < 1e-6


@given(vectors)
def test_first_derivatives_are_right_to_the_last_digits(xs: list[float]) -> None:
    with mpmath.workdps(DIGITS):
        truth = Truth(xs)
        assert_matrix([grad(ag.logsumexp)(xs)], lambda _, j: truth.p[j], 3)
        assert_matrix(jacobian(ag.softmax)(xs), truth.first, 6)
        assert_matrix(jacobian(ag.log_softmax)(xs), truth.slope, 6)


@given(short_vectors, st.data())
def test_second_derivatives_are_right_to_the_last_digits(xs: list[float], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(xs) - 1))
    with mpmath.workdps(DIGITS):
        truth = Truth(xs)
        assert_matrix(hessian(ag.logsumexp)(xs), truth.first, 8)
        assert_matrix(hessian(lambda v: ag.log_softmax(v)[i])(xs), lambda j, k: -truth.first(j, k), 8)
        for j, row in enumerate(hessian(lambda v: ag.softmax(v)[i])(xs)):
            for k, number in enumerate(row):
                second, scale = truth.second(i, j, k)
                assert abs(number - second) <= 8 * 2.0**-53 * scale + TINY


def test_many_equal_classes_lose_no_digit() -> None:
    # With the largest number as origin in all exponentials the gradient in it would be 1 - 999/1000.
    assert grad(ag.logsumexp)([5.0] * 1000) == [0.001] * 1000


def test_a_sure_answer_keeps_all_its_digits() -> None:
    xs = [Value(50.0), Value(0.0)]
    ag.softmax(xs)[0].backward()
    assert [x.grad for x in xs] == pytest.approx([math.exp(-50.0), -math.exp(-50.0)], rel=1e-15, abs=0.0)
    assert ag.log_softmax([50.0, 0.0])[0] == pytest.approx(-math.exp(-50.0), rel=1e-15, abs=0.0)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(-1, 1))
def test_near_0_a_logsumexp_keeps_its_digits(xs: list[float], near: float) -> None:
    with mpmath.workdps(DIGITS):
        moved = [x - ag.logsumexp(xs) + near for x in xs]
        truth = Truth(moved)
        assert abs(ag.logsumexp(moved) - truth.logsumexp) <= 3 * math.ulp(max(abs(float(truth.logsumexp)), 1e-6))
        assert_matrix([grad(ag.logsumexp)(moved)], lambda _, j: truth.p[j], 3)


def test_the_difference_in_the_exponent_is_not_rounded() -> None:
    xs = [1e-17, 700.0, 699.1]
    with mpmath.workdps(DIGITS):
        assert all(ulps(y, p) <= 3 for y, p in zip(ag.softmax(xs), Truth(xs).p, strict=True))


# ---- Laws ------------------------------------------------------------------------------------------------------------


@given(vectors)
def test_probabilities_have_sum_one(xs: list[float]) -> None:
    assert abs(math.fsum(ag.softmax(xs)) - 1.0) <= 2 * 2.0**-52


@given(vectors)
def test_the_log_of_the_softmax(xs: list[float]) -> None:
    for p, log_p in zip(ag.softmax(xs), ag.log_softmax(xs), strict=True):
        # Both are off by up to 3 of their last digits, and what the logarithm is off, its exponential is relatively.
        assert math.exp(log_p) == pytest.approx(p, rel=3 * math.ulp(log_p) + 4 * 2.0**-52, abs=1e-307)


@given(st.lists(st.integers(-300, 300), min_size=1, max_size=7), st.integers(-(2**40), 2**40))
def test_a_shift_of_all_numbers_changes_no_probability(xs: list[int], shift: int) -> None:
    moved = [x + shift for x in xs]
    assert ag.softmax(moved) == ag.softmax(xs)
    assert ag.log_softmax(moved) == ag.log_softmax(xs)
    assert ag.logsumexp(moved) == pytest.approx(ag.logsumexp(xs) + shift, rel=1e-15, abs=1e-13)


@given(vectors, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(xs: list[float], rng: Any) -> None:
    order = rng.sample(range(len(xs)), len(xs))
    assert ag.softmax([xs[i] for i in order]) == [ag.softmax(xs)[i] for i in order]
    assert ag.logsumexp([xs[i] for i in order]) == ag.logsumexp(xs)


@pytest.mark.parametrize("function", [ag.softmax, ag.log_softmax, ag.logsumexp])
@settings(max_examples=30)  # the derivatives in reverse mode are confirmed above, to the last digits
@given(xs=st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_gradients_are_right_in_both_modes(function: Callable[[Any], Any], xs: list[float]) -> None:
    assert check_grads(function, xs)


@given(st.floats(-700, 700), st.floats(-700, 700))
def test_logaddexp_is_logsumexp_of_two(a: float, b: float) -> None:
    assert bits(ag.logaddexp(a, b)) == bits(ag.logsumexp([a, b]))
    assert grad(ag.logaddexp, (0, 1))(a, b) == tuple(grad(ag.logsumexp)([a, b]))


# ---- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xs", "probabilities", "logs", "total", "reason"),
    [
        ([INF, 0.0], [1.0, 0.0], [-0.0, -INF], INF, "a limit"),
        ([0.0, -INF], [1.0, 0.0], [-0.0, -INF], 0.0, "exp(-inf) counts nothing"),
        ([INF, INF], [NAN, NAN], [NAN, NAN], INF, "no limit, but the sum is infinite anyway"),
        ([-INF, -INF], [NAN, NAN], [NAN, NAN], -INF, "0/0, and the logarithm of 0"),
        ([-INF], [NAN], [NAN], -INF, "likewise"),
        ([NAN, 1.0], [NAN, NAN], [NAN, NAN], NAN, "nan stays nan"),
        ([1.0, NAN], [NAN, NAN], [NAN, NAN], NAN, "wherever it stands"),
        ([INF, NAN], [NAN, NAN], [NAN, NAN], NAN, "also beside an infinity"),
        ([NAN], [NAN], [NAN], NAN, "also alone"),
        ([3.0], [1.0], [-0.0], 3.0, "the only one is sure"),
        ([INF], [1.0], [-0.0], INF, "likewise"),
        ([1e308, -1e308], [1.0, 0.0], [-0.0, -INF], 1e308, "the difference overflows, as the logarithm does"),
        ([0.0, -745.0], [1.0, 5e-324], [-5e-324, -745.0], 5e-324, "down to the smallest subnormal"),
        ([-800.0, -800.0], [0.5, 0.5], [-math.log(2)] * 2, -800.0 + math.log(2), "no underflow on the way"),
    ],
)
def test_limit(xs: list[float], probabilities: list[float], logs: list[float], total: float, reason: str) -> None:
    for convert in (float, Value):
        given = [convert(x) for x in xs]
        results = [*ag.softmax(given), *ag.log_softmax(given), ag.logsumexp(given)]
        numbers = [y if isinstance(y, float) else y.data for y in results]
        assert list(map(bits, numbers)) == list(map(bits, [*probabilities, *logs, total])), reason


@pytest.mark.parametrize(
    ("xs", "gradient", "reason"),
    [
        ([INF, 0.0], [1.0, 0.0], "a limit"),
        ([-INF, 0.0], [0.0, 1.0], "a limit"),
        ([INF, INF], [0.5, 0.5], "ties of the largest share evenly"),
        ([-INF, -INF, -INF], [1 / 3, 1 / 3, 1 / 3], "the limit along equal numbers"),
        ([1000.0, -1000.0], [1.0, 0.0], "no overflow on the way"),
    ],
)
def test_gradient_of_logsumexp_at_limits(xs: list[float], gradient: list[float], reason: str) -> None:
    assert grad(ag.logsumexp)(xs) == gradient, reason


# ---- Forms of input --------------------------------------------------------------------------------------------------

EACH = pytest.mark.parametrize("function", [ag.softmax, ag.log_softmax, lambda xs: [ag.logsumexp(xs)]])


@EACH
def test_numbers_give_floats_and_values_give_values(function: Callable[[Any], list[Any]]) -> None:
    for n in (1, 2, 5):
        assert all(type(y) is float for y in function(range(n)))
        assert all(isinstance(y, Value) for y in function([Value(k) for k in range(n)]))
    for at in range(3):
        mixed: list[Any] = [1, 2, 1]
        mixed[at] = Value(mixed[at])
        results = function(iter(mixed))
        assert all(isinstance(y, Value) for y in results)
        assert [y.data for y in results] == function([1, 2, 1])


@EACH
@pytest.mark.parametrize("xs", [[1.0, 3.0, -2.0], [2.0, 2.0, 2.0]])
def test_a_number_beside_values_takes_part(function: Callable[[Any], list[Any]], xs: list[float]) -> None:
    for at in range(3):
        variables: list[Any] = [Value(x) for x in xs]
        whole = jacobian(function)(xs)
        variables[at] = xs[at]
        for y, row in zip(function(variables), whole, strict=True):
            for v in variables:
                if isinstance(v, Value):
                    v.grad = 0.0
            y.backward()
            rest = [(v.grad, d) for v, d in zip(variables, row, strict=True) if isinstance(v, Value)]
            assert all(got == pytest.approx(expected, rel=1e-15, abs=0) for got, expected in rest)


def test_the_same_value_several_times() -> None:
    x = Value(3.0)
    ag.logsumexp([x, x, x]).backward()
    assert x.grad == pytest.approx(1.0, rel=1e-15)
    x.grad = 0.0
    ag.log_softmax([x, x, 1.0])[0].backward()
    assert x.grad == pytest.approx(math.exp(-2.0) / (2 + math.exp(-2.0)), rel=1e-14)


@EACH
def test_a_single_one_has_no_gradient_but_its_own(function: Callable[[Any], list[Any]]) -> None:
    x = Value(3.0)
    function([x])[0].backward()
    assert x.grad == (1.0 if function([0.5]) == [0.5] else 0.0)


@EACH
def test_modes(function: Callable[[Any], list[Any]]) -> None:
    xs = [Value(1.0), Value(2.0), Value(4.0)]
    with ag.no_grad():
        assert all(y.inputs == () for y in function(xs))
    with ag.detect_anomaly():
        checked = function(xs)
    assert [y.data for y in checked] == [y.data for y in function(xs)]


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_errors(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} expected at least one input, got none"):
        getattr(ag, name)([])
    with pytest.raises(OperandTypeError, match="got None"):
        getattr(ag, name)([1.0, None])
