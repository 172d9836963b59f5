"""Eight pictures kept on disk, so that every change of their looks is seen and intended.

After an intended change, write them again, look at them, and commit them with the change:

    VIZ_GOLDEN=write pytest tests/viz/picture/test_golden.py

All numbers in them are exact in binary, so the bytes are the same on every platform.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import autograd_core as ag
import nn
import viz
from autograd_core import Value
from viz import Drawing

FOLDER: Final = Path(__file__).parent / "golden"


def leaves(**data: float) -> list[Value]:
    """Labelled leaves."""
    return [Value(number, label=label) for label, number in data.items()]


def drawn(root: Value, collapse: str | None = None) -> Drawing:
    """The picture of the root after a sweep."""
    root.label = "L"
    root.backward()
    return viz.draw(root, renderer="builtin", collapse=collapse)


def square() -> Drawing:
    (a,) = leaves(a=3.0)
    return drawn(a * a)


def diamond() -> Drawing:
    a, b = leaves(a=2.0, b=-3.0)
    e = a * b
    return drawn((e + a) * (e - 1.5))


def neuron() -> Drawing:
    w1, x1, w2, x2, b = leaves(w1=-3.0, x1=2.0, w2=1.0, x2=0.5, b=6.75)
    return drawn(ag.relu(w1 * x1 + w2 * x2 + b))


def dot_neuron() -> Drawing:
    weights, inputs = leaves(w1=-3.0, w2=1.0, w3=0.5), leaves(x1=2.0, x2=0.5, x3=4.0)
    return drawn(ag.relu(ag.dot(weights, inputs) + 6.0))


def nan() -> Drawing:
    x, y = leaves(x=-1.0, y=0.0)
    return drawn(ag.log(x) + ag.sqrt(y) * 2.0)


def _mlp_loss() -> Value:
    """The squared error of a 2-3-1 network with two dead hidden units."""
    model = nn.MLP(2, [3, 1])
    for place, parameter in enumerate(model.parameters()):
        parameter.data = (place * 5 % 7 - 3) / 4
    loss: Value = (model([1.0, -2.0]) - 1.5) ** 2
    return loss


def mlp_loss() -> Drawing:
    return drawn(_mlp_loss())


def mlp_layers() -> Drawing:
    return drawn(_mlp_loss(), collapse="layer")


def lstm_step() -> Drawing:
    """One step of one cell with all gates at exactly one half."""
    cell = nn.LSTMCell(1, 1)
    for parameter in cell.parameters():
        parameter.data = 0.5 if parameter.label.startswith("weight") else -0.25
    h, c = leaves(h=0.0, c=0.0)
    root, _ = cell([1.0], ([h], [c]))
    return drawn(root[0])


GRAPHS: Final[list[Callable[[], Drawing]]] = [
    square,
    diamond,
    neuron,
    dot_neuron,
    nan,
    mlp_loss,
    mlp_layers,
    lstm_step,
]


@pytest.mark.parametrize("ending", ["svg", "dot", "mmd"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_picture_is_the_one_on_disk(graph: Callable[[], Drawing], ending: str) -> None:
    drawing = graph()
    path = FOLDER / f"{graph.__name__}.{ending}"
    if os.environ.get("VIZ_GOLDEN") == "write":
        drawing.save(path)
    assert path.read_bytes().decode() == drawing.to({"mmd": "mermaid"}.get(ending, ending))
