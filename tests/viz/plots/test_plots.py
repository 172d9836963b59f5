"""Plots show the given numbers, save the same bytes each time, and do not change the globals of matplotlib."""

import io
import math
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

import matplotlib as mpl
from matplotlib.figure import Figure

import autograd_core as ag
import nn
from autograd_core import AutogradError, InputError, OperandTypeError, ShapeError, Value
from nn.training.history import Epoch, History
from processes import outputs
from viz import plots
from viz.plots.colours import COLUMN, LINES, SIGNED, pale
from viz.plots.regions import BANDS


class Record(NamedTuple):
    """A history as a user may write it."""

    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None


HISTORY = History(
    [
        Epoch(2.0, 0.25, 2.5, 0.2, 0.1, {"layers.0": 0.5, "layers.1": 2.0}),
        Epoch(1.0, 0.5, 1.5, 0.4, 0.1, {"layers.0": 0.25, "layers.1": 1.0}),
        Epoch(0.5, 0.75, 1.75, 0.3, 0.1, {"layers.0": 0.0, "layers.1": 0.5}),
    ]
)
SNAPSHOTS = [{"layers.0": [0.1, -0.01, 0.0], "layers.1": [1.0, math.nan]}, {"layers.0": [0.2], "layers.1": [2.0]}]
WEIGHTS = [[1.0, -0.5, 0.25, 0.0], [0.0, 2.0, -2.0, 1.0], [0.5, 0.5, 0.5, math.nan]]
IMAGE = [0.0, 0.9, 0.5, 0.1]
POINTS = [([0.0, 1.0], 0), ([1.0, 0.0], 1), ([2.0, 2.0], 2)]


def lines_of(x: Any) -> list[Any]:
    """Scores of three classes, linear in two features or more."""
    return [x[1] - x[0], x[0] - x[1], x[0] + x[1] - 2.0]


def trained() -> nn.MLP:
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    model([0.5, -1.0]).backward()
    return model


def descent_of_two() -> nn.Descent:
    """Two paths in a space of more than two directions."""
    ways = {"batch": nn.Way(lr=0.5), "stochastic": nn.Way(1, lr=0.2)}
    model = nn.MLP(2, [2], rng=0)
    return nn.descend(model, nn.cross_entropy, nn.data.moons(4, rng=0), ways, epochs=3, rng=0)


PLOTS: dict[str, Callable[..., Figure]] = {
    "history": lambda **o: plots.plot_history(HISTORY, **o),
    "one measure": lambda **o: plots.plot_history(HISTORY, ["loss"], log=True, **o),
    "norms": lambda **o: plots.plot_gradient_norms(HISTORY, **o),
    "flow": lambda **o: plots.plot_gradient_flow(trained(), **o),
    "gradients": lambda **o: plots.plot_histograms(SNAPSHOTS, **o),
    "activations": lambda **o: plots.plot_histograms(SNAPSHOTS, "Activation", every=5, **o),
    "regions": lambda **o: plots.plot_decision_regions(lines_of, POINTS, resolution=12, **o),
    "weights": lambda **o: plots.plot_weights(WEIGHTS, **o),
    "saliency": lambda **o: plots.plot_saliency(lines_of, IMAGE, 1, **o),
    "saliency by loss": lambda **o: plots.plot_saliency(lines_of, IMAGE, 2, of="loss", **o),
    "schedule": lambda **o: plots.plot_schedule(nn.schedules.cosine(0.1, 20), 20, **o),
    "schedules": lambda **o: plots.plot_schedule({"a": lambda n: 0.1, "b": lambda n: 1 / (1 + n)}, 9, log=True, **o),
    "descent": lambda **o: plots.plot_descent(descent_of_two(), resolution=8, **o),
    "confusion": lambda **o: plots.plot_confusion([[5, 1, 0], [0, 0, 0], [2, 0, 9]], ["a", "b", "c"], **o),
}

each_plot = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


def axes(figure: Figure) -> list[Any]:
    """The axes of a figure, without the types of matplotlib, which do not describe what was drawn."""
    return list(figure.axes)


def saved(figure: Figure, ending: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=ending, dpi=50)  # few pixels, for speed
    return file.getvalue()


# ---- All of them -----------------------------------------------------------------------------------------------------


@each_plot
def test_the_same_plot_is_saved_as_the_same_bytes_and_nothing_global_is_touched(plot: Callable[..., Figure]) -> None:
    before = mpl.rcParams.copy()
    first, second = plot(), plot()
    text = saved(first, "svg")
    assert saved(second, "svg") == text
    ElementTree.fromstring(text)  # noqa: S314 - our own
    assert b"<dc:date>" not in text
    assert mpl.rcParams.copy() == before


@pytest.mark.parametrize(
    ("name", "form", "written", "begins"),
    [
        ("a.svg", None, "a.svg", b"<?xml"),
        ("a.SVG", None, "a.SVG", b"<?xml"),
        ("a.txt", "svg", "a.txt", b"<?xml"),
        ("a", "pdf", "a", b"%PDF"),
        ("a", None, "a.png", b"\x89PNG"),
        ("a.", None, "a.png", b"\x89PNG"),
    ],
)
def test_a_path_is_read_as_matplotlib_reads_it(
    name: str, form: str | None, written: str, begins: bytes, tmp_path: Path
) -> None:
    for made in (str, Path):
        figure = plots.plot_confusion([[1]])
        figure.savefig(made(tmp_path / name), format=form)
        assert [path.name for path in tmp_path.iterdir()] == [written]
        assert (tmp_path / written).read_bytes().startswith(begins)
        assert b"<dc:date>" not in (tmp_path / written).read_bytes()
        (tmp_path / written).unlink()
    with pytest.raises(ValueError, match="not supported"):
        figure.savefig(tmp_path / "a.nonsense")
    assert list(tmp_path.iterdir()) == []


def test_png_is_the_same_bytes_too() -> None:
    assert saved(PLOTS["confusion"](), "png") == saved(PLOTS["confusion"](), "png")


def test_pdf_has_no_date_either() -> None:
    assert b"CreationDate" not in saved(PLOTS["schedule"](), "pdf")


def test_other_processes_save_the_same_and_import_matplotlib_for_the_first_plot_and_pyplot_never() -> None:
    program = """
import io, sys
from viz.plots import plot_confusion
file = io.StringIO()
print("matplotlib" in sys.modules)
plot_confusion([[2, 1], [0, 3]]).savefig(file, format="svg")
print("matplotlib" in sys.modules, "matplotlib.pyplot" in sys.modules)
print(file.getvalue())
"""
    (printed,) = outputs(program)
    assert printed.split()[:3] == ["False", "True", "False"]
    assert "</svg>" in printed


@each_plot
def test_axes_have_names_and_letters_of_a_size_to_read(plot: Callable[..., Figure]) -> None:
    figure = plot()
    assert figure.get_figwidth() in {COLUMN, 2 * COLUMN}
    pictures = [ax for ax in axes(figure) if not len(ax.get_xticks())]
    for ax in axes(figure):
        assert ax in pictures or ax.get_xlabel() or ax.get_ylabel() or ax.get_title()
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts):
            assert label.get_fontsize() >= 6.0


@each_plot
def test_nothing_is_cut_off_at_the_edges(plot: Callable[..., Figure]) -> None:
    figure = plot()
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    assert min(drawn.x0, drawn.y0) >= -0.01
    assert drawn.x1 <= figure.get_figwidth() + 0.01
    assert drawn.y1 <= figure.get_figheight() + 0.01


@each_plot
def test_axes_that_are_given_are_drawn_on(plot: Callable[..., Figure]) -> None:
    own: Any = Figure(figsize=(14, 4), layout="constrained")
    left, right = own.subplots(1, 2)
    right.set_title("untouched")
    assert plot(ax=left) is own
    assert len(axes(own)) >= 2
    assert [ax for ax in axes(own) if ax is right or ax.get_title() == "untouched"] == [right]
    assert not right.lines
    assert any(ax.lines or ax.images or ax.collections for ax in axes(own))
    own.draw_without_rendering()


@each_plot
def test_what_is_not_axes_is_refused(plot: Callable[..., Figure]) -> None:
    with pytest.raises(OperandTypeError, match="expected axes of matplotlib as ax, or None, got Figure"):
        plot(ax=Figure())


def test_axes_of_a_subfigure_give_the_whole_figure() -> None:
    own: Any = Figure()
    assert PLOTS["schedule"](ax=own.subfigures(1, 2)[0].subplots()) is own


def test_axes_that_cannot_be_divided_are_an_error() -> None:
    with pytest.raises(InputError, match="not part of a grid"):
        PLOTS["history"](ax=Figure().add_axes((0.0, 0.0, 1.0, 1.0)))


def test_figures_are_pickled_and_shown_in_notebooks() -> None:
    figure = PLOTS["schedule"]()
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(figure))  # noqa: S301 - our own
    assert saved(again, "svg") == saved(figure, "svg")


def test_without_matplotlib_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for plot in PLOTS.values():
        with pytest.raises(InputError, match=r'pip install "autograd-core\[plots\]"'):
            plot()


# ---- Curves ----------------------------------------------------------------------------------------------------------


def test_curves_show_the_history() -> None:
    loss, accuracy = axes(plots.plot_history(HISTORY))
    assert [list(line.get_ydata()) for line in loss.lines] == [[2.0, 1.0, 0.5], [2.5, 1.5, 1.75]]
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[25.0, 50.0, 75.0], [20.0, 40.0, 30.0]]
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]
    assert (loss.get_ylabel(), accuracy.get_ylabel(), accuracy.get_xlabel()) == ("Loss", "Accuracy (%)", "Epoch")


def test_what_was_not_measured_is_not_drawn() -> None:
    (loss,) = axes(plots.plot_history([Record(2.0), Record(1.0, None, 3.0)]))
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert math.isnan(loss.lines[1].get_ydata()[0])
    (alone,) = axes(plots.plot_history([Record(2.0)]))
    assert [line.get_label() for line in alone.lines] == ["training"]


def test_a_loss_that_is_not_finite_is_marked() -> None:
    (loss,) = axes(plots.plot_history([Record(2.0), Record(math.nan), Record(math.inf)]))
    assert [text.get_text() for text in loss.texts] == ["2 epochs not finite "]


def test_a_real_training_is_drawn() -> None:
    samples = [([float(x)], float(x % 2)) for x in range(4)]
    model = nn.MLP(1, [2, 1], rng=0)
    history = nn.fit(model, nn.mse_loss, samples, nn.optim.SGD(model.parameters(), 0.01), epochs=3)
    assert len(axes(plots.plot_history(history))[0].lines[0].get_ydata()) == 3
    assert len(axes(plots.plot_gradient_norms(history))[0].lines) == 2


def test_a_gradient_of_zero_is_a_gap_on_a_logarithmic_scale() -> None:
    (ax,) = axes(plots.plot_gradient_norms(HISTORY))
    assert ax.get_yscale() == "log"
    assert list(ax.lines[0].get_ydata())[:2] == [0.5, 0.25]
    assert math.isnan(ax.lines[0].get_ydata()[2])


def test_schedules_are_drawn_update_by_update() -> None:
    schedule = nn.schedules.step(0.5, 2, gamma=0.5)
    (ax,) = axes(plots.plot_schedule(schedule, 5))
    assert list(ax.lines[0].get_ydata()) == nn.schedules.sample(schedule, 5)
    assert ax.get_ylim()[0] == 0.0


def test_lines_differ_in_more_than_colour() -> None:
    assert len({(line.dashes, line.marker) for line in LINES}) == len(LINES)
    (ax,) = axes(PLOTS["schedules"]())
    assert len({line.get_linestyle() for line in ax.lines}) == 2


# ---- Layers ----------------------------------------------------------------------------------------------------------


def test_gradients_by_layer() -> None:
    model = trained()
    found = plots.gradients_of(model)
    assert found.keys() == {"layers.0", "layers.1"}
    assert found["layers.1"] == [p.grad for p in model.layers[1].parameters()]


def test_activations_by_layer_hold_each_unit_once_for_each_sample() -> None:
    model = nn.MLP(2, [3, 4, 1], activation="tanh", rng=0)
    samples = [[0.5, -1.0], [1.0, 2.0]]
    loss = nn.mse_loss([model(x) for x in samples], [0.0, 1.0])
    found = plots.activations_of(model, loss)
    assert {layer: len(numbers) for layer, numbers in found.items()} == {"layers.0": 6, "layers.1": 8}
    expected = [unit.data for x in samples for unit in model.layers[0](x)]
    assert sorted(found["layers.0"]) == sorted(expected)


@pytest.mark.parametrize("combine", [lambda a, b: a * 1.0 + b * 1.0, lambda a, b: a * 1.0 - a * 2.0])
def test_what_is_made_of_outputs_is_no_unit(combine: Callable[[Any, Any], Any]) -> None:
    a, b = Value(1.0), Value(2.0)
    assert not plots.activations_of({"x.neurons.0.w": a, "x.neurons.1.w": b}, combine(a, b).relu())


def test_gradient_flow_shows_mean_and_largest() -> None:
    (ax,) = axes(plots.plot_gradient_flow({"a.w.0": leaf(3.0), "a.w.1": leaf(-4.0), "b.w": leaf(0.0)}))
    means, tops = ax.lines[:2]
    assert list(means.get_xdata()) == pytest.approx([math.sqrt(12.5), 0.0])
    assert list(tops.get_xdata()) == [4.0, 0.0]
    assert [text.get_text().strip() for text in ax.texts] == ["all 0"]


def leaf(gradient: float) -> Value:
    value = Value(1.0)
    value.grad = gradient
    return value


def test_histograms_hold_the_share_of_each_bin() -> None:
    (ax, *_) = axes(plots.plot_histograms([{"a": [0.001, -0.001, 1.0, math.nan]}, {}]))
    shares = [float(shade) ** 2 for shade, _ in ax.images[0].get_array()]
    assert math.isclose(sum(shares), 1.0)
    assert math.isclose(max(shares), 2 / 3)
    assert (ax.images[0].get_extent()[2], ax.images[0].get_extent()[3]) == (-3.0, 0.0)


def test_a_single_snapshot_has_bars_and_no_axis_of_time() -> None:
    first, second = axes(plots.plot_histograms([{"a": [0.001, -0.001, 1.0, math.nan], "b": [0.01]}]))
    heights, edges, _ = first.patches[0].get_data()
    assert sum(heights) == pytest.approx(100.0)
    assert max(heights) == heights[0] == pytest.approx(200 / 3)
    assert (edges[0], edges[-1]) == (-3.0, 0.0) == first.get_xlim() == second.get_xlim()
    assert [ax.get_xlabel() for ax in (first, second)] == ["Gradient (size)"] * 2
    assert first.get_ylabel() == "Share of the numbers (%)"
    assert first.get_ylim() == second.get_ylim()


@pytest.mark.parametrize(
    ("numbers", "quantity", "limits"),
    [
        ([0.5], "Activation", (0.25, 0.75)),
        ([0.0, 0.0], "Activation", (-0.5, 0.5)),
        ([-1e20], "Activation", (-1.5e20, -0.5e20)),
        ([1.0], "Gradient", (-1.0, 0.0)),
        ([0.0], "Gradient", (-1.0, 0.0)),
    ],
)
def test_equal_numbers_have_a_range_around_them(
    numbers: list[float], quantity: str, limits: tuple[float, float]
) -> None:
    (ax,) = axes(plots.plot_histograms([{"a": numbers}], quantity))
    assert ax.get_xlim() == limits
    assert max(ax.patches[0].get_data()[0]) == 100.0


@pytest.mark.parametrize("snapshots", [1, 2])
def test_the_lowest_label_says_that_smaller_numbers_count_there(snapshots: int) -> None:
    for smallest, lowest in ((0.0, r"$\leq$$10^{-2}$"), (0.01, "$10^{-2}$"), (1e-30, r"$\leq$$10^{-12}$")):
        (ax, *_) = axes(plots.plot_histograms([{"a": [smallest, 0.01, 1.0]}] * snapshots))
        labels = (ax.xaxis if snapshots == 1 else ax.yaxis).get_ticklabels()
        assert labels[0].get_text() == lowest


# ---- Classes ---------------------------------------------------------------------------------------------------------


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


# ---- Pictures --------------------------------------------------------------------------------------------------------


def test_weights_stand_side_by_side_on_a_symmetric_scale() -> None:
    image = axes(plots.plot_weights(WEIGHTS, columns=2))[0].images[0]
    rows = image.get_array().filled(math.nan).tolist()
    assert (image.norm.vmin, image.norm.vmax) == (-2.0, 2.0)
    body = [row for row in rows if any(not math.isnan(x) for x in row)]
    assert [row[:2] for row in body[:2]] == [[1.0, -0.5], [0.25, 0.0]]
    assert [row[3:] for row in body[:2]] == [[0.0, 2.0], [-2.0, 1.0]]


def test_layers_neurons_and_values_have_weights() -> None:
    layer = nn.Layer(4, 2, rng=0)
    expected = saved(plots.plot_weights(layer), "png")
    assert saved(plots.plot_weights(layer.neurons), "png") == expected
    assert saved(plots.plot_weights([neuron.w for neuron in layer.neurons]), "png") == expected


def test_the_colours_of_both_signs_differ_and_zero_is_white() -> None:
    assert SIGNED[len(SIGNED) // 2] == "#ffffff"
    assert len(set(SIGNED)) == len(SIGNED)


def test_saliency_is_the_gradient_and_leaves_the_parameters_alone() -> None:
    model = nn.MLP(4, [5, 3], activation="tanh", rng=0)
    pixels = [0.1, 0.9, 0.4, 0.3]
    leaves = [Value(pixel) for pixel in pixels]
    gradient = plots.saliency(model, pixels, 2)
    assert all(parameter.grad == 0.0 for parameter in model.parameters())
    model(leaves)[2].backward()
    assert gradient == [pixel.grad for pixel in leaves]


def test_saliency_of_the_loss_points_to_less_of_it() -> None:
    model = nn.MLP(4, [5, 3], activation="tanh", rng=0)
    pixels = [0.1, 0.9, 0.4, 0.3]
    better = [
        pixel + 1e-3 * gradient
        for pixel, gradient in zip(pixels, plots.saliency(model, pixels, 1, "loss"), strict=True)
    ]
    assert nn.cross_entropy(model(better), 1).data < nn.cross_entropy(model(pixels), 1).data


def test_the_signs_of_a_saliency_are_written_on_the_pixels() -> None:
    ax = axes(plots.plot_saliency(lambda x: [x[0] - x[3], x[1]], IMAGE, 0))[1]
    places = {line.get_marker(): list(zip(line.get_xdata(), line.get_ydata(), strict=True))
              for line in ax.lines if len(line.get_xdata())}  # fmt: skip
    assert places == {"+": [(0, 0)], "_": [(1, 1)]}


def test_a_dark_image_has_no_outline() -> None:
    figure = plots.plot_saliency(lines_of, [0.0] * 4, 0)
    assert not axes(figure)[1].collections


# ---- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plot", "error", "message"),
    [
        (lambda: plots.plot_history([]), InputError, "at least one epoch"),
        (lambda: plots.plot_history([Record(1.0)], ["accuracy"]), InputError, r"\['loss'\]"),
        (lambda: plots.plot_history([Record(1.0)], []), InputError, "expected measures"),
        (lambda: plots.plot_gradient_norms([Record(1.0)]), InputError, "gradient_norms"),
        (lambda: plots.plot_gradient_flow(nn.MLP(2, [1])), InputError, r"call backward\(\)"),
        (lambda: plots.plot_gradient_flow(3), OperandTypeError, "named_parameters"),
        (lambda: plots.plot_histograms([]), InputError, "snapshots"),
        (lambda: plots.plot_histograms([{"a": [math.nan]}]), InputError, "snapshots"),
        (lambda: plots.plot_schedule(lambda n: 0.1, 0), InputError, "at least 1, got 0"),
        (lambda: plots.plot_schedule(lambda n: 0.1, True), InputError, "got True"),
        (lambda: plots.plot_schedule({}, 3), InputError, "empty mapping"),
        (lambda: plots.plot_schedule(0.1, 3), OperandTypeError, "got float"),  # type: ignore[arg-type]
        (lambda: plots.plot_confusion([[1, 2]]), ShapeError, "square"),
        (lambda: plots.plot_confusion([]), ShapeError, "square"),
        (lambda: plots.plot_confusion([[1]], ["a", "b"]), ShapeError, "1 labels"),
        (lambda: plots.plot_confusion([[-1]]), InputError, "got -1"),
        (lambda: plots.plot_histograms(SNAPSHOTS[0]), OperandTypeError, r"write \[snapshot\]"),  # type: ignore[arg-type]
        (lambda: plots.plot_histograms([[0.1]]), OperandTypeError, "names of layers to numbers, got list"),  # type: ignore[list-item]
        (lambda: plots.plot_decision_regions(3, POINTS), OperandTypeError, "function from .* got int; the model comes"),  # type: ignore[arg-type]
        (lambda: plots.plot_decision_regions(lines_of, []), InputError, "got none"),
        (lambda: plots.plot_decision_regions(lines_of, [([1.0], 0)]), ShapeError, "two features"),
        (lambda: plots.plot_decision_regions(lines_of, POINTS, resolution=1), InputError, "got 1"),
        (lambda: plots.plot_decision_regions(lines_of, POINTS, resolution=2, labels=["a"]), ShapeError, "3 labels"),
        (lambda: plots.plot_decision_regions(lines_of, POINTS, scores="odds"), InputError, "'logits' or 'probab"),
        (lambda: plots.plot_decision_regions(lines_of, POINTS, scores="probabilities"), InputError, "scores='logits'"),
        (lambda: plots.plot_weights([]), InputError, "at least one neuron"),
        (lambda: plots.plot_weights([[1.0, 2.0]]), ShapeError, r"shape=\(rows, columns\)"),
        (lambda: plots.plot_weights([[1.0] * 4, [1.0]]), ShapeError, "4 weights each"),
        (lambda: plots.plot_weights([[1.0] * 4], columns=-1), InputError, "columns=-1"),
        (lambda: plots.plot_weights(3), OperandTypeError, "got int"),
        (lambda: plots.plot_weights([["a"]]), OperandTypeError, "got str"),
        (lambda: plots.plot_weights([[math.nan] * 4]), InputError, "finite"),
        (lambda: plots.plot_saliency(lines_of, IMAGE, 3), InputError, "class 3, got 3 outputs"),
        (lambda: plots.plot_saliency(lambda x: x[0], IMAGE, 0), InputError, "a single one"),
        (lambda: plots.plot_saliency(lines_of, IMAGE[:3], 0), ShapeError, "got 3"),
        (lambda: plots.saliency(lines_of, IMAGE, 0, "size"), InputError, "'size'"),
    ],
)
def test_errors_say_what_is_wrong(plot: Callable[[], object], error: type[AutogradError], message: str) -> None:
    with pytest.raises(error, match=message):
        plot()


def test_hostile_names_are_drawn_letter_by_letter() -> None:
    name = "_<b>$x^$\n\u202e"
    figure = plots.plot_confusion([[1]], [name])
    ElementTree.fromstring(saved(figure, "svg"))  # noqa: S314 - our own
    plots.plot_gradient_flow({f"{name}.w": leaf(1.0)}).savefig(io.BytesIO(), format="svg")
    legend = axes(plots.plot_schedule({name: lambda n: 0.1}, 3))[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["\u200a_<b>\\$x^\\$\\n\\u202e"]


def test_every_function_that_plots_is_public() -> None:
    assert {name for name in vars(plots) if name.startswith("plot_")} <= set(plots.__all__)
