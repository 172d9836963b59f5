"""The mathematics of optimisers: from gradients to the directions in which parameters should move.

An optimiser is a chain of transforms followed by one subtraction, `p ← p - lr · u`. The first transform
receives the gradients as `u`, each further one what the one before made of them. A transform is a
pair of pure functions:

* `init(p)` gives its state before the first step: lists of numbers by name;
* `update(u, state, p)` gives the new `u` and the new state.

`u`, `p` and every list of a state have one float per parameter, in the order of the parameters.

Plain lists and not arrays, by measurement: the values must be read from and written to the parameters
one by one anyway, and with momentum a step over 13,000 parameters takes 1.1 ms with lists and 1.3 ms with
numpy, over 300 parameters 30 µs and 33 µs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from nn.checks import number_between

State: TypeAlias = Mapping[str, list[float]]


class Transform(NamedTuple):
    """One link of the chain; the top of the file says what the two functions are given and give."""

    init: Callable[[list[float]], State]
    update: Callable[[list[float], State, list[float]], tuple[list[float], State]]


def add_decayed_weights(decay: float) -> Transform:
    """`u ← u + decay · p`: pulls every parameter towards 0, as the loss term `decay/2 · Σ p²` would.

    Raises:
        InputError: if the decay is not a finite number of at least 0.

    >>> add_decayed_weights(0.5).update([1.0], {}, [10.0])
    ([6.0], {})
    """
    decay = number_between("weight_decay", decay, 0.0, float("inf"))
    return Transform(
        lambda _: {},
        lambda u, state, p: ([direction + decay * x for direction, x in zip(u, p, strict=True)], state),
    )


def trace(momentum: float, *, nesterov: bool = False) -> Transform:
    """`v ← momentum · v + u`, then `u ← v`: a running sum in which older gradients fade. `v` starts at 0.

    With `nesterov`, `u ← u + momentum · v` instead, which is where the sum will be one step ahead.

    This is PyTorch's convention; the papers write `v ← momentum · v - lr · u`. The two differ only when the
    learning rate changes on the way: here a change acts on past gradients too. Under a constant gradient
    the steps grow up to `1 / (1 - momentum)` times its size.

    Sources: B. Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); I.
    Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
    learning" (2013).

    Raises:
        InputError: if the momentum is not at least 0 and less than 1; from 1 on nothing ever fades.

    >>> trace(0.5).update([1.0], {"v": [4.0]}, [0.0])
    ([3.0], {'v': [3.0]})
    """
    momentum = number_between("momentum", momentum, 0.0, 1.0)

    def update(u: list[float], state: State, _: list[float]) -> tuple[list[float], State]:
        v = [momentum * past + direction for past, direction in zip(state["v"], u, strict=True)]
        if not nesterov:
            return v, {"v": v}
        return [direction + momentum * memory for direction, memory in zip(u, v, strict=True)], {"v": v}

    return Transform(lambda p: {"v": [0.0] * len(p)}, update)
