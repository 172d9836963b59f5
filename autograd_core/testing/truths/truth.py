"""The truth at a point: the value and the derivatives of a function, from its meaning in mpmath alone.

`true_derivatives` and `mixed` are differences of many digits, with a step so short that the truncation error is
negligible. `one_sided` gives the derivatives of the two branches that meet at a kink. `accuracy` compares the engine
with these.

Truth is expensive, so it has three qualities. The default `SETTLED` requires that two levels of precision agree.
`QUICK` uses the first level, and returns 0 where that cannot be distinguished from 0. `CAREFUL` uses the first level
with 20 digits left after rounding. Both can confirm a number, because it was computed independently; a number that
seems wrong is compared again with the settled truth.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import mpmath

from autograd_core.errors import OperandTypeError
from autograd_core.numerics.number import describe
from autograd_core.testing.truths.sampling import Point, Subject, distance_to_kink

# ---- Truth ----------------------------------------------------------------------------------------------------------

Level = tuple[int, int]


class Quality(Enum):
    """The quality of a truth."""

    QUICK = "quick"
    CAREFUL = "careful"
    SETTLED = "settled"


QUICK, CAREFUL, SETTLED = Quality.QUICK, Quality.CAREFUL, Quality.SETTLED

FIRST_LEVEL: Final[Level] = (7, 60)
LEVELS: Final[tuple[Level, ...]] = ((18, 120), (22, 240), (28, 500), (34, 960), (330, 1800), (340, 2400))
"""The steps of differences, as negative powers of ten relative to the input, and the digits of the arithmetic."""

BELOW_FLOATS: Final = 400
"""The additional digits for sums of numbers of size 1 and the smallest floats."""

AGREEMENT: Final = mpmath.mpf(10) ** -20
NOTHING: Final = mpmath.mpf(10) ** -330
ORDERS: Final = 4
REMEMBERED: Final = 2**16
"""The size of the caches of truths; with them a repeated check costs only the engine."""


class UnsettledError(ArithmeticError):
    """No two levels of precision agree: the meaning loses digits, or is not a function."""


@lru_cache(REMEMBERED)
def value(subject: Subject, point: Point, quality: Quality = SETTLED) -> Any:
    """Return the true value; infinite or nan at poles, nan outside the domain."""

    def number(_step: int) -> tuple[list[Any], list[Any]]:
        """Return the value and its rounding error times 1e20."""
        result = evaluate(subject, _moved(point, {}))
        return [result], [_rounding([result])]

    return _true(number, subject, point, quality)[0]


@lru_cache(REMEMBERED)
def true_derivatives(
    subject: Subject, point: Point, index: int, orders: int = ORDERS, quality: Quality = SETTLED
) -> tuple[Any, ...]:
    """Return the true value and its derivatives with respect to one input, up to `orders`, at most 4.

    Raises:
        UnsettledError: if no two levels of precision agree.
    """
    reach = _reach(subject, point, index)

    def derivatives(step: int) -> tuple[list[Any], list[Any]]:
        """Return the value and the derivatives, from five values, and their rounding errors times 1e20."""
        h = reach * mpmath.mpf(10) ** -step
        values = _five_values(subject, point, index, h)
        rounding = _rounding(values)
        units = [h**n for n in range(orders + 1)]
        differences = itertools.islice(_differences(*values), orders + 1)
        return [x / unit for x, unit in zip(differences, units, strict=True)], [rounding / unit for unit in units]

    return _true(derivatives, subject, point, quality)


@lru_cache(REMEMBERED)
def mixed(subject: Subject, point: Point, first: int, second: int, quality: Quality = SETTLED) -> Any:
    """Return the true second derivative with respect to two different inputs."""
    reaches = {i: _reach(subject, point, i) for i in (first, second)}

    def derivative(step: int) -> tuple[list[Any], list[Any]]:
        """Return the derivative, from four values, and its rounding error times 1e20."""
        h, k = (reaches[i] * mpmath.mpf(10) ** -(step if step > FIRST_LEVEL[0] else 12) for i in (first, second))
        corners = list(itertools.product((1, -1), repeat=2))
        values = [evaluate(subject, _moved(point, {first: i * h, second: j * k})) for i, j in corners]
        total = sum(i * j * x for (i, j), x in zip(corners, values, strict=True))
        rounding = _rounding(values)
        return [total / (4 * h * k)], [rounding / (4 * h * k)]

    return _true(derivative, subject, point, quality)[0]


def curvature(subject: Subject, point: Point, i: int, j: int, quality: Quality = SETTLED) -> Any:
    """Return the true second derivative with respect to two inputs, which may be the same."""
    if i == j:
        return true_derivatives(subject, point, i, quality=quality)[2]
    return mixed(subject, point, min(i, j), max(i, j), quality)


def _five_values(subject: Subject, point: Sequence[Any], index: int, h: Any) -> list[Any]:
    """Return the values at five equidistant places of one input."""
    inputs = _moved(point, {})
    x = inputs[index]
    return [evaluate(subject, [*inputs[:index], x + k * h, *inputs[index + 1 :]]) for k in (-2, -1, 0, 1, 2)]


def _differences(a: Any, b: Any, c: Any, d: Any, e: Any) -> Iterator[Any]:
    """Yield the middle one of five equidistant values and the first four derivatives, for a step of 1."""
    yield c
    yield (a - 8 * b + 8 * d - e) / 12
    yield (-a + 16 * b - 30 * c + 16 * d - e) / 12
    yield (-a + 2 * b - 2 * d + e) / 2
    yield a - 4 * b + 6 * c - 4 * d + e


def _rounding(values: Sequence[Any]) -> Any:
    """Return the rounding error of numbers of this precision times 1e20; for zeros, that of a number of size 1."""
    return (max(map(abs, values)) or mpmath.mpf(1)) * mpmath.mpf(10) ** 20 * mpmath.eps


Compute: TypeAlias = Callable[[int], tuple[list[Any], list[Any]]]
"""Computes, for a step, numbers and their rounding errors times 1e20."""


def _true(compute: Compute, subject: Subject, point: Point, quality: Quality) -> tuple[Any, ...]:
    found = None if quality is SETTLED else _at_once(compute, point, quality)
    return _settled(compute, subject, point) if found is None else found


def _at_once(compute: Compute, point: Point, quality: Quality) -> tuple[Any, ...] | None:
    """Return the numbers of one level; None for `CAREFUL` if they may be mere rounding errors."""
    step, digits = FIRST_LEVEL
    extent = _extent(point)
    for more in (extent, 3 * extent, 3 * extent + BELOW_FLOATS):
        with mpmath.workdps(digits + more):
            numbers, rounding = compute(step)
            clear = [not abs(a) <= error for a, error in zip(numbers, rounding, strict=True)]
        if quality is QUICK:
            return tuple(a if is_clear else mpmath.mpf(0) for a, is_clear in zip(numbers, clear, strict=True))
        if all(clear):
            return tuple(numbers)
    return None


def _settled(compute: Compute, subject: Subject, point: Point) -> tuple[Any, ...]:
    """Return the numbers on which two levels of step and precision agree to 20 digits.

    A number is 0 if it and its rounding error are below the range of floats.
    """
    former: list[Any] = []
    for step, digits in LEVELS:
        with mpmath.workdps(digits + _extent(point)):
            numbers, rounding = compute(step)
            if not all(map(mpmath.isfinite, numbers)):
                return tuple(numbers)
            agree = [
                (abs(a) > error and abs(a - b) <= AGREEMENT * abs(a)) or max(abs(a), abs(b), error) <= NOTHING
                for a, b, error in zip(numbers, former, rounding, strict=bool(former))
            ]
        if former and all(agree):
            return tuple(a if abs(a) > NOTHING else mpmath.mpf(0) for a in numbers)
        former = numbers
    raise UnsettledError(
        f"expected two levels of precision to agree on {subject.name} at {point}: is its meaning exact?"
    )


def _moved(point: Sequence[Any], steps: dict[int, Any]) -> list[Any]:
    return [mpmath.mpf(x) + steps.get(i, 0) for i, x in enumerate(point)]


def evaluate(subject: Subject, inputs: Sequence[Any]) -> Any:
    """Return the meaning at a point of mpmath numbers; nan where it is not real."""
    try:
        number = subject.meaning(*inputs)
    except (ArithmeticError, ValueError):  # what mpmath raises at poles
        return mpmath.nan
    except Exception as error:
        error.add_note(f"raised by the meaning of {subject.name} at {_shown(inputs)}")
        raise
    if isinstance(number, mpmath.mpc):
        return number.real if number.imag == 0 else mpmath.nan
    try:
        return mpmath.mpf(number)
    except (TypeError, ValueError):
        raise OperandTypeError(
            f"expected the meaning of {subject.name} to return a number of mpmath, got {describe(number)} "
            f"at {_shown(inputs)}"
        ) from None


def _shown(inputs: Sequence[Any]) -> str:
    return f"({', '.join(mpmath.nstr(x, 6) for x in inputs)})"


def _extent(point: Point) -> int:
    """Return the additional digits for sums of very large and very small inputs."""
    return int(sum(abs(mpmath.mag(x)) for x in point if x) * 0.302)


def _reach(subject: Subject, point: Point, index: int) -> Any:
    """Return the distance to the nearest of 0, an edge and a kink, along one input."""
    x = point[index]
    edges = [abs(mpmath.mpf(x) - edge) for edge in subject.domain[index] if math.isfinite(edge)]
    return min(abs(mpmath.mpf(x)) if x else mpmath.mpf(1), distance_to_kink(subject, point), *edges)


# ---- Kinks ----------------------------------------------------------------------------------------------------------

ASIDE: Final = mpmath.mpf(10) ** -30
"""The relative distance from a kink at which its branches are evaluated."""

NARROW: Final = mpmath.mpf(10) ** -9
"""The step of a difference on one branch, relative to the distance to the kink, which another input may cross."""


class Sides(NamedTuple):
    """Value and derivative on both sides of a point: `lower` and `left` below, `upper` and `right` above."""

    lower: Any
    left: Any
    upper: Any
    right: Any


@lru_cache(REMEMBERED)
def one_sided(subject: Subject, point: Point, across: int, index: int, aside: Any = ASIDE, digits: int = 140) -> Sides:
    """Return the values and derivatives of the two branches that meet at a point.

    Args:
        subject: the function.
        point: where the branches meet.
        across: the index of the input that crosses from one branch to the other.
        index: the index of the input to differentiate with respect to.
        aside: the distance from the point, relative to the input.
        digits: the digits of the arithmetic.
    """
    with mpmath.workdps(digits + _extent(point)):
        distance = aside * max(1, abs(mpmath.mpf(point[across])))
        below = _branch(subject, _moved(point, {across: -distance}), index, distance * NARROW)
        above = _branch(subject, _moved(point, {across: distance}), index, distance * NARROW)
    return Sides(*below, *above)


@lru_cache(REMEMBERED)
def derivative_along_kink(subject: Subject, point: Point, index: int) -> Any:
    """Return the derivative at a point on a kink, with respect to an input that moves along the kink."""
    with mpmath.workdps(140 + _extent(point)):
        return _branch(subject, _moved(point, {}), index, ASIDE)[1]


def _branch(subject: Subject, point: Sequence[Any], index: int, h: Any) -> tuple[Any, Any]:
    """Return value and derivative on one branch; the derivative is nan if the function jumps."""
    a, b, c, d, e = _five_values(subject, point, index, h)
    jumps = abs(e - a) > mpmath.mpf(10) ** -12 * max(1, abs(c))
    return c, mpmath.nan if jumps else (a - 8 * b + 8 * d - e) / (12 * h)


def agree(a: Any, b: Any) -> bool:
    """Return whether two numbers of many digits agree to the digits of a float, far above rounding."""
    return bool(abs(a - b) <= 1e-12 * max(1, abs(a), abs(b)))


STEEP: Final = mpmath.mpf(10) ** 6
"""A steeper slope between two points close together is a jump."""


@lru_cache(REMEMBERED)
def slopes_around(subject: Subject, point: Point, direction: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the slopes in a direction at the point and beside it on all sides.

    Any number between the least and the largest is the slope of a generalised gradient at the point. There are none
    if the function jumps along the direction, or is infinite.
    """
    slopes = []
    with mpmath.workdps(140 + _extent(point)):
        value_here = evaluate(subject, _moved(point, {}))
        for sides in itertools.product((0, 1, -1), repeat=subject.arity):
            beside = [
                x + side * ASIDE * (1 + mpmath.mpf(i) / 3) for i, (x, side) in enumerate(zip(point, sides, strict=True))
            ]
            step = ASIDE * NARROW
            below, here, above = (
                evaluate(subject, [x + k * step * d for x, d in zip(beside, direction, strict=True)])
                for k in (-1, 0, 1)
            )
            if not all(map(mpmath.isfinite, (below, here, above))):
                continue  # beside the domain
            if not agree(here, value_here):
                continue  # on another branch of a jump
            if max(abs(here - below), abs(above - here)) > STEEP * step:
                return ()
            slopes.append((above - below) / (2 * step))
    return tuple(slopes)
