"""The landscape below paths of descent: the loss at the points of a grid, and its contours.

The contours are at equal distances on a logarithmic scale of the height above the lowest point, because the loss of a
plane may span many powers of ten, and near a minimum it hardly changes. So there are contours on the slopes and in the
valley.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError
from viz.graph.layers import number
from viz.plots.canvas import add_scale, scale_of
from viz.plots.colours import FAINT, GRID

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

MARGIN: Final = 0.15
"""Space around the paths, as a fraction of their range."""

SQUARE: Final = 6.0
"""Both axes have the same scale if their ranges differ by less than this factor; contours then have their shape."""

NOTHING: Final = 1e-9
"""A range of less than this part of the other one is that of rounding errors."""

BANDS: Final = 15

HEIGHTS: Final = ("#ffffff", "#e3eef5", "#c3d9e8", "#a0c0d6")
"""From the valley to the hills, pale enough for the paths."""

_ROUNDING: Final = 1e-12
"""A height of less than this part of the lowest loss is a rounding error."""

_LOWEST: Final = 0.005
"""The first contour encloses about this part of the plane."""

Interval = tuple[float, float]
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """What part of a plane is shown.

    Attributes:
        x: the ends of the horizontal axis.
        y: the ends of the vertical axis.
        is_square: whether both axes have the same scale.
    """

    x: Interval
    y: Interval
    is_square: bool

    def has(self, point: Point) -> bool:
        """Whether a point is inside, or on the edge."""
        return all(low <= at <= high for at, (low, high) in zip(point, (self.x, self.y), strict=True))

    def near(self, point: Point) -> Point:
        """The point, or one far outside if it is too far away to be drawn."""
        x, y = (_kept(at, ends) for at, ends in zip(point, (self.x, self.y), strict=True))
        return x, y


def box_around(points: Sequence[Point]) -> Box:
    """The box around points, with some space.

    >>> box_around([(0.0, 0.0), (1.0, 0.5)]).is_square, box_around([(0.0, 0.0), (100.0, 1.0)]).is_square
    (True, False)
    """
    xs, ys = zip(*points, strict=True)
    ranges = [(min(ends), max(ends)) for ends in (xs, ys)]
    spans = [high - low for low, high in ranges]
    widest = max(spans) or 2.0
    is_square = min(spans) * SQUARE > widest or min(spans) <= NOTHING * widest
    wanted = [widest if is_square else span for span in spans]
    x, y = (_widened(ends, span) for ends, span in zip(ranges, wanted, strict=True))
    return Box(x, y, is_square)


def _widened(ends: Interval, span: float) -> Interval:
    """An interval of this length around the middle of another one, with a margin, that floats can divide."""
    middle = ends[0] + (ends[1] - ends[0]) / 2
    half = max((0.5 + MARGIN) * span, 1e-6 * abs(middle))
    return middle - half, middle + half


def _kept(at: float, ends: Interval) -> float:
    far = 100.0 * (ends[1] - ends[0])
    return min(max(at, ends[0] - far), ends[1] + far)


def ticks(ends: Interval, count: int) -> list[float]:
    """Equally spaced numbers from one end to the other.

    >>> ticks((0.0, 1.0), 3)
    [0.0, 0.5, 1.0]
    """
    return [ends[0] + (ends[1] - ends[0]) * (index / (count - 1)) for index in range(count)]


def check_resolution(resolution: object) -> None:
    """Check a number of points in each direction.

    Raises:
        OperandTypeError: if it is no whole number.
        InputError: if it is less than 2.
    """
    if isinstance(resolution, bool) or not isinstance(resolution, int):
        raise OperandTypeError(f"expected a whole number as resolution, got {resolution!r:.60}")
    if resolution < 2:
        raise InputError(f"expected a resolution of at least 2, got {resolution}")


def losses_on(loss: Callable[[float, float], Any], xs: Sequence[float], ys: Sequence[float]) -> list[list[float]]:
    """The loss at each point of a grid, a row for each `y`; nan where it is infinite, nan, or beyond the floats."""
    return [[_loss_at(loss, x, y) for x in xs] for y in ys]


def _loss_at(loss: Callable[[float, float], Any], x: float, y: float) -> float:
    try:
        found = number(loss(x, y))
    except ArithmeticError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def draw_contours(figure: Figure, ax: Axes, xs: Sequence[float], ys: Sequence[float], grid: list[list[float]]) -> bool:
    """Draw the contours of the losses on a grid and a bar that explains them.

    Returns:
        Whether there are points without a finite loss, which are hatched.
    """
    finite = sorted(x for row in grid for x in row if math.isfinite(x))
    gaps = [[float(math.isnan(x)) for x in row] for row in grid]
    if finite and finite[0] < finite[-1]:
        heights = _Heights(finite)
        logs = [[heights.log(x) for x in row] for row in grid]
        scale = scale_of(HEIGHTS)
        filled = ax.contourf(xs, ys, logs, levels=heights.levels, cmap=scale)
        ax.contour(xs, ys, logs, levels=heights.levels, colors=[FAINT], linewidths=0.3, linestyles="solid")
        add_scale(figure, filled, ax, "Loss over all samples", heights.ticks())
    has_gaps = any(map(any, gaps))
    if has_gaps:
        hatched = ax.contourf(xs, ys, gaps, levels=[0.5, 1.5], colors="none", hatches=["////"])
        hatched.set_edgecolor(GRID)
    return has_gaps


class _Heights:
    """The logarithmic scale of sorted losses, not all of which are equal.

    A loss counts as its height above the lowest one plus the `floor`, the height of the lowest contour.
    """

    def __init__(self, finite: Sequence[float]) -> None:
        # Quarters, because differences and sums of the largest floats are infinite.
        self._low, high = finite[0] / 4, finite[-1] / 4
        least = _ROUNDING * abs(self._low)
        above = [x / 4 - self._low for x in finite if x / 4 - self._low > least] or [high - self._low]
        self._floor = above[int(_LOWEST * len(above))]
        start, end = math.log(self._floor), self.log(finite[-1])
        self.levels = [start + (end - start) * (index / BANDS) for index in range(BANDS + 1)]
        self.levels[-1] = math.nextafter(end, math.inf)  # so that the highest point is below the last level

    def log(self, loss: float) -> float:
        """The place of a loss on the scale; nan stays."""
        return math.log(max(loss / 4 - self._low, 0.0) + self._floor) if math.isfinite(loss) else math.nan

    def ticks(self) -> dict[float, str]:
        """Some levels with the losses that they mean."""
        losses = [4 * (math.exp(level) - self._floor + self._low) for level in self.levels[:: BANDS // 5]]
        return dict(zip(self.levels[:: BANDS // 5], distinct(losses), strict=True))


def distinct(numbers: Sequence[float]) -> list[str]:
    """Numbers with as few digits as distinguish them, from three to seven.

    >>> distinct([0.2461, 0.2462, 12.0])
    ['0.2461', '0.2462', '12']
    """
    for digits in range(3, 8):
        texts = [f"{x:.{digits}g}" for x in numbers]
        if len(set(texts)) == len(set(numbers)):
            break
    return texts
