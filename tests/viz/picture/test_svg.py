"""The SVG: the numbers of the graph, the arithmetic in hover texts, and any label as escaped text."""

import math
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import Value
from viz.picture.boxes import layout_graph
from viz.picture.dot import find_dot
from viz.picture.layout import place
from viz.picture.svg import svg_picture

SVG = "{http://www.w3.org/2000/svg}"

LAYOUTS = [
    "builtin",
    pytest.param("dot", marks=pytest.mark.skipif(find_dot() is None, reason="the program dot is not on PATH")),
]


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - written by the package itself


def groups(svg: str, kind: str) -> list[ET.Element]:
    """The groups of one class, in order."""
    return [g for g in parse(svg).iter(f"{SVG}g") if kind in g.get("class", "").split()]


def texts(group: ET.Element) -> list[str]:
    return [text.text or "" for text in group.iter(f"{SVG}text")]


def hover(group: ET.Element) -> str:
    title = group.find(f"{SVG}title")
    return (title.text or "") if title is not None else ""


def builtin(root: Value) -> str:
    return viz.draw(root, renderer="builtin").svg


def test_the_picture_as_data_says_what_its_text_says() -> None:
    graph = viz.draw(Value(2.0, label="a") * 3.0 + 1.0).graph
    measured = layout_graph(graph, "LR")
    picture = svg_picture(graph, measured, place(measured.boxes, measured.wires), "title" * 13, "builtin")
    root = parse(str(picture))
    assert (picture.width, picture.height) == (float(root.get("width", "")), float(root.get("height", "")))
    for kind, found in (("node", picture.nodes), ("edge", picture.edges)):
        assert [group.number for group in found] == list(range(len(found)))
        assert [[text.content for text in group.texts] for group in found] == list(
            map(texts, groups(str(picture), kind))
        )
        assert [group.hover for group in found] == list(map(hover, groups(str(picture), kind)))
    figures = [(text.figure, text.content) for group in picture.nodes for text in group.texts if text.figure]
    assert figures[:2] == [("data", "2.0"), ("grad", "0.0")]


@pytest.mark.parametrize("renderer", LAYOUTS)
def test_every_number_of_the_graph_is_in_the_picture(renderer: str) -> None:
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    L = product + 10.0
    L.backward()
    svg = viz.draw(L, renderer=renderer).svg
    assert [texts(g) for g in groups(svg, "node")] == [
        ["a", "data", "2.0", "grad", "-3.0"],
        ["b", "data", "-3.0", "grad", "2.0"],
        ["*", "product", "data", "-6.0", "grad", "1.0"],
        ["10.0"],
        ["+", "L", "data", "4.0", "grad", "1.0"],
    ]
    assert [texts(g) for g in groups(svg, "edge")] == [["-3.0"], ["2.0"], ["1.0"], []]
    assert [hover(g) for g in groups(svg, "edge")] == [
        "dL/da += dL/dproduct × dproduct/da = 1.0 × -3.0 = -3.0",
        "dL/db += dL/dproduct × dproduct/db = 1.0 × 2.0 = 2.0",
        "dL/dproduct += dL/dL × dL/dproduct = 1.0 × 1.0 = 1.0",
        "constant 10.0: it has no gradient",
    ]
    assert hover(groups(svg, "root")[0]) == "L = product + 10.0\ndata 4.0\ngradient dL/dL = 1.0"


@pytest.mark.parametrize("renderer", LAYOUTS)
def test_the_two_edges_of_a_square_run_apart(renderer: str) -> None:
    a = Value(3.0)
    edges = groups(viz.draw(a * a, renderer=renderer).svg, "edge")
    paths = [g.find(f"{SVG}path") for g in edges]
    labels = [(t.get("x"), t.get("y")) for g in edges for t in g.iter(f"{SVG}text")]
    assert len({path.get("d") for path in paths if path is not None}) == 2
    assert len(set(labels)) == 2


def test_the_contributions_on_hover_add_up_to_the_gradient() -> None:
    a, b = Value(0.3), Value(-1.7)
    L = ag.tanh(a * b + a * a)
    L.backward()
    captions = [hover(g) for g in groups(viz.draw(L, renderer="builtin").svg, "edge")]
    passed = [caption.split(" = ")[-1] for caption in captions if caption.startswith("dL/da +=")]
    assert len(passed) == 3
    assert sum(map(float, passed)) == pytest.approx(a.grad, rel=1e-15)


def test_kinds_differ_in_shape() -> None:
    a = Value(2.0)
    root = -(a * 2.0)
    svg = viz.draw(root, renderer="builtin", max_nodes=4).svg
    shapes = {}
    for kind in ("leaf", "constant", "op", "root"):
        rects = list(groups(svg, kind)[0].iter(f"{SVG}rect"))
        shapes[kind] = (len(rects), rects[0].get("rx"))
    assert len(set(shapes.values())) == 4


def test_a_number_that_is_not_finite_is_marked() -> None:
    x = Value(-1.0)
    root = ag.log(x) * 2.0
    root.backward()
    svg = builtin(root)
    marked = [g.get("class") for g in groups(svg, "bad")]
    assert marked == ["node leaf bad", "node op bad", "node root bad"]
    bad = [t.text for t in parse(svg).iter(f"{SVG}text") if "bad" in t.get("class", "").split()]
    assert bad == ["nan", "nan", "nan", "nan"]


def test_an_infinite_derivative_is_marked_on_its_edge() -> None:
    x = Value(0.0)
    edge = groups(builtin(ag.sqrt(x)), "edge")[0]
    assert [(t.text, t.get("class")) for t in edge.iter(f"{SVG}text")] == [("inf", "middle bad")]


def test_a_zero_gradient_passes_nothing_on_even_against_an_infinite_derivative() -> None:
    x = Value(0.0)
    root = ag.sqrt(x) * 0.0
    root.backward()
    assert hover(groups(builtin(root), "edge")[0]).endswith("= 0.0 × inf = 0.0")
    assert x.grad == 0.0


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "dot": '"];x[',
    "node escape": r"\N\G\l",
    "entity": "&lt;&#65;",
    "cdata": "]]>",
    "comment": "--><!--",
    "emoji": "👨‍👩‍👧 ∂L",
    "right to left": "שלום עולם",
    "backslash": "end\\",
}


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_label_is_shown_letter_by_letter(label: str) -> None:
    svg = viz.draw(Value(1.0, label=label) * 1.0, renderer="builtin", title=label).svg
    assert texts(groups(svg, "leaf")[0])[0] == label
    assert hover(groups(svg, "leaf")[0]).startswith(f"{label}, a leaf\n")
    assert parse(svg).findtext(f"{SVG}title") == label


@pytest.mark.parametrize(
    ("label", "shown"),
    [("one\ntwo", r"one\ntwo"), ("\x00\x07", r"\x00\x07"), ("\ud800", r"\ud800"), ("a\u202eb", r"a\u202eb")],
)
def test_a_character_without_a_picture_is_shown_as_its_escape(label: str, shown: str) -> None:
    assert texts(groups(builtin(Value(1.0, label=label)), "root")[0])[0] == shown


def test_a_long_label_is_cut_in_the_box_and_longer_on_hover() -> None:
    root = Value(1.0, label="x" * 10_000)
    group = groups(builtin(root), "root")[0]
    assert texts(group)[0] == "x" * 27 + "…"
    assert hover(group).startswith("x" * 1000 + "…, a leaf")
    assert len(builtin(root)) < 10_000


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_makes_well_formed_xml(label: str, title: str) -> None:
    a = Value(1.0, label=label)
    root = parse(viz.draw(a * a, renderer="builtin", title=title).svg)
    assert root.tag == f"{SVG}svg"


@given(st.floats())
def test_a_number_shown_is_the_number_or_near_it(x: float) -> None:
    shown = texts(groups(builtin(Value(x, label="x")), "root")[0])[2]
    if len(repr(x)) <= 7:
        assert shown == repr(x)
        return
    # Decimal, because four digits of the largest float are a number beyond it.
    assert abs(Decimal(shown) - Decimal(x)) <= Decimal("5.01e-4") * abs(Decimal(x))
    assert shown.startswith("-") == (math.copysign(1.0, x) < 0)


def test_text_fits_its_box() -> None:
    wide = Value(-1.23456e-300, label="日本語のラベルです")
    root = ag.sigmoid(wide)
    root.backward(-1.23456e-300)
    for group in groups(builtin(root), "node"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        width = float(rect.get("width", "0"))
        for caption, figure in (texts(group)[-4:-2], texts(group)[-2:]):
            assert (len(caption) + 1 + len(figure)) * 7.2 <= width - 15


def test_a_reader_who_cannot_see_is_told_the_gradients() -> None:
    a, b = Value(2.0), Value(-3.0)
    L = a * b
    L.backward()
    root = parse(viz.draw(L, renderer="builtin").svg)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Gradient graph of L"
    description = root.findtext(f"{SVG}desc") or ""
    assert "L = -6.0" in description
    assert "dL/da = -3.0, dL/db = 2.0" in description


def test_before_backward_the_description_says_so() -> None:
    a = Value(2.0)
    assert "call backward()" in (parse(builtin(-a)).findtext(f"{SVG}desc") or "")


def test_the_style_reaches_no_further_than_the_picture() -> None:
    svg = builtin(Value(1.0))
    style = parse(svg).findtext(f"{SVG}style") or ""
    selectors = re.findall(r"^([^@{}\n]+)\{", style, re.MULTILINE)
    assert len(selectors) > 20
    assert all(selector.startswith(".autograd-graph ") for selector in selectors)
    assert "@media (prefers-color-scheme:dark)" in style
    assert 'font-family="Courier,monospace"' in svg
    assert " id=" not in svg


def test_what_is_left_out_is_said_in_the_picture() -> None:
    value = Value(1.0)
    for _ in range(999):
        value = -value
    svg = viz.draw(value, max_nodes=10, renderer="builtin").svg
    assert [texts(g) for g in groups(svg, "marker")] == [["… 990 more nodes"]]
    assert ">10 of 1,000 nodes, those nearest value<" in svg


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("renderer", LAYOUTS)
def test_edges_run_in_the_direction_asked_for(renderer: str, rankdir: str) -> None:
    leaf = Value(1.0)
    svg = viz.draw(-leaf, renderer=renderer, rankdir=rankdir).svg
    places = [
        tuple(map(float, re.findall(r"-?[\d.]+", groups(svg, kind)[0].get("transform", ""))))
        for kind in ("leaf", "root")
    ]
    (x, y), (u, v) = places
    assert {"LR": u - x, "RL": x - u, "TB": v - y, "BT": y - v}[rankdir] > 40
