"""Formulas as terms, simplified while they are built.

A term is a symbol, a sum of terms with weights, a product of terms with whole exponents, or an op applied to terms.
The number 2 is the empty product with weight 2, and `2*x` is a sum of one term. An `Algebra` keeps every term once, so
equal terms are the same object. Like terms, powers, signs and factors of 1 come together when a term is made.

A term equals what it was made from wherever either of them is defined on real numbers. So a pole never disappears:
`x/x` is not 1, because it has no value at 0, but `x/x**2` is `1/x`, and `x**3/x**2` is `x**2/x`. What no number can
make zero is divided by freely.

>>> algebra = Algebra()
>>> x, y = algebra.symbol("x"), algebra.symbol("y")
>>> x + y - 2 * x is y - x, x * y * x is x**2 * y, x / x is x**0
(True, True, False)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, Final, TypeAlias

from autograd_core import TABLE, Op
from viz.words.terms import (
    ABOVE,
    ABS,
    CALL,
    PRODUCT,
    SLOPE,
    SQRT,
    SUM,
    SYMBOL,
    UNKNOWN,
    Term,
    conditions,
    is_never_zero,
    is_shift,
    keeps_a_pole,
)

Pairs: TypeAlias = Iterable[tuple["Term", Fraction | int]]
"""Terms with their weights, or factors with their exponents."""

MOST_MERGED: Final = 12
"""Terms up to which a sum or a product inside another one becomes part of it, so that long chains take linear time."""

RANGE: Final = Fraction(2) ** 1000
"""Weights from its reciprocal up to it are multiplied out; floats hold them."""

MOST_BITS: Final = 2_200
"""Most binary digits of a weight above and below the line: those of a product of two floats."""

LARGEST_EXPONENT: Final = 10**6
"""The largest exponent that is multiplied out."""


class Algebra:
    """The terms of one formula.

    Attributes:
        one: the number 1.
        zero: the number 0.
    """

    def __init__(self) -> None:
        self._terms: dict[tuple[Any, ...], Term] = {}
        self.one = self._term(PRODUCT, None, (), ())
        self.zero = self._term(SUM, None, (), ())

    def _term(
        self, kind: str, head: Any, parts: Iterable[Term], weights: Iterable[Any], point: tuple[float, ...] = ()
    ) -> Term:
        parts, weights = tuple(parts), tuple(weights)
        key = (kind, head, *map(id, parts), *weights, repr(point))
        if kind in (SUM, PRODUCT):
            key = (kind, frozenset(zip(map(id, parts), weights, strict=True)))
        if key not in self._terms:
            self._terms[key] = Term(self, kind, head, parts, weights=weights, point=point)
        return self._terms[key]

    def symbol(self, head: Any) -> Term:
        """A symbol that stands for an object, compared by equality."""
        return self._term(SYMBOL, head, (), ())

    def term(self, number: Any) -> Term:
        """A number as a term: a float is the decimal that it is written as; nan and the infinities are symbols."""
        if isinstance(number, Term):
            return number
        if isinstance(number, float):
            return self.term(Fraction(repr(number))) if math.isfinite(number) else self.symbol(repr(number))
        return self.sum([(self.one, Fraction(number))])

    def call(self, op: Op | str, inputs: Sequence[Term], point: tuple[float, ...] = ()) -> Term:
        """An op applied to terms."""
        row = TABLE[op] if isinstance(op, str) else op
        rule = _RULES.get(row.name)
        return (rule(inputs[0]) if rule else None) or self._term(CALL, row, inputs, (), point)

    def slope(self, op: Op, inputs: Sequence[Term], index: int) -> Term:
        """The local derivative of an op with respect to one input, without a formula."""
        return self._term(SLOPE, (op, index), inputs, ())

    def sum(self, pairs: Pairs) -> Term:
        """The sum of terms with weights."""
        weights: dict[Term, Fraction] = {}
        pairs = list(pairs)
        waiting = [(term, Fraction(weight)) for term, weight in reversed(pairs)]
        while waiting:
            term, weight = waiting.pop()
            is_plain = weight == 1 or (weight == -1 and len(pairs) > 1)
            is_merged = len(term.parts) < 2 or (is_plain and len(term.parts) <= MOST_MERGED)
            if term.kind == SUM and is_merged and are_moderate(*(weight * inner for inner in term.weights)):
                waiting += [(part, weight * inner) for part, inner in reversed(term.pairs)]
            else:
                weights[term] = weights.get(term, Fraction(0)) + weight
        kept = _without_zeros(weights) if 0 in weights.values() else weights
        if any(map(keeps_a_pole, kept)) and (simpler := self._beside_others(kept)) != kept:
            return self.sum(simpler.items())
        if len(kept) == 1 and next(iter(kept.values())) == 1:
            return next(iter(kept))
        return self._without_shift(self._term(SUM, None, kept, kept.values()))

    def product(self, pairs: Pairs) -> Term:
        """The product of factors with whole exponents."""
        weight = Fraction(1)
        exponents: dict[tuple[Term, bool], int] = {}
        waiting = [(factor, int(exponent)) for factor, exponent in reversed(list(pairs)) if exponent]
        while waiting:
            factor, e = waiting.pop()
            if factor.kind == SUM and (len(factor.parts) == 1 or (not factor.parts and e > 0)):
                scale = factor.weights[0] if factor.parts else Fraction(0)
                is_short = abs(e) * max(scale.numerator.bit_length(), scale.denominator.bit_length()) < MOST_BITS
                if is_short and (scale or e > 0) and are_moderate(weight * scale**e):
                    weight *= scale**e
                    waiting += [(part, e) for part in factor.parts]
                    continue
            largest = max((abs(inner * e) for inner in factor.weights), default=0) if factor.kind == PRODUCT else 0
            if factor.kind == PRODUCT and len(factor.parts) <= MOST_MERGED and largest <= LARGEST_EXPONENT:
                waiting += [(part, inner * e) for part, inner in reversed(factor.pairs)]
                continue
            key = factor, e > 0
            exponents[key] = exponents.get(key, 0) + e
        powers = _cancelled(exponents)
        plain = [_without_root(*power) for power in powers]
        return self.sum([(self.powers(powers) if plain == powers else self.product(plain), weight)])

    def powers(self, exponents: Iterable[tuple[Term, int]]) -> Term:
        """The product of powers of different factors, which are simplified already."""
        kept = [(factor, e) for factor, e in exponents if e]
        if len(kept) == 1 and kept[0][1] == 1:
            return kept[0][0]
        return self._term(PRODUCT, None, [factor for factor, _ in kept], [e for _, e in kept])

    def _beside_others(self, weights: dict[Term, Fraction]) -> dict[Term, Fraction]:
        """Terms with weights, in which what other terms need not to be 0 is cancelled: in `log(x) + x/x`, it is x."""
        needed = set[Term]().union(*(conditions(term) for term in weights if not keeps_a_pole(term)))
        simpler: dict[Term, Fraction] = {}
        for term, weight in weights.items():
            totals: dict[Term, int] = {}
            for factor, e in term.factors:
                totals[factor] = totals.get(factor, 0) + e
            loose = [(factor, e) for factor, e in term.factors if factor not in needed]
            new = self.powers([*loose, *((f, e) for f, e in totals.items() if f in needed)])
            new = new if keeps_a_pole(term) else term
            simpler[new] = simpler.get(new, Fraction(0)) + weight
        return simpler

    def _without_shift(self, term: Term) -> Term:
        """A sum of exponentials relative to an origin, as the sum of the exponentials times one for the origin."""
        shifts = {f: e for part, _ in term.terms for f, e in part.factors if is_shift(f) and e < 0}
        is_shifted = all(part is self.one or shifts.keys() & dict(part.factors).keys() for part in term.parts)
        for shift in shifts if len(term.parts) > 1 and is_shifted else ():
            origin = self.call("exp", shift.parts)
            exponents = [dict(part.factors).get(shift, 0) for part in term.parts]
            least = min(exponents)
            rests = [self.powers(pair for pair in part.factors if pair[0] is not shift) for part in term.parts]
            shifted = (rest * origin ** (e - least) for rest, e in zip(rests, exponents, strict=True))
            return self.product([(shift, least), (self.sum(zip(shifted, term.weights, strict=True)), 1)])
        return term


def are_moderate(*weights: Fraction) -> bool:
    """Whether floats can hold these weights, and they have few digits."""
    return all(
        weight == 0
        or (1 / RANGE < abs(weight) < RANGE and max(weight.numerator, weight.denominator).bit_length() < MOST_BITS)
        for weight in weights
    )


def _without_zeros(weights: dict[Term, Fraction]) -> dict[Term, Fraction]:
    """Terms with weights, without those of weight 0 that have a value wherever the others have one."""
    has_value = set[Term]().union(*(conditions(term) for term, weight in weights.items() if weight))
    return {term: weight for term, weight in weights.items() if weight or not conditions(term) <= has_value}


def _cancelled(exponents: dict[tuple[Term, bool], int]) -> list[tuple[Term, int]]:
    """The powers of each factor, above and below the line, put together; if a pole would disappear, 1 stays below."""
    powers: list[tuple[Term, int]] = []
    for (factor, is_above), e in exponents.items():
        other = exponents.get((factor, not is_above))
        if other is None:
            powers.append((factor, e))
        elif e + other < 0 or is_never_zero(factor):
            powers += [(factor, e + other)] if is_above else []
        else:
            powers.append((factor, e + other + 1 if is_above else -1))
    return powers


def _without_root(factor: Term, e: int) -> tuple[Term, int]:
    """An even power of an absolute value or a root as a power of what is in it, if that has a value wherever it has.

    Below a line it stays, because sums are gathered over powers of one root.
    """
    if e < 2 or e % 2:
        return factor, e
    if factor.head is SQRT and factor.parts[0].sign != UNKNOWN:
        return factor.parts[0], e // 2
    return (factor.parts[0], e) if factor.head is ABS else (factor, e)


# ---- Ops with a rule of their own ------------------------------------------------------------------------------------


def _exponential(x: Term) -> Term | None:
    return x.algebra.one if x is x.algebra.zero else None


def _logarithm(x: Term) -> Term | None:
    """The logarithm of a product with exponentials and other positive factors, of which it is the sum."""
    exponentials = [(f, e) for f, e in x.factors if f.kind == CALL and f.head.name in ("exp", "shift")]
    others = [(f, e) for f, e in x.factors if (f, e) not in exponentials]
    if len(others) == 1 and others[0][1] == -1 and others[0][0].sign == ABOVE:
        rest = -x.algebra.call("log", [others[0][0]])
    elif exponentials or x is x.algebra.one:
        rest = x.algebra.call("log", [x.algebra.powers(others)]) if others else x.algebra.zero
    else:
        return None
    return reduce(lambda total, each: total + each[0].parts[0] * each[1], exponentials, rest)


_RULES: Final[dict[str, Callable[[Term], Term | None]]] = {
    "exp": _exponential,
    "shift": _exponential,
    "log": _logarithm,
}
