"""Derivatives compared with the recorded graph evaluated again in high precision.

The function itself is compared with its graph at points nearby, because it may compute outside of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from autograd_core.graph.chain_rule import adjoints
from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.checking.comparison import Comparator
from autograd_core.testing.checking.graph_values import follows_graph, lost_derivatives, moves_in_steps
from autograd_core.testing.checking.methods import bisected_entries, compared_along
from autograd_core.testing.measuring.levels import NAN, Estimate
from autograd_core.testing.report import SHOWN, Entry, Verdict
from autograd_core.testing.trees.analytic import AnalyticDerivatives
from autograd_core.testing.truths.node_kinks import is_fair
from autograd_core.testing.truths.replay import replay

MOST_SIDES: Final = 200
"""The largest number of inputs for which one-sided derivatives are computed."""

TINY: Final = 2.0**-1074
"""The spacing of subnormal numbers."""

ROUNDING: Final = 2e-15
"""The relative error that one op of a chain may add to a gradient computed in floats."""

CONVENTIONS: Final = (
    "cannot tell: some ops are at their kinks, where the chain rule does not give the derivative, though each op has "
    "one of the derivatives beside its kink: choose another point"
)
KEPT: Final = "the function keeps a Value that it made of this number at an earlier call: compute it anew at each call"
STEPS: Final = (
    "cannot tell: where this number moves farther, the function does not give what its graph gives; does it round the "
    "number outside of the graph, or keep results by a rounded number?"
)


def by_replay(comparator: Comparator) -> list[Entry]:
    """Compare with the graph evaluated in high precision, and once with the function itself.

    Raises:
        UnknownOpError: if an op of the graph has no known meaning in mpmath.
    """
    variables = [Value(x) for x in comparator.function.point]
    root = comparator.function.scalar(variables)
    truth = [0.0] * len(variables)
    margins = truth
    kinks: Sequence[Node] = ()
    if isinstance(root, Value):
        found = replay(root, variables)
        truth, kinks = [float(x) for x in found.gradient], found.kinks
        margins = _margins(root, variables)
    entries: list[Entry] = []
    sides = _sides(comparator) if kinks else {}
    spread_of = partial(_rounding_spread, root, variables)
    for derivatives in comparator.analytic:
        if derivatives.gradient:
            entries += _compared(comparator, derivatives, truth, margins, sides, spread_of)
        wrong = {entry.place for entry in entries if not entry.ok}
        suspected = [i for i, name in enumerate(comparator.function.names) if name in wrong]
        entries += compared_along(comparator, derivatives, truth, margins, suspected)
    unfair = next((node for node in kinks if not is_fair(node)), None)
    if kinks and unfair is None and _is_chain_rule(comparator, root, variables, truth, margins):
        comparator.doubt = CONVENTIONS
        comparator.kinks_meet = _share_variables(kinks, variables)
    if not all(entry.ok for entry in entries):
        return entries
    outside = _through_kept_values(comparator, root, variables)
    outside = outside or _outside_the_graph(comparator, root, variables, bool(kinks), unfair)
    replaced = {(entry.place, entry.mode) for entry in outside}
    return [entry for entry in entries if (entry.place, entry.mode) not in replaced] + outside


def _is_chain_rule(
    comparator: Comparator, root: Any, variables: Sequence[Value], truth: Sequence[float], margins: Sequence[float]
) -> bool:
    """Return whether all gradients are those of the graph, and the function follows it."""

    def agrees(analytic: float, true: float, margin: float) -> bool:
        return analytic == true or abs(analytic - true) <= comparator.rules.allowed(true, 1e-12, 0.0) + margin

    gradients = [derivatives.gradient for derivatives in comparator.analytic if derivatives.gradient]
    found = all(agrees(*three) for gradient in gradients for three in zip(gradient, truth, margins, strict=True))
    return found and follows_graph(comparator.function, root, variables)


def _share_variables(kinks: Sequence[Node], variables: Sequence[Value]) -> bool:
    """Return whether two nodes on kinks depend on the same variable."""
    own = set(variables)
    sources = [own.intersection(topological_order(node)) for node in kinks]
    return sum(map(len, sources)) > len(set().union(*sources))


def _compared(
    comparator: Comparator,
    derivatives: AnalyticDerivatives,
    truth: list[float],
    margins: list[float],
    sides: dict[int, Estimate],
    spread_of: Callable[[], list[float]],
) -> list[Entry]:
    """Return one entry for each number, from the gradient of the replay."""
    entries = []
    spread: list[float] = []
    left, unconfirmed = 4 * SHOWN, SHOWN
    for i, (analytic, true) in enumerate(zip(derivatives.gradient, truth, strict=True)):
        allowed = comparator.rules.allowed(true, 1e-12, 0.0) + (margins[i] if comparator.rules.atol is None else 0.0)
        estimate = sides.get(i) or Estimate(true, NAN, NAN, 0.0, 0.0, Verdict.OK)
        if not (analytic == true or abs(analytic - true) <= allowed) and i not in sides:
            spread = spread or spread_of()
            allowed += spread[i]
            if left and unconfirmed and not abs(analytic - true) <= allowed:
                left -= 1
                estimate = _from_both_sides(comparator, i, true)
                if estimate.derivative != true:
                    allowed = max(allowed, comparator.allowed(estimate))
                else:
                    unconfirmed -= 1  # where differences confirm the replay so often, it is right without them
        elif i in sides:
            allowed = comparator.allowed(estimate)
        entries.append(comparator.entry(i, derivatives, estimate, allowed, truth))
    return entries


def _from_both_sides(comparator: Comparator, index: int, true: float) -> Estimate:
    """Return the verdict of differences where the replay disagrees, or the one-sided derivatives to show."""
    seen = comparator.central(index, true)  # a few steps confirm the replay where the function is smooth
    if seen.verdict in (Verdict.OK, Verdict.NOISE) and not math.isnan(true):
        return Estimate(true, seen.left, seen.right, seen.step, 0.0, Verdict.OK)
    if seen.verdict in (Verdict.NAN, Verdict.OUTSIDE):
        # All ops of the graph are known, and none gives nan inside its domain.
        finite = all(map(math.isfinite, comparator.function.point))
        return seen._replace(verdict=Verdict.OUTSIDE if finite else Verdict.NAN)
    return seen


def _sides(comparator: Comparator) -> dict[int, Estimate]:
    """Return the one-sided derivatives at the kinks of a function with ops on kinks, by index."""
    found = {i: comparator.central(i) for i in range(min(len(comparator.function.point), MOST_SIDES))}
    return {i: estimate for i, estimate in found.items() if estimate.verdict in (Verdict.KINK, Verdict.JUMP)}


def _margins(root: Value, variables: Sequence[Value]) -> list[float]:
    """Return the rounding error of each gradient: the sum of the sizes of all paths times the rounding of a chain."""
    order = topological_order(root)
    depth: dict[Node, int] = {}
    for node in order:
        depth[node] = 1 + max((depth[x] for x in node.inputs if isinstance(x, Node)), default=0)
    sizes = adjoints({root: 1.0}, lambda node: [abs(d) for d in node.derivatives], False)
    margins = [(8 + depth[root]) * (ROUNDING * sizes.get(x, 0.0) + TINY) for x in variables]
    return [margin if math.isfinite(margin) else 0.0 for margin in margins]


def _rounding_spread(root: Any, variables: Sequence[Value]) -> list[float]:
    """Return how far the gradient moves if every op of the graph rounds differently.

    Differences below this are not errors: the cosine of a rounded pi/2 is 6e-17 and not 0.
    """
    if not isinstance(root, Value):
        return [0.0] * len(variables)
    chance = random.Random(0)  # noqa: S311 - no cryptography

    def rounded(x: float) -> float:
        return x * (1.0 + chance.choice((-4, 4)) * math.ulp(1.0)) + chance.choice((-TINY, TINY)) if x else x

    recorded = _rerounded(root, variables, float)
    turns = [_rerounded(root, variables, rounded) for _ in range(5)]
    spreads = [max(abs(turn[i] - x) for turn in turns) for i, x in enumerate(recorded)]
    return [10.0 * spread if math.isfinite(spread) else 0.0 for spread in spreads]


def _rerounded(root: Value, variables: Sequence[Value], rounded: Callable[[float], float]) -> list[float]:
    """Return the gradient of a graph in which the result of each op is rounded again."""
    numbers: dict[Node, float] = {}
    local_derivatives: dict[Node, Sequence[float]] = {}
    for node in topological_order(root):
        op = node.op
        if op is None:
            numbers[node] = node.data
            continue
        inputs = [numbers[x] if isinstance(x, Node) else float(x) for x in node.inputs]
        result = op.evaluate(inputs)
        numbers[node] = rounded(result)
        # At a kink the recorded side is kept: rounding does not justify the other one.
        beside = op.kinks is not None and op.kinks(*inputs) <= 1e-12 * max(1.0, *map(abs, inputs))
        wanted = [isinstance(x, Node) for x in node.inputs]
        local_derivatives[node] = node.derivatives if beside else op.derivatives_at(inputs, result, wanted)
    table = adjoints({root: 1.0}, lambda node: local_derivatives.get(node, ()), False, set(variables))
    return [float(table.get(x, 0.0)) for x in variables]


def _outside_the_graph(
    comparator: Comparator, root: Any, variables: Sequence[Value], on_kinks: bool, unfair: Node | None
) -> list[Entry]:
    """Return the failures of the function itself along one direction: it may use its arguments outside the graph."""
    derivatives = next((derivatives for derivatives in comparator.analytic if derivatives.gradient), None)
    if not math.isfinite(root.data if isinstance(root, Value) else root):
        return []  # a value that is not finite has no differences
    follows = follows_graph(comparator.function, root, variables)
    if derivatives is None or (follows and not on_kinks):
        return []
    entries = bisected_entries(comparator, derivatives, range(len(variables)))
    failed = [_with_graph_hint(entry, on_kinks, unfair) for entry in entries if not entry.ok]
    if follows:
        failed = [entry for entry in failed if entry.verdict is Verdict.MISMATCH]  # what is unknown, the values tell
    if failed or on_kinks or not moves_in_steps(comparator.function, variables, derivatives.gradient):
        return failed
    return [entry.unverified(STEPS) for entry in entries]


def _through_kept_values(comparator: Comparator, root: Any, variables: Sequence[Value]) -> list[Entry]:
    """Return the failures of the numbers on which the graph depends through a Value of an earlier call as well.

    Computed anew it would be a Value of this call, and its derivative would be part of the gradient.
    """
    lost = lost_derivatives(comparator.function, root, variables)
    derivatives = next((derivatives for derivatives in comparator.analytic if derivatives.gradient), None)
    if derivatives is None:
        return []
    entries = []
    for i, part in lost.items():
        estimate = Estimate(derivatives.gradient[i] + part, NAN, NAN, 0.0, 0.0, Verdict.OK)
        allowed = comparator.rules.allowed(estimate.derivative, 1e-12, 0.0)
        entry = comparator.entry(i, derivatives, estimate, allowed, [NAN] * len(variables))
        entries += [replace(entry, hint=KEPT, suspect="")] if not entry.ok else []
    return entries


def _with_graph_hint(entry: Entry, on_kinks: bool, unfair: Node | None) -> Entry:
    if entry.verdict is not Verdict.MISMATCH:
        return entry
    if unfair is not None and unfair.op is not None:
        slopes = ", ".join(f"{d:.6g}" for d in unfair.derivatives)
        text = f"the op {unfair.op.name} is at a kink, where its derivatives ({slopes}) are together no slope beside it"
        return replace(entry, hint=text, suspect="")
    if on_kinks:
        text = "some ops are at their kinks, where the chain rule does not give the derivative: choose another point"
        return replace(entry, hint=text, suspect="")
    text = "the function uses this number outside the graph: through .data, or a number of an earlier call?"
    return replace(entry, hint=text + (f" {entry.hint}" if entry.hint else ""), suspect="")
