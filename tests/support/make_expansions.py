"""Computes the tables of `autograd_core.numerics.expansions`; run it to print them as they stand there.

Everything follows from the definitions of the functions, and no formula of a derivative is used: at 60 digits the
zeros are found by numerical differentiation, and the coefficients by Cauchy's integral.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import mpmath

DIGITS: Final = 60
MOST: Final = 48
"""Coefficients are looked at up to this many, and then those too small to count are dropped."""
POINTS: Final = 128
"""On a circle around a centre. Of the functions here none has a pole within 2, so the sum is right to 75 digits."""
RADIUS: Final = 0.5
"""Of that circle. The coefficients are divided by its powers, which costs 15 digits at the most."""
NEGLIGIBLE: Final = mpmath.mpf(2) ** -57
"""An eighth of a unit in the last place, at the most."""


class Slope(NamedTuple):
    """A function whose derivative is expanded, and the neighbourhoods where it is, each around one zero.

    `orders` says which derivative vanishes in each neighbourhood: 1, the one expanded, or 2, its own derivative.
    """

    function: Callable[[Any], Any]
    neighbourhoods: tuple[tuple[float, float], ...]
    orders: tuple[int, ...]


def _celu(t: Any) -> Any:
    """A function with the derivative `expm1(t) - t * exp(t)`, that of `alpha * expm1(x / alpha)` in `alpha`."""
    return (2 - t) * mpmath.exp(t) - t


def _gelu_tanh(x: Any) -> Any:
    z = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    return x * (1 + mpmath.tanh(z)) / 2


SLOPES: Final = {
    "SILU_SLOPE": Slope(
        lambda x: x / (1 + mpmath.exp(-x)), ((-3.25, -1.875), (-1.875, -0.875), (1.75, 3.25)), (2, 1, 2)
    ),
    "MISH_SLOPE": Slope(
        lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
        ((-2.875, -1.5), (-1.5, -0.75), (1.0, 2.125)),
        (2, 1, 2),
    ),
    "GELU_SLOPE": Slope(
        lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, ((-1.875, -1.25), (-1.0, -0.5), (1.25, 1.75)), (2, 1, 2)
    ),
    "GELU_TANH_SLOPE": Slope(_gelu_tanh, ((-2.125, -1.0), (-1.0, -0.5), (1.0, 2.25)), (2, 1, 2)),
    "GAUSSIAN_SLOPE": Slope(lambda x: mpmath.exp(-x * x), ((-0.9375, -0.5625), (0.5625, 0.9375)), (2, 2)),
    "NORMAL_PDF_SLOPE": Slope(mpmath.npdf, ((-1.375, -0.75), (0.75, 1.375)), (2, 2)),
    "CELU_SLOPE": Slope(_celu, ((-0.875, 0.875),), (1,)),
}


def zero(slope: Slope, place: int) -> Any:
    """The zero of the derivative in a neighbourhood, by bisection and then the secant method."""
    order, (low, high) = slope.orders[place], slope.neighbourhoods[place]
    if low == -high:
        return mpmath.mpf(0)  # a double zero, where no sign changes

    def derivative(x: Any) -> Any:
        return mpmath.diff(slope.function, x, order)

    return mpmath.findroot(derivative, (mpmath.mpf(low), mpmath.mpf(high)), solver="anderson")


def split(number: Any) -> tuple[float, float]:
    """The number as the sum of two floats."""
    high = float(number)
    low = number - high
    return high, float(low) if abs(low) > mpmath.mpf(10) ** (10 - DIGITS) else 0.0


def taylor(function: Callable[[Any], Any], centre: Any) -> list[Any]:
    """The Taylor coefficients of a real function, as many as are looked at: Cauchy's integral as a sum over a circle.

    Differences of so high an order would need many times the digits. What is below them is 0.
    """
    with mpmath.workdps(2 * DIGITS):
        turns = [mpmath.expjpi(mpmath.mpf(2 * k) / POINTS) for k in range(POINTS)]
        half = [function(centre + RADIUS * turn) for turn in turns[: POINTS // 2 + 1]]
        values = [*half, *map(mpmath.conj, half[-2:0:-1])]
        sums = [mpmath.fsum((v * turns[-k * n % POINTS]).real for k, v in enumerate(values)) for n in range(MOST + 1)]
        return [mpmath.chop(x / POINTS / RADIUS**n, tol=mpmath.mpf(10) ** -DIGITS) for n, x in enumerate(sums)]


def coefficients(slope: Slope, place: int, centre: Any) -> tuple[float, ...]:
    """The Taylor coefficients of the derivative around the zero, the vanishing one exactly 0, as many as count."""
    series = [n * a for n, a in enumerate(taylor(slope.function, centre))][1:]
    vanishing = slope.orders[place] - 1
    assert abs(series[vanishing]) < mpmath.mpf(10) ** (10 - DIGITS)
    series[vanishing] = mpmath.mpf(0)
    if centre == 0:
        series[1] = mpmath.mpf(0)
    radius = max(abs(border - centre) for border in slope.neighbourhoods[place])
    count = max(_needed(series, radius), _needed([n * a for n, a in enumerate(series)][1:], radius) + 1)
    return tuple(float(a) for a in series[:count])


def _needed(series: Sequence[Any], radius: Any) -> int:
    """How many terms count beside the sum at the ends of the neighbourhood, where they are largest."""
    terms = [abs(a) * radius**n for n, a in enumerate(series)]
    scale = min(abs(mpmath.fsum(a * d**n for n, a in enumerate(series))) for d in (-radius, radius))
    return max(n for n, term in enumerate(terms) if term > NEGLIGIBLE * scale) + 1


def entries(name: str) -> list[tuple[float, float, tuple[float, float], tuple[float, ...]]]:
    """What `Expansion` is made of, for each expansion of a table: low and high end, centre, coefficients."""
    slope = SLOPES[name]
    found = []
    with mpmath.workdps(DIGITS):
        for place, (low, high) in enumerate(slope.neighbourhoods):
            centre = zero(slope, place)
            found.append((low, high, split(centre), coefficients(slope, place, centre)))
    return found


def text(name: str) -> str:
    """A table as it stands in the module."""
    lines = [f"{name}: Final[tuple[Expansion, ...]] = ("]
    for low, high, centre, numbers in entries(name):
        lines.append(f"    Expansion({low!r}, {high!r}, {centre!r}, (")
        lines += [f"        {', '.join(map(repr, numbers[i : i + 4]))}," for i in range(0, len(numbers), 4)]
        lines.append("    )),")
    return "\n".join([*lines, ")"])


if __name__ == "__main__":
    print("\n".join(map(text, SLOPES)))
