"""Mean, variance and standard deviation, without overflow and without the loss of digits in differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

from autograd_core.errors import InputError
from autograd_core.functions.linear import fsum, inputs_of, number_of
from autograd_core.functions.reductions import exponent_of, largest_of, power_of_2
from autograd_core.numerics.number import INFINITY, to_float
from autograd_core.table import ops
from autograd_core.table.define import between, either, select, where

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain

MODERATE: Final = 150
"""An exponent of 2. Squares of numbers between 2 to this power and its reciprocal, and roots of sums of such squares,
have derivatives up to the third order that neither overflow nor underflow; the third has the power -5/2 of the sum.
"""


@overload
def mean(values: Iterable[Plain]) -> float: ...  # type: ignore[overload-overlap]
@overload
def mean(values: Iterable[Number]) -> Value: ...
def mean(values: Iterable[Any]) -> Any:
    """The arithmetic mean: the sum, rounded once, divided by the number of values. It does not overflow.

    A sum from left to right would lose small values, and so would the deviations from the mean.

    Raises:
        InputError: if there are no values.

    >>> mean([1.0, 2.0, 6.0]), mean([1e308, 1e308]), mean([1e16, 1.0, 1.0, -1e16])
    (3.0, 1e+308, 0.5)
    """
    terms = inputs_of("mean", values)
    count = float(len(terms))
    total = fsum(terms)
    part = 0.5 ** len(terms).bit_length()
    return select(
        abs(number_of(total)) == INFINITY,
        lambda: fsum([x * part for x in terms]) / (count * part),
        lambda: total / count,
    )


@overload
def var(xs: Iterable[Plain], correction: Plain = 1) -> float: ...  # type: ignore[overload-overlap]
@overload
def var(xs: Iterable[Number], correction: Plain = 1) -> Value: ...
def var(xs: Iterable[Any], correction: Any = 1) -> Any:
    """The variance: the sum of the squared deviations from the mean, divided by `len(xs) - correction`.

    Args:
        xs: the values.
        correction: 1 (the default, as in `statistics.variance` and PyTorch) estimates the variance of a population from
            a sample of it (Bessel's correction), 0 gives the variance of the values themselves.

    Raises:
        InputError: if there are not more values than `correction`.

    Formula. With `c` the mean as a constant, `(Σ (x - c)² - (Σ (x - c))² / n) / (n - correction)`: the corrected
    two-pass algorithm (Chan, Golub, LeVeque, Algorithms for computing the sample variance, The American
    Statistician 37, 1983). The second sum is only the rounding error of `c`. But it carries the derivative of the mean,
    so no gradient is a difference of nearly equal sums.

    >>> var([1.0, 2.0, 4.0, 5.0]), var([1.0, 2.0, 4.0, 5.0], correction=0)
    (3.3333333333333335, 2.5)
    """
    return _variance("var", inputs_of("var", xs), correction)


@overload
def std(xs: Iterable[Plain], correction: Plain = 1) -> float: ...  # type: ignore[overload-overlap]
@overload
def std(xs: Iterable[Number], correction: Plain = 1) -> Value: ...
def std(xs: Iterable[Any], correction: Any = 1) -> Any:
    """The standard deviation, the square root of `var`. Arguments and errors are those of `var`.

    Where all values are equal its derivative is 0, the subgradient of smallest magnitude. It counts as a constant, so
    the second derivatives of `std(xs)**2` are 0 there, too; those of `var(xs)` are right.

    >>> std([1.0, 2.0, 3.0]), std([1e300, 2e300, 3e300])
    (1.0, 1e+300)
    """
    moderate, scale = _moderate(inputs_of("std", xs))
    variance = _variance("std", moderate, correction)
    return select(
        number_of(variance) == 0.0,
        lambda: ops.HYPOT(*[x - number_of(x) for x in moderate]),  # 0, with the derivative of a length at the origin
        lambda: _unscaled(ops.SQRT(variance), scale),
    )


def _unscaled(deviation: Any, scale: Any) -> Any:
    return deviation if isinstance(scale, float) and scale == 1.0 else deviation / scale


def _variance(name: str, terms: Sequence[Any], correction: Any) -> Any:
    """The variance of the terms; `name` is the function that the user called, for the message."""
    count = float(len(terms))
    freedom = count - to_float(correction)
    if not freedom > 0.0:
        raise InputError(
            f"{name} with correction={correction} expected more than {correction} values, got {len(terms)}"
        )
    numbers = [number_of(x) for x in terms]
    # The rounded mean of equal numbers could differ from them, but their deviations must be 0.
    center = ops.CLAMP(mean(numbers), ops.MIN(*numbers), ops.MAX(*numbers))
    deviations = [x - center for x in terms]
    left_over = ops.SUMPROD(*terms, center, *[1.0] * len(terms), -count)
    squares = ops.SUMPROD(*deviations, left_over, *deviations, left_over / -count)
    return select(
        abs(number_of(squares)) == INFINITY,
        lambda: _variance_of_large(deviations, left_over, count, freedom),
        lambda: squares / freedom,
    )


def _variance_of_large(deviations: Sequence[Any], left_over: Any, count: float, freedom: float) -> Any:
    """The variance with the division first, so that the products overflow only if the variance does."""
    shares = [deviation / freedom for deviation in deviations]
    return ops.SUMPROD(*deviations, left_over, *shares, left_over / (-count * freedom))


def _moderate(terms: Sequence[Any]) -> tuple[Sequence[Any], Any]:
    """The numbers times a power of 2 that gives the largest a moderate size, and that power."""
    largest = largest_of([abs(number_of(x)) for x in terms])
    exponent = exponent_of(largest)
    is_moderate = either(abs(exponent) <= MODERATE, where(between(0.0, largest, INFINITY), False, True))
    # As close to the given size as possible: the inverse factor is multiplied by the derivative of a small root, which
    # is large.
    scale = select(is_moderate, lambda: 1.0, lambda: power_of_2(where(exponent > 0, MODERATE, -MODERATE) - exponent))
    return (terms if isinstance(scale, float) and scale == 1.0 else [x * scale for x in terms]), scale
