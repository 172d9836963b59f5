"""Terms: what a formula is made of, what is known about their signs, and where they have a value.

Only an `Algebra` makes terms, so ordinary operators between two of them ask theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from autograd_core import TABLE, Op

if TYPE_CHECKING:
    from viz.words.algebra import Algebra

SYMBOL, SUM, PRODUCT, CALL, SLOPE = "symbol", "sum", "product", "call", "slope"

NO_NUMBERS: Final = frozenset({"inf", "-inf", "nan"})
"""Symbols for floats that are no real numbers."""

PI: Final = "pi"
"""The symbol for the number."""

UNKNOWN, NO_LESS, ABOVE = range(3)
"""What is known about the sign of a term: nothing; that it is not negative; that it is positive."""

ABS: Final = TABLE["abs"]
SQRT: Final = TABLE["sqrt"]
_EXP: Final = TABLE["exp"]
SHIFT: Final = Op(
    *("shift", 1, math.exp, _EXP.derivatives, "exp", "e^{{{0}}}", 5, _EXP.domain, ((-1, 1),), None), sign=_EXP.sign
)
"""The exponential of an origin: softmax and its relatives are computed relative to one, which no textbook shows."""


class Term:
    """One term of an algebra; ordinary operators make new ones.

    Attributes:
        algebra: where it was made.
        kind: a sum, a product and so on.
        head: what a symbol stands for, the op of a call, or the op and the input of a slope.
        parts: the terms, factors or inputs in it.
        weights: for each part its weight or its exponent.
        point: for a call in a graph, the numbers of its inputs, which choose the piece of a piecewise function.
        sign: what is known about its sign.
        is_total: whether it has a value for all numbers.
    """

    __slots__ = ("algebra", "head", "is_total", "kind", "parts", "point", "sign", "weights")

    def __init__(
        self,
        algebra: Algebra,
        kind: str,
        head: Any,
        parts: tuple[Term, ...],
        *,
        weights: tuple[Any, ...],
        point: tuple[float, ...],
    ) -> None:
        self.algebra = algebra
        self.kind = kind
        self.head = head
        self.parts = parts
        self.weights = weights
        self.point = point
        self.sign = _SIGNS[kind](self) if kind in _SIGNS else UNKNOWN
        self.is_total: bool = all(part.is_total for part in parts) and _is_total_at_the_top(self)

    @property
    def pairs(self) -> list[tuple[Term, Any]]:
        """The parts with their weights or exponents."""
        return list(zip(self.parts, self.weights, strict=True))

    @property
    def terms(self) -> list[tuple[Term, Any]]:
        """The term as a sum: its terms with their weights."""
        return self.pairs if self.kind == SUM else [(self, Fraction(1))]

    @property
    def factors(self) -> list[tuple[Term, Any]]:
        """The term as a product: its factors with their exponents."""
        return self.pairs if self.kind == PRODUCT else [(self, 1)]

    @property
    def exponents(self) -> dict[Term, int] | None:
        """The exponent of each factor; None if a factor is above and below the line, where it has two."""
        exponents = dict(self.factors)
        return exponents if len(exponents) == len(self.factors) else None

    @property
    def number(self) -> Fraction | None:
        """The number that it is; None if it is none."""
        if not self.parts:
            return {SUM: Fraction(0), PRODUCT: Fraction(1)}.get(self.kind)
        is_multiple = self.kind == SUM and self.parts == (self.algebra.one,)
        return self.weights[0] if is_multiple else None

    def __add__(self, other: Any) -> Term:
        return self.algebra.sum([(self, 1), (self.algebra.term(other), 1)])

    def __sub__(self, other: Any) -> Term:
        return self.algebra.sum([(self, 1), (self.algebra.term(other), -1)])

    def __mul__(self, other: Any) -> Term:
        return self.algebra.product([(self, 1), (self.algebra.term(other), 1)])

    def __truediv__(self, other: Any) -> Term:
        return self.algebra.product([(self, 1), (self.algebra.term(other), -1)])

    def __radd__(self, other: Any) -> Term:
        return self.algebra.term(other) + self

    def __rsub__(self, other: Any) -> Term:
        return self.algebra.term(other) - self

    def __rmul__(self, other: Any) -> Term:
        return self.algebra.term(other) * self

    def __rtruediv__(self, other: Any) -> Term:
        return self.algebra.term(other) / self

    def __pow__(self, exponent: int) -> Term:
        return self.algebra.product([(self, exponent)])

    def __neg__(self) -> Term:
        return self.algebra.sum([(self, -1)])


def _sign_of_sum(term: Term) -> int:
    if any(weight < 0 or part.sign == UNKNOWN for part, weight in term.pairs):
        return UNKNOWN
    return max((part.sign for part, weight in term.pairs if weight), default=NO_LESS)


def _sign_of_product(term: Term) -> int:
    return min((max(part.sign, NO_LESS if e % 2 == 0 else UNKNOWN) for part, e in term.pairs), default=ABOVE)


def _sign_of_call(term: Term) -> int:
    if term.head is SQRT and term.parts[0].sign == ABOVE:
        return ABOVE
    return {"positive": ABOVE, "not negative": NO_LESS}.get(term.head.sign, UNKNOWN)


_SIGNS: Final[dict[str, Callable[[Term], int]]] = {SUM: _sign_of_sum, PRODUCT: _sign_of_product, CALL: _sign_of_call}


def _is_total_at_the_top(term: Term) -> bool:
    if term.kind == PRODUCT:
        return all(exponent > 0 or part.sign == ABOVE for part, exponent in term.pairs)
    if term.kind == CALL:
        if term.head is SQRT and term.parts[0].sign != UNKNOWN:
            return True
        return not term.head.poles and all(math.inf in map(abs, ends) for ends in _ends(term.head))
    return not isinstance(term.head, str) or term.head not in NO_NUMBERS


def _has_a_pole_at_its_edge(op: Op) -> bool:
    """Whether it is a logarithm: without a value at 0, where its domain begins."""
    return op.arity == 1 and op.poles and op.domain[0][0] == 0.0


def _ends(op: Op) -> list[tuple[float, float]]:
    """The intervals of the domain; those bounded on one side only do not count as all numbers."""
    return [(low, high) if -low == high == math.inf else (0.0, 0.0) for low, high in op.domain]


def remade(term: Term, parts: Sequence[Term]) -> Term:
    """A term made again from other parts."""
    algebra = term.algebra
    if tuple(parts) == term.parts:
        return term
    pairs = zip(parts, term.weights, strict=False)
    if term.kind in (SUM, PRODUCT):
        return algebra.sum(pairs) if term.kind == SUM else algebra.product(pairs)
    return (
        algebra.call(term.head, parts, term.point)
        if term.kind == CALL
        else algebra.slope(term.head[0], parts, term.head[1])
    )


def is_shift(term: Term) -> bool:
    """Whether it is the exponential of an origin."""
    return term.kind == CALL and term.head is SHIFT


def keeps_a_pole(term: Term) -> bool:
    """Whether a term is a product with the same factor above and below the line."""
    return term.kind == PRODUCT and term.exponents is None


def conditions(term: Term) -> set[Term]:
    """What decides whether a term has a value: terms that must not be 0, and calls of ops with poles or a domain."""
    found, met, waiting = set[Term](), {term}, [term]
    while waiting:
        inner = waiting.pop()
        if inner.is_total:
            continue
        if inner.kind == PRODUCT:
            found.update(part for part, exponent in inner.pairs if exponent < 0 and part.sign != ABOVE)
        elif not _is_total_at_the_top(inner):
            found.add(inner)
            if inner.kind == CALL and _has_a_pole_at_its_edge(inner.head):
                found.update(part for part, _ in inner.parts[0].factors)
        waiting += [part for part in inner.parts if part not in met]
        met.update(inner.parts)
    return found


def is_never_zero(term: Term) -> bool:
    """Whether dividing a term by itself takes no pole away. The origin of a shift is not part of the formula."""
    return is_shift(term) or (term.sign == ABOVE and term.is_total)
