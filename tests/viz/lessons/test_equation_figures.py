"""The figures of the equations: the error signals of all layers, or of all steps."""

import math
from typing import Any

import numpy as np
import pytest

import nn
from recurrent_networks import SEQUENCE, Read
from viz import equations


def shape_of(panel: Any) -> tuple[int, ...]:
    """Rows and columns of the image in a panel."""
    return tuple(panel.images[0].get_array().shape)


def test_the_figure_maps_units_by_steps() -> None:
    pytest.importorskip("matplotlib")
    told = equations(Read(nn.LSTM(2, 3, num_layers=2, rng=1), 2), nn.mse_loss, (SEQUENCE, [2.0, 1.0]))
    top, bottom = told.figure().axes[:2]
    assert shape_of(top) == (8, 4)  # 3 + 3 + 2 units, 4 steps
    assert [label.get_text() for label in top.get_yticklabels()] == ["rnn.cells.0", "rnn.cells.1", "head"]
    assert [line.get_label() for line in bottom.lines] == ["rnn.cells.0", "rnn.cells.1", "head"]
    block = told.network.blocks[1]  # type: ignore[union-attr]
    drawn = list(np.asarray(bottom.lines[1].get_ydata()))
    assert drawn == pytest.approx([math.hypot(*block.deltas(t)) for t in (1, 2, 3, 4)], rel=1e-14)
    assert bottom.get_yscale() == "log"


def test_the_figure_maps_neurons_by_layer() -> None:
    pytest.importorskip("matplotlib")
    told = equations(nn.MLP(2, [4, 3], activation="tanh", rng=1), nn.cross_entropy, ([1.0, 0.5], 1))
    top, bottom = told.figure().axes[:2]
    assert shape_of(top) == (4, 2)
    assert [label.get_text() for label in bottom.get_xticklabels()] == ["layers.0", "layers.1"]


def test_a_figure_of_zeros_can_be_drawn() -> None:
    pytest.importorskip("matplotlib")
    model = nn.Linear(1, 1, rng=1)
    told = equations(model, nn.mse_loss, ([1.0], [model([1.0])[0].data]))
    told.figure().canvas.draw()
