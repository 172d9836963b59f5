"""Independent ways to compute a gradient, to compare the engine with.

`sum_over_paths` is the definition: over every path from the result to a leaf, the product of the local derivatives.
`forward_duals` evaluates a recorded graph in dual numbers. `NaiveValue` (see `naive`) is a second engine for scalar
arithmetic. They use neither the sweeps of the engine nor the formulas of its table, and are short and slow.

An `Engine` makes leaves and applies ops. So the same test runs on the engine, on the naive engine, and on a copy with a
fault that the test should find.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from autograd_core.errors import InputError
from autograd_core.graph.modes import no_grad
from autograd_core.graph.order import topological_order
from autograd_core.graph.value import Value
from autograd_core.table.op import Op
from autograd_core.testing.programs.naive import NaiveValue, naive_no_grad

TINY: Final = math.ulp(0.0)
"""The smallest positive float, which is the spacing of floats near 0."""

# ---- Sums over paths ------------------------------------------------------------------------------------------------


class PathSum(NamedTuple):
    """The sum over all paths from a root to one leaf.

    Attributes:
        total: the sum of the products along them, which is the derivative.
        size: the sum of the absolute values of these products. Rounding errors are small relative to it. They need not
            be small relative to the total, in which products may cancel.
        paths: the number of paths without a local derivative of 0.
    """

    total: Any
    size: Any
    paths: int


def sum_over_paths(
    root: Value,
    leaves: Sequence[Value],
    slopes: Callable[[Value], Sequence[Any]] | None = None,
    number: Callable[[Any], Any] = float,
) -> list[PathSum]:
    """Return the derivatives of a root by definition; the cost is exponential in the depth of the graph.

    Args:
        root: the result.
        leaves: the nodes to differentiate with respect to. Interior nodes are allowed; a path ends at the first of
            these nodes.
        slopes: returns the local derivatives of a node, one for each input; by default those on its edges.
        number: the type of the arithmetic: `float`, `fractions.Fraction` (exact), `mpmath.mpf`.

    >>> from fractions import Fraction
    >>> x = Value(3.0)
    >>> sum_over_paths(x * x + x, [x], number=Fraction)
    [PathSum(total=Fraction(7, 1), size=Fraction(7, 1), paths=3)]
    """
    local = slopes or (lambda node: node.derivatives)
    found: dict[Value, list[Any]] = {leaf: [] for leaf in leaves}
    paths = [(root, number(1))]
    while paths:
        node, product = paths.pop()
        if node in found:
            found[node].append(product)
        else:
            for x, derivative in zip(node.inputs, local(node), strict=True):
                if isinstance(x, Value) and derivative != 0:
                    paths.append((x, product * number(derivative)))
    zero = number(0)
    return [PathSum(sum(found[leaf], zero), sum(map(abs, found[leaf]), zero), len(found[leaf])) for leaf in leaves]


def nodes_below(root: Any) -> list[Any]:
    """Return a node and all nodes below it, every node after its inputs; for any engine with `inputs`.

    >>> x = Value(3.0)
    >>> [node.data for node in nodes_below(x * x)]
    [3.0, 9.0]
    """
    order: list[Any] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((x, False) for x in reversed(node.inputs) if not isinstance(x, int | float))
    return order


def path_sizes(root: Any, leaves: Sequence[Any]) -> list[float]:
    """Return the `size` of the `PathSum` of each leaf by a single sweep; for any engine.

    >>> x = Value(3.0)
    >>> path_sizes(x - x, [x])
    [2.0]
    """
    sizes: dict[int, float] = {id(root): 1.0}
    for node in reversed(nodes_below(root)):
        for x, derivative in zip(node.inputs, node.derivatives, strict=True):
            if derivative != 0.0:
                sizes[id(x)] = sizes.get(id(x), 0.0) + abs(derivative) * sizes.get(id(node), 0.0)
    return [sizes.get(id(leaf), 0.0) for leaf in leaves]


def underflows(root: Any, leaves: Sequence[Any]) -> list[float]:
    """Return a bound of the rounding error near 0 of the gradient of each leaf, for any seed and any engine.

    Below the smallest normal number the rounding error of a product is up to half of `TINY`, and the later local
    derivatives multiply it.

    >>> x = Value(3.0)
    >>> underflows(x * 2.0, [x]) == [TINY], underflows(x * 2.0 * 0.5, [x]) == [2.0 * TINY + TINY]
    (True, True)
    """
    errors: dict[int, float] = {}
    for node in reversed(nodes_below(root)):
        for x, derivative in zip(node.inputs, node.derivatives, strict=True):
            if derivative != 0.0:
                errors[id(x)] = errors.get(id(x), 0.0) + abs(derivative) * errors.get(id(node), 0.0) + TINY
    return [errors.get(id(leaf), 0.0) for leaf in leaves]


# ---- Forward mode in dual numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dual:
    """A dual number `value + slope * e` with `e * e = 0`; `slope` is the derivative. Both have any numeric type.

    >>> x = Dual(3.0, 1.0)
    >>> x * x / 2.0 - x
    Dual(value=1.5, slope=2.0)
    """

    value: Any
    slope: Any = 0

    def __add__(self, other: Any) -> Dual:
        b = _dual(other)
        return Dual(self.value + b.value, self.slope + b.slope)

    def __mul__(self, other: Any) -> Dual:
        b = _dual(other)
        return Dual(self.value * b.value, self.slope * b.value + self.value * b.slope)

    def __truediv__(self, other: Any) -> Dual:
        b = _dual(other)
        return Dual(self.value / b.value, (self.slope * b.value - self.value * b.slope) / (b.value * b.value))

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + -_dual(other)

    def __rsub__(self, other: Any) -> Dual:
        return _dual(other) - self

    def __rtruediv__(self, other: Any) -> Dual:
        return _dual(other) / self

    __radd__ = __add__
    __rmul__ = __mul__


def _dual(number: Any) -> Dual:
    return number if isinstance(number, Dual) else Dual(number)


ARITHMETIC: Final[dict[str, Callable[..., Dual]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "fma": lambda a, b, c: a * b + c,
}
"""The ops of dual arithmetic. For all other ops the derivative is a difference quotient of their meaning."""


def forward_duals(root: Value, leaves: Sequence[Value], direction: Sequence[float], digits: int = 60) -> Dual:
    """Return the recorded graph evaluated in dual numbers: the result, and its derivative along a direction.

    Args:
        root: the result.
        leaves: the Values that vary. Interior nodes are allowed; the nodes below them are then ignored.
        direction: the component of the direction for each leaf.
        digits: the working precision. A derivative is a difference quotient, right to two thirds of these digits.

    Raises:
        InputError: if an op has no meaning in mpmath, or the number of components differs from that of the leaves.

    >>> x = Value(3.0)
    >>> float(forward_duals(x * x * x, [x], [2.0]).slope)
    54.0
    """
    import mpmath

    if len(leaves) != len(direction):
        raise InputError(f"expected a direction of {len(leaves)} components, one for each leaf, got {len(direction)}")
    with mpmath.workdps(digits):
        duals = {leaf: Dual(mpmath.mpf(leaf.data), mpmath.mpf(x)) for leaf, x in zip(leaves, direction, strict=True)}
        for node in topological_order(root):
            if node not in duals:
                inputs = [duals[x] if isinstance(x, Value) else Dual(mpmath.mpf(x)) for x in node.inputs]
                duals[node] = Dual(mpmath.mpf(node.data)) if node.op is None else _apply_to_duals(node.op, inputs)
        return duals[root]


def _apply_to_duals(op: Op, inputs: list[Dual]) -> Dual:
    """Return the op on dual numbers, by dual arithmetic or by a difference of its meaning."""
    import mpmath

    from autograd_core.testing.truths.custom_meanings import meaning_of

    if op.name in ARITHMETIC:
        return ARITHMETIC[op.name](*inputs)
    meaning = meaning_of(op)
    if meaning is None:
        raise InputError(
            f"expected ops with a meaning in mpmath, got {op.name}; see autograd_core.testing.truths.custom_meanings"
        )
    step = mpmath.mpf(10) ** -(mpmath.mp.dps // 3)
    ahead, behind = (meaning(*[x.value + side * x.slope for x in inputs]) for side in (step, -step))
    return Dual(meaning(*[x.value for x in inputs]), (ahead - behind) / (2 * step))


# ---- Engines --------------------------------------------------------------------------------------------------------

ON_NODES: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "mul": operator.mul,
    "sub": operator.sub,
    "neg": operator.neg,
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: x.relu(),
    "exp": lambda x: x.exp(),
    "div": operator.truediv,
    "log": lambda x: x.log(),
    "square": lambda x: x**2,
    "reciprocal": lambda x: x**-1,
}
"""The ops that both engines have, as users write them: with operators and methods of a node."""


def _sweep(node: Any, seed: float) -> None:
    node.backward(seed)


@dataclass(frozen=True)
class Engine:
    """The interface of an engine for tests.

    A node must have the attributes `data`, `grad`, `inputs` and `derivatives`, the method `backward(seed)`, and the
    operators and methods in `ON_NODES`. It must support `copy` and `pickle`.

    Attributes:
        leaf: makes a node from a number.
        no_grad: returns a context in which nothing is recorded.
        backward: runs a backward pass from a node with a seed, even after new data was assigned to leaves.

    >>> y = NAIVE.apply("mul", NAIVE.leaf(2.0), NAIVE.leaf(3.0))
    >>> y.data
    6.0
    """

    leaf: Callable[[float], Any]
    no_grad: Callable[[], AbstractContextManager[None]]
    backward: Callable[[Any, float], None] = _sweep

    def apply(self, name: str, *inputs: Any) -> Any:
        """Return the result of an op of `ON_NODES`; usable as the `apply` of `Program.run`."""
        return ON_NODES[name](*inputs)


CORE: Final = Engine(Value, no_grad, lambda node, seed: node.backward(seed, allow_stale=True))
NAIVE: Final = Engine(NaiveValue, naive_no_grad)
