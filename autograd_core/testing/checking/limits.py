"""Claims that are right for the limit of an iteration, checked against the iteration itself.

A computation that iterates until a tolerance is met jumps where the number of iterations changes. Between its jumps it
has the slope of a fixed number of iterations. From the slope of the limit, which an implicit derivative gives, this
differs by about the size of a jump over its distance. A claim within that distance is not called wrong.

With a loose tolerance the two slopes differ by so much that a mistake may be as small. Then the claim is wrong for the
function as it is, and the hint says what may be the cause.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from autograd_core.errors import OperandTypeError
from autograd_core.testing.checking.comparison import Comparator
from autograd_core.testing.measuring.agreement import FEW_DIGITS
from autograd_core.testing.measuring.differences import is_real
from autograd_core.testing.measuring.jumps import steepest_jump
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import FlatFunction

JUMPS: Final = 4.0
"""The slope of a limit is uncertain by the size of a jump over its distance times this."""

NEARBY: Final = 8e-3
"""A claim that is wrong by more than this part of the largest derivative is not that of a limit."""

LOOSE: Final = 0.2
"""A claim that is wrong by at most this part of the largest derivative may be that of a limit to a loose tolerance."""

SMALL: Final = 1e-2
"""A jump that is larger than this part of the value is one of the function itself, as those of `floor`."""

MOST: Final = 8
"""The number of wrong derivatives beside which jumps are searched."""

TOLERANCE: Final = (
    "cannot tell: nearby the function jumps by {0:.2g}, as where an iteration that stops at a tolerance takes one step "
    "more, so the derivative of its limit is known to ±{1:.2g} only; iterate to a smaller tolerance, or pass an rtol "
    "or atol that is enough"
)

LOOSE_TOLERANCE: Final = (
    "nearby the function jumps by {0:.2g}, as where an iteration that stops at a tolerance takes one step more; "
    "between its jumps it has the slope of its last steps, which is not that of the limit: iterate to a smaller "
    "tolerance, and check again"
)


def without_limits(entries: Sequence[Entry], comparator: Comparator) -> list[Entry]:
    """Return the entries, with those unverified that may be right for the limit of an iteration.

    If one is wrong by more, all stay as they are. A jump that is seen along one number concerns the others too, whose
    jumps may be out of reach.
    """
    places = {place: i for i, place in enumerate(comparator.function.names)}
    wrong = [k for k, entry in enumerate(entries) if entry.verdict is Verdict.MISMATCH]
    largest = max((abs(entry.numeric) for entry in entries if math.isfinite(entry.numeric)), default=0.0)
    if not all(entries[k].place in places and entries[k].absolute_error <= NEARBY * largest for k in wrong):
        return _with_loose_tolerance(entries, comparator, largest)
    slopes = [_slope_of_jumps(comparator, places[entries[k].place]) for k in wrong[:MOST]]
    jump, slope = max((*slopes, _slope_of_common_jumps(comparator)), key=lambda pair: pair[1])
    if not jump:
        return list(entries)
    is_tolerance = _is_tolerance(comparator, jump, slope, largest)
    found = list(entries)
    for k in wrong:
        doubt = JUMPS * slope if is_tolerance else FEW_DIGITS * abs(entries[k].numeric)
        if entries[k].absolute_error > doubt:
            return list(entries)  # one that is wrong decides
        found[k] = entries[k].unverified(TOLERANCE.format(jump, doubt))
    return found


def _with_loose_tolerance(entries: Sequence[Entry], comparator: Comparator, largest: float) -> list[Entry]:
    """Return the entries, with a hint at those without one that jumps explain; all stay wrong."""
    names = comparator.function.names

    def is_open(entry: Entry) -> bool:
        is_wrong = entry.verdict is Verdict.MISMATCH and entry.place in names
        return is_wrong and not entry.hint and entry.absolute_error <= LOOSE * largest

    most = max(filter(is_open, entries), key=lambda entry: entry.absolute_error, default=None)
    if most is None:
        return list(entries)
    jump, slope = _slope_of_jumps(comparator, names.index(most.place), on_both_sides=True)
    if not jump or not _is_tolerance(comparator, jump, slope, largest):
        return list(entries)
    return [
        replace(entry, hint=LOOSE_TOLERANCE.format(jump))
        if is_open(entry) and entry.absolute_error <= JUMPS * slope
        else entry
        for entry in entries
    ]


def _is_tolerance(comparator: Comparator, jump: float, slope: float, largest: float) -> bool:
    """Return whether a jump is so small that it may be that of an iteration that stops at a tolerance."""
    point = comparator.function.point
    size = max(abs(comparator.function.number(point)), largest * max(1.0, *map(abs, point)))
    return jump <= SMALL * size and slope <= largest


def _slope_of_jumps(comparator: Comparator, index: int, *, on_both_sides: bool = False) -> tuple[float, float]:
    """Return the size of a jump along one number, and that size over its distance; zeros if there is none."""
    function, point = comparator.function, comparator.function.point
    along = lambda t: _value(function, [*point[:index], t, *point[index + 1 :]])  # noqa: E731 - it is short
    jump = steepest_jump(along, point[index], function.unit([index]), on_both_sides=on_both_sides)
    return (jump.size, jump.size / jump.distance) if jump is not None else (0.0, 0.0)


def _slope_of_common_jumps(comparator: Comparator) -> tuple[float, float]:
    """Return the same where all numbers grow or shrink together, which makes many iterations longer or shorter."""
    point = comparator.function.point
    size = max(map(abs, point))
    if len(point) == 1 or not size:
        return 0.0, 0.0
    unit = comparator.function.unit(range(len(point)))
    jump = steepest_jump(lambda t: _value(comparator.function, [t * x for x in point]), 1.0, unit)
    return (jump.size, jump.size / (jump.distance * size)) if jump is not None else (0.0, 0.0)


def _value(function: FlatFunction, numbers: list[float]) -> float:
    """Return a function, nan where it has no value."""
    try:
        found = function.number(numbers)
    except (ArithmeticError, ValueError, OperandTypeError):
        return math.nan
    return found if is_real(found) else math.nan
