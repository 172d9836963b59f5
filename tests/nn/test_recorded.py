"""Layers and losses run on numbers that are recorded, and the program is the same function as the eager one.

Each entry of a table is a function of numbers. It is recorded on numbers that nobody knows, together with its gradient,
and the program then runs at points on both sides of what the function decides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

import nn
import nn.losses
from autograd_core import Value
from network_cases import CASES, LAYERS, LOSSES, PENALTIES, Case, points, total
from programs_recorded import recorded


def eager(case: Case, point: Sequence[float]) -> list[float]:
    """The total of the results, and its gradient."""
    xs = [Value(x) for x in point]
    y = total(case.function(xs))
    if isinstance(y, Value):
        y.backward()
    return [getattr(y, "data", y), *[x.grad for x in xs]]


def close(a: float, b: float, most: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-12 * max(abs(a), abs(b), most)


def assert_equal(case: Case, where: Sequence[tuple[float, ...]]) -> None:
    """The recorded function and its gradient are those of the eager one at all points."""
    program, xs, result = recorded(lambda *xs: total(case.function(xs)), case.inputs)
    gradient = program.gradient(result, xs)
    for point in where:
        expected = eager(case, point)
        found = program.run(point, result, *gradient)
        most = max((abs(x) for x in expected[1:] if math.isfinite(x)), default=0.0) * 1e-3
        for a, b in zip(found, expected, strict=True):
            assert close(a, b, most), (point, found, expected)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_program_is_the_function_and_its_gradient(case: Case) -> None:
    assert_equal(case, points(case))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_structural_zeros_pass_nothing_on_to_a_pole(case: Case) -> None:
    """The root of 0 has an infinite derivative, which meets every derivative of 0 with respect to an input."""
    behind = case._replace(function=lambda xs: case.function([x.sqrt() for x in xs]))
    rng = random.Random(2)
    drawn = [[rng.choice((0.0, 0.0, rng.random(), 1.0)) for _ in range(case.inputs)] for _ in range(6)]
    assert_equal(behind, [tuple(point) for point in drawn])


def test_every_module_is_in_the_table() -> None:
    modules = {name for name, thing in vars(nn).items() if isinstance(thing, type) and issubclass(thing, nn.Module)}
    assert modules - {"Module"} == LAYERS.keys()


def test_every_loss_is_in_the_table() -> None:
    assert set(nn.losses.__all__) - {"Numbers"} == LOSSES.keys()
    assert {name for name in dir(nn) if name.endswith("_penalty")} == PENALTIES.keys()
