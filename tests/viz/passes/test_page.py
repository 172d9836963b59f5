"""The page as a file: its storyboard, its policy, what it refuses."""

import base64
import hashlib
import math
import re
import shutil
import struct
import sys
from dataclasses import FrozenInstanceError
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from browser import find_chromium
from hostile import HOSTILE
from played_pages import storyboard_of
from processes import outputs
from small_graph import small
from viz.passes.page import Page, page
from written import POSIX


def picture_of(made: Page) -> ET.Element:
    found = re.search(r'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-graph".*?</svg>', made.html, re.DOTALL)
    assert found
    return ET.fromstring(found[0])  # noqa: S314 - written by the package itself


def bits(number: float) -> bytes:
    return struct.pack("<d", number)


def exact(figure: Any) -> float:
    return float(figure if isinstance(figure, str) else figure[1])


class Reader(HTMLParser):
    """Counts elements and collects whatever could load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [name for name, _ in attrs if name in ("src", "href", "data", "action", "srcset")]


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@given(expressions(max_size=10))
@settings(max_examples=30)
def test_the_storyboard_ends_with_the_gradients_of_the_engine(program: Program) -> None:
    root: Value = program(*map(Value, program.leaves))
    for index, node in enumerate(topological_order(root)):
        node.label = f"n{index}"
    board = storyboard_of(page(root))
    root.backward()
    truth = {node.label: bits(node.grad) for node in topological_order(root)}
    nodes = board["nodes"]
    assert {node["name"]: bits(exact(node["gradient"])) for node in nodes if node["gradient"] is not None} == truth
    last = {nodes[step["target"]]["name"]: bits(exact(step["after"])) for step in board["backward"]["topological"]}
    assert last == truth


def test_no_gradient_is_changed() -> None:
    root = small()
    page(root)
    assert {node.grad for node in topological_order(root)} == {0.0}


@pytest.mark.parametrize("max_nodes", [1, 2, 3, 5, 8, 13])
def test_gradients_of_a_part_count_what_is_left_out(max_nodes: int) -> None:
    w, x = Value(0.75, label="w"), Value(1.5, label="x")
    h = x
    for _ in range(6):
        h = ag.tanh(h * w + x)
    board = storyboard_of(page(h, max_nodes=max_nodes))
    h.backward()
    last = {step["target"]: exact(step["after"]) for step in board["backward"]["topological"]}
    for number, node in enumerate(board["nodes"]):
        if node["gradient"] is not None:
            assert exact(node["gradient"]) == last[number]
    by_name = {node["name"]: node for node in board["nodes"]}
    for value in (w, x):
        if value.label in by_name:
            assert bits(exact(by_name[value.label]["gradient"])) == bits(value.grad)
    assert max_nodes < 5 or by_name.keys() >= {"w", "x"}


def test_what_is_left_out_is_counted_and_not_asked() -> None:
    w = Value(0.5, label="w")
    y = w
    for _ in range(40):
        y = y * 1.5 + w
    made = page(y, max_nodes=9)
    assert "9 of 121 nodes, those nearest y" in made.html
    board = storyboard_of(made)
    (leaf,) = [node for node in board["nodes"] if node["name"] == "w"]
    assert "outside the picture" in leaf["uses"]
    assert not leaf["asked"]
    assert any("of nodes left out" in step["equation"] for step in board["backward"]["topological"])


def test_a_node_of_very_many_edges_is_cut() -> None:
    x = Value(0.5, label="x")
    total = ag.sum([x] * 5000)
    board = storyboard_of(page(total))
    assert len(board["edges"]) < 3000
    assert exact(board["nodes"][board["backward"]["topological"][-1]["target"]]["gradient"]) == 5000.0


def test_the_policy_allows_one_script_and_nothing_else() -> None:
    html = page(small()).html
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert policy
    assert script
    rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest}'",
        "style-src": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_any_label_parses(label: str) -> None:
    reader = read(page(small()).html)
    a, b = Value(2.0, label=label), Value(-3.0, label=label)
    root = a * b
    root.label = label
    made = page(root, title=label)
    hostile = read(made.html)
    assert hostile.tags.count("script") == reader.tags.count("script") == 2
    assert "img" not in hostile.tags
    assert hostile.handlers == []
    assert hostile.addresses == []
    assert len(picture_of(made).findall(".//*[@data-node]")) == 3
    assert len(storyboard_of(made)["nodes"]) == 3
    made.html.encode("utf-8")


def square(label: str) -> Value:
    a = Value(2.0, label=label)
    root: Value = a * a
    return root


@given(st.text(st.characters(codec="utf-8", exclude_characters=".")))  # a name with dots may be that of a module's part
@settings(max_examples=40)
def test_no_label_adds_an_element(label: str) -> None:
    made, harmless = (page(square(text), title=text) for text in (label, "harmless"))
    assert read(made.html).tags == read(harmless.html).tags
    picture_of(made)


def test_the_picture_does_not_tell_gradients_before_they_are_asked_for() -> None:
    root = small()
    root.backward()
    picture = picture_of(page(root))
    assert not [e for e in picture.iter() if e.tag.endswith(("title", "desc"))]
    figures = [e.text for e in picture.iter() if "grad" in e.get("class", "").split()]
    assert figures == ["0.0"] * 6


def test_bytes_are_the_same_in_another_process() -> None:
    program = (
        "from autograd_core import Value\nfrom viz import page\nimport sys\n"
        "xs = [Value(0.1 * n) for n in range(4)]\n"
        "y = sum(a * b for a in xs for b in xs).tanh()\n"
        "sys.stdout.write(page(y, max_nodes=20).html)"
    )
    assert len(outputs(program)) == 1


def test_saving_needs_the_right_ending_and_leaves_no_draft(tmp_path: Path) -> None:
    made = page(small())
    assert made.save(tmp_path / "page.html") == tmp_path / "page.html"
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == made.html
    with pytest.raises(InputError, match=r"cannot tell the format of .* use \.html or \.htm"):
        made.save(tmp_path / "page.svg")
    with pytest.raises(OperandTypeError, match=r"expected a path .* save\('page.html'\), got int 3"):
        made.save(3)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match="make the folder first"):
        made.save(tmp_path / "nowhere" / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_notebooks_get_a_frame_that_may_only_run_its_script() -> None:
    made = page(small())
    bundle = made._repr_mimebundle_()
    assert bundle["text/plain"] == repr(made)
    assert repr(made) == "Page(L = -12.0: 6 nodes, 6 edges, 10 steps; show() opens it, save('page.html') writes it)"
    assert bundle["text/html"].startswith('<iframe sandbox="allow-scripts" ')
    assert read(bundle["text/html"]).tags == ["iframe"]
    assert made._repr_mimebundle_(exclude={"text/html"}).keys() == {"text/plain"}


def test_a_page_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        page(small()).html = ""  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"value": 3.0},
            OperandTypeError,
            "page needs a Value as its root; got float; a plain number has no graph, so make its inputs Values",
        ),
        ({"max_nodes": 0}, InputError, "max_nodes must be at least 1; got 0"),
        ({"max_nodes": "9"}, OperandTypeError, "max_nodes is an int; got str"),
        ({"rankdir": "up"}, InputError, "rankdir must be 'LR' or 'TB' or 'RL' or 'BT'; got 'up'"),
        ({"title": 3}, OperandTypeError, "title is a str or None; got int"),
    ],
)
def test_wrong_arguments_are_told(arguments: dict[str, Any], error: type[AutogradError], words: str) -> None:
    with pytest.raises(error) as caught:
        page(**{"value": Value(1.0)} | arguments)
    assert str(caught.value) == words


def test_one_leaf_and_awkward_numbers_make_a_page() -> None:
    assert storyboard_of(page(Value(2.0)))["forward"] == []
    x = Value(-1.0, label="x")
    root = ag.log(x) / 0.0
    board = storyboard_of(page(root))
    root.backward()
    assert [node["data"] for node in board["nodes"]] == ["-1.0", "nan", "0.0", "nan"]
    assert board["nodes"][0]["gradient"] == repr(x.grad)
    assert math.isnan(x.grad)


@POSIX
@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
def test_a_browser_is_found_by_each_of_its_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    (tmp_path / name).touch(0o755)
    assert find_chromium() == str(tmp_path / name)


def test_no_browser_is_found_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert find_chromium() is None
