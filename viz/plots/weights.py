"""Weight images: the weights of each neuron, drawn over the image that is its input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from autograd_core.calls import explained
from viz.graph.layers import number
from viz.plots.canvas import add_scale, panels
from viz.plots.colours import COLUMN, INK, SMALL
from viz.plots.images import draw_signed, in_rows, shape_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

PICTURE: Final = 0.74 * COLUMN
"""Width beside the colour bar, in inches."""

HEADING: Final = 0.11
"""Height of the index above an image, in inches."""


@explained()
def plot_weights(
    neurons: object, shape: tuple[int, int] | None = None, *, columns: int | None = None, ax: Axes | None = None
) -> Figure:
    """Plot the weights of each neuron as an image: orange inputs raise its output, blue inputs lower it.

    All images share one scale, which is symmetric around 0. A minus sign marks negative weights where there is room.

    Args:
        neurons: a layer with an attribute `neurons`, a sequence of neurons with weights `w`, or a sequence of sequences
            of weights, which are Values or numbers.
        shape: height and width of an image; by default it is square, 8 by 8 for 64 weights.
        columns: number of images side by side; by default about the square root of their number.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if `neurons` is something else.
        ShapeError: if neurons have different numbers of weights, or a number that does not fit the shape.
        InputError: if there are no neurons or no finite weights, or if matplotlib is not installed.

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
    for index in range(len(pictures)):
        x = (index % across) * (width + 1) + (width - 1) / 2
        y = (index // across) * (height + above) + above - 0.6
        panel.text(x, y, str(index), fontsize=SMALL - 1, color=INK, ha="center", va="bottom")
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
    """Arrange images in a grid, as one image with nan between them."""
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
