"""DOT text that Graphviz reads correctly, and the program `dot` as a layout that may be absent, broken or slow."""

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
import viz
from autograd_core import InputError, Value
from viz.picture import dot
from viz.picture.boxes import Box
from viz.picture.dot import LayoutError, find_dot, place_with_dot
from written import POSIX

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"

DESCENT = 3.0
"""How far a vertical bar reaches below the line that its text stands on, in points."""

needs_dot = pytest.mark.skipif(find_dot() is None, reason="the program dot is not on PATH")


def graphviz(source: str) -> ET.Element:
    """The graph that Graphviz reads from DOT text."""
    command = [find_dot() or "dot", "-Tsvg"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=True, timeout=60)
    return ET.fromstring(done.stdout)  # noqa: S314 - written by Graphviz, not by a stranger


def shown(picture: ET.Element) -> list[str]:
    return [(text.text or "").replace("\N{NO-BREAK SPACE}", " ") for text in picture.iter(f"{SVG}text")]


def program(folder: Path, script: str) -> str:
    """A PATH where `dot` is a shell script."""
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return os.pathsep.join([str(folder), "/usr/bin", "/bin"])


def square() -> Value:
    a = Value(3.0, label="a")
    root: Value = a * a
    return root


def test_the_text_has_all_numbers_and_both_edges() -> None:
    root = square()
    root.backward()
    text = viz.draw(root).dot
    assert re.search(r'n0 \[.*label="a\\ldata 3\.0\\lgrad 6\.0\\l".* shape=box', text)
    assert re.search(r'n1 \[.*label="\*  root\\ldata 9\.0\\lgrad 1\.0\\l".* shape=box', text)
    assert len(re.findall(r"n0 -> n1 \[.*\blabel=<.*<td>3\.0</td>.*>", text)) == 2
    assert text.count("droot/da += droot/droot × droot/da = 1.0 × 3.0 = 3.0") == 4


@needs_dot
def test_labels_stand_clear_of_their_edges_and_the_legend_keeps_its_form() -> None:
    root = nn.MLP(2, [2, 2, 1], activation="tanh", rng=0)([0.5, 0.25])
    root.backward()
    picture = graphviz(viz.draw(root, collapse="layer").dot)
    edges = [edge for edge in picture.iter(f"{SVG}g") if edge.get("class") == "edge"]
    for edge in edges:
        (text,), (path,) = edge.iter(f"{SVG}text"), edge.iter(f"{SVG}path")
        heights = {float(y) for y in re.findall(r",(-?[\d.]+)", path.get("d", ""))}
        assert len(heights) == 1, "a straight edge"
        assert float(text.get("y", 0)) + DESCENT < heights.pop() - float(path.get("stroke-width", 1)) / 2
    assert len(edges) == 3
    assert any("open='layers.0'" in line for line in shown(picture))
    swatches = [*picture.iter(f"{SVG}polygon")][1:8]
    corners = [[float(point.partition(",")[0]) for point in swatch.get("points", "").split()] for swatch in swatches]
    assert {max(xs) - min(xs) for xs in corners} == {24.0}


@needs_dot
@pytest.mark.parametrize(
    "label",
    ["<script>alert(1)</script>", '"];x[', r"\N\G\l", "&lt;&#65;", "]]>", "end\\", "👩 ∂", "שלום", "<b>", "{|}"],
)
def test_graphviz_shows_a_label_letter_by_letter(label: str) -> None:
    picture = graphviz(viz.draw(Value(1.0, label=label), title=label).dot)
    assert label in shown(picture)
    assert shown(picture).count(label) == 2


@pytest.mark.parametrize(
    ("label", "written"),
    [("<b>", "<b>"), ("\\", r"\\"), ('"', r"\""), ('\\"', r"\\\""), ("a\nb", r"a\\nb"), ("&lt;", "&amp;lt;")],
)
def test_a_label_is_quoted_as_it_is(label: str, written: str) -> None:
    assert f'label="{written}\\ldata 1.0' in viz.draw(Value(1.0, label=label)).dot


def test_a_digraph_can_be_changed_and_the_drawing_stays() -> None:
    drawing = viz.draw(square())
    source = drawing.dot
    digraph = drawing.digraph
    digraph.attr(label="mine")
    digraph.edge("n1", "mine")
    assert digraph.source != source
    assert drawing.digraph.source == drawing.dot == source


def test_a_digraph_needs_no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert viz.draw(square()).dot.startswith("digraph gradients {")


@POSIX
def test_warnings_of_dot_stay_off_the_screen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", program(tmp_path, "echo Warning: no fonts >&2; echo picture"))
    assert dot.render_with_dot("digraph {}", "png") == b"picture\n"
    assert capfd.readouterr() == ("", "")


@needs_dot
def test_graphviz_shows_the_hover_texts() -> None:
    picture = graphviz(viz.draw(square()).dot)
    hover = {link.get(f"{XLINK}title") for link in picture.iter(f"{SVG}a")}
    assert "a, a leaf\ndata 3.0\ngradient dy/da = 0.0" in hover


@needs_dot
def test_control_characters_reach_graphviz_as_escapes() -> None:
    assert r"a\nb\x00\ud800" in shown(graphviz(viz.draw(Value(1.0, label="a\nb\x00\ud800")).dot))


@given(st.text(max_size=40))
def test_every_quote_in_the_text_is_closed(label: str) -> None:
    for line in viz.draw(Value(1.0, label=label)).dot.splitlines():
        bare = line.replace("\\\\", "").replace('\\"', "")
        assert bare.count('"') % 2 == 0


@needs_dot
def test_dot_places_every_box_apart_and_joins_them() -> None:
    boxes = [Box(80, 50), Box(40, 15), Box(40, 15), Box(90, 60)]
    wires = [(0, 1), (1, 3), (0, 2), (2, 3)]
    placement = dot.place_with_dot(boxes, wires, "LR")
    xs = [x for x, _ in placement.centres]
    assert xs[0] < xs[1] == xs[2] < xs[3]
    assert abs(placement.centres[1][1] - placement.centres[2][1]) >= 15
    for (source, target), route in zip(wires, placement.routes, strict=True):
        for box, end in ((source, route[0]), (target, route[-1])):
            x, y = placement.centres[box]
            assert abs(end[0] - x) <= boxes[box].width / 2 + 1
            assert abs(end[1] - y) <= boxes[box].height / 2 + 1


@needs_dot
@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
def test_wires_leave_in_the_middle_of_a_side_and_arrive_at_ports_in_order(rankdir: str) -> None:
    """Three boxes and one label that all lead to the last box."""
    boxes, wires = [Box(60, 60)] * 3 + [Box(40, 15), Box(60, 60)], [(0, 4), (1, 4), (2, 3), (3, 4)]
    placement = dot.place_with_dot(boxes, wires, rankdir)
    along, across = (0, 1) if rankdir in ("LR", "RL") else (1, 0)
    forward = 1 if rankdir in ("LR", "TB") else -1
    for (source, target), route in zip(wires, placement.routes, strict=True):
        for number, point, side in ((source, route[0], forward), (target, route[-1], -forward)):
            box, centre = boxes[number], placement.centres[number]
            size = (box.width, box.height)
            assert point[along] == pytest.approx(centre[along] + side * size[along] / 2, abs=1.5)
            assert abs(point[across] - centre[across]) < size[across] / 2
        assert route[0][across] == pytest.approx(placement.centres[source][across], abs=1)
    came = sorted((placement.centres[wires[wire][0]][across], wire) for wire in (0, 1, 3))
    ports = [placement.routes[wire][-1][across] for _, wire in came]
    assert [b - a for a, b in pairwise(ports)] == pytest.approx([14, 14])
    assert sum(ports) / 3 == pytest.approx(placement.centres[4][across], abs=1)
    (onto, off) = placement.routes[2][-1], placement.routes[3][0]
    assert onto[across] == pytest.approx(off[across], abs=1)  # straight through the label


@needs_dot
def test_the_builtin_layout_is_the_default_where_dot_is_installed() -> None:
    assert viz.renderers() == ("builtin", "dot")
    assert "<!-- layout: builtin -->" in viz.draw(square()).svg
    assert "<!-- layout: dot -->" in viz.draw(square(), renderer="dot").svg


def test_without_dot_the_builtin_layout_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert viz.renderers() == ("builtin",)
    assert "<!-- layout: builtin -->" in viz.draw(square()).svg
    with pytest.raises(InputError, match="needs the program dot on PATH: install Graphviz, or leave out renderer"):
        viz.draw(square(), renderer="dot")


@POSIX
@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("exit 3", "dot failed with CalledProcessError"),
        ("echo graph 1 what", "dot gave an answer that cannot be read"),
        ("echo graph 1 2 3; echo stop", "dot gave an answer that cannot be read"),
        ("exec sleep 60", "dot took longer than 0.2 s"),
    ],
)
def test_when_dot_fails_the_builtin_layout_steps_in(
    script: str, note: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", program(tmp_path, script))
    monkeypatch.setattr(dot, "TIME_LIMIT", 0.2 if "sleep" in script else 30.0)
    svg = viz.draw(square(), renderer="dot").svg
    assert f"<!-- layout: builtin ({note}) -->" in svg
    assert svg.replace(f" ({note})", "") == viz.draw(square(), renderer="builtin").svg


@POSIX
def test_dot_is_spared_large_graphs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", program(tmp_path, f"touch {tmp_path}/called; exit 1"))
    monkeypatch.setattr(dot, "BOX_LIMIT", 3)
    assert "<!-- layout: builtin (more than 3 boxes) -->" in viz.draw(square(), renderer="dot").svg
    assert not (tmp_path / "called").exists()


def test_placing_by_a_program_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LayoutError, match="dot is not on PATH"):
        place_with_dot([], [], "LR")
