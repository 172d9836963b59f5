"""What a sweep adds up: contributions, and their products and sums in numbers of any kind, floats or Values.

If they are Values, every operation makes a node of the graph of a gradient. So those with 0 and 1 are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from autograd_core.errors import AnomalyError
from autograd_core.graph.modes import suspend_detection
from autograd_core.graph.node import Node


@final
@mypyc_attr(acyclic=True)
class Contribution:
    """What passes along one edge.

    Attributes:
        source: where it comes from: on the way down the user, on the way up the input.
        target: where it is added.
        place: which input of the user the edge is; `a * a` has `a` in two places.
        upstream: the sum at the source; 0.0 if nothing has reached it.
        local: the local derivative.
        product: of the two; 0.0 through a structural zero, and from a source that nothing has reached.
        before: the sum at the target without it,
        after: and with it.
    """

    __slots__ = ("after", "before", "local", "place", "product", "source", "target", "upstream")

    def __init__(
        self, source: Any, target: Any, place: int, upstream: Any, local: Any, product: Any, before: Any, after: Any
    ) -> None:
        self.source: Final = source
        self.target: Final = target
        self.place: Final = place
        self.upstream: Final = upstream
        self.local: Final = local
        self.product: Final = product
        self.before: Final = before
        self.after: Final = after


def recorded_slopes(node: Node) -> Sequence[float]:
    """The local derivatives of a node as they stand on its edges."""
    return node.derivatives


def times(slope: Any, adjoint: Any) -> Any:
    """The product of a local derivative and a gradient; if it is 0, that is no -0.0, which adds nothing either."""
    if isinstance(slope, float) and isinstance(adjoint, float):
        return slope * adjoint + 0.0
    # A factor of 1 is kept out of the graph of a gradient, and so is a product that is constant.
    if isinstance(slope, float) and slope == 1.0:
        return adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return slope
    if is_zero(slope) or is_zero(adjoint):
        return number_of(slope) * number_of(adjoint) + 0.0
    return slope * adjoint


def plus(total: Any, term: Any) -> Any:
    """The sum of two contributions."""
    # A constant 0 adds nothing, so it need not stand in the graph of a gradient.
    if is_zero(term):
        return total
    return term if is_zero(total) else total + term


def is_zero(number: Any) -> bool:
    """Whether a number is the constant 0."""
    return isinstance(number, float) and number == 0.0


def number_of(x: Any) -> float:
    """The float that a number is, or that a node holds."""
    number: float = x._data if isinstance(x, Node) else x
    return number


def undetected(check: bool) -> AbstractContextManager[None]:
    """A block without the detection of anomalies, for a sweep that checks by itself."""
    # The mode is entered only where it changes something, for operations are faster while none is on.
    return suspend_detection() if check else nullcontext()


def check_contribution(node: Node, contribution: Any, sweep: str) -> None:
    """Raise an `AnomalyError` if a contribution is not finite."""
    number = contribution._data if isinstance(contribution, Node) else contribution
    if not math.isfinite(number):
        op = node.op
        origin = node.origin
        where = f"recorded at {origin}" if origin else "run the forward pass under detect_anomaly too to see where"
        raise AnomalyError(f"the {sweep} through {op.name if op else 'a leaf'} made {number!r}, {where}")
