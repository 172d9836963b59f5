"""A little network whose published code takes the derivative of the sigmoid at the wrong place.

It has 3 inputs, 5 hidden neurons and 1 output, all with sigmoids. Introductions to neural networks often write the
derivative as `s(v) * (1 - s(v))`, a function of the weighted sum, and then call it with the activation, which was
through the sigmoid once already. The network still learns, so the mistake stays unseen. Here the right and the wrong
gradient are written in the four equations of backpropagation.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd_core.testing import GradientMismatch, check_grads
from viz import equations

X, Y = np.array([0.5, -1.0, 2.0]), 1.0
RANDOM = np.random.default_rng(1)
W, B, V, C = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=5), RANDOM.normal(size=5), np.array(0.25)

Gradient = Callable[[Any, Any, Any, Any], tuple[Any, ...]]


def sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def slope(z: Any) -> Any:
    """The derivative of the sigmoid at the weighted sum `z`."""
    return sigmoid(z) * (1.0 - sigmoid(z))


def cost(w: Any, b: Any, v: Any, c: Any) -> Any:
    return 0.5 * (sigmoid(v @ sigmoid(w @ X + b) + c) - Y) ** 2


def gradient(at_activations: bool) -> Gradient:
    def backpropagated(w: Any, b: Any, v: Any, c: Any) -> tuple[Any, ...]:
        z1 = w @ X + b
        a1 = sigmoid(z1)
        z2 = v @ a1 + c
        a2 = sigmoid(z2)
        delta2 = (a2 - Y) * slope(a2 if at_activations else z2)
        delta1 = v * delta2 * slope(a1 if at_activations else z1)
        return np.outer(delta1, X), delta1, delta2 * a1, delta2

    return backpropagated


def test_the_derivative_at_the_weighted_sums_is_right() -> None:
    assert check_grads(cost, W, B, V, C, grad=gradient(at_activations=False))


def test_the_derivative_at_the_activations_is_wrong_everywhere() -> None:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(cost, W, B, V, C, grad=gradient(at_activations=True))
    report = caught.value.report
    assert str(caught.value).startswith("the gradient of cost disagrees in 26 of 26 comparisons")
    assert "error signal" in report.failures[0].hint
    assert "at z" in report.failures[0].hint


def test_the_hint_knows_both_layouts() -> None:
    """With a column for each neuron, as in `x @ W`, the factors are those of columns."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(
            lambda w, v: 0.5 * (sigmoid(sigmoid(X @ w) @ v) - Y) ** 2,
            W.T,
            V,
            grad=lambda w, v: tuple(np.asarray(part).T for part in of_columns(w, v)),
        )
    assert "if columns are units, their error signals are off" in caught.value.report.failures[0].hint


SAMPLES = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
TARGETS = np.array([0.0, 1.0, 1.0, 0.0])


def of_samples(samples: Any, targets: Any, at_activations: bool) -> tuple[Any, Gradient]:
    """The cost of several samples, and its gradient in the form of the published code, with a row for each sample."""

    def total(w: Any, b: Any, v: Any, c: Any) -> Any:
        return 0.5 * ((sigmoid(sigmoid(samples @ w + b) @ v + c) - targets) ** 2).sum()

    def backpropagated(w: Any, b: Any, v: Any, c: Any) -> tuple[Any, ...]:
        z1 = samples @ w + b
        a1 = sigmoid(z1)
        z2 = a1 @ v + c
        a2 = sigmoid(z2)
        delta2 = (a2 - targets) * slope(a2 if at_activations else z2)
        delta1 = np.outer(delta2, v) * slope(a1 if at_activations else z1)
        return samples.T @ delta1, delta1.sum(axis=0), a1.T @ delta2, delta2.sum()

    return total, backpropagated


def test_over_several_samples_no_factor_is_left_and_the_hint_says_to_check_one() -> None:
    total, wrong = of_samples(SAMPLES, TARGETS, at_activations=True)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(total, W.T, B, V, C, grad=wrong)
    hints = [failure.hint for failure in caught.value.report.failures[:15]]
    assert all("check one sample alone" in hint for hint in hints)
    assert check_grads(total, W.T, B, V, C, grad=of_samples(SAMPLES, TARGETS, at_activations=False)[1])
    alone, wrong = of_samples(X[None], TARGETS[:1], at_activations=True)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(alone, W.T, B, V, C, grad=wrong)
    assert "if columns are units, their error signals are off" in caught.value.report.failures[0].hint
    alone, wrong = of_samples(SAMPLES[3:], TARGETS[3:], at_activations=True)  # inputs that are all 1 prove no factor
    with pytest.raises(GradientMismatch) as caught:
        check_grads(alone, W.T, B, V, C, grad=wrong)
    assert "by no common factor" not in str(caught.value)


def test_the_hint_about_samples_needs_arrays_that_go_together() -> None:
    """A matrix alone, or one of which a number is right, is not the gradient of a layer with wrong error signals."""
    total, wrong = of_samples(SAMPLES, TARGETS, at_activations=True)

    def partly(w: Any, b: Any, v: Any, c: Any) -> tuple[Any, ...]:
        of_w, *others = wrong(w, b, v, c)
        of_w[0, 0] = of_samples(SAMPLES, TARGETS, at_activations=False)[1](w, b, v, c)[0][0, 0]
        return of_w, *others

    with pytest.raises(GradientMismatch) as caught:
        check_grads(total, W.T, B, V, C, grad=partly)
    assert all("one sample" not in failure.hint for failure in caught.value.report.failures)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda w: total(w, B, V, C), W.T, grad=lambda w: wrong(w, B, V, C)[0])
    assert "one sample" not in str(caught.value)


def of_columns(w: Any, v: Any) -> tuple[Any, Any]:
    """The wrong gradient of a network without biases, for a matrix with a column for each neuron."""
    h = sigmoid(X @ w)
    a = sigmoid(h @ v)
    delta = (a - Y) * slope(a)
    return np.outer(v * delta * slope(h), X), delta * h


def test_within_each_neuron_the_ratio_of_wrong_to_right_is_one_number() -> None:
    """So its error signal is wrong and its inputs are right, which is what the hint says."""
    wrong, right = (gradient(at)(W, B, V, C) for at in (True, False))
    ratios = wrong[0] / right[0]
    assert ratios == pytest.approx(np.outer(ratios[:, 0], np.ones(3)), rel=1e-12)
    assert wrong[1] / right[1] == pytest.approx(ratios[:, 0], rel=1e-12)
    assert len({round(float(ratio), 6) for ratio in ratios[:, 0]}) == 5


def test_the_equations_show_the_right_slopes() -> None:
    model = nn.MLP(3, [5, 1], activation="sigmoid", output="sigmoid")
    hidden, (output,) = (layer.neurons for layer in model.layers)
    for neuron, row, bias in zip(hidden, W, B, strict=True):
        for weight, number in zip(neuron.w, row, strict=True):
            weight.data = float(number)
        neuron.b.data = float(bias)
    for weight, number in zip(output.w, V, strict=True):
        weight.data = float(number)
    output.b.data = float(C)
    found = equations(model, lambda a, y: 0.5 * (a[0] - y[0]) ** 2, (list(X), Y))
    assert "σ'(z) = a (1 - a)" in found.text
    names: dict[str, Any] = {}
    exec(found.numpy, names)  # noqa: S102 - the program that was written
    expected = [*gradient(at_activations=False)(W, B, V, C)[0].ravel()]
    gradients = [names["gradients"][f"layers.0.neurons.{i}.w.{j}"] for i in range(5) for j in range(3)]
    assert gradients == pytest.approx(expected, rel=1e-12)
    assert names["slope1"] == pytest.approx(slope(W @ X + B), rel=1e-12)
    assert names["slope1"] != pytest.approx(slope(sigmoid(W @ X + B)), rel=1e-2)
    hidden_slopes, _ = found.compare_slopes().layers
    assert hidden_slopes.right == pytest.approx(slope(W @ X + B), rel=1e-12)
    assert hidden_slopes.wrong == pytest.approx(slope(sigmoid(W @ X + B)), rel=1e-12)
    wrong, right = (gradient(at)(W, B, V, C)[1] for at in (True, False))
    assert hidden_slopes.factors == pytest.approx(wrong / right, rel=1e-12)
