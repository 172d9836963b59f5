"""The derivatives of an op on its kinks, and where inputs are equal, compared with those around the point.

A derivative with respect to one input must lie between the one-sided derivatives. That is not enough for an op of
several inputs: if both inputs of a tie of `max` had the derivative 1, each would lie between 0 and 1, but `max(x, x)`
would have the derivative 2. So the derivatives are also added along directions such as (1, 1), and the sum must lie
between the least and the largest slope in this direction around the point. The op is also applied to the same Value
several times, `op(x, x)`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import mpmath

from autograd_core.testing.measuring.differences import along, central
from autograd_core.testing.report import Verdict
from autograd_core.testing.rows import accuracy
from autograd_core.testing.rows.accuracy import Error
from autograd_core.testing.rows.op_report import DIRECTION, KINK, SAME, Comparison
from autograd_core.testing.truths import truth
from autograd_core.testing.truths.sampling import Point, Subject
from autograd_core.transforms.functional import grad

KNOWN: Final = (Verdict.OK, Verdict.KINK)
"""The verdicts of differences that tell a derivative."""

TOGETHER: Final = 1e-9
"""The relative tolerance of sums of derivatives along a direction, far above their rounding."""


def on_kink(subject: Subject, point: Point, across: int, by_floats: bool, limit: float) -> Iterator[Comparison]:
    """Yield the recorded derivative with respect to each input beside the one-sided derivatives.

    Args:
        subject: the op.
        point: the point on a kink.
        across: the index of an input that crosses the kink.
        by_floats: measure by differences of floats, and not by the meaning of the op.
        limit: the largest error outside the one-sided derivatives, in ULP.
    """
    for i, got in enumerate(accuracy.first_derivatives(subject.function, point)):
        bounds = _bounds_by_floats(subject, point, i) if by_floats else _bounds(subject, point, across, i)
        if not bounds or (math.isnan(got) and not by_floats and _jumps(subject, point, across)):
            continue
        nearest = min(max(mpmath.mpf(got), min(bounds)), max(bounds)) if math.isfinite(got) else bounds[0]
        size = 0.0 if got in bounds else accuracy.error_in_ulps(got, nearest)
        yield Comparison(
            KINK,
            Error("first", size, point, i, got, nearest),
            limit,
            float(bounds[0]),
            float(bounds[min(1, len(bounds) - 1)]),
        )


def in_directions(subject: Subject, point: Point, by_floats: bool, limit: float) -> Iterator[Comparison]:
    """Yield the sum of the derivatives along each direction beside the slopes around a point on a kink."""
    derivatives = accuracy.first_derivatives(subject.function, point)
    if not all(map(math.isfinite, derivatives)):
        return
    for direction in directions(subject.arity):
        slopes = (
            _slopes_by_floats(subject, point, direction)
            if by_floats
            else truth.slopes_around(subject, point, direction)
        )
        if slopes:
            got = math.fsum(d * x for d, x in zip(direction, derivatives, strict=True))
            yield _between(DIRECTION, point, direction, got, slopes, limit)


def of_same_value(subject: Subject, point: Point, by_floats: bool, limit: float) -> Iterator[Comparison]:
    """Yield the derivative of `op(x, x)` at a point of equal inputs beside the slopes along (1, 1)."""
    got = float(grad(lambda x: subject.function(*[x] * subject.arity))(point[0]))
    direction = (1,) * subject.arity
    slopes = (
        _slopes_by_floats(subject, point, direction) if by_floats else truth.slopes_around(subject, point, direction)
    )
    if slopes:
        yield _between(SAME, point, direction, got, slopes, limit)


def directions(arity: int) -> Iterator[tuple[int, ...]]:
    """Yield the directions of each input, of two inputs together and against each other, and of all inputs.

    >>> list(directions(2))
    [(1, 0), (0, 1), (1, 1), (1, -1)]
    """
    for i in range(arity):
        yield tuple(int(k == i) for k in range(arity))
    for i, j in itertools.combinations(range(arity), 2):
        for sign in (1, -1):
            yield tuple(1 if k == i else sign if k == j else 0 for k in range(arity))
    if arity > 2:
        yield (1,) * arity


def _between(
    stage: str,
    point: Point,
    direction: tuple[int, ...],
    got: float,
    slopes: Sequence[Any],
    limit: float,
) -> Comparison:
    """Return the comparison of a sum of derivatives with the least and the largest slope."""
    least, largest = min(slopes), max(slopes)
    if not math.isfinite(got):
        nearest, size = least, math.inf
    else:
        nearest = min(max(mpmath.mpf(got), least), largest)
        size = 0.0 if abs(got - nearest) <= TOGETHER * max(1, abs(nearest)) else accuracy.error_in_ulps(got, nearest, 1)
    varying = [i for i, x in enumerate(direction) if x]
    error = Error("first", size, point, varying[0], got, nearest)
    return Comparison(stage, error, limit, float(least), float(largest), direction if len(varying) > 1 else ())


def _bounds(subject: Subject, point: Point, across: int, index: int) -> list[Any]:
    """Return the one-sided derivatives at a point; empty at a pole."""
    if not mpmath.isfinite(truth.evaluate(subject, [mpmath.mpf(x) for x in point])):
        return []
    near = truth.one_sided(subject, point, across, index)
    nearer = truth.one_sided(subject, point, across, index, truth.ASIDE * mpmath.mpf(10) ** -10)
    bounds = [_limit(near.left, nearer.left), _limit(near.right, nearer.right)]
    beside = [] if index == across else [truth.derivative_along_kink(subject, point, index)]
    return [x for x in bounds + beside if not mpmath.isnan(x)]


def _limit(near: Any, nearer: Any) -> Any:
    """Return the limit of a derivative at a kink: infinite if it still grows."""
    return mpmath.sign(nearer) * mpmath.inf if abs(nearer) > 1.2 * abs(near) > 1.0 else near


def _jumps(subject: Subject, point: Point, across: int) -> bool:
    """Return whether the value jumps, so that nan is a valid derivative."""
    sides = truth.one_sided(subject, point, across, across)
    return not truth.agree(sides.lower, sides.upper)


def _bounds_by_floats(subject: Subject, point: Point, index: int) -> list[Any]:
    """Return the one-sided derivatives by differences of floats; empty if they are unknown."""
    estimate = central(_of_list(subject.function), list(point), index, subject.domain[index])
    return [estimate.left, estimate.right] if estimate.verdict in KNOWN else []


def _slopes_by_floats(subject: Subject, point: Point, direction: tuple[int, ...]) -> Sequence[Any]:
    """Return the one-sided slopes in a direction by differences of floats; empty if they are unknown."""
    estimate = along(_of_list(subject.function), list(point), list(map(float, direction)))
    return [mpmath.mpf(x) for x in (estimate.left, estimate.right)] if estimate.verdict in KNOWN else []


def _of_list(function: Callable[..., Any]) -> Callable[[list[float]], float]:
    return lambda point: float(function(*point))
