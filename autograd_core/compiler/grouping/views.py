"""Views: index vectors that are affine, so that a first index and strides say them all."""

from __future__ import annotations

from typing import Any


def pieces(columns: Any, most: int) -> list[tuple[int, int, int]] | None:
    """Stretches of lanes in which all columns are affine in rows and columns, greedily the longest.

    Args:
        columns: an array with a row for each index vector, and a column for each lane.
        most: so many pieces are allowed.

    Returns:
        For each piece the first lane, how many lanes stand in a row, and how many rows there are; None if more pieces
        are needed than are allowed.

    >>> import numpy as np
    >>> pieces(np.array([[0, 1, 2, 10, 11, 12, 7], [5, 5, 5, 6, 6, 6, 9]]), 2)
    [(0, 3, 2), (6, 1, 1)]
    """
    import numpy as np

    lanes = columns.shape[1]
    steps = np.diff(columns, axis=1)
    breaks = np.flatnonzero((steps[:, 1:] != steps[:, :-1]).any(axis=0)) + 1  # where the step is another one
    found: list[tuple[int, int, int]] = []
    first = 0
    while first < lanes:
        if len(found) == most:
            return None
        at = int(np.searchsorted(breaks, first + 1))
        width = (int(breaks[at]) if at < len(breaks) else lanes - 1) - first + 1
        width = min(max(width, 1), lanes - first)
        rows = _rows(columns[:, first:], width)
        found.append((first, width, rows))
        first += width * rows
    return found


def _rows(columns: Any, width: int) -> int:
    """How many rows of a width follow each other with equal steps, and are like the first one."""
    import numpy as np

    most = columns.shape[1] // width
    if most < 2 or not _alike(columns[:, :width], columns[:, width : 2 * width]):  # soon seen, and mostly so
        return 1
    blocks = columns[:, : most * width].reshape(len(columns), most, width)
    inner = blocks - blocks[:, :, :1]
    like = (inner == inner[:, :1]).all(axis=(0, 2))
    starts = np.diff(blocks[:, :, 0], axis=1)
    even = (starts == starts[:, :1]).all(axis=0)
    good = like[1:] & even
    return most if good.all() else int(np.argmin(good)) + 1


def _alike(row: Any, other: Any) -> bool:
    return bool((row - row[:, :1] == other - other[:, :1]).all())


def stride_of_terms(operands: Any) -> int | None:
    """The step from each term to the next, if it is the same for all lanes and terms; 0 for a single term."""
    if operands.shape[1] == 1:
        return 0
    step = int(operands[0, 1] - operands[0, 0])
    return step if (operands[:, 1:] - operands[:, :-1] == step).all() else None
