"""Checkpoints: the state of a training on disk, from which it can continue exactly as without an interruption.

A checkpoint is one safetensors file with checksums of its whole content, written by `nn.modules.tensor_file`. It is
replaced atomically, so an interrupted write leaves the old file. Its tensors are the numbers of the model
(`model.layers.0.weight`, ...), those of the best epoch (`best.`...), the state of the optimiser (`optimizer.`...) and
the columns of the history (`history.loss`, ...; for a measure that only some epochs have, `history_epochs.`... lists
them). Everything else is JSON of bounded size in the metadata: the position in the data and the states of the
generators of random numbers. Reading the file executes none of its content.

Code is not in the file: the program that continues the training creates the model, the loss, the data, schedules and
callbacks again. The file has a recipe of them (`nn.training.recipe`) with a fingerprint of all samples, so that a
training with other code or data raises an error unless the change is intended. The recipe does not cover callbacks.

A run that is killed at any moment and continues from its checkpoint ends with the same bits as one that was not
interrupted, on the same machine. On another machine this holds if its C library gives the same results: versions, and
the instructions that they choose for a processor, may differ in the last bit of `exp`, `log` and others. First weights,
the order of samples and all other random choices have the same bits everywhere.

The time of a checkpoint grows with the size of the file: that of the model, the generators, and the history, about 100
bytes for each epoch. After 100,000 epochs of a small model these are 7 MB, which take 0.1 s for each checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError
from autograd_core.calls import explained
from autograd_core.files import check_ending, check_writable
from autograd_core.paths import path_of
from nn.base.checks import positive_int
from nn.base.messages import shown
from nn.modules.tensor_file import KEY, DamagedError, TensorFile, header_limit, load_libraries, write
from nn.training.callbacks import Callback
from nn.training.history import Column, History
from nn.training.recipe import RecipeError, check

if TYPE_CHECKING:
    import os

    from nn.training.history import Epoch, Step
    from nn.training.train import Training

FORMAT: Final = 2
"""The number of the format; a file with another number raises an error. Format 1 had neither recipes nor checksums."""

_KEY: Final = "training"
"""The key of the JSON in the metadata."""

_MODELS: Final = ("model", "best")
"""The parts of the state with the numbers of a model."""

_HISTORY: Final = ("history", "history_epochs")
"""The parts with the numbers of a column of the history, and with the epochs of these numbers."""


@explained()
def save(training: Training, path: str | os.PathLike[str]) -> None:
    """Write a checkpoint, replacing the file if it exists.

    Args:
        training: at any point between two updates.
        path: name of the file, ending in `.safetensors` or `.checkpoint`, or without an ending.

    Raises:
        InputError: if the name has another ending.
        OperandTypeError: if the state of a generator of random numbers cannot be saved.
        OSError: if the file cannot be written; an old file of that name is then unchanged.

    >>> from nn import MLP, mse_loss, optim
    >>> from nn.training.train import Training
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
    check_ending(path, "checkpoint")
    tensors, text = _content(training)
    write(path, tensors | _columns(training.history), {_KEY: text})


def load(training: Training, path: str | os.PathLike[str], *, changed: bool = False) -> None:
    """Continue a training from a checkpoint.

    A learning rate that the interrupted program had assigned is restored, and schedules continue at their position. A
    file with nan or infinity among the numbers of the model or of the optimiser is loaded, with a `NotFiniteWarning`
    that names them; a history may contain them.

    Args:
        training: constructed like the saved one, for a model and data of the same form. It may have more epochs.
        path: name of the file.
        changed: whether differences between the recipes of the two trainings are intended. The settings of `training`
            then replace the saved ones.

    Raises:
        OSError: if there is no such file or it cannot be read.
        RecipeError: if the recipes differ, and that is not intended; an `InputError` whose message lists all
            differences.
        DamagedError: if the file does not hold what was saved; an `InputError` that names what is damaged.
        InputError: if it is not a checkpoint, is incomplete, or is one of another model, optimiser or data.

    After an error the training is unchanged.
    """
    own, text = _content(training)
    with TensorFile(path_of(path), _header_limit(training, own, text), "checkpoint") as file:
        try:
            state = _state(file)
            check(state["recipe"], training.recipe, changed)
            _check_shapes(file, own, len(training.optimizer.parameters))
            tensors = {name: stored.array() for name, stored in file.tensors.items()}
            _put_together(state, tensors)
        except (RecipeError, _MisfitError) as error:
            kind = RecipeError if isinstance(error, RecipeError) else InputError
            raise kind(f"{path} is not a checkpoint of this training, which is unchanged: {error}") from error
        except DamagedError:
            raise
        except _INVALID as error:
            raise InputError(f"{path} is not a complete checkpoint: {error!r:.200}") from error
    for name in [name for name in file.not_finite if name.startswith("history.")]:
        del file.not_finite[name]
    file.warn(stacklevel=2)
    try:
        training.load_state_dict(state, changed=changed)
    except InputError as error:
        raise InputError(f"{path} is not a checkpoint of this training, which is unchanged: {error}") from error


class Checkpoints(Callback):
    """Writes a checkpoint after every `every` updates, or after each epoch, and at the end of the training.

    Before the first update it checks that the file can be written, and imports the libraries that write it.

    Args:
        path: name of the file, ending in `.safetensors` or `.checkpoint`, or without an ending.
        every: number of updates; None, the default, is once per epoch.

    Raises:
        InputError: if the name has another ending, or `every` is neither None nor a positive int.
    """

    def __init__(self, path: str | os.PathLike[str], every: int | None = None) -> None:
        self.path = path_of(path)
        check_ending(path, "checkpoint")
        self.every = None if every is None else positive_int("every", every)

    def before_training(self, training: Training) -> None:
        """Check that the file can be written, and import the libraries that write it.

        Raises:
            OSError: if the file cannot be written.
        """
        load_libraries()  # so that a checkpoint can be written after an interrupt at any point of the training
        check_writable(self.path)

    def after_step(self, training: Training, step: Step) -> None:
        """Save if a checkpoint is due."""
        if self.every is not None and training.updates % self.every == 0:
            save(training, self.path)

    def after_epoch(self, training: Training, epoch: Epoch) -> None:
        """Save if a checkpoint is due."""
        if self.every is None or training.finished:
            save(training, self.path)


# ---- What is in a file -----------------------------------------------------------------------------------------------


class _MisfitError(Exception):
    """The file is of a training with other arrays, which the text names."""


_INVALID: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""Errors of reading JSON that is not that of a checkpoint."""


def _content(training: Training) -> tuple[dict[str, Any], str]:
    """The tensors of a checkpoint except the history, and the JSON."""
    import numpy as np

    tensors: dict[str, Any] = {}
    state = training.state_dict(with_history=False)
    for part in _MODELS:
        arrays = state.pop(part)
        tensors |= {f"{part}.{name}": np.array(array) for name, array in (arrays or {}).items()}
    state["optimizer"] = _without_lists(state["optimizer"], "optimizer", tensors)
    return tensors, json.dumps({"format": FORMAT, **state})


def _columns(history: History) -> dict[str, Any]:
    """The history as tensors; copies, because an `array` whose buffer is exported cannot grow."""
    import numpy as np

    tensors = {}
    for name, (numbers, epochs) in history.columns().items():
        tensors[f"history.{name}"] = np.array(numbers, "float64")
        if len(epochs) < len(history):
            tensors[f"history_epochs.{name}"] = np.array(epochs, "int64")
    return tensors


def _header_limit(training: Training, own: Mapping[str, Any], text: str) -> int:
    """The maximum length of the header for such a training, also later when the memory of L-BFGS is full."""
    groups, parameters = training.optimizer.groups, len(training.optimizer.parameters)
    remembered = sum(int(group.options.get("history_size", 0)) for group in groups)
    best = {f"best.{name}": array.shape for name, array in own.items() if name.startswith("model.")}
    return header_limit({name: array.shape for name, array in own.items()} | best, len(text) + 25 * parameters) + (
        1000 * remembered
    )


def _check_shapes(file: TensorFile, own: Mapping[str, Any], parameters: int) -> None:
    """Raise an error if an array cannot belong to such a training, before its numbers are read.

    The numbers are checked later, by the objects that load them.
    """
    models = {name.removeprefix("model."): array.shape for name, array in own.items() if name.startswith("model.")}
    epochs = file.tensors["history.loss"].shape if "history.loss" in file.tensors else (0,)
    for name, stored in file.tensors.items():
        part, _, rest = name.partition(".")
        if part in _MODELS:
            if stored.shape != models.get(rest, stored.shape):
                raise _MisfitError(f"{shown(name)} should have shape {[*models[rest]]}, but has {[*stored.shape]}")
            if rest not in models:
                raise _MisfitError(f"{shown(name)} is unknown to the model")
        elif part == "optimizer" and (len(stored.shape) != 1 or stored.shape[0] > parameters):
            raise _MisfitError(f"{shown(name)} has shape {[*stored.shape]}, and the optimiser {parameters} parameters")
        elif part in _HISTORY and (len(stored.shape) != 1 or stored.shape[0] > epochs[0]):
            raise ValueError(f"{shown(name)} has shape {[*stored.shape]}, and the history {[*epochs]} epochs")
        elif part not in {"optimizer", *_HISTORY}:
            raise ValueError(f"{shown(name)} is not a part of a checkpoint")


def _state(file: TensorFile) -> dict[str, Any]:
    """The JSON, if it has the present format."""
    state = dict(json.loads(file.metadata[_KEY]))
    if (number := state.pop("format")) != FORMAT:
        raise ValueError(
            f"its format is number {number!r}, known is {FORMAT}; 1 has no recipe of the training: finish it with the "
            "version that began it, or start a new training from the tensors whose names begin with 'model.'"
        )
    if not file.tensors.keys() <= file.checksums.keys():
        raise ValueError(f"it lacks the checksums {KEY!r}")
    return state


def _put_together(state: dict[str, Any], tensors: dict[str, Any]) -> None:
    """Put the tensors back into the state, so that it equals the result of `Training.state_dict`."""
    for part in _MODELS:
        state[part] = _part(part, tensors)
    state["best"] = {name: tensor.tolist() for name, tensor in state["best"].items()} or None
    state["optimizer"] = _with_lists(state["optimizer"], tensors)
    every, some = (_part(part, tensors) for part in _HISTORY)
    epochs = range(len(every.get("loss", ())))
    columns = {
        name: Column(numbers.tolist(), some[name].tolist() if name in some else epochs)
        for name, numbers in every.items()
    }
    state["history"] = History.of_columns(columns)


def _part(part: str, tensors: Mapping[str, Any]) -> dict[str, Any]:
    begin = f"{part}."
    return {name.removeprefix(begin): tensor for name, tensor in tensors.items() if name.startswith(begin)}


def _without_lists(tree: Any, name: str, tensors: dict[str, Any]) -> Any:
    """The tree without its lists of floats, which become tensors under their paths."""
    import numpy as np

    if isinstance(tree, Mapping):
        return {key: _without_lists(part, f"{name}.{key}", tensors) for key, part in tree.items()}
    if not isinstance(tree, list):
        return tree
    if tree and set(map(type, tree)) == {float}:
        tensors[name] = np.array(tree)
        return {_TENSOR: name}
    return [_without_lists(part, f"{name}.{index}", tensors) for index, part in enumerate(tree)]


_TENSOR: Final = "tensor"
"""The only key of the dict that replaces a list in the JSON."""


def _with_lists(tree: Any, tensors: dict[str, Any]) -> Any:
    if isinstance(tree, dict):
        if set(tree) == {_TENSOR}:
            # `pop`, so that a short text cannot copy a tensor a million times.
            return tensors.pop(tree[_TENSOR]).tolist()
        return {key: _with_lists(part, tensors) for key, part in tree.items()}
    return [_with_lists(part, tensors) for part in tree] if isinstance(tree, list) else tree
