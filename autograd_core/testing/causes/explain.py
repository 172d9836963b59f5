"""The cause of a wrong derivative: a hint from its numbers, and the first op with a wrong derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.causes.hints import Diagnosis
from autograd_core.testing.causes.surroundings import Surroundings
from autograd_core.testing.measuring.differences import central
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.report import Verdict
from autograd_core.testing.trees.flat_function import FlatFunction
from autograd_core.testing.truths.replay import Suspect, UnknownOpError, recorded_inputs, replay

SURELY_WRONG: Final = 1e4
"""An error of at least this many ULP is a wrong derivative. A smaller one is named only if there is no other."""


class Explainer:
    """Explains the failures of one function. Everything is computed on first use, so only after a failure.

    Args:
        function: the function that was checked.
        claimed: returns the supplied gradient at a point; None if the engine was checked.
        order: the order of the derivative; from 2 the function is a derivative itself, which no hint may call `f`.

    Attributes:
        seen: the numbers between which the check has moved each number, by index.
        measured: the derivatives that the check has measured by differences, by index.
    """

    def __init__(
        self, function: FlatFunction, claimed: Callable[[Sequence[float]], list[float]] | None, order: int = 1
    ) -> None:
        self.seen: dict[int, tuple[float, float]] = {}
        self.measured: dict[int, Estimate] = {}
        self._claimed = claimed
        self._order = order
        self._surroundings = Surroundings(function, claimed, self.seen, self.measured, order)
        self._diagnosis: Diagnosis | None = None
        self._suspects: dict[Node, Suspect] | None = None

    def hint(self, analytic: Sequence[float], numeric: Sequence[float], index: int) -> str:
        """Return a guess at the cause of the wrong derivative at an index."""
        with suppress(Exception):  # whatever goes wrong here, the report of the mistake counts
            return self._guess(analytic, numeric, index)
        return ""

    def suspect(self, index: int) -> str:
        """Return the first op with a wrong local derivative between a number and the result; "" if there is none."""
        with suppress(Exception):
            return self._first_suspect(index)
        return ""

    def _guess(self, analytic: Sequence[float], numeric: Sequence[float], index: int) -> str:
        here = self._diagnosis.evidence.here if self._diagnosis else None
        if self._diagnosis is None or here is None or here.claimed is not analytic or here.true is not numeric:
            self._diagnosis = Diagnosis(self._surroundings.evidence(analytic, numeric))
        text = self._diagnosis.hint(index)
        return text if self._order == 1 else text.replace("the function ", "the slope ")

    def _first_suspect(self, index: int) -> str:
        root, variables = self._surroundings.graph
        if self._claimed is not None or not isinstance(root, Value):
            return ""
        if self._suspects is None:
            try:
                found = replay(root, variables).suspects
            except UnknownOpError:
                found = list(_by_differences(root))
            self._suspects = first_above(root, found)
        first = self._suspects.get(variables[index])
        return _describe(first) if first else ""


def first_above(root: Value, suspects: Sequence[Suspect]) -> dict[Node, Suspect]:
    """Return the first suspect between each node and the root, as they are listed, by node.

    One that is surely wrong comes before all others. One sweep finds those of all nodes, because thousands of numbers
    may be wrong at once.
    """
    ranks: dict[Node, tuple[bool, int]] = {}
    for place, suspect in enumerate(suspects):
        rank = (suspect.ulps < SURELY_WRONG, place)
        ranks[suspect.node] = min(ranks.get(suspect.node, rank), rank)
    for node in reversed(topological_order(root)):
        if node in ranks:
            for x in node.inputs:
                if isinstance(x, Node):
                    ranks[x] = min(ranks.get(x, ranks[node]), ranks[node])
    return {node: suspects[place] for node, (_, place) in ranks.items()}


def _by_differences(root: Value) -> Iterator[Suspect]:
    """Yield the edges that differ from a central difference of their op, for graphs that have no replay."""
    for node in topological_order(root):
        inputs = recorded_inputs(node)
        for i, (x, recorded) in enumerate(zip(node.inputs, node.derivatives, strict=True)):
            if isinstance(x, Value):
                seen = central(node.op.evaluate, inputs, i)
                wrong = not abs(seen.derivative - recorded) <= 1e-5 * abs(recorded) + 1e-7 + 3.0 * seen.uncertainty
                if seen.verdict is Verdict.OK and wrong:
                    off = abs(recorded - seen.derivative) / math.ulp(seen.derivative)
                    origin = node.origin
                    yield Suspect(node.op.name, i, recorded, seen.derivative, off, origin, node)


def _describe(suspect: Suspect) -> str:
    text = f"{suspect.op}, input {suspect.input_index}"
    text += f", at {suspect.origin}" if suspect.origin else ""
    return f"{text}: its recorded derivative is {suspect.recorded!r}, the true one {suspect.true!r}"
