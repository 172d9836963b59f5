"""Operators and protocols of Python that one number does not have, and what to write instead.

An operator asks a method, and the methods here raise with a message that says what to write. `x[0]`, `len(x)`, `x(2)`
and loops are left to Python: with `__getitem__`, NumPy would take a Value for a sequence, which makes an array of
Values four times slower to build; with `__len__` or `__call__`, everybody would take it for a collection or a function.
Python's message names the type and says no more, so our prompts add what to write (see `advice`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from autograd_core.errors import OperandTypeError
from autograd_core.numerics.number import is_number
from autograd_core.table.op import Recorder

ITEMS: Final = "a Value is one number; use it without [0] and without a loop: a model with one output gives no list"

BITS: Final = "combines the bits of ints"

OPERATORS: Final = {
    "matmul": ("@", "multiplies matrices", "write x * y for two numbers and dot(x, y) for two lists"),
    "xor": ("^", BITS, "write x**y for a power"),
    "and": ("&", BITS, "write x > 0 and y > 0, or logical_and(x, y)"),
    "or": ("|", BITS, "write x > 0 or y > 0, or logical_or(x, y)"),
    "lshift": ("<<", BITS, "write x * 2**n"),
    "rshift": (">>", BITS, "write x / 2**n"),
}
"""The operators of two operands, what they do, and what to write for numbers."""

OF_PYTHON: Final = {
    "item|iterable|subscriptable|reversible": ITEMS,
    r"has no len\(\)": "a Value is one number, which has no length; a list [x, y] has",
    "callable": "a Value is one number and no function; write * to multiply",
    "": "a Value is one number; x.data is its float",
}
"""Parts of what Python says about a Value in other places, and what to write; the last part is in every message."""

_FIRM: Final = frozenset({str, bytes, list, tuple, dict, set, type(None)})
"""Types of operands that do not know what to do with a Value."""


def methods() -> Iterator[Callable[..., Any]]:
    """The methods that refuse."""
    for name, (sign, does, way_out) in OPERATORS.items():
        yield _named(f"__{name}__", _refusing(sign, does, way_out, reflected=False))
        yield _named(f"__r{name}__", _refusing(sign, does, way_out, reflected=True))
    yield _named("__invert__", _refuse_inversion)
    yield _named("__index__", _refuse_index)  # mypyc would hide a method `__index__` that is written out in a class


def _named(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method with the name that `help` shows."""
    method.__name__ = method.__qualname__ = name
    return method


def advice(message: str) -> str:
    """What to write instead of what Python refuses with a message about a Value; "" for other messages.

    >>> advice("'Value' object is not callable"), advice("'int' object is not callable")
    ('a Value is one number and no function; write * to multiply', '')
    """
    if not re.search(r"\bValue\b", message):
        return ""
    return next(advice for part, advice in OF_PYTHON.items() if re.search(part, message))


def _refuse_inversion(self: Any) -> Any:
    """Raise an error, because a number has no bits."""
    raise OperandTypeError(f"~ inverts the bits of an int, got {self!r:.60}; write logical_not(x), or -x")


def _refuse_index(self: Any) -> Any:
    """Raise an error, because an index would drop the gradient."""
    self._refuse_index()


def _refusing(sign: str, does: str, way_out: str, reflected: bool) -> Callable[[Any, Any], Any]:
    """A method for an operator. An operand of another type may know how to combine with a Value, so Python asks it."""

    def refuse(self: Any, other: object) -> Any:
        if not (isinstance(other, Recorder) or is_number(other) or type(other) in _FIRM):
            return NotImplemented
        left, right = (other, self) if reflected else (self, other)
        raise OperandTypeError(f"{sign} {does}, got {left!r:.60} and {right!r:.60}; {way_out}")

    refuse.__doc__ = f"Raise an error: {way_out}."
    return refuse
