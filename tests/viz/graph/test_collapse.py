"""Modules as boxes: which nodes they hold, what they show, and that no folding makes a cycle."""

import math
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import InputError, Value
from viz.graph.graph import Graph, Kind, Node


def boxes(graph: Graph) -> dict[str, Node]:
    return {node.name: node for node in graph.nodes if node.kind in (Kind.MODULE, Kind.GROUP)}


def links(graph: Graph) -> set[tuple[str, str]]:
    """The edges between boxes and the root, by name."""
    said = {node.number: node.name or node.op or repr(node.data) for node in graph.nodes}
    return {(said[edge.source], said[edge.target]) for edge in graph.edges}


def norm(parameters: list[Value]) -> float:
    return math.hypot(*(parameter.grad for parameter in parameters))


@pytest.fixture
def model() -> nn.MLP:
    model = nn.MLP(4, [3, 3, 2])
    for index, parameter in enumerate(model.parameters()):
        parameter.data = math.sin(index)
    return model


def test_a_network_is_a_chain_of_layers(model: nn.MLP) -> None:
    L = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    L.backward()
    graph = viz.draw(L, collapse="layer").graph
    assert links(graph) == {
        ("layers.0", "layers.1"),
        ("layers.1", "layers.2"),
        ("layers.2", "operations"),
        ("operations", "L"),
    }
    for index, layer in enumerate(model.layers):
        box = boxes(graph)[f"layers.{index}"]
        assert box.parameters == len(layer.parameters())
        assert box.gradient == pytest.approx(norm(layer.parameters()), rel=1e-15)
    # A neuron of the hidden layer: three weights, a bias, the product, the sum, the activation.
    assert boxes(graph)["layers.1"].folded_nodes == 3 * 7


def test_the_whole_network_of_the_digits_is_a_few_boxes() -> None:
    L = nn.cross_entropy(nn.MLP(64, [16, 16, 10])([0.5] * 64), 3)
    L.backward()
    drawing = viz.draw(L, collapse="layer")
    assert len(drawing.graph.nodes) == 5
    assert [node.parameters for node in drawing.graph.nodes[:3]] == [1040, 272, 170]
    assert len(drawing.svg) < 20_000


def test_an_opened_layer_shows_neurons_and_an_opened_neuron_its_nodes(model: nn.MLP) -> None:
    L = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    graph = viz.draw(L, collapse="layer", open="layers.1").graph
    neurons = {f"layers.1.neurons.{index}" for index in range(3)}
    assert set(boxes(graph)) == {"layers.0", *neurons, "layers.2", "operations"}
    one = viz.draw(L, collapse="layer", open=["layers.1", "layers.1.neurons.0"]).graph
    assert set(boxes(one)) == set(boxes(graph)) - {"layers.1.neurons.0"}
    shown = [node.name for node in one.nodes if node.kind is Kind.PARAMETER]
    assert shown == [f"layers.1.neurons.0.{name}" for name in ("w.0", "w.1", "w.2", "b")]
    assert [node.op for node in one.nodes if node.kind is Kind.OP] == ["dot", "+", "relu"]
    assert "operations" not in boxes(viz.draw(L, collapse="layer", open="operations").graph)


@pytest.mark.parametrize(
    ("collapse", "expected"),
    [
        ("neuron", {"layers.0.neurons.0", "layers.0.neurons.1", "layers.1.neurons.0"}),
        ("layer", {"layers.0", "layers.1"}),
        ("module", {"layers.0", "layers.1"}),
        (1, {"layers.0", "layers.1"}),
        (2, {"layers.0.neurons.0", "layers.0.neurons.1", "layers.1.neurons.0"}),
        (9, {"layers.0.neurons.0", "layers.0.neurons.1", "layers.1.neurons.0"}),
        ("layers.1", {"layers.1"}),
        (["layers.0.neurons.*"], {"layers.0.neurons.0", "layers.0.neurons.1"}),
        ("layers", {"layers"}),
    ],
)
def test_levels_and_patterns(collapse: str | int | list[str], expected: set[str]) -> None:
    loss = (nn.MLP(2, [2, 1])([1.0, 2.0]) - 1.0) ** 2
    graph = viz.draw(loss, collapse=collapse).graph
    assert {name for name, node in boxes(graph).items() if node.kind is Kind.MODULE} == expected


def test_an_activation_belongs_to_its_module_and_the_loss_does_not() -> None:
    w, v = Value(2.0, label="one.w"), Value(3.0, label="two.w")
    hidden = ag.tanh(w * 0.5)
    output = ag.sigmoid(hidden * v)
    loss = -ag.log(output)
    graph = viz.draw(loss, collapse="module").graph
    assert [node.op or node.name for node in graph.nodes] == ["one", "two", "log", "-"]
    # w, 0.5, the product and the tanh; v, the product and the sigmoid.
    assert [boxes(graph)[name].folded_nodes for name in ("one", "two")] == [4, 3]


def test_all_between_two_modules_belongs_to_the_first() -> None:
    w, v = Value(2.0, label="one.w"), Value(3.0, label="two.w")
    hidden = ag.exp(w * 0.5) * 2.0 + 1.0
    root = hidden * v + 1.0
    assert set(boxes(viz.draw(root, collapse="module").graph)) == {"one", "two"}
    assert boxes(viz.draw(root, collapse="module").graph)["one"].folded_nodes == 8


def test_an_op_of_two_modules_belongs_to_none() -> None:
    w, v = Value(2.0, label="one.w"), Value(3.0, label="two.w")
    penalty = w * w + v * v
    graph = viz.draw(penalty, collapse="module").graph
    assert links(graph) == {("one", "penalty"), ("two", "penalty")}
    assert [node.folded_nodes for node in boxes(graph).values()] == [2, 2]
    both = w * v
    assert [node.name for node in viz.draw(both + 1.0, collapse="module").graph.nodes[:3]] == ["one.w", "two.w", "both"]


def test_inputs_are_one_box_under_the_name_they_share(model: nn.MLP) -> None:
    x = [Value(float(index)) for index in range(4)]
    L = nn.cross_entropy(model(x), 1)
    L.backward()
    box = boxes(viz.draw(L, collapse="layer").graph)["x"]
    assert (box.kind, box.folded_nodes, box.parameters) == (Kind.GROUP, 4, 0)
    assert box.gradient == pytest.approx(norm(x), rel=1e-15)
    assert "x" not in boxes(viz.draw(L, collapse="layer", open="x").graph)


def test_modules_that_call_each_other_in_turns_are_split() -> None:
    """A decoder that feeds the output of its head back to its cell."""
    cell, head = Value(0.5, label="cell.w"), Value(0.25, label="head.w")
    state, fed = Value(1.0, label="state"), Value(1.0, label="start")
    for _ in range(3):
        state = ag.tanh(cell * state + fed)
        fed = ag.sin(head * state)
    graph = viz.draw(ag.square(fed), collapse="module").graph
    assert {name for name in boxes(graph) if name.startswith("head")} == {f"head ({i} of 3)" for i in (1, 2, 3)}
    assert all(edge.source < edge.target for edge in graph.edges)
    # A parameter belongs to the part of its first use, with edges to its later uses.
    assert [boxes(graph)[f"head ({i} of 3)"].parameters for i in (1, 2, 3)] == [1, 0, 0]
    assert ("head (1 of 3)", "head (2 of 3)") in links(graph)


def test_a_parameter_that_two_modules_share_makes_no_cycle() -> None:
    """Another module uses it before and after its own module does."""
    mine, other = Value(0.5, label="mine.w"), Value(0.25, label="other.w")
    early = ag.sin(other * mine + other * 2.0)
    late = ag.sin(mine * early)
    root = ag.cos(other * late) * mine
    graph = viz.draw(root, collapse="module").graph
    assert all(edge.source < edge.target for edge in graph.edges)
    assert graph.drawn + graph.folded == len(ag.topological_order(root)) + 1


def test_a_recurrent_net_without_turns_is_one_box() -> None:
    w = Value(0.5, label="cell.w")
    state = Value(1.0, label="start")
    for _ in range(5):
        state = ag.tanh(w * state)
    assert list(boxes(viz.draw(state, collapse="module").graph)) == ["cell"]


def test_many_edges_between_boxes_are_one(model: nn.MLP) -> None:
    L = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    L.backward()
    graph = viz.draw(L, collapse="layer").graph
    names = {node.name: node.number for node in graph.nodes}
    edge = next(e for e in graph.edges if e.source == names["layers.0"])
    # Three products of the second layer, each with three outputs of the first.
    assert (edge.count, edge.derivative) == (9, None)
    full = viz.draw(L, max_nodes=None).graph
    passed = [
        full.contribution(e) or 0.0
        for e in full.edges
        if full.nodes[e.source].op == "relu" and full.nodes[e.target].op == "dot"
    ]
    assert edge.passed == pytest.approx(math.hypot(*passed[:9]), rel=1e-15)


def test_the_users_own_dotted_labels_are_modules_too() -> None:
    a, b = Value(1.0, label="physics.spring.k"), Value(2.0, label="physics.mass")
    graph = viz.draw(ag.sqrt(a / b) * 3.0, collapse="module").graph
    assert list(boxes(graph)) == ["physics"]


def test_expanded_dot_products_are_sums_of_products() -> None:
    w = [Value(2.0, label="w0"), Value(3.0, label="w1")]
    x: list[Value | float] = [Value(5.0, label="x0"), 7.0]
    root = ag.relu(ag.dot(w, x))
    root.backward()
    graph = viz.draw(root, expand=True).graph
    ops = [(node.op, node.data, node.gradient) for node in graph.nodes if node.op]
    assert ops == [("*", 10.0, 1.0), ("*", 21.0, 1.0), ("sum", 31.0, 1.0), ("relu", 31.0, 1.0)]
    products = [node.number for node in graph.nodes if node.op == "*"]
    factors = [[(graph.nodes[e.source].data, e.derivative) for e in graph.inputs[number]] for number in products]
    assert factors == [[(2.0, 5.0), (5.0, 2.0)], [(3.0, 7.0), (7.0, None)]]
    assert graph.drawn == 8


def test_an_expanded_product_shows_what_was_multiplied_then() -> None:
    w, x = Value(2.0), Value(3.0)
    root = ag.dot([w], [x])
    w.data = 100.0
    assert next(node.data for node in viz.draw(root, expand=True).graph.nodes if node.op == "*") == 6.0


@pytest.mark.parametrize("collapse", ["layer.0", "head.*", ["stem", "layers.7"]])
def test_names_of_no_module_are_refused(model: nn.MLP, collapse: Any) -> None:
    L = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    with pytest.raises(
        InputError, match="collapse names no module of the graph: it is 'module' or 'layer' or 'neuron'"
    ):
        viz.draw(L, collapse=collapse)
