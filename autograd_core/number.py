"""What counts as a number, and division and powers that never raise.

`to_float` is the one door through which foreign numbers enter: everything behind it is a `float`.
"""

from __future__ import annotations

import math
from numbers import Complex, Number, Real
from typing import Any, Final

from autograd_core.errors import InputError, OperandTypeError

INFINITY: Final = math.inf
NAN: Final = math.nan


def to_float(number: Any) -> float:
    """Convert a real number of any kind to a float.

    Accepted are `float`, `int`, `bool`, `Fraction`, `Decimal` and numpy's real scalars.

    Raises:
        OperandTypeError: for anything else, strings, None, complex numbers and arrays included.
        InputError: for an integer or fraction beyond the range of a float.

    >>> from fractions import Fraction
    >>> to_float(Fraction(1, 4)), to_float(True)
    (0.25, 1.0)
    """
    if isinstance(number, float):
        return float(number)  # a subclass, numpy's for one, becomes a plain float
    if is_number(number):
        try:
            return float(number)
        except OverflowError:
            raise InputError(
                f"expected a number within the range of a float (about 1.8e308), got a larger {type(number).__name__}; "
                "use math.inf for an infinite value"
            ) from None
    raise OperandTypeError(f"expected a real number, got {describe(number)}{_way_out(number)}")


def int_to_float(number: int) -> float:
    """`to_float` of an integer, at the speed that operators need."""
    try:
        return float(number)
    except OverflowError:
        return to_float(number)


def is_number(candidate: object) -> bool:
    """Whether `to_float` would accept the candidate."""
    if isinstance(candidate, (float, int)):
        return True
    # `Decimal` is a Number and not a Real; a Complex that is not a Real has no place on a line.
    if isinstance(candidate, Number):
        return isinstance(candidate, Real) or not isinstance(candidate, Complex)
    return _is_numpy_bool(candidate)


def describe(thing: object) -> str:
    """Name a thing in an error message: its value, if short, and its type."""
    text = repr(thing)
    return f"{text} ({type(thing).__name__})" if len(text) <= 40 else f"an object of type {type(thing).__name__}"


def _is_numpy_bool(candidate: object) -> bool:
    # numpy registers its floats and integers with `numbers`, but not its booleans.
    kind = type(candidate)
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _way_out(thing: object) -> str:
    if isinstance(thing, str):
        return "; convert the text with float() first"
    if isinstance(thing, Complex):
        return "; gradients here are of real functions, so use the real and imaginary parts as two numbers"
    if hasattr(thing, "__array__") or hasattr(thing, "__len__"):
        return "; make one Value per element, for example [Value(x) for x in numbers]"
    return ""


def divide(a: float, b: float) -> float:
    """`a / b` with the limits of IEEE 754 at a divisor of 0.

    >>> divide(1.0, 0.0), divide(1.0, -0.0), divide(0.0, 0.0)
    (inf, -inf, nan)
    """
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a:  # noqa: PLR0124 - the test for nan that needs no call
        return NAN
    return math.copysign(INFINITY, a) * math.copysign(1.0, b)


def power(x: float, y: float) -> float:
    """`x ** y` as C's `pow`: real, with every special case of IEEE 754.

    >>> power(-8.0, 1 / 3), power(0.0, -1.0), power(-0.0, -3.0), power(-10.0, 309.0)
    (nan, inf, -inf, -inf)
    """
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INFINITY if x < 0.0 and _is_odd(y) else INFINITY
    except ValueError:
        if x != 0.0:
            return NAN
        return math.copysign(INFINITY, x) if _is_odd(y) else INFINITY


def _is_odd(y: float) -> bool:
    return math.fmod(y, 2.0) in (1.0, -1.0)
