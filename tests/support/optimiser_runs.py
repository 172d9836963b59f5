"""All optimisers with their options, and runs of them over drawn gradients."""

import random
from collections.abc import Callable

from nn.optim import (
    BY_NAME,
    SGD,
    Adagrad,
    Lion,
    NAdam,
    Optimizer,
    RMSprop,
)

FIRST_ORDER = sorted(BY_NAME.keys() - {"lbfgs"})


MAKERS: dict[str, Callable[..., Optimizer]] = {
    **{name: BY_NAME[name] for name in FIRST_ORDER},
    "dampened": lambda params, lr=0.1: SGD(params, lr, 0.9, dampening=0.5, weight_decay=0.1),
    "centred": lambda params, lr=0.1: RMSprop(params, lr, centered=True, momentum=0.9, weight_decay=0.1),
    "decaying": lambda params, lr=0.1: Adagrad(params, lr, lr_decay=0.1, initial_accumulator_value=0.1),
    "shrinking": lambda params, lr=0.1: Lion(params, lr, weight_decay=0.5),
    "rising": lambda params, lr=0.1: NAdam(params, lr, maximize=True, decoupled_weight_decay=True, weight_decay=0.1),
}
"""All optimisers of the first order by name, and some with further options."""


def draws(seed: int, rows: int, columns: int) -> list[list[float]]:
    """Gradients of all sizes."""
    rng = random.Random(seed)
    return [[(rng.random() - 0.5) * 10.0 ** (6.0 * rng.random() - 3.0) for _ in range(columns)] for _ in range(rows)]


def run(optimizer: Optimizer, gradients: list[list[float]]) -> list[list[float]]:
    """The data of all parameters after each step."""
    history = []
    for row in gradients:
        for parameter, gradient in zip(optimizer.parameters, row, strict=True):
            parameter.grad = gradient
        optimizer.step()
        history.append([parameter.data for parameter in optimizer.parameters])
    return history
