"""Which derivatives count as agreeing, and what is said of those that do not.

`judge` gives the verdict on two numbers. A `Comparator` holds what is under examination, one function at one point, and
writes the entries of the report.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autograd_core.testing.analytic import AnalyticDerivatives
from autograd_core.testing.differences import Estimate, central
from autograd_core.testing.explain import Explainer
from autograd_core.testing.flat_function import FlatFunction
from autograd_core.testing.report import Entry, Verdict


@dataclass(frozen=True)
class Rules:
    """What counts as agreement.

    Attributes:
        rtol: the relative tolerance; None for that of the method.
        atol: the absolute tolerance; None likewise.
        kinks: "accept", "refuse" or "skip".
        domain: where the function may be evaluated, None for everywhere.
        rng: the source of random directions.
        order: the order of the derivative that is checked.
        output: the result that is checked, if it is one of several.
    """

    rtol: float | None
    atol: float | None
    kinks: str
    domain: tuple[float, float] | None
    rng: random.Random
    order: int = 1
    output: str = ""

    def allowed(self, truth: float, rtol: float, atol: float) -> float:
        """How far a number may be from the truth."""
        relative = rtol if self.rtol is None else self.rtol
        absolute = atol if self.atol is None else self.atol
        return absolute + relative * abs(truth) if math.isfinite(truth) else absolute


class Comparator:
    """One function, what is claimed of it, and the rules: makes entries."""

    def __init__(
        self, function: FlatFunction, analytic: Sequence[AnalyticDerivatives], rules: Rules, explainer: Explainer
    ) -> None:
        self.function = function
        self.analytic = analytic
        self.rules = rules
        self.explainer = explainer

    def entry(
        self, index: int, derivatives: AnalyticDerivatives, estimate: Estimate, allowed: float, numeric: Sequence[float]
    ) -> Entry:
        """The comparison of one derivative; `numeric` are all that are known."""
        analytic = derivatives.gradient[index]
        verdict, accepted = judge(analytic, estimate, allowed, self.rules.kinks)
        wrong = verdict is Verdict.MISMATCH or (verdict is Verdict.NAN and not accepted)
        return Entry(
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
            (self.explainer.hint(derivatives.gradient, numeric, index) if wrong else "") or _ADVICE.get(verdict, ""),
            self.explainer.suspect(index) if wrong else "",
            self.rules.output,
            accepted,
        )

    def direction(self, name: str, mode: str, analytic: float, estimate: Estimate, allowed: float) -> Entry:
        """The comparison of a derivative along a direction."""
        verdict, accepted = judge(analytic, estimate, allowed, self.rules.kinks)
        _, left, right, step, *_ = estimate
        return Entry(
            name, (), self.rules.order, mode, analytic, estimate.derivative, left, right, step, allowed, verdict,
            _ADVICE.get(verdict, ""), "", self.rules.output, accepted,
        )  # fmt: skip

    def central(self, index: int) -> Estimate:
        """The derivative by differences with respect to one number."""
        return central(self.function.number, self.function.point, index, self.rules.domain)

    def allowed(self, estimate: Estimate, analytic: float) -> float:
        """How far a number may be from a difference quotient, whose own error counts as long as it is small."""
        size = max((abs(x) for x in (estimate.derivative, analytic) if math.isfinite(x)), default=0.0)
        doubt = estimate.uncertainty if math.isfinite(estimate.uncertainty) else 0.0
        return self.rules.allowed(estimate.derivative, 1e-5, 1e-7) + min(3.0 * doubt, max(1e-3 * size, 1e-5))


_ADVICE: Final = {
    Verdict.KINK: "not differentiable here: the slopes on the two sides differ",
    Verdict.JUMP: "not differentiable here: the function jumps",
    Verdict.OUTSIDE: "the function is not defined on both sides of this point: choose one inside its domain",
    Verdict.NAN: "the function is not a number here: choose another point",
    Verdict.NOISE: "the function is not computed exactly enough to tell: compute it in 64 bits, or raise rtol",
}


def judge(analytic: float, estimate: Estimate, allowed: float, kinks: str) -> tuple[Verdict, bool]:
    """The verdict on one number, and whether it passes although the verdict is not `OK`."""
    found, true = estimate.verdict, estimate.derivative
    if found in (Verdict.KINK, Verdict.JUMP):
        if kinks != "accept":
            return found, kinks == "skip"
        sides = (estimate.left, estimate.right)
        if found is Verdict.KINK:
            between = min(sides) - allowed <= analytic <= max(sides) + allowed
            return (found, True) if between else (Verdict.MISMATCH, False)
        return found, any(abs(analytic - side) <= allowed for side in sides)
    if analytic == true or abs(analytic - true) <= allowed:
        return Verdict.OK, False
    if found in (Verdict.OUTSIDE, Verdict.NAN):
        return found, False
    if math.isnan(analytic) or math.isnan(true):
        return Verdict.NAN, False
    if abs(analytic - true) <= 10.0 * estimate.uncertainty:
        return Verdict.NOISE, False
    return Verdict.MISMATCH, False
