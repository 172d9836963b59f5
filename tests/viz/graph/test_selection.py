"""Parts of a graph: the chosen nodes are drawn, and the others are counted."""

from collections.abc import Callable

import pytest
from hypothesis import example, given

import autograd_core as ag
import nn
import viz
from autograd_core import InputError, Value
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from viz import Drawing
from viz.graph.graph import Graph, Kind


def size(root: Value) -> int:
    """The number of nodes of a graph, counted in another way than by the package."""
    order = ag.topological_order(root)
    return len(order) + sum(not isinstance(source, Value) for value in order for source in value.inputs)


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes if node.kind is not Kind.MARKER]


def markers(graph: Graph) -> list[tuple[int, int]]:
    return [(node.hidden_nodes, node.hidden_edges) for node in graph.nodes if node.kind is Kind.MARKER]


@pytest.fixture
def fork() -> tuple[Value, Value, Value]:
    """`L = (a*b) * sin(c)` and its leaves a and c."""
    a, b, c = (Value(x, label=label) for x, label in zip((2.0, -3.0, 0.5), "abc", strict=True))
    p, s = a * b, ag.sin(c)
    p.label, s.label = "p", "s"
    root = p * s
    root.label = "L"
    root.backward()
    return root, a, c


def test_only_paths_to_what_was_asked_for(fork: tuple[Value, Value, Value]) -> None:
    root, a, _ = fork
    graph = viz.draw(root, wrt=a).graph
    assert names(graph) == ["a", "p", "L"]
    assert markers(graph) == [(1, 1), (2, 1)]
    assert viz.draw(root, wrt="a").graph == graph
    assert graph.chosen == "those on paths to a"


def test_several_ends_and_patterns(fork: tuple[Value, Value, Value]) -> None:
    root, a, c = fork
    both = viz.draw(root, wrt=[a, c]).graph
    assert names(both) == ["a", "p", "c", "s", "L"]
    assert viz.draw(root, wrt=["[ac]"]).graph == both


def test_names_in_brackets_are_names_before_they_are_patterns() -> None:
    w = [Value(1.0), Value(2.0)]
    root = w[0] * w[1]
    assert names(viz.draw(root, wrt="w[1]").graph) == ["w[1]", "root"]


def test_a_constant_on_the_way_is_drawn_instead_of_counted() -> None:
    x = Value(1.0, label="x")
    assert not markers(viz.draw((x * 2.0) + 1.0, wrt=x).graph)


def test_a_wrong_name_is_answered_with_near_ones(fork: tuple[Value, Value, Value]) -> None:
    weight = Value(1.0, label="layers.0.weight")
    with pytest.raises(InputError, match=r"wrt names no node of the graph: '.*wieght'; did you mean 'layers.0.w"):
        viz.draw(weight * 2.0, wrt="layers.0.wieght")


@pytest.mark.parametrize(("depth", "shown"), [(0, ["L"]), (1, ["p", "s", "L"]), (9, ["a", "b", "p", "c", "s", "L"])])
def test_depth_counts_edges_from_the_root(fork: tuple[Value, Value, Value], depth: int, shown: list[str]) -> None:
    assert names(viz.draw(fork[0], depth=depth).graph) == shown


def test_focus_shows_operands_and_users_and_the_root() -> None:
    x = Value(0.5, label="x")
    chain = [x]
    for index in range(8):
        chain.append(ag.sin(chain[-1]))
        chain[-1].label = f"s{index}"
    graph = viz.draw(chain[-1], focus="s3", depth=1).graph
    assert names(graph) == ["s2", "s3", "s4", "s7"]
    assert markers(graph) == [(3, 1), (2, 1)]
    # s4 is used by hidden nodes only, and has an edge into their marker.
    hidden = next(n.number for n in graph.nodes if n.hidden_nodes == 2)
    assert [graph.nodes[e.source].name for e in graph.inputs[hidden]] == ["s4"]
    assert names(viz.draw(chain[-1], focus=chain[4]).graph) == ["s1", "s2", "s3", "s4", "s5", "s7"]


def test_a_hidden_operand_of_two_kept_nodes_counts_for_the_one_nearer_to_the_root() -> None:
    a, b = Value(2.0, label="a"), Value(0.5, label="b")
    shared = ag.sin(b)
    root = ag.exp(a * shared) + shared
    graph = viz.draw(root, wrt=a).graph
    assert [node.op or node.name or node.hidden_nodes for node in graph.nodes] == ["a", 0, "*", "exp", 2, "+"]


def test_a_node_that_several_hidden_ones_use_has_one_edge_into_their_marker() -> None:
    x = Value(0.5, label="x")
    root = ag.sum([ag.sin(x), ag.cos(x), ag.exp(x)])
    graph = viz.draw(root, focus=x, depth=0).graph
    assert [(e.source, e.target) for e in graph.edges] == [(0, 1), (1, 2)]
    assert markers(graph) == [(3, 3)]


def test_focus_means_one_node(fork: tuple[Value, Value, Value]) -> None:
    with pytest.raises(InputError, match=r"focus means one node, and '\[ab\]' means 2: a, b; name one of them"):
        viz.draw(fork[0], focus="[ab]")


OPTIONS: dict[str, Callable[[Value, list[Value]], Drawing]] = {
    "wrt": lambda root, leaves: viz.draw(root, wrt=leaves[0]),
    "wrt few": lambda root, leaves: viz.draw(root, wrt=leaves[0], max_nodes=3),
    "depth": lambda root, leaves: viz.draw(root, depth=2),
    "focus": lambda root, leaves: viz.draw(root, focus=leaves[0], depth=1),
    "focus few": lambda root, leaves: viz.draw(root, focus=leaves[0], max_nodes=2),
    "few": lambda root, leaves: viz.draw(root, max_nodes=3),
    "collapse": lambda root, leaves: viz.draw(root, collapse="module"),
    "collapse few": lambda root, leaves: viz.draw(root, collapse="layer", max_nodes=2),
    "collapse wrt": lambda root, leaves: viz.draw(root, collapse="neuron", wrt=leaves[0]),
    "patterns": lambda root, leaves: viz.draw(root, collapse="m.0"),
    "opened": lambda root, leaves: viz.draw(root, collapse=1, open="m.[01]"),
}


def labelled(root: Value) -> list[Value]:
    """The leaves of a graph, named as parameters of three modules by turns."""
    leaves = [value for value in ag.topological_order(root) if value.op is None]
    for index, leaf in enumerate(leaves):
        leaf.label = f"m.{index % 3}.w.{index}"
    return leaves


@given(program=expressions(max_size=12))
@example(
    program=Program(
        leaves=(0.0, 0.0, 0.0),
        instructions=(("exp2", (2,)), ("add", (0, 3)), ("add", (0, 1)), ("add", (1, 5)), ("fma", (0, 4, 6))),
    )
)
def test_what_is_drawn_folded_and_left_out_add_up(program: Program) -> None:
    root = program(*map(Value, program.leaves))
    leaves = labelled(root)
    root.backward()
    for option, draw in OPTIONS.items():  # here and not as parameters, because programs are slow to draw
        graph = draw(root, leaves).graph
        assert graph.drawn + graph.helpers + graph.folded + graph.hidden == size(root), option
        assert all(edge.source < edge.target for edge in graph.edges), option
        assert [node.number for node in graph.nodes] == list(range(len(graph.nodes))), option
        assert graph.root.kind is Kind.ROOT, option
        assert repr(graph.root.data) == repr(root.data), option


FUNCTIONS = {"dot", "+", "relu", "sum", "/", "cross_entropy"}


@pytest.mark.parametrize("max_nodes", [1, 3, 5, 10, 20, 40, 100])
def test_a_cut_never_shows_the_nodes_inside_a_function(max_nodes: int) -> None:
    model = nn.MLP(2, [8, 3], rng=1)
    one = nn.cross_entropy(model([1.0, 2.0]), 0)
    four = nn.cross_entropy([model([x, 2.0]) for x in (1.0, 2.0, 3.0, 4.0)], [0, 1, 2, 0])
    for loss in (one, four):
        for graph in (viz.draw(loss, max_nodes=max_nodes).graph, viz.tree(loss, max_nodes=max_nodes).graph):
            assert {node.op for node in graph.nodes if node.op} <= FUNCTIONS
            assert graph.drawn <= max_nodes
            assert graph.drawn + graph.helpers + graph.hidden == size(loss)
