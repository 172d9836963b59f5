"""Data in the forms that people have it in: all mean the same to losses, metrics, splits, scalers and training."""

import array
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import AutogradError, GradientLossError, InputError, OperandTypeError, ShapeError, Value
from nn import losses
from nn.base.conversion import as_numbers, class_of, is_class
from nn.data import Batches, MinMaxScaler, StandardScaler, k_fold, pair, split, train_validation_test
from nn.optim import SGD

CLASSIFICATION: Final = nn.data.moons(24, rng=3)
FEATURES: Final = [features for features, _ in CLASSIFICATION]
LABELS: Final = [label for _, label in CLASSIFICATION]
NUMBERS: Final = [x + 2.0 * y for x, y in FEATURES]


class Frame:
    """A table of which only its method `to_numpy` is known; a loop over it gives the names of its columns."""

    def __init__(self, rows: Any) -> None:
        self.rows = np.array(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        return (f"column {place}" for place in range(self.rows.shape[-1]))

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def to_numpy(self) -> Any:
        return self.rows


class Tensor:
    """An array of which only `__array__` is known."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = np.array(numbers)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numbers


def tuples(data: Any) -> Any:
    return tuple(map(tuples, data)) if isinstance(data, list) else data


def values(data: Any) -> Any:
    return [values(part) for part in data] if isinstance(data, list) else Value(data)


def objects(data: Any) -> Any:
    return np.array(values(data), dtype=object)


FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "list": lambda data: data,
    "tuples": tuples,
    "array": np.array,
    "frame": Frame,
    "tensor": Tensor,
    "map": lambda data: map(tuples, data),
    "list of arrays": lambda data: [np.array(part) for part in data],
    "list of frames": lambda data: [Frame(part) if isinstance(part, list) else np.array(part)[()] for part in data],
}

each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


# ---- What they become ------------------------------------------------------------------------------------------------


@each_form
def test_all_forms_become_the_same_lists(form: Callable[[Any], Any]) -> None:
    for data in ([1.5, 2.0], [1, 2], [[1.0, 2.0], [3.0, 4.0]], [[[1.0], [2.0]]]):
        result = as_numbers(form(data))
        assert result == data
        assert repr(result) == repr(data)  # in which ints are still ints


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int8(3), 3),
        (np.bool_(True), True),
        (np.array(2), 2),
        (np.array(2.5), 2.5),
        (Tensor(7), 7),
        (Fraction(1, 2), Fraction(1, 2)),
        (array.array("d", [1.0, 2.0]), [1.0, 2.0]),
        (memoryview(array.array("i", [1, 2])), [1, 2]),
        (range(3), [0, 1, 2]),
        ({"a": 1.0}.values(), [1.0]),
        ([], []),
        (np.zeros((0, 2)), []),
    ],
)
def test_numbers_and_sequences_of_other_kinds(number: Any, expected: Any) -> None:
    result = as_numbers(number)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    "thing", ["text", b"bytes", None, {"a": 1.0}, {1.0}, object(), 1j], ids=lambda thing: type(thing).__name__
)
def test_what_is_no_data_stays_and_no_loop_runs_for_ever(thing: Any) -> None:
    assert as_numbers(thing) is thing
    assert as_numbers((thing, thing)) == [thing, thing]


def test_a_tensor_that_requires_a_gradient_is_refused_wherever_it_comes() -> None:
    class Tracked(Tensor):
        requires_grad = True

    x: Any = Tracked([0.5, 1.0])
    calls: list[Callable[[], Any]] = [
        lambda: nn.mse_loss(x, [0.0, 1.0]),
        lambda: nn.mse_loss([x], [[0.0, 1.0]]),
        lambda: nn.Linear(2, 1)([x]),
        lambda: pair([x], [1]),
    ]
    for call in calls:
        with pytest.raises(GradientLossError, match=r"a Tracked that requires a gradient, .* pass x\.detach\(\)"):
            call()


@pytest.mark.parametrize("number", [1j, np.complex64(1j), np.array([0.5, 1j])], ids=repr)
def test_complex_numbers_are_no_numbers(number: Any) -> None:
    for given_ in (number, [number]):
        with pytest.raises(OperandTypeError, match="mse_loss, as predictions, expected numbers or lists of them, got "):
            nn.mse_loss(given_, [0.0])


def test_values_stay_themselves_in_every_form() -> None:
    w = [Value(1.0), Value(2.0)]
    for form in (tuple, lambda data: np.array(data, dtype=object), iter):
        assert all(a is b for a, b in zip(as_numbers(form(w)), w, strict=True))


@given(st.integers(-(2**40), 2**40), st.floats(allow_nan=True))
def test_a_class_is_a_whole_number_of_any_type(whole: int, number: float) -> None:
    for same in (whole, float(whole), np.int64(whole), np.float64(whole), [whole], np.array([float(whole)])):
        assert class_of(same) == whole
    assert class_of(number) == (int(number) if math.isfinite(number) and number == int(number) else None)
    assert not is_class(float(whole))
    assert is_class(np.int64(whole))
    assert is_class(np.array([whole]))


# ---- Losses ----------------------------------------------------------------------------------------------------------


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


# ---- Samples ---------------------------------------------------------------------------------------------------------


def forms_of_samples(targets: Sequence[Any]) -> dict[str, Any]:
    """The same samples in many forms; each is made when it is asked for, as iterators can be used once."""
    x, y = np.array(FEATURES), np.array(targets)
    return {
        "pairs": lambda: list(zip(FEATURES, targets, strict=True)),
        "list pairs": lambda: [[features, target] for features, target in zip(FEATURES, targets, strict=True)],
        "rows of arrays": lambda: list(zip(x, y, strict=True)),
        "columns": lambda: list(zip(x, y[:, None], strict=True)),
        "frames": lambda: [(Frame(row), target) for row, target in zip(FEATURES, y, strict=True)],
        "maps": lambda: [(iter(row), target) for row, target in zip(FEATURES, targets, strict=True)],
        "zip": lambda: zip(x, y, strict=True),
        "pair of frames": lambda: pair(Frame(FEATURES), Frame(targets)),
        "pair of columns": lambda: pair(x, y[:, None]),
        "pair of maps": lambda: pair(map(tuple, FEATURES), iter(targets)),
        "objects": lambda: np.array([*zip(FEATURES, targets, strict=True)], dtype=object),
    }


FORMS_OF_SAMPLES: Final = list(forms_of_samples(LABELS))
each_form_of_samples = pytest.mark.parametrize("form", FORMS_OF_SAMPLES)


def trained(samples: Any, loss: Any, outputs: int, **options: Any) -> list[float]:
    model = nn.MLP(2, [4, outputs], rng=0)
    batches = Batches(samples, 5, rng=1)
    nn.fit(model, loss, batches, SGD(model.parameters(), lr=0.1), epochs=2, **options)
    return [p.data for p in model.parameters()]


@each_form_of_samples
@pytest.mark.parametrize(
    ("loss", "targets", "outputs"),
    [
        (nn.cross_entropy, LABELS, 2),
        (nn.cross_entropy, [float(label) for label in LABELS], 2),
        (nn.binary_cross_entropy_with_logits, LABELS, 1),
        (nn.mse_loss, NUMBERS, 1),
    ],
    ids=["classes", "float classes", "binary", "numbers"],
)
def test_training_is_the_same_for_all_forms(form: str, loss: Any, targets: Any, outputs: int) -> None:
    make, usual = forms_of_samples(targets)[form], forms_of_samples(targets)["pairs"]
    expected = trained(usual(), loss, outputs, validation=usual())
    assert trained(make(), loss, outputs, validation=make()) == expected


def test_rows_of_several_targets_are_learned() -> None:
    rows = np.array([[x + y, x - y] for x, y in FEATURES])
    samples = list(zip(np.array(FEATURES), rows, strict=True))
    plain_samples = [(list(map(float, x)), list(map(float, y))) for x, y in samples]
    assert trained(samples, nn.mse_loss, 2) == trained(plain_samples, nn.mse_loss, 2)
    hot = list(zip(FEATURES, np.eye(2)[LABELS], strict=True))
    assert trained(hot, nn.cross_entropy, 2) == pytest.approx(trained(CLASSIFICATION, nn.cross_entropy, 2), rel=1e-12)


@each_form_of_samples
def test_measures_are_the_same_for_all_forms(form: str) -> None:
    model, line = nn.MLP(2, [4, 2], rng=5), nn.MLP(2, [1], rng=6)
    classes = [forms_of_samples(targets)[form] for targets in (LABELS, [float(label) for label in LABELS])]
    for make in classes:
        assert nn.accuracy(model, make()) == nn.accuracy(model, CLASSIFICATION)
        assert nn.confusion_matrix(model, make(), 2) == nn.confusion_matrix(model, CLASSIFICATION, 2)
        assert nn.evaluate(model, nn.cross_entropy, make()) == nn.evaluate(model, nn.cross_entropy, CLASSIFICATION)
    numbers = forms_of_samples(NUMBERS)
    assert nn.r2_score(line, numbers[form]()) == nn.r2_score(line, numbers["pairs"]())
    assert nn.evaluate(line, nn.mse_loss, numbers[form]()) == nn.evaluate(line, nn.mse_loss, numbers["pairs"]())


@pytest.mark.parametrize("make", [np.array, tuple, lambda row: [np.float32(x) for x in row], Tensor])
def test_models_may_answer_in_any_form(make: Callable[[Any], Any]) -> None:
    samples = [([0.25, 0.5], 1), ([2.0, 1.0], 0), ([0.0, 1.0], 0)]
    assert nn.accuracy(make, samples) == pytest.approx(2 / 3)
    assert nn.evaluate(make, nn.cross_entropy, samples) == nn.evaluate(lambda row: row, nn.cross_entropy, samples)
    assert nn.predicted_class(make([0.0, 2.0, 1.0])) == 1


def test_r2_of_several_columns_is_the_mean_of_theirs() -> None:
    targets = [[1.0, 5.0], [2.0, 7.0], [4.0, 6.0]]
    guesses = [[1.5, 5.0], [2.0, 6.0], [3.0, 6.5]]
    columns = [nn.r2_of([g[i] for g in guesses], [t[i] for t in targets]) for i in range(2)]
    array_of_guesses: Any = np.array(guesses)
    assert nn.r2_of(array_of_guesses, targets) == pytest.approx(sum(columns) / 2, rel=1e-15)
    assert nn.r2_of([[1.0], [2.0]], [1.0, 2.0]) == 1.0
    ragged: list[list[list[float]]] = [[[1.0, 2.0], [3.0]], [[], []]]
    for wrong in ragged:
        with pytest.raises(ShapeError, match="lists of one length"):
            nn.r2_of(wrong, [1.0, 2.0])
    with pytest.raises(InputError, match="every target to be a number, got the text 'a'"):
        nn.r2_of([1.0, 2.0], ["a", "b"])


@each_form_of_samples
def test_splits_are_the_same_for_all_forms(form: str) -> None:
    def places(parts: Iterable[Iterable[Any]]) -> list[list[int]]:
        return [[FEATURES.index(list(map(float, as_numbers(features)))) for features, _ in part] for part in parts]

    make = forms_of_samples(LABELS)[form]
    if form == "maps":
        pytest.skip("the features of such samples can be looked at once only")
    assert places(split(make(), 0.25)) == places(split(CLASSIFICATION, 0.25))
    assert places(train_validation_test(make())) == places(train_validation_test(CLASSIFICATION))
    assert [places(fold) for fold in k_fold(make(), 3)] == [places(fold) for fold in k_fold(CLASSIFICATION, 3)]


def test_splits_of_rows_of_targets_take_any_samples() -> None:
    for rows in ([[0.25, 0.75]] * len(FEATURES), np.array(FEATURES)):
        samples = list(zip(FEATURES, rows, strict=True))
        assert [len(part) for part in split(samples)] == [19, 5]
        with pytest.raises(OperandTypeError, match="to stratify, but sample 0 is"):
            split(samples, stratified=True)
    floats = [(features, float(label)) for features, label in CLASSIFICATION]
    assert split(floats, stratified=True).test == [(x, float(y)) for x, y in split(CLASSIFICATION).test]


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
@each_form_of_samples
def test_scalers_are_the_same_for_all_forms(form: str, scaler: Any) -> None:
    make = forms_of_samples(LABELS)[form]
    expected = scaler().fit(CLASSIFICATION)
    fitted = scaler().fit(make())
    assert fitted.state_dict() == expected.state_dict()
    assert [x for x, _ in fitted.transform(make())] == [x for x, _ in expected.transform(CLASSIFICATION)]


def test_features_and_targets_apart_are_told_how_to_be_paired() -> None:
    model = nn.MLP(2, [2], rng=0)
    optimizer: Any = SGD(model.parameters(), lr=0.1)
    for x, y in ((np.array(FEATURES), np.array(LABELS)), (Frame(FEATURES), Frame(LABELS)), (FEATURES, LABELS)):
        calls: list[Callable[[], Any]] = [
            lambda x=x, y=y: nn.fit(model, x, y, optimizer),  # type: ignore[misc]
            lambda x=x, y=y: nn.fit(model, nn.cross_entropy, x, y),  # type: ignore[misc]
            lambda x=x, y=y: nn.fit(model, nn.cross_entropy, x, y, optimizer),  # type: ignore[misc]
            lambda x=x, y=y: nn.fit(model, nn.cross_entropy, (x, y), optimizer),  # type: ignore[misc]
            lambda x=x: nn.fit(model, nn.cross_entropy, x, optimizer),  # type: ignore[misc]
            lambda x=x, y=y: nn.fit(model, nn.cross_entropy, CLASSIFICATION, optimizer, validation=(x, y)),  # type: ignore[misc]
            lambda x=x, y=y: split(x, y),  # type: ignore[misc]
            lambda x=x, y=y: k_fold(x, y),  # type: ignore[misc]
            lambda x=x, y=y: train_validation_test(x, y),  # type: ignore[misc]
            lambda x=x: StandardScaler().fit(x),  # type: ignore[misc]
        ]
        for call in calls:
            before = [p.data for p in model.parameters()]
            with pytest.raises(AutogradError, match=r"nn\.data\.pair\(X, y\) makes samples"):
                call()
            assert [p.data for p in model.parameters()] == before


def test_a_training_takes_four_arguments_by_place() -> None:
    model = nn.MLP(2, [2], rng=0)
    optimizer: Any = SGD(model.parameters(), lr=0.1)
    with pytest.raises(
        InputError, match=r"expected \(model, loss, batches, optimizer\), got 5 arguments; name the others"
    ):
        nn.fit(model, nn.cross_entropy, CLASSIFICATION, optimizer, 3)  # type: ignore[arg-type]


def test_two_samples_in_a_tuple_are_no_features_and_targets() -> None:
    model = nn.MLP(2, [2], rng=0)
    assert len(nn.fit(model, nn.cross_entropy, tuple(CLASSIFICATION[:2]), SGD(model.parameters(), 0.1))) == 1


def test_labels_that_are_texts_end_a_training_with_the_name_of_the_sample() -> None:
    model = nn.MLP(2, [2], rng=0)
    samples = pair(FEATURES, ["upper" if label else "lower" for label in LABELS])
    with pytest.raises(InputError, match=r"^sample 0: .* got the text '(upper|lower)'.* number the classes"):
        nn.fit(model, nn.cross_entropy, samples, SGD(model.parameters(), lr=0.1))
    for call in (lambda: nn.accuracy(model, samples), lambda: nn.confusion_matrix(model, samples, 2)):
        with pytest.raises(InputError, match=r"got the text '(upper|lower)'"):
            call()


@pytest.mark.parametrize("wrong", [{"x": 1}, {1, 2}, 5, None, Frame(FEATURES)], ids=lambda thing: type(thing).__name__)
def test_what_is_no_list_of_samples_is_refused(wrong: Any) -> None:
    model = nn.MLP(2, [2], rng=0)
    for call in (
        lambda: Batches(wrong, 2),
        lambda: split(wrong),
        lambda: nn.accuracy(model, wrong),
        lambda: nn.evaluate(model, nn.cross_entropy, wrong),
        lambda: StandardScaler().fit(wrong),
    ):
        with pytest.raises(InputError, match="to be a list of samples, got"):
            call()


@pytest.mark.parametrize(
    ("features", "targets", "error", "message"),
    [
        ([[1.0]], [1, 2], ShapeError, "as many targets as rows of features, got 2 and 1"),
        ([], [], ShapeError, "got 0 and 0"),
        (1.0, [1], InputError, "expected features as an array or a list"),
        ([[1.0]], "a", InputError, "expected targets as an array or a list"),
        ([[1.0]], {"a": 1}, InputError, "expected targets as an array or a list"),
    ],
)
def test_what_makes_no_pairs_is_refused(features: Any, targets: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        pair(features, targets)


def test_frames_of_pandas() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(FEATURES, columns=["x", "y"], index=range(100, 124))
    labels = pd.Series(LABELS, index=frame.index)
    expected = trained(CLASSIFICATION, nn.cross_entropy, 2)
    for samples in (
        pair(frame, labels),
        pair(frame, labels.to_frame()),
        pair(frame, labels.astype(float)),
        pair(frame.astype("Float64"), labels.astype("Int64")),
        [(row, label) for (_, row), label in zip(frame.iterrows(), labels, strict=True)],
        [(row, label) for row, label in zip(frame.itertuples(index=False), labels, strict=True)],
    ):
        assert trained(samples, nn.cross_entropy, 2) == expected
    with pytest.raises(OperandTypeError, match="the value is missing; leave such rows out with"):
        nn.mse_loss(pd.array([1, None], dtype="Int64"), [1.0, 2.0])
    assert nn.mse_loss(labels, frame["x"]) == nn.mse_loss(LABELS, [x for x, _ in FEATURES])
    with pytest.raises(InputError, match="number the classes"):
        nn.cross_entropy([[1.0, 2.0]], pd.Series(["a"], dtype="category"))
