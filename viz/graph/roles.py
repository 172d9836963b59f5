"""What a box outside all modules computes, as a name and a formula.

Such boxes are known by patterns of the ops in them; others list their ops. The formulas of modules stand in `formulas`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from viz.graph.graph import Graph, Kind
from viz.graph.patterns import ROOT_OF_SQUARES, occurs
from viz.text import ELLIPSIS
from viz.text import number as short

Role = tuple[str, str]
"""A name and a formula."""

ATTENTION_ROLE: Final = "attention"
_CROSS_ENTROPY: Final = ("cross entropy", "log(sum(exp(x))) - x[t]")
_BINARY: Final = ("binary cross entropy", "-(t log(p) + (1 - t) log(1 - p))")
_HINGE: Final = ("hinge", "max(0, 1 - t y)")
_HUBER: Final = ("huber", "d**2 / 2, or c (|d| - c / 2), d = y - t")
_SMOOTH: Final = ("smooth l1", "d**2 / (2 c), or |d| - c / 2, d = y - t")
_SQUARES: Final = ("squared error", "sum((y - t)**2)")
_SQUARE: Final = ("squared error", "(y - t)**2")

_ROLES: Final[tuple[tuple[Role, tuple[str, ...]], ...]] = (
    (("normalisation", "(x - mean) / std"), (ROOT_OF_SQUARES, "x - y")),
    (("normalisation", "x / rms"), (ROOT_OF_SQUARES,)),
    (_HINGE, ("relu(1 - y)",)),
    (_HINGE, ("relu(1 + y)",)),
    (_HINGE, ("max(0, 1 - y)",)),
    (_HINGE, ("max(0, 1 + y)",)),
    (("multi-margin", "sum(max(0, c - x[t] + x[i]))"), ("relu(x + (c - y))",)),
    (("cosine embedding", "1 - cos(a, b), or max(0, cos(a, b) - c)"), ("dot", "x / sqrt(a * b)")),
    (_BINARY, ("binary_surprise",)),
    (_BINARY, ("log(1 - p)",)),
    (_BINARY, ("log1p(-p)",)),
    (_BINARY, ("c * logsigmoid(y)",)),
    (_BINARY, ("c * z + softplus(y)",)),
    (_BINARY, ("c * z + d * softplus(y)",)),
    (_BINARY, ("d * softplus(y) - c * z",)),
    (_BINARY, ("softplus(y) - c * z",)),
    (("soft margin", "log(1 + exp(-t y))"), ("softplus(-y)",)),
    (_HUBER, ("huber(y - t, c)",)),
    (_SMOOTH, ("smooth_l1(y - t, c)",)),
    (_HUBER, ("c * (abs(y - t) - d)",)),
    (_HUBER, ("abs(y - t) - c", "0.5 * a * a")),
    (_SMOOTH, ("abs(y - t) - c",)),
    (_SMOOTH, ("0.5 * a * (a / c)",)),
    (("KL divergence", "t (log(t) - x)"), ("c * (d - x)",)),
    (("squared error", "(y - t)**2 / 2"), ("0.5 * (y - t) * (y - t)",)),
    (_CROSS_ENTROPY, ("cross_entropy",)),
    (_CROSS_ENTROPY, ("log_softmax",)),
    (_CROSS_ENTROPY, ("logsumexp", "sub")),
    ((ATTENTION_ROLE, "softmax(q k) v"), ("softmax", "dot")),
    (("softmax", "exp(x) / sum(exp(x))"), ("softmax",)),
    (_CROSS_ENTROPY, ("exp_difference", "log")),
    (_CROSS_ENTROPY, ("exp_difference", "log1p")),
    ((ATTENTION_ROLE, "softmax(q k) v"), ("exp_difference", "div", "dot")),
    (("softmax", "exp(x) / sum(exp(x))"), ("exp_difference", "div")),
    (("absolute error", "|y - t|"), ("abs(y - t)",)),
    (_SQUARES, ("sub", "pow", "add")),
    (_SQUARES, ("sub", "square", "add")),
    (_SQUARE, ("sub", "pow")),
    (_SQUARE, ("sub", "square")),
)
"""The role of a box by patterns that all occur in it, see `patterns`; the first that fits. What a loss does with the
outputs comes before the softmax that they may be."""

_OF_ONE_OP: Final = {
    "mul": ("products", "x y"),
    "add": ("sums", "x + y"),
    "sub": ("differences", "x - y"),
    "div": ("quotients", "x / y"),
}
"""The roles of boxes with a single op, which occurs many times."""

_ALL_SQUARES: Final = ("squares", "x**2")

ROLE_NAMES: Final = tuple(
    dict.fromkeys(name for name, _ in [*(role for role, _ in _ROLES), *_OF_ONE_OP.values(), _ALL_SQUARES])
)

_MOST_SYMBOLS: Final = 8
ADDING: Final = frozenset({"add", "sum", "fsum"})
"""The functions that add their inputs."""

_SQUARING: Final = frozenset({"mul", "dot", "sumprod"})


def role_of_rest(graph: Graph, members: Sequence[int]) -> Role:
    """The role of a box outside all modules, by the nodes in it."""
    functions = _functions(graph, members)

    def has(pattern: str) -> bool:
        return pattern in functions or (not pattern.isidentifier() and occurs(graph, members, pattern))

    role = next((role for role, patterns in _ROLES if all(map(has, patterns))), ("", ""))
    return role if role[0] else _role_of_one_op(graph, members, functions - {"", "square"})


def _role_of_one_op(graph: Graph, members: Sequence[int], functions: set[str]) -> Role:
    """The role of a box in which all ops are the same; empty for others."""
    if functions == {"mul"} and all(_is_square(graph, n) for n in members if graph.nodes[n].op):
        return _ALL_SQUARES
    return _OF_ONE_OP.get(functions.pop(), ("", "")) if len(functions) == 1 else ("", "")


def _functions(graph: Graph, members: Sequence[int]) -> set[str]:
    """The functions in a box; every sum is `add`, and a product of numbers with themselves is also `square`."""
    given = {graph.nodes[number].function for number in members}
    found = {"add" if function in ADDING else function for function in given}
    return found | {"square" for number in members if _is_square(graph, number)}


def _is_square(graph: Graph, number: int) -> bool:
    """Whether a node is a product of numbers with themselves."""
    if graph.nodes[number].function not in _SQUARING:
        return False
    sources = [edge.source for edge in graph.inputs[number] for _ in range(edge.count)]
    half = len(sources) // 2
    return sources[:half] == sources[half:]


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
    factors = [factor for number in products if (factor := factor_of(graph, number))]
    factor = factors[0] if len(factors) == len(terms) == 1 else "c " if factors else ""
    return " + ".join(f"{factor}{term}" for term in terms)


def symbols(graph: Graph, members: Sequence[int]) -> str:
    """The symbols of the ops in a box, the most frequent first, and no more than eight."""
    counts = Counter(graph.nodes[number].op for number in members if graph.nodes[number].op)
    more = [ELLIPSIS] if len(counts) > _MOST_SYMBOLS else []
    return " ".join([op for op, _ in counts.most_common(_MOST_SYMBOLS)] + more)


def factor_of(graph: Graph, number: int) -> str:
    """The constant of a product, with a space after it."""
    constants = [node for e in graph.inputs[number] if (node := graph.nodes[e.source]).kind is Kind.CONSTANT]
    return f"{short(constants[0].data or 0.0)} " if constants else ""
