"""Contributions, which a sweep adds up, and their products and sums, as floats or Values.

With Values every operation adds a node to the graph of a gradient. Operations with the constants 0 and 1 are left out.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from autograd_core.errors import AnomalyError
from autograd_core.graph.modes import suspend_detection
from autograd_core.graph.node import Node
from autograd_core.numerics.number import NAN
from autograd_core.table.comparisons import STRONG_PRODUCT
from autograd_core.table.op import Recorder


@final
@mypyc_attr(acyclic=True)
class Contribution:
    """What a sweep carries along one edge.

    Attributes:
        source: the node that it comes from: in reverse mode the user, in forward mode the input.
        target: the node that it is added to.
        index: the index of the input in the inputs of the user; `a * a` has `a` at 0 and at 1.
        upstream: the sum at the source; 0.0 if nothing has reached it.
        local: the local derivative.
        product: `local` times `upstream`; 0.0 for a structural zero and for a source that nothing has reached.
        before: the sum at the target before the product is added.
        after: the sum at the target after that.
    """

    __slots__ = ("after", "before", "index", "local", "product", "source", "target", "upstream")

    def __init__(
        self, source: Any, target: Any, index: int, upstream: Any, local: Any, product: Any, before: Any, after: Any
    ) -> None:
        self.source: Final = source
        self.target: Final = target
        self.index: Final = index
        self.upstream: Final = upstream
        self.local: Final = local
        self.product: Final = product
        self.before: Final = before
        self.after: Final = after


def strong_product(local: Any, upstream: Any, is_structural_zero: Any) -> Any:
    """`times` for an edge. Of numbers that are recorded it is one op, which receives the condition with them."""
    if is_recorded(local) or is_recorded(upstream) or is_recorded(is_structural_zero):
        return STRONG_PRODUCT(local, upstream, is_structural_zero)
    return times(local, upstream)


def is_recorded(x: Any) -> bool:
    """Whether a number is recorded and not known yet."""
    return isinstance(x, Recorder) and not isinstance(x, Node)


def times(local: Any, upstream: Any) -> Any:
    """The product of a local derivative and a gradient. A product of 0 is +0.0, which changes no sum."""
    if isinstance(local, float) and isinstance(upstream, float):
        return local * upstream + 0.0
    # The graph of a gradient needs no factor of 1, and no node for a product that is constant.
    if isinstance(local, float) and local == 1.0:
        return upstream
    if isinstance(upstream, float) and upstream == 1.0:
        return local
    if is_zero(local) or is_zero(upstream):
        product = number_of(local) * number_of(upstream) + 0.0
        # A nan is no constant: what is made of it is nan in every order.
        return product if product == 0.0 else NAN * (upstream if is_zero(local) else local)
    return local * upstream


def plus(total: Any, product: Any) -> Any:
    """The sum of the contributions so far and the next one."""
    # The graph of a gradient needs no constant 0.
    if is_zero(product):
        return total
    return product if is_zero(total) else total + product


def is_zero(number: Any) -> bool:
    """Whether a number is the constant 0."""
    return isinstance(number, float) and number == 0.0


def number_of(x: Any) -> float:
    """A float itself, or the number of a node."""
    number: float = x._data if isinstance(x, Node) else x
    return number


def undetected(check: bool) -> AbstractContextManager[None]:
    """A block without anomaly detection, for a sweep that checks its contributions itself."""
    # Without a check the mode is not changed: operations are faster while no mode is on.
    return suspend_detection() if check else nullcontext()


def check_contribution(node: Node, contribution: Any, sweep: str) -> None:
    """Raise an `AnomalyError` if a contribution is not finite."""
    number = number_of(contribution)
    if not math.isfinite(number):
        op = node.op
        origin = node.origin
        where = f"recorded at {origin}" if origin else "run the forward pass under detect_anomaly too to see where"
        raise AnomalyError(f"the {sweep} through {op.name if op else 'a leaf'} made {number!r}, {where}")
