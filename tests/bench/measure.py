"""How time and memory are taken, and how gradients are compared before any time is.

Time is processor time, so that other programs on the machine count as little as possible. What is compared takes
turns, so that whatever slows the machine for a while slows all of it, and the best of several turns counts, because a
disturbance makes a measurement longer and never shorter. The garbage collector is run before each turn and left on
during it: what it costs an engine is part of the price of the engine's nodes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

TOLERANCE = 1e-9
"""How far gradients may differ, relative to the largest: far above rounding, far below any mistake."""

STATUS = Path("/proc/self/status")

T = TypeVar("T")


class GradientsDisagreeError(ArithmeticError):
    """What is to be measured does not compute the same."""


def best_seconds(steps: Sequence[Callable[[], object]], turns: int, least: float) -> list[float]:
    """The seconds that one call of each step takes.

    Args:
        steps: what to measure.
        turns: how many turns each gets; the best counts.
        least: the seconds that a turn takes at least; a faster step is repeated within its turn.
    """
    taken = in_turn([partial(seconds, step, count_filling(step, least)) for step in steps], turns)
    return [min(turns_of_step) for turns_of_step in taken]


def in_turn(takes: Sequence[Callable[[], T]], turns: int, first: int = 0) -> list[list[T]]:
    """What each function gives, turn by turn; turns of odd number go through the functions backwards.

    Args:
        takes: the functions.
        turns: how many turns each gets.
        first: the number of the first turn.
    """
    given: list[list[T]] = [[] for _ in takes]
    pairs = list(zip(takes, given, strict=True))
    for turn in range(first, first + turns):
        for take, results in reversed(pairs) if turn % 2 else pairs:
            results.append(take())
    return given


def count_filling(step: Callable[[], object], least: float) -> int:
    """How many calls take about the given seconds, one at least; also warms up."""
    count, each = 1, seconds(step, 1)
    while count * each < least / 4:
        count *= 4
        each = seconds(step, count)
    return max(count, round(least / each))


def seconds(step: Callable[[], object], count: int) -> float:
    """The seconds that one of so many calls takes."""
    gc.collect()
    start = process_time()
    for _ in range(count):
        step()
    return (process_time() - start) / count


def memory(field: str) -> float:
    """The bytes of memory that this process takes (`VmRSS`) or took at most (`VmHWM`); nan on systems without /proc."""
    if not STATUS.exists():
        return float("nan")
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith(field))


def gradients(leaves: Sequence[Any]) -> list[float]:
    """The gradients of the leaves of an engine, as plain numbers."""
    return [float(leaf.grad) for leaf in leaves]


def disagreement(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest difference between gradients that correspond, relative to the largest gradient.

    Nan if any gradient is nan, infinite if their numbers differ.
    """
    if len(ours) != len(theirs):
        return float("inf")
    differences = [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    # max() of a list with a nan in it depends on the order; a sum does not.
    largest = max(map(abs, theirs))
    return max(differences) / largest + 0.0 * sum(differences)


def agree(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether gradients that correspond are equal but for rounding."""
    return disagreement(ours, theirs) <= TOLERANCE


def require_agreement(name: str, whose: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    """Refuse to measure a workload that is not the same for both.

    Args:
        name: of the workload.
        whose: the gradients, such as "engines".
        ours: the gradients of one.
        theirs: the gradients of the other.

    Raises:
        GradientsDisagreeError: if the gradients are not the same but for rounding.
    """
    if not agree(ours, theirs):
        raise GradientsDisagreeError(
            f"{name}: expected the gradients of both {whose} to agree to {TOLERANCE:g} of the largest, "
            f"got a difference of {disagreement(ours, theirs):g}; nothing is measured until they compute the same: "
            "run test_workloads.py with each, which compares it with the rows"
        )
