"""Training: the loop, what can be asked of it, and what it refuses."""

import contextlib
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from autograd_core import AutogradError, InputError, OperandTypeError, Value
from line_training import SAMPLES, Line, a_training
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
from nn.training.history import Epoch, Step
from nn.training.regularisation import EarlyStopping, noise_std
from nn.training.train import Training

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
