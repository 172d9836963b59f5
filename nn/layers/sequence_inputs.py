"""What modules over sequences share: checks of their inputs, and optional dropout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from typing import TypeAlias

from autograd_core import ShapeError
from nn.base.rng import Rng
from nn.layers.dropout import Dropout
from nn.modules.module import Number

Vector: TypeAlias = Sequence[Number]
"""The numbers of one step of a sequence, or of a state."""


def steps_of(sequence: object, size: int, owner: object) -> list[Vector]:
    """The steps of a sequence as a list, after a check that each has `size` numbers.

    Args:
        sequence: the sequence.
        size: the number of numbers in each step.
        owner: the module, for messages.

    Raises:
        ShapeError: if there are no steps, or one has another size.

    >>> steps_of(([1.0, 2.0], [3.0, 4.0]), 2, "a network")
    [[1.0, 2.0], [3.0, 4.0]]
    """
    steps = list(sequence) if isinstance(sequence, Iterable) else []
    if not steps:
        raise ShapeError(f"{owner} expected a sequence of at least one step, got {form(sequence)}")
    for index, x in enumerate(steps):
        if not isinstance(x, Sized):
            raise ShapeError(
                f"{owner} expected a list of {size} numbers as step {index} of the sequence, got {x!r}; "
                "a sequence of single numbers is given as [[x] for x in numbers]"
            )
        check_vector(x, size, f"{owner} as step {index} of the sequence")
    return steps


def check_vector(x: object, size: int, owner: str) -> None:
    """Check that `x` is a list of `size` items; whether they are numbers is checked where they are used.

    Raises:
        ShapeError: otherwise.

    >>> check_vector([1.0, 2.0], 3, "LSTMCell(3, 4)")
    Traceback (most recent call last):
    autograd_core.errors.ShapeError: LSTMCell(3, 4) expected a list of 3 numbers, got a list of 2
    """
    if not isinstance(x, Sized) or len(x) != size:
        raise ShapeError(f"{owner} expected a list of {size} numbers, got {form(x)}")


def check_count(array: object, count: int, each: str, owner: str) -> None:
    """Check that `array` is a list of `count` items.

    Raises:
        ShapeError: otherwise; `each` says what the items are.

    >>> check_count([[0.0]], 2, "one vector for each layer", "GRU(3, 1)")
    Traceback (most recent call last):
    autograd_core.errors.ShapeError: GRU(3, 1) expected a list of 2, one vector for each layer, got a list of 1
    """
    if not isinstance(array, Sized) or len(array) != count:
        raise ShapeError(f"{owner} expected a list of {count}, {each}, got {form(array)}")


def form(x: object) -> str:
    """A short description of an argument, for messages.

    >>> form([1.0, 2.0]), form(1.0)
    ('a list of 2', '1.0')
    """
    return f"a list of {len(x)}" if isinstance(x, Sized) else f"{x!r}"


def dropout_of(p: float, rng: Rng) -> Dropout | None:
    """Dropout with the probability `p`, or None for 0, so that it is not a part of the model and draws nothing.

    Raises:
        InputError: if `p` is not a number from 0 to 1.

    >>> dropout_of(0.5, 1), dropout_of(0.0, 1)
    (Dropout(p=0.5), None)
    """
    return None if p == 0.0 else Dropout(p, rng=rng)
