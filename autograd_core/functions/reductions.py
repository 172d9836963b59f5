"""Functions of many numbers, and functions with defaults, made of rows.

Rows with a fixed number of inputs are functions themselves (`autograd_core.exp` is the row of `exp`). Here are
functions that take sequences, and functions of rows whose last inputs are parameters with a usual value.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

from autograd_core.errors import InputError, ShapeError
from autograd_core.functions.linear import fsum, inputs_of, number_of, values_of
from autograd_core.numerics.number import INFINITY, describe, to_float
from autograd_core.table import comparisons, ops
from autograd_core.table.define import between, select, where
from autograd_core.table.op import Recorder

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain

LIFT: Final = 2.0**100
"""A factor that lifts the smallest numbers into the range where reciprocals are finite."""

STRONG: Final = 512.0
"""Up to this power, a number between 1 and 2 is far from overflow."""

# Extremes and products.


@overload
def max(values: Iterable[Plain], /) -> float: ...  # type: ignore[overload-overlap]
@overload
def max(values: Iterable[Number], /) -> Value: ...
@overload
def max(a: Value, /, *more: Number) -> Value: ...
@overload
def max(a: Plain, /, *more: Plain) -> float: ...  # type: ignore[overload-overlap]
@overload
def max(a: Plain, /, *more: Number) -> Value: ...
def max(*values: Any) -> Any:
    """The largest of several values or of one iterable. Equal values share the derivative evenly.

    The result is nan if a value is nan. For an array of Values use `max(array.flat)` instead of `numpy.max`; see
    `maximum` for the reason.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0), Value(2.0)
    >>> max(a, b, 1.0).backward()
    >>> a.grad, b.grad
    (0.5, 0.5)
    """
    return ops.MAX(*_one_by_one(values))


@overload
def min(values: Iterable[Plain], /) -> float: ...  # type: ignore[overload-overlap]
@overload
def min(values: Iterable[Number], /) -> Value: ...
@overload
def min(a: Value, /, *more: Number) -> Value: ...
@overload
def min(a: Plain, /, *more: Plain) -> float: ...  # type: ignore[overload-overlap]
@overload
def min(a: Plain, /, *more: Number) -> Value: ...
def min(*values: Any) -> Any:
    """The smallest of several values or of one iterable. Equal values share the derivative evenly.

    The result is nan if a value is nan. For an array of Values use `min(array.flat)`; see `maximum` for the reason.

    >>> from autograd_core import Value
    >>> min([Value(2.0), 5.0]).data
    2.0
    """
    return ops.MIN(*_one_by_one(values))


@overload
def pick(index: Number, values: Sequence[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def pick(index: Number, values: Sequence[Number]) -> Value: ...
def pick(index: Any, values: Sequence[Any]) -> Any:
    """The element at an index that may be a number of the graph, such as a class that a program computes.

    It is the element itself, so its gradient is that of the result, and no other element and not the index has one.

    Args:
        index: a whole number; negative ones count from the end, as in Python.
        values: the elements.

    Raises:
        InputError: if there is no element at the index.

    >>> from autograd_core import Value
    >>> values = [Value(1.0), Value(5.0), Value(3.0)]
    >>> pick(Value(-2.0), values) is values[1]
    True
    """
    given = inputs_of("pick", values)
    number = number_of(index) if isinstance(index, Recorder) else to_float(index)
    if isinstance(number, Recorder):
        return comparisons.ELEMENT(number, *given)
    if not -len(given) <= number < len(given) or number != math.floor(number):
        raise InputError(
            f"pick expected a whole number from {-len(given)} to {len(given) - 1} as index, got {number:g}"
        )
    return given[int(number)]


def _one_by_one(values: tuple[Any, ...]) -> Iterable[Any]:
    return values[0] if len(values) == 1 and isinstance(values[0], Iterable) else values


@overload
def maximum(a: Value, b: Number) -> Value: ...
@overload
def maximum(a: Plain, b: Value) -> Value: ...
@overload
def maximum(a: Plain, b: Plain) -> float: ...
def maximum(a: Any, b: Any) -> Any:
    """The larger of two values, under its name in array libraries. Equal values share the derivative evenly.

    The result is nan if a value is nan. `numpy.maximum` is the same if an argument is a Value. It is not if all
    arguments are arrays, nor are `numpy.minimum`, `max`, `min` and `clip`: numpy then compares the elements with
    Python's operators and returns one of the two. So a nan may be dropped, and one of two equal values gets all of the
    derivative. For arrays write

    >>> import numpy as np
    >>> from autograd_core import Value
    >>> array = np.array([Value(math.nan), Value(-1.0)])
    >>> [maximum(x, 0.0).data for x in array.flat]
    [nan, 0.0]

    >>> maximum(2.0, 3.0)
    3.0
    """
    return ops.MAX(a, b)


@overload
def minimum(a: Value, b: Number) -> Value: ...
@overload
def minimum(a: Plain, b: Value) -> Value: ...
@overload
def minimum(a: Plain, b: Plain) -> float: ...
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two values, under its name in array libraries. Equal values share the derivative evenly.

    The result is nan if a value is nan. For arrays see `maximum`.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return ops.MIN(a, b)


@overload
def prod(values: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def prod(values: Iterable[Number]) -> Value: ...
def prod(values: Iterable[Any]) -> Any:
    """The product, as one node, multiplied from left to right.

    Intermediate results do not overflow or underflow, and factors may be 0: the derivative with respect to each factor
    is the product of all others.

    Raises:
        InputError: if there are no values.

    >>> from autograd_core import Value
    >>> factors = [Value(0.0), Value(1e200), Value(1e200), Value(1e-300)]
    >>> y = prod(factors)
    >>> y.backward()
    >>> y.data, factors[0].grad
    (0.0, 1e+100)
    """
    return ops.PROD(*inputs_of("prod", values))


@overload
def sumprod(p: Iterable[Plain], q: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def sumprod(p: Iterable[Number], q: Iterable[Number]) -> Value: ...
def sumprod(p: Iterable[Any], q: Iterable[Any]) -> Any:
    """The sum of the products of two sequences of equal length, rounded once, as Python's `math.sumprod`.

    `dot` gives the same sum rounded at every term, and is many times faster.

    Raises:
        ShapeError: if the lengths differ, or are 0.

    >>> sumprod([1e16, 1.0, -1e16], [1.0, 1.0, 1.0])
    1.0
    """
    a, b = _of_equal_length("sumprod", p, q)
    return ops.SUMPROD(*a, *b)


# Lengths.


@overload
def dist(p: Iterable[Plain], q: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def dist(p: Iterable[Number], q: Iterable[Number]) -> Value: ...
def dist(p: Iterable[Any], q: Iterable[Any]) -> Any:
    """The distance between two points, given by their coordinates. Where the points are equal, its derivative is 0.

    Second derivatives of its square are 0 there, and not 2, as for `norm`. For these, write the sum of squares.

    Raises:
        ShapeError: if the lengths differ, or are 0.

    >>> dist([1.0, 2.0], [4.0, 6.0])
    5.0
    """
    a, b = _of_equal_length("dist", p, q)
    return ops.HYPOT(*[x - y for x, y in zip(a, b, strict=True)])


@overload
def norm(xs: Iterable[Plain], p: Plain = 2.0) -> float: ...  # type: ignore[overload-overlap]
@overload
def norm(xs: Iterable[Number], p: Plain = 2.0) -> Value: ...
def norm(xs: Iterable[Any], p: Any = 2.0) -> Any:
    """The p-norm of a vector, `(Σ |x|**p) ** (1/p)`, without overflow or underflow on the way.

    Args:
        xs: the coordinates.
        p: a number above 0. 2 (the default, as in NumPy) gives the Euclidean length, 1 the sum of the absolute values,
            `math.inf` the largest absolute value. Below 1 the result is not a norm in the strict sense.

    The derivative with respect to a coordinate that is 0 is 0, the subgradient of smallest magnitude. It counts as a
    constant, so at the origin the second derivatives of `norm(v)**2` are 0, as in PyTorch; `dot(v, v)` has the right
    ones, 2 on the diagonal. The same holds for `abs(x)**2` and `hypot(x, y)**2`. For powers other than 1, 2 and inf,
    the derivative with respect to a coordinate underflows if the power of its ratio to the largest coordinate does.

    Raises:
        InputError: if there are no coordinates, or `p` is not above 0.

    >>> norm([3.0, -4.0]), norm([3.0, -4.0], 1), norm([3.0, -4.0], math.inf), norm([1e300] * 8, 3)
    (5.0, 7.0, 4.0, 2e+300)
    """
    terms = inputs_of("norm", xs)
    power = to_float(p)
    if power == 2.0:
        return ops.HYPOT(*terms)
    sizes = [abs(x) for x in terms]
    if power == 1.0:
        return fsum(sizes)
    if not power > 0.0:
        raise InputError(f"norm expected a power p above 0, got {describe(p)}")
    if power == INFINITY:
        return ops.MAX(*sizes)
    largest = largest_of(sizes)
    return select(between(0.0, largest, INFINITY), lambda: _norm(sizes, power, largest), lambda: ops.MAX(*sizes))


def _norm(sizes: Sequence[Any], power: float, largest: Any) -> Any:
    """The p-norm of numbers that are not negative and the largest of which is neither 0 nor infinite.

    With `T`, the sum of the powers of the ratios of the others to the largest one, `s`, it is `s (1 + T)**(1/p)`. In
    the sum of all powers the second derivative with respect to `s` is a difference of terms that are `1/T` times as
    large as it; in this form they are `1/(p - 1)` times as large, for `p > 1`.
    """
    # Division by a power of 2 is exact. A high power needs the largest share to be 1, even if the division rounds.
    unit = power_of_2(exponent_of(largest) - 1) if power <= STRONG else largest
    # The reciprocal of the unit is a derivative, and would overflow for the smallest units.
    lift = where(unit < 2.0**-1000, LIFT, 1.0)
    lifted = sizes if isinstance(lift, float) and lift == 1.0 else [x * lift for x in sizes]
    shares = [x / (unit * lift) for x in lifted]
    k = ops.ARGMAX(*[number_of(x) for x in shares])
    powers = [_part(x, power) for x in shares]
    rest = _rest([number_of(x) for x in powers], k) if isinstance(k, int | float) else _rest(powers, k)
    return unit * select(
        number_of(rest) < builtins.min(1.0, power - 1.0),
        lambda: pick(k, shares) * (1.0 + (_rest(powers, k) if isinstance(rest, float) else rest)) ** (1.0 / power),
        lambda: fsum(powers) ** (1.0 / power),
    )


def _rest(powers: Sequence[Any], k: Any) -> Any:
    """The sum of all powers but the one at an index, in proportion to that."""
    others = [where(k == i, 0.0, x) for i, x in enumerate(powers)]
    return fsum(others) / pick(k, powers)  # it has more digits than powers of quotients


def _part(x: Any, power: float) -> Any:
    # Below 1 the derivative has a pole at 0; here it is 0 by convention.
    return x**power if power >= 1.0 else select(number_of(x) == 0.0, lambda: 0.0, lambda: x**power)


def exponent_of(size: Any) -> Any:
    """The exponent of the power of 2 that makes a size at least 1/2 and below 1."""
    return ops.EXPONENT(size) if isinstance(size, Recorder) else math.frexp(size)[1]


def power_of_2(exponent: Any) -> Any:
    """2 to a whole power, which is exact."""
    return ops.EXP2(exponent) if isinstance(exponent, Recorder) else math.ldexp(1.0, exponent)


def largest_of(sizes: Iterable[Any]) -> Any:
    """The largest of the numbers, as a constant."""
    return ops.MAX(*[number_of(x) for x in sizes])


def _of_equal_length(name: str, p: Iterable[Any], q: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    a, b = values_of(name, p), values_of(name, q)
    if len(a) != len(b):
        raise ShapeError(f"{name} expected two sequences of equal length, got {len(a)} and {len(b)} numbers")
    if not a:
        raise ShapeError(f"{name} expected at least one number in each sequence, got none")
    return inputs_of(name, a), inputs_of(name, b)
