"""Graphs as expressions of SymPy: each op has a spelling, and its value is the same number."""

import math
import sys
from typing import Any

import pytest
from hypothesis import given, settings

import autograd_core as ag
from autograd_core import InputError, Op, OperandTypeError, Value
from autograd_core.table import activations, comparisons, gated, lengths, ops, powers, sequences, special
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions, floats_for
from examples import find
from viz.words.symbolic import MAX_NODES, SPELLINGS, to_sympy

MODULES = (ops, powers, special, activations, gated, comparisons, sequences, lengths)
ROWS = sorted({row.name for module in MODULES for row in vars(module).values() if type(row) is Op})

SMOOTH = ("add", "sub", "mul", "div", "neg", "sin", "cos", "tanh", "exp", "sigmoid", "square", "atan", "dot", "sum")


@pytest.fixture(scope="module")
def sympy() -> Any:
    return pytest.importorskip("sympy", reason="SymPy is not installed")


def test_what_is_spelled_is_a_row() -> None:
    assert SPELLINGS.keys() <= set(ROWS)


def number(sympy: Any, expression: Any, leaves: list[Value]) -> float:
    """The value of the expression at the data of the leaves, with 30 digits."""
    data = {sympy.Symbol(leaf.label, real=True): sympy.Float(leaf.data, 30) for leaf in leaves}
    return float(sympy.N(expression.subs(data), 30))


def labelled(numbers: tuple[float, ...]) -> list[Value]:
    return [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_spelling_is_the_same_function(name: str, sympy: Any) -> None:
    row = ag.TABLE[name]
    # A wrong spelling may be right at one point by accident; these points lie on both sides of zero, if any.
    for seeks in (lambda p: p[0] > 0.5 or row.name == "element", lambda p: p[0] < -0.5 or row.sample[0][0] > -0.5):
        point = find(floats_for(row, wide=False), seeks, shrink=False)
        leaves = labelled(point)
        assert number(sympy, to_sympy(row(*leaves)), leaves) == pytest.approx(row(*point), rel=1e-12, abs=1e-15)


@settings(max_examples=20)
@given(expressions(ops=SMOOTH, max_size=5))
def test_an_expression_is_the_number_of_its_graph(program: Program) -> None:
    sympy = pytest.importorskip("sympy")
    leaves = labelled(program.leaves)
    root = program(*leaves)
    assert number(sympy, to_sympy(root), leaves) == pytest.approx(root.data, rel=1e-9, abs=1e-12)


@settings(max_examples=10)
@given(expressions(ops=SMOOTH, max_size=4))
def test_its_derivative_is_the_gradient(program: Program) -> None:
    sympy = pytest.importorskip("sympy")
    leaves = labelled(program.leaves)
    root = program(*leaves)
    root.backward()
    expression = to_sympy(root)
    for leaf in leaves:
        derivative = sympy.diff(expression, sympy.Symbol(leaf.label, real=True))
        assert number(sympy, derivative, leaves) == pytest.approx(leaf.grad, rel=1e-9, abs=1e-12)


def test_names_are_those_of_the_leaves(sympy: Any) -> None:
    speed, v1 = Value(2.0), Value(3.0)
    expression = to_sympy(speed * v1 + Value(1.0) * Value(2.0, label="speed"))
    assert sorted(map(str, expression.free_symbols)) == ["speed", "speed2", "v1", "v2"]


def test_constants_are_exact(sympy: Any) -> None:
    x = Value(1.0, label="x")
    assert str(to_sympy(x * 2.0 + 3.0)) == "2*x + 3"
    expression = to_sympy(x * 0.1)
    assert sympy.Rational(expression.as_coeff_Mul()[0]) == sympy.Rational(*(0.1).as_integer_ratio())
    assert to_sympy(x + math.inf).has(sympy.oo)


def test_without_sympy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(InputError, match=r'to_sympy needs SymPy: pip install "autograd-core\[symbolic\]"'):
        to_sympy(Value(1.0))


def test_an_op_without_a_spelling_is_named(sympy: Any) -> None:
    @ag.custom_gradient(lambda x, y: 1.0)
    def through(x: float) -> float:
        return x

    with pytest.raises(InputError, match="the op 'through' has no spelling in SymPy"):
        to_sympy(through(Value(1.0)))


def test_a_large_graph_is_refused(sympy: Any) -> None:
    y: Any = Value(1.0)
    for _ in range(MAX_NODES):
        y = -y
    with pytest.raises(InputError, match="to_sympy expected a graph of at most 2,000 nodes, got 2,001"):
        to_sympy(y)


def test_a_chain_deeper_than_sympy_can_go_is_refused(sympy: Any) -> None:
    y: Any = Value(1.0, label="x")
    for _ in range(MAX_NODES - 1):
        y = ag.sin(y)
    with pytest.raises(InputError, match="the graph of 2,000 nodes is too deep for SymPy"):
        to_sympy(y)


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(OperandTypeError, match="to_sympy needs a Value as its root; got float"):
        to_sympy(2.0)  # type: ignore[arg-type]
