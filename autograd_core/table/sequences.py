"""Rows and formulas of softmax, its logarithm, and the logarithm of a sum of exponentials.

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
formulas hold for every choice of them, so the choice has no derivative. If the numbers are recorded and not known yet,
the choice is recorded with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd_core.numerics.number import INFINITY
from autograd_core.numerics.real import index_of_largest
from autograd_core.numerics.sums_of_exponentials import is_crowded, logsumexp
from autograd_core.table.comparisons import ELEMENT
from autograd_core.table.define import define_op, where
from autograd_core.table.op import Op
from autograd_core.table.ops import ARGMAX, EXP_DIFFERENCE, FSUM, LOG, LOG1P, MAX, detached


def exponentials(given: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """The exponentials of some numbers relative to an origin that is equal to the largest one.

    Returns:
        `exp(x - origin)` for each number, and of a single number for a second one, which adds 0, so that there is a
        `T`; the index of the number whose exponential is the constant 1 and which is the origin, or -1 if there is none
        and the origin is a constant; and the origin.
    """
    xs = given if len(given) > 1 else [*given, -INFINITY]
    numbers = _known(xs)
    if numbers is None:
        return _recorded_exponentials(xs)
    k = index_of_largest(numbers)
    largest = numbers[k]
    if is_crowded(numbers, largest):
        return [EXP_DIFFERENCE(x, largest) for x in xs], -1, largest
    origin = xs[k]
    return [1.0 if i == k else EXP_DIFFERENCE(x, origin) for i, x in enumerate(xs)], k, origin


def _known(xs: Sequence[Any]) -> list[float] | None:
    """The numbers alone, or None if any of them is not known yet."""
    numbers: list[float] = []
    for x in xs:
        number = detached(x)
        if not isinstance(number, float):
            return None
        numbers.append(number)
    return numbers


def _recorded_exponentials(xs: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """`exponentials` for numbers that are not known yet: the index and the condition are numbers of the program."""
    numbers = [detached(x) for x in xs]
    k = ARGMAX(*numbers)
    largest = ELEMENT(k, *numbers)
    crowded = FSUM(*[EXP_DIFFERENCE(x, largest) for x in numbers]) > 2.0
    lone = where(crowded, -1.0, k)
    origin = where(crowded, largest, ELEMENT(k, *xs))
    return [where(lone == i, 1.0, EXP_DIFFERENCE(x, origin)) for i, x in enumerate(xs)], lone, origin


def softmax(xs: Sequence[Any]) -> list[Any]:
    """The exponentials in proportion to their sum."""
    terms, lone, _ = exponentials(xs)
    total = _total_of(terms, lone)
    return [term / total for term in terms[: len(xs)]]


def log_softmax(xs: Sequence[Any]) -> list[Any]:
    """The logarithms of `softmax`."""
    terms, lone, origin = exponentials(xs)
    log = log_total(terms, lone)
    # The origin minus itself would be a node without meaning, so the term of the origin is written without it.
    if isinstance(lone, int):
        return [-log if x is origin else x - origin - log for x in xs]
    return [where(lone == i, -log, x - origin - log) for i, x in enumerate(xs)]


def log_total(terms: Sequence[Any], lone: Any) -> Any:
    """The logarithm of the sum of the exponentials, one of which is 1 if `lone` is not -1."""
    if isinstance(lone, int):
        return LOG(_total(terms)) if lone < 0 else LOG1P(_total_without(terms, lone))
    return where(lone >= 0, LOG1P(_total_without(terms, lone)), LOG(_total(terms)))


def _total_of(terms: Sequence[Any], lone: Any) -> Any:
    """The sum of the exponentials; the constant 1 is added to the rounded sum of the others."""
    if isinstance(lone, int):
        return _total(terms) if lone < 0 else in_order(1.0, _total_without(terms, lone), lone)
    return where(lone >= 0, 1.0 + _total_without(terms, lone), _total(terms))


def _total_without(terms: Sequence[Any], lone: Any) -> Any:
    if isinstance(lone, int):
        return _total([term for i, term in enumerate(terms) if i != lone])
    return _total([where(lone == i, 0.0, term) for i, term in enumerate(terms)])


def _total(terms: Sequence[Any]) -> Any:
    """The sum, rounded once."""
    return terms[0] if len(terms) == 1 else FSUM(*terms)


def in_order(of_origin: Any, of_others: Any, lone: int) -> Any:
    """The sum of what belongs to the origin and of the others: in the order of the inputs, which formulas show."""
    return of_origin + of_others if lone <= 0 else of_others + of_origin


def _shares(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives of `log_partition`: a softmax, and those of the maximum if it is infinite."""
    infinite = abs(y) == INFINITY
    return [where(infinite, d, p) for d, p in zip(MAX.derivatives[0](xs, y), softmax(xs), strict=True)]


LOG_PARTITION: Final[Op] = define_op(
    "log_partition",
    logsumexp,
    _shares,
    variadic=True,
    latex=r"\operatorname{{log\_partition}}\left({}\right)",
    structural=lambda xs, y, index: abs(y) == INFINITY,  # then it is the maximum
    internal=True,
    about="The logarithm of the sum of the exponentials, as one op.",
)
