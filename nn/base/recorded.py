"""Numbers that are recorded, and which of them are known.

A layer or loss computes with everything that records (`autograd_core.Recorder`): with Values, whose numbers are known,
and with numbers of a program that runs later. So it calls methods by name, and decides on a number with
`autograd_core.select`. Only what is known can be checked and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograd_core import Recorder, select


def is_known(x: object) -> bool:
    """Whether the number can be read: a plain number or that of a Value, not one that is recorded for later.

    >>> from autograd_core import Value
    >>> is_known(Value(1.0)), is_known(1.0)
    (True, True)
    """
    # For a float the other tests take twice as long.
    return type(x) is float or not isinstance(x, Recorder) or x.is_known()


def number_of(x: Any) -> Any:
    """The number as a constant that no gradient passes through: a float, or recorded if it is not known.

    >>> from autograd_core import Value
    >>> number_of(Value(2.0)), number_of(2)
    (2.0, 2.0)
    """
    return x.detached() if isinstance(x, Recorder) else float(x)


def choose(condition: Any, one: Callable[..., Any], other: Callable[..., Any], *inputs: Any) -> Any:
    """`select` between two functions of the same inputs: half the time of two functions made for the occasion.

    >>> choose(True, max, min, 1.0, 2.0)
    2.0
    """
    if isinstance(condition, bool):
        return one(*inputs) if condition else other(*inputs)
    return select(condition, partial(one, *inputs), partial(other, *inputs))


def within(low: float, x: Any, high: float) -> Any:
    """`low <= x <= high`; recorded if `x` is a number that is not known.

    >>> from autograd_core import Value
    >>> within(0.0, Value(0.5), 1.0), within(0.0, 2, 1.0)
    (True, False)
    """
    return low <= x <= high if is_known(x) else select(low <= x, lambda: x <= high, lambda: False)
