"""Dropout: in training, numbers are set to 0 at random, so that neurons do not rely on particular other neurons.

This is inverted dropout, as in all current libraries: the remaining numbers are scaled up in training, so evaluation
needs no scaling, and a network in `eval()` mode records the same graph as without dropout.
"""

from __future__ import annotations

import random
from typing import Any, SupportsIndex

from autograd_core import InputError
from nn.base.conversion import model_input
from nn.base.rng import Rng, generator
from nn.layers.activations import mapped
from nn.modules.module import Module


class Dropout(Module):
    """In training each number becomes 0 with the probability `p`, else `x / (1 - p)`; in evaluation it is unchanged.

    Args:
        p: the probability of becoming 0, from 0 to 1.
        rng: a seed, or a generator to draw a seed from, or None for Python's global generator, which `random.seed`
            seeds. The module has its own generator, so its choices do not depend on other draws.

    Attributes:
        p: the probability; it can be changed at any time.
        rng: the generator.

    Raises:
        InputError: if `p` is not a number from 0 to 1.

    The expected value of each number does not change. A number that becomes 0 stays in the graph, with a gradient of 0.

    Source: N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", Journal of Machine Learning Research 15 (2014).

    >>> dropout = Dropout(0.5, rng=3)
    >>> dropout([1.0, 2.0, 3.0, 4.0])
    [0.0, 4.0, 0.0, 8.0]
    >>> dropout.eval()([1.0, 2.0, 3.0, 4.0])
    [1.0, 2.0, 3.0, 4.0]
    """

    rng_names = ("rng",)

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        self.p = _probability(p)
        self.rng = own_generator(rng)

    def __call__(self, x: Any) -> Any:
        """The numbers of `x`, a number or a nested list, each dropped independently of the others."""
        p, x = _probability(self.p), model_input(x)
        if not self.training or p == 0.0:
            return x
        scale, source = 1.0 / (1.0 - p) if p < 1.0 else 0.0, self.rng
        return mapped(lambda number: number * (scale if source.random() >= p else 0.0), x)

    def __repr__(self) -> str:
        return f"Dropout(p={self.p!r})"


class Unrepeatable(random.Random):
    """A generator with a seed from Python's global generator, so its numbers differ between runs of a program."""


def own_generator(rng: Rng) -> random.Random:
    """A new generator, whose state can be saved: with the seed `rng`, or with one drawn from the generator `rng`.

    It is meant for modules whose calls draw random numbers.

    >>> own_generator(3).random() == random.Random(3).random()
    True
    """
    source = generator(rng)  # for a seed, too, because it checks the argument
    if isinstance(rng, SupportsIndex) and isinstance(source, random.Random):
        return source
    return (Unrepeatable if source is random else random.Random)(int(source.random() * 2**53))


def _probability(p: object) -> float:
    if isinstance(p, (float, int)) and not isinstance(p, bool) and 0.0 <= p <= 1.0:
        return float(p)
    raise InputError(f"p must be a probability, a number from 0 to 1, got {p!r}")
