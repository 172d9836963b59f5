"""Truncated backpropagation through time: the past is remembered, but gradients do not flow back into all of it.

What a step carries over is its state. A state whose history has been cut off is the same numbers, so outputs do not
change; only gradients end there. There are two ways to do it, with the same gradients. `truncate=k` of a recurrent
network cuts every `k` steps of one graph. Going piece by piece, only the graph of one piece is ever kept, so that a
sequence may be as long as one likes:

    state = None
    for piece in chunks(sequence, k):
        outputs, state = network(piece, state)
        loss(outputs).backward()
        state = detached(state)

Source: R. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories" (1990), Neural Computation 2, there BPTT(h; h'), here with h = h'.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeVar

from autograd_core import OperandTypeError, Value
from nn.base.checks import positive_int

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")


def detached(state: Any) -> Any:
    """The same numbers as plain floats, which have no history: no gradient flows through them.

    Args:
        state: a Value or a number, or lists and tuples of them in any structure, which is kept; or None, the state
            before the first step.

    Raises:
        OperandTypeError: if something else stands in it.

    >>> x = Value(2.0)
    >>> detached(([x * x, 1.0], [x]))
    ([4.0, 1.0], [2.0])
    """
    if isinstance(state, (list, tuple)):
        return type(state)([detached(part) for part in state])
    if isinstance(state, Value):
        return state.data
    if state is None or (isinstance(state, SupportsFloat) and not isinstance(state, str)):
        return state
    raise OperandTypeError(
        f"detached expected Values and numbers in lists and tuples, got {type(state).__name__}; "
        "give it the state that a recurrent network or cell has returned"
    )


def chunks(items: Iterable[T], k: int) -> Iterator[list[T]]:
    """The items in lists of `k`, in order; the last one may be shorter.

    Args:
        items: anything that can be iterated over, also what is read or made step by step and never kept as a whole.
        k: how many items make a chunk, at least 1.

    Raises:
        InputError: if `k` is not a positive int.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    size = positive_int("k", k)  # here, so that an error comes before the first chunk is asked for
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])
