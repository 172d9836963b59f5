"""The facts a row states, where it appears, and what adding one takes; `test_accuracy` measures its mathematics."""

from __future__ import annotations

import itertools
import math
import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import TABLE, InputError, Op, Value, grad
from autograd_core.testing.accuracy import LIMITS, errors, measure, worst
from autograd_core.testing.meanings import meaning_of
from autograd_core.testing.sampling import ordinary_points, subjects_of
from exact import bits

ROWS = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


@ROWS
def test_a_row_says_how_it_is_written(op: Op) -> None:
    count = op.arity or 2
    formula = op.latex.format(", ".join("ab"[:count])) if op.arity is None else op.latex.format(*"abc"[:count])
    assert formula.count("{") == formula.count("}")
    assert op.symbol
    assert op.precedence in range(1, 6)
    assert repr(op) == f"<op {op.name}>"


@ROWS
def test_samples_lie_in_the_domain(op: Op) -> None:
    for (low, high), (least, most) in zip(op.sample, op.domain, strict=True):
        assert least <= low < high <= most


@ROWS
def test_a_row_is_a_function_of_plain_numbers_too(op: Op) -> None:
    numbers = [1] * (op.arity or 2)
    assert isinstance(op(*numbers), float)
    assert isinstance(op(*map(Value, numbers)), Value)


def test_a_wrong_number_of_inputs_is_named() -> None:
    with pytest.raises(InputError, match="mul expected 2 inputs, got 1"):
        TABLE["mul"](1.0)
    with pytest.raises(InputError, match="exp expected 1 input, got 2"):
        TABLE["exp"](Value(1.0), 2.0)
    with pytest.raises(InputError, match="sum expected at least one input, got none"):
        ag.sum([])
    with pytest.raises(InputError, match="3 numbers in all, which is odd"):
        TABLE["dot"](1.0, 2.0, 3.0)


def test_a_name_is_defined_once() -> None:
    with pytest.raises(InputError, match="'exp' is defined already"):
        ag.define_op("exp", math.exp, lambda x, y: y)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("1x", abs, lambda x, y: 1.0), r"expected a name that Python accepts, such as 'bump', got '1x'"),
        (("own", 3, lambda x, y: 1.0), r"own expected a function of the inputs, got 3 \(int\)"),
        (("own", abs, 1.0), r"own expected a function of the inputs, got 1.0 \(float\)"),
        (("own", abs), r"own expected as derivatives one function for each input, got 0 of them"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ag.define_op(*row)
    assert "own" not in TABLE


def rounded_once(a: float, b: float, c: float) -> float:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    return float(exact) if exact else a * b + c


WIDE = st.floats(-1e100, 1e100) | st.integers(-(2**53), 2**53).map(float)


@settings(max_examples=500)
@given(WIDE, WIDE, WIDE)
def test_fma_rounds_once(a: float, b: float, c: float) -> None:
    assert bits(ag.fma(a, b, c)) == bits(rounded_once(a, b, c))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
@given(st.integers(0, 2**20), st.integers(20, 50))
def test_fma_rounds_once_beside_a_tie(side: float, sign: float, place: int, apart: int) -> None:
    """The sum is nearer to the middle of two floats than the last bit of the product, rounded, can say."""
    c = 1.0 + place * 2.0**-52
    half = 2.0**-53 * (1.0 + side * 2.0**-apart)
    for x in (1.0 + 2.0**-apart, 1.0 - 2.0**-apart):
        assert bits(ag.fma(sign * x, half, sign * c)) == bits(rounded_once(sign * x, half, sign * c))


def test_an_unknown_name_is_named() -> None:
    op = ag.define_op("fleeting", lambda x: x, lambda x, y: 1.0)
    pickled = pickle.dumps(op(Value(1.0)))
    TABLE.pop("fleeting")
    with pytest.raises(InputError, match="no op named 'fleeting'; define it first"):
        pickle.loads(pickled)  # noqa: S301 - our own bytes


def test_adding_an_op_is_adding_a_row() -> None:
    cube = ag.define_op("cube", lambda x: x**3, lambda x, y: 3 * x**2, latex="{0}^3")
    try:
        x = Value(2.0)
        y = x.cube()  # type: ignore[attr-defined]
        y.backward()
        assert (y.data, x.grad, y.op, y.derivatives) == (8.0, 12.0, cube, (12.0,))
        assert ag.cube is cube  # type: ignore[attr-defined]
        assert "cube" in dir(x)
        assert cube(1e200) == math.inf  # Python raises OverflowError here
        assert [cube(5.0), grad(cube)(5.0), grad(grad(cube))(5.0), grad(grad(grad(cube)))(5.0)] == [125, 75, 30, 6]
        assert cube.latex.format("a") == "a^3"
        assert "cube" in viz.draw(y).dot
        assert "cube" in viz.draw(y, renderer="builtin").svg
        copy = pickle.loads(pickle.dumps(y))  # noqa: S301 - our own bytes
        assert (copy.data, copy.op) == (8.0, cube)
        (subject,) = subjects_of(cube, meaning_of(cube))
        found = [errors(subject, point, measure(cube, point)) for point in ordinary_points(subject, 20)]
        largest = worst(itertools.chain.from_iterable(found))
        assert all(error.size <= LIMITS[kind] for kind, error in largest.items())
    finally:
        TABLE.pop("cube")
    with pytest.raises(AttributeError):
        ag.cube  # type: ignore[attr-defined]  # noqa: B018 - looking it up is the test


OPERATORS = {"add", "sub", "mul", "div", "neg", "pos", "floordiv", "mod"}
# Functions of sequences, or with defaults.
WRAPPED = {
    "autograd_core.functions": {
        "celu",
        "elu",
        "gelu",
        "hardshrink",
        "leaky_relu",
        "log",
        "max",
        "min",
        "prod",
        "softshrink",
        "sumprod",
    },
    "autograd_core.linear": {"dot", "fsum", "sum"},
}


@ROWS
def test_a_row_is_a_function_of_the_package_and_a_method(op: Op) -> None:
    module = next((module for module, names in WRAPPED.items() if op.name in names), "")
    if module:
        assert getattr(ag, op.name).__module__ == module
    elif op.name not in OPERATORS:
        assert getattr(ag, op.name) is op
    assert callable(getattr(Value(1.0), op.name))
