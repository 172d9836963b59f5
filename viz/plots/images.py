"""Numbers as pictures: rows of pixels, a common scale around 0, and signs that survive grey print."""

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
"""Pixels with less of the largest size have no sign: they are nearly white."""

STRONG: Final = 0.6
"""On pixels with more of the largest size the signs are white."""

SMALLEST_SIGN: Final = 4.5
"""Width in points of the smallest pixels that have room for a sign."""


def shape_of(count: int, shape: tuple[int, int] | None) -> tuple[int, int]:
    """Rows and columns of an image of so many pixels; it is taken for a square one if nothing is said.

    Raises:
        ShapeError: if that is not as many pixels.

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
    """Pixels row by row.

    >>> in_rows([1.0, 2.0, 3.0, 4.0], 2)
    [[1.0, 2.0], [3.0, 4.0]]
    """
    return [list(pixels[start : start + columns]) for start in range(0, len(pixels), columns)]


def draw_signed(ax: Axes, rows: list[list[float]], width: float, signs: str) -> Any:
    """Draw numbers in colours around 0; the same limit for both signs, white for nan.

    Args:
        ax: where to draw.
        rows: the numbers.
        width: of the picture on paper in inches, to see whether there is room for signs.
        signs: which of them to draw, `"-"` or `"+-"`.

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
    """The largest size of the finite numbers; 1.0 if all are 0.

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
