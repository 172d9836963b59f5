"""Layers that cannot learn because their weights are all 0, or their units are copies of each other.

The classic network that does not learn XOR starts with equal weights. Units with the same weights get the same
gradients if the next layer treats them alike, so every step leaves them equal: together they count as one unit. If all
weights are 0, nothing is learned at all: the gradient of a weight is its input times the gradient of its unit, which is
a sum of products with the weights of the next layer. Random initial weights break the symmetry. A last layer of zeros
can learn: its inputs differ, and so do its gradients. Therefore weights and gradients are judged together.

Only the names of parameters are used: `layers.0.neurons.3.w.1` is weight 1 of unit 3 of the layer `layers.0`, and
`head.weight.3.1` is weight 1 of unit 3 of the matrix `head.weight`, which counts as a layer by itself.

Source: D. Rumelhart, G. Hinton, R. Williams, "Learning internal representations by error propagation" (1986), on
symmetry breaking.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping
from typing import Final, NamedTuple

from autograd_core.diagnosis.findings import Finding
from autograd_core.diagnosis.places import UNITS, split_numbers
from autograd_core.errors import OperandTypeError

DIGITS: Final = 9
"""Gradients, divided by the largest of the layer, count as equal if they agree to this many decimal places."""


class _Weight(NamedTuple):
    """What a parameter belongs to: the layer, the unit in it, and the part of the unit."""

    layer: str
    unit: str
    part: tuple[str, ...]


class _Layer:
    """The numbers and the gradients of the units of a layer, each by the part of the unit."""

    def __init__(self) -> None:
        self.units: dict[str, dict[tuple[str, ...], tuple[float, float]]] = {}

    def is_zero(self) -> bool:
        """Whether all weights are 0 and so are their gradients; biases do not count."""
        pairs = [pair for unit in self.units.values() for part, pair in unit.items() if len(part) > 1]
        return bool(pairs) and all(pair == (0.0, 0.0) for pair in pairs)

    def different(self) -> int | None:
        """How many different units there are if each has a copy; otherwise None."""
        gradients = [gradient for unit in self.units.values() for _, gradient in unit.values()]
        if not all(map(math.isfinite, gradients)):
            return None
        scale = max(map(abs, gradients)) or 1.0
        kinds = Counter(
            tuple(sorted((part, number, round(gradient / scale, DIGITS)) for part, (number, gradient) in unit.items()))
            for unit in self.units.values()
        )
        return len(kinds) if min(kinds.values()) > 1 else None

    def has_units(self) -> bool:
        """Whether the parts belong to units, which have a single bias, and not, for example, to norms."""
        return any(len(part) == 1 for unit in self.units.values() for part in unit)


def stuck_layers(parameters: Mapping[str, tuple[float, float]]) -> list[Finding]:
    """The layers that cannot learn because their weights are all 0, or all their units have copies.

    Args:
        parameters: the number of each parameter and its gradient, by dotted names in the order of the model. Copies in
            the last layer are allowed, because their gradients come from different outputs.

    Raises:
        OperandTypeError: if the parameters are no mapping from names.

    >>> hidden = {f"layers.0.neurons.{unit}.w.{index}": (0.5, 0.1) for unit in range(4) for index in range(2)}
    >>> output = {f"layers.1.neurons.0.w.{index}": (0.5, 0.3) for index in range(4)}
    >>> for layer in stuck_layers(hidden | output):
    ...     print(layer.kind, layer.where, layer.reason)  # doctest: +ELLIPSIS
    equal layers.0 all 4 units have the same weights and the same gradients, so ...
    """
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        raise OperandTypeError(
            f"expected parameters as a mapping from dotted names to (number, gradient), got "
            f"{type(parameters).__name__}; write "
            "{name: (p.data, p.grad) for name, p in model.named_parameters()}"
        )
    layers = _layers(parameters)
    found = []
    for index, (name, layer) in enumerate(layers.items()):
        if layer.is_zero():
            found.append(_zero(name, layer))
        elif len(layer.units) > 1 and index < len(layers) - 1 and (different := layer.different()) is not None:
            found.append(_equal(name, len(layer.units), different))
    return found


def _layers(parameters: Mapping[str, tuple[float, float]]) -> dict[str, _Layer]:
    """The layers with units, by name: matrices, lists of units, and layers with one bias for each unit."""
    rows = {name: weight for name in parameters if (weight := _of_row(name)) is not None}
    in_rows = {weight.layer for weight in rows.values()}
    with_rows = {layer.rpartition(".")[0] for layer in in_rows}
    in_neurons: set[str] = set()
    layers: dict[str, _Layer] = {}
    for name, pair in parameters.items():
        weight = rows.get(name) or _of_unit(name, with_rows)
        if weight is not None:
            if f".{UNITS}.{weight.unit}." in f".{name}":
                in_neurons.add(weight.layer)
            layers.setdefault(weight.layer, _Layer()).units.setdefault(weight.unit, {})[weight.part] = pair
    return {name: layer for name, layer in layers.items() if name in in_rows or name in in_neurons or layer.has_units()}


def _of_row(name: str) -> _Weight | None:
    """The weight for an element of a matrix, or of an array with more dimensions; its rows are the units.

    >>> _of_row("head.weight.3.1"), _of_row("head.bias.3")
    (_Weight(layer='head.weight', unit='3', part=('weight', '1')), None)
    """
    array, numbers = split_numbers(name)
    if len(numbers) < 2:
        return None
    return _Weight(".".join(array), numbers[0], (array[-1], *numbers[1:]))


def _of_unit(name: str, with_rows: Container[str]) -> _Weight | None:
    """The weight or bias of a unit in a list, unless the members of the list are layers with rows.

    >>> _of_unit("layers.0.neurons.3.w.1", ())
    _Weight(layer='layers.0', unit='3', part=('w', '1'))
    >>> _of_unit("units.3.b", ()), _of_unit("stack.0.bias.1", {"stack.0"})
    (_Weight(layer='units', unit='3', part=('b',)), None)
    """
    parts = name.split(".")
    end = len(parts) - 2 if parts[-1].isdecimal() else len(parts) - 1  # where the name within the unit begins
    if end < 2 or not parts[end - 1].isdecimal() or parts[end - 2].isdecimal() or parts[end].isdecimal():
        return None
    if ".".join(parts[:end]) in with_rows:
        return None
    above = parts[: end - 2] if parts[end - 2] == UNITS else parts[: end - 1]
    return _Weight(".".join(above), parts[end - 1], tuple(parts[end:]))


def _zero(name: str, layer: _Layer) -> Finding:
    count = sum(len(part) > 1 for unit in layer.units.values() for part in unit)
    return Finding(
        "zero",
        name,
        f"all {count:,} weights are 0 and so are their gradients: the gradient of a weight is what it multiplies times "
        "what comes back to its unit, and one of these is 0 for all",
        "Draw initial weights at random; only biases and the last layer may start at 0",
    )


def _equal(name: str, count: int, different: int) -> Finding:
    said = (
        f"all {count:,} units have" if different == 1 else f"of {count:,} units only {different:,} differ; copies have"
    )
    return Finding(
        "equal",
        name,
        f"{said} the same weights and the same gradients, so every step leaves them the same, and they count as "
        + ("one unit" if different == 1 else f"{different:,} units"),
        "Draw initial weights at random; only biases and the last layer may start with equal numbers",
    )
