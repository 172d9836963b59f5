"""Training with one call: `fit` makes a `Training`, adds progress and checkpoints, and runs it to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Never, TypedDict, Unpack

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from autograd_core.paths import path_of
from autograd_core.text import plural
from nn.base.messages import kind_of
from nn.base.signatures import lists_options
from nn.training import checkpoint as checkpoints
from nn.training.progress import Progress
from nn.training.train import Training
from nn.training.training_checks import ORDER, check_roles, checked_callbacks

if TYPE_CHECKING:
    import os

    from nn.base.rng import Rng
    from nn.data.sampling import Batches, Sample
    from nn.optim import Optimizer
    from nn.training.callbacks import Callback
    from nn.training.clipping import Noise
    from nn.training.evaluation import Loss, Network
    from nn.training.history import History, Step
    from nn.training.regularisation import EarlyStopping


class Options(TypedDict, total=False):
    """The settings of a training that `fit` passes on to `Training`."""

    epochs: int
    validation: Sequence[Sample] | None
    early_stopping: EarlyStopping | None
    clip_norm: float | None
    clip_value: float | None
    noise: Noise | None
    rng: Rng
    watch: bool


@explained()
def training_steps(
    model: Network,
    loss: Loss,
    batches: Batches[Sample] | Sequence[Sample],
    optimizer: Optimizer,
    *,
    epochs: int = 1,
) -> Iterator[Step]:
    """The bare loop: it makes one update for each `Step` that is requested, and nothing else.

    Args:
        model: from the features of a sample to its outputs.
        loss: from the outputs for a batch and its targets to the number to minimise.
        batches: the samples in batches, or a list of samples, all of which then make one batch.
        optimizer: of parameters of the model.
        epochs: how often to go through all samples.

    Raises:
        InputError: if an argument or a target is invalid, or a number in the data is nan or infinite.
        OperandTypeError: if the loss is not a Value.
        AnomalyError: if the loss becomes infinite or nan although the data are finite.
    """
    return Training(model, loss, batches, optimizer, epochs=epochs, watch=False).steps()


@explained("write fit(model, nn.cross_entropy, batches, optimizer)")
@lists_options(Training.__init__, Options.__annotations__)
def fit(  # noqa: D417 - `more` is for a message, and nobody writes it
    model: Network,
    loss: Loss,
    batches: Batches[Sample] | Sequence[Sample],
    optimizer: Optimizer,
    *more: Never,
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

    If it is interrupted, for example by Ctrl-C, the model, the optimiser and the batches are in the state after the
    last complete update, and so is the checkpoint, if there is one. The text of the `KeyboardInterrupt` says so. To
    continue in the same epoch without a checkpoint, make a `Training` and call its `steps()` again.

    Args:
        model: from the features of a sample to its outputs; or, if a module in it processes whole batches, from a list
            of features to a list of outputs.
        loss: from the outputs for a batch and its targets to the number to minimise.
        batches: the samples in batches, or a list of samples, all of which then make one batch.
        optimizer: of parameters of the model.
        progress: whether to show the progress: as a bar on a terminal, elsewhere as a line for each epoch.
        checkpoint: name of a file from which an interrupted training can continue, in the format of `nn.checkpoint`.
        every: number of updates between two checkpoints; None, the default, is once per epoch.
        resume: continue from the checkpoint if that file exists; by default, and if it does not exist, start again.
        resume_changed: continue also if the interrupted training had another loss, other data, or another setting such
            as the learning rate. A larger number of epochs is always allowed.
        on_step: called with each `Step`, after the update.
        callbacks: objects derived from `Callback`, which are called before the training, after every update and after
            every epoch.
        epochs: how often to go through all samples. Default 1.
        validation: samples that are measured after every epoch and not used for training.
        early_stopping: an `EarlyStopping`, which ends the training when the loss no longer improves.
        clip_norm: largest norm of the gradient of all parameters together. None, the default, is no limit.
        clip_value: largest gradient of a single parameter. None, the default, is no limit.
        noise: standard deviation of noise on the gradients, or a function from the number of updates to it. None, the
            default, is no noise.
        rng: where the noise comes from: a generator, a seed, or None for Python's global generator.
        watch: whether to measure the gradients of each layer, and to warn of what looks wrong. By default it does.

    All but the first four arguments are written with their names, as in `epochs=10`. `Training` describes the last
    eight in full.

    Raises:
        InputError: if an argument or a target is invalid, the checkpoint is of another training, or a number in the
            data is nan or infinite.
        OperandTypeError: if the loss is not a Value.
        AnomalyError: if the loss becomes infinite or nan although the data are finite.
        OSError: if the checkpoint cannot be written; this is checked before the first update.

    >>> from nn import MLP, cross_entropy, optim
    >>> from nn.data import Batches, moons
    >>> model = MLP(2, [8, 2], rng=0)
    >>> batches = Batches(moons(100, rng=0), 10, rng=0)
    >>> history = fit(model, cross_entropy, batches, optim.SGD(model.parameters(), lr=0.5), epochs=20)
    >>> history[-1].accuracy > 0.9
    True
    """
    if more:
        check_roles(model, loss, optimizer, batches)
        raise InputError(f"{ORDER}, got {4 + len(more)} arguments; name the others, as in epochs=10")
    if on_step is not None and not callable(on_step):
        raise OperandTypeError(f"expected a function of each step as on_step, got {kind_of(on_step)}")
    _check_resuming(checkpoint is not None, every, resume, resume_changed)
    with ExitStack() as shown:
        listeners = [*checked_callbacks(callbacks)]
        if checkpoint is not None:
            listeners.append(checkpoints.Checkpoints(checkpoint, every))
        if progress:
            listeners.append(shown.enter_context(Progress()))
        training = Training(model, loss, batches, optimizer, callbacks=listeners, **options)
        if checkpoint is not None and resume and path_of(checkpoint).exists():
            checkpoints.load(training, checkpoint, changed=resume_changed)
        try:
            for step in training.steps():
                if on_step is not None:
                    on_step(step)
        except KeyboardInterrupt as error:
            if checkpoint is not None and training.updates:
                checkpoints.save(training, checkpoint)
            error.args = error.args or (_interrupted(training, checkpoint),)
            raise
    return training.history


def _interrupted(training: Training, checkpoint: str | os.PathLike[str] | None) -> str:
    """What an interrupt leaves, and how to go on."""
    if not training.updates:
        return "interrupted before the first update; the model is unchanged"
    done = f"interrupted in epoch {len(training.history) + 1} after {plural(training.updates, 'update')}"
    way_on = "fit trains it further" if checkpoint is None else "fit goes on from the checkpoint with resume=True"
    return f"{done}; the model can be used, it has the parameters after the last complete update; {way_on}"


def _check_resuming(has_checkpoint: bool, every: int | None, resume: bool, resume_changed: bool) -> None:
    if not has_checkpoint and (resume or every is not None):
        raise InputError("every and resume are about checkpoints; name the file as checkpoint")
    if resume_changed and not resume:
        raise InputError("resume_changed says how to resume; it needs resume=True")
