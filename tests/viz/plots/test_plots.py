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

import nn
from autograd_core import AutogradError, InputError, OperandTypeError, ShapeError, Value
from plotted import HISTORY, IMAGE, POINTS, SNAPSHOTS, WEIGHTS, axes, leaf, lines_of, saved, trained
from processes import outputs
from viz import plots
from viz.plots.colours import COLUMN, LINES, SIGNED


class Record(NamedTuple):
    """A history as a user may write it."""

    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None


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


def test_axes_that_were_removed_are_refused() -> None:
    ax = Figure().subplots()
    ax.remove()
    with pytest.raises(InputError, match="ax belongs to no figure any more"):
        plots.plot_confusion([[1]], ax=ax)
