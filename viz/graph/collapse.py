"""Modules as boxes: a network of a thousand parameters, shown as a few boxes.

Which module each node belongs to says `homes`. A module that is called several times in a row is a box for each call,
see `calls`. If the module that computes the root is folded, the root stays beside its box, as the output of it.

When a whole level is collapsed, the remaining nodes are folded, too: ops into a box named after what they compute or
else `operations`, and leaves that lead to the same boxes into a box named after the common beginning of their names, or
`leaves`; a penalty over several modules has a box of its own, see `penalties`. The sums with which the user adds up
outputs or losses are in no box: a chain of them is one node, see `sums`. Nor is a parameter that only the root adds,
such as a last bias.

Folding must not make a cycle. Where modules call each other in turns, as in a decoder that is fed its own output, every
box in such a cycle is split by the number of changes of module on the longest path from the leaves. That number rises
along every edge between boxes. The parts are named `cell (1 of 3)` and so on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from math import hypot
from typing import Final

from viz.graph.calls import call_levels, levels_of
from viz.graph.formulas import Formulas
from viz.graph.graph import LEAVES, Edge, Graph, Kind, Node
from viz.graph.homes import Homes, homes_of
from viz.graph.modules import Boxes, all_kinds, is_named, title
from viz.graph.penalties import PENALTY, penalties
from viz.graph.roles import ROLE_NAMES, Role, penalty_formula, role_of_rest, symbols
from viz.graph.sums import last_sums

OPERATIONS: Final = "operations"
LEFTOVER_LEAVES: Final = "leaves"

Key = tuple[str, str, int]
"""Identity of a cluster of nodes: what kind it is, the name of its box, and its part if it was split."""

_FEWEST: Final = 2
"""A root and a single node make no box with an output."""

_MODULE: Final = "module"
_REST: Final = "rest"
_SINGLE: Final = "single"
_SUM: Final = "sum"


def collapsed(
    graph: Graph, box_of: Boxes, opened: Sequence[str] = (), *, rest: bool = True, by_call: bool = True
) -> tuple[Graph, list[int]]:
    """Fold the modules of `graph` into boxes.

    Args:
        graph: the whole graph.
        box_of: the name of the box for the name of a parameter, or "".
        opened: names of boxes whose nodes are not folded, or patterns of names.
        rest: whether to fold nodes outside all modules, too.
        by_call: whether a module that is called several times in a row is a box for each call.

    Returns:
        The graph of boxes, and for each old node the number of its new node or of the box around it.
    """
    homes, kinds = homes_of(graph, box_of), all_kinds(node.name for node in graph.nodes)
    home = homes.of[graph.root.number]
    if home and (_is_opened(home, kinds, opened) or sum(other == home for other in homes.of) <= _FEWEST):
        homes.of[graph.root.number] = home = ""
    if not home:
        return _collapsed(graph, homes, kinds, opened, rest=rest, by_call=by_call)
    whole = _with_output(graph)
    homes.of.append("")
    folded, moved = _collapsed(whole, homes, kinds, opened, rest=rest, by_call=by_call)
    output = moved.pop()
    inner = moved[graph.root.number]
    box = folded.nodes[inner]
    nodes = [*folded.nodes]
    nodes[inner] = replace(box, folded_nodes=box.folded_nodes - 1)  # the root is the node of the output
    moved[graph.root.number] = output
    return replace(folded, nodes=tuple(nodes)), moved


def _with_output(graph: Graph) -> Graph:
    """The graph with a node for its root as the output of a box, after the op that computes it."""
    root, number = graph.root, len(graph.nodes)
    inner = replace(root, kind=Kind.OP, name="")
    serial = root.number if root.serial is None else root.serial
    output = replace(root, number=number, op="", function="", formula="", helpers=0, serial=serial)
    edges = *graph.edges, Edge(root.number, number, 1.0)
    return replace(graph, nodes=(*graph.nodes[:-1], inner, output), edges=edges)


def _collapsed(
    graph: Graph, homes: Homes, kinds: Mapping[str, str], opened: Sequence[str], *, rest: bool, by_call: bool
) -> tuple[Graph, list[int]]:
    penalty = penalties(graph, homes.of) if rest else set()
    for number in penalty:
        homes.of[number] = ""
    levels = call_levels(graph, homes.of) if by_call else {}
    drawn = {home: not home or _is_opened(home, kinds, opened) for home in homes.of}
    keys: list[Key] = []
    for number, home in enumerate(homes.of):
        calls = levels_of(home, levels)
        keys.append((_SINGLE, "", number) if drawn[home] else (_MODULE, home, calls[number] if calls else 0))
    if rest:
        _fold_rest(graph, keys, homes.of, opened)
    for number in penalty:
        keys[number] = (_SINGLE, "", number) if is_named(PENALTY, opened) else (_REST, PENALTY, 0)
    _adopt_constants(graph, keys)
    _release_singles(graph, keys)
    _split_cycles(graph, keys)
    _release_singles(graph, keys)
    return _fold(graph, keys, homes, kinds)


def _is_opened(home: str, kinds: Mapping[str, str], opened: Sequence[str]) -> bool:
    return is_named(home, opened) or is_named(title(home, kinds), opened)


def _fold_rest(graph: Graph, keys: list[Key], homes: Sequence[str], opened: Sequence[str]) -> None:
    """Give boxes to ops and leaves outside all modules."""
    targets: list[set[Key]] = [set() for _ in graph.nodes]
    left = [node for node in graph.nodes if not homes[node.number] and node is not graph.root]
    are_opened = any(is_named(name, opened) for name in (OPERATIONS, *ROLE_NAMES))
    for node in left if not are_opened else ():
        if node.op:
            keys[node.number] = (_REST, OPERATIONS, 0)
    for number, last in last_sums(graph, homes).items() if not are_opened else ():
        keys[number] = (_SUM, "", last)
    for edge in graph.edges:
        targets[edge.source].add(keys[edge.target])
    alike: dict[tuple[Key, ...], list[int]] = defaultdict(list)
    for node in left:
        if node.kind in LEAVES:
            alike[tuple(sorted(targets[node.number]))].append(node.number)
    for part, numbers in enumerate(alike.values()):
        name = common_name(graph.nodes[number].name for number in numbers)
        if not is_named(name, opened):
            for number in numbers:
                keys[number] = (_REST, name, part)


def common_name(names: Iterable[str]) -> str:
    """The common beginning of the names of leaves, without the index.

    >>> common_name(["x[0]", "x[1]", "x[12]"]), common_name(["a", "b"])
    ('x', 'leaves')
    """
    given = list(names)
    first, last = min(given), max(given)  # all names share what these two share
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length].rstrip("[.'\"_0123456789") or LEFTOVER_LEAVES


def _adopt_constants(graph: Graph, keys: list[Key]) -> None:
    for edge in graph.edges:
        if graph.nodes[edge.source].kind is Kind.CONSTANT and keys[edge.target][0] != _SINGLE:
            keys[edge.source] = keys[edge.target]


def _release_singles(graph: Graph, keys: list[Key]) -> None:
    """Take single nodes out of their boxes: a box around one node and its constants would only hide it."""
    size: dict[Key, int] = defaultdict(int)
    for node in graph.nodes:
        size[keys[node.number]] += node.kind is not Kind.CONSTANT
    for number, key in enumerate(keys):
        if size[key] <= 1:
            keys[number] = (_SINGLE, "", number)


def _split_cycles(graph: Graph, keys: list[Key]) -> None:
    """Split the boxes that lie in or between cycles by the changes of box on the longest path from the leaves."""
    cyclic = _in_cycles(graph, keys)
    if not cyclic:
        return
    changes = [0] * len(graph.nodes)
    for edge in graph.edges:
        source, target = edge.source, edge.target
        changes[target] = max(changes[target], changes[source] + (keys[source] != keys[target]))
    for number, level in _first_uses(graph, keys, changes).items():
        changes[number] = level
    for number, key in enumerate(keys):
        if key in cyclic and key[0] != _SINGLE:
            keys[number] = (key[0], key[1], -1 - changes[number])  # below 0, the numbers of no other parts


def _first_uses(graph: Graph, keys: Sequence[Key], changes: Sequence[int]) -> dict[int, int]:
    """The lowest level of the uses of each leaf and constant; a use in another box counts as one level lower."""
    first: dict[int, int] = {}
    for edge in graph.edges:
        source, target = edge.source, edge.target
        if not graph.nodes[source].op:
            level = changes[target] - (keys[source] != keys[target])
            first[source] = min(first.get(source, level), level)
    return first


def _in_cycles(graph: Graph, keys: Sequence[Key]) -> set[Key]:
    """The clusters in and between cycles, which are left over when sorting topologically from either end."""
    pairs = dict.fromkeys(
        (keys[edge.source], keys[edge.target]) for edge in graph.edges if keys[edge.source] != keys[edge.target]
    )
    left = dict.fromkeys(keys)
    for forward in (True, False):
        after: dict[Key, list[Key]] = defaultdict(list)
        missing: dict[Key, int] = defaultdict(int)
        for source, target in pairs if forward else ((b, a) for a, b in pairs):
            if source in left and target in left:
                after[source].append(target)
                missing[target] += 1
        ready = [key for key in left if not missing[key]]
        for key in ready:
            del left[key]
            for target in after[key]:
                missing[target] -= 1
                if not missing[target]:
                    ready.append(target)
    return set(left)


@dataclass(slots=True)
class _Cluster:
    """The numbers of the nodes that become one node, and the clusters that have this node as an input."""

    members: list[int] = field(default_factory=list)
    after: dict[Key, None] = field(default_factory=dict)
    missing: int = 0


def _fold(graph: Graph, keys: Sequence[Key], homes: Homes, kinds: Mapping[str, str]) -> tuple[Graph, list[int]]:
    clusters: dict[Key, _Cluster] = {}
    for number, key in enumerate(keys):
        clusters.setdefault(key, _Cluster()).members.append(number)
    for edge in graph.edges:
        source, target = keys[edge.source], keys[edge.target]
        if source != target and target not in clusters[source].after:
            clusters[source].after[target] = None
            clusters[target].missing += 1
    order = _order(clusters)
    index_of = {key: index for index, key in enumerate(order)}
    roles = _roles(graph, clusters, homes)
    names = _titles([(key, roles[key][0] or title(key[1], kinds)) for key in order])
    moved = [index_of[key] for key in keys]
    folded_edges = [0] * len(order)
    bundles: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        pair = moved[edge.target], moved[edge.source]
        if pair[0] == pair[1]:
            folded_edges[pair[0]] += 1
        else:
            bundles[pair].append(edge)
    nodes = [
        replace(
            _node(graph, clusters[key].members, key, names[key]),
            number=i,
            folded_edges=folded_edges[i],
            formula=roles[key][1],
        )
        for i, key in enumerate(order)
    ]
    edges: list[Edge] = []
    for pair in sorted(bundles, key=lambda pair: (pair[0], bundles[pair][0].source)):
        edges += _bundle(graph, bundles[pair], nodes[pair[1]], nodes[pair[0]])
    return Graph(tuple(nodes), tuple(edges), graph.chosen), moved


def _order(clusters: dict[Key, _Cluster]) -> list[Key]:
    """The clusters in topological order; among those that could come next, the one with the first node."""
    ready = [(cluster.members[0], key) for key, cluster in clusters.items() if not cluster.missing]
    heapify(ready)
    order = []
    while ready:
        _, key = heappop(ready)
        order.append(key)
        for target in clusters[key].after:
            clusters[target].missing -= 1
            if not clusters[target].missing:
                heappush(ready, (clusters[target].members[0], target))
    return order


def _roles(graph: Graph, clusters: Mapping[Key, _Cluster], homes: Homes) -> dict[Key, Role]:
    """For each cluster a name that says what it computes, and the formula; empty if that is not known."""
    keys = {number: key for key, cluster in clusters.items() for number in cluster.members}
    outputs: dict[Key, dict[int, None]] = defaultdict(dict)
    for edge in graph.edges:
        if keys[edge.source] != keys[edge.target]:
            outputs[keys[edge.source]][edge.source] = None
    formulas = Formulas(graph, homes)
    roles: dict[Key, Role] = {}
    for key, cluster in clusters.items():
        roles[key] = "", ""
        if key[0] == _MODULE:
            roles[key] = "", formulas.of(key[1], cluster.members, list(outputs[key]))
        elif key[1] == PENALTY:
            roles[key] = "", penalty_formula(graph, cluster.members)
        elif key[1] == OPERATIONS:
            name, text = role_of_rest(graph, cluster.members)
            roles[key] = name, text or symbols(graph, cluster.members)
    return roles


def _titles(named: Sequence[tuple[Key, str]]) -> dict[Key, str]:
    """The name of each box, with its index among the parts if the box was split."""
    parts: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key, name in named:
        parts[(key[0], name) if key[0] == _MODULE or key[1] == OPERATIONS else (key[0], repr(key))].append(key)
    names = dict(named)
    return {
        key: f"{names[key]} ({index} of {len(group)})" if len(group) > 1 and key[0] != _SINGLE else names[key]
        for group in parts.values()
        for index, key in enumerate(group, 1)
    }


def _node(graph: Graph, members: Sequence[int], key: Key, name: str) -> Node:
    """The only member, a sum, or a box for all members; its number is set later."""
    if len(members) == 1:
        return graph.nodes[members[0]]
    inside = [graph.nodes[member] for member in members]
    if key[0] == _SUM:
        helpers = len(inside) - 1 + sum(node.helpers for node in inside)
        return replace(inside[-1], op="sum", function="sum", helpers=helpers)
    parameters = [node for node in inside if node.kind is Kind.PARAMETER]
    learned = parameters or [node for node in inside if node.kind in LEAVES]
    gradients = [node.gradient for node in learned if node.gradient is not None]
    used = {edge.source for member in members for edge in graph.inputs[member]}.difference(members)
    is_module = key[0] == _MODULE
    shared = sum(graph.nodes[n].kind is Kind.PARAMETER for n in used) if is_module and not parameters else 0
    return Node(
        -1,
        Kind.MODULE if is_module else Kind.GROUP,
        name,
        gradient=hypot(*gradients) if gradients else None,
        folded_nodes=sum(1 + graph.nodes[member].helpers for member in members),
        parameters=len(parameters),
        shared=shared,
    )


def _bundle(graph: Graph, edges: Sequence[Edge], source: Node, target: Node) -> list[Edge]:
    """The edges between two single nodes unchanged; if either is a box, one edge for all of them."""
    ends = source.number, target.number
    if not source.folded_nodes and not target.folded_nodes:
        return [replace(edge, source=ends[0], target=ends[1]) for edge in edges]
    passed = [amount for edge in edges if (amount := graph.contribution(edge)) is not None]
    return [Edge(*ends, None, len(edges), hypot(*passed) if passed else None)]
