"""What all losses share: pairing predictions with targets, and the reduction of many losses to one.

Predictions and targets are numbers, lists of numbers, lists of lists and so on, or arrays and frames of them.
A loss works on a flat list of pairs; `reduction="none"` arranges its results in the structure of the predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import autograd_core as ag
from autograd_core import InputError, ShapeError
from nn.base.checks import number_between
from nn.base.conversion import checked_numbers, depth, is_list, unwrapped
from nn.base.recorded import is_known

if TYPE_CHECKING:
    from nn.modules.module import Number

Numbers: TypeAlias = "Number | Sequence[Numbers]"
"""A number, a list of numbers, a list of lists, and so on."""

OneNumber: TypeAlias = Literal["mean", "sum"]
"""The reductions to one number, which type checkers take for a Value; of plain numbers alone it is a float."""

REDUCTIONS: Final = ("mean", "sum", "none")

TINY: Final = 9.999999960041972e-13
"""PyTorch's 1e-12, which PyTorch rounds to single precision even if all other numbers are double."""


def is_array(thing: Any, unit: int) -> bool:
    """Whether something is a list of units, where a unit is a number (`unit` 0) or a list of numbers (`unit` 1).

    >>> is_array([1.0], 0), is_array([1.0], 1), is_array([[1.0]], 1)
    (True, False, True)
    """
    return is_list(thing) and (unit == 0 or (len(thing) > 0 and is_list(thing[0])))


def structure(array: Any) -> str:
    """A description of the structure, for a message.

    >>> structure([1.0, 2.0]), structure(0.5)
    ('a list of 2', 'a number')
    """
    return f"a list of {len(array)}" if is_list(array) else "a number"


def operands(name: str, predictions: Any, targets: Any) -> tuple[Any, Any]:
    """Predictions and targets as numbers and nested lists of numbers.

    Raises:
        OperandTypeError: if an item is not a number.

    >>> operands("mse_loss", (1.0, 2.0), range(2))
    ([1.0, 2.0], [0, 1])
    """
    return checked_numbers(f"{name}, as predictions,", predictions), checked_numbers(f"{name}, as targets,", targets)


def paired(name: str, predictions: Any, targets: Any, unit: int = 0) -> list[tuple[Any, Any]]:
    """Each prediction with its target, from all levels of the lists.

    Args:
        name: the name of the loss, for messages.
        predictions: numbers in lists of any depth, or with `unit` 1 lists of numbers.
        targets: the same structure; but a list of one number is the same as a number, because a column of an array
            consists of such lists, and a model may return either.
        unit: 0 to pair numbers, 1 to pair the innermost lists.

    Raises:
        ShapeError: if the structures differ, or there are no predictions.

    >>> paired("l1_loss", [[1.0, 2.0], [3.0]], [[4.0, 5.0], 6.0])
    [(1.0, 4.0), (2.0, 5.0), (3.0, 6.0)]
    """
    pairs = _pairs(name, predictions, targets, unit)
    if not pairs:
        raise ShapeError(f"{name} expected at least one prediction, got none")
    return pairs


def _pairs(name: str, predictions: Any, targets: Any, unit: int) -> list[tuple[Any, Any]]:
    deep = is_array(predictions, unit)
    if unit == 0 and deep != is_array(targets, unit):
        predictions, targets = unwrapped(predictions), unwrapped(targets)
        deep = is_array(predictions, unit)
    if deep != is_array(targets, unit) or (deep and len(predictions) != len(targets)):
        raise ShapeError(
            f"{name} expected predictions and targets of the same structure, got {structure(predictions)} as "
            f"prediction and {structure(targets)} as target"
        )
    if not deep:
        return [(predictions, targets)]
    pairs = list(zip(predictions, targets, strict=True))
    if any(is_array(part, unit) for pair in pairs for part in pair):
        return [pair for inner in pairs for pair in _pairs(name, *inner, unit)]
    return pairs


def arranged(flat: Iterator[Any], like: Any, unit: int = 0) -> Any:
    """The next results of an iterator, in the structure that the units of `like` have.

    >>> arranged(iter([1, 2, 3]), [[0.0, 0.0], [0.0]])
    [[1, 2], [3]]
    """
    return [arranged(flat, part, unit) for part in like] if is_array(like, unit) else next(flat)


def spread(name: str, option: str, weight: Any, like: Any) -> list[float]:
    """A weight for each number of `like`, in the order of `paired`.

    Args:
        name: the name of the loss, for messages.
        option: the name of the argument, for messages.
        weight: one for all numbers, or a list as long as the innermost lists, or the full structure.
        like: the predictions.

    Raises:
        ShapeError: if the weights do not fit.
        InputError: if a weight is not a finite number of at least 0.

    >>> spread("binary_cross_entropy", "weight", [1.0, 2.0], [[0.1, 0.2], [0.3, 0.4]])
    [1.0, 2.0, 1.0, 2.0]
    """
    weight = checked_numbers(f"{name}, as {option},", weight)
    if not is_list(like):
        if is_list(weight):
            raise ShapeError(f"{name} expected as {option} one number for a prediction, got {structure(weight)}")
        return [number_between(option, weight, 0.0, float("inf"))]
    if depth(weight) < depth(like):
        return [number for part in like for number in spread(name, option, weight, part)]
    if len(weight) != len(like):
        raise ShapeError(f"{name} expected as {option} a list of {len(like)}, got {structure(weight)}")
    return [number for inner, part in zip(weight, like, strict=True) for number in spread(name, option, inner, part)]


def check_reduction(name: str, reduction: object) -> None:
    """Raise `InputError` unless the reduction is one of PyTorch's.

    >>> check_reduction("mse_loss", "mean")
    """
    if reduction not in REDUCTIONS:
        raise InputError(f"{name} expected as reduction 'mean', 'sum' or 'none', got {reduction!r}")


def reduced(
    losses: list[Any],
    reduction: str,
    like: Any,
    unit: int = 0,
    *,
    weights: list[float] | None = None,
    count: Any = None,
) -> Any:
    """The mean or the sum of the losses, or with `"none"` the losses in the structure of the predictions.

    Args:
        losses: at least one, in the order of `paired`.
        reduction: `"mean"`, `"sum"` or `"none"`.
        like: the predictions.
        unit: the unit of the predictions that has one loss: 0 a number, 1 a list of numbers.
        weights: a factor for each loss; none by default.
        count: what the mean divides the sum by: the number of losses by default. It may be recorded.

    >>> reduced([1.0, 3.0], "mean", [0.0, 0.0]), reduced([1.0, 3.0], "none", [[0.0], [0.0]])
    (2.0, [[1.0], [3.0]])
    """
    if reduction == "none":
        scaled = losses if weights is None else [loss * w for loss, w in zip(losses, weights, strict=True)]
        return arranged(iter(scaled), like, unit)
    total = _total(losses, weights)
    divisor = len(losses) if count is None else count
    return total if reduction == "sum" or (is_known(divisor) and divisor == 1) else total / divisor


def _total(losses: list[Any], weights: list[float] | None) -> Any:
    if weights is not None:
        return ag.dot(weights, losses)
    return losses[0] if len(losses) == 1 else ag.sum(losses)


def elementwise(
    name: str,
    loss: Callable[[Any, Any], Any],
    predictions: Numbers,
    targets: Numbers,
    reduction: str,
    *,
    weight: Any = None,
) -> Any:
    """The loss of each prediction and its target, reduced.

    Args:
        name: the name of the loss, for messages.
        loss: from a prediction and its target to a loss.
        predictions: numbers in lists of any depth.
        targets: numbers in the same structure.
        reduction: `"mean"`, `"sum"` or `"none"`.
        weight: a factor for each loss, one for all, or a list as long as the innermost lists; none by default.

    Raises:
        ShapeError: if the structures differ, weights do not fit, or there are no predictions.
        OperandTypeError: if an item is not a number.
        InputError: if the reduction or a weight is invalid.

    >>> elementwise("excess", lambda p, t: p - t, [3.0, 5.0], [1.0, 1.0], "mean")
    3.0
    """
    check_reduction(name, reduction)
    predictions, targets = operands(name, predictions, targets)
    losses = [loss(prediction, target) for prediction, target in paired(name, predictions, targets)]
    weights = None if weight is None else spread(name, "weight", weight, predictions)
    return reduced(losses, reduction, predictions, weights=weights)
