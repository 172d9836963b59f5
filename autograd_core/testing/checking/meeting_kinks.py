"""Kinks that meet at a point: the slopes beside it tell whether a claim is a gradient of one of the pieces.

At a kink of a convex function, such as a maximum, a gradient lies between the slopes on both sides, along every
direction. Where several kinks meet it need not: `max(x, 0) - max(y, 0)` has the slope 0 along (1, 1) at (0, 0), on both
sides, but its gradients beside this point are (0, 0), (1, 0), (0, -1) and (1, -1). Code for ReLU, clipping or pooling
claims one of them, which is as right as another.

So the slopes at points beside it are measured, too. They are Clarke's generalised derivatives: a claim among them is
one of a gradient of some pieces. A claim outside of them can be a convention of the code for each kink alone, which no
measurement can judge, unless the slopes beside the point are just those on the two sides: then there is one kink.

Source: F. Clarke, "Optimization and nonsmooth analysis" (1983), chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.flat_function import FlatFunction

SAMPLES: Final = 12
"""Points beside the kink that are drawn at random."""

FEW: Final = 24
"""Up to this many numbers, each of them is also moved to its other side, to find the steepest pieces."""

DISTANCE: Final = 2.0**-14
STEP: Final = 2.0**-28
"""How far beside the kink, and over which step slopes are measured there, relative to a number of size 1."""

DISTANCE_OF_SINGLE: Final = 2.0**-5
STEP_OF_SINGLE: Final = 2.0**-12
"""The same for values in 32 bits."""

TURNS: Final = 8
TURN: Final = 0.1
"""The number of pairs of points beside the kink in nearly the same direction, and how much each number changes."""

SAME: Final = 1e-3
"""Slopes with a smaller relative difference are the same."""

MEET: Final = (
    "cannot tell: several kinks meet here, and the claim is no gradient beside them, but may be a convention for each; "
    "choose another point"
)


def judged_beside(function: FlatFunction, entry: Entry, direction: Sequence[float], rng: Random) -> Entry:
    """Return an entry that is wrong at a kink, judged again by the slopes along the direction at points beside it."""
    slopes = [slope for slope in _slopes_beside(function, direction, rng) if math.isfinite(slope)]
    sides = [side for side in (entry.left, entry.right, entry.numeric) if math.isfinite(side)]
    if not slopes or not sides or not math.isfinite(entry.analytic):
        return entry
    same = SAME * max(map(abs, slopes + sides))
    if _rounding(function) > same or all(min(abs(slope - side) for side in sides) <= same for slope in slopes):
        return entry
    if min(slopes) - same <= entry.analytic <= max(slopes) + same:
        return replace(entry, verdict=Verdict.KINK, accepted=True, hint="", suspect="")
    return entry if _is_round(function, direction, rng, same) else entry.unverified(MEET)


def _is_round(function: FlatFunction, direction: Sequence[float], rng: Random, same: float) -> bool:
    """Return whether slopes turn with the point beside the kink, as those of a norm at 0 do, which is one kink.

    Where kinks of straight pieces meet, points in nearly the same direction are on one piece.
    """
    if function.is_short:
        return False
    changed = 0
    for _ in range(TURNS):
        shift = [rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 1.0) for _ in function.point]
        other = [x * (1.0 + rng.choice((-1.0, 1.0)) * TURN) for x in shift]
        changed += abs(_slope(function, shift, direction) - _slope(function, other, direction)) > same
    return changed > TURNS // 2


def _slopes_beside(function: FlatFunction, direction: Sequence[float], rng: Random) -> list[float]:
    """Return slopes along a direction at points beside the point: random ones, and those on the steepest pieces."""
    count = len(function.point)
    shifts = [[rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 1.0) for _ in range(count)] for _ in range(SAMPLES)]
    found = [_slope(function, shift, direction) for shift in shifts]
    if count <= FEW:
        for sign in (-1.0, 1.0):
            shift = [rng.uniform(0.5, 1.0) * math.copysign(1.0, sign * d) for d in direction]
            best = sign * _slope(function, shift, direction)
            for index in range(count):
                other = [-x if i == index else x for i, x in enumerate(shift)]
                slope = sign * _slope(function, other, direction)
                if slope > best:
                    shift, best = other, slope
            found.append(sign * best)
    return found


def _rounding(function: FlatFunction) -> float:
    """Return the rounding of the slopes; a range of slopes that only rounding makes wide says nothing about a claim."""
    unit, step = (2.0**-24, STEP_OF_SINGLE) if function.is_short else (2.0**-52, STEP)
    return unit * abs(function.number(function.point)) / step


def _slope(function: FlatFunction, shift: Sequence[float], direction: Sequence[float]) -> float:
    """Return the slope along a direction at a point that is shifted; nan where the function has none."""
    distance, step = (DISTANCE_OF_SINGLE, STEP_OF_SINGLE) if function.is_short else (DISTANCE, STEP)
    sizes = [max(1.0, abs(x)) for x in function.point]
    beside = [x + distance * size * s for x, size, s in zip(function.point, sizes, shift, strict=True)]
    step *= max(sizes)
    ends = [[x + sign * step * d for x, d in zip(beside, direction, strict=True)] for sign in (1.0, -1.0)]
    try:
        above, below = map(function.number, ends)
    except (ArithmeticError, ValueError):
        return math.nan
    return (above - below) / (2.0 * step)
