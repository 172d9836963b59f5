"""Gradient flow: how large the gradients of each layer are, from the inputs to the loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from autograd_core import InputError
from autograd_core.diagnosis import VANISHING
from viz.graph.layers import gradients_of
from viz.plots.canvas import add_grid, add_legend, name_axes, panels, words
from viz.plots.colours import BLUE, FAINT, INK, SMALL, VERMILLION, pale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes, Figure

ROOM: Final = 10.0
"""Space at both ends of the scale, as a factor."""


def plot_gradient_flow(model: object, *, ax: Axes | None = None) -> Figure:
    """The gradients of each layer as they are now, on a logarithmic scale: layers below each other learn alike.

    A dot is the root mean square of the gradients of a layer, a diamond the largest one. Layers stand in the order in
    which the model names them. Where dots are in the shaded range, the gradient vanishes.

    Args:
        model: anything with `named_parameters()`, or a mapping from names to Values, after `backward()`.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if the model is something else.
        InputError: if it has no parameters, or all gradients are 0: call `backward()` first; and without matplotlib.

    >>> from autograd_core import Value
    >>> first, last = Value(0.5), Value(2.0)
    >>> ((first * 3.0).tanh() * last).backward()
    >>> figure = plot_gradient_flow({"layers.0.w": first, "layers.1.w": last})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['layers.0', 'layers.1']
    """
    layers = gradients_of(model)
    means = [_root_mean_square(gradients) for gradients in layers.values()]
    shown = [mean for mean in means if 0.0 < mean < math.inf]
    if not shown:
        raise InputError("expected gradients to draw, got none but 0 or nan; call backward() on the loss first")
    places = range(len(layers))
    figure, (panel,) = panels(ax, height=0.9 + 0.22 * len(layers))
    low, high = min(shown), max(shown)
    tops = [max(map(abs, gradients)) for gradients in layers.values()]
    end = max([high, *(top for top in tops if top < math.inf)])
    start = min(low, VANISHING * high) / ROOM
    panel.axvspan(start, VANISHING * high, color=pale(VERMILLION, 0.2), linewidth=0, label="vanishing")
    panel.hlines(places, means, tops, color=FAINT, linewidth=1.0)
    panel.plot(means, places, "o", color=BLUE, markersize=5, label="root mean square")
    panel.plot(tops, places, "D", color=INK, markersize=3, label="largest")
    _say_what_is_no_dot(panel, means, start)
    panel.set_xscale("log")
    panel.set_xlim(start, end * ROOM)
    panel.set_yticks(places, [words(name) or "model" for name in layers])
    panel.set_ylim(len(layers) - 0.5, -0.5)
    panel.minorticks_off()
    name_axes(panel, "Gradient of a parameter (loss per unit)")
    add_grid(panel, "x")
    add_legend(panel, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.0, handletextpad=0.4)
    return figure


def _root_mean_square(numbers: Sequence[float]) -> float:
    return math.hypot(*numbers) / math.sqrt(len(numbers))


def _say_what_is_no_dot(ax: Axes, means: Sequence[float], start: float) -> None:
    for place, mean in enumerate(means):
        if not 0.0 < mean < math.inf:
            text = "all 0" if mean == 0.0 else "not finite"
            ax.text(start, place, f" {text}", fontsize=SMALL, color=VERMILLION, va="center")
