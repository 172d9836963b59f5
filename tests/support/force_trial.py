"""A trial by force: interrupts at random moments, by the clock, and a look at what they leave behind.

    python tests/support/force_trial.py 2000

does so many for each of blocks of modes, `fit`, `backward`, `evaluate` and `save`, and says how many left something
wrong. Signals arrive between any two instructions of Python, so it is a trial of whichever build is installed.
"""

from __future__ import annotations

import hashlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import autograd_core as ag
import nn
from autograd_core import Value
from autograd_core.graph.blocks import BLOCKS
from nn.training.callbacks import Callback
from nn.training.train import Training

Check = Callable[[], str]
"""Says what is wrong; "" if nothing is."""


def interrupted(action: Callable[[], object], delay: float) -> bool:
    """Do something that is interrupted after so many seconds; whether it was."""
    try:
        signal.setitimer(signal.ITIMER_REAL, max(delay, 1e-6))
        action()
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    except KeyboardInterrupt:
        return True
    return False


def duration(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def modes() -> str:
    """What is wrong with the modes, which are all off."""
    x = Value(2.0)
    if not (x * x).inputs:
        return "nothing is recorded"
    return "operations are slow for ever" if BLOCKS.any_open else ""


SHARED: Final = ag.no_grad()


@ag.no_grad()
def quiet() -> None:
    """Computes nothing."""


def blocks() -> None:
    """Blocks of modes without end, new and shared ones."""
    while True:
        with ag.detect_anomaly(), ag.enable_grad(), SHARED, SHARED:
            pass
        quiet()


def try_modes(count: int, rng: random.Random) -> list[str]:
    """The interrupt is kept, as a prompt does, and with it the frames that it went through."""
    found: list[str] = []
    for _ in range(count):
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 3e-4))
            blocks()
        except KeyboardInterrupt as error:
            sys.last_value = error
            found.append(modes())
    return found


# ---- fit -------------------------------------------------------------------------------------------------------------


class Log(Callback):
    """Notes what it hears, once."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def _hear(self, news: Any) -> None:
        if self.heard[-1:] != [news]:  # it may hear again what it was interrupted at
            self.heard.append(news)

    def after_step(self, training: Training, step: nn.Step) -> None:
        self._hear(step)

    def after_epoch(self, training: Training, epoch: nn.Epoch) -> None:
        self._hear(epoch)


class Marks(Log):
    """Notes the state after every update and every epoch as well."""

    def __init__(self) -> None:
        super().__init__()
        self.states: set[str] = set()

    def after_step(self, training: Training, step: nn.Step) -> None:
        super().after_step(training, step)
        self.states.add(mark(training))

    def after_epoch(self, training: Training, epoch: nn.Epoch) -> None:
        super().after_epoch(training, epoch)
        self.states.add(mark(training))


def mark(training: Training) -> str:
    return hashlib.sha256(repr(training.state_dict()).encode()).hexdigest()


def sgd(parameters: list[Value]) -> nn.optim.Optimizer:
    return nn.optim.SGD(parameters, nn.schedules.ReduceOnPlateau(0.2, patience=0), momentum=0.9)


def adam(parameters: list[Value]) -> nn.optim.Optimizer:
    groups: list[Any] = [{"params": parameters[:5]}, {"params": parameters[5:], "lr": 0.02}]
    return nn.optim.AdamW(groups, lr=0.05, amsgrad=True)


def lbfgs(parameters: list[Value]) -> nn.optim.Optimizer:
    return nn.optim.LBFGS(parameters, lr=0.5, max_iter=4, line_search_fn="strong_wolfe")


def training_with(optimizer: Callable[[list[Value]], nn.optim.Optimizer], log: Log) -> Training:
    """A training with everything that has a state."""
    model = nn.Sequential(
        nn.Layer(2, 3, rng=0), nn.BatchNorm1d(3), nn.Dropout(0.2, rng=1), nn.Layer(3, 2, nonlin=False, rng=2)
    )
    return Training(
        model,
        nn.cross_entropy,
        nn.data.Batches(nn.data.moons(12, rng=3), 4, rng=4),
        optimizer(model.parameters()),
        epochs=4,
        validation=nn.data.moons(6, rng=5),
        early_stopping=nn.EarlyStopping(patience=3),
        noise=0.01,
        rng=6,
        clip_norm=1.0,
        callbacks=[log],
        watch=False,
    )


def run(training: Training) -> None:
    for _ in training.steps():
        pass


def ended(training: Training, end: str, heard: list[Any], log: Log) -> str:
    """What is wrong with a training that is over."""
    return "" if mark(training) == end and log.heard == heard else "another end"


def try_fit(count: int, rng: random.Random) -> list[str]:
    """Trainings that are interrupted again and again, and go on."""
    found: list[str] = []
    references = {}
    for optimizer in (sgd, adam, lbfgs):
        marks = Marks()
        whole = training_with(optimizer, marks)
        states = {mark(whole)}
        seconds = duration(lambda whole=whole: run(whole))  # type: ignore[misc]
        references[optimizer] = (states | marks.states | {mark(whole)}, mark(whole), marks.heard, seconds)
    while len(found) < count:
        optimizer = rng.choice(list(references))
        states, end, heard, seconds = references[optimizer]
        log = Log()
        training = training_with(optimizer, log)
        try:
            while interrupted(partial(run, training), rng.uniform(0.0, seconds / 3.0)):
                found.append(modes() or ("" if mark(training) in states else "half of a step"))
        except ag.AutogradError as error:
            found.append(str(error))
        else:
            found[-1:] = [text or ended(training, end, heard, log) for text in found[-1:]]
    return found


# ---- backward --------------------------------------------------------------------------------------------------------


def number(gradient: Any) -> float:
    data: float = gradient.data if isinstance(gradient, Value) else gradient
    return data


def try_backward(count: int, rng: random.Random) -> list[str]:
    x, w = Value(2.0), Value(3.0)
    root = ag.dot([x, w, x], [w, 1.0, x]) * x
    for _ in range(100):
        root = root * 1.0 + 0.0

    def checked() -> None:
        with ag.detect_anomaly():
            root.backward()

    def quietly() -> None:
        with ag.no_grad():
            root.backward(create_graph=True)

    kinds = (root.backward, checked, quietly, lambda: ag.grad(lambda y: y * y * root, create_graph=False)(2.0))
    found: list[str] = []
    root.backward()
    right = (number(x.grad), number(w.grad))
    for kind in kinds:
        kind()
    seconds = [duration(kind) for kind in kinds]
    while len(found) < count:
        place = rng.randrange(len(kinds))
        x.grad = w.grad = 0.0
        if not interrupted(kinds[place], rng.uniform(0.0, 1.2 * seconds[place])):
            continue
        held = (number(x.grad), number(w.grad))
        wrong = modes() or ("" if held in {(0.0, 0.0), right} else f"half of the gradients: {held}")
        x.grad = w.grad = 0.0
        root.backward()
        found.append(wrong or ("" if (number(x.grad), number(w.grad)) == right else "wrong gradients afterwards"))
    return found


# ---- evaluate, save --------------------------------------------------------------------------------------------------


def small_model(seed: int) -> nn.Sequential:
    return nn.Sequential(nn.Layer(2, 3, rng=seed), nn.BatchNorm1d(3), nn.Dropout(0.2, rng=1), nn.Layer(3, 2, rng=2))


def try_evaluate(count: int, rng: random.Random) -> list[str]:
    model, samples = small_model(0), nn.data.moons(6, rng=5)
    before = model.state_dict()
    actions: tuple[Callable[[], object], ...] = (
        lambda: nn.evaluate(model, nn.cross_entropy, samples),
        lambda: nn.accuracy(model, samples),
        lambda: nn.summary(model, [[0.0, 1.0], [1.0, 0.0]]),
    )
    kinds = {id(module): type(module) for module in model.modules()}
    seconds = [min(duration(action) for _ in range(3)) for action in actions]
    found: list[str] = []
    while len(found) < count:
        place = rng.randrange(len(actions))
        if interrupted(actions[place], rng.uniform(0.0, 1.2 * seconds[place])):
            wrong = modes()
            if not all(module.training for module in model.modules()):
                wrong = "still in eval() mode"
                model.train()
            if any(type(module) is not kinds[id(module)] for module in model.modules()):
                wrong = "modules of another class"
            found.append(wrong or ("" if model.state_dict() == before else "another model"))
    return found


def try_save(count: int, rng: random.Random) -> list[str]:
    models = small_model(0), small_model(1)
    states = [model.state_dict() for model in models]
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        nn.save(models[0], file)
        seconds = min(duration(lambda: nn.save(models[0], file)) for _ in range(5))
        while len(found) < count:
            place = rng.randrange(2)
            if interrupted(lambda place=place: nn.save(models[place], file), rng.uniform(0.0, 1.2 * seconds)):  # type: ignore[misc]
                read = small_model(2)
                nn.load(read, file)
                found.append("" if read.state_dict() in states else "half a file")
    return found


TRIALS: Final = {
    "modes": try_modes,
    "fit": try_fit,
    "backward": try_backward,
    "evaluate": try_evaluate,
    "save": try_save,
}


def main(count: int, seed: int) -> int:
    """Make all trials; returns how many interrupts left something wrong."""

    def on_signal(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, on_signal)
    sys.unraisablehook = lambda _: None  # an interrupt inside a finaliser is lost, as always in Python
    total = 0
    build = "compiled" if ag.build_info().compiled else "plain"
    for name, trial in TRIALS.items():
        found = trial(count, random.Random(seed))
        wrong = [text for text in found if text]
        total += len(wrong)
        print(f"{name}, {build}: {len(found):,} interrupts, {len(wrong)} left something wrong {sorted(set(wrong))}")
    return total


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()), 1))
