"""What measurements decide: early stopping, the best epoch, and a rate that falls at a plateau."""

from typing import Any

import pytest

from autograd_core import InputError, Value
from line_training import SAMPLES, Line, a_training
from nn import MLP, Module, mse_loss
from nn.losses import binary_cross_entropy_with_logits
from nn.optim import SGD
from nn.schedules import ReduceOnPlateau
from nn.training.fit import fit
from nn.training.regularisation import EarlyStopping
from nn.training.train import Training


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
