"""The copy of a graph: every node and edge of a small graph, and a correct count of what a large one leaves out."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import Value
from viz.graph.captions import edge_caption, reference
from viz.graph.graph import EDGES_PER_NODE, Graph, Kind, record, snapshot
from viz.graph.order import numbering

ALL = 1 << 30


def take(root: Value, max_nodes: int = ALL) -> Graph:
    return snapshot(root, max_nodes, [])


def chain(length: int) -> Value:
    value = Value(0.5, label="x")
    for _ in range(length):
        value = -value
    return value


@st.composite
def programs(draw: st.DrawFn) -> Value:
    """A root over shared and repeated inputs, plain numbers, and some n-ary sums."""
    values = [Value(1.5), Value(-2.0)]
    for _ in range(draw(st.integers(1, 25))):
        picks = st.integers(0, len(values) - 1)
        left, right = values[draw(picks)], values[draw(picks)]
        made = draw(st.sampled_from([lambda a, b: a * b, lambda a, b: a + 2.0, lambda a, b: ag.sum([a, b, a])]))
        values.append(made(left, right))
    return values[-1]


def size(root: Value) -> int:
    """The number of nodes of a graph, counted in another way than by the package."""
    order = ag.topological_order(root)
    return len(order) + sum(not isinstance(source, Value) for value in order for source in value.inputs)


def test_numbers_kinds_and_edges_of_a_small_graph() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    product = a * b
    root = product + 10.0
    root.backward()
    graph = take(root)
    assert [(n.kind, n.name, n.op, n.data, n.gradient) for n in graph.nodes] == [
        (Kind.LEAF, "a", "", 2.0, -3.0),
        (Kind.LEAF, "b", "", -3.0, 2.0),
        (Kind.OP, "", "*", -6.0, 1.0),
        (Kind.CONSTANT, "", "", 10.0, None),
        (Kind.ROOT, "y", "+", 4.0, 1.0),
    ]
    edges = [(e.source, e.target, e.derivative) for e in graph.edges]
    assert edges == [(0, 2, -3.0), (1, 2, 2.0), (2, 4, 1.0), (3, 4, None)]


def test_a_node_used_twice_has_two_edges() -> None:
    a = Value(3.0)
    graph = take(a * a)
    assert [(e.source, e.target, e.derivative) for e in graph.edges] == [(0, 1, 3.0), (0, 1, 3.0)]


def test_dot_is_one_node_with_an_edge_for_each_weight_and_each_input() -> None:
    weights, inputs = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)]
    graph = take(ag.dot(weights, inputs))
    assert [graph.nodes[e.source].data for e in graph.edges] == [2.0, 3.0, 5.0, 7.0]
    assert [e.derivative for e in graph.edges] == [5.0, 7.0, 2.0, 3.0]


def test_plain_numbers_are_constants_of_their_own() -> None:
    graph = take(ag.dot([Value(2.0), Value(3.0)], [5.0, 5.0]))
    assert [n.data for n in graph.nodes if n.kind is Kind.CONSTANT] == [5.0, 5.0]


def test_a_lone_leaf_is_the_root() -> None:
    graph = take(Value(2.0))
    assert [node.kind for node in graph.nodes] == [Kind.ROOT]
    assert not graph.edges


def test_the_picture_does_not_change_with_the_graph() -> None:
    a = Value(2.0)
    graph = take(a)
    a.data, a.grad = 5.0, 7.0
    assert (graph.root.data, graph.root.gradient) == (2.0, 0.0)


def test_a_gradient_that_is_a_node_shows_its_number() -> None:
    a = Value(3.0)
    (a * a).backward(create_graph=True)
    assert take(a).root.gradient == 6.0


@given(programs())
def test_every_edge_runs_from_a_lower_to_a_higher_number(root: Value) -> None:
    graph = take(root)
    assert [node.number for node in graph.nodes] == list(range(len(graph.nodes)))
    assert all(edge.source < edge.target for edge in graph.edges)
    assert graph.root.kind is Kind.ROOT
    assert (graph.drawn, graph.hidden) == (size(root), 0)
    assert len(graph.edges) == sum(len(value.inputs) for value in ag.topological_order(root))


@given(programs(), st.integers(1, 12))
def test_what_is_drawn_and_what_is_left_out_add_up(root: Value, max_nodes: int) -> None:
    graph = take(root, max_nodes)
    assert graph.drawn == min(max_nodes, size(root))
    assert graph.drawn + graph.hidden == size(root)


@given(programs(), st.integers(1, 12))
def test_every_operand_of_a_drawn_node_is_drawn_or_counted_on_its_marker(root: Value, max_nodes: int) -> None:
    graph = take(root, max_nodes)
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        markers = [graph.nodes[e.source] for e in ends if graph.nodes[e.source].kind is Kind.MARKER]
        drawn = len(ends) - len(markers)
        hidden = sum(marker.hidden_edges for marker in markers)
        expected = {"*": 2, "+": 2, "sum": 3, "": 0}[node.op]
        assert len(markers) <= 1
        assert drawn + hidden == (expected if node.kind in (Kind.OP, Kind.ROOT) else 0)


def test_the_nearest_nodes_are_kept() -> None:
    graph = take(chain(10), max_nodes=4)
    assert [(n.kind, n.hidden_nodes) for n in graph.nodes] == [
        (Kind.MARKER, 7),
        (Kind.OP, 0),
        (Kind.OP, 0),
        (Kind.OP, 0),
        (Kind.ROOT, 0),
    ]


def test_near_nodes_of_every_branch_come_before_far_ones_of_one() -> None:
    left, right = ag.sin(ag.sin(Value(1.0))), ag.cos(ag.cos(Value(1.0)))
    graph = take(left * right, max_nodes=5)
    assert [n.op for n in graph.nodes if n.kind is Kind.OP] == ["sin", "sin", "cos", "cos"]
    assert [n.hidden_nodes for n in graph.nodes if n.kind is Kind.MARKER] == [1, 1]


def test_a_hidden_node_behind_two_markers_counts_once() -> None:
    x = Value(1.0)
    left, right = ag.sin(ag.sin(x)), ag.cos(ag.cos(x))
    graph = take(left * right, max_nodes=3)
    assert sorted(n.hidden_nodes for n in graph.nodes if n.kind is Kind.MARKER) == [1, 2]


def test_many_edges_between_two_nodes_are_limited_too() -> None:
    x = Value(1.0)
    graph = take(ag.sum([x] * 1000), max_nodes=10)
    marker = next(n for n in graph.nodes if n.kind is Kind.MARKER)
    assert len(graph.edges) == 10 * EDGES_PER_NODE + 1
    assert (marker.hidden_nodes, marker.hidden_edges) == (0, 1000 - 10 * EDGES_PER_NODE)


@pytest.mark.parametrize("max_nodes", [5, ALL])
def test_depth_is_no_obstacle(max_nodes: int) -> None:
    graph = take(chain(100_000), max_nodes)
    assert graph.drawn + graph.hidden == 100_001


@pytest.mark.parametrize(
    ("root", "leaf"),
    [
        (lambda x: x.relu().sqrt(), -1.0),  # an infinite gradient times the local derivative 0
        (lambda x: x.log() * 0.0, 0.0),  # a gradient of 0 times an infinite local derivative
    ],
)
def test_a_factor_of_exactly_0_passes_nothing_on(root: Callable[[Value], Value], leaf: float) -> None:
    x = Value(leaf, label="x")
    y = root(x)
    y.backward()
    assert x.grad == 0.0
    graph = take(y)
    (edge,) = (edge for edge in graph.edges if graph.nodes[edge.source].name == "x")
    assert graph.contribution(edge) == 0.0
    assert "= 0.0" in edge_caption(graph, edge)


@given(programs())
def test_the_numbers_of_the_whole_graph_are_those_of_its_copy(root: Value) -> None:
    assert numbering(root) == record(root, [])[1]


def test_a_node_shows_the_same_number_in_every_view() -> None:
    x = Value(0.5)
    steps = [x]
    for _ in range(40):
        steps.append(ag.sin(steps[-1] * 2.0))
    root = steps.pop()
    root.backward()
    steps.clear()
    whole = viz.draw(root, max_nodes=None).graph
    number = {node.data: reference(node) for node in whole.nodes if node.op}
    last = whole.nodes[-2]
    assert last.op == "*"
    assert reference(last) == f"#{len(whole.nodes) - 2}"
    options: list[dict[str, Any]] = [{"max_nodes": 7}, {}, {"depth": 3}, {"focus": "root", "depth": 1}]
    for option in options:
        shown = [node for node in viz.draw(root, **option).graph.nodes if node.op]
        assert 1 < len(shown) < len(number)
        assert all(number[node.data] == reference(node) for node in shown)
    assert reference(last) in str(viz.tree(root, max_nodes=7))
