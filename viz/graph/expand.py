"""A dot product written out: one `*` node for each product, and one sum of them.

The engine records `w1*x1 + w2*x2 + ...` as a single node, which is fast, and a picture of it shows an edge for every
weight and every input. Written out, each product shows one weight and its input. All numbers come from the recorded
edges: the local derivative with respect to a weight is the input, and the other way round.
"""

from dataclasses import replace

from autograd_core import TABLE
from viz.graph.graph import Edge, Graph, Kind, Node


def expanded(graph: Graph) -> tuple[Graph, list[int]]:
    """Return the graph with every dot product written out, and the new number of each old node."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    moved: list[int] = []
    for node, ends in zip(graph.nodes, graph.inputs, strict=True):
        inputs = [replace(edge, source=moved[edge.source]) for edge in ends]
        op = TABLE.get(node.function)
        if op is not None and op.adds == "products":
            inputs = _products(node, inputs, nodes, edges, len(graph.nodes))
            node = replace(node, op="sum", function="sum")  # noqa: PLW2901 - the same node as a sum
        moved.append(len(nodes))
        edges += (replace(edge, target=len(nodes)) for edge in inputs)
        nodes.append(replace(node, number=len(nodes)))
    return Graph(tuple(nodes), tuple(edges), graph.chosen), moved


def _products(node: Node, factors: list[Edge], nodes: list[Node], edges: list[Edge], count: int) -> list[Edge]:
    """Append a node and two edges for each product, and return the edges from the products to the sum.

    The whole graph has `count` nodes.
    """
    half = len(factors) // 2
    terms = []
    for left, right in zip(factors[:half], factors[half:], strict=True):
        data = _factor(nodes, left, right) * _factor(nodes, right, left)
        number = len(nodes)
        nodes.append(
            Node(
                number,
                Kind.OP,
                op="*",
                data=data,
                gradient=node.gradient,
                origin=node.origin,
                function="mul",
                serial=count + number,  # a product is no node of the whole graph, and has a number of its own
            )
        )
        edges += (replace(edge, target=number) for edge in (left, right))
        terms.append(Edge(number, node.number, 1.0))
    return terms


def _factor(nodes: list[Node], edge: Edge, partner: Edge) -> float:
    """The factor as it was multiplied: its partner's local derivative, because the data of a leaf may have changed."""
    data = nodes[edge.source].data
    return (data or 0.0) if partner.derivative is None else partner.derivative
