"""Training: the loop that every example would otherwise write anew, and nothing else.

For each batch: forget the old gradients, compute the outputs and the loss, go backward, take a step. The loop
prints nothing. `training_steps` is an iterator, so whoever consumes it decides what to show and when to
stop; `fit` consumes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_core import AnomalyError, OperandTypeError, Value
from nn.checks import positive_int
from nn.metrics import Model, predicted_class
from nn.module import Module

if TYPE_CHECKING:
    from nn.data.sampling import Batches, Sample
    from nn.optim import Optimizer


class Step(NamedTuple):
    """One update, just made.

    Attributes:
        epoch: number of the epoch, from 0.
        batch: number of the batch in its epoch, from 0.
        size: number of samples in the batch.
        loss: the loss over the batch, before the update.
        accuracy: the share of the batch that was classified correctly, before the update; see `nn.metrics`. It
            means something for classifiers only.
    """

    epoch: int
    batch: int
    size: int
    loss: float
    accuracy: float


class Epoch(NamedTuple):
    """Means over the samples of an epoch, each measured before the update that it took part in."""

    loss: float
    accuracy: float


Loss = Callable[[list[Any], list[Any]], Value]
"""From the outputs of a model for a batch and the targets of the batch to the loss, as in `nn.losses`."""


def training_steps(
    model: Model, loss: Loss, batches: Batches[Sample], optimizer: Optimizer, *, epochs: int = 1
) -> Iterator[Step]:
    """Train, one update for each `Step` that is asked for.

    Nothing happens until the iterator is advanced, and training ends where the caller stops; the model is
    then as the last step has left it. `fit` is the same without an iterator to consume.

    Args:
        model: from the features of a sample to its outputs.
        loss: from the outputs for a batch and its targets to the number to be made small.
        batches: see `nn.data.Batches`.
        optimizer: of the parameters of the model.
        epochs: how often to go through all samples.

    Raises:
        OperandTypeError: if the loss is not a Value.
        AnomalyError: if the loss is infinite or nan; the step is then not made.
    """
    if isinstance(model, Module):
        model.train()
    for epoch in range(epochs):
        for index, batch in enumerate(batches):
            outputs = [model(features) for features, _ in batch]
            targets = [target for _, target in batch]
            value = _checked(loss(outputs, targets), epoch, index)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            correct = sum(predicted_class(output) == target for output, target in zip(outputs, targets, strict=True))
            yield Step(epoch, index, len(batch), value.data, correct / len(batch))


def fit(
    model: Model,
    loss: Loss,
    batches: Batches[Sample],
    optimizer: Optimizer,
    *,
    epochs: int = 1,
    on_step: Callable[[Step], object] | None = None,
) -> list[Epoch]:
    """Train for some epochs and return what each of them was like.

    Args:
        model: as for `training_steps`, like the four after it.
        loss: see there.
        batches: see there.
        optimizer: see there.
        epochs: see there.
        on_step: called after every update, for example to show progress.

    Raises:
        InputError: if `epochs` is not a positive int; otherwise as `training_steps`.

    >>> from nn import MLP, cross_entropy, optim
    >>> from nn.data import Batches, moons
    >>> model = MLP(2, [8, 2], rng=0)
    >>> batches = Batches(moons(100, rng=0), 10, rng=0)
    >>> history = fit(model, cross_entropy, batches, optim.SGD(model.parameters(), lr=0.5), epochs=20)
    >>> history[-1].accuracy > 0.9
    True
    """
    totals = [[0.0, 0.0] for _ in range(positive_int("epochs", epochs))]
    for step in training_steps(model, loss, batches, optimizer, epochs=epochs):
        totals[step.epoch][0] += step.loss * step.size
        totals[step.epoch][1] += step.accuracy * step.size
        if on_step is not None:
            on_step(step)
    return [Epoch(loss / len(batches.samples), right / len(batches.samples)) for loss, right in totals]


def _checked(value: Value, epoch: int, index: int) -> Value:
    if not isinstance(value, Value):
        raise OperandTypeError(f"expected the loss to be a Value, got {value!r}; nothing in it depends on a Value")
    if not math.isfinite(value.data):
        raise AnomalyError(
            f"the loss became {value.data} in epoch {epoch}, batch {index}; the step was not made. Use a smaller "
            "learning rate, or look for the first such number with detect_anomaly()"
        )
    return value
