"""Losses: one number, to be made small, that says how far predictions are from targets.

Every loss takes predictions and targets for one sample or for a whole batch, and is the mean over the
batch, so that the learning rate need not change with the batch size. It is built from ops, so its
graph can be drawn, and from few nodes: n-ary `dot` and `sum` instead of chains.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence, Sized
from typing import TYPE_CHECKING, Any, TypeAlias

import autograd_core as ag
from autograd_core import InputError, ShapeError, Value, dot, log_softmax

if TYPE_CHECKING:
    from nn.module import Number

Numbers: TypeAlias = "Number | Sequence[Numbers]"
"""A number, a list of numbers, a list of lists, and so on."""


def mse_loss(predictions: Numbers, targets: Numbers) -> Value:
    """The mean of the squared differences, `Σ (p - t)² / n` over all `n` numbers.

    Args:
        predictions: a number, a list of numbers or a list of lists: the output of a model, or of many.
        targets: numbers in the same structure.

    Raises:
        ShapeError: if the structures differ or there are no numbers.

    >>> loss = mse_loss([Value(1.0), Value(5.0)], [2.0, 2.0])
    >>> loss.data  # (1 + 9) / 2
    5.0
    """
    differences = [prediction - target for prediction, target in _pairs(predictions, targets)]
    if not differences:
        raise ShapeError("mse_loss expected at least one prediction, got none")
    loss: Value = dot(differences, differences) / len(differences)
    return loss


def cross_entropy(logits: Numbers, target: int | Sequence[int]) -> Value:
    """How surprised a classifier is by the right class: `-log softmax(logits)[target]`, in nats.

    Args:
        logits: for one sample the `n` scores of the classes, any real numbers; for a batch a list of these.
        target: for one sample the index of the right class, `0 … n-1`; for a batch a list of these.

    Raises:
        ShapeError: if there are fewer than 2 classes, no samples, or not as many targets as samples.
        InputError: if a target is not an int, or not the index of a class.

    The gradient is `softmax(logits) - onehot(target)`, exact to the last digits for every size of the logits (see
    `log_softmax`).

    >>> logits = [Value(1000.0), Value(1000.0), Value(-1000.0)]
    >>> loss = cross_entropy(logits, 0)
    >>> loss.backward()
    >>> round(loss.data, 4), [z.grad for z in logits]
    (0.6931, [-0.5, 0.5, 0.0])
    >>> cross_entropy([[Value(0.0), Value(0.0)], logits], [1, 0]).data == loss.data
    True
    """
    if not isinstance(target, Sized):
        return _surprise(logits, target)
    if not isinstance(logits, Sized) or len(logits) != len(target) or len(target) == 0:
        raise ShapeError(
            f"cross_entropy expected one list of logits for each of {len(target)} targets, got {_structure(logits)}; "
            "for a single sample give the class as an int"
        )
    surprises = [_surprise(row, right) for row, right in zip(logits, target, strict=True)]
    loss: Value = surprises[0] if len(surprises) == 1 else ag.sum(surprises) / len(surprises)
    return loss


def _surprise(logits: Any, target: object) -> Value:
    """The cross entropy of one sample."""
    right = _class_index(logits, target)
    if isinstance(logits[0], Sized):
        raise ShapeError(
            f"cross_entropy expected a list of {len(logits)} classes for a batch of logits, got {target!r}"
        )
    surprise: Value = -log_softmax(logits)[right]
    return surprise


def _class_index(logits: Any, target: object) -> int:
    """The target as an int, if it is the index of a logit."""
    if not isinstance(logits, Sized) or len(logits) < 2:
        raise ShapeError(
            f"cross_entropy expected a list of the logits of at least 2 classes, got {logits!r}; "
            "a model with a single output gives one number and not a list"
        )
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        raise InputError(f"cross_entropy expected the index of a class as an int, got {target!r}")
    index = operator.index(target)
    if not 0 <= index < len(logits):
        raise InputError(f"cross_entropy expected a class from 0 to {len(logits) - 1}, got {index}")
    return index


def _pairs(predictions: Numbers, targets: Numbers) -> list[tuple[Number, Number]]:
    """Each prediction with its target, from all levels of the lists."""
    if not isinstance(predictions, Sized) and not isinstance(targets, Sized):
        return [(predictions, targets)]
    if not (isinstance(predictions, Sized) and isinstance(targets, Sized) and len(predictions) == len(targets)):
        raise ShapeError(
            f"mse_loss expected predictions and targets of the same structure, got {_structure(predictions)} as "
            f"prediction and {_structure(targets)} as target"
        )
    return [pair for inner in zip(predictions, targets, strict=True) for pair in _pairs(*inner)]


def _structure(numbers: Numbers) -> str:
    return f"a list of {len(numbers)}" if isinstance(numbers, Sized) else "a number"
