"""Small lessons for the tests of their page, and what such a page tells in its file and in a browser."""

import json
import random
import re
from base64 import b64decode
from functools import cache
from struct import unpack
from typing import Any, Final

import autograd_core as ag
import nn
from browser import Tab
from viz.lessons.lesson import Lesson, lesson
from viz.passes.page import Page
from viz.text import number


def mse(outputs: list[Any], targets: list[Any]) -> Any:
    return ag.sum([nn.mse_loss(output, target) for output, target in zip(outputs, targets, strict=True)]) / len(outputs)


def cross_entropy(outputs: list[Any], targets: list[Any]) -> Any:
    return nn.cross_entropy(outputs, targets)


def square(outputs: list[Any], targets: list[Any]) -> Any:
    return (outputs[0] - targets[0]) ** 2


def fourth_power(outputs: list[Any], targets: list[Any]) -> Any:
    return ag.sum([(a - y) ** 4 for a, y in zip(outputs[0], targets[0], strict=True)])


SAMPLES: Final = [([0.5, -1.0], [1.0, 0.0]), ([1.5, 0.25], [0.0, 1.0]), ([-0.5, 0.75], [1.0, 0.0])]


def network() -> nn.MLP:
    return nn.MLP(2, [3, 2], activation="tanh", rng=3)


@cache
def small() -> Lesson:
    return lesson(network(), mse, SAMPLES, lr=0.1, classes=["cat", "dog"], shape=None)


@cache
def images() -> Lesson:
    """A network that looks at pictures of 6 by 5 pixels, and reads none of three rightly."""
    draw = random.Random(0)
    pictures = [[draw.choice((0, 0, 128, 255)) / 255 for _ in range(30)] for _ in range(3)]
    model = nn.MLP(30, [4, 3, 3], activation="sigmoid", rng=1)
    return lesson(
        model, cross_entropy, list(zip(pictures, (0, 2, 1), strict=True)), lr=0.5, classes=["x", "y", "z"], shape=(6, 5)
    )


def story_of(made: Page) -> Any:
    return story_in(made.html)


def story_in(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def numbers(text: str) -> list[float]:
    packed = b64decode(text)
    return list(unpack(f"<{len(packed) // 8}d", packed))


def go(tab: Tab, sample: int, layer: int, neuron: int) -> None:
    tab.run(f"location.hash = '#sample={sample}&layer={layer}&neuron={neuron}'")
    for control, value in (("layer", layer), ("neuron", neuron), ("samples :checked", sample)):
        tab.wait(f"document.querySelector('#{control}').value === '{value}'")


def follow(tab: Tab, address: str) -> None:
    """Change the address, and wait until the page has seen it."""
    seen = "new Promise(done => addEventListener('hashchange', () => setTimeout(done), { once: true }))"
    tab.run(f"(() => {{ const seen = {seen}; location.hash = '{address}'; return seen; }})()")


def titles(tab: Tab, selector: str) -> list[float]:
    """The numbers of some elements with all their digits. Their texts must be the short forms of these."""
    found = tab.run(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => [e.title, e.textContent])")
    assert [text.removeprefix("+") for _, text in found] == [number(float(exact)) for exact, _ in found]
    return [float(exact) for exact, _ in found]


def rows(tab: Tab, way: str) -> dict[str, float]:
    """The requests of one way by name."""
    names = tab.run(f"[...document.querySelectorAll('#way-{way} li > :first-child')].map(e => e.textContent)")
    return dict(zip(names, titles(tab, f"#way-{way} .change .number"), strict=True))


def table(tab: Tab, panel: str) -> dict[str, list[float]]:
    """The rows of a table of numbers by name."""
    found = tab.run(
        f"[...document.querySelectorAll('#{panel} .matrix tbody tr')].map(row => [row.querySelector('th').textContent,"
        "[...row.querySelectorAll('td')].map(cell => cell.title)])"
    )
    return {name: list(map(float, cells)) for name, cells in found}
