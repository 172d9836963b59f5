"""The verdict on one derivative: whether the analytic number agrees with the independent one.

`judge` gives the verdict on two numbers. A `Comparator` holds one function at one point with its analytic derivatives,
and makes the entries of the report.
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
    """The criteria for agreement.

    Attributes:
        rtol: the relative tolerance; None for the default of the method.
        atol: the absolute tolerance; None for the default of the method.
        kinks: `"accept"`, `"refuse"` or `"skip"`.
        domain: the closed interval in which differences may move each number; None for no bounds.
        rng: the generator of random directions.
        order: the order of the derivative that is checked.
        output: the path of the result that is checked; "" for the only one, or the sum of all.
    """

    rtol: float | None
    atol: float | None
    kinks: str
    domain: tuple[float, float] | None
    rng: random.Random
    order: int = 1
    output: str = ""

    def allowed(self, truth: float, rtol: float, atol: float) -> float:
        """Return the largest distance from the truth that counts as agreement."""
        relative = rtol if self.rtol is None else self.rtol
        absolute = atol if self.atol is None else self.atol
        return absolute + relative * abs(truth) if math.isfinite(truth) else absolute


class Comparator:
    """One function with its analytic derivatives and the rules; makes the entries of the report."""

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
        """Return the comparison of one derivative; `numeric` holds all independent derivatives, nan where unknown."""
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
        """Return the comparison of a derivative along a direction."""
        verdict, accepted = judge(analytic, estimate, allowed, self.rules.kinks)
        _, left, right, step, *_ = estimate
        return Entry(
            name, (), self.rules.order, mode, analytic, estimate.derivative, left, right, step, allowed, verdict,
            _ADVICE.get(verdict, ""), "", self.rules.output, accepted,
        )  # fmt: skip

    def central(self, index: int) -> Estimate:
        """Return the derivative with respect to one number, by central differences."""
        return central(self.function.number, self.function.point, index, self.rules.domain)

    def allowed(self, estimate: Estimate, analytic: float) -> float:
        """Return the tolerance around a difference quotient; it includes the error of the quotient up to a bound."""
        size = max((abs(x) for x in (estimate.derivative, analytic) if math.isfinite(x)), default=0.0)
        doubt = estimate.uncertainty if math.isfinite(estimate.uncertainty) else 0.0
        return self.rules.allowed(estimate.derivative, 1e-5, 1e-7) + min(3.0 * doubt, max(1e-3 * size, 1e-5))


_ADVICE: Final = {
    Verdict.KINK: "not differentiable here: the derivatives from the left and from the right differ",
    Verdict.JUMP: "not differentiable here: the function is discontinuous",
    Verdict.OUTSIDE: "the function is not defined on both sides of this point: choose one inside its domain",
    Verdict.NAN: "the function is nan here: choose another point",
    Verdict.NOISE: "the values of the function are too inexact for a verdict: compute it in 64 bits, or raise rtol",
}


def judge(analytic: float, estimate: Estimate, allowed: float, kinks: str) -> tuple[Verdict, bool]:
    """Return the verdict on one number, and whether it passes although the verdict is not `OK`."""
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
