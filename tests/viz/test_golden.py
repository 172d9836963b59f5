"""Five pictures kept on disk, so that a change of looks is seen and decided rather than slipped in.

After a change that is meant, write them anew, look at them, and commit them with it:

    VIZ_GOLDEN=write pytest tests/viz/test_golden.py

All numbers in them are exact in binary, so the bytes are the same on every platform.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import autograd_core as ag
import viz
from autograd_core import Value

FOLDER: Final = Path(__file__).parent / "golden"


def leaves(**data: float) -> list[Value]:
    """Labelled leaves."""
    return [Value(number, label=label) for label, number in data.items()]


def square() -> Value:
    (a,) = leaves(a=3.0)
    root: Value = a * a
    return root


def diamond() -> Value:
    a, b = leaves(a=2.0, b=-3.0)
    e = a * b
    root: Value = (e + a) * (e - 1.5)
    return root


def neuron() -> Value:
    w1, x1, w2, x2, b = leaves(w1=-3.0, x1=2.0, w2=1.0, x2=0.5, b=6.75)
    root: Value = ag.relu(w1 * x1 + w2 * x2 + b)
    return root


def dot_neuron() -> Value:
    weights, inputs = leaves(w1=-3.0, w2=1.0, w3=0.5), leaves(x1=2.0, x2=0.5, x3=4.0)
    root: Value = ag.relu(ag.dot(weights, inputs) + 6.0)
    return root


def nan() -> Value:
    x, y = leaves(x=-1.0, y=0.0)
    root: Value = ag.log(x) + ag.sqrt(y) * 2.0
    return root


GRAPHS: Final[list[Callable[[], Value]]] = [square, diamond, neuron, dot_neuron, nan]


@pytest.mark.parametrize("ending", ["svg", "dot"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_the_picture_is_the_one_on_disk(graph: Callable[[], Value], ending: str) -> None:
    root = graph()
    root.label = "L"
    root.backward()
    drawing = viz.draw(root, renderer="builtin")
    path = FOLDER / f"{graph.__name__}.{ending}"
    if os.environ.get("VIZ_GOLDEN") == "write":
        drawing.save(path)
    assert path.read_bytes().decode() == getattr(drawing, ending)
