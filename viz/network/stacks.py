"""The layers of a recurrent network and the time of each unit, from the structure of its graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from autograd_core import InputError, Value
from autograd_core.diagnosis import Place
from viz.network.cells import DENSE, GATES, GRU, LSTM, Unit, is_of_state
from viz.network.costs import Cost, recognise
from viz.network.names import called
from viz.network.perceptron import Vector
from viz.network.runs import Run
from viz.network.unit_graph import UNKNOWN, Key, UnitGraph
from viz.network.weighted_sums import Signal


@dataclass(frozen=True)
class Tier:
    """The units of a layer.

    Attributes:
        units: those of each step, in the order of the model.
        columns: for each gate the columns of its weights that belong to the state before.
    """

    units: Mapping[int, tuple[Unit, ...]]
    columns: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Stack:
    """The layers of a network and what the cost takes from the last one.

    Attributes:
        ran: the run.
        tiers: the layers, the first one first.
        places: the places of the parameters.
        cost: the cost.
        outputs: step and unit of each number that the cost is computed from.
        gradient: the derivative of the cost with respect to each of them, through the cost alone.
    """

    ran: Run
    tiers: tuple[Tier, ...]
    places: Mapping[int, Place]
    cost: Cost
    outputs: tuple[tuple[int, int], ...]
    gradient: Vector


def stack_of(ran: Run) -> Stack:
    """The layers of a recurrent network.

    Raises:
        InputError: if the network is built in another way than this module can read.
    """
    graph = UnitGraph(ran)
    taken = list(graph.taken)
    if not taken or any(node not in graph.units for node in taken):
        raise InputError(f"the loss takes something else than the results of units: {UNKNOWN}")
    members = _members(graph)
    chain = _chain(graph, members, [graph.units[node] for node in taken])
    times = _times(graph, chain)
    tiers = tuple(_tier(graph, keys, times) for keys in chain)
    _check_chain(tiers)
    index = {unit.output: (t, j) for t, units in tiers[-1].units.items() for j, unit in enumerate(units)}
    gradient = tuple(graph.taken.values())
    cost = recognise(graph.ran.cost.data, [node.data for node in taken], gradient, graph.ran.target)
    return Stack(graph.ran, tiers, graph.places, cost, tuple(index[node] for node in taken), gradient)


# ---- Layers ----------------------------------------------------------------------------------------------------------


def _members(graph: UnitGraph) -> dict[Key, tuple[Key, ...]]:
    """For each unit those of its layer, in the order of the model: they take each other's state, or the same inputs."""
    takes = {key: {graph.key(x) for unit in units for x in graph.inputs(unit)} for key, units in graph.classes.items()}
    reach = {key: _reached(key, takes) for key in takes}
    groups: dict[Any, list[Key]] = {}
    for key in takes:
        last = graph.classes[key][-1]
        loop = frozenset(other for other in reach[key] if key in reach[other])
        same = tuple(_identity(x) for gate in last.gates.values() for x in gate.inputs)
        groups.setdefault(loop or (last.kind, same), []).append(key)
    ordered = [tuple(sorted(keys, key=lambda key: graph.rank[key[0]])) for keys in groups.values()]
    return {key: keys for keys in ordered for key in keys}


def _identity(signal: Signal) -> Any:
    return id(signal) if isinstance(signal, Value) else ("number", signal)


def _reached(key: Key, takes: Mapping[Key, set[Key]]) -> set[Key]:
    found: set[Key] = set()
    waiting = list(takes[key])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += takes[one]
    return found


def _chain(graph: UnitGraph, members: Mapping[Key, tuple[Key, ...]], top: Sequence[Unit]) -> list[tuple[Key, ...]]:
    """The layers from the first to the one that the cost takes."""
    chain: list[tuple[Key, ...]] = []
    layers = {members[graph.key(unit)] for unit in top}
    while layers:
        if len(layers) > 1 or layers & set(chain):
            raise InputError(f"a layer, or the loss, takes the results of several layers: {UNKNOWN}")
        (keys,) = layers
        chain.insert(0, keys)
        below = {graph.key(x) for key in keys for unit in graph.classes[key] for x in graph.inputs(unit)}
        layers = {members[key] for key in below - set(keys)}
    return chain


# ---- Time ------------------------------------------------------------------------------------------------------------


def _times(graph: UnitGraph, chain: Sequence[tuple[Key, ...]]) -> dict[Value, int]:
    """The step of each unit, by its output."""
    times: dict[Value, int] = {}
    is_loop = [any(x for key in keys for u in graph.classes[key] for x in _own(graph, u, keys)) for keys in chain]
    first = is_loop.index(True) if any(is_loop) else 0
    for keys in chain[first:]:
        for unit in _units(graph, keys):
            own = [times[x.output] for x in _own(graph, unit, keys)]
            below = [times[x.output] for x in graph.inputs(unit) if graph.key(x) not in keys and x.output in times]
            times[unit.output] = 1 + max(own, default=0) if is_loop[chain.index(keys)] else max(below, default=1)
    for keys in reversed(chain[: first + 1]):
        for unit in _units(graph, keys):
            for x in graph.inputs(unit):
                times.setdefault(x.output, times[unit.output])
    return times


def _units(graph: UnitGraph, keys: Sequence[Key]) -> list[Unit]:
    """The units of a layer in all steps, each after those that it takes."""
    units = [unit for key in keys for unit in graph.classes[key]]
    return sorted(units, key=lambda unit: graph.position[unit.output])


def _own(graph: UnitGraph, unit: Unit, keys: Sequence[Key]) -> list[Unit]:
    """The units of its own layer that a unit takes."""
    return [x for x in graph.inputs(unit) if graph.key(x) in keys]


def _tier(graph: UnitGraph, keys: Sequence[Key], times: Mapping[Value, int]) -> Tier:
    """The units of a layer by their time, with the columns of the state."""
    found: dict[int, dict[Key, Unit]] = {}
    for unit in _units(graph, keys):
        present = found.setdefault(times[unit.output], {})
        if graph.key(unit) in present:
            raise InputError(f"{_layer(graph, keys)} {_reason(graph, keys)}")
        present[graph.key(unit)] = unit
    for t, present in found.items():
        if len(present) < len(keys):
            raise InputError(f"{_layer(graph, keys)} has {len(present)} of {len(keys)} units in step {t}: {UNKNOWN}")
    units = {t: tuple(found[t][key] for key in keys) for t in sorted(found)}
    tier = Tier(units, {name: _columns(name, units, graph.places) for name in units[min(units)][0].gates})
    for t, step in units.items():
        _check_same_inputs(step, _layer(graph, keys))
        _check_same_activations(step, units[min(units)], _layer(graph, keys))
        _check_state(step, units.get(t - 1), graph, _layer(graph, keys))
        if t - 1 in units:
            _check_columns(step, units[t - 1], tier, _layer(graph, keys))
    return tier


def _reason(graph: UnitGraph, keys: Sequence[Key]) -> str:
    """Why a layer is computed twice in one step."""
    if any(_own(graph, unit, keys) for unit in _units(graph, keys)):
        return "has steps that do not take the state of the step before; give it the whole state, with truncate=None"
    return "is used several times, and not in the steps of a sequence; give one sample and not a batch"


def _columns(name: str, units: Mapping[int, tuple[Unit, ...]], places: Mapping[int, Place]) -> tuple[int, ...]:
    """The columns of a gate that take the state of the step before, in the order of the units."""
    first = units[min(units)]
    kind, width = first[0].kind, len(first[0].gates[name].weights)
    for t, step in units.items():
        indices = {id(x): k for k, x in enumerate(step[0].gates[name].inputs)}
        before = [indices.get(id(unit.output)) for unit in units.get(t - 1, ())]
        state = tuple(k for k in before if k is not None)
        if state:
            return state
    named = tuple(k for k, w in enumerate(first[0].gates[name].weights) if is_of_state(places[id(w)].array))
    if len(units) == 1 and len(named) == len(first):
        return named
    inputs = first[0].gates[name].inputs
    is_mixed = [isinstance(x, Value) for x in inputs] == [True] * (width - len(first)) + [False] * len(first)
    if len(units) == 1 and name != "n" and (kind != DENSE or (is_mixed and width > len(first))):
        return tuple(range(max(width - len(first), 0), width))  # a single step, in PyTorch's order
    return ()


def _check_same_inputs(step: Sequence[Unit], layer: str) -> None:
    for unit in step:
        for name, gate in unit.gates.items():
            first = step[0].gates[name].inputs
            if [*map(_identity, gate.inputs)] != [*map(_identity, first)]:
                raise InputError(f"the units of {layer} have different inputs: {UNKNOWN}")


def _check_same_activations(step: Sequence[Unit], first: Sequence[Unit], layer: str) -> None:
    if [unit.function for unit in step] != [unit.function for unit in first]:
        raise InputError(f"{layer} has different activations in different steps: {UNKNOWN}")


def _check_columns(step: Sequence[Unit], before: Sequence[Unit], tier: Tier, layer: str) -> None:
    """Check that the state stands in the same columns in all steps."""
    for name, state in tier.columns.items():
        inputs = step[0].gates[name].inputs
        if state and any(inputs[k] is not unit.output for k, unit in zip(state, before, strict=True)):
            raise InputError(f"{layer} takes its state in different orders in different steps: {UNKNOWN}")


def _check_state(step: Sequence[Unit], earlier: Sequence[Unit] | None, graph: UnitGraph, layer: str) -> None:
    """Check that each unit of an LSTM or GRU goes on with what it was itself in the step before."""
    for j, unit in enumerate(step):
        if unit.kind == DENSE:
            continue
        if earlier is None:
            is_right = not (isinstance(unit.before, Value) and unit.before in graph.units)
        else:
            is_right = unit.before is (earlier[j].cell if unit.kind == LSTM else earlier[j].output)
        if not is_right:
            raise InputError(f"unit {j} of {layer} goes on with another number than its own: {UNKNOWN}")


def _layer(graph: UnitGraph, keys: Sequence[Key]) -> str:
    return called(graph.places[keys[0][0]].layer)


def _check_chain(tiers: Sequence[Tier]) -> None:
    """Check that each layer takes the results of the one below, all of them in the same step and in their order."""
    for lower, upper in pairwise(tiers):
        for t, units in upper.units.items():
            name = GATES[units[0].kind][2 if units[0].kind == GRU else 0]
            gate, state = units[0].gates[name], upper.columns[name]
            taken = [x for k, x in enumerate(gate.inputs) if k not in state]
            given = [unit.output for unit in lower.units.get(t, ())]
            if [*map(_identity, taken)] != [*map(_identity, given)]:
                raise InputError(f"step {t} of a layer does not take that step of the layer below: {UNKNOWN}")
