"""A look at gradients and updates, layer by layer, while a model is trained; and a warning of what looks wrong."""

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
        model: whose layers are looked at; of other functions than modules nothing is known.
        optimizer: of the parameters that count.
        layers: whether to look at layers; if not, only losses are looked at.
    """

    def __init__(self, model: Network, optimizer: Optimizer, *, layers: bool) -> None:
        self._model = model
        self._places = health.places_of(model) if layers else {}
        self._layers = health.layers_of(self._places, optimizer.parameters) if layers else {}
        self._named = _trained(model, optimizer) if layers else []
        self._warned: set[tuple[str, str]] = set()

    def is_time(self, batches: Batches[Any]) -> bool:
        """Whether the present update is measured: the last but one of the epoch, as the last batch may be small."""
        return bool(self._layers) and batches.batch == max(1, len(batches) - 1)

    def weights(self) -> Weights:
        """The parameters as they are now."""
        return health.weights_of(self._layers)

    def gradients(self, weights: Weights, where: str) -> dict[str, float]:
        """The length of the gradient of each layer; warn of what they say.

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
        """How far each layer has moved since it had these weights, as a share of their length."""
        return health.update_ratios(weights, self._layers)

    def after_epoch(self, epoch: Epoch, place: int, epochs: int, samples: Sequence[Any], together: bool) -> None:
        """Warn of losses, and from time to time of units that do nothing.

        Args:
            epoch: what was measured.
            place: the number of the epoch, from 0.
            epochs: how many there are to be.
            samples: a few of which are looked at.
            together: whether the model takes whole batches.
        """
        self._warn_of(health.loss_findings(epoch.validation_loss))
        if self._places and health.is_time_to_look(place, epochs):
            features = [as_sample(sample)[0] for sample in health.spread(samples)]
            self._warn_of(health.unit_findings(self._model, features, together, self._places))

    def _warn_of(self, findings: list[health.Finding]) -> None:
        """Say each thing about each layer once, and nothing that follows from what has been said."""
        for finding in findings:
            if (finding.kind, finding.where) not in self._warned and not health.follows(finding, self._warned):
                self._warned.add((finding.kind, finding.where))
                warnings.warn(str(finding), health.TrainingWarning, stacklevel=2)


def _trained(model: Network, optimizer: Optimizer) -> list[tuple[str, Value]]:
    """The parameters that are trained, with their names; of other functions than modules nothing is known."""
    trained = set(map(id, optimizer.parameters))
    named = model.named_parameters() if isinstance(model, Module) else []
    return [(name, parameter) for name, parameter in named if id(parameter) in trained]
