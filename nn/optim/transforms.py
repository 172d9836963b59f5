"""The mathematics of optimisers: from gradients to the directions in which parameters should move.

An optimiser is a chain of transforms followed by one subtraction, `p ← p - lr · u`. The first transform receives the
gradient as `u`; each of the others receives the result of the previous one. A transform is a recurrence of a single
parameter, a pair of functions of numbers:

* `init(p)` gives the names of the numbers in its state, with what they are before the first step;
* `update(u, state, p)` gives the new `u` and the new state. A state is a tuple of numbers in the order of the names.

The number of steps made belongs to the state of a parameter, too, so that a parameter can be left out of some steps
together with its state.

The functions are written with operators and with functions of `autograd_core`, such as `sqrt`, `abs` and `where`, so
that compiled functions can record them. A chain whose transforms are all marked as pure is recorded once as a list of
operations, of which `nn.optim.recurrence` makes a fast loop over all parameters. Other transforms, and those that need
more, such as `if`, are called for each parameter at each step.

The transforms in this module treat all parameters in the same way. Those in `nn.optim.scaling` give each parameter its
own step size.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from autograd_core import InputError
from nn.base.checks import number_between

State: TypeAlias = tuple[Any, ...]
"""The numbers that a transform keeps for a parameter: floats, or recorded numbers while a function is compiled."""


class Transform(NamedTuple):
    """A transform; the docstring of this module describes the two functions.

    `is_pure` says that the numbers of `update` depend on its arguments alone. Then it is called once, and what it does
    is repeated for all parameters and steps, which is faster. One that draws random numbers, or reads a number that
    changes, is not pure. By default it is called for each parameter at each step.
    """

    init: Callable[[float], Mapping[str, float]]
    update: Callable[[Any, State, Any], tuple[Any, State]]
    is_pure: bool = False


IDENTITY: Final = Transform(lambda _: {}, lambda u, state, _: (u, state), is_pure=True)
"""The transform that changes nothing. An optimiser leaves it out, which makes plain gradient descent faster."""


def scale(factor: float) -> Transform:
    """`u ← factor · u`; the factor -1 turns descent into ascent.

    Raises:
        InputError: if the factor is not a finite number.

    >>> scale(-1.0).update(2.0, (), 0.0)
    (-2.0, ())
    """
    factor = number_between("factor", factor, -math.inf, math.inf)
    if factor == 1.0:
        return IDENTITY
    return Transform(lambda _: {}, lambda u, state, _: (factor * u, state), is_pure=True)


def add_decayed_weights(decay: float) -> Transform:
    """`u ← u + decay · p`: every parameter decays towards 0.

    As the first transform this is the gradient of the loss term `decay/2 · Σ p²`, an L2 penalty. After a transform that
    scales, it is decoupled weight decay: all parameters then shrink at the same rate, for gradients of any size.

    Source of the distinction: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization" (2019),
    arXiv:1711.05101. The paper multiplies the decay by the schedule only; here, as in PyTorch, it is multiplied by the
    whole learning rate.

    Raises:
        InputError: if the decay is not a finite number of at least 0.

    >>> add_decayed_weights(0.5).update(1.0, (), 10.0)
    (6.0, ())
    """
    decay = number_between("weight_decay", decay, 0.0, math.inf)
    if decay == 0.0:
        return IDENTITY
    return Transform(lambda _: {}, lambda u, state, p: (u + decay * p, state), is_pure=True)


def decayed(
    transform: Callable[..., Transform],
    *,
    weight_decay: float,
    maximize: bool,
    decoupled_weight_decay: bool = False,
    **options: Any,
) -> tuple[Transform, ...]:
    """The transforms of most optimisers: one of their own, weight decay, and the sign of the gradient for `maximize`.

    Args:
        transform: the function that returns the transform of the optimiser from its options.
        weight_decay: the factor of the weights that is added to their gradients, or to the update if it is decoupled.
        maximize: whether to change the sign of the gradients, to maximise.
        decoupled_weight_decay: whether the decay follows the transform; by default it precedes it, as an L2 penalty.
        options: the options of the transform.
    """
    sign, decay = scale(-1.0 if maximize else 1.0), add_decayed_weights(weight_decay)
    transformed = transform(**options)
    return (sign, transformed, decay) if decoupled_weight_decay else (sign, decay, transformed)


def trace(momentum: float, *, dampening: float = 0.0, nesterov: bool = False) -> Transform:
    """`v ← momentum · v + (1 - dampening) · u`, then `u ← v`: a running sum in which older gradients decay.

    `v` starts at 0, and the first gradient is never dampened. With `nesterov`, `u ← u + momentum · v` instead, which
    is the sum one step ahead. A momentum of 0 changes nothing.

    This is PyTorch's convention; the papers write `v ← momentum · v - lr · u`. The two differ only if the
    learning rate changes: here a change acts on past gradients too. Under a constant gradient
    the steps grow up to `1 / (1 - momentum)` times its size; a dampening equal to the momentum makes the sum a
    mean.

    Sources: B. Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); I.
    Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
    learning" (2013). The dampening, and its exception for the first gradient, are those of PyTorch.

    Raises:
        InputError: if the momentum is not at least 0 and less than 1, with which nothing would decay; if the
            dampening is not at least 0 and less than 1; if `nesterov` has no momentum or is dampened.

    >>> trace(0.5).update(1.0, (4.0,), 0.0)
    (3.0, (3.0,))
    """
    momentum = number_between("momentum", momentum, 0.0, 1.0)
    share = 1.0 - number_between("dampening", dampening, 0.0, 1.0)
    if nesterov and momentum == 0.0:
        raise InputError("nesterov=True needs a momentum greater than 0, got momentum=0.0; 0.9 is usual")
    if nesterov and share != 1.0:
        raise InputError(f"nesterov=True needs a dampening of 0, got dampening={dampening}")
    if momentum == 0.0:
        return IDENTITY

    def damped(u: Any, state: State, _: Any) -> tuple[Any, State]:
        v, part = state
        v = momentum * v + part * u
        return v, (v, share)

    def undamped(u: Any, state: State, _: Any) -> tuple[Any, State]:
        v = momentum * state[0] + u
        return v, (v,)

    def ahead(u: Any, state: State, _: Any) -> tuple[Any, State]:
        v = momentum * state[0] + u
        return u + momentum * v, (v,)

    if share != 1.0:
        return Transform(lambda _: {"v": 0.0, "share": 1.0}, damped, is_pure=True)
    return Transform(lambda _: {"v": 0.0}, ahead if nesterov else undamped, is_pure=True)
