"""The training loop.

For each batch it computes the outputs and the loss, sets the gradients to 0, calls `backward()`, and makes a step.
After each epoch it measures the validation samples, updates schedules and early stopping, and extends the history.

`Training` is the state of such a run, from which it can continue at any time; `fit` makes one and runs it to its end.
Other modules have the rest: `training_checks` the checks of arguments and losses, `clipping` the changes of gradients,
`watch` the measurement of gradients and updates, `rollback` interrupts, `resumable` the state for checkpoints.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd_core import InputError, Value
from nn.base.checks import positive_int
from nn.base.conversion import as_sample, as_sequence
from nn.data.sampling import Batches
from nn.modules.evaluating import evaluating
from nn.modules.module import Module
from nn.training.clipping import Clipping
from nn.training.evaluation import accepts_probabilities, evaluate, forward, hits, takes_batches
from nn.training.faulty_samples import WRONG_INPUT, check_samples, not_finite, with_sample
from nn.training.history import Epoch, History, Running, Step
from nn.training.recipe import recipe_of
from nn.training.resumable import Resumable
from nn.training.rollback import Rollback, SideEffects
from nn.training.training_checks import (
    check_data,
    check_loss,
    check_options,
    check_parameters,
    check_reach,
    check_roles,
    check_schedules,
    check_unused,
    checked_callbacks,
)
from nn.training.watch import Watch

if TYPE_CHECKING:
    from nn.base.rng import Rng
    from nn.data.sampling import Sample
    from nn.optim import Optimizer
    from nn.training.callbacks import Callback
    from nn.training.clipping import Noise
    from nn.training.evaluation import Loss, Network
    from nn.training.regularisation import EarlyStopping


class Training(Resumable):
    """A run of training: its parts and its progress.

    Args:
        model: from the features of a sample to its outputs; or, if a module in it processes whole batches, from a list
            of features to a list of outputs.
        loss: from the outputs for a batch and its targets to the number to minimise.
        batches: the samples in batches, an `nn.data.Batches`; or a list of samples, all of which then make one batch.
        optimizer: of parameters of the model.
        epochs: how often to go through all samples.
        validation: samples that are measured after every epoch and not used for training.
        early_stopping: an `EarlyStopping`, which ends the training when the loss, or with `mode="max"` the accuracy, no
            longer improves: that of the validation samples if there are some, else that of the training. At the end of
            the training, for whatever reason it ends, the model gets back the parameters and buffers of the best epoch.
        clip_norm: largest norm of the gradient of all parameters together, as for `clip_grad_norm_`; None, the default,
            is no limit.
        clip_value: largest gradient of a single parameter, as for `clip_grad_value_`; None, the default, is no limit.
            It is applied before `clip_norm`.
        noise: standard deviation of noise on the gradients, added after clipping; or a function from the number of
            updates so far to it, such as `noise_std`. None, the default, is no noise.
        rng: where the noise comes from: a generator, a seed, or None for Python's global generator.
        callbacks: objects derived from `Callback`, which are called before the training, after every update and after
            every epoch.
        watch: whether to measure gradients and updates layer by layer, in one update of each epoch, and to warn of
            what `nn.health` finds wrong with a `TrainingWarning`. By default it does.

    A schedule that depends on a measure, such as `ReduceOnPlateau`, is updated after every epoch with the measure of
    early stopping.

    Attributes:
        clipping: the limits on gradients, and the noise.
        history: the measures of each epoch so far.
        running: the measures of the present epoch.
        updates: the number of updates so far.
        stopped: whether early stopping or a callback has ended the training.

    Raises:
        InputError: if there are no samples, a number is out of its range, a parameter of the optimiser is not a
            parameter of the model, a schedule is longer than the training, or `early_stopping` was used before.

    >>> from nn import MLP, cross_entropy, optim
    >>> from nn.data import Batches, moons
    >>> model = MLP(2, [8, 2], rng=0)
    >>> optimizer = optim.SGD(model.parameters(), lr=0.5)
    >>> training = Training(model, cross_entropy, Batches(moons(100, rng=0), 10, rng=0), optimizer, epochs=2)
    >>> steps = training.steps()
    >>> next(steps).batch, next(steps).batch  # the training can continue later from here
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
        check_roles(model, loss, optimizer, batches)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.batches = batches = _in_batches(batches)
        check_options(early_stopping, validation)
        self.validation = None if validation is None else as_sequence("validation", validation)
        self.early_stopping, self.callbacks = early_stopping, checked_callbacks(callbacks)
        self.clipping = Clipping(value=clip_value, norm=clip_norm, noise=noise, rng=rng)
        check_data(self.batches, self.validation)
        check_unused(early_stopping)
        check_parameters(model, optimizer)
        check_schedules(optimizer, self.epochs, len(self.batches))
        self.history, self.running = History(), Running()
        self.updates, self.stopped = 0, False
        self._together = takes_batches(model)
        self._watch = Watch(model, optimizer, layers=watch)
        self._best, self._loop, self._step, self._pending = None, None, None, deque()
        settings = {
            "epochs": self.epochs, "early stopping": early_stopping, "clip_norm": self.clipping.norm,
            "clip_value": self.clipping.value, "noise": self.clipping.noise,
        }  # fmt: skip
        self._recipe = recipe_of(model, loss, batches, optimizer, settings=settings, generators=self._generators())

    # ---- Running -----------------------------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether all epochs are complete, or the training was stopped."""
        return self.stopped or len(self.history) >= self.epochs

    def stop(self) -> None:
        """End the training after the present update."""
        self.stopped = True

    def steps(self) -> Iterator[Step]:
        """Continue to the end of the training, with one update for each `Step` that is requested.

        The iterator makes an update only when it is advanced. If the caller stops iterating, a later call continues
        after the last step, even within an epoch.

        An update and the end of an epoch are atomic. If an interrupt or an error stops one, then parameters, buffers,
        the optimiser, schedules, the generators of random numbers and the position in the data are restored, and a
        later call continues with the same results as without the interruption. If a callback is interrupted after the
        update, it is called again.

        Raises:
            OperandTypeError: if the loss is not a Value.
            InputError: if a number in the data is nan or infinite, or a target is invalid; the message names the
                sample. Also if the loss depends on no parameter, for example within `no_grad`.
            AnomalyError: if the loss becomes infinite or nan for another reason.

        After an error the state before the batch is restored.
        """
        for callback in () if self.finished else self.callbacks:
            callback.before_training(self)
        if isinstance(self.model, Module):
            self.model.train()
        side_effects = SideEffects(self.model, self.clipping.generator)
        while True:
            self._call_pending()
            step, self._step = self._step, None
            if step is not None:
                yield step
            if self.finished and not (self.stopped and self.running.samples):
                break
            self._act(side_effects)
        if self._best is not None:
            self._fitting("best", self._best)()

    def _act(self, side_effects: SideEffects) -> None:
        """Make one update; or end the epoch, if there is no further batch in it."""
        rollback = Rollback(side_effects, self.batches, self.optimizer, self.history)
        rollback.track(self, "_loop")
        try:
            if self._loop is None:
                self._loop = iter(self.batches)
            batch = None if self.stopped else next(self._loop, None)
            if batch is None:
                self._end_epoch(rollback)
            else:
                self._update(batch, rollback)
        except BaseException:
            rollback.settle()
            raise

    def _call_pending(self) -> None:
        """Call the callbacks that are pending for the last update or epoch."""
        while self._pending:
            call = self._pending[0]
            try:
                call()
            except Exception:
                self._drop_pending(call)  # it raised an error itself; after an interrupt it would be called again
                raise
            self._drop_pending(call)

    def _drop_pending(self, call: Callable[[], None]) -> None:
        if self._pending and self._pending[0] is call:  # a callback may have loaded another state
            self._pending.popleft()

    def _update(self, batch: list[Sample], rollback: Rollback) -> None:
        """Make one update, and record the measures of the batch before it."""
        pairs = [as_sample(sample) for sample in batch]
        features, targets = [x for x, _ in pairs], [target for _, target in pairs]
        is_watched = self._watch.is_time(self.batches)
        weights = self._watch.weights() if is_watched else {}
        running, updates = replace(self.running, lr=self.optimizer.groups[0].lr), self.updates
        measured: list[tuple[float, int, int]] = []

        def closure() -> Value:
            """Compute the loss and the gradients; the first call also records the measures of the batch."""
            outputs, loss = self._outputs_and_loss(features, targets, batch)
            is_first = not measured  # later calls are trial evaluations of the optimiser
            if is_first:
                self._check_loss(loss, batch)
                measured.append((loss.data, *hits(outputs, targets, accepts_probabilities(self.loss))))
            self.optimizer.zero_grad()
            loss.backward()
            if is_first and is_watched:
                running.gradient_norms = self._watch.gradients(weights, self._where)
            self.clipping(self.optimizer.parameters, updates)
            value: Value = loss
            return value

        def note() -> None:
            """Record the update; this may run twice."""
            loss, right, judged = measured[0]
            now = replace(running)
            if is_watched:
                now.update_ratios = self._watch.update_ratios(weights)
            now.add(loss, len(batch), right=right, judged=judged)
            accuracy = right / judged if judged else None
            step = Step(len(self.history), self.batches.batch - 1, len(batch), loss, accuracy)
            self._pending = deque(partial(callback.after_step, self, step) for callback in self.callbacks)
            self._step, self.running, self.updates = step, now, updates + 1

        rollback.finish = note
        self.optimizer.step(closure)
        note()

    def _outputs_and_loss(self, features: list[Any], targets: list[Any], batch: list[Sample]) -> tuple[Any, Any]:
        try:
            outputs = forward(self.model, features, self._together)
            return outputs, self.loss(outputs, targets)
        except WRONG_INPUT as error:
            raise with_sample(error, self._try, batch, self.batches.samples) from error

    def _check_loss(self, loss: Any, batch: list[Sample]) -> None:
        check_loss(loss, batch, self.batches.samples, self.optimizer, self._where)
        if self.updates == 0 or loss.op is None:  # later losses depend on the same parameters, unless one is a leaf
            check_reach(loss, self.optimizer)

    @property
    def _where(self) -> str:
        return f"epoch {len(self.history)}, batch {self.batches.batch - 1}"

    def _end_epoch(self, rollback: Rollback) -> None:
        """Measure the epoch, extend the history, update schedules and early stopping; callbacks follow later."""
        if not self.running.samples:
            self._loop = None
            return
        validation = (None, None) if self.validation is None else self._evaluated(self.validation)
        epoch = self.running.epoch(validation)
        stopped, best, stopping = self.stopped, self._best, self.early_stopping
        schedules: dict[int, Any] = {id(group.schedule): group.schedule for group in self.optimizer.groups}
        for schedule in schedules.values():
            if hasattr(schedule, "update"):
                rollback.track(schedule)
                schedule.update(_judged_measure(epoch, schedule))
        if stopping is not None:
            rollback.track(stopping)
            stopped |= stopping.update(_judged_measure(epoch, stopping))
            if stopping.waited == 0:
                best = self._numbers()

        def note() -> None:
            """Begin the next epoch; this may run twice."""
            self._pending = deque(partial(callback.after_epoch, self, epoch) for callback in self.callbacks)
            self._pending.append(partial(self._watch_epoch, epoch))
            self.running, self._loop, self.stopped, self._best = Running(), None, stopped, best

        rollback.finish = note
        self.history.append(epoch)
        note()

    def _watch_epoch(self, epoch: Epoch) -> None:
        index = len(self.history) - 1
        self._watch.after_epoch(epoch, index, self.epochs, self.batches.samples, self._together)

    def _evaluated(self, samples: Sequence[Sample]) -> tuple[float | None, float | None]:
        every = [samples[index] for index in range(len(samples))]
        try:
            measures = evaluate(self.model, self.loss, every)
        except WRONG_INPUT as error:
            raise type(error)(f"in validation, {with_sample(error, self._try, every, every)}") from error
        if not math.isfinite(measures[0]) and (fault := not_finite(every, every)) is not None:
            raise InputError(f"in validation, {fault}")
        return measures

    def _try(self, sample: Sample) -> None:
        """Process one sample like a batch, without side effects."""
        features, target = as_sample(sample)
        with evaluating(self.model):
            self.loss(forward(self.model, [features], self._together), [target])


def _in_batches(data: Batches[Sample] | Sequence[Sample]) -> Batches[Sample]:
    """The data of a training; samples that are in no batches make one batch together."""
    if isinstance(data, Batches):
        return data
    samples = as_sequence("the data", data)
    check_samples("the data", samples)
    return Batches(samples, None)


def _judged_measure(epoch: Epoch, judge: Any) -> float:
    """The measure of an epoch for a schedule or early stopping."""
    name = "accuracy" if getattr(judge, "mode", "min") == "max" else "loss"
    measure = epoch.measured(name)
    if measure is None and not math.isfinite(epoch.measured("loss") or 0.0):
        return math.nan  # which is never better
    if measure is None:
        raise InputError(f"{judge!r} with mode='max' judges the accuracy, but no target is the index of a class")
    return measure
