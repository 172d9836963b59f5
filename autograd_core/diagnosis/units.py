"""Units that pass on little or no gradient: dead and saturated ones.

A rectifier with a negative input gives 0 with derivative 0: it is *dead* for this sample. A bounded function far from 0
is flat: it is *saturated* if its local derivative is at most a hundredth of the steepest. A unit is dead or saturated
if it is so for all samples. In a network that separates classes well, units are at one end of their range for nearly
all samples, and they still learn from the others.

An activation in a graph belongs to the unit whose parameters are in its weighted sum, so units need no hooks.

Sources: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
for saturation; L. Lu, Y. Shin, Y. Su and G. Karniadakis, "Dying ReLU and initialization" (2020), arXiv:1903.06733.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from autograd_core.diagnosis.findings import Finding, list_names
from autograd_core.diagnosis.places import Place
from autograd_core.graph.value import Value
from autograd_core.table.op import TABLE, Op
from autograd_core.text import plural

DEAD: Final = "dead"
SATURATED: Final = "saturated"

FLAT: Final = 0.01
"""A unit is saturated for a sample if its local derivative is at most this fraction of the steepest: |tanh x| > 0.995,
or a sigmoid within 0.0025 of 0 or 1. The fraction means the same for every op. At a hundredth, a layer learns a hundred
times more slowly than one in the middle of its range, and no common learning rate suits both."""


def remark(value: Value) -> str:
    """The state of an activation for one sample: `"dead"`, `"saturated"` or `""`.

    >>> from autograd_core import relu, tanh
    >>> [remark(unit) for unit in (relu(Value(-1.0)), relu(Value(1.0)), tanh(Value(-9.0)), tanh(Value(0.5)))]
    ['dead', '', 'saturated', '']
    """
    op = value.op
    if op is None or (op.zero_until is None and op.steepest is None):
        return ""
    derivative = next(
        (local for x, local in zip(value.inputs, value.derivatives, strict=True) if isinstance(x, Value)), 1.0
    )
    if op.zero_until is not None and value.data == derivative == 0.0:
        return DEAD
    return SATURATED if abs(derivative) <= FLAT * (op.steepest or 0.0) else ""


def is_relu(op: Op) -> bool:
    """Whether units with this op are called dead at 0; other ops that are 0 on a half-line are called saturated there.

    >>> is_relu(TABLE["relu"]), is_relu(TABLE["hardsigmoid"])
    (True, False)
    """
    return op.activation and op.zero_until == 0.0


class Unit(NamedTuple):
    """A unit of a layer and all its activations in a graph, one for each sample."""

    place: Place
    op: str
    nodes: Sequence[Value]


def find_units(nodes: Iterable[Value], places: Mapping[int, Place]) -> list[Unit]:
    """The units whose activations are among the nodes of a graph, in any order.

    Args:
        nodes: the nodes of a recorded graph.
        places: the places of the parameters, by their `id`.

    >>> w, b = Value(2.0), Value(1.0)
    >>> active = (w * 3.0 + b).tanh()
    >>> (unit,) = find_units([active], {id(w): Place.of("first.neurons.0.w.0"), id(b): Place.of("first.neurons.0.b")})
    >>> unit.place.layer, unit.place.unit, unit.op
    ('first', 'neurons.0', 'tanh')
    """
    places = {name: place._replace(array="") for name, place in places.items()}
    owners: dict[int, Place | None] = {}
    found: dict[tuple[Place, str], list[Value]] = {}
    for node in nodes:
        if node.op is not None and node.op.activation and isinstance(below := node.inputs[0], Value):
            owner = _owner(below, places, owners)
            if owner is not None:
                found.setdefault((owner, node.op.name), []).append(node)
    return [Unit(*key, same) for key, same in found.items()]


def _owner(total: Value, places: Mapping[int, Place], owners: dict[int, Place | None]) -> Place | None:
    """The unit whose weighted sum a node is: its inputs are parameters of the unit, or sums with such inputs.

    Args:
        total: the node.
        places: the places of the parameters.
        owners: the units found so far, by the `id` of the node.
    """
    stack = [total]
    while stack:
        node: Any = stack[-1]
        if id(node) in owners:
            stack.pop()
            continue
        own = next((places[id(part)] for part in node.inputs if id(part) in places), None)
        is_sum = own is None and node.op is not None and node.op.adds == "inputs"
        parts = [part for part in node.inputs if isinstance(part, Value)] if is_sum else []
        waiting = [part for part in parts if id(part) not in owners]
        if waiting:
            stack += waiting
            continue
        of_parts = {owners[id(part)] for part in parts}
        is_one = len(parts) == len(node.inputs) and len(of_parts) == 1
        owners[id(node)] = of_parts.pop() if own is None and is_one else own
    return owners[id(total)]


def by_layer_and_op(units: Iterable[Unit]) -> dict[tuple[str, str], list[Unit]]:
    """Units grouped by their layer and their op."""
    layers: dict[tuple[str, str], list[Unit]] = {}
    for unit in units:
        layers.setdefault((unit.place.layer, unit.op), []).append(unit)
    return layers


def condition(unit: Unit) -> str:
    """The state of a unit for all its samples: `"dead"`, `"saturated"` or `""`.

    >>> from autograd_core import relu, tanh
    >>> def of(op, *inputs):
    ...     return condition(Unit(Place.of("layers.0.neurons.0.b"), op.name, [op(Value(x)) for x in inputs]))
    >>> of(relu, -1.0, -2.0), of(relu, -1.0, 2.0), of(tanh, 9.0, -9.0), of(tanh, 9.0, 0.0)
    ('dead', '', 'saturated', '')
    """
    remarks = [remark(node) for node in unit.nodes]
    op = TABLE[unit.op]
    if is_relu(op) and all(one == DEAD for one in remarks):
        return DEAD
    return SATURATED if op.steepest is not None and all(remarks) else ""


def dead_finding(layer: str, shown: Sequence[Unit], of: Sequence[Unit]) -> Finding:
    """The finding for dead units.

    Args:
        layer: their layer.
        shown: the dead units, at least one.
        of: all units of the layer with the same op.
    """
    samples = plural(min(len(unit.nodes) for unit in of), "sample")
    return Finding(
        DEAD,
        layer,
        f"{_count(shown, of)} give 0 for each of {samples} and learn nothing ({_names(shown)})",
        "Use a smaller learning rate, Kaiming's initial weights with biases of 0, or leaky_relu, which is never flat",
    )


def saturated_finding(layer: str, shown: Sequence[Unit], of: Sequence[Unit]) -> Finding:
    """The finding for saturated units; the arguments are those of `dead_finding`."""
    samples = plural(min(len(unit.nodes) for unit in of), "sample")
    return Finding(
        SATURATED,
        layer,
        f"{_count(shown, of)} are at an end of their range for each of {samples} and hardly learn ({_names(shown)})",
        "Standardise the features, use smaller initial weights (Xavier's), a smaller learning rate, or weight decay",
    )


def _count(shown: Sequence[Unit], of: Sequence[Unit]) -> str:
    return f"{len(shown)} of {plural(len(of), f'{of[0].op} unit')}"


def _names(units: Sequence[Unit]) -> str:
    return list_names([unit.place.unit or unit.op for unit in units])
