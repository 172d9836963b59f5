"""Penalties: what a loss adds for the parameters themselves, such as `0.01 * sum(w * w for w in parameters)`.

A penalty is a sum of functions of single parameters. Its terms use the parameters of one module each, but belong to
none of them: the modules compute something else. A picture of boxes shows a penalty over several modules as one box,
with an edge from each of them.
"""

from collections.abc import Sequence
from typing import Final

from viz.graph.graph import Edge, Graph, Kind, Node
from viz.graph.roles import ADDING
from viz.graph.subgraph import users

PENALTY: Final = "penalty"
"""The name of the box."""

_SCALING: Final = frozenset({"add", "sub", "mul", "div", "neg", "pos"})
"""What makes of a parameter and constants no function of a penalty: a weight times an input is computed so, too."""


def penalties(graph: Graph, homes: Sequence[str]) -> set[int]:
    """The ops of the penalties over several modules, given the module of each parameter."""
    over: dict[int, frozenset[str]] = {}  # for each part of a penalty, the modules whose parameters it uses
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        sources = [edge.source for edge in ends if graph.nodes[edge.source].kind is not Kind.CONSTANT]
        is_sum = node.function in ADDING or len({*sources}) == 1
        if node is not graph.root and ((is_sum and over.keys() >= {*sources}) or _is_term(graph, node, ends)):
            over[node.number] = frozenset[str]().union(*(over.get(n, {homes[n]}) for n in sources))
    using = users(graph)
    found: set[int] = set()
    for number, modules in reversed(over.items()):
        is_end = len(modules) > 1 and over.keys().isdisjoint(using[number])
        if is_end or (using[number] and found.issuperset(using[number])):
            found.add(number)
    return found


def _is_term(graph: Graph, node: Node, ends: Sequence[Edge]) -> bool:
    """Whether it is a function of a single parameter, or a sum of squares of parameters."""
    if any(graph.nodes[edge.source].kind not in (Kind.PARAMETER, Kind.CONSTANT) for edge in ends):
        return False
    sources = [edge.source for edge in ends for _ in range(edge.count)]
    parameters = [n for n in sources if graph.nodes[n].kind is Kind.PARAMETER]
    half = len(sources) // 2
    if not parameters:
        return False
    if node.function in ("dot", "sumprod"):
        return sources[:half] == sources[half:]
    if node.function == "hypot":
        return len(parameters) == len(sources)
    is_product_with_itself = node.function == "mul" and len(parameters) == 2
    return len({*parameters}) == 1 and (node.function not in _SCALING or is_product_with_itself)
