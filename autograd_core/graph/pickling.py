"""A graph as a flat list, for pickles: however deep it is, nothing recurs.

Every node has a number, its place in the list, and a side of a node is written with the number of each node in place of
the node. Numbers are ints, and constants are floats, so the two cannot be mixed up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.graph.node import Node, Terms, packed
from autograd_core.graph.order import topological_order
from autograd_core.table.op import key


def flatten(root: Node) -> tuple[list[Any], list[Any]]:
    """The leaves below a root, and of each interior node after its inputs all that makes it."""
    order = topological_order(root)
    leaves = [node for node in order if node.op is None]
    interior = [(node, node.op) for node in order if node.op is not None]
    place = {node: i for i, node in enumerate([*leaves, *(node for node, _ in interior)])}
    rows = [
        (
            key(op),
            node._data,
            node._grad,
            node.label,
            encode_side(node._left, place),
            encode_side(node._right, place),
            node._dleft,
            node._dright,
        )
        for node, op in interior
    ]
    return leaves, rows


def encode_side(side: object, place: dict[Any, int]) -> object:
    """A side with numbers for nodes."""
    if isinstance(side, Node):
        return place[side]
    if isinstance(side, Terms):
        return [place[x] if isinstance(x, Node) else x for x in side.values], list(side.derivatives)
    return side


def decode_side(side: object, nodes: list[Any]) -> object:
    """The side that was written so, with the nodes of a new graph."""
    if isinstance(side, int):
        return nodes[side]
    if isinstance(side, tuple) and side and isinstance(side[0], list):
        values, derivatives = side
        return Terms(tuple([nodes[x] if isinstance(x, int) else x for x in values]), packed(derivatives))
    return side


def map_side(side: object, twin: Callable[[Any], Any]) -> object:
    """A side with the twin of each node in place of the node."""
    if isinstance(side, Node):
        return twin(side)
    if isinstance(side, Terms):
        return Terms(tuple([twin(x) if isinstance(x, Node) else x for x in side.values]), side.derivatives)
    return side
