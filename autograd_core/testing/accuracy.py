"""How far a function of the engine is from mathematics: the truth at a point, and the error in ULP.

`slopes` and `mixed` give the value and the derivatives at a point, from the meaning in mpmath alone: differences of
values so near to each other that truncation does not show. `errors` compares what the engine says: the value, the
derivatives that stand on the edges, and the second and third derivatives that come from differentiating the formulas
of those. `one_sided` gives the derivatives of the two branches that meet at a kink.

Truth is expensive, so there are three qualities of it. By default two levels of precision must agree. `QUICK` takes
the first level, and 0 for what that cannot tell from 0; `CAREFUL` takes the first level whose rounding leaves 20
digits. Both are enough to pass a number that is right, for the two were found independently, and a number that seems
wrong is compared once more with the settled truth.

The unit is the ULP, the spacing of floats at the true value.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import mpmath

from autograd_core.graph.value import Value
from autograd_core.table.op import Op
from autograd_core.testing.sampling import LARGEST, TINIEST_NORMAL, Point, Subject, distance_to_kink, is_smooth
from autograd_core.transforms.functional import grad

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
def slopes(
    subject: Subject, point: Point, place: int, orders: int = ORDERS, quality: Quality = SETTLED
) -> tuple[Any, ...]:
    """The true value and its derivatives up to some order, at most the fourth, with respect to one input.

    Raises:
        UnsettledError: if no two levels of precision agree.
    """
    reach = _reach(subject, point, place)

    def derivatives(step: int) -> tuple[list[Any], list[Any]]:
        h = reach * mpmath.mpf(10) ** -step
        values = [evaluate(subject, _moved(point, {place: k * h})) for k in (-2, -1, 0, 1, 2)]
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
        return slopes(subject, point, i, quality=quality)[2]
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


def _reach(subject: Subject, point: Point, place: int) -> Any:
    """Over what distance the function may change its form: to 0, to an edge or to a kink."""
    x = point[place]
    edges = [abs(mpmath.mpf(x) - edge) for edge in subject.domain[place] if math.isfinite(edge)]
    return min(abs(mpmath.mpf(x)) if x else mpmath.mpf(1), distance_to_kink(subject, point), *edges)


# ---- Kinks ----------------------------------------------------------------------------------------------------------

ASIDE: Final = mpmath.mpf(10) ** -30
"""How far beside a kink its branches are looked at."""


NARROW: Final = mpmath.mpf(10) ** -9
"""The step of a difference on one branch, beside the distance to the kink: what leads across may be another input."""


class Sides(NamedTuple):
    """Value and derivative just below and just above a place."""

    lower: Any
    left: Any
    upper: Any
    right: Any


def one_sided(subject: Subject, point: Point, across: int, place: int, aside: Any = ASIDE, digits: int = 140) -> Sides:
    """The derivatives with respect to an input of the two branches that meet at a point.

    Args:
        subject: the function.
        point: where the branches meet.
        across: the input that leads from one to the other.
        place: the input that the derivative is taken in.
        aside: how far from the point, relative to the input.
        digits: how many to work with.
    """
    with mpmath.workdps(digits + _extent(point)):
        distance = aside * max(1, abs(mpmath.mpf(point[across])))
        below = _branch(subject, _moved(point, {across: -distance}), place, distance * NARROW)
        above = _branch(subject, _moved(point, {across: distance}), place, distance * NARROW)
    return Sides(*below, *above)


def slope_on(subject: Subject, point: Point, place: int) -> Any:
    """The derivative at a point on a kink, with respect to an input that leads along the kink."""
    with mpmath.workdps(140 + _extent(point)):
        return _branch(subject, _moved(point, {}), place, ASIDE)[1]


def _branch(subject: Subject, point: Sequence[Any], place: int, h: Any) -> tuple[Any, Any]:
    """Value and derivative; nan for the derivative if the function jumps there."""
    a, b, c, d, e = [evaluate(subject, _moved(point, {place: k * h})) for k in (-2, -1, 0, 1, 2)]
    jumps = abs(e - a) > mpmath.mpf(10) ** -12 * max(1, abs(c))
    return c, mpmath.nan if jumps else (a - 8 * b + 8 * d - e) / (12 * h)


# ---- What the engine says -------------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """What is said of a point: value and gradient, perhaps the Hessian and the third derivative in each input."""

    value: float
    gradient: Sequence[float] = ()
    hessian: Sequence[Sequence[float]] = ()
    third: Sequence[float] = ()


def measure(function: Callable[..., Any], point: Point, order: int = 3) -> Measured:
    """What the engine says. The gradient of a row is what stands on the edges, that of other functions a sweep's."""
    every = tuple(range(len(point)))
    return Measured(
        float(function(*point)),
        first_derivatives(function, point) if order >= 1 else (),
        [second_derivatives(function, point, i) for i in every] if order >= 2 else (),
        [float(grad(grad(grad(function, i), i), i)(*point)) for i in every] if order >= 3 else (),
    )


def first_derivatives(function: Callable[..., Any], point: Point) -> list[float]:
    """The derivative with respect to each input."""
    if isinstance(function, Op):
        return list(function(*map(Value, point)).derivatives)
    return list(grad(function, argnums=tuple(range(len(point))))(*point))


def second_derivatives(function: Callable[..., Any], point: Point, place: int) -> list[float]:
    """The derivatives, with respect to each input, of the derivative with respect to one."""
    return list(grad(grad(function, argnums=place), argnums=tuple(range(len(point))))(*point))


# ---- Errors ---------------------------------------------------------------------------------------------------------

LIMITS: Final = {"value": 4.0, "first": 16.0, "second": 16.0, "third": 1.0}
"""The largest error that an op may have at ordinary points, in ULP; of third derivatives, in parts of 1e-9."""


class Error(NamedTuple):
    """One comparison: what was measured (`value`, `first`, `second` or `third`), how far it is off, and where.

    The derivative is taken in the input `place`, a second derivative in it and any other.
    """

    kind: str
    size: float
    point: Point
    place: int
    got: float
    truth: Any


def errors(
    subject: Subject, point: Point, measured: Measured, quality: Quality = SETTLED, good: float = 1.0
) -> Iterator[Error]:
    """All comparisons at an ordinary point, in ULP; third derivatives in parts of 1e-9 of themselves.

    The second derivatives of a function of several inputs vanish along curves, and near such a curve the rounding of
    the inputs alone moves them by many ULP. There the unit is what a change of an input by one rounding does to them:
    the ULP times the condition number. Everything else, and all functions of one input, is judged without that.

    A function that is made of rows gets its second derivatives by sums over the graph, so all of a point's are judged
    beside the largest of them, and it has no third.

    Args:
        subject: the function.
        point: where it was measured.
        measured: what the engine said.
        quality: how the truth is found.
        good: errors of second derivatives up to this many ULP are taken as they are.
    """
    is_row = isinstance(subject.function, Op)
    truth = value(subject, point) if quality is SETTLED else slopes(subject, point, 0, quality=quality)[0]
    beside = 0.0 if subject.scale is None else subject.scale(*point)
    yield Error("value", error_in_ulps(measured.value, truth, beside), point, 0, measured.value, truth)
    for i, got in enumerate(measured.gradient):
        truth = slopes(subject, point, i, quality=quality)[1]
        yield Error("first", error_in_ulps(got, truth), point, i, got, truth)
    for i, j in itertools.product(range(len(measured.hessian)), repeat=2):
        got = measured.hessian[i][j]
        truth = curvature(subject, point, i, j, quality)
        error = error_in_ulps(got, truth)
        if error > good and subject.arity > 1:
            unit = _sensitivity(subject, point, i, j, quality)
            error = error_in_ulps(got, truth, unit if is_row else max(unit, _largest_curvature(subject, point)))
        yield Error("second", error, point, i, got, truth)
    for i, got in enumerate(measured.third if is_row else ()):
        *_, truth, following = slopes(subject, point, i, quality=quality)
        yield Error("third", _relative(got, truth, following, point[i]), point, i, got, truth)


def _largest_curvature(subject: Subject, point: Point) -> Any:
    places = range(subject.arity)
    return max(abs(curvature(subject, point, i, j)) for i, j in itertools.product(places, repeat=2))


def _sensitivity(subject: Subject, point: Point, i: int, j: int, quality: Quality) -> Any:
    """How fast a second derivative changes as any of the inputs grows, relative to the input: the largest of them."""
    step = 2.0**-26
    nearby = [(*point[:k], x * (1.0 + step), *point[k + 1 :]) for k, x in enumerate(point)]
    here = curvature(subject, point, i, j, quality)
    return max(abs(curvature(subject, other, i, j, quality) - here) / step for other in nearby)


def ulps(x: float, truth: Any) -> float:
    """The distance of a float from the true value, in units of the last place of the true value's float."""
    nearest = float(truth)
    if not math.isfinite(nearest) or not math.isfinite(x):
        return 0.0 if x == nearest or (math.isnan(x) and math.isnan(nearest)) else math.inf
    return float(abs(mpmath.mpf(x) - truth) / mpmath.mpf(math.ulp(nearest)))


def error_in_ulps(got: float, truth: Any, beside: Any = 0) -> float:
    """The error in ULP of the truth, or of a larger number beside which it is judged.

    Below the smallest normal double the unit is eight spacings of the subnormals.
    """
    nearest = float(truth)
    if math.isfinite(nearest) and math.isfinite(got) and abs(truth) < beside:
        return float(abs(got - truth) / math.ulp(float(beside)))
    error = ulps(got, truth)
    return error / 8.0 if abs(nearest) < TINIEST_NORMAL else error


def _relative(got: float, truth: Any, following: Any, x: float) -> float:
    """The error in parts of 1e-9 of the truth, or of 1e10 spacings of the subnormals.

    Near a zero of the third derivative it is 1e-9 of what a change of the input by 1e-5 does, given by the fourth
    derivative: the input itself, rounded, moves the zero.
    """
    if not (math.isfinite(got) and math.isfinite(float(truth))):
        return ulps(got, truth)
    allowed = max(abs(truth), 1e-5 * max(1.0, abs(x)) * abs(following), mpmath.mpf(5e-324) * 10**10)
    return float(abs(got - truth) / allowed * 10**9)


def worst(found: Iterable[Error]) -> dict[str, Error]:
    """The largest error of each kind; nan counts as the largest of all."""
    largest: dict[str, Error] = {}
    for error in found:
        if error.kind not in largest or not error.size <= largest[error.kind].size:
            largest[error.kind] = error
    return largest


# ---- Far away -------------------------------------------------------------------------------------------------------

FAR: Final = 1e-13
"""The largest relative error that an op may have at points that are no ordinary ones."""

BEYOND: Final = 20_000
"""Powers of two so far beyond the range of floats that no derivative lies within."""

REMOTE: Final = (mpmath.mpf(10) ** 400, mpmath.mpf(10) ** 500, mpmath.mpf(10) ** 600)


def far_errors(subject: Subject, point: Point, order: int = 2, quality: Quality = SETTLED) -> Iterator[Error]:
    """Comparisons at a point that is no ordinary one; relative errors, infinite where no digit is right.

    At an infinite input the value is compared with the limit, if there is one. Derivatives are left out there, and on
    edges and kinks, where they are conventions. Value and first derivative must leave the range of floats where the
    truth does; a second derivative is compared only where the truth is an ordinary double.

    Functions that are made of rows are compared at finite points, in value and first derivative.
    """
    finite = all(map(math.isfinite, point))
    is_row = isinstance(subject.function, Op)
    if not (finite or is_row):
        return
    true = value(subject, point, quality) if finite else limit(subject, point, quality)
    result = float(subject.function(*point))
    yield Error("value", _far_off(result, true), point, 0, result, true)
    if not is_smooth(subject, point) or not mpmath.isfinite(true) or abs(mpmath.mag(true or 1)) > BEYOND or order < 1:
        return
    for i, slope in enumerate(first_derivatives(subject.function, point)):
        _, first, second = slopes(subject, point, i, 2, quality)
        yield Error("first", _far_off(slope, first), point, i, slope, first)
        if is_row and order >= 2 and TINIEST_NORMAL <= abs(second) <= LARGEST:
            got = second_derivatives(subject.function, point, i)[i]
            yield Error("second", _far_off(got, second), point, i, got, second)


def limit(subject: Subject, point: Point, quality: Quality = SETTLED) -> Any:
    """What the value tends to as the infinite inputs grow, or nan if it does not: judged from three points far away."""
    remote = [tuple(x if math.isfinite(x) else mpmath.sign(x) * far for x in point) for far in REMOTE]
    values = [value(subject, other, quality) for other in remote]
    if len({_significant(x) for x in values}) == 1:
        return values[0]
    sizes = [abs(x) for x in values]
    if 100 < sizes[0] < sizes[1] < sizes[2] and len(set(map(mpmath.sign, values))) == 1:
        return mpmath.sign(values[0]) * mpmath.inf
    return mpmath.nan


def _significant(number: Any) -> float:
    double = float(number)
    return 0.0 if abs(double) < TINIEST_NORMAL else double


def _far_off(got: float, truth: Any) -> float:
    double = _significant(truth)
    if math.isnan(double):
        return 0.0
    if double == 0.0:
        return 0.0 if abs(got) <= 2.0 * TINIEST_NORMAL else math.inf
    if not (math.isfinite(double) and math.isfinite(got)):
        return 0.0 if got == double else math.inf
    return float(abs(got - truth) / abs(truth))
