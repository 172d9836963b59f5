"""Training: the loop, what can be asked of it, and what it refuses."""

import contextlib
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from autograd_core import AnomalyError, AutogradError, InputError, OperandTypeError, ShapeError, Value, no_grad
from nn import MLP, Module, accuracy, cross_entropy, mse_loss, optim, schedules
from nn.data import Batches, digits, moons
from nn.layers.containers import Sequential
from nn.layers.dense import Layer
from nn.layers.dropout import Dropout
from nn.layers.normalisation import BatchNorm1d
from nn.losses import binary_cross_entropy_with_logits
from nn.optim import LBFGS, SGD
from nn.schedules import ReduceOnPlateau
from nn.training.callbacks import Callback
from nn.training.fit import fit, training_steps
from nn.training.health import TrainingWarning
from nn.training.history import Epoch, Step
from nn.training.regularisation import EarlyStopping, noise_std
from nn.training.train import Training


class Line(Module):
    """`slope * x`."""

    def __init__(self, slope: float = 0.0) -> None:
        self.slope = Value(slope)
        self.modes: list[bool] = []

    def __call__(self, x: list[float]) -> Value:
        self.modes.append(self.training)
        product: Value = self.slope * x[0]
        return product


SAMPLES = [([1.0], 2.0), ([2.0], 4.0), ([3.0], 6.0)]


def a_training(line: Line, **options: Any) -> Training:
    """All samples in each update, with a small rate."""
    return Training(line, mse_loss, SAMPLES, SGD([line.slope], options.pop("lr", 0.01)), **options)


# ---- The loop --------------------------------------------------------------------------------------------------------


def test_a_step_is_the_mean_gradient_of_its_batch() -> None:
    line = Line()
    steps = training_steps(line, mse_loss, Batches(SAMPLES, 3, 0), SGD([line.slope], 0.1))
    step = next(steps)
    # loss = mean (x*s - 2x)² = 14/3 * (s - 2)²; its derivative at 0 is -56/3.
    assert step.loss == pytest.approx(56.0 / 3.0)
    assert line.slope.data == pytest.approx(5.6 / 3.0)
    assert step[:3] == (0, 0, 3)
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


def test_a_training_goes_on_where_the_caller_has_stopped() -> None:
    def trained(stops: int) -> tuple[float, list[Epoch]]:
        line = Line()
        training = Training(line, mse_loss, Batches(SAMPLES, 1, 0), SGD([line.slope], 0.01), epochs=4)
        for _ in range(stops):
            next(training.steps())
        list(training.steps())
        assert training.finished
        assert training.updates == 12
        return line.slope.data, list(training.history)

    assert trained(0) == trained(1) == trained(3) == trained(7)


def test_fit_runs_all_steps_shows_each_and_returns_means_over_samples() -> None:
    line = Line()
    seen: list[Step] = []
    history = fit(line, mse_loss, Batches(SAMPLES, 2, 0), SGD([line.slope], 0.01), epochs=4, on_step=seen.append)
    assert [step[:3] for step in seen] == [(e, b, 2 - b) for e in range(4) for b in range(2)]
    for epoch, mean in enumerate(history):
        losses = [step.loss for step in seen if step.epoch == epoch]
        assert mean.loss == pytest.approx((2.0 * losses[0] + losses[1]) / 3.0)
    assert history[-1].loss < history[0].loss


def test_training_is_the_same_to_the_bit_under_the_same_seeds() -> None:
    def trained() -> tuple[list[float], Any]:
        model = MLP(2, [4, 2], rng=3)
        batches = Batches(moons(40, rng=1), 8, rng=2)
        optimizer = SGD(model.parameters(), 0.1, momentum=0.9)
        history = fit(model, cross_entropy, batches, optimizer, epochs=2, noise=0.1, rng=5, clip_norm=1.0)
        return [p.data for p in model.parameters()], history

    assert trained() == trained()


def test_training_switches_the_model_to_training_and_measures_it_in_use() -> None:
    line = Line().eval()
    training = Training(line, mse_loss, SAMPLES, SGD([line.slope], 0.01), validation=SAMPLES[:2], watch=False)
    list(training.steps())
    assert line.modes == [True, True, True, False, False]
    assert line.training


def test_a_list_of_samples_is_one_batch() -> None:
    assert [step.size for step in a_training(Line(), epochs=2).steps()] == [3, 3]


def test_a_model_that_looks_at_batches_gets_them_whole() -> None:
    model = Sequential(Layer(2, 4, nonlin=False, rng=0), BatchNorm1d(4), Layer(4, 2, nonlin=False, rng=1))
    samples = moons(32, rng=0)
    optimizer = SGD(model.parameters(), 0.1)
    history = fit(model, cross_entropy, Batches(samples, 16, 0), optimizer, epochs=3, validation=samples)
    assert model[1].num_batches_tracked == 6  # neither the validation nor the look at the units counts
    assert history[-1].loss < history[0].loss


def test_any_function_can_be_trained() -> None:
    slope = Value(0.0)
    training = Training(lambda x: slope * x[0], mse_loss, SAMPLES, SGD([slope], 0.1), epochs=30)
    list(training.steps())
    assert slope.data == pytest.approx(2.0)
    other = Value(1.0)
    twin = Training(lambda x: other * x[0], mse_loss, SAMPLES, SGD([other], 0.1), epochs=30)
    twin.load_state_dict(training.state_dict())
    assert other.data == slope.data


def test_two_epochs_of_some_digits_are_much_better_than_guessing() -> None:
    train, test = (samples[:200] for samples in digits())
    model = MLP(64, [16, 10], activation="tanh", rng=0)
    batches = Batches(train, 10, rng=0)
    optimizer = SGD(model.parameters(), schedules.linear(0.1, 0.01, 2 * len(batches)), momentum=0.9)
    history = fit(model, cross_entropy, batches, optimizer, epochs=2, validation=test)
    assert history[1].loss < history[0].loss
    assert history[1].validation_accuracy == accuracy(model, test) > 0.6


def test_lbfgs_gets_its_closure() -> None:
    line = Line()
    fit(line, mse_loss, SAMPLES, LBFGS([line.slope], line_search_fn="strong_wolfe"))
    assert line.slope.data == pytest.approx(2.0, rel=1e-9)


def test_lbfgs_may_try_what_is_too_far() -> None:
    line = Line()

    def wall(outputs: list[Any], targets: list[Any]) -> Any:
        loss = mse_loss(outputs, targets)
        return loss * math.inf if line.slope.data > 2.5 else loss

    fit(line, wall, SAMPLES, LBFGS([line.slope], lr=9.0, line_search_fn="strong_wolfe", max_iter=50))
    assert line.slope.data == pytest.approx(2.0)


# ---- What is measured ------------------------------------------------------------------------------------------------


def test_accuracies_are_measured_where_targets_are_classes() -> None:
    samples = moons(20, rng=0)
    model = MLP(2, [1], rng=0)
    optimizer = SGD(model.parameters(), 0.1)
    history = fit(model, binary_cross_entropy_with_logits, samples, optimizer, epochs=30, validation=samples)
    assert history[-1].accuracy == pytest.approx(0.8, abs=0.2)
    assert history[-1].validation_accuracy == accuracy(model, samples)
    assert next(a_training(Line()).steps()).accuracy is None


def test_the_history_says_what_happened_in_each_epoch() -> None:
    line = Line(1.0)
    optimizer = SGD([line.slope], schedules.linear(0.02, 0.01, 2))
    history = fit(line, mse_loss, SAMPLES, optimizer, epochs=2, validation=SAMPLES[:1])
    # The gradient is 28/3 (s - 2).
    assert history[0].lr == 0.02
    assert history[0].gradient_norms == pytest.approx({"": 28.0 / 3.0})
    assert history[0].update_ratios == pytest.approx({"": 0.02 * 28.0 / 3.0})
    after = 1.0 + 0.02 * 28.0 / 3.0
    assert history[0].validation_loss == pytest.approx((after - 2.0) ** 2)
    assert history[1].lr == pytest.approx(0.015)
    assert history[1].gradient_norms == pytest.approx({"": 28.0 / 3.0 * (2.0 - after)})


def test_nothing_is_measured_by_layer_if_nobody_watches() -> None:
    line = Line(1.0)
    epoch = fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.01), watch=False)[0]
    assert (epoch.gradient_norms, epoch.update_ratios) == ({}, {})


# ---- What decides ----------------------------------------------------------------------------------------------------


class Valley(Module):
    """A model whose validation loss falls and rises again, while its training loss falls: `w` goes from 0 to 10."""

    buffer_names = ("calls",)

    def __init__(self) -> None:
        self.w = Value(0.0)
        self.calls = 0

    def __call__(self, x: list[float]) -> Value:
        self.calls += self.training
        product: Value = self.w * x[0]
        return product


def into_the_valley(stopping: EarlyStopping | None, *, epochs: int = 60, lr: Any = 0.02) -> tuple[Valley, Training]:
    model = Valley()
    samples, validation = [([1.0], 10.0)], [([1.0], 5.0)]
    optimizer = SGD([model.w], lr)
    return model, Training(
        model, mse_loss, samples, optimizer, epochs=epochs, validation=validation, early_stopping=stopping
    )


def a_valley(stopping: EarlyStopping | None, **options: Any) -> tuple[Valley, Training]:
    model, training = into_the_valley(stopping, **options)
    list(training.steps())
    return model, training


def test_early_stopping_restores_parameters_and_buffers_of_the_best_epoch() -> None:
    model, training = a_valley(EarlyStopping(patience=3))
    losses = training.history.column("validation_loss")
    best = losses.index(min(losses))
    assert 0 < best == len(losses) - 4
    assert (model.w.data - 5.0) ** 2 == losses[best]
    assert model.calls == best + 1


def test_the_best_epoch_is_restored_also_if_all_epochs_are_over() -> None:
    model, training = a_valley(EarlyStopping(patience=100))
    assert len(training.history) == 60
    assert (model.w.data - 5.0) ** 2 == min(training.history.column("validation_loss"))
    assert abs(a_valley(None)[0].w.data - 5.0) > 1.0


def test_the_best_epoch_is_restored_also_if_it_was_before_an_interruption() -> None:
    whole, _ = a_valley(EarlyStopping(patience=100))
    _, first = into_the_valley(EarlyStopping(patience=100))
    steps = first.steps()
    for _ in range(50):
        next(steps)
    resumed, second = into_the_valley(EarlyStopping(patience=100))
    second.load_state_dict(first.state_dict())
    list(second.steps())
    assert (resumed.w.data, resumed.calls) == (whole.w.data, whole.calls)


def test_without_validation_early_stopping_judges_the_training_loss() -> None:
    training = a_training(Line(2.0), epochs=50, early_stopping=EarlyStopping(patience=2))
    list(training.steps())
    assert len(training.history) == 3


def test_early_stopping_can_judge_the_accuracy() -> None:
    samples = [([1.0], 1), ([-1.0], 0)]
    model = MLP(1, [1], rng=0)
    model.layers[0].neurons[0].w[0].data = 1.0
    history = fit(
        model, binary_cross_entropy_with_logits, samples, SGD(model.parameters(), 0.1), epochs=50,
        early_stopping=EarlyStopping(patience=2, mode="max"),
    )  # fmt: skip
    assert history.column("accuracy") == [1.0, 1.0, 1.0]
    with pytest.raises(InputError, match="judges the accuracy, but no target is the index of a class"):
        list(a_training(Line(), early_stopping=EarlyStopping(patience=2, mode="max")).steps())


def test_a_plateau_of_the_validation_loss_lowers_the_rate() -> None:
    rate = ReduceOnPlateau(0.02, patience=0, factor=0.5)
    _, training = a_valley(None, epochs=40, lr=rate)
    losses, rates = training.history.column("validation_loss"), training.history.column("lr")
    turn = losses.index(min(losses))
    assert rates[turn] == 0.02
    assert rates[turn + 2] == 0.01


def test_a_plateau_of_the_training_loss_lowers_the_rate_without_validation() -> None:
    line = Line(2.0)
    rate = ReduceOnPlateau(0.02, patience=0, factor=0.5)
    history = fit(line, mse_loss, SAMPLES, SGD([line.slope], rate), epochs=3)
    assert history.column("lr") == [0.02, 0.02, 0.01]


def test_two_groups_with_one_plateau_tell_it_once() -> None:
    model = MLP(1, [1], rng=0)
    neuron = model.layers[0].neurons[0]
    rate = ReduceOnPlateau(0.1, patience=2)
    groups = [{"params": neuron.w}, {"params": [neuron.b]}]
    fit(model, mse_loss, [([0.0], 0.0)], SGD(groups, rate), epochs=3)
    assert rate.bad_epochs == 2


# ---- Gradients -------------------------------------------------------------------------------------------------------


def test_gradients_are_clipped_by_value_and_then_by_norm() -> None:
    line = Line(1.0)
    list(a_training(line, lr=1.0, clip_value=0.5).steps())
    assert line.slope.data == 1.5
    line = Line(1.0)
    list(a_training(line, lr=1.0, clip_norm=0.25).steps())
    assert line.slope.data == pytest.approx(1.25)
    line = Line(1.0)
    list(a_training(line, lr=1.0, clip_norm=0.25, clip_value=0.125).steps())
    assert line.slope.data == 1.125


def test_noise_comes_after_clipping_and_from_the_seed() -> None:
    def trained(**options: Any) -> float:
        line = Line(1.0)
        list(a_training(line, epochs=3, clip_norm=1e-9, **options).steps())
        return line.slope.data

    assert trained() == pytest.approx(1.0)
    assert trained(noise=10.0, rng=1) == trained(noise=10.0, rng=1)
    assert trained(noise=10.0, rng=1) != trained(noise=10.0, rng=2)
    assert abs(trained(noise=10.0, rng=1) - 1.0) > 1e-3
    assert trained(noise=lambda updates: 0.0) == trained()
    assert trained(noise=noise_std, rng=1) != trained()


def test_without_noise_nothing_is_drawn() -> None:
    before = random.getstate()
    list(a_training(Line()).steps())
    assert random.getstate() == before


# ---- Callbacks -------------------------------------------------------------------------------------------------------


class Listener(Callback):
    """Notes what it is told, and stops after some steps."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.told: list[Any] = []
        self.stop_after = stop_after

    def after_step(self, training: Training, step: Step) -> None:
        self.told.append((step.epoch, step.batch))
        if training.updates == self.stop_after:
            training.stop()

    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        assert training.history[-1] == epoch
        self.told.append(len(training.history))


def test_callbacks_are_told_of_steps_and_epochs() -> None:
    line, listener = Line(), Listener()
    fit(line, mse_loss, Batches(SAMPLES, 2, 0), SGD([line.slope], 0.1), epochs=2, callbacks=[listener])
    assert listener.told == [(0, 0), (0, 1), 1, (1, 0), (1, 1), 2]


def test_a_callback_can_end_the_training_in_mid_epoch() -> None:
    line, listener = Line(), Listener(stop_after=3)
    training = Training(line, mse_loss, Batches(SAMPLES, 2, 0), SGD([line.slope], 0.1), epochs=5, callbacks=[listener])
    list(training.steps())
    assert (training.updates, len(training.history), training.stopped) == (3, 2, True)


def test_progress_is_a_line_for_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(2.0)
    fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1), epochs=2, validation=SAMPLES, progress=True)
    assert capsys.readouterr().out == (
        "epoch 1/2: loss 0.0000, validation loss 0.0000\nepoch 2/2: loss 0.0000, validation loss 0.0000\n"
    )


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    line = Line(2.0)
    with contextlib.suppress(KeyboardInterrupt):
        fit(line, mse_loss, SAMPLES, SGD([line.slope], 0.1), epochs=2, progress=True, callbacks=[_Interrupts()])
    out = capsys.readouterr().out
    assert "epoch 1/2: loss 0.0000" in out
    assert "\x1b[?25h" in out  # the cursor is shown again, although the training was interrupted


class _Interrupts(Callback):
    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        if len(training.history) == 2:
            raise KeyboardInterrupt


# ---- What is refused -------------------------------------------------------------------------------------------------


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
        ({"validation": 3}, "expected validation to be a list of samples, got int"),
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


# ---- What is kept ----------------------------------------------------------------------------------------------------


def a_full_training(seed: int = 0, **options: Any) -> tuple[Module, Training]:
    """With everything that has a state: buffers, dropout, momentum, a plateau, noise, early stopping."""
    model = Sequential(
        Layer(2, 5, nonlin=False, rng=seed), BatchNorm1d(5), Dropout(0.2, rng=seed), Layer(5, 2, nonlin=False, rng=seed)
    )
    optimizer = optim.Adam(model.parameters(), ReduceOnPlateau(0.05, patience=1))
    batches = Batches(moons(20, rng=0), 6, seed)
    training = Training(
        model, cross_entropy, batches, optimizer, validation=moons(10, rng=3), noise=0.01, rng=seed, clip_norm=1.0,
        early_stopping=EarlyStopping(patience=4), **{"epochs": 6, **options},
    )  # fmt: skip
    return model, training


def rest(training: Training) -> Iterator[Any]:
    for step in training.steps():
        yield step, training.model.state_dict()  # type: ignore[union-attr]
    yield training.history, training.model.state_dict()  # type: ignore[union-attr]


def test_a_training_goes_on_from_any_state_bit_by_bit() -> None:
    _, training = a_full_training()
    whole = list(rest(training))
    _, first = a_full_training()
    iterator = first.steps()
    for steps in range(25):
        state = first.state_dict()
        next(iterator, None)
        _, second = a_full_training()
        next(second.steps())  # all that was drawn before is replaced
        second.load_state_dict(state)
        assert list(rest(second)) == whole[steps:], steps


def test_a_state_is_a_copy() -> None:
    _, training = a_full_training()
    steps = training.steps()
    next(steps)
    state = training.state_dict()
    kept = repr(state)
    list(steps)
    assert repr(state) == kept


@pytest.fixture(scope="module")
def begun() -> tuple[Training, dict[str, Any]]:
    """A training after three steps, and the state of another one after six."""
    _, training = a_full_training()
    steps = training.steps()
    for _ in range(6):
        next(steps)
    _, other = a_full_training()
    for _ in range(3):
        next(other.steps())
    return other, training.state_dict()


@pytest.mark.parametrize("part", ["recipe", "model", "best", "optimizer", "batches", "generators", "early_stopping",
                                  "history", "running", "updates"])  # fmt: skip
@pytest.mark.parametrize("junk", [None, 0.5, "text", [1], {"a": 1}, [[]], -1])
def test_a_state_that_is_none_changes_nothing(part: str, junk: Any, begun: tuple[Training, dict[str, Any]]) -> None:
    other, whole = begun
    before = other.state_dict()
    state = whole | {part: junk}
    if (part, junk) == ("best", None):
        return
    with pytest.raises(AutogradError):
        other.load_state_dict(state)
    assert other.state_dict() == before


def test_a_state_of_another_training_is_refused() -> None:
    state = a_full_training()[1].state_dict()
    with pytest.raises(InputError, match="it was made in another way: loss: was"):
        a_training(Line()).load_state_dict(state)
    _, other = a_full_training()
    other.batches = Batches(moons(21, rng=0), 6, 0)
    with pytest.raises(InputError, match="samples: was"):
        other.load_state_dict(state)
    with pytest.raises(InputError, match="expected samples=21, got 20"):
        other.load_state_dict(state, changed=True)
    with pytest.raises(InputError, match="expected what state_dict"):
        other.load_state_dict([])  # type: ignore[arg-type]


def test_a_generator_without_a_state_is_refused() -> None:
    line = Line()
    training = Training(line, mse_loss, Batches(SAMPLES, 1, random.SystemRandom()), SGD([line.slope], 0.1))
    with pytest.raises(OperandTypeError, match="cannot be saved"):
        training.state_dict()
