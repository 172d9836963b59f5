"""Mistakes in one op of a graph: its local derivative is forgotten, used twice, or taken at the output.

A black box that runs on Values has a graph with all numbers between. Each row changes the local derivatives of an op;
the chain rule then gives the gradient that comes of this mistake, and it is compared with the claimed one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from autograd_core.graph.chain_rule import adjoints
from autograd_core.graph.node import Node
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.testing.causes.evidence import Evidence, Gradient, Prediction
from autograd_core.testing.truths.replay import recorded_inputs

LARGEST: Final = 2000
"""Graphs with more nodes than this are not changed."""

SINGLE: Final = 40
"""In graphs with at most this many nodes each node is also changed alone."""

BEYOND: Final = 1e-4
"""The chance of an accident up to which a mistake is believed."""


class Mutation(NamedTuple):
    """A mistake in the local derivative of an op: a text with the `{op}`, and the wrong local derivative at a node."""

    text: str
    of: Callable[[Node, int], float]


def _at_output(node: Node, index: int) -> float:
    """Return the local derivative of a function of one number at its output in place of its input."""
    op, y = node.op, node.data
    if op is None or len(node.inputs) != 1:
        raise ArithmeticError
    return op.derivatives_at([y], op.evaluate([y]), [True])[0]


IN_OUTPUT: Final[dict[str, Callable[[float], float]]] = {
    "exp": lambda y: y,
    "sigmoid": lambda y: y * (1 - y),
    "sqrt": lambda y: 1 / (2 * y),
    "tanh": lambda y: 1 - y * y,
}
"""Local derivatives that are usually written in the output of the op."""


def _of_input(node: Node, index: int) -> float:
    """Return the local derivative that is written in the output, with the input in its place."""
    form = IN_OUTPUT.get(node.op.name if node.op else "")
    if form is None:
        raise ArithmeticError
    return form(recorded_inputs(node)[0])


def _in_output(op: str, form: Callable[[float], float]) -> Callable[[Node, int], float]:
    """Return a form of the output as the local derivative of one op."""

    def derivative(node: Node, index: int) -> float:
        if node.op is None or node.op.name != op:
            raise ArithmeticError
        return form(node.data)

    return derivative


MUTATIONS: Final = (
    Mutation("the derivative of {op} is forgotten", lambda node, i: 1.0),
    Mutation("the derivative of {op} has the wrong sign", lambda node, i: -node.derivatives[i]),
    Mutation("the derivative of {op} is used twice", lambda node, i: node.derivatives[i] ** 2),
    Mutation("the derivative of {op} is taken at its output, where its input is right", _at_output),
    Mutation("the derivative of {op} is written in its output, and gets its input", _of_input),
    Mutation(
        "the derivative of {op} is taken as 1 - y of its output y, and not 1 - y²", _in_output("tanh", lambda y: 1 - y)
    ),
    Mutation(
        "the derivative of {op} is taken as y of its output y, and not y (1 - y)", _in_output("sigmoid", lambda y: y)
    ),
    Mutation(
        "the derivative of {op} is taken as 1 - y of its output y, and not y (1 - y)",
        _in_output("sigmoid", lambda y: 1 - y),
    ),
    Mutation(
        "the derivative of {op} is taken as y (1 - y) of its output y, which is that of a sigmoid, and not 1 - y²",
        _in_output("tanh", lambda y: y * (1 - y)),
    ),
    Mutation(
        "the derivative of {op} is taken as 1 - y² of its output y, which is that of a tanh, and not y (1 - y)",
        _in_output("sigmoid", lambda y: 1 - y * y),
    ),
    Mutation("nothing passes through {op}: is the graph cut there?", lambda node, i: 0.0),
)


SUBTRACTION: Final = ("sub", "neg")
FORGOTTEN_SIGN: Final = "the minus sign of {op} is forgotten: the sign of what is subtracted is flipped"
"""Without its local derivative, an op that subtracts has another sign only."""


Recorded = tuple[Any, list[Value]] | None


def of_graph(gradient: Gradient) -> Recorded:
    """Return the graph of a function."""
    return gradient.graph()


def of_inner_graph(gradient: Gradient) -> Recorded:
    """Return the graph inside of a function that returns a plain number."""
    return gradient.inner_graph()


def of_mutations(
    evidence: Evidence, indices: Sequence[int], graph_of: Callable[[Gradient], Recorded] = of_graph
) -> str:
    """Return the text on the op whose mistake gives the claimed gradient; "" if there is none."""
    graph = graph_of(evidence.here)
    root = graph[0] if graph else None
    if not isinstance(root, Value):
        return ""
    order = topological_order(root)
    if len(order) > LARGEST:
        return ""
    for text, chosen, mutation in _candidates(order, alone=graph_of is of_graph):
        predict = _Changed(graph_of, chosen, mutation.of).predict
        if evidence.chance(indices, predict) <= BEYOND:
            return text
    return ""


Choice = Callable[[int, Node], bool]


def _candidates(order: Sequence[Node], *, alone: bool) -> Iterator[tuple[str, Choice, Mutation]]:
    """Yield what to change: all nodes of an op, and each `alone`; the place in the order names a node at all points."""
    ops = Counter(node.op.name for node in order if node.op is not None and node.op.name not in ("add", "mul"))
    for mutation in MUTATIONS:
        for name in ops:
            yield _text(mutation, name, name), _named(name), mutation
    if len(order) > SINGLE or not alone:
        return
    for mutation in MUTATIONS:
        for place, node in enumerate(order):
            if node.op is not None and (ops[node.op.name] > 1 or node.op.name in ("add", "mul")):
                value = f"one {node.op.name}, the one with the value {node.data:.4g},"
                yield _text(mutation, node.op.name, value), _placed(place), mutation


def _text(mutation: Mutation, op: str, what: str) -> str:
    is_sign = mutation is MUTATIONS[0] and op in SUBTRACTION
    return (FORGOTTEN_SIGN if is_sign else mutation.text).replace("{op}", what)


def _named(name: str) -> Choice:
    return lambda _, node: node.op is not None and node.op.name == name


def _placed(chosen: int) -> Choice:
    return lambda place, _: place == chosen


class _Changed:
    """The gradients with a mistake, each computed once."""

    def __init__(
        self, graph_of: Callable[[Gradient], Recorded], chosen: Choice, change: Callable[[Node, int], float]
    ) -> None:
        self.graph_of = graph_of
        self.chosen = chosen
        self.change = change
        self.gradients: dict[int, list[float]] = {}

    def predict(self, gradient: Gradient, i: int) -> Prediction:
        """Return the derivative with the mistake."""
        if id(gradient) not in self.gradients:
            try:
                self.gradients[id(gradient)] = self._changed(self.graph_of(gradient))
            except Exception:  # noqa: BLE001 - an op may reject another input by any exception
                self.gradients[id(gradient)] = []
        numbers = self.gradients[id(gradient)]
        return numbers[i] if numbers else math.nan, 0.0

    def _changed(self, graph: Recorded) -> list[float]:
        root = graph[0] if graph else None
        if graph is None or not isinstance(root, Value):
            return []
        local: dict[Node, Sequence[float]] = {}
        for place, node in enumerate(topological_order(root)):
            if node.op is not None:
                indices = range(len(node.inputs))
                changed = self.chosen(place, node)
                local[node] = [self.change(node, i) for i in indices] if changed else node.derivatives
        table = adjoints({root: 1.0}, lambda node: local.get(node, ()), False, set(graph[1]))
        return [float(table.get(x, 0.0)) for x in graph[1]]
