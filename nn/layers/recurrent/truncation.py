"""Truncated backpropagation through time: the state is carried on, but gradients flow back over a few steps only.

A detached state has the same numbers, so outputs do not change; only gradients end there. There are two ways to
truncate, with the same gradients. `truncate=k` of a recurrent network detaches the state after every `k` steps within
one graph. The loop below stores the graph of one chunk at a time, so a sequence can have any length:

    state = None
    for chunk in chunks(sequence, k):
        outputs, state = network(chunk, state)
        loss(outputs).backward()
        state = detached(state)

Source: R. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories" (1990), Neural Computation 2, there BPTT(h; h'), here with h = h'.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeVar

from autograd_core import OperandTypeError, Recorder
from nn.base.checks import positive_int
from nn.base.messages import kind_of
from nn.base.recorded import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


def detached(state: Any) -> Any:
    """The same numbers as constants, which have no graph, so no gradient flows through them; those of Values as floats.

    Args:
        state: a Value or a number, or lists and tuples of them in any structure, which stays the same; or None, the
            state before the first step.

    Raises:
        OperandTypeError: if it contains anything else.

    >>> from autograd_core import Value
    >>> x = Value(2.0)
    >>> detached(([x * x, 1.0], [x]))
    ([4.0, 1.0], [2.0])
    """
    if isinstance(state, (list, tuple)):
        return type(state)([detached(part) for part in state])
    if isinstance(state, Recorder):
        return number_of(state)
    if state is None or (isinstance(state, SupportsFloat) and not isinstance(state, str)):
        return state
    raise OperandTypeError(
        f"detached expected Values and numbers in lists and tuples, got {type(state).__name__}; "
        "give it the state that a recurrent network or cell has returned"
    )


def chunks(items: Iterable[T], k: int) -> Iterator[list[T]]:
    """The items in lists of `k`, in order; the last one may be shorter.

    Args:
        items: an iterable; it may be a generator, since only one chunk at a time is stored.
        k: how many items make a chunk, at least 1.

    Raises:
        InputError: if `k` is not a positive int.
        OperandTypeError: if the items are no iterable.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    size = positive_int("k", k)  # here, so that the error comes from this call and not from the iteration
    if not isinstance(items, Iterable):
        raise OperandTypeError(f"expected the items to divide as a list or another iterable, got {kind_of(items)}")
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])
