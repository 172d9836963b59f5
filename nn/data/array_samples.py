"""Samples of a table, stored in two arrays of numbers: 8 bytes for each number, while lists of floats take 40.

The list of a sample is created on access, so a table of a million lines needs little more memory than its numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

if TYPE_CHECKING:
    from nn.data.sampling import Sample

SHOWN: Final = 100
"""The `repr` of a longer sequence has its first and last samples only, as in numpy."""

AT_EACH_END: Final = 3


class ArraySamples(Sequence["Sample"]):
    """Samples `(features, target)`, which are created on access; slices are such sequences, too.

    It equals a list of equal samples, and its `repr` is that of a list. To change samples, make a list of them:
    `list(samples)`.

    Args:
        features: the features of the samples, one after the other.
        targets: one target for each sample; an array of floats, or of ints for classes.
        width: the number of features of a sample.

    >>> samples = ArraySamples(array("d", [1.0, 2.0, 3.0, 4.0]), array("q", [0, 1]), 2)
    >>> samples[-1], samples == [([1.0, 2.0], 0), ([3.0, 4.0], 1)]
    (([3.0, 4.0], 1), True)
    """

    def __init__(self, features: array[float], targets: array[Any], width: int) -> None:
        self.features = features
        self.targets = targets
        self.width = width

    def __len__(self) -> int:
        return len(self.targets)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> ArraySamples: ...
    def __getitem__(self, index: int | slice) -> Sample | ArraySamples:
        if isinstance(index, slice):
            return self.select(range(len(self))[index])
        target = self.targets[index]  # raises if there is no such index
        start = range(len(self))[index] * self.width
        return self.features[start : start + self.width].tolist(), target

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def __add__(self, other: Sequence[Sample]) -> list[Sample]:
        return [*self, *other] if isinstance(other, list | ArraySamples) else NotImplemented

    def __radd__(self, other: list[Sample]) -> list[Sample]:
        return [*other, *self] if isinstance(other, list) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | ArraySamples):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # not hashable, like a list

    def __repr__(self) -> str:
        """The `repr` of a list; of a long one, only the first and the last samples."""
        if len(self) <= SHOWN:
            return repr(list(self))
        first, last = (", ".join(map(repr, part)) for part in (self[:AT_EACH_END], self[-AT_EACH_END:]))
        return f"[{first}, ..., {last}]"

    def select(self, places: Iterable[int]) -> ArraySamples:
        """The samples at these indices, in this order."""
        width, features, targets = self.width, array("d"), array(self.targets.typecode)
        for index in places:
            targets.append(self.targets[index])
            start = range(len(self))[index] * width
            features += self.features[start : start + width]
        return ArraySamples(features, targets, width)
