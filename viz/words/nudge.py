"""What a gradient foretells, against what happens: a graph run once more with one of its numbers changed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autograd_core import GraphChangedError, OperandTypeError, Value, topological_order
from autograd_core.text import brief
from viz.graph.chain_rule import above_of, gradient_at
from viz.graph.references import References, check_value
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import cells, number
from viz.words.gradient_graph import gradient_graph

MAX_CURVED: Final = 5_000
"""Nodes of a graph whose second derivative is computed, too: a quarter of a second of work."""


@dataclass(frozen=True, repr=False)
class Nudge:
    """A change foretold and the real one. Printed, it is text.

    Attributes:
        name: the name of `x`.
        loss: the name of the loss.
        data: the number `x` holds.
        delta: what is added to it.
        before: the loss at `x`.
        after: the loss at `x + delta`.
        gradient: of the loss with respect to `x`.
        curvature: the second derivative; None for a large graph.
    """

    name: str
    loss: str
    data: float
    delta: float
    before: float
    after: float
    gradient: float
    curvature: float | None

    @property
    def predicted(self) -> float:
        """The change that the gradient foretells, `gradient * delta`."""
        return self.gradient * self.delta

    @property
    def real(self) -> float:
        """The change that the loss really makes."""
        return self.after - self.before

    @property
    def gap(self) -> float:
        """By how much the real change is more than the predicted one."""
        return self.real - self.predicted

    @property
    def second_order(self) -> float | None:
        """The part of the gap that the curvature foretells, `curvature * delta**2 / 2`."""
        return None if self.curvature is None else 0.5 * self.curvature * self.delta * self.delta

    def __str__(self) -> str:
        slope = f"d{self.loss}/d{self.name}"
        foretold = f"= {slope} × {number(self.delta)}, with {slope} = {number(self.gradient)}"
        rows = [
            (self.name, f"{_figure(self.data)} → {_figure(self.data + self.delta)}", ""),
            (self.loss, f"{_figure(self.before)} → {_figure(self.after)}", ""),
            ("predicted", number(self.predicted), foretold),
            ("real", number(self.real), ""),
            ("gap", number(self.gap), self._remark()),
        ]
        left, middle = (max(cells(row[i]) for row in rows) for i in (0, 1))
        lines = [
            f"{name}{' ' * (left - cells(name))}  {text}{' ' * (middle - cells(text))}  {remark}"
            for name, text, remark in rows
        ]
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _remark(self) -> str:
        """What the curvature has to say about the gap, if it has."""
        if not self.curvature or self.second_order is None or not math.isfinite(self.curvature):
            return ""
        square = f"{number(self.delta)}²" if self.delta >= 0.0 else f"({number(self.delta)})²"
        return f"of which by curvature 1/2 × {number(self.curvature)} × {square} = {number(self.second_order)}"


def _figure(x: float) -> str:
    """Six digits: a nudge is small, and the numbers before and after it should look different."""
    return brief(x, 9, "#.6g")


def nudge(x: Value, delta: float, loss: Value, *, names: Mapping[str, object] | None = None) -> Nudge:
    """Compare the change of `loss` that the gradient foretells with the real one, if `x` grew by `delta`.

    The ops that depend on `x` are run once more on plain numbers. No Value is changed.

    Args:
        x: a leaf, or an interior node, which is then moved by itself with its inputs at rest.
        delta: how far; any real number.
        loss: the root of the graph.
        names: names for nodes, as in `draw`.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        GraphChangedError: if data was assigned to a node after the graph was recorded, so that it cannot be repeated.

    >>> from autograd_core import Value
    >>> a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    >>> L = (a * b + c) * a
    >>> nudge(a, 0.5, L)
    a          2.0 → 2.5
    L          8.0 → 6.25
    predicted  -1.0        = dL/da × 0.5, with dL/da = -2.0
    real       -1.75
    gap        -0.75       of which by curvature 1/2 × -6.0 × 0.5² = -0.75
    """
    check_value("nudge", "x", x)
    check_value("nudge", "its loss", loss)
    step = _number(delta)
    references = References(loss, [check_names(names), *caller_scopes(1)], [x])
    above = above_of(x, references.order)
    if not _same(_rerun(x, x.data, above, loss), loss.data):
        raise GraphChangedError(
            f"{references(loss)} was {loss.data!r} when it was recorded and comes out differently now: "
            "data was assigned to one of its inputs since; compute it again before nudging"
        )
    after = _rerun(x, x.data + step, above, loss)
    gradient = gradient_at(x, loss, above)
    curvature = _curvature(x, loss) if len(references.order) <= MAX_CURVED else None
    return Nudge(references(x), references(loss), x.data, step, loss.data, after, gradient, curvature)


def _number(delta: object) -> float:
    try:
        return Value(delta).data
    except OperandTypeError:
        raise OperandTypeError(f"nudge needs a real number as delta; got {type(delta).__name__}") from None


def _rerun(x: Value, data: float, above: Sequence[Value], loss: Value) -> float:
    """The number the loss has if `x` holds `data`, by the rows of the nodes above it."""
    numbers = {id(x): data}
    for node in above:
        inputs = [
            numbers.get(id(operand), operand.data) if isinstance(operand, Value) else operand for operand in node.inputs
        ]
        numbers[id(node)] = node.data if node.op is None else node.op(*inputs)
    return numbers.get(id(loss), loss.data)


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _curvature(x: Value, loss: Value) -> float:
    graph = gradient_graph(loss, x)
    if graph.wrt is None:
        return 0.0
    return gradient_at(graph.wrt, graph.gradient, above_of(graph.wrt, topological_order(graph.gradient)))
