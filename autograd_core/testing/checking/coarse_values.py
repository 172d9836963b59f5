"""Slopes that cannot be seen because all values of the function are multiples of one coarse unit.

`(1e16 + x) - 1e16` gives even numbers only, and stands still where `x` moves by less. Then nobody can tell whether 0 or
any other slope that changes the value by less than the unit is right. That the values are so coarse shows far from the
point, where they move. Functions that count, such as `floor`, give integers, and their slope is 0. A unit that is no
larger than the rounding of numbers at 1 is not coarse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autograd_core.errors import OperandTypeError
from autograd_core.testing.checking.comparison import Comparator
from autograd_core.testing.measuring.differences import is_real
from autograd_core.testing.measuring.stairs import EPSILON, common_unit
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import FlatFunction

FAR: Final = range(-6, 16, 2)
"""The powers of 2 of the distances, in proportion to the numbers or to 1, at which the function is called."""

LEVELS: Final = 5
"""The number of different changes that show a unit: a function with a few steps has fewer."""

LEAST: Final = 64
"""The smallest change is at most this many units if these are coarse."""

HIDING: Final = 4.0
"""A slope is hidden that changes the value by at most this many units where a number moves by its size."""

COARSE: Final = (
    "cannot tell: even far from the point all changes of the function are multiples of {0:g}, which hides any "
    "derivative up to ±{1:.2g}; is something large added and subtracted again?"
)


def without_hidden(entries: Sequence[Entry], comparator: Comparator) -> list[Entry]:
    """Return the entries, with those unverified whose derivative the unit of the values hides."""
    if not all(map(_stands_still, entries)):
        return list(entries)  # the values are not so coarse, and far from the point the function may never end
    unit = coarse_unit(comparator.function, comparator.rules.rng.random())
    sizes = [max(1.0, *map(abs, entry.point or comparator.function.point)) for entry in entries]
    return [
        entry.unverified(COARSE.format(unit, HIDING * unit / size))
        if unit and abs(entry.analytic) * size <= HIDING * unit
        else entry
        for entry, size in zip(entries, sizes, strict=True)
    ]


def _stands_still(entry: Entry) -> bool:
    """Return whether the slope that is measured is 0, be it known or not."""
    known = entry.verdict in (Verdict.OK, Verdict.MISMATCH, Verdict.NOISE) and entry.numeric == 0.0
    return known or (entry.verdict is Verdict.JUMP and 0.0 in (entry.left, entry.right))


def coarse_unit(function: FlatFunction, part: float) -> float:
    """Return the unit of the values of a function far from the point if it is coarse, else 0.

    Args:
        function: the function.
        part: a random number from 0 to 1, so that distances are no simple fractions.
    """
    point = function.point

    def value(distance: float) -> float:
        moved = [x + distance * max(1.0, abs(x)) * (1.0 + math.modf((i + 1) * part)[0]) for i, x in enumerate(point)]
        try:
            found = function.number(moved)
        except (ArithmeticError, ValueError, OperandTypeError):
            return math.nan  # outside the domain
        return found if is_real(found) else math.nan

    here = function.number(point)
    changes = {abs(value(sign * 2.0**k) - here) for k in FAR for sign in (-1, 1)}
    moving = sorted(change for change in changes if change > 0.0 and math.isfinite(change))
    unit = common_unit(moving)
    is_coarse = unit > EPSILON and unit != 1.0
    return unit if is_coarse and len(moving) >= LEVELS and moving[0] <= LEAST * unit else 0.0
