"""Functions that make so many numbers as they are told: drawn at random, or all the same.

Same seed, same bits, everywhere (`nn.base.rng` says how): all numbers are made of `random()`, comparisons, and
arithmetic that is rounded correctly. That holds for the normal ones too, because they are drawn by comparing uniform
numbers, without a logarithm or a cosine. They are truly normal, and not sums of a few uniform numbers: a matrix of such
sums would prefer some directions, and so would the matrix that `orthogonal` makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core import ShapeError, Value
from nn.base.rng import Generator, Rng, generator


def uniform(count: int, bound: float, rng: Rng = None) -> list[float]:
    """`count` numbers drawn uniformly from `[-bound, bound)`.

    >>> uniform(2, 0.5, 1337)
    [0.11775285695147064, 0.03326557360500082]
    """
    source = generator(rng)
    return [bound * (2.0 * source.random() - 1.0) for _ in range(count)]


def normal(count: int, std: float = 1.0, rng: Rng = None, *, mean: float = 0.0) -> list[float]:
    """`count` numbers drawn from the normal distribution with the given standard deviation and mean.

    >>> normal(2, 0.5, 1337)
    [0.9008062732873277, -1.3093366100258308]
    """
    source = generator(rng)
    return [mean + std * _standard_normal(source) for _ in range(count)]


def constant(count: int, value: float) -> list[float]:
    """`count` times the same number.

    Equal weights in all neurons of a layer stay equal for ever, because their gradients are; this is for biases and
    for scales.

    >>> constant(3, 0.5)
    [0.5, 0.5, 0.5]
    """
    return [float(value)] * count


def zeros(count: int) -> list[float]:
    """`count` times 0.

    >>> zeros(2)
    [0.0, 0.0]
    """
    return constant(count, 0.0)


def ones(count: int) -> list[float]:
    """`count` times 1.

    >>> ones(2)
    [1.0, 1.0]
    """
    return constant(count, 1.0)


def fill(parameters: Any, numbers: Any) -> None:
    """Set parameters, a nested list of Values, to numbers, nested likewise or in one list, in the same order.

    Raises:
        ShapeError: if there are not as many numbers as parameters.
        OperandTypeError: if something is no number.

    If it raises, all parameters are as they were.

    >>> weight = [[Value(0.0), Value(0.0)], [Value(0.0), Value(0.0)]]
    >>> from nn.init import orthogonal
    >>> fill(weight, orthogonal(2, 2, rng=0))
    >>> fill(weight[0], constant(2, 0.5))
    >>> [w.data for w in weight[0]]
    [0.5, 0.5]
    """
    values, given = _flat(parameters), _flat(numbers)
    if len(values) != len(given):
        raise ShapeError(f"expected one number for each of the {len(values)} parameters, got {len(given)}")
    for value, number in zip(values, [Value(number).data for number in given], strict=True):
        value.data = number


def _flat(block: Any) -> list[Any]:
    if isinstance(block, Sequence) and not isinstance(block, str):
        return [item for part in block for item in _flat(part)]
    return [block]


def _standard_normal(source: Generator) -> float:
    """A number from the standard normal distribution, to the last digit of a float; takes about 16 uniform ones.

    Its size is `k + x` with a whole number `k` and `0 <= x < 1`, and since

        exp(-(k + x)² / 2) = exp(-k / 2) · exp(-k (k - 1) / 2) · exp(-k x) · exp(-x² / 2),

    it is drawn by proposing `k` with the probability of the first factor and accepting with those of the others.

    Source: C. F. F. Karney, "Sampling exactly from the normal distribution", ACM Transactions on Mathematical
    Software 42 (2016), algorithm N, arXiv:1303.6257; the tests of chance are those of J. von Neumann, "Various
    techniques used in connection with random digits" (1951).
    """
    while True:
        k = 0
        while _happens(0.5, source):
            k += 1
        if not all(_happens(0.5, source) for _ in range(k * (k - 1))):
            continue
        x = source.random()
        if all(_happens(x, source) for _ in range(k)) and _happens(0.5 * x * x, source):
            return k + x if source.random() < 0.5 else -(k + x)


def _happens(p: float, source: Generator) -> bool:
    """True with the probability `exp(-p)`, for `p` from 0 to 1.

    Random numbers fall n times in a row, starting below `p`, with the probability `pⁿ / n!`. So the number of falls is
    even with the probability `1 - p + p² / 2! - p³ / 3! + …`.
    """
    even, last = True, p
    while (drawn := source.random()) < last:
        even, last = not even, drawn
    return even
