"""Schedules composed of other schedules: in sequence, or multiplied."""
# ruff: noqa: N801 - they are used as functions and named like them, as `range` and `functools.partial` are

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd_core import InputError
from nn.base.checks import positive_ints
from nn.schedules.plan import Plan, Schedule, length_of, set_fields


@dataclass(frozen=True)
class sequential(Plan):
    """Schedules in sequence: at each milestone the next one begins, and counts updates from 0.

    Args:
        schedules: the schedules; none of them may have a state, as `ReduceOnPlateau` has.
        milestones: increasing numbers of updates, one fewer than schedules.

    Raises:
        InputError: if the numbers of schedules and milestones do not fit together, or a schedule has a state.

    >>> from nn.schedules import cosine, warmup
    >>> rate = sequential([warmup(1.0, 4, start_factor=0.5), cosine(1.0, 96)], [4])
    >>> rate(0), rate(4), rate(100), rate.length
    (0.5, 1.0, 0.0, 100)
    """

    schedules: Sequence[Schedule]
    milestones: Sequence[int]

    def __post_init__(self) -> None:
        set_fields(self, schedules=_stateless(self.schedules))
        none_needed = self.milestones in ([], ())
        milestones = () if none_needed else tuple(positive_ints("milestones", self.milestones))
        set_fields(self, milestones=milestones)
        if len(milestones) != len(self.schedules) - 1 or sorted(set(milestones)) != list(milestones):
            raise InputError(
                f"expected {len(self.schedules) - 1} increasing milestones between {len(self.schedules)} schedules, "
                f"got {milestones}"
            )

    @property
    def length(self) -> int | None:
        """The number of updates to the end of the last schedule, or to its first update if it has no end."""
        return (0, *self.milestones)[-1] + (length_of(self.schedules[-1]) or 1)

    def _rate(self, count: int) -> float:
        milestones = (0, *self.milestones)
        index = bisect_right(milestones, count) - 1
        return self.schedules[index](count - milestones[index])


@dataclass(frozen=True)
class product(Plan):
    """The product of schedules: one gives the rate, the others factors, as in PyTorch's `ChainedScheduler`.

    Raises:
        InputError: if there is no schedule, or one is not a function or has a state.

    >>> from nn.schedules import exponential, warmup
    >>> rate = product([exponential(1.0, 0.5), warmup(1.0, 2, start_factor=0.5)])
    >>> [rate(count) for count in range(4)]
    [0.5, 0.375, 0.25, 0.125]
    """

    schedules: Sequence[Schedule]

    def __post_init__(self) -> None:
        set_fields(self, schedules=_stateless(self.schedules))

    @property
    def length(self) -> int | None:
        """The number of updates to the last end of a schedule; None if no schedule has an end."""
        return max((length for part in self.schedules if (length := length_of(part)) is not None), default=None)

    def _rate(self, count: int) -> float:
        return math.prod(part(count) for part in self.schedules)


def _stateless(schedules: object) -> tuple[Schedule, ...]:
    if not isinstance(schedules, Iterable) or not (parts := tuple(schedules)):
        raise InputError(f"expected a list of at least one schedule, got {schedules!r}")
    for index, part in enumerate(parts):
        if not callable(part):
            raise InputError(f"expected schedules, got {part!r} at index {index}; a fixed rate is constant({part!r})")
        if hasattr(part, "state_dict"):
            raise InputError(f"expected schedules without a state, got {part!r} at index {index}")
    return parts
