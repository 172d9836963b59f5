"""Derivatives of a black-box function, by differences of its values.

The central quotient is `(f(x+h) - f(x-h)) / ((x+h) - (x-h))` with `h = 1e-6 * max(1, |x|)`, and again with `h/2`. The
difference of the two estimates the error of the formula, `eps * |f| / h` that of rounding. While the error of the
formula is larger, the step is divided by 8. The divisor is the distance of the two floats, which is not `2h`.

The one-sided derivatives come from the same values. In a smooth function they approach each other as the step is
halved. At a kink they stay apart, and at a jump one of them grows as `1/h`.

A derivative that is claimed is compared before with an extrapolation of three long steps, whose rounding is small. A
few steps are enough if they confirm it to all digits that count. If they do not, or if none of the patterns appears at
any step, `ladder` gives a second opinion from the steps of all scales. It is also the answer
for a function whose values are rounded or noisy, for which the steps above are too short.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from autograd_core.testing import ladder
from autograd_core.testing.report import Verdict

STEP: Final = 1e-6
GLANCE: Final = 2.0**-5
"""The longest of the steps that are tried first if a derivative is claimed."""

SHRINK: Final = 8.0
LEVELS: Final = 7
"""The largest number of steps; each is the one before divided by `SHRINK`."""

ROUNDING: Final = 8 * 2.0**-52
"""The assumed relative error of the values of a function: the last three bits may be wrong."""

LONG: Final = 2.0**17
SHORT: Final = 2.0**5
"""The longest and the shortest of the short steps, in distances of neighbouring arguments of a type with few digits."""

SETTLED: Final = 1e-8
"""Below this relative error of the formula no shorter step is tried."""

CONFIRMED: Final = 1e-7
"""A derivative that a few steps confirm up to this relative distance needs no second opinion."""

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
        doubt: the distance up to which another scale does not exclude another derivative.
    """

    derivative: float
    left: float
    right: float
    step: float
    uncertainty: float
    verdict: Verdict
    doubt: float = 0.0


def central(
    f: Callable[[list[float]], float],
    point: list[float],
    index: int,
    domain: tuple[float, float] | None = None,
    claimed: float = NAN,
    passed: Callable[[float], float] = float,
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

    >>> central(lambda xs: xs[0] * math.log(xs[1]), [2.0, 4.0], 1).verdict.value
    'ok'
    >>> estimate = central(lambda xs: abs(xs[0]), [0.0], 0)
    >>> estimate.verdict.value, estimate.left, estimate.right
    ('kink', -1.0, 1.0)
    """
    x = float(point[index])
    line = _Line(lambda t: f([*point[:index], t, *point[index + 1 :]]), x, domain or (-math.inf, math.inf), 0.0, passed)
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
) -> Estimate:
    """Return the derivative of `f` along a direction: that of `f(point + t * direction)` with respect to `t`.

    `claimed` is the derivative to confirm, as in `central`. `size` is the size of the terms of a claim for many
    numbers; a claim that is wrong by far is not measured thoroughly then.

    >>> round(along(lambda xs: xs[0] * xs[1], [2.0, 3.0], [1.0, -1.0]).derivative, 6)
    1.0
    """
    speed = max((abs(d) / max(1.0, abs(x)) for x, d in zip(point, direction, strict=True)), default=0.0)
    grain = max((abs(x) for x, d in zip(point, direction, strict=True) if d), default=0.0) * 2.0**-52
    line = _Line(
        lambda t: f([x + t * d for x, d in zip(point, direction, strict=True)]), 0.0, (-math.inf, math.inf), grain
    )
    return line.estimate(STEP / speed if speed else STEP, claimed, size)


def is_real(value: Any) -> bool:
    """Return whether a value is a finite real number."""
    return not isinstance(value, complex) and math.isfinite(value)


class _Level(NamedTuple):
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
        return math.isfinite(self.rough) and math.isfinite(self.fine)

    @property
    def is_smooth(self) -> bool:
        """Whether the one-sided derivatives approach each other, up to rounding."""
        return self.is_two_sided and abs(self.half_gap) <= 0.7 * abs(self.gap) + 4 * self.noise

    @property
    def formula_error(self) -> float:
        return abs(self.fine - self.rough)

    @property
    def uncertainty(self) -> float:
        return self.formula_error + self.noise

    @property
    def is_settled(self) -> bool:
        return self.is_smooth and self.formula_error <= max(self.noise, SETTLED * abs(self.fine))

    @property
    def derivative(self) -> float:
        """The quotient of the longer step if rounding dominates, else the extrapolation of both."""
        return self.rough if self.formula_error <= self.noise else self.fine + (self.fine - self.rough) / 3.0


class _Line:
    """A function of one number near a point."""

    def __init__(
        self,
        function: Callable[[float], Any],
        x: float,
        domain: tuple[float, float],
        grain: float = 0.0,
        passed: Callable[[float], float] = float,
    ) -> None:
        self.function = function
        self.x = x
        self.low, self.high = domain
        self.seen: dict[float, float] = {}
        self.grain = grain
        """The rounding error of the points of the line."""
        self.passed = passed
        """The number that the function makes of one: a number in 32 bits has no other."""
        self.spacing = _spacing(x, passed)

    def estimate(self, step: float, claimed: float, size: float = NAN) -> Estimate:
        """Return the derivative; `step` is the longest of the few short steps."""
        if not self.low <= self.x <= self.high:
            return _unknown(Verdict.OUTSIDE)
        here = self.function(self.x)
        if not is_real(here):
            return _unknown(Verdict.NAN)
        here = float(here)
        if not math.isnan(claimed):
            seen = self._glance(here, step / STEP * GLANCE)
            if seen is not None and (_is_final(seen, claimed, size) or _is_refuted(seen, claimed, size)):
                return seen
        levels = list(self._short_steps(here, step))
        found = _judge(levels)
        final = found is not None and _is_final(found, claimed, size)
        return found if found is not None and final else self._second_opinion(found, step, claimed)

    def _glance(self, here: float, step: float) -> Estimate | None:
        """Return the derivative by three long steps, extrapolated twice; None unless the function is smooth there."""
        rough, fine = self._level(here, step), self._level(here, step / 2)
        if not (rough.is_smooth and fine.is_smooth):
            return None
        a, b = (level.fine + (level.fine - level.rough) / 3 for level in (rough, fine))
        error = abs(b - a) / 4 + 4 * fine.noise
        return Estimate(b + (b - a) / 15, fine.left, fine.right, step / 2, error, Verdict.OK)

    def _short_steps(self, here: float, step: float) -> Iterator[_Level]:
        step = max(step, min(step / STEP * GLANCE, LONG * self.spacing))
        for _ in range(LEVELS):
            level = self._level(here, step)
            yield level
            step /= SHRINK
            if level.is_settled or step < SHORT * self.spacing:
                break

    def _second_opinion(self, found: Estimate | None, step: float, claimed: float) -> Estimate:
        """Return the slope by steps of all scales, or what was found if they do not contradict it."""
        size = step / STEP
        measured = ladder.slope(self._value, self.x, size / 2, ladder.EPSILON * (abs(self.x) or size), self.grain)
        if measured is None:
            return found or _unknown(Verdict.NOISE)
        verdict = Verdict.OK if measured.is_known else Verdict.NOISE
        estimate = Estimate(measured.value, NAN, NAN, measured.step, measured.error, verdict, measured.doubt)
        if found is None:
            return estimate
        if found.verdict is not Verdict.OK and not measured.is_rounded:
            agrees = abs(claimed - measured.value) <= CONFIRMED * abs(claimed) + measured.error
            better = agrees or found.verdict is Verdict.OUTSIDE
            return estimate if measured.is_known and better else found
        return estimate._replace(left=found.left, right=found.right)

    def _value(self, t: float) -> float:
        if t not in self.seen:
            self.seen[t] = self._new_value(t)
        return self.seen[t]

    def _new_value(self, t: float) -> float:
        if not self.low <= t <= self.high:
            return NAN
        try:
            value = self.function(t)
        except (ArithmeticError, ValueError):
            return NAN  # outside the domain, which is then reported
        return float(value) if is_real(value) else NAN

    def _level(self, here: float, step: float) -> _Level:
        """Return the quotients for a step and its half."""
        x = self.x
        lower, low, high, higher = map(self.passed, (x - step, x - step / 2, x + step / 2, x + step))
        f_lower, f_low, f_high, f_higher = map(self._value, (lower, low, high, higher))
        left, half_left = _quotient(here, f_lower, x - lower), _quotient(here, f_low, x - low)
        right, half_right = _quotient(f_higher, here, higher - x), _quotient(f_high, here, high - x)
        rough, fine = _quotient(f_higher, f_lower, higher - lower), _quotient(f_high, f_low, high - low)
        size = max(abs(v) for v in (here, f_lower, f_low, f_high, f_higher) if not math.isnan(v))
        noise = (ROUNDING * size + self.grain * _size((fine, half_left, half_right))) / step
        return _Level(
            step,
            half_left + (half_left - left),
            half_right + (half_right - right),
            rough,
            fine,
            right - left,
            half_right - half_left,
            noise,
        )


def _spacing(x: float, passed: Callable[[float], float]) -> float:
    """Return a step that is hardly longer than the distance of the numbers that a function can get near x."""
    step = math.ulp(x)
    while passed(x + step) == x and math.isfinite(step):
        step *= 2
    return step


def _is_final(found: Estimate, claimed: float, size: float) -> bool:
    """Return whether a few steps are enough: they confirm the claim, as precisely as terms of the size allow."""
    if found.verdict is not Verdict.OK:
        return math.isnan(claimed) or min(found.left, found.right) <= claimed <= max(found.left, found.right)
    # Values that do not change may be rounded, and then say nothing about a slope.
    most = CONFIRMED * (abs(found.derivative) if math.isnan(size) else size)
    return found.derivative != 0 and abs(found.derivative - claimed) + found.uncertainty <= most


def _is_refuted(found: Estimate, claimed: float, size: float) -> bool:
    """Return whether a claim for many numbers is wrong by far, so that these are worth a search."""
    return abs(found.derivative - claimed) > max(1e-4 * size, 1e3 * found.uncertainty)


def _judge(levels: Sequence[_Level]) -> Estimate | None:
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


def _quotient(above: float, below: float, distance: float) -> float:
    return (above - below) / distance if distance else NAN


def _size(numbers: Iterable[float]) -> float:
    return max((abs(x) for x in numbers if not math.isnan(x)), default=0.0)


def _unknown(verdict: Verdict) -> Estimate:
    return Estimate(NAN, NAN, NAN, 0.0, math.inf, verdict)


def _smooth(level: _Level) -> Estimate:
    return Estimate(level.derivative, level.left, level.right, level.step, level.uncertainty, Verdict.OK)


def _one_sided(levels: Sequence[_Level]) -> Estimate:
    """Return the derivative of the inner side, at the edge of a domain."""
    sides = [[level.left for level in levels], [level.right for level in levels]]
    inside = next((side for side in sides if math.isfinite(side[-1])), None)
    if inside is None:
        return _unknown(Verdict.OUTSIDE)
    left, right = (side is inside for side in sides)
    derivative, error, step = _closest(inside, levels)
    return Estimate(derivative, derivative if left else NAN, derivative if right else NAN, step, error, Verdict.OUTSIDE)


def _closest(derivatives: Sequence[float], levels: Sequence[_Level]) -> tuple[float, float, float]:
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


def _broken(levels: Sequence[_Level]) -> Estimate | None:
    """Return a kink or a jump, by how the gap of the one-sided derivatives depends on the step; None if neither."""
    first, gaps = levels[0], [level.gap for level in levels]
    if len(levels) > 1 and _is_steady(gaps, 0.2):
        return Estimate(first.fine, first.left, first.right, first.step, first.noise, Verdict.KINK)
    if len(levels) > 1 and _is_steady([level.gap * level.step for level in levels], 0.02):
        last = levels[-1]
        left, right = _sides(levels)
        return Estimate(left if math.isfinite(left) else right, left, right, last.step, last.noise, Verdict.JUMP)
    return _vertical(levels) if _grows(gaps, 1.3) else None


def _sides(levels: Sequence[_Level]) -> tuple[float, float]:
    """Return the one-sided derivatives; an infinity for one that grows without limit."""
    sides = [[level.left for level in levels], [level.right for level in levels]]
    left, right = (_closest(side, levels)[0] for side in sides)
    return left, right


def _vertical(levels: Sequence[_Level]) -> Estimate:
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
