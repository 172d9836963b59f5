"""Decision regions: the class that a classifier predicts at each point of the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import InputError, ShapeError, no_grad
from viz.graph.layers import number
from viz.plots.canvas import add_legend, name_axes, panels, words
from viz.plots.colours import INK, line, pale

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

MARGIN: Final = 0.12
"""Space around the samples, as a fraction of their range."""

Sample: TypeAlias = tuple[Sequence[float], int]


def plot_decision_regions(
    model: Callable[[list[float]], Any],
    samples: Sequence[Sample],
    *,
    resolution: int = 80,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Plot the regions that a classifier of two features assigns to each class, with samples as points.

    Args:
        model: a function from two features to a list of scores, one for each class, of which the largest decides; or to
            one score, which means class 1 above 0 and class 0 otherwise. It is called under `no_grad`; put a model with
            dropout into `eval()` mode first.
        samples: pairs of two features and the index of the class.
        resolution: number of points in each direction at which the model is called.
        labels: names of the classes; by default "class 0", "class 1", ...
        ax: axes to draw on; by default those of a new figure.

    Raises:
        ShapeError: if samples do not have two features, or the number of labels differs from that of the classes.
        InputError: if there are no samples, if the resolution is less than 2, or if matplotlib is not installed.

    >>> figure = plot_decision_regions(lambda x: x[0] - x[1], [([1.0, 0.0], 1), ([0.0, 1.0], 0)], resolution=5)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    _check(samples, resolution)
    xs, ys = (_ticks([float(features[index]) for features, _ in samples], resolution) for index in range(2))
    with no_grad():
        scores = [[_scores(model([x, y])) for x in xs] for y in ys]
    classes = max(len(scores[0][0]), 1 + max(int(label) for _, label in samples))
    names = [f"class {index}" for index in range(classes)] if labels is None else list(labels)
    if len(names) != classes:
        raise ShapeError(f"expected {classes} labels, one for each class, got {len(names)}")
    figure, (panel,) = panels(ax, height=2.8)
    for index in range(len(scores[0][0])):
        _draw_region(panel, xs, ys, [[_lead(point, index) for point in row] for row in scores], line(index).colour)
    for index, name in enumerate(names):
        _draw_samples(panel, [features for features, label in samples if label == index], index, name)
    name_axes(panel, "Feature 1", "Feature 2")
    add_legend(panel, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(classes, 4), columnspacing=1.0)
    return figure


def _check(samples: Sequence[Sample], resolution: int) -> None:
    if len(samples) == 0:
        raise InputError("expected samples, which say what part of the plane to draw, got none")
    if resolution < 2:
        raise InputError(f"expected a resolution of at least 2, got {resolution}")
    wrong = [len(features) for features, _ in samples if len(features) != 2]
    if wrong:
        raise ShapeError(f"expected samples of two features, got one of {wrong[0]}; choose two to draw")


def _ticks(numbers: Sequence[float], count: int) -> list[float]:
    low, high = min(numbers), max(numbers)
    margin = MARGIN * (high - low) or 1.0
    return [low - margin + index * (high - low + 2 * margin) / (count - 1) for index in range(count)]


def _scores(output: Any) -> list[float]:
    """Return the scores of all classes; a single score is that of class 1, and class 0 has score 0."""
    if isinstance(output, (list, tuple)):
        scores = [number(score) for score in output]
        return scores if len(scores) > 1 else [0.0, *scores]
    return [0.0, number(output)]


def _lead(scores: Sequence[float], index: int) -> float:
    """Return by how much the score of a class exceeds all others."""
    return scores[index] - max(score for other, score in enumerate(scores) if other != index)


def _draw_region(ax: Axes, xs: list[float], ys: list[float], leads: list[list[float]], colour: str) -> None:
    finite = [lead for row in leads for lead in row if math.isfinite(lead)]
    highest = max(finite, default=0.0)
    if highest > 0.0:
        ax.contourf(xs, ys, leads, levels=[0.0, 2 * highest], colors=[pale(colour)])
        if min(finite) < 0.0:
            ax.contour(xs, ys, leads, levels=[0.0], colors=[INK], linewidths=0.8)


def _draw_samples(ax: Axes, points: Sequence[Sequence[float]], index: int, name: str) -> None:
    look = line(index)
    ax.plot(
        [float(x) for x, _ in points],
        [float(y) for _, y in points],
        linestyle="",
        marker=look.marker,
        markersize=3.5,
        color=look.colour,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label=words(name, 16),
    )
