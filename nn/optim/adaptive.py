"""Optimisers that divide by the size of past gradients: RMSprop, Adagrad, Adadelta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.optim.optimizer import Optimizer, Params, declares_options
from nn.optim.scaling import (
    ADADELTA_EPS,
    ADADELTA_RHO,
    ADAGRAD_EPS,
    RMS_DECAY,
    RMS_EPS,
    scale_by_adadelta,
    scale_by_adagrad,
    scale_by_rms,
)
from nn.optim.transforms import Transform, decayed, trace

if TYPE_CHECKING:
    from nn.schedules import Schedule


class RMSprop(Optimizer):
    """Gradients divided by their running root mean square; see `scale_by_rms`. The momentum is applied afterwards.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        alpha: share of the past in the mean square, from 0 to less than 1.
        eps: added to the divisor, positive.
        weight_decay: strength of an L2 penalty; default 0, none.
        momentum: as for `SGD`, of the divided gradients; default 0, none.
        centered: divide by the standard deviation instead.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 5.0
    >>> RMSprop([x], lr=0.01, alpha=0.96).step()
    >>> round(x.data, 6)  # 1 - 0.01 * 5 / √(0.04 * 25)
    0.95
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        *,
        alpha: float = RMS_DECAY,
        eps: float = RMS_EPS,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(*, alpha: float, momentum: float, **options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return *decayed(scale_by_rms, decay=alpha, **options), trace(momentum)


class Adagrad(Optimizer):
    """Gradients divided by the size of all gradients so far; see `scale_by_adagrad`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        lr_decay: the learning rate is divided by `1 + lr_decay * (steps made before)`; default 0, no decay.
        weight_decay: strength of an L2 penalty; default 0, none.
        initial_accumulator_value: the sum of squares before the first step.
        eps: added to the divisor, positive.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 4.0
    >>> Adagrad([x], lr=0.5, initial_accumulator_value=9.0).step()
    >>> round(x.data, 6)  # 1 - 0.5 * 4 / √(9 + 16)
    0.6
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-2,
        *,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = ADAGRAD_EPS,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(*, initial_accumulator_value: float, **options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_adagrad, initial=initial_accumulator_value, **options)


class Adadelta(Optimizer):
    """Steps whose size follows from the earlier steps; see `scale_by_adadelta`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; the method needs none, so the default is 1.
        rho: share of the past in both mean squares, from 0 to less than 1.
        eps: added to both mean squares, positive; it sets the size of the first steps.
        weight_decay: strength of an L2 penalty; default 0, none.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 3.0
    >>> Adadelta([x], rho=0.5, eps=4.5).step()
    >>> round(x.data, 6)  # 1 - √4.5 / √(4.5 + 4.5) * 3
    -1.12132
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1.0,
        *,
        rho: float = ADADELTA_RHO,
        eps: float = ADADELTA_EPS,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_adadelta, **options)
