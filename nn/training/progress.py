"""Display of progress: a bar on a terminal, one line for each epoch elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

from nn.training.callbacks import Callback

if TYPE_CHECKING:
    from nn.training.history import Epoch, Step
    from nn.training.train import Training


class Progress(Callback):
    """Shows how far a training is, and its losses and accuracies; a context manager, which removes the bar.

    >>> from nn import MLP, mse_loss, optim
    >>> from nn.training.fit import fit
    >>> model = MLP(1, [1], rng=0)
    >>> model.layers[0].neurons[0].w[0].data = 2.0
    >>> with Progress() as progress:
    ...     _ = fit(model, mse_loss, [([1.0], 2.0)], optim.SGD(model.parameters(), lr=0.1), callbacks=[progress])
    epoch 1/1: loss 0.0000
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Self:
        if sys.stdout.isatty():
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            self._bar.start()
            self._bar.add_task("")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def after_step(self, training: Training, step: Step) -> None:
        """Update the bar."""
        if self._bar is not None:
            total = training.epochs * len(training.batches)
            text = f"epoch {step.epoch + 1}/{training.epochs}: {training.running.epoch()}"
            self._bar.update(self._bar.task_ids[0], completed=training.updates, total=total, description=text)

    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        """Print a line, above the bar if there is one."""
        line = f"epoch {len(training.history)}/{training.epochs}: {epoch}"
        if self._bar is None:
            print(line, flush=True)
        else:
            self._bar.console.print(line, highlight=False)
