"""Checks of arguments: each returns the argument, or raises an error that says what is wrong with it."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Final

from autograd_core import InputError, OperandTypeError, Value
from nn.base.messages import kind_of

ROUNDING: Final = 8
"""The error of a few roundings in units in the last place. The sum of ten times 0.1 differs from 1.0 by one."""


def positive_int(name: str, number: object) -> int:
    """The number as an int, numpy's ints included, if it is at least 1.

    Raises:
        InputError: otherwise, and for True, which is not meant as a size.

    >>> positive_int("nin", 3)
    3
    """
    return _int_from(1, "a positive int", name, number)


def flag(name: str, given: object) -> bool:
    """The argument as a bool, numpy's included; 0 and 1 stand for False and True.

    Raises:
        OperandTypeError: otherwise.

    >>> flag("bias", True), flag("bias", 0)
    (True, False)
    """
    if (isinstance(given, int) or type(given).__name__ in ("bool", "bool_")) and given in (0, 1):
        return bool(given)
    raise OperandTypeError(f"{name} must be True or False, got {kind_of(given)}")


def natural(name: str, number: object) -> int:
    """The number as an int, numpy's ints included, if it is at least 0.

    Raises:
        InputError: otherwise, and for True, which is not meant as a count.

    >>> natural("count", 0)
    0
    """
    return _int_from(0, "an int of at least 0", name, number)


def _int_from(least: int, expected: str, name: str, number: object) -> int:
    try:
        value = operator.index(None if isinstance(number, bool) else number)  # type: ignore[arg-type]
    except TypeError:
        value = least - 1
    if value < least:
        raise InputError(f"{name} must be {expected}, got {number!r:.80}")
    return value


def positive_ints(name: str, numbers: object) -> list[int]:
    """The numbers of a list as ints, if the list is not empty and each is at least 1.

    Raises:
        InputError: otherwise.

    >>> positive_ints("nouts", (16, 1))
    [16, 1]
    """
    if not isinstance(numbers, Iterable) or isinstance(numbers, str) or not (given := list(numbers)):
        hint = f"; write [{numbers!r}]" if isinstance(numbers, int) else ""
        raise InputError(f"{name} must be a list of at least one positive int, got {numbers!r:.80}{hint}")
    return [positive_int(f"{name}[{index}]", number) for index, number in enumerate(given)]


def items_of(expected: str, items: object, way_out: str = "") -> list[Any]:
    """The items of a list or another iterable that is no text; `expected` and `way_out` are parts of the message.

    Raises:
        OperandTypeError: if they are no iterable.

    >>> items_of("a list of names", ("w", "b"))
    ['w', 'b']
    """
    if isinstance(items, Iterable) and not isinstance(items, (str, bytes)):
        return list(items)
    raise OperandTypeError(f"expected {expected}, got {kind_of(items)}{way_out and '; '}{way_out}")


def number_between(name: str, number: object, low: float, high: float) -> float:
    """The number as a float if it is finite and `low <= number < high`.

    Raises:
        InputError: otherwise.

    >>> number_between("momentum", 0.9, 0.0, 1.0)
    0.9
    """
    value = _finite(number)
    if value is None or not low <= value < high:
        bound = f"at least {low:g}" + (f" and less than {high:g}" if high < math.inf else "")
        raise InputError(f"{name} must be a finite number of {bound}, got {number!r:.80}")
    return value


def positive_number(name: str, number: object) -> float:
    """The number as a float if it is finite and greater than 0.

    Raises:
        InputError: otherwise.

    >>> positive_number("lr", 1)
    1.0
    """
    value = _finite(number)
    if value is None or value <= 0.0:
        raise InputError(f"{name} must be a positive finite number, got {number!r:.80}")
    return value


def finite_number(name: str, number: object) -> float:
    """The number as a float if it is finite.

    Raises:
        InputError: otherwise.

    >>> finite_number("slope", -1)
    -1.0
    """
    value = _finite(number)
    if value is None:
        raise InputError(f"{name} must be a finite number, got {number!r:.80}")
    return value


def measured(what: str, number: object) -> float:
    """A measured number as a float, which may be nan or infinite; it may be a Value or a number of any library.

    Raises:
        InputError: if it is not a number.

    >>> measured("the metric", Value(0.5)), measured("the metric", 1)
    (0.5, 1.0)
    """
    data: Any = number.data if isinstance(number, Value) else number
    if not isinstance(data, (str, bytes)) and hasattr(data, "__float__"):
        try:
            return float(data)
        except (TypeError, ValueError, OverflowError):
            pass  # an array of several numbers, or an int beyond the range of a float
    raise InputError(f"expected {what} as a number or a Value, got {number!r:.80}")


def nearly_constant(numbers: Sequence[float]) -> bool:
    """Whether finite numbers are equal except for rounding errors.

    >>> nearly_constant([0.3, 0.1 + 0.2]), nearly_constant([0.3, 0.3 + 1e-12]), nearly_constant([0.0, 1e-300])
    (True, False, False)
    """
    low, high = min(numbers), max(numbers)
    return high - low <= ROUNDING * math.ulp(max(-low, high))


def _finite(number: object) -> float | None:
    if isinstance(number, (bool, str, bytes)) or not hasattr(number, "__float__"):
        return None
    try:
        value = float(number)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
