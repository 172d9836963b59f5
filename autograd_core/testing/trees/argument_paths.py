"""The path of each number in nested arguments, written in Python: `params["w"][3]`, `line.slope`.

Paths and numbers come in the order of `trees.flatten`, so the two lists match.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from autograd_core.errors import InputError
from autograd_core.table.op import Op, Recorder
from autograd_core.transforms.trees import _branches, flatten, is_array


def paths(arguments: Mapping[str, Any]) -> list[str]:
    """Return the path of every number in the arguments, a dict of trees by argument name.

    >>> paths({"params": {"w": [1.0, 2.0], "b": 3.0}, "x": 4.0})
    ['params["w"][0]', 'params["w"][1]', 'params["b"]', 'x']
    """
    return [name for argument, tree in arguments.items() for name in inside(tree, argument)]


def inside(tree: Any, path: str) -> Iterator[str]:
    """Yield the paths of the numbers in a tree, which has the given path itself.

    >>> list(inside([1.0, (2.0, 3.0)], "x"))
    ['x[0]', 'x[1][0]', 'x[1][1]']
    """
    branches = None if isinstance(tree, Recorder) else _branches(tree)
    if branches is not None:
        for key, branch in branches.items():
            yield from inside(branch, step(path, tree, key))
    elif is_array(tree):
        yield from (f"{path}[{_index(i, tree.shape)}]" if tree.shape else path for i in range(tree.size))
    else:
        yield path


def number_at(arguments: Mapping[str, Any], name: str) -> Any:
    """Return the number or Value at a path.

    Raises:
        InputError: if the arguments have no such path.

    >>> number_at({"params": {"w": [1.0, 2.0]}}, 'params["w"][1]')
    2.0
    """
    numbers = [x for argument, tree in arguments.items() for x in flatten(tree, argument)]
    every = paths(arguments)
    if name not in every:
        raise InputError(f"expected the path of a number, such as {every[0] if every else 'x'}, got {name}")
    return numbers[every.index(name)]


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return the names of the first positional arguments of a function; `argument 2` where there is no signature.

    >>> argument_names(lambda w, *rest: 0.0, 3)
    ['w', 'rest[0]', 'rest[1]']
    """
    if isinstance(f, Op):
        return ["x"] if count == 1 else [f"inputs[{i}]" for i in range(count)]
    found: list[str] = []
    for parameter in _parameters(f):
        if parameter.kind is parameter.VAR_POSITIONAL:
            found += [f"{parameter.name}[{i}]" for i in range(max(count - len(found), 0))]
        elif parameter.kind is not parameter.KEYWORD_ONLY and parameter.kind is not parameter.VAR_KEYWORD:
            found.append(parameter.name)
    return (found + [f"argument {i}" for i in range(len(found), count)])[:count]


def _parameters(f: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    try:
        return list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # some compiled functions have no signature
        return []


def step(path: str, tree: Any, key: Any) -> str:
    """Return the path of a branch of a tree that has the given path itself.

    >>> step("params", {"w": 1.0}, "w")
    'params["w"]'
    """
    if not isinstance(tree, (list, tuple, dict)):
        return f"{path}.{key}"
    return f"{path}[{json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)}]"


def _index(i: int, shape: tuple[int, ...]) -> str:
    """Return the index of the `i`-th number of an array in C order."""
    index = []
    for size in reversed(shape):
        i, k = divmod(i, size)
        index.append(str(k))
    return ", ".join(reversed(index))
