"""The sums at the end of a graph: the user adds up the outputs of a model, or the losses of several samples.

Python's `sum` over five numbers is a chain of four ops. A picture of boxes shows the chain as one node with five
inputs, so that an edge into it shows the gradients of all terms, whatever the order of addition.

The sums inside a cell, such as `f c + i g`, look the same; only the terms tell. The user adds numbers that are computed
alike: by the same ops from outputs of the same modules.
"""

from collections.abc import Sequence

from viz.graph.graph import Graph, Kind, Node
from viz.graph.roles import ADDING
from viz.graph.subgraph import users

_SCALING = frozenset({"div", "mul"})


def last_sums(graph: Graph, homes: Sequence[str]) -> dict[int, int]:
    """The sums of alike terms after which only sums follow, or the division of a mean, each with the last of its chain.

    A sum with a name is the last of its chain. One with several uses or in a module is part of none.

    Args:
        graph: the whole graph.
        homes: the module of each node, or "".
    """
    root = graph.root
    found = {root.number: root.number} if root.number in (alike := _sums_of_alike(graph, homes)) else {}
    using = users(graph)
    for node in reversed(graph.nodes[:-1]):
        if node.number in alike and not homes[node.number] and len(using[node.number]) == 1:
            (user,) = using[node.number]
            if user in found or (user == root.number and _adds_or_scales(graph, root)):
                found[node.number] = node.number if node.name else found.get(user, node.number)
    return found


def _adds_or_scales(graph: Graph, node: Node) -> bool:
    others = [edge for edge in graph.inputs[node.number] if graph.nodes[edge.source].kind is not Kind.CONSTANT]
    return node.function in ADDING or (node.function in _SCALING and len(others) == 1)


def _sums_of_alike(graph: Graph, homes: Sequence[str]) -> set[int]:
    """The sums whose terms are computed alike; a sum of such sums is one, too."""
    ways: dict[tuple[object, ...], int] = {}  # a number for each way to compute something
    way: list[int] = []
    found: set[int] = set()
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        terms = [way[edge.source] for edge in ends]
        if node.function in ADDING and len(terms) > 1 and len({*terms}) == 1:
            found.add(node.number)
            way.append(terms[0])
        else:
            home = homes[node.number]
            key = (home, node.function) if home else (node.kind, node.function, *terms)
            way.append(ways.setdefault(key, len(ways)))
    return found
