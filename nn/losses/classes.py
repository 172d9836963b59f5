"""Targets that are classes: the index of one of several, or the sign, -1 or 1, of one of two.

A target may be a number of a program that runs later. Then the choice is recorded, and a target that is no class cannot
be refused; the loss is nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import InputError, OperandTypeError, Recorder, ShapeError, pick, where
from nn.base.checks import number_between
from nn.base.conversion import KNOWN, as_numbers, checked_numbers, class_of, depth, described, is_list, unwrapped
from nn.base.recorded import is_known
from nn.losses.arrays import is_array, structure


def class_operands(name: str, scores: Any, target: Any) -> tuple[Any, Any]:
    """Scores and targets as numbers and nested lists of numbers.

    A target that is a list of one number becomes the number.

    Raises:
        OperandTypeError: if a score is not a number.
        InputError: if a target is not a number.

    >>> class_operands("nll_loss", ((-0.1, -2.4), (-0.7, -0.7)), [[0], [1]])
    ([[-0.1, -2.4], [-0.7, -0.7]], [0, 1])
    """
    numbers = checked_numbers(f"{name}, as scores,", scores)
    try:
        right = checked_numbers(name, target)
    except OperandTypeError:
        raise _no_index(name, _first(as_numbers(target))) from None
    if depth(right) == depth(numbers):  # the last dimension of the scores is that of the classes
        right = _without_columns(right)
    return numbers, right


def _first(array: Any) -> Any:
    """The first item in nested lists."""
    while is_list(array) and array:
        array = array[0]
    return array


def _without_columns(array: Any) -> Any:
    """Lists of one number replaced by the number, if the first is such a list."""
    if not is_list(array) or not array:
        return array
    return [_without_columns(part) for part in array] if is_array(array, 1) else unwrapped(array)


def _no_index(name: str, target: Any) -> InputError:
    came = described(target) if isinstance(target, (str, bytes)) else f"{target!r:.60}"
    if isinstance(target, float):
        came += "; probabilities are a list for each sample"
    return InputError(f"{name} expected the index of a class as an int, got {came}")


def samples(name: str, scores: Any, target: Any, unit: int = 0) -> list[tuple[Any, Any]]:
    """Each list of scores with its target, from all levels of the lists.

    Args:
        name: the name of the loss, for messages.
        scores: for one sample a list with a score for each class; for several samples a list of these.
        target: for one sample the index of a class (`unit` 0) or a list of probabilities (`unit` 1); or a list of
            these.
        unit: 0 for indices, 1 for probabilities.

    Raises:
        ShapeError: if there are not as many targets as lists of scores, or none.

    >>> samples("nll_loss", [[-0.1, -2.4], [-0.7, -0.7]], [0, 1])
    [([-0.1, -2.4], 0), ([-0.7, -0.7], 1)]
    """
    if not is_array(target, unit):
        return [(scores, target)]
    if not is_list(scores) or len(scores) != len(target) or len(target) == 0:
        raise ShapeError(
            f"{name} expected one list of logits for each of {len(target)} targets, got {structure(scores)}; "
            "for a single sample give the list of logits first, then the class as an int"
        )
    if unit == 0 and not is_list(scores[0]) and not is_list(target[0]):
        raise ShapeError(
            f"{name} expected one list of logits for each of {len(target)} targets, got {structure(scores)}; for a "
            "single sample give the class as an int and not one-hot; a model with a single output gives one number for "
            "each sample and not a list"
        )
    pairs = list(zip(scores, target, strict=True))
    if any(is_array(right, unit) for _, right in pairs):
        return [sample for inner in pairs for sample in samples(name, *inner, unit)]
    return pairs


def are_probabilities(scores: Any, target: Any) -> bool:
    """Whether targets are lists of probabilities, one for each score, and not indices, one for each list of scores.

    For a single sample the probabilities must be floats, as in PyTorch. Two ints with two scores are usually the
    classes of two samples, for each of which a model with a single output returned one number.

    >>> are_probabilities([1.0, 3.0], [0.5, 0.5]), are_probabilities([1.0, 3.0], 1)
    (True, False)
    >>> are_probabilities([[1.0, 3.0], [2.0, 0.0]], [[0, 1], [1, 0]]), are_probabilities([[1.0, 3.0]], [1.0])
    (True, False)
    """
    if not is_list(target) or not target or depth(target) != depth(scores):
        return False
    return is_list(target[0]) or isinstance(target[0], (float, Recorder))


def class_index(name: str, scores: Any, target: Any) -> Any:
    """The target as an int, if it is the index of a score; recorded if it is a number that is not known.

    Raises:
        ShapeError: if the scores are not a list of at least 2, or lists themselves.
        InputError: if the target is not a whole number, or not from 0 to the number of scores less 1.

    >>> class_index("nll_loss", [-0.1, -2.4], 1)
    1
    """
    check_scores(name, scores, target)
    if type(target) is not int and not is_known(target):
        return where(target >= 0.0, target, math.nan)  # a negative index would count from the end
    index = target if type(target) is int else class_of(target)
    if index is None:
        raise _no_index(name, target)
    if not 0 <= index < len(scores):
        raise InputError(f"{name} expected a class from 0 to {len(scores) - 1}, got {index}")
    return index


def of_class(index: Any, numbers: Sequence[Any]) -> Any:
    """The number of a class, such as its score or its weight, for an index that `class_index` gives.

    >>> of_class(1, [0.5, 0.25])
    0.25
    """
    return numbers[index] if type(index) is int else pick(index, numbers)


def one_hot(index: Any, count: int) -> list[Any]:
    """The probabilities of the classes if the one at an index is certain.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    if type(index) is int:
        return [float(i == index) for i in range(count)]
    none = pick(index, [0.0] * count)  # nan if there is no such class
    return [where(index == i, 1.0, none) for i in range(count)]


def check_scores(name: str, scores: Any, target: object) -> None:
    """Raise `ShapeError` unless the scores are a list of at least 2 numbers.

    >>> check_scores("nll_loss", [-0.1, -2.4], 1)
    """
    if not is_list(scores) or len(scores) < 2:
        raise ShapeError(
            f"{name} expected a list of the logits of at least 2 classes, got {scores!r}; "
            "a model with a single output gives one number and not a list"
        )
    if is_list(scores[0]):
        raise ShapeError(f"{name} expected a list of {len(scores)} classes for a batch of logits, got {target!r}")


def class_weights(name: str, weight: Any) -> list[float] | None:
    """The weights of the classes as floats; None stays None.

    Raises:
        ShapeError: if they are not a list.
        InputError: if one is not a finite number of at least 0.

    >>> class_weights("nll_loss", (1, 2))
    [1.0, 2.0]
    """
    if weight is None:
        return None
    weight = as_numbers(weight)
    if not is_list(weight):
        raise ShapeError(f"{name} expected as weight a list with a number for each class, got {weight!r}")
    return [number_between(f"weight[{index}]", number, 0.0, float("inf")) for index, number in enumerate(weight)]


def check_weights(name: str, weights: list[float] | None, scores: Any) -> None:
    """Raise `ShapeError` unless there is a weight for each score, or none at all.

    >>> check_weights("nll_loss", [1.0, 2.0], [-0.1, -2.4])
    """
    if weights is not None and len(weights) != len(scores):
        raise ShapeError(
            f"{name} expected as weight a number for each of {len(scores)} classes, got {structure(weights)}"
        )


def by_sign(name: str, target: Any, positive: Callable[[Any], Any], negative: Callable[[Any], Any], number: Any) -> Any:
    """One of two functions of a number, by a target of 1 or -1; a target that is not known decides when it is.

    Raises:
        InputError: if the target is neither, for example 0, a frequent mistake.

    >>> by_sign("hinge_loss", -1, abs, lambda x: 2.0 * x, -3.0)
    -6.0
    """
    if type(target) in KNOWN or not isinstance(target, (bool, Recorder)):
        if target == 1:
            return positive(number)
        if target == -1:
            return negative(number)
    elif not is_known(target):
        return where(target == 1.0, positive(number), where(target == -1.0, negative(number), math.nan))
    raise InputError(f"{name} expected every target to be -1 or 1, got {target!r}")
