"""A training that is interrupted anywhere is at a point between two steps, from which it goes on bit by bit."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from autograd_core import InputError, Value, no_grad
from force_trial import Log, Marks, adam, lbfgs, mark, run, sgd, training_with
from nn import MLP, Dropout, Sequential, accuracy, cross_entropy, evaluate, fit, mse_loss, optim, summary
from nn.data import Batches, moons
from nn.modules.evaluating import evaluating
from nn.training.callbacks import Callback
from nn.training.history import Step
from nn.training.train import Training

CALM: Final = {"nn.base.generator_state", "nn.modules.state", "nn.modules.loading", "nn.base.conversion"}
"""Modules in which the state is looked at, with thousands of lines each time."""


def is_finaliser(frame: FrameType | None) -> bool:
    """Whether an object is being freed, where Python loses every error, an interrupt as well."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith("nn."):
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def interrupted(action: Callable[[], object], at: int, *, only: str = "nn.") -> bool:
    """Do something that is interrupted at so many-th line of the package; whether it was."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(only) or name in CALM or is_finaliser(frame):
            return None
        if event in ("call", "line"):
            lines += 1
            if lines == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()  # a measurement of coverage, perhaps
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize("optimizer", [sgd, adam, lbfgs])
def test_a_training_goes_on_after_interrupts_as_if_there_had_been_none(
    optimizer: Callable[[list[Value]], optim.Optimizer],
) -> None:
    marks = Marks()
    whole = training_with(optimizer, marks)
    states = {mark(whole)}
    run(whole)
    states |= marks.states | {mark(whole)}
    rng, interrupts = random.Random(1), 0
    while interrupts < 20:
        log = Log()
        training = training_with(optimizer, log)
        while interrupted(partial(run, training), int(10.0 ** rng.uniform(0.0, 5.0))):
            assert mark(training) in states
            interrupts += 1
        assert mark(training) == mark(whole)
        assert training.history == whole.history
        assert log.heard == marks.heard


def test_a_step_of_an_optimiser_is_whole_or_nothing_at_every_line() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = optim.AdamW([{"params": [x]}, {"params": [y], "lr": 0.01}], lr=0.1)
    x.grad, y.grad = 3.0, 4.0
    optimizer.step()
    before, numbers = optimizer.state_dict(), (x.data, y.data)
    optimizer.step()
    after, moved = optimizer.state_dict(), (x.data, y.data)
    at = 1
    while True:
        optimizer.load_state_dict(before)
        x.data, y.data = numbers
        if not interrupted(optimizer.step, at, only="nn.optim"):
            break
        found = optimizer.state_dict(), (x.data, y.data)
        assert found in ((before, numbers), (after, moved))
        at += 1
    assert at > 50


def broken_off(updates: int, **options: Any) -> str:
    """The text of the interrupt of a training that is interrupted after so many updates."""

    def interrupt(step: Step) -> None:
        if step.epoch * 2 + step.batch + 1 == updates:
            raise KeyboardInterrupt

    class AtOnce(Callback):
        def before_training(self, training: Training) -> None:
            if updates == 0:
                raise KeyboardInterrupt

    model = MLP(1, [1], rng=0)
    batches = Batches([([1.0], 2.0), ([2.0], 4.0)], 1, rng=1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(KeyboardInterrupt) as raised:
        fit(model, mse_loss, batches, optimizer, epochs=3, on_step=interrupt, callbacks=[AtOnce()], **options)
    return str(raised.value)


def test_an_interrupt_says_what_it_leaves(tmp_path: Path) -> None:
    assert broken_off(0) == "interrupted before the first update; the model is unchanged"
    kept = "the model can be used, it has the parameters after the last complete update"
    assert broken_off(1) == f"interrupted in epoch 1 after 1 update; {kept}; fit trains it further"
    assert broken_off(3) == f"interrupted in epoch 2 after 3 updates; {kept}; fit trains it further"
    with_checkpoint = broken_off(3, checkpoint=tmp_path / "run")
    assert with_checkpoint.endswith("; fit goes on from the checkpoint with resume=True")
    assert (tmp_path / "run").exists()


def test_a_callback_that_was_interrupted_is_called_again_and_one_that_raised_is_not() -> None:
    class Fragile(Callback):
        def __init__(self, error: BaseException) -> None:
            self.error: BaseException | None = error
            self.heard: list[int] = []

        def after_step(self, training: Training, step: Step) -> None:
            self.heard.append(training.updates)
            if training.updates == 2 and self.error is not None:
                error, self.error = self.error, None
                raise error

    for error, heard in ((KeyboardInterrupt(), [1, 2, 2, 3]), (OSError(), [1, 2, 3])):
        first, fragile, last = Fragile(error), Fragile(error), Fragile(error)
        first.error = last.error = None
        model = MLP(1, [1], rng=0)
        batches = Batches([([1.0], 2.0), ([2.0], 4.0), ([3.0], 5.0)], 1, rng=1)
        training = Training(
            model, mse_loss, batches, optim.SGD(model.parameters(), lr=0.1), callbacks=[first, fragile, last]
        )
        with pytest.raises(type(error)):
            run(training)
        assert (training.updates, last.heard) == (2, [1])
        assert [step.batch for step in training.steps()] == [1, 2]
        assert (first.heard, fragile.heard, last.heard) == ([1, 2, 3], heard, [1, 2, 3])


def test_a_batch_that_breaks_off_is_the_next_one_again() -> None:
    model = Sequential(MLP(2, [2], rng=0), Dropout(0.5, rng=1))
    armed = [False]

    def loss(outputs: list[Any], targets: list[Any]) -> Any:
        if armed[0]:
            raise OSError("the loss broke off")
        return cross_entropy(outputs, targets)

    training = Training(model, loss, Batches(moons(8, rng=0), 2, rng=0), optim.SGD(model.parameters(), lr=0.1))
    for broken in (False, True, False):
        before, armed[0] = mark(training), broken
        if broken:
            with pytest.raises(OSError, match="broke off"):
                next(training.steps())
            assert mark(training) == before
        else:
            assert next(training.steps()).batch == training.updates - 1


def test_training_says_that_nothing_is_recorded_and_changes_nothing() -> None:
    model = Sequential(MLP(2, [2], rng=0), Dropout(0.5, rng=1))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    batches = Batches(moons(8, rng=0), 2, rng=0)
    before = model.state_dict(), optimizer.state_dict(), batches.state_dict()
    with no_grad(), pytest.raises(InputError, match=r"Nothing is recorded inside no_grad\(\)"):
        fit(model, cross_entropy, batches, optimizer)
    assert (model.state_dict(), optimizer.state_dict(), batches.state_dict()) == before
    with no_grad(), pytest.raises(InputError, match="Nothing is recorded"):
        fit(model, cross_entropy, batches, optimizer, epochs=2, early_stopping=None)


def test_evaluation_ends_at_every_line_with_the_model_in_training() -> None:
    model, samples = Sequential(MLP(2, [2], rng=0), Dropout(0.5, rng=1)), moons(2, rng=0)[:1]
    used = model[1].eval()  # not to be switched to training by anything

    def evaluated() -> None:
        evaluate(model, cross_entropy, samples)
        with evaluating(model):
            model([0.0, 1.0])

    at = 1
    while interrupted(evaluated, at):
        assert [module for module in model.modules() if not module.training] == [used]
        assert (Value(1.0) * 2).inputs
        at += 1
    assert at > 50


@pytest.mark.parametrize("action", [partial(accuracy, samples=[([0.0, 1.0], 0)]), partial(summary, sample=[0.0, 1.0])])
def test_nothing_runs_where_python_would_lose_an_interrupt(action: Callable[[Any], object]) -> None:
    model = MLP(2, [2], rng=0)
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_globals.get("__name__", "").startswith("nn."):
            called.add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action(model)
    finally:
        sys.setprofile(before)
    assert "__exit__" in called
    assert "__del__" not in called


def test_a_block_that_lost_its_end_is_ended_when_it_is_freed() -> None:
    model = MLP(2, [2], rng=0)
    block = evaluating(model)
    block.__enter__()
    assert not model.training
    del block
    assert model.training
