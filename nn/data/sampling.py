"""Samples, and what is done with a list of them: hold some back, take them in batches.

A sample is a pair of a list of numbers, the features, and what a model should say about them, for
example the index of a class.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from autograd_core import InputError
from nn.checks import number_between, positive_int
from nn.rng import Rng, generator, shuffled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Sample: TypeAlias = tuple[list[float], int]
"""Features, and the index of the class they belong to."""

T = TypeVar("T")


class Split(NamedTuple):
    """Samples to learn from, and samples held back to test with."""

    train: list[Sample]
    test: list[Sample]


class Batches(Generic[T]):
    """The samples in random order and in groups of `size`; the last group may be smaller.

    Iterating over it once is one epoch; every further time the order is a new one.

    Args:
        samples: any sequence, at least one item.
        size: samples per batch, at least 1.
        rng: where the order comes from; see `nn.rng`.

    Raises:
        InputError: if there are no samples or the size is not a positive int.

    >>> batches = Batches("abcde", 2, rng=1)
    >>> len(batches), list(batches), list(batches)
    (3, [['b', 'e'], ['c', 'd'], ['a']], [['a', 'e'], ['d', 'b'], ['c']])
    """

    def __init__(self, samples: Sequence[T], size: int, rng: Rng = None) -> None:
        if len(samples) == 0:
            raise InputError("expected at least one sample to make batches of, got none")
        self.samples = samples
        self.size = positive_int("size", size)
        self._generator = generator(rng)

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        return (len(self.samples) + self.size - 1) // self.size

    def __iter__(self) -> Iterator[list[T]]:
        order = shuffled(self.samples, self._generator)
        return (order[start : start + self.size] for start in range(0, len(order), self.size))


def split(samples: Sequence[Sample], held_back: float = 0.2, rng: Rng = 0) -> Split:
    """Hold back a share of every class: chosen at random, but the same for the same seed.

    Class by class (stratified), so that the test asks about all classes as often as they occur. Within
    both parts the samples keep their order.

    Args:
        samples: pairs of features and class.
        held_back: share of the samples for the test, from 0 to less than 1. Default: a fifth.
        rng: chooses them; see `nn.rng`. Default: seed 0, so that everybody means the same test samples.

    Raises:
        InputError: if the share is out of its range.

    >>> train, test = split([([0.0], i % 2) for i in range(20)])
    >>> len(train), [label for _, label in test]
    (16, [1, 0, 0, 1])
    """
    held_back, rng = number_between("held_back", held_back, 0.0, 1.0), generator(rng)
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, (_, label) in enumerate(samples):
        places[label].append(place)
    chosen: set[int] = set()
    for _, members in sorted(places.items()):
        chosen.update(shuffled(members, rng)[: round(held_back * len(members))])
    return Split(
        train=[sample for place, sample in enumerate(samples) if place not in chosen],
        test=[sample for place, sample in enumerate(samples) if place in chosen],
    )
