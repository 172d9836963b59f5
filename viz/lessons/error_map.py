"""Error signals as a heat map: every unit in every layer or time step, on a logarithmic scale.

Vanishing gradients grow pale from right to left, towards the first steps or layers, and exploding gradients grow dark.
What is no unit, or has no error signal, is grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from viz.network.names import spoken
from viz.network.perceptron import Perceptron
from viz.network.unfolded import Block, Unfolded
from viz.plots.canvas import add_grid, add_legend, add_scale, logarithmic, name_axes, panels, scale_of, set_log, words
from viz.plots.colours import FAINT, GRID, SHARES, line

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

ROW = 0.09
"""Height of a unit in the map, in inches, between the limits below."""

HEIGHTS = (1.2, 3.2)

NORMS = 1.3
"""Height of the norms below it, in inches."""


class Band(NamedTuple):
    """Rows of the map: the size of the error signal of each unit, by column; nan where there is none."""

    name: str
    rows: Sequence[Sequence[float]]


def plot_errors(network: Perceptron | Unfolded, ax: Axes | None) -> Figure:
    """Draw the map, and below it the norm by column."""
    bands, heads = _of_steps(network) if isinstance(network, Unfolded) else _of_layers(network)
    rows = [row for band in bands for row in band.rows]
    low, high = HEIGHTS
    height = min(max(ROW * len(rows) + 0.8, low), high)
    figure, (top, bottom) = panels(ax, 2, height=(height + NORMS) / 2)
    grid = top.get_subplotspec()
    if grid is not None:
        grid.get_gridspec().set_height_ratios([height, NORMS])
    scale = scale_of(SHARES).with_extremes(bad=GRID)
    norm = logarithmic(x for row in rows for x in row)
    image = top.imshow(rows, scale, norm=norm, aspect="auto", interpolation="none")
    add_scale(figure, image, top, "Size of δ = ∂C/∂z")
    _name_rows(top, bands)
    is_recurrent = isinstance(network, Unfolded)
    _draw_norms(bottom, bands, len(heads), is_recurrent)
    for panel in (top, bottom):
        shown = range(0, len(heads), max(1, -(-len(heads) // 12)))
        panel.set_xticks(list(shown), [words(heads[k]) for k in shown])
        panel.set_xlim(-0.5, len(heads) - 0.5)
    name_axes(top, "", "" if is_recurrent else "Neuron")
    name_axes(bottom, "Step" if is_recurrent else "Layer", "Norm of δ")
    return figure


def _of_steps(network: Unfolded) -> tuple[list[Band], list[str]]:
    times = range(1, network.steps + 1)
    bands = [
        Band(spoken(block.name) or f"layer {k}", [[_size(block, t, j) for t in times] for j in range(block.size)])
        for k, block in enumerate(network.blocks, start=1)
    ]
    return bands, [str(t) for t in times]


def _size(block: Block, time: int, unit: int) -> float:
    """The length of the error signals of all gates of a unit."""
    if time not in block.times:
        return math.nan
    return math.hypot(*(gate.deltas[time][unit] for gate in block.gates))


def _of_layers(network: Perceptron) -> tuple[list[Band], list[str]]:
    highest = max(len(layer.deltas) for layer in network.layers)
    rows = [
        [abs(layer.deltas[j]) if j < len(layer.deltas) else math.nan for layer in network.layers]
        for j in range(highest)
    ]
    return [Band("", rows)], [spoken(layer.name) or str(k) for k, layer in enumerate(network.layers, start=1)]


def _name_rows(ax: Axes, bands: Sequence[Band]) -> None:
    """Mark the ends of the layers, and name them."""
    if len(bands) == 1 and not bands[0].name:
        return
    ticks, start = [], 0
    for band in bands:
        ticks.append(start + len(band.rows) / 2.0 - 0.5)
        start += len(band.rows)
        if band is not bands[-1]:
            ax.axhline(start - 0.5, color=FAINT, linewidth=0.6)
    ax.set_yticks(ticks, [words(band.name) for band in bands])


def _draw_norms(ax: Axes, bands: Sequence[Band], count: int, is_recurrent: bool) -> None:
    drawn: list[float] = []
    for index, band in enumerate(bands):
        columns = [[row[k] for row in band.rows if not math.isnan(row[k])] for k in range(count)]
        norms = [math.hypot(*column) if column else math.nan for column in columns]
        style = line(index)
        shown = [norm if norm > 0.0 else math.nan for norm in norms]
        ax.plot(range(count), shown, style.dashes, marker=style.marker, markersize=3, linewidth=1.0,
                color=style.colour, label=words(band.name))  # fmt: skip
        drawn += norms
    set_log(ax, drawn)
    add_grid(ax)
    if is_recurrent and len(bands) > 1:
        add_legend(ax)
