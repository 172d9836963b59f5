"""Derivatives of a black-box function, by differences of its values.

The central quotient is `(f(x+h) - f(x-h)) / ((x+h) - (x-h))` with `h = 1e-6 * max(1, |x|)`, and again with `h/2`. The
difference of the two estimates the error of the formula, `eps * |f| / h` that of rounding. While the error of the
formula is larger, the step is divided by 8. The divisor is the distance of the two floats, which is not `2h`.

The one-sided derivatives come from the same values. In a smooth function they approach each other as the step is
halved. At a kink they stay apart, and at a jump one of them grows as `1/h`. If none of these patterns appears at any
step, the function is noise at this scale.

For functions that run on complex numbers `complex_step` is exact up to rounding. `Im f(x + ih) / h` has no subtraction,
so `h` can be 1e-20 (Squire and Trapp, SIAM Review 40 (1998) 110-112).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from autograd_core.testing.report import Verdict

STEP: Final = 1e-6
COMPLEX_STEP: Final = 1e-20
SHRINK: Final = 8.0
LEVELS: Final = 7
"""The largest number of steps; each is the one before divided by `SHRINK`."""

ROUNDING: Final = 8 * 2.0**-52
"""The assumed relative error of the values of a function: the last three bits may be wrong."""

SETTLED: Final = 1e-8
"""Below this relative error of the formula no shorter step is tried."""

HARMLESS: Final = 1e-6
"""Noise that causes at most this relative error is not reported."""

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
        verdict: `OK`, `KINK`, `JUMP`, `NOISE`, `OUTSIDE` (no values on one side or both), or `NAN`.
    """

    derivative: float
    left: float
    right: float
    step: float
    uncertainty: float
    verdict: Verdict


def central(
    f: Callable[[list[float]], float], point: list[float], index: int, domain: tuple[float, float] | None = None
) -> Estimate:
    """Return the derivative of `f` with respect to one input, by central differences.

    Args:
        f: a function of a list of floats. Where it raises `ArithmeticError` or `ValueError`, or returns a complex
            number, it has no value. An exception at the point itself is passed on.
        point: the inputs.
        index: the index of the input that varies.
        domain: the closed interval in which this input stays; by default unbounded.

    >>> central(lambda xs: xs[0] * math.log(xs[1]), [2.0, 4.0], 1).verdict.value
    'ok'
    >>> estimate = central(lambda xs: abs(xs[0]), [0.0], 0)
    >>> estimate.verdict.value, estimate.left, estimate.right
    ('kink', -1.0, 1.0)
    """
    x = float(point[index])
    line = _Line(lambda t: f([*point[:index], t, *point[index + 1 :]]), x, domain or (-math.inf, math.inf))
    return line.estimate(STEP * max(1.0, abs(x)))


def along(f: Callable[[list[float]], float], point: list[float], direction: list[float]) -> Estimate:
    """Return the derivative of `f` along a direction: that of `f(point + t * direction)` with respect to `t`.

    >>> round(along(lambda xs: xs[0] * xs[1], [2.0, 3.0], [1.0, -1.0]).derivative, 6)
    1.0
    """
    speed = max((abs(d) / max(1.0, abs(x)) for x, d in zip(point, direction, strict=True)), default=0.0)
    grain = max((abs(x) for x, d in zip(point, direction, strict=True) if d), default=0.0) * 2.0**-52
    line = _Line(
        lambda t: f([x + t * d for x, d in zip(point, direction, strict=True)]), 0.0, (-math.inf, math.inf), grain
    )
    return line.estimate(STEP / speed if speed else STEP)


def complex_step(f: Callable[[list[Any]], Any], point: list[float], index: int) -> Estimate | None:
    """Return the derivative with respect to one input by a step in the imaginary direction, or None.

    None means that `f` does not run on complex numbers, such as functions of `math` and comparisons, or is not complex
    differentiable, such as `abs`: the real part differs from the value, or the derivative from that of `central`.

    >>> complex_step(lambda xs: xs[0] ** 3, [2.0], 0).derivative
    12.0
    >>> complex_step(lambda xs: abs(xs[0]), [2.0], 0) is None
    True
    """
    value = f(list(point))
    found = [_on_complex(f, point, index, step) for step in (COMPLEX_STEP, -COMPLEX_STEP)]
    if not _is_real(value) or None in found:
        return None
    above, below = (complex(z) for z in found if z is not None)
    if above.real != below.real or abs(above.real - value) > 1e-12 * max(abs(value), 1e-300):
        return None
    if above.imag != -below.imag or not math.isfinite(above.imag):
        return None
    derivative = above.imag / COMPLEX_STEP
    seen = central(f, point, index)
    if seen.verdict is not Verdict.OK or abs(seen.derivative - derivative) > 10 * seen.uncertainty + 1e-6 * abs(
        derivative
    ):
        return None
    return Estimate(derivative, derivative, derivative, COMPLEX_STEP, ROUNDING * abs(derivative), Verdict.OK)


def _on_complex(f: Callable[[list[Any]], Any], point: Sequence[float], index: int, step: float) -> complex | None:
    """Return the function at a point moved off the real line, or None unless the result is complex."""
    try:
        result = f([complex(x, step if i == index else 0.0) for i, x in enumerate(point)])
    except (ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError):
        return None  # made for real numbers
    return result if isinstance(result, complex) else None


def _is_real(value: Any) -> bool:
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
        self, function: Callable[[float], Any], x: float, domain: tuple[float, float], grain: float = 0.0
    ) -> None:
        self.function = function
        self.x = x
        self.low, self.high = domain
        self.grain = grain
        """The rounding error of the points of the line."""

    def estimate(self, step: float) -> Estimate:
        """Return the derivative; `step` is the longest step."""
        if not self.low <= self.x <= self.high:
            return _unknown(Verdict.OUTSIDE)
        here = self.function(self.x)
        if not _is_real(here):
            return _unknown(Verdict.NAN)
        here = float(here)
        levels: list[_Level] = []
        for _ in range(LEVELS):
            levels.append(self._level(here, step))
            if levels[-1].is_settled:
                break
            step /= SHRINK
        return self._judge(here, levels)

    def _judge(self, here: float, levels: Sequence[_Level]) -> Estimate:
        """Return the derivative or the reason why there is none, from the quotients of all steps."""
        first = levels[0]
        if self._is_single(here, first):
            return self._by_longer_steps(here, levels)
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
            return _broken(two_sided) or self._by_longer_steps(here, levels)
        best = min(smooth, key=lambda level: level.uncertainty)
        if _grows([level.fine for level in two_sided], 1.3) and best.uncertainty > 0.1 * abs(best.fine):
            return _vertical(two_sided)
        if self._is_noisy(here, two_sided[0].step) and not self._is_precise(here, best):
            return self._by_longer_steps(here, levels)
        return _smooth(best)

    def _value(self, t: float) -> float:
        if not self.low <= t <= self.high:
            return NAN
        try:
            value = self.function(t)
        except (ArithmeticError, ValueError):
            return NAN  # outside the domain, which is then reported
        return float(value) if _is_real(value) else NAN

    def _level(self, here: float, step: float) -> _Level:
        """Return the quotients for a step and its half."""
        x = self.x
        lower, low, high, higher = x - step, x - step / 2, x + step / 2, x + step
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

    # Noise.

    def _is_single(self, here: float, level: _Level) -> bool:
        """Return whether the function is computed in single precision, for which the steps are too short."""
        if not _fits_single(here) or level.rough == 0:
            return False
        values = [self._value(self.x + level.step * i / 8) for i in range(-8, 9)]
        # The few values of a step function may be such numbers by chance.
        return len(set(values)) > 3 and all(map(_fits_single, values))

    def _second_differences(self, reach: float) -> list[float]:
        """Return the second differences of the values at 17 points around the point that exceed rounding."""
        values = [self._value(self.x + reach * i / 8) for i in range(-8, 9)]
        if any(map(math.isnan, values)):
            return []
        bends = [a - 2 * b + c for a, b, c in zip(values, values[1:], values[2:], strict=False)]
        visible = ROUNDING * _size(values)
        return [gap for gap in bends if abs(gap) > visible]

    def _is_noisy(self, here: float, step: float) -> bool:
        """Return whether the curvature alternates at this scale or the next: a kink bends once, a jump twice."""
        return max(_sign_changes(self._second_differences(reach)) for reach in (step, step / SHRINK)) >= 3

    def _is_precise(self, here: float, level: _Level) -> bool:
        """Return whether this level has a precise derivative and the curvature does not alternate."""
        return level.uncertainty < 1e-4 * abs(level.fine) and _sign_changes(self._second_differences(level.step)) == 0

    def _by_longer_steps(self, here: float, levels: Sequence[_Level]) -> Estimate:
        """Return the best estimate of longer steps, for a function that is noise near the point."""
        near = levels[0].step
        values = [self._value(self.x + near * i / 8) for i in range(-8, 9)]
        values = [v for v in values if not math.isnan(v)]
        amplitude = max((abs(b) for b in self._second_differences(near)), default=0.0)
        if all(map(_fits_single, values)):
            amplitude = max(amplitude, 2.0**-22 * _size(values))
        far = [self._level(here, near * SHRINK**k) for k in range(5)]
        reachable = [level._replace(noise=level.noise + amplitude / level.step) for level in far if level.is_two_sided]
        if not reachable:
            return _unknown(Verdict.NOISE)
        best = min(reachable, key=lambda level: level.uncertainty)
        found = _smooth(best)
        # Cancelling terms leave more noise than the values suggest, but rarely enough to matter.
        known = found.uncertainty <= HARMLESS * abs(found.derivative) + 0.01 * HARMLESS
        return found if known else found._replace(verdict=Verdict.NOISE)


def _quotient(above: float, below: float, distance: float) -> float:
    return (above - below) / distance if distance else NAN


def _size(numbers: Iterable[float]) -> float:
    return max((abs(x) for x in numbers if not math.isnan(x)), default=0.0)


def _fits_single(x: float) -> bool:
    """Return whether a number is representable in single precision."""
    return abs(x) < 3e38 and struct.unpack("f", struct.pack("f", x))[0] == x


def _sign_changes(bends: Sequence[float]) -> int:
    """Return the number of sign changes."""
    return sum(1 for a, b in pairwise(bends) if a * b < 0)


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
