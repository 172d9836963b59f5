"""The same training step, eager and compiled, of two equal models."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import nn
from autograd_core import Value, compile
from nn.optim import Optimizer

SAMPLES = 3


class Training(NamedTuple):
    """A model with its optimiser, and what makes a step.

    Attributes:
        model: the model.
        optimizer: its optimiser.
        step: a function of a batch, two lists.
    """

    model: nn.MLP
    optimizer: Optimizer
    step: Callable[[Any, Any], Any]

    def numbers(self) -> list[float]:
        """The data and gradients of all parameters."""
        return [x for p in self.model.parameters() for x in (p.data, p.grad)]


def training(
    make: Callable[[list[Value]], Optimizer], change: Callable[[list[Value]], Any] = lambda _: None
) -> Training:
    """A small model, and the step that people write; `change` is done to its gradients before `optimizer.step()`."""
    model = nn.MLP(2, [3, 1], rng=1)
    optimizer = make(model.parameters())

    def step(data: Any, targets: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.mse_loss([model(x) for x in data], targets)
        loss.backward()
        change(optimizer.parameters)
        optimizer.step()
        return loss.data

    return Training(model, optimizer, step)


def pair(
    make: Callable[[list[Value]], Optimizer],
    change: Callable[[list[Value]], Any] = lambda _: None,
    *,
    exact: bool = True,
) -> tuple[Training, Training]:
    """Two equal trainings: an eager one, and one whose step is compiled."""
    eager, other = training(make, change), training(make, change)
    return eager, other._replace(step=compile(other.step, exact=exact))


def batches(count: int, seed: int = 3) -> list[tuple[list[list[float]], list[float]]]:
    """Batches of samples, the same for the same seed."""
    rng = random.Random(seed)
    return [
        (
            [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(SAMPLES)],
            [rng.gauss(0.0, 1.0) for _ in range(SAMPLES)],
        )
        for _ in range(count)
    ]
