"""Saliency: how each pixel of an image changes the score of a class.

The gradient is taken with respect to the pixels instead of the weights. Source: K. Simonyan, A. Vedaldi and A.
Zisserman, "Deep inside convolutional networks: visualising image classification models and saliency maps" (2013),
arXiv:1312.6034; they show the absolute value of the gradient, while this module also shows its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import autograd_core as ag
from autograd_core import InputError
from autograd_core.calls import explained
from viz.graph.arguments import check_count
from viz.graph.layers import number
from viz.plots.arguments import check_function, numbers_of
from viz.plots.canvas import add_scale, hide_frame, panels, scale_of
from viz.plots.colours import COLUMN, GREYS, INK, TEXT
from viz.plots.images import draw_signed, in_rows, shape_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

PICTURE: Final = 0.37 * COLUMN
"""Width of each of the two images, in inches."""

OBJECTIVES: Final[dict[str, tuple[str, Callable[[Sequence[Any], int], Any]]]] = {
    "logit": ("Score of {} gained\nper unit of brightness", lambda outputs, digit: outputs[digit]),
    "loss": ("Loss of {} saved\nper unit of brightness", lambda outputs, digit: ag.log_softmax(outputs)[digit]),
}
"""What is differentiated: the output for the digit, or the negative cross-entropy."""


def saliency(
    model: Callable[[Sequence[Any]], Sequence[Any]], pixels: Sequence[float], digit: int, of: str = "logit"
) -> list[float]:
    """Return the derivative of the score of a class with respect to each pixel.

    Where it is positive, making the pixel brighter increases the score. The gradients of the parameters do not change.

    Args:
        model: function from pixels to a list of scores, one for each class. Put a model with dropout into `eval()`
            mode.
        pixels: the image, line by line.
        digit: the index of the class.
        of: `"logit"` for the gradient of the score of the digit; `"loss"` for that of the negative cross-entropy, which
            depends on the scores of the other digits, too.

    Raises:
        InputError: if there is no such class or objective, or if the model returns a single number.

    >>> saliency(lambda x: [x[0] - x[1], x[1]], [0.5, 0.25], digit=0)
    [1.0, -1.0]
    """
    check_count("digit", digit)
    if of not in OBJECTIVES:
        raise InputError(f"expected of={' or '.join(map(repr, OBJECTIVES))}, got {of!r}")

    def objective(image: Sequence[Any]) -> Any:
        """The number to differentiate, as a function of the pixels."""
        outputs = model(image)
        if not isinstance(outputs, (list, tuple)) or not 0 <= digit < len(outputs):
            count = f"{len(outputs)} outputs" if isinstance(outputs, (list, tuple)) else "a single one"
            raise InputError(f"expected a model with an output for class {digit}, got {count}")
        return OBJECTIVES[of][1](outputs, digit)

    gradient: list[float] = ag.grad(objective, create_graph=False)(numbers_of("pixels in a list", pixels))
    return gradient


@explained()
def plot_saliency(
    model: Callable[[Sequence[Any]], Sequence[Any]],
    pixels: Sequence[float],
    digit: int,
    shape: tuple[int, int] | None = None,
    *,
    of: str = "logit",
    ax: Axes | None = None,
) -> Figure:
    """Plot an image and, beside it, how its pixels should change for the model to predict a digit.

    Orange pixels, marked `+`, should be brighter; blue pixels, marked `-`, darker. The outline is that of the image.

    Args:
        model: function from pixels to a list of scores, one for each class.
        pixels: the image, line by line; the largest number is white.
        digit: the index of the class to predict.
        shape: height and width of the image; by default it is square, 8 by 8 for 64 pixels.
        of: what is differentiated, as for `saliency`: the score (`"logit"`) or the negative cross-entropy (`"loss"`).
        ax: axes to draw on, which are divided; by default those of a new figure.

    Raises:
        OperandTypeError: if the model is not callable, or the pixels are not a list of numbers.
        ShapeError: if the number of pixels does not fit the shape.
        InputError: if there is no such class or objective, if the model returns a single number, or if matplotlib is
            not installed.

    >>> figure = plot_saliency(lambda x: [x[0] - x[1], x[2]], [0.1, 0.9, 0.5, 0.0], digit=0)
    >>> [ax.get_title() for ax in figure.axes[:2]]
    ['Image, read as 1', 'To be read as 0']
    """
    check_function("as model a function from pixels to scores", model)
    brightness = numbers_of("pixels in a list", pixels)
    _, columns = shape_of(len(brightness), shape)
    image = in_rows(brightness, columns)
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
    """Draw the line between bright and dark pixels, if there are both."""
    low, high = min(map(min, image)), max(map(max, image))
    if not low < high:
        return
    dark = [low] * (len(image[0]) + 2)  # around the image, to close the line
    framed = [dark, *([low, *row, low] for row in image), dark]
    limits = ax.axis()
    ax.contour(
        range(-1, len(image[0]) + 1), range(-1, len(image) + 1), framed,
        levels=[(low + high) / 2], colors=[INK], linewidths=0.7,
    )  # fmt: skip
    ax.axis(limits)
