"""Parameters on disk, in the safetensors format, exact to the bit.

A file holds one float64 tensor for every group that a module names in `Module.tensors`, for example
`layers.0.weight` of shape `[nout, nin]` and `layers.0.bias`, which is what other tools expect. Parameters
in no group are tensors of no dimensions under their own name.

Loading checks everything before it changes anything. Saving writes beside the target and then renames, so
that a target is either the old file or the new one, whatever interrupts.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from nn.module import Block, Module

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


class Group(NamedTuple):
    """The shape of a tensor, and the parameters in it, the last index running fastest."""

    shape: tuple[int, ...]
    parameters: list[Value]


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write all parameters of the model to a file, replacing it if it exists.

    Args:
        model: any module.
        path: name of the file, usually ending in `.safetensors`.

    Raises:
        OperandTypeError: if the model is not a Module.
        InputError: if two tensors would have the same name.
        OSError: if the file cannot be written; an old file of that name is then as it was.
    """
    import numpy as np
    from safetensors.numpy import save as to_bytes

    tensors = {
        name: np.array([parameter.data for parameter in group.parameters], np.float64).reshape(group.shape)
        for name, group in _groups(model).items()
    }
    _write(Path(path), to_bytes(tensors))


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set all parameters of the model to the numbers in a file that `save` wrote for a model of the same structure.

    Gradients and labels stay. Files of other tools are read if names and shapes agree; float16 and float32 are
    converted, which is exact.

    Args:
        model: any module.
        path: name of the file.

    Raises:
        OperandTypeError: if the model is not a Module.
        OSError: if there is no such file or it cannot be read.
        InputError: if it is no safetensors file, or was cut short, or its names, shapes or types do not fit the
            model; the model is then as it was.
    """
    groups, tensors = _groups(model), _read(Path(path))
    problem = _mismatch(groups, tensors)
    if problem:
        raise InputError(f"{path} does not fit the model: {problem}")
    for name, group in groups.items():
        for parameter, number in zip(group.parameters, tensors[name].astype("float64").ravel().tolist(), strict=True):
            parameter.data = number


def _groups(model: Module) -> dict[str, Group]:
    """The tensors of a model by name; every parameter is in at least one."""
    if not isinstance(model, Module):
        raise OperandTypeError(f"expected a Module, got {type(model).__name__}")
    groups: list[tuple[str, Group]] = []
    stored: set[int] = set()
    blocks = [
        (f"{prefix}.{name}" if prefix else name, _flat(block))
        for prefix, module in model.named_modules()
        for name, block in module.tensors().items()
    ]
    for name, group in blocks + [(name, Group((), [p])) for name, p in model.named_parameters()]:
        identities = set(map(id, group.parameters))
        if not identities <= stored:  # the neurons of a layer come with the layer
            groups.append((name, group))
            stored |= identities
    by_name = dict(groups)
    if len(by_name) != len(groups):
        twice = next(name for name, group in groups if by_name[name] is not group)
        raise InputError(f"two tensors of {type(model).__name__} would be named {twice!r}; rename the attribute of one")
    return by_name


def _flat(block: Block) -> Group:
    if isinstance(block, Value):
        return Group((), [block])
    inner = [_flat(part) for part in block]
    shapes = {group.shape for group in inner}
    if len(shapes) != 1:
        raise ShapeError(f"expected rows of one length to save as a tensor, got shapes {sorted(shapes)}")
    return Group((len(inner), *shapes.pop()), [parameter for group in inner for parameter in group.parameters])


def _write(path: Path, content: bytes) -> None:
    target = path.resolve()  # a link stays a link
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, NDArray[np.floating[Any]]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    content = path.read_bytes()
    try:
        return dict(from_bytes(content))
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is no complete safetensors file of plain numbers: {error}") from error


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return (", ".join(names[:4]) or "none") + more


def _mismatch(groups: Mapping[str, Group], tensors: Mapping[str, NDArray[Any]]) -> str:
    """What is wrong with the tensors, or an empty text."""
    missing, unknown = sorted(groups.keys() - tensors), sorted(tensors.keys() - groups)
    if missing or unknown:
        return f"missing are {_some(missing)}; unknown to the model are {_some(unknown)}"
    for name, group in groups.items():
        if tensors[name].shape != group.shape:
            return f"{name} should have shape {list(group.shape)}, but has {list(tensors[name].shape)}"
        if tensors[name].dtype.kind != "f":
            return f"{name} should hold floats, but holds {tensors[name].dtype}"
    return ""
