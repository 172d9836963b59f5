"""Arguments as Python, and the line that repeats a check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number, to_float
from autograd_core.table.op import Recorder
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.options import Options
from autograd_core.testing.trees.flat_function import name_of
from autograd_core.testing.trees.tensors import call_of, is_tensor, plain
from autograd_core.transforms.trees import _branches, is_array

SHORT: Final = 400
"""Arguments longer than this, in characters, are left out of the line that repeats a check."""


def source_of(tree: Any) -> str:
    """Return a line of Python that makes a tree with the same numbers, to the bit.

    >>> source_of({"w": [0.5, 0.1]})
    "{'w': [0.5, float.fromhex('0x1.999999999999ap-4')]}"
    """
    if is_array(tree) or is_tensor(tree):
        try:
            return call_of(tree, source_of(plain(tree).tolist()))
        except (TypeError, ValueError, RuntimeError):
            return repr(tree)  # such as the key of a random generator of JAX
    if isinstance(tree, int) or (isinstance(tree, complex) and type(tree) is complex):
        return repr(tree)
    if hasattr(tree, "dtype") and not isinstance(tree, (float, Recorder)):
        item = tree.item()
        return f"numpy.{tree.dtype.name}({_source_of_number(float(item)) if isinstance(item, float) else repr(item)})"
    if isinstance(tree, Recorder) or is_number(tree):
        return _source_of_number(tree.data if isinstance(tree, Value) else to_float(tree))
    branches = _branches(tree)
    if branches is None:
        return repr(tree)
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key!r}: {source_of(branch)}" for key, branch in tree.items()) + "}"
    parts = [source_of(branch) for branch in branches.values()]
    if isinstance(tree, list):
        return f"[{', '.join(parts)}]"
    if isinstance(tree, tuple) and not hasattr(tree, "_fields"):
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    names = getattr(tree, "_fields", branches)
    return f"{type(tree).__name__}({', '.join(f'{n}={p}' for n, p in zip(names, parts, strict=True))})"


def _source_of_number(x: float) -> str:
    short = repr(x)
    return (
        short if len(short) <= 6 and short[-1].isdigit() and (x * 1024).is_integer() else f"float.fromhex('{x.hex()}')"
    )


def arguments_text(args: Sequence[Any]) -> str:
    """Return arguments as Python; `*args` if they are long.

    >>> arguments_text((0.5, [1.0, 2.0]))
    '0.5, [1.0, 2.0]'
    """
    text = ", ".join(map(source_of, args))
    return text if len(text) <= SHORT else "*args"


def reproduction(f: Callable[..., Any], arguments: str, claimed: Claims, options: Options) -> str:
    """Return a line of Python that repeats a check."""
    parts = [name_of(f), arguments]
    parts += [f"{name}={name if name_of(claim) == 'f' else name_of(claim)}" for name, claim in claimed.given()]
    parts += [f"{name}={value!r}" for name, value in options.changed().items()]
    return f"check_grads({', '.join(parts)})"
