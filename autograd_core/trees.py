"""Nested structures of numbers: lists, tuples and dicts, to any depth.

`flatten` takes a structure apart into its numbers, from left to right, and `rebuild` puts other numbers
into the same places. So a function of a whole dictionary of parameters is a function of a flat list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autograd_core.errors import OperandTypeError
from autograd_core.number import describe, is_number
from autograd_core.ops import Recorder


def flatten(tree: Any, place: str = "argument") -> list[Any]:
    """The numbers and Values of a tree in order; dicts in the order of their keys.

    Raises:
        OperandTypeError: if something else stands in the tree; the message names its place.

    >>> flatten({"w": [1.0, 2.0], "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    return list(_walk(tree, place))


def _walk(tree: Any, place: str) -> Iterator[Any]:
    if isinstance(tree, Recorder) or is_number(tree):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for i, branch in enumerate(tree):
            yield from _walk(branch, f"{place}[{i}]")
    elif isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _walk(branch, f"{place}[{key!r}]")
    else:
        raise OperandTypeError(
            f"expected numbers, or lists, tuples and dicts of numbers, got {describe(tree)} at {place}"
        )


def rebuild(tree: Any, leaves: Sequence[Any]) -> Any:
    """A tree of the same form with these leaves in the places of its numbers.

    >>> rebuild({"w": [1.0, 2.0], "b": 3.0}, [10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    return _fill(tree, iter(leaves))


def _fill(tree: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _fill(branch, leaves) for key, branch in tree.items()}
    if isinstance(tree, list):
        return [_fill(branch, leaves) for branch in tree]
    if isinstance(tree, tuple):
        branches = [_fill(branch, leaves) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    return next(leaves)
