"""Softmax, its logarithm, and the logarithm of a sum of exponentials, right to the last digits.

Let `k` be the index of the largest number. All three functions are made of

    T = Σ exp(x_j - x_k) over j ≠ k,    softmax_j = exp(x_j - x_k) / (1 + T),    logsumexp = x_k + log(1 + T).

No exponent is positive, so nothing overflows. But derivatives that are differences could lose digits: that of
`softmax_j` in `x_j` is `p_j - p_j²`, that of `logsumexp` in `x_k` is `1 - T / (1 + T)`. They keep their digits if not
much more than half is subtracted. A shift of all numbers does not change a softmax, so the `x_k` in the formulas may
be the k-th input or a constant equal to it, with the same derivatives:

* If `T <= 1`, it is the input, and the k-th exponential is the constant 1. The probabilities of the others are at most
  1/2, and so is `T / (1 + T)`.
* If `T > 1`, it is a constant, and the k-th exponential depends on its input like the others. All probabilities are
  below 1/2.

So values, gradients and second derivatives are off by a few roundings only. `k` and `T` come from the data. The
formulas hold for every choice of them, so the choice has no derivative. For numbers that are recorded and not known
yet, `table.sequences` has the same formulas with `where`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from autograd_core.functions.linear import any_recorded, fsum, inputs_of, number_of
from autograd_core.graph.numpy_functions import NUMPY
from autograd_core.numerics.number import INFINITY
from autograd_core.numerics.real import index_of_largest
from autograd_core.numerics.sums_of_exponentials import error_of, is_crowded
from autograd_core.table import ops, sequences

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain


@overload
def softmax(xs: Iterable[Plain]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def softmax(xs: Iterable[Number]) -> list[Value]: ...
def softmax(xs: Iterable[Any]) -> list[Any]:
    """The numbers `exp(x_j) / Σ exp(x_i)`: positive, in proportion to the exponentials, and with sum 1.

    Args:
        xs: shape `(n,)`, Values or numbers.

    Returns:
        A list of shape `(n,)`: floats if all are plain numbers, else Values. If two numbers are inf there is no limit,
        and the results are nan.

    Raises:
        InputError: if there are no numbers.
        OperandTypeError: if an item is not a number.

    >>> softmax([0.0, 0.0]), softmax([1000.0, -math.inf])
    ([0.5, 0.5], [1.0, 0.0])
    >>> from autograd_core import Value
    >>> x = Value(50.0)
    >>> softmax([x, 0.0])[0].backward()
    >>> x.grad == math.exp(-50.0)  # y * (1 - y) would be 0
    True
    """
    given = inputs_of("softmax", xs)
    if any_recorded(given):
        return sequences.softmax(given)
    terms, others, origin = _exponentials(given)
    total = _total(terms) if others is None else _beside(1.0, others, given[0] is origin)
    return [term / total for term in terms[: len(given)]]


@overload
def log_softmax(xs: Iterable[Plain]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def log_softmax(xs: Iterable[Number]) -> list[Value]: ...
def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """The logarithms of `softmax(xs)`, even where a softmax underflows; arguments and errors are those of `softmax`.

    >>> log_softmax([0.0, -1000.0])
    [-0.0, -1000.0]
    """
    given = inputs_of("log_softmax", xs)
    if any_recorded(given):
        return sequences.log_softmax(given)
    terms, others, origin = _exponentials(given)
    log = _log_total(terms, others)
    # The origin minus itself would be a node without meaning, so the term of the origin is written without it.
    return [-log if x is origin else x - origin - log for x in given]


@overload
def logsumexp(xs: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def logsumexp(xs: Iterable[Number]) -> Value: ...
def logsumexp(xs: Iterable[Any]) -> Any:
    """The logarithm of `Σ exp(x_i)`, without overflow; arguments and errors are those of `softmax`.

    Its gradient is the softmax. If the largest number is infinite, it is the result.

    >>> logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2.0)
    True
    >>> logsumexp([-math.inf, -math.inf])
    -inf
    """
    given = inputs_of("logsumexp", xs)
    if any_recorded(given):
        return sequences.LOG_PARTITION(*given)
    terms, others, origin = _exponentials(given)
    if math.isinf(number_of(origin)):
        return ops.MAX(*given)
    log = _log_total(terms, others)
    result = _beside(origin, log, others is None or given[0] is origin)
    number = number_of(result)
    # Where the two cancel, the rounding error of the logarithm would be visible.
    return result + error_of(list(map(number_of, given)), number) if abs(number) < number_of(log) else result


@overload
def logaddexp(a: Value, b: Number) -> Value: ...
@overload
def logaddexp(a: Plain, b: Value) -> Value: ...
@overload
def logaddexp(a: Plain, b: Plain) -> float: ...
def logaddexp(a: Any, b: Any) -> Any:
    """The logarithm of `exp(a) + exp(b)`: the sum of two probabilities that are given by their logarithms.

    >>> logaddexp(-1000.0, -1000.0) == -1000.0 + math.log(2.0)
    True
    """
    return logsumexp((a, b))


NUMPY["logaddexp"] = logaddexp


def _exponentials(given: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """The exponentials relative to an origin that is as large as the largest number.

    Returns:
        `exp(x - origin)` for each number; the sum of all except that of the largest, or None if the sum is above 1;
        and the origin: the largest number itself, or a constant equal to it if the sum is above 1.
    """
    xs = given if len(given) > 1 else [*given, -INFINITY]  # with a second number that adds 0, so that there is a T
    numbers = [number_of(x) for x in xs]
    k = index_of_largest(numbers)
    largest = numbers[k]
    crowded = is_crowded(numbers, largest)
    origin = largest if crowded else xs[k]
    terms = [ops.EXP_DIFFERENCE(x, origin) if crowded or i != k else 1.0 for i, x in enumerate(xs)]
    others = None if crowded else _total([*terms[:k], *terms[k + 1 :]])
    return terms, others, origin


def _beside(origin: Any, others: Any, is_first: bool) -> Any:
    """The sum of what belongs to the origin and of the others: in the order of the inputs, which formulas show."""
    return origin + others if is_first else others + origin


def _log_total(terms: list[Any], others: Any) -> Any:
    """The logarithm of the sum of all exponentials."""
    return ops.LOG(_total(terms)) if others is None else ops.LOG1P(others)


def _total(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else fsum(terms)
