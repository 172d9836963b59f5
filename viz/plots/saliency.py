"""Saliency: which pixels of an image should change, and which way, to be read as a given digit.

The pixels become Values, and the gradient is taken with respect to them instead of the weights. Source: K. Simonyan,
A. Vedaldi and A. Zisserman, "Deep inside convolutional networks: visualising image classification models and saliency
maps" (2013), arXiv:1312.6034; they show the size of the gradient, here its sign is shown as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import autograd_core as ag
from autograd_core import InputError
from viz.graph.layers import number
from viz.plots.canvas import add_scale, hide_frame, panels, scale_of
from viz.plots.colours import COLUMN, GREYS, INK, TEXT
from viz.plots.images import draw_signed, in_rows, shape_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

PICTURE: Final = 0.37 * COLUMN
"""Width of each of the two pictures."""

OBJECTIVES: Final[dict[str, tuple[str, Callable[[Sequence[Any], int], Any]]]] = {
    "logit": ("Score of {} gained\nper unit of brightness", lambda outputs, digit: outputs[digit]),
    "loss": ("Loss of {} saved\nper unit of brightness", lambda outputs, digit: ag.log_softmax(outputs)[digit]),
}
"""What is differentiated: the output of the digit; or the cross-entropy with its sign turned, for less is better."""


def saliency(
    model: Callable[[Sequence[Any]], Sequence[Any]], pixels: Sequence[float], digit: int, of: str = "logit"
) -> list[float]:
    """The gradient for each pixel: where it is positive, a brighter pixel makes the image more of the digit.

    The gradients of the parameters stay as they are.

    Args:
        model: from pixels to a list of scores, one for each class. With dropout it should be in `eval()` mode.
        pixels: the image, row by row.
        digit: the class, from 0.
        of: `"logit"` for the gradient of the score of the digit; `"loss"` for the gradient, with its sign turned, of
            the cross-entropy, in which the scores of the other digits count as well.

    Raises:
        InputError: if there is no such class or objective, or the model gives a single number.

    >>> saliency(lambda x: [x[0] - x[1], x[1]], [0.5, 0.25], digit=0)
    [1.0, -1.0]
    """
    if of not in OBJECTIVES:
        raise InputError(f"expected of={' or '.join(map(repr, OBJECTIVES))}, got {of!r}")

    def objective(image: Sequence[Any]) -> Any:
        outputs = model(image)
        if not isinstance(outputs, (list, tuple)) or not 0 <= digit < len(outputs):
            count = f"{len(outputs)} outputs" if isinstance(outputs, (list, tuple)) else "a single one"
            raise InputError(f"expected a model with an output for class {digit}, got {count}")
        return OBJECTIVES[of][1](outputs, digit)

    gradient: list[float] = ag.grad(objective, create_graph=False)([number(pixel) for pixel in pixels])
    return gradient


def plot_saliency(
    model: Callable[[Sequence[Any]], Sequence[Any]],
    pixels: Sequence[float],
    digit: int,
    shape: tuple[int, int] | None = None,
    *,
    of: str = "logit",
    ax: Axes | None = None,
) -> Figure:
    """An image, and beside it which of its pixels should change, and which way, to be read as a digit.

    Orange pixels, marked `+`, should be brighter, blue ones, marked `-`, darker. The outline is that of the image.

    Args:
        model: from pixels to a list of scores, one for each class.
        pixels: the image, row by row; the largest number is white.
        digit: the class that the image should be read as: its own, or another one.
        shape: rows and columns of the image; by default it is square, 8 by 8 of 64 pixels.
        of: `"logit"` or `"loss"`, see `saliency`.
        ax: axes to draw on, whose place is divided; by default those of a new figure.

    Raises:
        ShapeError: if the number of pixels does not fit the shape.
        InputError: as `saliency`, and without matplotlib.

    >>> figure = plot_saliency(lambda x: [x[0] - x[1], x[2]], [0.1, 0.9, 0.5, 0.0], digit=0)
    >>> [ax.get_title() for ax in figure.axes[:2]]
    ['Image, read as 1', 'To be read as 0']
    """
    _, columns = shape_of(len(pixels), shape)
    image = in_rows([number(pixel) for pixel in pixels], columns)
    gradient = in_rows(saliency(model, pixels, digit, of), columns)
    with ag.no_grad():
        outputs = [number(output) for output in model(pixels)]
    figure, (left, right) = panels(ax, 2, 2, height=PICTURE * len(image) / columns + 0.25, pictures=True)
    left.imshow(image, scale_of(GREYS), interpolation="none")
    left.set_title(f"Image, read as {outputs.index(max(outputs))}", fontsize=TEXT, color=INK)
    hide_frame(left)
    shown = draw_signed(right, gradient, PICTURE, "+-")
    _draw_outline(right, image)
    right.set_title(f"To be read as {digit}", fontsize=TEXT, color=INK)
    add_scale(figure, shown, right, OBJECTIVES[of][0].format(digit))
    return figure


def _draw_outline(ax: Axes, image: list[list[float]]) -> None:
    """The line between bright and dark pixels, if there are both."""
    low, high = min(map(min, image)), max(map(max, image))
    if not low < high:
        return
    dark = [low] * (len(image[0]) + 2)  # around the image, so that the line closes
    framed = [dark, *([low, *row, low] for row in image), dark]
    limits = ax.axis()
    ax.contour(
        range(-1, len(image[0]) + 1), range(-1, len(image) + 1), framed,
        levels=[(low + high) / 2], colors=[INK], linewidths=0.7,
    )  # fmt: skip
    ax.axis(limits)
