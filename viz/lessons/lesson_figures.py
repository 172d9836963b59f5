"""The panels of a lesson as figures, made with matplotlib: orange raises, blue lowers, as in all plots.

A figure is as wide as a column, so names of neurons and classes are cut or stand in lines of their own, and of many
rows the largest are shown. Titles and labels end at the right edge, where long names beside the axes leave them room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from autograd_core import InputError
from viz.graph.arguments import check_choice
from viz.lessons.lesson import size_of
from viz.lessons.lesson_names import input_name, neuron_name, parameter_name
from viz.lessons.lesson_text import MOST_COLUMNS, MOST_ROWS, by_size
from viz.network.sensitivity import most_sensitive
from viz.plots.canvas import add_grid, add_legend, add_scale, hide_frame, name_axes, panels, scale_of, words
from viz.plots.colours import BLUE, FAINT, GREYS, INK, SMALL, TEXT, VERMILLION
from viz.plots.images import draw_signed, in_rows

if TYPE_CHECKING:
    from viz.lessons.lesson import Lesson
    from viz.plots.canvas import Axes, Figure

ROW: Final = 0.16
"""Height of a bar, in inches."""

MOST_OUTPUTS: Final = 2 * MOST_ROWS
"""Most outputs, or neurons of a layer, in a figure; those farthest from 0 are shown."""

SHORT: Final = 0.06
"""Arrows of less than this part of the height have no head, which would point from the other side."""

WIDEST: Final = 0.2
"""The largest pixel for which signs are drawn to scale, in inches."""

NAMES: Final = 34
"""Most characters of a name beside the axes: more than half of the width is left for the bars."""

CLASS: Final = 12
"""Most characters of the name of a class where there is little room."""

LINE: Final = 50
"""Most characters that fit across a figure."""

HALF: Final = LINE // 2

FLAT: Final = 60
"""Names below the axes are turned if they have more characters in all."""

DESIRED: Final = "Desired change"


class Panel(NamedTuple):
    """A panel: the function that draws it, and which of `layer` and `neuron` choose what it shows."""

    draw: Callable[..., Figure]
    options: tuple[str, ...] = ()


def figure_of(lesson: Lesson, panel: str, layer: int | None, neuron: int | None, ax: Axes | None) -> Figure:
    """A panel as a figure, by its name.

    Args:
        lesson: the numbers.
        panel: a key of `PANELS`.
        layer: the index of a layer; by default the last one.
        neuron: the index of a neuron, or of an input for a panel about one. By default it is the neuron with the
            strongest error signal, so that something is seen, or the input with the largest desired change.
        ax: axes to draw on; by default those of a new figure.

    Raises:
        InputError: if there is no such panel, layer or neuron, or the panel is not about one.
    """
    check_choice("panel", panel, PANELS)
    draw, options = PANELS[panel]
    given = {"layer": layer, "neuron": neuron}
    for option, index in given.items():
        if index is not None and option not in options:
            takers = " and ".join(repr(name) for name, one in PANELS.items() if option in one.options)
            raise InputError(f"panel {panel!r} takes no {option}, got {option}={index!r}; {takers} do")
    if not options:
        return draw(lesson, ax)
    place = 0 if "layer" not in options else len(lesson.chosen.layers) - 1 if layer is None else layer
    default = _loudest_input if draw is figure_of_column else _loudest_neuron
    return draw(lesson, place, default(lesson, place) if neuron is None else neuron, ax)


def _loudest_neuron(lesson: Lesson, layer: int) -> int:
    return _foremost(lesson.of_layer(layer).deltas, 1)[0]


def _loudest_input(lesson: Lesson, layer: int) -> int:
    return _foremost([lesson.sum_of_column(layer, source) for source in range(len(lesson.of_layer(layer).x))], 1)[0]


def _foremost(numbers: Sequence[float], most: int) -> list[int]:
    """The places of the numbers farthest from 0, in their order."""
    order = sorted(range(len(numbers)), key=lambda index: -size_of(numbers[index]))
    return sorted(order[:most])


def figure_of_sample(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """The features as an image or as bars, and the outputs beside what they should be."""
    features, cost = lesson.chosen.features, lesson.chosen.cost
    shown = _foremost([abs(x) + abs(y) for x, y in zip(cost.predicted, cost.target or cost.predicted, strict=True)],
                      MOST_OUTPUTS)  # fmt: skip
    height = 0.7 + ROW * max(6, len(shown))
    figure, (left, right) = panels(ax, 2, 2, height=height, pictures=True)
    if lesson.shape:
        left.imshow(in_rows(list(features), lesson.shape[1]), scale_of(GREYS), interpolation="none")
        hide_frame(left)
    else:
        largest = _foremost(features, MOST_ROWS)
        _bars(left, [input_name(lesson, 0, index) for index in largest], [features[index] for index in largest])
        name_axes(left, _counted("Feature", len(largest), len(features)))
    left.set_title(_in_lines(lesson.describe(lesson.chosen)), fontsize=SMALL, color=INK, loc="left")
    right.set_box_aspect(max(1.0, len(shown) / MOST_ROWS))
    _bars(right, [lesson.classes[index] for index in shown], [cost.predicted[index] for index in shown], width=CLASS)
    if cost.target:
        targets = [cost.target[index] for index in shown]
        right.plot(targets, range(len(shown)), "D", color=INK, markersize=3, label="should be")
        _legend_above(right)
    name_axes(right, f"{_counted('Output', len(shown), len(lesson.classes))}\ncost {cost.total:.3g}")
    return figure


def figure_of_outputs(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """An arrow up or down for each output, as long as the desired change."""
    desired = lesson.chosen.layers[-1].desired
    shown = _foremost(desired, MOST_OUTPUTS)
    names = [words(lesson.classes[index], CLASS) for index in shown]
    is_turned = len("  ".join(names)) > FLAT
    figure, (panel,) = panels(ax, height=1.9 + 0.5 * is_turned)
    changes = [desired[index] for index in shown]
    short = SHORT * (max(0.0, *changes) - min(0.0, *changes))
    for place, change in enumerate(changes):
        panel.plot([place, place], [0.0, change], color=_colour(change), linewidth=1.5)
        panel.plot([place], [change], color=_colour(change), **_head(change, short))
    panel.axhline(0.0, color=FAINT, linewidth=0.6)
    panel.margins(x=1.0 / (1 + len(shown)), y=0.1)
    if not short > 0.0:
        panel.set_ylim(-1.0, 1.0)
    panel.set_xticks(range(len(shown)), names)
    if is_turned:
        panel.tick_params(axis="x", labelrotation=90)
    name_axes(panel, _counted("Output", len(shown), len(desired)), DESIRED)
    add_grid(panel)
    return figure


def figure_of_neuron(lesson: Lesson, layer: int, neuron: int, ax: Axes | None = None) -> Figure:
    """The changes of the weights of a neuron and of the activations before it, the largest first."""
    ways = (
        ("its weights, by their inputs", lesson.of_weights(layer, neuron)),
        ("the activations before it", lesson.of_inputs(layer, neuron)),
    )
    figure, axes = panels(ax, 2, height=0.8 + ROW * min(MOST_ROWS, len(ways[0][1])))
    for panel, (title, changes) in zip(axes, ways, strict=True):
        largest = by_size(changes)[:MOST_ROWS]
        _bars(panel, [input_name(lesson, layer, one.position) for one in largest], [one.change for one in largest])
        _title(panel, f"{words(neuron_name(lesson, layer, neuron), LINE - len(title))}: {title}")
        name_axes(panel, _counted(DESIRED, len(largest), len(changes)))
    return figure


def figure_of_column(lesson: Lesson, layer: int, source: int, ax: Axes | None = None) -> Figure:
    """What each neuron of a layer asks of one activation before it, and the sum."""
    asked = lesson.column(layer, source)
    changes = by_size(asked)[:MOST_OUTPUTS]
    names = [neuron_name(lesson, layer, one.position) for one in changes]
    figure, (panel,) = panels(ax, height=0.7 + ROW * (len(changes) + 1))
    _bars(panel, ["sum of all", *names], [lesson.sum_of_column(layer, source), *(one.change for one in changes)])
    panel.axhline(0.5, color=FAINT, linewidth=0.6)
    _title(panel, f"{DESIRED} of {words(input_name(lesson, layer, source), LINE - len(DESIRED))}")
    name_axes(panel, _counted("Asked for by", len(changes), len(asked)) if len(changes) < len(asked) else "")
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
    figure, (panel,) = panels(ax, height=1.1 + ROW * len(rows), pictures=True)
    image = draw_signed(panel, rows, min(2.0, WIDEST * len(rows[0])), "+-")
    panel.axvline(len(shown) - 0.5, color=INK, linewidth=1.0)
    names = ["bias" if one is None else input_name(lesson, layer, one) for one in sources]
    panel.set_yticks(range(len(rows)), [words(name, NAMES - 10) for name in names])
    panel.set_xticks([*shown, len(shown)], [*(words(lesson.sample_name(index), 9) for index in shown), "mean"])
    panel.tick_params(axis="x", labelrotation=90)
    panel.tick_params(labelsize=SMALL, length=0)
    _title(panel, words(neuron_name(lesson, layer, neuron), LINE - 10))
    add_scale(figure, image, panel, DESIRED)
    return figure


def figure_of_sensitivity(lesson: Lesson, ax: Axes | None = None) -> Figure:
    """The predicted and the real change of the cost for the parameters with the largest gradients.

    The name of a parameter has two ends, so it stands above its bar and leaves the bar the whole width.
    """
    found = most_sensitive(lesson.chosen, MOST_ROWS)
    figure, (panel,) = panels(ax, height=0.9 + 2 * ROW * len(found))
    _bars(panel, [""] * len(found), [one.predicted for one in found], "predicted", height=0.35)
    panel.plot([one.real for one in found], range(len(found)), "D", color=INK, markersize=3, label="real")
    for row, one in enumerate(found):
        name = words(parameter_name(lesson, one.layer, one.neuron, one.source), LINE + 10)
        made = panel.text(0.0, row - 0.22, name, transform=panel.get_yaxis_transform(), fontsize=SMALL, va="bottom")
        made.set(color=INK, bbox={"facecolor": panel.get_facecolor(), "edgecolor": "none", "pad": 0.5})
    panel.set_ylim(len(found) - 0.6, -0.9)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    name_axes(panel, "Change of the cost")
    _legend_above(panel)
    return figure


def figure_of_weights(lesson: Lesson, layer: int, neuron: int, ax: Axes | None = None) -> Figure:
    """The weights of a neuron and the change that the sample asks for: as images in the first layer, if it has some."""
    asked = [one.change for one in lesson.of_weights(layer, neuron)]
    weights = [weight.data for weight in lesson.of_layer(layer).weights[neuron]]
    shown = _foremost(weights, MOST_ROWS)
    height = 1.9 if lesson.shape else 0.8 + ROW * max(4, len(shown))
    figure, axes = panels(ax, 2, 2, height=height, pictures=lesson.shape is not None)
    count = "Weights" if lesson.shape or len(shown) == len(weights) else f"{len(shown)} of {len(weights):,} weights"
    titles = f"{count} of\n{words(neuron_name(lesson, layer, neuron), HALF)}", "Desired changes"
    for panel, numbers, title, label in zip(axes, (weights, asked), titles, ("Weight", DESIRED), strict=True):
        if lesson.shape:
            image = draw_signed(panel, in_rows(numbers, lesson.shape[1]), min(1.2, WIDEST * lesson.shape[1]), "-")
            add_scale(figure, image, panel, "")
        else:
            _bars(panel, [input_name(lesson, layer, index) for index in shown], [numbers[index] for index in shown])
            name_axes(panel, label)
        panel.set_title(title, fontsize=SMALL, color=INK, loc="left")
    return figure


PANELS: Final[Mapping[str, Panel]] = {
    "sample": Panel(figure_of_sample),
    "outputs": Panel(figure_of_outputs),
    "neuron": Panel(figure_of_neuron, ("layer", "neuron")),
    "activation": Panel(figure_of_column, ("layer", "neuron")),
    "averaging": Panel(figure_of_averaging, ("layer", "neuron")),
    "sensitivity": Panel(figure_of_sensitivity),
    "weights": Panel(figure_of_weights, ("neuron",)),
}
"""The panels by name; `weights` is about the first layer."""


def _bars(
    ax: Axes,
    names: Sequence[str],
    numbers: Sequence[float],
    label: str = "",
    *,
    height: float = 0.7,
    width: int = NAMES,
) -> None:
    """Draw horizontal bars from the top down, with names of at most `width` characters."""
    is_narrow = ax.get_position().width < 0.5
    ax.barh(range(len(numbers)), numbers, color=[_colour(x) for x in numbers], height=height, label=label)
    ax.axvline(0.0, color=FAINT, linewidth=0.6)
    ax.set_yticks(range(len(names)), [words(name, width) for name in names])
    ax.set_ylim(len(numbers) - 0.4, -0.6)
    ax.locator_params(axis="x", nbins=3 if is_narrow else 5)


def _title(ax: Axes, text: str) -> None:
    """A title that ends at the right edge of the axes."""
    ax.set_title(text, fontsize=TEXT, color=INK, loc="right")


def _legend_above(ax: Axes) -> None:
    add_legend(ax, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)


def _in_lines(text: str) -> str:
    r"""A description in as many lines as it has parts, each as wide as half a figure, if it does not fit into one.

    >>> _in_lines("7, read as 1"), _in_lines("a handwritten seven, read as a one")
    ('7, read as 1', 'a handwritten seven,\nread as a one')
    """
    if len(text) <= HALF:
        return words(text, HALF)
    return "\n".join(words(part, HALF) for part in text.replace(", ", ",\n", 1).split("\n"))


def _counted(name: str, shown: int, count: int) -> str:
    """A label that says how many are shown if it is not all of them.

    >>> _counted("Output", 3, 3), _counted("Output", 20, 1000)
    ('Output', 'Output (20 of 1,000)')
    """
    return name if shown == count else f"{name} ({shown} of {count:,})"


def _head(change: float, short: float) -> dict[str, Any]:
    """The marker at the tip of an arrow: a dot if the arrow is shorter than a head."""
    is_long = abs(change) > short
    return {"marker": (6 if change > 0.0 else 7) if is_long else "o", "markersize": 6 if is_long else 3}


def _colour(change: float) -> str:
    return FAINT if change == 0.0 else VERMILLION if change > 0.0 else BLUE
