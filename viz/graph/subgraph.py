"""Which part of a graph is drawn: paths to some nodes, a depth, a neighbourhood, a number of nodes.

Each choice is a set of nodes, given as one flag for each node, and choices combine by "and". `subgraph` keeps the
chosen nodes. Every node that loses inputs gets a marker that shows how many nodes it stands for. A hidden node counts
for one marker only, the first that a walk from the kept nodes back to the leaves reaches, so the counts add up. If all
users of a kept node are hidden, it has an edge into their marker, so the graph stays connected.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from viz.graph.graph import EDGES_PER_NODE, Edge, Graph, Kind, Node

Flags = list[bool]
"""For each node of a graph, whether it is chosen."""


def users(graph: Graph) -> list[list[int]]:
    """For each node, the nodes of which it is an input."""
    using: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        using[edge.source].append(edge.target)
    return using


def on_paths(graph: Graph, ends: Sequence[int]) -> Flags:
    """The nodes on the paths from the root to `ends`, and constants that are the only other input of such a node."""
    flags = [False] * len(graph.nodes)
    for number in ends:
        flags[number] = True
    for edge in graph.edges:
        flags[edge.target] = flags[edge.target] or flags[edge.source]
    for number in [number for number, flag in enumerate(flags) if flag]:
        others = [edge.source for edge in graph.inputs[number] if not flags[edge.source]]
        if len(others) == 1 < len(graph.inputs[number]) and graph.nodes[others[0]].kind is Kind.CONSTANT:
            flags[others[0]] = True
    return flags


def within(graph: Graph, start: int, depth: int, both_ways: bool) -> Flags:
    """The nodes at most `depth` edges from `start`, towards the leaves or both ways. The root is always kept."""
    near = _distances(graph, start, both_ways)
    flags = [distance is not None and distance <= depth for distance in near]
    flags[-1] = True
    return flags


def nearest(graph: Graph, start: int, flags: Flags, max_nodes: int, both_ways: bool) -> Flags:
    """The first `max_nodes` of the flagged nodes by distance from `start`; the root is always among them."""
    far = len(graph.nodes)
    near = _distances(graph, start, both_ways)
    distances = [far if distance is None else distance for distance in near]
    candidates = [number for number, flag in enumerate(flags) if flag]
    last = len(graph.nodes) - 1
    chosen = sorted(candidates, key=lambda number: (number != last, distances[number]))[:max_nodes]
    kept = [False] * len(graph.nodes)
    for number in chosen:
        kept[number] = True
    return kept


def abridged(graph: Graph, depth: int, breadth: int) -> Flags:
    """The nodes at most `depth` edges from the root, of which at most `breadth` are equally far from it.

    A node is shown with all its inputs, or with as many as fill half of the room that is left for them.
    """
    flags = [False] * len(graph.nodes)
    level = [graph.root.number]
    flags[-1] = True
    for _ in range(depth):
        following: list[int] = []
        for number in level:
            new = [source for source in dict.fromkeys(e.source for e in graph.inputs[number]) if not flags[source]]
            room = breadth - len(following)
            for source in new[: room if len(new) <= room else (room + 1) // 2]:
                flags[source] = True
                following.append(source)
        level = following
    return flags


def _distances(graph: Graph, start: int, both_ways: bool) -> list[int | None]:
    """How many edges each node is from `start`, or None if there is no path."""
    using = users(graph) if both_ways else []
    distance: list[int | None] = [None] * len(graph.nodes)
    distance[start] = 0
    waiting = deque([(start, 0)])
    while waiting:
        number, far = waiting.popleft()
        around = [edge.source for edge in graph.inputs[number]]
        for other in around + using[number] if both_ways else around:
            if distance[other] is None:
                distance[other] = far + 1
                waiting.append((other, far + 1))
    return distance


def subgraph(graph: Graph, flags: Flags, chosen: str = "", max_edges: int | None = None) -> Graph:
    """The flagged nodes with their edges, and markers for the rest; `chosen` describes the flagged nodes.

    The root, the last node, must be flagged. Edges beyond `max_edges` are left out, by default 8 for each flagged node.
    """
    limit = EDGES_PER_NODE * sum(flags) if max_edges is None else max_edges
    drawn, lost = _split(graph, flags, limit)
    owner = _owners(graph, flags)
    entering = _entering(graph, flags, drawn, owner)
    hidden = [0] * len(graph.nodes)
    for number, by in enumerate(owner):
        if by is not None:
            hidden[by] += _weight(graph.nodes[number])
    nodes: list[Node] = []
    edges: list[Edge] = []
    moved: dict[int, int] = {}
    for node in (node for node, flag in zip(graph.nodes, flags, strict=True) if flag):
        ends = [replace(edge, source=moved[edge.source]) for edge in drawn[node.number]]
        if lost[node.number]:
            marker = len(nodes)
            count = sum(edge.count for edge in lost[node.number])
            nodes.append(Node(marker, Kind.MARKER, hidden_nodes=hidden[node.number], hidden_edges=count))
            edges += (Edge(moved[source], marker, None) for source in entering[node.number])
            ends.append(Edge(marker, -1, None))
        moved[node.number] = len(nodes)
        edges += (replace(edge, target=len(nodes)) for edge in ends)
        nodes.append(replace(node, number=len(nodes)))
    return Graph(tuple(nodes), tuple(edges), chosen, graph.about)


def _split(graph: Graph, flags: Flags, limit: int) -> tuple[list[list[Edge]], list[list[Edge]]]:
    """The edges that end at each flagged node: those that are drawn, at most `limit` in all, and the others."""
    drawn: list[list[Edge]] = [[] for _ in graph.nodes]
    lost: list[list[Edge]] = [[] for _ in graph.nodes]
    for number in range(len(graph.nodes) - 1, -1, -1):  # the edges nearest the root first
        for edge in graph.inputs[number] if flags[number] else ():
            fits = flags[edge.source] and limit > 0
            limit -= fits
            (drawn if fits else lost)[number].append(edge)
    return drawn, lost


def _weight(node: Node) -> int:
    """How many nodes of the Value graph a node stands for."""
    return node.hidden_nodes if node.kind is Kind.MARKER else node.folded_nodes or 1 + node.helpers


def _owners(graph: Graph, flags: Flags) -> list[int | None]:
    """For each hidden node the kept node with the marker that counts it: the first from which a walk reaches it."""
    owner: list[int | None] = [None] * len(graph.nodes)
    waiting = deque(
        (edge.source, number)
        for number in range(len(graph.nodes) - 1, -1, -1)
        if flags[number]
        for edge in graph.inputs[number]
    )
    while waiting:
        number, by = waiting.popleft()
        if flags[number] or owner[number] is not None:
            continue
        owner[number] = by
        waiting.extend((edge.source, by) for edge in graph.inputs[number])
    return owner


def _entering(
    graph: Graph, flags: Flags, drawn: Sequence[Sequence[Edge]], owner: Sequence[int | None]
) -> list[list[int]]:
    """For the marker of each node, the kept nodes that only hidden nodes use."""
    used = {edge.source for ends in drawn for edge in ends}
    entering: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        by = owner[edge.target]
        if flags[edge.source] and by is not None and edge.source not in used:
            used.add(edge.source)
            entering[by].append(edge.source)
    return entering
