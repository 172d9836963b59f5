"""Which objects count as numbers.

`to_float` converts every number that a caller passes. All other code computes with `float`.
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

    It accepts `float`, `int`, `bool`, `Fraction`, `Decimal` and numpy's real scalars.

    Raises:
        OperandTypeError: for anything else, including strings, None, complex numbers and arrays.
        InputError: for an integer or fraction beyond the range of a float.

    >>> from fractions import Fraction
    >>> to_float(Fraction(1, 4)), to_float(True)
    (0.25, 1.0)
    """
    if isinstance(number, float):
        return float(number)  # including subclasses, such as numpy's
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
    """`to_float` of an integer, which is faster, for operators."""
    try:
        return float(number)
    except OverflowError:
        return to_float(number)


def is_number(candidate: object) -> bool:
    """Whether `to_float` would accept the candidate."""
    if isinstance(candidate, (float, int)):
        return True
    # `Decimal` is a Number but not a Real.
    if isinstance(candidate, Number):
        return isinstance(candidate, Real) or not isinstance(candidate, Complex)
    return _is_numpy_bool(candidate)


def describe(thing: object) -> str:
    """The description of an object in an error message: its `repr`, if that is short, and its type."""
    text = repr(thing)
    return f"{text} ({type(thing).__name__})" if len(text) <= 40 else f"an object of type {type(thing).__name__}"


def _is_numpy_bool(candidate: object) -> bool:
    # numpy registers its floats and integers with `numbers`, but not its booleans.
    kind = type(candidate)
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _way_out(thing: object) -> str:
    """The end of the message for something that is not a real number: what to do instead."""
    if hasattr(thing, "backward") and hasattr(thing, "tolist"):
        return "; take the numbers of a tensor with .tolist()"
    if hasattr(thing, "backward"):
        return "; use it as it is, or its .data for the number alone"
    if thing is None:
        return "; write 0.0 for zero"
    if isinstance(thing, str):
        return "; convert the text with float() first"
    if isinstance(thing, Complex):
        return "; gradients here are of real functions, so use the real and imaginary parts as two numbers"
    if str(getattr(thing, "dtype", "")) == "object":
        return "; numpy.frompyfunc(function, 1, 1)(array) applies a function of one number to each element"
    if hasattr(thing, "mask") and not getattr(thing, "shape", None):  # numpy.ma.masked, an element of a masked array
        return "; put a number in its place with x.filled(number)"
    if hasattr(thing, "__array__") or hasattr(thing, "__len__"):
        return "; make one Value per element, for example [Value(x) for x in numbers]"
    return ""
