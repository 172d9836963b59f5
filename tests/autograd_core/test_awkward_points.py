"""Kinks, poles, ties, signed zeros, overflow, nan: one table of what happens where, and why."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import autograd_core as ag
from autograd_core import TABLE, Value
from exact import bits

INF, NAN, TINY, HUGE = math.inf, math.nan, 5e-324, 1.7976931348623157e308

# op, inputs, value, derivative with respect to each input, reason
TABLE_OF_POINTS = [
    ("abs", (0.0,), 0.0, (0.0,), "the subgradient of smallest magnitude"),
    ("abs", (-0.0,), 0.0, (0.0,), "-0.0 is 0"),
    ("abs", (-INF,), INF, (-1.0,), "a limit"),
    ("abs", (NAN,), NAN, (NAN,), "nan stays nan"),
    ("relu", (0.0,), 0.0, (0.0,), "the subgradient of smallest magnitude"),
    ("relu", (TINY,), TINY, (1.0,), "above 0, however little"),
    ("relu", (-INF,), 0.0, (0.0,), "a limit"),
    ("relu", (NAN,), NAN, (NAN,), "nan stays nan"),
    ("max", (2.0, 2.0), 2.0, (0.5, 0.5), "ties share evenly"),
    ("max", (2.0, 2.0, 2.0, 1.0), 2.0, (1 / 3, 1 / 3, 1 / 3, 0.0), "however many they are"),
    ("max", (-0.0, 0.0), 0.0, (0.5, 0.5), "a tie whose larger zero is the positive one"),
    ("max", (1.0, NAN), NAN, (NAN, NAN), "nan stays nan"),
    ("min", (0.0, -0.0), -0.0, (0.5, 0.5), "a tie whose smaller zero is the negative one"),
    ("min", (INF, 1.0), 1.0, (0.0, 1.0), "infinity is a number like others"),
    ("log", (0.0,), -INF, (INF,), "a pole keeps its limit"),
    ("log", (-0.0,), -INF, (INF,), "approached from inside the domain"),
    ("log", (-1.0,), NAN, (NAN,), "outside the domain neither value nor derivative exists"),
    ("log", (INF,), INF, (0.0,), "a limit"),
    ("log", (TINY,), math.log(TINY), (INF,), "the derivative overflows, the value does not"),
    ("sqrt", (0.0,), 0.0, (INF,), "a pole keeps its limit"),
    ("sqrt", (-0.0,), -0.0, (INF,), "the root of -0.0 is -0.0 by IEEE 754"),
    ("sqrt", (-1.0,), NAN, (NAN,), "outside the domain"),
    ("exp", (1000.0,), INF, (INF,), "overflow is infinity"),
    ("exp", (-1000.0,), 0.0, (0.0,), "underflow is 0"),
    ("exp", (-INF,), 0.0, (0.0,), "a limit"),
    ("sin", (INF,), NAN, (NAN,), "no limit"),
    ("cos", (-INF,), NAN, (NAN,), "no limit"),
    ("sin", (-0.0,), -0.0, (1.0,), "odd functions keep the sign of zero"),
    ("sinh", (1000.0,), INF, (INF,), "overflow is infinity"),
    ("sinh", (-1000.0,), -INF, (INF,), "overflow is infinity"),
    ("cosh", (-1000.0,), INF, (-INF,), "overflow is infinity"),
    ("tanh", (0.0,), 0.0, (1.0,), "an ordinary point"),
    ("tanh", (20.0,), 1.0, (1.6993417021166355e-17,), "1 - y*y would be 0 here"),
    ("tanh", (INF,), 1.0, (0.0,), "a limit"),
    ("tanh", (400.0,), 1.0, (0.0,), "the derivative is below the smallest double"),
    ("sigmoid", (-1000.0,), 0.0, (0.0,), "no overflow on the way"),
    ("sigmoid", (40.0,), 1.0, (4.248354255291589e-18,), "y * (1 - y) would be 0 here"),
    ("sigmoid", (INF,), 1.0, (0.0,), "a limit"),
    ("div", (1.0, 0.0), INF, (INF, -INF), "no exception for dividing by 0"),
    ("div", (1.0, -0.0), -INF, (-INF, -INF), "the sign of zero counts"),
    ("div", (0.0, 0.0), NAN, (INF, NAN), "undefined"),
    ("div", (1.0, INF), 0.0, (0.0, -0.0), "a limit"),
    ("mul", (0.0, INF), NAN, (INF, 0.0), "undefined"),
    ("sub", (INF, INF), NAN, (1.0, -1.0), "undefined"),
    ("add", (HUGE, HUGE), INF, (1.0, 1.0), "overflow is infinity"),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0), "0**0 is 1; with respect to the exponent 0 at base 0"),
    ("pow", (5.0, 0.0), 1.0, (0.0, math.log(5.0)), "a constant in the base"),
    ("pow", (NAN, 0.0), 1.0, (0.0, NAN), "1 whatever the base"),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0), "an ordinary point of x*x"),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0), "the identity"),
    ("pow", (0.0, 0.5), 0.0, (INF, 0.0), "the pole of the square root"),
    ("pow", (0.0, -1.0), INF, (-INF, 0.0), "the pole of 1/x"),
    ("pow", (-0.0, -1.0), -INF, (-INF, 0.0), "from the other side"),
    ("pow", (-8.0, 1 / 3), NAN, (NAN, NAN), "a real power: negative bases take whole exponents only"),
    ("pow", (-2.0, 3.0), -8.0, (12.0, NAN), "and then have no derivative in the exponent"),
    ("pow", (1e200, 2.0), INF, (2e200, INF), "the value overflows, the derivative in the base does not"),
    ("pow", (-10.0, 309.0), -INF, (INF, NAN), "the sign of an odd power"),
    ("floor", (-0.5,), -1.0, (0.0,), "flat between the steps"),
    ("floor", (2.0,), 2.0, (0.0,), "and by convention on them"),
    ("ceil", (-0.5,), -0.0, (0.0,), "the sign of zero is kept"),
    ("trunc", (-1.5,), -1.0, (0.0,), "towards 0"),
    ("round", (2.5,), 2.0, (0.0,), "halves go to the even neighbour, as in Python"),
    ("floor", (INF,), INF, (0.0,), "infinities stay"),
    ("round", (NAN,), NAN, (0.0,), "nan stays nan"),
    ("sum", (1e308, 1e308, -1e308), INF, (1.0, 1.0, 1.0), "added from left to right"),
    ("sum", (-0.0, -0.0), -0.0, (1.0, 1.0), "the sign of zero is kept"),
    ("dot", (-0.0, 1.0), -0.0, (1.0, -0.0), "the sign of zero is kept"),
    ("neg", (0.0,), -0.0, (-1.0,), "not 0 - x"),
    ("pos", (-0.0,), -0.0, (1.0,), "the identity"),
]


@pytest.mark.parametrize(("name", "inputs", "value", "slopes", "reason"), TABLE_OF_POINTS)
def test_awkward_point(
    name: str, inputs: tuple[float, ...], value: float, slopes: tuple[float, ...], reason: str
) -> None:
    result = TABLE[name](*map(Value, inputs))
    assert bits(result.data) == bits(value), reason
    assert bits(TABLE[name](*inputs)) == bits(value), reason
    for slope, expected in zip(result.derivatives, slopes, strict=True):
        assert bits(slope) == bits(expected) or slope == pytest.approx(expected, rel=1e-15, abs=0), reason
        assert math.copysign(1, slope) == math.copysign(1, expected) or slope != 0 or math.isnan(expected), reason


def test_every_op_stands_in_the_table() -> None:
    assert {name for name, *_ in TABLE_OF_POINTS} == set(TABLE)


@pytest.mark.parametrize(
    ("make", "point", "gradient", "reason"),
    [
        (lambda x: x.sqrt() * 0.0, 0.0, 0.0, "0 arrives at the root, so its infinite derivative is not met"),
        (lambda x: (x.log() + 1.0).relu(), 0.0, 0.0, "relu is flat there"),
        (lambda x: ag.dot([x, x], [INF, 1.0]).relu(), -1.0, 0.0, "of many inputs too"),
        (lambda x: x.relu().sqrt(), -1.0, 0.0, "infinity arrives at relu, which is flat"),
        (lambda x: ag.max(x, 0.0, -1.0).sqrt(), -1.0, 0.0, "and at what was not the largest"),
        (lambda x: (x * x).sqrt(), 0.0, 0.0, "the subgradient of smallest magnitude of |x|"),
        (lambda x: x.sqrt() * 2.0, 0.0, INF, "something arrives"),
        (lambda x: (x - 1.0).log().relu(), 0.0, NAN, "nan arrives"),
    ],
)
def test_a_factor_of_exactly_zero_wins(
    make: Callable[[Value], Value], point: float, gradient: float, reason: str
) -> None:
    x, y = Value(point), Value(point)
    make(x).backward()
    assert bits(x.grad) == bits(gradient), reason
    make(y).backward(create_graph=True)
    assert bits(y.grad.data) == bits(gradient), reason
    y.grad = 0.0
