"""Paths of descent over the contours of the loss, beside the loss against updates and against samples seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from viz.plots.canvas import add_grid, add_legend, count_only, name_axes, panels, set_log, words
from viz.plots.colours import COLUMN, INK, SMALL, line
from viz.plots.landscape import Box, box_around, draw_contours, losses_on, ticks
from viz.plots.plane import plane_of
from viz.plots.tracks import FAR, Track, Tracks, tracks_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

FEW: Final = 60
"""Paths of at most this many points show a marker for each."""

LEGEND: Final = 54
"""Characters that fit across a panel."""

DECADE: Final = 10.0
"""An axis is logarithmic if its numbers differ by more than this factor."""


@dataclass(frozen=True)
class Trace:
    """A path as it is drawn in one panel: the coordinates of its points, and its style."""

    ax: Any
    index: int
    xs: list[float]
    ys: list[float]


def plot_descent(
    descent: Any, weights: Sequence[str] | None = None, *, resolution: int = 40, ax: Axes | None = None
) -> Figure:
    """Plot paths of descent over the contours of the loss, and beside them the loss against updates and samples seen.

    The left panel is a plane through the space of parameters. The paths are projected to it at a right angle. The
    circle is their start, and the large markers are their ends. Contours are at equal distances on a logarithmic scale
    of the height above the lowest loss on the plane; where the loss is not finite the plane is hatched. Both axes have
    the same scale unless one range is at least 6 times the other.

    With two parameters the plane has all of them. If there are more, it is one of two kinds. The plane of two chosen
    weights has all others held as at the best end, the end of the path that ends with the lowest loss. The plane of the
    two main directions contains the best end, at the coordinates 0 and 0; they are the directions along which the
    squared distances of all points from it are greatest. In both cases a share in per cent says how much of these
    squared distances lies in the plane. What is outside is not seen, so a path may seem to climb. With one parameter,
    the left panel is the curve of the loss.

    A path that diverges is drawn up to the edge of the picture, which shows losses up to a limit: above the start three
    times the way from the lowest loss of all paths to the start.

    Args:
        descent: the paths, as `nn.descend` returns them: any object with `names` of the parameters, `paths`, each with
            `name`, `parameters`, `losses`, `updates` and `samples`, and a function `loss` of a list of parameters.
        weights: the names of two parameters. None, the default, is the main directions, or all if there are only two.
        resolution: number of points in each direction at which the loss is computed.
        ax: axes to draw on, which are divided; by default those of a new figure of two columns.

    Raises:
        OperandTypeError: if `descent` lacks an attribute, or `weights` is not a pair of strings.
        ShapeError: if the lists of a path differ in length.
        InputError: if there are no paths, a path does not begin at finite numbers, a name is unknown, the resolution is
            less than 2, or matplotlib is not installed.

    >>> from types import SimpleNamespace as Record
    >>> path = Record(name="batch", parameters=[[2.0, 1.0], [1.0, 0.2], [0.5, 0.0]], losses=[6.0, 1.08, 0.25],
    ...               updates=[0, 1, 2], samples=[0, 9, 18])
    >>> descent = Record(names=["w", "b"], paths=[path], loss=lambda p: p[0] ** 2 + 2 * p[1] ** 2)
    >>> figure = plot_descent(descent, resolution=10)
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['w', 'Updates', 'Samples seen', '']
    """
    _, figure, traces = drawn(descent, weights, resolution, ax)
    for trace in traces:
        draw_part(trace, 0, len(trace.xs))
        draw_end(trace, len(trace.xs) - 1)
    return figure


def drawn(
    descent: Any, weights: Sequence[str] | None, resolution: int, ax: Axes | None = None
) -> tuple[Tracks, Figure, list[Trace]]:
    """The paths, the figure without them, and the paths as they are drawn in each panel."""
    tracks = tracks_of(descent)
    if resolution < 2:
        raise InputError(f"expected a resolution of at least 2, got {resolution}")
    figure, (left, right) = panels(ax, 2, 2, height=3.2, width=2 * COLUMN)
    _, (above, below) = panels(right, 2)
    if len(tracks.names) == 1:
        traces = _draw_curve(left, tracks, weights, resolution)
    else:
        traces = _draw_plane(figure, left, tracks, weights, resolution)
    for panel, column, title in ((above, "updates", "Updates"), (below, "samples", "Samples seen")):
        traces += _draw_losses(panel, tracks, column, title)
    _add_names(above, tracks)
    return tracks, figure, traces


def draw_part(trace: Trace, start: int, stop: int, gid: str | None = None) -> None:
    """Draw the points of a path from one index to another, which is left out."""
    look = line(trace.index)
    trace.ax.plot(
        trace.xs[start:stop],
        trace.ys[start:stop],
        color=look.colour,
        linestyle=look.dashes,
        marker=look.marker if len(trace.xs) <= FEW else "",
        markersize=2.0,
        linewidth=1.0 if len(trace.xs) <= FEW else 0.7,
        zorder=_level(trace),
        in_layout=False,
        gid=gid,
    )


def draw_end(trace: Trace, at: int, gid: str | None = None) -> None:
    """Draw a large marker at a point."""
    look = line(trace.index)
    trace.ax.plot(
        trace.xs[at : at + 1],
        trace.ys[at : at + 1],
        color=look.colour,
        linestyle="",
        marker=look.marker,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.7,
        zorder=4.0,
        in_layout=False,
        gid=gid,
    )


def _level(trace: Trace) -> float:
    """Paths of few points lie on those of many, which would hide them."""
    return 2.0 + 1.0 / (1.0 + len(trace.xs))


def _draw_plane(
    figure: Figure, ax: Axes, tracks: Tracks, weights: Sequence[str] | None, resolution: int
) -> list[Trace]:
    plane = plane_of(tracks, weights)
    box = box_around([point for track in tracks.paths for point in plane.coordinates(tracks.shown(track))])
    xs, ys = ticks(box.x, resolution), ticks(box.y, resolution)
    tracks.loss(plane.at(*plane.coordinates([tracks.best_end()])[0]))  # an error of the function is raised here
    grid = losses_on(lambda x, y: tracks.loss(plane.at(x, y)), xs, ys)
    if draw_contours(figure, ax, xs, ys, grid):
        ax.text(0.02, 0.02, "hatched: not finite", transform=ax.transAxes, fontsize=SMALL, color=INK)
    traces = [_trace(ax, index, _within(box, plane.coordinates(track.parameters))) for index, track in _all(tracks)]
    _draw_start(ax, traces)
    if box.is_square:
        ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(box.x)
    ax.set_ylim(box.y)
    name_axes(ax, *plane.labels)
    if plane.note:
        ax.set_title(plane.note, fontsize=SMALL - 1, color=INK)
    return traces


def _draw_curve(ax: Axes, tracks: Tracks, weights: Sequence[str] | None, resolution: int) -> list[Trace]:
    """The loss of the only parameter, and the points of the paths on it."""
    if weights is not None:
        raise InputError(f"expected no weights to choose for a model with one parameter, got {weights!r:.60}")
    box = box_around([(point[0], 0.0) for track in tracks.paths for point in tracks.shown(track)])
    xs = ticks(box.x, 4 * resolution)
    (curve,) = losses_on(lambda x, _: tracks.loss([x]), xs, [0.0])
    ax.plot(xs, curve, color=INK, linewidth=0.8, zorder=1.5)
    low, high = _ends([*(x for x in curve if x <= tracks.limit), *_shown_losses(tracks)])
    points = [list(zip((p[0] for p in track.parameters), track.losses, strict=True)) for track in tracks.paths]
    seen = Box(box.x, (low, high), is_square=False)
    traces = [_trace(ax, index, _within(seen, part)) for index, part in enumerate(points)]
    _draw_start(ax, traces)
    ax.set_xlim(box.x)
    ax.set_ylim(low, high)
    name_axes(ax, words(tracks.names[0], 40), "Loss over all samples")
    return traces


def _draw_losses(ax: Axes, tracks: Tracks, column: str, title: str) -> list[Trace]:
    """The axes for the losses against a column, and the paths on them."""
    shown = _shown_losses(tracks)
    is_log = min(shown) > 0.0 and max(shown) > DECADE * min(shown)
    counts: list[list[float]] = [getattr(track, column) for track in tracks.paths]
    last = [numbers[-1] for numbers in counts]
    space = 1.03  # for the markers at the ends
    if min(last) > 0.0 and max(last) > DECADE * min(last):
        ax.set_xscale("symlog", linthresh=1.0, linscale=0.5)
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        space = 1.25
    else:
        count_only(ax)
    low, high = _ends([math.log(x) for x in shown]) if is_log else _ends(shown)
    if is_log:
        set_log(ax, shown)
        low, high = math.exp(low), math.exp(min(high, math.log(FAR) + 1.0))
    ax.set_ylim(low, high)
    ax.set_xlim(0.0, space * (max(last) or 1.0))
    add_grid(ax)
    name_axes(ax, title, "Loss")
    top = max(10.0 * high, high + 10.0 * (high - low))
    return [
        _trace(ax, index, [(x, min(y, top)) for x, y in zip(counts[index], track.losses, strict=True)])
        for index, track in _all(tracks)
    ]


def _shown_losses(tracks: Tracks) -> list[float]:
    return [max(loss, -FAR) for track in tracks.paths for loss in track.losses if loss <= tracks.limit] or [FAR]


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis for these numbers, with a little space."""
    low, high = min(numbers), max(numbers)
    space = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - space, high + space


def _all(tracks: Tracks) -> enumerate[Track]:
    return enumerate(tracks.paths)


def _within(box: Box, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [box.near(point) if all(map(_is_number, point)) else (math.nan, math.nan) for point in points]


def _is_number(x: float) -> bool:
    return not math.isnan(x)


def _trace(ax: Axes, index: int, points: Sequence[tuple[float, float]]) -> Trace:
    return Trace(ax, index, [x for x, _ in points], [y for _, y in points])


def _draw_start(ax: Axes, traces: Sequence[Trace]) -> None:
    for x, y in dict.fromkeys((trace.xs[0], trace.ys[0]) for trace in traces):
        ax.plot([x], [y], "o", color=INK, markersize=6.5, markerfacecolor="none", zorder=3.5)


def _add_names(ax: Axes, tracks: Tracks) -> None:
    """A legend of the paths; those that leave the picture are said to diverge."""
    labels = [words(track.name, 24) + (" (diverges)" if tracks.leaves(track) else "") for track in tracks.paths]
    for index, label in enumerate(labels):
        look = line(index)
        ax.plot(
            [], [], color=look.colour, linestyle=look.dashes, marker=look.marker, markersize=4, label=label, linewidth=1
        )
    columns = next(count for count in (3, 2, 1) if count == 1 or _width(labels, count) <= LEGEND)
    add_legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, columnspacing=1.0, handletextpad=0.4)


def _width(labels: Sequence[str], columns: int) -> int:
    """The characters across a legend, which is filled column by column; a sample of a line takes 6."""
    rows = -(-len(labels) // columns)
    return sum(max(map(len, labels[start : start + rows])) + 6 for start in range(0, len(labels), rows))
