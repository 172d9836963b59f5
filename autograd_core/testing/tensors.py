"""Conversion between numpy arrays and the arrays of other packages: PyTorch tensors and JAX arrays.

This module imports none of these packages: a tensor can exist only if its package is imported already. The functions
of the user are called with tensors, and their gradients are read from tensors. With 32 bits, only three to five
digits of a gradient can be checked.

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

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core.numerics.number import is_number
from autograd_core.table.op import Recorder
from autograd_core.transforms.trees import _branches, _with_branches, is_array

MAKERS: Final = {"numpy": "numpy.array", "jaxlib": "jax.numpy.array"}
"""The function that makes an array, by package; by default `asarray` of the package."""


def is_tensor(thing: Any) -> bool:
    """Return whether an object is an array of a package other than numpy."""
    return hasattr(thing, "__array__") and not (is_array(thing) or is_number(thing) or isinstance(thing, Recorder))


def plain(tree: Any) -> Any:
    """Return a tree with numpy arrays in place of tensors; the tree itself if there are none."""
    if is_tensor(tree):
        return _as_numpy(tree)
    if not any(map(is_tensor, ends(tree))):
        return tree
    return _with_branches(tree, [plain(branch) for branch in (_branches(tree) or {}).values()])


def ends(tree: Any) -> list[Any]:
    """Return the leaves of a tree, of any type."""
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    return [tree] if branches is None else [end for branch in branches.values() for end in ends(branch)]


def on_tensors(f: Callable[..., Any], args: Sequence[Any]) -> Callable[..., Any]:
    """Return a function of numpy arrays that calls `f` with tensors where `args` has tensors."""
    if not any(is_tensor(end) for arg in args for end in ends(arg)):
        return f

    @functools.wraps(f)
    def of_arrays(*arrays: Any) -> Any:
        return f(*[_restored(arg, array) for arg, array in zip(args, arrays, strict=True)])

    of_arrays.__name__ = getattr(f, "__name__", "f")  # a functools.partial has none
    return of_arrays


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
    return f"{MAKERS.get(package, package + '.asarray')}({numbers})"


def _as_numpy(tensor: Any) -> Any:
    import numpy

    return numpy.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def _restored(original: Any, tree: Any) -> Any:
    """Return the tree with tensors where the original has tensors."""
    if is_tensor(original):
        return _as_tensor(original, tree)
    branches = _branches(original)
    if branches is None:
        return tree
    its = (_branches(tree) or {}).values()
    return _with_branches(tree, [_restored(*pair) for pair in zip(branches.values(), its, strict=True)])


def _as_tensor(original: Any, array: Any) -> Any:
    """Return a tensor like the original; complex if the array is complex."""
    if hasattr(original, "new_tensor"):  # PyTorch
        torch: Any = sys.modules["torch"]
        return original.new_tensor(array, dtype=torch.complex128 if array.dtype.kind == "c" else original.dtype)
    return original.__array_namespace__().asarray(array)
