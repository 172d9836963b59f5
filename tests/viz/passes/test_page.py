"""The page as a file that is parsed, and as a page that is used: clicks, keys and screenshots in a real browser.

Without Chromium the tests that need it are skipped. Set VIZ_SCREENSHOTS to a folder to look at the page yourself.
"""

import base64
import hashlib
import json
import math
import os
import re
import shutil
import struct
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
import nn
from autograd_core import AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.strategies import expressions
from browser import Browser, Tab, find_chromium, needs_chromium
from hostile import HOSTILE
from processes import outputs
from small_graph import small
from viz.passes.page import Page, page
from written import POSIX

FORWARD: Final = 3
LAST: Final = FORWARD + 1 + 6
"""Steps of `small`: the nodes, then the seed, then the edges."""


def storyboard_of(made: Page) -> Any:
    found = re.search(r'<script type="application/json" id="storyboard">(.*?)</script>', made.html, re.DOTALL)
    assert found
    return json.loads(found[1])


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


# ---- The file --------------------------------------------------------------------------------------------------------


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


# ---- The page in use -------------------------------------------------------------------------------------------------


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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return page(small()).save(tmp_path / "page.html")


@pytest.fixture
def tab(browser: Browser, file: Path) -> Iterator[Tab]:
    """The page of `small`, which must log no error and send no request during any test."""
    opened = browser.open(file, still=True)
    yield opened
    assert opened.complaints == []
    assert opened.requests == [file.as_uri()]
    opened.close()


def position(tab: Tab) -> int:
    return int(tab.run("document.body.dataset.position"))


def figures(tab: Tab, kind: str = "grad") -> dict[str, str]:
    """The texts of the boxes, by name."""
    script = f"""Object.fromEntries([...document.querySelectorAll("[data-node]")]
        .map(g => [g.querySelector(".name")?.textContent, g.querySelector(".figure.{kind}")?.textContent]))"""
    found: dict[str, str] = tab.run(script)
    return found


def node(name: str) -> str:
    return f'[data-node="{["a", "b", "e", "c", "d", "L"].index(name)}"]'


def classes(tab: Tab, name: str) -> set[str]:
    return set(tab.run(f"document.querySelector({json.dumps(node(name))}).getAttribute('class')").split())


@needs_chromium
def test_keys_step_through_both_passes(tab: Tab) -> None:
    assert position(tab) == 0
    assert figures(tab, "data") == {"a": "2.0", "b": "-3.0", "c": "8.0", "e": "·", "d": "·", "L": "·"}
    tab.press("ArrowRight")
    assert tab.text("#phase") == "Forward pass"
    assert tab.text("#equation") == "e\n  = a * b\n  = 2.0 * -3.0\n  = -6.0"
    assert figures(tab, "data")["e"] == "-6.0"
    assert {"made"} <= classes(tab, "e")
    assert {"gives"} <= classes(tab, "a")
    tab.press("End")
    assert position(tab) == LAST
    assert figures(tab) == {"a": "12.0", "b": "-8.0", "c": "-6.0", "e": "-4.0", "d": "-6.0", "L": "1.0"}
    assert "Done" in tab.text("#remark")
    tab.press("ArrowRight")
    assert position(tab) == LAST
    tab.press("ArrowLeft")
    assert position(tab) == LAST - 1
    tab.press("Home")
    assert position(tab) == 0
    assert set(figures(tab).values()) == {"0.0"}


@needs_chromium
def test_the_arithmetic_of_every_step_is_spelled_out(tab: Tab) -> None:
    seen, lit = [], []
    for _ in range(LAST):
        tab.press("ArrowRight")
        flows = "document.querySelectorAll('.edge.flows-ahead text, .edge.flows-back text')"
        lit.append(tab.run(f"[...{flows}].map(text => text.textContent)"))
        seen.append((tab.text("#equation").replace("\n  ", " "), tab.text("#sum")))
    assert seen[FORWARD:] == [
        ("dL/dL = 1.0", ""),
        ("dL/de += dL/dL × dL/de = 1.0 × 2.0 = 2.0", ""),
        ("dL/dd += dL/dL × dL/dd = 1.0 × -6.0 = -6.0", ""),
        ("dL/de += dL/dd × dd/de = -6.0 × 1.0 = -6.0", "dL/de = 2.0 - 6.0 = -4.0"),
        ("dL/dc += dL/dd × dd/dc = -6.0 × 1.0 = -6.0", ""),
        ("dL/da += dL/de × de/da = -4.0 × -3.0 = 12.0", ""),
        ("dL/db += dL/de × de/db = -4.0 × 2.0 = -8.0", ""),
    ]
    assert seen[0][1] == "de/da = -3.0\nde/db = 2.0"
    ahead = [["-3.0", "2.0"], ["1.0", "1.0"], ["2.0", "-6.0"]]
    assert lit == [*ahead, [], ["2.0"], ["-6.0"], ["1.0"], ["1.0"], ["-3.0"], ["2.0"]]


@needs_chromium
def test_buttons_do_what_keys_do(tab: Tab) -> None:
    assert tab.run("document.querySelector('#back').disabled")
    for button, expected in [("#forth", 1), ("#forth", 2), ("#back", 1), ("#last", LAST), ("#first", 0)]:
        tab.click(button)
        assert position(tab) == expected


@needs_chromium
def test_playing_runs_to_the_end_and_can_be_paused(tab: Tab) -> None:
    tab.run("document.querySelector('#speed').value = '220'")
    tab.press(" ")
    tab.wait("Number(document.body.dataset.position) >= 2")
    assert tab.run("document.querySelector('#play').getAttribute('aria-label')") == "Pause"
    tab.click("#play")
    stopped = position(tab)
    assert tab.run("new Promise(done => setTimeout(() => done(document.body.dataset.position), 500))") == str(stopped)
    tab.click("#play")
    tab.wait(f"document.body.dataset.position === '{LAST}'")
    assert not tab.run("document.body.classList.contains('playing')")
    tab.press(" ")
    assert position(tab) == 1


@needs_chromium
def test_the_slider_moves_by_mouse_and_by_keys(tab: Tab) -> None:
    tab.click("#slider")
    middle = position(tab)
    assert 0 < middle < LAST
    tab.press("ArrowRight")
    assert position(tab) == middle + 1
    tab.press("Home")
    assert position(tab) == 0
    assert tab.run("document.querySelector('#slider').getAttribute('aria-valuetext')") == f"step 0 of {LAST}"


@needs_chromium
def test_a_click_explains_a_node(tab: Tab) -> None:
    tab.press("End")
    tab.click(node("e"))
    assert tab.text("#about-name") == "e"
    assert tab.text("#about-made") == "e = a * b = 2.0 * -3.0 = -6.0"
    assert tab.text("#about-numbers") == "data-6.0gradient-4.0"
    terms = tab.run("[...document.querySelectorAll('#about-terms li')].map(li => li.textContent)")
    assert terms == ["dL/dL × dL/de = 1.0 × 2.0 = 2.0", "dL/dd × dd/de = -6.0 × 1.0 = -6.0"]
    tab.click(node("e"))
    assert tab.run("document.querySelector('#about').hidden")


@pytest.mark.parametrize("start", ["", "picture"])
def test_keys_lead_into_the_picture_before_a_node_has_the_focus(tab: Tab, start: str) -> None:
    if start:
        tab.run(f"document.getElementById({start!r}).focus()")
    tab.press("ArrowDown")
    focused = "document.activeElement.getAttribute('data-node')"
    first = tab.run(focused)
    assert first is not None
    tab.press("ArrowDown")
    assert tab.run(focused) != first
    tab.run("document.activeElement.blur()")
    tab.press("Enter")
    assert not tab.run("document.querySelector('#about').hidden")
    assert not tab.complaints


def test_the_quiz_spells_numbers_as_the_picture_does() -> None:
    a = Value(1.1)
    facts = storyboard_of(page(a * 0.8))["nodes"][-1]
    assert "0.8800000000000001" in facts["made"]
    assert facts["briefly"].endswith("= 1.1 * 0.8 = 0.8800")


@needs_chromium
def test_nodes_are_reached_and_opened_by_keys(tab: Tab) -> None:
    tab.run("document.querySelector('#picture').focus()")
    tab.press("Tab")
    for key in ("ArrowUp", *["ArrowDown"] * 4):
        tab.press(key)
    assert tab.run("document.activeElement.getAttribute('aria-label')") == (
        "d = e + c = -6.0 + 8.0 = 2.0, not computed yet, gradient 0.0 so far"
    )
    tab.press(" ")
    assert position(tab) == 0
    assert tab.text("#about-name") == "d"
    tab.press("ArrowRight")
    assert position(tab) == 1


@needs_chromium
def test_everything_that_can_be_used_has_a_name_and_every_node_says_what_it_is(tab: Tab) -> None:
    tab.press("End")
    found = tab.call("Accessibility.getFullAXTree")["nodes"]
    named = {(each["role"]["value"], each["name"]["value"]) for each in found if "name" in each and "role" in each}
    assert {name for role, name in named if role == "button"} >= {
        "To the beginning",
        "Step back",
        "Play",
        "Step forward",
        "To the end",
        "Smaller",
        "Larger",
        "Fit the window",
        "Wrong order",
        "Quiz",
        "a, a leaf, data 2.0, gradient 12.0",
        "e = a * b = 2.0 * -3.0 = -6.0, data -6.0, gradient -4.0",
    }
    roles = ("button", "slider", "combobox", "textbox")
    assert all(name for role, name in named if role in roles)
    assert ("slider", "Step") in named


@needs_chromium
def test_the_wrong_order_gets_it_wrong_and_says_why(tab: Tab) -> None:
    tab.press("End")
    tab.click("#mode-naive")
    assert position(tab) == FORWARD
    assert tab.run("document.querySelector('#mode-naive').getAttribute('aria-pressed')") == "true"
    said = []
    while position(tab) < LAST:
        tab.press("ArrowRight")
        said.append(tab.text("#remark"))
        if "Too late" in said[-1]:
            assert tab.run("document.body.classList.contains('lost')")
    assert any(text.startswith("Too early: e still misses 1 contribution") for text in said)
    assert any(text.startswith("Too late: e has passed its gradient on already") for text in said)
    assert "dL/da came out as -6.0 instead of 12.0" in said[-1]
    assert figures(tab)["a"] == "-6.0"
    assert {name for name in ("a", "b", "c", "d", "e", "L") if "wrong" in classes(tab, name)} == {"a", "b"}
    tab.press("w")
    tab.press("End")
    assert figures(tab)["a"] == "12.0"
    assert not {name for name in ("a", "b", "c", "d", "e", "L") if "wrong" in classes(tab, name)}


def answer(tab: Tab, text: str) -> str:
    tab.run("document.querySelector('#answer').select()")
    tab.type(text)
    tab.press("Enter")
    return tab.text("#feedback")


def choose(tab: Tab, what: str, option: str) -> None:
    """Choose an option of the quiz by the keyboard, as far as scripts can."""
    found = f"document.querySelector('#{what}')"
    tab.run(f"{found}.value = '{option}', {found}.dispatchEvent(new Event('change')), 0")


def derivatives(tab: Tab) -> list[str]:
    """The texts on the edges, in the order of the storyboard."""
    texts: list[str] = tab.run("[...document.querySelectorAll('[data-edge] text')].map(text => text.textContent)")
    return texts


@needs_chromium
def test_the_quiz_hides_gradients_and_checks_answers(tab: Tab) -> None:
    tab.press("End")
    tab.press("q")
    choose(tab, "ask", "gradients")
    assert figures(tab) == {"a": "?", "b": "?", "c": "?", "e": "?", "d": "?", "L": "1.0"}
    assert "?" not in derivatives(tab)
    assert tab.text("#question") == "dL/dd ="
    tab.click(node("e"))
    assert tab.text("#question") == "dL/de ="
    assert tab.text("#known") == "dL/dL × dL/de = 1.0 × 2.0\ndL/dd × dd/de = ? × 1.0"
    tab.click("#answer")
    assert answer(tab, "2") == "That is one contribution of 2: what comes by all arrows is added."
    assert answer(tab, "4") == "The size is right, the sign is not."
    assert answer(tab, "17").startswith("Not yet")
    assert answer(tab, "minus four").startswith("That is no number")
    assert figures(tab)["e"] == "?"
    assert answer(tab, "-8/2") == "Right: dL/de = -4.0."  # one of the terms is still to be found
    assert figures(tab)["e"] == "-4.0"
    assert tab.text("#score") == "1 of 5 found"
    assert tab.text("#about-terms").endswith("dL/dd × dd/de")
    tab.click(node("b"))
    assert tab.text("#question") == "dL/db ="
    assert answer(tab, "2") == "That is a local derivative; it has to be multiplied by the upstream gradient."
    assert answer(tab, "\u22128,0") == "Right: dL/db = -8.0."
    tab.click("#reveal")
    assert tab.text("#feedback") == "dL/dd = -6.0."
    assert answer(tab, "-6.01").startswith("Right")
    assert answer(tab, "12").endswith("All numbers are known.")
    assert tab.text("#score") == "4 of 5 found"
    assert tab.run("document.querySelector('#answer').disabled")
    tab.click("#mode-quiz")
    assert figures(tab)["e"] == "-4.0"
    assert position(tab) == LAST


@needs_chromium
def test_the_quiz_asks_for_local_derivatives_and_then_for_products(tab: Tab) -> None:
    tab.press("q")
    assert tab.run("document.activeElement.id") == "answer"
    assert derivatives(tab) == ["?"] * 6
    assert tab.text("#question") == "local dL/de ="
    assert tab.text("#known") == "L = e * d = -6.0 * 2.0 = -12.0"
    assert answer(tab, "-6") == "That is the local derivative of L by another input."
    assert answer(tab, "-12") == "That is L itself; asked is how fast it changes with e."
    assert answer(tab, "5") == "Not yet: if e alone grew by a little, by how many times that would L grow?"
    assert answer(tab, "2") == "Right: local dL/de = 2.0."
    assert tab.text("#question") == "local dL/dd ="
    assert answer(tab, "-6") == "Right: local dL/dd = -6.0."
    assert tab.text("#question") == "dL/dd ="
    assert tab.text("#known") == "dL/dL × dL/dd = 1.0 × -6.0"
    assert answer(tab, "-6") == "Right: dL/dd = -6.0."
    assert sorted(derivatives(tab)) == ["-6.0", "2.0", "?", "?", "?", "?"]
    for text in ("1", "-4", "1", "-6", "-3", "12", "2"):
        assert answer(tab, text).startswith("Right: ")
    assert answer(tab, "-8") == "Right: dL/db = -8.0. All numbers are known."
    assert tab.text("#score") == "11 of 11 found"
    tab.press("q") if tab.run("document.activeElement.id") != "answer" else tab.click("#mode-quiz")
    assert "?" not in derivatives(tab)


@needs_chromium
def test_the_quiz_can_hide_one_number_at_a_time(tab: Tab) -> None:
    tab.press("q")
    choose(tab, "hide", "one")
    asked = []
    for _ in range(11):
        shown = [*figures(tab).values(), *derivatives(tab)]
        assert shown.count("?") == 1
        asked.append(tab.text("#question"))
        tab.click("#reveal")
    assert "?" not in [*figures(tab).values(), *derivatives(tab)]
    assert asked.count("dL/de =") == asked.count("local dL/de =") == 1
    assert tab.text("#score") == "0 of 11 found"


@needs_chromium
def test_a_click_chooses_what_the_quiz_asks(browser: Browser, tmp_path: Path) -> None:
    a = Value(3.0, label="a")
    root = a * a
    root.label = "L"
    tab = browser.open(page(root).save(tmp_path / "page.html"), still=True)
    tab.press("q")
    choose(tab, "ask", "locals")
    assert figures(tab) == {"a": "6.0", "L": "1.0"}
    tab.click("[data-edge='1'] text")
    assert tab.text("#question") == "local dL/da (input 2) ="
    assert answer(tab, "3").startswith("Right")
    tab.click("[data-node='0']")
    assert tab.text("#question") == "local dL/da (input 1) ="
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_letters_typed_as_an_answer_are_no_keys(tab: Tab) -> None:
    tab.press("q")
    tab.press("w")
    tab.press("q")
    assert not tab.run("document.querySelector('#quiz').hidden")
    assert tab.run("document.querySelector('#answer').value") == "wq"


@needs_chromium
def test_zoom_changes_the_size_of_the_picture(tab: Tab) -> None:
    width = "document.querySelector('#picture > svg').getBoundingClientRect().width"
    fitting = tab.run(width)
    tab.click("#larger")
    assert tab.run(width) == pytest.approx(1.25 * fitting, rel=1e-3)
    tab.click("#fit")
    assert tab.run(width) == fitting


OVERLAP: Final = """
(([above, below]) => [...document.querySelectorAll(above)].some(a => [...document.querySelectorAll(below)].some(b => {
  const [p, q] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
  return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
})))
"""
"""Whether an element of one kind stands over one of another kind."""


@needs_chromium
@pytest.mark.parametrize("width", [400, 1200])
def test_the_zoom_buttons_cover_nothing(browser: Browser, file: Path, width: int) -> None:
    tab = browser.open(file, width=width, still=True)
    for _ in range(3):
        assert not tab.run(f"{OVERLAP}(['#zoom', '#picture'])")
        tab.click("#larger")
    tab.close()


@needs_chromium
def test_a_large_picture_opens_on_its_root(browser: Browser, tmp_path: Path) -> None:
    root = nn.MLP(8, [8, 8, 1], rng=0)([0.5] * 8)
    drawn = page(root, collapse=None)
    tab = browser.open(drawn.save(tmp_path / "page.html"), width=1200)
    last = max(map(int, re.findall(r'data-node="(\d+)"', drawn.html)))
    seen = (
        "(e => { const b = e.getBoundingClientRect(), f = document.querySelector('#picture').getBoundingClientRect();"
        "return b.left >= f.left && b.right <= f.right && b.top >= f.top && b.bottom <= f.bottom })"
    )
    assert tab.run(f"""{seen}(document.querySelector('[data-node="{last}"]'))""")
    assert tab.run("document.documentElement.scrollTop + document.documentElement.scrollLeft") == 0
    assert tab.complaints == []
    tab.close()


@needs_chromium
@pytest.mark.parametrize("height", [420, 800])
def test_long_sentences_stay_inside_their_panels(browser: Browser, tmp_path: Path, height: int) -> None:
    """The last step of the loss of a network, with a node selected."""
    model = nn.MLP(2, [4, 4, 1], rng=0)
    loss = ag.sum([(model([x, 1.0 - x]) - 1.0) ** 2 for x in (0.1, 0.4, 0.8)])
    drawn = page(loss, collapse=None)
    tab = browser.open(drawn.save(tmp_path / "page.html"), width=1200, height=height, still=True)
    tab.click("[data-node='14']")
    tab.press("End")
    panels = "[...document.querySelectorAll('aside > *')].filter(e => !e.hidden)"
    assert tab.run(f"{panels}.length") >= 2
    assert tab.run(f"{panels}.every(e => e.scrollHeight <= e.clientHeight)")
    assert tab.run("document.querySelector('aside').scrollHeight") > 0
    tab.close()


@needs_chromium
def test_an_edge_has_no_hole_before_its_derivative_arrives(tab: Tab) -> None:
    shown = """[...document.querySelectorAll("[data-edge]")].map(edge => [edge.classList.contains("waiting"),
        getComputedStyle(edge.querySelector(".bridge")).display !== "none"])"""
    tab.press("Home")
    assert all(pair == [True, True] for pair in tab.run(shown))
    tab.press("End")
    assert all(pair == [False, False] for pair in tab.run(shown))
    starts, ends = tab.run(
        """(edge => [edge.querySelector("path").getAttribute("d"), edge.querySelector(".bridge").getAttribute("d")])
        (document.querySelector("[data-edge]"))"""
    )
    assert starts.count("M") == 2
    assert ends.partition("L")[2] in starts.split("M")[2]


LUMINANCE: Final = """
((selector) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (c) => c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => (([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b)(light(channels(colour)));
  const element = document.querySelector(selector);
  let below = element;
  while (/, 0\\)$/.test(getComputedStyle(below).backgroundColor)) below = below.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(below).backgroundColor].map(luminance);
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
})
"""
"""The contrast of a text with what is behind it (WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_can_be_read_by_day_and_by_night(browser: Browser, file: Path, dark: bool) -> None:
    tab = browser.open(file, dark=dark, still=True)
    paper = tab.run("getComputedStyle(document.querySelector('#now')).backgroundColor")
    assert paper == ("rgb(22, 27, 33)" if dark else "rgb(255, 255, 255)")
    for key in ("End", "ArrowLeft", "w"):
        tab.press(key)
        for selector in ("h1", "header p", "#phase", "#count", "#equation", "#remark", "#play", "#mode-naive", "kbd"):
            assert tab.run(f"{LUMINANCE}({json.dumps(selector)})") >= 4.5, selector
    assert tab.complaints == []
    tab.close()


@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_nothing_sticks_out_of_the_window(browser: Browser, file: Path, width: int) -> None:
    tab = browser.open(file, width=width, height=800, still=True)
    for key in ("End", "w", "End", "q"):
        tab.press(key)
        assert tab.run("document.documentElement.scrollWidth") <= width
    for button in ("#mode-quiz", "#first", "#forth", "#play", "#play", "#mode-naive"):
        tab.click(button)
        assert tab.run(f"document.querySelector('{button}').getBoundingClientRect().height") >= 34
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_on_a_desktop_everything_is_in_sight(tab: Tab) -> None:
    assert tab.run("document.documentElement.scrollHeight") <= 800
    bottoms = "[...document.querySelectorAll('button, #equation')].map(e => e.getBoundingClientRect().bottom)"
    assert max(tab.run(bottoms)) < 800


IN_SIGHT: Final = """(selector => {
  const box = document.querySelector(selector).getBoundingClientRect();
  const frame = document.querySelector("#picture").contains(document.querySelector(selector))
    ? document.querySelector("#picture").getBoundingClientRect() : document.documentElement.getBoundingClientRect();
  return box.height > 0 && box.top >= frame.top && box.bottom <= Math.min(frame.bottom, innerHeight);
})"""
"""Whether all of an element is in the window, and in the frame of the picture if it is part of that."""


@needs_chromium
@pytest.mark.parametrize("height", [600, 700, 860])
def test_on_a_phone_the_root_and_the_words_are_in_sight(browser: Browser, file: Path, height: int) -> None:
    tab = browser.open(file, width=400, height=height, still=True)
    for selector in ("#picture .root", "#now", "#play", "#mode-quiz"):
        assert tab.run(f"{IN_SIGHT}('{selector}')"), selector
    tab.click("#picture .node.leaf")
    assert tab.run(f"{IN_SIGHT}('#about-name')")
    tab.press("End")
    tab.click("#mode-quiz")
    for answer in ("12345", "-12345", "x"):
        tab.run("document.querySelector('#answer').select()")
        tab.type(answer)
        tab.press("Enter")
        for selector in ("#answer", "#check", "#feedback", "#mode-quiz", "#picture .edge.asked text"):
            assert tab.run(f"{IN_SIGHT}('{selector}')"), selector
    assert tab.run("[scrollY, document.documentElement.scrollHeight]") == [0, height]
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_motion_is_reduced_where_it_is_asked_to_be(browser: Browser, file: Path) -> None:
    moving = "document.getAnimations().length"
    for still, expected in [(True, 0), (False, 1)]:
        tab = browser.open(file, still=still)
        for _ in range(FORWARD + 2):
            tab.press("ArrowRight")
        assert min(1, tab.run(moving)) == expected
        tab.close()


BY_LENGTH: Final = sorted(HOSTILE.values(), key=len)
TOGETHER: Final = len(BY_LENGTH) // 3
"""So many pages hold all hostile labels, three each; the long ones come last in a title, where they may be cut."""


@needs_chromium
@pytest.mark.parametrize("labels", [BY_LENGTH[n::TOGETHER] for n in range(TOGETHER)])
def test_no_label_runs_a_script(browser: Browser, tmp_path: Path, labels: list[str]) -> None:
    a, b, *rest = (Value(2.0 + n, label=label) for n, label in enumerate(labels[:-1]))
    root = ag.sum([a * b, *rest]) * a
    root.label = labels[-1]
    file = page(root, title=" ".join(labels)).save(tmp_path / "page.html")
    tab = browser.open(file, still=True)
    for key in ("ArrowRight", "End", "w", "End", "q"):
        tab.press(key)
    answer(tab, "1")
    for number in range(tab.run("document.querySelectorAll('[data-node]').length")):
        tab.click(f'[data-node="{number}"]')
    assert tab.run("document.title") != "hacked"
    assert tab.run("document.images.length + document.querySelectorAll('script').length") == 2
    assert tab.run("document.documentElement.scrollWidth") <= 1280
    assert tab.complaints == []
    assert tab.requests == [file.as_uri()]
    tab.close()


@needs_chromium
def test_the_policy_is_in_force(browser: Browser, file: Path) -> None:
    tab = browser.open(file, still=True)
    assert tab.run("fetch('https://example.org/').then(() => 'sent', () => 'refused')") == "refused"
    for attempt in (
        "body.innerHTML = '<b>'",
        "body.append(Object.assign(document.createElement('script'), {text: '0'}))",
    ):
        assert tab.run(f"(() => {{ try {{ document.{attempt} }} catch {{ return 'refused' }} }})()") == "refused"
    assert len(tab.complaints) >= 3
    tab.close()


@needs_chromium
def test_a_large_graph_is_played_in_part(browser: Browser, tmp_path: Path) -> None:
    xs = [Value(0.01 * n, label=f"x{n}") for n in range(60)]
    root = xs[0]
    for _ in range(30):
        root = ag.tanh(ag.dot(xs, xs) * root + ag.sum(xs))
    file = page(root, max_nodes=120).save(tmp_path / "page.html")
    tab = browser.open(file, still=True)
    assert "nodes, those nearest" in tab.text("header p")
    tab.press("End")
    tab.press("w")
    tab.press("End")
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_how_it_looks(browser: Browser, file: Path, tmp_path: Path) -> None:
    """Screenshots for readers; the test checks only that they are not empty."""
    folder = Path(os.environ.get("VIZ_SCREENSHOTS") or tmp_path)
    views = {"light": [" ", " "], "backward": ["Home", *["ArrowRight"] * 8], "naive": ["w", "End"], "quiz": ["w", "q"]}
    pictures = set()
    for dark in (False, True):
        tab = browser.open(file, dark=dark, still=True)
        for name, keys in views.items():
            for key in keys:
                tab.press(key)
            pictures.add(tab.screenshot(folder / f"page-{name}{'-dark' if dark else ''}.png"))
        tab.close()
    assert len(pictures) == 2 * len(views)
