"""Nested lists as arrays: their number of dimensions, and functions mapped over the leading ones.

A module computes on the last dimensions of its input and is mapped over the others, so that the same call accepts one
sample or a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

from autograd_core import Value
from autograd_core.text import plural
from nn.base.conversion import is_number


def rank(array: Any) -> int:
    """The number of dimensions: 0 for a number, 1 for a list of numbers, and so on, by the first item of each list.

    >>> rank(1.0), rank([1.0, 2.0]), rank([[1.0], [2.0]]), rank([])
    (0, 1, 2, 1)
    """
    if isinstance(array, (list, tuple)) and array and is_number(array[0]):
        return 1  # the usual case
    depth = 0
    while isinstance(array, Sized) and not isinstance(array, str):  # each item of a string is a string
        depth += 1
        if len(array) == 0:
            break
        array = array[0]  # type: ignore[index]  # callers raise an error for objects that have a length but no items
    return depth


def shown_rank(array: Any) -> str:
    """The number of dimensions in words; a number itself, because it looks like no array.

    >>> shown_rank([[1.0]]), shown_rank(1.0)
    ('2 dimensions', 'the number 1.0')
    """
    depth = rank(array)
    return plural(depth, "dimension") if depth else f"the number {shown_number(array)}"


def shown_number(number: Any) -> str:
    """A number, or the number of a Value, in a message about the form of data.

    >>> shown_number(Value(2.0))
    '2.0'
    """
    return f"{number.data if isinstance(number, Value) else number}"


def over(function: Callable[[Any], Any], array: Any, unit: int) -> Any:
    """The function applied to every part with `unit` dimensions, in the structure of the leading dimensions.

    >>> over(sum, [[1.0, 2.0], [3.0, 4.0]], 1)
    [3.0, 7.0]
    >>> over(sum, [1.0, 2.0], 1)
    3.0
    """
    if rank(array) <= unit:
        return function(array)
    return [over(function, part, unit) for part in array]
