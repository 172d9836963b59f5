"""The sums at the end of a graph, which no box of a module or a cell holds."""

import math
from typing import Any

import pytest

import nn
import viz
from autograd_core import Value
from viz.graph.graph import BOXES, Graph, Node


def boxes(graph: Graph) -> dict[str, Node]:
    return {node.name: node for node in graph.nodes if node.kind in BOXES}


def links(graph: Graph) -> set[tuple[str, str]]:
    """The edges by the names of their ends."""
    return {(graph.nodes[edge.source].name, graph.nodes[edge.target].name) for edge in graph.edges}


def added_up(step: str) -> tuple[Value, str, int]:
    """A Python sum of several outputs or losses, the name of the box around its terms, and their number."""
    x, h, c = [1.0, 2.0], [Value(0.1) for _ in range(4)], [Value(0.2) for _ in range(4)]
    match step:
        case "lstm":
            terms: list[Any] = nn.LSTMCell(2, 4, rng=0)(x, (h, c))[0]
        case "memory":
            terms = nn.LSTMCell(2, 4, rng=0)(x, (h, c))[1]
        case "gru":
            terms = nn.GRUCell(2, 4, rng=0)(x, h)
        case "attention":
            rows = nn.CausalSelfAttention(2, 1, rng=0)([x, x, x])
            terms = [number for row in rows for number in row]
        case _:
            model = nn.MLP(2, [3, 1], rng=0)
            terms = [(model([number, 1.0]) - number) ** 2 for number in (0.5, 1.0, 2.0)]
    box = {"attention": "output", "loss": "squared error"}.get(step, "state")
    return sum(terms), box, len(terms)


@pytest.mark.parametrize("step", ["lstm", "memory", "gru", "attention", "loss"])
def test_the_users_sum_is_one_node_with_an_edge_for_each_term(step: str) -> None:
    total, box, count = added_up(step)
    total.backward()
    graph = viz.draw(total, collapse="layer" if step == "loss" else "neuron", open="leaves").graph
    assert graph.root.op == "sum"
    assert graph.root.helpers >= count - 2
    (edge,) = graph.inputs[graph.root.number]
    assert (graph.nodes[edge.source].name, edge.count) == (box, count)
    assert edge.passed == pytest.approx(math.sqrt(count), rel=1e-15)
    whole = viz.draw(total, max_nodes=None).graph
    assert graph.drawn + graph.folded + graph.helpers == whole.drawn + whole.helpers


def test_the_users_sum_before_the_division_of_a_mean_is_no_part_of_a_box() -> None:
    total, box, count = added_up("lstm")
    mean = total / count
    mean.backward()
    graph = viz.draw(mean, collapse="neuron").graph
    (edge,) = graph.inputs[next(node.number for node in graph.nodes if node.op == "sum")]
    assert (graph.nodes[edge.source].name, edge.count) == (box, count)
    assert edge.passed == pytest.approx(math.sqrt(count) / count, rel=1e-15)


def test_a_sum_with_a_name_or_a_second_use_stays() -> None:
    a, b, c = nn.MLP(2, [3, 3], rng=0)([1.0, 2.0])
    first = a + b
    first.label = "first"
    assert ("layers.1", "first") in links(viz.draw(first + c, collapse="layer").graph)

    def twice() -> Any:
        pair = a + b
        return (pair + c) + pair

    graph = viz.draw(twice(), collapse="layer").graph
    assert [(graph.nodes[edge.source].op, edge.count) for edge in graph.inputs[-1]] == [("+", 1), ("+", 1), ("", 1)]


def test_an_output_is_beside_the_box_that_computes_it_with_its_bias() -> None:
    attention = nn.CausalSelfAttention(4, 1, rng=0)
    root = attention([[1.0, 2.0, 0.5, 1.0], [3.0, -1.0, 0.5, 0.5]])[1][0]
    root.backward()
    drawing = viz.draw(root, collapse="neuron")
    graph = drawing.graph
    output = boxes(graph)["output"]
    assert (output.formula, output.parameters) == ("W x + b", 5)
    assert [(graph.nodes[edge.source].name, edge.passed) for edge in graph.inputs[graph.root.number]] == [
        ("output", 1.0)
    ]
    assert (graph.root.data, graph.root.gradient) == (root.data, 1.0)
    assert "root, the output of output" in drawing.svg
    whole = viz.draw(root, max_nodes=None).graph
    assert graph.drawn + graph.folded + graph.helpers == whole.drawn + whole.helpers


def test_the_state_of_an_lstm_without_its_output_is_the_sum_in_it() -> None:
    assert boxes(viz.draw(added_up("memory")[0], collapse="neuron").graph)["state"].formula == "f c + i g"
