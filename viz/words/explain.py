"""One gradient in numbers: every use, the sum, the largest paths, and a sentence.

The gradient of a loss with respect to `x` is a sum over the uses of `x`: the gradient of the loss with respect to the
user, times the local derivative of the user. `explain` lists these products. It sweeps the graph itself and adds in the
order of the engine, so the sum is what `backward()` gives to the last bit, and no `.grad` is read or written.

The same gradient is a sum over all paths from the loss to `x`, of the product of the local derivatives along the path;
see `paths`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from autograd_core import Value, enable_grad, topological_order
from autograd_core.calls import explained
from autograd_core.graph.contributions import Contribution
from viz.graph.arguments import check_count, check_value
from viz.graph.chain_rule import above_of, arrivals
from viz.graph.references import References
from viz.graph.variable_names import caller_scopes, check_names
from viz.words.explanation import Explanation, Path, Use
from viz.words.formula import one_line
from viz.words.paths import MAX_SEARCHED, FoundPath, count_paths, largest_paths
from viz.words.readings import MEANINGS, on_values

MAX_PATHS: Final = 3
"""Paths listed by default: enough to see whether one of them dominates."""

MAX_FORMULA: Final = 24
"""Most characters of a local derivative in symbols; a longer one is less clear than its number."""


@explained("x comes first, then the loss whose gradient is explained: explain(x, loss)")
def explain(
    x: Value, loss: Value, *, names: Mapping[str, object] | None = None, max_paths: int = MAX_PATHS
) -> Explanation:
    """Explain the gradient of `loss` with respect to `x`, use by use and path by path.

    No `backward()` is needed before, and no `.grad` is read or changed.

    Args:
        x: a leaf or an interior node.
        loss: the root of the graph.
        names: names for nodes, as in `draw`.
        max_paths: how many of the largest paths to find.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        InputError: if `max_paths` is below 0; it is a ValueError.

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
    uses = tuple(_uses(arrivals(x, above, references.looked_through), references))
    found = largest_paths(x, above, max_paths) if above and len(above) <= MAX_SEARCHED else ()
    return Explanation(
        name=references(x),
        loss=references(loss),
        data=x.data,
        loss_data=loss.data,
        gradient=1.0 if x is loss else uses[-1].total if uses else 0.0,
        uses=uses,
        path_count=1 if x is loss else count_paths(x, above),
        paths=tuple(_path(path, references) for path in found),
        nodes=len(above),
        is_swapped=not above and any(node is loss for node in topological_order(x)),
    )


def _uses(found: Iterable[Contribution], references: References) -> Iterator[Use]:
    for use in found:
        node = use.source
        yield Use(
            node=references(node),
            formula=references.made(node),
            op=node.op.name if node.op else "",
            place=use.index,
            upstream=use.upstream,
            local=use.local,
            symbols=_in_symbols(node, use.index, references),
            contribution=use.product,
            total=use.after,
        )


def _path(path: FoundPath, references: References) -> Path:
    """A path without the sums that only add 0, whose derivatives are 1."""
    kept = [id(node) not in references.looked_through for node in path.nodes]
    nodes = [references(node) for node, is_kept in zip(path.nodes, kept, strict=True) if is_kept]
    factors = [factor for factor, is_kept in zip(path.factors, kept, strict=False) if is_kept]
    return Path(tuple(nodes), tuple(factors), path.product)


def _in_symbols(node: Value, index: int, references: References) -> str:
    """The local derivative as a formula, from the row of the op; empty if it is a constant or too long."""
    too_many = len(node.inputs) > MAX_FORMULA
    if node.op is None or too_many or not all(map(math.isfinite, (node.data, *node.derivatives))):
        return ""
    derivative = _derivative(node, index, references)
    order = topological_order(derivative) if isinstance(derivative, Value) else []
    if not order or len(order) > MAX_FORMULA:
        return ""
    text = one_line(order, lambda leaf: leaf.label)  # leaves without a label are constants in the formula of the row
    return text if len(text) <= MAX_FORMULA else ""


def _derivative(node: Value, index: int, references: References) -> Any:
    """The local derivative by the row of the op, as a graph on leaves that are labelled like the inputs and output."""
    op, inputs = node.op, node.inputs
    assert op is not None  # noqa: S101 - a leaf has no local derivatives
    symbols: list[Any] = [Value(x.data, label=references(x)) if isinstance(x, Value) else x for x in inputs]
    for i, x in enumerate(inputs):  # the same node twice is the same symbol
        symbols[i] = next(symbols[j] for j, other in enumerate(inputs) if other is x)
    with enable_grad():
        output = Value(node.data, label=references(node))
        local = op.partials(symbols, output, [i == index for i in range(len(inputs))])[index]
        row = local.op if isinstance(local, Value) else None
        if row is not None and row.internal and row.name in MEANINGS:  # a derivative that is a row of its own
            return on_values(MEANINGS[row.name], local.inputs)
        return local
