r"""Matrices and vectors in text and LaTeX, as a textbook sets them.

Numbers have four significant digits. Of a large matrix the first and the last rows and columns are written, as numpy
does. In text the pieces of an equation stand beside each other, centred on the same line.

>>> print("\n".join(beside(["z = ", block([[1.0, -0.5], [0.25, 2.0]]), " ", block([[3.0], [1.0]])])))
    ⎡ 1.0  -0.5⎤ ⎡3.0⎤
z = ⎣0.25   2.0⎦ ⎣1.0⎦
>>> print(latex_block([[1.0, -0.5]]))
\begin{bmatrix} 1 & -0.5 \end{bmatrix}
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from viz.text import ELLIPSIS, cells, number
from viz.words.notation import latex_short

LIMIT: Final = 6
"""Most rows and columns of a matrix that are written: three matrices side by side fit a wide terminal."""

MOST_COLUMNS: Final = 10
"""Most columns of a `bmatrix` of amsmath, unless a document sets another number."""

Matrix: TypeAlias = Sequence[Sequence[float]]
Block: TypeAlias = Sequence[str]
"""Lines of text of the same width."""

_VERTICAL: Final = "⋮"


def shown(count: int, limit: float) -> list[int | None]:
    """The indices that are written; None stands for those left out.

    >>> shown(4, 6), shown(100, 6)
    ([0, 1, 2, 3], [0, 1, 2, None, 97, 98, 99])
    """
    if count <= limit:
        return list(range(count))
    first = -(-int(limit) // 2)
    return [*range(first), None, *range(count - int(limit) + first, count)]


def column(vector: Sequence[float]) -> Matrix:
    """A vector as a matrix of one column.

    >>> column([1.0, 2.0])
    [[1.0], [2.0]]
    """
    return [[x] for x in vector]


def transposed(rows: Matrix) -> Matrix:
    """The transposed matrix.

    >>> transposed([[1.0, 2.0]])
    [[1.0], [2.0]]
    """
    return [list(x) for x in zip(*rows, strict=True)]


# ---- Text ------------------------------------------------------------------------------------------------------------


def block(rows: Matrix, limit: float = LIMIT) -> Block:
    """A matrix as lines, with brackets."""
    lines = [_cells(rows, i, limit) for i in shown(len(rows), limit)]
    widths = [max(cells(line[k]) for line in lines) for k in range(len(lines[0]))]
    texts = ["  ".join(_right(cell, width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    if len(texts) == 1:
        return [f"[{texts[0]}]"]
    left, right = ["⎡", *"⎢" * (len(texts) - 2), "⎣"], ["⎤", *"⎥" * (len(texts) - 2), "⎦"]
    return [f"{a}{text}{b}" for a, text, b in zip(left, texts, right, strict=True)]


def _cells(rows: Matrix, i: int | None, limit: float) -> list[str]:
    columns = shown(len(rows[0]), limit)
    if i is None:
        return [_VERTICAL if k is not None else "⋱" for k in columns]
    return [ELLIPSIS if k is None else number(rows[i][k]) for k in columns]


def _right(text: str, width: int) -> str:
    return " " * (width - cells(text)) + text


def beside(pieces: Sequence[Block | str]) -> list[str]:
    """Pieces of an equation beside each other; a str is one line."""
    blocks = [[piece] if isinstance(piece, str) else list(piece) for piece in pieces]
    height = max(map(len, blocks))
    lines = [""] * height
    for one in blocks:
        above = height // 2 - len(one) // 2
        width = max(map(cells, one))
        for index in range(height):
            text = one[index - above] if 0 <= index - above < len(one) else ""
            lines[index] += text + " " * (width - cells(text))
    return [line.rstrip() for line in lines]


# ---- LaTeX -----------------------------------------------------------------------------------------------------------


def latex_block(rows: Matrix, limit: float = LIMIT) -> str:
    """A matrix in brackets."""
    lines = []
    for i in shown(len(rows), limit):
        columns = shown(len(rows[0]), limit)
        if i is None:
            texts = [r"\ddots" if k is None else r"\vdots" for k in columns]
        else:
            texts = [r"\cdots" if k is None else latex_short(rows[i][k]) for k in columns]
        lines.append(" & ".join(texts))
    body = r" \\ ".join(lines)
    width = len(shown(len(rows[0]), limit))
    if width > MOST_COLUMNS:
        return rf"\left[ \begin{{array}}{{{'c' * width}}} {body} \end{{array}} \right]"
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"
