r"""Text as it appears in a picture: numbers made short, foreign text made harmless.

A label is arbitrary text written by anyone, and a picture is XML or DOT read by a program. Two steps keep the two
apart: `printable` of the engine escapes every character that has no picture of its own, and then `xml`, or the writer
of another format, protects the few characters that mean something to the format. After the first step neither format
can meet a character that it forbids.

>>> xml("<b> & ]]>")
'&lt;b&gt; &amp; ]]&gt;'
"""

import math
from bisect import bisect_left
from typing import Final

from autograd_core.text import ELLIPSIS, HOVER_CHARACTERS, brief, plural, printable

__all__ = [
    "ELLIPSIS",
    "EXACT_CELLS",
    "HOVER_CHARACTERS",
    "cells",
    "cut",
    "is_bad",
    "number",
    "plural",
    "printable",
    "xml",
]

EXACT_CELLS: Final = 7
"""A number whose exact spelling is at most this long is shown as it is; `-0.125` should not become `-0.1250`."""

_JOINER: Final = "\u200d"

_XML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def number(value: float) -> str:
    """A float in a few characters: exact when that is short, else to four significant digits.

    Trailing zeros tell the two apart: `2.0` is exactly two, `2.000` is something near it.

    >>> [number(x) for x in (2.0, -0.0, 0.1 + 0.2, 2.00000001, 1e300, float("-inf"))]
    ['2.0', '-0.0', '0.3000', '2.000', '1e+300', '-inf']
    """
    return brief(value, EXACT_CELLS, "#.4g")


def is_bad(value: float | None) -> bool:
    """Whether a number deserves the warning colour: nan and the infinities.

    >>> is_bad(float("nan")), is_bad(2.0), is_bad(None)
    (True, False, False)
    """
    return value is not None and not math.isfinite(value)


def cells(text: str) -> int:
    """Width of `text` in a terminal, in cells: wide letters and emoji take two, marks that join a letter none.

    >>> cells("abc"), cells("日本"), cells("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)  # nearly always, and without loading rich
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, width: int) -> str:
    """`text` shortened to `width` cells, the last of them an ellipsis if anything was lost.

    Marks that take no cell are limited too, to four for each cell, so that no label is endless.

    >>> cut("abcdefgh", 5), cut("日本語", 5), cut("short", 5)
    ('abcd…', '日本…', 'short')
    """
    text = text if len(text) <= 4 * width else text[: 4 * width] + ELLIPSIS
    if cells(text) <= width:
        return text
    fitting = bisect_left(range(1, len(text) + 1), width, key=lambda end: cells(text[:end]))
    return text[:fitting].rstrip(_JOINER) + ELLIPSIS  # a joiner at the end would join the ellipsis


def xml(text: str) -> str:
    """`text` as content or attribute of an XML element; it must be `printable` already."""
    return text.translate(_XML)
