"""Origins: the lines of code that the instructions of a program were recorded by, for messages.

A message about an instruction is rare, and a program has up to a million of them. So what is kept is the code object
and the offset in it, eight bytes for an instruction; the line is looked up when a message needs it.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from types import CodeType, FrameType
from typing import Any, Final, final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from autograd_core import errors
from autograd_core.companions import NAMES

# Taken from a module that is never compiled, as in `graph.anomalies`, which says why.
_HOME: Final = os.path.dirname(os.path.dirname(errors.__file__))  # noqa: PTH120 - pathlib is slow to import
_FOLDERS: Final = tuple([os.path.join(_HOME, name, "") for name in ("autograd_core", *NAMES)])  # noqa: PTH118

OURS: Final = -1
"""Stands for code of this project: the line that calls it is meant."""

NOWHERE: Final = -2
"""Stands for code that was not seen yet."""

_frame_here: Final[Callable[[], FrameType]] = sys._getframe


@final
class Swept:
    """What a sweep has appended to a program.

    Attributes:
        first: the first of its instructions.
        end: the end of them.
        sums: for each place before them the place of its sum, or a negative number if that is a plain number; empty for
            a sweep that is no backward pass.
        numbers: for each place its sum if that is a plain number.
    """

    __slots__ = ("end", "first", "numbers", "sums")

    def __init__(self, first: int, end: int) -> None:
        self.first: Final = first
        self.end: Final = end
        self.sums = vec[i32]()
        self.numbers = vec[float]()

    def moved(self, starts: Sequence[int], places: Sequence[int]) -> Swept:
        """The same sweep in a program whose instructions stand in other places (see `Origins.moved`)."""
        found = Swept(starts[self.first], starts[self.end])
        if len(self.sums):
            count = starts[len(self.sums)]
            found.sums = vec[i32]([i32(-1)] * count)
            found.numbers = vec[float]([math.nan] * count)
            for place, held in enumerate(self.sums):
                found.sums[places[place]] = i32(places[int(held)]) if held >= 0 else held
                found.numbers[places[place]] = self.numbers[place]
        return found

    def places_of(self, total: int, number: float | None) -> list[int]:
        """The places whose sum is at a place, or is this plain number, which stands there."""
        sums = [int(place) for place in self.sums]
        if number is None:
            return [place for place, held in enumerate(sums) if held == total]
        return [place for place, held in enumerate(sums) if held < 0 and self.numbers[place] == number]


@final
class Origins:
    """For each instruction the code that recorded it, and the offset there.

    Attributes:
        sweeps: what sweeps have appended, one after the other.

    >>> origins = Origins()
    >>> origins.note(1)
    >>> origins.line(0)
    '<doctest autograd_core.compiler.origins.Origins[1]>:1: origins.note(1)'
    """

    __slots__ = ("_codes", "_indices", "_latest", "_latest_index", "_offsets", "_which", "sweeps")

    def __init__(self) -> None:
        self.sweeps: list[Swept] = []
        self._codes: list[CodeType] = []  # kept alive, so that no other code gets the same identity
        self._indices: dict[int, int] = {}
        self._latest: object = None
        self._latest_index = OURS
        self._which = vec[i32]()
        self._offsets = vec[i32]()

    def note(self, count: i64) -> None:
        """Take notice that the code that runs now has recorded all instructions below `count` that are new."""
        frame: FrameType | None = _frame_here()
        index = NOWHERE
        while frame is not None:
            code: object = frame.f_code
            index = self._latest_index if code is self._latest else self._index(frame)
            if index != OURS:
                break
            frame = frame.f_back
        offset = 0 if frame is None else i32(frame.f_lasti)
        which, offsets, have = self._which, self._offsets, i64(len(self._which))
        while have < count:
            which, offsets = append(which, i32(index)), append(offsets, i32(offset))
            have += 1
        self._which, self._offsets = which, offsets

    def moved(self, starts: Sequence[int], places: Sequence[int], new: Sequence[Swept]) -> Origins:
        """The origins of a program whose sweeps are written out.

        Args:
            starts: for each instruction where it begins there, and where the last one ends.
            places: for each instruction its place there.
            new: the sweeps that are written out there.
        """
        found = Origins()
        found._codes, found._indices = self._codes, self._indices
        for place in range(len(starts) - 1):
            is_known = place < len(self._which)
            which = self._which[place] if is_known else i32(NOWHERE)
            offset = self._offsets[place] if is_known else i32(0)
            while len(found._which) < starts[place + 1]:
                found._which = append(found._which, which)
                found._offsets = append(found._offsets, offset)
        found.sweeps = sorted([*new, *[swept.moved(starts, places) for swept in self.sweeps]], key=_first)
        return found

    def line(self, place: int) -> str:
        """The line that recorded an instruction, as `file:line: code`."""
        from linecache import getline

        index = int(self._which[place]) if place < len(self._which) else NOWHERE
        if index < 0:
            return "a line that is not known"
        code, offset = self._codes[index], int(self._offsets[place])
        number = next((line for first, end, line in code.co_lines() if first <= offset < end), code.co_firstlineno)
        text = getline(code.co_filename, number or 0).strip()
        where = f"{code.co_filename}:{number}"
        return f"{where}: {text}" if text else where

    def _index(self, frame: FrameType) -> int:
        """The index of the code of a frame; the next look at the same code is fast."""
        code: Any = frame.f_code
        index = self._indices.get(id(code), NOWHERE)
        if index == NOWHERE:
            index = OURS if str(code.co_filename).startswith(_FOLDERS) else len(self._codes)
            self._indices[id(code)] = index
            self._codes.append(code)
        self._latest, self._latest_index = code, index
        return index


def _first(swept: Swept) -> int:
    return swept.first
