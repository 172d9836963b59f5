"""Models on disk, in the safetensors format, exact to the bit.

A file holds what `Module.state_dict` returns, one tensor for every array, under the same names: `layers.0.weight` of
shape `[nout, nin]`, `layers.0.bias`, and so on, which is what other tools expect. Numbers are float64; buffers
that count are int64.

`nn.modules.tensor_file` reads and writes such files; reading executes none of their content. Everything is checked
before the model changes: the names and shapes of the arrays before the arrays are read, and then the checksums that
`save` wrote, so that a damaged file is not loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from autograd_core.files import check_ending
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
"""The largest number of names of each kind in a message: a file of another model may have thousands."""


@explained()
def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write all parameters and buffers of the model to a file, replacing it if it exists.

    Args:
        model: any module.
        path: name of the file, ending in `.safetensors` or without an ending.

    Raises:
        OperandTypeError: if the model is not a Module.
        InputError: if the name has another ending, two arrays have the same name, an integer buffer exceeds 64 bits, or
            there are more arrays than the format allows, some hundred thousand.
        OSError: if the file cannot be written; an old file of that name is then unchanged.

    >>> from nn.layers.dense import Neuron
    >>> model, other = Neuron(2, rng=0), Neuron(2, rng=1)
    >>> save(model, "neuron.safetensors")
    >>> load(other, "neuron.safetensors")
    >>> other.state_dict() == model.state_dict()
    True
    """
    own = _arrays(model)
    check_ending(path, "parameters")
    write(path, {name: _tensor(name, array) for name, array in own.items()})


@explained()
def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set all parameters and buffers of the model to the numbers in a file that `save` wrote for such a model.

    Gradients, labels and frozen marks stay. Files of other tools are read if names and shapes agree; BF16, F16, F32
    and integers are converted exactly. Parameters that two modules share may be stored under one of their names or
    under both, as in files of PyTorch.

    Args:
        model: any module.
        path: name of the file.

    Raises:
        OperandTypeError: if the model is not a Module.
        OSError: if there is no such file or it cannot be read.
        DamagedError: if it does not hold what was saved; an `InputError` that names what is damaged. The model is then
            unchanged.
        InputError: if it is not a safetensors file or is incomplete, its names, shapes or types do not fit the model,
            or it holds complex numbers or floats of 8 bits or less. The model is then unchanged.
    """
    own = _arrays(model)
    limit = header_limit({name: array.shape for name, array in own.items()})
    with TensorFile(path_of(path), limit, "safetensors file of plain numbers") as file:
        comparison = compare(own, file.tensors, model)
    if problems := comparison.problems(most=_NAMED):
        raise InputError(f"{path} does not fit the model: {problems}")
    file.warn(stacklevel=3)  # above what explains wrong calls
    comparison.assign()


def _arrays(model: Module) -> Mapping[str, Array]:
    if not isinstance(model, Module):
        raise OperandTypeError(
            f"expected a Module and the name of a file, in this order, got {type(model).__name__} as Module"
        )
    return arrays(model)


def _tensor(name: str, array: Array) -> NDArray[Any]:
    import numpy as np

    try:
        return np.array(array.numbers(), "int64" if array.holds is int else "float64").reshape(array.shape)
    except OverflowError:
        raise InputError(f"expected the buffer {name} to be an int of 64 bits, got {array.numbers()[0]}") from None
