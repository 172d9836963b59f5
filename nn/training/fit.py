"""Training with one call: `fit` makes a `Training`, adds progress and checkpoints, and runs it to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Never, TypedDict, Unpack

from autograd_core import InputError
from autograd_core.paths import path_of
from nn.training import checkpoint as checkpoints
from nn.training.progress import Progress
from nn.training.refusals import check_roles
from nn.training.train import Training

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
    """What can be said about a training besides what is trained on what; see `Training`."""

    epochs: int
    validation: Sequence[Sample] | None
    early_stopping: EarlyStopping | None
    clip_norm: float | None
    clip_value: float | None
    noise: Noise | None
    rng: Rng
    watch: bool


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

    If it is interrupted, by Ctrl-C for example, model, optimiser and batches are as after one of the updates, whole. To
    go on in the same epoch, keep a checkpoint, or make a `Training` and call its `steps()` again.

    Args:
        model: from the features of a sample to its outputs; all of this is described at `Training`.
        loss: from the outputs for a batch and its targets to the number to be made small.
        batches: the samples in batches, or a list of samples, all of which then make one batch.
        optimizer: of parameters of the model.
        more: nothing. Features and targets apart, as other libraries take them, are told how to be paired.
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
    if more:
        check_roles(loss, optimizer, batches)
        raise InputError(f"expected (model, loss, samples, optimizer), got {4 + len(more)} arguments; name the others")
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
