"""What every order of a check does: compare derivatives with independent ones, and record how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from autograd_core.testing.checking import claims
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.meeting_kinks import MEET
from autograd_core.testing.checking.options import Options
from autograd_core.testing.report import Entry, Verdict
from autograd_core.testing.trees import analytic
from autograd_core.testing.trees.flat_function import FlatFunction

if TYPE_CHECKING:
    from autograd_core.testing.checking.comparison import Comparator, Rules
    from autograd_core.testing.trees.analytic import AnalyticDerivatives

FEW: Final = 200
"""A black box with more inputs than this is checked along random directions."""


@dataclass
class Examination:
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
        if self.claims and self.function.is_short and not self.function.unsteady:
            self._widen()

    def _widen(self) -> None:
        """Go on with 64-bit floats, if the function and the claims are the same there."""
        from autograd_core.testing.checking.in_64_bits import in_64_bits

        wide = in_64_bits(self.function, self.claims)
        if wide is not None:
            unit = self.function.unit(range(len(self.function.point)))
            self.function, self.rules = wide, replace(self.rules, unit=unit)

    def entries(
        self, function: FlatFunction, rules: Rules, more: Callable[..., list[AnalyticDerivatives]] | None = None
    ) -> list[Entry]:
        """Return the entries for a function; `more` gives derivatives that are checked besides those claimed."""
        if not self.claims:
            found = analytic.derivatives_of_engine(function, self.options.modes, rules.rng)
            return self.examined(comparator_of(function, found, rules, None), self.options.method)
        given = self.claims.of_first_order
        if self.claims.jvp is not None:
            function = replace(function, tangent_of=partial(claims.tangent_at, function, self.claims.jvp))
        found = [claims.claimed(function, *claim) for claim in given]
        at = partial(claims.gradient_at, function, *given[0])
        found += more(found) if more else []
        comparator = comparator_of(function, found, rules, at)
        entries = self.examined(comparator, self.options.method)
        if self.remarks or all(entry.verdict is not Verdict.MISMATCH for entry in entries):
            return entries
        from autograd_core.testing.checking.claim_rounding import without_rounded

        return without_rounded(entries, comparator, *given[0])

    def examined(self, comparator: Comparator, method: str) -> list[Entry]:
        """Return the entries of a comparator, and record the method that made them."""
        from autograd_core.testing.checking.methods import along_kinks

        used, entries = _examined_by(comparator, method)
        on_kinks = any(entry.accepted and entry.verdict is Verdict.KINK for entry in entries)
        if (on_kinks or comparator.is_at_kinks) and len(comparator.function.point) > 1:
            entries += along_kinks(comparator)
        entries = [_by_convention(entry, comparator) for entry in entries] if comparator.doubt else entries
        entries = self._with_second_thoughts(entries, comparator) if self.claims else entries
        if used not in self.used:
            self.used.append(used)
        return entries

    def _with_second_thoughts(self, entries: list[Entry], comparator: Comparator) -> list[Entry]:
        """Return the entries of a claim, with those unverified that the function does not decide."""
        from autograd_core.testing.checking.coarse_values import without_hidden
        from autograd_core.testing.checking.limits import without_limits

        entries = without_hidden(entries, comparator)
        is_wrong = any(entry.verdict is Verdict.MISMATCH for entry in entries)
        return without_limits(entries, comparator) if is_wrong else entries


def _by_convention(entry: Entry, comparator: Comparator) -> Entry:
    """Return an entry of a graph whose ops on kinks have derivatives that are right, as is what the chain rule makes.

    Where several depend on one number it may be no derivative of the function, else it is one of a piece beside the
    point. At a jump it is a number between other jumps, as good as any.
    """
    is_wrong = entry.verdict is Verdict.MISMATCH
    if is_wrong and comparator.kinks_meet:
        return entry.unverified(comparator.doubt)
    accepted = comparator.rules.kinks == "accept"
    if (is_wrong or entry.hint == MEET) and not comparator.kinks_meet:
        return replace(entry, verdict=Verdict.KINK, accepted=accepted, hint="", suspect="")
    return replace(entry, accepted=True) if entry.verdict is Verdict.JUMP and accepted else entry


def comparator_of(
    function: FlatFunction,
    found: Sequence[AnalyticDerivatives],
    rules: Rules,
    at: Callable[[Sequence[float]], list[float]] | None,
) -> Comparator:
    """Return what compares derivatives of a function; `at` gives those that are claimed at another point."""
    from autograd_core.testing.causes.explain import Explainer
    from autograd_core.testing.checking.comparison import Comparator

    return Comparator(function, found, rules, Explainer(function, at, rules.order), at)


def _examined_by(comparator: Comparator, method: str) -> tuple[str, list[Entry]]:
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
