"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd_core import InputError, Value
from nn.optim.optimizer import Optimizer
from nn.optim.transforms import add_decayed_weights, trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nn.schedules import Schedule


class SGD(Optimizer):
    """Gradient descent with momentum, in PyTorch's convention.

    With the gradient `g` of a parameter `p`, in each step: `g ← g + weight_decay · p`; `v ← momentum · v + g`;
    `p ← p - lr · v`, or `p ← p - lr · (g + momentum · v)` with `nesterov`. `v` starts at 0.

    Args:
        parameters: leaf Values, usually `model.parameters()`.
        lr: learning rate or schedule; see `Optimizer`. There is no default because none fits most problems.
        momentum: share of the past that is kept in each step, from 0 (none, the default) to less than 1.
        nesterov: look one step ahead; needs a momentum.
        weight_decay: strength of the pull towards 0; default 0, none.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, a number is out of its range, or `nesterov` has no momentum.

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     x.grad = 1.0
    ...     optimizer.step()
    >>> x.data  # 1 - 0.25*1 - 0.25*1.5
    0.375
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        decay, memory = add_decayed_weights(weight_decay), trace(momentum, nesterov=nesterov)
        if nesterov and momentum == 0.0:
            raise InputError("nesterov=True needs a momentum greater than 0, got momentum=0.0; 0.9 is usual")
        # A link that would change nothing is left out, so that plain gradient descent does not pay for it.
        links = [link for link, strength in ((decay, weight_decay), (memory, momentum)) if strength]
        super().__init__(parameters, lr, *links)
