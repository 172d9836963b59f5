"""The values of a recorded graph at other leaves, compared with those of the function that recorded it.

A function may compute outside of its graph: with `x.data`, `float(x)` or a number of an earlier call. The graph then
holds a constant where the function has a value that changes. At a point nearby the two differ, bit by bit, however
steep or flat the function is. A function that takes another branch there has another graph, which says nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.trees.flat_function import FlatFunction

MOVES: Final = (2.0**-10, 2.0**-20, 2.0**-30)
"""The distances of the points, relative to each number or to 1."""


def follows_graph(function: FlatFunction, root: Any, variables: Sequence[Value]) -> bool:
    """Return whether a function gives at points nearby what its graph gives there, bit by bit.

    >>> from autograd_core.testing.trees.flat_function import flat_function
    >>> def compare(f, x):
    ...     function = flat_function(f, (x,), None, True)
    ...     function.measure_results(random.Random(0))
    ...     variables = [Value(x)]
    ...     return follows_graph(function, function.scalar(variables), variables)
    >>> compare(lambda x: x * x, 3.0), compare(lambda x: x * x.data, 3.0)
    (True, False)
    """
    chance = random.Random(0)  # noqa: S311 - no cryptography
    for move in MOVES:
        point = [x.data + move * max(1.0, abs(x.data)) * chance.uniform(-1.0, 1.0) for x in variables]
        if not function.is_inside(point):
            continue
        try:
            found = function.scalar(list(map(Value, point)))
        except (ArithmeticError, ValueError):
            continue  # outside its domain
        if repr(_number(found)) != repr(value_at(root, variables, point)):
            is_nearest = move == MOVES[-1]
            if is_nearest or _ops(found) == _ops(root):
                return False
    return True


def value_at(root: Any, variables: Sequence[Value], point: Sequence[float]) -> float:
    """Return the value of a graph with other numbers in its variables.

    >>> x = Value(3.0)
    >>> value_at(x * x + 1, [x], [5.0])
    26.0
    """
    if not isinstance(root, Value):
        return _number(root)
    numbers: dict[Node, float] = dict(zip(variables, point, strict=True))
    for node in topological_order(root):
        if node not in numbers:
            op = node.op
            inputs = [numbers[x] if isinstance(x, Node) else float(x) for x in node.inputs]
            numbers[node] = node.data if op is None else op.evaluate(inputs)
    return numbers[root]


def _number(result: Any) -> float:
    return result.data if isinstance(result, Value) else float(result)


def _ops(root: Any) -> list[Any]:
    return [node.op for node in topological_order(root)] if isinstance(root, Value) else []
