"""The calls of a module that depend on each other: the steps of a recurrent network, or a layer called on its output.

A box for all of them would hide what a step computes, so a picture shows a box for each. The calls for several samples
do not depend on each other and stay together. Nodes have a *level*: how many ops on the longest path to them use
parameters of one array of the module, that with the most. What a call computes without an earlier one, such as `W x` of
a gate, belongs to the call that uses it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from viz.graph.cells import STATE
from viz.graph.graph import Graph, Kind
from viz.graph.modules import LSTM
from viz.graph.subgraph import users

MOST_CALLS: Final = 12
"""A module with more calls in a row is one box, because no picture has room for them."""


def call_levels(graph: Graph, homes: Sequence[str]) -> dict[str, list[int]]:
    """For each module with several calls in a row, the number of the call of each node, from 1; 0 outside all calls."""
    using = users(graph)
    found = {}
    for home in _repeated(graph, homes, using):
        own = [number for number, other in enumerate(homes) if other == home]
        every = [_raised(graph, homes, home, uses, using) for uses in _uses_of_arrays(graph, own, using)]
        levels = max(every, key=max)
        if max(levels) > 1 and _is_called_again(own, levels, graph, using):
            found[home] = levels
    return found


def _repeated(graph: Graph, homes: Sequence[str], using: Sequence[Sequence[int]]) -> list[str]:
    """The modules with a parameter whose uses are not equally far from the leaves: only they may depend on another."""
    depth = [0] * len(graph.nodes)
    for edge in graph.edges:
        depth[edge.target] = max(depth[edge.target], depth[edge.source] + 1)
    parameters = (node.number for node in graph.nodes if node.kind is Kind.PARAMETER and homes[node.number])
    return list(dict.fromkeys(homes[n] for n in parameters if len({depth[user] for user in using[n]}) > 1))


def _uses_of_arrays(graph: Graph, own: Sequence[int], using: Sequence[Sequence[int]]) -> list[set[int]]:
    """For each array of the module, the ops that use it."""
    by_array: dict[str, set[int]] = defaultdict(set)
    for number in own:
        node = graph.nodes[number]
        if node.kind is Kind.PARAMETER:
            by_array[re.sub(r"(?<=\.)\d+", "", node.name)].update(using[number])
    return list(by_array.values())


def _raised(graph: Graph, homes: Sequence[str], home: str, uses: set[int], using: Sequence[Sequence[int]]) -> list[int]:
    """The levels of all nodes, those of nodes that wait for a later call raised to it."""
    levels = [0] * len(graph.nodes)
    for ends, node in zip(graph.inputs, graph.nodes, strict=True):
        levels[node.number] = max((levels[edge.source] for edge in ends), default=0) + (node.number in uses)
    inside = (home, home.removesuffix(LSTM[2]) + STATE) if home.endswith(LSTM[2]) else (home,)
    for number in range(len(levels) - 1, -1, -1):
        later = using[number]
        if homes[number] in inside and later and graph.nodes[number].op:
            if uses.isdisjoint(later) and all(homes[user] in inside for user in later):
                levels[number] = max(levels[number], min(levels[user] for user in later))
        elif homes[number] == home and not graph.nodes[number].op:
            levels[number] = min((levels[user] for user in later if homes[user] == home), default=1)
    return levels


def levels_of(home: str, levels: Mapping[str, list[int]]) -> list[int] | None:
    """The levels of a module. The state of a cell, which has no parameters, changes with its candidate."""
    if home.rpartition(".")[2] == STATE:
        home = home.removesuffix(STATE) + LSTM[2]
    return levels.get(home)


def _is_called_again(own: Sequence[int], levels: Sequence[int], graph: Graph, using: Sequence[Sequence[int]]) -> bool:
    """Whether several parameters are used on two levels, and on not too many; a single one may just be used twice."""
    parameters = [n for n in own if graph.nodes[n].kind is Kind.PARAMETER]
    counts = [len({levels[user] for user in using[number]}) for number in parameters]
    return sum(count > 1 for count in counts) > 1 and max(counts) <= MOST_CALLS
