"""Models on disk, in the safetensors format, exact to the bit.

A file holds what `Module.state_dict` returns, one tensor for every array, under the same names: `layers.0.weight` of
shape `[nout, nin]`, `layers.0.bias`, and so on, which is what other tools expect. Numbers are float64; buffers
that count are int64.

Such a file is a description of arrays and then their bytes. Nothing in it is ever run, and everything is checked
before anything of the model is changed.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autograd_core import InputError, OperandTypeError, path_of
from nn.files import write_atomically
from nn.module import Module
from nn.state import Array, arrays, compare, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

_TYPES: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?",
}  # fmt: skip
"""Numpy's names of the types of numbers that numpy has."""

_BRAIN: Final = "BF16"
"""The upper half of a float of 32 bits, which numpy does not have."""

_HEADER_LIMIT: Final = 8 + 100_000_000
"""No safetensors file has more bytes than these before its numbers (`MAX_HEADER_SIZE` of the format's own library)."""

_WIDEST: Final = 8
"""The bytes of the widest number that a file can hold."""

_NAMED: Final = 4
"""As many names of each kind stand in a message: a file may be of another model altogether, with thousands."""


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write all parameters and buffers of the model to a file, replacing it if it exists.

    Args:
        model: any module.
        path: name of the file, usually ending in `.safetensors`.

    Raises:
        OperandTypeError: if the model is not a Module.
        InputError: if two arrays would have the same name, or a buffer counts beyond 64 bits.
        OSError: if the file cannot be written; an old file of that name is then as it was.

    >>> from nn.layers import Neuron
    >>> model, other = Neuron(2, rng=0), Neuron(2, rng=1)
    >>> save(model, "neuron.safetensors")
    >>> load(other, "neuron.safetensors")
    >>> other.state_dict() == model.state_dict()
    True
    """
    from safetensors.numpy import save as to_bytes

    tensors = {name: _tensor(name, array) for name, array in _arrays(model).items()}
    write_atomically(path, to_bytes(tensors))


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
        InputError: if it is no safetensors file, or was cut short, or its names, shapes or types do not fit the
            model, or it holds complex numbers or floats of 8 bits or less; the model is then as it was.
    """
    own = _arrays(model)
    comparison = compare(own, _read(path_of(path), sum(len(array.numbers()) for array in own.values())), model)
    if problems := comparison.problems(most=_NAMED):
        raise InputError(f"{path} does not fit the model: {problems}")
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


def _read(path: Path, numbers: int) -> dict[str, NDArray[Any]]:
    """The tensors in a file that is not larger than one with so many numbers can be."""
    from safetensors import SafetensorError, deserialize

    about, limit = path.stat(), _HEADER_LIMIT + _WIDEST * numbers
    if not stat.S_ISREG(about.st_mode):  # a pipe would never end
        raise InputError(f"expected a safetensors file, but {path} is a folder or a device")
    if about.st_size > limit:
        raise InputError(
            f"{path} does not fit the model: it has {about.st_size} bytes, and the model {numbers} numbers"
        )
    try:
        tensors = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        return {name: _array(name, tensor) for name, tensor in tensors}
    except _UnsupportedError as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
        raise InputError(f"{path} is no complete safetensors file of plain numbers: {error}") from error


class _UnsupportedError(Exception):
    """A tensor holds numbers that are not read; the text says which and what to do."""


def _array(name: str, tensor: Mapping[str, Any]) -> NDArray[Any]:
    import numpy as np

    kind, data = tensor["dtype"], tensor["data"]
    if kind == _BRAIN:
        numbers = (np.frombuffer(data, "<u2").astype("uint32") << 16).view("float32")
    elif kind in _TYPES:
        numbers = np.frombuffer(data, _TYPES[kind])
    else:
        raise _UnsupportedError(
            f"{shown(name)} holds numbers of type {kind}; convert it to F32 in the tool that wrote it "
            f"(read are {', '.join((*_TYPES, _BRAIN))})"
        )
    return numbers.reshape(tensor["shape"])
