"""The graph of a compiled program: a node for each record or instruction, with shapes instead of data and gradients."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from autograd_core import InputError, Value
from viz.graph.arguments import AUTO, check_limit
from viz.graph.graph import Edge, Graph, Kind, Node
from viz.graph.selection import smaller
from viz.text import cut

if TYPE_CHECKING:
    from autograd_core.compiler.blueprint import Blueprint, Box

DEFAULTS: Final[Mapping[str, object]] = {
    "names": None,
    "wrt": None,
    "depth": None,
    "focus": None,
    "collapse": AUTO,
    "open": (),
    "expand": False,
    "origin": False,
}
"""The options of `draw` that are about Values, with their defaults."""

TAKEN: Final = "max_nodes, format, rankdir, renderer and title"

MOST_LISTED: Final = 20
"""So many nodes are listed below a drawing at a prompt: a screen."""


def program_of(value: object) -> "Blueprint | None":
    """The program of a compiled function, or a program itself, as boxes; None for anything else."""
    if isinstance(value, Value):
        return None
    from autograd_core.compiler.blueprint import blueprint_of  # most pictures are of Values, and need no compiler

    return blueprint_of(value)


def program_graph(program: "Blueprint", given: Mapping[str, object], max_nodes: object) -> Graph:
    """The graph of a program; `given` holds the options that are about Values.

    Raises:
        OperandTypeError: if `max_nodes` is not an int.
        InputError: if `max_nodes` is too small, or if there is an option that is about Values.
    """
    for option, choice in given.items():
        if choice != DEFAULTS[option]:
            raise InputError(f"draw of a program takes {TAKEN}; got {option}={choice!r}, which is about Values")
    nodes = tuple([_node(number, box) for number, box in enumerate(program.boxes)])
    edges = tuple(
        [
            Edge(arrow.source, target, None, shape=arrow.shape, is_flow=True)
            for target, box in enumerate(program.boxes)
            for arrow in box.arrows
        ]
    )
    graph = Graph(nodes, edges, about=program.about)
    limit = check_limit("max_nodes", None if max_nodes == AUTO else max_nodes)
    return graph if len(nodes) <= limit else smaller(graph, limit)


def _node(number: int, box: "Box") -> Node:
    is_product, is_op = " @ " in box.shape, box.kind in ("record", "instruction")
    numbers = f"{box.shape} numbers" if box.shape and not is_op else box.shape
    return Node(
        number,
        Kind.MODULE if is_product else KINDS[box.kind],
        name="matrix product" if is_product else "" if is_op else box.name,
        op=box.name if is_op and not is_product else "",
        lines=tuple(filter(None, (numbers, *box.notes))),
        is_of_program=True,
    )


KINDS: Final = {
    "inputs": Kind.LEAF,
    "constants": Kind.CONSTANT,
    "record": Kind.OP,
    "instruction": Kind.OP,
    "outputs": Kind.ROOT,
}


def listed_below(graph: Graph, width: int) -> str:
    """The nodes of a program line by line, with the numbers of those that they read: what a prompt shows."""
    lines = []
    for node in graph.nodes[:MOST_LISTED]:
        read = ", ".join([f"#{edge.source}" for edge in graph.inputs[node.number]])
        what = " ".join(filter(None, (f"#{node.number}", node.op, node.name, *node.lines, read and f"of {read}")))
        lines.append(cut(what, max(width, 20)))
    more = len(graph.nodes) - len(lines)
    return "\n".join([*lines, f"and {more:,} more"] if more else lines)
