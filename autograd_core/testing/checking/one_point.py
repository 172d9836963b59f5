"""The check of a function at one point: every derivative that is claimed, compared with an independent one.

Derivatives of higher order are first derivatives of derivatives, so there is a single comparison, for functions of a
list of numbers (`flat_function`). The derivatives that are checked come from `analytic` and `claims`, the independent
ones from `methods`, and `comparison` gives the verdict.
"""

from __future__ import annotations

import itertools
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from autograd_core.graph.value import Value
from autograd_core.testing.checking import claims
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.options import Options
from autograd_core.testing.checking.source import reproduction
from autograd_core.testing.checking.whole_claim import at_zero, cause_of, with_hints_of
from autograd_core.testing.report import Entry, GradReport, Verdict
from autograd_core.testing.trees import analytic
from autograd_core.testing.trees.flat_function import FlatFunction, flat_function, name_of
from autograd_core.testing.trees.tensors import plain

if TYPE_CHECKING:
    from autograd_core.testing.checking.comparison import Comparator, Rules
    from autograd_core.testing.trees.analytic import AnalyticDerivatives

FEW: Final = 200
"""A black box with more inputs than this is checked along random directions."""

FEW_ROWS: Final = 8
"""Up to this many derivatives are differentiated again one by one; of more, a random combination is."""

DOUBT: Final = 10.0
"""A derivative of a claimed gradient is wrong if its distance is more than its measured error times this."""

SHORTEST: Final = 2.0**-9
"""Shorter steps say nothing about the slopes of values in 32 bits."""

ROUGH: Final = 1e-2
"""A second derivative that a plain quotient confirms up to this part of the wrong one is not the cause."""

UNMEASURED: Final = "cannot tell: the slope of the function cannot be differentiated here; choose another point"

FEW_SLOPES: Final = 50
"""A slope of more inputs than this is checked along random directions, because each of its values takes many calls."""


def report_at(
    f: Callable[..., Any], args: tuple[Any, ...], claimed: Claims, options: Options
) -> tuple[GradReport, Any]:
    """Return the report of the check at a point, and the result with its graph if it failed; None for a black box.

    Raises:
        InputError: if there are no numbers to differentiate with respect to, or something is changed in place.
        ShapeError: if the form of a claim differs from that of the arguments or the result.
        OperandTypeError: if the function returns something other than numbers.
    """
    started = time.perf_counter()
    on_values = not claimed or options.method == "replay"
    function = flat_function(f, plain(args) if claimed and on_values else args, options.argnums, on_values)
    try:
        check = _Check(function, claimed, options)
        with warnings.catch_warnings():
            # Differences and complex steps may leave the domain of a function of arrays, and numpy then warns.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.filterwarnings("ignore", "Casting complex values to real", UserWarning)  # of PyTorch
            entries = tuple(check.run())
    finally:
        for restore in function.restore:
            restore()
    function = check.function
    point = tuple(zip(function.names, function.point, strict=True))
    line = reproduction(f, args, claimed, options, function.called)
    # Failures have it as a hint.
    remarks = (function.unsteady,) if function.unsteady and all(entry.ok for entry in entries) else ()
    seconds = time.perf_counter() - started
    report = GradReport(name_of(f), " and ".join(check.used), point, entries, seconds, line, remarks=remarks)
    return report, None if report else _graph(function)


def _graph(function: FlatFunction) -> Any:
    """Return the result with its graph, None for a black box."""
    root = function.scalar([Value(x) for x in function.point]) if function.on_values else None
    return root if isinstance(root, Value) else None


@dataclass
class _Check:
    """One check: the function, the claims or none if the engine is checked, the options, and what came of it."""

    function: FlatFunction
    claims: Claims
    options: Options
    used: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    cause: str = ""
    """What is wrong for sure, in place of the guesses of the hints."""
    doubts: list[float] = field(default_factory=list)
    """The measured errors of the changes of a gradient along the last direction."""

    def __post_init__(self) -> None:
        from autograd_core.testing.checking.comparison import Rules

        options, rng = self.options, self.options.generator()
        self.function.domain = options.domain
        self.function.measure_results(rng, signed=bool(self.claims.given("vjp", "jac", "jvp")))
        claims.require_one_result(self.function, self.claims)
        if options.argnums is None and claims.of_first_alone(self.function, self.claims):
            self.function = self.function.of_first()
        self.rules = Rules(options.rtol, options.atol, options.kinks, options.domain, rng)

    def run(self) -> Iterator[Entry]:
        """Yield the entries of every order; those that failed say what is not deterministic."""
        entries = [*self._of_first_order(), *self._of_higher_orders()]
        remarks = [text for text in (self.function.unsteady, *self.remarks) if text]
        for entry in entries:
            # Random values look like a jump.
            is_noise = entry.ok and entry.verdict is not Verdict.OK and bool(self.function.unsteady)
            found = entry.unverified("") if is_noise else entry
            own = found.hint.partition(";")[0] if self.function.unsteady else found.hint  # no advice besides
            hint = self.cause or "; ".join(filter(None, (*remarks, own)))
            yield found if found.ok else replace(found, hint=hint)

    # ---- First derivatives ------------------------------------------------------------------------------------------

    def _of_first_order(self) -> list[Entry]:
        """Return the entries for the weighted sum of the results; if it fails, those for the first wrong result."""
        if self.claims and not self.claims.of_first_order:
            return []
        entries = self._entries(self.function, self.rules, self._second_calls)
        if all(entry.ok for entry in entries):
            return entries + self._nonlinear()
        self.cause = "" if self.remarks else cause_of(self.function, self.claims, entries)
        failed = [entry for entry in entries if not entry.ok]
        wrong = [entry for entry in failed if entry.verdict is Verdict.MISMATCH]
        alone = with_hints_of(entries, self._of_wrong_result((wrong or failed)[0]))
        # One result alone may be known less well than all together.
        is_better = alone and (not wrong or any(entry.verdict is Verdict.MISMATCH for entry in alone))
        return alone if is_better else entries

    def _entries(
        self, function: FlatFunction, rules: Rules, more: Callable[..., list[AnalyticDerivatives]] | None = None
    ) -> list[Entry]:
        """Return the entries for a function; `more` gives derivatives that are checked besides those claimed."""
        if not self.claims:
            found = analytic.derivatives_of_engine(function, self.options.modes, rules.rng)
            return self._examined(_comparator(function, found, rules, None), self.options.method)
        given = self.claims.of_first_order
        if self.claims.jvp is not None:
            function = replace(function, tangent_of=partial(claims.tangent_at, function, self.claims.jvp))
        found = [claims.claimed(function, *claim) for claim in given]
        at = partial(claims.gradient_at, function, *given[0])
        found += more(found) if more else []
        return self._examined(_comparator(function, found, rules, at), self.options.method)

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
        name = self.function.results[low] if self.function.results else ""
        alone = self._entries(self.function.only(low), replace(self.rules, output=name))
        if all(entry.ok for entry in alone):
            text = "for each result alone" if len(weights) > 1 else "for the cotangent 1"
            others = f" {weights}" if len(weights) == 1 else "s of several at once"
            self.cause = f"right {text}, but not for the cotangent{others}: is it linear in the cotangent?"
            return []
        return alone

    def _test_of(self, failed: Entry) -> Callable[[FlatFunction], bool]:
        """Return whether a function with other weights fails as an entry did; where possible at its number alone."""
        from autograd_core.testing.checking.comparison import judge

        if not self.claims or failed.place not in self.function.names:
            return lambda function: not all(entry.ok for entry in self._entries(function, self.rules))
        index = self.function.names.index(failed.place)
        claim = self.claims.given(failed.mode)[0]

        def disagrees(function: FlatFunction) -> bool:
            """Return whether the claim for the number is wrong."""
            derivatives = claims.claimed(function, *claim)
            comparator = _comparator(function, [derivatives], self.rules, None)
            got = derivatives.gradient[index]
            estimate = comparator.central(index, got)
            verdict, accepted = judge(got, estimate, comparator.allowed(estimate), self.rules.kinks)
            return verdict is not Verdict.OK and not accepted

        return disagrees

    def _nonlinear(self) -> list[Entry]:
        """Return an entry if a `jvp` is right for each number alone, but not for several at once."""
        jvp, count = self.claims.jvp, len(self.function.point)
        if jvp is None or count > analytic.MOST_COLUMNS:
            return []
        columns = claims.gradient_at(self.function, "jvp", jvp, self.function.point)
        direction = claims.random_direction(count, 0)
        terms = [d * x for d, x in zip(direction, columns, strict=True)]
        got, truth = claims.tangent_at(self.function, jvp, direction), math.fsum(terms)
        allowed = claims.SAME * math.fsum(map(abs, terms))
        if abs(got - truth) <= allowed or not math.isfinite(truth):
            return []
        hint = "right along each number, but not along several: is it linear in the tangent?"
        nan = math.nan
        place = "a direction in all numbers"
        return [Entry(place, (), 1, "jvp", got, truth, nan, nan, 0.0, allowed, Verdict.MISMATCH, hint)]

    # ---- Higher derivatives -----------------------------------------------------------------------------------------

    def _of_higher_orders(self) -> Iterator[Entry]:
        """Yield the entries of the derivatives of derivatives."""
        if self.claims:
            also = self.claims.given("grad") if self.options.order > 1 else []
            for name, claim in (*also, *self.claims.given("hvp", "hess")):
                yield from self._of_second_order(name, claim)
            return
        for n in range(2, self.options.order + 1):
            for function, what in self._derivatives(n - 1):
                yield from self._entries(function, replace(self.rules, order=n, output=what))

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
        entries = self._examined(comparator, self._method_of_slopes(count))
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
        if self._is_asymmetric(name, claim):
            self.remarks.append(f"the second derivatives that {name} claims are not symmetric")
        wrong = [entry.verdict is Verdict.MISMATCH and entry.place in self.function.names for entry in entries]
        return [self._located(name, claim, e) if w else e for e, w in zip(entries, wrong, strict=True)]

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
        return _comparator(slope, [found], replace(self.rules, order=2, output=what), at)

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

    # ---- Comparison -------------------------------------------------------------------------------------------------

    def _examined(self, comparator: Comparator, method: str) -> list[Entry]:
        """Return the entries of a comparator, and record the method that made them."""
        from autograd_core.testing.checking.methods import along_kinks

        used, entries = _examine(comparator, method)
        on_kinks = any(entry.accepted and entry.verdict is Verdict.KINK for entry in entries)
        if on_kinks and len(comparator.function.point) > 1:
            entries += along_kinks(comparator)
        if used not in self.used:
            self.used.append(used)
        return entries


def _comparator(
    function: FlatFunction,
    found: Sequence[AnalyticDerivatives],
    rules: Rules,
    at: Callable[[Sequence[float]], list[float]] | None,
) -> Comparator:
    """Return what compares derivatives of a function; `at` gives those that are claimed at another point."""
    from autograd_core.testing.causes.explain import Explainer
    from autograd_core.testing.checking.comparison import Comparator

    return Comparator(function, found, rules, Explainer(function, at))


def _unit(index: int, count: int) -> list[float]:
    return [float(i == index) for i in range(count)]


def _examine(comparator: Comparator, method: str) -> tuple[str, list[Entry]]:
    """Return the method that was used, and its entries."""
    from autograd_core.testing.checking import methods
    from autograd_core.testing.checking.by_replay import by_replay
    from autograd_core.testing.truths.replay import UnknownOpError

    ways = {
        "replay": by_replay,
        "complex": methods.by_complex_step,
        "central": methods.by_central,
        "directions": methods.by_directions,
    }
    if method != "auto":
        return method, ways[method](comparator)
    if comparator.function.on_values:
        try:
            return "replay", by_replay(comparator)
        except UnknownOpError:
            pass  # differences need no meaning of the ops
    if len(comparator.function.point) > FEW:
        return "directions", methods.by_directions(comparator)
    entries = None if comparator.function.on_values else methods.complex_or_none(comparator)
    return ("complex", entries) if entries is not None else ("central", methods.by_central(comparator))
