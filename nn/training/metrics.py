"""Metrics of classifiers: accuracy, confusion matrix, precision, recall and F1.

Each metric exists twice: for a model and samples, which runs the model in `eval()` mode without recording a graph; and
for the confusion matrix of given predictions: `precision_of(confusions(predictions, labels, 3))`.

Labels are indices of classes as numbers of any type, booleans, or one-hot lists, as for `cross_entropy`.

The class that a model predicts is the index of its largest output. A single output is the score of class 1 against
class 0: above 0 it predicts 1.

A quotient 0/0, such as the precision of a class that is never predicted, counts as 0.0, as in scikit-learn with
`zero_division=0`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from autograd_core import InputError, OperandTypeError, ShapeError, Value
from autograd_core.calls import explained
from autograd_core.lines import columns as in_columns
from nn.base.checks import positive_int
from nn.base.conversion import as_numbers, as_sample, as_sequence, class_of, described, is_list, is_number
from nn.base.messages import kind_of
from nn.modules.evaluating import evaluating
from nn.modules.module import Number

if TYPE_CHECKING:
    from nn.data.sampling import Sample

Model: TypeAlias = Callable[[list[float]], Any]
"""A function from the features of a sample to a list of outputs or a single one: a `Module` or any callable."""

Matrix: TypeAlias = Sequence[Sequence[int]]
"""How often samples of class `i`, in row `i`, are predicted as class `j`, in column `j`."""

AVERAGES: Final = ("macro", "micro", "binary", None)

# Classes.


def predicted_class(output: Sequence[Number] | Number) -> int:
    """The class that an output of a model predicts; among equal outputs, the first.

    Raises:
        InputError: if a number is nan, or there are no numbers.

    >>> predicted_class([0.1, 0.7, 0.2]), predicted_class(Value(-3.0))
    (1, 0)
    """
    scores = as_numbers(output)
    data = _known(scores if is_list(scores) else [scores])
    return int(data[0] > 0.0) if len(data) == 1 else data.index(max(data))


@explained()
def accuracy(model: Model, samples: Sequence[Sample]) -> float:
    """The share of the samples whose class the model predicts, from 0.0 to 1.0.

    Raises:
        InputError: if there are no samples, an output is nan, or a label is not the index of an output.

    >>> accuracy(lambda x: [x[0], 0.5], [([0.9], 0), ([0.1], 1), ([0.2], 0), ([0.3], 1)])
    0.75
    """
    samples = as_sequence("samples", samples)
    if len(samples) == 0:
        raise InputError("expected at least one sample to measure the accuracy on, got none")
    right = 0
    with evaluating(model):
        for features, label in map(as_sample, samples):
            output = as_numbers(model(features))
            right += predicted_class(output) == _index("label", label, _class_count(output))
    return right / len(samples)


@explained()
def confusion_matrix(model: Model, samples: Sequence[Sample], classes: int) -> list[list[int]]:
    """How often samples of class `i` are predicted as class `j`, in row `i` and column `j`.

    Args:
        model: the classifier.
        samples: pairs of features and class; none give a matrix of zeros.
        classes: number of classes, the size of the matrix.

    Raises:
        InputError: if `classes` is not a positive int, a label or a prediction not an int from 0 to `classes - 1`, or
            an output nan.

    >>> confusion_matrix(lambda x: [x[0], 0.5], [([0.9], 0), ([0.1], 1), ([0.2], 0)], classes=2)
    [[1, 1], [0, 1]]
    """
    size = positive_int("classes", classes)
    pairs = [as_sample(sample) for sample in as_sequence("samples", samples)]
    with evaluating(model):
        predictions = [predicted_class(model(features)) for features, _ in pairs]
    return confusions(predictions, [label for _, label in pairs], size)


def precision(model: Model, samples: Sequence[Sample], classes: int, average: str | None = "macro") -> Any:
    """The share of predictions of a class that are correct: `precision_of` the confusion matrix.

    Raises:
        InputError: as for `confusion_matrix` and `precision_of`.

    >>> precision(lambda x: x, [([2.0], 1), ([3.0], 0), ([-1.0], 0)], 2, average="binary")
    0.5
    """
    return precision_of(confusion_matrix(model, samples, classes), average)


def recall(model: Model, samples: Sequence[Sample], classes: int, average: str | None = "macro") -> Any:
    """The share of samples of a class that are predicted correctly: `recall_of` the confusion matrix.

    Raises:
        InputError: as for `confusion_matrix` and `recall_of`.

    >>> recall(lambda x: x, [([2.0], 1), ([3.0], 0), ([-1.0], 0)], 2, average="binary")
    1.0
    """
    return recall_of(confusion_matrix(model, samples, classes), average)


def f1(model: Model, samples: Sequence[Sample], classes: int, average: str | None = "macro") -> Any:
    """The harmonic mean of precision and recall: `f1_of` the confusion matrix of the model.

    Raises:
        InputError: as for `confusion_matrix` and `f1_of`.

    >>> round(f1(lambda x: x, [([2.0], 1), ([3.0], 0), ([-1.0], 0)], 2, average="binary"), 4)
    0.6667
    """
    return f1_of(confusion_matrix(model, samples, classes), average)


def confusions(predictions: Sequence[int], labels: Sequence[int], classes: int) -> list[list[int]]:
    """The confusion matrix of predicted classes and true ones, in this order, as for the losses.

    Raises:
        ShapeError: if the numbers of predictions and labels differ.
        InputError: if `classes` is not a positive int, or a label or a prediction not an int from 0 to `classes - 1`.

    >>> confusions(predictions=[0, 1, 1], labels=[0, 1, 0], classes=2)
    [[1, 1], [0, 1]]
    """
    size = positive_int("classes", classes)
    predictions, labels = as_numbers(predictions), as_numbers(labels)
    check_lengths("predictions", predictions, "label", labels)
    matrix = [[0] * size for _ in range(size)]
    for predicted, label in zip(predictions, labels, strict=True):
        row, column = _index("label", label, size), _index("prediction", predicted, size)
        matrix[row][column] += 1
    return matrix


def accuracy_of(matrix: Matrix) -> float:
    """The share of the samples on the diagonal of a confusion matrix.

    Raises:
        ShapeError: if the matrix is not square.
        InputError: if there are no samples in it.

    >>> accuracy_of([[1, 1], [0, 2]])
    0.75
    """
    hits, taken, _ = _counts(matrix)
    if sum(taken) == 0:
        raise InputError("expected at least one sample to measure the accuracy on, got none")
    return sum(hits) / sum(taken)


def precision_of(matrix: Matrix, average: str | None = "macro") -> Any:
    """The share of predictions of a class that are correct: hits divided by sums of columns.

    Args:
        matrix: from `confusions` or `confusion_matrix`.
        average: `"macro"`, the mean over the classes; `"micro"`, all hits divided by all predictions, which is the
            accuracy; `"binary"`, the score of class 1, for two classes; or None, a list with the score of each class.

    Raises:
        ShapeError: if the matrix is not square, or for `"binary"` not of two classes.
        InputError: if `average` is unknown.

    >>> precision_of([[8, 2], [0, 2]], average=None)
    [1.0, 0.5]
    """
    hits, taken, _ = _counts(matrix)
    return _averaged(hits, taken, average)


def recall_of(matrix: Matrix, average: str | None = "macro") -> Any:
    """The share of samples of a class that are predicted correctly: hits divided by sums of rows.

    Args:
        matrix: from `confusions` or `confusion_matrix`.
        average: `"macro"`, the mean over the classes; `"micro"`, all hits divided by all samples, which is the
            accuracy; `"binary"`, the score of class 1, for two classes; or None, a list with the score of each class.

    Raises:
        ShapeError: if the matrix is not square, or for `"binary"` not of two classes.
        InputError: if `average` is unknown.

    >>> recall_of([[8, 2], [0, 2]], average=None)
    [0.8, 1.0]
    """
    hits, _, there = _counts(matrix)
    return _averaged(hits, there, average)


def f1_of(matrix: Matrix, average: str | None = "macro") -> Any:
    """The harmonic mean of precision and recall, by class: twice the hits divided by the sums of columns and rows.

    Args:
        matrix: from `confusions` or `confusion_matrix`.
        average: `"macro"`, the mean over the classes; `"micro"`, that of all hits, which is the accuracy;
            `"binary"`, the score of class 1, for two classes; or None, a list with the score of each class.

    Raises:
        ShapeError: if the matrix is not square, or for `"binary"` not of two classes.
        InputError: if `average` is unknown.

    With `"macro"` it is the mean of the numbers of the classes, and not the harmonic mean of macro precision and macro
    recall, which is also in use.

    Source: C. van Rijsbergen, Information retrieval (1979), whose measure is 1 minus this one.

    >>> [round(score, 4) for score in f1_of([[8, 2], [0, 2]], average=None)]
    [0.8889, 0.6667]
    """
    hits, taken, there = _counts(matrix)
    return _averaged([2 * hit for hit in hits], [a + b for a, b in zip(taken, there, strict=True)], average)


@explained()
def classification_report(matrix: Matrix, names: Sequence[str] | None = None) -> str:
    """Precision, recall, F1 and number of samples of each class, and their means, as a table in text.

    Args:
        matrix: from `confusions` or `confusion_matrix`.
        names: of the classes; by default their indices.

    Raises:
        ShapeError: if the matrix is not square, or there are not as many names as classes.
        InputError: if there are no samples in the matrix.

    >>> print(classification_report([[8, 2], [0, 2]], ["ham", "spam"]))
              precision  recall      f1  samples
    ham          1.0000  0.8000  0.8889       10
    spam         0.5000  1.0000  0.6667        2
    macro        0.7500  0.9000  0.7778       12
    accuracy                     0.8333       12
    """
    _, _, there = _counts(matrix)
    titles = [str(i) for i in range(len(there))] if names is None else list(names)
    check_lengths("classes", there, "name", titles)
    measures = (precision_of, recall_of, f1_of)
    columns = [[f"{score:.4f}" for score in (*measure(matrix, None), measure(matrix))] for measure in measures]
    lines = [("", "precision", "recall", "f1", "samples")]
    lines += zip([*titles, "macro"], *columns, map(str, [*there, sum(there)]), strict=True)
    lines.append(("accuracy", "", "", f"{accuracy_of(matrix):.4f}", str(sum(there))))
    return "\n".join(in_columns(lines, right=range(1, 5)))


# Parts.


def _known(numbers: Sequence[Number]) -> list[float]:
    """The numbers as floats, if there are any and none is nan."""
    data = [x.data if isinstance(x, Value) else measured_number("output of a model", x) for x in numbers]
    # A sum is nan if a term is nan and rarely otherwise, so the search is rarely needed.
    if not data or (math.isnan(sum(data)) and any(map(math.isnan, data))):
        raise InputError(f"expected outputs of a model of which one is the largest, got {data}")
    return data


def measured_number(name: str, number: Any) -> float:
    """A prediction or a target as a float; raise `InputError` if it is not a number."""
    if isinstance(number, Value):
        return number.data
    if not is_number(number):
        raise InputError(f"expected every {name} to be a number, got {described(number)}")
    return float(number)


def _class_count(output: Any) -> int:
    return max(2, len(output)) if is_list(output) else 2


def _index(name: str, index: object, size: int) -> int:
    """The index of a class as an int."""
    number = class_of(index, size)
    if number is None:
        came = described(index) if isinstance(index, str) else repr(index)
        if is_list(index):
            came += f"; a list is a class if it has {size} numbers, a 1 among zeros"
        raise InputError(f"expected every {name} to be an int from 0 to {size - 1}, got {came}")
    if not 0 <= number < size:
        raise InputError(f"expected every {name} to be from 0 to {size - 1}, got {number}")
    return number


def check_lengths(names: str, items: Sequence[Any], other: str, others: Sequence[Any]) -> None:
    """Raise an error unless both are lists, and there are as many items as others.

    The message names them by `names` and `other`.
    """
    for name, given in ((names, items), (f"{other}s", others)):
        if not hasattr(given, "__len__"):
            raise OperandTypeError(f"expected {name} as a list with one for each sample, got {kind_of(given)}")
    if len(items) != len(others):
        raise ShapeError(f"expected one {other} for each of {len(items)} {names}, got {len(others)}")


def _counts(matrix: Matrix) -> tuple[list[int], list[int], list[int]]:
    """For each class: the numbers of correct predictions, of all predictions, and of samples."""
    rows = as_numbers(matrix)
    if not is_list(rows) or not all(map(is_list, rows)):
        raise ShapeError(f"expected a square matrix, got {matrix!r:.60}")
    if not rows or any(len(row) != len(rows) for row in rows):
        raise ShapeError(f"expected a square matrix, got rows of {[len(row) for row in rows]}")
    return (
        [row[i] for i, row in enumerate(rows)],
        [sum(column) for column in zip(*rows, strict=True)],
        [sum(row) for row in rows],
    )


def _averaged(parts: list[int], wholes: list[int], average: str | None) -> Any:
    if average not in AVERAGES:
        raise InputError(f"expected average to be 'macro', 'micro', 'binary' or None, got {average!r}")
    if average == "micro":
        return _share(sum(parts), sum(wholes))
    scores = [_share(part, whole) for part, whole in zip(parts, wholes, strict=True)]
    if average == "binary":
        if len(scores) != 2:
            raise ShapeError(f"average='binary' expected a matrix of 2 classes, got {len(scores)}; use 'macro'")
        return scores[1]
    return scores if average is None else math.fsum(scores) / len(scores)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
