"""The sine and cosine of multiples of pi, as numbers of two parts (`double_double`).

The reflection formulas of the gamma function need them to about 70 bits.
"""

from __future__ import annotations

import math
from typing import Final

from autograd_core.numerics.double_double import DoubleDouble, divide, multiply, subtract

# Numbers in two parts have two names, because compiled code cannot read a constant that is a tuple.
PI: Final = math.pi
PI_REST: Final = 1.2246467991473532e-16


def sin_cos_pi(x: float) -> tuple[DoubleDouble, DoubleDouble]:
    """The sine and cosine of `pi x`: of the distance from the nearest multiple of 1/2, which is exact."""
    r = math.remainder(x, 2.0)
    sign = 1.0
    if r > 0.5 or r < -0.5:
        r, sign = math.copysign(1.0, r) - r, -1.0
    if -0.25 <= r <= 0.25:
        s, c = _sin_cos(multiply((PI, PI_REST), (r, 0.0)))
    else:
        c, s = _sin_cos(multiply((PI, PI_REST), (0.5 - abs(r), 0.0)))
        if r < 0.0:
            s = -s[0], -s[1]
    return s, (sign * c[0], sign * c[1])


def _sin_cos(angle: DoubleDouble) -> tuple[DoubleDouble, DoubleDouble]:
    """The sine and cosine of an angle between `-pi/4` and `pi/4`."""
    square = multiply(angle, angle)
    return multiply(angle, _alternating(square, 2.0)), _alternating(square, 1.0)


def _alternating(s: DoubleDouble, j: float) -> DoubleDouble:
    """`1 - s/(j (j+1)) (1 - s/((j+2) (j+3)) (1 - ...))`: the cosine for j = 1, the sine over the angle for j = 2."""
    k = j + 18.0
    inner = 1.0
    while k > j + 7.0:
        inner = 1.0 - inner * s[0] / (k * (k + 1.0))
        k -= 2.0
    result = inner, 0.0
    while k >= j:
        result = subtract((1.0, 0.0), divide(multiply(result, s), (k * (k + 1.0), 0.0)))
        k -= 2.0
    return result
