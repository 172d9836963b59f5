"""The object that `draw` returns: in notebooks, on disk, with wrong arguments, and the same on every run."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

import autograd_core as ag
import viz
import viz.picture.drawing as drawing_module
from autograd_core import AutogradError, InputError, OperandTypeError, Value
from processes import outputs
from viz import Drawing
from written import POSIX


@pytest.fixture
def drawing() -> Drawing:
    a, b = Value(2.0), Value(-3.0)
    L = a * b
    L.backward()
    return viz.draw(L, renderer="builtin")


def test_repr_is_one_line_that_says_how_to_see_the_picture(drawing: Drawing) -> None:
    assert repr(drawing) == "Drawing(L = -6.0: 3 nodes, 2 edges; show() opens it, save('graph.svg') writes it)"


def test_repr_tells_what_is_left_out() -> None:
    a = Value(2.0)
    root = ag.sin(ag.sin(ag.sin(a)))
    assert "Drawing(root = 0.7097: 2 nodes, 1 edge, 2 more nodes left out; " in repr(viz.draw(root, max_nodes=2))


def test_a_drawing_cannot_be_changed(drawing: Drawing) -> None:
    with pytest.raises(FrozenInstanceError):
        drawing.title = "other"  # type: ignore[misc]


def test_a_drawing_keeps_the_moment() -> None:
    a = Value(2.0)
    picture = viz.draw(a, renderer="builtin")
    a.data = 77.0
    assert "77.0" not in picture.svg
    assert "77.0" not in picture.dot


def test_notebooks_get_html_and_svg(drawing: Drawing) -> None:
    bundle = drawing._repr_mimebundle_()
    natural = drawing.svg.replace("<svg ", '<svg style="max-width:none;height:auto" ', 1)  # scrolled, never shrunk
    assert bundle == {
        "text/html": f'<div style="overflow:auto">{natural}</div>',
        "image/svg+xml": drawing.svg,
    }


@pytest.mark.parametrize(
    ("include", "exclude", "formats"),
    [
        (None, None, {"text/html", "image/svg+xml"}),
        ({"text/html"}, None, {"text/html"}),
        (["image/svg+xml", "image/png"], None, {"image/svg+xml"}),
        (None, {"text/html"}, {"image/svg+xml"}),
        ({"text/html"}, {"text/html"}, set()),
        ({"image/png"}, None, set()),
        (set(), None, set()),
    ],
)
def test_notebooks_get_only_what_they_ask_for(drawing: Drawing, include: Any, exclude: Any, formats: set[str]) -> None:
    assert drawing._repr_mimebundle_(include, exclude).keys() == formats


def test_a_repr_never_raises(drawing: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError("no ink")

    monkeypatch.setattr(drawing_module, "svg_picture", broken)
    bundle = drawing._repr_mimebundle_()
    assert bundle == {"text/plain": "Drawing(L = -6.0: 3 nodes, 2 edges) could not be drawn: RuntimeError: no ink"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("g.svg", "svg"),
        ("g.SVG", "svg"),
        ("g.dot", "dot"),
        ("g.gv", "dot"),
        ("g.mmd", "mermaid"),
        ("g.mermaid", "mermaid"),
        ("g.json", "json"),
    ],
)
def test_the_ending_decides_the_format(drawing: Drawing, tmp_path: Path, name: str, kind: str) -> None:
    path = drawing.save(str(tmp_path / name))
    assert path == tmp_path / name
    assert path.read_bytes() == getattr(drawing, kind).encode()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_saved_file_can_be_read_as_widely_as_any_other(drawing: Drawing, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    mode = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE(drawing.save(tmp_path / "g.svg").stat().st_mode) == mode


@pytest.mark.parametrize("name", ["graph.jpg", "graph", "graph.svg.txt", ".svg"])
def test_an_unknown_ending_is_refused_with_the_ways_out(drawing: Drawing, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot tell the format of .*: use \.svg or \.dot or \.gv or"):
        drawing.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 3, b"g.svg"])
def test_what_is_no_path_is_refused(drawing: Drawing, path: Any) -> None:
    with pytest.raises(OperandTypeError, match=rf"expected a path .* save\('graph.svg'\), got {type(path).__name__}"):
        drawing.save(path)


def test_a_missing_folder_is_reported_as_such(drawing: Drawing, tmp_path: Path) -> None:
    path = tmp_path / "absent" / "g.svg"
    with pytest.raises(FileNotFoundError, match="No such file or directory; make the folder first") as caught:
        drawing.save(path)
    assert caught.value.filename == str(path)


def test_a_folder_in_the_way_is_reported_and_no_draft_stays(drawing: Drawing, tmp_path: Path) -> None:
    (tmp_path / "g.svg").mkdir()
    with pytest.raises(OSError, match="Is a directory; choose the name of a file"):
        drawing.save(tmp_path / "g.svg")
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.svg"]


def test_a_failed_save_leaves_the_old_file(drawing: Drawing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.svg"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left on device"):
        drawing.save(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.svg"]


@POSIX  # Windows lets few users make links
def test_a_link_is_followed(drawing: Drawing, tmp_path: Path) -> None:
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    drawing.save(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text(encoding="utf-8") == drawing.svg


WRONG: list[tuple[Callable[[], object], type[AutogradError], str]] = [
    (lambda: viz.draw(3.0), OperandTypeError, "draw needs a Value as its root; got float; a plain number has no graph"),  # type: ignore[arg-type]
    (lambda: viz.draw([Value(1.0)]), OperandTypeError, "got list; give one of its elements"),  # type: ignore[arg-type]
    (lambda: viz.draw(None), OperandTypeError, "got NoneType"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), max_nodes=0), InputError, "max_nodes must be at least 1.*got 0"),
    (lambda: viz.draw(Value(1.0), max_nodes=2.5), OperandTypeError, "max_nodes is an int.*got float"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), rankdir="up"), InputError, "rankdir must be 'LR' or 'TB' or 'RL' or 'BT'; got 'up'"),
    (lambda: viz.draw(Value(1.0), renderer="neato"), InputError, "renderer must be 'builtin' or 'dot'; got 'neato'"),
    (lambda: viz.draw(Value(1.0), title=5), OperandTypeError, "title is a str or None; got int"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), colour_by="size"), InputError, "colour_by must be 'gradient' or 'kind'; got 'size'"),
    (lambda: viz.draw(Value(1.0), edge_width=2), OperandTypeError, "edge_width is True or False; got int"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), format="bmp"), InputError, "format must be 'svg' or 'dot' .*; got 'bmp'"),
    (lambda: viz.draw(Value(1.0)).to("bmp"), InputError, "format must be 'svg' or 'dot' .*; got 'bmp'"),
    (lambda: viz.draw(Value(1.0), expand=1), OperandTypeError, "expand is True or False; got int"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), origin=None), OperandTypeError, "origin is True or False; got NoneType"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), depth=-1), InputError, "depth must be at least 0.*got -1"),
    (lambda: viz.draw(Value(1.0), depth="2"), OperandTypeError, "depth is an int.*got str"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), wrt=2.0), OperandTypeError, "wrt takes Values or names.*got float"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), wrt=[]), OperandTypeError, "wrt takes Values or names.*got none"),
    (lambda: viz.draw(Value(1.0), wrt=[2.0]), OperandTypeError, "wrt takes a Value or the name.*got float"),  # type: ignore[list-item]
    (lambda: viz.draw(Value(1.0), wrt=Value(2.0)), InputError, "wrt names a Value that the root does not depend on"),
    (lambda: viz.draw(Value(1.0), focus="nothing"), InputError, "focus names no node of the graph: 'nothing'"),
    (lambda: viz.draw(Value(1.0), focus=1), OperandTypeError, "focus takes a Value or the name.*got int"),  # type: ignore[arg-type]
    (lambda: viz.draw(Value(1.0), collapse=0), InputError, "collapse must be at least 1.*got 0"),
    (lambda: viz.draw(Value(1.0), collapse=True), OperandTypeError, "collapse takes 'module'.*got True"),
    (lambda: viz.draw(Value(1.0), collapse=[1]), OperandTypeError, "collapse takes dotted names"),  # type: ignore[list-item]
    (lambda: viz.draw(Value(1.0), collapse=None, open="a"), InputError, "open names boxes.*, and collapse is None"),
    (lambda: viz.draw(Value(1.0, label="m.w") * 2.0, open="a"), InputError, "none of the graph is 'a'; there are 'm'"),
    (lambda: viz.draw(Value(1.0), collapse="layer", open=3), OperandTypeError, "open takes dotted names.*got 3"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_argument_is_named(call: Callable[[], object], error: type[AutogradError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, TypeError if error is OperandTypeError else ValueError)


def size(svg: str) -> tuple[float, float]:
    found = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg)
    assert found
    return float(found[1]), float(found[2])


def chain() -> Value:
    y = Value(0.5)
    for _ in range(300):
        y = ag.sin(y)
    return y


def fan() -> Value:
    root: Value = ag.sum([Value(float(i)) * Value(2.0) for i in range(300)])
    return root


def lattice() -> Value:
    row = [Value(float(i)) for i in range(100)]
    for _ in range(6):
        row = [ag.sin(a * b) for a, b in zip(row, row[1:] + row[:1], strict=True)]
    root: Value = ag.sum(row)
    return root


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("graph", [chain, fan, lattice])
def test_of_a_large_picture_a_part_is_drawn_that_fits_a_screen(graph: Callable[[], Value], rankdir: str) -> None:
    root = graph()
    drawing = viz.draw(root, rankdir=rankdir)
    width, height = size(drawing.svg)
    assert width <= 2000
    assert height <= 1200
    assert width >= 1500 or height >= 900  # no smaller than it must be
    assert drawing.graph.drawn + drawing.graph.hidden == viz.draw(root, max_nodes=None).graph.drawn
    assert max(size(viz.draw(root, rankdir=rankdir, max_nodes=500).svg)) > 4000  # if it is asked for


def test_of_a_fan_some_inputs_are_drawn_as_far_as_their_leaves() -> None:
    graph = viz.draw(fan()).graph
    products = [node.number for node in graph.nodes if node.op == "*"]
    assert len(products) > 5
    assert all(graph.nodes[edge.source].kind == "leaf" for number in products for edge in graph.inputs[number])
    assert sum(node.kind == "marker" for node in graph.nodes) == 1


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_a_picture_that_is_large_but_not_too_large_is_whole(rankdir: str) -> None:
    drawing = viz.draw(ag.sum([Value(1.0) for _ in range(21)]), rankdir=rankdir)
    assert max(size(drawing.svg)) > 1200
    assert not drawing.graph.hidden


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("leaves", [35, 57, 58])
def test_no_default_picture_needs_much_scrolling(rankdir: str, leaves: int) -> None:
    drawing = viz.draw(ag.sum([Value(float(i)) for i in range(leaves)]), rankdir=rankdir)
    width, height = size(drawing.svg)
    assert max(width, height) <= 2000
    assert drawing.graph.hidden


def test_a_chain_of_many_operations_is_drawn_around_its_root() -> None:
    y = ag.Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    drawing = viz.draw(y, max_nodes=20)
    # 100,000 sums, as many constants and the leaf, of which 20 are drawn.
    assert (drawing.graph.drawn, drawing.graph.hidden) == (20, 199_981)
    assert "199," in drawing.svg


PROGRAM = """
import autograd_core as ag, viz
w = [ag.Value(0.1 * i) for i in range(6)]
table = {"b": ag.Value(0.5), "c": ag.Value(0.25)}
h = [ag.tanh(ag.dot(w[:3], w[3:]) * v + table["b"]) for v in w]
L = ag.sum(h) * table["c"]
L.backward()
for value in w:
    value.label = f"m.{w.index(value) % 2}.w.{w.index(value)}"
for options in (
    {"max_nodes": 9},
    {"max_nodes": 500},
    {"expand": True},
    {"collapse": "module"},
    {"collapse": ["m.1"], "max_nodes": 5},
    {"wrt": ["m.0", "table['b']"]},
    {"focus": "m.1.w.3", "depth": 2, "max_nodes": 7},
):
    drawing = viz.draw(L, renderer="builtin", **options)
    print(drawing.svg, drawing.dot, drawing.mermaid, drawing.json)
"""


def test_two_processes_draw_the_same_bytes() -> None:
    (drawn,) = outputs(PROGRAM)
    assert drawn.count("</svg>") == 7


def test_importing_viz_does_not_import_heavy_packages() -> None:
    code = "import sys, viz; sys.exit(len({'numpy', 'rich', 'graphviz', 'IPython'} & sys.modules.keys()))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
