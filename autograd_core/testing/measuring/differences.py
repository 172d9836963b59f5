"""Derivatives of a black-box function, by differences of its values.

The central quotient is `(f(x+h) - f(x-h)) / ((x+h) - (x-h))` with `h = 1e-6 * max(1, |x|)`, and again with `h/2`. The
difference of the two estimates the error of the formula, `eps * |f| / h` that of rounding. While the error of the
formula is larger, the step is divided by 8. The divisor is the distance of the two floats, which is not `2h`.

A derivative that is claimed is compared first with an extrapolation of a few longer steps, whose rounding is small. If
these do not confirm it, the shorter steps follow, and `levels` says what they mean. A claim that neither confirms gets
a second opinion from the steps of all scales (`ladder`), which also suits values that are rounded or noisy.

The limit: a claim is confirmed up to 1e-7 of itself, and along a direction in many numbers up to 1e-7 of the size of
all their terms. A smaller error in one number of many is not seen. The rounding of the values allows little more. To
see 1e-9 in one of a thousand numbers, pass `method="complex"`, which needs a function that runs on complex numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from autograd_core.errors import OperandTypeError
from autograd_core.testing.measuring import ladder
from autograd_core.testing.measuring.agreement import (
    CONFIRMED,
    ERRORS,
    is_contradicted,
    is_far,
    is_precise,
    is_refuted,
    is_twice_refuted,
)
from autograd_core.testing.measuring.levels import NAN, Estimate, Level, judge_levels, quotient_of, size_of, unknown
from autograd_core.testing.measuring.stairs import EPSILON, common_unit
from autograd_core.testing.report import Verdict

STEP: Final = 1e-6
GLANCES: Final = (2.0**-5, 2.0**-9, 2.0**-13)
"""The longest of the steps that are tried first if a derivative is claimed; kinks nearby need the shorter ones."""

SHRINK: Final = 8.0
LEVELS: Final = 7
"""The largest number of steps; each is the one before divided by `SHRINK`."""

ROUNDING: Final = 8 * EPSILON
"""The assumed relative error of the values of a function: the last three bits may be wrong."""

LONG: Final = 2.0**17
SHORT: Final = 2.0**5
"""The longest and the shortest of the short steps, in distances of neighbouring arguments of a type with few digits."""

ARGUMENT: Final = 2.0
"""The assumed error of an argument in units: a function that multiplies it first rounds it."""

CONFIRMED_SHORT: Final = 1e-3
"""The same where a function computes with fewer digits: a few steps measure about as much as all of them."""

NOTHING: Final = 1e-3
"""A slope of 0 is known if its error is at most this part of what the function does over the step."""

BENDS: Final = 10
SIDES: Final = 4
"""The number of shorter steps that may show a kink in all, and by their one-sided slopes."""

STEPS_TO_KINKS: Final = 20
"""The number of steps that are tried short of a kink nearby."""

ROUNDINGS: Final = 2.0
"""The assumed error of values with few digits, in roundings, where a claim is to be confirmed short of a kink."""

FITTING: Final = 4
"""A claim is confirmed short of a kink if it fits at this many steps at least, each half the one before."""

UNITS: Final = 8
"""Changes of this many units at least are rounded to it; fewer may be jumps."""


def central(
    f: Callable[[list[float]], float],
    point: list[float],
    index: int,
    domain: tuple[float, float] | None = None,
    claimed: float = NAN,
    passed: Callable[[float], float] = float,
    unit: float = EPSILON,
) -> Estimate:
    """Return the derivative of `f` with respect to one input, by central differences.

    Args:
        f: a function of a list of floats. Where it raises `ArithmeticError` or `ValueError`, or returns a complex
            number, it has no value. An exception at the point itself is passed on.
        point: the inputs.
        index: the index of the input that varies.
        domain: the closed interval in which this input stays; by default unbounded.
        claimed: the derivative to confirm, which saves most of the steps if it is right; by default none.
        passed: the number that `f` makes of this input; by default the same. One in 32 bits has fewer digits.
        unit: the relative distance of the numbers that `f` computes with; by default that of floats.

    >>> central(lambda xs: xs[0] * math.log(xs[1]), [2.0, 4.0], 1).verdict.value
    'ok'
    >>> estimate = central(lambda xs: abs(xs[0]), [0.0], 0)
    >>> estimate.verdict.value, estimate.left, estimate.right
    ('kink', -1.0, 1.0)
    """
    x = float(point[index])
    bounds = domain or (-math.inf, math.inf)
    line = _Line(lambda t: f([*point[:index], t, *point[index + 1 :]]), x, bounds, 0.0, passed, unit)
    return line.estimate(STEP * max(1.0, abs(x)), claimed)


def quotient(f: Callable[[list[float]], float], point: list[float], index: int) -> float:
    """Return the plain central quotient: right to some digits for most functions, and cheap.

    >>> round(quotient(lambda xs: xs[0] ** 2, [3.0], 0), 6)
    6.0
    """
    x = float(point[index])
    low, high = (x + sign * STEP * max(1.0, abs(x)) for sign in (-1, 1))
    below, above = (f([*point[:index], t, *point[index + 1 :]]) for t in (low, high))
    return (above - below) / (high - low)


def along(
    f: Callable[[list[float]], float],
    point: list[float],
    direction: list[float],
    claimed: float = NAN,
    size: float = NAN,
    unit: float = EPSILON,
) -> Estimate:
    """Return the derivative of `f` along a direction: that of `f(point + t * direction)` with respect to `t`.

    `claimed` is the derivative to confirm, as in `central`. `size` is the size of the terms of a claim for many
    numbers; a claim that is wrong by far is not measured thoroughly then. `unit` is that of `central`.

    >>> round(along(lambda xs: xs[0] * xs[1], [2.0, 3.0], [1.0, -1.0]).derivative, 6)
    1.0
    """
    moving = [(i, x, d) for i, (x, d) in enumerate(zip(point, direction, strict=True)) if d]
    speed = max((abs(d) / max(1.0, abs(x)) for _, x, d in moving), default=0.0)
    grain = max((abs(x) for _, x, _ in moving), default=0.0) * unit

    def moved(t: float) -> float:
        there = list(point)
        for i, x, d in moving:
            there[i] = x + t * d
        return f(there)

    line = _Line(moved, 0.0, (-math.inf, math.inf), grain, unit=unit)
    return line.estimate(STEP / speed if speed else STEP, claimed, size)


def is_real(value: Any) -> bool:
    """Return whether a value is a finite real number."""
    return not isinstance(value, complex) and math.isfinite(value)


class _Line:
    """A function of one number near a point."""

    def __init__(
        self,
        function: Callable[[float], Any],
        x: float,
        domain: tuple[float, float],
        grain: float = 0.0,
        passed: Callable[[float], float] = float,
        unit: float = EPSILON,
    ) -> None:
        self.function = function
        self.x = x
        self.low, self.high = domain
        self.seen: dict[float, float] = {}
        self.unit = 0.0
        """The number of which all changes of the value are multiples; more than its spacing where terms cancel."""
        self.grain = grain
        """The rounding error of the points of the line."""
        self.passed = passed
        """The number that the function makes of one: a number in 32 bits has no other."""
        self.spacing = _spacing(x, passed)
        self.epsilon = unit
        self.rounding = ROUNDING if unit <= EPSILON else unit
        self.confirmed = CONFIRMED if unit <= EPSILON else CONFIRMED_SHORT

    def estimate(self, step: float, claimed: float, size: float = NAN) -> Estimate:
        """Return the derivative; `step` is the longest of the few short steps."""
        if not self.low <= self.x <= self.high:
            return unknown(Verdict.OUTSIDE)
        here = self.function(self.x)
        if not is_real(here):
            return unknown(Verdict.NAN)
        here = float(here)
        seen: Estimate | None = None
        for length in () if math.isnan(claimed) else GLANCES:
            glance = self._glance(here, step / STEP * length)
            if glance is not None and (self._is_final(glance, claimed, size) or is_refuted(glance, claimed, size)):
                return glance
            seen = glance or seen
            if glance is not None and is_precise(glance) and is_far(glance, claimed):
                break  # other long steps say the same, and the short ones give the second opinion
        levels = list(self._short_steps(here, step))
        found = judge_levels(levels)
        if found is not None and is_twice_refuted(seen, found, claimed):
            return found
        final = found is not None and self._is_final(found, claimed, size) and not is_contradicted(found, seen)
        return found if found is not None and final else self._second_opinion(found, step, claimed)

    def _is_final(self, found: Estimate, claimed: float, size: float) -> bool:
        """Return whether a few steps are enough: they confirm the claim, as precisely as terms of the size allow."""
        if found.verdict is not Verdict.OK:
            if found.verdict is Verdict.JUMP or not (math.isfinite(found.left) and math.isfinite(found.right)):
                return False
            return math.isnan(claimed) or min(found.left, found.right) <= claimed <= max(found.left, found.right)
        # Values that do not change may be rounded, and then say nothing about a slope.
        most = self.confirmed * (abs(found.derivative) if math.isnan(size) else size)
        distance = abs(found.derivative - claimed)
        # A claim that is farther away than the error is not confirmed: with few digits a kink nearby may hide in it.
        is_explained = distance <= max(CONFIRMED * most / self.confirmed, ERRORS * found.uncertainty)
        return found.derivative != 0 and distance + found.uncertainty <= most and is_explained

    def _glance(self, here: float, step: float) -> Estimate | None:
        """Return the derivative by three long steps, extrapolated twice; None unless the function is smooth there."""
        rough, fine = self._level(here, step), self._level(here, step / 2)
        if not (rough.is_smooth and fine.is_smooth):
            return None
        a, b = (level.fine + (level.fine - level.rough) / 3 for level in (rough, fine))
        error = abs(b - a) / 4 + 4 * fine.noise
        return Estimate(b + (b - a) / 15, fine.left, fine.right, step / 2, error, Verdict.OK)

    def _short_steps(self, here: float, step: float) -> Iterator[Level]:
        step = max(step, min(step / STEP * GLANCES[0], LONG * self.spacing))
        for _ in range(LEVELS):
            level = self._level(here, step)
            yield level
            step /= SHRINK
            if level.is_settled or step < SHORT * self.spacing:
                break

    def _second_opinion(self, found: Estimate | None, step: float, claimed: float) -> Estimate:
        """Return the slope by steps of all scales, or what was found if they do not contradict it."""
        if self.epsilon > EPSILON and not math.isnan(claimed):
            nearby = self._short_of_kinks(claimed, step)
            if nearby is not None:
                return nearby
        size = step / STEP
        top = size / 2
        bottom = max(self.epsilon * (abs(self.x) or size), self.spacing)
        grain = max(self.grain, ARGUMENT * self.epsilon * abs(self.x))
        measured = ladder.slope(self._value, self.x, top, bottom, grain, self.passed, self.epsilon)
        if measured is None:
            return found or unknown(Verdict.NOISE)
        estimate = Estimate(
            measured.value,
            measured.left,
            measured.right,
            measured.step,
            measured.error,
            _verdict(measured, claimed),
            max(measured.doubt, self._bend(measured)),
        )
        if found is None or found.verdict is Verdict.OUTSIDE:  # shorter steps have values on both sides
            return estimate
        is_hidden = estimate.verdict is Verdict.NOISE and _is_one_jump(found)
        if found.verdict is Verdict.OK or (measured.is_rounded and not is_hidden):
            return estimate if measured.is_kink else estimate._replace(left=found.left, right=found.right)
        is_better = measured.is_kink or measured.is_known
        if is_better and not math.isnan(claimed):
            return estimate
        return found._replace(doubt=estimate.doubt) if self.epsilon > EPSILON else found

    def _short_of_kinks(self, claimed: float, step: float) -> Estimate | None:
        """Return the slope over the longest step that no kink nearby reaches, if it is the claimed one; else None.

        Where values have few digits, the slopes of both sides and of all shorter steps are that slope up to rounding.
        """
        here = self._value(self.x)
        found: tuple[Level, float] | None = None
        fitting = 0
        for k in range(STEPS_TO_KINKS):
            level = self._level(here, step / STEP * GLANCES[0] / 2**k)
            size = size_of((here, self._value(self.passed(self.x + level.step))))
            noise = ROUNDINGS * self.epsilon * size / level.step
            if level.step < 2 * self.spacing or noise > abs(claimed):
                break
            slopes = (level.fine, level.rough, level.fine + level.half_gap / 2, level.fine - level.half_gap / 2)
            fits = all(abs(slope - claimed) <= noise for slope in slopes)
            found, fitting = (found or (level, noise), fitting + 1) if fits else (None, 0)
        if found is None or fitting < FITTING or found[1] > ladder.KNOWN * abs(claimed):
            return None
        level, noise = found
        return Estimate(level.fine, level.left, level.right, level.step, noise, Verdict.OK)

    def _bend(self, measured: ladder.Slope) -> float:
        """Return how far the slopes of shorter steps and of both sides are from that over the step of an estimate.

        Where values have few digits, only the slope over a long step may be known well. If kinks lie within it, the
        slope at the point is another one.
        """
        if self.epsilon <= EPSILON:
            return 0.0
        bends = [0.0]
        here = self._value(self.x)
        for k in range(BENDS):
            level = self._level(here, measured.step / 2**k)
            noise = self.epsilon * size_of((here, self._value(self.passed(self.x + level.step)))) / level.step
            for slope in (level.fine, level.left, level.right):
                bend = abs(slope - measured.value)
                if bend > 2 * measured.error + 2 * ladder.PLAIN * noise:
                    bends.append(2 * bend)
                elif k < SIDES:
                    bends.append(bend + 2 * noise)
        return max(filter(math.isfinite, bends))

    def _value(self, t: float) -> float:
        if t not in self.seen:
            self.seen[t] = self._new_value(t)
        return self.seen[t]

    def _new_value(self, t: float) -> float:
        if not self.low <= t <= self.high:
            return NAN
        try:
            value = self.function(t)
        except (ArithmeticError, ValueError, OperandTypeError):
            return NAN  # outside the domain, where a power may be complex
        return float(value) if is_real(value) else NAN

    def _level(self, here: float, step: float) -> Level:
        """Return the quotients for a step and its half."""
        x = self.x
        lower, low, high, higher = map(self.passed, (x - step, x - step / 2, x + step / 2, x + step))
        f_lower, f_low, f_high, f_higher = map(self._value, (lower, low, high, higher))
        left, half_left = quotient_of(here, f_lower, x - lower), quotient_of(here, f_low, x - low)
        right, half_right = quotient_of(f_higher, here, higher - x), quotient_of(f_high, here, high - x)
        rough, fine = quotient_of(f_higher, f_lower, higher - lower), quotient_of(f_high, f_low, high - low)
        values = [v for v in (here, f_lower, f_low, f_high, f_higher) if not math.isnan(v)]
        changes = [v - here for v in values]
        unit = common_unit(changes)
        if UNITS * unit <= size_of(changes):
            self.unit = unit
        noise = (
            max(self.rounding * size_of(values), self.unit) + self.grain * size_of((fine, half_left, half_right))
        ) / step
        return Level(
            step,
            half_left + (half_left - left),
            half_right + (half_right - right),
            rough,
            fine,
            right - left,
            half_right - half_left,
            noise,
        )


def _is_one_jump(found: Estimate) -> bool:
    """Return whether there is a jump with a slope beside it, and no stairs, whose slope is 0."""
    slopes = [side for side in (found.left, found.right) if math.isfinite(side)]
    return found.verdict is Verdict.JUMP and any(slopes)


def _verdict(measured: ladder.Slope, claimed: float) -> Verdict:
    if measured.is_kink:
        return Verdict.KINK
    # A claim of 0 has no size of its own: an error beside it would excuse any small slope.
    is_known = measured.is_known and (claimed != 0.0 or measured.error <= NOTHING * measured.scale)
    return Verdict.OK if is_known else Verdict.NOISE


def _spacing(x: float, passed: Callable[[float], float]) -> float:
    """Return a step that is hardly longer than the distance of the numbers that a function can get near x."""
    step = math.ulp(x)
    while passed(x + step) == x and math.isfinite(step):
        step *= 2
    return step
