"""The values of a recorded graph at other leaves, compared with those of the function that recorded it.

A function may compute outside of its graph: with `x.data`, `float(x)` or a number of an earlier call. The graph then
holds a constant where the function has a value that changes. At a point nearby the two differ, bit by bit, however
steep or flat the function is. A function that takes another branch there has another graph, which says nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from autograd_core.graph.chain_rule import adjoints
from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.trees.flat_function import FlatFunction

MOVES: Final = (2.0**-10, 2.0**-20, 2.0**-30)
"""The distances of the points, relative to each number or to 1."""

LONG: Final = tuple(4.0**-k for k in range(2, 11))
"""The distances over which a function may move in steps, likewise."""

STEEP: Final = 1e-2
"""The part of a slope by which it must be another one."""


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


def moves_in_steps(function: FlatFunction, variables: Sequence[Value], gradient: Sequence[float]) -> bool:
    """Return whether a function that does not follow its graph moves otherwise than the gradient says, on both sides.

    A number that is rounded outside of the graph does not move over a short distance, and does over a long one. At a
    kink or jump only one side differs, and where a function is curved it differs the less the shorter the distance.
    """
    chance = random.Random(1)  # noqa: S311 - no cryptography
    moves = [max(1.0, abs(x.data)) * chance.choice((-1.0, 1.0)) * chance.uniform(0.5, 1.0) for x in variables]
    slope = math.fsum(m * g for m, g in zip(moves, gradient, strict=True))
    size = math.fsum(abs(m * g) for m, g in zip(moves, gradient, strict=True))
    here = function.number([x.data for x in variables])

    def error(h: float) -> float:
        """Return the difference of the slope over a distance from the gradient; nan outside the domain."""
        try:
            value = function.number([x.data + h * m for x, m in zip(variables, moves, strict=True)])
        except (ArithmeticError, ValueError):
            return math.nan
        return (value - here) / h - slope

    def is_another(long: float, short: float) -> bool:
        """Return whether the slope is another one over both distances, and about the same one."""
        return min(abs(long), abs(short)) > STEEP * size and abs(long - short) < abs(short) / 2

    errors = [[error(side * h) for h in LONG] for side in (1.0, -1.0)]
    return any(all(is_another(*pair) for pair in pairs) for pairs in zip(*map(pairwise, errors), strict=True))


def lost_derivatives(function: FlatFunction, root: Any, variables: Sequence[Value]) -> dict[int, float]:
    """Return the derivatives with respect to Values of earlier calls that the graph contains, by the index of a number.

    >>> from autograd_core.testing.trees.flat_function import flat_function
    >>> kept = []
    >>> def f(x):
    ...     kept.append(x * x)
    ...     return kept[0] + x
    >>> function = flat_function(f, (3.0,), None, True)
    >>> function.measure_results(random.Random(0))
    >>> variables = [Value(3.0)]
    >>> lost_derivatives(function, function.scalar(variables), variables)
    {0: 6.0}
    """
    if not isinstance(root, Value):
        return {}
    own = set(variables)
    earlier = {x: i for some in function.given for i, x in enumerate(some) if x not in own}
    if not any(node in earlier for node in topological_order(root) if node.op is None):
        return {}
    table = adjoints({root: 1.0}, lambda node: node.derivatives, False)
    found: dict[int, float] = {}
    for x, i in earlier.items():
        if table.get(x, 0.0):
            found[i] = found.get(i, 0.0) + float(table[x])
    return found


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
