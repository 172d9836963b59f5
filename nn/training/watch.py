"""Checks of gradients and updates, layer by layer, during a training, with warnings of what looks wrong."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_core import AnomalyError, Value
from nn.base.conversion import as_sample
from nn.modules.module import Module
from nn.training import health

if TYPE_CHECKING:
    from nn.data.sampling import Batches
    from nn.optim import Optimizer
    from nn.training.evaluation import Network
    from nn.training.history import Epoch

Weights: TypeAlias = Mapping[str, Sequence[float]]
"""The parameters of each layer, as numbers."""


class Watch:
    """Measures one update of each epoch, and gives each `TrainingWarning` once; see `nn.health`.

    Args:
        model: the model; if it is not a Module, its layers are unknown.
        optimizer: the optimiser of the parameters that are checked.
        layers: whether to check layers; if not, only losses are checked.
    """

    def __init__(self, model: Network, optimizer: Optimizer, *, layers: bool) -> None:
        self._model = model
        self._places = health.places_of(model) if layers else {}
        self._layers = health.layers_of(self._places, optimizer.parameters) if layers else {}
        self._named = _trained(model, optimizer) if layers else []
        self._warned: set[tuple[str, str]] = set()

    def is_time(self, batches: Batches[Any]) -> bool:
        """Whether this update is measured: the last but one of the epoch, because the last batch may be small."""
        return bool(self._layers) and batches.batch == max(1, len(batches) - 1)

    def weights(self) -> Weights:
        """The present parameters."""
        return health.weights_of(self._layers)

    def gradients(self, weights: Weights, where: str) -> dict[str, float]:
        """The length of the gradient of each layer, with a warning if one looks wrong.

        Raises:
            AnomalyError: if one of them is infinite or nan.
        """
        norms = health.gradient_norms(self._layers)
        for name, length in norms.items():
            if not math.isfinite(length):
                raise AnomalyError(
                    f"the gradient of {name or 'the model'} has length {length} in {where}; the step was not made. "
                    "Look for the first such number with detect_anomaly()"
                )
        self._warn_of(health.stuck_findings(self._named))
        self._warn_of(health.gradient_findings(norms, weights))
        return norms

    def update_ratios(self, weights: Weights) -> dict[str, float]:
        """The length of the update of each layer since these weights, divided by their length."""
        return health.update_ratios(weights, self._layers)

    def after_epoch(self, epoch: Epoch, index: int, epochs: int, samples: Sequence[Any], together: bool) -> None:
        """Warn of losses, and after some epochs of units that do not learn.

        Args:
            epoch: the measurements of the epoch.
            index: the index of the epoch, from 0.
            epochs: how many epochs there are.
            samples: the samples, of which a few are checked.
            together: whether the model takes whole batches.
        """
        self._warn_of(health.loss_findings(epoch.validation_loss))
        if self._places and health.is_time_to_look(index, epochs):
            features = [as_sample(sample)[0] for sample in health.spread(samples)]
            self._warn_of(health.unit_findings(self._model, features, together, self._places))

    def _warn_of(self, findings: list[health.Finding]) -> None:
        """Warn once of each kind of finding in each layer, and of nothing that follows from earlier findings."""
        for finding in findings:
            if (finding.kind, finding.where) not in self._warned and not health.follows(finding, self._warned):
                self._warned.add((finding.kind, finding.where))
                warnings.warn(str(finding), health.TrainingWarning, stacklevel=2)


def _trained(model: Network, optimizer: Optimizer) -> list[tuple[str, Value]]:
    """The parameters that are trained, with their names; none if the model is not a Module."""
    trained = set(map(id, optimizer.parameters))
    named = model.named_parameters() if isinstance(model, Module) else []
    return [(name, parameter) for name, parameter in named if id(parameter) in trained]
