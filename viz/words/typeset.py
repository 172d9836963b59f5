r"""Terms written in LaTeX as in a textbook: `2 x` and not `2 \cdot x`, one fraction, `\sin^2`, terms with a plus first.

Symbols stand side by side in a product, with a space between them; `\cdot` is left for numbers and names of several
letters. Nothing inside a fraction or an exponent is stacked again, it is written with a slash. The template of an op
says how a function is written, and `formula.compose` puts its inputs in.

>>> from viz.words.algebra import Algebra
>>> algebra = Algebra()
>>> x, y = algebra.symbol("x"), algebra.symbol("y")
>>> print(Typesetter(str).part(-x / (2 * y) + x**2 * y * 3).text)
3 x^2 y - \frac{x}{2 y}
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from autograd_core import TABLE
from viz.words.formula import POWER, PRODUCT, SIGN, UNIT, Part, compose
from viz.words.formula import SUM as AS_SUM
from viz.words.notation import LATEX, constant, latex_template
from viz.words.pieces import pieces_of, typeset_pieces
from viz.words.readings import names_of, read
from viz.words.terms import CALL, PI, SLOPE, SUM, SYMBOL, Term

HALVES: Final = frozenset({2, 4, 8})
"""Denominators of the decimals that are written as fractions: `0.5*x` is `x/2`, and `0.1*x` stays as it is."""

LARGEST: Final = 10**6
"""Fractions of larger numbers are written as decimals."""

_NAME: Final = re.compile(r"(\\(?!left|sqrt|frac)[A-Za-z]+(?:\{+.*?\}+)?)(_.*?)?\\left\(")
"""The name of a function at the beginning of its template."""

_RAISED: Final = frozenset({r"\ln", *(f"\\{name}{h}" for name in ("sin", "cos", "tan") for h in ("", "h"))})
"""Functions whose powers are written at the name."""

_LONG: Final = r"\mathrm{"
"""How a name of several letters begins, and Euler's number."""

EULER: Final = r"\mathrm{e}"
"""Upright, because many variables are called `e`."""


class Typesetter:
    """Writes terms whose parts were written before.

    Args:
        name: the text of a symbol, given what it stands for.
        places: the order of the symbols in new products; other symbols come after them. A product that is in the
            mapping itself keeps its order.
        in_halves: the term whose numbers are written as `1/2` and not as `0.5`, as in the derivative of `x/2`.
    """

    def __init__(
        self, name: Callable[[Any], str], places: Mapping[Term, int] | None = None, in_halves: Term | None = None
    ) -> None:
        self.name = name
        self.in_halves = in_halves
        self.places = places or {}
        self.parts: dict[tuple[Term, bool], Part] = {}
        """The terms that are written already, stacked and with slashes."""
        self.on_lines: set[Term] = set()
        """The terms that are written as names."""

    def part(self, term: Term, slash: bool = False) -> Part:
        """A term as text; with `slash` without fractions."""
        if (term, slash) not in self.parts:
            self.parts[term, slash] = self._written(term, slash)
        return self.parts[term, slash]

    def give_a_line(self, term: Term, name: str) -> None:
        """Write a term as a name from now on."""
        self.on_lines.add(term)
        self.parts[term, False] = self.parts[term, True] = Part(name)

    def _factors(self, term: Term) -> list[tuple[Term, int]]:
        return [(term, 1)] if term in self.on_lines else term.factors

    def _written(self, term: Term, slash: bool) -> Part:
        if term.kind == SYMBOL:
            return Part(self.name(term.head))
        if term.kind == SLOPE:
            return self._slope(term, slash)
        if term.kind == CALL and not is_exponential(term):
            return self._call(term, slash)
        terms = _signed(term.terms)
        if not terms:
            return Part("0")
        first = next((pair for pair in terms if pair[1] > 0), terms[0])
        pairs = [first, *(pair for pair in terms if pair is not first)]
        texts = [self._product(*pair, slash=slash, in_halves=term is self.in_halves) for pair in pairs]
        text = texts[0].text
        for each in texts[1:]:
            text += f" - {each.text[1:]}" if each.text.startswith("-") else f" + {each.text}"
        return texts[0] if len(texts) == 1 else Part(text, AS_SUM)

    # ---- Products ----------------------------------------------------------------------------------------------------

    def _product(self, term: Term, weight: Fraction, slash: bool, in_halves: bool) -> Part:
        sign = "-" if weight < 0 else ""
        factors = self._factors(term)
        number, below = _coefficient(abs(weight), is_decimal=not factors and not in_halves)
        bottom = [(f, -e) for f, e in factors if e < 0 and not is_exponential(f)]
        places = {} if term in self.places else self.places
        is_inside = slash or bool(bottom) or below > 1
        top = self._powers([(f, e) for f, e in factors if e > 0 or is_exponential(f)], is_inside, places)
        above = _side_by_side([*([number] if number.text != "1" or not top else []), *top])
        if not bottom and below == 1:
            above = Part(_enclosed(above, PRODUCT), above.level) if sign else above
            return Part(sign + above.text, SIGN if sign and above.level > SIGN else above.level)
        under = _side_by_side([*([Part(str(below))] if below != 1 else []), *self._powers(bottom, True, places)])
        if slash:
            return Part(f"{sign}{_enclosed(above, PRODUCT)}/{_enclosed(under, POWER)}", PRODUCT)
        return Part(f"{sign}\\frac{{{above.text}}}{{{under.text}}}", PRODUCT)

    def _powers(self, factors: Iterable[tuple[Term, int]], slash: bool, places: Mapping[Term, int]) -> list[Part]:
        """Powers in the order of a textbook; the exponentials among them are one."""
        ranked = sorted(factors, key=lambda pair: self._rank(pair[0], places))
        exponents = [(f.parts[0], e) for f, e in ranked if is_exponential(f)]
        exponent = exponents[0][0].algebra.sum(exponents) if exponents else None
        powers: list[Part] = []
        for factor, e in ranked:
            if not is_exponential(factor):
                powers.append(self._power(factor, e, slash))
            elif exponent is not None and exponent is not factor.algebra.zero:
                above = self.part(exponent, slash=True).text
                powers.append(Part(EULER) if above == "1" else Part(f"{EULER}^{{{above}}}", POWER))
                exponent = None
        return powers

    def _rank(self, factor: Term, places: Mapping[Term, int]) -> tuple[int, int]:
        """The place of a factor: pi, symbols in the order of the formula, long names, brackets, functions."""
        if factor.head == PI:
            return -1, 0
        if factor.kind == SYMBOL or factor in self.on_lines:
            place = places.get(factor, len(places))
            return int(self.part(factor).text.startswith(_LONG)), place
        if factor.kind == SUM:
            return (5 if has_function(factor) else 2), 0
        return 3 if is_exponential(factor) else 4, 0

    def _power(self, base: Term, exponent: int, slash: bool) -> Part:
        part = self.part(base, slash)
        raised = _NAME.match(part.text)
        above = f"^{exponent}" if exponent < 10 else f"^{{{exponent}}}"
        if exponent == 1:
            return part
        if base.kind == CALL and raised and raised[1] in _RAISED and not raised[2]:
            return Part(f"{raised[1]}{above}{part.text[len(raised[1]) :]}")
        return Part(_enclosed(part, UNIT) + above, POWER)

    # ---- Functions ---------------------------------------------------------------------------------------------------

    def _call(self, term: Term, slash: bool) -> Part:
        template, level = latex_template(term.head, len(term.parts))
        inputs = [self.part(x, slash or term.head is TABLE["pow"]) for x in term.parts]
        return Part(compose(template, inputs, LATEX), level)

    def _slope(self, term: Term, slash: bool) -> Part:
        op, index = term.head
        is_row = TABLE.get(op.name) is op  # and no function of a user that has its name
        pieces = pieces_of(op.name, len(term.parts), index) if is_row else None
        if pieces is not None:
            inputs = {name: self.part(x, slash=True).text for name, x in names_of(term.parts).items()}
            text, is_sign = typeset_pieces(pieces, lambda value: self.part(read(value, term.parts)).text, inputs)
            return Part(text, UNIT if is_sign else AS_SUM)
        template, _ = latex_template(op, len(term.parts))
        named = _NAME.match(template)
        if len(term.parts) > 1:
            template = f"\\partial_{{{{{index + 1}}}}} {template}"
        elif named:
            template = f"{template[: named.end(1)]}'{template[named.end(1) :]}"
        else:
            template = f"\\left({template}\\right)'"
        return Part(compose(template, [self.part(x, slash) for x in term.parts], LATEX))


def is_exponential(term: Term) -> bool:
    """Whether it is written as a power of Euler's number."""
    return term.kind == CALL and term.head.name in ("exp", "shift")


def _signed(terms: list[tuple[Term, Fraction]]) -> list[tuple[Term, Fraction]]:
    """The terms of a sum; those of `-(a - b)` are those of `b - a`."""
    if len(terms) == 1 and terms[0][1] == -1 and terms[0][0].kind == SUM and min(terms[0][0].weights) < 0:
        return [(part, -weight) for part, weight in terms[0][0].pairs]
    return terms


def has_function(term: Term) -> bool:
    """Whether a sum has functions in its terms."""
    return any(factor.kind != SYMBOL for part in term.parts for factor, _ in part.factors)


def _coefficient(weight: Fraction, is_decimal: bool) -> tuple[Part, int]:
    """A positive number as what stands above the line and the whole number below it, 1/2 as 0.5 if `is_decimal`."""
    top, bottom = weight.numerator, weight.denominator
    is_half = top == 1 and bottom in HALVES and not is_decimal
    if (Fraction(repr(float(weight))) == weight and not is_half) or bottom > LARGEST:
        return constant(float(weight)), 1
    return constant(float(top)), bottom


def _enclosed(part: Part, level: int) -> str:
    """A part in parentheses, if it does not bind as tightly as that."""
    return part.text if part.level >= level else f"{LATEX.open}{part.text}{LATEX.close}"


def _side_by_side(factors: Sequence[Part]) -> Part:
    """A product; a single factor needs no parentheses."""
    if len(factors) < 2:
        return factors[0] if factors else Part("1")
    text = ""
    for factor in factors:
        piece = _enclosed(factor, PRODUCT)
        text += f"{_between(text, piece)}{piece}"
    return Part(text, PRODUCT)


def _between(left: str, right: str) -> str:
    if not left:
        return ""
    last = left.rpartition(" ")[2]
    has_long = any(text.startswith(_LONG) and not text.startswith(EULER) for text in (last, right))
    return r" \cdot " if right[0].isdigit() or has_long else " "
