"""The logarithm of a sum of exponentials of floats, right to the last digit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograd_core.numerics import exact
from autograd_core.numerics.double_double import add, exp_of, two_sum
from autograd_core.numerics.elementary import exp_difference
from autograd_core.numerics.real import index_of_largest, maximum


def is_crowded(xs: Sequence[float], largest: float) -> bool:
    """Whether the exponentials of the other numbers together are more than that of the largest one.

    >>> is_crowded([0.0, 0.0, 0.0], 0.0), is_crowded([0.0, -1.0], 0.0)
    (True, False)
    """
    return sum([math.exp(x - largest) for x in xs]) > 2.0


def logsumexp(xs: Sequence[float]) -> float:
    """The logarithm of `Σ exp(x_i)`; if the largest number is infinite, that number.

    >>> logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2.0)
    True
    """
    k = index_of_largest(xs)
    largest = xs[k]
    if math.isinf(largest):
        return maximum(xs)
    others = exact.fsum([0.0, *[exp_difference(x, largest) for i, x in enumerate(xs) if i != k]])
    log = math.log1p(others)
    result = largest + log
    # Where the two cancel, the rounding error of the logarithm would be visible.
    return result + error_of(xs, result) if abs(result) < log else result


def error_of(xs: Sequence[float], result: float) -> float:
    """The error of a `logsumexp` near 0: `Σ exp(x_i - result) - 1`, as the sum is 1 for the true result.

    >>> error_of([0.0], 0.0)
    0.0
    """
    excess = (-1.0, 0.0)
    for x in xs:
        exponent = two_sum(x, -result)
        if exponent[0] > -700.0:
            excess = add(excess, exp_of(exponent))
    return excess[0]
