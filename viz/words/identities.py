"""Sums as a textbook shortens them: `1 + (cos x / sin x)**2` and other sums of squares, and `x * x**(x - 1)`.

Both sides of each identity have a value at the same numbers. So `x * x**(x - 1)`, which has none at 0, becomes `x**x`
only beside a logarithm of `x`.

>>> from viz.words.algebra import Algebra
>>> algebra = Algebra()
>>> x = algebra.symbol("x")
>>> sin, cos = algebra.call("sin", [x]), algebra.call("cos", [x])
>>> shortened(3 * cos**2 + 3 * sin**2).number, shortened(x + x * cos**2 / sin**2) is x / sin**2
(Fraction(3, 1), True)
>>> log, power = algebra.call("log", [x]), algebra.call("pow", [x, x])
>>> shortened(x * algebra.call("pow", [x, x - 1]) + power * log) is power + power * log
True
"""

from typing import Final, NamedTuple

from viz.words.readings import power
from viz.words.terms import CALL, SUM, Term


class Identity(NamedTuple):
    """`first + sign * second` is `result`, each a product of powers of functions of the same input.

    Attributes:
        first: the exponents of the functions, by name.
        second: the same for the other term; it decides which functions are met.
        sign: 1 or -1.
        result: the exponents of the result.
        result_sign: 1 or -1.
    """

    first: dict[str, int]
    second: dict[str, int]
    sign: int
    result: dict[str, int]
    result_sign: int = 1


IDENTITIES: Final = (
    Identity({"cos": 2}, {"sin": 2}, 1, {}),
    Identity({"cosh": 2}, {"sinh": 2}, -1, {}),
    Identity({}, {"cos": 2, "sin": -2}, 1, {"sin": -2}),
    Identity({}, {"sin": 2, "cos": -2}, 1, {"cos": -2}),
    Identity({}, {"sinh": 2, "cosh": -2}, -1, {"cosh": -2}),
    Identity({}, {"cosh": 2, "sinh": -2}, -1, {"sinh": -2}, -1),
)


def shortened(term: Term) -> Term:
    """A sum after all identities that its terms allow."""
    if term.kind == SUM:
        logs = {f.parts[0] for part in term.parts for f, _ in part.factors if _is_call(f, "log")}
        term = term.algebra.sum((_joined_powers(part, logs), weight) for part, weight in term.pairs)
    while term.kind == SUM and (shorter := _once(term)) is not None:
        term = shorter
    return term


def _is_call(term: Term, name: str) -> bool:
    return term.kind == CALL and term.head.name == name


def _joined_powers(term: Term, bases: set[Term]) -> Term:
    """A product in which each of these bases, all of them positive, is part of a power of it: `x * x**(x - 1)`."""
    if (exponents := term.exponents) is None:
        return term
    for base in [factor for factor in exponents if factor in bases]:
        powers = [f for f in exponents if _is_call(f, "pow") and f.parts[0] is base and exponents[f] == 1]
        if powers and base in exponents:
            old = next((f for f in powers if f.parts[1].kind == SUM), powers[0])
            new = power(base, old.parts[1] + exponents.pop(base))
            del exponents[old]
            exponents[new] = exponents.get(new, 0) + 1
    return term.algebra.product(exponents.items()) if exponents != term.exponents else term


def _once(term: Term) -> Term | None:
    """A sum with the first two terms that an identity joins joined; None if there are none."""
    algebra, weights = term.algebra, dict(term.pairs)
    for part, weight in term.pairs:
        exponents = part.exponents or {}
        inputs = dict.fromkeys(f.parts[0] for f, e in exponents.items() if f.kind == CALL and e >= 2)
        for x in inputs:
            for identity in IDENTITIES:
                if not _divides(identity.second, x, exponents):
                    continue
                rest = _times(exponents, identity.second, x, -1)
                partner = algebra.powers(_times(rest, identity.first, x, 1).items())
                if weights.get(partner) == weight * identity.sign:
                    joined = algebra.powers(_times(rest, identity.result, x, 1).items())
                    others = [(each, w) for each, w in term.pairs if each not in (part, partner)]
                    return algebra.sum([*others, (joined, weights[partner] * identity.result_sign)])
    return None


def _times(exponents: dict[Term, int], powers: dict[str, int], x: Term, sign: int) -> dict[Term, int]:
    """The exponents of a product with powers of functions of `x`, or divided by them if the sign is -1."""
    totals = dict(exponents)
    for name, e in powers.items():
        function = x.algebra.call(name, [x])
        totals[function] = totals.get(function, 0) + sign * e
    return totals


def _divides(wanted: dict[str, int], x: Term, exponents: dict[Term, int]) -> bool:
    """Whether a product has these powers as factors."""
    return all(e * exponents.get(x.algebra.call(name, [x]), 0) >= e * e for name, e in wanted.items())
