"""One gradient in numbers: every use, the sum, the largest paths, and a sentence.

The gradient of a loss with respect to `x` is a sum over the places where `x` is used, of the gradient of the loss with
respect to the user times the local derivative of the user. `explain` lists these products. It sweeps the graph itself,
adding in the order in which the engine does, so the sum is what `backward()` gives to the last bit, and no `.grad` is
read or written.

The same gradient is a sum over all paths from the loss to `x`, of the product of the local derivatives along the path.
There can be more paths than atoms in the universe, so they are counted without being listed, and the largest are found
best first: a path is taken with the best way on from each node, and the next ones differ from it in one edge.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from heapq import heappop, heappush, nlargest
from itertools import count
from typing import Any, Final

from autograd_core import Value, enable_grad, topological_order
from autograd_core.graph.chain_rule import contributions
from autograd_core.graph.contributions import Contribution
from viz.graph.chain_rule import above_of, arrivals
from viz.graph.references import MAX_OPERANDS, References, call, check_count, check_value
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import ELLIPSIS, cells, number, plural
from viz.words.formula import TEXT, Writer
from viz.words.latex import latex_name, latex_short

MAX_USES: Final = 20
"""Lines of text for the uses of one Value; a weight that a thousand samples share has as many uses."""

MAX_PATHS: Final = 3
MAX_SEARCHED: Final = 100_000
"""Nodes between `x` and the loss up to which paths are searched; they are counted in any graph."""

MOST_PATHS: Final = 10**300
"""Counts are exact below. Above they would take more time to add than the rest of the work."""

MAX_STEPS: Final = 8
"""Nodes of one path that are written; of a longer one the two ends."""

MAX_FORMULA: Final = 24
"""Most characters of a local derivative in symbols; longer ones say no more than their number."""

STEP: Final = 0.01
"""The change of `x` that the sentence speaks of."""

_TIMES: Final = "×"
_NOT_FINITE: Final = 1e9
"""The weight of an infinite or undefined factor: no finite product reaches it, for the logarithm of a float is less
than 745, and a path is shorter than a million."""

# ---- What an explanation holds ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """One place where `x` is used.

    Attributes:
        node: the name of the user, such as `e`.
        formula: what it computes, such as `a * b`.
        op: the name of its op.
        place: which of its inputs `x` is.
        upstream: the gradient of the loss with respect to the user.
        local: the derivative of the user with respect to this input.
        symbols: that derivative in symbols, such as `b`; empty if it is a mere number or too long.
        contribution: their product; 0.0 through a structural zero, and from a node that nothing has reached.
        total: the sum of the contributions up to this one.
    """

    node: str
    formula: str
    op: str
    place: int
    upstream: float
    local: float
    symbols: str
    contribution: float
    total: float


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the loss to `x`.

    Attributes:
        nodes: the names of the nodes, the loss first and `x` last.
        factors: the local derivative on each edge between them.
        product: of the factors, which is what this path adds to the gradient.
    """

    nodes: tuple[str, ...]
    factors: tuple[float, ...]
    product: float


@dataclass(frozen=True, repr=False)
class Explanation:
    """A gradient taken apart. Printed, it is text; a notebook shows it as formulas.

    Attributes:
        name: the name of `x`.
        loss: the name of the loss.
        data: the number `x` holds.
        loss_data: the number the loss holds.
        gradient: of the loss with respect to `x`.
        uses: every use, in the order in which the contributions are added.
        path_count: how many paths there are from the loss to `x`, exactly below 10**300, and 10**300 if there are more.
        paths: the paths with the largest products, the largest first; only paths without a factor 0 are among them.
        nodes: how many nodes depend on `x`, the loss included; beyond 100,000 no paths are searched.
    """

    name: str
    loss: str
    data: float
    loss_data: float
    gradient: float
    uses: tuple[Use, ...]
    path_count: int
    paths: tuple[Path, ...]
    nodes: int

    @property
    def sentence(self) -> str:
        """What the gradient says in plain language."""
        if self.name == self.loss and not self.uses and self.gradient == 1.0:
            return f"{self.loss} is the loss itself."
        if not self.path_count:
            return f"{self.loss} does not depend on {self.name}: there is no path from one to the other."
        change = self.gradient * STEP
        if not math.isfinite(change):
            return f"The gradient is {number(self.gradient)}: it foretells no change of {self.loss}."
        if change == 0.0:
            return f"If {self.name} grew by {STEP}, {self.loss} would not change, to first order."
        verb = "grow" if change > 0.0 else "shrink"
        return f"If {self.name} grew by {STEP}, {self.loss} would {verb} by about {abs(change):.4g}."

    def __str__(self) -> str:
        return "\n".join([*self._sum_lines(), *self._path_lines(), self.sentence])

    __repr__ = __str__

    def _sum_lines(self) -> list[str]:
        used = "not used" if not self.uses else f"used {plural(len(self.uses), 'time')}"
        heading = f"d{self.loss}/d{self.name} = {number(self.gradient)}   ({self.name} = {number(self.data)}, {used})"
        shown, hidden = _largest(self.uses)
        rows = [_use_row(self, use) for use in shown]
        if len(self.uses) > 1:
            rows.append(("", "", "", "", "", "sum", number(self.gradient)))
        lines = [f"  {line}" for line in _aligned(rows)]
        if hidden:
            size = number(max(_size(use.contribution) for use in hidden))
            note = f"  {ELLIPSIS} and {plural(len(hidden), 'more use')}, none larger than {size}"
            lines.insert(len(shown), note)
        return [heading, *lines]

    def _path_lines(self) -> list[str]:
        if self.path_count < 2:
            return []
        if not self.paths:
            reason = "each has a factor 0"
            if self.nodes > MAX_SEARCHED:
                reason = f"not searched, for {self.nodes:,} nodes depend on {self.name}"
            return [f"{_counted(self.path_count)} paths; {reason}"]
        which = "the largest" if len(self.paths) < self.path_count else "all of them"
        heading = f"{_counted(self.path_count)} paths; {which}:"
        rows = [(_ends(path.nodes, " ← "), _ends([number(x) for x in path.factors], f" {_TIMES} "), path.product)
                for path in self.paths]  # fmt: skip
        return [heading, *[f"  {line}" for line in _aligned([(a, b, "=", number(c)) for a, b, c in rows])]]

    def latex(self) -> str:
        r"""The sum as a formula: in symbols, in numbers with a few digits, and what it comes to."""
        top, bottom = rf"\partial {latex_name(self.loss)}", rf"\partial {latex_name(self.name)}"
        shown, hidden = _largest(self.uses)
        more = [r"\cdots"] if hidden else []
        if not shown:
            return rf"\frac{{{top}}}{{{bottom}}} = {latex_short(self.gradient)}"
        users = [rf"\partial {latex_name(use.node)}" for use in shown]
        symbols = [rf"\frac{{{top}}}{{{user}}} \cdot \frac{{{user}}}{{{bottom}}}" for user in users]
        products = [rf"{_factor(use.upstream)} \cdot {_factor(use.local)}" for use in shown]
        terms = [latex_short(use.contribution) for use in shown]
        rows = [rf"\frac{{{top}}}{{{bottom}}} &= {' + '.join([*symbols, *more])}"]
        rows.append(f"&= {' + '.join([*products, *more])}")
        if len(self.uses) > 1:
            rows.append(f"&= {' + '.join([terms[0], *map(_bracketed, terms[1:]), *more])}")
        rows.append(f"&= {latex_short(self.gradient)}")
        lines = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def to_json(self) -> str:
        """Everything, with exact numbers; what JSON has no number for is a text: `"nan"`, `"inf"`, `"-inf"`."""
        return json.dumps(_plain({**asdict(self), "sentence": self.sentence}), ensure_ascii=False, allow_nan=False)


# ---- Writing it ------------------------------------------------------------------------------------------------------


def _use_row(explanation: Explanation, use: Use) -> tuple[str, ...]:
    upstream, local = f"d{explanation.loss}/d{use.node} =", f"d{use.node}/d{explanation.name} ="
    if use.symbols:
        local = f"{local} {use.symbols} ="
    made = f"via {use.node} = {use.formula}"
    return (
        made,
        upstream,
        number(use.upstream),
        f"{_TIMES}  {local}",
        number(use.local),
        "=",
        number(use.contribution),
    )


_RIGHT: Final = (2, 4, 5, 6)
"""Columns set flush right, in rows of uses."""


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines whose columns stand below each other."""
    if not rows:
        return []
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    right = _RIGHT if len(widths) > 4 else (3,)
    lines = []
    for row in rows:
        padded = []
        for i, (text, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cells(text))
            padded.append(space + text if i in right else text + space)
        lines.append("  ".join(padded).rstrip())
    return lines


def _largest(uses: Sequence[Use]) -> tuple[list[Use], list[Use]]:
    """The uses that are shown, in their order, and the others."""
    if len(uses) <= MAX_USES:
        return list(uses), []
    chosen = set(nlargest(MAX_USES, range(len(uses)), key=lambda i: (_size(uses[i].contribution), -i)))
    return [use for i, use in enumerate(uses) if i in chosen], [use for i, use in enumerate(uses) if i not in chosen]


def _size(x: float) -> float:
    return math.inf if math.isnan(x) else abs(x)


def _counted(paths: int) -> str:
    if paths >= MOST_PATHS:
        return "more than 10**300"
    return f"{paths:,}" if paths < 10**15 else f"about {paths:.3e}"


def _ends(texts: Sequence[str], joint: str) -> str:
    half = MAX_STEPS // 2
    if len(texts) <= MAX_STEPS:
        return joint.join(texts)
    return joint.join([*texts[:half], f"{ELLIPSIS} {len(texts) - 2 * half:,} more {ELLIPSIS}", *texts[-half:]])


def _factor(x: float) -> str:
    return _bracketed(latex_short(x))


def _bracketed(text: str) -> str:
    return rf"\left({text}\right)" if text.startswith("-") else text


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _plain(item) for key, item in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(item) for item in tree]
    return repr(tree) if isinstance(tree, float) and not math.isfinite(tree) else tree


# ---- Finding it ------------------------------------------------------------------------------------------------------


def explain(
    x: Value, loss: Value, *, names: Mapping[str, object] | None = None, max_paths: int = MAX_PATHS
) -> Explanation:
    """The gradient of `loss` with respect to `x`, taken apart.

    Nothing needs to have been swept before, and no `.grad` is read or changed.

    Args:
        x: a leaf or an interior node.
        loss: the root of the graph.
        names: names for nodes, as in `draw`.
        max_paths: how many of the largest paths to find.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_paths` is below 0.

    >>> from autograd_core import Value
    >>> a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    >>> e = a * b
    >>> d = e + c
    >>> L = d * a
    >>> explain(a, L)
    dL/da = -2.0   (a = 2.0, used 2 times)
      via L = d * a  dL/dL =  1.0  ×  dL/da = d =   4.0    =   4.0
      via e = a * b  dL/de =  2.0  ×  de/da = b =  -3.0    =  -6.0
                                                         sum  -2.0
    2 paths; all of them:
      L ← d ← e ← a  2.0 × 1.0 × -3.0  =  -6.0
      L ← a          4.0               =   4.0
    If a grew by 0.01, L would shrink by about 0.02.
    """
    check_value("explain", "x", x)
    check_value("explain", "its loss", loss)
    check_count("max_paths", max_paths)
    references = References(loss, [check_names(names), *caller_scopes(1)], [x])
    above = above_of(x, references.order)
    uses = tuple(_uses(arrivals(x, above), references))
    paths = _paths(x, above, max_paths, references) if above and len(above) <= MAX_SEARCHED else ()
    return Explanation(
        references(x),
        references(loss),
        x.data,
        loss.data,
        1.0 if x is loss else uses[-1].total if uses else 0.0,
        uses,
        1 if x is loss else _count_paths(x, above),
        paths,
        len(above),
    )


def _uses(found: Iterable[Contribution], references: References) -> Iterator[Use]:
    for use in found:
        node = use.source
        op = "" if node.op is None else node.op.name
        symbol = "" if node.op is None else node.op.symbol
        yield Use(
            references(node),
            call(symbol, [references(operand) for operand in node.inputs[: MAX_OPERANDS + 1]]),
            op,
            use.index,
            use.upstream,
            use.local,
            _in_symbols(node, use.index, references),
            use.product,
            use.after,
        )


def _in_symbols(node: Value, place: int, references: References) -> str:
    """The local derivative as a formula of the inputs and the output, from the row itself; empty if it says no more."""
    op = node.op
    inputs = node.inputs
    if op is None or len(inputs) > MAX_FORMULA or not all(map(math.isfinite, (node.data, *node.derivatives))):
        return ""
    symbols: list[Any] = [Value(x.data, label=references(x)) if isinstance(x, Value) else x for x in inputs]
    for i, operand in enumerate(inputs):  # the same node twice is the same symbol
        symbols[i] = next(symbols[j] for j, other in enumerate(inputs) if other is operand)
    with enable_grad():
        output = Value(node.data, label=references(node))
        slope = op.partials(symbols, output, [i == place for i in range(len(inputs))])[place]
    order = topological_order(slope) if isinstance(slope, Value) else []
    if not order or len(order) > MAX_FORMULA:
        return ""
    # A leaf that the row has made is a number.
    writer = Writer(
        order, TEXT, lambda value: value.label, max_nodes=MAX_FORMULA, is_constant=lambda leaf: not leaf.label
    )
    written = writer.write()
    return written.expression if not written.definitions and len(written.expression) <= MAX_FORMULA else ""


def _count_paths(x: Value, above: Sequence[Value]) -> int:
    """How many paths lead from the last of these nodes to `x`; at most `MOST_PATHS`."""
    if not above:
        return 0
    ways = {id(node): 0 for node in above}
    ways[id(above[-1])] = 1
    arrived = 0
    for node in reversed(above):
        here = ways.pop(id(node))
        for operand in node.inputs:
            if operand is x:
                arrived += here
            elif id(operand) in ways:
                ways[id(operand)] = min(ways[id(operand)] + here, MOST_PATHS)
    return min(arrived, MOST_PATHS)


@dataclass(frozen=True, slots=True)
class _Way:
    """An edge from a node towards `x`, and the weight of the best path that begins with it."""

    weight: float
    local: float
    target: Value


def _paths(x: Value, above: Sequence[Value], max_paths: int, references: References) -> tuple[Path, ...]:
    """The paths with the largest products.

    The ways on from each node are ranked by the best path that they begin. A path is then a list of ranks, and the best
    one has rank 0 everywhere. Every other path has one predecessor, found by lowering its last rank above 0; so each
    path is produced once, by raising ranks behind the last one that was raised.
    """
    ranked = _ranked(x, above)
    if not ranked.get(id(above[-1])):
        return ()
    serial = count()  # of two equally good paths the one that was met first
    # What a path keeps of the one it differs from, at which place it differs, and the rank that it takes there.
    waiting: list[tuple[float, int, list[tuple[_Way, int]], int, int]] = []
    heappush(waiting, (-ranked[id(above[-1])][0].weight, next(serial), [], 0, 0))
    found: list[Path] = []
    while waiting and len(found) < max_paths:
        weight, _, base, raised, rank = heappop(waiting)
        node = base[raised - 1][0].target if raised else above[-1]
        ways = _follow(base[:raised], node, rank, x, ranked)
        found.append(_path(ways, above[-1], references))
        for place in range(raised, len(ways)):
            way, rank = ways[place]
            if rank + 1 < len(ranked[id(node)]):
                loss = way.weight - ranked[id(node)][rank + 1].weight
                heappush(waiting, (weight + loss, next(serial), ways, place, rank + 1))
            node = way.target
    return tuple(sorted(found, key=lambda path: -_size(path.product)))


def _ranked(x: Value, above: Sequence[Value]) -> dict[int, list[_Way]]:
    """The ways on from each node, the best first; weights are logarithms, so that no product is out of range."""
    best = {id(x): 0.0}
    ranked: dict[int, list[_Way]] = {}
    for node in above:
        ways = [
            _Way(_weight(local) + best[id(operand)], local, operand)
            for operand, local in zip(node.inputs, node.derivatives, strict=True)
            if id(operand) in best and local != 0.0
        ]
        if ways:
            ranked[id(node)] = sorted(ways, key=lambda way: -way.weight)
            best[id(node)] = ranked[id(node)][0].weight
    return ranked


def _weight(local: float) -> float:
    return math.log(abs(local)) if math.isfinite(local) else _NOT_FINITE


def _follow(
    ways: list[tuple[_Way, int]], node: Value, rank: int, x: Value, ranked: Mapping[int, Sequence[_Way]]
) -> list[tuple[_Way, int]]:
    """The path that begins with these ways, goes on from the node with the way of this rank, then with the best."""
    while node is not x:
        way = ranked[id(node)][rank]
        ways.append((way, rank))
        node, rank = way.target, 0
    return ways


def _path(ways: Sequence[tuple[_Way, int]], root: Value, references: References) -> Path:
    nodes = [root, *[way.target for way, _ in ways]]
    factors = tuple(way.local for way, _ in ways)
    edges = [(source, way.target, 0, way.local, False) for source, (way, _) in zip(nodes[:-1], ways, strict=True)]
    *_, last = contributions([edges], {root: 1.0})
    return Path(tuple(map(references, nodes)), factors, last.after)
