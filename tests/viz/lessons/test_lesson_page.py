"""The page of a lesson: its file, and its clicks, keys and sizes in a real browser.

Without Chromium the tests that need it are skipped.
"""

import math
import random
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import autograd_core as ag
import nn
from autograd_core import OperandTypeError, Value
from browser import Browser, Tab, needs_chromium
from hostile import HOSTILE
from lesson_pages import (
    SAMPLES,
    cross_entropy,
    follow,
    fourth_power,
    go,
    images,
    mse,
    network,
    numbers,
    small,
    square,
    story_of,
)
from viz.lessons.lesson import Lesson, lesson
from viz.lessons.lesson_page import lesson_page

# ---- The file --------------------------------------------------------------------------------------------------------


def test_features_that_are_bytes_take_one_byte_each() -> None:
    story = story_of(lesson_page(images()))
    features = [sample["features"] for sample in story["samples"]]
    assert [len(b64decode(each["bytes"])) for each in features] == [30] * 3
    assert [each["divisor"] for each in features] == [255] * 3
    shown = [byte / 255 for byte in b64decode(features[1]["bytes"])]
    assert shown == list(images().samples[1].features)


@pytest.mark.parametrize("features", [[-0.0, 1.0], [0.1, 1.0], [256.0, 0.0]])
def test_other_features_are_exact(features: list[float]) -> None:
    story = story_of(
        lesson_page(lesson(network(), mse, [(features, [0.0, 1.0])], lr=0.1, classes=["a", "b"], shape=None))
    )
    assert list(map(repr, numbers(story["samples"][0]["features"]["floats"]))) == list(map(repr, features))


def test_the_page_of_a_network_for_digits_is_small() -> None:
    draw = random.Random(0)
    samples = [([draw.randrange(256) / 255 for _ in range(784)], [0.0] * 9 + [1.0]) for _ in range(2)]
    model = nn.MLP(784, [16, 16, 10], activation="sigmoid", rng=0)
    made = lesson_page(lesson(model, mse, samples, lr=0.1, classes=list("0123456789"), shape=(28, 28)))
    assert len(made.html) < 400_000


def test_the_title_and_the_summary() -> None:
    made = lesson_page(small())
    assert "<title>How one sample teaches a network</title>" in made.html
    assert made.summary == "2 → 3 → 2, squared error, 3 samples, learning rate 0.1"
    assert "<title>How one picture teaches a network</title>" in lesson_page(images()).html
    assert "<title>&lt;b&gt;</title>" in lesson_page(small(), "<b>").html
    with pytest.raises(OperandTypeError, match="title is a str or None; got int"):
        lesson_page(small(), 3)  # type: ignore[arg-type]


def test_samples_say_how_they_are_read() -> None:
    story = story_of(lesson_page(small()))
    assert [(each["name"], each["isRight"]) for each in story["samples"]] == [
        ("“cat”, read as “dog”", False),
        ("“dog”, read as “cat”", False),
        ("“cat”", True),
    ]


# ---- The page in a browser -------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return lesson_page(small()).save(tmp_path / "lesson.html")


@pytest.fixture
def tab(browser: Browser, file: Path) -> Iterator[Tab]:
    """The page of `small`, which must log no error and send no request during any test."""
    opened = browser.open(file, width=1200, still=True)
    yield opened
    assert opened.complaints == []
    assert opened.requests == [file.as_uri()]
    opened.close()


def place(tab: Tab) -> tuple[int, int, int]:
    """Sample, layer and neuron, which the address, the page and its controls tell alike."""
    address = tuple(tab.run("[...location.hash.matchAll(/=(\\d+)/g)].map(found => Number(found[1]))"))
    shown = tab.run(
        "[document.querySelector('[name=sample]:checked').value, document.querySelector('#layer').value,"
        "document.querySelector('#neuron').value].map(Number)"
    )
    assert address in {(), tuple(shown)}
    chosen = "(e => [e.closest('[data-layer]').dataset.layer, e.dataset.neuron].map(Number))"
    assert tab.run(f"{chosen}(document.querySelector('#network [aria-pressed=true]'))") == shown[1:]
    sample, layer, neuron = shown
    return sample, layer, neuron


@needs_chromium
def test_a_sample_a_layer_and_a_neuron_are_chosen_by_clicks(tab: Tab) -> None:
    assert place(tab) == (0, 1, 0)
    tab.click("label[for=sample-2]")
    assert place(tab) == (2, 1, 0)
    tab.click("#network [data-layer='0'] [data-neuron='1']")
    assert place(tab) == (2, 0, 1)
    assert tab.text("#ways .chosen") == "neuron 1 of layers.0, for sample 2: “cat”"
    tab.click("#next")
    assert place(tab) == (2, 0, 2)
    tab.click("#next")
    tab.click("#previous")
    assert place(tab) == (2, 0, 2)
    tab.run("(e => { e.value = '1'; e.dispatchEvent(new Event('change')); })(document.querySelector('#layer'))")
    assert place(tab)[1] == 1
    tab.click("#columns tbody tr:nth-child(2) button")
    assert place(tab) == (2, 0, 1)
    tab.click("#changes thead th:nth-child(2) button")
    assert place(tab) == (0, 0, 1)
    tab.click("#ranking tbody button")
    assert tab.text("#ranking tbody button").endswith(f"neuron {place(tab)[2]}")


@needs_chromium
@pytest.mark.parametrize("panel", ["#way-weights", "#ranking"])
def test_bars_are_as_long_as_their_numbers_and_show_the_sign(tab: Tab, panel: str) -> None:
    bars = tab.run(
        f"[...document.querySelectorAll('{panel} .bar')].map(e => [e.firstChild, e.closest('li, tr')])"
        ".map(([inner, row]) => [parseFloat(inner.style.width), inner.style.left, inner.classList.contains('minus'),"
        "Number(row.querySelector('.change .number, td .number').title)])"
    )
    largest = max(abs(x) for *_, x in bars)
    assert {side for _, side, *_ in bars} == {"", "50%"}
    for width, side, is_hatched, x in bars:
        assert width == pytest.approx(50 * abs(x) / largest, abs=0.01)
        assert (side == "") == is_hatched == (x < 0.0)


@needs_chromium
def test_arrows_point_where_the_cost_falls(tab: Tab) -> None:
    for sample in range(3):
        tab.click(f"label[for=sample-{sample}]")
        shown = tab.run(
            "[...document.querySelectorAll('.output-change')].map(e => [Number(e.querySelector('.number').title),"
            "(b => b.y + b.height / 2 - parseFloat(getComputedStyle(e).getPropertyValue('--ground')))"
            "(e.querySelector('.arrow').getBBox())])"
        )
        assert all((middle < 0.0) == (x > 0.0) for x, middle in shown)
        lengths = [abs(middle) / abs(x) for x, middle in shown]
        assert lengths == pytest.approx([lengths[0]] * len(lengths), rel=1e-4)


@needs_chromium
@pytest.mark.parametrize(
    ("activation", "bias", "words"),
    [
        ("tanh", 0.5, "to (rise: z should become larger|fall: z should become smaller)"),
        ("relu", -100.0, r"is flat here, σ'\(z\) = 0"),
        ("silu", -4.0, r"falls here, σ'\(z\) < 0, so z should become (smaller|larger)"),
    ],
)
def test_the_page_says_what_becomes_of_a_wish(
    browser: Browser, tmp_path: Path, activation: str, bias: float, words: str
) -> None:
    model = nn.MLP(2, [3, 2], activation=activation, rng=3)
    unit = model.layers[0].neurons[1]
    unit.b.data = bias
    told = lesson(model, mse, SAMPLES, lr=0.1, classes=["a", "b"], shape=None)
    tab = browser.open(lesson_page(told).save(tmp_path / "lesson.html"), still=True)
    go(tab, 0, 0, 1)
    verdict = tab.text("#verdict")
    assert re.search(words, verdict)
    desired, delta = told.samples[0].layers[0].desired[1], told.samples[0].layers[0].deltas[1]
    assert ("rise" in verdict) == (desired > 0.0 and delta != 0.0)
    assert ("larger" in verdict) == (delta < 0.0)
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_keys_choose_too(tab: Tab) -> None:
    for key, expected in [("s", (1, 1, 0)), ("n", (1, 1, 1)), ("n", (1, 1, 0))]:
        tab.press(key)
        assert place(tab) == expected
    tab.press("ArrowLeft")
    assert place(tab)[:2] == (1, 0)
    tab.press("n")
    before = place(tab)
    tab.press("ArrowLeft")
    assert place(tab) == before
    tab.press("l")
    assert place(tab)[:2] == (1, 1)
    tab.press("ArrowLeft")
    tab.click("#network [data-layer='0'] [data-neuron='0']")
    for key, neuron in [("ArrowDown", 1), ("ArrowDown", 2), ("ArrowDown", 2), ("ArrowUp", 1)]:
        tab.press(key)
        assert place(tab) == (1, 0, neuron)
        assert tab.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    tab.press("5")
    assert abs(tab.run("document.querySelector('#average').getBoundingClientRect().top")) < 120


@needs_chromium
def test_a_place_can_be_linked(browser: Browser, file: Path) -> None:
    tab = browser.open(file, still=True)
    go(tab, 1, 0, 2)
    assert place(tab) == (1, 0, 2)
    for nowhere in ("#sample=7&layer=0&neuron=0", "#sample=0&layer=9&neuron=0", "#layer=1&neuron=2", "#neuron=-1"):
        follow(tab, nowhere)
        shown = "document.querySelector('#ways .chosen').textContent"
        assert tab.run(shown).startswith("neuron 2 of layers.0, for sample 1")
    follow(tab, "#panel=sensitivity&sample=2")
    for _ in ("followed", "opened"):
        assert tab.run(shown).startswith("neuron 2 of layers.0, for sample 2")
        assert tab.run("document.querySelector('#sensitivity').getBoundingClientRect().top < innerHeight")
        tab.run("location.hash = '#layer=0&neuron=2&sample=2&panel=sensitivity'")
        tab.run("window.old = true, location.reload()")
        tab.wait("window.old === undefined && document.readyState === 'complete'")
    assert tab.complaints == []
    tab.close()


@needs_chromium
def test_images_are_shown_as_images(browser: Browser, tmp_path: Path) -> None:
    told = images()
    tab = browser.open(lesson_page(told).save(tmp_path / "lesson.html"), width=1200, still=True)
    assert tab.run("document.querySelectorAll('.choice-of-sample canvas').length") == 3
    tab.press("l")
    assert tab.run("document.querySelectorAll('#requests canvas').length") == 3
    tab.click(".tile:nth-child(4)")
    assert place(tab) == (0, 0, 3)
    pixels = tab.run(
        "(c => [c.width, c.height, ...c.getContext('2d').getImageData(0, 0, 5, 6).data.filter((_, i) => i % 4 === 0)])"
        "(document.querySelector('canvas.sample'))"
    )
    light = [x for _, x in sorted(zip(told.samples[0].features, pixels[2:], strict=True))]
    assert pixels[:2] == [5, 6]
    assert light == sorted(light)
    assert light[0] < 40
    assert light[-1] == 255
    assert tab.text("#way-weights li > :first-child").startswith("pixel ")
    assert tab.complaints == []
    tab.close()


class WithoutBias:
    def __init__(self) -> None:
        self.w = [Value(0.5), Value(-1.5)]

    def named_parameters(self) -> list[tuple[str, Value]]:
        return [(f"w.{index}", weight) for index, weight in enumerate(self.w)]

    def __call__(self, x: Any) -> Any:
        return ag.dot(self.w, x)


def waves(count: int, width: int) -> list[list[float]]:
    return [[math.sin(i * (j + 1)) for i in range(width)] for j in range(count)]


AWKWARD: Final[dict[str, Callable[[], Lesson]]] = {
    "huge": lambda: lesson(
        nn.MLP(2, [3, 2], activation="linear", rng=1),
        mse,
        [([x, y], [1.0, 0.0]) for x, y in ((1e100, 1e100), (1e100, -1e100), (1e150, -1e150))],
        lr=0.1,
        classes=["a", "b"],
        shape=None,
    ),
    "one layer, no bias": lambda: lesson(WithoutBias(), square, [([1.0, 2.0], 1.0)], lr=0.1, classes=["y"], shape=None),
    "nothing to learn": lambda: lesson(WithoutBias(), square, [([0.0, 0.0], 0.0)], lr=0.1, classes=["y"], shape=None),
    "another cost": lambda: lesson(network(), fourth_power, SAMPLES, lr=0.1, classes=["a", "b"], shape=None),
    "wide": lambda: lesson(
        nn.MLP(12, [300, 30], rng=1),
        cross_entropy,
        [(x, 3) for x in waves(2, 12)],
        lr=0.1,
        classes=["c"] * 30,
        shape=(3, 4),
    ),
    "many": lambda: lesson(
        nn.MLP(26, [4, 1], rng=1), square, [(x, 1.0) for x in waves(40, 26)], lr=0.1, classes=["y"], shape=None
    ),
    "deep": lambda: lesson(nn.MLP(2, [4] * 8 + [2], rng=1), mse, SAMPLES, lr=0.1, classes=["a", "b"], shape=None),
    "hostile": lambda: lesson(
        nn.MLP(3, [len(HOSTILE)], rng=1),
        cross_entropy,
        [([1.0, 2.0, 3.0], 1)] * 2,
        lr=0.1,
        classes=list(HOSTILE.values()),
        shape=None,
    ),
}


@needs_chromium
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_lessons_work(browser: Browser, tmp_path: Path, name: str) -> None:
    file = lesson_page(AWKWARD[name](), HOSTILE["script"]).save(tmp_path / "lesson.html")
    tab = browser.open(file, width=1200, still=True)
    for width in (1200, 400):
        tab.resize(width, 800)
        for key in "lnsl":
            tab.press(key)
        place(tab)
        assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run("document.title") == HOSTILE["script"]
    assert tab.run("document.images.length + document.querySelectorAll('script').length") == 2
    assert tab.complaints == []
    assert tab.requests == [file.as_uri()]
    tab.close()


@needs_chromium
def test_everything_has_a_name(tab: Tab) -> None:
    nameless = "!(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)"
    assert tab.run(f"[...document.querySelectorAll('button, input, select')].filter(e => {nameless}).length") == 0
    title = "document.getElementById(e.getAttribute('aria-labelledby')).textContent"
    assert tab.run(f"[...document.querySelectorAll('section')].every(e => {title})")
    assert tab.run("document.querySelectorAll('#network [data-layer] [tabindex=\"0\"]').length") == 2
    tab.press("n")
    assert "“dog” of layers.1: activation" in tab.text("#said")
