"""Whether the recorded derivatives of a node on a kink are right, together and not only one by one.

At a tie of `max` each derivative lies between 0 and 1, and `[1, 1]` is still wrong: along (1, 1) the maximum grows by
1. So the derivatives are added along directions, and the sum must lie between the slopes of the op at the point and
beside it. An op that passes has a derivative that is a convention as right as any other. Where such ops meet, the chain
rule does not give the derivative of the function all the same: `relu(x) - relu(-x)` is `x`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import mpmath

from autograd_core.graph.node import Node
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.local_derivatives import value_of

ASIDE: Final = mpmath.mpf(10) ** -25
STEP: Final = mpmath.mpf(10) ** -32
"""How far beside the inputs, and over which step the slopes are measured, relative to the inputs."""

DIGITS: Final = 80

BESIDE: Final = 12
"""The number of points beside the inputs."""

JUMP: Final = mpmath.mpf(10) ** 12
"""A slope above this is a jump, at which every finite derivative is a convention."""

TOGETHER: Final = 1e-9
"""The relative tolerance, far above rounding and far below a mistake."""


def is_fair(node: Node) -> bool:
    """Return whether the recorded derivatives of a node on a kink lie between its slopes, along all directions tried.

    >>> import autograd_core as ag
    >>> x, y = ag.Value(1.0), ag.Value(1.0)
    >>> is_fair(ag.max(x, y)), ag.max(x, y).derivatives
    (True, (0.5, 0.5))
    """
    meaning = meaning_of(node.op) if node.op is not None else None
    recorded = [float(d) for d in node.derivatives]
    if meaning is None or not all(map(math.isfinite, recorded)):
        return False
    chance = random.Random(0)  # noqa: S311 - no cryptography
    inputs = [x.data if isinstance(x, Node) else float(x) for x in node.inputs]
    varying = [isinstance(x, Node) for x in node.inputs]
    with mpmath.workdps(DIGITS):
        here = [mpmath.mpf(x) for x in inputs]
        sizes = [abs(x) or mpmath.mpf(1) for x in here]
        beside = [
            [
                x + ASIDE * size * chance.choice((-1, 1)) * chance.uniform(0.5, 1.0) if moves else x
                for x, size, moves in zip(here, sizes, varying, strict=True)
            ]
            for _ in range(BESIDE)
        ]
        for direction in _directions(inputs, varying, chance):
            slopes = [slope for point in (here, *beside) for slope in _slopes(meaning, point, direction)]
            if not slopes or max(map(abs, slopes)) > JUMP:
                continue
            got = mpmath.fsum(d * r for d, r in zip(direction, recorded, strict=True))
            slack = TOGETHER * max(1, *map(abs, slopes))
            if not min(slopes) - slack <= got <= max(slopes) + slack:
                return False
    return True


def _directions(inputs: Sequence[float], varying: Sequence[bool], chance: random.Random) -> Iterator[list[float]]:
    """Yield the directions of each input, of all inputs, of those that are equal, and random ones."""
    count = len(inputs)
    yield [float(moves) for moves in varying]
    for index in range(count):
        yield [float(moves and i == index) for i, moves in enumerate(varying)]
    for _, some in groupby(sorted(range(count), key=inputs.__getitem__), key=inputs.__getitem__):
        tied = set(some)
        yield [float(moves and i in tied) for i, moves in enumerate(varying)]
    for _ in range(2 * count):
        yield [chance.uniform(-1.0, 1.0) if moves else 0.0 for moves in varying]


def _slopes(meaning: Any, point: Sequence[Any], direction: Sequence[float]) -> list[Any]:
    """Return the slopes on both sides of a point; those that are finite."""
    here = value_of(meaning, point)
    ends = (value_of(meaning, [x + side * STEP * d for x, d in zip(point, direction, strict=True)]) for side in (1, -1))
    slopes = [(end - here) / (side * STEP) for end, side in zip(ends, (1, -1), strict=True)]
    return [slope for slope in slopes if mpmath.isfinite(slope)]
