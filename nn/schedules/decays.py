"""Monotonic schedules: constant, rising to a rate, or falling."""
# ruff: noqa: N801 - they are used as functions and named like them, as `range` and `functools.partial` are

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd_core import InputError
from nn.base.checks import positive_int, positive_ints, positive_number
from nn.schedules.plan import Plan, check_rates, set_fields


@dataclass(frozen=True)
class constant(Plan):
    """A constant rate, `lr`.

    Raises:
        InputError: if the rate is not a finite number of at least 0.

    >>> constant(0.1)(1000)
    0.1
    """

    lr: float

    def __post_init__(self) -> None:
        check_rates(lr=self.lr)

    def _rate(self, count: int) -> float:
        return self.lr


@dataclass(frozen=True)
class linear(Plan):
    """A straight line from `start` at update 0 to `end` at update `steps`, and `end` after that.

    Raises:
        InputError: if a rate is not a finite number of at least 0, or `steps` is not a positive int.

    >>> rate = linear(1.0, 0.1, 100)  # micrograd's demo: 1.0 - 0.9*k/100
    >>> rate(0), rate(50), rate(1000)
    (1.0, 0.55, 0.1)
    """

    start: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        check_rates(start=self.start, end=self.end)
        positive_int("steps", self.steps)

    @property
    def length(self) -> int | None:
        """The number of updates until the rate is constant."""
        return self.steps

    def _rate(self, count: int) -> float:
        return self.end if count >= self.steps else self.start + (self.end - self.start) * (count / self.steps)


def warmup(lr: float, total_iters: int = 5, *, start_factor: float = 1 / 3) -> linear:
    """From `start_factor · lr` in a straight line up to `lr`, for the first updates: PyTorch's `LinearLR`.

    At first the running means of gradients are inaccurate, and large steps would be harmful. `sequential` adds the
    schedule that follows.

    Raises:
        InputError: if the rate is not a positive number, the factor is not greater than 0 and at most 1, or
            `total_iters` is not a positive int.

    >>> from nn.schedules import sample
    >>> sample(warmup(1.0, 4, start_factor=0.5), 6)
    [0.5, 0.625, 0.75, 0.875, 1.0, 1.0]
    """
    lr = positive_number("lr", lr)
    if positive_number("start_factor", start_factor) > 1.0:
        raise InputError(f"start_factor must be greater than 0 and at most 1, got {start_factor!r}")
    return linear(start_factor * lr, lr, total_iters)


@dataclass(frozen=True)
class step(Plan):
    """A rate multiplied by `gamma` after every `step_size` updates: `lr · gamma^⌊k / step_size⌋`.

    Raises:
        InputError: if the rate or `gamma` is not a finite number of at least 0, or `step_size` is not a positive int.

    >>> rate = step(1.0, 30)
    >>> rate(29), rate(30)
    (1.0, 0.1)
    """

    lr: float
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check_rates(lr=self.lr, gamma=self.gamma)
        positive_int("step_size", self.step_size)

    def _rate(self, count: int) -> float:
        return self.lr * math.pow(self.gamma, count // self.step_size)


@dataclass(frozen=True)
class multi_step(Plan):
    """The rate `lr`, multiplied by `gamma` at each of the milestones, which are numbers of updates and may repeat.

    Raises:
        InputError: if the rate or `gamma` is not a finite number of at least 0, or the milestones are not positive
            ints, at least one.

    >>> rate = multi_step(1.0, [30, 80])
    >>> rate(29), rate(30), rate.length
    (1.0, 0.1, 81)
    """

    lr: float
    milestones: Sequence[int]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        check_rates(lr=self.lr, gamma=self.gamma)
        set_fields(self, milestones=tuple(sorted(positive_ints("milestones", self.milestones))))

    @property
    def length(self) -> int | None:
        """The number of updates until the rate is constant: the last milestone, plus 1."""
        return max(self.milestones) + 1

    def _rate(self, count: int) -> float:
        passed = sum(milestone <= count for milestone in self.milestones)
        return self.lr * math.pow(self.gamma, passed)


@dataclass(frozen=True)
class exponential(Plan):
    """A rate multiplied by `gamma` after every update: `lr · gamma^k`.

    Raises:
        InputError: if the rate is not a finite number of at least 0, or `gamma` not at least 0 and at most 1.

    >>> exponential(1.0, 0.5)(3)
    0.125
    """

    lr: float
    gamma: float

    def __post_init__(self) -> None:
        check_rates(lr=self.lr, gamma=self.gamma)
        if self.gamma > 1.0:
            raise InputError(f"gamma must be at most 1, got {self.gamma!r}; above 1 the rate grows without bound")

    def _rate(self, count: int) -> float:
        return self.lr * math.pow(self.gamma, count)


@dataclass(frozen=True)
class polynomial(Plan):
    """`lr · (1 - k / total_iters)^power`, and 0 from update `total_iters` on.

    Raises:
        InputError: if the rate is not a finite number of at least 0, the power not positive, or `total_iters` is not a
            positive int.

    >>> rate = polynomial(1.0, 4, power=2.0)
    >>> rate(0), rate(2), rate(4)
    (1.0, 0.25, 0.0)
    """

    lr: float
    total_iters: int = 5
    power: float = 1.0

    def __post_init__(self) -> None:
        check_rates(lr=self.lr)
        positive_number("power", self.power)
        positive_int("total_iters", self.total_iters)

    @property
    def length(self) -> int | None:
        """The number of updates until the rate is 0."""
        return self.total_iters

    def _rate(self, count: int) -> float:
        return self.lr * math.pow(1.0 - min(count, self.total_iters) / self.total_iters, self.power)
