"""Derivatives of functions that run on complex numbers, exact up to rounding.

`Im f(x + ih) / h` has no subtraction, so `h` can be 1e-20 (Squire and Trapp, SIAM Review 40 (1998) 110-112).

Functions of `math` take no complex numbers, so functions that use them are measured by differences.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core.testing.measuring.differences import ROUNDING, central, is_real
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.measuring.stairs import is_single
from autograd_core.testing.report import Verdict

COMPLEX_STEP: Final = 1e-20

SHORTER: Final = 1024
PROPORTIONAL: Final = 1e-9
"""The imaginary part is proportional to the step up to this relative distance, at a step shorter by that factor."""

DISTANCES: Final = range(-10, -1)
"""The powers of 10 of the distances, in proportion to the input, at which the rounding of a derivative is looked at."""

BESIDE: Final = tuple(1.618 * (k + 0.4) for k in (-2, -1, 0, 1, 2))
"""Where derivatives are compared, in steps: neither symmetric, so that rounding on both sides would cancel, nor simple
fractions of the number, which may all be rounded alike."""

GROWTH: Final = 30.0
"""What a smooth function does grows by more than this from one distance to the next: by about 10,000."""

JUMP: Final = 1e5
"""What a smooth function does grows by less than this from one distance to the next."""

LONG_STEP: Final = 1e-8
"""The shorter of two steps that show whether the real part moves, too."""


def complex_step(f: Callable[[list[Any]], Any], point: list[float], index: int) -> Estimate | None:
    """Return the derivative with respect to one input by a step in the imaginary direction, or None.

    None means that `f` does not run on complex numbers, such as functions of `math` and comparisons, or is not complex
    differentiable, such as `abs`: the real part differs from the value, or the derivative from that of `central`. The
    verdict is `NOISE` where the values are too inexact for `central` to tell.

    >>> complex_step(lambda xs: xs[0] ** 3, [2.0], 0).derivative
    12.0
    >>> complex_step(lambda xs: abs(xs[0]), [2.0], 0) is None
    True
    """
    value = f(list(point))
    found = [_on_complex(f, point, index, step) for step in (COMPLEX_STEP, -COMPLEX_STEP / SHORTER)]
    if not is_real(value) or None in found:
        return None
    above, below = (complex(z) for z in found if z is not None)
    if above.real != below.real or abs(above.real - value) > 1e-12 * max(abs(value), 1e-300):
        return None
    if not abs(above.imag + SHORTER * below.imag) <= PROPORTIONAL * abs(above.imag) < math.inf:
        return None  # such as z * abs(z) at 0
    if above.imag and is_single(above.imag):
        return None  # computed in 32 bits, in which the step itself is rounded
    derivative = above.imag / COMPLEX_STEP
    if not _is_holomorphic(f, point, index, value):
        return None
    seen = central(f, point, index, None, derivative)
    if seen.verdict not in (Verdict.OK, Verdict.NOISE):
        return None
    if not abs(seen.derivative - derivative) <= 10 * seen.uncertainty + 1e-6 * abs(derivative):
        return None
    return Estimate(derivative, derivative, derivative, COMPLEX_STEP, ROUNDING * abs(derivative), seen.verdict)


def _is_holomorphic(f: Callable[[list[Any]], Any], point: Sequence[float], index: int, value: float) -> bool:
    """Return whether no part of a function drops imaginary parts, as `abs` does, even right beside its kink.

    Longer imaginary steps move the real part by their square, or by rounding, but where an `abs` is in proportion.
    """
    step = LONG_STEP * max(1.0, abs(point[index]))
    moved = [_on_complex(f, point, index, h) for h in (step, 10 * step)]
    short, long = (abs(z.real - value) if z is not None else math.inf for z in moved)
    return short <= ROUNDING * abs(value) or not 5 * short < long < 20 * short


def rounding_of(f: Callable[[list[Any]], Any], point: Sequence[float], index: int) -> float:
    """Return how far the derivative is off by rounding, which is much where terms cancel.

    It is how far the derivative moves at the next few floats, and how far five derivatives at equal distances are from
    a cubic, for longer and longer distances: terms that cancel may stand still for many floats. What the function
    itself does grows by the fourth power of the distance, and ends the search.
    """
    x = point[index]

    def derivatives(step: float, places: Sequence[float] = BESIDE) -> list[float]:
        moved = [[*point[:index], x + k * step, *point[index + 1 :]] for k in places]
        found = [_on_complex(f, near, index, COMPLEX_STEP) for near in moved]
        return [z.imag / COMPLEX_STEP for z in found if z is not None]

    near = derivatives(math.ulp(x), (-2, -1, 0, 1, 2))
    rounding = max(max(near) - min(near), ROUNDING * abs(near[len(near) // 2]))
    sizes = [_beside_cubic(derivatives(10.0**k * max(abs(x), math.ulp(0.0)))) for k in DISTANCES]
    for size, longer in itertools.pairwise(sizes):
        if JUMP * rounding < size or size <= GROWTH * rounding or longer <= GROWTH * size:
            rounding = max(rounding, size)
        else:
            break
    return rounding


def _beside_cubic(values: list[float]) -> float:
    """Return the size of the errors in five values of a cubic at equal distances; nan if there are fewer values."""
    if len(values) < 5:
        return math.nan
    a, b, c, d, e = values
    return abs(a - 4.0 * b + 6.0 * c - 4.0 * d + e) / 8.0  # √70 for independent errors


def _on_complex(f: Callable[[list[Any]], Any], point: Sequence[float], index: int, step: float) -> complex | None:
    """Return the function at a point moved off the real line, or None unless the result is complex."""
    try:
        result = f([complex(x, step if i == index else 0.0) for i, x in enumerate(point)])
    except (ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError):
        return None  # made for real numbers
    return result if isinstance(result, complex) else None
