"""Schedules along half a cosine wave: once, repeated, or up and down."""
# ruff: noqa: N801 - they are used as functions and named like them, as `range` and `functools.partial` are

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from autograd_core import InputError
from nn.base.checks import positive_int, positive_number
from nn.schedules.plan import Plan, check_rates


@dataclass(frozen=True)
class cosine(Plan):
    """From `lr` down to `eta_min` at update `t_max`, along half a wave: slow, fast, slow.

    `eta_min + (lr - eta_min) · (1 + cos(π · k / t_max)) / 2`. As in PyTorch the wave continues: after `t_max` the
    rate rises again.

    Source: I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), arXiv:1608.03983.

    Raises:
        InputError: if a rate is not a finite number of at least 0, or `t_max` is not a positive int.

    >>> rate = cosine(1.0, 10)
    >>> rate(0), round(rate(5), 12), rate(10)
    (1.0, 0.5, 0.0)
    """

    lr: float
    t_max: int
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        check_rates(lr=self.lr, eta_min=self.eta_min)
        positive_int("t_max", self.t_max)

    @property
    def length(self) -> int | None:
        """The number of updates until the rate is lowest."""
        return self.t_max

    def _rate(self, count: int) -> float:
        return half_wave(self.lr, self.eta_min, count / self.t_max)


@dataclass(frozen=True)
class cosine_restarts(Plan):
    """Repeated half waves from `lr` towards `eta_min`; each is `t_mult` times as long as the previous one.

    The first has `t_0` updates.

    Source: I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), arXiv:1608.03983.

    Raises:
        InputError: if a rate is not a finite number of at least 0, or `t_0` or `t_mult` is not a positive int.

    >>> rate = cosine_restarts(1.0, 2, t_mult=2)
    >>> [round(rate(count), 3) for count in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    lr: float
    t_0: int
    t_mult: int = 1
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        check_rates(lr=self.lr, eta_min=self.eta_min)
        positive_int("t_0", self.t_0)
        positive_int("t_mult", self.t_mult)

    def _rate(self, count: int) -> float:
        wave = self.t_0
        if self.t_mult == 1:
            count %= wave
        while count >= wave:
            count, wave = count - wave, wave * self.t_mult
        return half_wave(self.lr, self.eta_min, count / wave)


@dataclass(frozen=True)
class one_cycle(Plan):
    """Up from `max_lr / div_factor` to `max_lr`, then down to `1 / final_div_factor` of the initial rate.

    The rise takes the share `pct_start` of all updates. Large rates in the middle train fast; the small rates at the
    end let the training converge. With `three_phase` the fall to the initial rate takes as long as the rise, and the
    final fall the remaining updates. Between these points the rate follows half a wave, or a straight line with
    `anneal_strategy="linear"`. After the last update it stays constant. The paper also lowers the momentum while the
    rate rises; to do this, assign to `optimizer.groups[0]["momentum"]`.

    Source: L. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates"
    (2018), arXiv:1708.07120, with three phases; two phases, the default as in PyTorch, are those of fastai.

    Raises:
        InputError: if `max_lr` or a divisor is not a positive number, `total_steps` is not a positive int,
            `pct_start` makes a phase shorter than one update, or the strategy is unknown.

    >>> rate = one_cycle(1.0, 11, pct_start=0.5, anneal_strategy="linear", div_factor=10.0)
    >>> [round(rate(count), 4) for count in (0, 2, 5, 10)]
    [0.1, 0.5, 0.9091, 0.0]
    """

    max_lr: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        positive_int("total_steps", self.total_steps)
        for name in ("max_lr", "div_factor", "final_div_factor"):
            positive_number(name, getattr(self, name))
        positive_number("pct_start", self.pct_start)
        if self.anneal_strategy not in _ANNEALING:
            raise InputError(f"anneal_strategy must be one of {', '.join(_ANNEALING)}, got {self.anneal_strategy!r}")
        ends = [0.0, *(end for end, _ in self._phases())]
        if any(later <= earlier for earlier, later in pairwise(ends)):
            raise InputError(
                f"the phases of one_cycle must end one after the other within {self.total_steps} updates, got ends at "
                f"{ends[1:]}; choose another pct_start than {self.pct_start} or more updates"
            )

    @property
    def length(self) -> int | None:
        """The number of updates of the cycle."""
        return self.total_steps

    def _phases(self) -> list[tuple[float, float]]:
        """The last update of each phase, and the rate there."""
        first, last = self.max_lr / self.div_factor, self.total_steps - 1.0
        rise = self.pct_start * self.total_steps
        middle = [(2.0 * rise - 2.0, first)] if self.three_phase else []
        return [(rise - 1.0, self.max_lr), *middle, (last, first / self.final_div_factor)]

    def _rate(self, count: int) -> float:
        start, rate = 0.0, self.max_lr / self.div_factor
        for end, target in self._phases():
            if count <= end:
                return _ANNEALING[self.anneal_strategy](rate, target, (count - start) / (end - start))
            start, rate = end, target
        return rate


def _straight(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def half_wave(start: float, end: float, share: float) -> float:
    """From `start` at the share 0 to `end` at 1, along a cosine."""
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0


_ANNEALING: Final[dict[str, Callable[[float, float, float], float]]] = {"cos": half_wave, "linear": _straight}
