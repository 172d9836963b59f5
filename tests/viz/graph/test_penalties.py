"""Penalties over several modules: one box, with an edge from each module."""

from collections.abc import Callable
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import Value
from viz.graph.graph import Graph

Penalty = Callable[[list[Any]], Any]

PENALTIES: dict[str, Penalty] = {
    "sum of squares": lambda ps: 0.01 * sum(p * p for p in ps),
    "powers": lambda ps: ag.sum([p**2 for p in ps]) / 2.0,
    "scaled terms": lambda ps: sum(0.5 * (p * p) for p in ps),
    "dot": lambda ps: 0.01 * ag.dot(ps, ps),
    "sumprod": lambda ps: 0.01 * ag.sumprod(ps, ps),
    "norm": lambda ps: 0.1 * ag.norm(ps),
    "absolute values": lambda ps: 0.01 * ag.sum([abs(p) for p in ps]),
    "both": lambda ps: 0.1 * sum(abs(p) for p in ps) + 0.2 * sum(p * p for p in ps),
}


def boxes(graph: Graph) -> dict[str, set[str]]:
    """The inputs of each node that has some, by name."""
    ends: dict[str, set[str]] = {}
    for edge in graph.edges:
        ends.setdefault(graph.nodes[edge.target].name, set()).add(graph.nodes[edge.source].name)
    return ends


def loss_with(penalty: Penalty) -> Value:
    model = nn.MLP(2, [8, 8, 1], rng=0)
    loss: Value = (model([0.5, -0.3]) - 1.0) ** 2 + penalty(model.parameters())
    loss.label = "loss"
    return loss


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_one_box_with_an_edge_from_each_module(name: str) -> None:
    loss = loss_with(PENALTIES[name])
    loss.backward()
    graph = viz.draw(loss).graph
    ends = boxes(graph)
    assert ends["penalty"] == {"layers.0", "layers.1", "layers.2"}
    assert "penalty" in ends["loss"]
    assert not any("penalty" in inputs for target, inputs in ends.items() if target != "loss")
    (box,) = (node for node in graph.nodes if node.name == "penalty")
    assert not box.parameters
    whole = viz.draw(loss, max_nodes=None, collapse=None).graph
    assert graph.drawn + graph.folded + graph.helpers == whole.drawn + whole.helpers


def test_the_modules_keep_their_formulas_beside_a_penalty() -> None:
    graph = viz.draw(loss_with(PENALTIES["sum of squares"])).graph
    assert [node.formula for node in graph.nodes if node.name.startswith("layers")] == [
        "relu(W x + b)",
        "relu(W x + b)",
        "W x + b",
    ]


def test_a_penalty_can_be_opened() -> None:
    graph = viz.draw(loss_with(PENALTIES["dot"]), open="penalty").graph
    assert "penalty" not in boxes(graph)
    assert {"dot", "*"} <= {node.op for node in graph.nodes}


def test_a_penalty_on_one_module_is_in_its_box() -> None:
    model = nn.MLP(2, [8, 8, 1], rng=0)
    loss = (model([0.5, -0.3]) - 1.0) ** 2 + ag.sum([p * p for p in model.layers[1].parameters()])
    assert "penalty" not in boxes(viz.draw(loss).graph)


@pytest.mark.parametrize("joined", ["sum", "product"])
def test_the_outputs_of_modules_are_no_penalty(joined: str) -> None:
    """Not even if their inputs are constants, so that they use parameters only."""
    pair = nn.Sequential(nn.MLP(2, [9, 1], rng=0), nn.MLP(2, [9, 1], rng=1))
    a, b = (part([0.5, -0.3]) for part in pair)
    graph = viz.draw(a + b if joined == "sum" else a * b, collapse="layer").graph
    assert not any(node.name == "penalty" for node in graph.nodes)
