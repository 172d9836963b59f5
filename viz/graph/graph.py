"""A frozen copy of a Value graph for a picture: nodes, edges, kinds and numbers.

Pictures read Values in this file only; `explain`, `latex` and `diagnose` read them directly. `snapshot` copies what a
picture needs, so a `Drawing` does not change when `backward()` runs again and does not keep a million Values alive.
`record` copies the whole graph, for the views that choose or fold nodes afterwards: `expand`, `collapse`, `helpers` and
`subgraph` make one Graph from another.

If the graph is larger than `max_nodes`, the part nearest the root is kept, breadth first, and every node that loses
inputs gets a *marker* that shows how many nodes are hidden there. A hidden node counts for the one marker through which
a breadth-first walk reaches it first, so the counts of all markers add up.

Nodes are numbered in depth-first topological order, so the numbers depend on the graph alone. A view that leaves nodes
out still shows the numbers that they have in the whole graph.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from autograd_core import Value
from autograd_core.diagnosis import remark
from autograd_core.graph.chain_rule import contributions
from autograd_core.graph.edges import passes_nothing
from viz.graph.arguments import NO_LIMIT
from viz.graph.modules import is_parameter_name
from viz.graph.order import inputs_first, numbering
from viz.graph.variable_names import Scopes, find_names, root_name

EDGES_PER_NODE: Final = 8
"""Edges drawn for each node of the budget. Arithmetic needs at most two; the limit is for `sum([x] * 100_000)`, which
is two nodes and a hundred thousand edges."""


class Kind(StrEnum):
    """The kind of a node, which sets its shape and colour."""

    LEAF = "leaf"
    PARAMETER = "parameter"
    CONSTANT = "constant"
    OP = "op"
    ROOT = "root"
    MARKER = "marker"
    MODULE = "module"
    GROUP = "group"


BOXES: Final = frozenset({Kind.MODULE, Kind.GROUP})
"""Kinds of nodes that stand for several nodes of the Value graph."""

LEAVES: Final = frozenset({Kind.LEAF, Kind.PARAMETER})
"""Kinds of nodes without an op that have a gradient."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the picture.

    Attributes:
        number: its index in the topological order.
        kind: what it is.
        name: its label or a variable that holds it; may be empty.
        op: the symbol of its op; empty for a leaf.
        data: its data; None for a marker and a box.
        gradient: the gradient of the root with respect to it; for a module the norm of the gradients of its parameters,
            for another box the norm of those of its leaves; None for a constant and a marker.
        hidden_nodes: how many nodes a marker stands for.
        hidden_edges: how many edges a marker stands for.
        remark: `"dead"` or `"saturated"` for a unit that passes no gradient on, else empty.
        origin: the file and line that made it, if requested and known.
        function: the name of its op, which unlike the symbol is unique; empty for a leaf.
        folded_nodes: how many nodes are inside a box.
        folded_edges: how many edges have both ends inside a box.
        parameters: how many of the nodes inside a box are parameters.
        shared: how many parameters a box uses that are inside another one, if it is a later call of a module.
        formula: what a box computes, if that is known.
        serial: its number in the whole graph, which every view shows; None if that is `number`.
        helpers: how many more nodes are shown as this one; see `helpers`.
        lines: what is written in a node of a program instead of data and gradient.
        is_of_program: whether it is one.
        place: the index of the input that the result of a function belongs to, as `1` for `softmax(x)[1]`.
    """

    number: int
    kind: Kind
    name: str = ""
    op: str = ""
    data: float | None = None
    gradient: float | None = None
    hidden_nodes: int = 0
    hidden_edges: int = 0
    remark: str = ""
    origin: str = ""
    function: str = ""
    folded_nodes: int = 0
    folded_edges: int = 0
    parameters: int = 0
    shared: int = 0
    formula: str = ""
    serial: int | None = None
    helpers: int = 0
    place: int | None = None
    lines: tuple[str, ...] = ()
    is_of_program: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """One input of one node: the numbers of both ends, and the local derivative (None from a constant or a marker).

    `structural` says whether the derivative is a structural zero, through which nothing passes.

    An edge of a box may stand for many edges: `count` is how many, and `passed` is the norm of their contributions.
    In the picture of a program, `shape` is the shape of the numbers that an edge carries, and `is_flow` is True.
    """

    source: int
    target: int
    derivative: float | None
    count: int = 1
    passed: float | None = None
    structural: bool = False
    shape: str = ""
    is_flow: bool = False


@dataclass(frozen=True)
class Graph:
    """The nodes, in topological order with the root last, and the edges, by target and then by input.

    `chosen` describes the nodes that were kept, if some were left out; empty for those nearest the root. `about` says
    what a graph shows that is no graph of Values: a program.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    chosen: str = ""
    about: str = ""

    @property
    def root(self) -> Node:
        """The root of the Value graph."""
        return self.nodes[-1]

    @cached_property
    def inputs(self) -> tuple[tuple[Edge, ...], ...]:
        """The edges that end at each node."""
        ending: list[list[Edge]] = [[] for _ in self.nodes]
        for edge in self.edges:
            ending[edge.target].append(edge)
        return tuple(map(tuple, ending))

    @property
    def hidden(self) -> int:
        """How many nodes of the Value graph the picture leaves out."""
        return sum(node.hidden_nodes for node in self.nodes)

    @property
    def folded(self) -> int:
        """How many nodes of the Value graph are inside boxes."""
        return sum(node.folded_nodes for node in self.nodes)

    @property
    def boxes(self) -> int:
        """How many boxes stand for several nodes each."""
        return sum(node.kind in BOXES for node in self.nodes)

    @property
    def helpers(self) -> int:
        """How many nodes of the Value graph are shown as the node that they help."""
        return sum(node.helpers for node in self.nodes)

    @property
    def drawn(self) -> int:
        """How many nodes of the Value graph the picture shows as nodes of their own."""
        return sum(node.kind is not Kind.MARKER and node.kind not in BOXES for node in self.nodes)

    @property
    def drawn_edges(self) -> int:
        """How many edges the picture shows, without those of markers; one to or from a box may stand for many."""
        return sum(not self.ends_at_marker(edge) for edge in self.edges)

    def ends_at_marker(self, edge: Edge) -> bool:
        """Whether one end of an edge is a marker."""
        return Kind.MARKER in (self.nodes[edge.source].kind, self.nodes[edge.target].kind)

    def contribution(self, edge: Edge) -> float | None:
        """The contribution of an edge to the gradient of its source: upstream gradient times local derivative.

        None for an edge from a constant or a marker. For an edge that stands for many, the norm of their contributions.
        """
        upstream = self.nodes[edge.target].gradient
        if edge.passed is not None or edge.derivative is None or upstream is None:
            return edge.passed
        sums = {edge.target: upstream} if edge.target in self._reached else {}
        (step,) = contributions([[(edge.target, edge.source, 0, edge.derivative, edge.structural)]], sums)
        return float(step.product)

    @cached_property
    def _reached(self) -> frozenset[int]:
        """The nodes that the gradient of the root reaches, found by a sweep in which every derivative is 1."""
        sums = {node.number: 1.0 for node in self.nodes if node.gradient or node is self.root}
        order = ([(e.target, e.source, 0, 1.0, e.structural) for e in ends] for ends in reversed(self.inputs))
        steps = contributions(order, sums)
        return frozenset({*sums, *(step.target for step in steps if step.product)})


@dataclass(slots=True)
class _Shown:
    """A Value inside the budget, its inputs, the indices of those that are drawn, and a count of the others."""

    value: Value
    inputs: tuple[Value | float, ...]
    indices: list[int] = field(default_factory=list)
    hidden_nodes: int = 0
    hidden_edges: int = 0

    @property
    def drawn(self) -> list[Value | float]:
        """The inputs that are drawn."""
        return [self.inputs[index] for index in self.indices]


def snapshot(root: Value, max_nodes: int, scopes: Scopes, origins: bool = False) -> Graph:
    """Copy the at most `max_nodes` nodes nearest `root`; variables in `scopes` name those without a label."""
    return _copy(root, max_nodes, scopes, origins)[0]


def census(root: Value, most: int) -> tuple[int, list[str]]:
    """The number of nodes of the graph of `root`, counted up to about `most`, and the labels of parameters seen."""
    count, labels = 0, list[str]()
    seen, waiting = {id(root)}, [root]
    while waiting and count < most:
        value = waiting.pop()
        count += 1
        if value.op is None and is_parameter_name(value.label):
            labels.append(value.label)
        for source in value.inputs:
            if not isinstance(source, Value):
                count += 1
            elif id(source) not in seen:
                seen.add(id(source))
                waiting.append(source)
    return count, labels


def record(root: Value, scopes: Scopes, origins: bool = False) -> tuple[Graph, dict[int, int]]:
    """Copy the whole graph of `root`, and return it with the number of each Value by identity."""
    return _copy(root, NO_LIMIT, scopes, origins)


def _copy(root: Value, max_nodes: int, scopes: Scopes, origins: bool) -> tuple[Graph, dict[int, int]]:
    shown = _nearest(root, max_nodes)
    found = find_names([item.value for item in shown.values() if not item.value.label], scopes)
    is_whole = not any(item.hidden_edges for item in shown.values())
    if not root.label and id(root) not in found:
        others = (item.value for item in shown.values())
        found[id(root)] = root_name((value.label or found.get(id(value), "") for value in others), scopes)
    return _number(_inputs_first(root, shown), root, found, origins, {} if is_whole else numbering(root))


def _nearest(root: Value, max_nodes: int) -> dict[int, _Shown]:
    """The part of the graph that is drawn, by identity. No order depends on the identities."""
    shown = {id(root): _Shown(root, root.inputs)}
    waiting = deque(shown.values())
    beyond: deque[tuple[Value, _Shown]] = deque()
    nodes_left, edges_left = max_nodes - 1, EDGES_PER_NODE * max_nodes
    while waiting:
        item = waiting.popleft()
        for index, source in enumerate(item.inputs):
            known = id(source) in shown and isinstance(source, Value)
            if edges_left and (known or nodes_left):
                edges_left -= 1
                item.indices.append(index)
                nodes_left -= not known
                if isinstance(source, Value) and not known:
                    shown[id(source)] = _Shown(source, source.inputs)
                    waiting.append(shown[id(source)])
            else:
                item.hidden_edges += 1
                if not isinstance(source, Value):
                    item.hidden_nodes += 1
                elif not known:
                    beyond.append((source, item))
    _count(beyond, seen=set(shown))
    return shown


def _count(beyond: deque[tuple[Value, _Shown]], seen: set[int]) -> None:
    """Walk on from the drawn part, and count each hidden node for the marker that reaches it first."""
    while beyond:
        value, owner = beyond.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        nodes = [source for source in value.inputs if isinstance(source, Value)]
        owner.hidden_nodes += 1 + len(value.inputs) - len(nodes)
        beyond.extend((node, owner) for node in nodes)


def _inputs_first(root: Value, shown: dict[int, _Shown]) -> Iterator[_Shown]:
    """The shown Values in an order in which each follows its drawn inputs."""
    for value in inputs_first(root, lambda node: shown[id(node)].drawn):
        yield shown[id(value)]


def _number(
    items: Iterable[_Shown], root: Value, names: dict[int, str], origins: bool, serials: Mapping[int, int]
) -> tuple[Graph, dict[int, int]]:
    """Number the nodes in the order given, each Value after its own constants and its own marker."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    number: dict[int, int] = {}
    for item in items:
        ends: list[tuple[int, float | None, bool]] = []
        derivatives = item.value.derivatives  # read once, because each access makes a new tuple
        for index in item.indices:
            source = item.inputs[index]
            if isinstance(source, Value):
                local = derivatives[index]
                ends.append((number[id(source)], local, passes_nothing(item.value, index, local)))
            else:
                ends.append((len(nodes), None, False))
                nodes.append(Node(len(nodes), Kind.CONSTANT, data=source))
        if item.hidden_edges:
            ends.append((len(nodes), None, False))
            marker = Node(len(nodes), Kind.MARKER, hidden_nodes=item.hidden_nodes, hidden_edges=item.hidden_edges)
            nodes.append(marker)
        number[id(item.value)] = len(nodes)
        edges.extend(Edge(end, len(nodes), local, structural=zero) for end, local, zero in ends)
        is_root = item.value is root
        name = item.value.label or names.get(id(item.value), "")
        serial = serials.get(id(item.value), len(nodes))
        nodes.append(_node(item.value, len(nodes), is_root, name, origins, serial=serial))
    return Graph(tuple(nodes), tuple(edges)), number


def _node(value: Value, number: int, is_root: bool, name: str, origins: bool, *, serial: int) -> Node:
    # After backward(create_graph=True) the gradient is itself a Value.
    gradient = value.grad.data if isinstance(value.grad, Value) else value.grad
    origin = value.origin if origins else ""
    if value.op is None:
        leaf = Kind.PARAMETER if is_parameter_name(value.label) else Kind.LEAF
        kind = Kind.ROOT if is_root else leaf
        return Node(number, kind, name, "", value.data, gradient, origin=origin, serial=serial)
    return Node(
        number,
        Kind.ROOT if is_root else Kind.OP,
        name,
        value.op.symbol,
        value.data,
        gradient,
        remark=remark(value),
        origin=origin,
        function=value.op.name,
        serial=serial,
    )
