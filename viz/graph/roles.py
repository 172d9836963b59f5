"""What a box computes, as a name and a formula.

The formula of a module is read from the nodes of its outputs: functions of one input around an affine map, `relu(W x +
b)`. Boxes outside all modules are known by patterns of the ops in them, or by the gates whose numbers they combine;
others list their ops.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.modules import GRU, LSTM
from viz.graph.patterns import occurs
from viz.text import number as short

Role = tuple[str, str]
"""A name and a formula."""

_STATES: Final = {
    LSTM[3]: ("state", "o tanh(f c + i g)"),
    LSTM[1]: ("state", "f c + i g"),
    GRU[1]: ("state", "n + z (h - n)"),
}
"""The role of the box that combines gates, by one gate that only this kind of cell has; the first that fits."""

_CROSS_ENTROPY: Final = ("cross entropy", "log(sum(exp(x))) - x[t]")
_BINARY: Final = ("binary cross entropy", "-(t log(p) + (1 - t) log(1 - p))")
_HINGE: Final = ("hinge", "max(0, 1 - t y)")
_HUBER: Final = ("huber", "d**2 / 2, or c (|d| - c / 2), d = y - t")
_SMOOTH: Final = ("smooth l1", "d**2 / (2 c), or |d| - c / 2, d = y - t")
_SQUARES: Final = ("squared error", "sum((y - t)**2)")
_SQUARE: Final = ("squared error", "(y - t)**2")

_ROLES: Final[tuple[tuple[Role, tuple[str, ...]], ...]] = (
    (_HINGE, ("relu(1 - y)",)),
    (_HINGE, ("relu(1 + y)",)),
    (_HINGE, ("max(0, 1 - y)",)),
    (_HINGE, ("max(0, 1 + y)",)),
    (("multi-margin", "sum(max(0, c - x[t] + x[i]))"), ("relu(x + (c - y))",)),
    (("cosine embedding", "1 - cos(a, b), or max(0, cos(a, b) - c)"), ("dot", "x / sqrt(a * b)")),
    (_BINARY, ("binary_surprise",)),
    (_BINARY, ("log(1 - p)",)),
    (_BINARY, ("log1p(-p)",)),
    (_BINARY, ("logsigmoid",)),
    (_BINARY, ("c * z + softplus(y)",)),
    (_BINARY, ("c * z + d * softplus(y)",)),
    (_BINARY, ("d * softplus(y) - c * z",)),
    (_BINARY, ("softplus(y) - c * z",)),
    (("soft margin", "log(1 + exp(-t y))"), ("softplus(-y)",)),
    (_HUBER, ("c * (abs(y - t) - d)",)),
    (_HUBER, ("abs(y - t) - c", "0.5 * a * a")),
    (_SMOOTH, ("abs(y - t) - c",)),
    (_SMOOTH, ("0.5 * a * (a / c)",)),
    (("KL divergence", "t (log(t) - x)"), ("c * (d - x)",)),
    (("squared error", "(y - t)**2 / 2"), ("0.5 * (y - t) * (y - t)",)),
    (_CROSS_ENTROPY, ("cross_entropy",)),
    (_CROSS_ENTROPY, ("log_softmax",)),
    (_CROSS_ENTROPY, ("logsumexp", "sub")),
    (("attention", "softmax(q k) v"), ("softmax", "dot")),
    (("softmax", "exp(x) / sum(exp(x))"), ("softmax",)),
    (_CROSS_ENTROPY, ("exp_difference", "log")),
    (_CROSS_ENTROPY, ("exp_difference", "log1p")),
    (("attention", "softmax(q k) v"), ("exp_difference", "div", "dot")),
    (("softmax", "exp(x) / sum(exp(x))"), ("exp_difference", "div")),
    (("absolute error", "|y - t|"), ("abs(y - t)",)),
    (_SQUARES, ("sub", "pow", "add")),
    (_SQUARES, ("sub", "square", "add")),
    (_SQUARE, ("sub", "pow")),
    (_SQUARE, ("sub", "square")),
)
"""The role of a box by patterns that all occur in it, see `patterns`; the first that fits. What a loss does with the
outputs comes before the softmax that they may be."""

ROLE_NAMES: Final = tuple(dict.fromkeys([name for name, _ in [*_STATES.values(), *(role for role, _ in _ROLES)]]))

_MOST_FORMULAS: Final = 2
_MOST_TERMS: Final = 40
_MOST_SYMBOLS: Final = 8
ADDING: Final = frozenset({"add", "sum", "fsum"})
"""The functions that add their inputs."""

_MULTIPLYING: Final = frozenset({"mul", "dot"})
_SQUARING: Final = frozenset({"mul", "dot", "sumprod"})


def role_of_rest(graph: Graph, members: Sequence[int], sources: Collection[str]) -> Role:
    """The role of a box outside all modules, by the nodes in it and the names of the boxes that it depends on."""
    for gate, role in _STATES.items():
        if any(source.rpartition(".")[2] == gate for source in sources):
            return role
    functions = _functions(graph, members)

    def has(pattern: str) -> bool:
        return pattern in functions or (not pattern.isidentifier() and occurs(graph, members, pattern))

    return next((role for role, patterns in _ROLES if all(map(has, patterns))), ("", ""))


def _functions(graph: Graph, members: Sequence[int]) -> set[str]:
    """The functions in a box; every sum is `add`, and a product of numbers with themselves is also `square`."""
    given = {graph.nodes[number].function for number in members}
    found = {"add" if function in ADDING else function for function in given}
    for number in members:
        if graph.nodes[number].function in _SQUARING:
            sources = [edge.source for edge in graph.inputs[number] for _ in range(edge.count)]
            half = len(sources) // 2
            if sources[:half] == sources[half:]:
                found.add("square")
    return found


_PENALTIES: Final = (("sum(w**2)", ("w * w", "w ** 2", "square", "squares")), ("sum(|w|)", ("abs",)))
"""The terms of penalties, by the patterns of which one occurs."""

_IN_PENALTIES: Final = frozenset({"", "add", "mul", "div", "pow", "dot", "sumprod", "square", "abs"})
"""The functions of a penalty with a formula; leaves have none."""


def penalty_formula(graph: Graph, members: Sequence[int]) -> str:
    """The formula of a penalty, such as `0.01 sum(w**2)`; its symbols if it has another form."""
    functions = _functions(graph, members)
    terms = [
        text for text, patterns in _PENALTIES if any(p in functions or occurs(graph, members, p) for p in patterns)
    ]
    if not terms or not functions <= _IN_PENALTIES:
        return symbols(graph, members)
    products = [number for number in members if graph.nodes[number].function == "mul"]
    factors = [factor for number in products if (factor := _factor(graph, number))]
    factor = factors[0] if len(factors) == len(terms) == 1 else "c " if factors else ""
    return " + ".join(f"{factor}{term}" for term in terms)


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
