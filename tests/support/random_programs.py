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

DIGITS = 80
STEP = mpmath.mpf(10) ** -25

MATHEMATICS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda x: -x,
    "pos": lambda x: x,
    "pow": mpmath.power,
    "abs": abs,
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": mpmath.expm1,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "fma": lambda a, b, c: a * b + c,
    "floordiv": lambda a, b: mpmath.floor(a / b),
    "mod": lambda a, b: a - b * mpmath.floor(a / b),
    "fmod": lambda a, b: a - b * (mpmath.floor(a / b) if a / b > 0 else mpmath.ceil(a / b)),
    "remainder": lambda a, b: a - b * mpmath.nint(a / b),
    "copysign": lambda a, b: abs(a) if b >= 0 else -abs(a),
    "degrees": mpmath.degrees,
    "radians": mpmath.radians,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "hypot": lambda *xs: mpmath.sqrt(sum(x * x for x in xs)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "logsigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "where": lambda c, a, b: a if c else b,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "trunc": lambda x: mpmath.floor(x) if x > 0 else mpmath.ceil(x),
    "round": mpmath.nint,
    "max": max,
    "min": min,
    "sum": lambda *xs: mpmath.fsum(xs),
    "dot": lambda *xs: mpmath.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
}
"""What each op means, in mpmath."""


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
    return MATHEMATICS[name](*inputs)


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
            [_difference(MATHEMATICS[name], [results[i] for i in places], k) for k in range(len(places))]
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


def is_ordinary(op: Op, inputs: Sequence[float], limit: float = 50.0) -> bool:
    """Whether a point lies inside the domain of the op, away from its kinks, and gives a moderate result."""
    domains = op.domain * len(inputs) if op.arity is None else op.domain
    inside = all(low + 0.05 < x < high - 0.05 for x, (low, high) in zip(inputs, domains, strict=False))
    divisor = {"div": 1, "floordiv": 1, "mod": 1, "fmod": 1, "remainder": 1, "reciprocal": 0}.get(op.name)
    if divisor is not None and abs(inputs[divisor]) < 0.05:
        return False
    smooth = op.kinks is None or op.kinks(*inputs) > 1e-6
    return inside and smooth and abs(op(*inputs)) < limit


COUNTS = {"hypot": (1, 4), "max": (2, 4), "min": (2, 4), "sum": (1, 4), "dot": (2, 6)}
"""How many inputs a random instruction gives to an op that takes any number."""

FALLBACK = "sin"
"""An op that is ordinary everywhere."""


@st.composite
def programs(draw: st.DrawFn, max_instructions: int = 8, names: Sequence[str] = tuple(MATHEMATICS)) -> Program:
    """Programs of one to four leaves whose every instruction is evaluated at an ordinary point."""
    leaves = draw(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=4))
    numbers = list(leaves)
    instructions: list[tuple[str, tuple[int, ...]]] = []
    for _ in range(draw(st.integers(1, max_instructions))):
        name = draw(st.sampled_from(names))
        op = TABLE[name]
        low, high = COUNTS[name] if op.arity is None else (op.arity, op.arity)
        count = draw(st.integers(low, high))
        count -= count % 2 if name == "dot" else 0
        places = tuple(draw(st.integers(0, len(numbers) - 1)) for _ in range(count))
        if not is_ordinary(op, [numbers[i] for i in places]):
            name, places = FALLBACK, places[:1]
        numbers.append(TABLE[name](*[numbers[i] for i in places]))
        instructions.append((name, places))
    return Program(tuple(leaves), tuple(instructions))
