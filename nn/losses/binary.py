"""Losses for two classes: the target is 1, or 0, or a probability between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, overload

import autograd_core as ag
from autograd_core import InputError, Recorder, Value, custom_gradient, logsigmoid, softplus, where
from autograd_core.calls import explained
from nn.base.recorded import is_known
from nn.losses.arrays import TINY, Numbers, OneNumber, check_reduction, elementwise, operands, paired, reduced, spread

if TYPE_CHECKING:
    from nn.modules.module import Number

LOWEST: Final = -100.0
"""The lowest logarithm of a probability, as in PyTorch."""


@overload
def binary_cross_entropy(
    probabilities: Numbers, targets: Numbers, *, weight: Any = None, reduction: OneNumber = "mean"
) -> Value: ...
@overload
def binary_cross_entropy(probabilities: Numbers, targets: Numbers, *, weight: Any = None, reduction: str) -> Any: ...
@explained()
def binary_cross_entropy(
    probabilities: Numbers, targets: Numbers, *, weight: Any = None, reduction: str = "mean"
) -> Any:
    """The mean of `-(t · log p + (1 - t) · log(1 - p))`, in nats.

    Use `binary_cross_entropy_with_logits` if the model can return logits: a probability close to 0 or 1 is rounded, and
    its gradient is inaccurate.

    Args:
        probabilities: numbers from 0 to 1, in lists of any depth.
        targets: numbers from 0 to 1, in the same structure.
        weight: a factor for each number, in the structure of the probabilities or of their last dimensions.
        reduction: `"mean"`, `"sum"` or `"none"`; weights do not change the divisor of the mean.

    As in PyTorch a logarithm is at least -100, so the loss is at most 100; and the gradient in `p`,
    `(p - t) / (p · (1 - p))`, has a denominator of at least 1e-12 (`TINY`). So a wrong prediction of 0 or 1 still gets
    a gradient. The gradient in `t` is that of the clamped loss (in PyTorch it is infinite at `p` 0 and 1).

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if a probability or a target is not from 0 to 1, or a weight or the reduction is invalid.

    A graph with this loss cannot be pickled, because the loss uses `autograd_core.custom_gradient`.

    >>> from autograd_core import Value
    >>> p = [Value(0.5), Value(0.0)]
    >>> loss = binary_cross_entropy(p, [1.0, 1.0], reduction="sum")
    >>> loss.backward()
    >>> round(loss.data, 4), [x.grad for x in p]
    (100.6931, [-2.0, -1000000003995.8029])
    """
    return elementwise("binary_cross_entropy", _cross_entropy, probabilities, targets, reduction, weight=weight)


@overload
def binary_cross_entropy_with_logits(
    logits: Numbers, targets: Numbers, *, weight: Any = None, pos_weight: Any = None, reduction: OneNumber = "mean"
) -> Value: ...
@overload
def binary_cross_entropy_with_logits(
    logits: Numbers, targets: Numbers, *, weight: Any = None, pos_weight: Any = None, reduction: str
) -> Any: ...
@explained()
def binary_cross_entropy_with_logits(
    logits: Numbers, targets: Numbers, *, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """`binary_cross_entropy` of `sigmoid(logits)`: `-(c · t · log σ(z) + (1 - t) · log σ(-z))`, and its mean.

    Args:
        logits: any real numbers, in lists of any depth; positive for class 1.
        targets: numbers from 0 to 1, in the same structure.
        weight: a factor for each number, in the structure of the logits or of their last dimensions.
        pos_weight: the factor `c`, in the same structure; above 1 it compensates for a small number of positive
            samples.
        reduction: `"mean"`, `"sum"` or `"none"`; weights do not change the divisor of the mean.

    Raises:
        ShapeError: if the structures differ, or weights do not fit, or there are no numbers.
        InputError: if a target is not from 0 to 1, or a weight or the reduction is invalid.

    For targets 0 and 1 the loss and its gradient, `σ(z) - t`, are exact to the last digits for logits of every size.

    >>> from autograd_core import Value
    >>> z = [Value(1000.0), Value(-1000.0), Value(0.0)]
    >>> loss = binary_cross_entropy_with_logits(z, [1.0, 1.0, 0.0], reduction="sum")
    >>> loss.backward()
    >>> round(loss.data, 4), [x.grad for x in z]
    (1000.6931, [0.0, -1.0, 0.5])
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    logits, targets = operands(name, logits, targets)
    pairs = paired(name, logits, targets)
    factors = [1.0] * len(pairs) if pos_weight is None else spread(name, "pos_weight", pos_weight, logits)
    for _, target in pairs:
        if (type(target) is float or is_known(target)) and not 0.0 <= target <= 1.0:
            raise _no_probability(name, target)
    losses = [_cross_entropy_of_logit(z, t, factor) for (z, t), factor in zip(pairs, factors, strict=True)]
    weights = None if weight is None else spread(name, "weight", weight, logits)
    return reduced(losses, reduction, logits, weights=weights)


def _cross_entropy(probability: Number, target: Number) -> Any:
    if is_known(probability) and not 0.0 <= probability <= 1.0:
        raise InputError(
            f"binary_cross_entropy expected probabilities from 0 to 1, got {probability!r}; "
            "binary_cross_entropy_with_logits takes any real numbers"
        )
    if is_known(target) and not 0.0 <= target <= 1.0:
        raise _no_probability("binary_cross_entropy", target)
    return binary_surprise(probability, target)


@custom_gradient(
    lambda p, t, _: (p - t) / ag.maximum(p * (1.0 - p), TINY),
    lambda p, _t, _y: _log(ag.log1p(-p)) - _log(ag.log(p)),
)
def binary_surprise(p: Any, t: Any) -> Any:
    """The loss of a probability; pictures and trees show its name."""
    return (t - 1.0) * _log(ag.log1p(-p)) - t * _log(ag.log(p))


def _no_probability(name: str, target: Number) -> InputError:
    return InputError(f"{name} expected targets from 0 to 1, got {target!r}; soft_margin_loss takes -1 and 1")


def _log(logarithm: Any) -> Any:
    return ag.maximum(logarithm, LOWEST)


def _cross_entropy_of_logit(z: Any, t: Any, factor: float, is_positive: bool | None = None) -> Any:
    """For a target of 0 or 1 a single logarithm; otherwise the one of two equal formulas whose terms are positive.

    If the sign of the logit is not known, both are recorded. `is_positive` then says which one is asked for.
    """
    if not isinstance(t, Recorder):
        if t == 0.0:
            return softplus(z)
        if t == 1.0:
            return logsigmoid(z) * -factor
    above = z > 0.0 if is_positive is None else is_positive
    if not isinstance(above, bool):
        return where(above, _cross_entropy_of_logit(z, t, factor, True), _cross_entropy_of_logit(z, t, factor, False))
    share = 1.0 if factor == 1.0 else (factor - 1.0) * t + 1.0
    return (1.0 - t) * z + share * softplus(-z) if above else share * softplus(z) - factor * t * z
