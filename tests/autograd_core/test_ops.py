"""Each row against mathematics: values, first and second derivatives, and the facts a row states."""

from __future__ import annotations

import math
import pickle
from typing import Any

import mpmath
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, InputError, Op, Value, grad
from exact import ulps
from random_programs import COUNTS, DIGITS, MATHEMATICS, is_ordinary

ROWS = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)

INPUTS = {name: high for name, (_, high) in COUNTS.items()}


def points(data: st.DataObject, op: Op) -> list[float]:
    """Draw a point where the row says that tests should sample."""
    count = INPUTS[op.name] if op.arity is None else op.arity
    intervals = op.sample * count if op.arity is None else op.sample
    point = [data.draw(st.floats(low, high)) for low, high in intervals]
    assume(all(x == 0 or abs(x) > 1e-3 for x in point))
    assume(is_ordinary(op, point))
    return point


def derivative(op: Op, point: list[float], orders: tuple[int, ...]) -> Any:
    with mpmath.workdps(DIGITS):
        exact = [mpmath.mpf(x) for x in point]
        return mpmath.diff(MATHEMATICS[op.name], tuple(exact), orders, h=mpmath.mpf(10) ** -15)


def test_the_table_has_a_meaning_for_every_row() -> None:
    assert set(TABLE) == set(MATHEMATICS)


@ROWS
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # ties are drawn often, and are no ordinary points
@given(data=st.data())
def test_value_is_right_to_the_last_digits(op: Op, data: st.DataObject) -> None:
    point = points(data, op)
    with mpmath.workdps(DIGITS):
        truth = MATHEMATICS[op.name](*[mpmath.mpf(x) for x in point])
    scale = max([1.0, *map(abs, point)]) if op.name in ("sum", "dot") else 0.0
    assert ulps(op(*point), truth) <= 2 or abs(op(*point) - float(truth)) <= 4 * math.ulp(scale * 4)


@ROWS
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # ties are drawn often, and are no ordinary points
@given(data=st.data())
def test_local_derivatives_are_right_to_the_last_digits(op: Op, data: st.DataObject) -> None:
    point = points(data, op)
    result = op(*[Value(x) for x in point])
    for i, slope in enumerate(result.derivatives):
        truth = derivative(op, point, tuple(int(k == i) for k in range(len(point))))
        assert ulps(slope, truth) <= 6 or abs(slope - float(truth)) < 1e-40


@ROWS
@settings(suppress_health_check=[HealthCheck.filter_too_much])  # ties are drawn often, and are no ordinary points
@given(data=st.data())
def test_second_derivatives_come_from_the_same_formulas(op: Op, data: st.DataObject) -> None:
    point = points(data, op)
    places = tuple(range(len(point)))
    hessian = grad(lambda *xs: ag.sum(grad(op, argnums=places)(*xs)), argnums=places)(*point)
    for i, number in enumerate(hessian):
        truth = sum(float(derivative(op, point, tuple(int(k == i) + int(k == j) for k in places))) for j in places)
        assert number == pytest.approx(truth, rel=1e-11, abs=1e-11)


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


def test_an_unknown_name_is_named() -> None:
    op = ag.define_op("fleeting", lambda x: x, lambda x, y: 1.0)
    pickled = pickle.dumps(op(Value(1.0)))
    TABLE.pop("fleeting")
    with pytest.raises(InputError, match="no op named 'fleeting'; define it first"):
        pickle.loads(pickled)  # noqa: S301 - our own bytes


def test_adding_an_op_is_adding_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    cube = ag.define_op("cube", lambda x: x**3, lambda x, y: 3 * x**2)
    try:
        x = Value(2.0)
        y = x.cube()  # type: ignore[attr-defined]
        y.backward()
        assert (y.data, x.grad) == (8.0, 12.0)
        assert grad(grad(grad(cube)))(5.0) == 6.0
        assert cube(1e200) == math.inf  # Python raises OverflowError here
        assert "cube" in dir(x)
    finally:
        TABLE.pop("cube")


OPERATORS = {"add", "sub", "mul", "div", "neg", "pos", "floordiv", "mod"}
WRAPPED = {"max", "min", "sum", "dot", "leaky_relu"}  # functions of sequences or with defaults, in `functions`


@ROWS
def test_a_row_is_a_function_of_the_package_and_a_method(op: Op) -> None:
    if op.name in WRAPPED:
        assert getattr(ag, op.name).__module__ == "autograd_core.functions"
    elif op.name not in OPERATORS:
        assert getattr(ag, op.name) is op
    assert callable(getattr(Value(1.0), op.name))
