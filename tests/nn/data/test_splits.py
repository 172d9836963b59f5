"""Splits: partitions, shares of classes, folds."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_core import InputError, OperandTypeError
from nn.data import ThreeWay, k_fold, names, split, train_validation_test


@given(
    st.lists(st.integers(0, 4), max_size=60),
    st.floats(0.0, 0.99),
    st.integers(0, 100),
)
def test_a_split_is_a_partition_that_keeps_order_and_shares(labels: list[int], held_back: float, seed: int) -> None:
    samples = [([float(place)], label) for place, label in enumerate(labels)]
    train, test = split(samples, held_back, seed)
    assert sorted([*train, *test]) == samples
    assert (sorted(train), sorted(test)) == (train, test)
    for label, count in Counter(labels).items():
        assert sum(label == other for _, other in test) == round(held_back * count)
    assert split(samples, held_back, seed) == (train, test)


def test_which_samples_are_held_back_is_a_matter_of_chance() -> None:
    samples = [([float(place)], 0) for place in range(10)]
    drawn = Counter(features[0] for seed in range(1000) for features, _ in split(samples, 0.3, seed).test)
    assert all(230 < drawn[place] < 370 for place in map(float, range(10)))


@pytest.mark.parametrize("held_back", [-0.1, 1.0, "0.2", None, float("nan")])
def test_the_share_held_back_must_be_from_0_to_less_than_1(held_back: Any) -> None:
    with pytest.raises(InputError, match=r"held_back must be a finite number of at least 0 and less than 1, got "):
        split([([0.0], 0)], held_back)


Labels = st.lists(st.integers(0, 4), min_size=1, max_size=60)


def numbered(labels: list[int]) -> list[tuple[list[float], int]]:
    return [([float(place)], label) for place, label in enumerate(labels)]


def test_the_test_samples_of_a_seed_are_these() -> None:
    samples = numbered([0, 1, 2] * 5)
    assert [features[0] for features, _ in split(samples, 0.4, 1337).test] == [0.0, 2.0, 7.0, 11.0, 12.0, 13.0]
    assert [features[0] for features, _ in split(samples, 4, 1337).test] == [0.0, 11.0, 12.0, 13.0]


@given(Labels, st.data())
def test_a_number_held_back_is_exact_and_spread_over_the_classes(labels: list[int], data: Any) -> None:
    number = data.draw(st.integers(0, len(labels) - 1))
    train, test = split(numbered(labels), number, 3)
    assert (len(test), sorted([*train, *test])) == (number, numbered(labels))
    taken = Counter(label for _, label in test)
    for label, count in Counter(labels).items():
        assert abs(taken[label] - number * count / len(labels)) < 1.0  # largest remainders keep to the quota


@given(st.lists(st.floats(allow_nan=False) | st.lists(st.floats(allow_nan=False)), min_size=1, max_size=40))
def test_numbers_as_targets_are_not_stratified(targets: list[Any]) -> None:
    samples = [([float(place)], target) for place, target in enumerate(targets)]
    train, test = split(samples, 0.3, 1)
    assert len(test) == round(0.3 * len(samples))
    assert sorted(place for (place,), _ in [*train, *test]) == list(range(len(samples)))
    assert split(samples, 0.3, 1) == split(samples, 0.3, 1, stratified=False)


@pytest.mark.parametrize("samples", [[([0.0], 0), ([1.0], 0.5)], ["ab", "cd"], [([0.0], "rose")]], ids=str)
def test_only_ints_are_classes(samples: Any) -> None:
    with pytest.raises(OperandTypeError, match=r"expected pairs of features and class to stratify, but sample \d is "):
        split(samples, 0.5, stratified=True)
    assert len(split(samples, 0.0).train) == len(samples)


def test_anything_can_be_split_without_classes() -> None:
    train, test = split(names(), 0.1, stratified=False)
    assert len(test) == 516
    assert sorted([*train, *test]) == sorted(names())
    assert list(test) == [name for name in names() if name in set(test)]


# ---- Three parts -----------------------------------------------------------------------------------------------------


def check_three(parts: ThreeWay[Any], samples: list[Any]) -> None:
    assert sorted([*parts.train, *parts.validation, *parts.test]) == sorted(samples)
    for part in parts:
        assert list(part) == sorted(part)


@given(Labels, st.floats(0.0, 0.5), st.floats(0.0, 0.49), st.integers(0, 9))
def test_three_shares_are_a_partition_whose_test_is_that_of_the_split(
    labels: list[int], validation: float, test: float, seed: int
) -> None:
    samples = numbered(labels)
    parts = train_validation_test(samples, validation, test, seed)
    check_three(parts, samples)
    assert parts.test == split(samples, test, seed).test
    for label, count in Counter(labels).items():
        assert sum(label == other for _, other in parts.validation) == round(validation * count)
        assert sum(label == other for _, other in parts.test) == round(test * count)


@given(Labels, st.data())
def test_three_numbers_are_a_partition(labels: list[int], data: Any) -> None:
    validation = data.draw(st.integers(0, len(labels) - 1))
    test = data.draw(st.integers(0, len(labels) - 1 - validation))
    parts = train_validation_test(numbered(labels), validation, test, 5)
    check_three(parts, numbered(labels))
    assert (len(parts.validation), len(parts.test)) == (validation, test)


def test_a_part_may_be_empty_beside_a_share() -> None:
    samples = numbered([0, 1] * 10)
    assert train_validation_test(samples, 0, 0.2) == train_validation_test(samples, 0.0, 0.2)
    assert len(train_validation_test(samples, 0, 4).test) == 4


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (0.5, 0.5, "expected test and validation to be less than 1 together, got test=0.5, validation=0.5"),
        (0.1, 5, "expected test and validation to be two shares or two numbers, got test=5, validation=0.1"),
        (15, 5, "expected test and validation to leave some of 20 samples to train with, got test=5, validation=15"),
        (-1, 5, "expected test and validation to leave some of 20 samples to train with, got test=5, validation=-1"),
        (0.1, -0.1, "test must be a finite number of at least 0 and less than 1, got -0.1"),
        (True, 0.1, "validation must be a finite number of at least 0 and less than 1, got True"),
    ],
)
def test_parts_that_leave_nothing_are_refused(validation: Any, test: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        train_validation_test(numbered([0, 1] * 10), validation, test)
    assert str(raised.value) == message


@pytest.mark.parametrize("held_back", [20, 21, -1])
def test_a_number_must_leave_samples_to_train_with(held_back: int) -> None:
    with pytest.raises(
        InputError, match=r"expected held_back to leave some of 20 samples to train with, got held_back="
    ):
        split(numbered([0, 1] * 10), held_back)


# ---- Folds -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.data(), st.sampled_from([None, False, True]))
def test_folds_test_each_sample_once_and_are_alike(labels: list[int], data: Any, stratified: bool | None) -> None:
    samples, k = numbered(labels), data.draw(st.integers(2, len(labels)))
    folds = list(k_fold(samples, k, stratified=stratified, rng=4))
    assert len(folds) == k
    assert sorted(sample for _, test in folds for sample in test) == samples
    for train, test in folds:
        assert sorted([*train, *test]) == samples
        assert (list(train), list(test)) == (sorted(train), sorted(test))
        assert len(test) in {len(samples) // k, -(-len(samples) // k)}
    if stratified is not False:
        for label, count in Counter(labels).items():
            assert {sum(label == other for _, other in test) for _, test in folds} <= {count // k, -(-count // k)}


def test_folds_are_a_matter_of_chance_and_of_the_seed() -> None:
    samples = numbered([0] * 6)
    assert list(k_fold(samples, 3)) == list(k_fold(samples, 3, rng=0)) != list(k_fold(samples, 3, rng=1))
    tests = [[place for (place,), _ in test] for seed in range(600) for _, test in k_fold(samples, 3, rng=seed)]
    together = Counter(map(tuple, tests))
    assert len(together) == 15  # each pair meets in one of five ways to find a partner: 120 times of 600
    assert all(80 < count < 160 for count in together.values())


@pytest.mark.parametrize("k", [1, 0, -2, 5, 2.0, True, None])
def test_folds_are_at_least_two_and_at_most_one_for_each_sample(k: Any) -> None:
    with pytest.raises(InputError, match=r"k must be "):
        k_fold(numbered([0] * 4), k)


def test_parts_tell_how_many_samples_they_have() -> None:
    samples = [([float(i)], i % 2) for i in range(100)]
    assert repr(split(samples, 20)) == "Split(train: 80 samples, test: 20 samples)"
    parts = train_validation_test(samples, 20, 30)
    assert repr(parts) == "ThreeWay(train: 50 samples, validation: 20 samples, test: 30 samples)"
