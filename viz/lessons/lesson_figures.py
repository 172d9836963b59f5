"""The panels of a lesson as figures, made with matplotlib: orange raises, blue lowers, as in all plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from viz.lessons.lesson_names import input_name, neuron_name, parameter_name
from viz.lessons.lesson_text import MOST_COLUMNS, MOST_ROWS, by_size
from viz.network.sensitivity import most_sensitive
from viz.plots.canvas import add_grid, add_legend, add_scale, hide_frame, name_axes, panels, scale_of, words
from viz.plots.colours import BLUE, FAINT, GREYS, INK, SMALL, VERMILLION
from viz.plots.images import draw_signed, in_rows

if TYPE_CHECKING:
    from viz.lessons.lesson import Change, Lesson
    from viz.plots.canvas import Axes, Figure

ROW: Final = 0.16
"""Height of a bar, in inches."""

WIDEST: Final = 0.2
"""The largest pixel for which signs are drawn to scale, in inches."""

DESIRED: Final = "Desired change"


def figure_of_sample(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """The features as an image or as bars, and the outputs beside what they should be."""
    figure, (left, right) = panels(ax, 2, 2, height=max(1.8, 0.5 + ROW * len(lesson.classes)), pictures=True)
    features = lesson.chosen.features
    if lesson.shape:
        left.imshow(in_rows(list(features), lesson.shape[1]), scale_of(GREYS), interpolation="none")
        hide_frame(left)
    else:
        _bars(left, [input_name(lesson, 0, index) for index in range(len(features))][:MOST_ROWS], features[:MOST_ROWS])
    left.set_title(words(lesson.describe(lesson.chosen), 40), fontsize=SMALL, color=INK)
    cost = lesson.chosen.cost
    right.set_box_aspect(1.0)
    _bars(right, [words(name, 12) for name in lesson.classes], cost.predicted)
    if cost.target:
        right.plot(cost.target, range(len(cost.target)), "D", color=INK, markersize=3, label="should be")
        _legend_above(right)
    name_axes(right, f"Output (cost {cost.total:.3g})")
    return figure


def figure_of_outputs(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """An arrow up or down for each output, as long as the desired change."""
    desired = lesson.chosen.layers[-1].desired
    figure, (panel,) = panels(ax, height=1.9)
    for index, change in enumerate(desired):
        panel.plot([index, index], [0.0, change], color=_colour(change), linewidth=1.5)
        panel.plot([index], [change], "^" if change > 0.0 else "v", color=_colour(change), markersize=6)
    panel.axhline(0.0, color=FAINT, linewidth=0.6)
    panel.margins(y=0.1)
    panel.set_xticks(range(len(desired)), [words(name, 12) for name in lesson.classes])
    name_axes(panel, "Output", DESIRED)
    add_grid(panel)
    return figure


def figure_of_neuron(lesson: Lesson, layer: int, neuron: int, ax: Axes | None = None) -> Figure:
    """The changes of the weights of a neuron and of the activations before it, the largest first."""
    ways = (
        ("its weights, by their inputs", lesson.of_weights(layer, neuron)),
        ("the activations before it", lesson.of_inputs(layer, neuron)),
    )
    figure, axes = panels(ax, 2, height=0.7 + ROW * min(MOST_ROWS, len(ways[0][1])))
    for panel, (title, changes) in zip(axes, ways, strict=True):
        largest = by_size(changes)[:MOST_ROWS]
        _bars(panel, [input_name(lesson, layer, one.position) for one in largest], [one.change for one in largest])
        name_axes(panel, DESIRED, title=f"{words(neuron_name(lesson, layer, neuron), 30)}: {title}")
    return figure


def figure_of_column(lesson: Lesson, layer: int, source: int, ax: Axes | None = None) -> Figure:
    """What each neuron of a layer asks of one activation before it, and the sum."""
    changes: Sequence[Change] = by_size(lesson.column(layer, source))[: 2 * MOST_ROWS]
    names = [neuron_name(lesson, layer, one.position) for one in changes]
    figure, (panel,) = panels(ax, height=0.7 + ROW * (len(changes) + 1))
    _bars(panel, ["sum of all", *names], [lesson.sum_of_column(layer, source), *(one.change for one in changes)])
    panel.axhline(0.5, color=FAINT, linewidth=0.6)
    name_axes(panel, f"{DESIRED} of {words(input_name(lesson, layer, source), 40)}")
    return figure


def figure_of_averaging(lesson: Lesson, layer: int, neuron: int, ax: Axes | None = None) -> Figure:
    """What the samples ask for in some weights of a neuron, and the mean, as a signed image."""
    sources = lesson.by_mean_change(layer, neuron)[:MOST_ROWS]
    shown = range(min(len(lesson.samples), MOST_COLUMNS))
    rows = [
        [
            *(lesson.asked_by_samples(layer, neuron, one)[index] for index in shown),
            lesson.mean_change(layer, neuron, one),
        ]
        for one in sources
    ]
    figure, (panel,) = panels(ax, height=0.8 + ROW * len(rows), pictures=True)
    image = draw_signed(panel, rows, min(2.0, WIDEST * len(rows[0])), "+-")
    panel.axvline(len(shown) - 0.5, color=INK, linewidth=1.0)
    panel.set_yticks(
        range(len(rows)), ["bias" if one is None else words(input_name(lesson, layer, one)) for one in sources]
    )
    panel.set_xticks([*shown, len(shown)], [*(words(lesson.sample_name(index), 9) for index in shown), "mean"])
    panel.tick_params(axis="x", labelrotation=45)
    panel.tick_params(labelsize=SMALL, length=0)
    add_scale(figure, image, panel, DESIRED)
    return figure


def figure_of_sensitivity(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """The predicted and the real change of the cost for the parameters with the largest gradients."""
    found = most_sensitive(lesson.chosen, MOST_ROWS)
    figure, (panel,) = panels(ax, height=0.9 + ROW * len(found))
    names = [parameter_name(lesson, one.layer, one.neuron, one.source) for one in found]
    _bars(panel, names, [one.predicted for one in found], "predicted")
    panel.plot([one.real for one in found], range(len(found)), "D", color=INK, markersize=3, label="real")
    name_axes(panel, "Change of the cost")
    _legend_above(panel)
    return figure


def figure_of_weights(lesson: Lesson, neuron: int, ax: Axes | None = None) -> Figure:
    """The weights of a neuron of the first layer as an image, and the change that the sample asks for."""
    columns = lesson.shape[1] if lesson.shape else len(lesson.chosen.features)
    asked = [one.change for one in lesson.of_weights(0, neuron)]
    weights = [weight.data for weight in lesson.of_layer(0).weights[neuron]]
    figure, axes = panels(ax, 2, 2, height=1.9, pictures=True)
    for panel, numbers, title in zip(axes, (weights, asked), ("Weights", DESIRED), strict=True):
        image = draw_signed(panel, in_rows(numbers, columns), min(1.2, WIDEST * columns), "-")
        panel.set_title(title, fontsize=SMALL, color=INK)
        add_scale(figure, image, panel, "")
    figure.suptitle(words(neuron_name(lesson, 0, neuron), 40), fontsize=SMALL, color=INK)
    return figure


def _bars(ax: Axes, names: Sequence[str], numbers: Sequence[float], label: str = "") -> None:
    """Draw horizontal bars from the top down."""
    ax.barh(range(len(numbers)), numbers, color=[_colour(x) for x in numbers], height=0.7, label=label)
    ax.axvline(0.0, color=FAINT, linewidth=0.6)
    ax.set_yticks(range(len(names)), [words(name, 60) for name in names])
    ax.set_ylim(len(numbers) - 0.4, -0.6)


def _legend_above(ax: Axes) -> None:
    add_legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _colour(change: float) -> str:
    return VERMILLION if change > 0.0 else BLUE
