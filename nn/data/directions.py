"""Points on the unit circle with the same bits on every platform, unlike the sine and cosine of C libraries.

Angles are given in turns, so that quarter turns are exact. A polynomial with correctly rounded operations computes the
sine and cosine of the remaining small angle.
"""

from __future__ import annotations

import math
from typing import Final

# Taylor series for angles up to an eighth of a turn; the truncation error is below 1e-18.
_COSINE: Final = [(-1.0) ** k / math.factorial(2 * k) for k in reversed(range(10))]
_SINE: Final = [(-1.0) ** k / math.factorial(2 * k + 1) for k in reversed(range(10))]


def direction(turns: float) -> tuple[float, float]:
    """Cosine and sine of an angle in turns, with an error of less than 1e-15.

    >>> direction(0.0), direction(0.25), direction(-0.5)
    ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    >>> direction(1 / 8)
    (0.7071067811865476, 0.7071067811865475)
    """
    quarters = round(4.0 * turns)
    angle = (turns - quarters / 4.0) * math.tau
    square = angle * angle
    x, y = _polynomial(_COSINE, square), angle * _polynomial(_SINE, square)
    return ((x, y), (0.0 - y, x), (0.0 - x, 0.0 - y), (y, 0.0 - x))[quarters % 4]


def _polynomial(coefficients: list[float], x: float) -> float:
    """The polynomial with coefficients from the highest power to the lowest, by Horner's rule."""
    result = 0.0
    for coefficient in coefficients:
        result = result * x + coefficient
    return result
