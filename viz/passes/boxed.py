"""The storyboard of a network as boxes: one step for each box that is computed, and for each one that is passed on to.

A box stands for many nodes, so its steps say in words what happens to all of them: a forward step names what the box
computes, and a backward step the length of the contributions that go from one box to another. The length that a box
shows in the end is that of the gradients of its parameters, as in `draw`. A quiz and a wrong order of single nodes have
no place here.
"""

from collections.abc import Iterator

from viz.graph.captions import made
from viz.graph.graph import BOXES, Edge, Graph, Kind, Node
from viz.passes.steps import TOPOLOGICAL, Forward, equation
from viz.passes.still import edges_by_target
from viz.passes.storyboard import Facts, broken, figure, of_the_root, seed, short_name
from viz.text import ELLIPSIS, MAX_INPUTS, listed, number, plural

_NOT_YET = [ELLIPSIS, "0.0"]
"""The gradient of a node to which not all users have passed on."""


def boxed_storyboard(graph: Graph) -> Facts:
    """All that a page of boxes shows, step by step; the graph has the gradients that the passes lead to."""
    root = short_name(graph.root)
    return {
        "nodes": [_node(graph, node) for node in graph.nodes],
        "edges": [[edge.source, edge.target] for edge in graph.edges],
        "bundles": [index for index, edge in enumerate(graph.edges) if edge.passed is not None],
        "forward": list(_forward(graph)),
        "backward": {TOPOLOGICAL: list(_backward(graph))},
        "words": {
            "summary": _summary(graph),
            "ready": "Press space, or step with the arrow keys: first every box is computed, then the gradients of "
            f"{root} flow back. page(…, collapse=None) shows single nodes, with a quiz.",
            "end": {TOPOLOGICAL: "Done: every box had all its contributions before it passed its gradients on."},
        },
    }


def _summary(graph: Graph) -> str:
    """What the picture shows, and how much of the graph the boxes hold; nothing on this page opens a box."""
    shown = [plural(graph.boxes, "box", "boxes"), *([plural(graph.drawn, "node")] if graph.drawn else [])]
    hidden = f"; {plural(graph.hidden, 'more node')} left out" if graph.hidden else ""
    return (
        f"{', '.join(shown)}, {plural(graph.drawn_edges, 'edge')}; {plural(graph.folded, 'node')} in the boxes{hidden}"
    )


def _is_told(edge: Edge) -> bool:
    """Whether something is passed on along an edge: not to constants and markers."""
    return edge.derivative is not None or edge.passed is not None


def _is_computed(graph: Graph, node: Node) -> bool:
    """Whether it has inputs, or is a box with ops inside; other boxes hold leaves."""
    return node.kind is not Kind.MARKER and (bool(graph.inputs[node.number]) or node.folded_edges > 0)


def _node(graph: Graph, node: Node) -> Facts:
    name = short_name(node)
    data = None if node.data is None else figure(node.data)
    facts = {"name": name, "op": _is_computed(graph, node), "gradient": None, "data": data}
    if node.kind not in BOXES and (node.gradient is None or node.kind is Kind.MARKER):
        return {**facts, "name": ""}
    uses = [edge for edge in graph.edges if edge.source == node.number and _is_told(edge)]
    users = plural(len(uses), "box or node", "boxes and nodes")
    return {
        **facts,
        "made": _made(graph, node),
        "gradient": None if node.gradient is None else figure(node.gradient),
        "derivative": f"d{short_name(graph.root)}/d{name}",
        "uses": of_the_root(name) if node is graph.root else f"{name} is used by {users}, which pass on to it:",
        "asked": False,
    }


def _made(graph: Graph, node: Node) -> str:
    """What a box holds, and what goes into it."""
    name = short_name(node)
    ends = graph.inputs[node.number]
    sources = [short_name(graph.nodes[edge.source]) for edge in ends if not graph.ends_at_marker(edge)]
    inputs = f"\n  from {listed(list(dict.fromkeys(sources)))}" if sources else ""
    return f"{name}: {_contents(node)}{inputs}" if node.kind in BOXES else f"{name}{inputs}"


def _contents(node: Node) -> str:
    parameters = f", {plural(node.parameters, 'parameter')}" if node.parameters else ""
    formula = f"{node.formula}; " if node.formula else ""
    return f"{formula}{plural(node.folded_nodes, 'node')}{parameters}"


def _forward(graph: Graph) -> Iterator[Facts]:
    """The steps that compute a box or a node, each after its inputs."""
    ends = edges_by_target(graph)
    for node in graph.nodes:
        if not _is_computed(graph, node):
            continue
        edges = ends[node.number]
        sources = [graph.nodes[graph.edges[index].source] for index in edges]
        yield {
            "node": node.number,
            "from": [source.number for source in sources],
            "edges": edges,
            "equation": broken(_computed(node, sources, graph.root)),
            "sum": "",
            "remark": f"All {node.folded_nodes:,} nodes in this box are computed, with their local derivatives."
            if node.kind in BOXES
            else "",
        }


def _computed(node: Node, sources: list[Node], root: Node) -> str:
    if node.kind in BOXES:
        return f"{short_name(node)} = {node.formula}" if node.formula else short_name(node)
    if not node.op:
        return f"{short_name(node)} = {number(node.data or 0.0)}, the output of {short_name(sources[0])}"
    if any(source.data is None for source in sources):
        named = made(node, [short_name(source) for source in sources[: MAX_INPUTS + 1]])
        return f"{short_name(node)} = {named} = {number(node.data or 0.0)}"
    return equation(Forward(0, node, tuple(sources)), root, number, short_name)


def _backward(graph: Graph) -> Iterator[Facts]:
    """The steps that pass gradients on, from the root to the leaves."""
    root = graph.root
    yield seed(root.number, f"d{short_name(root)}/d{short_name(root)}")
    told = [(index, edge) for index, edge in enumerate(graph.edges) if _is_told(edge)]
    left = [sum(edge.source == node.number for _, edge in told) for node in graph.nodes]
    for index, edge in sorted(told, key=lambda pair: -pair[1].target):
        left[edge.source] -= 1
        yield _passed_on(graph, index, edge, left[edge.source])


def _passed_on(graph: Graph, index: int, edge: Edge, left: int) -> Facts:
    """A step along an edge, after which the source of it waits for `left` more."""
    user, node = graph.nodes[edge.target], graph.nodes[edge.source]
    passed = graph.contribution(edge) or 0.0
    names = f"{short_name(user)} passes on to {short_name(node)}"
    figures = f"|{number(passed)}|" if edge.passed is not None else number(passed)
    return {
        "node": user.number,
        "target": node.number,
        "edge": index,
        "equation": f"{names}\n  {figures}",
        "sum": "",
        "remark": f"{_length(edge)}{_arrived(node, left)}",
        "term": f"{names} {figures}",
        "open": names,
        "names": names,
        "after": _NOT_YET if left else figure(passed if node.gradient is None else node.gradient),
        "late": False,
    }


def _length(edge: Edge) -> str:
    if edge.passed is None:
        return ""
    return f"This is the length of {plural(edge.count, 'contribution')} to the gradients in the box. "


def _arrived(node: Node, left: int) -> str:
    if left:
        return f"{plural(left, 'more box or node', 'more boxes and nodes')} will pass on to {short_name(node)}."
    if not node.parameters:
        return ""
    parameters = plural(node.parameters, "parameter")
    return f"Now all of {short_name(node)} is known: |grad| is the length of the gradients of its {parameters}."
