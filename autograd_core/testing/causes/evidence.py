"""What is known about a wrong gradient, and how well a supposed cause fits it.

A cause predicts the numbers that were claimed. It fits if it predicts every wrong one, at the point of the check and at
points nearby, where the same mistake gives other numbers. The chance of a fit by accident is the product of the
relative precisions; so a number known to seven digits says more than one known to two, and several numbers say more
than one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

CLOSE: Final = 2e-6
"""Numbers with at most this relative distance count as the same: a gradient in 32 bits, a constant of seven digits."""

DOUBTS: Final = 3.0
"""A number may differ from the truth by its measured error times this."""

MOVED: Final = 0.02
"""A point nearby changes numbers by about this part, so it tells causes apart only as far as it is more precise."""

RARE: Final = 2e-4
"""The chance of an accident up to which one of the many causes besides signs and simple factors is believed."""

ROUGH: Final = 0.1
"""The relative distance from which a quotient of two points shows that a derivative is another one."""

NAN: Final = math.nan

Prediction = tuple[float, float]
"""A claimed number as a cause predicts it, and the error that it has from measured numbers."""


def nowhere(_: Sequence[float]) -> float:
    """Return nan, the value of a function that is not known."""
    return NAN


def no_paths(_: int) -> list[float]:
    """Return the paths of a function without a graph."""
    return []


def no_graph() -> None:
    """Return the graph of a function that has none."""


@dataclass
class Gradient:
    """A claimed and a true gradient at one point.

    Attributes:
        claimed: the derivatives that are checked.
        true: the independent ones; nan where they are unknown.
        doubt: the absolute error of each true one; by default the rounding of a float.
        point: the arguments; by default unknown.
        value: the value of the function; by default unknown.
        value_at: the function itself, nan where it has no value.
        paths: the contribution of each path from the result to a number, by its index.
        graph: the result as a Value and the Values of the arguments, with right local derivatives.
        inner_graph: the same for a function that converts its result to a plain number, such as one of numpy with a
            `float` at its end. It has the ops of the arrays, number by number.
        kept: functions of the arrays among the arguments.
    """

    claimed: Sequence[float]
    true: Sequence[float]
    doubt: Sequence[float] = ()
    point: Sequence[float] = ()
    value: float = NAN
    value_at: Callable[[Sequence[float]], float] = nowhere
    paths: Callable[[int], Sequence[float]] = no_paths
    graph: Callable[[], tuple[Any, list[Any]] | None] = no_graph
    inner_graph: Callable[[], tuple[Any, list[Any]] | None] = no_graph
    kept: dict[Any, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.doubt = self.doubt or [1e-12 * abs(x) for x in self.true]
        self.point = self.point or [NAN] * len(self.true)

    def is_wrong(self, i: int) -> bool:
        """Return whether a derivative is known, and the claimed one differs from it."""
        error = abs(self.claimed[i] - self.true[i])
        return math.isfinite(error) and error > DOUBTS * self.doubt[i]

    def derivative_at(self, point: Sequence[float], i: int, expected: float = NAN) -> float:
        """Return the derivative at another point by a quotient of five points; of two where it is not as expected."""
        x = point[i]
        h = 1e-3 * abs(x) or 1e-3
        low, high = (self._moved(point, i, x + k * h) for k in (-1, 1))
        rough = (high - low) / (2 * h)
        if abs(rough - expected) > ROUGH * max(abs(rough), abs(expected)):
            return rough
        below, above = (self._moved(point, i, x + k * h) for k in (-2, 2))
        return (8 * (high - low) - (above - below)) / (12 * h)

    def second_derivative(self, i: int) -> float:
        """Return the second derivative with respect to one number by a quotient of five points."""
        x = self.point[i]
        h = 2e-3 * abs(x) or 2e-3
        below, low, high, above = (self._moved(self.point, i, x + k * h) for k in (-2, -1, 1, 2))
        return (16 * (high + low) - (above + below) - 30 * self.value) / (12 * h * h)

    def derivative(self, i: int) -> float:
        """Return the true derivative; by a quotient if it was not measured."""
        return self.true[i] if math.isfinite(self.true[i]) else self.derivative_at(self.point, i)

    def _moved(self, point: Sequence[float], i: int, x: float) -> float:
        return self.value_at([*point[:i], x, *point[i + 1 :]])


class Argument(NamedTuple):
    """A scalar, or an array or list of numbers: its name, where its numbers begin, and its shape."""

    name: str
    start: int
    shape: tuple[int, ...]

    @property
    def indices(self) -> range:
        """The indices of its numbers."""
        return range(self.start, self.start + math.prod(self.shape))


@dataclass
class Evidence:
    """A wrong gradient, and what it is nearby.

    Attributes:
        here: the gradient at the point of the check.
        names: the path of each number, such as `w[0, 1]`.
        measure: returns the same gradients at points nearby, on first use.
        sizes: the lengths of arrays that are not differentiated with respect to, such as the size of a batch.
    """

    here: Gradient
    names: Sequence[str] = ()
    measure: Callable[[], Sequence[Gradient]] = list
    sizes: Sequence[int] = ()
    _arguments: dict[int, Argument] = field(default_factory=dict)
    _wrong_in: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = self.names or [f"number {i}" for i in range(len(self.here.true))]

    @cached_property
    def nearby(self) -> Sequence[Gradient]:
        """The gradients at points nearby."""
        return self.measure()

    @cached_property
    def wrong(self) -> list[int]:
        """The indices of the wrong derivatives."""
        return [i for i in range(len(self.here.true)) if self.here.is_wrong(i)]

    @cached_property
    def arguments(self) -> list[Argument]:
        """The scalars and arrays among the arguments."""
        return list(arguments_of(self.names))

    def argument(self, index: int) -> Argument:
        """Return the scalar or array that a number belongs to."""
        if not self._arguments:
            self._arguments = {i: argument for argument in self.arguments for i in argument.indices}
        return self._arguments[index]

    def wrong_in(self, argument: Argument) -> list[int]:
        """Return the indices of the wrong derivatives of one argument."""
        if argument.start not in self._wrong_in:
            self._wrong_in[argument.start] = [i for i in argument.indices if self.here.is_wrong(i)]
        return self._wrong_in[argument.start]

    def chance(
        self, indices: Sequence[int], predict: Callable[[Gradient, int], Prediction], close: float = CLOSE
    ) -> float:
        """Return the chance that a prediction fits the wrong numbers by accident; `inf` if it does not fit.

        `close` is the relative distance up to which it fits. A frequent mistake is believed from fewer digits, because
        a derivative may be less exact than it seems: that of an iteration to a tolerance has other digits nearby.
        """
        chance = 1.0
        for gradient, scale in self.gradients():
            for i in indices:
                if gradient is self.here or gradient.is_wrong(i):
                    chance *= _chance(gradient, i, predict, scale, close)
                if chance > 1.0:
                    return math.inf
        return chance

    def samples(self, indices: Sequence[int]) -> Iterator[tuple[Gradient, int]]:
        """Yield the wrong derivatives of some numbers, here and nearby, by gradient and index."""
        for gradient, _ in self.gradients():
            yield from ((gradient, i) for i in indices if gradient is self.here or gradient.is_wrong(i))

    def gradients(self) -> Iterator[tuple[Gradient, float]]:
        """Yield the gradients with the part by which their numbers differ from those of other causes."""
        yield self.here, 1.0
        for gradient in self.nearby:
            yield gradient, MOVED

    def fitted(
        self, indices: Sequence[int], pair: Callable[[Gradient, int], tuple[float, float, float]], *, each: bool
    ) -> tuple[float, float]:
        """Return the coefficient by which one number is a multiple of another, and the chance that it is an accident.

        Args:
            indices: the indices of the numbers.
            pair: returns a number, the one it is a multiple of, and the absolute error of the former.
            each: whether every point has its own coefficient.
        """
        groups = [
            [(*pair(gradient, i), scale) for i in indices if gradient is self.here or gradient.is_wrong(i)]
            for gradient, scale in self.gradients()
        ]
        chance, coefficient = 1.0, NAN
        for samples in groups if each else [list(chain.from_iterable(groups))]:
            best = max(samples, key=lambda s: abs(s[1]) / (s[2] + CLOSE * abs(s[0]) or 1e-300), default=None)
            if best is None:
                continue
            if not best[1]:
                return NAN, math.inf
            found = best[0] / best[1]
            coefficient = found if math.isnan(coefficient) else coefficient
            for sample in samples:
                if sample is not best:
                    chance *= _chance_of_multiple(sample, found)
        return coefficient, chance if math.isfinite(chance) else math.inf


def same(a: float, b: float, close: float = CLOSE) -> bool:
    """Return whether two numbers agree relative to the larger."""
    return abs(a - b) <= close * max(abs(a), abs(b))


def arguments_of(names: Sequence[str]) -> Iterator[Argument]:
    """Yield the scalars and arrays that numbers belong to, from their paths.

    >>> [(argument.name, argument.shape) for argument in arguments_of(["w[0, 0]", "w[0, 1]", "b"])]
    [('w', (1, 2)), ('b', ())]
    """
    start = 0
    for name, group in groupby(map(_split, names), key=lambda pair: pair[0]):
        places = [place for _, place in group]
        depth = max(map(len, places))
        shape = tuple(max(place[k] if k < len(place) else 0 for place in places) + 1 for k in range(depth))
        yield Argument(name, start, shape if math.prod(shape) == len(places) else (len(places),))
        start += len(places)


def _split(name: str) -> tuple[str, list[int]]:
    """Return a path without its last indices, and these."""
    end = re.search(r"(?:\[\d+(?:, \d+)*\])*$", name)
    tail = end.group() if end else ""
    return name[: len(name) - len(tail)], [int(digits) for digits in re.findall(r"\d+", tail)]


def _chance(
    gradient: Gradient, i: int, predict: Callable[[Gradient, int], Prediction], scale: float, close: float
) -> float:
    """Return the chance that a prediction of one number is right by accident; `inf` if it is not right."""
    claimed, true = gradient.claimed[i], gradient.true[i]
    try:
        predicted, doubt = predict(gradient, i)
    except (ArithmeticError, ValueError):
        return math.inf
    size = max(abs(claimed), abs(predicted))
    tolerance = close * size + DOUBTS * doubt
    if not abs(claimed - predicted) <= tolerance:
        return math.inf
    return _part(tolerance, min(size, abs(claimed - true)), scale)


def _chance_of_multiple(sample: tuple[float, float, float, float], coefficient: float) -> float:
    number, other, doubt, scale = sample
    predicted = coefficient * other
    size = max(abs(number), abs(predicted))
    tolerance = CLOSE * size + DOUBTS * doubt
    return _part(tolerance, size, scale) if abs(number - predicted) <= tolerance else math.inf


def _part(tolerance: float, size: float, scale: float) -> float:
    return min(1.0, tolerance / (scale * size)) if scale * size else 1.0


def finite(numbers: Iterable[float]) -> bool:
    """Return whether all numbers are finite."""
    return all(map(math.isfinite, numbers))
