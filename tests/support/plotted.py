"""What the tests of plots draw, and the axes of a figure."""

import io
import math
from typing import Any

from matplotlib.figure import Figure

import nn
from autograd_core import Value
from nn.training.history import Epoch, History

HISTORY = History(
    [
        Epoch(2.0, 0.25, 2.5, 0.2, 0.1, {"layers.0": 0.5, "layers.1": 2.0}),
        Epoch(1.0, 0.5, 1.5, 0.4, 0.1, {"layers.0": 0.25, "layers.1": 1.0}),
        Epoch(0.5, 0.75, 1.75, 0.3, 0.1, {"layers.0": 0.0, "layers.1": 0.5}),
    ]
)
SNAPSHOTS = [{"layers.0": [0.1, -0.01, 0.0], "layers.1": [1.0, math.nan]}, {"layers.0": [0.2], "layers.1": [2.0]}]
WEIGHTS = [[1.0, -0.5, 0.25, 0.0], [0.0, 2.0, -2.0, 1.0], [0.5, 0.5, 0.5, math.nan]]
IMAGE = [0.0, 0.9, 0.5, 0.1]
POINTS = [([0.0, 1.0], 0), ([1.0, 0.0], 1), ([2.0, 2.0], 2)]


def lines_of(x: Any) -> list[Any]:
    """Scores of three classes, linear in two features or more."""
    return [x[1] - x[0], x[0] - x[1], x[0] + x[1] - 2.0]


def trained() -> nn.MLP:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    model([0.5, -1.0]).backward()
    return model


def axes(figure: Figure) -> list[Any]:
    """The axes of a figure, without the types of matplotlib, which do not describe what was drawn."""
    return list(figure.axes)


def leaf(gradient: float) -> Value:
    value = Value(1.0)
    value.grad = gradient
    return value


def saved(figure: Figure, ending: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=ending, dpi=50)  # few pixels, for speed
    return file.getvalue()
