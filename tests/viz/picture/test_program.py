"""Pictures of compiled programs: boxes for records with their shapes, or for instructions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import InputError, OperandTypeError, Value
from viz.graph import program
from viz.graph.graph import Kind
from viz.graph.program import listed_below


@pytest.fixture(scope="module")
def network() -> Any:
    model = nn.MLP(2, [8, 1], rng=1)

    def loss(points: Any, targets: Any) -> Any:
        model.zero_grad()
        loss = nn.mse_loss([model(x) for x in points], targets)
        loss.backward()
        return loss

    compiled = ag.compile(loss)
    compiled([[0.1 * k, 1.0] for k in range(20)], [1.0] * 20)
    return compiled


@pytest.fixture
def neuron() -> Any:
    w, b = Value(-3.0, label="w"), Value(6.88, label="b")
    compiled = ag.compile(lambda x: ag.erf(w * x + b) * 2.0)
    compiled(2.0)
    return compiled


class TestRecords:
    def test_a_network_is_matrix_products(self, network: Any) -> None:
        graph = viz.draw(network).graph
        products = [node for node in graph.nodes if node.kind is Kind.MODULE]
        assert {node.name for node in products} == {"matrix product"}
        assert "8x2 @ 2x20" in [node.lines[0] for node in products]
        inputs = {node.name: node.lines for node in graph.nodes if node.kind is Kind.LEAF}
        assert inputs["points"] == ("40 numbers",)
        assert inputs["layers.0"] == ("24 numbers",)
        assert graph.root.name == "outputs"

    def test_arrows_have_the_shapes_of_what_they_carry(self, network: Any) -> None:
        graph = viz.draw(network).graph
        first = next(node for node in graph.nodes if node.lines[:1] == ("8x2 @ 2x20",))
        shapes = {graph.nodes[edge.source].name: edge.shape for edge in graph.inputs[first.number]}
        assert shapes["points"] == "20x2"
        assert all(edge.source < edge.target for edge in graph.edges)

    def test_a_program_has_no_names(self, network: Any) -> None:
        graph = viz.draw(network.program).graph
        assert [node.name for node in graph.nodes if node.kind is Kind.LEAF] == ["inputs"]

    def test_formats(self, network: Any, tmp_path: Path) -> None:
        drawing = viz.draw(network, title="a network")
        assert "8x2 @ 2x20" in drawing.svg
        assert "plain" not in drawing.svg.partition("</style>")[2]
        assert "8x2 @ 2x20" in drawing.dot
        assert "matrix product" in drawing.mermaid
        assert "-.->" not in drawing.mermaid
        read = json.loads(drawing.json)
        assert read["about"].startswith("loss: ")
        assert {"shape", "source", "target"} <= read["edges"][0].keys()
        assert drawing.save(tmp_path / "loss.svg").read_text(encoding="utf-8") == drawing.svg

    def test_it_says_what_it_is(self, network: Any) -> None:
        drawing = viz.draw(network)
        assert repr(drawing).startswith("Drawing(loss: ")
        assert " operations in " in repr(drawing)
        assert "<title>loss: " in drawing.svg
        assert "gradient" not in drawing.svg.partition("</style>")[2]

    def test_some_nodes_of_it(self, network: Any) -> None:
        drawing = viz.draw(network, max_nodes=5)
        assert sum(node.kind is not Kind.MARKER for node in drawing.graph.nodes) == 5
        assert "those nearest outputs" in drawing.svg


class TestInstructions:
    def test_a_small_program_shows_every_instruction(self, neuron: Any) -> None:
        graph = viz.draw(neuron).graph
        names = {node.op or node.name for node in graph.nodes}
        assert names == {"x", "w", "*", "b", "+", "erf", "2.0", "outputs"}
        assert next(node for node in graph.nodes if node.op == "erf").lines == ("a call for each",)

    def test_below_a_prompt_it_is_a_list(self, neuron: Any) -> None:
        lines = listed_below(viz.draw(neuron).graph, 60).splitlines()
        assert lines[-1].startswith("#8 outputs of #")
        assert max(map(len, lines)) <= 60

    def test_a_long_list_is_cut(self, neuron: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(program, "MOST_LISTED", 5)
        assert listed_below(viz.draw(neuron).graph, 60).splitlines()[-1] == "and 4 more"


class TestWrongUse:
    def test_before_the_first_call(self) -> None:
        with pytest.raises(InputError, match="abs has no program before its first call"):
            viz.draw(ag.compile(abs))

    @pytest.mark.parametrize("options", [{"wrt": "w"}, {"depth": 2}, {"collapse": None}, {"expand": True}])
    def test_options_about_values(self, neuron: Any, options: Any) -> None:
        with pytest.raises(InputError, match=r"draw of a program takes max_nodes, .*which is about Values"):
            viz.draw(neuron, **options)

    def test_a_function_that_is_not_compiled(self) -> None:
        function: Any = abs
        with pytest.raises(OperandTypeError, match="draw needs a Value as its root"):
            viz.draw(function)
