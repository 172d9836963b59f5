"""What `Value` and the functions write out by hand equals the row, to the last bit, at every double."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import TABLE, Value
from exact import bits

NUMBERS = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 5e-324, 1e308, float("inf"), float("-inf"), float("nan")]),
)
OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
}
METHODS = ["neg", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "pos"]
SPELLINGS: dict[str, Callable[[Any], Any]] = {"neg": operator.neg, "abs": abs, "pos": operator.pos}


def facts(value: Value) -> tuple[Any, ...]:
    """All that a node knows of its making."""
    inputs = [x if isinstance(x, Value) else bits(x) for x in value.inputs]
    return (
        value.op,
        bits(value.data),
        [id(x) if isinstance(x, Value) else x for x in inputs],
        [bits(d) for d in value.derivatives],
    )


@pytest.mark.parametrize("name", OPERATORS)
@given(a=NUMBERS, b=NUMBERS)
def test_operators_equal_their_rows(name: str, a: float, b: float) -> None:
    apply, row = OPERATORS[name], TABLE[name]
    x, y = Value(a), Value(b)
    assert facts(apply(x, y)) == facts(row(x, y))
    assert facts(apply(x, b)) == facts(row(x, b))
    assert facts(apply(a, y)) == facts(row(a, y))
    assert facts(apply(x, x)) == facts(row(x, x))


@pytest.mark.parametrize("name", OPERATORS)
@given(a=NUMBERS, n=st.integers(-5, 5))
def test_integers_are_numbers(name: str, a: float, n: int) -> None:
    apply, row = OPERATORS[name], TABLE[name]
    x = Value(a)
    assert facts(apply(x, n)) == facts(row(x, float(n)))
    assert facts(apply(n, x)) == facts(row(float(n), x))


def facts_of_row(name: str, x: Value) -> tuple[Any, ...]:
    """The facts of a node that is made by nothing but the row."""
    row = TABLE[name]
    y = row.evaluate([x.data])
    return row, bits(y), [id(x)], [bits(d) for d in row.derivatives_at([x.data], y, [True])]


@pytest.mark.parametrize("name", METHODS)
@given(a=NUMBERS)
def test_methods_and_functions_equal_their_rows(name: str, a: float) -> None:
    x = Value(a)
    spelled = SPELLINGS[name](x) if name in SPELLINGS else getattr(x, name)()
    assert facts(spelled) == facts(TABLE[name](x)) == facts_of_row(name, x)


POINTS = (-2.5, -1.0, -0.75, -0.0, 0.0, 0.25, 1.0, 3.0, 7.0, math.inf, math.nan)


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.arity == 1 and hasattr(Value, name)])
def test_a_method_of_no_arguments_records_the_row_of_its_name(name: str) -> None:
    for a in POINTS:
        x = Value(a)
        assert facts(getattr(x, name)()) == facts(TABLE[name](x)) == facts_of_row(name, x)


PARAMETERS: dict[str, tuple[Any, ...]] = {
    "log": (3.0,),
    "leaky_relu": (0.25,),
    "elu": (2.0,),
    "celu": (2.0,),
    "softshrink": (1.5,),
    "hardshrink": (1.5,),
    "hardtanh": (-2.0, 0.75),
    "gelu": ("tanh",),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_method_with_parameters_is_the_function_of_its_name_with_the_same_defaults(name: str) -> None:
    for a in POINTS:
        x = Value(a)
        for parameters in ((), PARAMETERS[name]):
            assert facts(getattr(x, name)(*parameters)) == facts(getattr(ag, name)(x, *parameters))


@pytest.mark.parametrize("name", METHODS)
@given(a=NUMBERS)
def test_a_value_holds_the_number_that_the_op_gives_for_plain_numbers(name: str, a: float) -> None:
    assert bits(TABLE[name](Value(a)).data) == bits(TABLE[name](a))


TERMS = st.lists(st.tuples(NUMBERS, NUMBERS, st.booleans(), st.booleans()), min_size=1, max_size=5)


def sides(terms: list[tuple[float, float, bool, bool]]) -> tuple[list[Any], list[Any]]:
    weights = [Value(w) if variable else w for w, _, variable, _ in terms]
    inputs = [Value(x) if variable else x for _, x, _, variable in terms]
    return weights, inputs


@given(TERMS)
def test_dot_equals_its_row(terms: list[tuple[float, float, bool, bool]]) -> None:
    weights, inputs = sides(terms)
    fast, plain = ag.dot(weights, inputs), TABLE["dot"](*weights, *inputs)
    if isinstance(plain, Value):
        assert facts(fast) == facts(plain)
    else:
        assert bits(fast) == bits(plain)


@given(TERMS, st.lists(NUMBERS, min_size=1, max_size=3))
def test_affine_equals_what_it_abbreviates(terms: list[tuple[float, float, bool, bool]], biases: list[float]) -> None:
    weights, inputs = sides(terms)
    offsets = [Value(b) for b in biases]
    for fast, offset in zip(ag.affine([weights] * len(biases), inputs, offsets), offsets, strict=True):
        product = TABLE["dot"](*weights, *inputs)
        assert bits(fast.data) == bits((product + offset).data)
        assert fast.inputs[1] is offset
        if isinstance(product, Value):
            assert facts(fast.inputs[0]) == facts(product)


@pytest.mark.parametrize("name", ["sum", "fsum"])
@given(terms=TERMS)
def test_a_node_of_a_sum_is_made_as_its_row_says(name: str, terms: list[tuple[float, float, bool, bool]]) -> None:
    values, _ = sides(terms)
    assume(any(isinstance(x, Value) for x in values))
    row, numbers = TABLE[name], [x.data if isinstance(x, Value) else x for x in values]
    y = row.evaluate(numbers)
    slopes = row.derivatives_at(numbers, y, [isinstance(x, Value) for x in values])
    expected = row, bits(y), [id(x) if isinstance(x, Value) else bits(x) for x in values], [bits(d) for d in slopes]
    assert facts(getattr(ag, name)(values)) == facts(row(*values)) == expected


@given(a=NUMBERS, b=NUMBERS)
def test_an_exponential_of_a_difference_is_made_as_its_row_says(a: float, b: float) -> None:
    row, x, y = TABLE["exp_difference"], Value(a), Value(b)
    z = row.evaluate([a, b])
    slopes = [bits(d) for d in row.derivatives_at([a, b], z, [True, True])]
    assert facts(row(x, y)) == (row, bits(z), [id(x), id(y)], slopes)
    assert facts(row(x, b)) == (row, bits(z), [id(x), bits(b)], [slopes[0], bits(0.0)])
    assert facts(row(a, y)) == (row, bits(z), [bits(a), id(y)], [bits(0.0), slopes[1]])
