"""Numbers drawn as images: lines of pixels, one scale around 0, and signs that are readable in grey print."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, ShapeError
from viz.plots.canvas import hide_frame, scale_of
from viz.plots.colours import INK, SIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes

FAINT_SIGN: Final = 0.25
"""Pixels below this share of the largest absolute value are nearly white and show no sign."""

STRONG: Final = 0.6
"""Signs are white on pixels above this share of the largest absolute value."""

SMALLEST_SIGN: Final = 4.5
"""Signs are drawn on pixels that are at least this wide, in points."""


def shape_of(count: int, shape: tuple[int, int] | None) -> tuple[int, int]:
    """Return the height and width of an image of `count` pixels; without `shape` it is square.

    Raises:
        ShapeError: if the shape has another number of pixels.

    >>> shape_of(784, None), shape_of(6, (2, 3))
    ((28, 28), (2, 3))
    """
    side = math.isqrt(count)
    rows, columns = (side, side) if shape is None else shape
    if rows * columns != count or count == 0:
        way_out = "; say shape=(rows, columns)" if shape is None else ""
        raise ShapeError(f"expected the pixels of an image of {rows} by {columns}, got {count}{way_out}")
    return rows, columns


def in_rows(pixels: Sequence[float], columns: int) -> list[list[float]]:
    """Return the pixels line by line.

    >>> in_rows([1.0, 2.0, 3.0, 4.0], 2)
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return [list(pixels[start : start + columns]) for start in range(0, len(pixels), columns)]


def draw_signed(ax: Axes, rows: list[list[float]], width: float, signs: str) -> Any:
    """Draw numbers in colours on a scale that is symmetric around 0; nan is white.

    Args:
        ax: where to draw.
        rows: the numbers.
        width: width of the image on paper in inches; it decides whether there is room for signs.
        signs: the signs to draw, `"-"` or `"+-"`.

    Raises:
        InputError: if no number is finite.
    """
    limit = largest(rows)
    image = ax.imshow(rows, scale_of(SIGNED), vmin=-limit, vmax=limit, interpolation="none")
    pixel = 72 * width / len(rows[0])
    if pixel >= SMALLEST_SIGN:
        for sign in signs:
            _draw_signs(ax, rows, limit, sign, pixel)
    hide_frame(ax)
    return image


def largest(rows: list[list[float]]) -> float:
    """Return the largest absolute value of the finite numbers, or 1.0 if all are 0.

    Raises:
        InputError: if there are no finite numbers.
    """
    finite = [abs(x) for row in rows for x in row if math.isfinite(x)]
    if not finite:
        raise InputError("expected finite numbers to draw, got only nan and infinities")
    return max(finite) or 1.0


def _draw_signs(ax: Axes, rows: list[list[float]], limit: float, sign: str, pixel: float) -> None:
    direction = -1.0 if sign == "-" else 1.0
    for colour, low, high in ((INK, FAINT_SIGN, STRONG), ("white", STRONG, math.inf)):
        places = [
            (x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if low < direction * one / limit <= high
        ]
        ax.plot(
            [x for x, _ in places],
            [y for _, y in places],
            linestyle="",
            marker="_" if sign == "-" else "+",
            markersize=0.4 * pixel,
            markeredgewidth=min(0.08 * pixel, 1.0),
            color=colour,
        )
