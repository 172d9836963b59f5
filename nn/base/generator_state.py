"""States of generators of random numbers as plain lists, which can be written as JSON."""

from __future__ import annotations

import random
from typing import Any

from autograd_core import InputError, OperandTypeError


def is_saveable(source: object) -> bool:
    """Whether the state of a generator can be saved: a `random.Random` or the module `random`, not `SystemRandom`."""
    return source is random or (isinstance(source, random.Random) and not isinstance(source, random.SystemRandom))


def saved(source: Any) -> list[Any]:
    """The state of a generator: a version, the numbers of the Mersenne Twister, and the second normal number or None.

    Raises:
        OperandTypeError: if its state cannot be saved.

    >>> generator = random.Random(1)
    >>> state = saved(generator)
    >>> first = generator.random()
    >>> restore(generator, state)
    >>> generator.random() == first
    True
    """
    if not is_saveable(source):
        raise OperandTypeError(f"the state of {source!r} cannot be saved; give a seed or a random.Random as rng")
    version, numbers, half = source.getstate()
    return [version, list(numbers), half]


def restore(source: Any, state: Any) -> None:
    """Set a generator to a state that `saved` returned.

    Raises:
        InputError: if it is not such a state; the generator is then unchanged.
    """
    source.setstate(_native(state))


def checked(name: str, state: Any) -> list[Any]:
    """A state that `saved` returned, after a test with another generator.

    Raises:
        InputError: if it is not such a state; the message names `name`.
    """
    try:
        _native(state)
    except InputError as error:
        raise InputError(f"{error}; at {name!r}") from None
    return list(state)


def _native(state: Any) -> tuple[Any, ...]:
    """The state as `random.Random.setstate` accepts it."""
    try:
        version, numbers, half = state
        native = (version, tuple(numbers), None if half is None else float(half))
        random.Random().setstate(native)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"expected the state of a generator, as state_dict gives it: {error}") from error
    return native
