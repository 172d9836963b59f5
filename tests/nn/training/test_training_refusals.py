"""What a training refuses, and that it can go on afterwards."""

import math
from typing import Any

import pytest

from autograd_core import AnomalyError, InputError, OperandTypeError, ShapeError, Value, no_grad
from line_training import SAMPLES, Line, a_training
from nn import MLP, cross_entropy, mse_loss, schedules
from nn.data import Batches, moons
from nn.layers.containers import Sequential
from nn.layers.dropout import Dropout
from nn.losses import binary_cross_entropy_with_logits
from nn.optim import SGD
from nn.training.faulty_samples import with_sample
from nn.training.fit import fit
from nn.training.health import TrainingWarning
from nn.training.history import Step
from nn.training.regularisation import EarlyStopping
from nn.training.train import Training


def test_a_loss_that_is_no_longer_finite_stops_before_the_step() -> None:
    line = Line(1e200)
    with pytest.raises(
        AnomalyError, match=r"the loss became inf in epoch 0, batch 0; the step was not made\. Use a small"
    ):
        fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1))
    assert line.slope.data == 1e200


def test_a_gradient_that_is_not_finite_stops_before_the_step() -> None:
    def vertical(outputs: list[Any], targets: list[Any]) -> Any:
        return outputs[0].sqrt() if hasattr(outputs[0], "sqrt") else outputs[0] ** 0.5

    line = Line(0.0)
    with pytest.raises(
        AnomalyError, match=r"the gradient of the model has length inf in epoch 0, batch 0; the step was n"
    ):
        fit(line, vertical, SAMPLES, SGD([line.slope], 0.1))
    assert line.slope.data == 0.0
    with pytest.raises(AnomalyError, match="nothing was clipped"):
        fit(line, vertical, SAMPLES, SGD([line.slope], 0.1), clip_norm=1.0, watch=False)
    assert line.slope.data == 0.0


def test_a_parameter_that_is_not_finite_is_named() -> None:
    line = Line(math.nan)
    with pytest.raises(AnomalyError, match="The parameter slope is nan since an earlier step"):
        fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1))


def test_training_can_go_on_after_an_anomaly() -> None:
    line = Line()
    bad = [True]

    def loss(outputs: list[Any], targets: list[Any]) -> Any:
        return mse_loss(outputs, targets) * (math.inf if bad else 1.0)

    training = Training(line, loss, SAMPLES, SGD([line.slope], 0.1), epochs=30)
    with pytest.raises(AnomalyError):
        list(training.steps())
    bad.clear()
    list(training.steps())
    assert len(training.history) == training.updates == 30
    assert line.slope.data == pytest.approx(2.0)


def test_a_training_in_which_nothing_is_recorded_is_refused() -> None:
    line = Line()
    before = line.slope.data
    with no_grad(), pytest.raises(InputError, match=r"depends on none, so nothing would be learned.*no_grad"):
        fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1))
    silent = no_grad()(line)
    with pytest.raises(InputError, match="depends on none"):
        fit(silent, lambda outputs, targets: mse_loss(outputs, targets) * Value(1.0), SAMPLES, SGD([line.slope], 0.1))
    training = Training(line, mse_loss, SAMPLES, SGD([line.slope], 0.1), epochs=3)
    steps = training.steps()
    next(steps)
    after = line.slope.data
    with no_grad(), pytest.raises(InputError, match="depends on none"):
        next(steps)
    assert line.slope.data == after != before


def test_a_loss_that_is_a_parameter_is_one() -> None:
    line = Line(1.0)
    fit(line, lambda *_: line.slope, SAMPLES, SGD([line.slope], 0.1), epochs=1)
    assert line.slope.data < 1.0


def test_a_loss_must_be_a_value() -> None:
    line = Line()
    with pytest.raises(OperandTypeError, match=r"expected the loss to be a Value, got 0\.5"):
        fit(line, lambda *_: 0.5, SAMPLES, SGD([line.slope], 0.1))


@pytest.mark.parametrize("size", [1, 2, None])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (([0.5, math.nan], 1), r"sample 3: expected finite numbers, got nan as feature 1; correct the sample"),
        (([math.inf, 0.5], 1), r"sample 3: expected finite numbers, got inf as feature 0"),
        (([0.5, 0.5], 2), r"sample 3: cross_entropy expected a class from 0 to 1, got 2"),
        (([0.5, 0.5], -1), r"sample 3: cross_entropy expected a class from 0 to 1, got -1"),
        (([0.5], 1), r"sample 3: .*expected 2 inputs, got 1"),
    ],
)
def test_a_wrong_sample_is_named_and_nothing_learned_from_it(fault: Any, message: str, size: int | None) -> None:
    samples = [*moons(3, rng=0), fault, *moons(2, rng=1)]
    model = Sequential(Dropout(0.0), MLP(2, [3, 2], rng=0))
    optimizer = SGD(model.parameters(), 0.1)
    before: list[Any] = []

    def watch(step: Step) -> None:
        before[:] = [model.state_dict()]

    before.append(model.state_dict())
    with pytest.raises((InputError, ShapeError), match=message):
        fit(model, cross_entropy, Batches(samples, size, shuffle=False), optimizer, on_step=watch)
    assert model.state_dict() == before[0]


def test_a_wrong_validation_sample_is_named() -> None:
    model = MLP(2, [2], rng=0)
    with pytest.raises(InputError, match="in validation, sample 2: cross_entropy expected a class from 0 to 1, got 7"):
        fit(
            model,
            cross_entropy,
            moons(4, rng=0),
            SGD(model.parameters(), 0.1),
            validation=[*moons(2, rng=1), ([0.0, 0.0], 7)],
        )


@pytest.mark.parametrize(("label", "mode"), [(1, "max"), (1, "min"), (1.0, "min")])
def test_nan_in_the_validation_is_named(label: float, mode: str) -> None:
    model = MLP(1, [1], rng=0)
    validation = [([1.0], label), ([math.nan], label)]
    with pytest.raises(InputError, match="in validation, sample 1: expected finite numbers, got nan as feature 0"):
        fit(
            model, binary_cross_entropy_with_logits, [([1.0], label)], SGD(model.parameters(), 0.1),
            validation=validation, early_stopping=EarlyStopping(2, mode=mode),
        )  # fmt: skip


def test_outputs_that_are_nan_in_the_validation_are_no_progress() -> None:
    model = MLP(1, [2], rng=0)
    stopping = EarlyStopping(patience=2, mode="max")
    samples, validation = [([1.0], 1), ([-1.0], 0)], [([1e308], 1)]
    model.layers[0].neurons[0].w[0].data = 4.0
    model.layers[0].neurons[1].w[0].data = 4.0
    with pytest.warns(TrainingWarning, match="the validation loss is nan"):
        history = fit(
            model, cross_entropy, samples, SGD(model.parameters(), 1e-3), epochs=9, validation=validation,
            early_stopping=stopping, watch=False,
        )  # fmt: skip
    assert history.column("validation_accuracy") == [None, None]


def test_samples_that_are_made_when_asked_for_are_named_by_their_place_in_the_batch() -> None:
    class Made(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            return ([math.nan], 1.0)

    line = Line()
    with pytest.raises(InputError, match="sample 0 of the batch: expected finite numbers, got nan as feature 0"):
        fit(line, mse_loss, Batches(Made([0, 0]), 2), SGD([line.slope], 0.1))


@pytest.mark.parametrize("epochs", [0, -1, 1.5, True])
def test_there_must_be_an_epoch(epochs: Any) -> None:
    with pytest.raises(InputError, match="epochs must be a positive int"):
        a_training(Line(), epochs=epochs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip_norm": 0.0}, "clip_norm must be a positive finite number, got 0.0"),
        ({"clip_value": -1.0}, "clip_value must be a positive finite number, got -1.0"),
        ({"noise": -1.0}, "noise must be a finite number of at least 0, got -1.0"),
        ({"validation": []}, "expected at least one sample in validation, got none"),
        ({"validation": [1.0]}, r"expected every sample in validation to be a pair \(features, target\), got 1.0"),
        ({"validation": 3}, r"expected samples as validation, got 3 \(int\); write train, validation ="),
        ({"every": 2}, "name the file as checkpoint"),
        ({"resume": True}, "name the file as checkpoint"),
        ({"checkpoint": "x", "every": 0}, "every must be a positive int, got 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options: Any, message: str) -> None:
    line = Line()
    with pytest.raises(InputError, match=message):
        fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1), **options)
    assert line.slope.data == 0.0


def test_data_must_be_samples() -> None:
    line = Line()
    for data, message in (
        ([], "expected at least one sample in the data, got none"),
        ([1.0, 2.0], r"expected every sample in the data to be a pair \(features, target\), got 1.0"),
        (5, "expected the data to be a list of samples, got int"),
    ):
        with pytest.raises(InputError, match=message):
            fit(line, mse_loss, data, SGD([line.slope], 0.1))  # type: ignore[arg-type]


def test_the_optimiser_must_be_one_of_the_model() -> None:
    with pytest.raises(InputError, match=r"expected an optimiser of parameters of the model, got one with 1 others"):
        fit(Line(), mse_loss, SAMPLES, SGD([Value(1.0)], 0.1))


def test_a_schedule_must_not_be_longer_than_the_run() -> None:
    line = Line()
    optimizer = SGD([line.slope], schedules.linear(0.1, 0.01, 7))
    message = r"expected a schedule of at most 6 updates, 3 epochs of 2 batches, got one of 7: linear\("
    with pytest.raises(InputError, match=message):
        Training(line, mse_loss, Batches(SAMPLES, 2), optimizer, epochs=3)
    Training(line, mse_loss, Batches(SAMPLES, 2), optimizer, epochs=4)
    list(Training(line, mse_loss, Batches(SAMPLES, 2), SGD([line.slope], lambda count: 0.1)).steps())


def test_early_stopping_is_for_one_training() -> None:
    stopping = EarlyStopping(patience=2)
    stopping.update(0.0)
    with pytest.raises(InputError, match="early_stopping has been used in another training; make a new one"):
        a_training(Line(), early_stopping=stopping)


def test_an_error_that_no_single_sample_raises_stays_as_it_is() -> None:
    error = InputError("expected two samples of one class")
    samples = [([0.0], 0), ([1.0], 1)]
    assert with_sample(error, lambda sample: None, samples, samples) is error
