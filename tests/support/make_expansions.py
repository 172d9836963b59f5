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


class Derivative(NamedTuple):
    """A derivative that is expanded: of which function, of which order, and the neighbourhood of each of its zeros."""

    function: Callable[[Any], Any]
    order: int
    neighbourhoods: tuple[tuple[float, float], ...]


def _silu(x: Any) -> Any:
    return x / (1 + mpmath.exp(-x))


def _mish(x: Any) -> Any:
    return x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))


def _gelu_tanh(x: Any) -> Any:
    z = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    return x * (1 + mpmath.tanh(z)) / 2


def _celu(t: Any) -> Any:
    """A function with the derivative `expm1(t) - t * exp(t)`, that of `alpha * expm1(x / alpha)` in `alpha`."""
    return (2 - t) * mpmath.exp(t) - t


DERIVATIVES: Final = {
    "SILU_SLOPE": Derivative(_silu, 1, ((-1.3125, -1.25),)),
    "SILU_CURVATURE": Derivative(_silu, 2, ((2.375, 2.4375),)),  # it is even
    "MISH_SLOPE": Derivative(_mish, 1, ((-1.21875, -1.15625),)),
    "MISH_CURVATURE": Derivative(_mish, 2, ((-2.28125, -2.21875), (1.46875, 1.53125))),
    "GELU_SLOPE": Derivative(lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, 1, ((-0.875, -0.625),)),
    "GELU_TANH_SLOPE": Derivative(_gelu_tanh, 1, ((-0.78125, -0.71875),)),
    "GELU_TANH_CURVATURE": Derivative(_gelu_tanh, 2, ((1.375, 1.4375),)),  # it is even
    "CELU_SLOPE": Derivative(_celu, 1, ((-0.0625, 0.0625),)),
}


def zero(derivative: Derivative, place: int) -> Any:
    """The zero of the derivative in a neighbourhood, by bisection and then the secant method."""
    low, high = derivative.neighbourhoods[place]
    if low == -high:
        return mpmath.mpf(0)  # a double zero, where no sign changes

    def at(x: Any) -> Any:
        return mpmath.diff(derivative.function, x, derivative.order)

    return mpmath.findroot(at, (mpmath.mpf(low), mpmath.mpf(high)), solver="anderson")


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


def coefficients(derivative: Derivative, place: int, centre: Any) -> tuple[float, ...]:
    """The Taylor coefficients of the derivative around the zero, the vanishing one exactly 0, as many as count."""
    series = taylor(derivative.function, centre)
    for _ in range(derivative.order):
        series = [n * a for n, a in enumerate(series)][1:]
    vanishing = (0, 1) if centre == 0 else (0,)
    for n in vanishing:
        assert abs(series[n]) < mpmath.mpf(10) ** (10 - DIGITS)
        series[n] = mpmath.mpf(0)
    radius = max(abs(border - centre) for border in derivative.neighbourhoods[place])
    return tuple(float(a) for a in series[: _needed(series, radius)])


def _needed(series: Sequence[Any], radius: Any) -> int:
    """How many terms count beside the sum at the ends of the neighbourhood, where they are largest."""
    terms = [abs(a) * radius**n for n, a in enumerate(series)]
    scale = min(abs(mpmath.fsum(a * d**n for n, a in enumerate(series))) for d in (-radius, radius))
    return max(n for n, term in enumerate(terms) if term > NEGLIGIBLE * scale) + 1


def entries(name: str) -> list[tuple[float, float, tuple[float, float], tuple[float, ...]]]:
    """What `Expansion` is made of, for each expansion of a table: low and high end, centre, coefficients."""
    derivative = DERIVATIVES[name]
    found = []
    with mpmath.workdps(DIGITS):
        for place, (low, high) in enumerate(derivative.neighbourhoods):
            centre = zero(derivative, place)
            found.append((low, high, split(centre), coefficients(derivative, place, centre)))
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
    print("\n".join(map(text, DERIVATIVES)))
