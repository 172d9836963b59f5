"""A graph as flat lists, for copies and pickles of graphs of any depth, without recursion.

`flatten` lists the nodes, leaves first, each after its inputs. In a side of a node, each node is replaced by its index
in that list. Indices are ints and constants are floats, so the two cannot be confused.

A pickle is for the version of the package that wrote it, like those of NumPy and scikit-learn: the lists may change.
`nn.save` writes files of parameters to keep. `autograd_core.pickles` holds the functions that a pickle names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.graph.node import ManyInputs, Node, packed
from autograd_core.graph.order import topological_order
from autograd_core.table.op import find, key


def flatten(root: Node) -> tuple[list[Any], list[Any]]:
    """The leaves below a root, and a row for each interior node with all that is needed to make it."""
    order = topological_order(root)
    leaves = [node for node in order if node.op is None]
    interior = [(node, node.op) for node in order if node.op is not None]
    index = {node: i for i, node in enumerate([*leaves, *(node for node, _ in interior)])}
    rows = [
        (
            key(op),
            node._data,
            node._grad,
            node.label,
            _encode_side(node._left, index),
            _encode_side(node._right, index),
            node._dleft,
            node._dright,
        )
        for node, op in interior
    ]
    return leaves, rows


def unflatten(leaves: list[Any], rows: list[Any], interior: Callable[..., Any]) -> Any:
    """The root of the graph that `flatten` wrote; `interior` makes a node with an op."""
    nodes = list(leaves)
    for name, data, grad, label, left, right, dleft, dright in rows:
        node = interior(data, find(name), _decode_side(left, nodes), _decode_side(right, nodes), dleft, dright)
        nodes.append(restore(node, grad, label, False))
    return nodes[-1]


def twin_of(node: Node, twin: Callable[[Any], Any], leaf: Callable[[float], Any], interior: Callable[..., Any]) -> Any:
    """A copy of a node, on the twins of its inputs; `leaf` makes a leaf of a number, `interior` a node with an op."""
    op = node.op
    if op is None:
        copy = leaf(node._data)
    else:
        left, right = _map_side(node._left, twin), _map_side(node._right, twin)
        copy = interior(node._data, op, left, right, node._dleft, node._dright)
    return restore(copy, node._grad, node.label, node.frozen)


def twin_of_graph(root: Node, memo: dict[int, Any], leaf: Callable[[float], Any], interior: Callable[..., Any]) -> Any:
    """A copy of the graph below a root. `memo` holds the copies by the identity of what they are copies of."""
    for node in topological_order(root):
        if id(node) not in memo:
            memo[id(node)] = twin_of(node, lambda x: memo[id(x)], leaf, interior)
    return memo[id(root)]


def restore(node: Any, grad: float, label: str, frozen: bool) -> Any:
    """The node, which was just made, with the gradient, label and flag that its constructor does not take."""
    node._grad = grad
    if label:
        node.extras().label = label
    if frozen:
        node.extras().frozen = True
    return node


def _encode_side(side: object, index: dict[Any, int]) -> object:
    """A side with the index of each node in place of the node."""
    if isinstance(side, Node):
        return index[side]
    if isinstance(side, ManyInputs):
        return [index[x] if isinstance(x, Node) else x for x in side.values], list(side.derivatives)
    return side


def _decode_side(side: object, nodes: list[Any]) -> object:
    """The inverse of `_encode_side`, with the nodes of a new graph."""
    if isinstance(side, int):
        return nodes[side]
    if isinstance(side, tuple) and side and isinstance(side[0], list):
        values, derivatives = side
        return ManyInputs(tuple([nodes[x] if isinstance(x, int) else x for x in values]), packed(derivatives))
    return side


def _map_side(side: object, twin: Callable[[Any], Any]) -> object:
    """A side with the twin of each node in place of the node."""
    if isinstance(side, Node):
        return twin(side)
    if isinstance(side, ManyInputs):
        return ManyInputs(tuple([twin(x) if isinstance(x, Node) else x for x in side.values]), side.derivatives)
    return side
