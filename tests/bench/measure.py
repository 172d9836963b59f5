"""How time is taken, and how gradients are compared before any time is.

Time is processor time, so that other programs on the machine count as little as possible. Engines take turns, so
that whatever slows the machine for a while slows all of them, and the best of several turns counts, because a
disturbance makes a measurement longer and never shorter. The garbage collector is run before each turn and left on
during it: what it costs an engine is part of the price of the engine's nodes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any

TOLERANCE = 1e-9
"""How far gradients may differ, relative to the largest: far above rounding, far below any mistake."""


def best_seconds(steps: Sequence[Callable[[], object]], turns: int, least: float) -> list[float]:
    """The seconds that one call of each step takes.

    Args:
        steps: what to measure.
        turns: how many turns each gets; the best counts.
        least: the seconds that a turn takes at least; a faster step is repeated within its turn.
    """
    counts = [_count_filling(step, least) for step in steps]
    best = [float("inf")] * len(steps)
    for _ in range(turns):
        for i, (step, count) in enumerate(zip(steps, counts, strict=True)):
            best[i] = min(best[i], _seconds(step, count) / count)
    return best


def disagreement(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """The largest difference between the gradients of leaves that correspond, relative to the largest gradient.

    Nan if any gradient is nan, infinite if the numbers of leaves differ.
    """
    if len(ours) != len(theirs):
        return float("inf")
    differences: list[float] = [abs(a.grad - b.grad) for a, b in zip(ours, theirs, strict=True)]
    # max() of a list with a nan in it depends on the order; a sum does not.
    largest: float = max(abs(b.grad) for b in theirs)
    return max(differences) / largest + 0.0 * sum(differences)


def agree(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """Whether the gradients of leaves that correspond are equal but for rounding."""
    return disagreement(ours, theirs) <= TOLERANCE


def _count_filling(step: Callable[[], object], least: float) -> int:
    """How many calls take about the given time; also warms up."""
    count, seconds = 1, _seconds(step, 1)
    while seconds < least / 4:
        count *= 4
        seconds = _seconds(step, count)
    return max(count, round(count * least / seconds))


def _seconds(step: Callable[[], object], count: int) -> float:
    gc.collect()
    start = process_time()
    for _ in range(count):
        step()
    return process_time() - start
