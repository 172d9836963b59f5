"""The page of a network as boxes."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import InputError, Value
from browser import Browser, needs_chromium
from viz.passes.page import Page


def network(penalty: float = 0.0) -> Value:
    """The loss of a network, with gradients of its own in `.grad`."""
    model = nn.MLP(2, [8, 8, 1], rng=0)
    loss: Value = (model([0.5, -0.3]) - 1.0) ** 2
    if penalty:
        loss = loss + penalty * ag.sum([p * p for p in model.parameters()])
    loss.label = "loss"
    loss.backward()
    return loss


def board(page: Page) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def number_of(figure: str | list[str]) -> float:
    return float(figure if isinstance(figure, str) else figure[1])


def named(facts: Any) -> dict[str, Any]:
    return {node["name"]: node for node in facts["nodes"] if node["name"]}


def test_a_large_network_is_shown_as_boxes() -> None:
    page = viz.page(network())
    facts = board(page)
    assert named(facts).keys() >= {"layers.0", "layers.1", "layers.2", "loss"}
    assert len(named(facts)) < 7
    assert facts["words"]["summary"] == "3 boxes, 4 nodes, 6 edges; 171 nodes in the boxes"
    assert len(facts["nodes"]) == 3 + 4
    assert len(facts["edges"]) == 6
    assert "data-node" in page.html


def test_boxes_end_with_the_gradients_that_a_drawing_shows() -> None:
    loss = network(0.01)
    drawn = {node.name: node.gradient for node in viz.draw(loss).graph.nodes if node.gradient is not None}
    facts = board(viz.page(loss))
    last = {facts["nodes"][step["target"]]["name"]: step["after"] for step in facts["backward"]["topological"]}
    assert drawn.keys() == {"layers.0", "layers.1", "layers.2", "loss"}
    for name, gradient in drawn.items():
        assert number_of(last[name]) == pytest.approx(gradient, rel=1e-14)
        assert number_of(named(facts)[name]["gradient"]) == pytest.approx(gradient, rel=1e-14)


def test_the_gradients_of_the_user_are_neither_read_nor_changed() -> None:
    loss = network()
    parameters = [node for node in ag.topological_order(loss) if node.op is None]
    for number, parameter in enumerate(parameters):
        parameter.grad = float(number)
    before = viz.page(loss).html
    assert [parameter.grad for parameter in parameters] == list(range(len(parameters)))
    for parameter in parameters:
        parameter.grad = 0.0
    assert viz.page(loss).html == before


def test_every_box_is_computed_after_its_inputs_and_passed_on_to_by_all_its_users() -> None:
    facts = board(viz.page(network(0.01)))
    done: set[int] = {number for number, node in enumerate(facts["nodes"]) if not node.get("op")}
    for step in facts["forward"]:
        assert done.issuperset(step["from"])
        done.add(step["node"])
    assert len(done) == len(facts["nodes"])
    left = [sum(source == number for source, _ in facts["edges"]) for number in range(len(facts["nodes"]))]
    for step in facts["backward"]["topological"][1:]:
        assert left[step["node"]] == 0  # its own gradients are complete
        left[step["target"]] -= 1
        assert (step["after"] == ["…", "0.0"]) == (left[step["target"]] > 0)


def test_sentences_say_what_a_box_does() -> None:
    facts = board(viz.page(network(0.01)))
    equations = [step["equation"] for step in (*facts["forward"], *facts["backward"]["topological"])]
    assert "layers.0\n  = relu(W x + b)" in equations
    assert "loss\n  = squared error + penalty\n  = " in "".join(equations)
    assert any(text.startswith("layers.1 passes on to layers.0\n  |") for text in equations)
    remarks = " ".join(step["remark"] for step in facts["backward"]["topological"])
    assert "This is the length of 64 contributions to the gradients in the box." in remarks
    assert "|grad| is the length of the gradients of its 24 parameters." in remarks
    assert "1 more box or node will pass on to layers.2." in remarks
    uses = {node["name"]: node.get("uses", "") for node in facts["nodes"]}
    assert uses["squared error"] == "squared error is used by loss, which passes on to it:"
    assert uses["layers.0"] == "layers.0 is used by 2 boxes and nodes, which pass on to it:"
    assert "collapse=None) shows single nodes, with a quiz" in facts["words"]["ready"]


@pytest.mark.parametrize("options", [{"collapse": None}, {"max_nodes": 300}, {"expand": True}])
def test_what_the_caller_chooses_is_shown_node_by_node(options: dict[str, Any]) -> None:
    facts = board(viz.page(network(), **options))
    assert "bundles" not in facts
    assert len(facts["nodes"]) > 60


def test_a_box_can_be_opened() -> None:
    facts = board(viz.page(network(), open="layers.2"))
    assert "layers.2" not in named(facts)
    assert "layers.1" in named(facts)
    assert any(name.startswith("layers.2.") for name in named(facts))
    with pytest.raises(InputError, match=r"open names boxes of collapse, and none of the graph is 'layer\.2'"):
        viz.page(network(), open="layer.2")


def test_a_small_network_is_shown_as_boxes_on_demand() -> None:
    root = nn.MLP(1, [2, 1], rng=0)([0.5])
    assert "bundles" not in board(viz.page(root))
    assert board(viz.page(root, collapse="layer"))["bundles"]
    with pytest.raises(InputError, match="collapse names no module of the graph"):
        viz.page(root, collapse=["head"])


def test_a_graph_beyond_the_limit_has_markers() -> None:
    facts = board(viz.page(network(), collapse="layer", open="layers.1", max_nodes=20))
    assert sum(node["gradient"] is not None or node["data"] is not None for node in facts["nodes"]) <= 20
    assert all(math.isfinite(number_of(step["after"])) for step in facts["backward"]["topological"])


@needs_chromium
def test_a_page_of_boxes_shows_the_numbers_as_they_are_passed_on(browser: Browser, tmp_path: Path) -> None:
    page = viz.page(network(0.01))
    facts = board(page)
    steps = len(facts["forward"]) + len(facts["backward"]["topological"])
    lengths = """[...document.querySelectorAll('.edge')].filter(edge => {
        const text = edge.querySelector('text');
        return text && getComputedStyle(text).opacity === '1' && text.textContent.includes('|') }).length"""
    tab = browser.open(page.save(tmp_path / "page.html"), still=True)
    assert not tab.run("['#mode-quiz', '#mode-naive', '#mode-keys'].some(x => document.querySelector(x).offsetHeight)")
    shown = []
    for _ in range(steps):
        tab.press("ArrowRight")
        shown.append(tab.run(lengths))
    passed = len(facts["backward"]["topological"]) - 1
    assert shown == [0] * (steps - passed) + [*range(1, passed + 1)]
    tab.press("q")
    assert tab.text("#count") == f"step {steps} of {steps}"
    assert tab.run("document.querySelectorAll('.wrong, .waiting').length") == 0
    tab.click("#picture .node.module")
    assert tab.text("#about-name") == "layers.0"
    assert tab.text("#about-numbers dt") == "gradient"
    assert tab.complaints == []
    tab.close()


def test_hostile_names_of_modules_stay_text() -> None:
    root = network()
    for node in ag.topological_order(root):
        node.label = node.label.replace("layers", "<b>\N{HEBREW LETTER ALEF}&")
    page = viz.page(root, collapse="layer")
    assert "<b>" not in page.html.replace("<b></b>", "")
    assert any("\N{FIRST STRONG ISOLATE}<b>" in name for name in named(board(page)))


def test_the_picture_is_as_wide_as_the_boxes_and_not_as_the_line_on_what_they_hold() -> None:
    html = viz.page(network(), rankdir="TB").html
    assert html.count("nodes in the boxes") == 2  # above the picture, and in the storyboard
    (width,) = re.findall(r'<svg [^>]*class="autograd-graph"[^>]* width="([\d.]+)"', html)
    assert float(width) < 400.0


@needs_chromium
def test_a_narrow_page_opens_where_the_pass_starts(browser: Browser, tmp_path: Path) -> None:
    path = viz.page(network(0.01)).save(tmp_path / "page.html")
    tab = browser.open(path, width=400, height=700, still=True)
    assert tab.run(
        """(() => {
            const box = document.querySelector('#picture [data-node="0"]').getBoundingClientRect();
            const frame = document.querySelector('#picture').getBoundingClientRect();
            return box.top >= frame.top && box.bottom <= frame.bottom;
        })()"""
    )
    tab.close()


def cell_loss() -> Any:
    """The squared error of a cell, whose state is a box without parameters."""
    h, _ = nn.LSTMCell(2, 3, rng=0)([1.0, -1.0])
    return nn.mse_loss(h, [0.0, 1.0, 0.5])


def test_a_box_without_parameters_tells_what_it_computes_and_who_uses_it() -> None:
    state = named(board(viz.page(cell_loss())))["state"]
    assert state["gradient"] is None
    assert state["made"].startswith("state: o tanh(f c + i g); ")
    assert all(f"{gate} gate" in state["made"] for gate in ("input", "forget", "output"))
    assert state["uses"] == "state is used by squared error, which passes on to it:"


@needs_chromium
def test_every_box_has_the_focus_in_turn_and_a_panel(browser: Browser, tmp_path: Path) -> None:
    page = viz.page(cell_loss())
    boxes = [number for number, node in enumerate(board(page)["nodes"]) if "made" in node]
    tab = browser.open(page.save(tmp_path / "page.html"), still=True)
    assert tab.run("document.querySelectorAll('#picture [role=button][aria-label][tabindex]').length") == len(boxes)
    for number in boxes:
        tab.press("ArrowDown")
        assert tab.run("Number(document.activeElement.dataset.node)") == number or number == boxes[0]
        tab.press("Enter")
        assert tab.text("#about-made")
        tab.press("Enter")
    assert tab.complaints == []
    tab.close()
