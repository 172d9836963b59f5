"""The attributes of a node that code for micrograd and microgpt reads.

In those engines every constant is a node, except the exponent of a power. Here a constant is a float. So each constant
among the inputs gets a leaf when it is first asked for, and keeps it. `Value` has these functions under the names of
micrograd: `_op`, `_children`, `_local_grads`, `_prev` and `_backward`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.graph import chain_rule, edges
from autograd_core.graph.blocks import BLOCKS, is_detecting
from autograd_core.graph.node import Node
from autograd_core.table import powers


def symbol_of(node: Node) -> str:
    """The symbol of the op, followed by the exponent of a power if that is a constant; "" for a leaf."""
    exponent = repr(node.inputs[1]).removesuffix(".0") if _has_constant_exponent(node) else ""
    return "" if node.op is None else node.op.symbol + exponent


def children_of(node: Node, leaf: Callable[[float], Node]) -> tuple[Any, ...]:
    """The inputs, with the same leaf for a constant at every call; `leaf` makes a leaf of a number."""
    inputs = node.inputs[:1] if _has_constant_exponent(node) else node.inputs
    numbers = [x for x in inputs if not isinstance(x, Node)]
    if not numbers:
        return inputs
    extras = node.extras()
    if extras.constants is None:
        extras.constants = [leaf(x) for x in numbers]
    constants = iter(extras.constants)
    return tuple([x if isinstance(x, Node) else next(constants) for x in inputs])


def local_derivatives_of(node: Node) -> tuple[float, ...]:
    """The local derivative with respect to each of the children."""
    op, inputs, recorded = node.op, node.inputs, node.derivatives
    if op is None or not _any_constant(inputs):
        return recorded
    if _has_constant_exponent(node):
        return recorded[:1]
    numbers = [x._data if isinstance(x, Node) else x for x in inputs]
    constant = op.derivatives_at(numbers, node._data, [not isinstance(x, Node) for x in inputs])
    return tuple([d if isinstance(x, Node) else c for x, d, c in zip(inputs, recorded, constant, strict=True)])


def set_of_children(node: Node, leaf: Callable[[float], Node]) -> set[Any]:
    """The set of the children. A constant has no other use, so its gradient follows from that of the node."""
    children = children_of(node, leaf)
    if _any_constant(node.inputs):
        for x, child, derivative in zip(node.inputs, children, local_derivatives_of(node), strict=False):
            if child is not x:
                child._grad = derivative * node._grad if node._grad != 0.0 else 0.0
    return set(children)


def step_back(node: Node) -> None:
    """One step of a backward pass: add to the gradient of each input what the node passes on to it."""
    check = BLOCKS.any_open and is_detecting()
    inputs = dict.fromkeys([x for x in node.inputs if isinstance(x, Node)])
    passed = chain_rule.adjoints({node: node._grad}, edges.recorded_derivatives, check, inputs, False)
    for x in inputs:
        held: Any = x.extras().gradient if x._lifted else x._grad  # not `x.grad`, which is a float to mypyc
        x.grad = held + passed.get(x, 0.0)


def _has_constant_exponent(node: Node) -> bool:
    return node.op is powers.POW and not isinstance(node.inputs[1], Node)


def _any_constant(inputs: Sequence[Any]) -> bool:
    return any(not isinstance(x, Node) for x in inputs)
