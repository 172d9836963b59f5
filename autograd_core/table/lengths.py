"""The rows of lengths other than the Euclidean one: p-norms, and the standard deviation, a length of deviations.

Lengths grow with their inputs, so their derivatives do not change if all inputs are multiplied by a number. Where the
inputs are so small or large that powers or reciprocals leave the range of floats, the formulas use multiples by a power
of 2, which are exact. The derivatives of a formula are multiplied by that power last, so they overflow or underflow
only if the result does.

A second derivative may be a difference. That with respect to the coordinate that makes up most of a length is one, and
what is left of it is due to the other coordinates. So where there is such a coordinate, the formula is written in the
other ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core.numerics import norms
from autograd_core.numerics.number import INFINITY
from autograd_core.table.define import between, both, define_op, select, where
from autograd_core.table.op import Op, Recorder, recorder_of
from autograd_core.table.ops import (
    ARGMAX,
    CLAMP,
    EXP2,
    EXPONENT,
    FSUM,
    MAX,
    MIN,
    SQRT,
    SQUARE,
    SUMPROD,
    at_index,
    corrected,
    detached,
    without,
)


def _moved(size: Any) -> Any:
    """The power of 2 that moves numbers of this size to where they and their reciprocals are ordinary floats."""
    return where(size < norms.SMALLEST, norms.SHIFT, where(size > norms.LARGEST, 1.0 / norms.SHIFT, 1.0))


def _times(xs: Sequence[Any], factor: Any) -> Sequence[Any]:
    """The products; a factor that is known to be 1 makes no nodes."""
    return xs if _is_one(factor) else [x * factor for x in xs]


def _is_one(factor: Any) -> bool:
    return isinstance(factor, float) and factor == 1.0


def _largest_of(xs: Sequence[Any]) -> Any:
    """The largest absolute value, as a constant."""
    return MAX(*[abs(detached(x)) for x in xs])


def _either(condition: Any, a: Callable[[], list[Any]], b: Callable[[], list[Any]]) -> list[Any]:
    """`select` of lists."""
    if not isinstance(condition, Recorder):
        return a() if condition else b()
    return [where(condition, x, y) for x, y in zip(a(), b(), strict=True)]


# ---- p-norms ---------------------------------------------------------------------------------------------------------


def _sizes(p: Any, xs: Sequence[Any]) -> list[Any]:
    """The sizes of the numbers in units of about the largest one."""
    largest = _largest_of(xs)
    moved = _moved(largest)
    top = largest * moved
    # Division by a power of 2 is exact. A high power needs the largest share to be 1, even if the division rounds.
    unit = where(p <= norms.STRONG, EXP2(EXPONENT(top) - 1.0), top)
    return [x / unit for x in _times([abs(x) for x in xs], moved)]


def _power(x: Any, p: Any) -> Any:
    # At 0 a power below 1 has a pole, and there the derivative is 0 by convention.
    return select(detached(x) == 0.0, lambda: 0.0, lambda: x**p)


def _rest(powers: Sequence[Any], k: Any) -> Any:
    """The sum of all powers but the one at an index, in proportion to that."""
    return FSUM(*without(k, powers)) / at_index(k, powers)  # it has more digits than powers of quotients


def _is_apart(rest: Any, p: Any) -> Any:
    """Whether the largest number is so much of the sum that its second derivative is due to the rest."""
    return detached(rest) < where(p < 2.0, p - 1.0, 1.0)


def _slopes_of_p_norm(inputs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives, `(|x| / y)**(p - 1)` with the sign of `x`; that in `p` is 0, because it does not vary."""
    p, *xs = inputs
    if recorder_of((y, *inputs)) is None:
        return [0.0, *norms.p_norm_slopes(p, xs, y)]
    finite = both(p > 0.0, between(0.0, _largest_of(xs), INFINITY))
    return [0.0, *_either(finite, lambda: _finite_slopes(p, xs), lambda: _limits_of_p_norm(xs, y))]


def _limits_of_p_norm(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives where the norm is 0, infinite or nan: those of the largest absolute value."""
    sizes = [abs(x) for x in xs]
    shares = MAX.derivatives[0](sizes, y)
    return [where(y == y, _signed(x, share), y) for x, share in zip(xs, shares, strict=True)]  # noqa: PLR0124 - nan


def _finite_slopes(p: Any, xs: Sequence[Any]) -> list[Any]:
    """The slopes of a norm that is neither 0 nor infinite.

    With `T`, the sum of the powers of the ratios of the others to the largest size `s`, the norm is `s (1 + T)**(1/p)`.
    In the sum of all powers the second derivative with respect to `s` is a difference of terms that are `1/T` times as
    large as it; in this form they are `1/(p - 1)` times as large, for `p > 1`.
    """
    sizes = _sizes(p, xs)
    powers, lower = [_power(x, p) for x in sizes], [_power(x, p - 1.0) for x in sizes]
    k = ARGMAX(*[detached(x) for x in sizes])
    rest = _rest(powers, k)
    apart = _is_apart(rest, p)
    factor = select(apart, lambda: 1.0 + rest, lambda: FSUM(*powers)) ** (1.0 / p - 1.0)
    shares = _either(apart, lambda: _in_proportion(lower, k), lambda: lower)
    return [_signed(x, share * factor) for x, share in zip(xs, shares, strict=True)]


def _in_proportion(numbers: Sequence[Any], k: Any) -> list[Any]:
    """The numbers divided by the one at an index, which becomes the constant 1."""
    first = at_index(k, numbers)
    return [where(k == i, 1.0, x / first) for i, x in enumerate(numbers)]


def _signed(x: Any, slope: Any) -> Any:
    """The slope in the absolute value of a number as one in the number; at 0 it is 0, a constant."""
    return select(x == 0.0, lambda: 0.0, lambda: where(x < 0.0, -slope, slope))


P_NORM: Final[Op] = define_op(
    "p_norm",
    norms.p_norm,
    _slopes_of_p_norm,
    variadic=True,
    latex=r"\operatorname{{p\_norm}}\left({}\right)",
    sample=(3.0, 5.0),
    kinks=lambda p, *xs: math.hypot(*xs),
    structural=lambda inputs, y, index: True if index == 0 else abs(y) == INFINITY,  # then it is the maximum
    sign="not negative",
    poles=True,  # at p of 0
    internal=True,
    about="The p-norm of the inputs after the first one, which is `p`, a constant.",
)

# ---- The standard deviation ------------------------------------------------------------------------------------------


def mean_of(terms: Sequence[Any]) -> Any:
    """The sum, rounded once, divided by the count; if the sum overflows, the sum of numbers that are divided before."""
    count = float(len(terms))
    total = FSUM(*terms)
    part = 0.5 ** len(terms).bit_length()
    return select(
        abs(detached(total)) == INFINITY,
        lambda: FSUM(*[x * part for x in terms]) / (count * part),
        lambda: total / count,
    )


def deviations(xs: Sequence[Any]) -> tuple[list[Any], Any]:
    """The deviations of numbers from their mean as a constant, and their sum, which is the rounding error of the mean.

    They are the parts of a variance; `functions.statistics.var` has the formula and its source.
    """
    numbers = [detached(x) for x in xs]
    # The rounded mean of equal numbers could differ from them, but their deviations must be 0.
    center = CLAMP(mean_of(numbers), MIN(*numbers), MAX(*numbers))
    return [x - center for x in xs], SUMPROD(*xs, center, *[1.0] * len(xs), -float(len(xs)))


def squares_of(terms: Sequence[Any], left_over: Any) -> Any:
    """The sum of the squared deviations from the exact mean, of what `deviations` gives, rounded once."""
    return SUMPROD(*terms, left_over, *terms, left_over / -float(len(terms)))


def _power_to_1(size: Any) -> Any:
    """The power of 2 that brings numbers of this size near 1, if products of them could leave the range of floats."""
    is_moderate = between(norms.SMALL_LENGTH, size, 1.0 / norms.SMALL_LENGTH)
    return select(is_moderate, lambda: 1.0, lambda: EXP2(-EXPONENT(size)))


def _slopes_of_deviation(inputs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives: the deviations from the mean in proportion to `freedom * y`; 0 where all numbers are equal.

    That in the degrees of freedom is 0, because they do not vary.
    """
    freedom, *xs = inputs
    if recorder_of((y, *inputs)) is None:
        return [0.0, *norms.deviation_slopes(freedom, xs, y)]
    size = detached(y)
    if isinstance(size, float) and not size > 0.0:
        return [0.0, *[0.0 if size == 0.0 else y for _ in xs]]
    power = _power_to_1(size)
    slopes = _proportions(freedom, xs, y) if _is_one(power) else _proportions(freedom, _times(xs, power), None)
    return [0.0, *[where(size == 0.0, 0.0, where(y == y, slope, y)) for slope in slopes]]  # noqa: PLR0124 - nan


def _proportions(freedom: Any, xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives at numbers that are ordinary floats; `y` is their deviation, or None if it is not known yet."""
    terms, left_over = deviations(xs)
    # After the deviations: so the chain rule adds in the same order, whether `y` is recorded here or is the output.
    length = DEVIATION(freedom, *xs) if y is None else y
    numbers = _shares(detached(freedom), [detached(x) for x in terms], detached(left_over), detached(length))
    k = ARGMAX(*[abs(x) for x in numbers])
    # The square of a share, times the freedom, is at most 1 - 1/n; there all others are equal.
    bound = SQRT(0.75 * (1.0 - 1.0 / len(xs)) / detached(freedom))
    apart = abs(at_index(k, numbers)) > bound
    return _either(
        apart,
        lambda: _shares_beside(freedom, xs, k, numbers),
        lambda: _shares(freedom, terms, left_over, length),
    )


def _shares(freedom: Any, terms: Sequence[Any], left_over: Any, length: Any) -> list[Any]:
    mean = left_over / float(len(terms))
    return [(x - mean) / (freedom * length) for x in terms]


def _shares_beside(freedom: Any, xs: Sequence[Any], k: Any, numbers: Sequence[Any]) -> list[Any]:
    """`_shares` where the k-th deviation is most of all, as formulas in what the others are.

    With `g`, the distance of the k-th number from the mean of the others, let `r` be the deviations of the others from
    that mean, divided by `g`, and 1 for the k-th. For `n` numbers, `c = 1 - 1/n` and `T`, the sum of the squares of the
    others' `r`, divided by `c`, the derivative is `(r - 1/n) / sqrt(c * freedom * (1 + T))`, with the sign of `g`.

    Values are `numbers`, which have more digits than the formulas; the derivatives have more than those of `_shares`.
    """
    count = len(xs)
    center, left_over = _mean_of_others(xs, k)
    # The reciprocal stands before the deviations, in the graph and in products: so the chain rule adds in the same
    # order, known or recorded.
    apart = at_index(k, xs) - center - left_over
    inverse = 1.0 / apart
    ratios = [inverse * (x - center - left_over) for x in xs]
    beside, c = without(k, ratios), 1.0 - 1.0 / count
    root = SQRT(c * freedom * (1.0 + FSUM(*[SQUARE(x) for x in beside]) / c))
    factor = where(apart < 0, -1.0, 1.0) / root
    formulas = [factor * (where(k == i, 1.0, x) - 1.0 / count) for i, x in enumerate(ratios)]
    return [corrected(x, number) for x, number in zip(formulas, numbers, strict=True)]


def _mean_of_others(xs: Sequence[Any], k: Any) -> tuple[Any, Any]:
    """The mean of all numbers but the k-th as a constant, and its rounding error, which carries its derivative."""
    count, numbers = float(len(xs) - 1), [detached(x) for x in xs]
    low = MIN(*[where(k == i, INFINITY, x) for i, x in enumerate(numbers)])
    high = MAX(*[where(k == i, -INFINITY, x) for i, x in enumerate(numbers)])
    center = CLAMP(FSUM(*without(k, numbers)) / count, low, high)
    return center, SUMPROD(*xs, center, *[where(k == i, 0.0, 1.0) for i in range(len(xs))], -count) / count


DEVIATION: Final[Op] = define_op(
    "deviation",
    norms.deviation,
    _slopes_of_deviation,
    variadic=True,
    latex=r"\operatorname{{deviation}}\left({}\right)",
    sample=(1.0, 3.0),
    structural=lambda inputs, y, index: index == 0,
    kinks=lambda freedom, *xs: max(xs) - min(xs),
    sign="not negative",
    poles=True,
    internal=True,
    about="The standard deviation of the inputs after the first one, which is the degrees of freedom, a constant.",
)
