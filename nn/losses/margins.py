"""Losses with a margin: they are 0 for a prediction that is right by at least the margin.

At exactly the margin the gradient is 0, the subgradient of smallest magnitude, as for `relu`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import autograd_core as ag
from autograd_core import InputError, Value, dot, relu, softplus, where
from autograd_core.calls import explained
from nn.base.checks import positive_number
from nn.losses.arrays import Numbers, OneNumber, check_reduction, elementwise, reduced
from nn.losses.classes import (
    by_sign,
    check_weights,
    class_index,
    class_operands,
    class_weights,
    of_class,
    samples,
)


@overload
def hinge_loss(scores: Numbers, targets: Any, *, reduction: OneNumber = "mean") -> Value: ...
@overload
def hinge_loss(scores: Numbers, targets: Any, *, reduction: str) -> Any: ...
@explained()
def hinge_loss(scores: Numbers, targets: Any, *, reduction: str = "mean") -> Any:
    """The mean of `max(0, 1 - t · s)`: 0 for a score that has the sign of its target and a magnitude of at least 1.

    Args:
        scores: any real numbers in lists of any depth.
        targets: -1 or 1 for each of them, in the same structure.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if a target is not -1 or 1, or the reduction is unknown.

    PyTorch has no such loss under this name; it is the max-margin loss of micrograd's demo and of support vector
    machines. Source: C. Cortes, V. Vapnik, Support-vector networks, Machine Learning 20 (1995).

    >>> hinge_loss([0.25, 3.0, -0.5], [1, 1, 1], reduction="none")
    [0.75, 0.0, 1.5]
    """

    def loss(score: Any, target: Any) -> Any:
        return by_sign("hinge_loss", target, _lack_above, _lack_below, score)

    return elementwise("hinge_loss", loss, scores, targets, reduction)


@overload
def soft_margin_loss(scores: Numbers, targets: Any, *, reduction: OneNumber = "mean") -> Value: ...
@overload
def soft_margin_loss(scores: Numbers, targets: Any, *, reduction: str) -> Any: ...
@explained()
def soft_margin_loss(scores: Numbers, targets: Any, *, reduction: str = "mean") -> Any:
    """The mean of `log(1 + exp(-t · s))`: a smooth form of `hinge_loss`.

    Args:
        scores: any real numbers in lists of any depth.
        targets: -1 or 1 for each of them, in the same structure.
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if a target is not -1 or 1, or the reduction is unknown.

    This is `binary_cross_entropy_with_logits` for targets -1 and 1, and like that it is exact for scores of every size.

    >>> round(soft_margin_loss([0.0, 1000.0], [1, -1], reduction="sum"), 4)
    1000.6931
    """

    def loss(score: Any, target: Any) -> Any:
        return by_sign("soft_margin_loss", target, _softplus_of_minus, softplus, score)

    return elementwise("soft_margin_loss", loss, scores, targets, reduction)


def _lack_above(score: Any) -> Any:
    return relu(1.0 - score)


def _lack_below(score: Any) -> Any:
    return relu(1.0 + score)


def _softplus_of_minus(score: Any) -> Any:
    return softplus(-score)


@overload
def multi_margin_loss(
    scores: Numbers,
    target: Any,
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Sequence[float] | None = None,
    reduction: OneNumber = "mean",
) -> Value: ...
@overload
def multi_margin_loss(
    scores: Numbers,
    target: Any,
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Sequence[float] | None = None,
    reduction: str,
) -> Any: ...
@explained()
def multi_margin_loss(
    scores: Numbers,
    target: Any,
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Sequence[float] | None = None,
    reduction: str = "mean",
) -> Any:
    """How far the score of the right class `y` is from exceeding all others by the margin.

    For each sample `w_y · Σ max(0, margin - s_y + s_i)^p / n`, over the `n - 1` classes `i` other than `y`.

    Args:
        scores: for one sample the `n` scores of the classes, any real numbers; for a batch a list of these.
        target: for one sample the index of the right class, `0 … n-1`; for a batch a list of these.
        p: 1 or 2.
        margin: the required difference, a positive number. (PyTorch accepts others, too.)
        weight: a factor for each class; 1 by default.
        reduction: `"mean"` over the samples, not a weighted mean; `"sum"`; or `"none"`, a loss for each sample.

    Raises:
        ShapeError: if there are fewer than 2 classes, no samples, not as many targets as samples, or not as many
            weights as classes.
        InputError: if a target is not the index of a class; or `p`, a weight, the margin or the reduction is invalid.

    Source: K. Crammer, Y. Singer, On the algorithmic implementation of multiclass kernel-based vector machines, Journal
    of Machine Learning Research 2 (2001), who take the largest of the terms; the sum is that of J. Weston, C. Watkins,
    Support vector machines for multi-class pattern recognition (1999).

    >>> multi_margin_loss([1.0, 3.0, 2.5], 1)  # the third class is only 0.5 away
    0.16666666666666666
    """
    name = "multi_margin_loss"
    check_reduction(name, reduction)
    if p not in (1, 2):
        raise InputError(f"{name} expected p to be 1 or 2, got {p!r}")
    room, weights = positive_number("margin", margin), class_weights(name, weight)

    def loss(row: Any, right: Any) -> Any:
        """The loss of one sample."""
        index = class_index(name, row, right)
        check_weights(name, weights, row)
        least = room - of_class(index, row)
        if type(index) is int:
            lacks = [relu(score + least) for i, score in enumerate(row) if i != index]
        else:
            lacks = [where(index == i, 0.0, relu(score + least)) for i, score in enumerate(row)]
        total = dot(lacks, lacks) if p == 2 else ag.sum(lacks)
        return total * ((1.0 if weights is None else of_class(index, weights)) / len(row))

    scores, target = class_operands(name, scores, target)
    return reduced([loss(*sample) for sample in samples(name, scores, target)], reduction, target)
