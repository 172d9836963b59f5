"""Templates of ops filled in with the formulas of their inputs, parenthesised where needed; and small graphs as text.

The template decides whether a part needs parentheses. The text beside its placeholder sets how tightly it must bind:
not at all inside braces, brackets or commas, at least as a product next to a multiplication sign, and as one unit below
an exponent. So the template is enough to write a user's op correctly, and the same code writes LaTeX and plain text,
which are two `Notation`s.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any, Final

from autograd_core import TABLE, Op, Precedence, Value
from viz.text import number

LOOSE, SUM, PRODUCT, SIGN, POWER, UNIT = Precedence
"""How tightly a part binds: the precedences of ops. A `LOOSE` part is parenthesised beside every operator."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a formula, and how tightly it binds."""

    text: str
    level: int = UNIT

    @property
    def is_signed(self) -> bool:
        """Whether it begins with a sign, which must not follow an operator."""
        return self.text[:1] in ("-", "+")


@dataclass(frozen=True, slots=True)
class Notation:
    """A notation for formulas, such as LaTeX.

    Attributes:
        template: a function from an op and the number of its inputs to its template and the precedence of the result.
        constant: a function that writes a number.
        open, close: the opening and the closing parenthesis.
    """

    template: Callable[[Op, int], tuple[str, int]]
    constant: Callable[[float], Part]
    open: str
    close: str


# ---- Placeholders in templates ---------------------------------------------------------------------------------------

_LAST: Final = re.compile(r"(\\[A-Za-z]+|\\.|\*\*|//|\S)\s*$")
_FIRST: Final = re.compile(r"\s*(\\[A-Za-z]+|\\.|\*\*|//|\S)")

_OPENERS: Final = frozenset({"{", "(", "[", "|", ",", r"\lfloor", r"\lceil"})
_CLOSERS: Final = frozenset({"}", ")", "]", "|", ",", r"\right", r"\rfloor", r"\rceil"})
_TIMES: Final = frozenset({r"\cdot", "*"})


def _after(literal: str, is_first: bool) -> int:
    """How tightly a part after this text must bind."""
    found = _LAST.search(literal)
    if found is None:
        return LOOSE if is_first else UNIT
    sign = found[1]
    if sign in _OPENERS:
        return LOOSE
    if sign == "+":
        return SUM
    if sign == "-" or sign in _TIMES:
        return PRODUCT
    return SIGN if sign == "**" else POWER if sign in ("/", "//", "%", r"\bmod") else UNIT


def _before(literal: str, is_last: bool) -> int:
    """How tightly a part before this text must bind."""
    found = _FIRST.match(literal)
    if found is None:
        return LOOSE if is_last else UNIT
    sign = found[1]
    if sign in _CLOSERS:
        return LOOSE
    if sign in ("+", "-"):
        return SUM
    return PRODUCT if sign in _TIMES or sign in ("/", "//", "%") else POWER if sign == r"\bmod" else UNIT


def compose(template: str, parts: Sequence[Part], notation: Notation) -> str:
    r"""A template with its placeholders filled: `{0}`, `{1}` are the parts, `{}` is all of them.

    >>> from viz.words.notation import LATEX
    >>> total = Part("a + b", SUM)
    >>> print(compose(r"{0} \cdot {1}", [total, Part("c")], LATEX))
    \left(a + b\right) \cdot c
    >>> print(compose(r"\frac{{{0}}}{{{1}}}", [total, Part("c")], LATEX))
    \frac{a + b}{c}
    >>> print(compose("{0} + {1}", [total, Part("-c", SIGN)], LATEX))
    a + b - c
    """
    pieces, end = _pieces(template)
    written = ""
    for index, (literal, field) in enumerate(pieces):
        written += literal
        if not field:
            written += ", ".join(part.text for part in parts)
            continue
        part = parts[int(field)]
        is_last = index + 1 == len(pieces)
        before = _after(literal, index == 0)
        level = max(before, _before(end if is_last else pieces[index + 1][0], is_last))
        if part.level >= level and (before == LOOSE or not part.is_signed):
            written += part.text
        elif part.level >= level and part.text[0] == "-" and written.endswith(" + "):
            written = f"{written[:-2]}- {part.text[1:]}"  # a + -b is a - b
        else:
            written += f"{notation.open}{part.text}{notation.close}"
    return written + end


@lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The placeholders of a template, each with the text before it, and the text at the end."""
    pieces: list[tuple[str, str]] = []
    before = ""
    for literal, field, _, _ in Formatter().parse(template):
        before += literal  # a brace ends a piece for the parser, without a placeholder
        if field is not None:
            pieces.append((before, field))
            before = ""
    return tuple(pieces), before


# ---- Plain text ------------------------------------------------------------------------------------------------------


def _text_template(op: Op, count: int) -> tuple[str, int]:
    symbol = op.symbol.replace("{", "{{").replace("}", "}}")
    if op.symbol.isidentifier() or count > 2:
        inputs = ", ".join(f"{{{i}}}" for i in range(count))
        return (f"{symbol}({inputs})", UNIT) if op.name != "square" else ("{0}**2", POWER)
    if count == 1:
        return f"{symbol}{{0}}", op.precedence
    # The row of this op has a call as its formula, which does not tell how tightly the operator binds.
    return f"{{0}} {symbol} {{1}}", LOOSE if op.precedence == UNIT else op.precedence


def _text_constant(value: float) -> Part:
    text = number(value)
    return Part(text, SIGN if text.startswith("-") else UNIT)


TEXT: Final = Notation(_text_template, _text_constant, "(", ")")
"""As Python writes it, but with short numbers."""


def one_line(order: Sequence[Value], name: Callable[[Value], str]) -> str:
    """A graph as text on one line; empty if a part of it, which is no leaf, is written more than once.

    Args:
        order: its nodes in topological order, the root last.
        name: the name of a leaf; one without a name is written as its number.
    """
    parts: dict[int, Part] = {}
    uses: Counter[int] = Counter()
    for value in order:
        if value.op is None:
            parts[id(value)] = Part(name(value)) if name(value) else TEXT.constant(value.data)
            continue
        op, inputs = _as_written(value)
        uses.update(id(x) for x in inputs if isinstance(x, Value) and x.op is not None)
        template, level = TEXT.template(op, len(inputs))
        texts = [parts[id(x)] if isinstance(x, Value) else TEXT.constant(x) for x in inputs]
        parts[id(value)] = Part(compose(template, texts, TEXT), level)
    return parts[id(order[-1])].text if max(uses.values(), default=0) < 2 else ""


def _as_written(value: Value) -> tuple[Any, Sequence[Any]]:
    """The op and the inputs of a node; a product with itself is a square, and one with -1 has a sign."""
    op, inputs = value.op, value.inputs
    if op is TABLE["mul"] and inputs[0] is inputs[1]:
        return TABLE["square"], inputs[:1]
    if op is TABLE["mul"] and not isinstance(inputs[0], Value) and inputs[0] == -1.0:
        return TABLE["neg"], inputs[1:]
    return op, inputs
