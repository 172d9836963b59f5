r"""Text for messages and pictures: labels made printable and short, and counts with their nouns.

A label can be any text. `printable` replaces characters that cannot be printed (controls, lone surrogates, direction
overrides) by their escapes in Python.

>>> print(printable("one\ntwo\x07"))
one\ntwo\x07
"""

from __future__ import annotations

from typing import Final

ELLIPSIS: Final = "…"

HOVER_CHARACTERS: Final = 1000
"""The most characters of a label in a hover text: more than fits on a screen, and too few to slow a browser down."""

# Joiners are needed in combined emoji and in Persian words, so they stay although they are not printable.
_JOINERS: Final = frozenset("\u200c\u200d")


def printable(text: str, limit: int = HOVER_CHARACTERS) -> str:
    r"""`text` with every unprintable character as its escape in Python, cut after `limit` characters.

    >>> printable("a\u202eb"), printable("abcdef", limit=3)
    ('a\\u202eb', 'abc…')
    """
    if len(text) <= limit and text.isprintable():
        return text  # the usual case; the rest is the slowest step for a label
    kept = "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text[:limit])
    return kept + ELLIPSIS if len(text) > limit else kept


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun. The plural is `nouns`, by default the noun with an `s`.

    >>> plural(1, "node"), plural(999501, "node")
    ('1 node', '999,501 nodes')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
