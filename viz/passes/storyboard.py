"""The storyboard: all that a moving picture shows, step by step, in numbers and in words.

It is plain data (dicts, lists, texts), which `page` passes to its script as JSON and `animate` turns into timetables.
All sentences are made here. Nodes and edges are given by their numbers in the picture, and a number is its exact
spelling, or a pair of a short spelling and the exact one.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from math import isnan
from typing import Any, Final, TypeAlias

from viz.graph.captions import elision, reference
from viz.graph.graph import Graph, Node
from viz.passes.steps import NAIVE, TOPOLOGICAL, Backward, Forward, Steps, equation, replay
from viz.passes.still import Excerpt, edges_by_target, excerpt
from viz.text import ELLIPSIS, cut, listed, number, plural
from viz.text import number as number_of

_NAME_CELLS: Final = 24
_MAX_LISTED: Final = 6

Facts: TypeAlias = dict[str, Any]
"""The storyboard, or a node or a step on it."""


def storyboard(graph: Graph, limit: int) -> tuple[Facts, Excerpt]:
    """All that the page shows, step by step, and the part of the graph in its picture."""
    shown = excerpt(graph, limit)
    right, wrong = (replay(graph, order, only=shown.nodes) for order in (TOPOLOGICAL, NAIVE))
    writer = _Writer(shown, right)
    board = {
        "nodes": writer.nodes(),
        "edges": [[edge.source, edge.target] for edge in shown.graph.edges],
        "forward": [writer.forward(step) for step in right.forward],
        "backward": {NAIVE: list(writer.backward(wrong)), TOPOLOGICAL: list(writer.backward(right))},
        "words": writer.words(wrong),
    }
    return board, shown


def broken(equation: str) -> str:
    """An equation with a line for each of its sides."""
    return equation.replace(" = ", "\n  = ")


def figure(value: float) -> str | list[str]:
    """A number for the page: its exact spelling, or a pair of a short and the exact one if they differ."""
    exact, short = repr(value), number(value)
    return exact if exact == short else [short, exact]


def _added(value: float) -> str:
    """A number with the sign that adds it to another."""
    text = number(value)
    return f"- {text[1:]}" if text.startswith("-") else f"+ {text}"


def short(spelled: str | list[str]) -> str:
    """The short spelling of a number on the storyboard."""
    return spelled if isinstance(spelled, str) else spelled[0]


def exact(spelled: str | list[str]) -> str:
    """The exact spelling of a number on the storyboard."""
    return spelled if isinstance(spelled, str) else spelled[-1]


def short_name(node: Node) -> str:
    """A node inside a line. A name that is written from right to left is isolated, so that it does not reverse it."""
    name = cut(reference(node), _NAME_CELLS)
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in name):
        return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"
    return name


def summary(graph: Graph) -> str:
    """How large a picture is, and what it leaves out and folds."""
    size, note = f"{plural(graph.drawn, 'node')}, {plural(graph.drawn_edges, 'edge')}", elision(graph)
    return f"{size}; {note}" if note else size


def of_the_root(name: str) -> str:
    """What is said about the uses of the root."""
    return f"{name} is the root: its gradient with respect to itself is 1."


def seed(root: int, derivative: str) -> Facts:
    """The first step of a backward pass, given the number of the root and the name of its gradient."""
    first = f"{derivative} = 1.0"
    return {
        "node": root,
        "target": root,
        "edge": None,
        "equation": first,
        "remark": "A number changes as fast as itself: here the backward pass begins.",
        "term": first,
        "open": first,
        "after": "1.0",
        "late": False,
    }


def sums_of(backward: list[Facts]) -> dict[int, list[float]]:
    """Every number that the gradient of each node shows in the course of these steps."""
    sums: dict[int, list[float]] = {}
    for step in backward:
        sums.setdefault(step["target"], []).append(float(exact(step["after"])))
    return sums


class _Writer:
    """Describes the steps of a graph as its excerpt shows them."""

    def __init__(self, shown: Excerpt, right: Steps) -> None:
        self.shown = shown
        self.right = right
        self.root = right.graph.root
        self.ends = edges_by_target(right.graph)
        self.uses = Counter((edge.target, edge.source) for edge in right.graph.edges)

    def name(self, node: Node) -> str:
        """A node inside a line, with its number in the picture if it has no name of its own."""
        if not node.name and node.gradient is not None:
            return reference(node) if node.number in self.shown.nodes else ELLIPSIS
        return short_name(node)

    def nodes(self) -> list[Facts]:
        """The facts about each node of the picture, markers included."""
        old = {new: number for number, new in self.shown.nodes.items()}
        return [self._node(node, old.get(node.number)) for node in self.shown.graph.nodes]

    def _node(self, node: Node, number: int | None) -> Facts:
        if number is None or node.gradient is None:
            return {"name": "", "gradient": None, "data": None if node.data is None else figure(node.data)}
        whole = self.right.graph.nodes[number]
        operands = [self.right.graph.nodes[edge.source] for edge in self.right.graph.inputs[number]]
        step = Forward(0, whole, tuple(operands))
        made, briefly = (equation(step, self.root, spell, self.name) if operands else "" for spell in (repr, number_of))
        uses = self.right.to(whole)
        hidden = sum(not self._is_shown(step) for step in uses)
        return {
            "name": self.name(node),
            "op": bool(operands),
            "made": made or f"{self.name(node)}, a leaf",
            **({"briefly": briefly} if briefly != made else {}),
            "data": figure(whole.data or 0.0),
            "gradient": figure(whole.gradient or 0.0),
            "derivative": self._gradient(whole),
            "uses": _uses(self.name(node), len(uses), hidden, whole is self.root),
            "asked": bool(uses) and not hidden,
        }

    def _gradient(self, node: Node) -> str:
        return f"d{self.name(self.root)}/d{self.name(node)}"

    def _local(self, step: Backward) -> str:
        """What the quiz calls a local derivative; that by an input that the node has twice has its place, too."""
        is_one_of_several = self.uses[step.node.number, step.target.number] > 1
        place = f" (input {step.place + 1})" if is_one_of_several else ""
        return f"local d{self.name(step.node)}/d{self.name(step.target)}{place}"

    def _is_shown(self, step: Backward) -> bool:
        return step.node.number in self.shown.nodes and self._edge(step) in self.shown.edges

    def _edge(self, step: Backward) -> int:
        return self.ends[step.node.number][step.place]

    def forward(self, step: Forward) -> Facts:
        """The facts of a step that computes a node."""
        ends = [edge for edge in self.ends[step.node.number] if edge in self.shown.edges]
        graph = self.right.graph
        derivatives = [
            f"d{self.name(step.node)}/d{self.name(graph.nodes[graph.edges[edge].source])} = {number(derivative)}"
            for edge in ends
            if (derivative := graph.edges[edge].derivative) is not None
        ]
        more = [ELLIPSIS] if len(derivatives) > _MAX_LISTED else []
        return {
            "node": self.shown.nodes[step.node.number],
            "from": [self.shown.nodes[graph.edges[edge].source] for edge in ends],
            "edges": [self.shown.edges[edge] for edge in ends],
            "equation": broken(equation(step, self.root, number, self.name)),
            "sum": "\n".join([*derivatives[:_MAX_LISTED], *more]),
            "remark": "Its local derivatives are computed with it." if derivatives else "",
        }

    def backward(self, steps: Steps) -> Iterator[Facts]:
        """The contributions to the nodes of the picture; those from nodes left out are put together."""
        root = self.shown.nodes[self.root.number]
        yield seed(root, self._gradient(self.root))
        done: dict[int, int] = {}
        waiting: dict[int, list[Backward]] = {}
        for step in steps.backward:
            target = step.target.number
            if step.node.number in waiting:
                yield self._gathered(waiting.pop(step.node.number))
            done[target] = done.get(target, 0) + 1
            if not self._is_shown(step):
                waiting.setdefault(target, []).append(step)
                continue
            if target in waiting:
                yield self._gathered(waiting.pop(target))
            yield self._contribution(step, done)
        for gathered in waiting.values():
            yield self._gathered(gathered)

    def _contribution(self, step: Backward, done: dict[int, int]) -> Facts:
        gradient, count = self._gradient(step.target), done[step.target.number]
        missing = len(self.right.to(step.node)) - done.get(step.node.number, 0)
        names = f"{self._gradient(step.node)} × d{self.name(step.node)}/d{self.name(step.target)}"
        product = f"{number(step.upstream)} × {number(step.local)} = {number(step.contribution)}"
        return {
            "node": self.shown.nodes[step.node.number],
            "target": self.shown.nodes[step.target.number],
            "edge": self.shown.edges[self._edge(step)],
            "equation": broken(equation(step, self.root, number, self.name)),
            "sum": f"{gradient} = {number(step.before)} {_added(step.contribution)} = {number(step.after)}"
            if count > 1
            else "",
            "remark": self._remark(step, count, len(self.right.to(step.target)), missing),
            "term": f"{names} = {product}",
            "open": names,
            "names": names,
            "derivative": self._local(step),
            "local": figure(step.local),
            "part": figure(step.contribution),
            "after": figure(step.after),
            "late": step.late,
        }

    def _gathered(self, steps: list[Backward]) -> Facts:
        last = steps[-1]
        words = f"{plural(len(steps), 'contribution')} of nodes left out"
        return {
            "node": None,
            "target": self.shown.nodes[last.target.number],
            "edge": None,
            "equation": f"{self._gradient(last.target)} += {words}",
            "sum": f"{self._gradient(last.target)} = {number(last.after)}",
            "term": words,
            "open": words,
            "after": figure(last.after),
            "late": any(step.late for step in steps),
        }

    def _remark(self, step: Backward, count: int, total: int, missing: int) -> str:
        """A remark, if there is one: the target has `count` of `total` contributions, and the node lacks `missing`."""
        target, node = self.name(step.target), self.name(step.node)
        if missing:
            return f"Too early: {node} still misses {plural(missing, 'contribution')}, and passes on what it has."
        if step.late:
            lost = f"this {number(step.contribution)} never reaches the nodes below it"
            return f"Too late: {target} has passed its gradient on already, and {lost}."
        if not step.upstream:
            return f"The gradient of {node} is 0, so nothing is passed on."
        if not step.local:
            return f"The local derivative is 0: {target} does not move {node}, so nothing is passed on."
        if total == 1:
            return ""
        rest = f"{total - count} still to come" if count < total else "all of them are in"
        return f"{target} is used {total:,} times: contribution {count:,}, {rest}."

    def words(self, wrong: Steps) -> Facts:
        """The texts that belong to no step."""
        root = self.name(self.root)
        return {
            "summary": summary(self.shown.graph),
            "ready": "Press space, or step with the arrow keys: first every node is computed, then the gradients of "
            f"{root} flow back.",
            "naive": "Wrong order: every node passes its gradient on as soon as a depth-first walk from the root meets "
            "it, without waiting for the others that use it.",
            "nothing": "There is no number to ask for in this picture.",
            "end": {
                TOPOLOGICAL: "Done: every node had all its contributions before it passed its gradient on.",
                NAIVE: self._verdict(wrong),
            },
        }

    def _verdict(self, wrong: Steps) -> str:
        """How the wrong order changes the gradients."""
        pairs = list(zip(self.right.gradients, wrong.gradients, strict=True))
        differing = [index for index, (good, bad) in enumerate(pairs) if not _same(good, bad)]
        if not differing:
            return "In this graph the wrong order happens to give the right gradients: nothing is passed on too early."
        came_out = [
            f"{self._gradient(self.right.graph.nodes[index])} came out as {number(pairs[index][1] or 0.0)} "
            f"instead of {number(pairs[index][0] or 0.0)}"
            for index in differing
            if index in self.shown.nodes
        ]
        early = list(dict.fromkeys(self.name(step.target) for step in wrong.late)) or ["something"]
        reason = f"{', '.join(early[:_MAX_LISTED])} passed on too early"
        wrongs = listed(came_out, _MAX_LISTED, count=len(differing))
        return f"{plural(len(differing), 'gradient')} wrong, because {reason}: {wrongs}."


def _same(good: float | None, bad: float | None) -> bool:
    """Whether two gradients are equal, where a nan equals another."""
    return good == bad or (good is not None and bad is not None and isnan(good) and isnan(bad))


def _uses(name: str, count: int, hidden: int, is_root: bool) -> str:
    if is_root:
        return of_the_root(name)
    times = "once" if count == 1 else f"{count:,} times, and all contributions are added"
    outside = f" ({hidden:,} of them outside the picture)" if hidden else ""
    return f"{name} is used {times}{outside}:"
