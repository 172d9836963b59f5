"""Views: index vectors that are affine, so that a first index and strides say them all."""

from __future__ import annotations

from typing import Any


def pieces(columns: Any, most: int) -> list[tuple[int, int, int]] | None:
    """Stretches of lanes in which all columns are affine in rows and columns, greedily the longest.

    A row takes no lanes of another one that goes on behind it, or begins with its last lane: the rows that follow would
    all be cut there.

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
    ends = np.flatnonzero((steps[:, 1:] != steps[:, :-1]).any(axis=0)) + 1  # behind them the step is another one
    found: list[tuple[int, int, int]] = []
    first = 0
    while first < lanes:
        if len(found) == most:
            return None
        width, rows = _width(ends, first, lanes), 1
        if width == 2 and _width(ends, first + 1, lanes) > 2:  # two lanes are a row in any case
            width = 1
        else:
            rows = _rows(columns[:, first:], width)
        behind = first + width * rows
        if rows > 1 and behind < lanes and _width(ends, behind - width, lanes) > width:
            rows -= 1
        found.append((first, width, rows))
        first += width * rows
    return found


def _width(ends: Any, first: int, lanes: int) -> int:
    """How many lanes from here on have equal steps."""
    import numpy as np

    at = int(np.searchsorted(ends, first + 1))
    return min((int(ends[at]) if at < len(ends) else lanes - 1) + 1, lanes) - first


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


def runs_of_terms(operands: Any, most: int) -> list[tuple[int, int, list[int]]] | None:
    """Runs of terms in which every factor moves on by one step, the same for all lanes; greedily the longest.

    Args:
        operands: the slots of lanes, of factors, and of their terms.
        most: so many runs are allowed.

    Returns:
        For each run the first term, how many there are, and the step of each factor; None if more runs are needed.

    >>> import numpy as np
    >>> runs_of_terms(np.array([[[0, 1, 2, 9, 11]], [[5, 6, 7, 8, 10]]]), 2)
    [(0, 3, [1]), (3, 2, [2])]
    """
    import numpy as np

    terms = operands.shape[2]
    if terms == 1:
        return [(0, 1, [0] * operands.shape[1])]
    steps = np.diff(operands, axis=2)
    joins = (steps == steps[:1]).all(axis=(0, 1))  # the terms that all lanes reach by one step
    changes = (steps[0, :, 1:] != steps[0, :, :-1]).any(axis=0)
    stops = np.flatnonzero(~joins[1:] | changes) + 1  # where the next step does not go on with a run
    found: list[tuple[int, int, list[int]]] = []
    first = 0
    while first < terms:
        if len(found) == most:
            return None
        if first == terms - 1 or not joins[first]:
            found.append((first, 1, [0] * operands.shape[1]))
            first += 1
            continue
        at = int(np.searchsorted(stops, first + 1))
        end = int(stops[at]) if at < len(stops) else terms - 1
        found.append((first, end - first + 1, steps[0, :, first].tolist()))
        first = end + 1
    return found
