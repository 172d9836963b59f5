"""What a function does besides returning its result: it may change its arguments, or give other values each time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from enum import Enum
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.testing.trees.variables import Kind, blocks, kind_of, leaves

STATELESS: Final = (str, bytes, bool, date, time, timedelta, Enum, type(None), type, type(len), type(lambda: None))
"""What is left alone among the arguments, and the same at every call."""


def watched_call(f: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> Any:
    """Return the result of a function, called with the arguments in their order.

    Raises:
        InputError: if the function changes the numbers of an argument in place.

    >>> watched_call(lambda x: x.append(1.0), "f", {"x": [2.0]})
    Traceback (most recent call last):
    ...
    autograd_core.errors.InputError: f changes its argument in place: x has 1 number before the call and 2 after it; ...
    """
    before = {path: _numbers(tree, path) for path, tree in arguments.items()}
    result = f(*arguments.values())
    for path, tree in arguments.items():
        after = _numbers(tree, path)
        if after != before[path]:
            raise InputError(
                f"{name} changes its argument in place: {_difference(path, tree, before[path], after)}; "
                "let it work on a copy, because the caller still uses the argument"
            )
    return result


def _numbers(tree: Any, path: str) -> list[Any]:
    """Return the numbers of a tree; nan equals itself."""
    every = (x for block in blocks(tree, path, integers=True) for x in block.numbers())
    return [None if math.isnan(x) else x for x in every]


def _difference(path: str, tree: Any, before: Sequence[Any], after: Sequence[Any]) -> str:
    if len(before) != len(after):
        return f"{path} has {len(before)} number{'s' * (len(before) != 1)} before the call and {len(after)} after it"
    names = [name for block in blocks(tree, path, integers=True) for name in block.names()]
    first = next(i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
    was, now = ("nan" if x is None else repr(x) for x in (before[first], after[first]))
    return f"{names[first]} is {was} before the call and {now} after it"


def unsteady(name: str, first: Sequence[Any], second: Sequence[Any], arguments: Mapping[str, Any]) -> str:
    """Return what to say about a function that gave different numbers at two equal calls; "" if they are equal.

    >>> unsteady("f", [1.0], [2.0], {"x": 0.5})
    'f is not deterministic: it gave 1 and then 2 for the same arguments; is it random, or does it keep a state? ...
    """
    pairs = [(a, b) for a, b in zip(first, second, strict=False) if not same(a, b)]
    if not pairs and len(first) == len(second):
        return ""
    values = _both(*pairs[0]) if pairs else f"{len(first)} and then {len(second)} numbers"
    suspects = list(_changeable(arguments))
    some = f"does the argument {suspects[0]}" if len(suspects) == 1 else f"do the arguments {', '.join(suspects[:3])}"
    what = f"{some} change from call to call" if suspects else "is it random, or does it keep a state"
    return (
        f"{name} is not deterministic: it gave {values} for the same arguments; {what}? "
        "Seed it inside, or pass a random generator as an argument"
    )


def _both(a: Any, b: Any) -> str:
    """Return two numbers as text, short if that shows the difference."""
    short = f"{a:.6g}", f"{b:.6g}"
    first, second = short if short[0] != short[1] else (f"{a}", f"{b}")
    return f"{first} and then {second}"


def same(a: Any, b: Any) -> bool:
    """Return whether two numbers are equal; nan equals itself.

    >>> same(math.nan, math.nan), same(1.0, 2.0)
    (True, False)
    """
    return bool(a == b) or bool(a != a and b != b)  # noqa: PLR0124 - nan


def _changeable(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of what may have a state among the arguments: iterators and objects."""
    for path, tree in arguments.items():
        for leaf, where, _ in leaves(tree, path):
            if kind_of(leaf) is Kind.OTHER and not isinstance(leaf, STATELESS) and not hasattr(leaf, "dtype"):
                yield where
