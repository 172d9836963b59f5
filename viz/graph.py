"""A picture's worth of a Value graph, frozen: nodes, edges, kinds and numbers.

This is the only file of the package that reads Values. `snapshot` copies what a picture needs, so a `Drawing` neither
changes when `backward()` runs again nor keeps a million Values alive.

A picture is drawn around its root. When the graph is larger than `max_nodes`, the part nearest the root is kept,
breadth first, and every node that lost inputs gets a *marker* that says how many nodes stand behind it. A hidden node
counts for the one marker through which a breadth-first walk reaches it first, so the counts of all markers add up.

Nodes are numbered in topological order, inputs in the order of their operands: the numbers depend on the graph alone.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from autograd_core import Value

EDGES_PER_NODE: Final = 8
"""Edges drawn for each node of the budget. Two-operand arithmetic needs at most two; the limit is there for
`sum([x] * 100_000)`, which is two nodes and a hundred thousand edges."""


class Kind(StrEnum):
    """What a node is, hence its shape and colour."""

    LEAF = "leaf"
    CONSTANT = "constant"
    OP = "op"
    ROOT = "root"
    MARKER = "marker"


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the picture.

    `name` and `op` may be empty. `gradient` is None for a constant, and `data` too for a marker, which instead counts
    the nodes and edges that it stands for.
    """

    number: int
    kind: Kind
    name: str = ""
    op: str = ""
    data: float | None = None
    gradient: float | None = None
    hidden_nodes: int = 0
    hidden_edges: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand of one node: numbers of both ends, and the local derivative (None from a constant or a marker)."""

    source: int
    target: int
    derivative: float | None


@dataclass(frozen=True)
class Graph:
    """The nodes, in topological order with the root last, and the edges, by target and then by operand."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def root(self) -> Node:
        """The node the picture is about."""
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
    def drawn(self) -> int:
        """How many nodes of the Value graph the picture shows."""
        return sum(node.kind is not Kind.MARKER for node in self.nodes)

    @property
    def drawn_edges(self) -> int:
        """How many edges of the Value graph the picture shows."""
        return sum(self.nodes[edge.source].kind is not Kind.MARKER for edge in self.edges)


@dataclass(slots=True)
class _Shown:
    """A Value inside the budget, with the operands that are drawn and a count of what is not."""

    value: Value
    operands: list[int] = field(default_factory=list)
    hidden_nodes: int = 0
    hidden_edges: int = 0


Names = Callable[[Iterable[Value]], dict[int, str]]
"""Finds the names of Values; the answer maps `id(value)` to a name."""


def snapshot(root: Value, max_nodes: int, names: Names) -> Graph:
    """Copy the at most `max_nodes` nodes nearest `root`, calling `names` for those without a label."""
    shown = _nearest(root, max_nodes)
    found = names([item.value for item in shown.values() if not item.value.label])
    return _number(_inputs_first(root, shown), root, found)


def _nearest(root: Value, max_nodes: int) -> dict[int, _Shown]:
    """The part of the graph that is drawn, keyed by identity; the keys are looked up and never ordered by."""
    shown = {id(root): _Shown(root)}
    waiting = deque(shown.values())
    beyond: deque[tuple[Value, _Shown]] = deque()
    nodes_left, edges_left = max_nodes - 1, EDGES_PER_NODE * max_nodes
    while waiting:
        item = waiting.popleft()
        for position, operand in enumerate(item.value.inputs):
            known = id(operand) in shown and isinstance(operand, Value)
            if edges_left and (known or nodes_left):
                edges_left -= 1
                item.operands.append(position)
                nodes_left -= not known
                if isinstance(operand, Value) and not known:
                    shown[id(operand)] = _Shown(operand)
                    waiting.append(shown[id(operand)])
            else:
                item.hidden_edges += 1
                if not isinstance(operand, Value):
                    item.hidden_nodes += 1
                elif not known:
                    beyond.append((operand, item))
    _count(beyond, seen=set(shown))
    return shown


def _count(beyond: deque[tuple[Value, _Shown]], seen: set[int]) -> None:
    """Walk on from the edge of the picture, counting each hidden node for the marker that reaches it first."""
    while beyond:
        value, owner = beyond.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        parents = [operand for operand in value.inputs if isinstance(operand, Value)]
        owner.hidden_nodes += 1 + len(value.inputs) - len(parents)
        beyond.extend((parent, owner) for parent in parents)


def _inputs_first(root: Value, shown: dict[int, _Shown]) -> Iterator[_Shown]:
    """The shown Values so that each follows its drawn operands, by a depth-first walk with its own stack."""
    done: set[int] = set()
    stack = [(root, False)]
    while stack:
        value, inputs_done = stack.pop()
        if id(value) in done:
            continue
        item = shown[id(value)]
        if inputs_done:
            done.add(id(value))
            yield item
            continue
        stack.append((value, True))
        operands = (value.inputs[position] for position in reversed(item.operands))
        stack.extend((operand, False) for operand in operands if isinstance(operand, Value))


def _number(items: Iterable[_Shown], root: Value, names: dict[int, str]) -> Graph:
    """Number the nodes in the order given, each Value after its own constants and its own marker."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    number: dict[int, int] = {}
    for item in items:
        ends: list[tuple[int, float | None]] = []
        for position in item.operands:
            operand = item.value.inputs[position]
            if isinstance(operand, Value):
                ends.append((number[id(operand)], item.value.derivatives[position]))
            else:
                ends.append((len(nodes), None))
                nodes.append(Node(len(nodes), Kind.CONSTANT, data=operand))
        if item.hidden_edges:
            ends.append((len(nodes), None))
            marker = Node(len(nodes), Kind.MARKER, hidden_nodes=item.hidden_nodes, hidden_edges=item.hidden_edges)
            nodes.append(marker)
        number[id(item.value)] = len(nodes)
        edges.extend(Edge(source, len(nodes), derivative) for source, derivative in ends)
        nodes.append(_node(item.value, len(nodes), item.value is root, names))
    return Graph(tuple(nodes), tuple(edges))


def _node(value: Value, number: int, is_root: bool, names: dict[int, str]) -> Node:
    kind = Kind.ROOT if is_root else Kind.LEAF if value.op is None else Kind.OP
    # After backward(create_graph=True) the gradient is itself a Value.
    gradient = value.grad.data if isinstance(value.grad, Value) else value.grad
    name = value.label or names.get(id(value), "")
    return Node(number, kind, name, "" if value.op is None else value.op.symbol, value.data, gradient)
