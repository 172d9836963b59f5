"""Regression in one dimension: noisy samples of a sine, a nonlinear function, and of a straight line."""

from __future__ import annotations

import math

from autograd_core.calls import explained
from nn.base.checks import finite_number, number_between, positive_int
from nn.base.rng import Rng, generator, normal
from nn.data.directions import direction


@explained()
def sine(n: int, noise: float = 0.1, rng: Rng = None) -> list[tuple[list[float], float]]:
    """`n` samples `([x], sin(x) + noise)`, with `x` uniformly random from -π to π.

    Args:
        n: number of samples, at least 1.
        noise: standard deviation of the noise on the target. Its square is the lowest expected mean squared error of a
            model.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int or the noise not a finite number of at least 0.

    >>> [([round(x, 3)], round(y, 3)) for [x], y in sine(2, noise=0.0, rng=0)]
    [([2.164], 0.829), ([1.607], 0.999)]
    """
    n, noise, source = positive_int("n", n), number_between("noise", noise, 0.0, math.inf), generator(rng)
    turns = [(source.random() - 0.5, noise * normal(source)) for _ in range(n)]
    return [([turn * math.tau], direction(turn)[1] + error) for turn, error in turns]


@explained()
def line(
    n: int, slope: float = 1.5, offset: float = 0.5, noise: float = 0.3, rng: Rng = None
) -> list[tuple[list[float], float]]:
    """`n` samples `([x], slope · x + offset + noise)`, with `x` uniformly random from 0 to 2.

    The mean of `x` is not 0, so a larger slope can be balanced by a smaller offset: the squared error has a narrow
    valley, in which gradient descent zigzags.

    Args:
        n: number of samples, at least 1.
        slope: what the target grows by if `x` grows by 1.
        offset: the target at 0, without noise.
        noise: standard deviation of the noise on the target. Its square is the lowest expected mean squared error of a
            model.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` is not a positive int, the noise not a finite number of at least 0, or another number not
            finite.

    >>> [([round(x, 3)], round(y, 3)) for [x], y in line(2, noise=0.0, rng=0)]
    [([1.689], 3.033), ([1.512], 2.767)]
    """
    n, noise, source = positive_int("n", n), number_between("noise", noise, 0.0, math.inf), generator(rng)
    slope, offset = finite_number("slope", slope), finite_number("offset", offset)
    drawn = [(2.0 * source.random(), noise * normal(source)) for _ in range(n)]
    return [([x], slope * x + offset + error) for x, error in drawn]
