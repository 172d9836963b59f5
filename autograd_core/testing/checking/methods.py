"""The methods that compute derivatives independently, and compare the analytic ones with them.

Each method makes the entries of one function at one point. `by_central` and `by_complex_step` move one number at a
time. `by_directions` moves many numbers at once along random directions, and then searches for those with a wrong
derivative. At kinks `along_kinks` compares directions besides. `by_replay` is a module of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from autograd_core.errors import InputError
from autograd_core.testing.checking.comparison import PART, STEADY, Comparator, judge, together
from autograd_core.testing.checking.meeting_kinks import MEET, judged_beside
from autograd_core.testing.measuring.agreement import ERRORS
from autograd_core.testing.measuring.complex_step import complex_step, rounding_of
from autograd_core.testing.measuring.ladder import ROUGH
from autograd_core.testing.measuring.levels import NAN, Estimate
from autograd_core.testing.report import SHOWN, Entry, Verdict
from autograd_core.testing.trees.analytic import AnalyticDerivatives, tangent
from autograd_core.testing.trees.flat_function import name_of

GROUPS: Final = 16
"""The number of groups that the numbers are divided into; each is checked along one random direction."""

MOST_GROUPS: Final = 32
"""After this many measured groups one whose derivative is unknown is not divided: in 32 bits, kinks hide very many."""

RESIDUE: Final = 1e-14
"""What rounding leaves of terms that cancel, as a part of them."""

UNKNOWN: Final = (
    "cannot tell: the values of the function are too inexact to tell which of these numbers are right; "
    "compute them in 64 bits, or check fewer numbers at once"
)


def compared_along(
    comparator: Comparator,
    derivatives: AnalyticDerivatives,
    truth: list[float],
    margins: list[float],
    suspected: Sequence[int] = (),
) -> list[Entry]:
    """Compare forward mode along directions; if one disagrees, find the wrong numbers by bisection.

    Those that are wrong in another mode are `suspected`, and looked at first.
    """
    entries = []
    for k, (direction, derivative) in enumerate(derivatives.along):
        true, allowed = _projected(comparator, direction, truth, margins)
        estimate = Estimate(true, NAN, NAN, 0.0, 0.0, Verdict.OK)
        entry = comparator.direction(
            f"random direction {k + 1} of {len(derivatives.along)}", derivatives.mode, derivative, estimate, allowed
        )
        if entry.ok:
            entries.append(entry)
        else:
            return entries + (_wrong_tangents(comparator, derivatives, truth, margins, suspected) or [entry])
    return entries


def _projected(
    comparator: Comparator, direction: Sequence[float], truth: Sequence[float], margins: Sequence[float]
) -> tuple[float, float]:
    parts = [d * x for d, x in zip(direction, truth, strict=True)]
    true = math.fsum(parts) if all(map(math.isfinite, parts)) else sum(parts)
    slack = sum(abs(d) * m for d, m in zip(direction, margins, strict=True))
    return true, comparator.rules.allowed(sum(map(abs, parts)), 1e-12, 0.0) + slack


def _wrong_tangents(
    comparator: Comparator,
    derivatives: AnalyticDerivatives,
    truth: list[float],
    margins: list[float],
    suspected: Sequence[int],
) -> list[Entry]:
    """Return the entries for the numbers with a wrong tangent: of the suspected first, then found by bisection."""
    count = len(truth)
    gradient = list(truth)

    def is_wrong(direction: Sequence[float], found: float) -> bool:
        true, allowed = _projected(comparator, direction, truth, margins)
        return not abs(found - true) <= allowed

    def disagrees(indices: Sequence[int]) -> bool:
        """Return whether the tangent along a random direction in these numbers is wrong."""
        inside = set(indices)
        direction = [comparator.rules.rng.uniform(0.5, 1.0) if i in inside else 0.0 for i in range(count)]
        return is_wrong(direction, tangent(comparator.function, direction))

    def is_wrong_alone(index: int) -> bool:
        """Return whether the derivative with respect to one number is wrong, and keep it."""
        unit = [float(j == index) for j in range(count)]
        gradient[index] = tangent(comparator.function, unit)
        return is_wrong(unit, gradient[index])

    found = [i for i in suspected[:SHOWN] if is_wrong_alone(i)]
    others = sorted(set(range(count)).difference(suspected[:SHOWN]))
    found += filter(is_wrong_alone, bisected(others, disagrees, SHOWN - len(found)) if others else ())
    wrong = AnalyticDerivatives(derivatives.mode, gradient, [])
    exact = Estimate(NAN, NAN, NAN, 0.0, 0.0, Verdict.OK)
    return [
        comparator.entry(
            i,
            wrong,
            exact._replace(derivative=truth[i]),
            comparator.rules.allowed(truth[i], 1e-12, 0.0) + (margins[i] if comparator.rules.atol is None else 0.0),
            truth,
        )
        for i in found
    ]


# ---- Kinks ----------------------------------------------------------------------------------------------------------


def along_kinks(comparator: Comparator) -> list[Entry]:
    """Return the entries of directions along which the gradient at a kink is not between the one-sided derivatives.

    Each of its numbers may lie between the sides alone, and the gradient is still none: `[1, 1]` and `[0, 0]` for the
    larger of two equal numbers, which grows by 1 along (1, 1).
    """
    count = len(comparator.function.point)
    directions = [[1.0] * count, *([comparator.rules.rng.uniform(-1.0, 1.0) for _ in range(count)] for _ in range(4))]
    entries: list[Entry] = []
    for derivatives in comparator.analytic:
        for k, direction in enumerate(directions if derivatives.gradient else ()):
            parts = [d * x for d, x in zip(direction, derivatives.gradient, strict=True)]
            size = math.hypot(*parts)
            estimate = comparator.along(direction, sum(parts), size)
            name = f"direction ({', '.join('1' for _ in direction)})" if k == 0 else "random direction"
            entry = comparator.direction(
                name, derivatives.mode, sum(parts), estimate, comparator.allowed(estimate, size)
            )
            if entry.verdict is Verdict.MISMATCH:
                entry = judged_beside(comparator.function, entry, direction, comparator.rules.rng)
            if entry.verdict is Verdict.MISMATCH:
                return [*entries, replace(entry, hint=together(entry, is_sum=k == 0))]
            entries += [entry] if entry.ok or entry.hint == MEET else []
    return entries


# ---- Differences ----------------------------------------------------------------------------------------------------


def by_central(comparator: Comparator) -> list[Entry]:
    """Compare with a central difference for each number."""
    return _by_estimates(comparator, comparator.central, comparator.allowed)


def by_complex_step(comparator: Comparator) -> list[Entry]:
    """Compare with the complex step for each number.

    Raises:
        InputError: if the function does not run on complex numbers, or is not complex differentiable.
    """
    entries = complex_or_none(comparator)
    if entries is None:
        raise InputError(
            'method="complex" expected a function that runs on complex numbers without abs, comparisons and the like, '
            f'got {name_of(comparator.function.f)}; use method="central"'
        )
    return entries


def complex_or_none(comparator: Comparator) -> list[Entry] | None:
    """Return the entries of `by_complex_step`, or None if it does not apply."""
    found: list[Estimate] = []
    for i in range(len(comparator.function.point)):
        estimate = complex_step(comparator.function.complex_number, comparator.function.point, i)
        if estimate is None:
            return None
        found.append(estimate)
    slopes = [estimate.derivative for estimate in found]
    together = _Group(comparator, AnalyticDerivatives("", slopes, []), range(len(found)))
    if together.disagrees and together.verdict is not Verdict.NOISE:
        return None  # the function drops imaginary parts
    point = comparator.function.point
    residue = RESIDUE * _size_of_terms(comparator.function.number(point), slopes)

    def allowed(estimate: Estimate) -> float:
        doubt = ERRORS * estimate.uncertainty if estimate.verdict is Verdict.OK else 0.0
        return comparator.rules.allowed(estimate.derivative, 1e-10, 0.0, comparator.largest) + doubt

    def is_more_than_residue(i: int, claimed: float) -> bool:
        """Return whether the claim, or the derivative if that is claimed to be 0, is a number and no rounding."""
        if claimed:
            return comparator.is_steady(i, claimed)
        rounding = rounding_of(comparator.function.complex_number, point, i)
        return rounding <= STEADY * abs(found[i].derivative)

    contradicted: list[int] = []

    def estimated(i: int, claimed: float) -> Estimate:
        estimate = found[i]
        if abs(claimed - estimate.derivative) <= allowed(estimate):
            return estimate
        if abs(claimed - estimate.derivative) <= residue:
            verdict = Verdict.NOISE if is_more_than_residue(i, claimed) else estimate.verdict
            return estimate._replace(uncertainty=residue, verdict=verdict)
        measured = comparator.central(i, claimed)
        if measured.verdict is Verdict.OK and not _agrees(measured, estimate.derivative) and _agrees(measured, claimed):
            contradicted.append(i)  # such as beside a kink, which complex numbers step around
        rounding = rounding_of(comparator.function.complex_number, point, i)
        # Where terms cancel, a claim is not confirmed by being as far from the derivative as rounding may be.
        is_known = ERRORS * rounding <= PART * max(map(abs, slopes))
        if estimate.verdict is Verdict.NOISE and _agrees(measured, claimed):
            is_known = False  # the function may drop imaginary parts, which its values are too inexact to show
        estimate = estimate._replace(uncertainty=rounding, verdict=Verdict.OK if is_known else Verdict.NOISE)
        comparator.explainer.measured[i] = estimate  # better known than by differences
        return estimate

    entries = _by_estimates(comparator, estimated, allowed)
    return None if contradicted else entries


def _size_of_terms(value: float, slopes: Sequence[float]) -> float:
    """Return the size of terms that may cancel in a derivative: that of the others, or of a value of at most 1."""
    return max(min(abs(value), 1.0), *map(abs, slopes))


def _agrees(measured: Estimate, derivative: float) -> bool:
    return abs(measured.derivative - derivative) <= 10 * measured.uncertainty


def _by_estimates(
    comparator: Comparator, estimate_of: Callable[[int, float], Estimate], allowed_of: Callable[[Estimate], float]
) -> list[Entry]:
    """Return one entry for each number, from an independent estimate of its derivative."""
    entries: list[Entry] = []
    for given in comparator.analytic:
        # An estimate of each number takes calls of the function for each, so a tangent for each is not too many.
        numbers = range(len(comparator.function.point))
        gradient = given.gradient or [tangent(comparator.function, [float(j == i) for j in numbers]) for i in numbers]
        derivatives = given._replace(gradient=gradient)
        estimates = [estimate_of(i, analytic) for i, analytic in enumerate(gradient)]
        numeric = [estimate.derivative for estimate in estimates]
        margins = [allowed_of(estimate) for estimate in estimates]
        found = [
            comparator.entry(i, derivatives, estimate, allowed, numeric)
            for i, (estimate, allowed) in enumerate(zip(estimates, margins, strict=True))
        ]
        entries += found
        if all(entry.ok for entry in found):
            entries += compared_along(comparator, derivatives, numeric, margins)
    return entries


# ---- Directions -----------------------------------------------------------------------------------------------------


def by_directions(comparator: Comparator) -> list[Entry]:
    """Compare groups of numbers, each along a random direction; bisect the groups that disagree."""
    count = len(comparator.function.point)
    shares = [range(count * k // GROUPS, count * (k + 1) // GROUPS) for k in range(GROUPS)]
    entries: list[Entry] = []
    for derivatives in comparator.analytic:
        for share in filter(None, shares if derivatives.gradient else ()):
            located = sum(not entry.ok for entry in entries)
            entries += bisected_entries(comparator, derivatives, share, max(SHOWN - located, 0))
        for direction, derivative in derivatives.along:
            estimate = comparator.along(direction, derivative)
            allowed = comparator.allowed(estimate)
            entries.append(comparator.direction("random direction", derivatives.mode, derivative, estimate, allowed))
    return entries


def bisected_entries(
    comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int], most: int = SHOWN
) -> list[Entry]:
    """Return one entry for all indices if they agree, else one for each that disagrees, and at most so many."""
    compared = _Group(comparator, derivatives, indices)
    if not (compared.disagrees and most):
        return [comparator.direction(_name(comparator, indices), derivatives.mode, *compared.comparison)]
    cut = False

    def disagrees(some: Sequence[int]) -> bool:
        """Return whether a group is worth a search: of unknown ones only the first are."""
        nonlocal cut
        group = compared if some is indices else _Group(comparator, derivatives, some)
        is_cut = group.verdict is Verdict.NOISE and len(some) > 1 and comparator.groups > MOST_GROUPS
        cut = cut or is_cut
        return group.disagrees and not is_cut

    found = bisected(indices, disagrees, most)
    if cut and not found:
        entry = comparator.direction(_name(comparator, indices), derivatives.mode, *compared.comparison)
        return [replace(entry, verdict=Verdict.NOISE, hint=UNKNOWN)]
    if not found and compared.comparison[1].verdict in (Verdict.KINK, Verdict.JUMP):
        comparator.is_at_kinks = True
        return []  # what holds at kinks along directions, `along_kinks` tells
    if not found:
        return [_whole(comparator, derivatives, indices)]
    numeric = [NAN] * len(derivatives.gradient)
    estimates = {i: comparator.central(i, derivatives.gradient[i]) for i in found}
    for i, estimate in estimates.items():
        numeric[i] = estimate.derivative
    return [
        comparator.entry(i, derivatives, estimate, comparator.allowed(estimate), numeric)
        for i, estimate in estimates.items()
    ]


def _whole(comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]) -> Entry:
    """Return the entry of a group that disagrees, though each of its parts agrees, along another direction."""
    again = _Group(comparator, derivatives, indices)
    entry = comparator.direction(_name(comparator, indices), derivatives.mode, *again.comparison)
    return entry.unverified(TOGETHER) if again.disagrees else entry


def _name(comparator: Comparator, indices: Sequence[int]) -> str:
    first, last = comparator.function.names[indices[0]], comparator.function.names[indices[-1]]
    return f"{first} … {last} ({len(indices)} numbers, a random direction)" if len(indices) > 1 else first


TOGETHER: Final = (
    "cannot tell: these numbers are wrong together, though each part of them passes alone; are all of them wrong by "
    'less than differences see in each? if the function runs on complex numbers, method="complex" sees more'
)


class _Group:
    """The comparison of the derivatives with respect to some numbers along a random direction, or of a single one."""

    def __init__(self, comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]) -> None:
        if len(indices) == 1:
            expected = derivatives.gradient[indices[0]]
            estimate = comparator.central(indices[0], expected)
            self.comparison = expected, estimate, comparator.allowed(estimate)
        else:
            self.comparison = _compare_direction(comparator, derivatives, indices)
        self.verdict, accepted = judge(*self.comparison, comparator.rules.kinks)
        self.disagrees = self.verdict is not Verdict.OK and not accepted


def _compare_direction(
    comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]
) -> tuple[float, Estimate, float]:
    """Return the analytic derivative along a random direction, the estimate of it, and the tolerance."""
    direction = [0.0] * len(comparator.function.point)
    for i in indices:
        direction[i] = comparator.rules.rng.uniform(0.5, 1.0) * comparator.rules.rng.choice((-1.0, 1.0))
    parts = [derivatives.gradient[i] * direction[i] for i in indices]
    size = math.sqrt(sum(x * x for x in parts))
    estimate = comparator.along(direction, sum(parts), size)
    comparator.groups += 1
    part = PART if comparator.groups <= MOST_GROUPS else ROUGH
    if estimate.verdict is Verdict.NOISE and estimate.uncertainty <= part * size:
        estimate = estimate._replace(verdict=Verdict.OK)  # known beside the size of the terms, which may cancel
    return sum(parts), estimate, comparator.allowed(estimate, size)


def bisected(indices: Sequence[int], disagrees: Callable[[Sequence[int]], bool], most: int = SHOWN) -> list[int]:
    """Return the first indices that disagree on their own, found by bisection.

    >>> bisected(range(100), lambda some: 42 in some)
    [42]
    """
    found: list[int] = []
    waiting = [indices]
    while waiting and len(found) < most:
        some = waiting.pop()
        if not disagrees(some):
            continue
        if len(some) == 1:
            found.append(some[0])
        else:
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
    return found
