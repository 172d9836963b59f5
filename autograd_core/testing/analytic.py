"""The derivatives that are checked: those of the engine, by backward or forward mode, or those a user supplies."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from autograd_core.errors import ShapeError
from autograd_core.graph.modes import enable_grad
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.flat_function import FlatFunction, name_of
from autograd_core.testing.tensors import matching, plain
from autograd_core.transforms.directional import jvp
from autograd_core.transforms.functional import grad
from autograd_core.transforms.matrices import jacobian
from autograd_core.transforms.trees import align

MOST_COLUMNS: Final = 400
"""With more inputs than this, forward mode is checked along a few random directions."""

DIRECTIONS: Final = 3


class AnalyticDerivatives(NamedTuple):
    """The derivatives of a function that are checked.

    Attributes:
        mode: `"rev"`, `"fwd"`, or `"grad"` for a supplied gradient.
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
    directions = [[rng.uniform(-1.0, 1.0) for _ in function.point] for _ in range(DIRECTIONS)]
    return AnalyticDerivatives("fwd", [], [(direction, tangent(function, direction)) for direction in directions])


def tangent(function: FlatFunction, direction: list[float]) -> float:
    """Return the derivative along a direction, by forward mode."""
    return float(jvp(function.scalar, (function.point,), (direction,), create_graph=False)[1])


def supplied_derivatives(function: FlatFunction, gradient_of: Callable[..., Any]) -> AnalyticDerivatives:
    """Return the gradient that a user supplies as a function."""
    return AnalyticDerivatives("grad", supplied_derivatives_at(function, gradient_of, function.point), [])


def supplied_derivatives_at(
    function: FlatFunction, gradient_of: Callable[..., Any], point: Sequence[float]
) -> list[float]:
    """Return the supplied gradient at a point; its form must be that of the arguments, or of the only one.

    Raises:
        ShapeError: if it has another form; the message names the first difference.
    """
    args = function.arguments(point)
    wanted = [args[i] for i in function.wanted]
    gradient = plain(gradient_of(*args))
    name = name_of(gradient_of)
    whole = f"the gradient that {'grad' if name == 'f' else name} returned"
    if len(wanted) == 1:
        single = isinstance(gradient, tuple) and len(gradient) == 1 and not isinstance(wanted[0], (tuple, list))
        gradient = matching(wanted[0], gradient[0] if single else gradient)
        leaves = align(wanted[0], gradient, whole, "the argument")
    else:
        pattern = tuple(wanted)
        gradient = matching(pattern, tuple(gradient) if isinstance(gradient, list) else gradient)
        leaves = align(pattern, gradient, whole, "the arguments")
    return [x.data if isinstance(x, Value) else float(x) for x in leaves]


def only_first(function: FlatFunction, gradient_of: Callable[..., Any]) -> bool:
    """Return whether a supplied gradient has the form of the first argument, and not that of all arguments."""
    if len(function.wanted) == 1:
        return False
    args = function.arguments(function.point)
    gradient = plain(gradient_of(*args))
    whole = tuple(args[i] for i in function.wanted)
    return not _fits(whole, tuple(gradient) if isinstance(gradient, list) else gradient) and _fits(whole[0], gradient)


def _fits(pattern: Any, tree: Any) -> bool:
    try:
        align(pattern, matching(pattern, tree), "the gradient", "the arguments")
    except (ShapeError, TypeError):
        return False
    return True


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
