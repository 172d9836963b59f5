"""Second derivatives of a black box: the slope of the function along a direction, as a function to differentiate.

The gradient of the slope along `v` is `H v`, the second derivatives times `v`. So a claim of second derivatives is a
claim of a gradient, and is checked as such. The slope is computed by a complex step or by differences of the function;
if a gradient is claimed as well, it is the product of that gradient with `v`, which has more digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from autograd_core.testing.claims import gradient_at
from autograd_core.testing.complex_step import COMPLEX_STEP, complex_step
from autograd_core.testing.differences import along
from autograd_core.testing.flat_function import FlatFunction, name_of
from autograd_core.testing.report import Verdict


def slope_along(
    function: FlatFunction,
    direction: Sequence[float],
    gradient: Callable[..., Any] | None,
    domain: tuple[float, float] | None,
) -> FlatFunction:
    """Return the derivative of a function along a direction, as a function of the same numbers.

    Args:
        function: a black box.
        direction: the direction.
        gradient: the gradient that is claimed, whose product with the direction is the slope; None to measure it.
        domain: the closed interval in which the numbers may move.
    """
    low, high = domain or (-math.inf, math.inf)

    def inside(numbers: list[float]) -> float:
        """Return the function, which is nan outside the domain."""
        return function.number(numbers) if all(low <= x <= high for x in numbers) else math.nan

    def moved(steps: list[Any]) -> Any:
        """Return the function at the point moved along the direction."""
        return function.complex_number([x + steps[0] * d for x, d in zip(function.point, direction, strict=True)])

    def by_differences(numbers: list[Any]) -> float:
        return along(inside, [float(x) for x in numbers], list(direction)).derivative

    def by_complex_step(numbers: list[Any]) -> float:
        z = function.complex_number([complex(x, COMPLEX_STEP * d) for x, d in zip(numbers, direction, strict=True)])
        return float(z.imag / COMPLEX_STEP)

    def by_claim(numbers: list[Any]) -> float:
        found = gradient_at(function, "grad", gradient, numbers) if gradient is not None else []
        return math.fsum(d * x for d, x in zip(direction, found, strict=True))

    if gradient is not None:
        slope: Callable[[list[Any]], float] = by_claim
    else:
        slope = by_differences if complex_step(moved, [0.0], 0) is None else by_complex_step
    slope.__name__ = name_of(function.f)
    return FlatFunction(slope, (function.point,), (0,), function.names, function.point, False, [], [1.0])


def changes_of(
    function: FlatFunction, gradient: Callable[..., Any], direction: Sequence[float], point: Sequence[float]
) -> list[float]:
    """Return the derivative of a claimed gradient along a direction, each number by differences; nan where unknown."""

    @cache
    def at(*numbers: float) -> list[float]:
        """Return the gradient at a point."""
        return gradient_at(function, "grad", gradient, numbers)

    found = [
        along(lambda numbers, i=i: at(*numbers)[i], list(point), list(direction))  # type: ignore[misc]
        for i in range(len(point))
    ]
    return [estimate.derivative if estimate.verdict is not Verdict.OUTSIDE else math.nan for estimate in found]
