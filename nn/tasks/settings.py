"""Settings of a training: epochs, batch size, optimiser and learning rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from autograd_core import Value
from nn import schedules
from nn.base.checks import number_between, positive_int, positive_number
from nn.data.sampling import Batches
from nn.optim import by_name
from nn.training.fit import fit

if TYPE_CHECKING:
    from nn.base.rng import Rng
    from nn.data.sampling import Sample
    from nn.modules.module import Module
    from nn.optim import Optimizer
    from nn.training.evaluation import Loss
    from nn.training.history import History


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a model is trained.

    Args:
        epochs: how often to go through the samples.
        batch: samples in each update.
        optimizer: the name of the optimiser, a key of `nn.optim.BY_NAME`.
        lr: the largest learning rate. It decreases linearly to 0 after the last update, because the noise of
            mini-batches moves the parameters in proportion to the rate.
        warmup: the share of all updates, from 0 to less than 1, in which the rate first rises to `lr`.
        options: further options of the optimiser.

    Raises:
        InputError: if one of them is out of its range.

    >>> plan = Settings(epochs=2, batch=10, optimizer="adam", lr=0.1, warmup=0.5)
    >>> [round(rate, 3) for rate in schedules.sample(plan.schedule(updates=8), 8)]
    [0.02, 0.04, 0.06, 0.08, 0.1, 0.075, 0.05, 0.025]
    """

    epochs: int
    batch: int
    optimizer: str
    lr: float
    warmup: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positive_int("epochs", self.epochs)
        positive_int("batch", self.batch)
        positive_number("lr", self.lr)
        number_between("warmup", self.warmup, 0.0, 1.0)

    def changed(self, **given: Any) -> Self:
        """A copy of the settings with changes; None changes nothing.

        With another optimiser, the options are dropped, and the learning rate is its default unless one is given.

        >>> plan = Settings(epochs=2, batch=10, optimizer="momentum", lr=0.1, options={"weight_decay": 0.01})
        >>> plan.changed(epochs=5, optimizer="Adam", batch=None)
        Settings(epochs=5, batch=10, optimizer='adam', lr=0.001, warmup=0.0, options={})
        """
        wanted = {name: setting for name, setting in given.items() if setting is not None}
        name = str(wanted.get("optimizer", self.optimizer)).lower()
        if name != self.optimizer:
            wanted = {"lr": default_rate(name), "options": {}} | wanted | {"optimizer": name}
        return replace(self, **wanted)

    def schedule(self, updates: int) -> schedules.Schedule:
        """The learning rate for a training with `updates` updates in total."""
        rising = math.floor(self.warmup * updates)
        falling = schedules.linear(self.lr, 0.0, updates - rising)
        if rising == 0:
            return falling
        return schedules.sequential([schedules.linear(self.lr / (rising + 1), self.lr, rising), falling], [rising])

    def fit(self, model: Module, loss: Loss, samples: Sequence[Sample], rng: Rng = None, **options: Any) -> History:
        """Train the model, and return the history.

        Args:
            model: from the features of a sample to its outputs.
            loss: from outputs and targets of a batch to the number to minimise.
            samples: the training samples.
            rng: where their order comes from: a generator, a seed, or None for Python's global generator.
            options: further arguments of `nn.fit`, such as `validation`, `clip_norm` and `checkpoint`.

        Raises:
            InputError: if there is no such optimiser; otherwise as for `nn.fit`.
        """
        batches = Batches(samples, self.batch, rng=rng)
        optimizer = self.make_optimizer(model, len(batches))
        return fit(model, loss, batches, optimizer, epochs=self.epochs, **options)

    def make_optimizer(self, model: Module, batches: int) -> Optimizer:
        """The optimiser for a model, for a training with `batches` batches in each epoch."""
        return by_name(self.optimizer, model.parameters(), self.schedule(self.epochs * batches), **self.options)


def default_rate(optimizer: str) -> float:
    """The default learning rate of an optimiser.

    Raises:
        InputError: if there is no optimiser of that name.

    >>> default_rate("rmsprop")
    0.01
    """
    return by_name(optimizer, [Value(0.0)]).lr
