"""Nodes that only help another node are shown as that node.

Python's `sum` begins with 0, so the graph of `sum([a, b])` contains `0.0 + a`. And some functions consist of ops that
keep their digits: `logsumexp([a, b])` is recorded as `a + log1p(exp_difference(b, a))`, and `var` adds terms for the
rounding error of the mean. A picture shows `a` in place of the first, and each result of such a function as one node.
The local derivatives of that node are the chain rule over the nodes inside.

What has a name stays. A sum with 0 is left out only if it has the data of its other input, to the last bit, and a
single use, so that both have the same gradient; others that begin with 0 are shown without it, as `sum(a)`. The nodes
inside a function must have no other use.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

from autograd_core.graph.chain_rule import contributions
from viz.graph.graph import Edge, Graph, Kind, Node
from viz.graph.subgraph import users
from viz.graph.zeros import SUM, adds_nothing, begins_a_sum

FUNCTIONS: Final = {
    "logsumexp": "log(sum(exp(x)))",
    "softmax": "exp(x[{0}]) / sum(exp(x))",
    "log_softmax": "x[{0}] - log(sum(exp(x)))",
    "cross_entropy": "log(sum(exp(x))) - x[{0}]",
    "var": "sum((x - mean(x))**2) / (n - correction)",
    "std": "sqrt(sum((x - mean(x))**2) / (n - correction))",
}
"""What the functions compute of their inputs `x`; `{0}` is the index of the input that the result belongs to."""

_OF_ONE_INPUT: Final = FUNCTIONS.keys() - {"logsumexp", "var", "std"}
"""The functions whose result belongs to one of the inputs; the others treat all inputs alike."""

MOST_EDGES: Final = 100
"""A function with more edges than this from its inputs to its results is shown as recorded."""

_ROUNDING: Final = 2.0**-50
"""`logsumexp` adds its rounding error, a constant below this, to a result near 0."""

_NEAR: Final = 4
"""How many ops lie between the output of a unit and its parameters, at most."""

_ONE, _ORIGIN, _ERROR = "1.0", "the origin", "a rounding error"


class _Form(NamedTuple):
    """One form in which `autograd_core` records a part of a function.

    Attributes:
        function: the op.
        inputs: what each of its inputs may be: names of parts, `_ONE`, `_ORIGIN` or `_ERROR`.
        name: the name of the part that it makes.
    """

    function: str
    inputs: tuple[tuple[str, ...], ...]
    name: str


_FORMS: Final = (
    _Form("log1p", (("other", "others"),), "log"),
    _Form("log", (("all",),), "log"),
    _Form("add", ((_ONE,), ("other", "others")), "total"),
    _Form("add", (("other", "others"), (_ONE,)), "total"),
    _Form("add", ((_ORIGIN,), ("log",)), "logsumexp"),
    _Form("add", (("log",), (_ORIGIN,)), "logsumexp"),
    _Form("add", (("logsumexp",), (_ERROR,)), "logsumexp"),
    _Form("div", (("other", _ONE), ("total",)), "softmax"),
    _Form("div", (("one",), ("all",)), "softmax"),
    _Form("sub", (("shifted",), ("log",)), "log_softmax"),
    _Form("neg", (("log",),), "log_softmax"),
    _Form("neg", (("log_softmax",),), "cross_entropy"),
    _Form("sqrt", (("var",),), "std"),
)
"""The origin is the largest input, or a constant equal to it. In the first case the exponentials are those of the
`others`, and their sum lacks the 1 of the origin; in the second case they are those of `all`."""

_READ: Final = frozenset({"exp_difference", "fsum", *(form.function for form in _FORMS)})

_SUMS: Final = {"other": "others", "one": "all"}
"""For each kind of exponential, the sum of several."""


class _Part(NamedTuple):
    """A node that is part of a function, or its result.

    Attributes:
        name: a key of FUNCTIONS for a result, else a name in `_FORMS`.
        origin: what is subtracted from all inputs: the number of one of them, or a constant such as the mean.
        terms: the inputs, without the origin.
        inside: the nodes that this one is made of.
        first: the input that its result belongs to: that of an exponential, else the origin.
        is_late: whether the origin comes after the other inputs, and not before them.
    """

    name: str
    origin: int | float
    terms: tuple[int, ...]
    inside: frozenset[int]
    first: int | float
    is_late: bool = False

    @property
    def inputs(self) -> list[int]:
        """The inputs of the function, the origin before or after the others."""
        origin = [self.origin] if isinstance(self.origin, int) else []
        return [*self.terms, *origin] if self.is_late else [*origin, *self.terms]


def simplified(graph: Graph) -> tuple[Graph, list[int]]:
    """Return the graph without helper nodes, and the new number of each old node or of the node that shows it."""
    shown_as = list(range(len(graph.nodes)))
    results = _results(graph)
    for number in reversed(results):
        for inner in results[number].inside:
            shown_as[inner] = number
    return _rebuilt(graph, shown_as, results, _hide_zeros(graph, shown_as))


def without_zeros(graph: Graph) -> tuple[Graph, list[int]]:
    """Return the graph without the zeros of sums, and the new number of each old node or of the node that shows it."""
    shown_as = list(range(len(graph.nodes)))
    return _rebuilt(graph, shown_as, {}, _hide_zeros(graph, shown_as))


def _hide_zeros(graph: Graph, shown_as: list[int]) -> set[int]:
    """Show sums with 0 as their other inputs, or where that cannot be, their zeros as the sums; return these sums."""
    using = users(graph)
    kept: set[int] = set()
    for node in (node for node in graph.nodes if node.function == "add"):
        number, ends = node.number, [graph.nodes[edge.source] for edge in graph.inputs[node.number]]
        zeros = [end for end in ends if end.kind is Kind.CONSTANT]
        others = [end for end in ends if end.kind is not Kind.CONSTANT]
        if len(zeros) != 1 or len(others) != 1 or not adds_nothing(zeros[0].data, others[0].data, node.data):
            continue
        if _is_nameless(node) and len(using[number]) == 1:
            shown_as[number] = shown_as[zeros[0].number] = shown_as[others[0].number]
        elif ends[0] is zeros[0] and begins_a_sum(zeros[0].data):
            shown_as[zeros[0].number] = number
            kept.add(number)
    return kept


def _is_nameless(node: Node) -> bool:
    return node.kind is Kind.OP and not node.name


# ---- Functions -------------------------------------------------------------------------------------------------------


def _results(graph: Graph) -> dict[int, _Part]:
    """The results of functions whose inner nodes have no other use, by their numbers."""
    using = users(graph)
    found: dict[int, _Part] = {}
    for node in (node for node in graph.nodes if node.function in _READ):
        if (part := _part(graph, node, found)) is not None:
            found[node.number] = part
    results: dict[int, _Part] = {}
    for number, part in found.items():
        inner = [n for n in part.inside if n in results]  # a result in another one: log_softmax in cross_entropy
        is_alone = all(_is_nameless(graph.nodes[n]) and len(using[n]) == 1 for n in inner)
        if part.name in FUNCTIONS and is_alone and len({*part.inputs}) == len(part.inputs):
            for n in inner:
                del results[n]
            results[number] = part
    edges = Counter(input_ for part in results.values() for input_ in [frozenset(part.inputs)] * len(part.inputs))
    kept = {n: part for n, part in results.items() if edges[frozenset(part.inputs)] <= MOST_EDGES}
    results = {}
    while len(kept) != len(results):
        results = kept
        closed = {*results}.union(*(part.inside for part in results.values()))
        leaks = {n for n in closed - results.keys() if not _is_closed(graph.nodes[n], using[n], closed)}
        kept = {n: part for n, part in results.items() if part.inside.isdisjoint(leaks)}
    return results


def _is_closed(node: Node, using: Sequence[int], closed: set[int]) -> bool:
    return (node.kind is Kind.CONSTANT or _is_nameless(node)) and closed.issuperset(using)


def _part(graph: Graph, node: Node, found: Mapping[int, _Part]) -> _Part | None:
    """What a node is a part of, by what its inputs are; None if it is no part, or an input is a box or a marker."""
    edges = graph.inputs[node.number]
    ends = [graph.nodes[edge.source] for edge in edges]
    constants = frozenset(end.number for end in ends if end.kind is Kind.CONSTANT)
    if any(edge.count > 1 or (edge.derivative is None and edge.source not in constants) for edge in edges):
        return None
    keys = [float(end.data or 0.0) if end.number in constants else end.number for end in ends]
    parts = [found.get(end.number) for end in ends]
    log = next((part for part in parts if part and part.name == "log"), None)
    if node.function == "fsum":
        return _sum(keys, parts)
    if node.function == "div" and (variance := _variance(graph, node.number)):
        return variance
    for form in _FORMS:
        if form.function == node.function and len(form.inputs) == len(ends):
            fitting = [_fitting(*each, log) for each in zip(form.inputs, keys, parts, strict=True)]
            used = {n: part for n, part, name in zip(keys, parts, fitting, strict=True) if part and name == part.name}
            part = _joined(form.name, used, constants) if all(fitting) else None
            if part:
                return part._replace(is_late=part.is_late or form.inputs[-1] in ((_ONE,), (_ORIGIN,)))
    if node.function in ("exp_difference", "sub") and isinstance(keys[0], int):
        exponential = "other" if isinstance(keys[1], int) else "one"
        name = "shifted" if node.function == "sub" else exponential
        return _Part(name, keys[1], (keys[0],), constants, keys[0])
    if node.function == "exp_difference" and isinstance(keys[1], int) and keys[0] == -inf:  # softmax of one input
        return _Part("other", keys[1], (), constants, keys[1])
    return None


def _fitting(wanted: Sequence[str], key: float, part: _Part | None, log: _Part | None) -> str:
    """Which of the wanted inputs an input is; "" if none."""
    is_constant = isinstance(key, float)
    meanings = {
        part.name if part else "": True,
        _ONE: is_constant and key == 1.0,
        _ORIGIN: log is not None and key == log.origin and is_constant == isinstance(log.origin, float),
        _ERROR: is_constant and abs(key) < _ROUNDING,
    }
    return next((name for name in wanted if meanings.get(name)), "")


def _sum(keys: Sequence[float], parts: Sequence[_Part | None]) -> _Part | None:
    """The sum of exponentials; None if there are others among the inputs."""
    if len(parts) > MOST_EDGES:
        return None
    used = {key: part for key, part in zip(keys, parts, strict=True) if part}
    names = {part.name for part in used.values()}
    if len(used) != len(parts) or len(names) != 1 or not names <= _SUMS.keys():
        return None
    total = _joined(_SUMS[names.pop()], used, frozenset())
    return total and total._replace(terms=tuple(end for part in used.values() for end in part.terms))


def _variance(graph: Graph, number: int) -> _Part | None:
    """The variance: a sum of squared deviations from a constant and the rounding error of it, divided by a constant."""
    squares = _inputs(graph, number, "div")[:1]
    squared = [end for n in squares for end in _inputs(graph, n, "sumprod")]
    *deviations, error = squared[: len(squared) // 2] or [number]
    *repeated, share = squared[len(squared) // 2 :] or [number]
    pairs = [_inputs(graph, n, "sub") for n in deviations]
    if not pairs or deviations != repeated or not all(pairs):
        return None
    terms, centers = zip(*pairs, strict=True)
    errors, shares = _inputs(graph, error, "sumprod"), _inputs(graph, share, "div")
    count, known = float(len(terms)), _constants(graph, [*errors[len(terms) :], *centers, *shares[1:]])
    center = graph.nodes[centers[0]].data or 0.0
    expected = [center, *[1.0] * len(terms), -count, *[center] * len(terms), -count]
    if (*errors[: len(terms)], *shares[:1]) != (*terms, error) or known != expected:
        return None
    inner = [*squares, *deviations, error, share]
    ends = {edge.source for n in (number, *inner) for edge in graph.inputs[n]}
    return _Part("var", center, terms, frozenset(ends.difference(terms)), center)


def _inputs(graph: Graph, number: int, function: str) -> list[int]:
    """The inputs of a node if it is of a function, else none."""
    return [edge.source for edge in graph.inputs[number]] if graph.nodes[number].function == function else []


def _constants(graph: Graph, numbers: Sequence[int]) -> list[float | None]:
    """The data of constants, and None for other nodes."""
    nodes = [graph.nodes[number] for number in numbers]
    return [node.data if node.kind is Kind.CONSTANT else None for node in nodes]


def _joined(name: str, used: Mapping[float, _Part], constants: frozenset[int]) -> _Part | None:
    """The part that is made of parts and constants; None if the parts are not of one function."""
    first, *_, last = *used.values(), *used.values()
    own = first.first if name in FUNCTIONS else first.origin
    if len({part.origin for part in used.values()}) > 1 or (name in _OF_ONE_INPUT and isinstance(own, float)):
        return None
    inside = constants.union({int(key) for key in used}, *(part.inside for part in used.values()))
    return _Part(name, first.origin, last.terms, inside, own, last.is_late)


# ---- The graph without them ------------------------------------------------------------------------------------------


def _rebuilt(
    graph: Graph, shown_as: list[int], results: Mapping[int, _Part], sums: Collection[int]
) -> tuple[Graph, list[int]]:
    """The graph in which each node is shown as the node that `shown_as` names, `sums` without their zeros."""
    if all(shown == number for number, shown in enumerate(shown_as)):
        return graph, shown_as
    helping = Counter(shown for number, shown in enumerate(shown_as) if shown != number)
    nodes: list[Node] = []
    edges: list[Edge] = []
    new: dict[int, int] = {}
    for node in graph.nodes:
        number = node.number
        if shown_as[number] != number:
            continue
        new[number] = len(nodes)
        part = results.get(number)
        inputs = _in_order(graph, part) if part else []
        ends = _edges(graph, number, part, inputs) if part else graph.inputs[number]
        shown = [edge for edge in ends if shown_as[edge.source] != number]
        edges += (replace(edge, source=new[shown_as[edge.source]], target=len(nodes)) for edge in shown)
        made = replace(node, number=len(nodes), helpers=helping[number])
        if part:
            place = inputs.index(int(part.first)) if part.name in _OF_ONE_INPUT else None
            formula = FUNCTIONS[part.name].format(place)
            made = replace(made, op=part.name, function=part.name, formula=formula, place=place)
        elif number in sums:
            made = replace(made, op=SUM, function=SUM)
        nodes.append(made)
    return Graph(tuple(nodes), tuple(edges), graph.chosen), [new[shown] for shown in shown_as]


def _in_order(graph: Graph, part: _Part) -> list[int]:
    """The inputs of a function in the order of the call.

    The graph does not always tell where the origin comes; if the names of the others are in order, it is where its own
    name belongs.
    """
    keys = [_key(graph, number) for number in part.terms]
    is_first = not part.is_late and part.name in ("logsumexp", "softmax")
    if not is_first and isinstance(part.origin, int) and all(a < b for a, b in pairwise(keys)):
        place = bisect(keys, _key(graph, part.origin))
        return [*part.terms[:place], part.origin, *part.terms[place:]]
    return part.inputs


def _key(graph: Graph, number: int) -> list[tuple[int, str]]:
    """The name of a node, or of the parameters that it is made of first, as a key in which `x[2]` is before `x[10]`."""
    node = graph.nodes[number]
    for _ in range(_NEAR):
        sources = [graph.nodes[edge.source] for edge in graph.inputs[node.number]]
        name = node.name or min((end.name for end in sources if end.kind is Kind.PARAMETER), default="")
        if name or not sources:
            return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
        node = sources[0]
    return []


def _edges(graph: Graph, number: int, part: _Part, inputs: Sequence[int]) -> list[Edge]:
    """The edges from the inputs of a function to its result: the chain rule over the nodes inside."""
    sums = {number: 1.0}
    order = [graph.inputs[inner] for inner in sorted({number, *part.inside}, reverse=True)]
    for _ in contributions([[_step(edge) for edge in ends if edge.derivative is not None] for ends in order], sums):
        pass
    return [Edge(source, number, sums.get(source, 0.0), structural=source not in sums) for source in inputs]


def _step(edge: Edge) -> tuple[int, int, int, float, bool]:
    return edge.target, edge.source, 0, edge.derivative or 0.0, edge.structural
