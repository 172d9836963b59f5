"""A graph that is run again with one number changed, compared with the prediction of its gradient."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import GraphChangedError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from viz.words.nudge import MAX_CURVED, nudge


def leaves(*numbers: float) -> list[Value]:
    return [Value(x, label=name) for name, x in zip("abcdefgh", numbers, strict=False)]


def same(x: float, y: float) -> bool:
    return x == y or (math.isnan(x) and math.isnan(y))


def test_the_gap_of_a_parabola_is_its_curvature() -> None:
    a, b, c = leaves(2.0, -3.0, 10.0)
    L = (a * b + c) * a
    found = nudge(a, 0.5, L)
    assert (found.predicted, found.real, found.gap, found.second_order) == (-1.0, -1.75, -0.75, -0.75)
    assert str(found).splitlines() == [
        "a          2.0 → 2.5",
        "L          8.0 → 6.25",
        "predicted  -1.0        = dL/da × 0.5, with dL/da = -2.0",
        "real       -1.75",
        "gap        -0.75       of which by curvature 1/2 × -6.0 × 0.5² = -0.75",
    ]
    assert repr(found) == str(found)


def test_a_line_has_no_gap_and_no_remark() -> None:
    (a,) = leaves(2.0)
    y = a * 4.0
    assert str(nudge(a, -0.5, y)).splitlines()[-1] == "gap        0.0"


@given(expressions(max_size=8), st.floats(-0.5, 0.5, width=32))
def test_the_real_change_is_that_of_the_program(program: Program, delta: float) -> None:
    inputs = [Value(x) for x in program.leaves]
    root: Value = program(*inputs)
    root.backward()
    for i, leaf in enumerate(inputs):
        moved = [x + delta if j == i else x for j, x in enumerate(program.leaves)]
        found = nudge(leaf, delta, root)
        assert same(found.after, program(*moved) if program.instructions else moved[-1])
        assert found.gradient == leaf.grad


@given(expressions(max_size=8))
def test_a_nudge_of_nothing_changes_nothing(program: Program) -> None:
    inputs = [Value(x) for x in program.leaves]
    root: Value = program(*inputs)
    found = nudge(inputs[0], 0.0, root)
    assert (found.before, found.after, found.real, found.predicted) == (root.data, root.data, 0.0, 0.0)


def test_the_curvature_is_the_second_derivative() -> None:
    (a,) = leaves(0.5)
    found = nudge(a, 0.1, ag.exp(a) * ag.sin(a))
    assert found.curvature == pytest.approx(2.0 * math.exp(0.5) * math.cos(0.5))
    assert found.gap == pytest.approx(found.second_order, abs=1e-3)


def test_nothing_is_touched() -> None:
    a, b = leaves(2.0, -3.0)
    L = a * b + a
    L.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(L)]
    nudge(a, 1.0, L)
    assert [(node.data, node.grad, node.label) for node in topological_order(L)] == before


def test_an_interior_node_is_moved_by_itself() -> None:
    a, b = leaves(2.0, -3.0)
    e = a * b
    L = e * a
    found = nudge(e, 1.0, L)
    assert (found.name, found.data, found.real, found.predicted) == ("e", -6.0, 2.0, 2.0)


def test_what_the_loss_does_not_depend_on_moves_nothing() -> None:
    a, b = leaves(2.0, -3.0)
    found = nudge(b, 1.0, a * 2.0)
    assert (found.real, found.predicted, found.curvature) == (0.0, 0.0, 0.0)


def test_the_loss_itself_moves_as_far_as_it_is_moved() -> None:
    a, _ = leaves(2.0, 0.0)
    L = a * 3.0
    found = nudge(L, 0.25, L)
    assert (found.real, found.predicted, found.gap) == (0.25, 0.25, 0.0)


def test_a_graph_with_nan_can_be_nudged() -> None:
    (a,) = leaves(-1.0)
    found = nudge(a, 2.0, ag.log(a))
    assert math.isnan(found.before)
    assert found.after == 0.0
    assert "nan" in str(found)


def test_data_assigned_since_is_noticed() -> None:
    a, b = leaves(2.0, -3.0)
    L = a * b
    b.data = 5.0
    with pytest.raises(GraphChangedError, match=r"L was -6\.0 when it was recorded and comes out differently now"):
        nudge(a, 0.1, L)


def test_a_large_graph_has_no_curvature() -> None:
    (a,) = leaves(0.5)
    y: Any = a
    for _ in range(MAX_CURVED):
        y = 1.0 - y
    found = nudge(a, 0.25, y)
    assert (found.curvature, found.second_order, found.real) == (None, None, 0.25)
    assert str(found)


@pytest.mark.parametrize(
    ("x", "delta", "loss", "message"),
    [
        (1.0, 0.1, Value(1.0), "nudge needs a Value as x; got float"),
        (Value(1.0), 0.1, None, "nudge needs a Value as its loss; got NoneType"),
        (Value(1.0), "big", Value(1.0), "nudge needs a real number as delta; got str"),
    ],
)
def test_a_wrong_argument_is_named(x: Any, delta: Any, loss: Any, message: str) -> None:
    with pytest.raises(OperandTypeError, match=message):
        nudge(x, delta, loss)
