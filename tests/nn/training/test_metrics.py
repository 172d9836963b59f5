"""Measures of models against tables worked out by hand, and against each other."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import InputError, ShapeError, Value
from nn.layers.dense import MLP
from nn.modules.module import Module
from nn.training.evaluation import hits
from nn.training.metrics import (
    accuracy,
    accuracy_of,
    classification_report,
    confusion_matrix,
    confusions,
    f1,
    f1_of,
    precision,
    precision_of,
    predicted_class,
    recall,
    recall_of,
)
from nn.training.regression_metrics import r2_of, r2_score

# Rows are true classes: of 6 of class 0 4 were found, of 3 of class 1 2, and of 4 of class 2 none.
TABLE = [[4, 2, 0], [1, 2, 0], [4, 0, 0]]
PRECISIONS = [4 / 9, 2 / 4, 0.0]  # class 2 was never predicted: 0/0
RECALLS = [4 / 6, 2 / 3, 0 / 4]
F1S = [8 / 15, 4 / 7, 0.0]

square = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=n, max_size=n)
)

# ---- Classes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "expected"), [(precision_of, PRECISIONS), (recall_of, RECALLS), (f1_of, F1S)], ids=["p", "r", "f1"]
)
def test_measures_of_each_class_and_their_means(measure: Callable[..., Any], expected: list[float]) -> None:
    assert measure(TABLE, None) == pytest.approx(expected)
    assert measure(TABLE, average="macro") == measure(TABLE) == pytest.approx(sum(expected) / 3)
    assert measure(TABLE, average="micro") == pytest.approx(6 / 13)


def test_binary_is_class_1_of_two() -> None:
    table = [[50, 10], [5, 35]]
    assert precision_of(table, "binary") == pytest.approx(35 / 45)
    assert recall_of(table, "binary") == pytest.approx(35 / 40)
    assert f1_of(table, "binary") == pytest.approx(70 / 85)


@given(square.filter(lambda matrix: any(map(sum, matrix))))
def test_micro_measures_are_the_accuracy(matrix: list[list[int]]) -> None:
    for measure in (precision_of, recall_of, f1_of):
        assert measure(matrix, "micro") == pytest.approx(accuracy_of(matrix))


@given(square)
def test_f1_is_the_harmonic_mean_and_transposing_swaps_precision_and_recall(matrix: list[list[int]]) -> None:
    transposed = [list(column) for column in zip(*matrix, strict=True)]
    assert recall_of(matrix, None) == precision_of(transposed, None)
    assert f1_of(matrix, None) == f1_of(transposed, None)
    for p, r, f in zip(precision_of(matrix, None), recall_of(matrix, None), f1_of(matrix, None), strict=True):
        assert f == pytest.approx(2 * p * r / (p + r) if p + r else 0.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_confusions_count_every_pair_once(pairs: list[tuple[int, int]]) -> None:
    predictions, labels = [p for p, _ in pairs], [label for _, label in pairs]
    matrix = confusions(predictions, labels, 4)
    assert all(matrix[i][j] == pairs.count((j, i)) for i in range(4) for j in range(4))
    assert accuracy_of(matrix) == sum(p == label for p, label in pairs) / len(pairs)


def test_measures_of_a_model_are_those_of_its_confusion_matrix() -> None:
    samples = [([2.0, 1.0], 0), ([0.0, 1.0], 0), ([0.0, 2.0], 1), ([0.0, 3.0], 1), ([1.0, 0.0], 1)]

    def model(x: Sequence[float]) -> Sequence[float]:
        return x

    matrix = confusion_matrix(model, samples, 2)
    assert matrix == [[1, 1], [1, 2]]
    for average in ("macro", "micro", "binary", None):
        assert precision(model, samples, 2, average) == precision_of(matrix, average)
        assert recall(model, samples, 2, average) == recall_of(matrix, average)
        assert f1(model, samples, 2, average) == f1_of(matrix, average)
    assert accuracy(model, samples) == accuracy_of(matrix) == 0.6


def test_a_list_of_one_output_is_a_score_of_class_1() -> None:
    assert [predicted_class([x]) for x in (-1.0, 0.0, 2.0)] == [0, 0, 1]
    assert accuracy(lambda x: [Value(x[0])], [([1.0], 1), ([-1.0], 0), ([3.0], 0)]) == pytest.approx(2 / 3)


class Recording(Module):
    """Notes the mode it is called in."""

    def __init__(self) -> None:
        self.slope = Value(1.0)
        self.seen: list[tuple[bool, bool]] = []

    def __call__(self, x: list[float]) -> Value:
        output: Value = self.slope * x[0]
        self.seen.append((self.training, output.op is None))
        return output


def test_models_are_in_use_and_record_nothing_while_they_are_measured() -> None:
    model = Recording()
    samples = [([1.0], 1), ([-1.0], 0)]
    for measure in (accuracy, r2_score):
        measure(model, samples)
    for counted in (confusion_matrix, precision, recall, f1):
        counted(model, samples, 2)
    assert set(model.seen) == {(False, True)}
    assert model.training


def test_the_report_is_an_aligned_table() -> None:
    lines = classification_report(TABLE, ["cat", "hippopotamus", "dog"]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split() for line in lines] == [
        ["precision", "recall", "f1", "samples"],
        ["cat", "0.4444", "0.6667", "0.5333", "6"],
        ["hippopotamus", "0.5000", "0.6667", "0.5714", "3"],
        ["dog", "0.0000", "0.0000", "0.0000", "4"],
        ["macro", "0.3148", "0.4444", "0.3683", "13"],
        ["accuracy", "0.4615", "13"],
    ]
    assert classification_report(TABLE).splitlines()[1].startswith("0 ")


# ---- Numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictions", "targets", "expected"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0),
        ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], 0.0),
        ([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0], 1.0 - 1.5 / 29.1875),  # mean 2.875
        ([3.0, 2.0, 1.0], [1.0, 2.0, 3.0], -3.0),
        ([5.0, 5.0], [5.0, 5.0], 1.0),
        ([5.0, 6.0], [5.0, 5.0], 0.0),
        ([1e200, 3e200], [1e200, 2e200], -1.0),
        ([0.0, 0.0], [0.0, 5e-324], -1.0),  # whose mean is rounded to 0
        ([1e300, 0.0], [0.0, 1e-310], -math.inf),
        ([0.0, 0.0], [0.0, 0.0], 1.0),
        ([5e-324, 0.0], [0.0, 0.0], 1.0),  # equal except for rounding
        ([0.1, 0.1, 0.1], [0.1, 0.1, 0.1], 1.0),  # whose mean may be rounded
    ],
)
def test_the_coefficient_of_determination(predictions: list[float], targets: list[float], expected: float) -> None:
    assert r2_of(predictions, targets) == pytest.approx(expected, rel=1e-14, abs=1e-15)
    pairs = [([p], t) for p, t in zip(predictions, targets, strict=True)]
    for model in (lambda x: x[0], lambda x: [Value(x[0])]):
        assert r2_score(model, pairs) == r2_of(predictions, targets)


@given(
    st.lists(st.tuples(*[st.floats(-10, 10, width=32)] * 2), min_size=2, max_size=8),  # halves of which are exact
    st.sampled_from([0.5, -4.0]),
)
def test_r2_does_not_depend_on_the_unit(pairs: list[tuple[float, float]], unit: float) -> None:
    predictions, targets = [p for p, _ in pairs], [t for _, t in pairs]
    scaled = r2_of([p * unit for p in predictions], [t * unit for t in targets])
    assert scaled == pytest.approx(r2_of(predictions, targets), rel=1e-12, abs=1e-12)


# ---- What makes no sense ---------------------------------------------------------------------------------------------

NAN = math.nan


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: predicted_class(NAN), InputError, r"of which one is the largest, got \[nan\]"),
        (lambda: predicted_class(Value(NAN)), InputError, "largest"),
        (lambda: predicted_class([1.0, NAN]), InputError, r"got \[1.0, nan\]"),
        (lambda: predicted_class([math.inf, -math.inf, Value(NAN)]), InputError, "nan"),
        (lambda: predicted_class([]), InputError, r"got \[\]"),
        (lambda: accuracy(lambda x: x, []), InputError, "at least one sample"),
        (lambda: accuracy(lambda x: x, [([1.0, 2.0], 2)]), InputError, "every label to be from 0 to 1, got 2"),
        (lambda: accuracy(lambda x: x[0], [([1.0], -1)]), InputError, "every label to be from 0 to 1, got -1"),
        (lambda: accuracy(lambda x: x[0], [([1.0], 0.5)]), InputError, "to be an int from 0 to 1, got 0.5"),
        (lambda: accuracy(lambda x: [NAN, 1.0], [([1.0], 1)]), InputError, "largest"),
        (lambda: confusions([0, 1], [0], 2), ShapeError, "one label for each of 2 predictions, got 1"),
        (lambda: confusions([0, 2], [0, 0], 2), InputError, "every prediction to be from 0 to 1, got 2"),
        (
            lambda: confusions([0, 0], [0, 0.5], 2),  # type: ignore[list-item]
            InputError,
            "every label to be an int from 0 to 1, got 0.5",
        ),
        (lambda: confusions([0], [0], 0), InputError, "classes must be a positive int, got 0"),
        (lambda: accuracy_of([[0, 0], [0, 0]]), InputError, "at least one sample"),
        (lambda: accuracy_of([[1, 0]]), ShapeError, r"a square matrix, got rows of \[2\]"),
        (lambda: f1_of([]), ShapeError, r"a square matrix, got rows of \[\]"),
        (lambda: f1_of(TABLE, "weighted"), InputError, "average to be .*, got 'weighted'"),
        (lambda: recall_of(TABLE, "binary"), ShapeError, "a matrix of 2 classes, got 3"),
        (lambda: classification_report(TABLE, ["a"]), ShapeError, "one name for each of 3 classes, got 1"),
        (lambda: classification_report([[0]]), InputError, "at least one sample"),
        (lambda: r2_of([1.0], [1.0, 2.0]), ShapeError, "one target for each of 1 predictions, got 2"),
        (lambda: r2_of([1.0], [1.0]), InputError, "at least two targets, which may vary, got 1"),
        (lambda: r2_of([1.0, NAN], [1.0, 2.0]), InputError, "every prediction .*, got nan at index 1"),
        (lambda: r2_of([1.0, 2.0], [math.inf, 2.0]), InputError, "every target .*, got inf at index 0"),
        (
            lambda: r2_score(lambda x: x, [([1.0, 2.0], 1.0)] * 2),
            ShapeError,
            "in a prediction as in a target, got 2, 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_model_that_fails_is_back_in_training_afterwards() -> None:
    model = MLP(2, [3], rng=0)
    with pytest.raises(InputError):
        accuracy(model, [([1.0, 2.0], 7)])
    assert model.training


def test_targets_that_differ_by_rounding_only_have_nothing_to_explain() -> None:
    targets = [0.3, 0.1 + 0.2, 0.3]
    assert r2_of([0.3, 0.3, 0.3], targets) == r2_of([0.1 + 0.2] * 3, [0.3] * 3) == 1.0
    assert r2_of([0.3, 0.4, 0.3], targets) == 0.0


@pytest.mark.parametrize(
    ("output", "target"),
    [
        ([[0.1, 0.9], [0.9, 0.1]], [0, 1, 1]),  # another number of targets
        ([0.5, 0.25], 7),  # no such class
        ([[0.1, 0.9]], [0.5]),  # no class
    ],
)
def test_what_cannot_be_judged_is_not_counted(output: Any, target: Any) -> None:
    assert hits(output, target) == (0, 0)


def test_there_must_be_samples_to_evaluate_and_they_are_pairs() -> None:
    with pytest.raises(InputError, match="at least one sample to evaluate the model on, got none"):
        nn.evaluate(lambda x: x, nn.mse_loss, [])
    with pytest.raises(InputError, match="expected a sample as a pair"):
        nn.evaluate(lambda x: x, nn.mse_loss, [1.0, 2.0])  # type: ignore[list-item]
