"""Metrics of regressions: the coefficient of determination, for a model and samples, and for predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_core import InputError, ShapeError
from nn.base.checks import ROUNDING, nearly_constant
from nn.base.conversion import as_numbers, as_sample, as_sequence, is_list
from nn.modules.evaluating import evaluating
from nn.modules.module import Number
from nn.training.metrics import Model, check_lengths, measured_number


def r2_score(model: Model, samples: Sequence[tuple[Any, float]]) -> float:
    """How much of the variance of the targets a model explains: `r2_of` its predictions.

    Raises:
        ShapeError: as for `r2_of`.
        InputError: as for `r2_of`.

    >>> r2_score(lambda x: 2.0 * x[0], [([0.0], 0.0), ([1.0], 2.0), ([2.0], 4.0)])
    1.0
    """
    pairs = [as_sample(sample) for sample in as_sequence("samples", samples)]
    with evaluating(model):
        predictions = [model(features) for features, _ in pairs]
    return r2_of(predictions, [target for _, target in pairs])


def r2_of(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The coefficient of determination, `1 - Σ (t - p)² / Σ (t - mean t)²`.

    1.0 is perfect, 0.0 as good as always predicting the mean of the targets, and less is worse. If all targets are
    equal, it is 1.0 for perfect predictions, otherwise 0.0, as in scikit-learn. Numbers that differ by a few units in
    the last place count as equal.

    Args:
        predictions: a number for each sample; or a list of several, for which the result is the mean over them.
        targets: numbers or lists of the same lengths. The order of the arguments is that of the losses.

    Raises:
        ShapeError: if the numbers of predictions and targets differ, or lists differ in length.
        InputError: if there are fewer than two samples, or an item is not a finite number.

    >>> r2_of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), r2_of([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    (1.0, 0.0)
    """
    guesses, truths = as_numbers(predictions), as_numbers(targets)
    check_lengths("predictions", guesses, "target", truths)
    if len(truths) < 2:
        raise InputError(f"expected at least two targets, which may vary, got {len(truths)}")
    columns, others = _columns("prediction", guesses), _columns("target", truths)
    if len(columns) != len(others):
        raise ShapeError(f"expected as many numbers in a prediction as in a target, got {len(columns)}, {len(others)}")
    scores = [_r2(*pair) for pair in zip(columns, others, strict=True)]
    return math.fsum(scores) / len(scores)


def _columns(name: str, items: list[Any]) -> list[list[Any]]:
    """The columns of a matrix, given as a list of lists of equal lengths; numbers are one column."""
    lists = [item if is_list(item) else [item] for item in items]
    widths = sorted({len(numbers) for numbers in lists})
    if len(widths) != 1 or widths[0] == 0:
        raise ShapeError(f"expected every {name} as a number, or as lists of one length, got lists of {widths}")
    return [list(column) for column in zip(*lists, strict=True)]


def _r2(predictions: list[Any], targets: list[Any]) -> float:
    guesses, truths = _finite("prediction", predictions), _finite("target", targets)
    if 0.0 < max(map(abs, truths)) < 2.0**-400:  # where the mean might be subnormal, with too few digits
        guesses, truths = [[x * 2.0**600 for x in numbers] for numbers in (guesses, truths)]
    center = math.fsum(truth / len(truths) for truth in truths)
    left = math.hypot(*[truth - guess for truth, guess in zip(truths, guesses, strict=True)])
    spread = math.hypot(*[truth - center for truth in truths])
    if nearly_constant(truths):
        return float(left <= ROUNDING * math.ulp(max(map(abs, truths))) * math.sqrt(len(truths)))
    ratio = left / spread  # of lengths, whose squares might overflow
    return 1.0 - ratio * ratio


def _finite(name: str, numbers: Sequence[Number]) -> list[float]:
    data = [measured_number(name, x) for x in numbers]
    for index, x in enumerate(data):
        if not math.isfinite(x):
            raise InputError(f"expected every {name} to be a finite number, got {x} at index {index}")
    return data
