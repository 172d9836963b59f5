"""Causes of a wrong derivative: the data that `hints` compares, and the first op with a wrong derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from autograd_core.graph.node import Node
from autograd_core.graph.order import nodes_above, topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.differences import central, quotient
from autograd_core.testing.flat_function import FlatFunction
from autograd_core.testing.hints import hint, same
from autograd_core.testing.replay import Suspect, UnknownOpError, recorded_inputs, replay
from autograd_core.testing.report import Verdict

MOST_PATHS: Final = 64
"""Up to this many paths are listed."""

SURELY_WRONG: Final = 1e4
"""An error of at least this many ULP is a wrong derivative. A smaller one is named only if there is no other."""


class Explainer:
    """Explains the failures of one function. Everything is computed on first use, so only after a failure.

    Args:
        function: the function that was checked.
        claimed: returns the supplied gradient at a point; None if the engine was checked.
    """

    def __init__(self, function: FlatFunction, claimed: Callable[[Sequence[float]], list[float]] | None) -> None:
        self._function = function
        self._claimed = claimed
        self._graph: tuple[Any, list[Value]] | None = None
        self._suspects: list[Suspect] | None = None

    def hint(self, analytic: Sequence[float], numeric: Sequence[float], index: int) -> str:
        """Return a guess at the cause of the wrong derivative at an index."""
        names = self._function.names
        return hint(
            analytic, numeric, index, self._paths(index), names, self._elsewhere(analytic, numeric, index), len(names)
        )

    def suspect(self, index: int) -> str:
        """Return the first op with a wrong local derivative between a number and the result; "" if there is none."""
        root, variables = self._record()
        if self._claimed is not None or not isinstance(root, Value):
            return ""
        if self._suspects is None:
            try:
                self._suspects = list(replay(root, variables).suspects)
            except UnknownOpError:
                self._suspects = list(_by_differences(root))
        above = _above(root, variables[index])
        found = [suspect for suspect in self._suspects if suspect.node in above]
        first = next((suspect for suspect in found if not suspect.ulps < SURELY_WRONG), found[0] if found else None)
        return _describe(first) if first else ""

    def _record(self) -> tuple[Any, list[Value]]:
        if self._graph is None:
            variables = [Value(x) for x in self._function.point]
            try:
                self._graph = self._function.scalar(variables), variables
            except Exception:  # noqa: BLE001 - a black box may reject Values with any exception, and then has no graph
                self._graph = None, variables
        return self._graph

    def _paths(self, index: int) -> list[float]:
        root, variables = self._record()
        return paths_between(root, variables[index]) if isinstance(root, Value) else []

    def _elsewhere(self, analytic: Sequence[float], numeric: Sequence[float], index: int) -> dict[str, float]:
        """Return derivatives at other points, by description: the mirrored point, and a point nearby."""
        point, true = self._function.point, numeric[index]
        found: dict[str, float] = {}
        mirrored = [-x if i == index else x for i, x in enumerate(point)]
        there = self._true(mirrored, index)
        if there is not None and not same(there, true):
            found["the derivative at the point with this number negated: is a wrong branch taken?"] = there
        if self._claimed is not None:
            moved = [x + 0.01 * max(abs(x), 0.1) for x in point]
            there = self._true(moved, index)
            if there is not None and not same(there, true) and self._claim(moved, index) == analytic[index]:
                found[
                    "the same at another point, where the true one changes: is a value of an earlier call used again?"
                ] = analytic[index]
        return found

    def _claim(self, point: list[float], index: int) -> float | None:
        try:
            return self._claimed(point)[index] if self._claimed is not None else None
        except Exception:  # noqa: BLE001 - as above, for the gradient
            return None

    def _true(self, point: list[float], index: int) -> float | None:
        try:
            derivative = quotient(self._function.number, point, index)
        except Exception:  # noqa: BLE001 - the function may be undefined there, and says so by any exception
            return None
        return derivative if math.isfinite(derivative) else None


def paths_between(root: Node, leaf: Node) -> list[float]:
    """Return the contribution of each path from a root to a leaf; empty if there are too many.

    >>> x = Value(3.0)
    >>> sorted(paths_between(x * x + x, x))
    [1.0, 3.0, 3.0]
    """
    above = _above(root, leaf)
    products: list[float] = []
    waiting = [(root, 1.0)] if root in above else []
    steps = 0
    while waiting:
        node, product = waiting.pop()
        steps += 1
        if len(products) > MOST_PATHS or steps > MOST_PATHS**2:
            return []
        if node is leaf:
            products.append(product)
            continue
        waiting.extend(
            (x, product * derivative)
            for x, derivative in zip(node.inputs, node.derivatives, strict=True)
            if _is_in(x, above)
        )
    return products


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


def _is_in(x: Any, nodes: set[Node]) -> bool:
    return isinstance(x, Node) and x in nodes


def _above(root: Node, leaf: Node) -> set[Node]:
    """Return the leaf and all nodes between it and the root."""
    return {leaf, *nodes_above([leaf], [root])}


def _describe(suspect: Suspect) -> str:
    text = f"{suspect.op}, input {suspect.input_index}"
    text += f", at {suspect.origin}" if suspect.origin else ""
    return f"{text}: its recorded derivative is {suspect.recorded!r}, the true one {suspect.true!r}"
