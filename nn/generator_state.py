"""States of generators of random numbers as plain lists, which can be written as JSON."""

from __future__ import annotations

import random
from typing import Any

from autograd_core import InputError, OperandTypeError


def saved(source: Any) -> list[Any]:
    """The state of a generator as a list of numbers and None.

    Raises:
        OperandTypeError: if its state cannot be saved, because it is no `random.Random`.

    >>> generator = random.Random(1)
    >>> state = saved(generator)
    >>> first = generator.random()
    >>> restore(generator, state)
    >>> generator.random() == first
    True
    """
    if not isinstance(source, random.Random) or isinstance(source, random.SystemRandom):
        raise OperandTypeError(f"the state of {source!r} cannot be saved; use a random.Random")
    version, numbers, half = source.getstate()
    return [version, list(numbers), half]


def restore(source: random.Random, state: Any) -> None:
    """Set a generator to a state that `saved` gave.

    Raises:
        InputError: if it is no such state; the generator is then as it was.
    """
    try:
        version, numbers, half = state
        source.setstate((version, tuple(numbers), None if half is None else float(half)))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"expected the state of a generator as a list, got something else: {error}") from error
