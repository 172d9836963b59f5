"""Samples of a table, kept as two arrays of numbers: 8 bytes a number, where lists of floats would take 40.

A list is made when its sample is asked for, so a table of a million lines fits where its numbers do.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

if TYPE_CHECKING:
    from nn.data.sampling import Sample

SHOWN: Final = 100
"""A longer sequence is shown by its first and last samples, as numpy shows an array."""

AT_EACH_END: Final = 3


class Rows(Sequence["Sample"]):
    """Samples `(features, target)`, each made anew when it is asked for; slices are such sequences again.

    Equal to a list of equal samples, and shown as one. To change samples, make a list of them: `list(rows)`.

    Args:
        features: the features of the samples, one after the other.
        targets: one target for each sample; an array of floats, or of ints for classes.
        width: the number of features of a sample.

    >>> rows = Rows(array("d", [1.0, 2.0, 3.0, 4.0]), array("q", [0, 1]), 2)
    >>> rows[-1], rows == [([1.0, 2.0], 0), ([3.0, 4.0], 1)]
    (([3.0, 4.0], 1), True)
    """

    def __init__(self, features: array[float], targets: array[Any], width: int) -> None:
        self.features = features
        self.targets = targets
        self.width = width

    def __len__(self) -> int:
        return len(self.targets)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> Sample | Rows:
        if isinstance(place, slice):
            return self.select(range(len(self))[place])
        target = self.targets[place]  # raises if there is no such place
        start = range(len(self))[place] * self.width
        return self.features[start : start + self.width].tolist(), target

    def __iter__(self) -> Iterator[Sample]:
        return (self[place] for place in range(len(self)))

    def __add__(self, other: Sequence[Sample]) -> list[Sample]:
        return [*self, *other] if isinstance(other, list | Rows) else NotImplemented

    def __radd__(self, other: list[Sample]) -> list[Sample]:
        return [*other, *self] if isinstance(other, list) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | Rows):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        """As a list; of a long one the first and the last samples."""
        if len(self) <= SHOWN:
            return repr(list(self))
        first, last = (", ".join(map(repr, part)) for part in (self[:AT_EACH_END], self[-AT_EACH_END:]))
        return f"[{first}, ..., {last}]"

    def select(self, places: Iterable[int]) -> Rows:
        """The samples at these places, in this order."""
        width, features, targets = self.width, array("d"), array(self.targets.typecode)
        for place in places:
            targets.append(self.targets[place])
            start = range(len(self))[place] * width
            features += self.features[start : start + width]
        return Rows(features, targets, width)
