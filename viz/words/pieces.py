r"""Derivatives of piecewise functions as a textbook writes them: an indicator such as `\mathbf{1}_{x > 0}`, or cases.

They hold for all numbers but those at the kinks, where the row of the op decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Pieces: TypeAlias = tuple[tuple[str, str], ...]
"""Values with the conditions under which they hold, "" for otherwise; beyond them the derivative is 0.

Both are written in Python, with the names of the inputs as in `Op.textbook`: `x`, or `a`, `b` and so on.
"""

PIECES: Final[Mapping[str, tuple[Pieces, ...]]] = {
    "where": ((), (("1", "a != 0"),), (("1", "a == 0"),)),
    "clamp": ((("1", "b < a < c"),), (("1", "a < b"),), (("1", "a > c"),)),
    "relu": ((("1", "x > 0"),),),
    "relu6": ((("1", "0 < x < 6"),),),
    "leaky_relu": ((("1", "a > 0"), ("b", "")), (("a", "a < 0"),)),
    "elu": ((("1", "a > 0"), ("b*exp(a)", "")), (("exp(a) - 1", "a < 0"),)),
    "celu": ((("1", "a > 0"), ("exp(a/b)", "")), (("(1 - a/b)*exp(a/b) - 1", "a < 0"),)),
    "hardsigmoid": ((("1/6", "-3 < x < 3"),),),
    "hardswish": ((("(2*x + 3)/6", "-3 < x < 3"), ("1", "x >= 3")),),
    "softshrink": ((("1", "abs(a) > b"),), (("-1", "a > b"), ("1", "a < -b"))),
    "hardshrink": ((("1", "abs(a) > b"),), ()),
}
"""The derivative of each op in each of its inputs."""

MOST_COMPARED: Final = 3
"""Of more inputs, which are compared in pairs, no indicator is written."""

EXTREMES: Final = {"max": ">", "min": "<"}
"""How an input of these ops compares with another one, if it is the result."""

SIGNS: Final = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "="}

OTHERWISE: Final = r"\text{otherwise}"

NEXT_LINE: Final = r" \\ "

TOKEN: Final = re.compile(r"[<>!=]=|abs\((\w)\)|\b[a-z]\b")


def pieces_of(name: str, count: int, index: int) -> Pieces | None:
    """The derivative of an op with `count` inputs in the one at `index`; None if it is not written in pieces.

    >>> pieces_of("relu", 1, 0), pieces_of("max", 2, 1), pieces_of("min", 3, 1)
    ((('1', 'x > 0'),), (('1', 'b > a'),), (('1', 'b < a, b < c'),))
    >>> pieces_of("tanh", 1, 0)
    """
    if name in EXTREMES:
        if not 1 < count <= MOST_COMPARED:
            return None
        letters = [chr(ord("a") + place) for place in range(count)]
        own = letters.pop(index)
        return (("1", ", ".join(f"{own} {EXTREMES[name]} {other}" for other in letters)),)
    return PIECES[name][index] if name in PIECES else None


def typeset_pieces(pieces: Pieces, value: Callable[[str], str], inputs: Mapping[str, str]) -> tuple[str, bool]:
    r"""The pieces in LaTeX, and whether that is a single sign, which needs no brackets in a product.

    Args:
        pieces: the pieces.
        value: from the text of a value to LaTeX.
        inputs: the inputs in LaTeX by their names.

    >>> typeset_pieces((("1", "abs(a) >= b"),), str, {"a": "u", "b": "0.5"})
    ('\\mathbf{1}_{\\left|u\\right| \\ge 0.5}', True)
    >>> print(typeset_pieces((("1", "a > 0"), ("b", "")), str, {"a": "u"})[0])
    \begin{cases} 1 & u > 0 \\ b & \text{otherwise} \end{cases}
    """
    if not pieces:
        return "0", True
    if len(pieces) == 1 and pieces[0][0] == "1":
        return rf"\mathbf{{1}}_{{{_condition(pieces[0][1], inputs)}}}", True
    rest = () if pieces[-1][1] == "" else (("0", ""),)
    lines = [f"{value(text)} & {_condition(condition, inputs)}" for text, condition in (*pieces, *rest)]
    return rf"\begin{{cases}} {NEXT_LINE.join(lines)} \end{{cases}}", False


def _condition(text: str, inputs: Mapping[str, str]) -> str:
    def written(found: re.Match[str]) -> str:
        if found[1]:
            return rf"\left|{inputs[found[1]]}\right|"
        return SIGNS.get(found[0]) or inputs[found[0]]

    return TOKEN.sub(written, text) or OTHERWISE
