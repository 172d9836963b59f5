"""Descents: problems on which ways of descent differ visibly, for the command `descent`.

A `Problem` has a network with a start, samples, a loss, and learning rates. They differ by the size of the batches: the
gradient of one sample is noisy, so small steps are needed, and many are made.

* `line`: a straight line through noisy points, with two weights. Batch descent zigzags across a narrow valley.
* `moons`: a perceptron with 22 weights that tells two moons apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import Value
from nn import data as sets
from nn.base.rng import generator
from nn.layers.dense import MLP
from nn.losses import cross_entropy, mse_loss
from nn.modules.module import Module
from nn.training.descent import Way

if TYPE_CHECKING:
    from nn.base.rng import Rng
    from nn.data import Sample
    from nn.training.evaluation import Loss

SAMPLES: Final = 40

MINI: Final = 8
"""Samples of a mini-batch."""

KINDS: Final = ("batch", "mini", "stochastic")
"""How many samples an update uses: all, a few, or one."""


class Line(Module):
    """`slope · x + offset`."""

    def __init__(self, slope: float, offset: float) -> None:
        self.slope, self.offset = Value(slope), Value(offset)

    def forward(self, x: list[float]) -> Value:
        """The height of the line at `x[0]`."""
        return self.slope * x[0] + self.offset


@dataclass(frozen=True)
class Problem:
    """What is descended on.

    Attributes:
        model: the network at its start, from a source of random numbers.
        loss: a function of outputs and targets.
        samples: a function that makes the samples, always the same.
        rates: by the name of an optimiser, the learning rate for each of `KINDS`. Other optimisers have their defaults.
    """

    model: Callable[[Rng], Module]
    loss: Loss
    samples: Callable[[], list[Sample]]
    rates: Mapping[str, tuple[float, float, float]]


def _line(rng: Rng = None) -> Line:
    source = generator(rng)
    return Line(0.5 * source.random() - 0.5, 2.5 + 0.5 * source.random())


PROBLEMS: Final[Mapping[str, Problem]] = {
    "line": Problem(
        _line,
        mse_loss,
        lambda: [*sets.line(SAMPLES, rng=0)],
        {
            "sgd": (0.42, 0.15, 0.06),  # the greatest rate with which batch descent does not diverge is about 0.45
            "momentum": (0.1, 0.02, 0.006),
            "nesterov": (0.1, 0.02, 0.006),
            "rmsprop": (0.1, 0.04, 0.02),
            "adam": (0.3, 0.1, 0.03),
        },
    ),
    "moons": Problem(
        lambda rng: MLP(2, [4, 2], activation="tanh", rng=rng),
        cross_entropy,
        lambda: [*sets.moons(SAMPLES, rng=0)],
        {
            "sgd": (1.0, 0.4, 0.1),
            "momentum": (0.3, 0.1, 0.02),
            "nesterov": (0.3, 0.1, 0.02),
            "rmsprop": (0.1, 0.03, 0.01),
            "adam": (0.2, 0.05, 0.02),
        },
    ),
}
"""The problems by name."""


def ways(
    problem: Problem, kinds: Iterable[str], optimizers: Iterable[str], mini: int = MINI, lr: float | None = None
) -> dict[str, Way]:
    """Every kind with every optimiser, under names that say how they differ.

    Args:
        problem: for the learning rates.
        kinds: some of `KINDS`.
        optimizers: keys of `nn.optim.BY_NAME`.
        mini: samples of a mini-batch; all of them make it batch descent with the rate of mini-batches.
        lr: the learning rate of all of them; None, the default, is the rates of the problem.

    >>> ways(PROBLEMS["line"], ["batch", "mini"], ["sgd"])["mini-batches of 8"]
    Way(batch=8, optimizer='sgd', lr=0.15, options={})
    >>> [*ways(PROBLEMS["line"], ["batch"], ["sgd", "adam"])], [*ways(PROBLEMS["line"], ["batch"], ["adam"])]
    (['sgd', 'adam'], ['batch'])
    """
    kinds, optimizers = list(kinds), list(optimizers)
    count = len(problem.samples())
    sizes = {
        "batch": (None, "batch"),
        "mini": (mini, f"mini-batches of {mini}") if mini < count else (None, f"batches of all {count}"),
        "stochastic": (1, "stochastic"),
    }
    made = {}
    for kind in kinds:
        size, title = sizes[kind]
        for optimizer in optimizers:
            rates: Any = problem.rates.get(optimizer)
            rate = lr if lr is not None or rates is None else rates[KINDS.index(kind)]
            parts = [title] * (len(kinds) > 1 or len(optimizers) == 1) + [optimizer] * (len(optimizers) > 1)
            made[", ".join(parts)] = Way(size, optimizer, rate)
    return made
