"""The data of a diagnosis: the graph of a loss, swept again, and the parameters of a model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from autograd_core import Value, stuck_layers
from autograd_core.diagnosis import Finding, Unit, find_units
from autograd_core.graph.chain_rule import contributions
from viz.graph.chain_rule import edges
from viz.graph.layers import places_of

MANY_SAMPLES: Final = 8
"""With at least this many samples, a layer in which all units are off is dead and not off by chance. With fewer
samples, a unit is judged as for one sample."""


@dataclass(frozen=True)
class Record:
    """The graph of a loss in topological order, and the parameters of a model by name."""

    order: Sequence[Value]
    parameters: Mapping[str, Value]

    @cached_property
    def sweep(self) -> tuple[dict[Value, float], tuple[Value, int] | None]:
        """The gradient for each node, and the first edge, if any, on which it is not finite.

        `grad` is not used, because the checks judge it.
        """
        gradients = {self.order[-1]: 1.0}
        broken: tuple[Value, int] | None = None
        for step in contributions(edges(reversed(self.order)), gradients):
            if broken is None and not math.isfinite(step.after):
                broken = step.source, step.index
        return gradients, broken

    @cached_property
    def reached(self) -> dict[str, Value]:
        """The parameters in the graph."""
        there = {id(node) for node in self.order}
        return {name: value for name, value in self.parameters.items() if id(value) in there}

    @cached_property
    def fresh(self) -> dict[str, float]:
        """The correct gradients of these parameters."""
        return {name: self.sweep[0].get(value, 0.0) for name, value in self.reached.items()}

    @cached_property
    def stuck(self) -> Sequence[Finding]:
        """The layers that cannot learn because their weights are equal."""
        pairs = {name: (value.data, self.fresh[name]) for name, value in self.reached.items() if not value.frozen}
        return stuck_layers(pairs)

    @cached_property
    def units(self) -> list[Unit]:
        """The units of the model, without those with a nan."""
        found = find_units(self.order, places_of(self.parameters))
        return [unit for unit in found if not any(math.isnan(node.data) for node in unit.nodes)]

    @property
    def known(self) -> list[tuple[str, str]]:
        """Kinds and layers of these findings; other findings about the same layers follow from them."""
        return [(finding.kind, finding.where) for finding in self.stuck]

    @property
    def samples(self) -> int:
        """How many samples are in the graph, estimated by the unit that is used most often."""
        return max((len(unit.nodes) for unit in self.units), default=0)
