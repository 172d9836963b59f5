"""The still picture on which `page` and `animate` are based, and the part of a large graph that it shows.

A moving picture is laid out once. Its boxes are wide enough for every number that they will show. Its groups have the
numbers of their nodes and edges as attributes (`data-node`, `data-edge`), and the figures that change have separate
classes (`figure data`, `figure grad`). Everything else is as in the picture of `draw`.

An excerpt is taken after the sweep, not before, so that the contributions of the nodes left out are known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from viz.graph.arguments import check_choice, check_count, check_title
from viz.graph.graph import EDGES_PER_NODE, Graph, Kind, Node
from viz.graph.subgraph import nearest, subgraph
from viz.picture.boxes import layout_graph, node_text
from viz.picture.elements import Group, Path, Picture, Polyline
from viz.picture.layout import RANKDIRS, Point, place
from viz.picture.svg import svg_picture
from viz.text import cells, number

BRIDGE: Final = "bridge"
"""The class of the line that stands in the room of a label until the label is shown."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a graph that is shown: a graph of its own, and where its nodes and edges come from.

    `nodes` and `edges` map a number in the whole graph to the number in `graph`.
    """

    graph: Graph
    nodes: Mapping[int, int]
    edges: Mapping[int, int]


def excerpt(whole: Graph, max_nodes: int) -> Excerpt:
    """The at most `max_nodes` nodes nearest the root."""
    count = len(whole.nodes)
    flags = nearest(whole, whole.root.number, [True] * count, max_nodes, both_ways=False)
    budget = EDGES_PER_NODE * max_nodes
    graph = whole if all(flags) and len(whole.edges) <= budget else subgraph(whole, flags, max_edges=budget)
    new = (node.number for node in graph.nodes if node.kind is not Kind.MARKER)
    nodes = dict(zip((number for number in range(count) if flags[number]), new, strict=True))
    edges: dict[int, int] = {}
    every, shown = edges_by_target(whole), edges_by_target(graph)
    for target, there in nodes.items():
        ends = [edge for edge in every[target] if flags[whole.edges[edge].source]]
        edges.update(zip(ends, shown[there], strict=False))  # of very many, the first ones are kept
    return Excerpt(graph, nodes, edges)


def edges_by_target(graph: Graph) -> list[list[int]]:
    """The numbers of the edges that end at each node, in the order of its inputs; markers left out."""
    ends: list[list[int]] = [[] for _ in graph.nodes]
    for edge_number, edge in enumerate(graph.edges):
        if not graph.ends_at_marker(edge):
            ends[edge.target].append(edge_number)
    return ends


def check_limits(max_nodes: object, rankdir: str, title: str | None) -> int:
    """The budget of nodes as an int.

    Raises:
        OperandTypeError: if an argument is of the wrong type.
        InputError: if `max_nodes` is below 1 or there is no such direction.
    """
    check_choice("rankdir", rankdir, RANKDIRS)
    check_title(title)
    return check_count("max_nodes", max_nodes, least=1)


def picture_at_rest(
    graph: Graph,
    sums: Mapping[int, Iterable[float]],
    rankdir: str,
    title: str | None,
    *,
    bridges: bool = False,
    noted: bool = True,
) -> Picture:
    """The picture with all gradients at 0.0.

    It has no hover texts and no description, because they would reveal the gradients.

    Args:
        graph: what to draw.
        sums: every number that is shown as the gradient of a node, by number of the node.
        rankdir: direction of the edges.
        title: a line above the picture.
        bridges: whether each edge has a line across the room of its label, to be shown as long as the label is not.
        noted: whether a line below says what is left out and folded.
    """
    rest = Graph(tuple(map(_at_rest, graph.nodes)), graph.edges)
    widest = Graph(tuple(_widest(node, sums.get(node.number, ())) for node in rest.nodes), graph.edges)
    measured = layout_graph(widest, rankdir)
    placement = place(measured.boxes, measured.wires, rankdir)
    texts = tuple(map(node_text, rest.nodes))
    picture = svg_picture(rest, replace(measured, texts=texts), placement, title, "layout: builtin", noted=noted)
    edges, nodes = tuple(map(_numbered, picture.edges)), tuple(map(_numbered, picture.nodes))
    if bridges:
        routes = [[placement.routes[wire] for wire in wires] for wires in measured.wires_of]
        edges = tuple(map(_bridged, edges, routes))
    return replace(picture, edges=edges, nodes=nodes, title="", description="")


def _at_rest(node: Node) -> Node:
    return node if node.gradient is None else replace(node, gradient=0.0)


def _widest(node: Node, sums: Iterable[float]) -> Node:
    return replace(node, gradient=max(sums, key=lambda x: cells(number(x)), default=node.gradient))


def _numbered(group: Group) -> Group:
    """A group with its number as an attribute, and with classes that name its figures."""
    texts = (replace(text, prefix=f"figure {text.figure.strip('|')} ") if text.figure else text for text in group.texts)
    return replace(group, is_numbered=True, hover="", texts=tuple(texts))


def _bridged(group: Group, routes: Sequence[Sequence[Point]]) -> Group:
    """An edge with a line between its two wires, if it has a label there."""
    if len(routes) == 1:
        return group
    bridge = Polyline((routes[0][-1], routes[1][0]))
    return replace(group, shapes=(*group.shapes, Path((bridge,), BRIDGE)))
