"""Models on disk, in the safetensors format, exact to the bit.

A file holds what `Module.state_dict` returns, one tensor for every array, under the same names: `layers.0.weight` of
shape `[nout, nin]`, `layers.0.bias`, and so on, which is what other tools expect. Numbers are float64; buffers
that count are int64.

Such a file is a description of arrays and then their bytes; see `nn.modules.tensor_file`. Nothing in it is ever run,
and everything is checked before anything of the model is changed: of each array its name and shape before it is read,
and then the checksum that `save` wrote, so that a file that was damaged on the disk or on its way is not loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError
from autograd_core.paths import path_of
from nn.modules.loading import compare
from nn.modules.module import Module
from nn.modules.state import Array, arrays
from nn.modules.tensor_file import TensorFile, header_limit, write

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

_NAMED: Final = 4
"""As many names of each kind stand in a message: a file may be of another model altogether, with thousands."""


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write all parameters and buffers of the model to a file, replacing it if it exists.

    Args:
        model: any module.
        path: name of the file, usually ending in `.safetensors`.

    Raises:
        OperandTypeError: if the model is not a Module.
        InputError: if two arrays would have the same name, a buffer counts beyond 64 bits, or there are more arrays
            than the format takes, some hundred thousand.
        OSError: if the file cannot be written; an old file of that name is then as it was.

    >>> from nn.layers.dense import Neuron
    >>> model, other = Neuron(2, rng=0), Neuron(2, rng=1)
    >>> save(model, "neuron.safetensors")
    >>> load(other, "neuron.safetensors")
    >>> other.state_dict() == model.state_dict()
    True
    """
    write(path, {name: _tensor(name, array) for name, array in _arrays(model).items()})


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set all parameters and buffers of the model to the numbers in a file that `save` wrote for such a model.

    Gradients, labels and frozen marks stay. Files of other tools are read if names and shapes agree; BF16, F16, F32
    and integers are converted, which is exact. Parameters that two modules share may stand under one of their names or
    under both, as in files of PyTorch.

    Args:
        model: any module.
        path: name of the file.

    Raises:
        OperandTypeError: if the model is not a Module.
        OSError: if there is no such file or it cannot be read.
        DamagedError: if it does not hold what was saved; an `InputError` that names what is damaged. The model is then
            as it was.
        InputError: if it is no safetensors file, or was cut short, or its names, shapes or types do not fit the model,
            or it holds complex numbers or floats of 8 bits or less; likewise.
    """
    own = _arrays(model)
    limit = header_limit({name: array.shape for name, array in own.items()})
    with TensorFile(path_of(path), limit, "safetensors file of plain numbers") as file:
        comparison = compare(own, file.tensors, model)
    if problems := comparison.problems(most=_NAMED):
        raise InputError(f"{path} does not fit the model: {problems}")
    file.warn(stacklevel=2)
    comparison.assign()


def _arrays(model: Module) -> Mapping[str, Array]:
    if not isinstance(model, Module):
        raise OperandTypeError(f"expected a Module, got {type(model).__name__}")
    return arrays(model)


def _tensor(name: str, array: Array) -> NDArray[Any]:
    import numpy as np

    try:
        return np.array(array.numbers(), "int64" if array.holds is int else "float64").reshape(array.shape)
    except OverflowError:
        raise InputError(f"expected the buffer {name} to be an int of 64 bits, got {array.numbers()[0]}") from None
