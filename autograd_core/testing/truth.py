"""The truth at a point: the value and the derivatives of a function, from its meaning in mpmath alone.

`slopes` and `mixed` are differences of values so near to each other that truncation does not show. `one_sided` gives
the derivatives of the two branches that meet at a kink. `accuracy` compares the engine with these.

Truth is expensive, so there are three qualities of it. By default two levels of precision must agree. `QUICK` takes
the first level, and 0 for what that cannot tell from 0; `CAREFUL` takes the first level whose rounding leaves 20
digits. Both are enough to pass a number that is right, for the two were found independently, and a number that seems
wrong is compared once more with the settled truth.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import mpmath

from autograd_core.testing.sampling import Point, Subject, distance_to_kink

# ---- Truth ----------------------------------------------------------------------------------------------------------

Level = tuple[int, int]


class Quality(Enum):
    """How a truth is found."""

    QUICK = "quick"
    CAREFUL = "careful"
    SETTLED = "settled"


QUICK, CAREFUL, SETTLED = Quality.QUICK, Quality.CAREFUL, Quality.SETTLED

FIRST_LEVEL: Final[Level] = (7, 60)
LEVELS: Final[tuple[Level, ...]] = ((18, 120), (22, 240), (28, 500), (34, 960), (330, 1800), (340, 2400))
"""Steps of differences (as negative powers of ten, relative to the input) and digits to work with."""

BELOW_FLOATS: Final = 400
"""More digits with which a number as small as a float may be stands beside numbers of size 1."""

AGREEMENT: Final = mpmath.mpf(10) ** -20
NOTHING: Final = mpmath.mpf(10) ** -330
ORDERS: Final = 4
REMEMBERED: Final = 2**16
"""How many truths are kept; a check that is repeated costs only what the engine does."""


class UnsettledError(ArithmeticError):
    """No two levels of precision agree: the meaning is not exact, or not a function."""


@lru_cache(REMEMBERED)
def value(subject: Subject, point: Point, quality: Quality = SETTLED) -> Any:
    """The true value; infinite or nan at poles, nan outside the domain."""

    def number(_step: int) -> tuple[list[Any], list[Any]]:
        result = evaluate(subject, _moved(point, {}))
        return [result], [_dust([result])]

    return _true(number, subject, point, quality)[0]


@lru_cache(REMEMBERED)
def true_derivatives(
    subject: Subject, point: Point, index: int, orders: int = ORDERS, quality: Quality = SETTLED
) -> tuple[Any, ...]:
    """The true value and its derivatives up to some order, at most the fourth, with respect to one input.

    Raises:
        UnsettledError: if no two levels of precision agree.
    """
    reach = _reach(subject, point, index)

    def derivatives(step: int) -> tuple[list[Any], list[Any]]:
        h = reach * mpmath.mpf(10) ** -step
        values = [evaluate(subject, _moved(point, {index: k * h})) for k in (-2, -1, 0, 1, 2)]
        dust = _dust(values)
        differences = itertools.islice(_differences(*values), orders + 1)
        return [x / h**n for n, x in enumerate(differences)], [dust / h**n for n in range(orders + 1)]

    return _true(derivatives, subject, point, quality)


@lru_cache(REMEMBERED)
def mixed(subject: Subject, point: Point, first: int, second: int, quality: Quality = SETTLED) -> Any:
    """The true second derivative with respect to two different inputs."""
    reaches = {i: _reach(subject, point, i) for i in (first, second)}

    def derivative(step: int) -> tuple[list[Any], list[Any]]:
        h, k = (reaches[i] * mpmath.mpf(10) ** -(step if step > FIRST_LEVEL[0] else 12) for i in (first, second))
        corners = list(itertools.product((1, -1), repeat=2))
        values = [evaluate(subject, _moved(point, {first: i * h, second: j * k})) for i, j in corners]
        total = sum(i * j * x for (i, j), x in zip(corners, values, strict=True))
        dust = _dust(values)
        return [total / (4 * h * k)], [dust / (4 * h * k)]

    return _true(derivative, subject, point, quality)[0]


def curvature(subject: Subject, point: Point, i: int, j: int, quality: Quality = SETTLED) -> Any:
    """The true second derivative with respect to two inputs, which may be the same."""
    if i == j:
        return true_derivatives(subject, point, i, quality=quality)[2]
    return mixed(subject, point, min(i, j), max(i, j), quality)


def _differences(a: Any, b: Any, c: Any, d: Any, e: Any) -> Iterator[Any]:
    """Of five neighbouring values: the middle one and the first four derivatives, for a step of 1."""
    yield c
    yield (a - 8 * b + 8 * d - e) / 12
    yield (-a + 16 * b - 30 * c + 16 * d - e) / 12
    yield (-a + 2 * b - 2 * d + e) / 2
    yield a - 4 * b + 6 * c - 4 * d + e


def _dust(values: Sequence[Any]) -> Any:
    """How far off numbers of this precision may be, with 20 digits to spare; a zero may hide a number of size 1."""
    return (max(map(abs, values)) or mpmath.mpf(1)) * mpmath.mpf(10) ** 20 * mpmath.eps


Compute: TypeAlias = Callable[[int], tuple[list[Any], list[Any]]]
"""For a step, numbers, and how far off rounding may leave each."""


def _true(compute: Compute, subject: Subject, point: Point, quality: Quality) -> tuple[Any, ...]:
    found = None if quality is SETTLED else _at_once(compute, point, quality)
    return _settled(compute, subject, point) if found is None else found


def _at_once(compute: Compute, point: Point, quality: Quality) -> tuple[Any, ...] | None:
    """What one level gives; None if it may be no more than dust, and `CAREFUL` is asked for."""
    step, digits = FIRST_LEVEL
    extent = _extent(point)
    for more in (extent, 3 * extent, 3 * extent + BELOW_FLOATS):
        with mpmath.workdps(digits + more):
            numbers, dust = compute(step)
            clear = [not abs(a) <= grain for a, grain in zip(numbers, dust, strict=True)]
        if quality is QUICK:
            return tuple(a if is_clear else mpmath.mpf(0) for a, is_clear in zip(numbers, clear, strict=True))
        if all(clear):
            return tuple(numbers)
    return None


def _settled(compute: Compute, subject: Subject, point: Point) -> tuple[Any, ...]:
    """What two levels of step and precision agree on to 20 digits.

    A number is 0 if it is below the range of floats, and so is the dust that rounding may leave there.
    """
    former: list[Any] = []
    for step, digits in LEVELS:
        with mpmath.workdps(digits + _extent(point)):
            numbers, dust = compute(step)
            if not all(map(mpmath.isfinite, numbers)):
                return tuple(numbers)
            agree = [
                (abs(a) > grain and abs(a - b) <= AGREEMENT * abs(a)) or max(abs(a), abs(b), grain) <= NOTHING
                for a, b, grain in zip(numbers, former, dust, strict=bool(former))
            ]
        if former and all(agree):
            return tuple(a if abs(a) > NOTHING else mpmath.mpf(0) for a in numbers)
        former = numbers
    raise UnsettledError(f"{subject.name} at {point}")


def _moved(point: Sequence[Any], steps: dict[int, Any]) -> list[Any]:
    return [mpmath.mpf(x) + steps.get(i, 0) for i, x in enumerate(point)]


def evaluate(subject: Subject, inputs: Sequence[Any]) -> Any:
    """The meaning at a point of mpmath numbers; nan where it is no real number."""
    try:
        number = subject.meaning(*inputs)
    except (ArithmeticError, ValueError):  # what mpmath raises at poles
        return mpmath.nan
    if isinstance(number, mpmath.mpc):
        return number.real if number.imag == 0 else mpmath.nan
    return mpmath.mpf(number)


def _extent(point: Point) -> int:
    """The digits that very large and very small inputs need besides, to be added to each other."""
    return int(sum(abs(mpmath.mag(x)) for x in point if x) * 0.302)


def _reach(subject: Subject, point: Point, index: int) -> Any:
    """Over what distance the function may change its form: to 0, to an edge or to a kink."""
    x = point[index]
    edges = [abs(mpmath.mpf(x) - edge) for edge in subject.domain[index] if math.isfinite(edge)]
    return min(abs(mpmath.mpf(x)) if x else mpmath.mpf(1), distance_to_kink(subject, point), *edges)


# ---- Kinks ----------------------------------------------------------------------------------------------------------

ASIDE: Final = mpmath.mpf(10) ** -30
"""How far beside a kink its branches are looked at."""


NARROW: Final = mpmath.mpf(10) ** -9
"""The step of a difference on one branch, beside the distance to the kink: what leads across may be another input."""


class Sides(NamedTuple):
    """Value and derivative just below and just above a point."""

    lower: Any
    left: Any
    upper: Any
    right: Any


def one_sided(subject: Subject, point: Point, across: int, index: int, aside: Any = ASIDE, digits: int = 140) -> Sides:
    """The derivatives with respect to an input of the two branches that meet at a point.

    Args:
        subject: the function.
        point: where the branches meet.
        across: the input that leads from one to the other.
        index: the input that the derivative is taken in.
        aside: how far from the point, relative to the input.
        digits: how many to work with.
    """
    with mpmath.workdps(digits + _extent(point)):
        distance = aside * max(1, abs(mpmath.mpf(point[across])))
        below = _branch(subject, _moved(point, {across: -distance}), index, distance * NARROW)
        above = _branch(subject, _moved(point, {across: distance}), index, distance * NARROW)
    return Sides(*below, *above)


def derivative_along_kink(subject: Subject, point: Point, index: int) -> Any:
    """The derivative at a point on a kink, with respect to an input that leads along the kink."""
    with mpmath.workdps(140 + _extent(point)):
        return _branch(subject, _moved(point, {}), index, ASIDE)[1]


def _branch(subject: Subject, point: Sequence[Any], index: int, h: Any) -> tuple[Any, Any]:
    """Value and derivative; nan for the derivative if the function jumps there."""
    a, b, c, d, e = [evaluate(subject, _moved(point, {index: k * h})) for k in (-2, -1, 0, 1, 2)]
    jumps = abs(e - a) > mpmath.mpf(10) ** -12 * max(1, abs(c))
    return c, mpmath.nan if jumps else (a - 8 * b + 8 * d - e) / (12 * h)
