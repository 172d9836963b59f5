"""Histograms of gradients or activations, layer by layer: at one time, or over the course of training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from viz.plots.arguments import items_of
from viz.plots.canvas import SHADES, add_grid, add_scale, count_only, name_axes, panels, scale_of, shade, words
from viz.plots.colours import BLUE, SHARES, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes, Figure

BINS: Final = 40

MOST_DECADES: Final = 12
"""A logarithmic scale spans at most this many powers of ten. Smaller numbers count in its lowest bin."""

MOST_COLUMNS: Final = 3

SHARE: Final = "Share of the numbers (%)"


@explained()
def plot_histograms(
    snapshots: Sequence[Mapping[str, Sequence[float]]],
    quantity: str = "Gradient",
    *,
    log: bool | None = None,
    every: int = 1,
    ax: Axes | None = None,
) -> Figure:
    """Plot the distribution of gradients or activations in each layer.

    One snapshot is a histogram with bars. Of several, each column is the histogram of one; darker bins hold more
    numbers. All layers share one scale.

    Args:
        snapshots: mappings from the name of a layer to its numbers, one mapping for each time: collect
            `gradients_of(model)` or `activations_of(model, loss)` in the hooks of the training.
        quantity: what the numbers are, for the label of the axis.
        log: whether to show absolute values on a logarithmic scale; by default for `"Gradient"`, whose absolute values
            span many powers of ten. Exact zeros then count in the lowest bin, and the axis says so.
        every: number of epochs between two snapshots, for the axis of time.
        ax: axes to draw on, which are divided among the layers; by default those of a new figure.

    Raises:
        OperandTypeError: if the snapshots are not mappings in a list.
        InputError: if the snapshots hold no finite number, or if matplotlib is not installed.

    >>> snapshots = [{"layers.0": [0.1, -0.2]}, {"layers.0": [0.01, -0.02]}]
    >>> plot_histograms(snapshots).axes[0].get_ylabel()
    'Gradient (size)'
    """
    _check(snapshots)
    as_logarithm = quantity == "Gradient" if log is None else log
    layers = list(dict.fromkeys(name for snapshot in snapshots for name in snapshot))
    finite = [x for snapshot in snapshots for numbers in snapshot.values() for x in numbers if math.isfinite(x)]
    if not finite:
        raise InputError("expected snapshots that hold finite numbers by layer, got none")
    low, high = _decades(finite) if as_logarithm else _range(finite)
    columns = min(len(layers), MOST_COLUMNS)
    figure, axes = panels(ax, len(layers), columns, height=2.0)
    shares = [[_shares(snapshot.get(layer, ()), low, high, as_logarithm) for snapshot in snapshots] for layer in layers]
    scale_name = f"{words(quantity)} (size)" if as_logarithm else words(quantity)
    is_single = len(snapshots) == 1
    if is_single:
        _draw_bars(axes, [one[0] for one in shares], low, high)
    else:
        _draw_columns(figure, axes, shares, (0.5 * every, (len(snapshots) + 0.5) * every, low, high))
    labels = _decade_labels(finite, low, high, most=3 if is_single else 6) if as_logarithm else {}
    across, upwards = (scale_name, SHARE) if is_single else ("Epoch", scale_name)
    for index, (panel, layer) in enumerate(zip(axes, layers, strict=True)):
        panel.set_title(words(layer, 16) or "model", fontsize=SMALL)
        if labels:
            (panel.xaxis if is_single else panel.yaxis).set_ticks(list(labels), list(labels.values()))
        if index % columns:
            panel.set_yticklabels([])
        name_axes(panel, across, "" if index % columns else upwards)
    return figure


def _check(snapshots: Sequence[object]) -> None:
    if isinstance(snapshots, Mapping):
        raise OperandTypeError("expected snapshots in a list, got one mapping; write [snapshot] for a single one")
    for snapshot in items_of("snapshots in a list", snapshots, "viz.plots.gradients_of(model) makes one"):
        if not isinstance(snapshot, Mapping):
            raise OperandTypeError(
                f"expected each snapshot to map names of layers to numbers, got {type(snapshot).__name__}"
            )


def _draw_bars(axes: Sequence[Axes], shares: Sequence[Sequence[float]], low: float, high: float) -> None:
    """Draw the histogram of one time in each panel: the numbers to the right, and their share upwards."""
    edges = [low + index * (high - low) / BINS for index in range(BINS + 1)]
    most = max(share for one in shares for share in one)
    for panel, one in zip(axes, shares, strict=True):
        panel.stairs([100.0 * share for share in one], edges, fill=True, color=BLUE)
        panel.set(xlim=(low, high), ylim=(0.0, 105.0 * most))
        add_grid(panel)


def _draw_columns(
    figure: Figure,
    axes: list[Axes],
    shares: Sequence[Sequence[Sequence[float]]],
    extent: tuple[float, float, float, float],
) -> None:
    """Draw a column for each time in each panel, and the bar that explains the shades."""
    most = shade(max(share for one in shares for column in one for share in column))
    scale = scale_of(SHARES)
    images = []
    for panel, columns in zip(axes, shares, strict=True):
        rows = [[shade(share) for share in row] for row in zip(*columns, strict=True)]
        images.append(panel.imshow(rows, scale, aspect="auto", origin="lower", extent=extent, vmin=0.0, vmax=most))
        count_only(panel)
    add_scale(figure, images[0], axes, SHARE, SHADES)


def _decades(numbers: Sequence[float]) -> tuple[float, float]:
    sizes = [abs(x) for x in numbers if x]
    high = math.ceil(math.log10(max(sizes, default=1.0)))
    low = math.floor(math.log10(min(sizes, default=0.1)))
    return float(max(min(low, high - 1), high - MOST_DECADES)), float(high)


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    margin = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _shares(numbers: Sequence[float], low: float, high: float, as_logarithm: bool) -> list[float]:
    """Return the share of the finite numbers in each bin; numbers below `low` count in the first bin."""
    counts = [0] * BINS
    finite = [x for x in numbers if math.isfinite(x)]
    heights = [math.log10(abs(x)) if x else low for x in finite] if as_logarithm else finite
    for x in heights:
        counts[min(max(int(BINS * (x - low) / (high - low)), 0), BINS - 1)] += 1
    return [count / len(finite) if finite else 0.0 for count in counts]


def _decade_labels(numbers: Sequence[float], low: float, high: float, most: int) -> dict[float, str]:
    """The labels of a logarithmic scale, about `most`; the lowest says if there are smaller numbers in its bin."""
    step = max(1, round((high - low) / most))
    labels = {float(tick): f"$10^{{{tick}}}$" for tick in range(int(low), int(high) + 1, step)}
    has_less = any(not x or math.log10(abs(x)) < low for x in numbers)
    return labels | ({low: rf"$\leq${labels[low]}"} if has_less else {})
