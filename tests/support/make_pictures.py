"""Makes the pictures of the README in `.pictures`: `python tests/support/make_pictures.py`.

It needs Chromium for the screenshot of a page. Placed by the built-in layout, the pictures are the same on every
machine, but for the letters that Chromium draws. `neuron.svg` is drawn by a command in the README.
"""

import tempfile
from pathlib import Path

import nn
import viz
from autograd_core import Value
from browser import chromium, find_chromium
from nn.tasks import digits

FOLDER = Path(__file__).parents[2] / ".pictures"


def network() -> None:
    """The loss of a whole network, one box for each layer, with one layer opened."""
    train, _ = digits.data()
    pixels, label = train[5]
    model = digits.model(rng=0)
    loss = nn.cross_entropy(model([Value(pixel, label="pixels") for pixel in pixels]), label)
    loss.label = "loss"
    loss.backward()
    viz.draw(loss, collapse="layer", title="a 64-16-16-10 network, layer by layer").save(FOLDER / "network.svg")


def page() -> None:
    """The page of a neuron in the middle of its backward pass, as Chromium shows it."""
    w, x, b = Value(-0.5, label="w"), Value(1.5, label="x"), Value(0.25, label="b")
    h = w * x + b
    h.label = "h"
    y = h * h.tanh()
    y.label = "y"
    with tempfile.TemporaryDirectory() as folder, chromium(find_chromium() or "chromium") as browser:
        path = viz.page(y, title="A neuron that uses its sum twice").save(Path(folder) / "page.html")
        tab = browser.open(path, still=True)
        tab.click("[data-node='4']")
        for _ in range(9):
            tab.press("ArrowRight")
        tab.screenshot(FOLDER / "page.png")


if __name__ == "__main__":
    network()
    page()
