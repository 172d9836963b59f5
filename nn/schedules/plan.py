"""The type of schedules, and the base class of those in this package."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from autograd_core import OperandTypeError
from nn.base.checks import number_between, positive_int
from nn.base.messages import kind_of

Schedule: TypeAlias = Callable[[int], float]
"""A function from the number of updates made so far to the learning rate of the next one."""


class Plan:
    """Base class of the schedules of this package."""

    @property
    def length(self) -> int | None:
        """The number of updates until the last change of the rate; None if the schedule has no end."""
        return None

    def __call__(self, count: int) -> float:
        """The learning rate after `count` updates."""
        return self._rate(count)

    def _rate(self, count: int) -> float:
        raise NotImplementedError


def sample(schedule: Schedule, updates: int) -> list[float]:
    """The rates of the first updates.

    Raises:
        InputError: if `updates` is not a positive int.
        OperandTypeError: if the schedule is not callable.

    >>> from nn.schedules import step
    >>> sample(step(0.5, 2, gamma=0.5), 5)
    [0.5, 0.5, 0.25, 0.25, 0.125]
    """
    if not callable(schedule):
        raise OperandTypeError(
            f"expected as schedule a function from the number of updates to a rate, got {kind_of(schedule)}"
        )
    return [schedule(count) for count in range(positive_int("updates", updates))]


def length_of(schedule: object) -> int | None:
    """The number of updates until the last change of the rate; None if the schedule has no end or no `length`.

    >>> from nn.schedules import linear
    >>> length_of(linear(1.0, 0.1, 100)), length_of(lambda count: 0.1)
    (100, None)
    """
    length: int | None = getattr(schedule, "length", None)
    return length


def check_rates(**numbers: object) -> None:
    """Raise an InputError unless all are finite numbers of at least 0."""
    for name, number in numbers.items():
        number_between(name, number, 0.0, math.inf)


def set_fields(record: object, **fields: object) -> None:
    """Set fields of a frozen dataclass, for normalised arguments."""
    for name, content in fields.items():
        object.__setattr__(record, name, content)
