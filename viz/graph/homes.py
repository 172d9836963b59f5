"""The modules of the nodes of a graph: which nodes a box for a module holds.

The modules are found from the names of parameters (see `modules`). Which nodes belong to a module follows from the
parameters that they use, in the order of the graph:

1. A parameter belongs to the box in its name.
2. An op with parameters among its inputs belongs to their box, if they share one. A sum of parameters alone, such as
   that of two biases, counts as a parameter there. The sum of a row of an embedding and what another module made of it
   belongs to neither.
3. Another op belongs to the box of its inputs (constants and leaves of the user do not count), if they share one and a
   later op uses parameters of another box: ops between two modules, such as activations, belong to the first one. Where
   no further box follows, the loss begins, and only one more op belongs to the box: a function of one input, such as an
   activation, unless losses begin with it, as with `softplus`.
4. A constant belongs to the box of the op that uses it.
5. What a recurrent cell computes with its gates belongs to the cell, see `cells`; a normalisation belongs to the module
   that scales its result, see `normalisations`.
6. A product of the weights of one module with the parameters of another, as after an embedding, belongs to the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from viz.graph.cells import STATE, Cells, cells
from viz.graph.graph import Edge, Graph, Kind, Node
from viz.graph.modules import GRU, LSTM, Boxes, PartName, all_kinds, is_entry
from viz.graph.normalisations import Normalisations, normalisations
from viz.graph.parts import part_names, parts_of_modules
from viz.graph.roles import ADDING

SHAPED: Final = frozenset({"leaky_relu", "elu", "celu", "clamp", "softshrink", "hardshrink"})
"""Activations with constants among their inputs, which set their shape."""

LOSSES: Final = frozenset({"softplus", "logsigmoid", "abs", "square", "log", "log1p"})
"""Functions that after the last module begin the loss, and are no activation of that module."""

_PRODUCTS: Final = frozenset({"dot", "mul", "sumprod"})


@dataclass(frozen=True, slots=True)
class Homes:
    """The module of each node of a graph, "" for none, and what is known of the nodes inside."""

    of: list[str]
    cells: Cells
    normalisations: Normalisations


def homes_of(graph: Graph, box_of: Boxes) -> Homes:
    """The module of each node, by the rules above."""
    homes = _homes_of_parameters(graph, box_of)
    normal = normalisations(graph, homes)
    gates = {n: place for n, place in parts_of_modules(graph).items() if place[1] in (*LSTM, *GRU)}
    cell = cells(graph, gates)
    known = normal.homes | _homes_of_cells(cell, box_of, all_kinds(gates))
    _follow(graph, homes, known)
    return Homes(homes, cell, normal)


def _homes_of_cells(cell: Cells, box_of: Boxes, kinds: Mapping[str, str]) -> dict[int, str]:
    """The box of each op of a cell; that of the state has its own name where the gates have theirs."""
    homes: dict[int, str] = {}
    kinds = {path: kind for path, kind in kinds.items() if path}
    box = cache(lambda name: box_of(PartName.of(name, kinds)))
    for number, (module, part) in cell.parts.items():
        gate = "candidate" if part == STATE else part
        home = box(f"{module}{gate}.x")
        homes[number] = f"{module}{STATE}" if part == STATE and home == f"{module}{gate}" else home
    return homes


def _follow(graph: Graph, homes: list[str], known: Mapping[int, str]) -> None:
    """Give homes to ops, given those of parameters and of the ops that are `known`."""
    anchored, followed = _followed(graph, homes, known)
    onward = _leads_on(graph, anchored)
    last: set[int] = set()  # activations after a module; the ops after them are not in its box
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        home = followed[node.number]
        if node.number in known:
            homes[node.number] = known[node.number]
            continue
        if not home:
            continue
        if anchored[node.number] or onward[node.number]:
            homes[node.number] = home
            continue
        source = _only_input(graph, node, ends)
        if source is not None and homes[source] == home and source not in last:
            homes[node.number] = home
            last.add(node.number)


def _homes_of_parameters(graph: Graph, box_of: Boxes) -> list[str]:
    """The box in the name of each parameter; "" for other nodes."""
    box, parts = cache(box_of), part_names(graph)
    return [box(parts.get(node.name, node.name)) if node.kind is Kind.PARAMETER else "" for node in graph.nodes]


def _followed(graph: Graph, homes: Sequence[str], known: Mapping[int, str]) -> tuple[list[bool], list[str]]:
    """For each node, whether its parameters share one box, and the box that it shares with its inputs, or ""."""
    anchored = [False] * len(graph.nodes)
    followed = [""] * len(graph.nodes)
    learned = [*homes]
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        if node.op:
            sources = [edge.source for edge in ends]
            own = {learned[source] for source in sources if learned[source]}
            if len(own) > 1 and (first := _home_of_weights(node, sources, homes)):
                own = {first}
            if node.function == "add" and len(own) == 1 and all(homes[source] for source in sources):
                learned[node.number] = next(iter(own))
            above = {followed[source] for source in sources if graph.nodes[source].op}
            if _adds_rows(graph, node, sources, homes) and above - own:
                own, above = set(), set()
            anchored[node.number] = len(own) == 1
            shared = own or above
            followed[node.number] = known.get(node.number, shared.pop() if len(shared) == 1 else "")
    return anchored, followed


def _adds_rows(graph: Graph, node: Node, sources: Sequence[int], homes: Sequence[str]) -> bool:
    """Whether an op adds numbers of a matrix as they are: rows of an embedding, and no bias."""
    names = [graph.nodes[source].name for source in sources if homes[source]]
    return node.function in ADDING and bool(names) and all(is_entry(name) for name in names)


def _home_of_weights(node: Node, sources: Sequence[int], homes: Sequence[str]) -> str:
    """The module of the first factors of a product of weights and parameters of others; "" if they have several."""
    half = len(sources) // 2
    first, second = ({homes[n] for n in some} for some in (sources[:half], sources[half:]))
    is_product = node.function in _PRODUCTS and len(sources) > 2 and len(first) == 1
    return next(iter(first)) if is_product and first != second else ""


def _leads_on(graph: Graph, anchored: Sequence[bool]) -> list[bool]:
    """For each node, whether an op that uses parameters depends on it."""
    onward = [False] * len(graph.nodes)
    for edge in reversed(graph.edges):
        if anchored[edge.target] or onward[edge.target]:
            onward[edge.source] = True
    return onward


def _only_input(graph: Graph, node: Node, ends: Sequence[Edge]) -> int | None:
    """The input of a function of one node, such as `relu(x)`; None for other ops."""
    sources = [edge.source for edge in ends if graph.nodes[edge.source].kind is not Kind.CONSTANT]
    is_function = node.op.isidentifier() and node.function not in LOSSES and (len(ends) == 1 or node.function in SHAPED)
    return sources[0] if is_function and len(sources) == 1 else None
