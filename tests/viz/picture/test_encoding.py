"""Colours and widths: steps that follow sizes, and text with enough contrast on every fill, light or dark."""

import math
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import Value
from autograd_core.diagnosis import remark
from viz.graph.graph import Graph
from viz.picture.encoding import Encoding
from viz.picture.legend import legend
from viz.picture.scale import LEVELS, Scale
from viz.picture.style import CELL, DARK, LIGHT, TINTS_DARK, TINTS_LIGHT, WIDTHS, Ink

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1), finite, finite)
def test_a_larger_gradient_has_no_lower_step(gradients: list[float], a: float, b: float) -> None:
    scale = Scale.of(gradients)
    low, high = sorted((a, b))
    assert scale.level(low) <= scale.level(high)
    assert scale.level(-a) == -scale.level(a)
    assert abs(scale.level(a)) <= LEVELS


@given(st.lists(finite.filter(bool), min_size=1))
def test_the_largest_gradient_has_the_highest_step(gradients: list[float]) -> None:
    scale = Scale.of(gradients)
    assert abs(scale.level(max(gradients, key=abs))) == LEVELS or abs(max(gradients, key=abs)) < 1e-322
    assert all(low <= high for low, high in pairwise(scale.bound(step) for step in range(LEVELS + 1)))


def test_what_has_no_size_has_no_step() -> None:
    scale = Scale.of([1.0, math.nan, math.inf, None])
    assert (scale.high, [scale.level(g) for g in (math.nan, math.inf, None, 0.0, -0.0)]) == (1.0, [0] * 5)
    assert Scale.of([0.0, None]).is_empty
    assert Scale.of([]).level(1.0) == 0


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "tints"), [(LIGHT, TINTS_LIGHT), (DARK, TINTS_DARK)], ids=["light", "dark"])
def test_text_on_every_tint_can_be_read(ink: Ink, tints: dict[int, str]) -> None:
    """4.5 is the minimum of the Web Content Accessibility Guidelines (success criterion 1.4.3)."""
    for fill in tints.values():
        assert contrast(ink.text, fill) >= 4.5
        assert contrast(ink.firm, fill) >= 4.5
    for text in (ink.text, ink.firm, ink.warning):
        assert contrast(text, ink.bad) >= 4.5
    assert min(contrast(text, ink.paper) for text in (ink.text, ink.faint, ink.warning)) >= 4.5


@pytest.mark.parametrize("tints", [TINTS_LIGHT, TINTS_DARK], ids=["light", "dark"])
def test_every_step_has_a_tint_of_its_own(tints: dict[int, str]) -> None:
    assert len(set(tints.values())) == 2 * LEVELS + 1
    assert len(WIDTHS) == LEVELS + 1 == len(set(WIDTHS))


def classes(root: Value, **options: str | bool) -> list[str]:
    svg = ET.fromstring(viz.draw(root, renderer="builtin", **options).svg)  # type: ignore[arg-type]  # noqa: S314
    groups = [g.get("class", "") for g in svg.iter("{http://www.w3.org/2000/svg}g")]
    return [c for c in groups if c.startswith(("node", "edge", "legend"))]


def signs() -> Value:
    a, b = Value(2.0), Value(-300.0)
    root: Value = a * b
    return root


def test_nodes_and_edges_are_tinted_after_a_sweep_and_not_before() -> None:
    root = signs()
    assert classes(root) == ["edge", "edge", "node leaf", "node leaf", "node root"]
    root.backward()
    assert classes(root) == [
        "edge w6",
        "edge w1",
        "node leaf tint n6",
        "node leaf tint p1",
        "node root tint p1",
        "legend",
    ]


def test_each_encoding_can_be_left_out() -> None:
    root = signs()
    root.backward()
    assert classes(root, colour_by="kind") == ["edge w6", "edge w1", "node leaf", "node leaf", "node root", "legend"]
    assert classes(root, edge_width=False)[:3] == ["edge", "edge", "node leaf tint n6"]
    plain = classes(root, colour_by="kind", edge_width=False)
    assert plain == ["edge", "edge", "node leaf", "node leaf", "node root"]


def test_dead_and_saturated_units_say_so() -> None:
    x = Value(-3.0)
    root = ag.relu(x) + ag.tanh(x * 4.0) + ag.relu(-x)
    root.backward()
    svg = viz.draw(root, renderer="builtin").svg
    assert svg.count(">dead<") == svg.count(">saturated<") == 1
    assert "\ndead: its output and its derivative are 0" in svg
    assert r"\ldead\l" in viz.draw(root).dot


@pytest.mark.parametrize("name", [op.name for op in ag.TABLE.values() if op.arity == 1 and op.steepest is not None])
def test_every_op_that_is_flat_at_its_ends_can_be_saturated(name: str) -> None:
    assert remark(ag.TABLE[name](Value(1e3))) == "saturated"
    assert remark(ag.TABLE[name](Value(0.0))) == ("dead" if name == "relu6" else "")


def test_a_contribution_that_is_not_finite_has_the_usual_width() -> None:
    x = Value(0.0)
    root = ag.sqrt(x)
    root.backward()
    graph = viz.draw(root).graph
    assert Encoding.of(graph, "gradient", edge_width=True).weight(graph, graph.edges[0]) is None


def test_the_place_where_a_node_was_made_is_shown_on_request() -> None:
    x = Value(2.0)
    with ag.detect_anomaly():
        y = x * 3.0
    assert "test_encoding.py:" in viz.draw(y, origin=True, renderer="builtin").svg
    assert "test_encoding.py:" not in viz.draw(y, renderer="builtin").svg


def signed(*gradients: float) -> Graph:
    """The graph of a root with these gradients at its leaves."""
    root = ag.sum([Value(1.0) * gradient for gradient in gradients])
    root.backward()
    return viz.draw(root).graph


@pytest.mark.parametrize(
    ("gradients", "steps", "texts"),
    [
        ((100.0, 0.01), range(7), ["0.01", "1", "1e+02"]),
        ((100.0, -0.01), range(-6, 7), ["-1e+02", "-1", "±0.01", "1", "1e+02"]),
    ],
)
def test_the_legend_has_the_signs_that_occur_and_numbers_on_its_scale(
    gradients: tuple[float, ...], steps: range, texts: list[str]
) -> None:
    encoding = Encoding.of(signed(*gradients), "gradient", edge_width=True)
    key = legend(encoding)
    assert [mark.step for mark in key.marks if mark.title and not mark.is_stroke] == [*steps]
    ticks = sorted((mark for mark in key.marks if mark.text and mark.x), key=lambda mark: mark.x)
    assert [mark.text for mark in ticks] == texts
    assert all(a.x + CELL * len(a.text) < b.x for a, b in pairwise(ticks))
    assert all(mark.x + CELL * len(mark.text) <= key.width for mark in ticks)


def test_a_legend_of_negative_gradients_has_no_positive_half() -> None:
    x = Value(2.0)
    graph = viz.draw(x + 0.5).graph
    graph = replace(graph, nodes=tuple([replace(node, gradient=-3.0) for node in graph.nodes]))
    encoding = Encoding.of(graph, "gradient", edge_width=False)
    assert encoding.steps == range(-6, 1)
    assert [mark.text for mark in legend(encoding).marks if mark.text][1:] == ["-3", "-0.95", "-0.3"]
