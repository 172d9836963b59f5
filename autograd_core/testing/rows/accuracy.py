"""The errors of a function of the engine relative to its mathematical definition, in ULP.

`measure` gets the numbers of the engine: the value, the local derivatives on the edges, and the second and third
derivatives, which come from differentiating the formulas of the row. `errors` compares them with the truth (`truth`).
`far_errors` does so at points that are huge, tiny or infinite.

The unit is the ULP, the spacing of floats at the true value. `accuracy_table` prints the largest errors of every op.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import mpmath

from autograd_core.graph.value import Value
from autograd_core.table.op import Op
from autograd_core.testing.truths.sampling import LARGEST, TINIEST_NORMAL, Point, Subject, is_smooth, with_input
from autograd_core.testing.truths.truth import SETTLED, Quality, curvature, true_derivatives, value
from autograd_core.transforms.functional import grad

# ---- Numbers of the engine -----------------------------------------------------------------------------------------


class Measured(NamedTuple):
    """The numbers at a point: value, gradient, Hessian, and the third derivative by each input; () if not computed."""

    value: float
    gradient: Sequence[float] = ()
    hessian: Sequence[Sequence[float]] = ()
    third: Sequence[float] = ()


def measure(function: Callable[..., Any], point: Point, order: int = 3) -> Measured:
    """Return the numbers of the engine. The gradient of a row is on the edges; other functions need a sweep."""
    every = tuple(range(len(point)))
    return Measured(
        float(function(*point)),
        first_derivatives(function, point) if order >= 1 else (),
        [second_derivatives(function, point, i) for i in every] if order >= 2 else (),
        [float(grad(grad(grad(function, i), i), i)(*point)) for i in every] if order >= 3 else (),
    )


def first_derivatives(function: Callable[..., Any], point: Point) -> list[float]:
    """Return the derivative with respect to each input."""
    if isinstance(function, Op):
        return list(function(*map(Value, point)).derivatives)
    return list(grad(function, argnums=tuple(range(len(point))))(*point))


def second_derivatives(function: Callable[..., Any], point: Point, index: int) -> list[float]:
    """Return one row of the Hessian: the derivatives of the derivative with respect to one input."""
    return list(grad(grad(function, argnums=index), argnums=tuple(range(len(point))))(*point))


# ---- Errors ---------------------------------------------------------------------------------------------------------

LIMITS: Final = {"value": 4.0, "first": 16.0, "second": 16.0, "third": 1.0}
"""The largest error of an op at ordinary points, in ULP; for third derivatives in units of 1e-9."""


SERVED: Final = {
    **dict.fromkeys(("sech_squared", "sigmoid_slope", "silu_slope", "mish_slope", "gelu_slope", "gelu_tanh_slope"), 1),
    **dict.fromkeys(("celu_slope", "gaussian_slope", "normal_pdf_slope"), 1),
    **dict.fromkeys(("silu_curvature", "mish_curvature", "gelu_tanh_curvature"), 2),
    **dict.fromkeys(("scaled_gaussian", "scaled_normal_pdf"), 2),
    **dict.fromkeys(("sech", "gelu_tanh_sech"), 3),
}
"""Rows that exist for derivatives of other rows, and the order of these. The derivatives of such a row are of higher
order, and from the third order on they need not be right to the last digits where they cross zero."""

IN_ULPS: Final = 1e6
"""The limit for these in ULP; it is about that of third derivatives."""


def limits_of(name: str) -> dict[str, float]:
    """Return the largest error of each kind for a row of the table."""
    served = SERVED.get(name, 0)
    return LIMITS | {kind: IN_ULPS for order, kind in ((1, "first"), (2, "second")) if served and served + order > 2}


class Error(NamedTuple):
    """One comparison: its kind (`value`, `first`, `second` or `third`), the size of the error, and the point.

    The derivative is taken with respect to the input `input_index`, a second derivative also with
    respect to any input.
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
    """Yield all comparisons at an ordinary point, in ULP; for third derivatives in units of 1e-9 of themselves.

    The second derivatives of a function of several inputs vanish along curves. Near such a curve the rounding of the
    inputs alone changes them by many ULP. There the unit is the effect of one rounding of an input: the ULP times the
    condition number. All other errors, and those of functions of one input, are in plain ULP.

    A function that consists of several rows sums its second derivatives over the graph. So their errors are relative
    to the largest of them at the point, and third derivatives are not compared.

    Args:
        subject: the function.
        point: the inputs.
        measured: the numbers of the engine.
        quality: the quality of the truth.
        good: errors of second derivatives up to this many ULP need no condition number.
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


def by_first_truth(
    compare: Callable[[Quality], Iterable[Error]],
    limits: Mapping[str, float] | float,
    qualities: Iterable[Quality] = Quality,
) -> list[Error]:
    """Return the errors by the first quality of truth by which all are within the limits, or else by the last one.

    Args:
        compare: yields the errors by a truth of a quality.
        limits: the largest error of each kind, or one for all kinds.
        qualities: from the cheapest to the best.
    """
    found: list[Error] = []
    for quality in qualities:
        found = list(compare(quality))
        if all(error.size <= (limits[error.kind] if isinstance(limits, Mapping) else limits) for error in found):
            break
    return found


def _largest_curvature(subject: Subject, point: Point) -> Any:
    indices = range(subject.arity)
    return max(abs(curvature(subject, point, i, j)) for i, j in itertools.product(indices, repeat=2))


def _sensitivity(subject: Subject, point: Point, i: int, j: int, quality: Quality) -> Any:
    """Return the largest change of a second derivative per relative change of an input."""
    step = 2.0**-26
    nearby = [with_input(point, k, x * (1.0 + step)) for k, x in enumerate(point)]
    here = curvature(subject, point, i, j, quality)
    return max(abs(curvature(subject, other, i, j, quality) - here) / step for other in nearby)


def ulps(x: float, truth: Any) -> float:
    """Return the distance of a float from the true value, in ULP of the true value."""
    nearest = float(truth)
    if not math.isfinite(nearest) or not math.isfinite(x):
        return 0.0 if x == nearest or (math.isnan(x) and math.isnan(nearest)) else math.inf
    return float(abs(mpmath.mpf(x) - truth) / mpmath.mpf(math.ulp(nearest)))


def error_in_ulps(got: float, truth: Any, beside: Any = 0) -> float:
    """Return the error in ULP of the truth, or of `beside` if that is larger.

    Below the smallest normal double the unit is eight spacings of the subnormals.
    """
    nearest = float(truth)
    if math.isfinite(nearest) and math.isfinite(got) and abs(truth) < beside:
        return float(abs(got - truth) / math.ulp(float(beside)))
    error = ulps(got, truth)
    return error / 8.0 if abs(nearest) < TINIEST_NORMAL else error


def _relative(got: float, truth: Any, following: Any, x: float) -> float:
    """Return the error in units of 1e-9 of the truth, or of 1e10 spacings of the subnormals if that is larger.

    Near a zero of the third derivative the unit is 1e-9 of its change when the input changes by 1e-5, by the fourth
    derivative: the rounding of the input itself moves the zero.
    """
    if not (math.isfinite(got) and math.isfinite(float(truth))):
        return ulps(got, truth)
    allowed = max(abs(truth), 1e-5 * max(1.0, abs(x)) * abs(following), mpmath.mpf(5e-324) * 10**10)
    return float(abs(got - truth) / allowed * 10**9)


def worst(found: Iterable[Error]) -> dict[str, Error]:
    """Return the largest error of each kind; nan counts as the largest."""
    largest: dict[str, Error] = {}
    for error in found:
        if error.kind not in largest or not error.size <= largest[error.kind].size:
            largest[error.kind] = error
    return largest


# ---- Far points ------------------------------------------------------------------------------------------------------

FAR: Final = 1e-13
"""The largest relative error of an op at far points."""

BEYOND: Final = 20_000
"""A binary exponent so far beyond the range of floats that no derivative is inside it."""

REMOTE: Final = (mpmath.mpf(10) ** 400, mpmath.mpf(10) ** 500, mpmath.mpf(10) ** 600)


def far_errors(subject: Subject, point: Point, order: int = 2, quality: Quality = SETTLED) -> Iterator[Error]:
    """Yield comparisons at a far point, as relative errors, infinite if no digit is right.

    At an infinite input the value is compared with the limit, if there is one. Derivatives are not compared there, nor
    on edges and kinks, where they are conventions. Value and first derivative must overflow and underflow where the
    truth does. A second derivative is compared only where the truth is a normal double. Third derivatives are not
    compared, nor those of the rows for lower derivatives that amount to third ones.

    Functions that consist of several rows are compared only at finite points, in value and first derivative.
    """
    finite = all(map(math.isfinite, point))
    is_row = isinstance(subject.function, Op)
    order = min(order, max(2 - SERVED.get(subject.name, 0), 0))
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
    """Return the limit of the value as the infinite inputs grow, from three remote points; nan if there is none."""
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
    """Return the relative error at a far point; 0 where the truth is unknown, inf if no digit is right."""
    double = _significant(truth)
    if math.isnan(double):
        return 0.0
    if double == 0.0:
        return 0.0 if abs(got) <= 2.0 * TINIEST_NORMAL else math.inf
    if not (math.isfinite(double) and math.isfinite(got)):
        return 0.0 if got == double else math.inf
    return float(abs(got - truth) / abs(truth))
