"""The meaning of a custom op: its forward function on mpmath numbers.

The functions of `math` would convert them to floats, so those that the forward function calls by name are replaced by
their mpmath counterparts. A few points test whether all digits are kept; an op that loses digits has no meaning here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType, SimpleNamespace
from typing import Any, Final

import mpmath

from autograd_core.table.op import TABLE, Op
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import per_input

_PARTS: Final = (0.31, 0.62, 0.83)
"""The fractions of the sample intervals at which a meaning is tested; not the middle, which is often a kink."""

_HIDDEN: Final = mpmath.mpf(10) ** -20
"""A step far below the precision of a float."""


@lru_cache(maxsize=512)
def meaning_of(op: Op) -> Callable[..., Any] | None:
    """Return the op as a function of mpmath numbers, or None if it is unknown.

    The meaning of a row of the table is in `MEANINGS`. Another op with the same name and the same numbers has the same
    meaning. Else the meaning is the forward function on mpmath numbers, if it keeps all digits.

    >>> from autograd_core import TABLE, define_op
    >>> print(meaning_of(TABLE["sqrt"])(mpmath.mpf(2)))
    1.4142135623731
    >>> cubed = define_op("cubed", lambda x: x**3, lambda x, y: 3.0 * x**2)
    >>> meaning_of(cubed)(mpmath.mpf(2))
    mpf('8.0')
    """
    known = MEANINGS.get(op.name)
    if known is not None and (TABLE.get(op.name) is op or _is_meaning(known, op)):
        return known
    for forward in (op.forward, _with_mpmath(op.forward)):
        own = _of_arguments(forward) if op.arity is None else forward
        if _is_meaning(own, op):
            return own
    return None


def _of_arguments(forward: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *inputs: forward(list(inputs))


def _by_name(name: str) -> Any:
    """Return the mpmath counterpart of `math.name`; constants remain floats."""
    given = getattr(math, name)
    if not callable(given):
        return given
    return MEANINGS.get(name) or getattr(mpmath, _SPELLINGS.get(name, name), given)


_SPELLINGS: Final = {"pow": "power", "prod": "fprod"}

_MATH: Final = SimpleNamespace(**{name: _by_name(name) for name in dir(math) if not name.startswith("_")})


def _with_mpmath(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with `math`, and names imported from it, replaced by mpmath; itself if it is compiled."""
    if not isinstance(forward, FunctionType):
        replaced: Callable[..., Any] = _in_mpmath(forward)
        return replaced
    names = {name: _in_mpmath(thing) for name, thing in forward.__globals__.items()}
    copy = FunctionType(forward.__code__, names, forward.__name__, forward.__defaults__, forward.__closure__)
    copy.__kwdefaults__ = forward.__kwdefaults__
    return copy


def exactly(
    f: Callable[..., Any], numbers: Sequence[float], arguments: Callable[[list[Any]], Sequence[Any]], digits: int
) -> Any:
    """Return a function of floats computed in mpmath, with `arguments` of these numbers.

    >>> print(exactly(lambda x: math.sin(x) - x, [1e-8], lambda numbers: numbers, 60))
    -1.66666666666667e-25
    """
    with mpmath.workdps(digits):
        return _with_mpmath(f)(*arguments([mpmath.mpf(x) for x in numbers]))


def _in_mpmath(thing: Any) -> Any:
    if thing is math:
        return _MATH
    if callable(thing) and getattr(thing, "__module__", None) == "math":
        return getattr(_MATH, thing.__name__, thing)
    return thing


def _is_meaning(function: Callable[..., Any], op: Op) -> bool:
    """Return whether the function gives the numbers of the op at a few points, and keeps all digits."""
    points = [
        [low + (high - low) * (part + 0.01 * i) for i, (low, high) in enumerate(per_input(op, op.sample))]
        for part in _PARTS
    ]
    try:
        with mpmath.workdps(60):
            return all(_agrees_at(function, op, point) for point in points)
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return False  # the function does not run on mpmath numbers


def _agrees_at(function: Callable[..., Any], op: Op, point: Sequence[float]) -> bool:
    """Return whether value and derivatives are those of the op; a step below float precision shows lost digits."""
    exact = [mpmath.mpf(x) for x in point]
    value = function(*exact)
    expected = op.evaluate(point)
    if not isinstance(value, mpmath.mpf) or abs(value - expected) > 1e-12 * max(1.0, abs(expected)):
        return False
    return all(_derivatives_agree(function, op, point, i) for i in range(len(point)))


def _derivatives_agree(function: Callable[..., Any], op: Op, point: Sequence[float], index: int) -> bool:
    """Return whether differences of the function and of the op agree in one input."""

    def quotient(apply: Callable[..., Any], step: Any, numbers: list[Any]) -> Any:
        """Return the central difference quotient in one input."""
        above, below = list(numbers), list(numbers)
        above[index] += step
        below[index] -= step
        return (apply(above) - apply(below)) / (above[index] - below[index])

    hidden = quotient(lambda xs: function(*xs), _HIDDEN, [mpmath.mpf(x) for x in point])
    seen = quotient(op.evaluate, 1e-6, list(point))
    return bool(abs(hidden - seen) <= 1e-4 * max(1.0, abs(seen), abs(op.evaluate(point))))
