"""Confusion matrices: what samples of each class were taken for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from autograd_core import InputError, ShapeError
from viz.plots.canvas import SHADES, add_scale, name_axes, panels, scale_of, shade, words
from viz.plots.colours import GRID, INK, SHARES, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.plots.canvas import Axes, Figure

DARK: Final = 0.55
"""On a shade beyond this, numbers are white."""


def plot_confusion(
    matrix: Sequence[Sequence[int]], labels: Sequence[str] | None = None, *, ax: Axes | None = None
) -> Figure:
    """How often samples of each class, in rows, were taken for each class, in columns.

    The shade of a cell is its share of the row, so classes with few samples count as much as others; a root makes
    single errors visible. Cells without samples are empty.

    Args:
        matrix: counts, a square one: from `nn.confusion_matrix`.
        labels: names of the classes; by default their numbers.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        ShapeError: if the matrix is not square, or there are not as many labels.
        InputError: if a count is negative or not finite; and without matplotlib.

    >>> figure = plot_confusion([[5, 1], [0, 4]], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['5', '1', '4']
    """
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
    edges = [place - 0.5 for place in range(len(names) + 1)]
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
        if not 0 <= count < math.inf:
            raise InputError(f"expected counts of samples, got {count!r}")
