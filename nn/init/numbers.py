"""Functions of a count that return as many numbers: random or constant ones.

The same seed gives the same bits on every platform, as `nn.base.rng` explains: all numbers are computed from `random()`
by comparisons and correctly rounded arithmetic. Normal numbers are drawn by comparing uniform ones, without logarithm
or cosine. They are exactly normal and not sums of a few uniform numbers: vectors of such sums do not have uniformly
distributed directions, and neither would the result of `orthogonal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core import OperandTypeError, ShapeError, Value
from autograd_core.calls import explained
from nn.base.checks import finite_number, natural
from nn.base.messages import kind_of
from nn.base.rng import Generator, Rng, generator


@explained()
def uniform(count: int, bound: float, rng: Rng = None) -> list[float]:
    """`count` numbers drawn uniformly from `[-bound, bound)`.

    Raises:
        InputError: if `count` is not an int of at least 0, or `bound` not a finite number.

    >>> uniform(2, 0.5, 1337)
    [0.11775285695147064, 0.03326557360500082]
    """
    bound, source = finite_number("bound", bound), generator(rng)
    return [bound * (2.0 * source.random() - 1.0) for _ in range(natural("count", count))]


@explained()
def normal(count: int, std: float = 1.0, rng: Rng = None, *, mean: float = 0.0) -> list[float]:
    """`count` numbers drawn from the normal distribution with the given standard deviation and mean.

    Raises:
        InputError: if `count` is not an int of at least 0, or another argument not a finite number.

    >>> normal(2, 0.5, 1337)
    [0.9008062732873277, -1.3093366100258308]
    """
    std, mean, source = finite_number("std", std), finite_number("mean", mean), generator(rng)
    return [mean + std * _standard_normal(source) for _ in range(natural("count", count))]


@explained()
def constant(count: int, value: float) -> list[float]:
    """`count` times the same number.

    It is for biases and scales. Equal weights in all neurons of a layer would stay equal, because their gradients are
    equal.

    Raises:
        InputError: if `count` is not an int of at least 0.
        OperandTypeError: if `value` is not a number.

    >>> constant(3, 0.5)
    [0.5, 0.5, 0.5]
    """
    return [Value(value).data] * natural("count", count)


@explained()
def zeros(count: int) -> list[float]:
    """`count` times 0.

    >>> zeros(2)
    [0.0, 0.0]
    """
    return constant(count, 0.0)


@explained()
def ones(count: int) -> list[float]:
    """`count` times 1.

    >>> ones(2)
    [1.0, 1.0]
    """
    return constant(count, 1.0)


@explained()
def fill(parameters: Any, numbers: Any) -> None:
    """Set the parameters in a nested list to numbers, in a list of the same structure or a flat one, in the same order.

    Raises:
        ShapeError: if there are not as many numbers as parameters.
        OperandTypeError: if an item of the first list is not a Value, or one of the second not a number.

    If it raises an error, all parameters are unchanged.

    >>> weight = [[Value(0.0), Value(0.0)], [Value(0.0), Value(0.0)]]
    >>> from nn.init import orthogonal
    >>> fill(weight, orthogonal(2, 2, rng=0))
    >>> fill(weight[0], constant(2, 0.5))
    >>> [w.data for w in weight[0]]
    [0.5, 0.5]
    """
    values, given = _flat(parameters), _flat(numbers)
    for value in values:
        if not isinstance(value, Value):
            raise OperandTypeError(f"expected Values to fill, got {kind_of(value)}; the parameters come first")
    if len(values) != len(given):
        raise ShapeError(f"expected one number for each of the {len(values)} parameters, got {len(given)}")
    for value, number in zip(values, [Value(number).data for number in given], strict=True):
        value.data = number


def _flat(block: Any) -> list[Any]:
    if isinstance(block, Sequence) and not isinstance(block, str):
        return [item for part in block for item in _flat(part)]
    return [block]


def _standard_normal(source: Generator) -> float:
    """A number from the standard normal distribution, exact to the last digit; it takes about 16 uniform numbers.

    Its absolute value is `k + x` with a whole number `k` and `0 <= x < 1`, and since

        exp(-(k + x)² / 2) = exp(-k / 2) · exp(-k (k - 1) / 2) · exp(-k x) · exp(-x² / 2),

    it is drawn by proposing `k` with the probability of the first factor and accepting with those of the others.

    Source: C. F. F. Karney, "Sampling exactly from the normal distribution", ACM Transactions on Mathematical
    Software 42 (2016), algorithm N, arXiv:1303.6257; the acceptance tests are those of J. von Neumann, "Various
    techniques used in connection with random digits" (1951).
    """
    while True:
        k = 0
        while _is_accepted(0.5, source):
            k += 1
        if not all(_is_accepted(0.5, source) for _ in range(k * (k - 1))):
            continue
        x = source.random()
        if all(_is_accepted(x, source) for _ in range(k)) and _is_accepted(0.5 * x * x, source):
            return k + x if source.random() < 0.5 else -(k + x)


def _is_accepted(p: float, source: Generator) -> bool:
    """True with the probability `exp(-p)`, for `p` from 0 to 1.

    Random numbers decrease n times in sequence, starting below `p`, with the probability `pⁿ / n!`. So the number of
    decreases is even with the probability `1 - p + p² / 2! - p³ / 3! + …`.
    """
    even, last = True, p
    while (drawn := source.random()) < last:
        even, last = not even, drawn
    return even
