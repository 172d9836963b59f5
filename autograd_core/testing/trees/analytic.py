"""The derivatives of the engine that are checked, by backward or forward mode; `claims` has those of a user."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd_core.graph.modes import enable_grad
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.trees.flat_function import FlatFunction, name_of
from autograd_core.transforms.directional import jvp
from autograd_core.transforms.functional import grad
from autograd_core.transforms.matrices import jacobian

MOST_COLUMNS: Final = 400
"""With more inputs than this, forward mode is checked along a few random directions."""

DIRECTIONS: Final = 3

MANY: Final = 2_000
"""With more inputs than this one direction is enough: each takes a sweep, and any of them shows a wrong tangent."""


class AnalyticDerivatives(NamedTuple):
    """The derivatives of a function that are checked.

    Attributes:
        mode: `"rev"`, `"fwd"`, or the name of a claim, such as `"grad"`.
        gradient: with respect to every number; empty if only directions are checked.
        along: pairs of a direction and the derivative along it.
    """

    mode: str
    gradient: list[float]
    along: list[tuple[list[float], float]]


def derivatives_of_engine(
    function: FlatFunction, modes: Sequence[str], rng: random.Random
) -> list[AnalyticDerivatives]:
    """Return the derivatives of a function on Values by the engine, for each mode."""
    return [_backward(function) if mode == "rev" else _forward(function, rng) for mode in modes]


def _backward(function: FlatFunction) -> AnalyticDerivatives:
    """Return the gradient by `backward`; the gradients of Values that existed before are restored."""
    variables = [Value(x) for x in function.point]
    with enable_grad():
        root = function.scalar(variables)
    if not isinstance(root, Value):
        return AnalyticDerivatives("rev", [0.0] * len(variables), [])
    kept = [(node, node.grad) for node in topological_order(root)]
    try:
        root.backward()
        return AnalyticDerivatives("rev", [float(x.grad) for x in variables], [])
    finally:
        for node, gradient in kept:
            node.grad = gradient


def _forward(function: FlatFunction, rng: random.Random) -> AnalyticDerivatives:
    if len(function.point) <= MOST_COLUMNS:
        columns = jacobian(function.scalar, mode="forward", create_graph=False)
        return AnalyticDerivatives("fwd", [float(x) for x in columns(function.point)], [])
    count = DIRECTIONS if len(function.point) <= MANY else 1
    directions = [[rng.uniform(-1.0, 1.0) for _ in function.point] for _ in range(count)]
    return AnalyticDerivatives("fwd", [], [(direction, tangent(function, direction)) for direction in directions])


def tangent(function: FlatFunction, direction: list[float]) -> float:
    """Return the derivative along a direction, by forward mode or as it is claimed."""
    if function.tangent_of is not None:
        return function.tangent_of(direction)
    return float(jvp(function.scalar, (function.point,), (direction,), create_graph=False)[1])


def derived(function: FlatFunction, direction: Sequence[float]) -> FlatFunction:
    """Return the derivative of a function along a direction, as a function of the same numbers."""

    def derivative(leaves: list[Any]) -> Any:
        """Return the gradient times the direction."""
        total: Any = 0.0
        for factor, x in zip(direction, grad(function.scalar)(leaves), strict=True):
            if factor:
                total = total + (x if factor == 1.0 else factor * x)
        return total

    derivative.__name__ = name_of(function.f)
    return FlatFunction(derivative, (function.point,), (0,), function.names, function.point, True, [], [1.0])
