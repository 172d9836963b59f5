"""What Graphviz prints as PNG and PDF is the picture of the SVG: the same texts and shapes at the same places."""

import re
import struct
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import partial
from xml.etree import ElementTree as ET

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import Value
from viz import Drawing
from viz.picture.dot import find_dot
from viz.picture.printed import printed
from viz.picture.style_sheet import declared

SVG = "{http://www.w3.org/2000/svg}"

pytestmark = pytest.mark.skipif(find_dot() is None, reason="the program dot is not on PATH")


def loss(*, title: str | None = None, renderer: str = "builtin") -> Drawing:
    model = nn.MLP(2, [3, 1])
    for place, parameter in enumerate(model.parameters()):
        parameter.data = (place * 5 % 7 - 3) / 4
    root = (model([0.5, 1.0]) - 1.0) ** 2 + (model([-2.0, 1.0]) - 1.0) ** 2
    root.backward()
    return viz.draw(root, title=title, renderer=renderer, collapse="layer")


def odd() -> Drawing:
    a, b = Value(-1.0, label=r"\N <b> &lt; é"), Value(2.0)
    root = (a.log() + b) * (a - 3.0).tanh() + Value(0.0, label="w.0")
    root.backward()
    return viz.draw(root, max_nodes=7)


def drawn_by_graphviz(drawing: Drawing) -> ET.Element:
    command = [find_dot() or "dot", "-Tsvg"]
    done = subprocess.run(
        command, input=printed(drawing._picture).encode(), capture_output=True, check=True, timeout=60
    )
    return ET.fromstring(done.stdout)  # noqa: S314 - written by Graphviz, not by a stranger


def texts(picture: ET.Element) -> Counter[str]:
    return Counter((text.text or "").replace("\N{NO-BREAK SPACE}", " ") for text in picture.iter(f"{SVG}text"))


DRAWN = (loss, partial(loss, title="A title"), odd, partial(loss, renderer="dot"))


@pytest.mark.parametrize("drawn", DRAWN)
def test_every_text_is_printed_where_the_svg_has_it(drawn: Callable[[], Drawing]) -> None:
    drawing = drawn()
    picture, found = ET.fromstring(drawing.svg), drawn_by_graphviz(drawing)  # noqa: S314 - written by the package
    assert texts(found) == texts(picture)
    sentence = picture.findall(f"{SVG}text")[-1]
    own = next(text for text in found.iter(f"{SVG}text") if text.text == sentence.text)
    height = float(picture.attrib["height"])
    assert "open=" in (own.text or "") or "left out" in (own.text or "") or "of" in (own.text or "")
    assert own.attrib["text-anchor"] == "start"
    assert abs(float(own.attrib["x"]) - float(sentence.attrib["x"])) < 1.0
    assert abs(height + float(own.attrib["y"]) - float(sentence.attrib["y"])) < 2.0


@pytest.mark.parametrize("drawing", [loss(), odd()])
def test_labels_stand_in_the_gaps_of_their_edges(drawing: Drawing) -> None:
    """An edge with a label is two curves, one to the label and one on from it to a port of its target."""
    found = drawn_by_graphviz(drawing)
    curves = sum(path.attrib["d"].count("C") > 0 and path.get("fill") == "none" for path in found.iter(f"{SVG}path"))
    assert curves >= sum(2 if label is not None else 1 for label in drawing._placed[0].label_of)


def test_a_png_is_as_large_as_the_svg() -> None:
    drawing = loss()
    content = drawing.to("png")
    assert isinstance(content, bytes)
    width, height = struct.unpack(">II", content[16:24])
    for size, side in ((width, "width"), (height, "height")):
        found = re.search(rf'<svg [^>]*{side}="([\d.]+)"', drawing.svg)
        assert found is not None
        assert abs(size - float(found[1]) * 96 / 72) < 2.0


def test_the_png_of_a_default_picture_is_at_most_4000_pixels_wide() -> None:
    x = Value(1.0)
    for _ in range(40):
        x = (x * 1.5).tanh()
    content = viz.draw(x).to("png")
    assert isinstance(content, bytes)
    assert struct.unpack(">I", content[16:20])[0] <= 4000


def test_a_graph_of_hundreds_of_nodes_can_be_printed() -> None:
    """A placement by `dot` would take minutes, and older versions of it read no long text."""
    root = ag.sum([Value(float(i)) * i for i in range(100)])
    content = viz.draw(root, max_nodes=500).to("pdf")
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("tag", "classes", "around", "name", "value"),
    [
        ("rect", "box", "node op", "fill", "#fdf3dd"),
        ("rect", "box", "node op tint p6", "fill", "#efb02e"),
        ("rect", "box", "node op bad", "stroke", "#b3005e"),
        ("path", "", "edge w0", "stroke-dasharray", "1 3"),
        ("path", "", "edge plain", "stroke-dasharray", "3 3"),
        ("path", "head", "edge plain", "stroke", "none"),
        ("text", "faint", "node op tint p6", "fill", "#343c45"),
        ("text", "faint", "node op", "fill", "#69707a"),
        ("text", "end bad", "node op", "font-weight", "bold"),
    ],
)
def test_the_most_specific_rule_of_the_style_sheet_wins(
    tag: str, classes: str, around: str, name: str, value: str
) -> None:
    assert declared(tag, classes, around)[name] == value
