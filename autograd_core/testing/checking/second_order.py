"""Second derivatives of a black box: the slope of the function along a direction, as a function to differentiate.

The gradient of the slope along `v` is `H v`, the second derivatives times `v`. So a claim of second derivatives is a
claim of a gradient, and is checked as such. The slope is computed by a complex step or by differences of the function;
if a gradient is claimed as well, it is the product of that gradient with `v`, which has more digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, Final

from autograd_core.testing.checking.claims import gradient_at
from autograd_core.testing.measuring.complex_step import COMPLEX_STEP, complex_step
from autograd_core.testing.measuring.differences import ROUNDING, along
from autograd_core.testing.measuring.stairs import is_single
from autograd_core.testing.trees.flat_function import FlatFunction, name_of

CONVERGED: Final = 1e-10
SINGLE: Final = 1e-4
ROUNDING_OF_SINGLE: Final = 2.0**-21
"""The relative distance of the last two extrapolations of a slope that has converged, for values in 64 and in 32 bits,
and the rounding of values in 32 bits."""

UNEVEN: Final = 0.1137
"""The longest step, relative to the size of the input; no round number, which a wave could fit."""

FINE: Final = 1e-4
"""The short step that confirms an extrapolation, relative to its longest."""

SEEN: Final = 1e-6
"""The short step confirms a slope up to this relative distance."""


def slope_along(
    function: FlatFunction,
    direction: Sequence[float],
    gradient: Callable[..., Any] | None,
) -> FlatFunction:
    """Return the derivative of a function along a direction, as a function of the same numbers.

    Args:
        function: a black box.
        direction: the direction.
        gradient: the gradient that is claimed, whose product with the direction is the slope; None to measure it.
    """
    size = 1.0 / max(abs(d) / max(1.0, abs(x)) for x, d in zip(function.point, direction, strict=True))

    def moved(steps: list[Any]) -> Any:
        """Return the function at the point moved along the direction."""
        return function.complex_number([x + steps[0] * d for x, d in zip(function.point, direction, strict=True)])

    def along_line(numbers: list[Any]) -> Callable[[float], float]:
        return lambda t: function.number([x + t * d for x, d in zip(numbers, direction, strict=True)])

    def by_differences(numbers: list[Any]) -> float:
        found = smooth_slope(along_line(numbers), size, tolerance)
        if found is not None:
            return found
        return along(function.number, [float(x) for x in numbers], list(direction)).derivative

    def by_complex_step(numbers: list[Any]) -> float:
        z = function.complex_number([complex(x, COMPLEX_STEP * d) for x, d in zip(numbers, direction, strict=True)])
        return float(z.imag / COMPLEX_STEP)

    def by_claim(numbers: list[Any]) -> float:
        found = gradient_at(function, "grad", gradient, numbers) if gradient is not None else []
        return math.fsum(d * x for d, x in zip(direction, found, strict=True))

    tolerance = SINGLE if _is_single(along_line(function.point), size) else CONVERGED
    if gradient is not None:
        slope: Callable[[list[Any]], float] = by_claim
    else:
        slope = by_differences if complex_step(moved, [0.0], 0) is None else by_complex_step
    slope.__name__ = name_of(function.f)
    found = FlatFunction(slope, (function.point,), (0,), function.names, function.point, False, [], [1.0])
    found.is_short = tolerance == SINGLE and gradient is None
    found.domain = function.domain
    return found


def _is_single(f: Callable[[float], float], size: float) -> bool:
    """Return whether the values of a function are those of 32 bits, at the point and on one of its sides at least."""
    values = []
    for t in (0.0, 0.01 * size, -0.03 * size):
        with suppress(ArithmeticError, ValueError):  # outside the domain
            values.append(f(t))
    return len(values) > 1 and all(x and is_single(x) for x in values)


def smooth_slope(f: Callable[[float], float], size: float, tolerance: float = CONVERGED) -> float | None:
    """Return the derivative at 0 by Romberg's extrapolation of central differences; None unless it converges.

    It takes eleven values, where the search for the best step takes a hundred, and a slope is needed at many points.

    Args:
        f: a function of one number.
        size: the step that changes the inputs by about their own size.
        tolerance: the relative distance of the last two extrapolations of a slope that has converged.

    >>> round(smooth_slope(math.exp, 1.0), 12)
    1.0
    >>> smooth_slope(abs, 1.0) is None
    True
    """
    for longest in (size * UNEVEN, size * UNEVEN / 8, size * UNEVEN / 64):
        steps = [*(longest / 2**k for k in range(4)), longest * FINE]
        try:
            here, values = f(0.0), [(f(h), f(-h)) for h in steps]
        except (ArithmeticError, ValueError):
            continue  # outside the domain
        *row, fine = [(above - below) / (2 * h) for h, (above, below) in zip(steps, values, strict=True)]
        gaps = [abs(above - 2 * here + below) / h for h, (above, below) in zip(steps, values, strict=True)]
        noise = (ROUNDING if tolerance == CONVERGED else ROUNDING_OF_SINGLE) * abs(here) / steps[-1]
        power, before = 1.0, row
        while len(row) > 1:
            power, before = 4.0 * power, row
            row = [(power * y - x) / (power - 1) for x, y in pairwise(row)]
        found = float(row[0])
        scale = abs(found) + gaps[0]
        # At a kink the one-sided slopes stay apart, however short the step, and a ripple is seen in a short one only.
        is_kink = gaps[-1] > gaps[0] / 2 + noise or abs(fine - found) > SEEN * scale + noise
        if not is_kink and abs(found - before[1]) <= tolerance * scale:
            return found
    return None


def changes_of(
    function: FlatFunction, gradient: Callable[..., Any], direction: Sequence[float], point: Sequence[float]
) -> list[tuple[float, float]]:
    """Return the derivative of a claimed gradient along a direction by differences, each number with its error."""

    @cache
    def at(*numbers: float) -> list[float]:
        """Return the gradient at a point, nan outside of the domain."""
        if not function.is_inside(numbers):
            return [math.nan] * len(numbers)
        return gradient_at(function, "grad", gradient, numbers)

    found = [
        along(lambda numbers, i=i: at(*numbers)[i], list(point), list(direction))  # type: ignore[misc]
        for i in range(len(point))
    ]
    return [(estimate.derivative, estimate.uncertainty) for estimate in found]
