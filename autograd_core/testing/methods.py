"""The derivatives found independently, and what they say about those that are claimed.

Each method makes entries for one function at one point. `by_replay` has the graph evaluated once more in high
precision, and takes a difference of the function itself along one random direction besides: what a function
computes outside of its graph, no replay of the graph can see. `by_central` and `by_complex_step` move one number
at a time, and `by_directions` many of them at once along random directions, narrowing down to those that are wrong.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.graph.chain_rule import adjoints
from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.analytic import AnalyticDerivatives, tangent
from autograd_core.testing.comparison import Comparator, judge
from autograd_core.testing.differences import Estimate, along, complex_step
from autograd_core.testing.replay import replay
from autograd_core.testing.report import SHOWN, Entry, Verdict

NAN: Final = math.nan

GROUPS: Final = 16
"""So many random directions are looked along at first, each through its own share of the numbers."""

CLOSEST: Final = 200
"""So many numbers are looked at from both sides, if an op stands on a kink."""

ROUNDING: Final = 2e-15
"""What one op of the chain may add to the relative error of a gradient that is computed in floats."""


# ---- Replay ---------------------------------------------------------------------------------------------------------


def by_replay(comparator: Comparator) -> list[Entry]:
    """Compare with the graph evaluated in high precision, and once with the function itself.

    Raises:
        InputError: if it is unknown what an op of the graph means.
    """
    variables = [Value(x) for x in comparator.function.point]
    root = comparator.function.scalar(variables)
    truth = [0.0] * len(variables)
    margins = truth
    if isinstance(root, Value):
        truth = [float(x) for x in replay(root, variables).gradient]
        margins = _margins(root, variables)
    entries = []
    sides = _sides(comparator, root)
    for derivatives in comparator.analytic:
        if derivatives.gradient:
            entries += _compared(comparator, derivatives, truth, margins, sides, lambda: _jitter(root, variables))
        entries += _compared_along(comparator, derivatives, truth, margins)
    if not all(entry.ok for entry in entries):
        return entries
    beyond = _beyond_the_graph(comparator, root)
    replaced = {(entry.place, entry.mode) for entry in beyond}
    return [entry for entry in entries if (entry.place, entry.mode) not in replaced] + beyond


def _compared(
    comparator: Comparator,
    derivatives: AnalyticDerivatives,
    truth: list[float],
    margins: list[float],
    sides: dict[int, Estimate],
    jitter_of: Callable[[], list[float]],
) -> list[Entry]:
    entries = []
    jitter: list[float] = []
    left = 4 * SHOWN
    for i, (analytic, true) in enumerate(zip(derivatives.gradient, truth, strict=True)):
        allowed = comparator.rules.allowed(true, 1e-12, 0.0) + (margins[i] if comparator.rules.atol is None else 0.0)
        estimate = sides.get(i) or Estimate(true, NAN, NAN, 0.0, 0.0, Verdict.OK)
        if not (analytic == true or abs(analytic - true) <= allowed) and i not in sides:
            jitter = jitter or jitter_of()
            allowed += jitter[i]
            if left and not abs(analytic - true) <= allowed:
                left -= 1
                estimate = _from_both_sides(comparator, i, true)
                if estimate.derivative != true:
                    allowed = max(allowed, comparator.allowed(estimate, analytic))
        elif i in sides:
            allowed = comparator.allowed(estimate, analytic)
        entries.append(comparator.entry(i, derivatives, estimate, allowed, truth))
    return entries


def _from_both_sides(comparator: Comparator, index: int, true: float) -> Estimate:
    """What differences say of an input where the replay disagrees: a verdict of theirs, or the sides to be shown."""
    seen = comparator.central(index)
    if seen.verdict in (Verdict.OK, Verdict.NOISE) and not math.isnan(true):
        return Estimate(true, seen.left, seen.right, seen.step, 0.0, Verdict.OK)
    if seen.verdict in (Verdict.NAN, Verdict.OUTSIDE):
        # Every op of the graph is known, and none gives nan within its domain.
        finite = all(map(math.isfinite, comparator.function.point))
        return seen._replace(verdict=Verdict.OUTSIDE if finite else Verdict.NAN)
    return seen


def _sides(comparator: Comparator, root: Any) -> dict[int, Estimate]:
    """If an op stands on a kink: the numbers for which the function itself has one, seen from both sides."""
    if not isinstance(root, Value) or not any(map(_on_kink, topological_order(root))):
        return {}
    found = {i: comparator.central(i) for i in range(min(len(comparator.function.point), CLOSEST))}
    return {i: estimate for i, estimate in found.items() if estimate.verdict in (Verdict.KINK, Verdict.JUMP)}


def _on_kink(node: Node) -> bool:
    op = node.op
    if op is None or op.kinks is None:
        return False
    return op.kinks(*[x.data if isinstance(x, Value) else float(x) for x in node.inputs]) == 0.0


def _margins(root: Value, variables: Sequence[Value]) -> list[float]:
    """How far rounding may move each gradient: the sum over all paths of their sizes, times the rounding of a chain."""
    order = topological_order(root)
    depth: dict[Node, int] = {}
    for node in order:
        depth[node] = 1 + max((depth[x] for x in node.inputs if isinstance(x, Node)), default=0)
    sizes = adjoints({root: 1.0}, lambda node: [abs(d) for d in node.derivatives], False)
    margins = [ROUNDING * (8 + depth[root]) * sizes.get(x, 0.0) for x in variables]
    return [margin if math.isfinite(margin) else 0.0 for margin in margins]


def _jitter(root: Any, variables: Sequence[Value]) -> list[float]:
    """How far the gradient moves if every op of the graph rounds otherwise: what floats cannot tell apart.

    The cosine of a rounded pi/2 is 6e-17 and not 0, and no rule is wrong.
    """
    if not isinstance(root, Value):
        return [0.0] * len(variables)
    chance = random.Random(0)  # noqa: S311 - roundings have no secrets
    recorded = _rerounded(root, variables, lambda: 1.0)
    turns = [_rerounded(root, variables, lambda: 1.0 + chance.choice((-4, 4)) * math.ulp(1.0)) for _ in range(5)]
    spreads = [max(abs(turn[i] - x) for turn in turns) for i, x in enumerate(recorded)]
    return [10.0 * spread if math.isfinite(spread) else 0.0 for spread in spreads]


def _rerounded(root: Value, variables: Sequence[Value], rounding: Callable[[], float]) -> list[float]:
    """The gradient of a graph in which the result of each op is multiplied by a number next to 1."""
    numbers: dict[Node, float] = {}
    local_derivatives: dict[Node, Sequence[float]] = {}
    for node in topological_order(root):
        op = node.op
        if op is None:
            numbers[node] = node.data
            continue
        inputs = [numbers[x] if isinstance(x, Node) else float(x) for x in node.inputs]
        result = op.evaluate(inputs)
        numbers[node] = result * rounding()
        # On a kink the side that was taken is kept: rounding must not excuse the other one.
        beside = op.kinks is not None and op.kinks(*inputs) <= 1e-12 * max(1.0, *map(abs, inputs))
        wanted = [isinstance(x, Node) for x in node.inputs]
        local_derivatives[node] = node.derivatives if beside else op.slopes(inputs, result, wanted)
    table = adjoints({root: 1.0}, lambda node: local_derivatives.get(node, ()), False, set(variables))
    return [float(table.get(x, 0.0)) for x in variables]


def _compared_along(
    comparator: Comparator, derivatives: AnalyticDerivatives, truth: list[float], margins: list[float]
) -> list[Entry]:
    """Forward mode along directions; if one disagrees, the numbers that do are found by halving."""
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
            return entries + (_wrong_tangents(comparator, derivatives, truth, margins) or [entry])
    return entries


def _projected(
    comparator: Comparator, direction: Sequence[float], truth: Sequence[float], margins: Sequence[float]
) -> tuple[float, float]:
    parts = [d * x for d, x in zip(direction, truth, strict=True)]
    true = math.fsum(parts) if all(map(math.isfinite, parts)) else sum(parts)
    slack = sum(abs(d) * m for d, m in zip(direction, margins, strict=True))
    return true, comparator.rules.allowed(sum(map(abs, parts)), 1e-12, 0.0) + slack


def _wrong_tangents(
    comparator: Comparator, derivatives: AnalyticDerivatives, truth: list[float], margins: list[float]
) -> list[Entry]:
    count = len(truth)

    def disagrees(indices: Sequence[int]) -> bool:
        inside = set(indices)
        direction = [comparator.rules.rng.uniform(0.5, 1.0) if i in inside else 0.0 for i in range(count)]
        true, allowed = _projected(comparator, direction, truth, margins)
        return not abs(tangent(comparator.function, direction) - true) <= allowed

    found = narrowed(range(count), disagrees)
    gradient = list(truth)
    for i in found:
        gradient[i] = tangent(comparator.function, [float(j == i) for j in range(count)])
    return _compared(
        comparator, AnalyticDerivatives(derivatives.mode, gradient, []), truth, margins, {}, lambda: [0.0] * count
    )


def _beyond_the_graph(comparator: Comparator, root: Any) -> list[Entry]:
    """The function itself along one direction: it may depend on its arguments outside of the graph."""
    derivatives = next((derivatives for derivatives in comparator.analytic if derivatives.gradient), None)
    indices = range(len(comparator.function.point))
    if not math.isfinite(root.data if isinstance(root, Value) else root):
        return []  # there is nothing to take differences of
    if derivatives is None or not _strays(comparator, derivatives, indices):
        return []
    entries = [entry for entry in _narrowed_entries(comparator, derivatives, indices) if not entry.ok]
    on_kinks = isinstance(root, Value) and any(map(_on_kink, topological_order(root)))
    return [_outside_graph(entry, on_kinks) for entry in entries]


def _outside_graph(entry: Entry, on_kinks: bool) -> Entry:
    if entry.verdict is not Verdict.MISMATCH:
        return entry
    if on_kinks:
        text = "some ops stand on their kinks, and the sides that they take do not add up: choose another point"
        return replace(entry, hint=text, suspect="")
    text = "the function uses this number outside of the graph: through .data, float(), or a number kept from before?"
    return replace(entry, hint=text + (f" {entry.hint}" if entry.hint else ""), suspect="")


# ---- Differences ----------------------------------------------------------------------------------------------------


def by_central(comparator: Comparator) -> list[Entry]:
    """Compare with a difference quotient for each number."""
    return _by_estimates(comparator, comparator.central)


def by_complex_step(comparator: Comparator) -> list[Entry]:
    """Compare with the complex step for each number.

    Raises:
        InputError: if the function does not run on complex numbers, or is not analytic.
    """
    entries = complex_or_none(comparator)
    if entries is None:
        raise InputError(
            'method="complex" expected a function that runs on complex numbers, and this one does not, or not without '
            'abs, comparisons and the like; use method="central"'
        )
    return entries


def complex_or_none(comparator: Comparator) -> list[Entry] | None:
    """`by_complex_step`, or None if that does not apply."""
    found: list[Estimate] = []
    for i in range(len(comparator.function.point)):
        estimate = complex_step(comparator.function.complex_number, comparator.function.point, i)
        if estimate is None:
            return None
        found.append(estimate)
    derivatives = AnalyticDerivatives("", [estimate.derivative for estimate in found], [])
    if _strays(comparator, derivatives, range(len(found))):
        return None  # something in the function drops imaginary parts
    return _by_estimates(comparator, lambda i: found[i], 1e-10, 1e-14)


def _by_estimates(
    comparator: Comparator, estimate_of: Callable[[int], Estimate], rtol: float | None = None, atol: float = 0.0
) -> list[Entry]:
    estimates = [estimate_of(i) for i in range(len(comparator.function.point))]
    numeric = [estimate.derivative for estimate in estimates]
    entries: list[Entry] = []
    for derivatives in comparator.analytic:
        for i, analytic in enumerate(derivatives.gradient):
            estimate = estimates[i]
            if rtol is None:
                allowed = comparator.allowed(estimate, analytic)
            else:
                allowed = comparator.rules.allowed(estimate.derivative, rtol, atol)
                if not abs(analytic - estimate.derivative) <= allowed and len(entries) < CLOSEST:
                    seen = comparator.central(i)
                    estimate = estimate._replace(left=seen.left, right=seen.right)
            entries.append(comparator.entry(i, derivatives, estimate, allowed, numeric))
        margins = [comparator.allowed(estimate, 0.0) for estimate in estimates]
        entries += _compared_along(comparator, derivatives, numeric, margins)
    return entries


# ---- Directions -----------------------------------------------------------------------------------------------------


def by_directions(comparator: Comparator) -> list[Entry]:
    """Compare along random directions, each through a share of the numbers; where one disagrees, narrow down."""
    count = len(comparator.function.point)
    shares = [range(count * k // GROUPS, count * (k + 1) // GROUPS) for k in range(GROUPS)]
    entries: list[Entry] = []
    for derivatives in comparator.analytic:
        for share in shares if derivatives.gradient else ():
            if share:
                entries += _narrowed_entries(comparator, derivatives, share)
        for direction, derivative in derivatives.along:
            estimate = along(comparator.function.number, comparator.function.point, direction)
            allowed = comparator.allowed(estimate, derivative)
            entries.append(comparator.direction("random direction", derivatives.mode, derivative, estimate, allowed))
    return entries


def _narrowed_entries(comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]) -> list[Entry]:
    """One entry for all the indices if they agree; else one for each that does not."""
    found = narrowed(indices, lambda some: _strays(comparator, derivatives, some))
    if not found:
        expected, estimate, allowed = _look_along(comparator, derivatives, indices)
        first, last = comparator.function.names[indices[0]], comparator.function.names[indices[-1]]
        name = f"{first} … {last} ({len(indices)} numbers, a random direction)" if len(indices) > 1 else first
        entry = comparator.direction(name, derivatives.mode, expected, estimate, allowed)
        return [entry] if entry.ok else []
    numeric = [NAN] * len(derivatives.gradient)
    estimates = {i: comparator.central(i) for i in found}
    for i, estimate in estimates.items():
        numeric[i] = estimate.derivative
    return [
        comparator.entry(i, derivatives, estimate, comparator.allowed(estimate, derivatives.gradient[i]), numeric)
        for i, estimate in estimates.items()
    ]


def _strays(comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]) -> bool:
    """Whether the claimed derivatives with respect to these numbers disagree along a random direction."""
    expected, estimate, allowed = _look_along(comparator, derivatives, indices)
    if len(indices) == 1:
        estimate = comparator.central(indices[0])
        expected = derivatives.gradient[indices[0]]
        allowed = comparator.allowed(estimate, expected)
    verdict, accepted = judge(expected, estimate, allowed, comparator.rules.kinks)
    if verdict is Verdict.OK or accepted:
        return False
    return verdict is not Verdict.NOISE or len(indices) > 1


def _look_along(
    comparator: Comparator, derivatives: AnalyticDerivatives, indices: Sequence[int]
) -> tuple[float, Estimate, float]:
    direction = [0.0] * len(comparator.function.point)
    for i in indices:
        direction[i] = comparator.rules.rng.uniform(0.5, 1.0) * comparator.rules.rng.choice((-1.0, 1.0))
    parts = [derivatives.gradient[i] * direction[i] for i in indices]
    estimate = along(comparator.function.number, comparator.function.point, direction)
    norm = math.sqrt(sum(x * x for x in parts))
    doubt = 10.0 * estimate.uncertainty if math.isfinite(estimate.uncertainty) else 0.0
    return sum(parts), estimate, comparator.rules.allowed(norm, 1e-6, 1e-7) + min(doubt, 1e-2 * norm)


def narrowed(indices: Sequence[int], disagrees: Callable[[Sequence[int]], bool]) -> list[int]:
    """The indices that disagree on their own, found by halving; the first few of them.

    >>> narrowed(range(100), lambda some: 42 in some)
    [42]
    """
    found: list[int] = []
    waiting = [indices]
    while waiting and len(found) < SHOWN:
        some = waiting.pop()
        if not disagrees(some):
            continue
        if len(some) == 1:
            found.append(some[0])
        else:
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
    return found
