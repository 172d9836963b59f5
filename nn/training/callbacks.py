"""Callbacks: user code that runs during a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nn.training.history import Epoch, Step
    from nn.training.train import Training


class Callback:
    """Base class of callbacks; a subclass overrides the methods it needs.

    A callback can use everything in `training`: `training.model`, `training.optimizer`, `training.history`. With
    `training.stop()` it ends the training after the present update. The state of a callback is not saved in
    checkpoints.

    >>> from nn import MLP, mse_loss, optim
    >>> from nn.training.fit import fit
    >>> class GoodEnough(Callback):
    ...     def after_epoch(self, training, epoch):
    ...         if epoch.loss < 0.1:
    ...             training.stop()
    >>> model = MLP(1, [1], rng=0)
    >>> samples = [([1.0], 2.0), ([2.0], 4.0)]
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> len(fit(model, mse_loss, samples, optimizer, epochs=100, callbacks=[GoodEnough()])) < 100
    True
    """

    def before_training(self, training: Training) -> None:
        """Called when a training begins or continues, before the first update. An error ends the training."""

    def after_step(self, training: Training, step: Step) -> None:
        """Called after every update."""

    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        """Called after every epoch, when it is in the history."""
