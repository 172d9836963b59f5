"""The right numbers in wrong places: arrays that are transposed, reversed or rolled, and arguments that are swapped.

A row is a text and a function that returns where each number comes from: the place `i` of an array holds the derivative
with respect to the number at the place `order[i]`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from autograd_core.testing.causes.evidence import CLOSE, DOUBTS, Argument, Evidence, finite, same

MOST: Final = 20_000
"""Arrays with more numbers than this are not rearranged."""

NEARLY: Final = 1e-2
"""Up to this relative distance numbers are at their places, and inexact."""

BEYOND: Final = 1e-6
"""The chance that numbers agree by accident in an order that is one of many."""


class Arrangement(NamedTuple):
    """An order of the numbers of an array, by its shape and its numbers; None if it does not apply."""

    text: str
    order: Callable[[tuple[int, ...], Sequence[float]], Sequence[int] | None]


def _transposed(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int] | None:
    if len(shape) != 2 or 1 in shape:
        return None
    rows, columns = shape
    return [i * columns + j for j in range(columns) for i in range(rows)]


def _reversed(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int]:
    return range(len(numbers) - 1, -1, -1)


def _rows_reversed(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int] | None:
    if len(shape) != 2:
        return None
    rows, columns = shape
    return [(rows - 1 - i) * columns + j for i in range(rows) for j in range(columns)]


def _columns_reversed(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int] | None:
    if len(shape) != 2:
        return None
    rows, columns = shape
    return [i * columns + columns - 1 - j for i in range(rows) for j in range(columns)]


def _rolled(by: int) -> Callable[[tuple[int, ...], Sequence[float]], Sequence[int]]:
    return lambda shape, numbers: [(i - by) % len(numbers) for i in range(len(numbers))]


def _sorting(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int]:
    return sorted(range(len(numbers)), key=lambda i: numbers[i])


def _unsorting(shape: tuple[int, ...], numbers: Sequence[float]) -> Sequence[int]:
    order = _sorting(shape, numbers)
    return sorted(range(len(order)), key=lambda i: order[i])


ARRANGEMENTS: Final = (
    Arrangement("the gradient of {v} is transposed", _transposed),
    Arrangement("the gradient of {v} is in reverse order: is an array or a kernel not flipped?", _reversed),
    Arrangement("the rows of the gradient of {v} are in reverse order", _rows_reversed),
    Arrangement("the columns of the gradient of {v} are in reverse order", _columns_reversed),
    Arrangement("the gradient of {v} is rolled by one place: is an index off by one?", _rolled(1)),
    Arrangement("the gradient of {v} is rolled by one place: is an index off by one?", _rolled(-1)),
    Arrangement("the gradient of {v} is in the order of the sorted numbers: is the sorting not undone?", _sorting),
    Arrangement("the gradient of {v} is sorted where it should not be: is the sorting undone twice?", _unsorting),
)  # fmt: skip


def arrangement(evidence: Evidence, argument: Argument) -> str:
    """Return the text on the right numbers in wrong places of one array; "" if they are not."""
    span = slice(argument.start, argument.start + math.prod(argument.shape))
    claimed, true = evidence.here.claimed[span], evidence.here.true[span]
    doubt, numbers = evidence.here.doubt[span], evidence.here.point[span]
    if not 2 < len(true) <= MOST or not finite(true) or not finite(claimed):
        return ""
    if all(same(*pair, NEARLY) for pair in zip(claimed, true, strict=True)):
        return ""  # each is nearly right at its place
    if _agreement(sorted(claimed), sorted(true), max(doubt)) > BEYOND:
        return _summed_backwards(claimed, true, max(doubt)) or _shifted(claimed, true, max(doubt))
    for row in ARRANGEMENTS:
        order = row.order(argument.shape, numbers)
        if order is not None and _agrees(claimed, [true[k] for k in order], max(doubt)):
            return row.text
    for by in range(2, min(len(true) - 1, 50)):
        if _agrees(claimed, [true[i - by] for i in range(len(true))], max(doubt)):
            return f"the gradient of {{v}} is rolled by {by} places"
    return "the gradient of {v} has the right numbers in a wrong order: is a permutation not undone?"


def swapped(evidence: Evidence, argument: Argument) -> str:
    """Return the name of an argument whose gradient this one has; "" if there is none."""
    here = evidence.here
    claimed = [here.claimed[i] for i in argument.indices]
    for other in evidence.arguments:
        if other.start != argument.start and len(other.indices) == len(claimed):
            true = [here.true[i] for i in other.indices]
            doubt = max((here.doubt[i] for i in other.indices), default=0.0)
            exchanged = [here.claimed[i] for i in other.indices], [here.true[i] for i in argument.indices]
            if len(claimed) > 1 and finite(true) and _agreement(claimed, true, doubt) <= BEYOND:
                both = _agrees(*exchanged, max(here.doubt[i] for i in argument.indices))
                what = "the two are swapped" if both else "is a wrong argument used?"
                return f"the gradient of {{v}} is that of {other.name}: {what}"
    return ""


def wrong_axis(evidence: Evidence, argument: Argument) -> str:
    """Return the text on a row that is added to a matrix, whose gradient is the sum over the wrong axis."""
    here = evidence.here
    if len(argument.shape) != 1:
        return ""
    claimed, true = ([numbers[i] for i in argument.indices] for numbers in (here.claimed, here.true))
    for other in evidence.arguments:
        if not finite(here.true[i] for i in other.indices):
            continue
        sums = [[math.fsum(here.true[i] for i in line) for line in lines] for _, lines in lines_of(other)]
        doubt = math.fsum(here.doubt[i] for i in other.indices)
        for wrong, right in (sums, sums[::-1]) if sums and len(sums[0]) == len(sums[1]) == len(true) else ():
            if finite(wrong) and _agrees(true, right, doubt) and _agreement(claimed, wrong, doubt) <= BEYOND:
                return f"the gradient of {{v}} is that of {other.name}, added up over the wrong axis"
    return ""


def _summed_backwards(claimed: Sequence[float], true: Sequence[float], doubt: float) -> str:
    """Return the text on a cumulative sum from the wrong end."""
    forwards = [b - a for a, b in itertools.pairwise([0.0, *claimed])]
    backwards = [a - b for a, b in itertools.pairwise([*true, 0.0])]
    for ours, theirs in (
        (forwards, backwards),
        ([a - b for a, b in itertools.pairwise([*claimed, 0.0])], [b - a for a, b in itertools.pairwise([0.0, *true])]),
    ):
        if _agreement(ours, theirs, 2 * doubt) <= BEYOND:
            return "the gradient of {v} adds up the same terms from the other end: is a cumulative sum not reversed?"
    return ""


def _shifted(claimed: Sequence[float], true: Sequence[float], doubt: float) -> str:
    """Return the text on numbers that are one place from theirs, with 0 in the place that is left."""
    for end, left, ours, theirs in (
        ("end", claimed[-1], claimed[:-1], true[1:]),
        ("beginning", claimed[0], claimed[1:], true[:-1]),
    ):
        if not left and _agreement(ours, theirs, doubt) <= BEYOND:
            return f"the gradient of {{v}} is shifted by one place, with 0 at the {end}: is an index off by one?"
    return ""


def _agrees(a: Sequence[float], b: Sequence[float], doubt: float) -> bool:
    return _agreement(a, b, doubt) < math.inf


def _agreement(a: Sequence[float], b: Sequence[float], doubt: float) -> float:
    """Return the chance that two lists agree by accident, `inf` if they do not; equal numbers count once."""
    chance, seen = 1.0, set[float]()
    for x, y in zip(a, b, strict=True):
        size = max(abs(x), abs(y))
        tolerance = CLOSE * size + DOUBTS * doubt
        if not abs(x - y) <= tolerance:
            return math.inf
        if size and x not in seen:
            seen.add(x)
            chance *= min(1.0, tolerance / size)
    return chance


def lines_of(argument: Argument) -> Iterator[tuple[str, list[list[int]]]]:
    """Yield the rows and the columns of a matrix as lists of indices."""
    if len(argument.shape) != 2 or 1 in argument.shape:
        return
    rows, columns = argument.shape
    start = argument.start
    yield "row", [[start + i * columns + j for j in range(columns)] for i in range(rows)]
    yield "column", [[start + i * columns + j for i in range(rows)] for j in range(columns)]
