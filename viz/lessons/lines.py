r"""Equations as data: signs and matrices, which text and LaTeX write each in its own way.

>>> line = Line(layer_sign("z", 1), (layer_sign("W", 1) + layer_sign("x", 0),), ([[2.0]], [[3.0]]), ([[6.0]],))
>>> print(as_text([line]))
z¹ = W¹ x = [2.0] [3.0] = [6.0]
>>> print(as_latex([line]))
\begin{aligned}
z^{1} &= W^{1} x \\
&= \begin{bmatrix} 2 \end{bmatrix} \begin{bmatrix} 3 \end{bmatrix} \\
&= \begin{bmatrix} 6 \end{bmatrix}
\end{aligned}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from viz.lessons.matrices import LIMIT, Block, Matrix, beside, block, latex_block
from viz.text import number
from viz.words.notation import latex_name, latex_short


@dataclass(frozen=True)
class Sign:
    """Symbols or words in both notations."""

    text: str
    latex: str

    def __add__(self, other: Sign) -> Sign:
        return Sign(self.text + other.text, self.latex + other.latex)


Piece: TypeAlias = Sign | Matrix
"""A part of an equation."""


class Line:
    """An equation: the left side, and what it equals in one way after another.

    Args:
        left: the left side.
        sides: the other sides, each a sequence of pieces.
    """

    def __init__(self, left: Sign, *sides: Sequence[Piece]) -> None:
        self.left = left
        self.sides = sides


@dataclass(frozen=True)
class Words:
    """A heading or a remark."""

    sign: Sign
    is_heading: bool = False


Item: TypeAlias = Line | Words

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def sign(text: str, latex: str | None = None) -> Sign:
    """A sign that is written the same in both, unless LaTeX is given."""
    return Sign(text, text if latex is None else latex)


def layer_sign(letter: str, layer: int, latex: str = "") -> Sign:
    """A letter with the number of a layer; without one for 0.

    >>> layer_sign("δ", 12, "\\\\delta")
    Sign(text='δ¹²', latex='\\\\delta^{12}')
    """
    if layer == 0:
        return sign(letter, latex or None)
    return Sign(letter + str(layer).translate(_RAISED), f"{latex or letter}^{{{layer}}}")


def words(text: str) -> Sign:
    """Plain words; they hold none of the characters that LaTeX reads as commands."""
    return Sign(text, rf"\text{{{text}}}")


def name_sign(name: str) -> Sign:
    """A name of the user."""
    return Sign(name, latex_name(name))


def number_sign(value: float) -> Sign:
    """A number with a few digits."""
    return Sign(number(value), latex_short(value))


def as_text(items: Iterable[Item], limit: float = LIMIT) -> str:
    """The lines as text; large matrices are shortened to `limit` rows and columns."""
    lines: list[str] = []
    for item in items:
        if isinstance(item, Words):
            lines += ["", item.sign.text, "─" * len(item.sign.text)] if item.is_heading else [item.sign.text]
            continue
        pieces: list[Block | str] = [item.left.text]
        for side in item.sides:
            pieces.append(" = ")
            for index, piece in enumerate(side):
                pieces += [" "] if index else []
                pieces.append(piece.text if isinstance(piece, Sign) else block(piece, limit))
        lines += beside(pieces)
    return "\n".join(lines).strip("\n")


def as_latex(items: Iterable[Item], limit: float = LIMIT) -> str:
    """The lines in LaTeX, for mathematical mode with amsmath."""
    rows: list[str] = []
    for item in items:
        if isinstance(item, Words):
            rows.append(f"& {item.sign.latex}")
            continue
        for index, side in enumerate(item.sides):
            texts = [piece.latex if isinstance(piece, Sign) else latex_block(piece, limit) for piece in side]
            rows.append(f"{item.left.latex + ' ' if index == 0 else ''}&= {' '.join(texts)}")
    written = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{written}\n\\end{{aligned}}"
