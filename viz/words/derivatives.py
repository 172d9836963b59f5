"""Derivatives of terms: the chain rule of the engine with terms instead of numbers, and the result tidied.

The local derivative of a function is the one in its row, as a textbook writes it. Of a piecewise function it is that of
the piece on which the numbers of the graph lie; without numbers it is the derivative of the row if that is the same
formula everywhere, and otherwise a slope, which is written in pieces if `pieces` knows it, or with a prime.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from autograd_core import Op, Value, enable_grad, topological_order
from autograd_core.graph.chain_rule import contributions, reverse_order
from autograd_core.graph.edges import Edge
from viz.words.algebra import are_moderate
from viz.words.identities import shortened
from viz.words.readings import constant, graph_as_terms, read
from viz.words.terms import CALL, PRODUCT, SQRT, SUM, SYMBOL, Term, keeps_a_pole, remade

PLACES: Final = (0.0, 0.5, 1.0)
"""Where a local derivative is looked at without numbers: parts of the sample, turned for each further input."""


def derivative(root: Term, wrt: Term, defined: Mapping[Term, Term]) -> Term:
    """The derivative of a term with respect to a symbol, tidied.

    >>> from viz.words.algebra import Algebra
    >>> x = Algebra().symbol("x")
    >>> derivative(x / (1 + x**2), x, {}) is (1 - x**2) / (1 + x**2) ** 2
    True
    """
    # From the last part to the first, so that the terms of the result come in the order of the formula.
    order = reverse_order([root], ends={wrt}, below=lambda term: below(term, defined)[::-1])
    depending = {wrt}
    for term in reversed(order):
        if not depending.isdisjoint(below(term, defined)):
            depending.add(term)
    sums: dict[Term, Any] = {root: root.algebra.one}
    edges = (list(_edges(term, defined, depending)) for term in order if term in depending and term is not wrt)
    for _ in contributions(edges, sums):
        pass
    result = _tidied(root.algebra.term(sums.get(wrt, 0.0)))
    if (simpler := _without_poles(result)) is not result:
        result = _tidied(simpler)
    return root.algebra.zero if _is_zero(result) else result


def below(term: Term, defined: Mapping[Term, Term]) -> tuple[Term, ...]:
    """The terms in a term, and what a symbol stands for."""
    return (defined[term],) if term in defined else term.parts


def _edges(term: Term, defined: Mapping[Term, Term], depending: set[Term]) -> Iterator[Edge]:
    for index, part in enumerate(below(term, defined)):
        if part in depending:
            local = 1.0 if term in defined else _local(term, index)
            yield term, part, index, local, term.kind == SUM and not term.weights[index]


def _local(term: Term, index: int) -> Any:
    """The local derivative of a term with respect to one of its parts."""
    algebra = term.algebra
    if term.kind == SUM:
        return algebra.term(term.weights[index])
    if term.kind == PRODUCT:
        exponent = term.weights[index]
        lowered = [(part, e - (i == index)) for i, (part, e) in enumerate(term.pairs)]
        return algebra.term(exponent) * algebra.product(lowered)
    return _local_of_call(term, index)


def _local_of_call(term: Term, index: int) -> Term:
    op = term.head
    has_piece = bool(term.point) and op.kinks is not None
    if op.textbook and not has_piece:
        if (
            any(part.number is not None for part in term.parts)
            and _traced(term, index, _points(op, len(term.parts))[0]).number == 0
        ):
            return term.algebra.zero  # such as that of the constant 0**x
        return read(op.textbook[index], term.parts, term)
    if term.point:
        return _traced(term, index, term.point)
    # The places lie on all sides of the kinks only if no input is a number, such as a bound of clamp.
    points = _points(op, len(term.parts))
    symbols = [term.algebra.symbol(place) for place in range(len(term.parts))]
    plain = term.algebra.call(op, symbols) if op.kinks else term
    is_one_formula = len({_traced(plain, index, point) for point in points}) == 1
    return _traced(term, index, points[0]) if is_one_formula else term.algebra.slope(op, term.parts, index)


def _points(op: Op, count: int) -> list[tuple[float, ...]]:
    """Points of the sample that lie on different sides of the kinks of a row."""
    sample = (op.sample * count)[:count]
    places = [[PLACES[(turn + i) % len(PLACES)] for i in range(count)] for turn in range(len(PLACES))]
    return [tuple(low + (high - low) * at for (low, high), at in zip(sample, place, strict=True)) for place in places]


def _traced(term: Term, index: int, point: tuple[float, ...]) -> Term:
    """The local derivative by the row, recorded at a point and read as a term."""
    op = term.head
    leaves: list[Any] = [x if part.number is not None else Value(x) for x, part in zip(point, term.parts, strict=True)]
    leaves = [float(part.number) if part.number is not None else x for x, part in zip(leaves, term.parts, strict=True)]
    output = Value(op(*[x.data if isinstance(x, Value) else x for x in leaves]))
    with enable_grad():
        local = op.partials(leaves, output, [i == index for i in range(len(leaves))])[index]
    if not isinstance(local, Value):
        return constant(float(local), term.algebra)
    known = {id(output): term, **{id(x): part for x, part in zip(leaves, term.parts, strict=True)}}
    terms, _ = graph_as_terms(topological_order(local), term.algebra, known, (), at_numbers=bool(term.point))
    return terms[id(local)]


# ---- Tidying ---------------------------------------------------------------------------------------------------------


def _tidied(term: Term) -> Term:
    """The term with its sums as one fraction each, and factors that all terms share before a bracket."""
    if term.kind == PRODUCT:
        return term.algebra.product((_gathered(shortened(factor)), e) for factor, e in term.pairs)
    if len(term.terms) == 1 and term.kind == SUM:
        return term.algebra.sum((_tidied(part), weight) for part, weight in term.pairs)
    return _gathered(shortened(_distributed(term)))


def _distributed(term: Term) -> Term:
    """A sum with its numeric factors multiplied into the brackets that are its terms, where like terms may meet."""
    while term.kind == SUM and len(term.parts) > 1 and any(part.kind == SUM for part in term.parts):
        pairs = [(inner, weight * by) for part, weight in term.pairs for inner, by in part.terms]
        if not are_moderate(*(weight for _, weight in pairs)):
            break
        term = term.algebra.sum(pairs)
    return term


def _gathered(term: Term) -> Term:
    """A sum with what all its terms share outside: functions and brackets, and everything below the line."""
    algebra = term.algebra
    if _is_zero(term):
        return algebra.zero
    if term.kind != SUM or len(term.parts) < 2:
        return term
    below = _shared_below(term)
    rows = [[(f, e - below.get(f, 0) * (e < 0)) for f, e in part.factors] for part in term.parts]
    lifted = [algebra.product(_beside_roots(algebra.product(row), below)).factors for row in rows]
    kept = {f for row in lifted for f, e in row if e < 0 or (f.kind == SYMBOL and f not in below)}
    above = _shared([{f: e for f, e in row if f not in kept} for row in lifted])
    if not (below or above):
        return -algebra.sum((part, -w) for part, w in term.pairs) if _is_negative(term) else term
    left = [algebra.powers((f, e - above.get(f, 0)) for f, e in row) for row in lifted]
    weight = term.weights[0] if len(set(term.weights)) == 1 else 1
    inner = algebra.sum((part, w / weight) for part, w in zip(left, term.weights, strict=True))
    inner = shortened(_distributed(inner))
    return algebra.sum([(algebra.product([(_gathered(inner), 1), *above.items(), *below.items()]), weight)])


def _shared_below(term: Term) -> dict[Term, int]:
    """What all terms of a sum have below the line, unless fractions would stay above that line."""
    rows = [{f: e for f, e in part.factors if e < 0} for part in term.parts]
    shared = _shared(rows)
    if any(_is_below(f) and f not in shared for row in rows for f in row):
        return {f: e for f, e in shared.items() if not _is_below(f)}
    return shared


def _beside_roots(term: Term, below: Mapping[Term, int]) -> Iterator[tuple[Term, int]]:
    """The factors of a term above a line; the square of a root that is below it is what is in the root."""
    for factor, e in term.factors:
        is_square = e > 1 and factor in below and factor.head is SQRT
        yield from [(factor.parts[0], e // 2), (factor, e % 2)] if is_square else [(factor, e)]


def _is_below(factor: Term) -> bool:
    """Whether its negative powers are written below a line, as those of all terms but exponentials are."""
    return not (factor.kind == CALL and factor.head.name in ("exp", "shift"))


def _shared(rows: list[dict[Term, int]]) -> dict[Term, int]:
    """The factors that are in all rows, with the least exponents."""
    return {f: min(row[f] for row in rows) for f in rows[0] if all(f in row for row in rows)}


def _without_poles(term: Term) -> Term:
    """A term with factors above and below a line cancelled, as a person does: the derivative of `x**2/x` is 1.

    The formula of the function still shows where there is none.
    """
    changed: dict[Term, Term] = {}
    for inner in reversed(reverse_order([term], below=lambda inner: inner.parts)):
        made = remade(inner, [changed[part] for part in inner.parts])
        exponents: dict[Term, int] = {}
        for factor, e in made.factors if keeps_a_pole(made) else ():
            exponents[factor] = exponents.get(factor, 0) + e
        changed[inner] = term.algebra.product(exponents.items()) if exponents else made
    return changed[term]


def _is_zero(term: Term) -> bool:
    """Whether it is 0 wherever it has a value, such as `0/x`; that is enough for a derivative to be written as 0."""
    return term.kind == SUM and not any(term.weights)


def _is_negative(term: Term) -> bool:
    """Whether it is a sum with a minus before every term."""
    return term.kind == SUM and len(term.parts) > 1 and max(term.weights) < 0
