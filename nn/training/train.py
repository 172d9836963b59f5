"""Training: the loop that every example would otherwise write anew.

For each batch: compute the outputs and the loss, forget the old gradients, go backward, tame the gradients if that is
asked for, and take a step. After each epoch: measure the validation samples, tell schedules and early stopping what
came out, and write it down.

`Training` is the state of one such run, from which it can go on at any time; `fit` makes one and runs it to its end.
`nn.checkpoint` keeps it on disk, `nn.health` says what looks wrong with it.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from autograd_core import AnomalyError, AutogradError, InputError, OperandTypeError, Value, topological_order
from autograd_core.paths import path_of
from nn.base import generator_state
from nn.base.checks import number_between, positive_int, positive_number
from nn.base.plain import PAIRS, collected, is_pair, opened
from nn.data.sampling import Batches
from nn.layers.dropout import own_generator
from nn.modules.module import Module, evaluating
from nn.modules.state import ParameterArray, arrays, compare, nested
from nn.schedules import length_of
from nn.training import checkpoint as checkpoints
from nn.training import health
from nn.training.evaluation import Loss, Network, evaluate, forward, hits, reads_rows, takes_batches
from nn.training.faults import WRONG_INPUT, blamed, check_samples, not_finite
from nn.training.fingerprint import fingerprint
from nn.training.history import Epoch, History, Running, Step, count_of
from nn.training.progress import Progress
from nn.training.recipe import NOISE, ORDER, Recipe, check, recipe_of, with_own_settings
from nn.training.regularisation import add_gradient_noise_, clip_grad_norm_, clip_grad_value_
from nn.training.undoing import Before, Stateful

if TYPE_CHECKING:
    import os

    from nn.base.rng import Rng
    from nn.data.sampling import Sample
    from nn.modules.state import Array
    from nn.optim import Optimizer
    from nn.training.callbacks import Callback
    from nn.training.regularisation import EarlyStopping

__all__ = ["Epoch", "History", "Loss", "Options", "Step", "Training", "fit", "training_steps"]

Noise: TypeAlias = float | Callable[[int], float]
"""The standard deviation of gradient noise; or a function from the number of updates made so far to it."""


class Options(TypedDict, total=False):
    """What can be said about a training besides what is trained on what; see `Training`."""

    epochs: int
    validation: Sequence[Sample] | None
    early_stopping: EarlyStopping | None
    clip_norm: float | None
    clip_value: float | None
    noise: Noise | None
    rng: Rng
    watch: bool


class Training:
    """A run of training: everything that takes part in it, and how far it is.

    Args:
        model: from the features of a sample to its outputs; or, if a module in it looks at whole batches, from a list
            of features to a list of outputs.
        loss: from the outputs for a batch and its targets to the number to be made small.
        batches: see `nn.data.Batches`; or a list of samples, all of which then make one batch.
        optimizer: of parameters of the model.
        epochs: how often to go through all samples.
        validation: samples that are measured after every epoch and never learned from.
        early_stopping: ends the training, see `EarlyStopping`. It judges the loss, with `mode="max"` the accuracy: of
            the validation samples if there are some, else of the training. At the end of the training, whatever ended
            it, the model gets the parameters and buffers back that it had after the best epoch.
        clip_norm: longest gradient, all parameters together; see `clip_grad_norm_`.
        clip_value: largest gradient of a single parameter; see `clip_grad_value_`. It comes before `clip_norm`.
        noise: standard deviation of noise on the gradients, after clipping; or a function from the number of updates
            made so far to it, such as `noise_std`.
        rng: where the noise comes from; see `nn.base.rng`.
        callbacks: see `nn.training.callbacks.Callback`.
        watch: whether to measure gradients and updates layer by layer, in one update of each epoch, and to warn of
            what looks wrong, a `TrainingWarning`; see `nn.health`.

    A schedule that reacts to a measure, such as `ReduceOnPlateau`, is told after every epoch what early stopping would
    be told.

    Attributes:
        history: what was measured in each epoch so far.
        running: the epoch that is under way.
        updates: how many updates have been made.
        stopped: whether early stopping or a callback has ended the training.

    Raises:
        InputError: if there are no samples, a number is out of its range, a parameter of the optimiser is not one of
            the model, a schedule is longer than the run, or `early_stopping` has been used before.

    >>> from nn import MLP, cross_entropy, optim
    >>> from nn.data import Batches, moons
    >>> model = MLP(2, [8, 2], rng=0)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.5)
    >>> training = Training(model, cross_entropy, Batches(moons(100, rng=0), 10, rng=0), optimizer, epochs=2)
    >>> steps = training.steps()
    >>> next(steps).batch, next(steps).batch  # and let it be; later it goes on where it was
    (0, 1)
    >>> for step in training.steps():
    ...     pass
    >>> training.updates, len(training.history)
    (20, 2)
    """

    def __init__(
        self,
        model: Network,
        loss: Loss,
        batches: Batches[Sample] | Sequence[Sample],
        optimizer: Optimizer,
        *,
        epochs: int = 1,
        validation: Sequence[Sample] | None = None,
        early_stopping: EarlyStopping | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        noise: Noise | None = None,
        rng: Rng = None,
        callbacks: Sequence[Callback] = (),
        watch: bool = True,
    ) -> None:
        self.epochs = positive_int("epochs", epochs)
        _check_roles(loss, optimizer, batches)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        if not isinstance(batches, Batches):
            batches = collected("the data", batches)
            check_samples("the data", batches)
            batches = Batches(batches, None)
        self.batches = batches
        validation = None if validation is None else collected("validation", validation)
        self.validation, self.early_stopping, self.callbacks = validation, early_stopping, tuple(callbacks)
        self._clip_norm = None if clip_norm is None else positive_number("clip_norm", clip_norm)
        self._clip_value = None if clip_value is None else positive_number("clip_value", clip_value)
        self._noise = noise if noise is None or callable(noise) else number_between("noise", noise, 0.0, math.inf)
        self._generator = None if noise is None else own_generator(rng)
        self._check()
        self.history, self.running = History(), Running()
        self.updates, self.stopped = 0, False
        self._together = takes_batches(model)
        self._places = health.places_of(model) if watch else {}
        self._layers = health.layers_of(self._places, optimizer.parameters) if watch else {}
        self._named = self._trained(model) if watch else []
        self._warned: set[tuple[str, str]] = set()
        self._best: dict[str, Any] | None = None
        self._loop: Iterator[list[Sample]] | None = None
        settings = {
            "epochs": self.epochs, "early stopping": early_stopping, "clip_norm": self._clip_norm,
            "clip_value": self._clip_value, "noise": self._noise,
        }  # fmt: skip
        self._recipe = recipe_of(model, loss, batches, optimizer, settings=settings, generators=self._generators())
        self._step: Step | None = None
        self._owed: deque[Callable[[], None]] = deque()

    # ---- Running -----------------------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether all epochs are over, or the training was stopped."""
        return self.stopped or len(self.history) >= self.epochs

    def stop(self) -> None:
        """End the training after the present update."""
        self.stopped = True

    def steps(self) -> Iterator[Step]:
        """Go on, one update for each `Step` that is asked for, to the end of the training.

        Nothing happens until the iterator is advanced. If the caller stops asking, the model is as the last step has
        left it, and a later call goes on from there, in the middle of an epoch if need be.

        An update, and the end of an epoch, is whole or not at all. If an interrupt or an error breaks it off, a later
        call goes on bit by bit as if nothing had happened: parameters, buffers, the optimiser, schedules, the
        generators of random numbers and the position in the data are as they were before it, and gradients are not
        needed. If the update was made and a callback is interrupted, that callback is called again.

        Raises:
            OperandTypeError: if the loss is not a Value.
            InputError: if a number in the data is nan or infinite, or a target makes no sense; the message names the
                sample. Likewise if the loss depends on no parameter, as inside `no_grad`. Everything is then as it was
                before the batch.
            AnomalyError: if the loss became infinite or nan in any other way; likewise.
        """
        for callback in () if self.finished else self.callbacks:
            callback.before_training(self)
        if isinstance(self.model, Module):
            self.model.train()
        stateful = Stateful(self.model, self._generator)
        while True:
            self._tell()
            step, self._step = self._step, None
            if step is not None:
                yield step
            if self.finished and not (self.stopped and self.running.samples):
                break
            self._act(stateful)
        if self._best is not None:
            self._fitting("best", self._best)()

    def _act(self, stateful: Stateful) -> None:
        """Make one update; or end the epoch, if there is no further batch in it."""
        before = Before(stateful, self.batches, self.optimizer, self.history)
        before.keep(self, "_loop")
        try:
            if self._loop is None:
                self._loop = iter(self.batches)
            batch = None if self.stopped else next(self._loop, None)
            if batch is None:
                self._end_epoch(before)
            else:
                self._update(batch, before)
        except BaseException:
            before.settle()
            raise

    def _tell(self) -> None:
        """Call the callbacks that are still to hear of the last update or epoch."""
        while self._owed:
            tell = self._owed[0]
            try:
                tell()
            except Exception:
                self._told(tell)  # it has ended by itself; what an interrupt has ended begins again
                raise
            self._told(tell)

    def _told(self, tell: Callable[[], None]) -> None:
        if self._owed and self._owed[0] is tell:  # unless a callback has loaded another state
            self._owed.popleft()

    def _update(self, batch: list[Sample], before: Before) -> None:
        """Make one update, and note what the batch was like before it."""
        pairs = [opened(sample) for sample in batch]
        features, targets = [x for x, _ in pairs], [target for _, target in pairs]
        is_watched = bool(self._layers) and self.batches.batch == max(1, len(self.batches) - 1)
        weights = health.weights_of(self._layers) if is_watched else {}
        running, updates = replace(self.running, lr=self.optimizer.groups[0].lr), self.updates
        measured: list[tuple[float, int, int]] = []

        def closure() -> Value:
            try:
                outputs = forward(self.model, features, self._together)
                loss = self.loss(outputs, targets)
            except WRONG_INPUT as error:
                raise blamed(error, self._try, batch, self.batches.samples) from error
            is_first = not measured  # later ones are trials of the optimiser, which knows what to make of them
            if is_first:
                self._check_loss(loss, batch)
                measured.append((loss.data, *hits(outputs, targets, reads_rows(self.loss))))
            self.optimizer.zero_grad()
            loss.backward()
            if is_first and is_watched:
                running.gradient_norms = self._watch_gradients(weights)
            self._tame_gradients()
            value: Value = loss
            return value

        def note() -> None:
            loss, right, judged = measured[0]
            now = replace(running)
            if is_watched:
                now.update_ratios = health.update_ratios(weights, self._layers)
            now.add(loss, len(batch), right=right, judged=judged)
            accuracy = right / judged if judged else None
            step = Step(len(self.history), self.batches.batch - 1, len(batch), loss, accuracy)
            self._owed = deque(partial(callback.after_step, self, step) for callback in self.callbacks)
            self._step, self.running, self.updates = step, now, updates + 1

        before.finish = note
        self.optimizer.step(closure)
        note()

    def _tame_gradients(self) -> None:
        parameters = self.optimizer.parameters
        if self._clip_value is not None:
            clip_grad_value_(parameters, self._clip_value)
        if self._clip_norm is not None:
            clip_grad_norm_(parameters, self._clip_norm, error_if_nonfinite=True)
        if self._noise is not None:
            std = self._noise(self.updates) if callable(self._noise) else self._noise
            add_gradient_noise_(parameters, std, self._generator)

    def _end_epoch(self, before: Before) -> None:
        """Measure, write down, and tell those who decide something by it; then those who only listen."""
        if not self.running.samples:
            self._loop = None
            return
        validation = (None, None) if self.validation is None else self._evaluated(self.validation)
        epoch = self.running.epoch(validation)
        stopped, best, stopping = self.stopped, self._best, self.early_stopping
        schedules: dict[int, Any] = {id(group.schedule): group.schedule for group in self.optimizer.groups}
        for schedule in schedules.values():
            if hasattr(schedule, "update"):
                before.keep(schedule)
                schedule.update(_judged(epoch, schedule))
        if stopping is not None:
            before.keep(stopping)
            stopped |= stopping.update(_judged(epoch, stopping))
            if stopping.waited == 0:
                best = self._numbers()

        def note() -> None:
            self._owed = deque(partial(callback.after_epoch, self, epoch) for callback in self.callbacks)
            self._owed.append(partial(self._warn, epoch))
            self.running, self._loop, self.stopped, self._best = Running(), None, stopped, best

        before.finish = note
        self.history.append(epoch)
        note()

    def _evaluated(self, samples: Sequence[Sample]) -> tuple[float | None, float | None]:
        every = [samples[place] for place in range(len(samples))]
        try:
            measures = evaluate(self.model, self.loss, every)
        except WRONG_INPUT as error:
            raise type(error)(f"in validation, {blamed(error, self._try, every, every)}") from error
        if not math.isfinite(measures[0]) and (fault := not_finite(every, every)) is not None:
            raise InputError(f"in validation, {fault}")
        return measures

    # ---- What can be wrong -------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Refuse what cannot be meant, before anything is done."""
        check_samples("the data", self.batches.samples)
        if self.validation is not None:
            check_samples("validation", self.validation)
        if self.early_stopping is not None and (self.early_stopping.best is not None or self.early_stopping.waited):
            raise InputError("early_stopping has been used in another training; make a new one")
        if isinstance(self.model, Module):
            known = set(map(id, self.model.parameters()))
            strangers = [p for p in self.optimizer.parameters if id(p) not in known]
            if strangers:
                raise InputError(
                    f"expected an optimiser of parameters of the model, got one with {len(strangers)} others, such as "
                    f"{strangers[0]!r}; make it of model.parameters()"
                )
        total = self.epochs * len(self.batches)
        for group in self.optimizer.groups:
            length = length_of(group.schedule)
            if length is not None and length > group.steps + total:
                raise InputError(
                    f"expected a schedule of at most {group.steps + total} updates, {self.epochs} epochs of "
                    f"{len(self.batches)} batches, got one of {length}: {group.schedule!r}; train longer or shorten it"
                )

    def _trained(self, model: Network) -> list[tuple[str, Value]]:
        """The parameters that are trained, with their names; of other functions than modules nothing is known."""
        trained = set(map(id, self.optimizer.parameters))
        named = model.named_parameters() if isinstance(model, Module) else []
        return [(name, parameter) for name, parameter in named if id(parameter) in trained]

    def _check_loss(self, loss: Any, batch: list[Sample]) -> None:
        if not isinstance(loss, Value):
            raise OperandTypeError(f"expected the loss to be a Value, got {loss!r}; nothing in it depends on a Value")
        if math.isfinite(loss.data):
            self._check_reach(loss)
            return
        if (error := not_finite(batch, self.batches.samples)) is not None:
            raise error
        where = f"the loss became {loss.data} in epoch {len(self.history)}, batch {self.batches.batch - 1}"
        for parameter in self.optimizer.parameters:
            if not math.isfinite(parameter.data):
                raise AnomalyError(
                    f"{where}; the step was not made. The parameter {parameter.label} is {parameter.data} since an "
                    "earlier step: use a smaller learning rate, clip the gradients (clip_norm=1.0), or look for the "
                    "gradient that was not finite with detect_anomaly()"
                )
        raise AnomalyError(
            f"{where}; the step was not made. Use a smaller learning rate, clip the gradients (clip_norm=1.0), or look "
            "for the first such number with detect_anomaly()"
        )

    def _check_reach(self, loss: Value) -> None:
        """Refuse a loss from which no gradient can come: one at the start, and a leaf at any time."""
        if self.updates > 0 and loss.op is not None:
            return
        if set(topological_order(loss)).isdisjoint(self.optimizer.parameters):
            raise InputError(
                "expected a loss that depends on parameters of the optimiser, got one that depends on none, so nothing "
                "would be learned. Nothing is recorded inside no_grad(), and what is computed from .data has no "
                "gradient: train outside of no_grad(), or inside enable_grad(), and compute the loss from the outputs"
            )

    def _try(self, sample: Sample) -> None:
        """What is done with a batch, with one sample; nothing is changed by it."""
        features, target = opened(sample)
        with evaluating(self.model):
            self.loss(forward(self.model, [features], self._together), [target])

    def _watch_gradients(self, weights: Mapping[str, Sequence[float]]) -> dict[str, float]:
        norms = health.gradient_norms(self._layers)
        for name, length in norms.items():
            if not math.isfinite(length):
                raise AnomalyError(
                    f"the gradient of {name or 'the model'} has length {length} in epoch {len(self.history)}, batch "
                    f"{self.batches.batch - 1}; the step was not made. Look for the first such number with "
                    "detect_anomaly()"
                )
        self._warn_of(health.stuck_findings(self._named))
        self._warn_of(health.gradient_findings(norms, weights))
        return norms

    def _warn(self, epoch: Epoch) -> None:
        self._warn_of(health.loss_findings(epoch.validation_loss))
        if self._places and health.is_time_to_look(len(self.history) - 1, self.epochs):
            features = [opened(sample)[0] for sample in health.spread(self.batches.samples)]
            self._warn_of(health.unit_findings(self.model, features, self._together, self._places))

    def _warn_of(self, findings: list[health.Finding]) -> None:
        """Say each thing about each layer once, and nothing that follows from what has been said."""
        for finding in findings:
            if (finding.kind, finding.where) not in self._warned and not health.follows(finding, self._warned):
                self._warned.add((finding.kind, finding.where))
                warnings.warn(str(finding), health.TrainingWarning, stacklevel=2)

    # ---- What is kept ------------------------------------------------------------------------------------------------

    @cached_property
    def recipe(self) -> Recipe:
        """What the training was made of, in words, and what tells its samples from others; see `nn.training.recipe`.

        What a program changes on the way, such as a learning rate that it assigns, is no part of it, but of the state.
        """
        validation = "none" if self.validation is None else fingerprint(self.validation)
        return {**self._recipe, "samples": fingerprint(self.batches.samples), "validation samples": validation}

    def state_dict(self, *, with_history: bool = True) -> dict[str, Any]:
        """Everything that is needed to go on bit by bit as if nothing had happened: numbers, texts, lists and dicts.

        What is code, the model, loss, samples, schedules and callbacks, is not part of it, but the `recipe` describes
        it; neither are gradients and frozen marks.

        Args:
            with_history: False leaves the history out, the only part that grows with the number of epochs.

        Raises:
            OperandTypeError: if a generator of random numbers is none whose state can be saved.
        """
        stopping = self.early_stopping
        return {
            "recipe": dict(self.recipe),
            "model": self._numbers(),
            "best": self._best,
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state_dict(),
            "generators": {name: generator_state.saved(source) for name, source in self._generators().items()},
            "early_stopping": None if stopping is None else stopping.state_dict(),
            "running": self.running.state_dict(),
            "updates": self.updates,
            "stopped": self.stopped,
        } | ({"history": self.history.records()} if with_history else {})

    def load_state_dict(self, state_dict: Mapping[str, Any], *, changed: bool = False) -> None:
        """Go on from what `state_dict` of a training like this one returned.

        Args:
            state_dict: the state; its history may also be a `History`.
            changed: whether it is meant if the recipes of the two trainings differ. What differs is then as in this
                training: learning rates, options, schedules, seeds, data, the loss. Another optimiser, another size
                of batches and other shapes of arrays are refused all the same.

        Raises:
            RecipeError: if that is so, and not meant; an `InputError` whose message lists all that differs. This
                training is then as it was.
            InputError: if it is no such dict, or one of another model, optimiser or data; likewise.
        """
        before = self.state_dict()
        try:
            self._load(state_dict, changed)
        except BaseException as error:
            self._load(before)
            if isinstance(error, Exception) and not isinstance(error, AutogradError):
                raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
            raise

    def _load(self, state: Mapping[str, Any], changed: bool = False) -> None:
        differing = check(state["recipe"], self.recipe, changed)
        best, stopping = state["best"], self.early_stopping
        set_model = self._fitting("model", state["model"])
        if best is not None:
            self._fitting("best", best)
        history, running = History.of(state["history"]), Running.of(state["running"])
        updates, stopped = count_of(state["updates"]), bool(state["stopped"])
        generators = self._generators()
        if generators.keys() != state["generators"].keys() and not changed:
            raise InputError(f"expected generators of {sorted(generators)}, got {sorted(state['generators'])}")
        self.optimizer.load_state_dict(with_own_settings(state["optimizer"], self.optimizer, differing))
        order = self.batches.source
        own = {} if order is None or ORDER not in differing else {"generator": generator_state.saved(order)}
        self.batches.load_state_dict({**state["batches"], **own})
        for name, source in generators.items():
            is_new = changed and name not in state["generators"]
            if not is_new and (f"seed of {name}" if name else NOISE) not in differing:
                generator_state.restore(source, state["generators"][name])
        if stopping is None:
            best = None
        elif state["early_stopping"] is not None or not changed:
            stopping.load_state_dict(state["early_stopping"])
        set_model()
        self._best, self.history, self.running, self.updates, self.stopped = best, history, running, updates, stopped
        self._loop, self._step, self._owed = None, None, deque()

    def _arrays(self) -> Mapping[str, Array]:
        if isinstance(self.model, Module):
            return arrays(self.model)
        parameters = self.optimizer.parameters
        return {"parameters": ParameterArray((len(parameters),), parameters)}

    def _numbers(self) -> dict[str, Any]:
        """The parameters and buffers as they are now."""
        return {name: nested(array.shape, array.numbers()) for name, array in self._arrays().items()}

    def _fitting(self, part: str, numbers: Mapping[str, Any]) -> Callable[[], None]:
        """What sets the parameters and buffers to these numbers, if they fit."""
        comparison = compare(self._arrays(), numbers)
        if problems := comparison.problems(most=4):
            raise InputError(f"the numbers under {part!r} do not fit the model: {problems}")
        return comparison.assign

    def _generators(self) -> dict[str, Any]:
        """The generators of modules, and that of the noise under a name that no attribute has."""
        own: dict[str, Any] = {} if self._generator is None else {"": self._generator}
        return own | dict(self.model.named_generators()) if isinstance(self.model, Module) else own


def _check_roles(loss: Any, optimizer: Any, batches: Any) -> None:
    """Refuse features and targets in the places of a loss, data and an optimiser, as other libraries have them."""
    order = "expected (model, loss, samples, optimizer)"
    if not callable(loss):
        raise InputError(f"{order}, got an object of type {type(loss).__name__} as loss; {PAIRS}")
    if not hasattr(optimizer, "zero_grad") or not hasattr(optimizer, "step"):
        raise InputError(f"{order}, got an object of type {type(optimizer).__name__} as optimizer; {PAIRS}")
    if isinstance(batches, tuple) and len(batches) == 2 and not all(map(is_pair, batches)):
        raise InputError(f"{order}, got features and targets apart as samples; {PAIRS}")


def training_steps(
    model: Network,
    loss: Loss,
    batches: Batches[Sample] | Sequence[Sample],
    optimizer: Optimizer,
    *,
    epochs: int = 1,
) -> Iterator[Step]:
    """The bare loop: one update for each `Step` that is asked for, and nothing else.

    Arguments and errors are those of `Training` and `Training.steps`.
    """
    return Training(model, loss, batches, optimizer, epochs=epochs, watch=False).steps()


def fit(
    model: Network,
    loss: Loss,
    batches: Batches[Sample] | Sequence[Sample],
    optimizer: Optimizer,
    *,
    progress: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int | None = None,
    resume: bool = False,
    resume_changed: bool = False,
    on_step: Callable[[Step], object] | None = None,
    callbacks: Sequence[Callback] = (),
    **options: Unpack[Options],
) -> History:
    """Train a model, and return what was measured in each epoch.

    If it is interrupted, by Ctrl-C for example, model, optimiser and batches are as after one of the updates, whole. To
    go on in the same epoch, keep a checkpoint, or make a `Training` and call its `steps()` again.

    Args:
        model: as for `Training`, like the three after it.
        loss: see there.
        batches: see there.
        optimizer: see there.
        progress: whether to show it: as a bar on a terminal, elsewhere as a line for each epoch.
        checkpoint: name of a file from which the training can go on if it is interrupted; see `nn.checkpoint`.
        every: number of updates between two checkpoints; None, the default, is once per epoch.
        resume: go on from the checkpoint if that file exists; otherwise, and if it does not exist, start anew.
        resume_changed: go on also if the training that was interrupted was made in another way: with another loss,
            other data, another learning rate; see `Training.load_state_dict`. More epochs need no such word.
        on_step: called after every update.
        callbacks: as for `Training`.
        options: the others of `Training`: `epochs`, `validation`, `early_stopping`, `clip_norm`, `clip_value`, `noise`,
            `rng`, `watch`.

    Raises:
        InputError: if an argument makes no sense, or the checkpoint is of another training; otherwise as `Training` and
            `Training.steps`.
        OSError: if the checkpoint cannot be written; this is tried before the first update.

    >>> from nn import MLP, cross_entropy, optim
    >>> from nn.data import Batches, moons
    >>> model = MLP(2, [8, 2], rng=0)
    >>> batches = Batches(moons(100, rng=0), 10, rng=0)
    >>> history = fit(model, cross_entropy, batches, optim.SGD(model.parameters(), lr=0.5), epochs=20)
    >>> history[-1].accuracy > 0.9
    True
    """
    if checkpoint is None and (resume or every is not None):
        raise InputError("every and resume are about checkpoints; name the file as checkpoint")
    if resume_changed and not resume:
        raise InputError("resume_changed says how to resume; it needs resume=True")
    with ExitStack() as shown:
        listeners = list(callbacks)
        if checkpoint is not None:
            listeners.append(checkpoints.Checkpoints(checkpoint, every))
        if progress:
            listeners.append(shown.enter_context(Progress()))
        training = Training(model, loss, batches, optimizer, callbacks=listeners, **options)
        if checkpoint is not None and resume and path_of(checkpoint).exists():
            checkpoints.load(training, checkpoint, changed=resume_changed)
        for step in training.steps():
            if on_step is not None:
                on_step(step)
    return training.history


def _judged(epoch: Epoch, judge: Any) -> float:
    """The measure by which a schedule or early stopping judges an epoch."""
    name = "accuracy" if getattr(judge, "mode", "min") == "max" else "loss"
    measure = epoch.measured(name)
    if measure is None and not math.isfinite(epoch.measured("loss") or 0.0):
        return math.nan  # which is never better
    if measure is None:
        raise InputError(f"{judge!r} with mode='max' judges the accuracy, but no target is the index of a class")
    return measure
