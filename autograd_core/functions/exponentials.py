"""Softmax, its logarithm, and the logarithm of a sum of exponentials, right to the last digits.

The formulas, with the reasons for them, are in `table.sequences`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, overload

from autograd_core.functions.linear import any_recorded, inputs_of, number_of
from autograd_core.graph.numpy_functions import NUMPY
from autograd_core.numerics.sums_of_exponentials import error_of
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
    return sequences.softmax(inputs_of("softmax", xs))


@overload
def log_softmax(xs: Iterable[Plain]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def log_softmax(xs: Iterable[Number]) -> list[Value]: ...
def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """The logarithms of `softmax(xs)`, even where a softmax underflows; arguments and errors are those of `softmax`.

    >>> log_softmax([0.0, -1000.0])
    [-0.0, -1000.0]
    """
    return sequences.log_softmax(inputs_of("log_softmax", xs))


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
    terms, lone, origin = sequences.exponentials(given)
    if math.isinf(number_of(origin)):
        return ops.MAX(*given)
    log = sequences.log_total(terms, lone)
    result = sequences.in_order(origin, log, lone)
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
