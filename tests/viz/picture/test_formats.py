"""Every format, with every option and hostile labels: each text can be parsed by its reader."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
import viz
from autograd_core import InputError, Value
from hostile import HOSTILE
from viz import Drawing
from viz.picture import dot
from viz.picture.dot import find_dot

needs_dot = pytest.mark.skipif(find_dot() is None, reason="the program dot is not on PATH")


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "kinds": {"colour_by": "kind", "edge_width": False},
    "expand": {"expand": True},
    "few": {"max_nodes": 4},
    "depth": {"depth": 1},
    "collapse": {"collapse": "module"},
    "upwards": {"rankdir": "BT", "origin": True},
}


def network(label: str) -> Value:
    """A small graph in which one text is the label of a leaf, a parameter and the root."""
    x = Value(1.5, label=label)
    w = [Value(0.5, label=f"{label}.w.{index}") for index in range(2)]
    root: Value = ag.relu(ag.dot(w, [x, 2.0]) - 3.0) * ag.log(x - 1.5)
    root.label = label
    root.backward()
    return root


MERMAID_TEXT = r"""[^"#&<>`*\\;:|\[\]{}()~'+-]|#\d+;"""
MERMAID_LABEL = rf'"(?:{MERMAID_TEXT}|<br/>)*"'
MERMAID_LINE = re.compile(
    rf"flowchart (TD|LR|RL|BT)"
    rf"|  accTitle: (?:{MERMAID_TEXT})*"
    rf"|  n\d+(?:\[|\[/|\(\[|\(|\[\[|\{{\{{){MERMAID_LABEL}(?:\]|/\]|\]\)|\)|\]\]|\}}\}}):::\w+"
    rf"|  n\d+ (?:-\.->|-->\|{MERMAID_LABEL}\|) n\d+"
    rf"|  classDef \w+ [\w:#, -]+"
    rf"|  linkStyle [\d,]+ stroke-width:[\d.]+px"
)


def check_svg(text: str) -> None:
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - written by the package
    assert "<script" not in text


def check_dot(text: str) -> None:
    for line in text.splitlines():
        bare = line.replace("\\\\", "").replace('\\"', "")
        assert bare.count('"') % 2 == 0


def check_mermaid(text: str) -> None:
    assert all(MERMAID_LINE.fullmatch(line) for line in text.splitlines())


def check_json(text: str) -> None:
    picture = json.loads(text)
    assert text.isascii()
    assert [node["number"] for node in picture["nodes"]] == list(range(len(picture["nodes"])))
    assert all(edge["source"] < edge["target"] for edge in picture["edges"])


CHECKS: dict[str, Callable[[str], None]] = {
    "svg": check_svg,
    "dot": check_dot,
    "mermaid": check_mermaid,
    "json": check_json,
}


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_hostile_labels_are_harmless_in_every_format(options: dict[str, Any], label: str) -> None:
    drawing = viz.draw(network(label), renderer="builtin", title=label, **options)
    for format_name, check in CHECKS.items():
        text = drawing.to(format_name)
        assert isinstance(text, str)
        check(text)
    assert drawing._repr_mimebundle_().keys() == {"text/html", "image/svg+xml"}


@needs_dot
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_dot_reads_hostile_labels(options: dict[str, Any]) -> None:
    """All labels in one call of the program, which draws one picture for each graph of its input."""
    texts = [str(viz.draw(network(label), title=label, **options).to("dot")) for label in HOSTILE.values()]
    rendered = dot.render_with_dot("\n".join(texts), "svg")
    assert rendered.count(b"<?xml") == rendered.count(b"</svg>") == len(texts)


@given(label=st.text(max_size=40), title=st.text(max_size=40))
def test_any_text_is_harmless_in_the_texts(label: str, title: str) -> None:
    drawing = viz.draw(Value(1.0, label=label) * 1.0, title=title, collapse="module")
    check_mermaid(drawing.mermaid)
    check_json(drawing.json)


def small() -> Drawing:
    a = Value(3.0, label="a")
    root = a * a + math.inf
    root.label = "L"
    root.backward()
    return viz.draw(root, renderer="builtin", title="T")


def test_json_is_the_document_that_is_described() -> None:
    picture = json.loads(small().json)
    assert picture == {
        "version": 1,
        "title": "T",
        "rankdir": "LR",
        "root": 3,
        "nodes": [
            {"number": 0, "kind": "leaf", "name": "a", "op": "", "data": 3.0, "gradient": 6.0},
            {"number": 1, "kind": "op", "name": "", "op": "*", "data": 9.0, "gradient": 1.0},
            {"number": 2, "kind": "constant", "name": "", "op": "", "data": "inf", "gradient": None},
            {"number": 3, "kind": "root", "name": "L", "op": "+", "data": "inf", "gradient": 1.0},
        ],
        "edges": [
            {"source": 0, "target": 1, "derivative": 3.0, "contribution": 3.0, "count": 1},
            {"source": 0, "target": 1, "derivative": 3.0, "contribution": 3.0, "count": 1},
            {"source": 1, "target": 3, "derivative": 1.0, "contribution": 1.0, "count": 1},
            {"source": 2, "target": 3, "derivative": None, "contribution": None, "count": 1},
        ],
        "drawn": 4,
        "folded": 0,
        "hidden": 0,
        "helpers": 0,
        "chosen": "",
    }


def test_json_of_boxes_and_markers_says_what_is_in_them() -> None:
    w = Value(2.0, label="one.w")
    root = ag.sin(ag.sin(ag.relu(-(w * w)))) * w
    nodes = json.loads(viz.draw(root, collapse="module", depth=1).json)["nodes"]
    assert [{k: n[k] for k in n if k not in ("number", "data", "gradient", "op")} for n in nodes] == [
        {
            "kind": "module",
            "name": "one",
            "folded_nodes": 6,
            "folded_edges": 8,
            "parameters": 1,
            "formula": "* sin - relu",
        },
        {"kind": "root", "name": "root"},
    ]
    assert json.loads(viz.draw(root, max_nodes=1).json)["nodes"][0]["hidden_nodes"] == 6


@needs_dot
@pytest.mark.parametrize(("name", "magic"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_dot_makes_png_and_pdf(name: str, magic: bytes, tmp_path: Path) -> None:
    content = small().save(tmp_path / f"g.{name}").read_bytes()
    assert content.startswith(magic)


@pytest.mark.parametrize("name", ["png", "pdf"])
def test_without_dot_png_and_pdf_are_refused_with_the_ways_out(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=f"{name} is drawn by Graphviz, and dot is not on PATH: install Graphviz"):
        small().save(tmp_path / f"g.{name}")
    assert not list(tmp_path.iterdir())


@needs_dot
def test_a_picture_that_takes_dot_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dot, "TIME_LIMIT", 1e-6)
    with pytest.raises(InputError, match=r"png is drawn by Graphviz, and dot took longer than 1e-06 s"):
        small().to("png")


@pytest.mark.parametrize("name", ["dot", "mermaid", "json"])
def test_a_notebook_shows_the_text_that_was_asked_for(name: str) -> None:
    a = Value(3.0)
    drawing = viz.draw(a * a, format=name)
    assert drawing._repr_mimebundle_() == {"text/plain": drawing.to(name)}


def test_a_notebook_shows_png_and_never_a_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    drawing = viz.draw(Value(3.0), format="png")
    if find_dot():
        assert drawing._repr_mimebundle_().keys() == {"image/png"}
    printed = viz.draw(Value(3.0, label="a"), format="pdf")
    assert printed._repr_mimebundle_() == {"text/plain": repr(printed)}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "could not be drawn: InputError: png is drawn by Graphviz" in str(drawing._repr_mimebundle_())


@pytest.mark.parametrize("max_nodes", [500, 6000])
def test_what_a_notebook_keeps_is_limited(max_nodes: int) -> None:
    """The loss of a batch with some 5,000 nodes."""
    leaves = [Value(index / 64 + 0.5) for index in range(64)]
    row = leaves
    for _ in range(38):
        row = [ag.sin(a * b) for a, b in zip(row, row[1:] + row[:1], strict=True)]
    L = ag.sum(row)
    L.backward()
    drawing = viz.draw(L, max_nodes=max_nodes, renderer="builtin")
    assert drawing.graph.drawn == min(max_nodes, 4929)
    bundle = drawing._repr_mimebundle_()
    assert sum(len(content) for content in bundle.values()) < 2 * viz.picture.drawing.DISPLAY_LIMIT + 1000
    assert "Shortened for the notebook; save() writes all of L = " in bundle["text/html"]
    assert len(str(bundle["image/svg+xml"])) > viz.picture.drawing.DISPLAY_LIMIT // 3
    for content in bundle.values():
        ET.fromstring(content)  # noqa: S314 - written by the package


@needs_dot
def test_a_png_in_a_notebook_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = viz.draw(ag.sum([Value(float(index)) for index in range(40)]), format="png")
    size = len(drawing.to("png"))
    monkeypatch.setattr(viz.picture.drawing, "DISPLAY_LIMIT", size // 3)
    assert len(drawing._repr_mimebundle_()["image/png"]) <= size // 3
