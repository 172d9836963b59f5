"""Confusion matrices: counts of samples by true and by predicted class."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Final

from autograd_core import InputError, OperandTypeError, ShapeError
from autograd_core.calls import explained
from viz.plots.arguments import items_of
from viz.plots.canvas import SHADES, add_scale, name_axes, panels, scale_of, shade, words
from viz.plots.colours import GRID, INK, SHARES, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes, Figure

DARK: Final = 0.55
"""Numbers are white on shades darker than this."""


MATRIX: Final = "a matrix of counts, as a list of lists"


@explained()
def plot_confusion(
    matrix: Sequence[Sequence[int]], labels: Sequence[str] | None = None, *, ax: Axes | None = None
) -> Figure:
    """Plot how often the samples of each class, one class per row, were predicted to be of each class.

    The shade of a cell is the square root of its share of the true class. So classes with few samples count as much as
    others, and single errors are visible. Cells without samples are empty.

    Args:
        matrix: square matrix of counts, as `nn.confusion_matrix` returns it.
        labels: names of the classes; by default 0, 1, 2 and so on.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        ShapeError: if the matrix is not square, or the number of labels differs from that of the classes.
        OperandTypeError: if the matrix is not a list of lists of numbers.
        InputError: if a count is negative or not finite, or if matplotlib is not installed.

    >>> figure = plot_confusion([[5, 1], [0, 4]], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['5', '1', '4']
    """
    matrix = [items_of(MATRIX, row) for row in items_of(MATRIX, matrix, "nn.confusion_matrix returns one")]
    names = list(map(str, range(len(matrix)))) if labels is None else [words(str(label), 12) for label in labels]
    _check(matrix, names)
    shades = [[shade(count / (sum(row) or 1)) for count in row] for row in matrix]
    figure, (panel,) = panels(ax, height=2.75, pictures=True)
    image = panel.imshow(shades, scale_of(SHARES), vmin=0, vmax=1)
    size = min(SMALL, 90 / len(names))
    for i, row in enumerate(matrix):
        for j, count in enumerate(row):
            if count:
                colour = "white" if shades[i][j] > DARK else INK
                panel.text(j, i, f"{count:,}", fontsize=size, color=colour, ha="center", va="center")
    edges = [index - 0.5 for index in range(len(names) + 1)]
    panel.set_xticks(range(len(names)), names)
    panel.set_yticks(range(len(names)), names)
    panel.set_xticks(edges, minor=True)
    panel.set_yticks(edges, minor=True)
    panel.tick_params(which="minor", length=0)
    panel.grid(which="minor", color=GRID, linewidth=0.5)
    name_axes(panel, "Predicted class", "True class")
    add_scale(figure, image, panel, "Share of the true class (%)", SHADES)
    return figure


def _check(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> None:
    widths = [len(row) for row in matrix]
    if not widths or set(widths) != {len(matrix)}:
        raise ShapeError(f"expected a square matrix of counts, got rows of {widths} counts")
    if len(names) != len(matrix):
        raise ShapeError(f"expected {len(matrix)} labels, one for each class, got {len(names)}")
    for count in (count for row in matrix for count in row):
        if not isinstance(count, Real):
            raise OperandTypeError(f"expected counts of samples, got {count!r:.60}")
        if not 0 <= count < math.inf:
            raise InputError(f"expected counts of samples, got {count!r}")
