"""The parts of modules whose parameters are stacked: the gates of a recurrent cell, the projections of attention.

PyTorch's names say that `weight_ih` of an LSTM cell holds the weights of four gates, one below the other. Here each
part becomes a module of its own: the parameter `cell.weight_ih.5.0` of a cell of size 4 belongs to `cell.forget gate`.
The number of parts follows from the shape, which follows from the names: a matrix of 16 rows and 4 columns has four.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.modules import ATTENTION, GRU, LSTM, OUTPUT, PartName, all_kinds

_SQUARES: Final = {
    "weight_ih": "weight_hh",
    "weight_hh": "weight_hh",
    "bias_ih": "weight_hh",
    "bias_hh": "weight_hh",
    "in_proj_weight": "in_proj_weight",
    "in_proj_bias": "in_proj_weight",
}
"""For each array that is stacked, the array of squares in the same module that has as many rows."""

_UNSTACKED: Final = frozenset({"out_proj_weight", "out_proj_bias"})
_NAME: Final = re.compile(rf"(.*\.)?({'|'.join([*_SQUARES, *_UNSTACKED])})\.(\d+)(?:\.(\d+))?")


def is_part(name: str) -> bool:
    """Whether the name of a parameter is that of an array with parts.

    >>> is_part("cells.0.bias_ih.3"), is_part("layers.0.neurons.3.b")
    (True, False)
    """
    return _NAME.fullmatch(name) is not None


def part_names(graph: Graph) -> Mapping[str, str]:
    """For each parameter of a part, its name with the name of the part in it, such as `cell.forget gate.bias_ih.5`."""
    parts = parts_of_modules(graph)
    kinds = all_kinds(parts)
    kinds.pop("", None)
    return {
        name: PartName.of(f"{module}{part}.{name.removeprefix(module)}", kinds)
        for name, (module, part) in parts.items()
    }


def parts_of_modules(graph: Graph) -> dict[str, tuple[str, str]]:
    """For each parameter of a part, by its name, the module with a dot at the end, and the part."""
    found = {node.name: match for node in graph.nodes if (match := _parameter(node.kind, node.name))}
    shapes: dict[tuple[str, str], tuple[int, int]] = {}
    for match in found.values():
        module, array = match[1] or "", match[2]
        if match[4] and _SQUARES.get(array) == array:
            rows, columns = shapes.get((module, array), (0, 0))
            shapes[module, array] = max(rows, int(match[3]) + 1), max(columns, int(match[4]) + 1)
    stacks = {place: _stack(graph, found, place, -(-rows // columns)) for place, (rows, columns) in shapes.items()}
    named: dict[str, tuple[str, str]] = {}
    for name, match in found.items():
        module, array, row = match[1] or "", match[2], int(match[3])
        place = module, _SQUARES.get(array, "in_proj_weight")
        if stacks.get(place):
            part = OUTPUT if array in _UNSTACKED else stacks[place][row // shapes[place][1]]
            named[name] = module, part
    return named


def _parameter(kind: Kind, name: str) -> re.Match[str] | None:
    return _NAME.fullmatch(name) if kind is Kind.PARAMETER else None


def _stack(graph: Graph, found: dict[str, re.Match[str]], place: tuple[str, str], count: int) -> Sequence[str]:
    """The parts of a module, given how many there are; none if that number is not known here.

    The output gate of an LSTM whose output is not used is missing, so three parts are not yet a GRU: that has sums of
    the state alone.
    """
    module, square = place
    if square == "in_proj_weight":
        return ATTENTION if count <= len(ATTENTION) else ()
    if count == len(GRU):
        for ends in graph.inputs:
            names = [graph.nodes[edge.source].name for edge in ends]
            arrays = {found[name][2] for name in names if name in found and (found[name][1] or "") == module}
            if "weight_hh" in arrays and "weight_ih" not in arrays:
                return GRU
    return LSTM if 1 < count <= len(LSTM) else ()
