"""Samples held back for a test, for validation, or for cross-validation (k-fold).

If the samples have classes, a split is stratified: it takes them class by class, so that each part has the classes in
the proportions of the whole. Targets that are floats or lists are for regression, and are not stratified. Within each
part the samples keep their order. The same seed gives the same parts on every platform.
"""

import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, SupportsIndex, TypeGuard, TypeVar, runtime_checkable

from autograd_core import InputError, OperandTypeError
from autograd_core.calls import explained
from autograd_core.text import plural
from nn.base.checks import number_between, positive_int
from nn.base.conversion import PAIRS, as_numbers, as_sequence, class_of, is_class, is_list, is_pair
from nn.base.rng import Rng, generator, shuffled

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


FEW: Final = 10
"""The most samples that the `repr` of a split shows."""


class Split(NamedTuple, Generic[S]):
    """Samples for training, and samples held back for the test."""

    train: Sequence[S]
    test: Sequence[S]

    def __repr__(self) -> str:
        """How many samples there are in each part; `print(split.train[:3])` shows some."""
        return _counted(self)


class ThreeWay(NamedTuple, Generic[S]):
    """Samples for training, for validation (when to stop, which model), and for the test."""

    train: Sequence[S]
    validation: Sequence[S]
    test: Sequence[S]

    def __repr__(self) -> str:
        """How many samples there are in each part; `print(split.train[:3])` shows some."""
        return _counted(self)


def _counted(parts: Split[Any] | ThreeWay[Any]) -> str:
    """A line with the number of samples in each part, or with the samples if there are few."""
    if sum(map(len, parts)) <= FEW:
        return f"{type(parts).__name__}({', '.join(f'{name}={part!r}' for name, part in parts._asdict().items())})"
    counts = [f"{name}: {plural(len(part), 'sample')}" for name, part in parts._asdict().items()]
    return f"{type(parts).__name__}({', '.join(counts)})"


@runtime_checkable
class Lazy(Protocol[S_co]):
    """A sequence that creates its samples on access, so that a split does not create them all."""

    @property
    def targets(self) -> Sequence[Any]:
        """The targets of all samples."""

    def select(self, places: Iterable[int]) -> Sequence[S_co]:
        """The samples at these indices, in this order, as a sequence of the same kind."""


@explained()
def split(samples: Sequence[S], held_back: float = 0.2, rng: Rng = 0, *, stratified: bool | None = None) -> Split[S]:
    """Hold back a random part of the samples, the same for the same seed.

    Args:
        samples: pairs of features and target; or anything, if not stratified.
        held_back: a float is the share of the samples for the test, from 0 to less than 1, rounded class by class; an
            int is their exact number. Default: a fifth.
        rng: the source of the choice: a generator, a seed, or None for Python's global generator. Default: seed 0, so
            that everybody has the same test samples.
        stratified: whether to split class by class. Default: if all targets are ints. With True, whole floats are
            classes, too.

    Raises:
        InputError: if the share or number is out of its range.
        OperandTypeError: if the split is stratified and a target is not a whole number.

    >>> train, test = split([([0.0], i % 2) for i in range(20)])
    >>> len(train), [label for _, label in test]
    (16, [1, 0, 0, 1])
    >>> split("abcdefgh", 3, stratified=False)
    Split(train=['b', 'c', 'f', 'g', 'h'], test=['a', 'd', 'e'])
    """
    samples = _samples(samples, held_back)
    (test,) = _held_back(samples, {"held_back": held_back}, rng, stratified)
    return Split(train=_without(samples, test), test=_selected(samples, test))


@explained()
def train_validation_test(
    samples: Sequence[S],
    validation: float = 0.1,
    test: float = 0.2,
    rng: Rng = 0,
    *,
    stratified: bool | None = None,
) -> ThreeWay[S]:
    """Hold back two parts of the samples. The test part is the one that `split(samples, test, rng)` holds back.

    Args:
        samples: pairs of features and target; or anything, if not stratified.
        validation: share or number of the samples to make choices with.
        test: share or number of the samples to test with, of the same type as `validation`.
        rng: the source of the choice: a generator, a seed, or None for Python's global generator. Default: seed 0.
        stratified: whether to split class by class. Default: if all targets are ints. With True, whole floats are
            classes, too.

    Raises:
        InputError: if the shares or numbers are out of their range, also together, or one is a share and one a number.
        OperandTypeError: if the split is stratified and a target is not a whole number.

    >>> [len(part) for part in train_validation_test([([0.0], i % 2) for i in range(20)])]
    [14, 2, 4]
    """
    samples = _samples(samples, validation, test)
    tested, validated = _held_back(samples, {"test": test, "validation": validation}, rng, stratified)
    return ThreeWay(
        train=_without(samples, tested | validated),
        validation=_selected(samples, validated),
        test=_selected(samples, tested),
    )


@explained()
def k_fold(samples: Sequence[S], k: int, *, stratified: bool | None = None, rng: Rng = 0) -> Iterator[Split[S]]:
    """`k` splits; each sample is in the test part of exactly one of them (cross-validation).

    Test parts differ in size by at most one, and so do their shares of every class. The splits are created lazily.

    Args:
        samples: pairs of features and target; or anything, if not stratified. At least `k`.
        k: number of splits, at least 2.
        stratified: whether to split class by class. Default: if all targets are ints. With True, whole floats are
            classes, too.
        rng: the source of the choice: a generator, a seed, or None for Python's global generator. Default: seed 0.

    Raises:
        InputError: if `k` is not an int from 2 to the number of samples.
        OperandTypeError: if the split is stratified and a target is not a whole number.

    >>> [test for _, test in k_fold("abcdefgh", 3, stratified=False, rng=2)]
    [['d', 'e', 'g'], ['b', 'f', 'h'], ['a', 'c']]
    """
    samples = _samples(samples, k)
    if not 2 <= positive_int("k", k) <= len(samples):
        raise InputError(f"k must be from 2 to the number of samples, {len(samples)}, got {k}")
    # Distributed in turn, class after class: each class is spread evenly over the folds, and so is the whole.
    dealt = [index for members in _shuffled_classes(samples, rng, stratified) for index in members]
    folds = [set(dealt[fold::k]) for fold in range(k)]
    return (Split(train=_without(samples, fold), test=_selected(samples, fold)) for fold in folds)


# ---- Parts -----------------------------------------------------------------------------------------------------------


def _samples(samples: Sequence[S], *amounts: object) -> Sequence[S]:
    """The samples as a sequence; raise an error if targets were passed in place of an amount."""
    for amount in amounts:
        if hasattr(amount, "__len__") and not isinstance(amount, str):
            raise InputError(f"expected samples, pairs (features, target), got features and targets apart; {PAIRS}")
    return as_sequence("samples", samples)


def _held_back(samples: Sequence[Any], wanted: dict[str, float], rng: Rng, stratified: bool | None) -> list[set[int]]:
    """The indices of each part that is held back; no index is in two of them."""
    amounts = _amounts(wanted, len(samples))
    classes = _shuffled_classes(samples, rng, stratified)
    sizes = [len(members) for members in classes]
    parts: list[set[int]] = []
    for amount in amounts:
        quotas = _quotas(amount, sizes, [len(members) for members in classes])
        parts.append({index for members, quota in zip(classes, quotas, strict=True) for index in members[:quota]})
        classes = [members[quota:] for members, quota in zip(classes, quotas, strict=True)]
    return parts


def _quotas(amount: float, sizes: list[int], free: list[int]) -> list[int]:
    """How many of each class a part takes: a share of each, rounded; or a number, apportioned among what is free.

    Shares whose sum is less than 1 never take more than there is, because each is rounded by at most a half. A number
    is apportioned by largest remainders (Hamilton), which makes the sum exact.
    """
    if isinstance(amount, float):
        return [round(amount * size) for size in sizes]
    total = sum(free) or 1
    quotas = [amount * size // total for size in free]
    by_remainder = sorted(range(len(free)), key=lambda index: -(amount * free[index] % total))
    for index in by_remainder[: amount - sum(quotas)]:
        quotas[index] += 1
    return quotas


def _shuffled_classes(samples: Sequence[Any], rng: Rng, stratified: bool | None) -> list[list[int]]:
    """The indices of the samples, class by class in order of the classes, and in random order within each."""
    source, targets = generator(rng), _targets(samples)
    if stratified is None:
        stratified = all(map(is_class, targets))
    if not stratified:
        return [shuffled(range(len(samples)), source)]
    indices: defaultdict[int, list[int]] = defaultdict(list)
    for index, target in enumerate(targets):
        numbers = as_numbers(target)
        label = class_of(numbers, len(numbers) if is_list(numbers) else None)
        if label is None:
            raise OperandTypeError(
                f"expected pairs of features and class to stratify, but sample {index} is {samples[index]!r:.80}; "
                "give stratified=False"
            )
        indices[label].append(index)
    return [shuffled(members, source) for _, members in sorted(indices.items())]


def _targets(samples: Sequence[Any]) -> Sequence[Any]:
    """The target of each sample; None if the sample is not a pair."""
    if isinstance(samples, Lazy):
        return samples.targets
    return [sample[1] if is_pair(sample) else None for sample in samples]


def _selected(samples: Sequence[S], indices: set[int]) -> Sequence[S]:
    if isinstance(samples, Lazy):
        return samples.select(sorted(indices))
    return [samples[index] for index in sorted(indices)]


def _without(samples: Sequence[S], indices: set[int]) -> Sequence[S]:
    return _selected(samples, set(range(len(samples))) - indices)


def _amounts(wanted: dict[str, float], count: int) -> list[float]:
    """Shares with a sum less than 1, as floats; or ints that leave samples for training. 0 can be either."""
    numbers = [operator.index(amount) for amount in wanted.values() if _is_number(amount)]
    if not any(numbers):
        shares = [number_between(name, amount, 0.0, 1.0) for name, amount in wanted.items()]
        if sum(shares) >= 1.0:
            raise InputError(f"expected {' and '.join(wanted)} to be less than 1 together, got {_given(wanted)}")
        return [*shares]
    if len(numbers) < len(wanted):
        raise InputError(f"expected {' and '.join(wanted)} to be two shares or two numbers, got {_given(wanted)}")
    if min(numbers) < 0 or sum(numbers) >= max(count, 1):
        raise InputError(
            f"expected {' and '.join(wanted)} to leave some of {count} samples to train with, got {_given(wanted)}"
        )
    return [*numbers]


def _is_number(amount: object) -> TypeGuard[SupportsIndex]:
    return hasattr(amount, "__index__") and not isinstance(amount, bool)


def _given(wanted: dict[str, float]) -> str:
    return ", ".join(f"{name}={amount!r}" for name, amount in wanted.items())
