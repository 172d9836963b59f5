"""Compiled functions beside the eager ones: the same numbers, gradients and effects, to the bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value
from autograd_core.compiler import function as functions
from autograd_core.compiler.program import Program


def same(a: float, b: float) -> bool:
    """Whether two numbers are the same: also in the sign of zero, and nan is nan."""
    return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (math.isnan(a) and math.isnan(b))


def swept(function: Callable[[list[Value]], Any], leaves: list[Value]) -> Callable[[], list[Any]]:
    """The result of a function of leaves and its gradients, which a backward pass leaves in the leaves."""

    def sweep() -> list[Any]:
        for leaf in leaves:
            leaf.grad = 0.0
        root = function(leaves)
        if hasattr(root, "backward"):
            root.backward()
        return [getattr(root, "data", root), *[leaf.grad for leaf in leaves]]

    return sweep


def assert_same(
    function: Callable[[list[Value]], Any], points: Sequence[Sequence[float]], roundings: int = 0
) -> functions.Compiled:
    """The compiled function with its backward pass is the eager one at all points; returns it.

    Args:
        function: of a list of numbers.
        points: the numbers for each comparison.
        roundings: how many units in the last place of the largest number the results may be apart.
    """
    leaves = [Value(x) for x in points[0]]
    compiled = functions.compile(swept(function, leaves), exact=True)
    for point in points:
        for leaf, number in zip(leaves, point, strict=True):
            leaf.data = number
        expected = swept(function, [Value(x) for x in point])()
        found = compiled()
        most = roundings * max((math.ulp(x) for x in expected if math.isfinite(x)), default=0.0)
        assert all(same(a, b) or abs(a - b) <= most for a, b in zip(found, expected, strict=True)), (
            point,
            found,
            expected,
        )
        assert all(map(same, [leaf.grad for leaf in leaves], found[1:])), "the effects"
    return compiled


def program_of(function: Callable[[], Any]) -> Program:
    """The program of a function without arguments."""
    compiled = functions.compile(function)
    compiled()
    return next(programs[0].program for programs in compiled._programs.values())
