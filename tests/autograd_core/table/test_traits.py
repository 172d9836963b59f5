"""What rows state about their functions, against what the functions are found to be.

Each trait is measured at points of the sample and far out, by the forward function and the local derivatives. A trait
that is wrong fails, and so does one that is missing. Whether a row is an activation no number can say: the table of
`nn` does, see `tests/nn/test_activations.py`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Final

import pytest

from autograd_core import TABLE, Op, define_op
from autograd_core.table.op import Precedence

ROWS: Final = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)

FEW_BELOW_0: Final = (-20.0, -15.0, -12.0)
"""Far below every kink of the rows, and not so far that exponentials underflow."""


def intervals(op: Op) -> list[tuple[float, float]]:
    return list(op.sample * 4 if op.arity is None else op.sample)


def draws(op: Op, count: int = 40) -> list[list[float]]:
    """Points of the sample; every fifth number is 0, where some ops change that change nowhere else."""
    rng = random.Random(op.name)
    return [[rng.choice((0.0, *[rng.uniform(*side)] * 4)) for side in intervals(op)] for _ in range(count)]


def with_first(op: Op, x: float) -> list[float]:
    """A point with this first input, the others inside of their samples and not 0."""
    return [x, *[low + (high - low) * 0.7 for low, high in intervals(op)[1:]]]


def value(op: Op, x: float) -> float:
    return op.evaluate(with_first(op, x))


def derivatives(op: Op, point: Sequence[float]) -> list[float]:
    return op.derivatives_at(point, op.evaluate(point), [True] * len(point))


def derivative(op: Op, x: float) -> float:
    return derivatives(op, with_first(op, x))[0]


# ---- Measured --------------------------------------------------------------------------------------------------------


def is_linear(op: Op) -> bool:
    """Whether in the middle between two points, along each input, the value is in the middle, too."""
    for point, other in zip(draws(op)[::2], draws(op)[1::2], strict=True):
        for i, x in enumerate(other):
            end, middle = list(point), list(point)
            end[i], middle[i] = x, (point[i] + x) / 2.0
            expected = (op.evaluate(point) + op.evaluate(end)) / 2.0
            if op.evaluate(middle) != pytest.approx(expected, rel=1e-12, abs=1e-12):
                return False
    return True


def is_piecewise_constant(op: Op) -> bool:
    return all(d == 0.0 for point in draws(op) for d in derivatives(op, point))


def adds(op: Op) -> str:
    points = draws(op)
    if op.arity != 1 and all(op.evaluate(xs) == pytest.approx(sum(xs)) for xs in points):
        return "inputs"
    if op.arity is None and all(op.evaluate(xs) == pytest.approx(xs[0] * xs[2] + xs[1] * xs[3]) for xs in points):
        return "products"
    return ""


def zero_until(op: Op) -> float | None:
    """The edge of the half-line on which the op is 0, to a thousandth."""
    if any(value(op, x) != 0.0 for x in FEW_BELOW_0):
        return None
    return next((x / 1000.0 for x in range(-12_000, 12_000) if value(op, (x + 1) / 1000.0) != 0.0), math.inf)


def steepest(op: Op) -> float | None:
    """The largest derivative in the first input, if the op tends to two different numbers at the ends of the line."""
    bottom, top = value(op, -1e300), value(op, 1e300)
    is_bounded = (value(op, -1e200), value(op, 1e200)) == pytest.approx((bottom, top)) and abs(top - bottom) > 1e-3
    is_flat = abs(derivative(op, -1e12)) < 1e-9 > abs(derivative(op, 1e12))
    if not is_bounded or not is_flat:
        return None
    low, high = op.sample[0]
    return max(abs(derivative(op, low + (high - low) * i / 1200.0)) for i in range(1201))


# ---- Stated ----------------------------------------------------------------------------------------------------------


@ROWS
def test_linear_is_stated(op: Op) -> None:
    assert op.linear == is_linear(op)


@ROWS
def test_piecewise_constant_is_stated(op: Op) -> None:
    assert op.piecewise_constant == is_piecewise_constant(op)


@ROWS
def test_what_an_op_adds_is_stated(op: Op) -> None:
    assert op.adds == adds(op)


@ROWS
def test_the_half_line_of_zeros_is_stated(op: Op) -> None:
    assert op.zero_until == zero_until(op)


SQUASHING: Final = [op for op in TABLE.values() if op.arity == 1 or op.steepest is not None]
"""With several inputs the others decide where the derivatives end, as in `atan2`; such a row need not state it."""


@pytest.mark.parametrize("op", SQUASHING, ids=lambda op: str(op.name))
def test_the_steepest_derivative_is_stated(op: Op) -> None:
    assert op.steepest == pytest.approx(steepest(op), rel=1e-12) if op.steepest else steepest(op) is None


@ROWS
def test_a_precedence_is_one_of_the_list(op: Op) -> None:
    assert op.precedence in list(Precedence)


# ---- An op of one's own ----------------------------------------------------------------------------------------------


def test_an_op_of_ones_own_promises_nothing() -> None:
    own = define_op("own", math.sin, lambda x, y: TABLE["cos"](x))
    TABLE.pop("own")
    assert not any([own.activation, own.linear, own.piecewise_constant, own.adds, own.internal])
    assert (own.zero_until, own.steepest) == (None, None)


def test_zeros_of_what_is_constant_in_pieces_are_structural() -> None:
    steps = define_op("steps", math.floor, lambda x, y: 0.0, piecewise_constant=True)
    TABLE.pop("steps")
    assert steps.passes_nothing(0, [0.5], 0.0)
