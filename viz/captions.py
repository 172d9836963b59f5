"""The sentences of a picture: hover texts of nodes and edges, and the description for readers who cannot see it.

Boxes show numbers in short; here they are exact, and the arithmetic of the chain rule is spelled out:

    dL/da += dL/de × de/da = -2.0 × -3.0 = 6.0
"""

from typing import Final

from viz.graph import Edge, Graph, Kind, Node
from viz.text import ELLIPSIS, HOVER_CHARACTERS, plural, printable

_NAME: Final = 60
"""Most characters of a name inside a sentence, which may speak of it several times."""
_MAX_OPERANDS: Final = 6
_MAX_LEAVES: Final = 10
_TIMES: Final = "\N{MULTIPLICATION SIGN}"


def reference(node: Node, limit: int = _NAME) -> str:
    """How a sentence speaks of a node: by name, by its number if it is a constant, else as `#3` for node number 3."""
    if node.kind is Kind.CONSTANT:
        return repr(node.data)
    return printable(node.name, limit) or f"#{node.number}"


def node_caption(graph: Graph, node: Node) -> str:
    """What a node is and what its numbers mean."""
    if node.kind is Kind.MARKER:
        what = f"{plural(node.hidden_nodes, 'node')} and {plural(node.hidden_edges, 'edge')}"
        return f"left out here: {what}; draw with a larger max_nodes to see more"
    if node.kind is Kind.CONSTANT:
        return f"constant {node.data!r}: it has no gradient"
    name = reference(node)
    whole = reference(node, HOVER_CHARACTERS)
    made = f"{whole} = {_call(graph, node)}" if node.op else f"{whole}, a leaf"
    return f"{made}\ndata {node.data!r}\ngradient d{reference(graph.root)}/d{name} = {node.gradient!r}"


def _call(graph: Graph, node: Node) -> str:
    inputs = [graph.nodes[edge.source] for edge in graph.inputs[node.number]]
    operands = [reference(operand) for operand in inputs if operand.kind is not Kind.MARKER]
    symbol = printable(node.op)
    if len(operands) == len(inputs) == 2 and not symbol.isidentifier():
        return f"{operands[0]} {symbol} {operands[1]}"
    shown = operands[:_MAX_OPERANDS]
    more = [ELLIPSIS] if len(shown) < len(inputs) else []
    return f"{symbol}({', '.join(shown + more)})"


def edge_caption(graph: Graph, edge: Edge) -> str:
    """What passes along an edge in the backward sweep: upstream gradient times local derivative."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    if edge.derivative is None or target.gradient is None:
        return node_caption(graph, source)
    root, to, frm = reference(graph.root), reference(target), reference(source)
    upstream, local = target.gradient, edge.derivative
    # A gradient of exactly 0 passes nothing on, also where the local derivative is inf or nan.
    passed = upstream * local if upstream else 0.0
    terms = f"d{root}/d{to} {_TIMES} d{to}/d{frm} = {upstream!r} {_TIMES} {local!r}"
    return f"d{root}/d{frm} += {terms} = {passed!r}"


def heading(graph: Graph) -> str:
    """The picture's name when the user gave none."""
    return f"Gradient graph of {reference(graph.root)}"


def description(graph: Graph) -> str:
    """The picture in a few sentences: its size, the value of its root, and the gradients of its first leaves."""
    root = graph.root
    parts = [
        f"{plural(graph.drawn, 'node')} and {plural(graph.drawn_edges, 'edge')}.",
        f"{reference(root)} = {root.data!r}.",
    ]
    if remark := elision(graph):
        parts.append(f"{remark}.")
    if not root.gradient:
        parts.append("The gradient of the root is 0: call backward() on it and draw again to see gradients.")
    leaves = [node for node in graph.nodes if node.kind is Kind.LEAF]
    shown = [f"d{reference(root)}/d{reference(leaf)} = {leaf.gradient!r}" for leaf in leaves[:_MAX_LEAVES]]
    if shown:
        more = [f"and {len(leaves) - len(shown):,} more"] if len(shown) < len(leaves) else []
        parts.append(f"Gradients of leaves: {', '.join(shown + more)}.")
    return " ".join(parts)


def elision(graph: Graph) -> str:
    """What the picture leaves out, or nothing if it shows the whole graph."""
    if not graph.hidden:
        return ""
    return f"{graph.drawn:,} of {graph.drawn + graph.hidden:,} nodes, those nearest {reference(graph.root, 40)}"
