"""The training loop and the measures of a classifier."""

import math
from typing import Any

import pytest

from autograd_core import AnomalyError, InputError, OperandTypeError, Value
from nn import MLP, Module, Step, accuracy, confusion_matrix, cross_entropy, fit, mse_loss, schedules, training_steps
from nn.data import Batches, digits, moons
from nn.metrics import predicted_class
from nn.optim import SGD


class Line(Module):
    """`slope * x`."""

    def __init__(self) -> None:
        self.slope = Value(0.0)
        self.modes: list[bool] = []

    def __call__(self, x: list[float]) -> Value:
        self.modes.append(self.training)
        product: Value = self.slope * x[0]
        return product


SAMPLES = [([1.0], 2), ([2.0], 4), ([3.0], 6)]


def test_a_step_is_the_mean_gradient_of_its_batch() -> None:
    line = Line()
    steps = training_steps(line, mse_loss, Batches(SAMPLES, 3, 0), SGD([line.slope], 0.1))
    step = next(steps)
    # loss = mean (x*s - 2x)² = 14/3 * (s - 2)²; its derivative at 0 is -56/3.
    assert step.loss == pytest.approx(56.0 / 3.0)
    assert line.slope.data == pytest.approx(5.6 / 3.0)
    assert (step.epoch, step.batch, step.size) == (0, 0, 3)
    assert list(steps) == []


def test_gradients_of_earlier_steps_are_forgotten() -> None:
    line = Line()
    line.slope.grad = 1e9
    list(training_steps(line, mse_loss, Batches(SAMPLES, 1, 0), SGD([line.slope], 0.05), epochs=30))
    assert line.slope.data == pytest.approx(2.0)


def test_nothing_happens_until_a_step_is_asked_for_and_training_ends_where_the_caller_stops() -> None:
    line = Line()
    steps = training_steps(line, mse_loss, Batches(SAMPLES, 1, 0), SGD([line.slope], 0.01), epochs=5)
    assert line.slope.data == 0.0
    next(steps)
    after_one = line.slope.data
    del steps
    assert line.slope.data == after_one != 0.0


def test_fit_runs_all_steps_shows_each_and_returns_means_over_samples() -> None:
    line = Line()
    seen: list[Step] = []
    history = fit(line, mse_loss, Batches(SAMPLES, 2, 0), SGD([line.slope], 0.01), epochs=4, on_step=seen.append)
    assert [(step.epoch, step.batch, step.size) for step in seen] == [(e, b, 2 - b) for e in range(4) for b in range(2)]
    for epoch, mean in enumerate(history):
        losses = [step.loss for step in seen if step.epoch == epoch]
        assert mean.loss == pytest.approx((2.0 * losses[0] + losses[1]) / 3.0)
    assert history[-1].loss < history[0].loss


def test_training_is_the_same_to_the_bit_under_the_same_seeds() -> None:
    def trained() -> list[float]:
        model = MLP(2, [4, 2], rng=3)
        fit(model, cross_entropy, Batches(moons(40, rng=1), 8, rng=2), SGD(model.parameters(), 0.1, 0.9), epochs=2)
        return [p.data for p in model.parameters()]

    assert trained() == trained()


def test_training_switches_the_model_to_training() -> None:
    line = Line().eval()
    fit(line, mse_loss, Batches(SAMPLES, 3, 0), SGD([line.slope], 0.01))
    assert line.modes == [True, True, True]


def test_a_loss_that_is_no_longer_finite_stops_before_the_step() -> None:
    line = Line()
    line.slope.data = 1e200
    with pytest.raises(AnomalyError, match=r"the loss became inf in epoch 0, batch 0; the step was not made"):
        fit(line, mse_loss, Batches(SAMPLES, 3, 0), SGD([line.slope], 0.1))
    assert line.slope.data == 1e200


def test_a_loss_must_be_a_value() -> None:
    with pytest.raises(OperandTypeError, match=r"expected the loss to be a Value, got 0\.5"):
        fit(Line(), lambda *_: 0.5, Batches(SAMPLES, 3, 0), SGD([Value(1.0)], 0.1))  # type: ignore[arg-type]


@pytest.mark.parametrize("epochs", [0, -1, 1.5])
def test_fit_needs_an_epoch(epochs: Any) -> None:
    with pytest.raises(InputError, match="epochs must be a positive int"):
        fit(Line(), mse_loss, Batches(SAMPLES, 3, 0), SGD([Value(1.0)], 0.1), epochs=epochs)


def test_two_epochs_of_some_digits_are_much_better_than_guessing() -> None:
    train, test = digits()
    model = MLP(64, [16, 10], activation="tanh", rng=0)
    batches = Batches(train[:300], 10, rng=0)
    optimizer = SGD(model.parameters(), schedules.linear(0.1, 0.01, 2 * len(batches)), momentum=0.9)
    history = fit(model, cross_entropy, batches, optimizer, epochs=2)
    assert history[1].loss < history[0].loss
    assert accuracy(model, test) > 0.6
    matrix = confusion_matrix(model, test, 10)
    assert sum(map(sum, matrix)) == len(test)
    assert sum(matrix[i][i] for i in range(10)) / len(test) == pytest.approx(accuracy(model, test))


# ---- Measures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ([0.0, 2.0, 1.0], 1),
        ([Value(3.0), 2.0, Value(3.0)], 0),
        ((Value(-1.0), Value(-0.5)), 1),
        (Value(0.5), 1),
        (Value(0.0), 0),
        (-2.0, 0),
        ([math.inf, 0.0], 0),
    ],
)
def test_the_predicted_class_is_the_largest_output_or_the_sign(output: Any, expected: int) -> None:
    assert predicted_class(output) == expected


def test_rows_of_the_confusion_matrix_are_true_classes() -> None:
    samples = [([1.0, 0.0], 1), ([1.0, 0.0], 1), ([0.0, 1.0], 0), ([0.0, 1.0], 1)]
    assert confusion_matrix(lambda x: x, samples, 3) == [[0, 1, 0], [2, 1, 0], [0, 0, 0]]
    assert accuracy(lambda x: x, samples) == 0.25


def test_measuring_needs_samples_and_classes_that_fit() -> None:
    with pytest.raises(InputError, match="at least one sample to measure"):
        accuracy(lambda x: x, [])
    with pytest.raises(InputError, match="every label to be from 0 to 1, got 2"):
        confusion_matrix(lambda x: x, [([1.0, 0.0], 2)], 2)
    with pytest.raises(InputError, match="every prediction to be from 0 to 1, got 2"):
        confusion_matrix(lambda x: x, [([0.0, 0.0, 1.0], 1)], 2)
    with pytest.raises(InputError, match="classes must be a positive int, got 0"):
        confusion_matrix(lambda x: x, [], 0)


def test_measuring_uses_eval_mode_and_leaves_the_model_as_it_was() -> None:
    line = Line()
    accuracy(line, [([1.0], 1)])
    confusion_matrix(line, [([1.0], 1)], 2)
    assert line.modes == [False, False]
    assert line.training
    assert line.slope.grad == 0.0
