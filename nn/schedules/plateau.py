"""The schedule that reduces the rate when a metric stops improving."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from nn.base.checks import measured, positive_number
from nn.schedules.plan import check_rates

if TYPE_CHECKING:
    from autograd_core import Value


class ReduceOnPlateau:
    """A rate that is multiplied by `factor` whenever a metric stops improving.

    This is the only schedule with a state: call `update(metric)` after every epoch. An optimiser with this schedule as
    `lr` includes its state in `state_dict`.

    Args:
        lr: the initial rate.
        mode: `"min"` if a smaller metric is better, `"max"` if a larger one.
        factor: greater than 0 and less than 1.
        patience: the number of consecutive epochs without improvement after which the next one reduces the rate.
        threshold: the least difference from the best metric that counts as an improvement, as a share of the absolute
            value of the best metric; with `threshold_mode="abs"`, as an amount. nan is never an improvement.
        threshold_mode: `"rel"` or `"abs"`.
        cooldown: the number of epochs after a reduction that do not count as epochs without improvement.
        min_lr: the lowest rate.
        eps: the smallest reduction; a smaller one is not made.

    Attributes:
        lr: the present rate.
        best: the best metric so far.

    Raises:
        InputError: if a number is out of its range or a mode unknown.

    For positive metrics the reductions are those of PyTorch. PyTorch does not take the absolute value of the best
    metric, so there a negative metric that gets a little worse, or stays the same, counts as an improvement.

    >>> rate = ReduceOnPlateau(1.0, patience=1, factor=0.5)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     rate.update(loss)
    >>> rate(0), rate.best
    (0.5, 2.0)
    """

    length: Final = None

    def __init__(
        self,
        lr: float,
        *,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.lr = positive_number("lr", lr)
        if positive_number("factor", factor) >= 1.0:
            raise InputError(f"factor must be less than 1, got {factor!r}")
        if mode not in {"min", "max"}:
            raise InputError(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in {"rel", "abs"}:
            raise InputError(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        check_rates(patience=patience, threshold=threshold, cooldown=cooldown, min_lr=min_lr, eps=eps)
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor, self.threshold, self.min_lr, self.eps = factor, threshold, min_lr, eps
        self.patience, self.cooldown = patience, cooldown
        self.best = math.inf if mode == "min" else -math.inf
        self.bad_epochs = 0
        self.resting = 0

    def __call__(self, count: int) -> float:
        """The present rate; the number of updates does not matter."""
        return self.lr

    def update(self, metric: float | Value) -> None:
        """Record the metric of an epoch, and reduce the rate if the patience is exhausted.

        Raises:
            InputError: if the metric is not a number; the schedule is then unchanged.
        """
        number = measured("the metric", metric)
        self.bad_epochs += 1
        if self._is_better(number):
            self.best, self.bad_epochs = number, 0
        if self.resting > 0:
            self.resting, self.bad_epochs = self.resting - 1, 0
        if self.bad_epochs > self.patience:
            self.resting, self.bad_epochs = self.cooldown, 0
            lower = max(self.lr * self.factor, self.min_lr)
            if self.lr - lower > self.eps:
                self.lr = lower

    def _is_better(self, metric: float) -> bool:
        sign = 1.0 if self.mode == "max" else -1.0
        if math.isinf(self.best):  # a share of infinity is not a threshold
            return sign * metric > sign * self.best
        if self.threshold_mode == "abs":
            return sign * metric > sign * self.best + self.threshold
        # The share is one of the absolute value, so a negative metric, too, must move away from the best in the better
        # direction.
        return sign * metric > sign * (self.best * (1.0 + sign * math.copysign(self.threshold, self.best)))

    def state_dict(self) -> dict[str, float]:
        """The state as numbers by name."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned.

        Raises:
            InputError: if it is not such a dict; the schedule is then unchanged.
        """
        try:
            state = {name: kind(state_dict[name]) for name, kind in _STATE.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
        vars(self).update(state)

    def __repr__(self) -> str:
        return f"ReduceOnPlateau({self.lr!r}, mode={self.mode!r}, factor={self.factor!r}, patience={self.patience!r})"


_STATE: Final[dict[str, Callable[[Any], float]]] = {
    "lr": lambda number: positive_number("lr", number),
    "best": float,
    "bad_epochs": int,
    "resting": int,
}
