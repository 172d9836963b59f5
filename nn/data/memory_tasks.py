"""Sequences whose target depends on much earlier steps: tasks for networks with memory.

A sample is a list of steps, each a list of numbers, and the target after the last step. Each docstring gives the score
of a guess without memory, for comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from autograd_core import InputError
from autograd_core.calls import explained
from nn.base.checks import positive_int
from nn.base.rng import Generator, Rng, generator

if TYPE_CHECKING:
    from collections.abc import Sequence

Steps: TypeAlias = list[list[float]]
"""A sequence: for each step a list of numbers."""


@explained()
def parity(n: int, length: int | Sequence[int] = 8, rng: Rng = None) -> list[tuple[Steps, int]]:
    """`n` sequences of random bits; the class is 1 if the number of ones is odd. A guess is right half of the time.

    The class depends on every bit.

    Args:
        n: number of sequences, at least 1.
        length: steps of each; or the least and the greatest number of steps, all numbers between being equally likely.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` or a length is not a positive int, or the least is above the greatest.

    >>> parity(2, 3, rng=0)
    [([[1.0], [1.0], [0.0]], 0), ([[0.0], [1.0], [0.0]], 1)]
    """
    n, source = positive_int("n", n), generator(rng)
    lengths = _lengths(length)
    sequences = [[_one_of(2, source) for _ in range(_length(lengths, source))] for _ in range(n)]
    return [([[float(bit)] for bit in bits], sum(bits) % 2) for bits in sequences]


@explained()
def adding(n: int, length: int | Sequence[int] = 20, rng: Rng = None) -> list[tuple[Steps, float]]:
    """`n` sequences of pairs `[number, mark]`; the target is the sum of the two numbers whose mark is 1.

    The numbers are uniformly random from 0 to 1. One mark is in the first half of the sequence and one in the second.
    Predicting the mean, 1.0, gives a mean squared error of 1/6. (Hochreiter and Schmidhuber, Long short-term memory,
    Neural Computation 9, 1997, experiment 4; simplified.)

    Args:
        n: number of sequences, at least 1.
        length: steps of each, at least 2; or the least and the greatest number of steps, all numbers between being
            equally likely.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n` or a length is not a positive int, a length is 1, or the least is above the greatest.

    >>> [steps], [target] = zip(*adding(1, 4, rng=0))
    >>> [[round(number, 3), mark] for number, mark in steps], round(target, 3)
    ([[0.421, 0.0], [0.259, 1.0], [0.511, 0.0], [0.405, 1.0]], 0.664)
    """
    n, source = positive_int("n", n), generator(rng)
    lengths = _lengths(length, least=2)
    return [_addition(_length(lengths, source), source) for _ in range(n)]


def _addition(length: int, source: Generator) -> tuple[Steps, float]:
    half = length // 2
    first, second = _one_of(half, source), half + _one_of(length - half, source)
    steps = [[source.random(), 0.0] for _ in range(length)]
    steps[first][1] = steps[second][1] = 1.0
    return steps, steps[first][0] + steps[second][0]


@explained()
def first_symbol(
    n: int, length: int | Sequence[int] = 20, symbols: int = 4, rng: Rng = None
) -> list[tuple[Steps, int]]:
    """`n` sequences of random symbols; the class is the first of them. A guess is right with probability `1 / symbols`.

    A step is a one-hot list: 1.0 at the index of its symbol and 0.0 elsewhere. The symbols after the first do
    not affect the class.

    Args:
        n: number of sequences, at least 1.
        length: steps of each; or the least and the greatest number of steps, all numbers between being equally likely.
        symbols: number of different symbols, at least 1.
        rng: where the random numbers come from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if `n`, `symbols` or a length is not a positive int, or the least length is above the greatest.

    >>> first_symbol(2, 3, symbols=2, rng=0)
    [([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], 1), ([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], 0)]
    """
    n, symbols, source = positive_int("n", n), positive_int("symbols", symbols), generator(rng)
    lengths = _lengths(length)
    sequences = [[_one_of(symbols, source) for _ in range(_length(lengths, source))] for _ in range(n)]
    return [
        ([[float(i == symbol) for i in range(symbols)] for symbol in sequence], sequence[0]) for sequence in sequences
    ]


# ---- Parts -----------------------------------------------------------------------------------------------------------


def _one_of(count: int, source: Generator) -> int:
    return int(source.random() * count)


def _lengths(length: int | Sequence[int], least: int = 1) -> range:
    """All lengths that are possible."""
    bounds = [*length] if hasattr(length, "__iter__") else [length, length]
    if len(bounds) != 2:
        raise InputError(f"length must be an int, or the least and the greatest, got {length!r}")
    low, high = (positive_int("length", bound) for bound in bounds)
    if not least <= low <= high:
        raise InputError(f"length must be at least {least}, and the least not above the greatest, got {length!r}")
    return range(low, high + 1)


def _length(lengths: range, source: Generator) -> int:
    return lengths[_one_of(len(lengths), source)] if len(lengths) > 1 else lengths[0]
