"""Arrays as nested lists: how deep they are, and functions carried over their leading dimensions.

A module knows the last dimensions of what it is given and maps over the ones before, so that the same call takes
one sample or a batch of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Any

from nn.base.conversion import is_number


def rank(array: Any) -> int:
    """The number of dimensions: 0 for a number, 1 for a list of numbers, and so on; judged by the first of each list.

    >>> rank(1.0), rank([1.0, 2.0]), rank([[1.0], [2.0]]), rank([])
    (0, 1, 2, 1)
    """
    if isinstance(array, (list, tuple)) and array and is_number(array[0]):
        return 1  # the usual case
    depth = 0
    while isinstance(array, Sized) and not isinstance(array, str):  # each part of a text is a text again
        depth += 1
        if len(array) == 0:
            break
        array = array[0]  # type: ignore[index]  # what has a length and is no sequence is refused by who uses it
    return depth


def over(function: Callable[[Any], Any], array: Any, unit: int) -> Any:
    """The function of every part of the array that has `unit` dimensions, in the structure of the leading ones.

    >>> over(sum, [[1.0, 2.0], [3.0, 4.0]], 1)
    [3.0, 7.0]
    >>> over(sum, [1.0, 2.0], 1)
    3.0
    """
    if rank(array) <= unit:
        return function(array)
    return [over(function, part, unit) for part in array]
