r"""Text as it appears in a picture: numbers made short, foreign text made harmless.

A label is arbitrary text written by anyone, and a picture is XML or DOT read by a program. Two steps keep the two
apart: `printable` turns every character that has no picture of its own (controls, lone surrogates, direction overrides)
into the escape Python would write for it, and then `xml`, or the writer of another format, protects the few characters
that mean something to that format. After the first step neither format can meet a character that it forbids.

>>> print(printable("one\ntwo\x07"))
one\ntwo\x07
>>> xml("<b> & ]]>")
'&lt;b&gt; &amp; ]]&gt;'
"""

import math
import unicodedata
from itertools import accumulate
from typing import Final

EXACT_CELLS: Final = 7
"""A number whose exact spelling is at most this long is shown as it is; `-0.125` should not become `-0.1250`."""

HOVER_CHARACTERS: Final = 1000
"""Most characters of one label in a hover text: more than fits a screen, far less than would slow a browser."""

ELLIPSIS: Final = "…"

# Joiners build emoji families and Persian words, so they stay although they have no picture of their own.
_JOINERS: Final = frozenset("\u200c\u200d")

_XML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def number(value: float) -> str:
    """A float in a few characters: exact when that is short, else to four significant digits.

    Trailing zeros tell the two apart: `2.0` is exactly two, `2.000` is something near it.

    >>> [number(x) for x in (2.0, -0.0, 0.1 + 0.2, 2.00000001, 1e300, float("-inf"))]
    ['2.0', '-0.0', '0.3000', '2.000', '1e+300', '-inf']
    """
    exact = repr(value)
    return exact if len(exact) <= EXACT_CELLS else f"{value:#.4g}"


def is_bad(value: float | None) -> bool:
    """Whether a number deserves the warning colour: nan and the infinities.

    >>> is_bad(float("nan")), is_bad(2.0), is_bad(None)
    (True, False, False)
    """
    return value is not None and not math.isfinite(value)


def printable(text: str, limit: int = HOVER_CHARACTERS) -> str:
    r"""`text` with every unprintable character as its Python escape, cut after `limit` characters.

    >>> printable("a\u202eb"), printable("abcdef", limit=3)
    ('a\\u202eb', 'abc…')
    """
    if (
        len(text) <= limit and text.isprintable()
    ):  # nearly always, and the rest takes longer than all else about a label
        return text
    kept = "".join(c if c.isprintable() or c in _JOINERS else _escape(c) for c in text[:limit])
    return kept + ELLIPSIS if len(text) > limit else kept


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def cells(text: str) -> int:
    """Width of `text` in a fixed-pitch font, in characters: wide letters and emoji take two, combining marks none.

    >>> cells("abc"), cells("日本"), cells("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """`text` shortened to `width` cells, the last of them an ellipsis if anything was lost.

    Marks that take no cell are limited too, to four for each cell, so that no label is endless.

    >>> cut("abcdefgh", 5), cut("日本語", 5), cut("short", 5)
    ('abcd…', '日本…', 'short')
    """
    text = text if len(text) <= 4 * width else text[: 4 * width] + ELLIPSIS
    if cells(text) <= width:
        return text
    fitting = sum(total < width for total in accumulate(map(_cells, text)))
    return text[:fitting] + ELLIPSIS


def xml(text: str) -> str:
    """`text` as content or attribute of an XML element; it must be `printable` already."""
    return text.translate(_XML)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, whose plural has an `s` unless another is given.

    >>> plural(1, "node"), plural(999501, "node")
    ('1 node', '999,501 nodes')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
