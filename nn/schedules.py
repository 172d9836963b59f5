"""Schedules: learning rates that change during training.

A schedule is a function from the number of updates made so far to the learning rate of the next one.
Every optimiser takes one in place of a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from nn.checks import positive_int

Schedule: TypeAlias = Callable[[int], float]


def linear(start: float, end: float, steps: int) -> Schedule:
    """The straight line from `start` at update 0 to `end` at update `steps`, and `end` from then on.

    Raises:
        InputError: if `steps` is not a positive int.

    >>> rate = linear(1.0, 0.1, 100)  # micrograd's demo: 1.0 - 0.9*k/100
    >>> rate(0), rate(50), rate(1000)
    (1.0, 0.55, 0.1)
    """
    steps = positive_int("steps", steps)
    return lambda count: end if count >= steps else start + (end - start) * (count / steps)
