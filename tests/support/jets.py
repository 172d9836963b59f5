"""Truth of derivatives of any order: numbers of mpmath with infinitesimal parts whose squares are 0.

A function of `x + e` for such an `e` is `f(x) + f'(x) e`. With one infinitesimal for each differentiation, the
coefficient of the product of all of them is the mixed derivative, without differences and their steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath


class Jet:
    """A number with infinitesimal parts.

    Attributes:
        parts: the coefficient of each product of infinitesimals, by the sum of `2**i` over those in the product.
    """

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts

    def __add__(self, other: Any) -> Jet:
        parts = dict(self.parts)
        for key, part in as_jet(other).parts.items():
            parts[key] = parts.get(key, 0) + part
        return Jet(parts)

    def __neg__(self) -> Jet:
        return self * -1

    def __sub__(self, other: Any) -> Jet:
        return self + -as_jet(other)

    def __mul__(self, other: Any) -> Jet:
        parts: dict[int, Any] = {}
        for key, a in self.parts.items():
            for more, b in as_jet(other).parts.items():
                if not key & more:
                    parts[key | more] = parts.get(key | more, 0) + a * b
        return Jet(parts)

    def __truediv__(self, other: Any) -> Jet:
        return self * as_jet(other) ** -1

    def __pow__(self, exponent: Any) -> Jet:
        """The Taylor series around the number, which ends with the product of all infinitesimals."""
        small, term = Jet({key: part for key, part in self.parts.items() if key}), as_jet(1)
        factor, total = mpmath.mpf(1), as_jet(0)
        for order in range(len(self.parts) + 1):
            if factor == 0:
                break
            total += term * (factor * mpmath.power(self.parts[0], exponent - order))
            term *= small
            factor *= (exponent - order) / mpmath.mpf(order + 1)
        return total

    def __abs__(self) -> Jet:
        return -self if self.parts[0] < 0 else self


def as_jet(x: Any) -> Jet:
    return x if isinstance(x, Jet) else Jet({0: mpmath.mpf(x)})


def total(xs: Sequence[Any]) -> Jet:
    result = as_jet(0)
    for x in xs:
        result += x
    return result


def derivative(function: Callable[[list[Any]], Any], point: Sequence[float], indices: Sequence[int]) -> Any:
    """The derivative with respect to the inputs at these indices, one after the other."""
    inputs = [as_jet(x) for x in point]
    for place, index in enumerate(indices):
        inputs[index] += Jet({1 << place: mpmath.mpf(1)})
    return as_jet(function(inputs)).parts.get((1 << len(indices)) - 1, mpmath.mpf(0))


def nearest_float(x: Any) -> float:
    """The float nearest to a number of mpmath; infinite beyond the range of floats."""
    return math.copysign(math.inf, x) if abs(x) >= mpmath.mpf(2) ** 1024 else float(x)
