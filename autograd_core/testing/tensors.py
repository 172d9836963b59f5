"""Arrays of other packages, PyTorch's tensors and JAX's arrays: turned into numpy's, and back.

None of the packages is imported: nobody can have a tensor without having imported its package already. That also
keeps what is said here down to what all of them have in common, and one word for each about making a tensor anew.

Their functions are called with tensors, and the gradients are read from tensors. With 32 bits, about three digits of a
gradient can be seen.

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
"""What makes an array, by the package of its class, where it is not `asarray` of that package."""


def is_tensor(thing: Any) -> bool:
    """Whether something is an array of another package than numpy."""
    return hasattr(thing, "__array__") and not (is_array(thing) or is_number(thing) or isinstance(thing, Recorder))


def plain(tree: Any) -> Any:
    """A tree with numpy's arrays in place of tensors; the tree itself if there are none."""
    if is_tensor(tree):
        return _as_numpy(tree)
    if not any(map(is_tensor, ends(tree))):
        return tree
    return _with_branches(tree, [plain(branch) for branch in (_branches(tree) or {}).values()])


def ends(tree: Any) -> list[Any]:
    """What stands at the ends of the branches of a tree, whatever it is."""
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    return [tree] if branches is None else [end for branch in branches.values() for end in ends(branch)]


def on_tensors(f: Callable[..., Any], args: Sequence[Any]) -> Callable[..., Any]:
    """A function of numpy's arrays that passes tensors on to `f` where there are tensors in `args`."""
    if not any(is_tensor(end) for arg in args for end in ends(arg)):
        return f

    @functools.wraps(f)
    def of_arrays(*arrays: Any) -> Any:
        return f(*[_restored(arg, array) for arg, array in zip(args, arrays, strict=True)])

    of_arrays.__name__ = getattr(f, "__name__", "f")  # a functools.partial has none
    return of_arrays


def matching(pattern: Any, tree: Any) -> Any:
    """A tree with lists in place of arrays where the pattern has lists, for a gradient may come as either."""
    if is_array(tree) and isinstance(pattern, (list, tuple)):
        tree = type(pattern)(tree.tolist()) if tree.ndim and not hasattr(pattern, "_fields") else tree
    mine, its = _branches(pattern), None if isinstance(tree, Recorder) else _branches(tree)
    if not mine or its is None or mine.keys() != its.keys():
        return tree
    return _with_branches(tree, [matching(mine[key], branch) for key, branch in its.items()])


def call_of(array: Any, numbers: str) -> str:
    """The Python that makes an array of that kind from the Python of its numbers."""
    package = type(array).__module__.partition(".")[0]
    if package == "torch":
        return f"torch.tensor({numbers}, dtype={array.dtype})"
    return f"{MAKERS.get(package, package + '.asarray')}({numbers})"


def _as_numpy(tensor: Any) -> Any:
    import numpy

    return numpy.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def _restored(original: Any, tree: Any) -> Any:
    """The tree with tensors where the original has some."""
    if is_tensor(original):
        return _as_tensor(original, tree)
    branches = _branches(original)
    if branches is None:
        return tree
    its = (_branches(tree) or {}).values()
    return _with_branches(tree, [_restored(*pair) for pair in zip(branches.values(), its, strict=True)])


def _as_tensor(original: Any, array: Any) -> Any:
    """A tensor like the original, or of complex numbers if those are in the array."""
    if hasattr(original, "new_tensor"):  # PyTorch
        torch: Any = sys.modules["torch"]
        return original.new_tensor(array, dtype=torch.complex128 if array.dtype.kind == "c" else original.dtype)
    return original.__array_namespace__().asarray(array)
