"""The change that a gradient predicts, and the real one: a graph is run again with one of its numbers changed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autograd_core import GraphChangedError, OperandTypeError, Value, topological_order
from autograd_core.calls import explained
from autograd_core.text import brief
from viz.graph.arguments import check_value
from viz.graph.chain_rule import above_of, gradient_at
from viz.graph.references import References
from viz.graph.rerun import is_unchanged, rerun
from viz.graph.variable_names import caller_scopes, check_names
from viz.text import columns, number, writable
from viz.words.gradient_graph import gradient_graph

ORDER: Final = "write nudge(x, 0.1, loss)"

MAX_CURVED: Final = 5_000
"""Nodes up to which the second derivative is computed, too: a quarter of a second of work."""


@dataclass(frozen=True, repr=False)
class Nudge:
    """A predicted change and the real one. `print` shows both.

    Attributes:
        name: the name of `x`.
        loss: the name of the loss.
        data: the data of `x`.
        delta: the number that is added to it.
        before: the loss at `x`.
        after: the loss at `x + delta`.
        gradient: the gradient of the loss with respect to `x`.
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
        """The change that the gradient predicts, `gradient * delta`."""
        return self.gradient * self.delta

    @property
    def real(self) -> float:
        """The real change of the loss, `after - before`."""
        return self.after - self.before

    @property
    def gap(self) -> float:
        """The difference between the real change and the predicted one."""
        return self.real - self.predicted

    @property
    def second_order(self) -> float | None:
        """The part of the gap that the curvature predicts, `curvature * delta**2 / 2`."""
        return None if self.curvature is None else 0.5 * self.curvature * self.delta * self.delta

    def __str__(self) -> str:
        gradient = f"d{self.loss}/d{self.name}"
        source = f"= {gradient} × {number(self.delta)}, with {gradient} = {number(self.gradient)}"
        lines = [
            (self.name, f"{_figure(self.data)} → {_figure(self.data + self.delta)}", ""),
            (self.loss, f"{_figure(self.before)} → {_figure(self.after)}", ""),
            ("predicted", number(self.predicted), source),
            ("real", number(self.real), ""),
            ("gap", number(self.gap), self._remark()),
        ]
        return "\n".join(columns([[*map(writable, cells)] for cells in lines]))

    __repr__ = __str__

    def _remark(self) -> str:
        """The part of the gap that the curvature predicts, as text; empty if there is none."""
        if not self.curvature or self.second_order is None or not math.isfinite(self.curvature):
            return ""
        square = f"{number(self.delta)}²" if self.delta >= 0.0 else f"({number(self.delta)})²"
        return f"of which by curvature 1/2 × {number(self.curvature)} × {square} = {number(self.second_order)}"


def _figure(x: float) -> str:
    """A number with six digits: a nudge is small, and the numbers before and after it should look different."""
    return brief(x, 9, "#.6g")


@explained(ORDER)
def nudge(x: Value, delta: float, loss: Value, *, names: Mapping[str, object] | None = None) -> Nudge:
    """Compare the change of `loss` that the gradient predicts with the real one, if `x` grew by `delta`.

    The ops that depend on `x` are run again on plain numbers. No Value is changed.

    Args:
        x: a leaf or an interior node. An interior node is changed alone, without its inputs.
        delta: the change of `x`; any real number.
        loss: the root of the graph.
        names: names for nodes, as in `draw`.

    Raises:
        OperandTypeError: if an argument is of the wrong type; it is a TypeError.
        GraphChangedError: if data was assigned to a node after the graph was recorded, so that it cannot be run again.

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
    if isinstance(delta, Value) and not isinstance(loss, Value):
        raise OperandTypeError(f"nudge needs x, its change and the loss, in this order; got the loss second; {ORDER}")
    check_value("nudge", "x", x)
    check_value("nudge", "its loss", loss)
    step = _number(delta)
    references = References(loss, [check_names(names), *caller_scopes(1)], [x])
    above = above_of(x, references.order)
    if not is_unchanged(x, above, loss):
        raise GraphChangedError(
            f"{references(loss)} was {loss.data!r} when it was recorded and comes out differently now: "
            "data was assigned to one of its inputs since; compute it again before nudge()"
        )
    after = rerun(x, x.data + step, above, loss)
    gradient = gradient_at(x, loss, above)
    curvature = _curvature(x, loss) if len(references.order) <= MAX_CURVED else None
    return Nudge(references(x), references(loss), x.data, step, loss.data, after, gradient, curvature)


def _number(delta: Any) -> float:
    try:
        return Value(delta).data
    except OperandTypeError:
        raise OperandTypeError(f"nudge needs a real number as delta; got {type(delta).__name__}") from None


def _curvature(x: Value, loss: Value) -> float:
    graph = gradient_graph(loss, x)
    if graph.wrt is None:
        return 0.0
    return gradient_at(graph.wrt, graph.gradient, above_of(graph.wrt, topological_order(graph.gradient)))
