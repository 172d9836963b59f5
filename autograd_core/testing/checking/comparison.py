"""The verdict on one derivative: whether the analytic number agrees with the independent one.

`judge` gives the verdict on two numbers. A `Comparator` holds one function at one point with its analytic derivatives,
and makes the entries of the report.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from autograd_core.testing.causes.explain import Explainer
from autograd_core.testing.checking.meeting_kinks import judged_beside
from autograd_core.testing.measuring.agreement import ERRORS
from autograd_core.testing.measuring.differences import STEP, along, central
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.measuring.nearest_floats import SAME, side_of_kink
from autograd_core.testing.measuring.stairs import EPSILON
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees.analytic import AnalyticDerivatives
from autograd_core.testing.trees.flat_function import FlatFunction

RTOL: Final = 2e-7
"""The relative tolerance of differences: a little more than the rounding of a gradient in 32 bits."""

FEW_BITS: Final = 2.0**-12
"""The distance of numbers at 1 above which a type has 16 bits or fewer."""

ROUGHLY: Final = 2.0
"""The size of a derivative is known if its error is at most this multiple of it."""

PART: Final = 1e-3
"""A derivative is known if its measured error is at most this part of the largest derivative."""

RELATIVE: Final = 128.0
ABSOLUTE: Final = 4.0
"""What claims of few digits are off by, in roundings of the derivative and of the largest: their constants are, too."""

BESIDE: Final = (-3, -1, 1, 2)
STEADY: Final = 1e-3
"""A claim that moves by no more than this part of itself in so many floats is more than what rounding leaves."""

REFUTED: Final = 10.0
"""A derivative is called wrong if its distance is more than the measured error times this."""


@dataclass(frozen=True)
class Rules:
    """The criteria for agreement.

    Attributes:
        rtol: the relative tolerance; None for the default of the method.
        atol: the absolute tolerance; None for the default of the method.
        kinks: `"accept"`, `"refuse"` or `"skip"`.
        domain: the closed interval in which differences may move each number; None for no bounds.
        rng: the generator of random directions.
        order: the order of the derivative that is checked.
        output: the path of the result that is checked; "" for the only one, or the sum of all.
        unit: the relative distance of the numbers that the user computes with, if a check in 64 bits replaces them.
    """

    rtol: float | None
    atol: float | None
    kinks: str
    domain: tuple[float, float] | None
    rng: random.Random
    order: int = 1
    output: str = ""
    unit: float = 0.0

    def allowed(self, truth: float, rtol: float, atol: float, largest: float = 0.0) -> float:
        """Return the largest distance from the truth that counts as agreement, beside the largest derivative."""
        relative = (rtol if self.rtol is None else self.rtol) + RELATIVE * self.unit
        absolute = (atol if self.atol is None else self.atol) + ABSOLUTE * self.unit * largest
        return absolute + relative * abs(truth) if math.isfinite(truth) else absolute


class Comparator:
    """One function with its analytic derivatives and the rules; makes the entries of the report.

    `claimed_at` gives the gradient that is claimed at another point, and is None if the engine is checked.
    """

    def __init__(
        self,
        function: FlatFunction,
        analytic: Sequence[AnalyticDerivatives],
        rules: Rules,
        explainer: Explainer,
        claimed_at: Callable[[Sequence[float]], list[float]] | None = None,
    ) -> None:
        self.function = function
        self.claimed_at = claimed_at
        self.analytic = analytic
        self.rules = rules
        self.explainer = explainer
        self.groups = 0
        """The number of groups that were measured along random directions."""
        self.doubt = ""
        """Why no derivative that differences contradict is called wrong; "" if it is."""
        self.kinks_meet = False
        """Whether several ops are on kinks that depend on one number."""
        self.is_at_kinks = False
        """Whether a direction met a kink, on which `along_kinks` has the last word."""
        self._found: dict[tuple[int, float], Estimate] = {}

    def entry(
        self, index: int, derivatives: AnalyticDerivatives, estimate: Estimate, allowed: float, numeric: Sequence[float]
    ) -> Entry:
        """Return the comparison of one derivative; `numeric` holds all independent derivatives, nan where unknown."""
        analytic = derivatives.gradient[index]
        verdict, accepted = self._judged(analytic, estimate, allowed, [index])
        wrong = verdict is Verdict.MISMATCH
        skipped = accepted and self.rules.kinks == "skip"
        found = Entry(
            self.function.names[index],
            (self.function.point[index],),
            self.rules.order,
            derivatives.mode,
            analytic,
            estimate.derivative,
            estimate.left,
            estimate.right,
            estimate.step,
            allowed,
            verdict,
            self._cause(derivatives.gradient, numeric, index, estimate)
            if wrong
            else self._advice(verdict, estimate, index),
            self.explainer.suspect(index) if wrong else "",
            self.rules.output,
            accepted and not skipped,
            skipped,
        )
        return self._beside(found, index) if wrong and estimate.verdict is Verdict.KINK else found

    def _judged(
        self, analytic: float, estimate: Estimate, allowed: float, indices: Iterable[int]
    ) -> tuple[Verdict, bool]:
        """Return the verdict on a number, as `judge` does.

        In 16 bits hardly a derivative is known to a part of itself, so a tolerance that is chosen decides, if at least
        the size of the derivative is known.
        """
        verdict, accepted = judge(analytic, estimate, allowed, self.rules.kinks)
        agrees = verdict is estimate.verdict is Verdict.NOISE and abs(analytic - estimate.derivative) <= allowed
        error = max(estimate.uncertainty, estimate.doubt)
        if (
            agrees
            and self._is_chosen
            and self.function.unit(indices) > FEW_BITS
            and error <= ROUGHLY * abs(estimate.derivative)
        ):
            return Verdict.OK, False
        return verdict, accepted

    @property
    def _is_chosen(self) -> bool:
        return self.rules.rtol is not None or self.rules.atol is not None

    def _beside(self, entry: Entry, index: int) -> Entry:
        """Return an entry that is wrong at a kink, judged again by the slopes beside it, where other kinks may meet."""
        count = len(self.function.point)
        direction = [float(i == index) for i in range(count)]
        return judged_beside(self.function, entry, direction, self.rules.rng) if count > 1 else entry

    def direction(self, name: str, mode: str, analytic: float, estimate: Estimate, allowed: float) -> Entry:
        """Return the comparison of a derivative along a direction."""
        verdict, accepted = self._judged(analytic, estimate, allowed, range(len(self.function.point)))
        skipped = accepted and self.rules.kinks == "skip"
        _, left, right, step, *_ = estimate
        return Entry(
            name, (), self.rules.order, mode, analytic, estimate.derivative, left, right, step, allowed, verdict,
            self._advice(verdict, estimate), "", self.rules.output, accepted and not skipped, skipped,
        )  # fmt: skip

    def _cause(self, analytic: Sequence[float], numeric: Sequence[float], index: int, estimate: Estimate) -> str:
        if estimate.verdict is Verdict.KINK and math.isfinite(analytic[index]):
            return "at this kink it is not between the derivatives from the left and from the right"
        return self.explainer.hint(analytic, numeric, index)

    def _advice(self, verdict: Verdict, estimate: Estimate, index: int | None = None) -> str:
        """Return what to do about a verdict; "" if there is nothing to do."""
        domain, x = self.rules.domain, self.function.point[index] if index is not None else 0.0
        if verdict in (Verdict.OUTSIDE, Verdict.NAN) and not math.isfinite(x):
            return f"cannot tell: the number itself is {x!r} here; choose a finite one"
        if verdict is Verdict.OUTSIDE and domain and index is not None and not domain[0] <= x <= domain[1]:
            return f"cannot tell: {x!r} is outside of domain={domain}; choose a point inside"
        error = max(estimate.uncertainty, estimate.doubt)
        is_known = verdict is not Verdict.NOISE or math.isfinite(error)
        text = _ADVICE.get(verdict, "").format(error) if is_known else _UNMEASURED
        raised = self.function.raised if verdict in (Verdict.OUTSIDE, Verdict.NOISE) else []
        return text + (f"; beside the point, the function raises {raised[0]}" if raised else "")

    def central(self, index: int, claimed: float = math.nan) -> Estimate:
        """Return the derivative with respect to one number by differences; `claimed` is the one to confirm."""
        if (index, claimed) not in self._found:
            self._found[index, claimed] = self._measured(index, claimed)
        return self._found[index, claimed]

    def _measured(self, index: int, claimed: float) -> Estimate:
        function, seen = self.function, self.explainer.seen

        def number(numbers: list[float]) -> float:
            """Return the function, and keep how far the check has gone."""
            low, high = seen.get(index, (numbers[index], numbers[index]))
            seen[index] = min(low, numbers[index]), max(high, numbers[index])
            return function.number(numbers)

        passed = partial(function.passed, index)
        unit = function.unit([index])
        found = central(number, function.point, index, self.rules.domain, claimed, passed, unit)
        self.explainer.measured[index] = found
        known = found.verdict is Verdict.NOISE and found.uncertainty <= PART * self.largest
        if found.verdict is Verdict.OK and self._is_too_small(claimed, found.uncertainty):
            return found._replace(verdict=Verdict.NOISE)
        if found.verdict is Verdict.KINK and unit <= EPSILON:
            return self._on_its_side(found, index)
        if found.verdict is Verdict.OUTSIDE and self._is_at_edge(function.point[index]):
            # The edge that was given is meant: the slope on its inner side counts, if it does not grow there.
            known = found.uncertainty <= PART * abs(found.derivative) < math.inf
        return found._replace(verdict=Verdict.OK) if known else found

    def _is_too_small(self, claimed: float, error: float) -> bool:
        """Return whether a claim other than 0 is so small that 0 and its double would agree as well as itself.

        Beside larger derivatives it is known to be small.
        """
        return 0.0 < abs(claimed) < ERRORS * error and error > PART * self.largest and not self._is_chosen

    def is_steady(self, index: int, claimed: float) -> bool:
        """Return whether the derivative that is claimed hardly moves from one float to the next, as rounding does."""
        if self.claimed_at is None or not claimed:
            return False
        point, x = self.function.point, self.function.point[index]
        near = ([*point[:index], x + k * math.ulp(x), *point[index + 1 :]] for k in BESIDE)
        try:
            return all(abs(self.claimed_at(at)[index] - claimed) <= STEADY * abs(claimed) for at in near)
        except (ArithmeticError, ValueError):
            return False

    def _on_its_side(self, found: Estimate, index: int) -> Estimate:
        """Return the estimate for a kink, or for the slope of one side if the kink is a few floats away."""
        point = self.function.point

        def value(t: float) -> float:
            try:
                return self.function.number([*point[:index], t, *point[index + 1 :]])
            except (ArithmeticError, ValueError):
                return math.nan

        side = side_of_kink(value, point[index], found.left, found.right)
        if side is None:
            return found
        error = SAME * abs(found.right - found.left)
        return Estimate(side, side, side, math.ulp(point[index]), error, Verdict.OK)

    def _is_at_edge(self, x: float) -> bool:
        """Return whether a number is so near to an end of the domain that no short step fits between them."""
        inside = self.rules.domain is not None and self.rules.domain[0] <= x <= self.rules.domain[1]
        return inside and any(abs(x - end) <= STEP * max(1.0, abs(x)) for end in self.rules.domain or ())

    def along(self, direction: Sequence[float], claimed: float, size: float = math.nan) -> Estimate:
        """Return the derivative along a direction by differences; `size` is that of the terms of the claim."""
        function = self.function
        unit = function.unit(i for i, d in enumerate(direction) if d)
        return along(function.number, function.point, list(direction), claimed, size, unit)

    @cached_property
    def largest(self) -> float:
        """The size of the largest derivative that is claimed."""
        gradients = (derivatives.gradient for derivatives in self.analytic)
        return max((abs(x) for gradient in gradients for x in gradient if math.isfinite(x)), default=0.0)

    def allowed(self, estimate: Estimate, size: float | None = None) -> float:
        """Return the tolerance around a difference quotient, which includes its error if the derivative is known.

        `size` is the size of the derivative, by default its absolute value.
        """
        known = estimate.verdict is not Verdict.NOISE and math.isfinite(estimate.uncertainty)
        doubt = ERRORS * estimate.uncertainty if known else 0.0
        size = estimate.derivative if size is None else size
        return self.rules.allowed(size, RTOL, 0.0, self.largest) + doubt


_UNMEASURED: Final = (
    "cannot tell: the values of the function beside the point give no derivative; compute them in 64 bits, or choose "
    "another point"
)

_ADVICE: Final = {
    Verdict.KINK: "not differentiable here: the derivatives from the left and from the right differ",
    Verdict.JUMP: "not differentiable here: the function is discontinuous",
    Verdict.OUTSIDE: "cannot tell: the function is not defined on both sides of this point; "
    "choose one inside its domain",
    Verdict.NAN: "cannot tell: the function or its derivative is not a finite number here; choose another point",
    Verdict.NOISE: "cannot tell: the values of the function give the derivative to ±{0:.2g} only; "
    "compute them in 64 bits, choose another point, or pass an rtol or atol that is enough",
}


def judge(analytic: float, estimate: Estimate, allowed: float, kinks: str) -> tuple[Verdict, bool]:
    """Return the verdict on one number, and whether it passes although the verdict is not `OK`."""
    found, true = estimate.verdict, estimate.derivative
    if found in (Verdict.KINK, Verdict.JUMP):
        if kinks == "skip":
            return found, True
        sides = (estimate.left, estimate.right)
        if found is Verdict.KINK:
            if min(sides) - allowed <= analytic <= max(sides) + allowed:
                return found, kinks == "accept"
            is_near = abs(analytic - true) <= estimate.doubt
            # A vertical tangent gives no number to be wrong about.
            return (Verdict.MISMATCH if math.isfinite(true) and not is_near else Verdict.NOISE), False
        return found, kinks == "accept" and any(abs(analytic - side) <= allowed for side in sides)
    known = found is not Verdict.NOISE or estimate.uncertainty <= allowed
    if analytic == true or (abs(analytic - true) <= allowed and known):
        return Verdict.OK, False
    if found in (Verdict.OUTSIDE, Verdict.NAN):
        return found, False
    if math.isnan(true):
        return Verdict.NAN, False
    if math.isnan(analytic):
        return Verdict.MISMATCH, False
    if abs(analytic - true) <= max(REFUTED * estimate.uncertainty, allowed, estimate.doubt):
        return Verdict.NOISE, False
    return Verdict.MISMATCH, False


def together(entry: Entry, *, is_sum: bool) -> str:
    """Return the hint for the gradient at a kink whose numbers are right alone, and not together.

    `is_sum` says that the direction is (1, …, 1), so that the derivative along it is the sum of the gradient.
    """
    sides = [x for x in (entry.left, entry.right) if math.isfinite(x)] or [entry.numeric]
    low, high = min(sides), max(sides)
    if not is_sum or low <= entry.analytic <= high:
        return "at this kink it is the gradient of no side: numbers that are tied must share one derivative"
    much, bound = ("more", high) if entry.analytic > high else ("less", low)
    return f"the tied numbers get {much} than {bound:.6g} together: share it among them, or give all of it to one"
