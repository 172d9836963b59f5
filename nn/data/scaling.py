"""Features brought to a common scale, column by column: fitted to the training samples, then applied to all.

The numbers that a scaler learns are part of a model. If test samples were included in the fit, the model would depend
on them; so fit once, to the training samples, and transform all others.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self, TypeVar

import autograd_core as ag
from autograd_core import InputError, OperandTypeError, ShapeError
from autograd_core.calls import explained
from autograd_core.text import plural
from nn.base.checks import finite_number, nearly_constant
from nn.base.conversion import PAIRS, as_numbers, as_sample, as_sequence, is_list, is_pair

Y = TypeVar("Y")

GIVEN_TO_FIT: Final = "samples are given to fit: scaler.fit(samples)"

_OF_CONSTANT: Final = 2.0**-25
"""A column of equal numbers is divided by this share of the number, but at least by 1. Rounding errors of a few units
in the last place are 2**-49 of a number, and become less than 1e-7 for numbers of any size."""


class Scaler(ABC):
    """Base class of the scalers: a linear function for each column of the features. Targets are not changed.

    Attributes:
        columns: for each column the two fitted numbers; None before `fit`.
    """

    names: ClassVar[tuple[str, str]]
    """The names of the two numbers of a column."""

    @explained(GIVEN_TO_FIT)
    def __init__(self) -> None:
        self.columns: list[tuple[float, float]] | None = None

    def __repr__(self) -> str:
        """Whether it is fitted, and to how many columns."""
        state = "not fitted" if self.columns is None else f"fitted to {plural(len(self.columns), 'column')}"
        return f"{type(self).__name__}({state})"

    def fit(self, samples: Sequence[tuple[Sequence[float], Any]]) -> Self:
        """Learn the numbers of each column from these samples, and return the scaler.

        Raises:
            InputError: if there are no samples, or a feature or the range of a column is not finite.
            OperandTypeError: if the features of a sample are not a list of numbers.
            ShapeError: if the samples have different numbers of features. After an error the scaler is unchanged.
        """
        pairs = _pairs(samples)
        if not pairs:
            raise InputError("expected at least one sample to fit a scaler to, got none")
        width = len(_numbers(0, pairs[0][0]))
        lists = [_checked_features(index, features, width) for index, (features, _) in enumerate(pairs)]
        columns = [self._fitted(column) for column in zip(*lists, strict=True)]
        for index, column in enumerate(columns):
            if not self._possible(*column):
                raise InputError(f"the numbers of feature {index} are too far apart: their range is not finite")
        self.columns = columns
        return self

    def transform(self, samples: Iterable[tuple[Sequence[float], Y]]) -> list[tuple[list[float], Y]]:
        """New samples with scaled features and the same targets.

        Raises:
            InputError: if the scaler is not fitted, or a feature is not finite before or after scaling.
            OperandTypeError: if the features of a sample are not a list of numbers.
            ShapeError: if a sample has another number of features than the fitted ones.
        """
        return [(self._apply(self._scaled, index, features), y) for index, (features, y) in enumerate(_pairs(samples))]

    def inverse_transform(self, samples: Iterable[tuple[Sequence[float], Y]]) -> list[tuple[list[float], Y]]:
        """New samples with the features before scaling, except for rounding.

        Raises:
            InputError: if the scaler is not fitted, or a feature is not finite before or after scaling.
            OperandTypeError: if the features of a sample are not a list of numbers.
            ShapeError: if a sample has another number of features than the fitted ones.
        """
        return [
            (self._apply(self._unscaled, index, features), y) for index, (features, y) in enumerate(_pairs(samples))
        ]

    def state_dict(self) -> dict[str, list[float]]:
        """The fitted numbers, a list for each of the two names; JSON preserves them exactly.

        Raises:
            InputError: if the scaler is not fitted.
        """
        columns = self._fitted_columns()
        return {name: [column[which] for column in columns] for which, name in enumerate(self.names)}

    def load_state_dict(self, state: Mapping[str, Sequence[float]]) -> None:
        """Set the numbers to those of another scaler, which its `state_dict` returned.

        Raises:
            InputError: if `fit` cannot return such numbers.
            OperandTypeError: if they are not lists of numbers.
            ShapeError: if the lists differ in length. After an error the scaler is unchanged.
        """
        if not isinstance(state, Mapping) or set(state) != set(self.names):
            raise InputError(f"expected a dict with {' and '.join(self.names)}, got {state!r:.80}")
        first, second = (_numbers(name, state[name]) for name in self.names)
        if len(first) != len(second):
            raise ShapeError(f"expected {' and '.join(self.names)} of one length, got {len(first)} and {len(second)}")
        columns = list(zip(first, second, strict=True))
        for index, column in enumerate(columns):
            if not self._possible(*column):
                raise InputError(
                    f"{' and '.join(self.names)} cannot be {column[0]} and {column[1]}, as in column {index}"
                )
        self.columns = columns

    @abstractmethod
    def _fitted(self, column: Sequence[float]) -> tuple[float, float]:
        """The two numbers of a column of finite numbers."""

    @abstractmethod
    def _possible(self, a: float, b: float) -> bool:
        """Whether a column can be scaled by these finite numbers, from `_fitted` or from a state."""

    @abstractmethod
    def _scaled(self, x: float, a: float, b: float) -> float: ...

    @abstractmethod
    def _unscaled(self, x: float, a: float, b: float) -> float: ...

    def _fitted_columns(self) -> list[tuple[float, float]]:
        if self.columns is None:
            raise InputError(f"this {type(self).__name__} is not fitted; call fit with the training samples")
        return self.columns

    def _apply(self, function: Any, index: int, features: Sequence[float]) -> list[float]:
        columns = self._fitted_columns()
        results = [
            function(x, a, b)
            for x, (a, b) in zip(_checked_features(index, features, len(columns)), columns, strict=True)
        ]
        if not all(map(math.isfinite, results)):
            column = next(i for i, x in enumerate(results) if not math.isfinite(x))
            raise InputError(
                f"feature {column} of sample {index} is too far from what was fitted: {features[column]!r}"
            )
        return results


class StandardScaler(Scaler):
    """Shifts and scales each column to a mean of 0 and a standard deviation of 1.

    The standard deviation divides by the number of samples, not by one less, as in scikit-learn. A column of equal
    numbers is only shifted, to zeros; so is one whose numbers differ only by rounding errors of a few units in the last
    place, such as 0.3 and 0.1 + 0.2. If its mean is above 2**25, about 3e7, it is also divided by `mean * 2**-25`, so
    that the rounding errors of large numbers become less than 1e-7, too. A column with a subnormal standard deviation,
    below 2.3e-308, is also only shifted: such a number has too few digits to divide by.

    Mean and standard deviation are those of `autograd_core.mean` and `std`, exact to the last digits.

    >>> train, test = [([1.0, 5.0], 0), ([3.0, 5.0], 1)], [([4.0, 6.0], 1)]
    >>> scaler = StandardScaler().fit(train)
    >>> scaler.transform(train), scaler.transform(test)
    ([([-1.0, 0.0], 0), ([1.0, 0.0], 1)], [([2.0, 1.0], 1)])
    >>> scaler.inverse_transform(scaler.transform(test)), scaler.state_dict()
    ([([4.0, 6.0], 1)], {'mean': [2.0, 5.0], 'std': [1.0, 1.0]})
    """

    names = ("mean", "std")

    def _fitted(self, column: Sequence[float]) -> tuple[float, float]:
        # The rounded mean of equal numbers may differ from them, and then they would not become zeros.
        mean = min(max(ag.mean(column), min(column)), max(column))
        deviation = 0.0 if nearly_constant(column) else ag.std(column, correction=0)
        return mean, deviation if deviation >= sys.float_info.min else _constant_scale(mean)

    def _possible(self, a: float, b: float) -> bool:
        return b > 0.0

    def _scaled(self, x: float, a: float, b: float) -> float:
        return (x - a) / b

    def _unscaled(self, x: float, a: float, b: float) -> float:
        return x * b + a


class MinMaxScaler(Scaler):
    """Maps the smallest and the largest number of each column exactly to the ends of an interval.

    A column of equal numbers is mapped to the low end. So is one whose numbers differ only by rounding errors, within
    1e-7 of the interval; its `max` is then its `min`. Further numbers of such a column are scaled as if its range were
    1, or 2**-25 of its `min` if that is more. Samples that were not fitted may lie outside of the interval.

    Args:
        low: the low end. Default 0.
        high: the high end, above it. Default 1.

    Raises:
        InputError: if the ends are not finite or in the wrong order.

    >>> train, test = [([1.0, 5.0], 0), ([3.0, 5.0], 1)], [([4.0, 6.0], 1)]
    >>> scaler = MinMaxScaler(-1.0, 1.0).fit(train)
    >>> scaler.transform(train), scaler.transform(test)
    ([([-1.0, -1.0], 0), ([1.0, -1.0], 1)], [([2.0, 1.0], 1)])
    >>> scaler.inverse_transform(scaler.transform(test)), scaler.state_dict()
    ([([4.0, 6.0], 1)], {'min': [1.0, 5.0], 'max': [3.0, 5.0]})
    """

    names = ("min", "max")

    def __init__(self, low: float = 0.0, high: float = 1.0) -> None:
        super().__init__()
        if is_list(as_numbers(low)):
            raise InputError(f"expected the two ends as numbers, got {low!r:.80}; {GIVEN_TO_FIT}")
        self.low = finite_number("low", low)
        self.high = finite_number("high", high)
        if not 0.0 < self.high - self.low < math.inf:
            raise InputError(f"expected low to be below high, and their distance finite, got {low!r} and {high!r}")

    def _fitted(self, column: Sequence[float]) -> tuple[float, float]:
        return min(column), min(column) if nearly_constant(column) else max(column)

    def _possible(self, a: float, b: float) -> bool:
        return a <= b and math.isfinite(b - a)

    def _scaled(self, x: float, a: float, b: float) -> float:
        share = (x - a) / ((b - a) or _constant_scale(a))
        return self.low * (1.0 - share) + self.high * share  # exact at both ends, unlike low + share * (high - low)

    def _unscaled(self, x: float, a: float, b: float) -> float:
        return a + (x - self.low) / (self.high - self.low) * ((b - a) or _constant_scale(a))


def _constant_scale(number: float) -> float:
    """The divisor for a column whose numbers all equal this one, except for rounding errors."""
    return max(1.0, abs(number) * _OF_CONSTANT)


def _pairs(samples: Iterable[tuple[Any, Y]]) -> list[tuple[Any, Y]]:
    """The features of each sample, as numbers, and its unconverted target."""
    every = as_sequence("samples", samples)
    if len(every) and not is_pair(every[0]):
        raise InputError(
            f"expected a list of samples (features, target), got {every[0]!r:.80} as the first; {PAIRS}, and "
            "[(x, None) for x in X] makes samples of features alone"
        )
    return [(as_sample(every[index])[0], every[index][1]) for index in range(len(every))]


def _checked_features(index: int, features: Sequence[float], width: int) -> list[float]:
    numbers = _numbers(index, features)
    if len(numbers) != width:
        raise ShapeError(f"expected {width} features, got {len(numbers)} in sample {index}")
    return numbers


def _numbers(index: int | str, features: object) -> list[float]:
    """The numbers of a list as floats; `index` is the index of a sample, or the name of a list."""
    where = f"sample {index}" if isinstance(index, int) else repr(index)
    features = as_numbers(features)
    if not is_list(features):
        raise OperandTypeError(
            f"expected a list of numbers in {where}, got {features!r:.80}; samples are pairs, {PAIRS}"
        )
    try:
        numbers = [x if type(x) is float else _number(x) for x in features]
    except (TypeError, ValueError, OverflowError) as error:
        raise OperandTypeError(f"expected a list of numbers in {where}: {error}") from error
    if not all(map(math.isfinite, numbers)):
        column = next(i for i, x in enumerate(numbers) if not math.isfinite(x))
        raise InputError(f"number {column} in {where} is {numbers[column]}; replace or remove what is missing first")
    return numbers


def _number(x: Any) -> float:
    if isinstance(x, (str, bytes)):
        raise TypeError(f"got {x!r:.80}")
    return float(x)
