"""Two facts about Python's parser: how it spells names, and how much stack a text needs.

The parser recurses into nested expressions, and so does the code that makes a tree of its result. In a thread with a
small stack that can end the process. So a text is scanned first, from left to right, and the stack that its nesting
needs is added up in bytes. The sum is never too small. It may be too large: a chain such as `a + b + c` counts in full,
although only some versions of Python recurse along it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from keyword import iskeyword
from typing import Final

BRACKET: Final = 2048
"""Bytes of stack for a bracket or a colon. CPython 3.11 to 3.13 take 1,300 to 2,000 for a nested bracket."""

WORD: Final = 512
"""Bytes of stack for a keyword, such as `lambda`; CPython takes up to 470."""

SIGN: Final = 256
"""Bytes of stack for any other sign; CPython takes up to 200."""

STACK: Final = 160 * 1024
"""The most bytes for a text, so that a stack of 256 KiB is enough: 80 brackets, or a sum of 640 terms."""

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
    r"""A name as Python's parser spells it: ligatures, wide letters and other variants become the plain letters.

    >>> identifier("\N{MICRO SIGN}") == "\N{GREEK SMALL LETTER MU}", identifier("\N{LATIN SMALL LIGATURE FI}")
    (True, 'fi')
    """
    return unicodedata.normalize("NFKC", name)


def too_deep_at(text: str) -> int | None:
    """The first index in a text at which its nesting takes more than `STACK`; None if there is none.

    >>> too_deep_at("tanh(w*x + b)"), too_deep_at("(" * 100 + "x" + ")" * 100)
    (None, 80)
    """
    if "'" in text or '"' in text:  # signs may be part of a string, so nothing is taken back
        counted = _Counted()
        for kind, place in _tokens(text):
            counted.keep(kind)
            if counted.depth() > STACK:
                return place
        return None
    return _too_deep_at(_COMMENT.sub(lambda found: " " * len(found[0]), text))


def _too_deep_at(text: str) -> int | None:
    """`too_deep_at` for a text without strings and with spaces in place of comments."""
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
    """The tokens that take stack, by kind and index in the text."""
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
    """The bytes of stack for the text in one pair of brackets.

    Attributes:
        kept: for words and colons, which reach to the closing bracket.
        chain: for signs, which reach to the next comma.
        operand: for the operand after the last sign, including its calls and indices and the text in their brackets.
        deepest: for the deepest of the operands before it.
        ended: for the text before the last comma.
    """

    kept: int = 0
    chain: int = 0
    operand: int = 0
    deepest: int = 0
    ended: int = 0

    def depth(self) -> int:
        """The bytes for all of the text in these brackets."""
        return self.kept + max(self.ended, self.chain + max(self.operand, self.deepest))

    def before(self) -> int:
        """The bytes still in use where an inner bracket opens."""
        return self.kept + self.chain

    def keep(self, kind: str) -> None:
        """Count a token that reaches to the closing bracket."""
        self.kept += COSTS.get(kind, 0)

    def sign(self) -> None:
        """Count a sign, with which another operand begins."""
        self.chain += SIGN
        self.deepest = max(self.deepest, self.operand)
        self.operand = 0

    def close(self, inside: int) -> None:
        """Count inner brackets of the current operand, which may follow other calls of it."""
        self.operand = max(self.operand + SIGN, inside + BRACKET)

    def end(self) -> None:
        """Forget the signs before a comma."""
        self.ended = max(self.ended, self.chain + max(self.operand, self.deepest))
        self.chain = self.operand = self.deepest = 0
