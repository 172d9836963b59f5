"""The picture that `page` and `animate` set in motion, and the part of a large graph that it shows.

A moving picture is laid out once. Its boxes are wide enough for every number that they will ever show, its groups carry
the numbers of their nodes and edges (`data-node`, `data-edge`), and the figures that change carry a class of their own
(`figure data`, `figure grad`). Everything else is the still picture of `draw`.

A part is cut from the graph after the sweep, not before, so that what the nodes left out contribute is known.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from operator import index
from pathlib import Path
from typing import Final

from autograd_core import InputError, OperandTypeError
from autograd_core.files import write_atomically
from autograd_core.paths import format_of, path_of
from viz.graph.graph import EDGES_PER_NODE, Graph, Kind, Node
from viz.graph.select import kept, nearest
from viz.picture.layout import RANKDIRS, place
from viz.picture.scene import card, scene
from viz.picture.svg import svg_text
from viz.text import cells, number


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a graph that is shown: a graph of its own, and where its nodes and edges come from.

    `nodes` and `edges` map a number in the whole graph to the number in the part.
    """

    graph: Graph
    nodes: Mapping[int, int]
    edges: Mapping[int, int]


def part_of(whole: Graph, max_nodes: int) -> Part:
    """The at most `max_nodes` nodes nearest the root."""
    count = len(whole.nodes)
    flags = nearest(whole, whole.root.number, [True] * count, max_nodes, both_ways=False)
    budget = EDGES_PER_NODE * max_nodes
    graph = whole if all(flags) and len(whole.edges) <= budget else kept(whole, flags, max_edges=budget)
    new = (node.number for node in graph.nodes if node.kind is not Kind.MARKER)
    nodes = dict(zip((number for number in range(count) if flags[number]), new, strict=True))
    edges: dict[int, int] = {}
    every, shown = edges_by_target(whole), edges_by_target(graph)
    for target, there in nodes.items():
        ends = [edge for edge in every[target] if flags[whole.edges[edge].source]]
        edges.update(zip(ends, shown[there], strict=False))  # of very many, the first ones are kept
    return Part(graph, nodes, edges)


def edges_by_target(graph: Graph) -> list[list[int]]:
    """The numbers of the edges that end at each node, in the order of its operands; markers left out."""
    ends: list[list[int]] = [[] for _ in graph.nodes]
    for edge_number, edge in enumerate(graph.edges):
        if not graph.ends_at_marker(edge):
            ends[edge.target].append(edge_number)
    return ends


def check_limits(max_nodes: int, rankdir: str, title: str | None) -> int:
    """The budget of nodes as an int.

    Raises:
        OperandTypeError: if an argument is of the wrong type.
        InputError: if `max_nodes` is below 1 or there is no such direction.
    """
    try:
        limit = index(max_nodes)
    except TypeError:
        raise OperandTypeError(f"max_nodes is an int; got {type(max_nodes).__name__}") from None
    if limit < 1:
        raise InputError(f"max_nodes must be at least 1; got {limit}")
    if rankdir not in RANKDIRS:
        raise InputError(f"rankdir must be {' or '.join(map(repr, RANKDIRS))}; got {rankdir!r}")
    if not isinstance(title, str | None):
        raise OperandTypeError(f"title is a str or None; got {type(title).__name__}")
    return limit


def stage(graph: Graph, sums: Mapping[int, Iterable[float]], rankdir: str, title: str | None) -> str:
    """The picture as SVG, all gradients at 0.0.

    Args:
        graph: what to draw.
        sums: every number that the gradient of a node will ever show, by number of the node.
        rankdir: direction of the edges.
        title: a line above the picture.
    """
    rest = Graph(tuple(map(_at_rest, graph.nodes)), graph.edges)
    widest = Graph(tuple(_widest(node, sums.get(node.number, ())) for node in rest.nodes), graph.edges)
    measured = scene(widest, rankdir)
    placement = place(measured.boxes, measured.wires, rankdir)
    cards = tuple(map(card, rest.nodes))
    return _mark(svg_text(rest, replace(measured, cards=cards), placement, title, "layout: builtin"))


def _at_rest(node: Node) -> Node:
    return node if node.gradient is None else replace(node, gradient=0.0)


def _widest(node: Node, sums: Iterable[float]) -> Node:
    return replace(node, gradient=max(sums, key=lambda x: cells(number(x)), default=node.gradient))


_GROUP: Final = re.compile(r'<g class="(node|edge)')
_FIGURE: Final = re.compile(r'>(data|grad)</text><text class="')
_WORDS: Final = re.compile(r"<(title|desc)>[^<]*</\1>")


def _mark(svg: str) -> str:
    """Number the groups and name the figures. No label can be taken for markup: a writer has escaped every `<`."""
    numbers = {"node": count(), "edge": count()}
    groups = _GROUP.sub(lambda m: f'<g data-{m[1]}="{next(numbers[m[1]])}" class="{m[1]}', svg)
    return _FIGURE.sub(lambda m: f"{m[0]}figure {m[1]} ", groups)


def without_words(svg: str) -> str:
    """The picture without hover texts and description, which would tell what is not yet to be known."""
    return _WORDS.sub("", svg)


def save_text(path: str | os.PathLike[str], text: str, kind: str, example: str) -> Path:
    """Write a text to a file with an ending of its kind, complete or not at all, and return its path.

    Raises:
        OperandTypeError: if `path` is no path.
        InputError: if it has another ending.
        OSError: if the file cannot be written, of the subclass that the system reports.
    """
    target = path_of(path, f"save({example!r})")
    format_of(target, kind)
    write_atomically(target, text.encode())
    return target
