"""How the page looks in a real browser: sizes of the window, day and night, and what covers what.

Without Chromium the tests are skipped. Set VIZ_SCREENSHOTS to a folder to look at the page yourself.
"""

import json
import os
from pathlib import Path
from typing import Final

import pytest

import autograd_core as ag
import nn
from browser import CONTRAST, Browser, Tab, needs_chromium
from played_pages import FORWARD
from viz.passes.page import page


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
def test_a_large_picture_opens_where_the_pass_starts(browser: Browser, tmp_path: Path) -> None:
    root = nn.MLP(8, [8, 8, 1], rng=0)([0.5] * 8)
    drawn = page(root, collapse=None)
    tab = browser.open(drawn.save(tmp_path / "page.html"), width=1200)
    first = tab.run("forward[0].node")
    seen = (
        "(e => { const b = e.getBoundingClientRect(), f = document.querySelector('#picture').getBoundingClientRect();"
        "return b.left >= f.left && b.right <= f.right && b.top >= f.top && b.bottom <= f.bottom })"
    )
    assert tab.run(f"""{seen}(document.querySelector('[data-node="{first}"]'))""")
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


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_can_be_read_by_day_and_by_night(browser: Browser, file: Path, dark: bool) -> None:
    tab = browser.open(file, dark=dark, still=True)
    paper = tab.run("getComputedStyle(document.querySelector('#now')).backgroundColor")
    assert paper == ("rgb(22, 27, 33)" if dark else "rgb(255, 255, 255)")
    for key in ("End", "ArrowLeft", "w"):
        tab.press(key)
        for selector in ("h1", "header p", "#phase", "#count", "#equation", "#remark", "#play", "#mode-naive", "kbd"):
            assert tab.run(f"{CONTRAST}(document.querySelector({json.dumps(selector)}))") >= 4.5, selector
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
def test_on_a_phone_the_start_and_the_words_are_in_sight(browser: Browser, file: Path, height: int) -> None:
    tab = browser.open(file, width=400, height=height, still=True)
    first = tab.run("forward[0].node")
    start = f'#picture [data-node="{first}"]'
    for selector in (start, "#now", "#play", "#mode-quiz"):
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
