"""What a box computes, as a name and a formula.

The formula of a module is read from the nodes of its outputs: functions of one input around an affine map, `relu(W x +
b)`. Boxes outside all modules are known by the ops in them, or by the gates whose numbers they combine; others list
their ops.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.modules import GRU, LSTM
from viz.text import number as short

Role = tuple[str, str]
"""A name and a formula."""

_STATES: Final = {
    LSTM[3]: ("state", "o tanh(f c + i g)"),
    LSTM[1]: ("state", "f c + i g"),
    GRU[1]: ("state", "n + z (h - n)"),
}
"""The role of the box that combines gates, by one gate that only this kind of cell has; the first that fits."""

_ROLES: Final[tuple[tuple[frozenset[str], Role], ...]] = (
    (frozenset({"cross_entropy"}), ("cross entropy", "log(sum(exp(x))) - x[t]")),
    (frozenset({"log_softmax"}), ("cross entropy", "log(sum(exp(x))) - x[t]")),
    (frozenset({"logsumexp", "sub"}), ("cross entropy", "log(sum(exp(x))) - x[t]")),
    (frozenset({"softmax", "dot"}), ("attention", "softmax(q k) v")),
    (frozenset({"softmax"}), ("softmax", "exp(x) / sum(exp(x))")),
    (frozenset({"exp_difference", "log"}), ("cross entropy", "log(sum(exp(x))) - x[t]")),
    (frozenset({"exp_difference", "log1p"}), ("cross entropy", "log(sum(exp(x))) - x[t]")),
    (frozenset({"exp_difference", "div", "dot"}), ("attention", "softmax(q k) v")),
    (frozenset({"exp_difference", "div"}), ("softmax", "exp(x) / sum(exp(x))")),
    (frozenset({"sub", "pow", "add"}), ("squared error", "sum((y - t)**2)")),
    (frozenset({"sub", "square", "add"}), ("squared error", "sum((y - t)**2)")),
    (frozenset({"sub", "pow"}), ("squared error", "(y - t)**2")),
    (frozenset({"sub", "square"}), ("squared error", "(y - t)**2")),
)
"""The role of a box by functions that are in it; the first that fits."""

ROLE_NAMES: Final = tuple(dict.fromkeys([name for name, _ in [*_STATES.values(), *(role for _, role in _ROLES)]]))

_MOST_FORMULAS: Final = 2
_MOST_TERMS: Final = 40
_MOST_SYMBOLS: Final = 8
ADDING: Final = frozenset({"add", "sum", "fsum"})
"""The functions that add their inputs."""

_MULTIPLYING: Final = frozenset({"mul", "dot"})


def role_of_rest(functions: AbstractSet[str], sources: Collection[str]) -> Role:
    """The role of a box outside all modules, by the functions in it and the names of the boxes that it depends on.

    >>> role_of_rest({"sub", "pow", "add"}, ["layers.2"]), role_of_rest({"sin"}, [])
    (('squared error', 'sum((y - t)**2)'), ('', ''))
    """
    for gate, role in _STATES.items():
        if any(source.rpartition(".")[2] == gate for source in sources):
            return role
    return next((role for needed, role in _ROLES if needed <= functions), ("", ""))


def functions_in(graph: Graph, members: Sequence[int]) -> set[str]:
    """The functions in a box; every sum is `add`, and a dot product of numbers with themselves is also `square`."""
    given = {graph.nodes[number].function for number in members}
    found = {"add" if function in ADDING else function for function in given}
    for number in members:
        if graph.nodes[number].function == "dot":
            sources = [edge.source for edge in graph.inputs[number]]
            half = len(sources) // 2
            if sources[:half] == sources[half:]:
                found.add("square")
    return found


def symbols(graph: Graph, members: Sequence[int]) -> str:
    """The symbols of the ops in a box, the most frequent first; empty if there are many."""
    counts = Counter(graph.nodes[number].op for number in members if graph.nodes[number].op)
    return " ".join(op for op, _ in counts.most_common()) if len(counts) <= _MOST_SYMBOLS else ""


def formula(graph: Graph, members: Sequence[int], outputs: Sequence[int]) -> str:
    """The formulas of the outputs of a module, one for outputs that share it; empty if none has a known form."""
    inside = set(members)
    found = {_formula(graph, inside, number) for number in outputs if graph.nodes[number].op} - {""}
    return ", ".join(sorted(found, reverse=True)) if len(found) <= _MOST_FORMULAS else ""


def _formula(graph: Graph, inside: set[int], number: int) -> str:
    functions: list[str] = []
    while (node := graph.nodes[number]).op and node.function not in ADDING:
        sources = [e.source for e in graph.inputs[number] if graph.nodes[e.source].kind is not Kind.CONSTANT]
        if len(sources) != 1 or sources[0] not in inside or graph.nodes[sources[0]].kind is Kind.PARAMETER:
            break
        functions.append(_factor(graph, number) if node.function == "mul" else node.op)
        number = sources[0]
    terms = _terms(graph, inside, number)
    return "".join(f"{name}(" for name in functions) + terms + ")" * len(functions) if terms else ""


def _factor(graph: Graph, number: int) -> str:
    """The constant of a product, with a space after it."""
    constants = [node for e in graph.inputs[number] if (node := graph.nodes[e.source]).kind is Kind.CONSTANT]
    return f"{short(constants[0].data or 0.0)} " if constants else ""


def _terms(graph: Graph, inside: set[int], number: int) -> str:
    """The terms of an affine map, such as `W x + b`; empty for other numbers."""
    found: set[str] = set()
    waiting, count = [number], 0
    while waiting:
        term, count = waiting.pop(), count + 1
        node, sources = graph.nodes[term], [edge.source for edge in graph.inputs[term]]
        if count > _MOST_TERMS or (term not in inside and node.kind is not Kind.CONSTANT):
            return ""
        if node.function in ADDING:
            waiting += sources
        elif node.function in _MULTIPLYING:
            arrays = {_array(graph.nodes[s].name) for s in sources if graph.nodes[s].kind is Kind.PARAMETER}
            others = [s for s in sources if graph.nodes[s].kind is not Kind.PARAMETER]
            if not arrays or not others or any(graph.nodes[s].op and s in inside for s in others):
                return ""
            weights = "W x" if node.function == "dot" else "w x"
            found |= {"U h" if array == "weight_hh" else weights for array in arrays}
        elif node.kind is Kind.PARAMETER:
            found.add("b")
        elif node.kind is not Kind.CONSTANT:
            return ""
    return " + ".join(sorted(found, key=("W x", "w x", "U h", "b").index)) if found - {"b"} else ""


def _array(name: str) -> str:
    """The last part of the name of a parameter, without indices."""
    return re.sub(r"(\.\d+)+$", "", name).rpartition(".")[2]
