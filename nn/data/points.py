"""Points of the plane in classes that are easy to see and, except for the blobs, that no straight line separates.

Each docstring gives the gap between the classes, because with noise as large as the gap the classes overlap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autograd_core import InputError
from autograd_core.calls import explained
from nn.base.checks import number_between, positive_int, positive_number
from nn.base.rng import Generator, Rng, generator, normal
from nn.data.directions import direction

if TYPE_CHECKING:
    from nn.data.sampling import Labelled


@explained()
def circles(n: int, noise: float = 0.05, factor: float = 0.5, rng: Rng = None) -> list[Labelled]:
    """`n` points on two circles around the origin: class 0 on the outer one, of radius 1, class 1 on the inner one.

    Positions on the circles are uniformly random, and classes alternate. The gap is `1 - factor`.

    Args:
        n: number of points, at least 1.
        noise: standard deviation of the noise on each coordinate. Default: a tenth of the gap.
        factor: radius of the inner circle, from 0 to less than 1.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int, the noise not a finite number of at least 0, or the factor out of its
            range.

    >>> [([round(x, 3), round(y, 3)], label) for (x, y), label in circles(2, noise=0.0, rng=0)]
    [([0.559, -0.829], 0), ([0.403, 0.296], 1)]
    """
    n, noise, source = positive_int("n", n), _noise(noise), generator(rng)
    radii = (1.0, number_between("factor", factor, 0.0, 1.0))
    return [(_noisy(_on_circle(source.random(), radii[i % 2]), noise, source), i % 2) for i in range(n)]


@explained()
def spirals(n: int, classes: int = 2, turns: float = 1.0, noise: float = 0.02, rng: Rng = None) -> list[Labelled]:
    """`n` points on spiral arms that start near the origin and end on the unit circle, one arm for each class.

    Along an arm the radius grows evenly with the angle, from 0.1 to 1, and positions along it are uniformly random. The
    arms differ by a rotation, so they are `0.9 / (turns * classes)` apart, and less at the start. Classes
    alternate.

    Args:
        n: number of points, at least 1.
        classes: number of arms, at least 1.
        turns: how often each arm winds around the origin, more than 0.
        noise: standard deviation of the noise on each coordinate. Default: with two arms of one turn, a tenth of
            the gap at the start.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` or `classes` is not a positive int, `turns` not a positive finite number, or the noise not a
            finite number of at least 0.

    >>> [([round(x, 3), round(y, 3)], label) for (x, y), label in spirals(2, noise=0.0, rng=0)]
    [([0.481, -0.713], 0), ([-0.154, -0.113], 1)]
    """
    n, classes, source = positive_int("n", n), positive_int("classes", classes), generator(rng)
    turns, noise = positive_number("turns", turns), _noise(noise)

    def point(label: int) -> list[float]:
        along = source.random()
        return _noisy(_on_circle(turns * along + label / classes, 0.1 + 0.9 * along), noise, source)

    return [(point(i % classes), i % classes) for i in range(n)]


@explained()
def blobs(n: int, centers: int | Sequence[Sequence[float]] = 3, noise: float = 1.0, rng: Rng = None) -> list[Labelled]:
    """`n` points in normally distributed clusters, one for each class. Classes alternate.

    Args:
        n: number of points, at least 1.
        centers: the centres, of any dimension; or their number, and they are uniformly random in the square from -10 to
            10, as in scikit-learn. Random centres may be close to each other.
        noise: standard deviation of each coordinate in a cluster.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int, `centers` neither a positive int nor lists of finite numbers, all of
            the same length, or the noise not a finite number of at least 0.

    >>> [([round(x, 3), round(y, 3)], label) for (x, y), label in blobs(2, [[0, 0], [5, 5]], noise=0.1, rng=0)]
    [([0.076, 0.213], 0), ([5.047, 5.017], 1)]
    """
    n, noise, source = positive_int("n", n), _noise(noise), generator(rng)
    middles = _middles(centers, source)
    return [(_noisy(middles[i % len(middles)], noise, source), i % len(middles)) for i in range(n)]


@explained()
def xor(n: int = 4, noise: float = 0.0, rng: Rng = None) -> list[Labelled]:
    """`n` points at the corners (0, 0), (0, 1), (1, 0) and (1, 1), in turn; the class is the exclusive or.

    Args:
        n: number of points, at least 1. Default: each corner once, the classical four samples.
        noise: standard deviation of the noise on each coordinate. Default: none.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int or the noise not a finite number of at least 0.

    >>> xor()
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    n, noise, source = positive_int("n", n), _noise(noise), generator(rng)
    corners = [((float(a), float(b)), a ^ b) for a in (0, 1) for b in (0, 1)]
    return [(_noisy(corner, noise, source), label) for corner, label in (corners[i % 4] for i in range(n))]


# ---- Parts -----------------------------------------------------------------------------------------------------------


def _noise(noise: float) -> float:
    return number_between("noise", noise, 0.0, math.inf)


def _noisy(point: Sequence[float], noise: float, source: Generator) -> list[float]:
    return [x + noise * normal(source) for x in point]


def _on_circle(turns: float, radius: float) -> tuple[float, float]:
    x, y = direction(turns)
    return radius * x, radius * y


def _middles(centers: int | Sequence[Sequence[float]], source: Generator) -> list[list[float]]:
    if not isinstance(centers, Sequence):
        return [[20.0 * source.random() - 10.0 for _ in "xy"] for _ in range(positive_int("centers", centers))]
    middles = [[number_between("a coordinate of a centre", x, -math.inf, math.inf) for x in point] for point in centers]
    if not middles or len(set(map(len, middles))) > 1 or not middles[0]:
        raise InputError(f"centers must be a number or points of the same dimension, got {centers!r:.80}")
    return middles
