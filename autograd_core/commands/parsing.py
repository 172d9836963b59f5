"""What is to be known of Python's parser before it is asked to read a text: its spelling of names, and its stack.

The parser calls itself for what stands inside something else, and so does what makes a tree of its result. In a thread
whose stack is small that ends the process. So a text is gone through once, from left to right, and what it nests is
added up in bytes of stack. The sum is never less than what is needed. It may be more: a chain such as `a + b + c`
counts in full, though only some versions of Python go down along it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from keyword import iskeyword
from typing import Final

BRACKET: Final = 2048
"""Bytes of stack. CPython 3.11 to 3.13 take 1,300 to 2,000 for a bracket in a bracket, and not more for a colon."""

WORD: Final = 512
"""Likewise: up to 470 for a keyword, such as `lambda`."""

SIGN: Final = 256
"""Likewise: up to 200 for any other sign."""

STACK: Final = 160 * 1024
"""What a text may take, so that a stack of 256 KiB is enough: 80 brackets, or a sum of 640 terms."""

COSTS: Final = {"open": BRACKET, "colon": BRACKET, "word": WORD, "sign": SIGN}

_COMMENT: Final = re.compile(r"#[^\r\n]*")
_TOKEN: Final = re.compile(
    r"""
      \\(?:\r\n?|\n)                                  # the line goes on
    | (?P<open>[(\[{]) | (?P<close>[)\]}])
    | (?P<name>[^\W\d]\w*)
    | \d[\d_]*(?:\.[\d_]*)?[eE][+-]\d+ | \d[\w.]*     # a number
    | (?P<end>[,;\n]) | (?P<colon>:)
    | (?P<sign>\*\*|//|[^\w\s])
    """,
    re.VERBOSE,
)


def identifier(name: str) -> str:
    r"""A name as Python's parser spells it: ligatures, wide letters and other looks of a letter are that letter.

    >>> identifier("\N{MICRO SIGN}") == "\N{GREEK SMALL LETTER MU}", identifier("\N{LATIN SMALL LIGATURE FI}")
    (True, 'fi')
    """
    return unicodedata.normalize("NFKC", name)


def too_deep_at(text: str) -> int | None:
    """The first place of a text where what it nests takes more than `STACK`; None if there is none.

    >>> too_deep_at("tanh(w*x + b)"), too_deep_at("(" * 100 + "x" + ")" * 100)
    (None, 80)
    """
    if "'" in text or '"' in text:  # signs may stand in a text, which has no meaning here: nothing ever ends
        counted = _Counted()
        for kind, place in _tokens(text):
            counted.keep(kind)
            if counted.depth() > STACK:
                return place
        return None
    return _too_deep_at(_COMMENT.sub(lambda found: " " * len(found[0]), text))


def _too_deep_at(text: str) -> int | None:
    around: list[_Counted] = []
    outer, here = 0, _Counted()
    for kind, place in _tokens(text):
        if kind == "open":
            around.append(here)
            outer += here.before() + BRACKET
            here = _Counted()
        elif kind == "close" and around:
            inside, here = here.depth(), around.pop()
            outer -= here.before() + BRACKET
            here.close(inside)
        elif kind == "end" and (text[place] == "," or not around):
            here.end()
        elif kind == "sign":
            here.sign()
        else:
            here.keep(kind)
        if outer + here.depth() > STACK:
            return place
    return None


def _tokens(text: str) -> list[tuple[str, int]]:
    """What counts in a text, by kind and place."""
    tokens: list[tuple[str, int]] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "name":
            kind = "word" if iskeyword(found[0]) else None
        if kind is not None:
            tokens.append((kind, found.start()))
    return tokens


@dataclass(slots=True)
class _Counted:
    """What stands in one pair of brackets, in bytes of stack.

    Attributes:
        kept: of words and colons, which reach to the closing bracket.
        chain: of signs, which reach to the next comma.
        operand: of the operand after the last sign: of its calls and indices, and what stands in their brackets.
        deepest: of the operands before.
        ended: of what stands before the last comma.
    """

    kept: int = 0
    chain: int = 0
    operand: int = 0
    deepest: int = 0
    ended: int = 0

    def depth(self) -> int:
        """Of all that is in these brackets."""
        return self.kept + max(self.ended, self.chain + max(self.operand, self.deepest))

    def before(self) -> int:
        """Of what is not over where a bracket opens."""
        return self.kept + self.chain

    def keep(self, kind: str) -> None:
        """Count something that reaches to the end."""
        self.kept += COSTS.get(kind, 0)

    def sign(self) -> None:
        """Count a sign, with which another operand begins."""
        self.chain += SIGN
        self.deepest = max(self.deepest, self.operand)
        self.operand = 0

    def close(self, inside: int) -> None:
        """Count brackets that belong to the present operand; they may be its third call in a row."""
        self.operand = max(self.operand + SIGN, inside + BRACKET)

    def end(self) -> None:
        """Forget the signs before a comma."""
        self.ended = max(self.ended, self.chain + max(self.operand, self.deepest))
        self.chain = self.operand = self.deepest = 0
