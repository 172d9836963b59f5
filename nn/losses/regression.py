"""Losses for regression: distances of predictions from targets that are real numbers."""

from __future__ import annotations

from typing import Any, overload

from autograd_core import Value, dot, select
from autograd_core.calls import explained
from nn.base.checks import number_between, positive_number
from nn.losses.arrays import Numbers, OneNumber, arranged, check_reduction, elementwise, operands, paired


@overload
def mse_loss(predictions: Numbers, targets: Numbers, *, reduction: OneNumber = "mean") -> Value: ...
@overload
def mse_loss(predictions: Numbers, targets: Numbers, *, reduction: str) -> Any: ...
@explained()
def mse_loss(predictions: Numbers, targets: Numbers, *, reduction: str = "mean") -> Any:
    """The mean of the squared differences, `Σ (p - t)² / n` over all `n` numbers.

    Args:
        predictions: a number, a list of numbers or a list of lists: the output of a model, or of many.
        targets: numbers in the same structure.
        reduction: `"mean"`; `"sum"`, not divided by `n`; or `"none"`, the squares in the structure of the predictions.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if the reduction is unknown.

    >>> from autograd_core import Value
    >>> loss = mse_loss([Value(1.0), Value(5.0)], [2.0, 2.0])
    >>> loss.data  # (1 + 9) / 2
    5.0
    """
    check_reduction("mse_loss", reduction)
    predictions, targets = operands("mse_loss", predictions, targets)
    differences = [prediction - target for prediction, target in paired("mse_loss", predictions, targets)]
    if reduction == "none":
        return arranged(iter([difference * difference for difference in differences]), predictions)
    total = dot(differences, differences)
    return total if reduction == "sum" or len(differences) == 1 else total / len(differences)


@overload
def l1_loss(predictions: Numbers, targets: Numbers, *, reduction: OneNumber = "mean") -> Value: ...
@overload
def l1_loss(predictions: Numbers, targets: Numbers, *, reduction: str) -> Any: ...
@explained()
def l1_loss(predictions: Numbers, targets: Numbers, *, reduction: str = "mean") -> Any:
    """The mean of the absolute differences, `Σ |p - t| / n` over all `n` numbers.

    Its gradient has the same size for every difference, so outliers have less influence than with `mse_loss`. At a
    difference of 0 the gradient is 0.

    Args:
        predictions: a number, a list of numbers or a list of lists: the output of a model, or of many.
        targets: numbers in the same structure.
        reduction: `"mean"`; `"sum"`, not divided by `n`; or `"none"`, the losses in the structure of the predictions.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if the reduction is unknown.

    >>> l1_loss([1.0, 5.0], [2.0, 2.0])  # (1 + 3) / 2
    2.0
    """
    return elementwise("l1_loss", lambda p, t: abs(p - t), predictions, targets, reduction)


@overload
def huber_loss(
    predictions: Numbers, targets: Numbers, *, delta: float = 1.0, reduction: OneNumber = "mean"
) -> Value: ...
@overload
def huber_loss(predictions: Numbers, targets: Numbers, *, delta: float = 1.0, reduction: str) -> Any: ...
@explained()
def huber_loss(predictions: Numbers, targets: Numbers, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """Squares of small differences and absolute values of large ones, with a continuous derivative.

    With `d = p - t`: `d² / 2` where `|d| <= delta`, and `delta · (|d| - delta / 2)` elsewhere; then the mean.

    Args:
        predictions: a number, a list of numbers or a list of lists: the output of a model, or of many.
        targets: numbers in the same structure.
        delta: the largest difference that is squared, a positive number.
        reduction: `"mean"`; `"sum"`, not divided by `n`; or `"none"`, the losses in the structure of the predictions.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if the reduction is unknown, or `delta` is not a positive finite number.

    Source: P. Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35 (1964).

    >>> huber_loss([1.0, 6.0], [2.0, 2.0], delta=2.0, reduction="none")
    [0.5, 6.0]
    """
    bound = positive_number("delta", delta)

    def loss(prediction: Any, target: Any) -> Any:
        difference = prediction - target
        size = abs(difference)
        return select(size <= bound, lambda: 0.5 * difference * difference, lambda: bound * (size - 0.5 * bound))

    return elementwise("huber_loss", loss, predictions, targets, reduction)


@overload
def smooth_l1_loss(
    predictions: Numbers, targets: Numbers, *, beta: float = 1.0, reduction: OneNumber = "mean"
) -> Value: ...
@overload
def smooth_l1_loss(predictions: Numbers, targets: Numbers, *, beta: float = 1.0, reduction: str) -> Any: ...
@explained()
def smooth_l1_loss(predictions: Numbers, targets: Numbers, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """The absolute difference, smoothed around 0: `huber_loss` with `delta=beta`, divided by `beta`.

    With `d = p - t`: `d² / (2 · beta)` where `|d| < beta`, and `|d| - beta / 2` elsewhere; then the mean.

    Args:
        predictions: a number, a list of numbers or a list of lists: the output of a model, or of many.
        targets: numbers in the same structure.
        beta: the difference below which the square is taken, a number of at least 0; 0 gives `l1_loss`.
        reduction: `"mean"`; `"sum"`, not divided by `n`; or `"none"`, the losses in the structure of the predictions.

    Raises:
        ShapeError: if the structures differ or there are no numbers.
        InputError: if the reduction is unknown, or `beta` is not a finite number of at least 0.

    Source: R. Girshick, Fast R-CNN (2015), equation 3, where `beta` is 1.

    >>> smooth_l1_loss([1.0, 6.0], [2.0, 2.0], beta=2.0, reduction="none")
    [0.25, 3.0]
    """
    bound = number_between("beta", beta, 0.0, float("inf"))

    def loss(prediction: Any, target: Any) -> Any:
        difference = prediction - target
        size = abs(difference)
        return select(size < bound, lambda: 0.5 * difference * (difference / bound), lambda: size - 0.5 * bound)

    return elementwise("smooth_l1_loss", loss, predictions, targets, reduction)
