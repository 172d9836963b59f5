"""Plots of layers: the gradients and activations of each, and their histograms."""

import math
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("matplotlib")


import nn
from autograd_core import Value
from plotted import axes, leaf, trained
from viz import plots


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
