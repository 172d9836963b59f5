"""The gradients that a sweep over a program leaves, as places in a buffer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, final

from librt.vecs import vec
from mypy_extensions import i32

from autograd_core.compiler.recording import Recording

ABSENT: Final = -1
"""Stands for the sum of a place that nothing has reached."""

PLAIN: Final = -2
"""Stands for a sum that is a plain number: of seeds and local derivatives that are plain numbers."""


@final
class Sums:
    """The sums of a sweep: a mapping from places to Symbols and plain numbers, without places that were not reached.

    Attributes:
        places: for each place the place of its sum, or `ABSENT`, or `PLAIN`.
        numbers: for each place its sum if that is a plain number.
        connected: whether gradients pass through the sums, as after `backward(create_graph=True)`.
    """

    __slots__ = ("_recording", "connected", "numbers", "places")

    def __init__(self, recording: Recording, places: vec[i32], numbers: vec[float]) -> None:
        self._recording: Final = recording
        self.places = places
        self.numbers = numbers
        self.connected = False

    def __contains__(self, place: int) -> bool:
        return 0 <= place < len(self.places) and self.places[place] != ABSENT

    def __getitem__(self, place: int) -> Any:
        if place not in self:
            raise KeyError(place)
        held = int(self.places[place])
        return self.numbers[place] if held == PLAIN else self._recording.symbol(held)

    def get(self, place: int, default: Any = None) -> Any:
        """The sum of a place, or the default for one that was not reached."""
        return self[place] if place in self else default  # noqa: SIM401 - this is that method

    def __iter__(self) -> Iterator[int]:
        return iter([place for place in range(len(self.places)) if self.places[place] != ABSENT])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def items(self) -> list[tuple[int, Any]]:
        """All places that were reached, with their sums."""
        return [(place, self[place]) for place in self]
