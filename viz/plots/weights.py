"""Weight images: what the neurons of the first layer look for, as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from viz.graph.layers import number
from viz.plots.canvas import add_scale, panels
from viz.plots.colours import COLUMN, INK, SMALL
from viz.plots.images import draw_signed, in_rows, shape_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

PICTURE: Final = 0.74 * COLUMN
"""Width that the bar of colours leaves."""

HEADING: Final = 0.11
"""Height of the number above a picture, in inches."""


def plot_weights(
    neurons: object, shape: tuple[int, int] | None = None, *, columns: int | None = None, ax: Axes | None = None
) -> Figure:
    """The weights of neurons as pictures of the inputs: each looks for what is orange in it, and against what is blue.

    All pictures share one scale, which is symmetric around 0. Negative weights are marked with a minus sign where there
    is room for it.

    Args:
        neurons: a layer, which has `neurons`; or a sequence of neurons, which have weights `w`; or a sequence of rows
            of weights, Values or numbers.
        shape: rows and columns of the picture; by default it is square, 8 by 8 of 64 weights.
        columns: how many pictures stand side by side; by default about as many as below each other.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if that are no neurons.
        ShapeError: if the numbers of weights differ or do not fit the shape.
        InputError: if there are no neurons or no finite weights; and without matplotlib.

    >>> figure = plot_weights([[1.0, 0.0, 0.0, -1.0], [0.0, 0.5, -0.5, 0.0]])
    >>> figure.axes[0].images[0].get_array().shape  # two pictures of 2 by 2, with space between and above
    (3, 5)
    """
    rows = [_weights_of(neuron) for neuron in _sequence(getattr(neurons, "neurons", neurons))]
    if not rows:
        raise InputError("expected at least one neuron to draw, got none")
    height, width = shape_of(len(rows[0]), shape)
    if any(len(row) != len(rows[0]) for row in rows):
        raise ShapeError(f"expected neurons of {len(rows[0])} weights each, got {[len(row) for row in rows]}")
    across = min(columns or math.ceil(math.sqrt(len(rows))), len(rows))
    if across < 1:
        raise InputError(f"expected at least 1 picture side by side, got columns={columns}")
    pixel = PICTURE / (across * (width + 1) - 1)
    above = max(1, math.ceil(HEADING / pixel))
    pictures = [in_rows(row, width) for row in rows]
    mosaic = _mosaic(pictures, across, above)
    figure, (panel,) = panels(ax, height=pixel * len(mosaic) + 0.1, pictures=True)
    image = draw_signed(panel, mosaic, PICTURE, "-")
    for place in range(len(pictures)):
        x = (place % across) * (width + 1) + (width - 1) / 2
        y = (place // across) * (height + above) + above - 0.6
        panel.text(x, y, str(place), fontsize=SMALL - 1, color=INK, ha="center", va="bottom")
    add_scale(figure, image, panel, "Weight")
    return figure


def _sequence(neurons: object) -> Sequence[Any]:
    if isinstance(neurons, str) or not isinstance(neurons, Sequence):
        raise OperandTypeError(f"expected a layer, neurons, or rows of weights, got {type(neurons).__name__}")
    return neurons


def _weights_of(neuron: object) -> list[float]:
    weights = list(_sequence(getattr(neuron, "w", neuron)))
    wrong = [weight for weight in weights if not isinstance(weight, (Value, float, int))]
    if wrong:
        raise OperandTypeError(f"expected weights that are Values or numbers, got {type(wrong[0]).__name__}")
    return [number(weight) for weight in weights]


def _mosaic(pictures: list[list[list[float]]], across: int, above: int) -> list[list[float]]:
    """Pictures side by side and below each other as one, nan between them."""
    height, width = len(pictures[0]), len(pictures[0][0])
    nothing = [[math.nan] * width] * height
    filled = pictures + [nothing] * (-len(pictures) % across)
    rows: list[list[float]] = []
    for start in range(0, len(filled), across):
        rows += [[math.nan] * (across * (width + 1) - 1) for _ in range(above)]
        for y in range(height):
            row = [x for picture in filled[start : start + across] for x in [*picture[y], math.nan]]
            rows.append(row[:-1])
    return rows
