r"""Equations as data: signs and matrices, which text and LaTeX write each in its own way.

>>> line = Line(layer_sign("z", 1), (layer_sign("W", 1) + sign(" x"),), ([[2.0]], [[3.0]]), ([[6.0]],))
>>> print(as_text([line]))
z⁽¹⁾ = W⁽¹⁾ x = [2.0] [3.0] = [6.0]
>>> print(as_latex([line]))
\begin{aligned}
z^{(1)} &= W^{(1)} x \\
&= \begin{bmatrix} 2 \end{bmatrix} \begin{bmatrix} 3 \end{bmatrix} \\
&= \begin{bmatrix} 6 \end{bmatrix}
\end{aligned}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from viz.lessons.matrices import LIMIT, Block, Matrix, beside, block, latex_block, shown
from viz.text import ELLIPSIS, columns, number, printable
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


@dataclass(frozen=True)
class Table:
    """Numbers for each step of a sequence.

    Attributes:
        heads: the heads of the columns, such as the steps; a str is written the same in both notations.
        groups: rows that belong together, each with its sign; a long group is shortened.
        last: the head of a last column that is always written, such as a sum; "" if there is none.
    """

    heads: Sequence[Sign | str]
    groups: Sequence[Sequence[tuple[Sign, Sequence[float]]]]
    last: str = ""


Item: TypeAlias = Line | Words | Table

_SHORT: Final = {
    **{rf"\{name}": symbol for name, symbol in (
        ("delta", "δ"), ("sigma", "σ"), ("eta", "η"), ("Delta", "Δ"), ("nabla", "∇"), ("partial", "∂"), ("odot", "∘"),
        ("sum", "Σ"), ("tanh", "tanh"), ("left", ""), ("right", ""), (",", ""), ("mathsf", ""),
    )},
    "_{t-1}": "ₜ₋₁", "_{t+1}": "ₜ₊₁", "_t": "ₜ", "^{ T}": "ᵀ", "^2": "²", "_k": "ₖ", "_0": "₀",
    **{f"^{{({letter})}}": f"⁽{raised}⁾" for letter, raised in zip("ifgorznmk", "ⁱᶠᵍᵒʳᶻⁿᵐᵏ", strict=True)},
}  # fmt: skip
_FRACTION: Final = re.compile(r"\\frac\{(.*?)\}\{(\\partial .*?)\}(?=[ ]|$)")

_RAISED: Final = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")


def sign(text: str, latex: str | None = None) -> Sign:
    """A sign that is written the same in both, unless LaTeX is given."""
    return Sign(text, text if latex is None else latex)


def layer_sign(letter: str, layer: int, latex: str = "") -> Sign:
    r"""A letter with the number of a layer, in parentheses, so that it is not read as a power; without one for 0.

    >>> layer_sign("δ", 12, r"\delta")
    Sign(text='δ⁽¹²⁾', latex='\\delta^{(12)}')
    """
    if layer == 0:
        return sign(letter, latex or None)
    return Sign(letter + f"({layer})".translate(_RAISED), f"{latex or letter}^{{({layer})}}")


def words(text: str) -> Sign:
    """Plain words; they hold none of the characters that LaTeX reads as commands."""
    return Sign(text, rf"\text{{{text}}}")


def name_sign(name: str) -> Sign:
    """A name of the user."""
    return Sign(printable(name), latex_name(name))


def formula(latex: str) -> Sign:
    r"""A formula in LaTeX, and the same in text.

    >>> formula(r"\left(U^{(i)}\right)^{\mathsf T} \delta^{(i)}_{t+1}").text
    '(U⁽ⁱ⁾)ᵀ δ⁽ⁱ⁾ₜ₊₁'
    >>> formula(r"\frac{\partial C}{\partial h_t} \odot o_t").text
    '∂C/∂hₜ ∘ oₜ'
    """
    text = _FRACTION.sub(r"\1/\2", latex)
    for written, symbol in _SHORT.items():
        text = text.replace(written, symbol)
    return Sign(text.replace("∂ ", "∂").replace("Δ ", "Δ"), latex)


def number_sign(value: float) -> Sign:
    """A number with a few digits."""
    return Sign(number(value), latex_short(value))


def as_text(items: Iterable[Item], limit: float = LIMIT) -> str:
    """The lines as text; large matrices are shortened to `limit` rows and columns."""
    lines: list[str] = []
    for item in items:
        if isinstance(item, Table):
            lines += _table_text(item, limit)
            continue
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
        if isinstance(item, Table):
            rows.append(f"& {_table_latex(item, limit)}")
            continue
        if isinstance(item, Words):
            rows.append(f"& {item.sign.latex}")
            continue
        for index, side in enumerate(item.sides):
            texts = [piece.latex if isinstance(piece, Sign) else latex_block(piece, limit) for piece in side]
            rows.append(f"{item.left.latex + ' ' if index == 0 else ''}&= {' '.join(texts)}")
    written = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{written}\n\\end{{aligned}}"


# ---- Tables ----------------------------------------------------------------------------------------------------------


def _table_rows(table: Table, limit: float) -> Iterator[tuple[Sign, list[float | None]]]:
    """The rows that are written, with the numbers of the columns that are; None stands for those left out."""
    columns = _kept(table, limit)
    for group in table.groups:
        for index in shown(len(group), limit):
            if index is None:
                yield Sign("⋮", r"\vdots"), [None] * len(columns)
            else:
                left, numbers = group[index]
                yield left, [None if k is None else numbers[k] for k in columns]


def _kept(table: Table, limit: float) -> list[int | None]:
    return [*shown(len(table.heads), limit), *([len(table.heads)] if table.last else [])]


def _heads(table: Table, limit: float, more: str) -> list[Sign]:
    heads = [*table.heads, table.last]
    written = [head if isinstance(head, Sign) else words(head) if head.isalpha() else sign(head) for head in heads]
    return [sign(more) if k is None else written[k] for k in _kept(table, limit)]


def _table_text(table: Table, limit: float) -> list[str]:
    lines = [["", *(head.text for head in _heads(table, limit, ELLIPSIS))]]
    for left, numbers in _table_rows(table, limit):
        is_gap = all(x is None for x in numbers)
        lines.append([left.text, *("⋮" if is_gap else ELLIPSIS if x is None else number(x) for x in numbers)])
    return columns(lines, right=range(1, len(lines[0])))


def _table_latex(table: Table, limit: float) -> str:
    heads = " & ".join(["", *(head.latex for head in _heads(table, limit, r"\cdots"))])
    lines = [f"{heads} \\\\ \\hline"]
    for left, numbers in _table_rows(table, limit):
        is_gap = all(x is None for x in numbers)
        cells = [r"\vdots" if is_gap else r"\cdots" if x is None else latex_short(x) for x in numbers]
        lines.append(" & ".join([left.latex, *cells]) + r" \\")
    body = " ".join(lines).removesuffix(r" \\")
    return rf"\begin{{array}}{{l|{'r' * heads.count('&')}}} {body} \end{{array}}"


class Written:
    """The base of what is written as lines, in the two forms that they have.

    Attributes:
        lines: what is written.
        max_size: most rows and columns of a matrix that are written.
    """

    lines: tuple[Item, ...]
    max_size: int

    @property
    def text(self) -> str:
        """The lines as text, with matrices as in a textbook."""
        return as_text(self.lines, self.max_size)

    @property
    def latex(self) -> str:
        """The lines as an `aligned` environment of amsmath, for mathematical mode."""
        return as_latex(self.lines, self.max_size)

    def __str__(self) -> str:
        return self.text
