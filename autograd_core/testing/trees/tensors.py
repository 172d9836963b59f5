"""Conversion between numpy arrays and the arrays of other packages: PyTorch tensors and JAX arrays.

This module imports none of these packages: a tensor can exist only if its package is imported already. The functions
of the user are called with tensors, and their gradients are read from tensors.

>>> from autograd_core.testing import check_grads
>>> def energy(x):
...     return (x * x * x).sum()
>>> import torch
>>> check_grads(energy, torch.tensor([1.0, 2.0], dtype=torch.float64), grad=torch.func.grad(energy))
GradReport(...)
>>> import jax
>>> check_grads(energy, jax.numpy.array([1.0, 2.0]), grad=jax.grad(energy))
GradReport(...)
"""

from __future__ import annotations

import sys
from typing import Any, Final

from autograd_core.numerics.number import is_number
from autograd_core.table.op import Recorder
from autograd_core.transforms.trees import _branches, _with_branches, is_array

MAKERS: Final = {"numpy": "numpy.array", "jaxlib": "jax.numpy.array"}
"""The function that makes an array, by package; by default `asarray` of the package."""

USUAL: Final = {
    "numpy": ("float64", "int64", "complex128", "bool", "object"),
    "array_api_strict": ("array_api_strict.float64",),
}
"""The types that an array has by default, by package."""


def numpy_module() -> Any:
    """Return numpy, which nothing here imports before it is needed."""
    import numpy

    return numpy


def is_tensor(thing: Any) -> bool:
    """Return whether an object is an array of a package other than numpy."""
    if not hasattr(thing, "__array__") or is_array(thing) or is_number(thing) or isinstance(thing, (Recorder, type)):
        return False
    numpy: Any = sys.modules.get("numpy")
    return numpy is None or not isinstance(thing, numpy.generic)


def is_matrix(thing: Any) -> bool:
    """Return whether an object is a `numpy.matrix`, whose rows are matrices and whose `*` is another product."""
    return is_array(thing) and isinstance(thing, numpy_module().matrix)


def plain(tree: Any) -> Any:
    """Return a tree with numpy arrays in place of tensors and matrices; the tree itself if there are none."""
    if is_tensor(tree):
        return _as_numpy(tree)
    if is_matrix(tree):
        return numpy_module().asarray(tree)
    if not any(is_tensor(end) or is_matrix(end) for end in ends(tree)):
        return tree
    return _with_branches(tree, [plain(branch) for branch in (_branches(tree) or {}).values()])


def ends(tree: Any) -> list[Any]:
    """Return the leaves of a tree, of any type."""
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    return [tree] if branches is None else [end for branch in branches.values() for end in ends(branch)]


def matching(pattern: Any, tree: Any) -> Any:
    """Return a tree with lists in place of arrays where the pattern has lists; a gradient may use either."""
    if is_array(tree) and isinstance(pattern, (list, tuple)):
        tree = type(pattern)(tree.tolist()) if tree.ndim and not hasattr(pattern, "_fields") else tree
    mine, its = _branches(pattern), None if isinstance(tree, Recorder) else _branches(tree)
    if not mine or its is None or mine.keys() != its.keys():
        return tree
    return _with_branches(tree, [matching(mine[key], branch) for key, branch in its.items()])


def call_of(array: Any, numbers: str) -> str:
    """Return the Python that makes an array of the same package from the Python of its numbers."""
    package = type(array).__module__.partition(".")[0]
    if package == "torch":
        return f"torch.tensor({numbers}, dtype={array.dtype})"
    dtype = "" if str(array.dtype) in USUAL.get(package, ()) else f", dtype={str(array.dtype)!r}"
    return f"{MAKERS.get(package, package + '.asarray')}({numbers}{dtype})"


def like(original: Any, array: Any, wide: bool = False) -> Any:
    """Return a tensor of the package and type of the original with the numbers of an array.

    It is complex if the array is complex, has the type of the array if it is to be `wide`, and requires a gradient in
    PyTorch if the original does.
    """
    if hasattr(original, "new_tensor"):  # PyTorch
        torch: Any = sys.modules["torch"]
        if wide:
            return original.new_tensor(array, dtype=getattr(torch, array.dtype.name)).requires_grad_(
                original.requires_grad
            )
        names = {"c": "complex64" if array.dtype.itemsize == 8 else "complex128"}
        dtype = getattr(torch, names[array.dtype.kind]) if array.dtype.kind in names else original.dtype
        if not (dtype.is_floating_point or dtype.is_complex):
            dtype = torch.float64
        return original.new_tensor(array, dtype=dtype).requires_grad_(original.requires_grad)
    package = original.__array_namespace__()
    keeps = not wide and plain(original).dtype == array.dtype
    return package.asarray(array, dtype=original.dtype if keeps else None)


def _as_numpy(tensor: Any) -> Any:
    """Return a tensor as an array; numbers of 16 bits that numpy does not have become 32-bit floats."""
    numpy = numpy_module()
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        tensor = tensor.resolve_conj().resolve_neg() if hasattr(tensor, "resolve_conj") else tensor
        tensor = tensor.float() if "bfloat16" in str(getattr(tensor, "dtype", "")) else tensor
    array = numpy.asarray(tensor)
    return array.astype(numpy.float32) if array.dtype.kind == "V" and "float" in array.dtype.name else array
