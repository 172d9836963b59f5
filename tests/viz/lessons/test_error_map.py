"""The heat map of error signals: its colours, the labels of its bar, and the room that it takes."""

import random
import warnings
from collections.abc import Callable
from typing import Any, Final

import pytest

pytest.importorskip("matplotlib")

import nn
from figure_texts import covered_texts, cut_texts
from viz import equations
from viz.lessons.equations import Equations


class Read(nn.Module):
    """A recurrent cell and a layer that reads its last output."""

    def __init__(self, size: int, scale: float) -> None:
        self.cell, self.head = nn.RNN(1, size, rng=0), nn.Linear(size, 2, rng=1)
        for parameter in self.parameters():
            parameter.data *= scale

    def __call__(self, sequence: Any) -> Any:
        return self.head(self.cell(sequence)[0][-1])


def recurrent(steps: int, scale: float) -> Equations:
    draw = random.Random(0)
    sequence = [[draw.gauss(0.0, 1.0)] for _ in range(steps)]
    return equations(Read(4, scale), nn.cross_entropy, (sequence, 1))


def dense(*sizes: int) -> Equations:
    model = nn.MLP(2, list(sizes), activation="tanh", rng=0)
    return equations(model, nn.cross_entropy, ([0.3, -0.2], 1))


def dead() -> Equations:
    """A network whose first neuron of two is dead."""
    model = nn.MLP(2, [2, 3], activation="relu", rng=0)
    for bias, neuron in zip((-9.0, 9.0), model.layers[0].neurons, strict=True):
        neuron.b.data = bias
    return equations(model, nn.cross_entropy, ([0.3, -0.2], 1))


MADE: Final[dict[str, Callable[[], Equations]]] = {
    "few decades": lambda: dense(4, 2),
    "tall": lambda: dense(40, 40, 10),
    "dead": dead,
    "some decades": lambda: recurrent(12, 1.0),
    "many decades": lambda: recurrent(30, 0.3),
}


@pytest.mark.parametrize("name", MADE)
def test_labels_can_be_read_and_there_are_some(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure: Any = MADE[name]().figure()
        assert cut_texts(figure) == []
    assert covered_texts(figure) == []
    top, bottom, bar = figure.axes
    assert bar.get_ylabel() == "Size of δ = ∂C/∂z"
    for ax in (bar, bottom):
        low, high = ax.get_ylim()
        labels = [label.get_text() for label in ax.get_yticklabels() if low <= label.get_position()[1] <= high]
        assert 2 <= len(labels) <= 8
        assert len(set(labels)) == len(labels)
    assert top.get_window_extent().height > 0.6 * bottom.get_window_extent().height


def test_of_many_units_the_map_takes_the_room_and_not_the_norms() -> None:
    figure: Any = dense(40, 40, 10).figure()
    figure.draw_without_rendering()
    top, bottom, _ = figure.axes
    assert top.get_window_extent().height > 2.0 * bottom.get_window_extent().height


def test_what_is_no_unit_is_grey_and_a_dead_one_is_white() -> None:
    """A layer of two neurons, of which the first is dead, before a layer of three."""
    top: Any = dead().figure().axes[0]
    image = top.images[0]
    shown = image.to_rgba(image.get_array())
    assert shown[0, 0] == pytest.approx([1.0, 1.0, 1.0, 1.0])
    grey = shown[2, 0]
    assert grey[0] < 0.9
    assert max(grey[:3]) - min(grey[:3]) < 0.05
