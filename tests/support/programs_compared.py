"""A function that is recorded, compared with what `Value` computes: number, gradient, and the gradient of that."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_core import Value
from programs_recorded import Program, recorded


def orders(function: Callable[..., Any], count: int) -> tuple[Program, list[Any]]:
    """The recorded function, its gradient, and the gradients of that, as far as there are derivatives."""
    program, xs, y = recorded(function, count)
    gradient = program.gradient(y, xs)
    return program, [y, *gradient, *[second for slope in gradient for second in program.gradient(slope, xs)]]


def eager(function: Callable[..., Any], point: Sequence[float]) -> list[float]:
    """The same numbers as Values have them."""
    xs = [Value(x) for x in point]
    y = function(*xs)
    if not isinstance(y, Value):
        return [float(y), *[0.0] * (len(xs) + len(xs) ** 2)]
    y.backward(create_graph=True)
    gradient: list[Any] = [x.grad for x in xs]
    return [y.data, *[getattr(slope, "data", slope) for slope in gradient], *second(gradient, xs)]


def second(gradient: list[Any], xs: list[Value]) -> Iterator[float]:
    for slope in gradient:
        for x in xs:
            x.grad = 0.0
        if isinstance(slope, Value):
            slope.backward()
        yield from [x.grad for x in xs]


def close(a: float, b: float, most: float = 0.0) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-12 * max(abs(a), abs(b), most) + 1e-300


def largest(numbers: Sequence[float]) -> float:
    return max([abs(x) for x in numbers if math.isfinite(x)], default=0.0)


def assert_equal(function: Callable[..., Any], points: Sequence[Sequence[float]], most: float = 0.0) -> None:
    """The program is the eager function to second order; `most` is the share of the largest number that is noise."""
    program, results = orders(function, len(points[0]))
    for point in points:
        found, expected = program.run(point, *results), eager(function, point)
        noise = most * largest(expected)
        for a, b in zip(found, expected, strict=True):
            assert close(a, b, noise), (point, found, expected)
