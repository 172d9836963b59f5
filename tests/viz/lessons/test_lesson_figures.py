"""Figures of a walkthrough: their numbers, what they show by default, and that no text is cut or covers another."""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import pytest

pytest.importorskip("matplotlib")

import nn
from autograd_core import InputError
from figure_texts import covered_texts, cut_texts
from viz import walkthrough
from viz.lessons.lesson_figures import PANELS, figure_of
from viz.lessons.walkthrough import Walkthrough
from viz.plots.colours import BLUE, VERMILLION

SAMPLES: Final = [([1.0, -0.5], 0), ([0.25, 0.75], 1), ([-1.0, 0.0], 0)]


class Named(nn.Module):
    """A network whose layers have long names, for pictures of 8 by 8."""

    def __init__(self) -> None:
        self.encoder_of_the_whole_picture_of_a_digit = nn.Linear(64, 12, rng=0)
        self.hidden_projection_between_the_two_others = nn.Linear(12, 8, rng=1)
        self.classification_head = nn.Linear(8, 10, rng=2)

    def __call__(self, x: Any) -> Any:
        hidden = [z.tanh() for z in self.encoder_of_the_whole_picture_of_a_digit(x)]
        return self.classification_head([z.tanh() for z in self.hidden_projection_between_the_two_others(hidden)])


def small() -> Walkthrough:
    return walkthrough(nn.MLP(2, [3, 2], activation="tanh", rng=1), nn.cross_entropy, SAMPLES)


def named() -> Walkthrough:
    classes = [f"a class with a long name {index}" for index in range(10)]
    return walkthrough(Named(), nn.cross_entropy, nn.data.digits().test[:3], classes=classes)


def digits() -> Walkthrough:
    return walkthrough(nn.MLP(64, [16, 10], rng=1), nn.cross_entropy, nn.data.digits().test[:9])


def many() -> Walkthrough:
    samples = [([0.1 * index for index in range(30)], label) for label in range(20)]
    return walkthrough(nn.MLP(30, [40, 26], rng=0), nn.cross_entropy, samples)


def dead() -> Walkthrough:
    """A network most of whose neurons are dead; the first are."""
    model = nn.MLP(4, [8, 3], activation="relu", rng=3)
    for neuron in model.layers[0].neurons[:5]:
        neuron.b.data = -100.0
    return walkthrough(model, nn.cross_entropy, [([1.0, 2.0, 3.0, 4.0], 1)])


def regression() -> Walkthrough:
    return walkthrough(nn.MLP(2, [3, 1], rng=1), nn.mse_loss, [([1.0, 2.0], 0.5), ([2.0, 0.0], 1.5)])


MADE: Final[dict[str, Callable[[], Walkthrough]]] = {made.__name__: cache(made) for made in (named, many, regression)}


# ---- What can be read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("name", MADE)
def test_no_text_is_cut_or_covers_another(name: str, panel: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure: Any = MADE[name]().figure(panel)
        assert cut_texts(figure) == []
    assert covered_texts(figure) == []


@pytest.mark.parametrize(("panel", "share"), [("neuron", 0.38), ("activation", 0.38), ("sensitivity", 0.85)])
def test_long_names_leave_room_for_the_bars(panel: str, share: float) -> None:
    figure: Any = MADE["named"]().figure(panel)
    figure.draw_without_rendering()
    assert min(ax.get_position().width for ax in figure.axes) > share


# ---- The numbers -----------------------------------------------------------------------------------------------------


def test_bars_are_what_neurons_ask_for_and_their_sum() -> None:
    found = small()
    panel: Any
    (panel,) = found.figure("activation", layer=1, neuron=2).axes
    changes = sorted((one.change for one in found.lesson.column(1, 2)), key=lambda change: -abs(change))
    assert [bar.get_width() for bar in panel.patches] == [found.lesson.sum_of_column(1, 2), *changes]


def test_arrows_point_up_or_down_and_end_at_the_desired_change() -> None:
    found = digits()
    panel: Any
    (panel,) = found.figure("outputs").axes
    desired = found.lesson.chosen.layers[-1].desired
    tips = [line for line in panel.lines if len(line.get_xdata()) == 1]
    assert [line.get_ydata()[0] for line in tips] == list(desired)
    assert [line.get_color() for line in tips] == [VERMILLION if change > 0.0 else BLUE for change in desired]
    height = max(0.0, *desired) - min(0.0, *desired)
    heads = [line.get_marker() for line in tips]
    assert heads == ["o" if abs(change) <= 0.06 * height else 6 if change > 0.0 else 7 for change in desired]
    assert set(heads) == {"o", 6, 7}


def test_of_many_outputs_those_that_matter_are_shown_and_the_others_counted() -> None:
    found = many()
    (arrows,) = found.figure("outputs").axes
    desired = found.lesson.chosen.layers[-1].desired
    shown = [int(label.get_text()) for label in arrows.get_xticklabels()]
    assert shown == sorted(sorted(range(26), key=lambda index: -abs(desired[index]))[:20])
    assert arrows.get_xlabel() == "Output (20 of 26)"
    (asked,) = found.figure("activation").axes
    assert (len(asked.patches), asked.get_xlabel()) == (21, "Asked for by (20 of 26)")
    features, outputs = found.figure("sample").axes
    assert [label.get_text() for label in features.get_yticklabels()] == [f"input {index}" for index in range(20, 30)]
    assert (features.get_xlabel(), outputs.get_xlabel().split("\n")[0]) == ("Feature (10 of 30)", "Output (20 of 26)")


def test_weights_are_images_only_if_the_features_are() -> None:
    image: Any
    change: Any
    image, change, *_ = digits().figure("weights", neuron=2).axes
    assert [ax.images[0].get_array().shape for ax in (image, change)] == [(8, 8), (8, 8)]
    found = many()
    bars: Any
    bars, _ = found.figure("weights", neuron=2).axes
    weights = [weight.data for weight in found.lesson.of_layer(0).weights[2]]
    widths = [bar.get_width() for bar in bars.patches]
    assert sorted(map(abs, widths)) == sorted(map(abs, weights))[-10:]
    assert bars.get_title(loc="left") == "10 of 30 weights of\nneuron 2 of layers.0"


def test_a_figure_that_is_part_of_another_leaves_its_title_alone() -> None:
    from matplotlib.figure import Figure

    whole = Figure(figsize=(8, 4))
    whole.suptitle("mine")
    digits().figure("weights", ax=whole.subplots(1, 2)[1])
    assert whole.get_suptitle() == "mine"


def test_a_name_is_drawn_letter_by_letter() -> None:
    model = nn.MLP(2, [3, 2], activation="tanh", rng=1)
    found = walkthrough(model, nn.cross_entropy, SAMPLES, classes=["_a$", "b"])
    outputs, arrows = found.figure("sample").axes[1], found.figure("outputs").axes[0]
    for label in (outputs.get_yticklabels()[0], arrows.get_xticklabels()[0]):
        assert label.get_text() == "\N{HAIR SPACE}_a\\$"


def test_outputs_that_are_right_already_have_dots_on_the_line() -> None:
    model = nn.Linear(1, 2, rng=0)
    found = walkthrough(model, nn.mse_loss, [([1.0], [output.data for output in model([1.0])])])
    panel: Any = found.figure("outputs").axes[0]
    assert panel.get_ylim() == (-1.0, 1.0)
    assert {line.get_marker() for line in panel.lines if len(line.get_xdata()) == 1} == {"o"}


# ---- What is chosen --------------------------------------------------------------------------------------------------


def test_by_default_the_neuron_has_the_strongest_error_signal() -> None:
    found = dead()
    deltas = found.lesson.of_layer(0).deltas
    strongest = max(range(8), key=lambda index: abs(deltas[index]))
    assert deltas[strongest] != 0.0
    assert deltas[0] == 0.0
    weights: Any = found.figure("weights").axes[0]
    assert weights.get_title(loc="left").endswith(f"neuron {strongest} of layers.0")
    for panel in ("neuron", "averaging"):
        of_neuron: Any = found.figure(panel, layer=0).axes[0]
        assert of_neuron.get_title(loc="right").startswith(f"neuron {strongest} of layers.0")


def test_by_default_the_activation_has_the_largest_desired_change() -> None:
    found = digits()
    for layer in (0, 1):
        sums = [abs(found.lesson.sum_of_column(layer, source)) for source in range((64, 16)[layer])]
        drawn, expected = (
            [bar.get_width() for bar in figure.axes[0].patches]  # type: ignore[attr-defined]
            for figure in (
                found.figure("activation", layer=layer),
                found.figure("activation", layer=layer, neuron=sums.index(max(sums))),
            )
        )
        assert drawn == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"panel": "neurons"}, "panel must be 'sample' or .*; got 'neurons'"),
        ({"panel": "neuron", "layer": 5}, "a layer from 0 to 1, got 5"),
        ({"panel": "neuron", "layer": -1}, "a layer from 0 to 1, got -1"),
        ({"panel": "averaging", "neuron": 2}, "a neuron from 0 to 1, got 2"),
        ({"panel": "activation", "neuron": 3}, "an? input from 0 to 2, got 3"),
        ({"panel": "weights", "neuron": 3}, "a neuron from 0 to 2, got 3"),
        ({"panel": "weights", "neuron": "a"}, "a neuron from 0 to 2, got 'a'"),
        ({"panel": "weights", "layer": 1}, "'weights' takes no layer, got layer=1; 'neuron' and 'activation' and 'ave"),
        ({"panel": "sample", "neuron": 1}, "'sample' takes no neuron, got neuron=1; .* and 'weights' do"),
        ({"panel": "outputs", "layer": 0}, "'outputs' takes no layer"),
        ({"panel": "sensitivity", "layer": 0, "neuron": 0}, "'sensitivity' takes no layer"),
    ],
)
def test_wrong_places_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        small().figure(**options)


def test_the_panels_are_those_of_the_docstring() -> None:
    assert [name for name in PANELS if f"`{name}`" not in (Walkthrough.__doc__ or "")] == ["weights"]
    assert figure_of(small().lesson, "sample", None, None, None).axes
