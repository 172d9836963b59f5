r"""Text for messages and pictures: labels made printable and short; numbers, counts and lists as text.

A label is arbitrary text written by anyone. `printable` turns every character that has no picture of its own (controls,
lone surrogates, direction overrides) into the escape Python would write for it.

>>> print(printable("one\ntwo\x07"))
one\ntwo\x07
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ELLIPSIS: Final = "…"

HOVER_CHARACTERS: Final = 1000
"""Most characters of one label in a hover text: more than fits a screen, far less than would slow a browser."""

# Joiners build emoji families and Persian words, so they stay although they have no picture of their own.
_JOINERS: Final = frozenset("\u200c\u200d")


def printable(text: str, limit: int = HOVER_CHARACTERS) -> str:
    r"""`text` with every unprintable character as its Python escape, cut after `limit` characters.

    >>> printable("a\u202eb"), printable("abcdef", limit=3)
    ('a\\u202eb', 'abc…')
    """
    if len(text) <= limit and text.isprintable():
        return text  # nearly always, and the rest takes longer than all else about a label
    kept = "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text[:limit])
    return kept + ELLIPSIS if len(text) > limit else kept


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, whose plural has an `s` unless another is given.

    >>> plural(1, "node"), plural(999501, "node")
    ('1 node', '999,501 nodes')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def listed(texts: Sequence[str], most: int | None, joint: str = ", ") -> str:
    """The first `most` texts and how many more there are, or with None all of them.

    >>> listed("ab", 4), listed("abcdef", 4)
    ('a, b', 'a, b, c, d and 2 more')
    """
    shown = texts[:most]
    more = len(texts) - len(shown)
    return joint.join(shown) + (f" and {more:,} more" if more else "")


def brief(number: float, most: int, form: str) -> str:
    """A float as Python writes it if that takes at most `most` characters, else in the format `form`.

    >>> brief(-0.125, 7, ".2g"), brief(0.1 + 0.2, 7, ".2g")
    ('-0.125', '0.3')
    """
    exact = repr(number)
    return exact if len(exact) <= most else format(number, form)
