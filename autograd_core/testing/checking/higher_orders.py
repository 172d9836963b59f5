"""Derivatives of higher order, which are first derivatives of derivatives; so there is a single comparison."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from autograd_core.testing.checking import claims
from autograd_core.testing.checking.examination import Examination, comparator_of
from autograd_core.testing.checking.whole_claim import at_zero
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees import analytic
from autograd_core.testing.trees.flat_function import FlatFunction

if TYPE_CHECKING:
    from autograd_core.testing.checking.comparison import Comparator

FEW_ROWS: Final = 8
"""Up to this many derivatives are differentiated again one by one; of more, a random combination is."""

DOUBT: Final = 10.0
"""A derivative of a claimed gradient is wrong if its distance is more than its measured error times this."""

SHORTEST: Final = 2.0**-9
"""Shorter steps say nothing about the slopes of values in 32 bits."""

ROUGH: Final = 1e-2
"""A second derivative that a plain quotient confirms up to this part of the wrong one is not the cause."""

UNMEASURED: Final = "cannot tell: the slope of the function cannot be differentiated here; choose another point"

ASYMMETRIC: Final = "the second derivatives that {} claims are not symmetric"

FEW_SLOPES: Final = 50
"""A slope of more inputs than this is checked along random directions, because each of its values takes many calls."""


class HigherOrders(Examination):
    """The check of second derivatives that are claimed, and of the higher ones of the engine."""

    def of_higher_orders(self) -> Iterator[Entry]:
        """Yield the entries of the derivatives of derivatives."""
        if self.claims:
            also = self.claims.given("grad") if self.options.order > 1 else []
            for name, claim in (*also, *self.claims.given("hvp", "hess")):
                yield from self._of_second_order(name, claim)
            return
        for n in range(2, self.options.order + 1):
            for function, what in self._derivatives(n - 1):
                yield from self.entries(function, replace(self.rules, order=n, output=what))

    def _derivatives(self, order: int) -> Iterator[tuple[FlatFunction, str]]:
        """Yield the derivatives of an order as functions: each of a few, or a random combination of many."""
        count = len(self.function.point)
        if count**order <= FEW_ROWS or count == 1:
            for indices in itertools.combinations_with_replacement(range(count), order):
                function = self.function
                for i in indices:
                    function = analytic.derived(function, _unit(i, count))
                names = ", ".join(self.function.names[i] for i in indices)
                yield function, f"the derivative with respect to {names}"
        else:
            function = self.function
            for _ in range(order):
                function = analytic.derived(function, [self.rules.rng.uniform(-1.0, 1.0) for _ in range(count)])
            yield function, f"a random combination of the derivatives of order {order}"

    def _of_second_order(self, name: str, claim: Callable[..., Any]) -> list[Entry]:
        """Return the entries along a random direction; if it fails, those along the first number that fails."""
        count = len(self.function.point)
        random = claims.random_direction(count, self.rules.rng.randrange(1 << 30))
        comparator = self._of_slope(name, claim, random, "the slope along a random direction")
        entries = self.examined(comparator, self._method_of_slopes(count))
        if name == "grad":
            entries = [entry if math.isfinite(entry.analytic) else entry.unverified(UNMEASURED) for entry in entries]
        if all(entry.ok for entry in entries) or count > FEW_ROWS:
            return entries
        text = at_zero(self._unweighted, name, claim) if name == "hvp" else ""
        if text:
            return [entry if entry.ok else replace(entry, hint=text) for entry in entries]
        doubts = self.doubts if name == "grad" and len(entries) == count else [0.0] * len(entries)
        shortest = SHORTEST if comparator.function.is_short else 0.0
        entries = [self._unknown_if_unmeasured(name, *pair, shortest) for pair in zip(entries, doubts, strict=True)]
        text = ASYMMETRIC.format(name) if self._is_asymmetric(name, claim) else ""
        wrong = [entry.verdict is Verdict.MISMATCH and entry.place in self.function.names for entry in entries]
        found = [self._located(name, claim, e) if w else e for e, w in zip(entries, wrong, strict=True)]
        return [replace(e, hint=text) if text and w and not e.ok else e for e, w in zip(found, wrong, strict=True)]

    def _unknown_if_unmeasured(self, name: str, entry: Entry, doubt: float, shortest: float) -> Entry:
        """Return an entry of the second order as unknown if one of its two sides could not be measured."""
        is_measured = math.isfinite(entry.numeric) and (name != "grad" or math.isfinite(entry.analytic))
        # Values in 32 bits stand still over shorter steps, and so do their slopes.
        is_measured = is_measured and entry.step >= shortest
        if entry.ok or (is_measured and not entry.absolute_error <= DOUBT * doubt):
            return entry
        return entry.unverified(UNMEASURED)

    def _located(self, name: str, claim: Callable[..., Any], failed: Entry) -> Entry:
        """Return the wrong second derivative behind an entry along a random direction; that entry if none is found."""
        from autograd_core.testing.measuring.differences import quotient

        names = self.function.names
        i = names.index(failed.place)
        for j, place in enumerate(names):
            what = f"the derivative with respect to {place}"
            comparator = self._of_slope(name, claim, _unit(j, len(names)), what)
            claimed = comparator.analytic[0]
            rough = math.nan
            with suppress(ArithmeticError, ValueError):  # outside the domain
                rough = quotient(comparator.function.number, self.function.point, i)
            if abs(rough - claimed.gradient[i]) <= ROUGH * max(abs(failed.analytic), abs(failed.numeric)):
                continue
            estimate = comparator.central(i, claimed.gradient[i])
            numeric = [estimate.derivative if k == i else math.nan for k in range(len(names))]
            entry = comparator.entry(i, claimed, estimate, comparator.allowed(estimate), numeric)
            shortest = SHORTEST if comparator.function.is_short else 0.0
            if entry.verdict is Verdict.MISMATCH and math.isfinite(entry.numeric) and entry.step >= shortest:
                return entry
        return failed

    def _method_of_slopes(self, count: int) -> str:
        if self.options.method in ("central", "directions"):
            return self.options.method
        return "directions" if count > FEW_SLOPES else "central"

    def _of_slope(self, name: str, claim: Callable[..., Any], direction: list[float], what: str) -> Comparator:
        """Return what compares the derivatives of the gradient along a direction."""
        from autograd_core.testing.checking.second_order import slope_along

        gradient = None if name == "grad" else self.claims.grad
        slope = slope_along(self._unweighted, direction, gradient)
        at = partial(self._second_derivatives, name, claim, direction)
        found = analytic.AnalyticDerivatives(name, at(self.function.point), [])
        return comparator_of(slope, [found], replace(self.rules, order=2, output=what), at)

    def _second_derivatives(
        self, name: str, claim: Callable[..., Any], direction: list[float], point: Sequence[float]
    ) -> list[float]:
        from autograd_core.testing.checking.second_order import changes_of

        if name == "grad":
            found = changes_of(self._unweighted, claim, direction, point)
            self.doubts = [error for _, error in found]
            return [derivative for derivative, _ in found]
        return claims.second_derivatives(self._unweighted, name, claim, direction, point)

    @property
    def _unweighted(self) -> FlatFunction:
        """The function whose second derivatives are claimed: its one result itself."""
        return self.function.weighted([1.0])

    def _is_asymmetric(self, name: str, claim: Callable[..., Any]) -> bool:
        count, point = len(self.function.point), self.function.point
        matrix = [self._second_derivatives(name, claim, _unit(i, count), point) for i in range(count)]
        size = max((abs(x) for row in matrix for x in row if math.isfinite(x)), default=0.0)
        return any(abs(matrix[i][j] - matrix[j][i]) > 1e-5 * size for i in range(count) for j in range(i))


def _unit(index: int, count: int) -> list[float]:
    return [float(i == index) for i in range(count)]
