r"""Text for messages and pictures: labels made printable and short, numbers, counts and lists in words.

A label can be any text. `printable` replaces characters that cannot be printed (controls, lone surrogates, direction
overrides) by their escapes in Python.

>>> print(printable("one\ntwo\x07"))
one\ntwo\x07
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def listed(texts: Sequence[str], most: int | None = None, joint: str = ", ", count: int | None = None) -> str:
    """The first `most` texts, by default all, and how many more there are of `count`, by default of the texts.

    >>> listed("ab", 4), listed("abcdef", 4), listed("ab", count=1002)
    ('a, b', 'a, b, c, d and 2 more', 'a, b and 1,000 more')
    """
    shown = texts[:most]
    more = (len(texts) if count is None else count) - len(shown)
    return joint.join(shown) + (f" and {more:,} more" if more else "")


def did_you_mean(word: str, known: Iterable[str], most: int = 3, synonym: str = "") -> str:
    """The question whether one of the known words was meant; "" if none of them is near.

    Words with the same letters in another order come before all others, and upper and lower case are the same. If a
    synonym is given, it alone is meant.

    >>> did_you_mean("tahn", ["tan", "tanh"]), did_you_mean("ReLU", ["elu", "relu"], most=1), did_you_mean("x", ["tan"])
    ("did you mean 'tanh'?", "did you mean 'relu'?", '')
    """
    from difflib import get_close_matches  # loaded for a message only: importing this module stays cheap

    spelled = {name.casefold(): name for name in known}
    meant = word.casefold()
    near = [name for name in spelled if sorted(name) == sorted(meant)] or get_close_matches(meant, spelled, n=most)
    names = [synonym] if synonym else [spelled[name] for name in near]
    return f"did you mean {' or '.join(map(repr, names))}?" if names else ""


def brief(number: float, most: int, form: str) -> str:
    """A float as Python writes it if that takes at most `most` characters, else in the format `form`.

    >>> brief(-0.125, 7, ".2g"), brief(0.1 + 0.2, 7, ".2g")
    ('-0.125', '0.3')
    """
    exact = repr(number)
    return exact if len(exact) <= most else format(number, form)
