"""Rows and formulas of sequences for numbers that are recorded.

`functions.exponentials` explains the formulas. There the largest number and the condition are read from the data. Here
they are numbers of the program, so every formula has both of its forms. A test holds the two files equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd_core.numerics import sums_of_exponentials
from autograd_core.numerics.number import INFINITY
from autograd_core.table.comparisons import ELEMENT
from autograd_core.table.define import define_op, select, where
from autograd_core.table.op import Op, Recorder
from autograd_core.table.ops import ARGMAX, EXP_DIFFERENCE, FSUM, LOG, LOG1P, MAX


def exponentials(xs: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """The exponentials of some numbers relative to an origin that is equal to the largest one.

    Returns:
        `exp(x - origin)` for each number; the index of the number whose exponential is the constant 1 and which is the
        origin, or -1 if there is none and the origin is a constant; and the origin.
    """
    numbers = [x.detached() if isinstance(x, Recorder) else x for x in xs]
    k = ARGMAX(*numbers)
    largest = ELEMENT(k, *numbers)
    crowded = FSUM(*[EXP_DIFFERENCE(x, largest) for x in numbers]) > 2.0
    lone = where(crowded, -1.0, k)
    origin = where(crowded, largest, ELEMENT(k, *xs))
    terms = [where(lone == i, 1.0, EXP_DIFFERENCE(x, origin)) for i, x in enumerate(xs)]
    return terms, lone, origin


def softmax(xs: Sequence[Any]) -> list[Any]:
    """The exponentials in proportion to their sum."""
    terms, _, _ = exponentials(xs)
    total = FSUM(*terms)
    return [term / total for term in terms]


def log_softmax(xs: Sequence[Any]) -> list[Any]:
    """The logarithms of `softmax`."""
    terms, lone, origin = exponentials(xs)
    others = FSUM(*[where(lone == i, 0.0, term) for i, term in enumerate(terms)])
    log = select(lone >= 0, lambda: LOG1P(others), lambda: LOG(FSUM(*terms)))
    return [where(lone == i, -log, x - origin - log) for i, x in enumerate(xs)]


def _shares(xs: Sequence[Any], y: Any) -> list[Any]:
    """The derivatives of `log_partition`: a softmax, and those of the maximum if it is infinite."""
    infinite = abs(y) == INFINITY
    return [where(infinite, d, p) for d, p in zip(MAX.derivatives[0](xs, y), softmax(xs), strict=True)]


LOG_PARTITION: Final[Op] = define_op(
    "log_partition",
    sums_of_exponentials.logsumexp,
    _shares,
    variadic=True,
    latex=r"\operatorname{{log\_partition}}\left({}\right)",
    structural=lambda xs, y, index: abs(y) == INFINITY,  # then it is the maximum
    internal=True,
    about="The logarithm of the sum of the exponentials, as one op.",
)
