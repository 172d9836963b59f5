"""Numbers that are nan or infinite, found in the features and targets of samples."""

import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from numbers import Rational, Real
from typing import Any

from autograd_core.graph.value import Value


def first_not_finite(parts: Iterable[tuple[str, Any]]) -> str:
    """The first number that is nan or infinite and its place, as words; "" if all numbers are finite.

    Args:
        parts: pairs of a name, such as `"feature"`, and its data: a number, nested lists of numbers, or an array.
            What is no number is skipped.

    >>> first_not_finite([("feature", [0.5, [1.0, math.inf]]), ("target", math.nan)])
    'inf as feature 1 1'
    >>> first_not_finite([("feature", [0.5, "a"]), ("target", 10**400)])
    ''
    """
    found = (f"{number} as {name}" for part, data in parts for name, number in _floats(part, data))
    return next(found, "")


def _floats(name: str, data: Any) -> Iterator[tuple[str, float]]:
    """The floats in some data that are not finite, each with its place."""
    if isinstance(data, Value):
        data = data.data
    elif hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, list | tuple):
        for index, item in enumerate(data):
            yield from _floats(f"{name} {index}", item)
    elif isinstance(data, Real | Decimal) and not isinstance(data, Rational) and not math.isfinite(data):
        yield name, float(data)
