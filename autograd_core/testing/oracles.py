"""Other ways to the same gradient, each written independently of the engine's sweeps and of the formulas of its rows.

`sum_over_paths` is the definition: over every path from the result to a leaf the product of the local derivatives.
`forward_duals` evaluates a recorded graph in numbers that carry their own derivative. `NaiveValue` (see `naive`) is a
second engine for scalar arithmetic. They are slow and short, so that they can be believed.

An `Engine` says how to make leaves and apply ops, so that the same test runs on the engine, on the naive one, and on a
copy with a fault in it that the test should find.
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
from autograd_core.testing.naive import NaiveValue, naive_no_grad

TINY: Final = math.ulp(0.0)
"""The smallest positive number, and the distance of neighbours near 0."""

# ---- Sums over paths ------------------------------------------------------------------------------------------------


class PathSum(NamedTuple):
    """What all paths from a root to one leaf give together.

    Attributes:
        total: the sum of the products along them, which is the derivative.
        size: the sum of the absolute values of these products. Rounding errors are small beside this, and not beside
            the total, in which the products may cancel.
        paths: how many there are on which no local derivative is 0.
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
    """The derivative of a root with respect to each leaf by its definition; exponential in the depth of the graph.

    Args:
        root: the result.
        leaves: where paths end. Interior nodes are allowed; a path ends at the first of the leaves that it meets.
        slopes: the local derivatives of a node, one for each input; by default those recorded on its edges.
        number: the arithmetic to multiply and add in: `float`, `fractions.Fraction` (exact), `mpmath.mpf`.

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
    """A node and all that it was made from, every node after its inputs; of any engine whose nodes have `inputs`.

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
    """The `size` of every `PathSum`, found by one sweep and not path by path; of any engine.

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
    """How far rounding near 0 may move the gradient of each leaf, in a sweep with whatever seed; of any engine.

    Below the smallest normal number a product is off by half of `TINY`, however small it is, and what follows on the
    way to the leaf multiplies the error.

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
    """A number and the speed at which it moves: `value + slope * e` with `e * e = 0`. Both of any numeric type.

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
"""Ops whose dual numbers are written out. Those of all others come from differences of what the op means."""


def forward_duals(root: Value, leaves: Sequence[Value], direction: Sequence[float], digits: int = 60) -> Dual:
    """The recorded graph evaluated anew in dual numbers: the result, and its derivative along a direction.

    Args:
        root: the result.
        leaves: the Values that move; interior nodes are allowed, and then what is below them does not count.
        direction: how fast each of them moves.
        digits: the working precision. A derivative is a difference quotient, right to two thirds of these digits.

    Raises:
        InputError: if an op has no meaning in mpmath, or there is not one speed for each leaf.

    >>> x = Value(3.0)
    >>> float(forward_duals(x * x * x, [x], [2.0]).slope)
    54.0
    """
    import mpmath

    if len(leaves) != len(direction):
        raise InputError(f"expected a speed for each of {len(leaves)} leaves, got {len(direction)}")
    with mpmath.workdps(digits):
        duals = {
            leaf: Dual(mpmath.mpf(leaf.data), mpmath.mpf(speed)) for leaf, speed in zip(leaves, direction, strict=True)
        }
        for node in topological_order(root):
            if node not in duals:
                inputs = [duals[x] if isinstance(x, Value) else Dual(mpmath.mpf(x)) for x in node.inputs]
                duals[node] = Dual(mpmath.mpf(node.data)) if node.op is None else _apply_to_duals(node.op, inputs)
        return duals[root]


def _apply_to_duals(op: Op, inputs: list[Dual]) -> Dual:
    import mpmath

    from autograd_core.testing.meanings import meaning_of

    if op.name in ARITHMETIC:
        return ARITHMETIC[op.name](*inputs)
    meaning = meaning_of(op)
    if meaning is None:
        raise InputError(f"{op.name} has no meaning in mpmath, so its derivative cannot be found without its own rule")
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
"""The ops that both engines have, written as users write them: with operators and methods of a node."""


def _sweep(node: Any, seed: float) -> None:
    node.backward(seed)


@dataclass(frozen=True)
class Engine:
    """What a test needs of an engine, so that another one can be put in its place.

    A node must have the attributes `data`, `grad`, `inputs` and `derivatives`, the method `backward(seed)`, and the
    operators and methods in `ON_NODES`; and it must be possible to copy and to pickle it.

    Attributes:
        leaf: makes a node of a number.
        no_grad: the block in which nothing is recorded.
        backward: sweeps from a node with a seed, also if data was assigned to the leaves since an earlier sweep.

    >>> y = NAIVE.apply("mul", NAIVE.leaf(2.0), NAIVE.leaf(3.0))
    >>> y.data
    6.0
    """

    leaf: Callable[[float], Any]
    no_grad: Callable[[], AbstractContextManager[None]]
    backward: Callable[[Any, float], None] = _sweep

    def apply(self, name: str, *inputs: Any) -> Any:
        """The result of an op of `ON_NODES`; it fits `Program.run`."""
        return ON_NODES[name](*inputs)


CORE: Final = Engine(Value, no_grad, lambda node, seed: node.backward(seed, allow_stale=True))
NAIVE: Final = Engine(NaiveValue, naive_no_grad)
