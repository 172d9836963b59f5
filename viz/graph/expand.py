"""A dot product written out: one `*` node for each product, and one sum of them.

The engine records `w1*x1 + w2*x2 + ...` as a single node, which is fast, and a picture of it shows an edge for every
weight and every input. Written out, each weight stands with its own input. All numbers come from the edges that were
recorded: the local derivative with respect to a weight is the input, and the other way round.
"""

from dataclasses import replace

from autograd_core import TABLE
from viz.graph.graph import Edge, Graph, Kind, Node


def expanded(graph: Graph) -> tuple[Graph, list[int]]:
    """The graph with every dot product written out; besides it the new number of each old node."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    place: list[int] = []
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        moved = [replace(edge, source=place[edge.source]) for edge in ends]
        op = TABLE.get(node.function)
        if op is not None and op.adds == "products":
            moved = _products(node, moved, nodes, edges)
            node = replace(node, op="sum", function="sum")  # noqa: PLW2901 - the same node, seen as a sum
        place.append(len(nodes))
        edges += (replace(edge, target=len(nodes)) for edge in moved)
        nodes.append(replace(node, number=len(nodes)))
    return Graph(tuple(nodes), tuple(edges), graph.chosen), place


def _products(node: Node, factors: list[Edge], nodes: list[Node], edges: list[Edge]) -> list[Edge]:
    """Append a node for each product and its two edges; the edges that then lead to the sum."""
    half = len(factors) // 2
    terms = []
    for left, right in zip(factors[:half], factors[half:], strict=True):
        data = _factor(nodes, left, right) * _factor(nodes, right, left)
        number = len(nodes)
        nodes.append(Node(number, Kind.OP, "", "*", data, node.gradient, origin=node.origin, function="mul"))
        edges += (replace(edge, target=number) for edge in (left, right))
        terms.append(Edge(number, node.number, 1.0))
    return terms


def _factor(nodes: list[Node], edge: Edge, partner: Edge) -> float:
    """The number that was multiplied: what the partner's edge kept of it, since a leaf's data may be new by now."""
    data = nodes[edge.source].data
    return (data or 0.0) if partner.derivative is None else partner.derivative
