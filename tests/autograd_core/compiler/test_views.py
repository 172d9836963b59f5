"""Views: pieces in which index vectors are affine cover all lanes, and are few where lanes stand in rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core.compiler.grouping.views import pieces

runs = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2), st.integers(1, 6)), min_size=1, max_size=12)


def lanes_of(runs: list[tuple[int, int, int]]) -> Any:
    """The indices of runs, each with a start, a step and a length."""
    return np.concatenate([start + step * np.arange(length) for start, step, length in runs])


def products(*sizes: tuple[int, int]) -> Any:
    """The index vectors of all products of two vectors, for vectors of these sizes one after the other."""
    found, at = [], 0
    for rows, columns in sizes:
        row, column = np.divmod(np.arange(rows * columns), columns)
        found.append(np.array([at + column, 5000 + at + row]))
        at += max(rows, columns)
    return np.concatenate(found, axis=1)


@pytest.mark.hypothesis
@given(runs, st.integers(0, 2))
def test_pieces_have_the_lanes(runs: list[tuple[int, int, int]], step: int) -> None:
    first = lanes_of(runs)
    columns, done = np.array([first, step * np.arange(len(first))]), 0
    for at, width, rows in pieces(columns, 1000) or []:
        assert at == done
        part = columns[:, at : at + width * rows].reshape(2, rows, width)
        steps = [np.diff(part, axis=axis) for axis in (1, 2)]
        assert all((each == each[:, :1, :1]).all() for each in steps)
        done += width * rows
    assert done == len(first)


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_outer_products_are_few_pieces(before: int) -> None:
    """Two lanes are a row in any case, but take nothing of the rows behind them."""
    alone = np.array([[900, 700, 950][:before], [7000, 7100, 7150][:before]], dtype=np.int64)
    columns = np.concatenate([alone, products((10, 16), (9, 16), (16, 64), (64, 16))], axis=1)
    assert len(pieces(columns, 100) or []) <= 4 + before


def test_more_pieces_than_allowed() -> None:
    assert pieces(np.array([[0, 1, 2, 10, 11, 12, 7], [5, 5, 5, 6, 6, 6, 9]]), 1) is None
