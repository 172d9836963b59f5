"""A graph as a formula: the template of each op filled in with the formulas of its inputs, parenthesised where needed.

The template decides whether a part needs parentheses. The text beside its placeholder sets how tightly it must bind:
not at all inside braces, brackets or commas, at least as a product next to a multiplication sign, and as one unit below
an exponent. So the template is enough to write a user's op correctly, and the same code writes LaTeX and plain text,
which are two `Notation`s.

A part that is used more than once or grows too long is written once, on a line of its own. So the length of the text is
proportional to the size of the graph. No step recurses.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any, Final

from autograd_core import TABLE, Op, Precedence, Value
from viz.text import ELLIPSIS, NAME, number, printable

LOOSE, SUM, PRODUCT, SIGN, POWER, UNIT = Precedence
"""How tightly a part binds: the precedences of ops. A `LOOSE` part is parenthesised beside every operator."""

LONGEST: Final = 240
"""Most characters of a part inside another one; a longer part gets a line of its own."""


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
        name: a function that turns any text into a valid name.
        open, close: the opening and the closing parenthesis.
        more: the text for a part that is left out.
        part: the prefix of generated names for parts.
        leaf: the prefix of generated names for leaves.
    """

    template: Callable[[Op, int], tuple[str, int]]
    constant: Callable[[float], Part]
    name: Callable[[str], str]
    open: str
    close: str
    more: str
    part: str = "t"
    leaf: str = "v"


@dataclass(frozen=True, slots=True)
class Written:
    """A formula: lines that define parts, each using only those above it, and the expression that uses them.

    `left_out` counts the nodes beyond the limit, which are not written.
    """

    definitions: tuple[tuple[str, str], ...]
    expression: str
    left_out: int


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


# ---- Graphs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    """How one node is written: its template and the inputs in it."""

    template: str
    level: int
    inputs: tuple[Any, ...]

    def shown(self) -> list[Value]:
        """The inputs that are Values, once for each time they are written."""
        pieces, _ = _pieces(self.template)
        indices = [index for _, field in pieces for index in ([int(field)] if field else range(len(self.inputs)))]
        return [self.inputs[index] for index in indices if isinstance(self.inputs[index], Value)]


AS_IT_IS: Final = -1
"""The level of a node that is written like its only input."""


def _form(value: Value, notation: Notation) -> _Form:
    op, inputs = value.op, value.inputs
    assert op is not None  # noqa: S101 - a leaf has no form
    if op.name == "mul" and inputs[0] is inputs[1] and isinstance(inputs[0], Value):
        return _Form(*notation.template(TABLE["square"], 1), inputs[:1])
    if op.name == "mul" and not isinstance(inputs[0], Value) and inputs[0] == -1.0:
        return _Form(*notation.template(TABLE["neg"], 1), inputs[1:])
    if op.name == "pow" and not isinstance(inputs[1], Value) and inputs[1] == 1.0:
        return _Form("{0}", AS_IT_IS, inputs[:1])
    return _Form(*notation.template(op, len(inputs)), inputs)


class Writer:
    """Writes one graph.

    Args:
        order: its nodes in topological order, the root last.
        notation: how to write it.
        name: the name of a Value, empty if it has none.
        max_nodes: most ops to write; of a larger graph, those nearest the root.
        is_constant: whether a leaf is written as its number.
        expand: whether to write out a node that has a name and is used only once; False gives it a line of its own.
    """

    def __init__(
        self,
        order: Sequence[Value],
        notation: Notation,
        name: Callable[[Value], str],
        *,
        max_nodes: int,
        is_constant: Callable[[Value], bool] = lambda _: False,
        expand: bool = True,
    ) -> None:
        self.order = order
        self.root = root = order[-1]
        self.notation = notation
        self.name = name
        self.is_constant = is_constant
        self.expand = expand
        self.forms: dict[int, _Form] = {}
        self.seen: dict[int, int] = {id(root): 0}
        """How often each Value is written."""
        self.symbols: dict[int, str] = {}
        self.taken: set[str] = set()
        self._walk(max_nodes)

    def _walk(self, max_nodes: int) -> None:
        waiting = deque([self.root])
        while waiting:
            value = waiting.popleft()
            if value.op is None:
                continue
            if len(self.forms) >= max_nodes:
                break
            form = self.forms[id(value)] = _form(value, self.notation)
            for source in form.shown():
                if id(source) not in self.seen:
                    self.seen[id(source)] = 0
                    waiting.append(source)
                self.seen[id(source)] += 1

    def write(self) -> Written:
        """The formula."""
        # Names of the user come first, so that no new name takes one of them.
        for value in self.order:
            if id(value) in self.seen and self.name(value):
                self.symbol(value)
        parts: dict[int, Part] = {}
        definitions: list[tuple[str, str]] = []
        left_out = 0
        for value in self.order:
            form = self.forms.get(id(value))
            if form is None:
                is_seen = id(value) in self.seen
                left_out += value.op is not None or not is_seen
                if is_seen:
                    parts[id(value)] = self._atom(value)
                    if value.op is not None:
                        definitions.append((self.symbol(value), self.notation.more))
                continue
            inputs = [parts.get(id(x), Part("")) if isinstance(x, Value) else self._constant(x) for x in form.inputs]
            text = compose(form.template, inputs, self.notation)
            if value is not self.root and self._deserves_a_line(value, text):
                definitions.append((self.symbol(value), text))
                parts[id(value)] = Part(self.symbol(value))
            else:
                parts[id(value)] = Part(text, inputs[0].level if form.level == AS_IT_IS else form.level)
        return Written(tuple(definitions), parts[id(self.root)].text, left_out)

    def _deserves_a_line(self, value: Value, text: str) -> bool:
        if self.seen[id(value)] > 1 or len(text) > LONGEST:
            return True
        return not self.expand and bool(self.name(value))

    def _constant(self, number: float) -> Part:
        return self.notation.constant(float(number))

    def _atom(self, value: Value) -> Part:
        if value.op is None and self.is_constant(value):
            return self._constant(value.data)
        return Part(self.symbol(value))

    def symbol(self, value: Value) -> str:
        """The name of a Value in the formula, its own or a new one."""
        if id(value) not in self.symbols:
            # The name is cut before a number is added to it, so that the number is kept.
            given = printable(self.name(value), NAME)
            if given:
                choices = (self.notation.name(given if i == 1 else f"{given} ({i})") for i in self._numbers())
            else:
                start = self.notation.leaf if value.op is None else self.notation.part
                choices = (self.notation.name(f"{start}{i}") for i in self._numbers())
            symbol = next(choice for choice in choices if choice not in self.taken)
            self.taken.add(symbol)
            self.symbols[id(value)] = symbol
        return self.symbols[id(value)]

    @staticmethod
    def _numbers() -> range:
        return range(1, 1 << 30)


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


TEXT: Final = Notation(_text_template, _text_constant, str, "(", ")", ELLIPSIS)
"""As Python writes it, but with short numbers."""
