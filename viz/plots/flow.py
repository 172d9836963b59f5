"""Gradient flow: how large the gradients of each layer are, from the inputs to the loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from autograd_core import InputError
from autograd_core.calls import explained
from autograd_core.diagnosis import VANISHING
from viz.graph.layers import gradients_of
from viz.plots.canvas import add_grid, add_legend, name_axes, panels, words
from viz.plots.colours import BLUE, FAINT, INK, SMALL, VERMILLION, pale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes, Figure

ROOM: Final = 10.0
"""Factor by which the scale extends beyond the data at both ends."""


@explained()
def plot_gradient_flow(model: object, *, ax: Axes | None = None) -> Figure:
    """Plot the current gradients of each layer on a logarithmic scale.

    A dot shows the root mean square of the gradients of a layer, a diamond the largest absolute value. Layers are in
    the order of the model. In layers with a dot in the shaded range the gradient vanishes.

    Args:
        model: anything with `named_parameters()`, or a mapping from names to Values, after `backward()`.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if `model` is something else.
        InputError: if it has no parameters, if all gradients are 0 (call `backward()` first), or if matplotlib is not
            installed.

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
        raise InputError("expected gradients other than 0 and nan, got none; call backward() on the loss first")
    positions = range(len(layers))
    figure, (panel,) = panels(ax, height=0.9 + 0.22 * len(layers))
    low, high = min(shown), max(shown)
    tops = [max(map(abs, gradients)) for gradients in layers.values()]
    end = max([high, *(top for top in tops if top < math.inf)])
    start = min(low, VANISHING * high) / ROOM
    panel.axvspan(start, VANISHING * high, color=pale(VERMILLION, 0.2), linewidth=0, label="vanishing")
    panel.hlines(positions, means, tops, color=FAINT, linewidth=1.0)
    panel.plot(means, positions, "o", color=BLUE, markersize=5, label="root mean square")
    panel.plot(tops, positions, "D", color=INK, markersize=3, label="largest")
    _label_missing_dots(panel, means, start)
    panel.set_xscale("log")
    panel.set_xlim(start, end * ROOM)
    panel.set_yticks(positions, [words(name) or "model" for name in layers])
    panel.set_ylim(len(layers) - 0.5, -0.5)
    panel.minorticks_off()
    name_axes(panel, "Gradient of a parameter (loss per unit)")
    add_grid(panel, "x")
    add_legend(panel, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.0, handletextpad=0.4)
    return figure


def _root_mean_square(numbers: Sequence[float]) -> float:
    return math.hypot(*numbers) / math.sqrt(len(numbers))


def _label_missing_dots(ax: Axes, means: Sequence[float], start: float) -> None:
    for index, mean in enumerate(means):
        if not 0.0 < mean < math.inf:
            text = "all 0" if mean == 0.0 else "not finite"
            ax.text(start, index, f" {text}", fontsize=SMALL, color=VERMILLION, va="center")
