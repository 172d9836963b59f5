"""How far a function of the engine is from mathematics: the error at a point, in ULP.

`measure` takes what the engine says: the value, the derivatives that stand on the edges, and the second and third
derivatives that come from differentiating the formulas of those. `errors` compares them with the truth, which `truth`
finds. `far_errors` does it at points that are huge, tiny or infinite.

The unit is the ULP, the spacing of floats at the true value. `accuracy_table` prints the largest errors of every op.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core.graph.value import Value
from autograd_core.table.op import Op
from autograd_core.testing.sampling import LARGEST, TINIEST_NORMAL, Point, Subject, is_smooth
from autograd_core.testing.truth import SETTLED, Quality, curvature, true_derivatives, value
from autograd_core.transforms.functional import grad

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


def second_derivatives(function: Callable[..., Any], point: Point, index: int) -> list[float]:
    """The derivatives, with respect to each input, of the derivative with respect to one."""
    return list(grad(grad(function, argnums=index), argnums=tuple(range(len(point))))(*point))


# ---- Errors ---------------------------------------------------------------------------------------------------------

LIMITS: Final = {"value": 4.0, "first": 16.0, "second": 16.0, "third": 1.0}
"""The largest error that an op may have at ordinary points, in ULP; of third derivatives, in parts of 1e-9."""


class Error(NamedTuple):
    """One comparison: what was measured (`value`, `first`, `second` or `third`), how far it is off, and where.

    The derivative is taken with respect to the input `input_index`, a second derivative in it and any other.
    """

    kind: str
    size: float
    point: Point
    input_index: int
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
    truth = value(subject, point) if quality is SETTLED else true_derivatives(subject, point, 0, quality=quality)[0]
    beside = 0.0 if subject.scale is None else subject.scale(*point)
    yield Error("value", error_in_ulps(measured.value, truth, beside), point, 0, measured.value, truth)
    for i, got in enumerate(measured.gradient):
        truth = true_derivatives(subject, point, i, quality=quality)[1]
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
        *_, truth, following = true_derivatives(subject, point, i, quality=quality)
        yield Error("third", _relative(got, truth, following, point[i]), point, i, got, truth)


def _largest_curvature(subject: Subject, point: Point) -> Any:
    indices = range(subject.arity)
    return max(abs(curvature(subject, point, i, j)) for i, j in itertools.product(indices, repeat=2))


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
    for i, derivative in enumerate(first_derivatives(subject.function, point)):
        _, first, second = true_derivatives(subject, point, i, 2, quality)
        yield Error("first", _far_off(derivative, first), point, i, derivative, first)
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
