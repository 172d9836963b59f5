"""Paths of descent over the contours of the loss, beside the loss against updates and against samples seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.calls import explained
from viz.plots.canvas import add_grid, add_legend, count_only, name_axes, panels, set_log, words
from viz.plots.colours import COLUMN, INK, SMALL, line
from viz.plots.landscape import Box, Point, box_around, check_resolution, draw_contours, losses_on, ticks
from viz.plots.plane import plane_of
from viz.plots.tracks import FAR, Track, Tracks, tracks_of

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

FEW: Final = 60
"""Paths of at most this many points show a marker for each."""

LEGEND: Final = 108
"""Characters that fit across the legend, which is as wide as the figure."""

NAME: Final = 60
"""Most characters of a name in the legend."""

ROW: Final = 0.16
"""Height of a line of the legend, in inches."""

CLIMB: Final = 1e12
"""If all paths diverge, losses are shown up to this many times the first one."""

DECADE: Final = 10.0
"""An axis is logarithmic if its numbers differ by more than this factor."""


@dataclass(frozen=True)
class Trace:
    """A path as it is drawn in one panel: its points, up to the edge if it leaves the panel for good, and its style."""

    ax: Any
    index: int
    xs: list[float]
    ys: list[float]
    leaves: bool


@explained()
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

    A path diverges if it ends above the start by more than three times the way from the lowest loss of all paths to the
    start. It decides nothing about what is shown, unless all paths diverge. It ends with a hollow marker at the edge
    where it leaves a panel, and the legend says that it diverges.

    Args:
        descent: the paths, as `nn.descend` returns them: any object with `names` of the parameters, `paths`, each with
            `name`, `parameters`, `losses`, `updates` and `samples`, and a function `loss` of a list of parameters.
        weights: the names of two parameters. None, the default, is the main directions, or all if there are only two.
        resolution: number of points in each direction at which the loss is computed.
        ax: axes to draw on, which are divided; by default those of a new figure of two columns.

    Raises:
        OperandTypeError: if `descent` lacks an attribute, `weights` is not a pair of strings, or `resolution` is no
            whole number.
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
    check_resolution(resolution)
    names = [words(track.name, NAME) + (" (diverges)" if tracks.leaves(track) else "") for track in tracks.paths]
    columns = _columns(names)
    figure, (left, right) = panels(ax, 2, 2, height=3.2 + ROW * -(-len(names) // columns), width=2 * COLUMN)
    _, (above, below) = panels(right, 2)
    if len(tracks.names) == 1:
        traces = _draw_curve(left, tracks, weights, resolution)
    else:
        traces = _draw_plane(figure, left, tracks, weights, resolution)
    for panel, column, title in ((above, "updates", "Updates"), (below, "samples", "Samples seen")):
        traces += _draw_losses(panel, tracks, column, title)
    _add_names(above, names)
    if ax is None:
        add_legend(figure, loc="outside lower center", ncols=columns, handles=above.lines[-len(names) :])
    else:
        add_legend(above)  # inside, because beside it a legend would take the room of the panels
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
    """Draw a large marker at a point; a hollow one where the path has left the panel."""
    look = line(trace.index)
    last = len(trace.xs) - 1
    is_out = trace.leaves and at >= last
    at = min(at, last)
    trace.ax.plot(
        trace.xs[at : at + 1],
        trace.ys[at : at + 1],
        linestyle="",
        marker=look.marker,
        markersize=5.5,
        markerfacecolor="white" if is_out else look.colour,
        markeredgecolor=look.colour if is_out else "white",
        markeredgewidth=1.0 if is_out else 0.7,
        color=look.colour,
        clip_on=not is_out,
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
    box = box_around([point for track in tracks.decisive for point in plane.coordinates(tracks.shown(track))])
    xs, ys = ticks(box.x, resolution), ticks(box.y, resolution)
    tracks.loss(plane.at(*plane.coordinates([tracks.best_end()])[0]))  # an error of the function is raised here
    grid = losses_on(lambda x, y: tracks.loss(plane.at(x, y)), xs, ys)
    if draw_contours(figure, ax, xs, ys, grid):
        ax.text(0.02, 0.02, "hatched: not finite", transform=ax.transAxes, fontsize=SMALL, color=INK)
    if box.is_square:
        ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(box.x)
    ax.set_ylim(box.y)
    name_axes(ax, *plane.labels)
    if plane.note:
        ax.set_title(plane.note, fontsize=SMALL - 1, color=INK)
    return _traces(ax, tracks, [plane.coordinates(track.parameters) for track in tracks.paths])


def _draw_curve(ax: Axes, tracks: Tracks, weights: Sequence[str] | None, resolution: int) -> list[Trace]:
    """The loss of the only parameter, and the points of the paths on it."""
    if weights is not None:
        raise InputError(f"expected no weights to choose for a model with one parameter, got {weights!r:.60}")
    box = box_around([(point[0], 0.0) for track in tracks.decisive for point in tracks.shown(track)])
    xs = ticks(box.x, 4 * resolution)
    (curve,) = losses_on(lambda x, _: tracks.loss([x]), xs, [0.0])
    ax.plot(xs, curve, color=INK, linewidth=0.8, zorder=1.5)
    low, high = _ends([*(x for x in curve if x <= tracks.limit), *_shown_losses(tracks)])
    ax.set_xlim(box.x)
    ax.set_ylim(low, high)
    name_axes(ax, words(tracks.names[0], 40), "Loss over all samples")
    points = [list(zip((p[0] for p in track.parameters), track.losses, strict=True)) for track in tracks.paths]
    return _traces(ax, tracks, points)


def _draw_losses(ax: Axes, tracks: Tracks, column: str, title: str) -> list[Trace]:
    """The axes for the losses against a column, and the paths on them."""
    shown = _shown_losses(tracks)
    is_log = min(shown) > 0.0 and max(shown) > DECADE * min(shown)
    last = [
        getattr(track, column)[min(_shown(tracks, track)[-1] + 1, len(track.losses) - 1)] for track in tracks.decisive
    ]
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
    points = [list(zip(getattr(track, column), track.losses, strict=True)) for track in tracks.paths]
    return _traces(ax, tracks, points, starts=False)


def _shown_losses(tracks: Tracks) -> list[float]:
    """The losses that decide the limits of an axis."""
    return [max(track.losses[index], -FAR) for track in tracks.decisive for index in _shown(tracks, track)]


def _shown(tracks: Tracks, track: Track) -> list[int]:
    """The points of a path that decide the limits of an axis. If all paths diverge, it shows how they do."""
    limit = min(CLIMB * max(1.0, abs(track.losses[0])), FAR) if tracks.all_leave else tracks.limit
    return [index for index, loss in enumerate(track.losses) if loss <= limit]


def _ends(numbers: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis for these numbers, with a little space."""
    low, high = min(numbers), max(numbers)
    space = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return low - space, high + space


def _traces(ax: Axes, tracks: Tracks, paths: Sequence[Sequence[Point]], starts: bool = True) -> list[Trace]:
    """The paths in axes that have their limits, and circles where they start."""
    box = Box(ax.get_xlim(), ax.get_ylim(), is_square=False)
    made = []
    for index, (track, points) in enumerate(zip(tracks.paths, paths, strict=True)):
        ends = _up_to_edge(ax, box, points) if tracks.leaves(track) else None
        kept = [box.near(point) if all(map(_is_number, point)) else (math.nan, math.nan) for point in ends or points]
        made.append(Trace(ax, index, [x for x, _ in kept], [y for _, y in kept], ends is not None))
    if starts:
        for x, y in dict.fromkeys((trace.xs[0], trace.ys[0]) for trace in made):
            ax.plot([x], [y], "o", color=INK, markersize=6.5, markerfacecolor="none", zorder=3.5)
    return made


def _up_to_edge(ax: Axes, box: Box, points: Sequence[Point]) -> list[Point] | None:
    """The points of a path up to the last one in a box, and where it crosses the edge; None if it does not."""
    seen = [index for index, point in enumerate(points) if box.has(point)]
    if not seen or seen[-1] == len(points) - 1:
        return None
    inside, outside = points[seen[-1] : seen[-1] + 2]
    return [*points[: seen[-1] + 1], _crossing(ax, box, inside, outside)]


def _crossing(ax: Axes, box: Box, inside: Point, outside: Point) -> Point:
    """Where a line crosses the edge that is straight on the scales of the axes; if it has no end, where it begins."""
    if not all(map(math.isfinite, outside)):
        return inside
    low, high = zip(box.x, box.y, strict=True)
    start, end, *corners = ax.transScale.transform([inside, outside, low, high])
    edges = [corners[int(b > a)][axis] for axis, (a, b) in enumerate(zip(start, end, strict=True))]
    parts = [(edge - a) / (b - a) for edge, a, b in zip(edges, start, end, strict=True) if a != b]
    x, y = ax.transScale.inverted().transform(start + min(1.0, *parts) * (end - start))
    return float(x), float(y)


def _is_number(x: float) -> bool:
    return not math.isnan(x)


def _add_names(ax: Axes, names: Sequence[str]) -> None:
    """Lines without points, which a legend explains."""
    for index, name in enumerate(names):
        look = line(index)
        ax.plot(
            [], [], color=look.colour, linestyle=look.dashes, marker=look.marker, markersize=4, label=name, linewidth=1
        )


def _columns(names: Sequence[str]) -> int:
    """As many columns as fit into the legend, at most four."""
    return next(count for count in (4, 3, 2, 1) if count == 1 or _width(names, count) <= LEGEND)


def _width(names: Sequence[str], columns: int) -> int:
    """The characters across a legend, which is filled column by column; a sample of a line takes 8."""
    rows = -(-len(names) // columns)
    return sum(max(map(len, names[start : start + rows])) + 8 for start in range(0, len(names), rows))
