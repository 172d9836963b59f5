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
    ("leaky_relu", (0.0, 0.1), 0.0, (0.1, 0.0), "the small slope"),
    ("leaky_relu", (-INF, 0.1), -INF, (0.1, -INF), "a limit"),
    ("leaky_relu", (NAN, 0.1), NAN, (0.1, NAN), "nan stays nan"),
    ("softplus", (1000.0,), 1000.0, (1.0,), "no overflow on the way"),
    ("softplus", (-700.0,), math.exp(-700.0), (math.exp(-700.0),), "no digit lost beside the 1"),
    ("softplus", (-INF,), 0.0, (0.0,), "a limit"),
    ("logsigmoid", (-1000.0,), -1000.0, (1.0,), "log(sigmoid(x)) would be -inf"),
    ("logsigmoid", (700.0,), -math.exp(-700.0), (math.exp(-700.0),), "log(sigmoid(x)) would be 0"),
    ("logsigmoid", (INF,), -0.0, (0.0,), "a limit"),
    ("silu", (-INF,), -0.0, (0.0,), "a limit"),
    ("silu", (INF,), INF, (1.0,), "a limit"),
    ("silu", (0.0,), 0.0, (0.5,), "an ordinary point"),
    ("softsign", (-INF,), -1.0, (0.0,), "a limit"),
    ("softsign", (0.0,), 0.0, (1.0,), "smooth there, although |x| is not"),
    ("softsign", (1e200,), 1.0, (0.0,), "the derivative is below the smallest double"),
    ("where", (1.0, 2.0, NAN), 2.0, (0.0, 1.0, 0.0), "what is not chosen does not count"),
    ("where", (0.0, INF, 3.0), 3.0, (0.0, 0.0, 1.0), "what is not chosen does not count"),
    ("clamp", (1.0, 1.0, 2.0), 1.0, (0.0, 0.0, 0.0), "the subgradients of smallest magnitude"),
    ("clamp", (0.0, 1.0, 2.0), 1.0, (0.0, 1.0, 0.0), "the bound counts"),
    ("clamp", (INF, 1.0, 2.0), 2.0, (0.0, 0.0, 1.0), "the bound counts"),
    ("clamp", (0.0, 3.0, 2.0), 2.0, (0.0, 0.0, 1.0), "of crossed bounds the upper one counts"),
    ("clamp", (NAN, 1.0, 2.0), NAN, (NAN, 0.0, 0.0), "nan stays nan"),
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
    ("exp2", (1024.0,), INF, (INF,), "overflow is infinity"),
    ("exp2", (-1074.0,), TINY, (TINY,), "down to the smallest subnormal"),
    ("expm1", (-0.0,), -0.0, (1.0,), "odd near 0: the sign of zero is kept"),
    ("expm1", (1e-300,), 1e-300, (1.0,), "exp(x) - 1 would be 0"),
    ("expm1", (-50.0,), -1.0, (math.exp(-50.0),), "y + 1 would be 0"),
    ("expm1", (1000.0,), INF, (INF,), "overflow is infinity"),
    ("log1p", (-1.0,), -INF, (INF,), "a pole keeps its limit"),
    ("log1p", (-2.0,), NAN, (NAN,), "outside the domain"),
    ("log1p", (1e-300,), 1e-300, (1.0,), "log(1 + x) would be 0"),
    ("log2", (0.0,), -INF, (INF,), "a pole keeps its limit"),
    ("log2", (-1.0,), NAN, (NAN,), "outside the domain"),
    ("log2", (TINY,), -1074.0, (INF,), "the derivative overflows, the value does not"),
    ("log10", (-0.0,), -INF, (INF,), "approached from inside the domain"),
    ("log10", (-1.0,), NAN, (NAN,), "outside the domain"),
    ("cbrt", (0.0,), 0.0, (INF,), "a vertical tangent"),
    ("cbrt", (-8.0,), -2.0, (1 / 12,), "negative numbers have a cube root"),
    ("cbrt", (1e-300,), 1e-100, (1 / 3 * 1e200,), "no underflow on the way"),
    ("square", (1e200,), INF, (2e200,), "the value overflows, the derivative does not"),
    ("reciprocal", (0.0,), INF, (-INF,), "the pole"),
    ("reciprocal", (-0.0,), -INF, (-INF,), "from the other side"),
    ("reciprocal", (-INF,), -0.0, (-0.0,), "a limit"),
    ("fma", (1e200, 1e200, -INF), -INF, (1e200, 1e200, 1.0), "the product is finite, if not a float"),
    ("fma", (1e200, 1e200, 0.0), INF, (1e200, 1e200, 1.0), "overflow is infinity"),
    ("fma", (1.0 + 2**-52, 1.0 - 2**-52, -1.0), -(2.0**-104), (1 - 2**-52, 1 + 2**-52, 1.0), "rounded once"),
    ("fma", (-0.0, 1.0, -0.0), -0.0, (1.0, -0.0, 1.0), "the sign of zero is that of a sum"),
    ("floordiv", (1.0, 0.0), INF, (0.0, 0.0), "as division"),
    ("floordiv", (-7.0, 2.0), -4.0, (0.0, 0.0), "downwards, as in Python"),
    ("mod", (-7.0, 2.0), 1.0, (1.0, 4.0), "the sign of the divisor, as in Python"),
    ("mod", (1.0, 0.0), NAN, (1.0, NAN), "undefined"),
    ("fmod", (-7.0, 2.0), -1.0, (1.0, 3.0), "the sign of the dividend, as in C"),
    ("fmod", (1.0, 0.0), NAN, (1.0, NAN), "undefined"),
    ("fmod", (1.0, INF), 1.0, (1.0, -0.0), "a limit"),
    ("remainder", (7.0, 2.0), -1.0, (1.0, -4.0), "to the nearest multiple, halves to the even one"),
    ("remainder", (INF, 2.0), NAN, (1.0, NAN), "undefined"),
    ("copysign", (0.0, -1.0), -0.0, (0.0, 0.0), "the kink of |x|"),
    ("copysign", (-3.0, -0.0), -3.0, (1.0, 0.0), "-0.0 is negative here"),
    ("copysign", (-3.0, 2.0), 3.0, (-1.0, 0.0), "an ordinary point"),
    ("degrees", (math.pi,), 180.0, (180 / math.pi,), "a change of units"),
    ("radians", (INF,), INF, (math.pi / 180,), "a limit"),
    ("tan", (INF,), NAN, (NAN,), "no limit"),
    ("tan", (-0.0,), -0.0, (1.0,), "odd functions keep the sign of zero"),
    ("asin", (1.0,), math.pi / 2, (INF,), "a vertical tangent at the edge"),
    ("asin", (1.5,), NAN, (NAN,), "outside the domain"),
    ("acos", (-1.0,), math.pi, (-INF,), "a vertical tangent at the edge"),
    ("acos", (-1.5,), NAN, (NAN,), "outside the domain"),
    ("atan", (INF,), math.pi / 2, (0.0,), "a limit"),
    ("atan", (1e200,), math.pi / 2, (0.0,), "the derivative is below the smallest double"),
    ("atan2", (0.0, 0.0), 0.0, (NAN, NAN), "every direction at once"),
    ("atan2", (0.0, -1.0), math.pi, (-1.0, -0.0), "on the cut, from above"),
    ("atan2", (-0.0, -1.0), -math.pi, (-1.0, 0.0), "on the cut, from below"),
    ("atan2", (1e200, 1e200), math.pi / 4, (5e-201, -5e-201), "no overflow on the way"),
    ("asinh", (1e200,), math.asinh(1e200), (1e-200,), "no overflow on the way"),
    ("asinh", (-0.0,), -0.0, (1.0,), "odd functions keep the sign of zero"),
    ("acosh", (1.0,), 0.0, (INF,), "a vertical tangent at the edge"),
    ("acosh", (0.5,), NAN, (NAN,), "outside the domain"),
    ("acosh", (1e200,), math.acosh(1e200), (1e-200,), "no overflow on the way"),
    ("atanh", (1.0,), INF, (INF,), "a pole keeps its limit"),
    ("atanh", (-1.0,), -INF, (INF,), "a pole keeps its limit"),
    ("atanh", (2.0,), NAN, (NAN,), "outside the domain"),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0), "the subgradient of smallest magnitude"),
    ("hypot", (3 * 2.0**600, -4 * 2.0**600), 5 * 2.0**600, (0.6, -0.8), "no overflow on the way"),
    ("hypot", (INF, -1.0), INF, (1.0, 0.0), "a limit"),
    ("hypot", (-INF, NAN), INF, (-1.0, NAN), "infinite whatever the other is"),
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
        (lambda x: ag.where(x > 0, x.sqrt(), 0.0), 0.0, 0.0, "a pole in the branch that is not taken"),
        (lambda x: ag.where(x > 0, x.sqrt(), 0.0), -1.0, 0.0, "nan in the branch that is not taken"),
        (lambda x: ag.where(x > 0, x.log(), 0.0), 0.0, 0.0, "likewise the logarithm"),
        (lambda x: ag.where(x > 0, 1.0 / x, 0.0), 0.0, 0.0, "and division"),
        (lambda x: ag.where(x > 0, x**0.5, 0.0), -1.0, 0.0, "and powers"),
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
