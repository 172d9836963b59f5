"""Paths of descent: where the parameters are after every update, for several ways of training from the same start.

Batch descent computes each step from all samples, stochastic descent from one, and mini-batch descent from a few. A
`Way` is one of them, with an optimiser. `descend` follows each way on a copy of the model and measures the loss over
all samples along its path. The result is plain data and one function, from which `viz.plot_descent` makes a picture.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from autograd_core import AnomalyError, InputError, OperandTypeError, ShapeError
from autograd_core.calls import explained
from autograd_core.text import plural
from nn.base.checks import measured, positive_int
from nn.base.conversion import as_sample, as_sequence
from nn.base.rng import generator
from nn.data.sampling import Batches
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.optim import by_name
from nn.training.evaluation import forward, takes_batches
from nn.training.faulty_samples import WRONG_INPUT, check_samples, not_finite, with_sample
from nn.training.fit import training_steps
from nn.training.training_checks import check_model_and_loss

if TYPE_CHECKING:
    from nn.base.rng import Rng
    from nn.data.sampling import Sample
    from nn.schedules import Schedule
    from nn.training.evaluation import Loss
    from nn.training.history import Step

_ORDER: Final = "descend expected (model, loss, samples, ways)"


@dataclass(frozen=True)
class Way:
    """A way of descent.

    Args:
        batch: how many samples each update uses: 1 is stochastic descent, and None, the default, batch descent with all
            samples.
        optimizer: the name of the optimiser, a key of `nn.optim.BY_NAME`.
        lr: the learning rate, a number or a schedule; None, the default, is that of the optimiser.
        options: further options of the optimiser.
    """

    batch: int | None = None
    optimizer: str = "sgd"
    lr: float | Schedule | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class DescentPath:
    """The path of one way of descent. Its lists have an item for each point; the first point is the start.

    Attributes:
        name: the name of the way.
        parameters: all parameters, shape `(points, parameters)`.
        losses: the loss over all samples. Only the last one can be infinite or nan, because the path ends there.
        updates: the number of updates so far.
        samples: the number of samples seen so far, those of several epochs counted each time.
    """

    name: str
    parameters: list[list[float]]
    losses: list[float]
    updates: list[int]
    samples: list[int]

    @property
    def diverged(self) -> bool:
        """Whether the loss became infinite or nan."""
        return not math.isfinite(self.losses[-1])

    def __repr__(self) -> str:
        """One line: the name, and how far it came.

        >>> DescentPath("batch", [[0.0], [1.0]], [4.0, 0.5], [0, 1], [0, 9])
        DescentPath('batch', loss 4 to 0.5 in 1 update with 9 samples)
        """
        way = f"loss {self.losses[0]:.4g} to {self.losses[-1]:.4g} in {plural(self.updates[-1], 'update')}"
        return f"DescentPath({self.name!r}, {way} with {plural(self.samples[-1], 'sample')})"


@dataclass(frozen=True)
class Descent:
    """The paths of several ways of descent from the same start.

    Attributes:
        names: the name of each parameter.
        paths: the path of each way.
        loss: the loss over all samples for given parameters, a function of a list of floats. It uses a copy of the
            model as it was at the start, in evaluation mode, so it has no side effects.
    """

    names: list[str]
    paths: list[DescentPath]
    loss: Callable[[Sequence[float]], float] = field(repr=False)


@explained()
def descend(
    model: Module,
    loss: Loss,
    samples: Sequence[Sample],
    ways: Mapping[str, Way],
    *,
    epochs: int = 1,
    every: int = 1,
    rng: Rng = None,
) -> Descent:
    """Train copies of a model in several ways, and return their paths. The model does not change.

    All ways begin at the present parameters. Those with batches of the same size get the same batches, so that paths
    differ by the optimiser only. The loss at each point is that over all samples in evaluation mode: dropout drops
    nothing, and batch normalisation uses its running statistics. A path ends early if this loss, or a gradient, becomes
    infinite or nan.

    Args:
        model: a Module.
        loss: from the outputs for a batch and its targets to the number to minimise.
        samples: pairs of features and target.
        ways: by its name, each way of descent.
        epochs: how often each way goes through all samples.
        every: number of updates between two points of a path, 1 by default; the last update has a point, too. Each
            point takes a forward pass over all samples.
        rng: where the order of the samples comes from: a generator, a seed, or None for Python's global generator.

    Raises:
        InputError: if an argument or a target is invalid, there are no ways, an optimiser is unknown, a number in the
            data is nan or infinite, or the loss is so at the start.
        OperandTypeError: if the loss is not a Value, or a way not a `Way`.

    >>> from nn import Linear, mse_loss
    >>> samples = [([0.0], 1.0), ([1.0], 3.0), ([2.0], 5.0)]
    >>> ways = {"batch": Way(lr=0.1), "stochastic": Way(1, lr=0.1)}
    >>> descent = descend(Linear(1, 1, rng=0), mse_loss, samples, ways, epochs=100, rng=0)
    >>> descent.names
    ['neurons.0.w.0', 'neurons.0.b']
    >>> [[round(x, 2) for x in path.parameters[-1]] for path in descent.paths]
    [[2.0, 1.0], [2.0, 1.0]]
    >>> [(path.updates[-1], path.samples[-1]) for path in descent.paths]
    [(100, 300), (300, 300)]
    >>> descent.loss([2.0, 1.0])
    0.0
    """
    check_model_and_loss(_ORDER, model, loss, samples)
    if not isinstance(model, Module):
        raise InputError(f"{_ORDER}, got an object of type {type(model).__name__} as model; derive it from nn.Module")
    samples = as_sequence("samples", samples)
    check_samples("samples", samples)
    _check_ways(ways)
    epochs, every = positive_int("epochs", epochs), positive_int("every", every)
    seed = int(generator(rng).random() * 2**53)
    every_sample = [samples[index] for index in range(len(samples))]
    measure = _Measure(copy.deepcopy(model), loss, every_sample)
    measure.check_start()
    trainings = []
    for name, way in ways.items():
        copied = copy.deepcopy(model)
        optimizer = by_name(way.optimizer, copied.parameters(), way.lr, **way.options)
        batches = Batches(every_sample, way.batch, rng=seed)
        steps = training_steps(copied, loss, batches, optimizer, epochs=epochs)
        trainings.append((name, _Measure(copied, loss, every_sample), steps))
    paths = [_followed(name, here, steps, every) for name, here, steps in trainings]
    return Descent([name for name, _ in model.named_parameters()], paths, measure.at)


def _check_ways(ways: Any) -> None:
    if not isinstance(ways, Mapping) or not ways:
        raise InputError(f"{_ORDER}, got {ways!r:.80} as ways; write them by name: {{'batch': nn.Way()}}")
    for name, way in ways.items():
        if not isinstance(way, Way):
            raise OperandTypeError(f"expected an nn.Way as {name!r}, got {way!r:.80}; write nn.Way(batch=1)")


class _Measure:
    """The loss of a model over all samples."""

    def __init__(self, model: Module, loss: Loss, samples: list[Sample]) -> None:
        self._model, self._loss, self._together, self._samples = model, loss, takes_batches(model), samples
        self._parameters = model.parameters()
        pairs = [as_sample(sample) for sample in samples]
        self._features, self._targets = [x for x, _ in pairs], [target for _, target in pairs]

    def loss(self) -> float:
        """The present loss."""
        return self._loss_of(self._features, self._targets)

    def numbers(self) -> list[float]:
        """The present parameters."""
        return [parameter.data for parameter in self._parameters]

    def at(self, numbers: Sequence[float]) -> float:
        """The loss for given parameters.

        Raises:
            ShapeError: if there are more or fewer numbers than parameters.
        """
        if len(numbers) != len(self._parameters):
            raise ShapeError(f"expected {len(self._parameters)} numbers, one for each parameter, got {len(numbers)}")
        for parameter, number in zip(self._parameters, numbers, strict=True):
            parameter.data = number
        return self.loss()

    def check_start(self) -> None:
        """Check that the samples fit the model, and that the loss is finite.

        Raises:
            InputError: if they do not, or it is not; the message names the sample that is wrong.
        """
        try:
            loss = self.loss()
        except WRONG_INPUT as error:
            raise with_sample(error, self._try, self._samples, self._samples) from error
        if not math.isfinite(loss):
            raise not_finite(self._samples, self._samples) or InputError(
                f"expected a finite loss at the start of the descent, got {loss}; scale the features, or start from "
                "smaller parameters"
            )

    def _try(self, sample: Sample) -> None:
        features, target = as_sample(sample)
        self._loss_of([features], [target])

    def _loss_of(self, features: list[Any], targets: list[Any]) -> float:
        with evaluating(self._model):
            return measured("the loss", self._loss(forward(self._model, features, self._together), targets))


def _followed(name: str, measure: _Measure, steps: Iterable[Step], every: int) -> DescentPath:
    """The path of a training, which makes an update for each step that is asked for."""
    path = DescentPath(name, [], [], [], [])

    def mark(updates: int, samples: int) -> bool:
        """Add a point for the present parameters, and return whether the loss is finite."""
        path.parameters.append(measure.numbers())
        path.losses.append(measure.loss())
        path.updates.append(updates)
        path.samples.append(samples)
        return not path.diverged

    updates = samples = 0
    mark(updates, samples)
    try:
        for step in steps:
            updates, samples = updates + 1, samples + step.size
            if updates % every == 0 and not mark(updates, samples):
                return path
    except AnomalyError:
        pass  # raised before an update, which was not made
    if path.updates[-1] < updates:
        mark(updates, samples)
    return path
