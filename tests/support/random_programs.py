"""Random straight-line programs, and three independent ways to differentiate them.

A program is a list of instructions over earlier results, so results are shared, and a failing one
shrinks to a few lines. It runs on anything that the ops can be given: floats, Values, mpmath numbers.

The oracles know nothing of the engine's derivatives. `by_difference` differentiates the whole program by a
difference quotient at 80 digits; `by_paths` differentiates each instruction that way, and adds the
products of the derivatives over every path from the result to a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
from hypothesis import strategies as st

from autograd_core import TABLE, Op
from autograd_core.testing.meanings import MEANINGS

DIGITS = 80
STEP = mpmath.mpf(10) ** -25


@dataclass(frozen=True)
class Program:
    """Leaves, and instructions: the name of an op and the places of its inputs among leaves and earlier results."""

    leaves: tuple[float, ...]
    instructions: tuple[tuple[str, tuple[int, ...]], ...]

    def run(self, leaves: Sequence[Any], apply: Callable[..., Any]) -> list[Any]:
        """All leaves and results, with `apply(name, *inputs)` carrying out an instruction."""
        results = list(leaves)
        for name, places in self.instructions:
            results.append(apply(name, *[results[i] for i in places]))
        return results


def by_ops(name: str, *inputs: Any) -> Any:
    """Apply a row of the table."""
    return TABLE[name](*inputs)


def by_mathematics(name: str, *inputs: Any) -> Any:
    """Apply the meaning of an op at high precision."""
    return MEANINGS[name](*inputs)


def by_difference(program: Program) -> list[Any]:
    """The derivative of the last result with respect to each leaf, by differences of the whole program."""
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(x) for x in program.leaves]
        return [_difference(lambda *xs: program.run(xs, by_mathematics)[-1], point, i) for i in range(len(point))]


def by_paths(program: Program) -> tuple[list[Any], list[Any]]:
    """For each leaf the sum of the products over all paths, and the sum of their absolute values."""
    with mpmath.workdps(DIGITS):
        results = program.run([mpmath.mpf(x) for x in program.leaves], by_mathematics)
        slopes = [
            [_difference(MEANINGS[name], [results[i] for i in places], k) for k in range(len(places))]
            for name, places in program.instructions
        ]
        count = len(program.leaves)
        totals = [mpmath.mpf(0)] * count
        sizes = [mpmath.mpf(0)] * count
        paths = [(len(results) - 1, mpmath.mpf(1))]
        while paths:
            place, product = paths.pop()
            if place < count:
                totals[place] += product
                sizes[place] += abs(product)
            else:
                inputs = program.instructions[place - count][1]
                paths.extend((i, product * d) for i, d in zip(inputs, slopes[place - count], strict=True) if d)
        return totals, sizes


def _difference(function: Callable[..., Any], point: Sequence[Any], place: int) -> Any:
    above, below = list(point), list(point)
    above[place] += STEP
    below[place] -= STEP
    return (function(*above) - function(*below)) / (2 * STEP)


DIVISORS = {"celu": 1, "div": 1, "exp_quotient": 1, "floordiv": 1, "fmod": 1, "mod": 1, "reciprocal": 0, "remainder": 1}
"""The place of the input that other inputs are divided by."""


def is_ordinary(op: Op, inputs: Sequence[float], limit: float = 50.0) -> bool:
    """Whether a point lies inside the domain of the op, away from its kinks, and gives a moderate result."""
    domains = op.domain * len(inputs) if op.arity is None else op.domain
    inside = all(low + 0.05 < x < high - 0.05 for x, (low, high) in zip(inputs, domains, strict=False))
    divisor = DIVISORS.get(op.name)
    if divisor is not None and abs(inputs[divisor]) < 0.05:
        return False
    smooth = op.kinks is None or op.kinks(*inputs) > 1e-6
    return inside and smooth and abs(op(*inputs)) < limit


COUNTS = {
    "dot": (2, 6),
    "fsum": (1, 4),
    "hypot": (1, 4),
    "max": (2, 4),
    "min": (2, 4),
    "prod": (1, 4),
    "sum": (1, 4),
    "sumprod": (2, 6),
}
"""How many inputs a random instruction gives to an op that takes any number."""

PAIRED = ("dot", "sumprod")
"""Ops of two sequences, so of an even number of inputs."""

FALLBACK = "sin"
"""An op that is ordinary everywhere."""


NAMES = tuple(name for name in MEANINGS if name != "polygamma")  # its first input counts, and does not vary


@st.composite
def programs(draw: st.DrawFn, max_instructions: int = 8, names: Sequence[str] = NAMES) -> Program:
    """Programs of one to four leaves whose every instruction is evaluated at an ordinary point."""
    leaves = draw(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=4))
    numbers = list(leaves)
    instructions: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(draw(st.integers(1, max_instructions))):
        name = draw(st.sampled_from(names))
        op = TABLE[name]
        low, high = COUNTS[name] if op.arity is None else (op.arity, op.arity)
        count = draw(st.integers(low, high))
        count -= count % 2 if name in PAIRED else 0
        places = tuple(draw(st.integers(0, len(numbers) - 1)) for _ in range(count))
        if not is_ordinary(op, [numbers[i] for i in places]):
            name, places = FALLBACK, places[:1]
        numbers.append(TABLE[name](*[numbers[i] for i in places]))
        instructions.append((name, places))
    return Program(tuple(leaves), tuple(instructions))
