"""The layer, unit and array of a parameter, from its name.

Only the names of parameters are used, such as `layers.0.neurons.3.w.1`: an array of numbers (`w`) in a unit
(`neurons.3`) in a layer (`layers.0`). A layer whose parameters are matrices has a unit for each row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

UNITS: Final = "neurons"
"""The list in which a layer of `nn` keeps its units: `layers.0.neurons.3` is a part of the layer `layers.0`."""


class Place(NamedTuple):
    """The layer, unit and array of a parameter; those that its name does not tell are empty.

    Attributes:
        layer: the dotted name of the layer; `""` is the model itself.
        unit: the name of the unit within the layer; in a matrix, the index of the row.
        array: the dotted name of the array of numbers.

    >>> Place.of("layers.0.neurons.3.w.1")
    Place(layer='layers.0', unit='neurons.3', array='layers.0.neurons.3.w')
    >>> Place.of("head.weight.2.0"), Place.of("w.2")
    (Place(layer='head', unit='2', array='head.weight'), Place(layer='', unit='', array='w'))
    """

    layer: str
    unit: str
    array: str

    @classmethod
    def of(cls, name: str) -> Place:
        """The place for a dotted name."""
        array, numbers = split_numbers(name)
        above = array[:-1]
        if above[-2:-1] == [UNITS]:
            return cls(".".join(above[:-2]), ".".join(above[-2:]), ".".join(array))
        return cls(".".join(above), numbers[0] if len(numbers) > 1 else "", ".".join(array))


def places(names: Iterable[str]) -> dict[str, Place]:
    """The places of all parameters of a model. All names together tell more than each name alone.

    If a list of numbers is the only array of a layer, it holds the weights of one unit. If a layer has several arrays,
    such as the weights and biases of a matrix or the scales and shifts of a normalisation, each number in a list
    belongs to another unit.

    >>> {name: place.unit for name, place in places(["w.0", "w.1", "b", "head.weight.1.0", "head.bias.1"]).items()}
    {'w.0': '', 'w.1': '', 'b': '', 'head.weight.1.0': '1', 'head.bias.1': '1'}
    """
    found = {name: Place.of(name) for name in names}
    numbered = {(place.layer, place.array) for name, place in found.items() if split_numbers(name)[1]}
    several = {layer for layer, count in Counter(layer for layer, _ in numbered).items() if count > 1}
    return {
        name: place._replace(unit=split_numbers(name)[1][0]) if _is_unit(name, place, several) else place
        for name, place in found.items()
    }


def _is_unit(name: str, place: Place, several: Container[str]) -> bool:
    """Whether the index after the name of an array is that of a unit; the name alone does not tell."""
    return not place.unit and place.layer in several and bool(split_numbers(name)[1])


MODEL: Final = Place("", "", "")
"""The place of a parameter without a name."""


def split_numbers(name: str) -> tuple[list[str], list[str]]:
    """The parts of a dotted name up to the name of an array, and the indices after it.

    >>> split_numbers("head.weight.2.0")
    (['head', 'weight'], ['2', '0'])
    """
    parts = name.split(".")
    end = len(parts)
    while end > 1 and parts[end - 1].isdecimal():
        end -= 1
    return parts[:end], parts[end:]


def by_layer(named: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """Items with the names of parameters, grouped by layer.

    >>> by_layer([("first.w", 1.0), ("last.w", 2.0), ("first.b", 3.0)])
    {'first': [1.0, 3.0], 'last': [2.0]}
    """
    found: dict[str, list[T]] = {}
    for name, one in named:
        found.setdefault(Place.of(name).layer, []).append(one)
    return found
