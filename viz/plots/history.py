"""Training curves: loss and accuracy, and the norms of the gradients of the layers, over the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.calls import explained
from viz.plots.arguments import items_of
from viz.plots.canvas import add_grid, add_legend, count_only, name_axes, panels, set_log, words
from viz.plots.colours import SMALL, VERMILLION, line
from viz.text import plural

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

MEASURES: Final[Mapping[str, tuple[str, float]]] = {"loss": ("Loss", 1.0), "accuracy": ("Accuracy (%)", 100.0)}
"""For each measure the label of its axis and the factor for its numbers."""

FEW: Final = 40
"""Curves of at most this many epochs show a marker for each epoch."""


EPOCHS: Final = "the history as a list of records"

FROM_FIT: Final = "nn.fit returns one"


@explained()
def plot_history(
    history: Sequence[Any], measures: Sequence[str] | None = None, *, log: bool = False, ax: Axes | None = None
) -> Figure:
    """Plot loss and accuracy on training and validation samples over the epochs.

    Args:
        history: records with `loss` and optionally `accuracy`, `validation_loss` and `validation_accuracy`, each a
            number or None, as `nn.fit` returns them.
        measures: which of `"loss"` and `"accuracy"` to show, one panel each; by default all that were measured.
        log: draw the loss on a logarithmic scale.
        ax: axes to draw on, which are divided if there are two panels; by default those of a new figure.

    A vertical line marks an epoch whose loss is nan or infinite. The training curve shows means over an epoch, during
    which the weights change; the validation curve shows values at the end of an epoch.

    Raises:
        OperandTypeError: if the history or the measures are not a list.
        InputError: if the history is empty or holds no measures, if a measure is not in it, or if matplotlib is not
            installed.

    >>> from collections import namedtuple
    >>> Record = namedtuple("Record", "loss accuracy")
    >>> figure = plot_history([Record(2.0, 0.5), Record(1.0, 0.75)])
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['Loss', 'Accuracy (%)']
    """
    history = items_of(EPOCHS, history, FROM_FIT)
    measured = _measured(history)
    shown = measured if measures is None else items_of("measures in a list", measures, "write ['loss']")
    if not shown or any(measure not in measured for measure in shown):
        raise InputError(f"expected measures out of those in the history, {measured}, got {measures}")
    figure, axes = panels(ax, len(shown), height=1.9)
    for index, (panel, measure) in enumerate(zip(axes, shown, strict=True)):
        numbers = _draw_curves(panel, history, measure)
        last = index == len(shown) - 1
        name_axes(panel, "Epoch" if last else "", MEASURES[measure][0])
        if measure == "loss" and log:
            set_log(panel, numbers)
        if index == 0:
            add_legend(panel)
    return figure


def _measured(history: Sequence[Any]) -> list[str]:
    if not history:
        raise InputError("expected a history of at least one epoch, got an empty one")
    measured = [measure for measure in MEASURES if any(one is not None for one in _column(history, measure))]
    if not measured:
        raise InputError(f"expected {EPOCHS} with a loss or an accuracy, got {history[0]!r:.60}; {FROM_FIT}")
    return measured


def _column(history: Sequence[Any], name: str) -> list[float | None]:
    return [getattr(epoch, name, None) for epoch in history]


def _draw_curves(ax: Axes, history: Sequence[Any], measure: str) -> list[float]:
    """Draw both curves of a measure and return their numbers."""
    factor = MEASURES[measure][1]
    drawn: list[float] = []
    for index, (prefix, label) in enumerate((("", "training"), ("validation_", "validation"))):
        column = _column(history, prefix + measure)
        if any(one is not None for one in column):
            numbers = [math.nan if one is None else factor * one for one in column]
            _draw_curve(ax, numbers, index, label)
            _mark_failures(ax, column)
            drawn += numbers
    _show_epochs(ax, len(history))
    return drawn


def _show_epochs(ax: Axes, count: int) -> None:
    ax.set_xlim(0.5, count + 0.5)
    count_only(ax)
    add_grid(ax)


def _draw_curve(ax: Axes, numbers: Sequence[float], index: int, label: str) -> None:
    look = line(index)
    few = len(numbers) <= FEW
    ax.plot(
        range(1, len(numbers) + 1),
        [one if math.isfinite(one) else math.nan for one in numbers],
        color=look.colour,
        linestyle=look.dashes,
        marker=look.marker if few else "",
        markersize=2.5,
        linewidth=1.2,
        label=label,
    )


def _mark_failures(ax: Axes, column: Sequence[float | None]) -> None:
    failed = [epoch for epoch, one in enumerate(column, 1) if one is not None and not math.isfinite(one)]
    for epoch in failed:
        ax.axvline(epoch, color=VERMILLION, linewidth=0.8, linestyle=":")
    if failed:
        text = f"{plural(len(failed), 'epoch')} not finite "
        ax.text(failed[0], 1.0, text, transform=ax.get_xaxis_transform(), fontsize=SMALL, ha="right", va="top")


@explained()
def plot_gradient_norms(history: Sequence[Any], *, ax: Axes | None = None) -> Figure:
    """Plot the norms of the gradients of the layers over the epochs; they drift apart if some vanish or explode.

    Args:
        history: records with `gradient_norms`, a mapping from layer names to numbers, as `nn.fit` returns them.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if the history is not a list.
        InputError: if the history holds no such numbers, or if matplotlib is not installed.

    >>> from collections import namedtuple
    >>> Record = namedtuple("Record", "gradient_norms")
    >>> figure = plot_gradient_norms([Record({"layers.0": 1.0}), Record({"layers.0": 0.5})])
    >>> figure.axes[0].get_yscale()
    'log'
    """
    norms = [getattr(epoch, "gradient_norms", None) or {} for epoch in items_of(EPOCHS, history, FROM_FIT)]
    layers = list(dict.fromkeys(name for one in norms for name in one))
    if not layers:
        raise InputError("expected a history with the gradient_norms of layers, got one without")
    figure, (panel,) = panels(ax)
    for index, layer in enumerate(layers):
        # A logarithmic axis cannot show 0, so the curve has a gap there.
        numbers = [one.get(layer, math.nan) or math.nan for one in norms]
        _draw_curve(panel, numbers, index, words(layer) or "model")
    set_log(panel, [length for one in norms for length in one.values()])
    name_axes(panel, "Epoch", "Length of the gradient")
    _show_epochs(panel, len(norms))
    add_legend(panel)
    return figure
