"""Histograms of gradients or activations, layer by layer, over the course of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from autograd_core import InputError
from viz.plots.canvas import SHADES, add_scale, count_only, name_axes, panels, scale_of, shade, words
from viz.plots.colours import SHARES, SMALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from viz.plots.canvas import Axes, Figure

BINS: Final = 40

MOST_DECADES: Final = 12
"""A logarithmic scale spans at most this many powers of ten. Smaller numbers count in its lowest bin."""

MOST_COLUMNS: Final = 3


def plot_histograms(
    snapshots: Sequence[Mapping[str, Sequence[float]]],
    quantity: str = "Gradient",
    *,
    log: bool | None = None,
    every: int = 1,
    ax: Axes | None = None,
) -> Figure:
    """Plot the distribution of gradients or activations in each layer over the course of training.

    Each column is the histogram of one snapshot; darker bins hold more numbers. All layers share one scale.

    Args:
        snapshots: mappings from the name of a layer to its numbers, one mapping for each time: collect
            `gradients_of(model)` or `activations_of(model, loss)` in the hooks of the training.
        quantity: what the numbers are, for the label of the axis.
        log: whether to show absolute values on a logarithmic scale; by default for `"Gradient"`, whose absolute values
            span many powers of ten. Exact zeros then count in the lowest bin.
        every: number of epochs between two snapshots, for the axis.
        ax: axes to draw on, which are divided among the layers; by default those of a new figure.

    Raises:
        InputError: if the snapshots hold no finite number, or if matplotlib is not installed.

    >>> snapshots = [{"layers.0": [0.1, -0.2]}, {"layers.0": [0.01, -0.02]}]
    >>> plot_histograms(snapshots).axes[0].get_ylabel()
    'Gradient (size)'
    """
    as_logarithm = quantity == "Gradient" if log is None else log
    layers = list(dict.fromkeys(name for snapshot in snapshots for name in snapshot))
    finite = [x for snapshot in snapshots for numbers in snapshot.values() for x in numbers if math.isfinite(x)]
    if not finite:
        raise InputError("expected snapshots that hold finite numbers by layer, got none")
    low, high = _decades(finite) if as_logarithm else _range(finite)
    columns = min(len(layers), MOST_COLUMNS)
    scale_name = f"{words(quantity)} (size)" if as_logarithm else words(quantity)
    figure, axes = panels(ax, len(layers), columns, height=2.0)
    scale = scale_of(SHARES)
    shares = [[_shares(snapshot.get(layer, ()), low, high, as_logarithm) for snapshot in snapshots] for layer in layers]
    most = shade(max(share for one in shares for column in one for share in column))
    images = []
    for index, (panel, layer) in enumerate(zip(axes, layers, strict=True)):
        extent = (0.5 * every, (len(snapshots) + 0.5) * every, low, high)
        rows = [[shade(share) for share in row] for row in zip(*shares[index], strict=True)]
        images.append(panel.imshow(rows, scale, aspect="auto", origin="lower", extent=extent, vmin=0.0, vmax=most))
        at_left = index % columns == 0
        name_axes(panel, "Epoch", scale_name if at_left else "")
        panel.set_title(words(layer, 16) or "model", fontsize=SMALL)
        count_only(panel)
        _label_decades(panel, low, high, as_logarithm, at_left)
    add_scale(figure, images[0], axes, "Share of the numbers (%)", SHADES)
    return figure


def _decades(numbers: Sequence[float]) -> tuple[float, float]:
    sizes = [abs(x) for x in numbers if x]
    high = math.ceil(math.log10(max(sizes, default=1.0)))
    low = math.floor(math.log10(min(sizes, default=0.1)))
    return float(max(min(low, high - 1), high - MOST_DECADES)), float(high)


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _shares(numbers: Sequence[float], low: float, high: float, as_logarithm: bool) -> list[float]:
    """Return the share of the finite numbers in each bin; numbers below `low` count in the first bin."""
    counts = [0] * BINS
    finite = [x for x in numbers if math.isfinite(x)]
    heights = [math.log10(abs(x)) if x else low for x in finite] if as_logarithm else finite
    for x in heights:
        counts[min(max(int(BINS * (x - low) / (high - low)), 0), BINS - 1)] += 1
    return [count / len(finite) if finite else 0.0 for count in counts]


def _label_decades(ax: Axes, low: float, high: float, as_logarithm: bool, at_left: bool) -> None:
    if as_logarithm:
        step = max(1, round((high - low) / 6))
        ticks = range(int(low), int(high) + 1, step)
        ax.set_yticks(ticks, [f"$10^{{{tick}}}$" for tick in ticks])
    if not at_left:
        ax.set_yticklabels([])
