"""How the page of a lesson looks in a real browser: nothing is cut, broken or covered, by day and by night.

Without Chromium the tests are skipped. Set VIZ_SCREENSHOTS to a folder to look at the page yourself.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import nn
from browser import CONTRAST, Browser, needs_chromium
from lesson_pages import cross_entropy, images, small
from viz.lessons.lesson import Lesson, lesson
from viz.lessons.lesson_page import lesson_page


@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_can_be_read_by_day_and_by_night(browser: Browser, tmp_path: Path, dark: bool) -> None:
    tab = browser.open(lesson_page(images()).save(tmp_path / "lesson.html"), dark=dark, still=True)
    paper = tab.run("getComputedStyle(document.querySelector('main > section')).backgroundColor")
    assert paper == ("rgb(22, 27, 33)" if dark else "rgb(255, 255, 255)")
    for width, key in ((1200, "s"), (1200, "l"), (400, "l")):
        tab.resize(width, 800)
        tab.press(key)
        kinds = "h1, p, h2, .cell, td, th, .change, small, dt, dd, button, label, .name"
        texts = f"[...document.querySelectorAll('{kinds}')]"
        seen = f"{texts}.filter(e => e.textContent && e.checkVisibility() && !e.classList.contains('unseen'))"
        assert tab.run(f"{seen}.map(e => [{CONTRAST}(e), e.outerHTML]).filter(([c]) => !(c >= 4.5))") == []
    tab.close()


@needs_chromium
@pytest.mark.parametrize("told", [small, images])
def test_nothing_sticks_out_of_the_window(browser: Browser, tmp_path: Path, told: Callable[[], Lesson]) -> None:
    tab = browser.open(lesson_page(told()).save(tmp_path / "lesson.html"), still=True)
    outside = "[...document.querySelectorAll('main *, nav *')].filter(e => !e.closest('.scroll, #samples, #network'))"
    for width in (320, 400, 820, 1200):
        tab.resize(width, 800)
        for key in ("s", "l"):
            tab.press(key)
            assert tab.run("document.documentElement.scrollWidth") <= width
            assert tab.run(f"{outside}.filter(e => e.getBoundingClientRect().right > {width}).length") == 0
    tab.close()


@needs_chromium
def test_how_it_looks(browser: Browser, tmp_path: Path) -> None:
    """Screenshots for readers; the test checks only that they are not empty."""
    folder = Path(os.environ.get("VIZ_SCREENSHOTS") or tmp_path)
    pictures = set()
    for told in (small, images):
        file = lesson_page(told()).save(tmp_path / "lesson.html")
        for width in (400, 1200):
            for dark in (False, True):
                tab = browser.open(file, width=width, dark=dark, still=True)
                pictures.add(tab.screenshot(folder / f"lesson-{told.__name__}-{width}{'-dark' if dark else ''}.png"))
                tab.close()
    assert len(pictures) == 8


# ---- Words and numbers -----------------------------------------------------------------------------------------------


@cache
def long_names() -> Lesson:
    classes = ["Iris setosa of the north", "Iris versicolor", "Iris virginica"]
    model = nn.MLP(3, [4, 4, 3], activation="tanh", rng=0)
    samples = [([0.3, 0.1, -0.4], 0), ([0.3, 1.0, 0.4], 1)]
    return lesson(model, cross_entropy, samples, lr=0.1, classes=classes, shape=None)


@cache
def letters() -> Lesson:
    """A network of 26 outputs, whose numbers have many digits."""
    model = nn.MLP(30, [40, 26], activation="tanh", rng=0)
    samples = [([0.1 * index - 1.0 for index in range(30)], label) for label in range(16)]
    return lesson(model, cross_entropy, samples, lr=0.1, classes=list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), shape=None)


@cache
def digits() -> Lesson:
    samples = [(image, label) for image, label in nn.data.digits().test[:8]]
    return lesson(nn.MLP(64, [16, 10], rng=1), cross_entropy, samples, lr=0.1, classes=list("0123456789"), shape=(8, 8))


MADE: Final = (small, images, long_names, letters, digits)

PIECES: Final = """((pattern) => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!parent.checkVisibility() || parent.closest(".unseen, title")) continue;
    for (const { 0: text, index } of node.textContent.matchAll(pattern)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + text.length);
      const boxes = [...range.getClientRects()];
      const end = getComputedStyle(parent).overflow === "hidden" ? parent.getBoundingClientRect().right : Infinity;
      const cut = ({ left, right, top, bottom }) => ({ left, right: Math.min(right, end), top, bottom });
      found.push([text, parent, boxes.map(cut)]);
    }
  }
  return found;
})"""
"""A function from a pattern to the texts that match it, with their elements and boxes, one for each line."""

BROKEN: Final = (
    PIECES
    + r"""(/\S+/gu).filter(([text]) => text.length < 24)
  .filter(([, , boxes]) => new Set(boxes.map((box) => Math.round(box.top))).size > 1).map(([text]) => text)
"""
)
"""Words that stand on two lines."""

COVERED: Final = (
    """(() => {
  const shown = """
    + PIECES
    + """(/.+/gu).filter(([, parent]) => !parent.closest(".scroll"))
    .flatMap(([text, parent, boxes]) => boxes.map((box) => [text, box, parent]));
  const pairs = [];
  shown.forEach(([one, a, parent], index) => {
    for (const [other, b, its] of shown.slice(index + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 6 && parent !== its) pairs.push([one, other]);
    }
  });
  return pairs;
})()
"""
)
"""Texts of which one covers another; lines of text may touch. In tables that scroll, a column stays in front."""


@needs_chromium
@pytest.mark.parametrize("told", MADE)
def test_no_word_is_broken_and_no_text_covers_another(
    browser: Browser, tmp_path: Path, told: Callable[[], Lesson]
) -> None:
    tab = browser.open(lesson_page(told()).save(tmp_path / "lesson.html"), still=True)
    for width in (400, 820, 1200):
        tab.resize(width, 800)
        for key in "ls":
            tab.press(key)
            assert tab.run(BROKEN) == []
            assert tab.run(COVERED) == []
    assert tab.complaints == []
    tab.close()


@needs_chromium
@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("table", ["columns", "changes"])
def test_sums_and_means_are_seen_however_many_columns_there_are(
    browser: Browser, tmp_path: Path, width: int, table: str
) -> None:
    tab = browser.open(lesson_page(letters()).save(tmp_path / "lesson.html"), width=width, still=True)
    box = "(e => e.getBoundingClientRect().right)"
    cells = tab.run(f"[...document.querySelectorAll('#{table} td.apart:not(.last)')].map({box})")
    edge = tab.run(f"{box}(document.querySelector('#{table} .scroll'))")
    assert len(cells) > 4
    assert max(cells) <= edge + 0.5
    if width == 1200:
        assert tab.run(f"(e => e.scrollWidth - e.clientWidth)(document.querySelector('#{table} .scroll'))") == 0
    tab.close()


@needs_chromium
def test_of_many_outputs_the_likely_ones_are_in_the_table_of_the_cost(browser: Browser, tmp_path: Path) -> None:
    told = letters()
    tab = browser.open(lesson_page(told).save(tmp_path / "lesson.html"), width=1200, still=True)
    cost = told.samples[3].cost
    for _ in range(3):
        tab.press("s")
    shown = tab.run("[...document.querySelectorAll('#cost tbody .name')].map(e => e.textContent)")
    by_size = sorted(range(26), key=lambda index: -max(cost.predicted[index], cost.target[index]))
    assert shown == [told.classes[index] for index in sorted(by_size[:20])]
    assert "D" in shown
    tab.close()


@needs_chromium
def test_arrows_take_no_more_room_than_they_need(browser: Browser, tmp_path: Path) -> None:
    tab = browser.open(lesson_page(letters()).save(tmp_path / "lesson.html"), width=400, still=True)
    sizes = "(e => [e.getBBox().y, e.getBBox().y + e.getBBox().height, e.closest('svg').clientHeight])"
    arrows = tab.run(f"[...document.querySelectorAll('#arrows .arrow')].map({sizes})")
    height = arrows[0][2]
    assert min(top for top, *_ in arrows) < 8
    assert max(bottom for _, bottom, _ in arrows) > height - 8
    assert min(top for top, *_ in arrows) >= 0
    assert max(bottom for _, bottom, _ in arrows) <= height
    tab.close()


@needs_chromium
def test_a_list_of_many_leaves_out_what_is_0(browser: Browser, tmp_path: Path) -> None:
    """Of 16 rectified activations several are 0, and so are the changes of their weights."""
    told = digits()
    tab = browser.open(lesson_page(told).save(tmp_path / "lesson.html"), width=1200, still=True)
    alive = [x for x in told.samples[0].layers[1].x if x != 0.0]
    assert len(alive) < 12
    assert tab.run("document.querySelectorAll('#way-weights li').length") == len(alive)
    assert tab.text("#way-weights .more").startswith(f"and {16 - len(alive)} more, none farther from 0 than 0.0")
    tab.close()
