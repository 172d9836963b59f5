"""Functions of many numbers, and functions with defaults, made of rows.

Rows with a fixed number of inputs are functions themselves (`autograd_core.exp` is the row of `exp`). Here are
functions that take sequences, and functions of rows whose last inputs are parameters with a usual value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from autograd_core.errors import InputError, ShapeError
from autograd_core.functions.linear import fsum, inputs_of, number_of, values_of
from autograd_core.numerics.number import INFINITY, describe, to_float
from autograd_core.table import comparisons, lengths, ops
from autograd_core.table.op import Recorder

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain

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

    Second derivatives of its square are 0 there, and not 2, as for `norm`. For these, write the sum of squares. Limits
    of third derivatives are those of `norm`, too.

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

    First and second derivatives overflow or underflow only if their true values do. Third derivatives of vectors
    shorter than about 1e-300 may be nan, where the true ones are infinite or 0. They are sums, and the chain rule
    multiplies each term by the reciprocal of the length, which overflows before the terms can cancel. To avoid it, the
    sums would have to be rows of their own, with n³ derivatives.

    Raises:
        InputError: if there are no coordinates, or `p` is not above 0.

    >>> norm([3.0, -4.0]), norm([3.0, -4.0], 1), norm([3.0, -4.0], math.inf), norm([1e300] * 8, 3)
    (5.0, 7.0, 4.0, 2e+300)
    """
    terms = inputs_of("norm", xs)
    power = to_float(p)
    if power == 2.0:
        return ops.HYPOT(*terms)
    if not power > 0.0:
        raise InputError(f"norm expected a power p above 0, got {describe(p)}")
    if power == 1.0:
        return fsum([abs(x) for x in terms])
    if power == INFINITY:
        return ops.MAX(*[abs(x) for x in terms])
    return lengths.P_NORM(power, *terms)


def exponent_of(size: Any) -> Any:
    """The exponent of the power of 2 that makes a size at least 1/2 and below 1."""
    return ops.EXPONENT(size) if isinstance(size, Recorder) else math.frexp(size)[1]


def power_of_2(exponent: Any) -> Any:
    """2 to a whole power, which is exact."""
    return ops.EXP2(exponent) if isinstance(exponent, Recorder) else math.ldexp(1.0, exponent)


def _of_equal_length(name: str, p: Iterable[Any], q: Iterable[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    a, b = values_of(name, p), values_of(name, q)
    if len(a) != len(b):
        raise ShapeError(f"{name} expected two sequences of equal length, got {len(a)} and {len(b)} numbers")
    if not a:
        raise ShapeError(f"{name} expected at least one number in each sequence, got none")
    return inputs_of(name, a), inputs_of(name, b)
