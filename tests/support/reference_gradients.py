"""The values and gradients of programs without the engine: from the meanings of the ops in mpmath.

Off kinks a local derivative is a difference quotient of the meaning, in many digits. On kinks it is the documented
subgradient, which the table `ON_KINKS` states once more, by hand. Gradients are sums over paths in this sense: local
derivative times adjoint, added at every use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import mpmath

from autograd_core import TABLE
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import distance_to_kink

DIGITS: Final = 50
STEP: Final = mpmath.mpf(10) ** -16

LOST: Final = 1e-20
"""A derivative smaller than this has lost digits in a difference quotient; its error counts as one of this size."""

SELU_SCALE: Final = 1.0507009873554805


def _shared(xs: Sequence[float], extreme: float) -> list[float]:
    """Return the derivatives of a maximum or minimum: those that are equal to it share 1 evenly."""
    ties = [x == extreme for x in xs]
    return [tie / sum(ties) for tie in ties]


def _clamped(x: float, low: float, high: float) -> list[float]:
    """Return the derivatives of `clamp` on its kinks: a bound that x meets has 1, the upper one if the bounds cross."""
    if low > high or (low < high <= x):
        return [0.0, 0.0, 1.0]
    if low == high < x:
        return [0.0, 0.0, 1.0]
    return [0.0, 1.0, 0.0] if x <= low else [1.0, 0.0, 0.0]


def _quotient(rounded: Callable[[Fraction], int]) -> Callable[[float, float], list[float]]:
    """Return the derivatives of a remainder; the quotient of two floats may be a tie only after rounding."""
    return lambda a, b: [1.0, -float(rounded(Fraction(a) / Fraction(b)))]


ON_KINKS: Final[dict[str, Callable[..., list[float]]]] = {
    "abs": lambda x: [0.0],
    "relu": lambda x: [0.0],
    "relu6": lambda x: [0.0],
    "hardsigmoid": lambda x: [0.0],
    "hardswish": lambda x: [0.0 if x < 0.0 else 1.0],
    "leaky_relu": lambda x, slope: [slope, 0.0],
    "elu": lambda x, alpha: [min(max(alpha, 0.0), 1.0), 0.0],
    "celu": lambda x, alpha: [1.0, 0.0],
    "selu": lambda x: [SELU_SCALE],
    "softsign": lambda x: [1.0],
    "softshrink": lambda x, threshold: [0.0, 0.0],
    "hardshrink": lambda x, threshold: [0.0, 0.0],
    "copysign": lambda x, sign: [0.0 if x == 0.0 else math.copysign(1.0, x) * math.copysign(1.0, sign), 0.0],
    "where": lambda condition, a, b: [0.0, 0.0, 1.0],
    "clamp": _clamped,
    "max": lambda *xs: _shared(xs, max(xs)),
    "min": lambda *xs: _shared(xs, min(xs)),
    "huber": lambda x, delta: [x, 0.0],
    "smooth_l1": lambda x, beta: [math.copysign(1.0, x), -0.5],
    "hypot": lambda *xs: [0.0 for _ in xs],
    "atan2": lambda y, x: [x / (x * x + y * y), -y / (x * x + y * y)],
    "floor": lambda x: [0.0],
    "ceil": lambda x: [0.0],
    "trunc": lambda x: [0.0],
    "round": lambda x: [0.0],
    "floordiv": lambda a, b: [0.0, 0.0],
    "mod": _quotient(math.floor),
    "fmod": _quotient(math.trunc),
    "remainder": _quotient(round),
    "strong_product": lambda local, upstream, condition: [upstream, local, 0.0],
    **dict.fromkeys(
        ("lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_not", "argmax", "exponent"),
        lambda *xs: [0.0 for _ in xs],
    ),
}
"""The documented derivatives on kinks, by the inputs."""


SIGNED: Final[dict[str, Callable[..., float]]] = {"copysign": math.copysign, "atan2": math.atan2}
"""The ops that tell -0.0 from 0.0, which mpmath does not."""


class Reference(NamedTuple):
    """What a program should give.

    Attributes:
        values: of the instructions, each from the values of its inputs.
        gradient: of the last result, by the leaves.
        sizes: the gradients with absolute values; rounding errors are far smaller than these.
    """

    values: list[float]
    gradient: list[float]
    sizes: list[float]


def reference(program: Program, results: Sequence[float]) -> Reference:
    """Return what a program should give, for the numbers that it has got as leaves and results."""
    values: list[float] = []
    adjoints, sizes = [0.0] * len(results), [0.0] * len(results)
    adjoints[-1] = sizes[-1] = 1.0
    edges: list[list[tuple[int, float]]] = []
    for name, places in program.instructions:
        inputs = [x if isinstance(x, float) else results[x] for x in places]
        values.append(_value(name, inputs))
        edges.append([(x, _derivative(name, inputs, i)) for i, x in enumerate(places) if not isinstance(x, float)])
    for result in range(len(results) - 1, len(program.leaves) - 1, -1):
        for x, derivative in edges[result - len(program.leaves)]:
            adjoints[x] += derivative * adjoints[result]
            sizes[x] += (abs(derivative) + LOST) * sizes[result]
    count = len(program.leaves)
    return Reference(values, adjoints[:count], sizes[:count])


def _value(name: str, inputs: Sequence[float]) -> float:
    if name in SIGNED and 0.0 in inputs:
        return SIGNED[name](*inputs)
    with mpmath.workdps(DIGITS):
        return float(MEANINGS[name](*map(mpmath.mpf, inputs)))


def _derivative(name: str, inputs: Sequence[float], index: int) -> float:
    if distance_to_kink(TABLE[name], inputs) == 0.0 and name in ON_KINKS:
        return ON_KINKS[name](*inputs)[index]
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(x) for x in inputs]
        above, below = (
            MEANINGS[name](*point[:index], point[index] + side * STEP, *point[index + 1 :]) for side in (1, -1)
        )
        return float((above - below) / (2 * STEP))
