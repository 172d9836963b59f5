"""Plots of classes: the regions of a plane in which each is predicted, and confusions."""

import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

import matplotlib as mpl

import autograd_core as ag
from autograd_core import InputError, Value
from plotted import POINTS, axes, lines_of, saved
from viz import plots
from viz.plots.colours import LINES, pale
from viz.plots.regions import BANDS


def test_regions_are_those_of_the_model() -> None:
    calls: list[bool] = []

    def model(x: list[float]) -> Any:
        score = Value(1.0) * x[0]
        calls.append(score.op is None)
        return score

    ax, _ = axes(plots.plot_decision_regions(model, [([-1.0, 0.0], 0), ([1.0, 1.0], 1)], resolution=9))
    assert len(calls) == 81
    assert all(calls), "a graph was recorded"
    boundaries = [c.get_paths()[0].vertices for c in ax.collections if not c.get_facecolor().size]
    assert len(boundaries) == 2
    assert all(abs(x) < 1e-9 for boundary in boundaries for x, _ in boundary)
    assert [list(line.get_xdata()) for line in ax.lines] == [[-1.0], [1.0]]


@pytest.mark.parametrize("scores", ["logits", "margins"])
@pytest.mark.parametrize("model", [lambda x: x[0], lambda x: [x[0]]], ids=["number", "list"])
def test_the_classes_of_a_single_score_may_be_minus_one_and_one(model: Callable[[Any], Any], scores: str) -> None:
    samples: list[Any] = [([1.0, 1.0], 1), ([-1.0, 0.0], -1.0), ([2.0, 1.0], 1)]
    ax, *_ = axes(plots.plot_decision_regions(model, samples, scores=scores, resolution=3))
    assert [list(line.get_xdata()) for line in ax.lines] == [[-1.0], [1.0, 2.0]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class -1", "class 1"]


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        (lambda x: x[0], [0, 1, -1], "labels 0 and 1, or -1 and 1, for a model with 1 output, got 0 in sample 0"),
        (lambda x: x[0], [0, 1, 2], "or -1 and 1, for a model with 1 output, got 2 in sample 2"),
        (lambda x: x[:2], [1, -1, 1], "labels from 0 to 1, for a model with 2 outputs, got -1 in sample 1"),
        (lines_of, [2, 5, 6], "labels from 0 to 2, for a model with 3 outputs, got 5 in sample 1; write the index"),
        (lines_of, [0.5, 1.5, 1.5], "got 0.5 in sample 0"),
        (lines_of, ["a", "1", "b"], r"got 'a' in sample 0; .* names of the classes as labels=\[...\]"),
        (lines_of, [0, [1], None], r"got \[1\] in sample 1"),
        (lines_of, [0, math.nan, 1], "got nan in sample 1"),
    ],
)
def test_a_sample_of_an_unknown_class_is_an_error(model: Callable[[Any], Any], given: list[Any], message: str) -> None:
    samples = [(features, label) for (features, _), label in zip(POINTS, given, strict=True)]
    with pytest.raises(InputError, match=message):
        plots.plot_decision_regions(model, samples, resolution=2)


def test_a_class_that_is_never_predicted_has_points_and_no_region() -> None:
    (ax,) = axes(plots.plot_decision_regions(lambda x: [1.0, 0.0], POINTS[:2], scores="margins", resolution=3))
    assert len(ax.lines) == 2
    assert len(ax.collections) == 1


def reaches(ax: Any, colour: str) -> tuple[float, float]:
    """From where to where along the first feature a colour is drawn, also where another one covers it."""
    found = [c for c in ax.collections if c.get_facecolor().size and mpl.colors.to_hex(c.get_facecolor()[0]) == colour]
    xs = [x for c in found for path in c.get_paths() for x, _ in path.vertices]
    return min(xs), max(xs)


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


@pytest.mark.parametrize(
    ("model", "scores"),
    [
        (lambda x: x[0], "logits"),
        (lambda x: [x[0]], "logits"),
        (lambda x: [-x[0] / 2, x[0] / 2], "logits"),
        (lambda x: 1 / (1 + math.exp(-x[0])), "probabilities"),
        (lambda x: [1 / (1 + math.exp(x[0])), 1 / (1 + math.exp(-x[0]))], "probabilities"),
    ],
)
def test_the_colour_of_a_region_is_the_probability_of_its_class(model: Callable[[Any], Any], scores: str) -> None:
    samples = [([-8.0, 0.0], 0), ([8.0, 1.0], 1)]
    ax, bar = axes(plots.plot_decision_regions(model, samples, scores=scores, resolution=21))
    for limit, strength in BANDS.items():
        edge = log_odds(limit) if limit else 0.0
        assert reaches(ax, pale(LINES[1].colour, strength))[0] == pytest.approx(edge, abs=1e-6)
        assert reaches(ax, pale(LINES[0].colour, strength))[1] == pytest.approx(-edge, abs=1e-6)
    assert bar.get_ylabel() == "Probability of the predicted class (%)"
    assert [text.get_text() for text in bar.get_yticklabels()] == ["50", "60", "75", "90", "99", "100"]


def test_the_least_probability_of_the_best_of_three_classes_is_a_third() -> None:
    ax, bar = axes(plots.plot_decision_regions(lines_of, POINTS, resolution=12))
    assert bar.get_yticklabels()[0].get_text() == "33"
    for k, (features, _) in enumerate(POINTS):
        p = ag.softmax(lines_of(features))[k]
        drawn = [c for c in ax.collections if c.get_facecolor().size and c.get_paths()[0].contains_point(features)]
        strength = max(strength for limit, strength in BANDS.items() if p >= limit)
        assert mpl.colors.to_hex(drawn[-1].get_facecolor()[0]) == pale(LINES[k].colour, strength)


def test_margins_are_not_probabilities() -> None:
    (ax,) = axes(plots.plot_decision_regions(lines_of, POINTS, scores="margins", resolution=12))
    shades = {mpl.colors.to_hex(c.get_facecolor()[0]) for c in ax.collections if c.get_facecolor().size}
    assert shades == {pale(LINES[k].colour) for k in range(3)}


def test_scores_that_are_not_finite() -> None:
    def model(x: list[float]) -> list[float]:
        return [math.nan if x[0] > 0.5 else math.inf, -math.inf]

    figure = plots.plot_decision_regions(model, [([0.0, 0.0], 0), ([1.0, 1.0], 1)], resolution=9)
    ElementTree.fromstring(saved(figure, "svg"))  # noqa: S314 - our own
    assert reaches(axes(figure)[0], pale(LINES[0].colour, BANDS[0.99]))[1] <= 0.5


def test_confusions_are_written_where_there_are_any() -> None:
    ax = axes(plots.plot_confusion([[5, 1], [0, 1234]]))[0]
    assert [(text.get_position(), text.get_text()) for text in ax.texts] == [
        ((0, 0), "5"),
        ((1, 0), "1"),
        ((1, 1), "1,234"),
    ]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Predicted class", "True class")
