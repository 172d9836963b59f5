"""The sentences of a picture: hover texts of nodes and edges, and the description for screen readers.

Boxes show short numbers; here they are exact, and the arithmetic of the chain rule is spelled out:

    dL/da += dL/de × de/da = -2.0 × -3.0 = 6.0
"""

from collections.abc import Sequence
from typing import Final

from autograd_core.diagnosis import DEAD, SATURATED
from viz.graph.graph import BOXES, LEAVES, Edge, Graph, Kind, Node
from viz.text import ELLIPSIS, HOVER_CHARACTERS, MAX_INPUTS, NAME, call, listed, plural, printable

_MAX_LISTED: Final = 10
_CROSS_ENTROPY: Final = "cross_entropy"
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_REMARKS: Final = {
    DEAD: "dead: its output and its derivative are 0, so it passes no gradient on",
    SATURATED: "saturated: its derivative is so small here that it passes hardly any gradient on",
}


def reference(node: Node, limit: int = NAME) -> str:
    """A node in a sentence: its name, the number of a constant, or `#3` for node 3 of the whole graph."""
    if node.kind is Kind.CONSTANT:
        return repr(node.data)
    return printable(node.name, limit) or f"#{node.number if node.serial is None else node.serial}"


def node_caption(graph: Graph, node: Node) -> str:
    """The hover text of a node: what it is and what its numbers mean."""
    if node.kind is Kind.MARKER:
        what = f"{plural(node.hidden_nodes, 'node')} and {plural(node.hidden_edges, 'edge')}"
        more = "relax the selection" if graph.chosen else "draw with a larger max_nodes"
        return f"left out here: {what}; {more} to see more"
    if graph.about:
        return "\n".join([f"{printable(node.op)} {printable(node.name)}".strip(), *map(printable, node.lines)])
    if node.kind in BOXES:
        return _box_caption(graph, node)
    if node.kind is Kind.CONSTANT:
        return f"constant {node.data!r}: it has no gradient"
    name = reference(node)
    whole = reference(node, HOVER_CHARACTERS)
    made = f"{whole} = {_call(graph, node)}" if node.op else f"{whole}, {_origin(graph, node)}"
    lines = [made, f"data {node.data!r}", f"gradient d{reference(graph.root)}/d{name} = {node.gradient!r}"]
    if node.remark:
        lines.append(_REMARKS[node.remark])
    if node.formula:
        lines.append(f"which is {node.formula} of its inputs x")
    if node.helpers:
        lines.append(_not_shown(node.helpers))
    if node.origin:
        lines.append(f"made at {printable(node.origin)}")
    return "\n".join(lines)


def _origin(graph: Graph, node: Node) -> str:
    """What a node without an op is: a leaf, or the output of the box that computes it."""
    edge = next(iter(graph.inputs[node.number]), None)
    return f"the output of {reference(graph.nodes[edge.source])}" if edge else "a leaf"


def marker_text(node: Node) -> str:
    """The text of a marker: how many nodes it stands for, or how many edges if every node is shown."""
    hidden = plural(node.hidden_nodes, "more node") if node.hidden_nodes else plural(node.hidden_edges, "more edge")
    return f"{ELLIPSIS} {hidden}"


def _box_caption(graph: Graph, node: Node) -> str:
    inside = f"{plural(node.folded_nodes, 'node')} and {plural(node.folded_edges, 'edge')} inside"
    lines = [f"{reference(node, HOVER_CHARACTERS)}: {inside}", *([node.formula] if node.formula else [])]
    if node.shared:
        lines.append(
            f"uses {plural(node.shared, 'parameter')} of the first call, whose box has the gradients of all calls"
        )
    if node.gradient is not None:
        learned = plural(node.parameters, "parameter") if node.parameters else "its leaves"
        lines.append(f"norm of the gradients d{reference(graph.root)}/d… of {learned} = {node.gradient!r}")
    return "\n".join(lines)


def _call(graph: Graph, node: Node) -> str:
    inputs = (graph.nodes[edge.source] for edge in graph.inputs[node.number][: MAX_INPUTS + 1])
    return made(node, [ELLIPSIS if x.kind is Kind.MARKER else reference(x) for x in inputs])


def made(node: Node, inputs: Sequence[str]) -> str:
    """How a node is computed, given how its inputs are written.

    >>> made(Node(3, Kind.OP, op="softmax", place=1), ["a", "b"])
    'softmax(a, b)[1]'
    >>> made(Node(3, Kind.OP, op="cross_entropy", place=1), ["a", "b"])
    'cross_entropy([a, b], 1)'
    """
    text = call(node.op, inputs)
    if node.place is None:
        return text
    if node.op != _CROSS_ENTROPY:
        return f"{text}[{node.place}]"
    return f"{node.op}([{text.removeprefix(node.op)[1:-1]}], {node.place})"


def edge_caption(graph: Graph, edge: Edge) -> str:
    """The hover text of an edge: upstream gradient times local derivative."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    if graph.ends_at_marker(edge):
        return node_caption(graph, source if source.kind is Kind.MARKER else target)
    if graph.about:
        return f"{edge.shape} from {reference(source)}".strip()
    root, to, frm = reference(graph.root), reference(target), reference(source)
    passed = graph.contribution(edge)
    if BOXES & {source.kind, target.kind}:
        size = "" if passed is None else f"; the norm of what they pass on is {passed!r}"
        return f"{plural(edge.count, 'edge')} from {frm} to {to}{size}"
    if passed is None:
        return node_caption(graph, source)
    terms = f"d{root}/d{to} {_TIMES} d{to}/d{frm} = {target.gradient!r} {_TIMES} {edge.derivative!r}"
    return f"d{root}/d{frm} += {terms} = {passed!r}"


def heading(graph: Graph) -> str:
    """The title of a picture for which none is given."""
    return graph.about or f"Gradient graph of {reference(graph.root)}"


def description(graph: Graph) -> str:
    """The picture in a few sentences: its size, the value of its root, and the gradients of its first leaves."""
    if graph.about:
        return " ".join(filter(None, (f"{graph.about}.", elision(graph) and f"{elision(graph)}.")))
    root = graph.root
    parts = [
        f"{plural(graph.drawn, 'node')} and {plural(graph.drawn_edges, 'edge')}.",
        f"{reference(root)} = {root.data!r}.",
    ]
    if remark := elision(graph):
        parts.append(f"{remark}.")
    if not root.gradient:
        parts.append("The gradient of the root is 0: call backward() on it and draw again to see gradients.")
    modules = [node for node in graph.nodes if node.kind is Kind.MODULE and node.gradient is not None]
    if modules:
        norms = [f"{reference(node)} {node.gradient!r}" for node in modules[:_MAX_LISTED]]
        parts.append(f"Norms of the gradients of modules: {listed(norms, count=len(modules))}.")
    leaves = [node for node in graph.nodes if node.kind in LEAVES]
    if leaves:
        gradients = [f"d{reference(root)}/d{reference(leaf)} = {leaf.gradient!r}" for leaf in leaves[:_MAX_LISTED]]
        parts.append(f"Gradients of leaves: {listed(gradients, count=len(leaves))}.")
    return " ".join(parts)


def _not_shown(helpers: int) -> str:
    return f"{plural(helpers, 'helper node')} not shown; expand=True shows {'it' if helpers == 1 else 'them'}"


def elision(graph: Graph) -> str:
    """What the picture leaves out and folds; empty if it shows every node of the graph as a node of its own."""
    parts = []
    if graph.hidden:
        chosen = graph.chosen or f"those nearest {reference(graph.root, 40)}"
        shown = graph.drawn + graph.folded + graph.helpers
        parts.append(f"{shown:,} of {shown + graph.hidden:,} nodes, {chosen}")
    if graph.folded:
        box = next((node for node in graph.nodes if node.kind is Kind.MODULE), None)
        how = f"; open={box.name.partition(' (')[0]!r} opens one" if box else ""
        parts.append(f"{plural(graph.folded, 'node')} in {plural(graph.boxes, 'box', 'boxes')}{how}")
    if graph.helpers:
        parts.append(_not_shown(graph.helpers))
    return "; ".join(parts)
