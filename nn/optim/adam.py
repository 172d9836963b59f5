"""Adam and its relatives: a running mean of the gradients divided by a measure of their size; in Lion, its sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nn.optim.optimizer import Optimizer, Params, declares_options, shows_options_of
from nn.optim.scaling import (
    ADAM_BETAS,
    ADAM_EPS,
    LION_BETAS,
    NADAM_MOMENTUM_DECAY,
    scale_by_adam,
    scale_by_adamax,
    scale_by_lion,
    scale_by_nadam,
)
from nn.optim.transforms import Transform, decayed

if TYPE_CHECKING:
    from nn.schedules import Schedule


class Adam(Optimizer):
    """Adam: the size of a step is about the learning rate, for gradients of any size; see `scale_by_adam`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        betas: shares of the past in the mean and in the mean square, each from 0 to less than 1.
        eps: added to the divisor, positive.
        weight_decay: strength of the decay towards 0, here an L2 penalty; default 0, none.
        amsgrad: divide by the largest mean square so far.
        maximize: increase the loss instead of decreasing it.
        decoupled_weight_decay: apply the decay after the division, as `AdamW` does.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 1000.0
    >>> Adam([x], lr=0.25).step()
    >>> round(x.data, 6)
    0.75
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-3,
        *,
        betas: Sequence[float] = ADAM_BETAS,
        eps: float = ADAM_EPS,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_adam, **options)


class AdamW(Adam):
    """Adam with decoupled weight decay, which shrinks all parameters at the same rate; see `add_decayed_weights`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        weight_decay: fraction of a parameter that is subtracted in each step, times the learning rate.
        options: the other options of `Adam`.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> AdamW([x], lr=0.5, weight_decay=0.5).step()  # with a gradient of 0
    >>> x.data
    0.75
    """

    @shows_options_of(Adam, "decoupled_weight_decay")
    def __init__(
        self, params: Params, lr: float | Schedule = 1e-3, *, weight_decay: float = 1e-2, **options: Any
    ) -> None:
        super().__init__(params, lr, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


class NAdam(Optimizer):
    """Adam with Nesterov momentum; see `scale_by_nadam`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        betas: as for `Adam`.
        eps: as for `Adam`.
        weight_decay: as for `Adam`.
        momentum_decay: how fast the momentum grows to its final value, at least 0.
        maximize: increase the loss instead of decreasing it.
        decoupled_weight_decay: as for `Adam`.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 1000.0
    >>> NAdam([x], lr=0.25).step()
    >>> round(x.data, 4)  # 1 - 0.25 * (1 + 0.1 * 0.4502 / (1 - 0.4501 * 0.4502))
    0.7359
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 2e-3,
        *,
        betas: Sequence[float] = ADAM_BETAS,
        eps: float = ADAM_EPS,
        weight_decay: float = 0.0,
        momentum_decay: float = NADAM_MOMENTUM_DECAY,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_nadam, **options)


class Adamax(Optimizer):
    """Adam that divides by the largest recent gradient; see `scale_by_adamax`.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; see `Optimizer`.
        betas: shares of the past in the mean and in the largest gradient, each from 0 to less than 1.
        eps: added to the size of every gradient, positive.
        weight_decay: strength of an L2 penalty; default 0, none.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x = Value(1.0)
    >>> x.grad = 1000.0
    >>> Adamax([x], lr=0.25).step()
    >>> round(x.data, 6)
    0.75
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 2e-3,
        *,
        betas: Sequence[float] = ADAM_BETAS,
        eps: float = ADAM_EPS,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_adamax, **options)


class Lion(Optimizer):
    """Lion: each step has the size of the learning rate and the direction of a running mean; see `scale_by_lion`.

    PyTorch has no Lion; names and defaults are those of the paper, without its weight decay.

    Args:
        params: leaf Values or groups of them; see `Optimizer`.
        lr: learning rate or schedule; 3 to 10 times smaller than for Adam.
        betas: shares of the past in the direction and in the mean, each from 0 to less than 1.
        weight_decay: strength of the decay towards 0, decoupled as in `AdamW`; 3 to 10 times larger than there.
        maximize: increase the loss instead of decreasing it.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters or a number is out of its range.

    >>> from autograd_core import Value
    >>> x, y = Value(1.0), Value(1.0)
    >>> x.grad, y.grad = 1000.0, -0.001
    >>> Lion([x, y], lr=0.25).step()
    >>> x.data, y.data
    (0.75, 1.25)
    """

    @declares_options
    def __init__(
        self,
        params: Params,
        lr: float | Schedule = 1e-4,
        *,
        betas: Sequence[float] = LION_BETAS,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None: ...

    @staticmethod
    def chain(**options: Any) -> tuple[Transform, ...]:
        """See `Optimizer.chain`."""
        return decayed(scale_by_lion, decoupled_weight_decay=True, **options)
