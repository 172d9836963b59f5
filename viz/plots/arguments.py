"""Checks of what is to be plotted: each returns it, or raises an error that says what was expected and what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd_core import OperandTypeError
from viz.graph.layers import number


def items_of(expected: str, things: object, way_out: str = "") -> list[Any]:
    """The items of a list or another iterable that is neither a text nor a mapping.

    Args:
        expected: what the argument is, for the message.
        things: the argument.
        way_out: what to write instead, for the message.

    Raises:
        OperandTypeError: if it is something else.

    >>> items_of("labels", ("cat", "dog"))
    ['cat', 'dog']
    """
    if isinstance(things, Iterable) and not isinstance(things, str | bytes | Mapping):
        return list(things)
    raise _unexpected(expected, things, way_out)


def numbers_of(expected: str, things: object) -> list[float]:
    """The items of a list as numbers, if all are Values or numbers.

    Raises:
        OperandTypeError: if it is something else.

    >>> numbers_of("pixels", [1, 2.5])
    [1.0, 2.5]
    """
    numbers = []
    for thing in items_of(expected, things):
        try:
            numbers.append(number(thing))
        except (TypeError, ValueError):
            raise _unexpected(f"{expected}, each a number", thing) from None
    return numbers


def check_function(expected: str, thing: object) -> None:
    """Check that something can be called.

    Raises:
        OperandTypeError: otherwise.
    """
    if not callable(thing):
        raise _unexpected(expected, thing)


def _unexpected(expected: str, thing: object, way_out: str = "") -> OperandTypeError:
    return OperandTypeError(f"expected {expected}, got {type(thing).__name__}{way_out and '; '}{way_out}")
