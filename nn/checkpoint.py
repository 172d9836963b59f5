"""Checkpoints: a training on disk, from which it goes on as if it had never been interrupted.

A checkpoint is one safetensors file, written so that it is never half there (see `nn.files`). Its tensors are the
numbers of the model (`model.layers.0.weight`, ...), those of the best epoch (`best.`...) and what the optimiser
remembers (`optimizer.`...). Everything else is JSON in its metadata: the position in the data, the states of the
generators of random numbers, the history. Nothing in it is ever run.

What is code is not in it: the model, the loss, the data, schedules and callbacks are made anew by the program that goes
on, in the same way as by the one that was interrupted. A fingerprint of a few samples is in it, so that a training on
other data does not go on from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, path_of
from nn.callbacks import Callback
from nn.checks import positive_int
from nn.files import write_atomically

if TYPE_CHECKING:
    import os

    from nn.history import Epoch, Step
    from nn.train import Training

FORMAT: Final = 1
"""The number of the format; a file with another one is refused."""

_KEY: Final = "training"
"""Under which the JSON stands in the metadata."""

_MODELS: Final = ("model", "best")
"""The parts of the state that are numbers of a model."""


def save(training: Training, path: str | os.PathLike[str]) -> None:
    """Write a checkpoint, replacing the file if it exists.

    Args:
        training: at any point between two updates.
        path: name of the file, usually ending in `.safetensors`.

    Raises:
        OperandTypeError: if a generator of random numbers is none whose state can be saved.
        OSError: if the file cannot be written; an old file of that name is then as it was.

    >>> from nn import MLP, mse_loss, optim
    >>> from nn.train import Training
    >>> def training():
    ...     model = MLP(1, [1], rng=0)
    ...     return Training(model, mse_loss, [([1.0], 2.0)], optim.SGD(model.parameters(), lr=0.1), epochs=3)
    >>> first, second = training(), training()
    >>> _ = next(first.steps())
    >>> save(first, "run.safetensors")
    >>> load(second, "run.safetensors")
    >>> second.updates, second.model.state_dict() == first.model.state_dict()
    (1, True)
    """
    import numpy as np
    from safetensors.numpy import save as to_bytes

    tensors: dict[str, Any] = {}
    state = training.state_dict()
    for part in _MODELS:
        arrays = state.pop(part)
        tensors |= {f"{part}.{name}": np.array(array) for name, array in (arrays or {}).items()}
    state["optimizer"] = _without_lists(state["optimizer"], "optimizer", tensors)
    text = json.dumps({"format": FORMAT, **state})
    write_atomically(path, to_bytes(tensors, {_KEY: text}))


def load(training: Training, path: str | os.PathLike[str]) -> None:
    """Let a training go on from a checkpoint.

    Learning rates and options of the optimiser, if they are numbers, become those of the checkpoint; schedules stay
    those of the training, at the place where the checkpoint was.

    Args:
        training: made like the one that was saved, for a model and data of the same form.
        path: name of the file.

    Raises:
        OSError: if there is no such file or it cannot be read.
        InputError: if it is no checkpoint, or was cut short, or is one of another model, optimiser or data; the
            training is then as it was.
    """
    file = path_of(path)
    if not file.is_file():
        file.stat()  # which says that there is none
        raise InputError(f"expected a checkpoint, but {path} is a folder or a device")
    state = _read(file)
    try:
        training.load_state_dict(state)
    except InputError as error:
        raise InputError(f"{path} is no checkpoint of this training, which is as it was: {error}") from error


class Checkpoints(Callback):
    """Writes a checkpoint every so many updates, or after each epoch; and when the training is over.

    Args:
        path: name of the file.
        every: number of updates; None, the default, is once per epoch.

    Raises:
        InputError: if `every` is neither None nor a positive int.
    """

    def __init__(self, path: str | os.PathLike[str], every: int | None = None) -> None:
        self.path = path_of(path)
        self.every = None if every is None else positive_int("every", every)

    def after_step(self, training: Training, step: Step) -> None:
        """Save, if it is time."""
        if self.every is not None and training.updates % self.every == 0:
            save(training, self.path)

    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        """Save, if it is time."""
        if self.every is None or training.finished:
            save(training, self.path)


# ---- From lists to tensors and back ----------------------------------------------------------------------------------


def _without_lists(tree: Any, name: str, tensors: dict[str, Any]) -> Any:
    """The tree with every list of floats taken out, and put among the tensors under the path to it."""
    import numpy as np

    if isinstance(tree, Mapping):
        return {key: _without_lists(part, f"{name}.{key}", tensors) for key, part in tree.items()}
    if not isinstance(tree, list):
        return tree
    if tree and set(map(type, tree)) == {float}:
        tensors[name] = np.array(tree)
        return {_TENSOR: name}
    return [_without_lists(part, f"{name}.{place}", tensors) for place, part in enumerate(tree)]


_TENSOR: Final = "tensor"
"""The only key of what stands in the JSON in the place of a list."""


def _with_lists(tree: Any, tensors: Mapping[str, Any]) -> Any:
    if isinstance(tree, dict):
        if set(tree) == {_TENSOR}:
            return tensors[tree[_TENSOR]].tolist()
        return {key: _with_lists(part, tensors) for key, part in tree.items()}
    return [_with_lists(part, tensors) for part in tree] if isinstance(tree, list) else tree


def _read(file: Path) -> dict[str, Any]:
    """The state in a file, as `Training.state_dict` gave it."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as content:  # reads the header; a large foreign file is not loaded
            state = _state((content.metadata() or {})[_KEY])
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118 - it is no dict
        for part in _MODELS:
            state[part] = {
                name.removeprefix(f"{part}."): tensor for name, tensor in tensors.items() if name.startswith(f"{part}.")
            }
        state["best"] = state["best"] or None
        state["optimizer"] = _with_lists(state["optimizer"], tensors)
    except (SafetensorError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{file} is no complete checkpoint: {error!r}") from error
    return state


def _state(text: str) -> dict[str, Any]:
    state = dict(json.loads(text))
    if (number := state.pop("format")) != FORMAT:
        raise ValueError(f"its format is number {number!r}, known is {FORMAT}")
    return state
