"""What the difference quotients of a few steps say about a derivative: a number, a kink, a jump, or an edge.

The one-sided derivatives come from the same values as the two-sided one. In a smooth function they approach each other
as the step is halved. At a kink they stay apart, and at a jump one of them grows as `1/h`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from autograd_core.testing.report import Verdict

SETTLED: Final = 1e-8
"""Below this relative error of the formula no shorter step is tried."""

NAN: Final = math.nan


class Estimate(NamedTuple):
    """A derivative by differences.

    Attributes:
        derivative: the two-sided derivative; at the edge of a domain that of the inner side, and at a jump that of the
            side from which the function is continuous.
        left: the derivative from below, nan if the function has no values there.
        right: the derivative from above, nan if the function has no values there.
        step: the step of the difference.
        uncertainty: an estimate, not a bound, of the error of the derivative.
        verdict: `OK`, `KINK`, `JUMP`, `NOISE` (the derivative is not known), `OUTSIDE` (no values on one side or both),
            or `NAN`.
        doubt: the distance up to which a jump nearby does not exclude another derivative, that of a limit.
    """

    derivative: float
    left: float
    right: float
    step: float
    uncertainty: float
    verdict: Verdict
    doubt: float = 0.0


class Level(NamedTuple):
    """The quotients of one step and its half."""

    step: float
    left: float
    right: float
    """The one-sided derivatives, extrapolated by one order."""
    rough: float
    fine: float
    """The two-sided quotients."""
    gap: float
    half_gap: float
    """The differences of the one-sided quotients, with the step and with its half."""
    noise: float

    @property
    def is_two_sided(self) -> bool:
        """Whether the function has values on both sides."""
        return math.isfinite(self.rough) and math.isfinite(self.fine)

    @property
    def is_smooth(self) -> bool:
        """Whether the one-sided derivatives approach each other, up to rounding."""
        return self.is_two_sided and abs(self.half_gap) <= 0.7 * abs(self.gap) + 4 * self.noise

    @property
    def formula_error(self) -> float:
        """The difference of the two quotients."""
        return abs(self.fine - self.rough)

    @property
    def uncertainty(self) -> float:
        """The errors of the formula and of rounding."""
        return self.formula_error + self.noise

    @property
    def is_settled(self) -> bool:
        """Whether no shorter step is needed."""
        return self.is_smooth and self.formula_error <= max(self.noise, SETTLED * abs(self.fine))

    @property
    def derivative(self) -> float:
        """The quotient of the longer step if rounding dominates, else the extrapolation of both."""
        return self.rough if self.formula_error <= self.noise else self.fine + (self.fine - self.rough) / 3.0


def judge_levels(levels: Sequence[Level]) -> Estimate | None:
    """Return the derivative or the reason why there is none, from the quotients of a few steps; None if unclear."""
    first = levels[0]
    if first.is_settled:
        return _smooth(first)
    two_sided = [level for level in levels if level.is_two_sided]
    if not two_sided:
        return _one_sided(levels)
    if not two_sided[0].is_smooth:
        # Levels at which rounding hides the gap of a longer step are ignored.
        seen = max(abs(two_sided[0].gap), abs(two_sided[0].half_gap))
        two_sided = [level for level in two_sided if 16 * level.noise <= seen] or two_sided
    smooth = [level for level in two_sided if level.is_smooth]
    if not smooth:
        return _broken(two_sided)
    best = min(smooth, key=lambda level: level.uncertainty)
    if _grows([level.fine for level in two_sided], 1.3) and best.uncertainty > 0.1 * abs(best.fine):
        return _vertical(two_sided)
    return _smooth(best)


def quotient_of(above: float, below: float, distance: float) -> float:
    """Return a difference quotient; nan if the distance is 0."""
    return (above - below) / distance if distance else NAN


def size_of(numbers: Iterable[float]) -> float:
    """Return the largest absolute value of the numbers that are not nan."""
    return max((abs(x) for x in numbers if not math.isnan(x)), default=0.0)


def unknown(verdict: Verdict) -> Estimate:
    """Return the estimate for a point that has no derivative to measure."""
    return Estimate(NAN, NAN, NAN, 0.0, math.inf, verdict)


def _smooth(level: Level) -> Estimate:
    return Estimate(level.derivative, level.left, level.right, level.step, level.uncertainty, Verdict.OK)


def _one_sided(levels: Sequence[Level]) -> Estimate:
    """Return the derivative of the inner side, at the edge of a domain."""
    sides = [[level.left for level in levels], [level.right for level in levels]]
    inside = next((side for side in sides if math.isfinite(side[-1])), None)
    if inside is None:
        return unknown(Verdict.OUTSIDE)
    left, right = (side is inside for side in sides)
    derivative, error, step = _closest(inside, levels)
    return Estimate(derivative, derivative if left else NAN, derivative if right else NAN, step, error, Verdict.OUTSIDE)


def _closest(derivatives: Sequence[float], levels: Sequence[Level]) -> tuple[float, float, float]:
    """Return the most stable of the derivatives of one side, its error and its step; an infinity if they grow."""
    if _grows(derivatives, 1.3):
        return math.copysign(math.inf, derivatives[-1]), 0.0, levels[-1].step
    errors = [
        (abs(a - b) + level.noise, i)
        for i, ((a, b), level) in enumerate(zip(pairwise(derivatives), levels, strict=False))
        if math.isfinite(a)
    ]
    if not errors:
        return derivatives[-1], math.inf, levels[-1].step
    error, i = min(errors)
    return derivatives[i], error, levels[i].step


def _broken(levels: Sequence[Level]) -> Estimate | None:
    """Return a kink or a jump, by how the gap of the one-sided derivatives depends on the step; None if neither."""
    first, gaps = levels[0], [level.gap for level in levels]
    if len(levels) > 1 and _is_steady(gaps, 0.2):
        return Estimate(first.fine, first.left, first.right, first.step, first.noise, Verdict.KINK)
    if len(levels) > 1 and _is_steady([level.gap * level.step for level in levels], 0.02):
        last = levels[-1]
        left, right = _sides(levels)
        return Estimate(left if math.isfinite(left) else right, left, right, last.step, last.noise, Verdict.JUMP)
    return _vertical(levels) if _grows(gaps, 1.3) else None


def _sides(levels: Sequence[Level]) -> tuple[float, float]:
    """Return the one-sided derivatives; an infinity for one that grows without limit."""
    sides = [[level.left for level in levels], [level.right for level in levels]]
    left, right = (_closest(side, levels)[0] for side in sides)
    return left, right


def _vertical(levels: Sequence[Level]) -> Estimate:
    """Return the estimate for a tangent that is vertical on one side or both."""
    left, right = _sides(levels)
    derivative = left if left == right else NAN
    return Estimate(derivative, left, right, levels[-1].step, math.inf, Verdict.KINK)


def _is_steady(numbers: Sequence[float], part: float) -> bool:
    """Return whether the numbers have one sign and differ at most by a fraction of themselves."""
    low, high = min(numbers), max(numbers)
    return low * high > 0 and high - low <= part * min(abs(low), abs(high))


def _grows(numbers: Sequence[float], factor: float) -> bool:
    """Return whether each of at least three numbers is the one before times at least the factor."""
    known = [x for x in numbers if math.isfinite(x)]
    return len(known) > 2 and all(a * b > 0 and abs(b) >= factor * abs(a) for a, b in pairwise(known))
