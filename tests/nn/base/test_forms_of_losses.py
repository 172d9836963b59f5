"""Losses and measures of data in all forms."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import pytest

import nn
from autograd_core import AutogradError, InputError, ShapeError
from forms_of_data import CLASSIFICATION, FEATURES, LABELS, Frame, Tensor, each_form, trained, tuples, values
from nn import losses
from nn.data import Batches, StandardScaler, pair, split
from nn.optim import SGD

SCORES: Final = [[0.5, -1.0, 2.0], [0.0, 1.0, -0.5]]
OUTPUTS: Final = [0.25, 0.75]

LOSSES: Final[dict[str, tuple[Any, Any]]] = {
    "binary_cross_entropy": (OUTPUTS, [0.0, 1.0]),
    "binary_cross_entropy_with_logits": (OUTPUTS, [0.0, 1.0]),
    "cosine_embedding_loss": (None, None),
    "cross_entropy": (SCORES, [2, 0]),
    "hinge_loss": (OUTPUTS, [-1, 1]),
    "huber_loss": (OUTPUTS, [0.5, 3.0]),
    "kl_div": ([-0.5, -2.0], [0.25, 0.75]),
    "l1_loss": (OUTPUTS, [0.5, 3.0]),
    "mse_loss": (OUTPUTS, [0.5, 3.0]),
    "multi_margin_loss": (SCORES, [2, 0]),
    "nll_loss": (SCORES, [2, 0]),
    "smooth_l1_loss": (OUTPUTS, [0.5, 3.0]),
    "soft_margin_loss": (OUTPUTS, [-1, 1]),
}
each_loss = pytest.mark.parametrize("name", sorted(LOSSES.keys() - {"cosine_embedding_loss"}))


def test_every_loss_is_here() -> None:
    public = {name for name in losses.__all__ if name not in {"Numbers", "cosine_similarity"}}
    assert public == LOSSES.keys()


@each_loss
@each_form
def test_losses_of_all_forms_are_the_same(name: str, form: Callable[[Any], Any]) -> None:
    predictions, targets = LOSSES[name]
    loss = getattr(losses, name)
    expected = loss(predictions, targets)
    assert loss(form(predictions), form(targets)) == expected
    assert loss(predictions, np.array(targets)[:, None]) == expected  # a column
    assert loss(form(predictions), form(targets), reduction="none") == loss(predictions, targets, reduction="none")
    whole = [float(target) for target in targets]
    assert loss(predictions, whole) == expected


@each_loss
def test_losses_of_arrays_of_values_have_gradients(name: str) -> None:
    predictions, targets = LOSSES[name]
    loss = getattr(losses, name)
    w, v = values(predictions), values(predictions)
    loss(w, targets).backward()
    loss(np.array(v, dtype=object), np.array(targets)).backward()
    assert [x.grad for x in np.array(w).ravel()] == [x.grad for x in np.array(v).ravel()]


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize("wrong", ["a", "abc", ["a", "b"], {"a": 1}, {1.0, 2.0}, b"ab", [None, None]], ids=repr)
def test_losses_refuse_what_is_no_number_and_say_what_came(name: str, wrong: Any) -> None:
    predictions, targets = LOSSES[name] if name != "cosine_embedding_loss" else ([1.0, 2.0], [3.0, 4.0])
    loss = getattr(losses, name)
    more = (1,) if name == "cosine_embedding_loss" else ()
    for given_ in ((predictions, wrong), (wrong, targets)):
        with pytest.raises(AutogradError) as caught:
            loss(*given_, *more)
        assert str(caught.value).startswith(name)
        assert "got" in str(caught.value)


@pytest.mark.parametrize("label", ["a", ["a"], ["setosa", "lily"], np.array(["a", "b"])])
def test_labels_that_are_texts_are_told_to_be_numbered(label: Any) -> None:
    scores = [1.0, 2.0] if isinstance(label, str) else [[1.0, 2.0]] * len(label)
    with pytest.raises(InputError, match=r"cross_entropy expected the index .*, got the text .* number the classes"):
        nn.cross_entropy(scores, label)


@pytest.mark.parametrize("kind", [np.float64, np.int64, np.uint8, bool, float, int])
def test_rows_with_a_one_are_probabilities(kind: Any) -> None:
    rows = np.eye(3)[[2, 0]]
    expected = nn.cross_entropy(SCORES, [2, 0])
    for targets in (rows.astype(kind), [[kind(x) for x in row] for row in rows]):
        assert nn.cross_entropy(SCORES, targets) == pytest.approx(expected, rel=1e-15)


def test_classes_are_not_taken_for_probabilities_of_a_single_sample() -> None:
    """Of a model with one output for each sample, whose outputs would be mixed over the samples."""
    for targets in ([0, 1], np.array([0, 1]), [True, False]):
        with pytest.raises(ShapeError, match="a model with a single output gives one number"):
            nn.cross_entropy(values([0.5, 1.5]), targets)


@pytest.mark.parametrize("form", [list, np.array, lambda labels: np.array(labels)[:, None], lambda x: map(np.bool_, x)])
def test_booleans_are_the_classes_0_and_1(form: Callable[[Any], Any]) -> None:
    booleans = [label == 1 for label in LABELS]
    samples = pair(FEATURES, form(booleans))
    model, score = nn.MLP(2, [4, 2], rng=5), nn.MLP(2, [1], rng=6)
    assert nn.accuracy(model, samples) == nn.accuracy(model, CLASSIFICATION)
    assert nn.confusion_matrix(score, samples, 2) == nn.confusion_matrix(score, CLASSIFICATION, 2)
    assert nn.confusions(form(booleans), LABELS, 2) == nn.confusions(LABELS, form(booleans), 2)
    for network, loss in ((model, nn.cross_entropy), (score, nn.binary_cross_entropy_with_logits)):
        assert nn.evaluate(network, loss, samples) == nn.evaluate(network, loss, CLASSIFICATION)
    assert trained(samples, nn.cross_entropy, 2) == trained(CLASSIFICATION, nn.cross_entropy, 2)
    assert [x for x, _ in split(samples).test] == [x for x, _ in split(CLASSIFICATION).test]
    assert nn.cross_entropy([1.0, 2.0], np.bool_(True)) == nn.cross_entropy([1.0, 2.0], 1)


@pytest.mark.parametrize("form", [np.array, lambda rows: np.array(rows, bool), lambda rows: rows, tuples])
def test_rows_with_a_one_are_classes(form: Callable[[Any], Any]) -> None:
    hot = form([[1 - label, label] for label in LABELS])
    samples = pair(FEATURES, hot)
    model = nn.MLP(2, [4, 2], rng=5)
    assert nn.accuracy(model, samples) == nn.accuracy(model, CLASSIFICATION)
    assert nn.confusion_matrix(model, samples, 2) == nn.confusion_matrix(model, CLASSIFICATION, 2)
    assert nn.confusions(hot, hot, 2) == nn.confusions(LABELS, LABELS, 2)
    for loss in (nn.cross_entropy, partial(nn.cross_entropy, label_smoothing=0.1)):
        expected = nn.evaluate(model, loss, CLASSIFICATION)
        assert nn.evaluate(model, loss, samples) == pytest.approx(expected, rel=1e-12)
        history = nn.fit(model, loss, Batches(samples, 24), SGD(model.parameters(), lr=1e-300), epochs=1)
        assert history[-1].accuracy == expected[1]
    assert [x for x, _ in split(samples, stratified=True).test] == [x for x, _ in split(CLASSIFICATION).test]


def test_rows_of_several_answers_are_judged_one_by_one() -> None:
    samples = [([0.5, -0.5], [1, 0]), ([0.5, 0.7], [0, 1])]
    assert nn.evaluate(lambda x: x, nn.binary_cross_entropy_with_logits, samples)[1] == 0.75
    assert nn.evaluate(lambda x: x, nn.cross_entropy, samples)[1] == 1.0
    assert nn.evaluate(lambda x: x, nn.cross_entropy, [([0.5, 0.7], [0.25, 0.75])])[1] is None


@pytest.mark.parametrize("row", [[0.5, 0.5], [1, 1], [0, 0], [1, 0, 0], [-1, 2], ["a", 1]], ids=repr)
def test_rows_that_are_no_class_are_refused_by_measures(row: Any) -> None:
    with pytest.raises(InputError, match=r"every label to be an int from 0 to 1, got .*a list is a class if"):
        nn.accuracy(lambda x: x, [([0.0, 1.0], row)])


def test_masked_arrays() -> None:
    ma: Any = np.ma
    model, whole, targets = nn.MLP(2, [2], rng=5), ma.array(FEATURES), ma.array(LABELS)
    assert trained(pair(whole, targets), nn.cross_entropy, 2) == trained(CLASSIFICATION, nn.cross_entropy, 2)
    assert nn.mse_loss(targets, targets) == 0.0
    holed, unknown = whole.copy(), targets.copy()
    holed[3, 1] = unknown[2] = ma.masked
    for use in (
        lambda: model(holed[3]),
        lambda: pair(holed, LABELS),
        lambda: pair(FEATURES, unknown),
        lambda: nn.mse_loss(unknown, LABELS),
        lambda: nn.mse_loss([ma.masked], [1.0]),
        lambda: nn.accuracy(model, list(zip(FEATURES, unknown, strict=True))),
        lambda: StandardScaler().fit(list(zip(holed, LABELS, strict=True))),
        lambda: trained(list(zip(holed, LABELS, strict=True)), nn.cross_entropy, 2),
    ):
        with pytest.raises(InputError, match=r"of numpy with 1 of \d+ masked; put numbers in their place"):
            use()


def test_measures_take_matrices_of_all_forms() -> None:
    table = [[8, 2], [0, 2]]
    forms: list[Any] = [np.array, tuples, Frame, Tensor]
    for form in forms:
        assert nn.f1_of(form(table), None) == nn.f1_of(table, None)
        assert nn.classification_report(form(table)) == nn.classification_report(table)
    with pytest.raises(ShapeError, match="a square matrix, got 5"):
        nn.accuracy_of(5)  # type: ignore[arg-type]


def test_weights_may_be_arrays() -> None:
    weights: Any = np.array([1.0, 2.0, 3.0])
    assert nn.cross_entropy(SCORES, [2, 0], weight=weights) == nn.cross_entropy(SCORES, [2, 0], weight=[1.0, 2.0, 3.0])
    for weight in (np.array([1.0, 2.0]), (1.0, 2.0), Frame([1.0, 2.0])):
        assert nn.binary_cross_entropy(OUTPUTS, [0.0, 1.0], weight=weight) == nn.binary_cross_entropy(
            OUTPUTS, [0.0, 1.0], weight=[1.0, 2.0]
        )
