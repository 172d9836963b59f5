"""How far a function of the engine is from mathematics: points to look at, the truth there, and the error in ULP.

A `Subject` is what is measured: a row of the table, or a function made of rows. `ordinary_points` and `far_points`
draw the points, the same in every run. `truth` gives the value and the first four derivatives at a point, from
the meaning in mpmath alone, and `errors` compares what the engine says: the value, the derivatives that stand on
the edges, and the second and third derivatives that come from differentiating the formulas of those.

The unit is the ULP, the spacing of floats at the true value.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core import Op, Value, grad
from autograd_core.op import Interval
from exact import ulps
from mathematics import MATHEMATICS

Point = tuple[float, ...]

COUNTS: Final = {"dot": 4, "sumprod": 4}
"""How many inputs an op that takes any number of them is measured with, if not three."""

TINIEST_NORMAL: Final = 2.0**-1022
LARGEST: Final = (2.0 - 2.0**-52) * 2.0**1023


@dataclass(frozen=True)
class Subject:
    """A function to be measured.

    Attributes:
        name: what it is called.
        meaning: what it is, of `arity` mpmath numbers.
        sample: for each input the interval where value and derivatives are of order one.
        domain: for each input the interval where the function is defined.
        kinks: the distance of a point from the nearest place where the function is not smooth; None if there is none.
        scale: the size beside which rounding is judged, by the inputs; None if it is the result itself.
        function: of `arity` floats or Values. It does not count when subjects are compared, so a wrong function shares
            the truth of the right one.
        fixed: what stands before the inputs in every call of the op.
    """

    name: str
    meaning: Callable[..., Any]
    sample: tuple[Interval, ...]
    domain: tuple[Interval, ...]
    kinks: Callable[..., float] | None
    scale: Callable[..., float] | None
    function: Callable[..., Any] = field(compare=False)
    fixed: tuple[float, ...] = ()

    @property
    def arity(self) -> int:
        """The number of inputs."""
        return len(self.sample)


SCALES: Final[dict[str, Callable[..., float]]] = {
    "sum": lambda *xs: sum(map(abs, xs)),
    "dot": lambda *xs: sum(abs(a * b) for a, b in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)),
}
"""Sums that add from left to right, by definition, round beside their terms (`fsum` and `sumprod` round once)."""


FIXED: Final[dict[str, tuple[float, ...]]] = {"polygamma": (1.0, 2.0, 5.0)}
"""Ops whose first input is a whole number, and the numbers they are measured with; each makes a subject."""


def subjects_of(op: Op) -> list[Subject]:
    """A row as a subject, or as several if one of its inputs is a whole number.

    An op without a meaning in mpmath means its own forward function, run on mpmath numbers.
    """
    count = op.arity or COUNTS.get(op.name, 3)
    repeated = count if op.arity is None else 1
    whole = Subject(
        op.name,
        MATHEMATICS.get(op.name) or _own_meaning(op),
        op.sample * repeated,
        op.domain * repeated,
        op.kinks,
        SCALES.get(op.name),
        op,
    )
    return [_fix_first(whole, number) for number in FIXED[op.name]] if op.name in FIXED else [whole]


def _fix_first(subject: Subject, number: float) -> Subject:
    return Subject(
        f"{subject.name}({number:g})",
        partial(subject.meaning, number),
        subject.sample[1:],
        subject.domain[1:],
        None if subject.kinks is None else partial(subject.kinks, number),
        None,
        partial(subject.function, number),
        (number,),
    )


def _own_meaning(op: Op) -> Callable[..., Any]:
    return op.forward if op.arity is not None else lambda *xs: op.forward(xs)


# ---- Points ---------------------------------------------------------------------------------------------------------

MARGIN: Final = 1e-9
"""How near to a kink an ordinary point may lie."""


def ordinary_points(subject: Subject, count: int) -> list[Point]:
    """Points in the sample, points of sizes from 1e-4 to 1e2, and points as near as 1e-4 to the edges of the domain."""
    rng = random.Random(f"ordinary {subject.name}")
    kinds = (_sampled, _sized, _sampled, _sized, _beside_an_edge, None)
    points: list[Point] = []
    for kind in itertools.islice(itertools.cycle(kinds), 40 * count):
        point = tuple(
            (kind or rng.choice((_sampled, _sized, _beside_an_edge)))(rng, sample, domain)
            for sample, domain in zip(subject.sample, subject.domain, strict=True)
        )
        if is_smooth(subject, point, MARGIN):
            points.append(point)
        if len(points) == count:
            break
    return points


def is_smooth(subject: Subject, point: Point, margin: float = 0.0) -> bool:
    """Whether a point lies inside the domain, and farther than the margin from every kink."""
    inside = all(low < x < high for x, (low, high) in zip(point, subject.domain, strict=True))
    return inside and all(map(math.isfinite, point)) and _smooth_around(subject, point) > margin


def _smooth_around(subject: Subject, point: Point) -> float:
    """The distance to the nearest kink."""
    if subject.kinks is None:
        return math.inf
    try:
        return float(subject.kinks(*point))
    except ArithmeticError:  # how often one number goes into another is no float, so the steps lie denser than floats
        return 0.0


def _sampled(rng: random.Random, sample: Interval, domain: Interval) -> float:
    return rng.uniform(*sample)


def _sized(rng: random.Random, sample: Interval, domain: Interval) -> float:
    size: float = 10.0 ** rng.uniform(-4.0, 2.0)
    return size if domain[0] >= 0.0 else rng.choice((size, -size))


def _beside_an_edge(rng: random.Random, sample: Interval, domain: Interval) -> float:
    edges = [edge for edge in domain if math.isfinite(edge)]
    if not edges:
        return _sampled(rng, sample, domain)
    edge = rng.choice(edges)
    distance: float = 10.0 ** rng.uniform(-4.0, 0.0)
    return edge + distance if edge == domain[0] else edge - distance


EXTREMES: Final = (0.0, 5e-324, 1e-310, TINIEST_NORMAL, 1e-200, 1e-155, 1e-20, 1e20, 1e155, 1e200, LARGEST, math.inf)
"""Sizes at which something may underflow or overflow on the way."""

PLACES: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.e, math.pi / 2, math.pi, 1.4616321449683623, 6.0, 26.5, 37.5, 88.0)
"""Where functions have zeros, poles and edges, or start to underflow."""

BOUNDS: Final = (171.0, 300.0, 355.0, 372.0, 709.0, 745.0, 1023.0, 1074.0)
"""Where functions that grow as the exponential or the factorial leave the floats, or their squares do."""


def far_points(subject: Subject, count: int) -> list[Point]:
    """Points that are huge, tiny, zero or infinite, or hardly a rounding away from places that are special."""
    rng = random.Random(f"far {subject.name}")
    special = [(sign * size,) * subject.arity for size in EXTREMES for sign in (1.0, -1.0)]
    drawn = (tuple(_far(rng, domain) for domain in subject.domain) for _ in range(40 * count))
    inside = (p for p in itertools.chain(special if subject.arity == 1 else [], drawn) if _is_admissible(subject, p))
    return list(itertools.islice(inside, count))


def _is_admissible(subject: Subject, point: Point) -> bool:
    inside = all(low <= x <= high for x, (low, high) in zip(point, subject.domain, strict=True))
    return inside and sum(map(math.isinf, point)) <= 1


def _far(rng: random.Random, domain: Interval) -> float:
    edges = [edge for edge in domain if math.isfinite(edge)] or [0.0]
    apart = 10.0 ** rng.uniform(-16.0, -3.0)
    sizes = (
        rng.choice(EXTREMES),
        10.0 ** rng.uniform(-300.0, 300.0),
        rng.choice(PLACES) + rng.choice((apart, -apart)),
        rng.choice(BOUNDS) + rng.uniform(-1.0, 1.0),
    )
    signed = [rng.choice((size, -size)) for size in sizes]
    return float(rng.choice([*signed, rng.choice(edges) + rng.choice((apart, -apart))]))


# ---- Truth ----------------------------------------------------------------------------------------------------------

LEVELS: Final = ((18, 120), (22, 240), (28, 500), (34, 960), (330, 1800), (340, 2400))
"""Steps of differences (as negative powers of ten, relative to the input) and digits to work with."""

AGREEMENT: Final = mpmath.mpf(10) ** -20
NOTHING: Final = mpmath.mpf(10) ** -330
ORDERS: Final = 4


class UnsettledError(ArithmeticError):
    """No two levels of precision agree."""


@cache
def value(subject: Subject, point: Point) -> Any:
    """The true value; infinite or nan at poles, nan outside the domain."""

    def number(step: int) -> tuple[list[Any], list[Any]]:
        result = _evaluate(subject, _moved(point, {}))
        return [result], [_dust([result])]

    return _settled(number, subject, point)[0]


@cache
def slopes(subject: Subject, point: Point, place: int, orders: int = ORDERS) -> tuple[Any, ...]:
    """The true value and its derivatives up to some order, at most the fourth, with respect to one input.

    Differences of five values so near to each other that truncation does not show.
    """
    reach = _reach(subject, point, place)

    def derivatives(step: int) -> tuple[list[Any], list[Any]]:
        h = reach * mpmath.mpf(10) ** -step
        a, b, c, d, e = values = [_evaluate(subject, _moved(point, {place: k * h})) for k in (-2, -1, 0, 1, 2)]
        dust = _dust(values)
        differences = [
            c,
            (a - 8 * b + 8 * d - e) / 12,
            (-a + 16 * b - 30 * c + 16 * d - e) / 12,
            (-a + 2 * b - 2 * d + e) / 2,
            a - 4 * b + 6 * c - 4 * d + e,
        ]
        return [x / h**n for n, x in enumerate(differences[: orders + 1])], [dust / h**n for n in range(orders + 1)]

    return _settled(derivatives, subject, point)


@cache
def mixed(subject: Subject, point: Point, first: int, second: int) -> Any:
    """The true second derivative with respect to two different inputs."""
    reaches = {i: _reach(subject, point, i) for i in (first, second)}

    def derivative(step: int) -> tuple[list[Any], list[Any]]:
        h, k = (reaches[i] * mpmath.mpf(10) ** -step for i in (first, second))
        corners = list(itertools.product((1, -1), repeat=2))
        values = [_evaluate(subject, _moved(point, {first: i * h, second: j * k})) for i, j in corners]
        total = sum(i * j * x for (i, j), x in zip(corners, values, strict=True))
        dust = _dust(values)
        return [total / (4 * h * k)], [dust / (4 * h * k)]

    return _settled(derivative, subject, point)[0]


def _dust(values: Sequence[Any]) -> Any:
    """How far off numbers of this precision may be, with 20 digits to spare; a zero may hide a number of size 1."""
    return (max(map(abs, values)) or mpmath.mpf(1)) * mpmath.mpf(10) ** 20 * mpmath.eps


def _settled(compute: Callable[[int], tuple[list[Any], list[Any]]], subject: Subject, point: Point) -> tuple[Any, ...]:
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


def _moved(point: Point, steps: dict[int, Any]) -> list[Any]:
    return [mpmath.mpf(x) + steps.get(i, 0) for i, x in enumerate(point)]


def _evaluate(subject: Subject, inputs: Sequence[Any]) -> Any:
    try:
        number = subject.meaning(*inputs)
    except (ZeroDivisionError, ValueError):  # what mpmath raises at poles
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
    return min(abs(mpmath.mpf(x)) if x else mpmath.mpf(1), _smooth_around(subject, point), *edges)


# ---- Errors ---------------------------------------------------------------------------------------------------------


LIMITS: Final = {"value": 4.0, "first": 16.0, "second": 16.0, "third": 1.0}
"""The largest error that an op may have at ordinary points, in ULP; of third derivatives, in parts of 1e-9."""


class Measured(NamedTuple):
    """What is said of a point: value and gradient, perhaps the Hessian and the third derivative in each input."""

    value: float
    gradient: Sequence[float]
    hessian: Sequence[Sequence[float]] = ()
    third: Sequence[float] = ()


class Error(NamedTuple):
    """One comparison: what was measured (`value`, `first`, `second` or `third`), how far it is off, and where."""

    kind: str
    size: float
    point: Point
    place: int
    got: float
    truth: Any


def measure(function: Callable[..., Any], point: Point) -> Measured:
    """What the engine says. The gradient of a row is what stands on the edges, that of other functions a sweep's."""
    every = tuple(range(len(point)))
    return Measured(
        float(function(*point)),
        first_derivatives(function, point),
        [second_derivatives(function, point, i) for i in every],
        [float(grad(grad(grad(function, i), i), i)(*point)) for i in every],
    )


def first_derivatives(function: Callable[..., Any], point: Point) -> list[float]:
    """The derivative with respect to each input."""
    if isinstance(function, Op):
        return list(function(*map(Value, point)).derivatives)
    return list(grad(function, argnums=tuple(range(len(point))))(*point))


def second_derivatives(function: Callable[..., Any], point: Point, place: int) -> list[float]:
    """The derivatives, with respect to each input, of the derivative with respect to one."""
    return list(grad(grad(function, argnums=place), argnums=tuple(range(len(point))))(*point))


def errors(subject: Subject, point: Point, measured: Measured) -> Iterator[Error]:
    """All comparisons at an ordinary point, in ULP; third derivatives in parts of 1e-9 of themselves.

    The second derivatives of a function of several inputs vanish along curves, and near such a curve the rounding of
    the inputs alone moves them by many ULP. There the unit is what a change of an input by one rounding does to them:
    the ULP times the condition number. Everything else, and all functions of one input, is judged without that.

    A function that is made of rows gets its second derivatives by sums over the graph, so all of a point's are judged
    beside the largest of them, and it has no third.
    """
    is_row = isinstance(subject.function, Op)
    truth = value(subject, point)
    beside = 0.0 if subject.scale is None else subject.scale(*point)
    yield Error("value", error_in_ulps(measured.value, truth, beside), point, 0, measured.value, truth)
    for i, got in enumerate(measured.gradient):
        truth = slopes(subject, point, i)[1]
        yield Error("first", error_in_ulps(got, truth), point, i, got, truth)
    for i, j in itertools.product(range(len(measured.hessian)), repeat=2):
        got = measured.hessian[i][j]
        truth = curvature(subject, point, i, j)
        error = error_in_ulps(got, truth)
        if error > 1.0 and subject.arity > 1:
            unit = _sensitivity(subject, point, i, j)
            error = error_in_ulps(got, truth, unit if is_row else max(unit, _largest_curvature(subject, point)))
        yield Error("second", error, point, i, got, truth)
    for i, got in enumerate(measured.third if is_row else ()):
        *_, truth, following = slopes(subject, point, i)
        yield Error("third", _relative(got, truth, following, point[i]), point, i, got, truth)


def curvature(subject: Subject, point: Point, i: int, j: int) -> Any:
    """The true second derivative with respect to two inputs, which may be the same."""
    return slopes(subject, point, i)[2] if i == j else mixed(subject, point, min(i, j), max(i, j))


def _largest_curvature(subject: Subject, point: Point) -> Any:
    places = range(subject.arity)
    return max(abs(curvature(subject, point, i, j)) for i, j in itertools.product(places, repeat=2))


def _sensitivity(subject: Subject, point: Point, i: int, j: int) -> Any:
    """How fast a second derivative changes as any of the inputs grows, relative to the input: the largest of them."""
    step = 2.0**-26
    nearby = [(*point[:k], x * (1.0 + step), *point[k + 1 :]) for k, x in enumerate(point)]
    here = curvature(subject, point, i, j)
    return max(abs(curvature(subject, other, i, j) - here) / step for other in nearby)


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


def far_errors(subject: Subject, point: Point) -> Iterator[Error]:
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
    true = value(subject, point) if finite else limit(subject, point)
    result = float(subject.function(*point))
    yield Error("value", _far_off(result, true), point, 0, result, true)
    if not is_smooth(subject, point) or not mpmath.isfinite(true) or abs(mpmath.mag(true or 1)) > BEYOND:
        return
    for i, slope in enumerate(first_derivatives(subject.function, point)):
        _, first, second = slopes(subject, point, i, 2)
        yield Error("first", _far_off(slope, first), point, i, slope, first)
        if is_row and TINIEST_NORMAL <= abs(second) <= LARGEST:
            got = second_derivatives(subject.function, point, i)[i]
            yield Error("second", _far_off(got, second), point, i, got, second)


BEYOND: Final = 20_000
"""Powers of two so far beyond the range of floats that no derivative lies within."""

REMOTE: Final = (mpmath.mpf(10) ** 400, mpmath.mpf(10) ** 500, mpmath.mpf(10) ** 600)


def limit(subject: Subject, point: Point) -> Any:
    """What the value tends to as the infinite inputs grow, or nan if it does not: judged from three points far away."""
    values = [value(subject, tuple(x if math.isfinite(x) else mpmath.sign(x) * far for x in point)) for far in REMOTE]
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
