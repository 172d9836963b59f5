"""The initialiser that preserves lengths: random orthogonal matrices."""

from __future__ import annotations

import math

from nn.base.rng import Rng, generator
from nn.init.initialiser import Matrix, matrix_size
from nn.init.numbers import normal


def orthogonal(fan_in: int, fan_out: int, rng: Rng = None, rows: int | None = None, *, gain: float = 1.0) -> Matrix:
    """A random orthogonal matrix times the gain, which is the largest factor by which it scales the length of a vector.

    If there are at most as many rows as columns, the rows are orthogonal to each other and have the length `gain`;
    otherwise this holds for the columns, and the length of every vector is scaled by exactly `gain`. Every such matrix
    is equally likely (Haar measure), because the normal distribution has the same density in every direction.

    Formula: the Gram-Schmidt process on vectors of normal numbers. Each vector is orthogonalised twice, which is
    enough for full accuracy (L. Giraud, J. Langou, M. Rozložník, J. van den Eshof, "Rounding error analysis of the
    classical Gram-Schmidt orthogonalization process", 2005).

    Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks" (2013), arXiv:1312.6120.

    >>> (a, b), (c, d) = orthogonal(2, 2, rng=0)
    >>> round(a * a + b * b, 12), round(a * c + b * d, 12)
    (1.0, 0.0)
    """
    fan_in, rows, source = *matrix_size(fan_in, fan_out, rows), generator(rng)
    length, count = max(fan_in, rows), min(fan_in, rows)
    directions: Matrix = []
    while len(directions) < count:
        directions += new_direction(directions, normal(length, rng=source))
    matrix = directions if rows <= fan_in else [list(column) for column in zip(*directions, strict=True)]
    return [[gain * x for x in row] for row in matrix]


def new_direction(directions: Matrix, vector: list[float]) -> Matrix:
    """The direction of the orthogonal part of the vector, in a list; an empty list if rounding has lost it."""
    drawn = _inner(vector, vector)
    for _ in range(2):
        parts = [_inner(direction, vector) for direction in directions]
        for part, direction in zip(parts, directions, strict=True):
            vector = [x - part * d for x, d in zip(vector, direction, strict=True)]
    left = _inner(vector, vector)
    if not left > 1e-12 * drawn:
        return []
    length = math.sqrt(left)
    return [[x / length for x in vector]]


def _inner(a: list[float], b: list[float]) -> float:
    """The inner product; the sum is rounded once, because `sum` may add in another way in future versions of Python."""
    return math.fsum([x * y for x, y in zip(a, b, strict=True)])
