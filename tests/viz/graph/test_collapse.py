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
        ("layers.2", "L"),
    }
    assert graph.root.op == "cross_entropy"
    for index, layer in enumerate(model.layers):
        box = boxes(graph)[f"layers.{index}"]
        assert box.parameters == len(layer.parameters())
        assert box.gradient == pytest.approx(norm(layer.parameters()), rel=1e-15)
    # A neuron of the hidden layer: three weights, a bias, the product, the sum, the activation.
    assert boxes(graph)["layers.1"].folded_nodes == 3 * 7


def test_a_large_network_is_drawn_as_layers_and_a_small_one_as_nodes(model: nn.MLP) -> None:
    large = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    small = nn.MLP(2, [2, 1])([1.0, 2.0])
    drawing = viz.draw(large)
    assert drawing.graph == viz.draw(large, collapse="layer").graph
    assert "nodes in 3 boxes; open='layers.0' opens one" in drawing.svg
    assert viz.draw(large, open="layers.0").graph == viz.draw(large, collapse="layer", open="layers.0").graph
    assert not boxes(viz.draw(small).graph)
    assert set(boxes(viz.draw(small, open="layers.1").graph)) == {"layers.0", "layers.1.neurons.0"}


@pytest.mark.parametrize(
    "options",
    [
        {"collapse": None},
        {"max_nodes": 500},
        {"max_nodes": None},
        {"wrt": "layers.0.neurons.1.b"},
        {"depth": 3},
        {"focus": "layers.0.neurons.1.b"},
        {"expand": True},
    ],
)
def test_what_is_asked_for_is_not_folded(model: nn.MLP, options: dict[str, Any]) -> None:
    loss = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    assert not boxes(viz.draw(loss, **options).graph)


def test_a_large_graph_without_modules_is_not_folded() -> None:
    assert not boxes(viz.draw(ag.sum([Value(1.0, label=f"w{i}") * 2.0 for i in range(70)])).graph)


def test_an_edge_of_a_box_shows_the_norm_of_what_flows_back(model: nn.MLP) -> None:
    loss = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    loss.backward()
    drawing = viz.draw(loss)
    passed = [edge.passed for edge in drawing.graph.edges if edge.passed is not None]
    assert len(passed) == 3
    for norm in passed:
        assert f"|{viz.text.number(norm)}|</text>" in drawing.svg
        assert f"<td>|{viz.text.number(norm)}|</td>" in drawing.dot
        assert f'"#124;{viz.text.number(norm)}#124;"' in drawing.mermaid


def test_the_whole_network_of_the_digits_is_a_few_boxes() -> None:
    L = nn.cross_entropy(nn.MLP(64, [16, 16, 10])([0.5] * 64), 3)
    L.backward()
    drawing = viz.draw(L, collapse="layer")
    assert len(drawing.graph.nodes) == 4
    assert [node.parameters for node in drawing.graph.nodes[:3]] == [1040, 272, 170]
    assert len(drawing.svg) < 20_000


def test_an_opened_layer_shows_neurons_and_an_opened_neuron_its_nodes(model: nn.MLP) -> None:
    L = nn.cross_entropy(model([1.0, 2.0, 3.0, 4.0]), 1)
    graph = viz.draw(L, collapse="layer", open="layers.1").graph
    neurons = {f"layers.1.neurons.{index}" for index in range(3)}
    assert set(boxes(graph)) == {"layers.0", *neurons, "layers.2"}
    one = viz.draw(L, collapse="layer", open=["layers.1", "layers.1.neurons.0"]).graph
    assert set(boxes(one)) == set(boxes(graph)) - {"layers.1.neurons.0"}
    shown = [node.name for node in one.nodes if node.kind is Kind.PARAMETER]
    assert shown == [f"layers.1.neurons.0.{name}" for name in ("w.0", "w.1", "w.2", "b")]
    assert [node.op for node in one.nodes if node.kind is Kind.OP] == ["dot", "+", "relu"]
    for name in ("cross entropy", "operations"):
        assert set(boxes(viz.draw(L, collapse="layer", open=name).graph)) == {f"layers.{index}" for index in range(3)}


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


def formulas(root: Value, **options: Any) -> dict[str, str]:
    """The formulas of the boxes of a picture."""
    return {name: node.formula for name, node in boxes(viz.draw(root, **options).graph).items()}


def test_an_lstm_cell_is_its_gates_and_its_state() -> None:
    cell = nn.LSTMCell(3, 4, rng=0)
    h, c = [Value(0.5) for _ in range(4)], [Value(0.25) for _ in range(4)]
    out, _ = cell([1.0, -1.0, 0.5], (h, c))
    root = ag.sum(out)
    root.backward()
    gate = "sigmoid(W x + U h + b)"
    assert formulas(root) == {
        "leaves": "",  # h, and in another box c
        "input gate": gate,
        "forget gate": gate,
        "candidate": "tanh(W x + U h + b)",
        "output gate": gate,
        "state": "o tanh(f c + i g)",
    }
    forget = boxes(viz.draw(root).graph)["forget gate"]
    assert cell.bias_ih
    assert cell.bias_hh
    rows = [*cell.weight_ih[4:8], *cell.weight_hh[4:8], cell.bias_ih[4:8], cell.bias_hh[4:8]]
    assert forget.parameters == 4 * (3 + 4 + 2)
    assert forget.gradient == pytest.approx(norm([value for row in rows for value in row]), rel=1e-15)
    assert not any(name == "forget gate" for name in boxes(viz.draw(root, open="forget gate").graph))


def test_an_lstm_cell_without_its_output_gate_is_not_taken_for_a_gru() -> None:
    state = ([Value(0.5) for _ in range(4)], [Value(0.25) for _ in range(4)])
    _, c = nn.LSTMCell(3, 4, rng=0)([1.0, -1.0, 0.5], state)
    assert {"input gate", "forget gate", "candidate"} <= formulas(ag.sum(c)).keys()


def test_a_gru_cell_is_its_gates_and_its_state() -> None:
    root = ag.sum(nn.GRUCell(3, 4, rng=0)([1.0, -1.0, 0.5], [Value(0.5) for _ in range(4)]))
    assert formulas(root) == {
        "leaves": "",
        "reset gate": "sigmoid(W x + U h + b)",
        "update gate": "sigmoid(W x + U h + b)",
        "candidate": "tanh(W x + b + r (U h + b))",
        "state": "n + z (h - n)",
    }


def test_attention_is_its_projections_and_its_scores() -> None:
    outputs = nn.CausalSelfAttention(4, 2, rng=0)([[1.0, 0.0, 0.5, -0.5], [0.0, 1.0, 0.0, 1.0], [0.5] * 4])
    root = ag.sum([number for row in outputs for number in row])
    assert formulas(root) == {
        "query": "0.7071 (W x + b)",
        "key": "W x + b",
        "value": "W x + b",
        "attention": "softmax(q k) v",
        "output": "W x + b",
    }


def test_a_cell_inside_a_network_is_a_layer_that_opens_into_its_gates() -> None:
    outputs, _ = nn.LSTM(2, 3, rng=0)([[1.0, -1.0], [0.5, 0.5]])
    root: Any = ag.sum(outputs[-1])
    assert "LSTMCell cells.0" in {name.partition(" (")[0] for name in formulas(root)}
    opened = {name.partition(" (")[0] for name in formulas(root, open="cells.0")}
    assert {f"cells.0.{gate}" for gate in ("input gate", "forget gate", "candidate", "output gate")} <= opened


def test_a_penalty_is_no_affine_map() -> None:
    w = [Value(float(index), label=f"one.w.{index}") for index in range(3)]
    assert formulas(ag.sum([p * p for p in w]) * 0.5, collapse="module") == {"one": "*"}


def test_a_formula_says_whether_weights_are_a_matrix() -> None:
    gain, shift = Value(2.0, label="norm.gain.0"), Value(1.0, label="norm.shift.0")
    assert formulas(ag.square(Value(3.0) * gain + shift), collapse="module")["norm"] == "w x + b"
    # A factor that is computed inside the box would be missing in the formula.
    inner = ag.sin(Value(3.0) * gain)
    assert formulas(ag.square(inner * gain + shift), collapse="module")["norm"] == "* sin +"


def test_of_a_long_name_a_box_shows_the_end() -> None:
    name = "encoder.stack.layers.3.attention"
    weights = [Value(1.0, label=f"{name}.{index}.w") for index in range(2)]
    svg = viz.draw(ag.square(weights[0] * weights[1] + 1.0), collapse=[name]).svg
    assert ">\N{HORIZONTAL ELLIPSIS}stack.layers.3.attention</text>" in svg
