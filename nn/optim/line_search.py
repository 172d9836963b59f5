"""Line search: finds a step along a direction that satisfies the strong Wolfe conditions.

With the loss `f` along the direction and its slope `f'`, a step `t` is long enough and not too long if

* `f(t) ≤ f(0) + c1 · t · f'(0)`: the loss decreases by at least a share of what the slope at 0 predicts, and
* `|f'(t)| ≤ c2 · |f'(0)|`: the loss is flat enough there.

First longer and longer steps are tried, until two of them bracket such a step. Then the bracket is made smaller. A
trial is made at the minimum of the cubic through two others.

Sources: J. Nocedal, S. Wright, "Numerical Optimization" (2nd edition, 2006), algorithms 3.5 and 3.6 and equation
3.59; the limits and the rule near the ends of a bracket are those of M. Schmidt's minFunc (2005), as in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

SUFFICIENT_DECREASE: Final = 1e-4
"""`c1`, small: nearly every step that decreases the loss is accepted."""

CURVATURE: Final = 0.9
"""`c2`, large: the first trial of a quasi-Newton direction is usually good, and more evaluations are costly."""


class Trial(NamedTuple):
    """A step with its loss, its gradient, and its slope along the direction."""

    t: float
    loss: float
    gradient: list[float]
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Trial], start: Trial, t: float, *, width: float, limit: int
) -> tuple[Trial, int]:
    """The best trial found, and how many evaluations it took.

    Args:
        evaluate: a function from a step to its trial. A loss of inf means that the step is too long.
        start: the trial at 0; its slope is negative.
        t: the first step to try.
        width: the width below which a bracket is not searched further.
        limit: the largest number of evaluations after the first.

    >>> def parabola(t):  # (t - 3)², along the direction 1
    ...     return Trial(t, (t - 3.0) ** 2, [2.0 * (t - 3.0)], 2.0 * (t - 3.0))
    >>> best, evaluations = strong_wolfe(parabola, parabola(0.0), 0.1, width=1e-9, limit=10)
    >>> best.t, evaluations
    (1.0, 2)
    """
    low, high, used = _bracket(evaluate, start, t, limit)
    if low is high:
        return low, used + 1
    best, used = _zoom(evaluate, start, [low, high], width=width, used=used, limit=limit)
    return best, used + 1


def _bracket(evaluate: Callable[[float], Trial], start: Trial, t: float, limit: int) -> tuple[Trial, Trial, int]:
    """Two trials with a good step between them, or the same good trial twice."""
    previous, current = start, evaluate(t)
    for used in range(limit):
        if _too_high(current, start) or (used > 1 and current.loss >= previous.loss):
            return previous, current, used
        if _is_flat(current, start):
            return current, current, used
        if current.slope >= 0.0:
            return previous, current, used
        nearest, farthest = current.t + 0.01 * (current.t - previous.t), current.t * 10.0
        previous, current = current, evaluate(_cubic_minimum(previous, current, nearest, farthest))
    return start, current, limit


def _zoom(
    evaluate: Callable[[float], Trial], start: Trial, bracket: list[Trial], *, width: float, used: int, limit: int
) -> tuple[Trial, int]:
    """The best end of the bracket, after making it smaller."""
    low = _lower(bracket)
    stuck = False
    while used < limit and abs(bracket[1].t - bracket[0].t) >= width:
        t, stuck = _next_step(bracket, stuck)
        trial, used = evaluate(t), used + 1
        if _too_high(trial, start) or trial.loss >= bracket[low].loss:
            bracket[1 - low] = trial
            low = _lower(bracket)
            continue
        if _is_flat(trial, start):
            return trial, used
        if trial.slope * (bracket[1 - low].t - bracket[low].t) >= 0.0:
            bracket[1 - low] = bracket[low]
        bracket[low] = trial
    return bracket[low], used


def _next_step(bracket: list[Trial], stuck: bool) -> tuple[float, bool]:
    """The next step to try, and whether it is close to an end of the bracket.

    Two trials close to an end would make no progress, so the second is moved inwards by a tenth.
    """
    left, right = sorted(trial.t for trial in bracket)
    t = _cubic_minimum(bracket[0], bracket[1], left, right)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False


def _too_high(trial: Trial, start: Trial) -> bool:
    return trial.loss > start.loss + SUFFICIENT_DECREASE * trial.t * start.slope


def _is_flat(trial: Trial, start: Trial) -> bool:
    return abs(trial.slope) <= -CURVATURE * start.slope


def _lower(bracket: list[Trial]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _cubic_minimum(a: Trial, b: Trial, low: float, high: float) -> float:
    """The minimum from `low` to `high` of the cubic through both trials; the middle of the range if there is none."""
    if a.t > b.t:
        a, b = b, a
    if a.t < b.t:
        mean = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.t - b.t)
        square = mean * mean - a.slope * b.slope
        root = math.sqrt(square) if square >= 0.0 else math.nan
        rest, width = b.slope + root - mean, b.slope - a.slope + 2.0 * root
        # A straight line has its minimum at infinity.
        t = b.t - (b.t - a.t) * (rest / width if width else math.copysign(math.inf, rest))
        if not math.isnan(t):
            return min(max(t, low), high)
    return (low + high) / 2.0
