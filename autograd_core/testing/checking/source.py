"""Arguments as Python, and the line that repeats a check."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_core.graph.value import Value
from autograd_core.numerics.number import is_number, to_float
from autograd_core.table.op import Op, Recorder
from autograd_core.testing.checking.claims import Claims, name_of_claim
from autograd_core.testing.checking.options import Options
from autograd_core.testing.trees.flat_function import name_of
from autograd_core.testing.trees.tensors import call_of, is_tensor, plain
from autograd_core.transforms.trees import _branches, is_array

SHORT: Final = 400
"""Arguments longer than this together, in characters, are named in the line that repeats a check, and not written."""


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


def arguments_text(args: Sequence[Any], names: Sequence[str] = ()) -> str:
    """Return arguments as Python, with the name of each that is too long or cannot be written; `…` without names.

    >>> arguments_text((0.5, [1.0, 2.0], object()), ["x", "v", "config"])
    '0.5, [1.0, 2.0], config'
    """
    texts: list[str] = []
    length = 0
    for i, argument in enumerate(args):
        text = source_of(argument)
        is_short = length + len(text) <= SHORT
        texts.append(text if is_short and _is_python(text) else names[i] if i < len(names) else "…")
        length += len(texts[-1])
    return ", ".join(texts)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def reproduction(
    f: Callable[..., Any], args: Sequence[Any] | str, claimed: Claims, options: Options, called: Sequence[str] = ()
) -> str:
    """Return a line of Python that repeats a check; a comment says what it needs of the check besides.

    Args:
        f: the function.
        args: the arguments, or the text that stands for them.
        claimed: the claims.
        options: the options.
        called: the names of the arguments.

    >>> def cube(x): ...
    >>> reproduction(cube, [0.5], Claims(grad=lambda x: 3 * x**2), Options(), ["x"])
    'check_grads(cube, 0.5, grad=grad)  # grad as in this check'
    """
    names = [name if name.isidentifier() else f"args[{i}]" for i, name in enumerate(called)]
    arguments = args if isinstance(args, str) else arguments_text(args, names)
    parts = [name_of(f), arguments]
    parts += [f"{name}={name_of_claim(name, claim)}" for name, claim in claimed.given()]
    parts += [f"{name}={value!r}" for name, value in options.changed().items()]
    without = [name_of(f)] * (not _is_named(f))
    without += [name_of_claim(name, claim) for name, claim in claimed.given() if not _is_named(claim)]
    kept = [arguments] if isinstance(args, str) else arguments.split(", ")
    without += [name.partition("[")[0] for name in kept if name in (*names, "points=points")]
    needed = list(dict.fromkeys(name.partition("=")[0] for name in without))
    return f"check_grads({', '.join(parts)})" + (f"  # {text_of(needed)} as in this check" if needed else "")


def _is_named(f: Callable[..., Any]) -> bool:
    """Return whether a function is found by its name: no lambda, method or other object that can be called."""
    if isinstance(f, Op):
        return True
    plain = inspect.isroutine(f) and not inspect.ismethod(f)
    return plain and getattr(f, "__name__", "").isidentifier()


def text_of(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    >>> text_of(["f", "grad", "x"])
    'f, grad and x'
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
