"""Reproducible randomness: the same seed gives the same bits on every platform and Python version.

Everything random in `nn` has an argument `rng` and uses only its method `random()`, whose sequence Python guarantees
not to change, and arithmetic that IEEE 754 rounds correctly (`+ - * /` and square roots). It does not use `gauss`,
`shuffle` or `cos`: their algorithms or last bits depend on the version and the platform.
"""

from __future__ import annotations

import operator
import random
from typing import TYPE_CHECKING, Protocol, SupportsIndex, TypeAlias, TypeVar

from autograd_core import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class Generator(Protocol):
    """A source of uniform random numbers: a `random.Random`, the module `random`, or a generator of numpy."""

    def random(self) -> float:
        """The next random number, at least 0 and less than 1."""


Rng: TypeAlias = Generator | SupportsIndex | None
"""A generator; or an int, the seed of a new one; or None for Python's global generator, which `random.seed` seeds."""


def generator(rng: Rng) -> Generator:
    """The generator that `rng` stands for.

    A function with an argument `rng` calls this once and passes the result on. If it passed on a seed, each use would
    start the same sequence again.

    Raises:
        InputError: if `rng` is neither a generator, nor an int, nor None.

    >>> generator(1337).random() == random.Random(1337).random()
    True
    >>> generator(None) is random
    True
    """
    if rng is None:
        return random
    if isinstance(rng, SupportsIndex):
        if not isinstance(rng, bool):  # the answer to another question
            return random.Random(operator.index(rng))
    elif callable(getattr(rng, "random", None)):
        return rng
    raise InputError(f"rng must be a random.Random, an int as seed, or None, got {rng!r}")


def shuffled(items: Iterable[T], rng: Rng) -> list[T]:
    """A new list of the items in random order, every order being equally likely (Fisher and Yates, 1938).

    >>> shuffled("abcde", 1)
    ['b', 'e', 'c', 'd', 'a']
    """
    source = generator(rng)
    result = list(items)
    for last in range(len(result) - 1, 0, -1):
        chosen = int(source.random() * (last + 1))
        result[last], result[chosen] = result[chosen], result[last]
    return result


def normal(rng: Rng) -> float:
    """An almost normal number with mean 0 and standard deviation 1: twelve uniform ones, added (Irwin, Hall, 1927).

    Its tails end at 6 standard deviations, which does not matter for noise in synthetic data; it needs neither
    logarithm nor cosine.
    """
    source = generator(rng)
    total = -6.0
    for _ in range(12):
        total += source.random()
    return total
