"""Initial weights: how large, so that signals neither fade nor explode on their way through the layers.

An initialiser is a function `(fan_in, fan_out, rng)` that returns the `fan_in` weights of one neuron of
a layer with `fan_in` inputs and `fan_out` neurons. Biases start at 0. Which initialiser fits which
activation stands in the table of `nn.activations`.

Both are uniform rather than normal, because uniform numbers are the same bits everywhere (see `nn.rng`);
a uniform distribution on `[-a, a]` has the variance `a² / 3`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from nn.rng import Rng, generator

Initialiser: TypeAlias = Callable[[int, int, Rng], list[float]]


def uniform(count: int, bound: float, rng: Rng) -> list[float]:
    """`count` numbers drawn uniformly from `[-bound, bound)`.

    >>> uniform(2, 0.5, 1337)
    [0.11775285695147064, 0.03326557360500082]
    """
    source = generator(rng)
    return [bound * (2.0 * source.random() - 1.0) for _ in range(count)]


def he_uniform(fan_in: int, fan_out: int, rng: Rng) -> list[float]:  # noqa: ARG001 - all initialisers take the same
    """Weights with the variance `2 / fan_in`, so drawn from `±√(6 / fan_in)`; for relu.

    A relu passes on half of the variance it receives; the factor 2 makes up for it. `fan_out` plays no part.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on ImageNet classification" (2015), equation 10, arXiv:1502.01852.

    >>> max(he_uniform(6, 1, 0)) < 1.0
    True
    """
    return uniform(fan_in, math.sqrt(6.0 / fan_in), rng)


def glorot_uniform(fan_in: int, fan_out: int, rng: Rng) -> list[float]:
    """Weights with the variance `2 / (fan_in + fan_out)`, so drawn from `±√(6 / (fan_in + fan_out))`; for the others.

    The variance that keeps signals (`1 / fan_in`) and the one that keeps gradients (`1 / fan_out`) in
    size differ; this is the compromise between them, derived for a slope of 1 at the origin.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.

    >>> max(glorot_uniform(4, 2, 0)) < 1.0
    True
    """
    return uniform(fan_in, math.sqrt(6.0 / (fan_in + fan_out)), rng)
