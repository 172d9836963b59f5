"""Regression in one dimension: noisy samples of a sine, a nonlinear function."""

from __future__ import annotations

import math

from nn.base.checks import number_between, positive_int
from nn.base.rng import Rng, generator, normal
from nn.data.directions import direction


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
