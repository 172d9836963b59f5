"""The slope of a function of one number from a ladder of steps, with a measured error.

Each step is half the one before, from half the scale down to the spacing of the floats. The central quotients
of all steps, and their Richardson extrapolations of two orders, are the estimates. Too long a step shows as a spread
of neighbouring estimates, and so do rounding, noise and aliasing. The error of an estimate is this spread over five
neighbours plus the rounding of the values divided by the step. No tolerance is assumed.

A value that does not change says nothing about a slope smaller than its spacing. If the function stands still under
short steps and is a staircase around them, the smallest change seen is the rounding of its values: a function in 32
bits, a rounded one, or an iteration to a tolerance. If it is no staircase, the slope is 0 there.

An error is judged by what the function does over the step: the largest one-sided slope. This also holds at a minimum,
where the derivative is 0. Of the estimates that are good by this measure those with the shortest steps are meant,
because features that the longer steps average do not count.

Beside a pole or the tip of a cusp, long steps reach over it, and their central quotients are precise and say nothing
about the point. The one-sided derivatives tell: where a function is smooth they come together as the step shrinks, and
at a kink they stay apart. If they do neither, the slope is not known better than their distance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from autograd_core.testing.measuring.rungs import STANDING, Rung, rungs_of, steps_of
from autograd_core.testing.measuring.stairs import (
    EPSILON,
    common_unit,
    has_few_bits,
    is_single,
    jump_beside,
    roughness,
    stands_on_stairs,
)

KNOWN: Final = 1e-2
"""Up to this error, relative to the one-sided slope, a slope is known."""

VANISHED: Final = 1e-12
"""A slope that is smaller by this factor over shorter steps is 0, as that of `x * abs(x)` at 0."""

ROUGH: Final = 1e-1
"""Up to this error a slope is at least told from one that is wrong by far."""

SINGLE: Final = 2.0**-24
"""The relative rounding of 32-bit numbers."""

QUANTUM: Final = 16.0
"""Changes above this many units in the last place are larger than the rounding of doubles."""

CUT: Final = 2.0**-20
"""The end of a domain may cut the longest step down to this part of itself before rounding hides a slope."""

STAIR: Final = 2.0**-5
WIDE_STAIR: Final = 2.0**-3
"""Stairs up to the first part of the longest step are the rounding of values, and those above the second are the
function itself, such as `floor`. Between them nobody can tell."""

JUMP: Final = 2.0**-21
"""Relative to the values, jumps of at most this size are the rounding of 32 bits."""

PLAIN: Final = 16.0
"""A function leaves a line if its distance is more than this many times the rounding of its values."""

WIDER: Final = (1, 4, 16, 64, 256)
"""The nearest jump on one side is much nearer than that on the other, if the point is beside it."""

STEADY: Final = 0.1
"""One-sided derivatives whose distance differs by at most this part over several steps stay apart: a kink."""

BLURRED: Final = 2.0
"""Their rounding, times this, may differ in addition."""

SHRINKING: Final = 0.4
"""Where a function is smooth, one-sided derivatives come nearer by this factor or more as the step is halved."""

VISIBLE: Final = 8.0
"""A kink is seen if the distance of the one-sided derivatives is this multiple of their rounding."""

CLEAR: Final = 0.125
"""A slope beside a kink is told from the other slope if its error is at most this part of their distance."""

HIDDEN: Final = 4.0
"""Changes up to the noise of the values times this are noise."""

BESIDE: Final = 2.0**-5
"""A kink is seen from steps of several times its distance on; those below this part of them do not reach it."""

NEAREST: Final = 6
"""The number of estimates of the nearest kink to choose from."""

SHORTEST: Final = 8
"""The number of the shortest steps whose changes tell the rounding of the values."""

NEIGHBOURS: Final = 2
"""The spread of an estimate is that of this many neighbours on both sides."""


class Slope(NamedTuple):
    """A slope with its error and the step.

    At a kink `left` and `right` are the one-sided derivatives, else nan, and the slope is that of the central quotient.
    `scale` is the largest one-sided slope over that step, infinite if the function stands still. `is_rounded` says
    whether the values are those of a staircase. Up to the distance `doubt` another slope is possible. `apart` is the
    distance of the one-sided derivatives if they neither come together nor make a kink, else 0.
    """

    value: float
    error: float
    step: float
    scale: float
    left: float = math.nan
    right: float = math.nan
    is_kink: bool = False
    is_rounded: bool = False
    doubt: float = 0.0
    apart: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether the error is small beside what the function does."""
        return self.error + self.apart <= KNOWN * self.scale


def slope(
    value: Callable[[float], float],
    x: float,
    top: float,
    bottom: float,
    grain: float,
    passed: Callable[[float], float] = float,
    unit: float = EPSILON,
) -> Slope | None:
    """Return the slope of a function, or None if no step has values on both sides.

    Args:
        value: the function; nan where it has no value.
        x: the point.
        top: the longest step.
        bottom: the shortest step.
        grain: the rounding error of the argument.
        passed: the number that the function makes of its argument; by default the same.
        unit: the relative distance of the numbers that the function computes with; by default that of floats.

    >>> import math
    >>> found = slope(math.sin, 0.5, 0.25, 1e-16, 0.0)
    >>> abs(found.value - math.cos(0.5)) <= found.error < 1e-8
    True
    """
    here = value(x)
    rungs = list(rungs_of(value, x, here, steps_of(x, top, bottom), passed, unit))
    if not rungs:
        return None
    if _is_still(rungs, top):
        return _standing(here, rungs[0], unit)
    quantum, standing = _quantum(value, x, rungs, unit)
    if standing is not None:
        return standing
    found = list(_estimates(rungs, max(quantum, _unit(rungs)) + _noise(rungs), grain))
    if not found:
        return None
    best = _best(found)._replace(is_rounded=quantum > 0)
    if not any(rung.change for rung in rungs[:STANDING]):
        # Terms that cancel leave a saw, whose teeth are all that moves: `(x + 1e8) - 1e8 - x`.
        return best._replace(doubt=2 * max(abs(rung.quotient) for rung in rungs))
    if not (best.is_known or best.is_kink or quantum):
        best = _beside_an_end(rungs, grain) or _vanishing(best, rungs)
    best = _without_stairs(value, x, rungs, best, found, grain)
    return best if best.is_kink else best._replace(doubt=max(best.doubt, _doubt(best, found)))


def _doubt(best: Slope, found: Sequence[Slope]) -> float:
    """Return up to which distance from the best slope another one is possible.

    Where nothing is known, that over shorter steps may be far away, as beside the tip of a cusp.
    """
    if best.is_known:
        return 2 * best.apart
    if best.apart > KNOWN * best.scale:
        return math.inf
    distances = ((abs(slope.value - best.value), slope) for slope in found if slope.step < best.step)
    return 2 * max((apart for apart, slope in distances if apart > slope.error + best.error), default=0.0)


def _quantum(
    value: Callable[[float], float], x: float, rungs: Sequence[Rung], unit: float
) -> tuple[float, Slope | None]:
    """Return the rounding of a function that is a staircase, else 0; and the slope of one that stands still, else None.

    A stair may hide a slope up to its height divided by its width.
    """
    moving = max((i for i, rung in enumerate(rungs) if rung.change), default=-1)
    if moving + 1 == len(rungs):
        return 0.0, None
    here, still, longer = value(x), rungs[moving + 1], [rung for rung in rungs[: moving + 1] if rung.change]
    quantum = min((rung.change for rung in longer), default=math.inf)
    if quantum <= QUANTUM * still.rounding:
        return 0.0, None
    stairs = _stairs(value, x, longer)
    if 0.0 < stairs <= STAIR:
        return quantum, None
    standing = _standing(here, still, unit)
    hidden = [abs(rung.quotient) for rung in longer if 0.0 < stairs <= WIDE_STAIR]
    hidden += [quantum / rung.step for rung in longer if rung.least]
    return quantum, standing._replace(doubt=max(standing.doubt, 2 * max(hidden, default=0.0)))


def _is_still(rungs: Sequence[Rung], top: float) -> bool:
    """Return whether a function does not change over the longest steps but for rounding, and hardly more in others."""
    are_long = rungs[0].step >= CUT * top
    near_rounding = all(rung.change <= QUANTUM * rung.rounding for rung in rungs)
    return are_long and near_rounding and all(rung.change <= 2 * rung.rounding for rung in rungs[:STANDING])


def _without_stairs(
    value: Callable[[float], float], x: float, rungs: Sequence[Rung], best: Slope, found: Sequence[Slope], grain: float
) -> Slope:
    """Return the best slope, or that over longer steps if the best is the slope within a stair."""
    other, is_staircase = _disagreeing(best, found), best.is_rounded
    if other is None:
        return best
    noise = 0.0 if other.apart else roughness(value, x, best.step)
    if noise > PLAIN * EPSILON * abs(value(x)):
        quantum = min(rung.change for rung in rungs if rung.change) if is_staircase else 0.0
        found = list(_estimates(rungs, max(quantum, noise), grain))
        best = _best(found)._replace(is_rounded=True)
        other = _disagreeing(best, found)
    return best if is_staircase or other is None else _on_stairs(value, x, rungs, best, other, grain)


def _beside_an_end(rungs: Sequence[Rung], grain: float) -> Slope | None:
    """Return the slope if the argument is not rounded, as in `1 - x`, with what its rounding changes in the slope.

    Beside the end of a domain all steps are so short that its rounding would hide the slope, but none is seen.
    """
    found = list(_estimates(rungs, _unit(rungs) + _noise(rungs), 0.0))
    best = _best(found) if found else None
    if best is None or best.is_kink:
        return None
    rung = next(rung for rung in rungs if rung.step <= best.step)
    best = best._replace(error=best.error + grain * abs(rung.right - rung.left) / rung.step)
    return best if best.is_known else None


def _vanishing(best: Slope, rungs: Sequence[Rung]) -> Slope:
    """Return a slope of 0 as known, if that over short steps vanishes beside that over the longest ones."""
    longest = max(rung.change / rung.step for rung in rungs[:SHORTEST])
    error = abs(best.value) + best.error
    return best._replace(value=0.0, error=error, scale=longest) if error <= VANISHED * longest else best


def _disagreeing(best: Slope, found: Sequence[Slope]) -> Slope | None:
    """Return the most precise slope over longer steps that is another one; None if there is none.

    Its one-sided derivatives may be apart, as they are at a point whose value is that of a tooth of a saw.
    """
    known = (slope for slope in found if slope.step > best.step and slope.error <= KNOWN * slope.scale)
    others = [slope for slope in known if abs(slope.value - best.value) > slope.error + best.error]
    return min(others, key=lambda slope: slope.error, default=None)


def _on_stairs(
    value: Callable[[float], float], x: float, rungs: Sequence[Rung], best: Slope, longer: Slope, grain: float
) -> Slope:
    """Return the slope over steps longer than the stairs, if there are stairs that are the rounding of 32 bits.

    If the stairs are larger, they may be the function itself, and both slopes are possible.
    """
    nearest = next((rung for rung in reversed(rungs) if _leaves(rung, best)), None)
    if nearest is None or nearest.step > STAIR * rungs[0].step:
        return best
    widths = [nearest.step * times for times in WIDER]
    jump, width = next(((j, w) for w in widths if (j := jump_beside(value, x, best.value, w))), (0.0, 0.0))
    size = max(nearest.rounding / EPSILON, abs(longer.value * x))
    if jump and jump <= JUMP * size:
        above = [rung for rung in rungs if rung.step >= width]
        found = list(_estimates(above, jump, grain))
        return _best(found)._replace(is_rounded=True) if found else best
    return best._replace(doubt=2 * abs(longer.value - best.value)) if jump else best


def _leaves(rung: Rung, slope: Slope) -> bool:
    """Return whether a function leaves the line of a slope within a step."""
    return abs(rung.quotient - slope.value) > 2 * slope.error + PLAIN * rung.rounding / rung.step


def _standing(here: float, still: Rung, unit: float) -> Slope:
    """Return the slope of a function that stands still; it is unknown where rounding may hide it.

    The value may be a difference of larger terms, as in `log(1 + exp(x))`, whose sizes nobody sees. They are taken to
    be 1 if the value is smaller.
    """
    doubt = 2 * unit * max(abs(here), 1.0) / still.step
    relative = SINGLE if is_single(here) and not has_few_bits(here) else 0.0
    hidden = max(relative, unit) * abs(here)
    if hidden > EPSILON * abs(here):
        return Slope(0.0, 2 * hidden / still.step, still.step, 0.0, doubt=doubt)
    return Slope(0.0, 2 * still.rounding / still.step, still.step, math.inf, doubt=doubt)


def _stairs(value: Callable[[float], float], x: float, longer: Sequence[Rung]) -> float:
    """Return the width of stairs, relative to the longest step; 0 if there are none on both sides."""
    width = min((rung.step for rung in longer if rung.least), default=math.inf)
    if not longer or width > WIDE_STAIR * longer[0].step:
        return 0.0
    # Beside the top of a hill, the stairs on the near side are narrower than the one that is stood on.
    widths = [rung.step for rung in longer if rung.step <= width]
    return width / longer[0].step if any(stands_on_stairs(value, x, one) for one in widths) else 0.0


def _unit(rungs: Sequence[Rung]) -> float:
    """Return the number of which all changes of the shortest steps are multiples; 0 if there are none.

    It exceeds the spacing of the values where terms cancel: the rounding is that of the terms.
    """
    return common_unit(rung.change for rung in rungs[-SHORTEST:])


def _noise(rungs: Sequence[Rung]) -> float:
    """Return the size of changes that do not shrink with the shortest steps, as those of a slope do; else 0."""
    longer, shorter = (max((rung.change for rung in some), default=0.0) for some in (rungs[-SHORTEST:-4], rungs[-4:]))
    return longer if longer < 4 * shorter else 0.0


def _estimates(rungs: Sequence[Rung], quantum: float, grain: float) -> Iterator[Slope]:
    """Yield the quotients and their extrapolations with their errors."""
    row = [rung.quotient for rung in rungs]
    for order in range(3):
        yield from _with_errors(row, rungs, quantum, grain, order)
        power = 4.0 ** (order + 1)
        row = [(power * fine - rough) / (power - 1) for rough, fine in pairwise(row)]


def _with_errors(
    row: Sequence[float], rungs: Sequence[Rung], quantum: float, grain: float, order: int
) -> Iterator[Slope]:
    """Yield the estimates of one order that have neighbours on both sides."""
    for i in range(NEIGHBOURS, len(row) - NEIGHBOURS):
        near = row[i - NEIGHBOURS : i + NEIGHBOURS + 1]
        used = rungs[i - NEIGHBOURS : i + order + NEIGHBOURS + 1]
        if used[0].step != math.ldexp(used[-1].step, len(used) - 1):
            continue  # some steps between have no values
        rung = rungs[i + order]
        noise = 2 * rung.rounding + quantum + grain * abs(row[i])
        error = max(near) - min(near) + (1 + order) * noise / rung.step
        scale = max(max(other.change - HIDDEN * quantum, 0.0) / other.step for other in used)
        if rung.change and math.isfinite(error):
            sides = _Sides(used, 2 * used[-1].rounding + quantum + grain * abs(row[i]))
            left, right = sides.middle if sides.are_apart else (math.nan, math.nan)
            yield Slope(row[i], error, rung.step, scale, left, right, sides.are_apart, apart=sides.widest)


class _Sides:
    """The one-sided derivatives over several steps, extrapolated.

    Attributes:
        middle: both over the step in the middle.
        are_apart: whether they stay apart as the step shrinks: a kink.
        widest: their largest distance, if it neither stays nor shrinks as that of a smooth function; else 0.
    """

    def __init__(self, used: Sequence[Rung], noise: float) -> None:
        sides = [(2 * half.left - whole.left, 2 * half.right - whole.right) for whole, half in pairwise(used)]
        gaps = [right - left for left, right in sides]
        sizes = [abs(gap) for gap in gaps]
        blur = noise / used[-1].step
        is_visible = min(sizes) > VISIBLE * blur
        has_one_sign = min(gaps) * max(gaps) > 0
        self.middle = sides[len(sides) // 2]
        self.are_apart = is_visible and has_one_sign and max(gaps) - min(gaps) <= STEADY * min(sizes) + BLURRED * blur
        shrinks = sizes[-1] <= SHRINKING ** (len(sizes) - 1) * sizes[0]
        self.widest = max(sizes) if is_visible and not (self.are_apart or shrinks) else 0.0


def _with_errors_up_to(part: float, found: Sequence[Slope]) -> list[Slope]:
    return sorted(
        (slope for slope in found if slope.error + slope.apart <= part * slope.scale), key=lambda slope: slope.step
    )


def _best(found: Sequence[Slope]) -> Slope:
    """Return the best estimate of the plateau at the shortest steps; its error covers the next best at another scale.

    The plateau begins with the shortest step whose estimate is known. Longer steps belong to it as far as they agree
    within the errors: beyond a kink or a wave they measure something else, however precisely. A kink so near that the
    steps on this side of it do not tell its two slopes apart counts as one at the point.
    """
    known = _with_errors_up_to(KNOWN, found) or _with_errors_up_to(ROUGH, found)
    kinks = [slope for slope in known if slope.is_kink]
    reach = BESIDE * kinks[0].step if kinks else math.inf
    plateau: list[Slope] = []
    for slope in known:
        best = min(plateau, key=lambda slope: slope.error, default=slope)
        if slope.step < reach and abs(slope.value - best.value) <= slope.error + best.error:
            plateau.append(slope)
    best = min(plateau or found, key=lambda slope: slope.error)
    if kinks and (not plateau or best.error > CLEAR * abs(kinks[0].right - kinks[0].left)):
        return min(kinks[:NEAREST], key=lambda slope: slope.error)
    if not plateau:
        return best
    others = [slope for slope in plateau if not 0.2 < slope.step / best.step < 5]
    second = min(others, key=lambda slope: slope.error, default=best)
    error = max(best.error, min(abs(best.value - second.value), second.error))
    return best._replace(error=error)
