"""The page in use, in a real browser: clicks, keys, the quiz, the wrong order, and labels that are hostile.

Without Chromium the tests are skipped.
"""

from pathlib import Path
from typing import Final

import pytest

import autograd_core as ag
from autograd_core import Value
from browser import Browser, Tab, needs_chromium
from hostile import HOSTILE
from played_pages import FORWARD, LAST, classes, figures, node, position, storyboard_of
from viz.passes.page import page


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
