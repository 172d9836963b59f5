"""Meanings of ops in mpmath: all rows have one, and custom ops if they keep all digits."""

import math
from collections.abc import Callable, Sequence
from math import exp
from typing import Any

import mpmath
import pytest

from autograd_core import TABLE, Op, custom_gradient, define_op
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.meanings import MEANINGS, expm1, power_of_e
from autograd_core.testing.truths.sampling import subjects_of
from autograd_core.testing.truths.truth import value


def test_every_row_has_a_meaning() -> None:
    assert MEANINGS.keys() >= {name for name in TABLE if not name.startswith("test_")}


@pytest.mark.parametrize("name", MEANINGS)
def test_rows_mean_what_the_table_says(name: str) -> None:
    assert meaning_of(TABLE[name]) is MEANINGS[name]


@pytest.mark.parametrize("digits", [60, 400])  # mpmath has another method from about 180 digits
@pytest.mark.parametrize("x", [2.0**63, 2.0**64, -(2.0**64), 3e19, -1e25, 7e40, mpmath.mpf(2) ** 70 + 0.75])
def test_large_powers_of_e_keep_all_digits(x: Any, digits: int) -> None:
    with mpmath.workdps(digits):
        assert mpmath.almosteq(power_of_e(mpmath.mpf(x)), mpmath.exp(x), mpmath.mpf(10) ** (2 - digits))


def test_powers_of_e_at_numbers_of_more_digits_than_the_precision() -> None:
    with mpmath.workdps(200):
        x = mpmath.mpf(10) ** 100 + 1
        truth = mpmath.exp(x)
    with mpmath.workdps(30):
        assert mpmath.almosteq(power_of_e(x), truth, 1e-28)
    assert power_of_e(mpmath.inf) == mpmath.inf
    assert power_of_e(-mpmath.inf) == 0
    assert mpmath.isnan(power_of_e(mpmath.nan))


@pytest.mark.parametrize("x", [1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 1.25, 30.0, -30.0, -1e25])
def test_expm1_keeps_all_digits(x: float) -> None:
    with mpmath.workdps(200):
        assert mpmath.almosteq(expm1(mpmath.mpf(x)), mpmath.expm1(x), mpmath.mpf(10) ** -198)


@pytest.mark.parametrize(
    ("forward", "x", "expected"),
    [
        (lambda x: x**3 - x, "0.1", "-0.099"),
        (lambda x: math.exp(-x * x), "0.5", "0.7788007830714048682451702669783"),
        (lambda x: exp(x) + 0, "1", "2.7182818284590452353602874713527"),
        (lambda x: math.log1p(math.sqrt(abs(x))), "4", "1.0986122886681096913952452369225"),
        (math.lgamma, "0.5", "0.57236494292470008707171367567653"),
    ],
)
def test_own_ops_keep_all_digits(forward: Any, x: str, expected: str) -> None:
    meaning = meaning_of(define_op("test_own", forward, lambda x, y: 0.0, sample=(0.25, 4.0)))
    assert meaning is not None
    with mpmath.workdps(30):
        assert mpmath.almosteq(meaning(mpmath.mpf(x)), mpmath.mpf(expected), 1e-29)


def test_own_op_of_many_inputs() -> None:
    def squares(xs: Sequence[float]) -> float:
        return sum(x * x for x in xs)

    meaning = meaning_of(define_op("test_squares", squares, lambda xs, y: [2 * x for x in xs], variadic=True))
    assert meaning is not None
    assert meaning(mpmath.mpf(3), mpmath.mpf(4)) == 25


def test_defaults_and_enclosed_numbers() -> None:
    factor = 3.0

    def scaled(x: float, *, power: int = 2) -> float:
        return factor * math.pow(x, power)

    meaning = meaning_of(define_op("test_scaled", scaled, lambda x, y: 0.0))
    assert meaning is not None
    assert meaning(mpmath.mpf(2)) == 12


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: math.sin(float(x)),
        lambda x: x + math.sin(float(x)),
        lambda x: x + isinstance(x, float),
        lambda x: x * 0 + mpmath.mpf(float(x)),
        lambda x: float.__mul__(x, x),
    ],
)
def test_no_meaning_where_digits_get_lost(forward: Any) -> None:
    assert meaning_of(define_op("test_lossy", forward, lambda x, y: 0.0, sample=(0.25, 4.0))) is None


def test_a_name_alone_gives_no_meaning() -> None:
    @custom_gradient(lambda x, y: 1.0)
    def tanh(x: float) -> float:
        return x + 1

    assert meaning_of(_op_of(tanh)) is not MEANINGS["tanh"]


def test_the_same_function_by_the_same_name() -> None:
    @custom_gradient(lambda x, y: 1.0)
    def tanh(x: float) -> float:
        return math.tanh(x)

    assert meaning_of(_op_of(tanh)) is MEANINGS["tanh"]


def _op_of(function: Callable[..., Any]) -> Op:
    from autograd_core import Value

    op = function(Value(0.5)).op
    assert isinstance(op, Op)
    return op


def test_a_meaning_may_return_a_complex_number_that_is_real() -> None:
    (subject,) = subjects_of(TABLE["square"], lambda x: mpmath.mpc(x * x, 0))
    assert value(subject, (1.5,)) == 2.25
    (subject,) = subjects_of(TABLE["square"], lambda x: mpmath.mpc(0, x))
    assert mpmath.isnan(value(subject, (1.5,)))
