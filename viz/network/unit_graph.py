"""The units in the graph of a recurrent network: which there are, what each takes, and which of them are one unit.

Units that have the same weights are one unit at different times. The cost takes the outputs of the model, and the nodes
between the two are no part of the network.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from autograd_core import InputError, Value
from autograd_core.graph.chain_rule import contributions
from viz.graph.chain_rule import edges
from viz.graph.layers import places_of
from viz.network.cells import GATES, Preactivation, Unit, preactivations, unit_at
from viz.network.runs import Run

Key: TypeAlias = tuple[int, ...]
"""What a unit has in all steps: the identities of the first weight of each gate."""

UNKNOWN: Final = (
    "expected dense layers and cells as in PyTorch's documentation of RNN, LSTM and GRU, each on the one before it, "
    "in one direction, without dropout or truncation"
)


class UnitGraph:
    """The units of a run.

    Args:
        ran: the run.

    Attributes:
        rank: the index of each parameter in the model, by its identity.
        places: the place of each parameter, by its identity.
        position: the index of each node in the order.
        taken: the derivative of the cost with respect to each output that it takes, through the cost alone.
        units: the units by what they give, each after those that it takes.
        classes: the units by what they are.

    Raises:
        InputError: if the cost takes parameters, or something else than units gives an input of a layer.
    """

    def __init__(self, ran: Run) -> None:
        self.ran = ran
        self.rank = {id(value): index for index, value in enumerate(ran.parameters.values())}
        self.places = places_of(ran.parameters)
        self.position = {node: index for index, node in enumerate(ran.order)}
        region = _region(ran.cost, set(ran.outputs))
        self._check_region(region)
        self.taken = _direct_gradient(ran, region)
        self.units = self._units(region)
        self._keys = {id(unit): _key(unit) for unit in self.units.values()}
        by_node = {id(node): unit for node, unit in self.units.items()}
        self._inputs = {id(unit): _inputs(unit, by_node) for unit in self.units.values()}
        self.classes: dict[Key, list[Unit]] = {}
        for unit in self.units.values():
            self.classes.setdefault(self.key(unit), []).append(unit)

    def key(self, unit: Unit) -> Key:
        """What the unit is in all steps."""
        return self._keys[id(unit)]

    def inputs(self, unit: Unit) -> list[Unit]:
        """The units that a unit takes, with those of its state."""
        return self._inputs[id(unit)]

    def _check_region(self, region: Iterable[Value]) -> None:
        for node in region:
            if id(node) in self.rank:
                raise InputError(
                    f"the loss depends on {node.label or node!r} and not on the outputs alone, as with a penalty; "
                    "give the loss without it"
                )

    def _units(self, region: set[Value]) -> dict[Value, Unit]:
        below = [node for node in self.ran.order if node not in region]
        sums = {node: one for node, one in self.ran.sums.items() if node not in region}
        found = _aligned(preactivations(below, sums))
        needed = {x for one in found.values() for x in one.inputs if isinstance(x, Value)} | self.taken.keys()
        signals = needed | (set(self.ran.outputs) - region)
        units = {}
        for node in sorted(signals & _above(below, found), key=self.position.__getitem__):
            unit = unit_at(node, found, self.position, signals)
            if unit is not None:
                units[node] = unit
            elif node in needed:
                raise InputError(f"no unit of a layer gives {node!r}: {UNKNOWN}")
        return units


def _key(unit: Unit) -> Key:
    return tuple(id(unit.gates[name].weights[0]) for name in GATES[unit.kind])


def _inputs(unit: Unit, by_node: Mapping[int, Unit]) -> list[Unit]:
    names = dict.fromkeys(id(x) for gate in unit.gates.values() for x in gate.inputs)
    names[id(unit.before)] = None
    return [by_node[name] for name in names if name in by_node]


def _region(cost: Value, outputs: set[Value]) -> set[Value]:
    """The nodes from the cost down to the outputs, without them."""
    region: set[Value] = set()
    waiting = [cost]
    while waiting:
        node = waiting.pop()
        if node not in outputs and node not in region:
            region.add(node)
            waiting += [x for x in node.inputs if isinstance(x, Value)]
    return region


def _direct_gradient(ran: Run, region: set[Value]) -> dict[Value, float]:
    """The derivative of the cost with respect to the outputs that it takes, not through other outputs."""
    gradient = {ran.cost: 1.0}
    for _ in contributions(edges(node for node in reversed(ran.order) if node in region), gradient):
        pass
    edge = {x for node in region for x in node.inputs if isinstance(x, Value)} | {ran.cost}
    return {node: gradient.get(node, 0.0) for node in dict.fromkeys(ran.outputs) if node in edge}


def _above(order: Iterable[Value], found: Mapping[Value, Preactivation]) -> set[Value]:
    """The nodes that depend on a weighted sum; the others are features."""
    above: set[Value] = set()
    for node in order:
        if node in found or any(x in above for x in node.inputs if isinstance(x, Value)):
            above.add(node)
    return above


def _aligned(found: Mapping[Value, Preactivation]) -> dict[Value, Preactivation]:
    """The weighted sums with all weights of their unit; those that a step does not use have the input 0."""
    whole: dict[int, Preactivation] = {}
    for one in sorted(found.values(), key=lambda one: -len(one.weights)):
        known = next((whole[id(w)] for w in one.weights if id(w) in whole), one)
        whole.update((id(w), known) for w in one.weights)
    aligned = {}
    for node, one in found.items():
        weights = whole[id(one.weights[0])].weights
        given = {id(w): x for w, x in zip(one.weights, one.inputs, strict=True)}
        aligned[node] = one._replace(weights=weights, inputs=tuple(given.get(id(w), 0.0) for w in weights))
    return aligned
