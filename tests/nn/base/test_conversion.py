"""Data in the forms that people have it in: all mean the same to splits, scalers and training."""

import array
import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_core import AutogradError, GradientLossError, InputError, OperandTypeError, ShapeError, Value
from forms_of_data import (
    CLASSIFICATION,
    FEATURES,
    LABELS,
    NUMBERS,
    Frame,
    Tensor,
    each_form,
    trained,
)
from nn.base.conversion import as_numbers, class_of, is_class
from nn.data import Batches, MinMaxScaler, StandardScaler, k_fold, pair, split, train_validation_test
from nn.optim import SGD

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
