"""Gradients that later ops read: no plain product in place of a strong one shows, whatever becomes of its nan."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import Value

Function = Callable[[Any], Any]

TRAPS: Final[dict[str, Function]] = {
    "root": lambda x: ag.where(x > 0.0, ag.sqrt(x), 0.0 * x),
    "logarithm": lambda x: ag.where(x > 0.0, ag.log(x), 2.0 * x),
    "quotient": lambda x: ag.where(abs(x) > 1.0, 1.0 / x, x),
    "power": lambda x: ag.where(x != 0.0, x**-2.0, x),
    "product": lambda x: ag.where(x < 0.0, -ag.sqrt(-x) * x, ag.sqrt(x)),
}
"""Functions with a branch whose local derivative is infinite or nan where it is not taken."""

READERS: Final[dict[str, Callable[[Any, Any], list[Any]]]] = {
    "itself": lambda _, g: [g],
    "reciprocal": lambda _, g: [1.0 / g],
    "reciprocal of a difference": lambda _, g: [1.0 / (0.0 - g)],
    "reciprocal of a sum with 1": lambda _, g: [1.0 / (g + 1.0)],
    "comparison": lambda _, g: [ag.where(g > 0.0, Value(1.0), Value(-1.0))],
    "clipping": lambda _, g: [ag.minimum(ag.maximum(g, -1.0), 1.0)],
    "itself and clipping": lambda _, g: [g, ag.minimum(ag.maximum(g, -1.0), 1.0)],
    "step of Adam": lambda x, g: [x - 0.1 * g / (ag.sqrt(g * g) + 1e-8), 0.9 * x + 0.1 * g],
    "angle": lambda _, g: [ag.atan2(g, -1.0)],
    "power of 0": lambda _, g: [g**0.0],
}
"""What a later op makes of a gradient."""

POINTS: Final = (-4.0, -1.0, -0.0, 0.0, 1e-320, 0.25, 1.0, 9.0, math.inf, -math.inf, math.nan)


def same(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=1e-12)


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("trap", TRAPS)
def test_what_reads_a_gradient_finds_that_of_the_engine(trap: str, reader: str, exact: bool) -> None:
    def step(xs: list[Any]) -> list[Any]:
        gradients = ag.grad(lambda some: sum(TRAPS[trap](x) for x in some))(xs)
        found = [number for x, g in zip(xs, gradients, strict=True) for number in READERS[reader](x, Value(g))]
        return [number.data for number in found]

    compiled = ag.compile(step, exact=exact)
    for point in POINTS:
        numbers = [point] * 12
        assert all(map(same, compiled(numbers), step(numbers))), point
