"""Stale graphs: nodes whose inputs have changed since they were recorded.

A node keeps its number and its local derivatives. If data is assigned to a leaf after a sweep, a second sweep through
the same nodes gives the gradient at the old numbers. Therefore `backward()` stamps interior nodes with the time. The
next sweep evaluates the rows of the nodes with an earlier stamp again and compares the results.
"""

from __future__ import annotations

from autograd_core.errors import GraphChangedError
from autograd_core.graph.node import CLOCK, Node
from autograd_core.table.op import OUTSIDE, Op


def check_fresh(swept: list[Node]) -> None:
    """Raise if a node that was swept before is stale.

    Raises:
        GraphChangedError: if data was assigned to inputs of a node since, and its row now gives other numbers.
    """
    for node in swept:
        op = node.op
        if node._adjoint != CLOCK.now and op is not None:
            check_numbers(node, op)
            if node._row != OUTSIDE:
                wanted = [isinstance(x, Node) for x in node.inputs]
                derivatives = op.derivatives_at(_numbers_now(node), node._data, wanted)
                if not all(map(_same, derivatives, node.derivatives)):
                    raise GraphChangedError(_describe_change(node, op, "has other derivatives"))


def check_numbers(node: Node, op: Op) -> None:
    """Raise `GraphChangedError` if the op of a node now gives another number than the node holds."""
    numbers = _numbers_now(node)
    if node._row == OUTSIDE:
        if not all(map(_same, numbers, node.extras().numbers)):
            raise GraphChangedError(_describe_change(node, op, "has other inputs"))
        return
    data = op.evaluate(numbers)
    if not _same(data, node._data):
        shown = ", ".join(map(repr, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
        raise GraphChangedError(_describe_change(node, op, f"would be {op.name}({shown}) = {data!r}"))


def _numbers_now(node: Node) -> list[float]:
    return [x._data if isinstance(x, Node) else float(x) for x in node.inputs]


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)  # noqa: PLR0124 - nan


def _describe_change(node: Node, op: Op, now: str) -> str:
    extras = node._extras
    name = f" {extras.label!r}" if extras is not None and extras.label else ""
    return (
        "expected a graph of the numbers that its leaves hold, got one that was recorded or swept before data was "
        f"assigned to them: the node{name} of {op.name} was {node._data!r}, and now it {now}; compute the result again "
        "before backward(), or say allow_stale=True, without create_graph, for the gradient at the old numbers"
    )
