"""Expressions as patterns: whether a node computes `relu(1 - y)`.

A pattern is written as a Python expression. Its operators and calls are functions of nodes, a number is a constant with
this data, and a name is any node: the same one wherever the name repeats, and a constant if it is `c`, `d` or `e`. The
inputs of a sum or a product may stand in any order. A bare name of a function, such as `softmax`, is any node of it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from typing import Final

from viz.graph.graph import Graph, Kind

_OPERATORS: Final[Mapping[type[ast.AST], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.USub: "neg",
}

ROOT_OF_SQUARES: Final = "(x / c + d) ** e"
"""What normalisations multiply by, a mean of squares to the power -1/2."""

_CONSTANTS: Final = frozenset({"c", "d", "e"})
_SYMMETRIC: Final = frozenset({"add", "mul", "max"})

_Bound = Mapping[str, int]


def occurs(graph: Graph, members: Sequence[int], pattern: str) -> bool:
    """Whether a pattern fits one of the nodes `members`."""
    wanted = _parsed(pattern)
    if isinstance(wanted, ast.Name):
        return any(graph.nodes[number].function == wanted.id for number in members)
    return any(True for number in members for _ in _fits(graph, number, wanted, {}))


@cache
def _parsed(pattern: str) -> ast.expr:
    return ast.parse(pattern, mode="eval").body


def _fits(graph: Graph, number: int, wanted: ast.expr, bound: _Bound) -> Iterator[_Bound]:
    """For each way in which a pattern fits a node, the nodes that its names then mean."""
    node = graph.nodes[number]
    match wanted:
        case ast.Constant(value=float() | int() as value):
            if node.kind is Kind.CONSTANT and node.data == value:
                yield bound
        case ast.Name(id=name):
            is_allowed = name not in _CONSTANTS or node.kind is Kind.CONSTANT
            if is_allowed and bound.get(name, number) == number:
                yield {**bound, name: number}
        case _:
            function, inputs = _call(wanted)
            sources = [edge.source for edge in graph.inputs[number] for _ in range(edge.count)]
            if node.function == function and len(sources) == len(inputs):
                orders = permutations(sources) if function in _SYMMETRIC else [tuple(sources)]
                for order in orders:
                    yield from _all_fit(graph, order, inputs, bound)


def _all_fit(graph: Graph, numbers: Sequence[int], wanted: Sequence[ast.expr], bound: _Bound) -> Iterator[_Bound]:
    if not wanted:
        yield bound
        return
    for more in _fits(graph, numbers[0], wanted[0], bound):
        yield from _all_fit(graph, numbers[1:], wanted[1:], more)


def _call(wanted: ast.expr) -> tuple[str, list[ast.expr]]:
    """The function of an expression and its inputs."""
    match wanted:
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)], [left, right]
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)], [operand]
        case ast.Call(func=ast.Name(id=name), args=inputs):
            return name, inputs
    raise ValueError(f"no pattern: {ast.unparse(wanted)}")
