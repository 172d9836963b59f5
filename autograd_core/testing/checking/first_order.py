"""First derivatives: of the weighted sum of all results, and if it fails, of the first wrong result."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from autograd_core.testing.checking import claims
from autograd_core.testing.checking.examination import Examination, comparator_of
from autograd_core.testing.checking.whole_claim import not_linear, turned, with_hints_of
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees import analytic
from autograd_core.testing.trees.flat_function import FlatFunction

if TYPE_CHECKING:
    from autograd_core.testing.trees.analytic import AnalyticDerivatives

NAN: Final = math.nan

LARGE: Final = 2.0**10
"""A power of two: a linear claim for a cotangent that is so many times as large is so many times itself, to the bit."""

FEWEST_DIGITS: Final = 2.0**-20
"""Numbers that are farther apart, those of 16 bits, would overflow."""

HIDDEN: Final = 100.0
"""A derivative of one result is lost in the sum of all if it is less than the tolerance there times this."""

MOST_READ: Final = 2**20
"""Of more numbers than this, claims are not read again for each result."""

MOST_ALONE: Final = 8
"""The number of results that are checked alone although their sum agrees."""

Compared: TypeAlias = tuple[str, str, float, float, float, str]
"""Place and mode of a claim, the number claimed, the right one, the difference allowed, and a hint."""


class FirstOrder(Examination):
    """The check of first derivatives."""

    def of_first_order(self) -> list[Entry]:
        """Return the entries for the weighted sum of the results; if it fails, those for the first wrong result."""
        if self.claims and not self.claims.of_first_order:
            return []
        entries = self.entries(self.function, self.rules, self._second_calls)
        if all(entry.ok for entry in entries):
            return entries + (self._lost_in_sum(entries) or self._nonlinear())
        self.cause = "" if self.remarks else not_linear(self.function, self.claims)
        failed = [entry for entry in entries if not entry.ok]
        wrong = [entry for entry in failed if entry.verdict is Verdict.MISMATCH]
        alone = with_hints_of(entries, self._of_wrong_result((wrong or failed)[0]))
        if wrong and not (self.remarks or self.cause):
            self.cause = turned(self.function, self.claims, entries)
        # One result alone may be known less well than all together.
        is_better = alone and (not wrong or any(entry.verdict is Verdict.MISMATCH for entry in alone))
        return alone if is_better else entries

    def _second_calls(self, found: Sequence[AnalyticDerivatives]) -> list[AnalyticDerivatives]:
        """Return what the claims say at another call, if that is something else."""
        again = []
        for (name, claim), first in zip(self.claims.of_first_order, found, strict=True):
            second, text = claims.second_call(self.function, name, claim, first)
            if text:
                again.append(second)
                self.remarks.append(text)
        return again

    def _of_wrong_result(self, failed: Entry) -> list[Entry]:
        """Return the entries for the first wrong result, found by bisection; empty if there is none."""
        weights, low, high = self.function.weights, 0, len(self.function.weights)
        if weights == [1.0] or self.remarks or self.cause:
            return []  # one result, claims that are different at each call, or a cause that is found already
        disagrees = self._test_of(failed)
        while high - low > 1:
            middle = (low + high) // 2
            some = [weight if low <= i < middle else 0.0 for i, weight in enumerate(weights)]
            low, high = (low, middle) if disagrees(self.function.weighted(some)) else (middle, high)
        alone = self._of_result(low)
        if all(entry.ok for entry in alone):
            if failed.verdict is not Verdict.MISMATCH:
                return []  # several results together may be known less well than each
            text = "for each result alone" if len(weights) > 1 else "for the cotangent 1"
            others = f" {weights}" if len(weights) == 1 else "s of several at once"
            self.cause = f"right {text}, but not for the cotangent{others}: is it linear in the cotangent?"
            return []
        return alone

    def _test_of(self, failed: Entry) -> Callable[[FlatFunction], bool]:
        """Return whether a function with other weights fails as an entry did; where possible at its number alone."""
        from autograd_core.testing.checking.comparison import judge

        if not self.claims or failed.place not in self.function.names:
            return lambda function: not all(entry.ok for entry in self.entries(function, self.rules))
        index = self.function.names.index(failed.place)
        claim = self.claims.given(failed.mode)[0]

        def disagrees(function: FlatFunction) -> bool:
            """Return whether the claim for the number is wrong."""
            derivatives = claims.claimed(function, *claim)
            comparator = comparator_of(function, [derivatives], self.rules, None)
            got = derivatives.gradient[index]
            estimate = comparator.central(index, got)
            verdict, accepted = judge(got, estimate, comparator.allowed(estimate), self.rules.kinks)
            return verdict is not Verdict.OK and not accepted

        return disagrees

    def _lost_in_sum(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the mismatches of results whose derivatives are too small beside others to show in the sum of all."""
        weights = self.function.weights
        if not self.claims or len(weights) == 1 or len(weights) ** 2 * len(self.function.point) > MOST_READ:
            return []
        allowed = {entry.place: entry.tolerance for entry in entries if entry.verdict is Verdict.OK}
        tolerances = [HIDDEN * allowed.get(name, 0.0) for name in self.function.names]

        def is_lost(result: int) -> bool:
            """Return whether a derivative that is claimed for one result is less than the tolerance of the sum."""
            alone = self.function.weighted([w * (i == result) for i, w in enumerate(weights)])
            rows = (claims.claimed(alone, *claim).gradient for claim in self.claims.of_first_order)
            return any(0.0 < abs(x) < tolerance for row in rows for x, tolerance in zip(row, tolerances, strict=False))

        for result in itertools.islice(filter(is_lost, range(len(weights))), MOST_ALONE):
            wrong = [entry for entry in self._of_result(result) if entry.verdict is Verdict.MISMATCH]
            if wrong:
                return wrong
        return []

    def _of_result(self, result: int) -> list[Entry]:
        name = self.function.results[result] if self.function.results else ""
        return self.entries(self.function.only(result), replace(self.rules, output=name))

    def _nonlinear(self) -> list[Entry]:
        """Return entries for claims that are right for the random cotangent or each number, and are not linear."""
        return [
            Entry(place, (), 1, mode, got, truth, NAN, NAN, 0.0, allowed, Verdict.MISMATCH, hint)
            for found in (self._nonlinear_in_cotangents, self._nonlinear_in_tangents)
            for place, mode, got, truth, allowed, hint in found()
            if math.isfinite(truth) and not abs(got - truth) <= allowed
        ][:1]

    def _nonlinear_in_cotangents(self) -> Iterator[Compared]:
        """Yield what a `vjp` claims for a large cotangent, with what it claims for the one that was checked."""
        vjp, function = self.claims.vjp, self.function
        if vjp is None or any(unit > FEWEST_DIGITS for unit in function.units):
            return
        large = function.weighted([LARGE * weight for weight in function.weights])
        found = [claims.gradient_at(some, "vjp", vjp, function.point) for some in (large, function)]
        hint = f"right for a cotangent, but not for it times {LARGE:g}: is it linear in the cotangent, or clipped?"
        for name, got, small in zip(function.names, *found, strict=True):
            yield name, "vjp", got, LARGE * small, claims.SAME * abs(LARGE * small), hint

    def _nonlinear_in_tangents(self) -> Iterator[Compared]:
        """Yield what a `jvp` claims along a direction, with the sum of what it claims along each number."""
        jvp, count = self.claims.jvp, len(self.function.point)
        if jvp is None or count > analytic.MOST_COLUMNS:
            return
        columns = claims.gradient_at(self.function, "jvp", jvp, self.function.point)
        direction = claims.random_direction(count, 0)
        terms = [d * x for d, x in zip(direction, columns, strict=True)]
        got, truth = claims.tangent_at(self.function, jvp, direction), math.fsum(terms)
        hint = "right along each number, but not along several: is it linear in the tangent?"
        yield "a direction in all numbers", "jvp", got, truth, claims.SAME * math.fsum(map(abs, terms)), hint
