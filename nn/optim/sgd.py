"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.optim.optimizer import Optimizer, Params, declares_options
from nn.optim.transforms import Transform, decayed, trace

if TYPE_CHECKING:
    from nn.schedules import Schedule


class SGD(Optimizer):
    """Gradient descent with momentum, in PyTorch's convention.

    With the gradient `g` of a parameter `p`, in each step: `g ← g + weight_decay · p`; `v ← momentum · v + g`;
    `p ← p - lr · v`, or `p ← p - lr · (g + momentum · v)` with `nesterov`. `v` starts at 0. See `trace`.

    Args:
        params: leaf Values, usually `model.parameters()`, or groups of them; see `Optimizer`.
        lr: learning rate or schedule. The default is that of PyTorch; it is too small for many problems.
        momentum: share of `v` that is kept in each step, from 0 (none, the default) to less than 1.
        dampening: share of each gradient, except the first, that is left out of `v`; default 0, none.
        weight_decay: strength of the decay towards 0; default 0, none.
        nesterov: look one step ahead; needs a momentum and no dampening.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, a number is out of its range, or `nesterov` has no momentum.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.25, momentum=0.5)
    >>> for _ in range(2):
    ...     x.grad = 1.0
    ...     optimizer.step()
    >>> x.data  # 1 - 0.25*1 - 0.25*1.5
    0.375
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        momentum: float = 0.0,
        *,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(trace, **options)
