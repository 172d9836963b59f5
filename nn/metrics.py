"""How good a classifier is: accuracy and confusion matrix, measured without recording a graph.

The class that a model predicts is the index of its largest output. If it has a single output, that is
taken for the score of class 1 against class 0: above 0 it predicts 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_core import InputError, Value
from nn.checks import positive_int
from nn.module import Number, evaluating

if TYPE_CHECKING:
    from nn.data.sampling import Sample

Model: TypeAlias = Callable[[list[float]], Any]
"""A function from the features of a sample to a list of outputs or a single one: a `Module` or any callable."""


def predicted_class(output: Sequence[Number] | Number) -> int:
    """The class that an output of a model stands for; of equal outputs the first counts.

    >>> predicted_class([0.1, 0.7, 0.2]), predicted_class(Value(-3.0))
    (1, 0)
    """
    if isinstance(output, (Value, float, int)):
        return int(output > 0.0)
    data = [x.data if isinstance(x, Value) else x for x in output]
    return data.index(max(data))


def accuracy(model: Model, samples: Sequence[Sample]) -> float:
    """The share of the samples whose class the model predicts, from 0.0 to 1.0.

    Raises:
        InputError: if there are no samples.

    >>> accuracy(lambda x: [x[0], 0.5], [([0.9], 0), ([0.1], 1), ([0.2], 0), ([0.3], 1)])
    0.75
    """
    if len(samples) == 0:
        raise InputError("expected at least one sample to measure the accuracy on, got none")
    with evaluating(model):
        return sum(predicted_class(model(features)) == label for features, label in samples) / len(samples)


def confusion_matrix(model: Model, samples: Sequence[Sample], classes: int) -> list[list[int]]:
    """How often samples of class `i` are predicted as class `j`, in row `i` and column `j`.

    Args:
        model: the classifier.
        samples: pairs of features and class; none give a matrix of zeros.
        classes: number of classes, the size of the matrix.

    Raises:
        InputError: if `classes` is not a positive int, or a label or a prediction not from 0 to `classes - 1`.

    >>> confusion_matrix(lambda x: [x[0], 0.5], [([0.9], 0), ([0.1], 1), ([0.2], 0)], classes=2)
    [[1, 1], [0, 1]]
    """
    size = positive_int("classes", classes)
    matrix = [[0] * size for _ in range(size)]
    with evaluating(model):
        for features, label in samples:
            predicted = predicted_class(model(features))
            for name, index in (("label", label), ("prediction", predicted)):
                if not 0 <= index < size:
                    raise InputError(f"expected every {name} to be from 0 to {size - 1}, got {index}")
            matrix[label][predicted] += 1
    return matrix
