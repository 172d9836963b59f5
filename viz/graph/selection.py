"""The part of a graph that a picture shows: the options of `draw`, checked and applied one after the other.

First the whole graph is copied, then helper nodes are left out or dot products written out, then modules are folded,
then nodes are chosen. Each step makes one Graph from another. If only `max_nodes` is given, only the nodes nearest the
root are copied, enough of them that what is left out of the copy helps no node of the picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from autograd_core import InputError, OperandTypeError, Value
from autograd_core.text import did_you_mean
from viz.graph.arguments import AUTO, NO_LIMIT, check_count, check_flag, check_limit
from viz.graph.captions import reference
from viz.graph.cells import STATE
from viz.graph.collapse import LEFTOVER_LEAVES, OPERATIONS, collapsed
from viz.graph.expand import expanded
from viz.graph.graph import EDGES_PER_NODE, LEAVES, Graph, Kind, census, record, snapshot
from viz.graph.helpers import simplified
from viz.graph.modules import (
    LEVELS,
    LSTM,
    PARTS,
    Boxes,
    all_kinds,
    by_level,
    by_patterns,
    is_named,
    matches,
    modules,
    title,
    with_whole_cell,
)
from viz.graph.parts import is_part, part_names
from viz.graph.penalties import PENALTY
from viz.graph.roles import ROLE_NAMES
from viz.graph.subgraph import Flags, abridged, nearest, on_paths, subgraph, within
from viz.graph.variable_names import Scopes
from viz.text import listed

MAX_NODES: Final = 500
"""Up to this size a reader can follow the edges, a layout takes less than a second, and an SVG stays below 1 MB."""

FOLD_ABOVE: Final = 60
"""A network of more nodes than fit a screen is drawn as layers by default."""

MOST_PARTS: Final = 16
"""A picture of more boxes, which are the gates of several calls of a cell, has no room for gates."""

FOLD_BELOW: Final = 100_000
"""To fold a graph, all of it is copied, which takes several seconds for this many nodes."""

_MARGIN: Final = 2
"""How many times the nodes of a picture are copied, so that functions at its border are copied with all their nodes."""

_LARGEST_FUNCTION: Final = 500
"""About the nodes inside a function of a hundred inputs, the most that is shown as one node."""

NEIGHBOURHOOD: Final = 2
"""Edges around a focus if no depth is given: its inputs and users, and theirs."""

Meant = Value | str
"""A node, given as a Value or by name."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The checked options of `draw` that choose and fold nodes; `draw` describes them."""

    max_nodes: int
    is_fitted: bool
    wrt: tuple[Meant, ...] | None
    depth: int | None
    focus: Meant | None
    boxes: Boxes | None
    leftovers: bool
    only_if_large: bool
    opened: tuple[str, ...]
    expand: bool
    origin: bool
    by_call: bool = True

    @classmethod
    def of(
        cls,
        *,
        max_nodes: object = AUTO,
        wrt: object = None,
        depth: object = None,
        focus: object = None,
        collapse: object = AUTO,
        opened: object = (),
        expand: object = False,
        origin: object = False,
    ) -> "Selection":
        """Check the options.

        Raises:
            OperandTypeError: if one is of the wrong type.
            InputError: if one is out of range.
        """
        names = _texts("open", opened)
        if names and collapse is None:
            raise InputError("open names boxes of collapse, and collapse is None; give a level, or leave it out")
        is_fitted = max_nodes == AUTO
        is_automatic = collapse == AUTO
        if is_automatic:
            chosen = expand or not is_fitted or any(option is not None for option in (wrt, depth, focus))
            collapse = "layer" if names or not chosen else None
        return cls(
            MAX_NODES if is_fitted else check_limit("max_nodes", max_nodes),
            is_fitted,
            None if wrt is None else _all_meant(wrt),
            None if depth is None else check_limit("depth", depth, least=0),
            None if focus is None else _meant("focus", focus),
            None if collapse is None else _boxes(collapse, names),
            isinstance(collapse, int) or (isinstance(collapse, str) and collapse in LEVELS),
            is_automatic and not names,
            names,
            check_flag("expand", expand),
            check_flag("origin", origin),
        )

    @property
    def is_whole(self) -> bool:
        """Whether no option but a number of nodes is given."""
        restricted = self.wrt is not None or self.depth is not None or self.focus is not None
        return not (restricted or self.boxes is not None or self.expand)

    def graph(self, root: Value, scopes: Scopes) -> Graph:
        """The part of the graph of `root` that this selection shows.

        Raises:
            InputError: if `wrt` or `focus` means no node of the graph, `collapse` no module or `open` no box.
        """
        if self.only_if_large and self.boxes and not _is_large_network(root, self.boxes):
            return replace(self, boxes=None).graph(root, scopes)
        if self.is_whole:
            return self._nearest_root(root, scopes)
        full, number = record(root, scopes, self.origin)
        ends = [_numbers("wrt", meant, full, number) for meant in self.wrt or ()]
        centre = [] if self.focus is None else _numbers("focus", self.focus, full, number)
        graph, moved = expanded(full) if self.expand else simplified(full)
        steps = [moved]
        if self.boxes is not None:
            self._check_boxes(self.boxes, full)
            graph, moved = self._collapsed(graph, self.boxes)
            steps.append(moved)
        return self._choose(graph, _moved([n for some in ends for n in some], steps), _moved(centre, steps))

    def _nearest_root(self, root: Value, scopes: Scopes) -> Graph:
        """The nodes nearest the root, without helper nodes."""
        budget = min(_MARGIN * self.max_nodes + _LARGEST_FUNCTION, NO_LIMIT)
        while True:
            copy = snapshot(root, budget, scopes, self.origin)
            graph, _ = simplified(copy)
            if not copy.hidden or graph.drawn >= _MARGIN * self.max_nodes:
                break
            budget *= _MARGIN
        most = EDGES_PER_NODE * self.max_nodes
        if graph.drawn <= self.max_nodes and len(graph.edges) <= most:
            return graph
        flags = nearest(graph, graph.root.number, _drawn(graph), self.max_nodes, both_ways=False)
        return subgraph(graph, flags, max_edges=most)

    def folded(self, root: Value, scopes: Scopes, prepared: Callable[[Graph], Graph]) -> Graph | None:
        """The whole graph in boxes, `prepared` before it is folded; None if this selection folds nothing.

        Raises:
            InputError: if `collapse` names no module of the graph or `open` no box.
        """
        if self.boxes is None or (self.only_if_large and not _is_large_network(root, self.boxes)):
            return None
        full, _ = record(root, scopes)
        self._check_boxes(self.boxes, full)
        graph, _ = expanded(full) if self.expand else simplified(full)
        return self._collapsed(prepared(graph), self.boxes)[0]

    def _collapsed(self, graph: Graph, boxes: Boxes) -> tuple[Graph, list[int]]:
        """The graph in boxes, and the new number of each node; a cell with many calls has no boxes for its parts."""
        folded = collapsed(graph, boxes, self.opened, rest=self.leftovers, by_call=self.by_call)
        model = all_kinds(node.name for node in graph.nodes).get("", "")
        has_parts = any(node.name.partition(" (")[0] in PARTS for node in folded[0].nodes)
        if self.only_if_large and has_parts and model and len(folded[0].nodes) > MOST_PARTS:
            whole = with_whole_cell(boxes, model)
            folded = collapsed(graph, whole, self.opened, rest=self.leftovers, by_call=self.by_call)
        return folded

    def _check_boxes(self, boxes: Boxes, full: Graph) -> None:
        """Check that `collapse` names a module of the graph, and each name in `open` a box."""
        if not self.leftovers and not any(boxes(name) for name in _with_parts(full)):
            raise InputError(
                f"collapse names no module of the graph: it is {' or '.join(map(repr, LEVELS))}, a number of "
                "steps, or parts of the dotted names of parameters, such as 'layers.0'"
            )
        self._check_opened(full)

    def _check_opened(self, full: Graph) -> None:
        """Check that each name in `open` may mean a box of the graph."""
        named = [node.name for node in full.nodes if node.kind in LEAVES]
        boxes = _all_boxes(full)
        for name in self.opened:
            others = (OPERATIONS, LEFTOVER_LEAVES, PENALTY, *ROLE_NAMES)
            is_box = any(is_named(other, [name]) for other in others)
            if not (is_box or any(is_named(box, [name]) for box in boxes) or any(n.startswith(name) for n in named)):
                begun = next((other for other in others if len(name) > 2 and other.startswith(name)), "")
                hint = (
                    did_you_mean(name, [*boxes, *others], synonym=begun)
                    or f"there are {', '.join(map(repr, boxes[:3])) or 'none'}"
                )
                raise InputError(f"open names boxes of collapse, and none of the graph is {name!r}; {hint}")

    def _choose(self, graph: Graph, ends: Sequence[int], centre: Sequence[int]) -> Graph:
        """The part of the graph that `wrt`, `depth`, `focus` and `max_nodes` choose."""
        if len(centre) > 1:
            first = ", ".join(reference(graph.nodes[number]) for number in centre[:3])
            raise InputError(f"focus means one node, and {self.focus!r} means {len(centre)}: {first}; name one of them")
        start = centre[0] if centre else graph.root.number
        flags = [True] * len(graph.nodes)
        chosen: list[str] = []
        if self.wrt is not None:
            flags = on_paths(graph, ends)
            chosen.append(f"those on paths to {_listed(graph, ends)}")
        if centre or self.depth is not None:
            depth = NEIGHBOURHOOD if self.depth is None else self.depth
            flags = _both(flags, within(graph, start, depth, bool(centre)))
            chosen.append(f"those within {depth} edges of {reference(graph.nodes[start])}")
        if sum(flags) > self.max_nodes:
            flags = nearest(graph, start, flags, self.max_nodes, bool(centre))
            chosen.append(f"those nearest {reference(graph.nodes[start])}")
        return graph if all(flags) else subgraph(graph, flags, ", and of these ".join(chosen))


def _with_parts(graph: Graph) -> list[str]:
    """The names of leaves, with the names of parts of modules in them."""
    parts = part_names(graph)
    return [parts.get(node.name, node.name) for node in graph.nodes if node.kind in LEAVES]


def _all_boxes(graph: Graph) -> list[str]:
    """The names of the boxes that modules may have, by path and by title."""
    names = _with_parts(graph)
    kinds = all_kinds(node.name for node in graph.nodes)
    paths = dict.fromkeys(box for name in names for box in modules(name))
    states = [f"{path.removesuffix(LSTM[2])}{STATE}" for path in paths if path.rpartition(".")[2] == LSTM[2]]
    return list(dict.fromkeys([*paths, *states, *filter(None, [kinds.get("")]), *(title(p, kinds) for p in paths)]))


def _is_large_network(root: Value, boxes: Boxes) -> bool:
    """Whether the layers of a graph are easier to read than its nodes, and not too many nodes to find them."""
    count, labels = census(root, FOLD_BELOW)
    return FOLD_ABOVE < count < FOLD_BELOW and any(boxes(label) or is_part(label) for label in labels)


def shorter(graph: Graph, depth: int, breadth: int) -> Graph:
    """The nodes of a graph at most `depth` edges from its root, of which at most `breadth` are equally far."""
    return subgraph(graph, abridged(graph, depth, breadth), graph.chosen)


def smaller(graph: Graph, max_nodes: int) -> Graph:
    """The at most `max_nodes` nodes of a graph that are nearest its root."""
    flags = nearest(graph, graph.root.number, [True] * len(graph.nodes), max_nodes, both_ways=False)
    return subgraph(graph, flags, f"those nearest {reference(graph.root, 40)}")


def _drawn(graph: Graph) -> Flags:
    return [node.kind is not Kind.MARKER for node in graph.nodes]


def _both(left: Flags, right: Flags) -> Flags:
    return [a and b for a, b in zip(left, right, strict=True)]


def _moved(numbers: Sequence[int], steps: Sequence[Sequence[int]]) -> list[int]:
    """The numbers of nodes after some steps, without repetitions."""
    for moved in steps:
        numbers = [moved[number] for number in numbers]
    return list(dict.fromkeys(numbers))


def _listed(graph: Graph, numbers: Sequence[int]) -> str:
    return listed([reference(graph.nodes[number], 40) for number in numbers[:3]], count=len(numbers))


def _numbers(argument: str, meant: Meant, graph: Graph, number: dict[int, int]) -> list[int]:
    """The numbers of the nodes that a Value or a name means, at least one."""
    if isinstance(meant, Value):
        if id(meant) not in number:
            raise InputError(f"{argument} names a Value that the root does not depend on: {meant!r}")
        return [number[id(meant)]]
    found = [node.number for node in graph.nodes if node.name and matches(node.name, [meant])]
    if not found:
        hint = did_you_mean(meant, sorted({node.name for node in graph.nodes if node.name}))
        raise InputError("; ".join(filter(None, [f"{argument} names no node of the graph: {meant!r}", hint])))
    return found


def _meant(argument: str, given: object) -> Meant:
    if isinstance(given, Value | str):
        return given
    raise OperandTypeError(f"{argument} takes a Value or the name of one; got {type(given).__name__}")


def _all_meant(given: object) -> tuple[Meant, ...]:
    """`wrt` as a tuple of Values and names."""
    if isinstance(given, Value | str):
        return (given,)
    if not isinstance(given, list | tuple) or not given:
        got = "none" if isinstance(given, list | tuple) else type(given).__name__
        raise OperandTypeError(f"wrt takes Values or names, one or a list of them; got {got}")
    return tuple(_meant("wrt", item) for item in given)


def _texts(argument: str, given: object) -> tuple[str, ...]:
    """One name or several as a tuple."""
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise OperandTypeError(f"{argument} takes dotted names, one or a list of them; got {given!r}")
    return tuple(texts)


def _boxes(collapse: object, opened: tuple[str, ...]) -> Boxes:
    if isinstance(collapse, int) and not isinstance(collapse, bool):
        return by_level(check_count("collapse", collapse, 1), opened)
    if isinstance(collapse, str) and collapse in LEVELS:
        return by_level(collapse, opened)
    if isinstance(collapse, str | list | tuple):
        return by_patterns(_texts("collapse", collapse))
    levels = ", ".join(map(repr, LEVELS))
    raise OperandTypeError(f"collapse takes {levels}, a depth, or dotted names; got {collapse!r}")
