"""Losses for yes or no: the target is 1, or 0, or a probability between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import autograd_core as ag
from autograd_core import InputError, Value, custom_gradient, logsigmoid, softplus
from nn.losses.arrays import TINY, Numbers, check_reduction, elementwise, operands, paired, reduced, spread

if TYPE_CHECKING:
    from nn.modules.module import Number

LOWEST: Final = -100.0
"""No logarithm of a probability counts as less than this."""


def binary_cross_entropy(
    probabilities: Numbers, targets: Numbers, *, weight: Any = None, reduction: str = "mean"
) -> Any:
    """The mean of `-(t · log p + (1 - t) · log(1 - p))`, in nats.

    Use `binary_cross_entropy_with_logits` where the model can give logits: a probability next to 0 or 1 has lost what
    it should learn from.

    Args:
        probabilities: numbers from 0 to 1, in lists of any depth.
        targets: numbers from 0 to 1, in the same structure.
        weight: a factor for each number, in the structure of the probabilities or of their last dimensions.
        reduction: `"mean"`, `"sum"` or `"none"`; weights change nothing about what the mean divides by.

    As in PyTorch a logarithm counts as -100 at least, so the loss is 100 at most; and its gradient in `p`,
    `(p - t) / (p · (1 - p))`, is taken with a denominator of 1e-12 at least (`TINY`). So a prediction that is wrong
    and sure of it still learns. The gradient in `t` is that of the loss as it is (in PyTorch infinite at `p` 0 and 1).

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if a probability or a target is not from 0 to 1, or a weight or the reduction makes no sense.

    A graph with this loss cannot be pickled, see `autograd_core.custom_gradient`.

    >>> from autograd_core import Value
    >>> p = [Value(0.5), Value(0.0)]
    >>> loss = binary_cross_entropy(p, [1.0, 1.0], reduction="sum")
    >>> loss.backward()
    >>> round(loss.data, 4), [x.grad for x in p]
    (100.6931, [-2.0, -1000000003995.8029])
    """
    return elementwise("binary_cross_entropy", _surprise, probabilities, targets, reduction, weight=weight)


def binary_cross_entropy_with_logits(
    logits: Numbers, targets: Numbers, *, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> Any:
    """`binary_cross_entropy` of `sigmoid(logits)`: `-(c · t · log σ(z) + (1 - t) · log σ(-z))`, and its mean.

    Args:
        logits: any real numbers, in lists of any depth; above 0 for yes.
        targets: numbers from 0 to 1, in the same structure.
        weight: a factor for each number, in the structure of the logits or of their last dimensions.
        pos_weight: the factor `c`, likewise: above 1 it makes up for there being few positive samples.
        reduction: `"mean"`, `"sum"` or `"none"`; weights change nothing about what the mean divides by.

    Raises:
        ShapeError: if the structures differ, or weights do not fit, or there are no numbers.
        InputError: if a target is not from 0 to 1, or a weight or the reduction makes no sense.

    No logit is too large: loss and gradient, `σ(z) - t`, are right to the last digits for targets 0 and 1.

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
        _check_target(name, target)
    losses = [_surprise_of_logit(z, t, factor) for (z, t), factor in zip(pairs, factors, strict=True)]
    weights = None if weight is None else spread(name, "weight", weight, logits)
    return reduced(losses, reduction, logits, weights=weights)


def _surprise(probability: Number, target: Number) -> Any:
    if not 0.0 <= probability <= 1.0:
        raise InputError(
            f"binary_cross_entropy expected probabilities from 0 to 1, got {probability!r}; "
            "binary_cross_entropy_with_logits takes any real numbers"
        )
    _check_target("binary_cross_entropy", target)
    return _binary_surprise(probability, target)


@custom_gradient(
    lambda p, t, _: (p - t) / ag.maximum(p * (1.0 - p), TINY),
    lambda p, _t, _y: _log(ag.log1p(-p)) - _log(ag.log(p)),
)
def _binary_surprise(p: Any, t: Any) -> Any:
    return (t - 1.0) * _log(ag.log1p(-p)) - t * _log(ag.log(p))


def _check_target(name: str, target: Number) -> None:
    if not 0.0 <= target <= 1.0:
        raise InputError(f"{name} expected targets from 0 to 1, got {target!r}; soft_margin_loss takes -1 and 1")


def _log(logarithm: Any) -> Any:
    return ag.maximum(logarithm, LOWEST)


def _surprise_of_logit(z: Number, t: Number, factor: float) -> Any:
    """For a target of 0 or 1 a single logarithm; otherwise that one of two equal formulas whose terms are positive."""
    if not isinstance(t, Value):
        if t == 0.0:
            return softplus(z)
        if t == 1.0:
            return logsigmoid(z) * -factor
    share = 1.0 if factor == 1.0 else (factor - 1.0) * t + 1.0
    return (1.0 - t) * z + share * softplus(-z) if z > 0.0 else share * softplus(z) - factor * t * z
