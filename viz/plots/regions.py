"""Decision regions: the class that a classifier predicts at each point of the plane, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence, Sized
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import InputError, OperandTypeError, ShapeError, no_grad, softmax
from autograd_core.calls import explained
from viz.graph.arguments import check_choice
from viz.graph.layers import number
from viz.plots.arguments import items_of
from viz.plots.canvas import add_bands, add_legend, name_axes, panels, words
from viz.plots.colours import FAINT, INK, line, pale
from viz.plots.landscape import check_resolution

if TYPE_CHECKING:
    from viz.plots.canvas import Axes, Figure

MARGIN: Final = 0.12
"""Space around the samples, as a fraction of their range."""

BANDS: Final = {0.0: 0.08, 0.6: 0.17, 0.75: 0.28, 0.9: 0.4, 0.99: 0.55}
"""How strong the colour of a class is from a probability on."""

_PLAIN: Final = 0.25
"""The strength of the colour where there are no probabilities."""

APART: Final = "list(zip(X, y)) makes samples of features and labels that are kept apart"

SCORES: Final = ("logits", "probabilities", "margins")

_LIMIT: Final = 1e6
"""Scores beyond this are drawn like it."""

Sample: TypeAlias = tuple[Sequence[float], int]


@explained("the model comes first, then the samples: plot_decision_regions(model, samples)")
def plot_decision_regions(
    model: Callable[[list[float]], Any],
    samples: Sequence[Sample],
    *,
    scores: str = "logits",
    resolution: int = 80,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Plot the regions that a classifier of two features assigns to each class, with samples as points.

    The colour is that of the predicted class. It is the stronger, the more probable this class is according to the
    model; a bar beside the plot says how probable.

    Args:
        model: a function from two features to a list of scores, one for each class, of which the largest decides; or to
            one score, that of class 1. It is called under `no_grad`; put a model with dropout into `eval()` mode first.
        samples: pairs of two features and a label: the index of the class. For a model with one score, the labels may
            be -1 and 1 instead of 0 and 1, as for the hinge loss.
        scores: what the model returns. `"logits"`, by default because losses such as `cross_entropy` take them: the
            probabilities are their softmax, or the sigmoid of a single one. `"probabilities"`: a single one means class
            1 above 0.5. `"margins"`: scores without probabilities, such as those of a hinge loss; then all of a region
            has one colour, and a single score means class 1 above 0.
        resolution: number of points in each direction at which the model is called.
        labels: names of the classes; by default "class 0", "class 1", ..., with -1 for 0 if a sample has that label.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        OperandTypeError: if the model is not callable, or the samples are not pairs in a list.
        ShapeError: if samples do not have two features, or the number of labels differs from that of the classes.
        InputError: if there are no samples, if a label is not that of a class of the model, if the resolution is less
            than 2, if there is no such kind of scores, if probabilities are not from 0 to 1, or if matplotlib is not
            installed.

    >>> figure = plot_decision_regions(lambda x: x[0] - x[1], [([1.0, 0.0], 1), ([0.0, 1.0], 0)], resolution=5)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    check_choice("scores", scores, SCORES)
    _check(model, samples, resolution)
    xs, ys = (_ticks([float(features[index]) for features, _ in samples], resolution) for index in range(2))
    with no_grad():
        outputs = [[_scores(model([x, y])) for x in xs] for y in ys]
    points = _by_label(samples, len(outputs[0][0]))
    classes = len(points)
    names = [f"class {label}" for label in points] if labels is None else list(labels)
    if len(names) != classes:
        raise ShapeError(f"expected {classes} labels, one for each class, got {len(names)}")
    logits = [[_logits(given, scores) for given in row] for row in outputs]
    figure, (panel,) = panels(ax, height=2.8)
    has_bands = scores != "margins"
    odds = [[_log_odds(point) if has_bands else point for point in row] for row in logits]
    for index in range(classes):
        leads = [[_lead(point, index) for point in row] for row in logits]
        _draw_region(panel, xs, ys, leads, pale(line(index).colour, BANDS[0.0] if has_bands else _PLAIN))
        for limit, strength in list(BANDS.items())[1:] if has_bands else ():
            inside = [
                [min(lead, point[index] - math.log(limit / (1.0 - limit))) for lead, point in zip(*rows, strict=True)]
                for rows in zip(leads, odds, strict=True)
            ]
            _draw_region(panel, xs, ys, inside, pale(line(index).colour, strength))
        _draw_border(panel, xs, ys, leads)
    for index, (name, features) in enumerate(zip(names, points.values(), strict=True)):
        _draw_samples(panel, features, index, name)
    name_axes(panel, "Feature 1", "Feature 2")
    add_legend(panel, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(classes, 4), columnspacing=1.0)
    if has_bands:
        ends = [100.0 / classes, *(100.0 * limit for limit in BANDS if limit), 100.0]
        greys = [pale(FAINT, strength / max(BANDS.values())) for strength in BANDS.values()]
        add_bands(figure, panel, greys, ends, "Probability of the predicted class (%)")
    return figure


def _check(model: object, samples: Sequence[Sample], resolution: int) -> None:
    if not callable(model):
        raise OperandTypeError(
            f"expected as model a function from two features to scores, got {type(model).__name__}; "
            "the model comes first, then the samples"
        )
    pairs = items_of("samples in a list, each (features, label)", samples, APART)
    if not pairs:
        raise InputError("expected samples, which say what part of the plane to draw, got none")
    for pair in pairs:
        if not (isinstance(pair, Sequence) and len(pair) == 2 and isinstance(pair[0], Sized)):
            raise OperandTypeError(f"expected every sample as a pair (features, label), got {pair!r:.60}; {APART}")
    check_resolution(resolution)
    wrong = [len(features) for features, _ in samples if len(features) != 2]
    if wrong:
        raise ShapeError(f"expected samples of two features, got one of {wrong[0]}; choose two to draw")


def _ticks(numbers: Sequence[float], count: int) -> list[float]:
    low, high = min(numbers), max(numbers)
    margin = MARGIN * (high - low) or 1.0
    return [low - margin + index * (high - low + 2 * margin) / (count - 1) for index in range(count)]


def _by_label(samples: Sequence[Sample], outputs: int) -> dict[int, list[Sequence[float]]]:
    """Return the features of the samples of each class, under its label, in the order of the classes.

    Raises:
        InputError: if a label is not that of a class of a model with that many outputs.
    """
    whole = [_whole(label) for _, label in samples]
    known = range(-1, 2, 2) if outputs == 1 and -1 in whole else range(max(outputs, 2))
    points: dict[int, list[Sequence[float]]] = {label: [] for label in known}
    for index, (label, (features, given)) in enumerate(zip(whole, samples, strict=True)):
        if label not in points:
            expected = "0 and 1, or -1 and 1" if outputs == 1 else f"from 0 to {outputs - 1}"
            raise InputError(
                f"expected labels {expected}, for a model with {outputs} output{'s' * (outputs > 1)}, "
                f"got {given!r:.60} in sample {index}; write the index of the class, counted "
                "from 0, and give the names of the classes as labels=[...]"
            )
        points[label].append(features)
    return points


def _whole(label: Any) -> int | None:
    """Return a label as an int; None if it is not a whole number."""
    try:
        whole = int(label)
    except (TypeError, ValueError, OverflowError):
        return None
    return whole if whole == label else None


def _scores(output: Any) -> list[float]:
    return [number(score) for score in output] if isinstance(output, (list, tuple)) else [number(output)]


def _logits(given: list[float], scores: str) -> list[float]:
    """Return the logits of all classes; of a single logit, that of class 0 is 0."""
    if scores == "probabilities":
        given = [math.log(max(p, math.ulp(0.0))) for p in _probabilities(given)]
    elif len(given) == 1:
        given = [0.0, *given]
    return [math.copysign(min(abs(x), _LIMIT), x) if x == x else x for x in given]  # noqa: PLR0124 - nan stays


def _probabilities(given: list[float]) -> list[float]:
    """Return the probabilities of all classes.

    Raises:
        InputError: if one is not from 0 to 1.
    """
    wrong = [p for p in given if not 0.0 <= p <= 1.0]
    if wrong:
        raise InputError(f"expected probabilities, from 0 to 1, got {wrong[0]!r}; scores='logits' takes any numbers")
    return [1.0 - given[0], *given] if len(given) == 1 else given


def _log_odds(logits: list[float]) -> list[float]:
    """Return log(p / (1 - p)) of each class, whose bands have smoother borders than those of p."""
    return [math.log(max(p, math.ulp(0.0))) - math.log1p(-min(p, 1.0 - 2.0**-53)) for p in softmax(logits)]


def _lead(scores: Sequence[float], index: int) -> float:
    """Return by how much the score of a class exceeds all others."""
    return scores[index] - max(score for other, score in enumerate(scores) if other != index)


def _draw_region(ax: Axes, xs: list[float], ys: list[float], inside: list[list[float]], colour: str) -> None:
    """Fill the region in which a function is not negative."""
    highest = max((x for row in inside for x in row if math.isfinite(x)), default=0.0)
    if highest > 0.0:
        ax.contourf(xs, ys, inside, levels=[0.0, 2 * highest], colors=[colour])


def _draw_border(ax: Axes, xs: list[float], ys: list[float], leads: list[list[float]]) -> None:
    finite = [lead for row in leads for lead in row if math.isfinite(lead)]
    if finite and min(finite) < 0.0 < max(finite):
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
