r"""Text as it appears in pictures and reports: short numbers, escaped names, calls, lists and columns.

A label is arbitrary text, and a picture is XML or DOT that a program reads. Two steps make a label safe: `printable` of
the engine escapes every character that cannot be printed, and then `xml`, or the writer of another format, escapes the
few characters with a meaning in the format. After the first step no character is forbidden in either format.

>>> xml("<b> & ]]>")
'&lt;b&gt; &amp; ]]&gt;'
"""

import math
import re
import sys
from bisect import bisect_left
from collections.abc import Collection, Sequence
from typing import Final

from autograd_core.lines import columns as lines_of
from autograd_core.text import ELLIPSIS, HOVER_CHARACTERS, brief, listed, plural, printable

__all__ = [
    "ELLIPSIS",
    "EXACT_CELLS",
    "HOVER_CHARACTERS",
    "MAX_INPUTS",
    "NAME",
    "call",
    "cells",
    "columns",
    "cut",
    "is_bad",
    "is_writable",
    "listed",
    "number",
    "plural",
    "printable",
    "writable",
    "xml",
]

EXACT_CELLS: Final = 7
"""Most characters of a number that is shown exactly; `-0.125` should not become `-0.1250`."""

NAME: Final = 60
"""Most characters of a name inside a sentence, which may contain it several times."""

MAX_INPUTS: Final = 6
"""Most inputs spelled out in a call: a dot product may have thousands."""

_JOINER: Final = "\u200d"

_SINGLE: Final = re.compile(r"[^\s+\-*/%^@\u2026]*(\([^()]*\))?|\d[\d.]*e[+-]\d+")
"""A name, a number or a call, which needs no parentheses after a sign. Any other label may be a formula."""

_BETWEEN: Final = frozenset({"+", "*", "/", "**", "//", "%"})
"""Symbols that always have two inputs; a minus may have one."""

_SPELLED: Final = {"→": "->", "←": "<-", "×": "x", "²": "**2", ELLIPSIS: "..."}
"""Signs of reports in ASCII."""

_XML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def number(value: float) -> str:
    """A float in a few characters: exact if that is short, else to four significant digits.

    Trailing zeros distinguish the two: `2.0` is exactly two, `2.000` is a number near it. A number of four digits
    before the point has one after it, because a bare point looks like the end of a sentence.

    >>> [number(x) for x in (2.0, -0.0, 0.1 + 0.2, 2.00000001, 1e300, float("-inf"))]
    ['2.0', '-0.0', '0.3000', '2.000', '1e+300', '-inf']
    >>> number(1969.0625001)
    '1969.1'
    """
    short = brief(value, EXACT_CELLS, "#.4g")
    return f"{value:.1f}" if short.endswith(".") else short


def is_writable(text: str) -> bool:
    """Whether the standard output can write a text: streams of Windows and of `LANG=C` lack many signs."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def writable(text: str) -> str:
    """The text with signs that the standard output can write.

    >>> writable("a → b")  # as it is, unless the output knows less than UTF-8
    'a → b'
    """
    if is_writable(text):
        return text
    return "".join(sign if is_writable(sign) else _SPELLED.get(sign) or ascii(sign)[1:-1] for sign in text)


def is_bad(value: float | None) -> bool:
    """Whether a number is nan or infinite, and so shown in the warning colour.

    >>> is_bad(float("nan")), is_bad(2.0), is_bad(None)
    (True, False, False)
    """
    return value is not None and not math.isfinite(value)


def cells(text: str) -> int:
    """The width of `text` in a terminal, in cells: wide letters and emoji take two, combining marks none.

    >>> cells("abc"), cells("日本"), cells("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)  # the usual case, without an import of rich
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, width: int) -> str:
    """`text` shortened to `width` cells, with an ellipsis at the end if it was longer.

    Combining marks are limited, too, to four characters for each cell, so that the length of every label is bounded.

    >>> cut("abcdefgh", 5), cut("日本語", 5), cut("short", 5)
    ('abcd…', '日本…', 'short')
    """
    text = text if len(text) <= 4 * width else text[: 4 * width] + ELLIPSIS
    if cells(text) <= width:
        return text
    fitting = bisect_left(range(1, len(text) + 1), width, key=lambda end: cells(text[:end]))
    return text[:fitting].rstrip(_JOINER) + ELLIPSIS  # a joiner at the end would join the ellipsis


def call(symbol: str, inputs: Sequence[str]) -> str:
    """An op with its inputs as Python writes it; beyond `MAX_INPUTS` inputs are left out.

    >>> call("*", ["a", "b"]), call("-", ["a"]), call("-", ["-2.0"]), call("tanh", ["x"])
    ('a * b', '-a', '-(-2.0)', 'tanh(x)')
    >>> call("-", ["a - b"])
    '-(a - b)'
    >>> call("+", ["…"])  # inputs that are left out
    '… + …'
    >>> call("sum", list("abcdefgh"))
    'sum(a, b, c, d, e, f, …)'
    """
    written = printable(symbol, NAME)
    if not written.isidentifier():
        if list(inputs) == [ELLIPSIS] and written in _BETWEEN:
            inputs = [ELLIPSIS, ELLIPSIS]
        if len(inputs) == 2:
            return f"{inputs[0]} {written} {inputs[1]}"
        if len(inputs) == 1 and _SINGLE.fullmatch(inputs[0]):
            return f"{written}{inputs[0]}"
    more = [ELLIPSIS] if len(inputs) > MAX_INPUTS else []
    return f"{written}({', '.join([*inputs[:MAX_INPUTS], *more])})"


def columns(lines: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Align cells in columns, with widths as in a terminal; columns with an index in `right` are flush right.

    >>> columns([("a", "2.0", "x"), ("loss", "-13.5", "y")], right=[1])
    ['a       2.0  x', 'loss  -13.5  y']
    """
    return lines_of(lines, right, width=cells)


def xml(text: str) -> str:
    """Escape `text`, which must be `printable` already, as content or attribute of an XML element."""
    return text.translate(_XML)
