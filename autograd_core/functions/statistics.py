"""Mean, variance and standard deviation, without overflow and without the loss of digits in differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from autograd_core.errors import InputError
from autograd_core.functions.linear import inputs_of, number_of
from autograd_core.numerics.number import INFINITY, to_float
from autograd_core.table import lengths, ops
from autograd_core.table.define import select

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import Number, Plain


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
    return lengths.mean_of(inputs_of("mean", values))


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
    given = inputs_of("var", xs)
    freedom = _freedom("var", given, correction)
    terms, left_over = lengths.deviations(given)
    squares = lengths.squares_of(terms, left_over)
    return select(
        abs(number_of(squares)) == INFINITY,
        lambda: _variance_of_large(terms, left_over, freedom),
        lambda: squares / freedom,
    )


@overload
def std(xs: Iterable[Plain], correction: Plain = 1) -> float: ...  # type: ignore[overload-overlap]
@overload
def std(xs: Iterable[Number], correction: Plain = 1) -> Value: ...
def std(xs: Iterable[Any], correction: Any = 1) -> Any:
    """The standard deviation, the square root of `var`. Arguments and errors are those of `var`.

    Where all values are equal its derivative is 0, the subgradient of smallest magnitude. It counts as a constant, so
    the second derivatives of `std(xs)**2` are 0 there, too; those of `var(xs)` are right.

    Second derivatives are differences. They are right to a few roundings of the larger term, and exactly 0 where all
    values but one are equal. To be exactly 0 wherever the terms are equal, each would need a sum over all values, so
    that a Hessian would take the cube of their number. Limits of third derivatives are those of `norm`.

    >>> std([1.0, 2.0, 3.0]), std([1e300, 2e300, 3e300])
    (1.0, 1e+300)
    """
    terms = inputs_of("std", xs)
    return lengths.DEVIATION(_freedom("std", terms, correction), *terms)


def _freedom(name: str, terms: Sequence[Any], correction: Any) -> float:
    """The degrees of freedom of the terms; `name` is the function that the user called, for the message."""
    freedom = len(terms) - to_float(correction)
    if freedom > 0.0:
        return freedom
    raise InputError(f"{name} with correction={correction} expected more than {correction} values, got {len(terms)}")


def _variance_of_large(terms: Sequence[Any], left_over: Any, freedom: float) -> Any:
    """The variance with the division first, so that the products overflow only if the variance does."""
    shares = [x / freedom for x in terms]
    return ops.SUMPROD(*terms, left_over, *shares, left_over / (-float(len(terms)) * freedom))
