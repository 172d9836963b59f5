"""A short training, and the same one begun and saved, for tests of what a checkpoint records of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from nn import MLP, cross_entropy, optim
from nn.data import Batches, moons
from nn.modules.module import Module
from nn.training import checkpoint
from nn.training.regularisation import EarlyStopping
from nn.training.train import Training

POINTS: Final = moons(20, rng=0)


def perceptron(**options: Any) -> Module:
    return MLP(2, [3, 2], **{"activation": "tanh", "rng": 0, **options})


def training(
    model: Callable[[], Any] = perceptron,
    loss: Any = cross_entropy,
    samples: Any = POINTS,
    batch: dict[str, Any] | None = None,
    optimizer: Callable[..., Any] = optim.SGD,
    lr: Any = 0.1,
    momentum: float = 0.9,
    before: Callable[[Module], object] = lambda _: None,
    patience: int | None = None,
    **options: Any,
) -> Training:
    made = model()
    before(made)
    settings = {"momentum": momentum} if optimizer is optim.SGD else {}
    batches = Batches(samples, **{"size": 6, "rng": 0, **(batch or {})})
    options["early_stopping"] = None if patience is None else EarlyStopping(patience)
    return Training(made, loss, batches, optimizer(made.parameters(), lr, **settings), **{"epochs": 3, **options})


def begun(path: Path, updates: int = 5, **options: Any) -> Training:
    first = training(**options)
    steps = first.steps()
    for _ in range(updates):
        next(steps)
    checkpoint.save(first, path)
    return first
