"""Modules as boxes: a network of a thousand parameters, shown as a few boxes.

The modules are found from the names of parameters (see `modules`). Which nodes belong to a module follows from the
parameters that they use, in the order of the graph:

1. A parameter belongs to the box in its name.
2. An op with parameters among its inputs belongs to their box, if they share one. A sum of parameters alone, such as
   that of two biases, counts as a parameter there.
3. Another op belongs to the box of its inputs (constants and leaves of the user do not count), if they share one and a
   later op uses parameters of another box: ops between two modules, such as activations, belong to the first one. Where
   no further box follows, the loss begins, and only one more op belongs to the box: a function of one input, such as an
   activation, unless losses begin with it, as with `softplus`.
4. A constant belongs to the box of the op that uses it. The root belongs to no box.

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
from functools import cache
from heapq import heapify, heappop, heappush
from math import hypot
from typing import Final

from viz.graph.graph import LEAVES, Edge, Graph, Kind, Node
from viz.graph.modules import Boxes, is_named
from viz.graph.parts import part_names
from viz.graph.penalties import PENALTY, penalties
from viz.graph.roles import ADDING, ROLE_NAMES, Role, formula, penalty_formula, role_of_rest, symbols
from viz.graph.subgraph import users
from viz.graph.sums import last_sums

OPERATIONS: Final = "operations"
LEFTOVER_LEAVES: Final = "leaves"

Key = tuple[str, str, int]
"""Identity of a cluster of nodes: what kind it is, the name of its box, and its part if it was split."""

SHAPED: Final = frozenset({"leaky_relu", "elu", "celu", "clamp", "softshrink", "hardshrink"})
"""Activations with constants among their inputs, which set their shape."""

LOSSES: Final = frozenset({"softplus", "logsigmoid", "abs", "square", "log", "log1p"})
"""Functions that after the last module begin the loss, and are no activation of that module."""

_MODULE: Final = "module"
_REST: Final = "rest"
_SINGLE: Final = "single"
_SUM: Final = "sum"


def collapsed(graph: Graph, box_of: Boxes, opened: Sequence[str] = (), rest: bool = True) -> tuple[Graph, list[int]]:
    """Fold the modules of `graph` into boxes.

    Args:
        graph: the whole graph.
        box_of: the name of the box for the name of a parameter, or "".
        opened: names of boxes whose nodes are not folded, or patterns of names.
        rest: whether to fold nodes outside all modules, too.

    Returns:
        The graph of boxes, and for each old node the number of its new node or of the box around it.
    """
    homes = _homes(graph, box_of)
    penalty = penalties(graph, homes) if rest else set()
    for number in penalty:
        homes[number] = ""
    _release_terms_of_root(graph, homes)
    drawn = {home: not home or is_named(home, opened) for home in homes}
    keys: list[Key] = [(_SINGLE, "", i) if drawn[home] else (_MODULE, home, 0) for i, home in enumerate(homes)]
    if rest:
        _fold_rest(graph, keys, homes, opened)
    for number in penalty:
        keys[number] = (_SINGLE, "", number) if is_named(PENALTY, opened) else (_REST, PENALTY, 0)
    _adopt_constants(graph, keys)
    _release_singles(graph, keys)
    _split_cycles(graph, keys)
    _release_singles(graph, keys)
    return _fold(graph, keys)


def _homes(graph: Graph, box_of: Boxes) -> list[str]:
    """The module of each node, by the rules above; "" for none."""
    homes = _homes_of_parameters(graph, box_of)
    anchored, followed = _followed(graph, homes)
    onward = _leads_on(graph, anchored)
    last: set[int] = set()  # activations after a module; the ops after them are not in its box
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        home = followed[node.number]
        if not home or node is graph.root:
            continue
        if anchored[node.number] or onward[node.number]:
            homes[node.number] = home
            continue
        source = _only_input(graph, node, ends)
        if source is not None and homes[source] == home and source not in last:
            homes[node.number] = home
            last.add(node.number)
    return homes


def _release_terms_of_root(graph: Graph, homes: list[str]) -> None:
    """Take parameters that only the root adds out of the modules that compute its other terms."""
    terms = {edge.source for edge in graph.inputs[graph.root.number]} if graph.root.function in ADDING else set()
    computed = {homes[number] for number in terms if graph.nodes[number].op}
    using = users(graph)
    for number in terms:
        if graph.nodes[number].kind is Kind.PARAMETER and len(using[number]) == 1 and homes[number] in computed:
            homes[number] = ""


def _homes_of_parameters(graph: Graph, box_of: Boxes) -> list[str]:
    """The box in the name of each parameter; "" for other nodes."""
    box, parts = cache(box_of), part_names(graph)
    return [box(parts.get(node.name, node.name)) if node.kind is Kind.PARAMETER else "" for node in graph.nodes]


def _followed(graph: Graph, homes: Sequence[str]) -> tuple[list[bool], list[str]]:
    """For each node, whether its parameters share one box, and the box that it shares with its inputs, or ""."""
    anchored = [False] * len(graph.nodes)
    followed = [""] * len(graph.nodes)
    learned = [*homes]
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        if node.op:
            sources = [edge.source for edge in ends]
            own = {learned[source] for source in sources if learned[source]}
            if node.function == "add" and len(own) == 1 and all(homes[source] for source in sources):
                learned[node.number] = next(iter(own))
            above = {followed[source] for source in sources if graph.nodes[source].op}
            anchored[node.number] = len(own) == 1
            shared = own or above
            followed[node.number] = shared.pop() if len(shared) == 1 else ""
    return anchored, followed


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


def _fold(graph: Graph, keys: Sequence[Key]) -> tuple[Graph, list[int]]:
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
    roles = _roles(graph, clusters)
    names = _titles([(key, roles[key][0] or key[1]) for key in order])
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


def _roles(graph: Graph, clusters: Mapping[Key, _Cluster]) -> dict[Key, Role]:
    """For each cluster a name that says what it computes, and the formula; empty if that is not known."""
    before: dict[Key, list[str]] = defaultdict(list)
    for key, cluster in clusters.items():
        for target in cluster.after:
            before[target].append(key[1])
    keys = {number: key for key, cluster in clusters.items() for number in cluster.members}
    outputs: dict[Key, dict[int, None]] = defaultdict(dict)
    for edge in graph.edges:
        if keys[edge.source] != keys[edge.target]:
            outputs[keys[edge.source]][edge.source] = None
    roles: dict[Key, Role] = {}
    for key, cluster in clusters.items():
        roles[key] = "", ""
        if key[0] == _MODULE:
            roles[key] = "", formula(graph, cluster.members, list(outputs[key]))
        elif key[1] == PENALTY:
            roles[key] = "", penalty_formula(graph, cluster.members)
        elif key[1] == OPERATIONS:
            name, text = role_of_rest(graph, cluster.members, before[key])
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
    return Node(
        -1,
        Kind.MODULE if parameters else Kind.GROUP,
        name,
        gradient=hypot(*gradients) if gradients else None,
        folded_nodes=sum(1 + graph.nodes[member].helpers for member in members),
        parameters=len(parameters),
    )


def _bundle(graph: Graph, edges: Sequence[Edge], source: Node, target: Node) -> list[Edge]:
    """The edges between two single nodes unchanged; if either is a box, one edge for all of them."""
    ends = source.number, target.number
    if not source.folded_nodes and not target.folded_nodes:
        return [replace(edge, source=ends[0], target=ends[1]) for edge in edges]
    passed = [amount for edge in edges if (amount := graph.contribution(edge)) is not None]
    return [Edge(*ends, None, len(edges), hypot(*passed) if passed else None)]
