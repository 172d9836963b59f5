"""The one chain rule: what passes along an edge, and that the sweeps made fast are this rule to the bit."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import Value
from autograd_core.graph.chain_rule import adjoints, contributions, reverse_order
from autograd_core.graph.edges import edges_below, recorded_derivatives
from autograd_core.graph.order import nodes_above
from autograd_core.graph.sweep import gradients
from autograd_core.graph.tangents import number_tangents, tangents
from autograd_core.testing.oracles import nodes_below
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions

AWKWARD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 3.7, 800.0, -800.0, 1e200, 1e-200, 5e-324, math.inf, -math.inf])


def bits(number: float) -> bytes:
    return b"nan" if math.isnan(number) else struct.pack("<d", number)


def recorded(program: Program, data: st.DataObject) -> tuple[list[Value], Any]:
    count = len(program.leaves)
    leaves = [Value(x) for x in data.draw(st.lists(AWKWARD, min_size=count, max_size=count))]
    return leaves, program(*leaves)


@given(st.data(), expressions(max_size=10))
def test_the_fast_reverse_sweeps_are_the_rule_to_the_bit(data: st.DataObject, program: Program) -> None:
    leaves, root = recorded(program, data)
    table: dict[Any, float] = adjoints({root: 1.0}, recorded_derivatives, False)
    assert list(map(bits, gradients(root, leaves))) == [bits(table.get(leaf, 0.0)) for leaf in leaves]
    root.backward()
    assert {node: bits(node.grad) for node in table} == {node: bits(adjoint) for node, adjoint in table.items()}


@given(st.data(), expressions(max_size=10))
def test_the_fast_forward_sweep_is_the_rule_to_the_bit(data: st.DataObject, program: Program) -> None:
    leaves, root = recorded(program, data)
    directions = [[float(i == j) for j in range(len(leaves))] for i in range(len(leaves))]
    directions.append([0.5 - i for i in range(len(leaves))])
    nodes = nodes_below(root)
    fast = number_tangents(nodes, leaves, directions)
    rule = tangents(nodes, leaves, directions, recorded_derivatives, False)
    assert [list(map(bits, row)) for row in fast] == [list(map(bits, row)) for row in rule]


@given(st.data(), expressions(max_size=10))
def test_each_contribution_is_a_product_that_is_added(data: st.DataObject, program: Program) -> None:
    _, root = recorded(program, data)
    order = reverse_order([root])
    sums = {root: 1.0}
    seen = {root: 1.0}
    for step in contributions((edges_below(node, node.derivatives) for node in order), sums):
        passes = step.source in seen and not step.source.structural_zeros[step.index]
        assert step.target is step.source.inputs[step.index]
        assert bits(step.local) == bits(step.source.derivatives[step.index])
        assert bits(step.upstream) == bits(seen.get(step.source, 0.0))
        assert bits(step.product) == bits(step.local * step.upstream + 0.0 if passes else 0.0)
        assert bits(step.before) == bits(seen.get(step.target, 0.0))
        assert bits(step.after) == bits(step.before + step.product)
        if passes:
            seen[step.target] = step.after
    assert {node: bits(total) for node, total in sums.items()} == {node: bits(total) for node, total in seen.items()}


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_zero_that_is_no_structural_one_times_infinity_is_nan(zero: float) -> None:
    for is_structural, expected in ((False, "nan"), (True, "0.0")):
        sums = {"root": math.inf}
        (step,) = contributions([[("root", "x", 0, zero, is_structural)]], sums)
        assert str(step.product) == expected
        assert ("x" in sums) is not is_structural


def test_nothing_passes_from_what_nothing_has_reached() -> None:
    sums = {"root": 1.0}
    (step,) = contributions([[("other", "x", 0, math.inf, False)]], sums)
    assert (step.upstream, step.product, step.after, sums) == (0.0, 0.0, 0.0, {"root": 1.0})


def test_products_that_are_zero_have_no_sign() -> None:
    for local, upstream in ((-0.0, 1.0), (1.0, -0.0), (-1e-200, 1e-200), (0.0, -2.0)):
        (step,) = contributions([[("root", "x", 0, local, False)]], {"root": upstream})
        assert (bits(step.product), bits(step.after)) == (bits(0.0), bits(0.0))


@given(expressions(max_size=12))
def test_orders_are_those_of_the_definition(program: Program) -> None:
    leaves = [Value(x) for x in program.leaves]
    root: Any = program(*leaves)
    order = reverse_order([root])
    index = {node: i for i, node in enumerate(order)}
    assert len(index) == len(order)
    assert set(order) == set(nodes_below(root))
    assert all(index[node] < index[x] for node in order for x in node.inputs if isinstance(x, Value))
    depends = {leaves[0]}
    for node in nodes_below(root):
        depends |= {node} if any(x is other for x in node.inputs for other in depends) else set()
    above = nodes_above(leaves[:1], [root])
    assert set(above) == depends - {leaves[0]}
    assert len(above) == len(set(above))
    index = {node: i for i, node in enumerate(above)}
    assert all(index[x] < index[node] for node in above for x in node.inputs if isinstance(x, Value) and x in index)


def test_an_end_hides_what_is_below_and_not_what_is_beside() -> None:
    x, w = Value(2.0), Value(3.0)
    near = x * w
    root = near * near + ag.exp(w)
    assert set(reverse_order([root], {near})) == {root, *root.inputs, near, w}
    assert set(nodes_above([near, w], [root])) == {root, *root.inputs}
    assert nodes_above([x], [w, 3.0]) == []
