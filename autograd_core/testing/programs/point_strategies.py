"""Hypothesis strategies for points of ops, and the judgement of points: ordinary, on a kink, or neither.

They use only the statements of an op's row (domain, sample, kinks), so custom ops are drawn as well as those of the
table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hypothesis import strategies as st

from autograd_core.errors import InputError
from autograd_core.table.op import Interval, Op
from autograd_core.table.op import find as find_op
from autograd_core.testing.measuring.differences import central
from autograd_core.testing.measuring.levels import Estimate
from autograd_core.testing.report import Verdict
from autograd_core.testing.truths.sampling import LARGEST, TINIEST_NORMAL, Point, distance_to_kink, is_integer

MARGIN: Final = 1e-6
"""The default distance of points from kinks: it leaves space for a difference quotient."""

LIMIT: Final = 100.0
"""Results and derivatives beyond this are not moderate: a few more instructions would lose most of their digits."""

STEP: Final = 0.05
"""An op is also moderate at this distance from an ordinary point, so no pole or edge is near."""

AROUND: Final[Interval] = (-50.0, 50.0)
"""Numbers of both signs, larger than the samples, at which most functions are still finite."""

NEARBY: Final = 1e-9
"""A step that changes a moderate value by less than `MARGIN`."""

NEAR: Final = 2.0**-48
RESOLVED: Final = 2.0**-8
"""A value that changes by more than this, relative to itself, when an input changes by `NEAR`, is not resolved."""

APART: Final = (2.0**-30, 2.0**-44)
"""The relative distances at which a function with a slope has another value."""

ROUNDINGS: Final = 1024.0
"""A kink nearer than this many spacings of the inputs cannot be told from rounding."""

KNOWN: Final = (Verdict.OK, Verdict.KINK)
"""The verdicts of differences that tell a derivative."""

HIGHEST_ORDER: Final = 10
"""The largest integer input in points. Higher derivatives of `digamma` are too large to compare."""

LOWEST_INDEX: Final = -1
"""The smallest integer input in points: the index of the last of any number of elements."""

# ---- Points ---------------------------------------------------------------------------------------------------------


def floats_for(
    op: Op | str, count: int | None = None, wide: bool = True, margin: float = MARGIN, measurable: bool = True
) -> st.SearchStrategy[Point]:
    """Return a strategy for points inside the domain of an op, as tuples of floats.

    An input that must be an integer, such as the order of `polygamma`, is a small one.

    Args:
        op: an op or its name.
        count: the number of inputs of a variadic op; by default 2 to 4.
        wide: draw half of the points from outside the sample too: a quarter from the domain up to 50, so with both
            signs where these are defined, and a quarter from the whole domain, up to the largest floats.
        margin: the least distance of a point from the nearest kink; 0 allows points on kinks.
        measurable: leave out points at which no gradient check can tell the derivative, see `is_measurable`. If false,
            points may lie on the edge of the domain, and where the op overflows.

    Raises:
        InputError: if there is no op of that name, or it does not take `count` inputs.

    >>> from hypothesis import find
    >>> find(floats_for("log"), lambda point: point[0] > 1.5)
    (2.0,)
    """
    row = find_op(op) if isinstance(op, str) else op
    counts = counts_of(row)
    if count is not None and (count < 1 or (row.arity or count) != count or count not in counts_of(row, count)):
        raise InputError(f"{row.name} does not take {count} inputs")
    sizes = st.sampled_from(counts if count is None else (count,))

    def points(size: int) -> st.SearchStrategy[Point]:
        """Return a strategy for points with this number of inputs."""
        near = _box(row, row.sample, size)
        if not wide:
            return near
        around = _box(row, tuple(map(_around, row.domain)), size)
        return st.sampled_from((near, near, around, _box(row, row.domain, size))).flatmap(lambda box: box)

    drawn = sizes.flatmap(points)
    if row.kinks is not None and margin > 0.0:
        drawn = drawn.filter(lambda point: distance_to_kink(row, point) >= margin)
    return drawn.filter(lambda point: is_measurable(row, point)) if wide and measurable else drawn


def _box(row: Op, intervals: tuple[Interval, ...], size: int) -> st.SearchStrategy[Point]:
    sides = of_all(intervals, size)
    return st.tuples(*[number_in(row, index, interval) for index, interval in enumerate(sides)])


def of_all(intervals: tuple[Interval, ...], size: int) -> tuple[Interval, ...]:
    """Return one interval for each of `size` inputs; the last one applies to all further inputs."""
    return (intervals + intervals[-1:] * size)[:size]


def number_in(row: Op, index: int, interval: Interval) -> st.SearchStrategy[float]:
    """Return a strategy for one input of an op in an interval."""
    low, high = interval
    if is_integer(row, index):
        return st.integers(math.ceil(max(low, LOWEST_INDEX)), math.floor(min(high, HIGHEST_ORDER))).map(float)
    return _floats(low, high)


@lru_cache(maxsize=256)
def _floats(low: float, high: float) -> st.SearchStrategy[float]:
    # Hypothesis draws its bounds, so infinite ones must become None.
    return st.floats(
        None if low == -math.inf else low,
        None if high == math.inf else high,
        allow_nan=False,
        allow_infinity=False,
    )


def _around(domain: Interval) -> Interval:
    """Return the part of the domain with moderate numbers, or all of it if there is none."""
    low, high = max(domain[0], AROUND[0]), min(domain[1], AROUND[1])
    return (low, high) if low < high else domain


def number_beyond(row: Op, index: int, upwards: bool) -> st.SearchStrategy[float]:
    """Return a strategy for moderate numbers of the domain on one side of the sample of an input of an op.

    If the domain ends with the sample on this side, they come from the sample.
    """
    low, high = _around(of_all(row.domain, index + 1)[index])
    first, last = of_all(row.sample, index + 1)[index]
    beyond = (last, high) if upwards else (low, first)
    return number_in(row, index, beyond if beyond[0] < beyond[1] else (first, last))


def counts_of(row: Op, most: int = 4) -> tuple[int, ...]:
    """Return the possible numbers of inputs of an op."""
    if row.arity is not None:
        return (row.arity,)
    step = 2 if row.adds == "products" else 1
    return tuple(range(2, most + 1, step)) if most > 1 or step == 2 else (1,)


# ---- Judgement ------------------------------------------------------------------------------------------------------


def is_measurable(op: Op, inputs: Sequence[float]) -> bool:
    """Return whether differences of floats can tell the derivatives of an op at a point.

    They cannot at the edge of the domain, where the op overflows or underflows, and where its features are narrower
    than the spacing of floats, such as the waves of `sin` at 1e16. Only values of the op decide, so that a wrong
    derivative hides no point. A point on a kink is measurable, because the one-sided derivatives are.

    >>> from autograd_core import TABLE
    >>> [is_measurable(TABLE["log"], [x]) for x in (0.0, 1e-200, 1e200)], is_measurable(TABLE["sin"], [1e16])
    ([False, True, True], False)
    """
    value = op.evaluate(inputs)
    distance = distance_to_kink(op, inputs)
    if not all(map(_is_normal, (value, *inputs))) or 0.0 < distance < ROUNDINGS * max(map(math.ulp, inputs)):
        return False
    claimed = op.derivatives_at(inputs, value, [True] * len(inputs))
    return distance == 0.0 or all(
        _is_measurable_along(op, inputs, index, value, claimed[index])
        for index in range(len(inputs))
        if not is_integer(op, index)
    )


def _is_normal(x: float) -> bool:
    """Return whether a number is 0 or has all digits, with space for rounding at both ends of the range."""
    return x == 0.0 or ROUNDINGS * TINIEST_NORMAL <= abs(x) <= LARGEST / ROUNDINGS


def _is_measurable_along(op: Op, inputs: Sequence[float], index: int, value: float, claimed: float) -> bool:
    """Return whether the value hardly changes next to the point, and differences give a derivative.

    The derivative that the row claims saves most of the differences if it is right, and changes nothing if it is wrong.
    """
    x = inputs[index]
    low, high = of_all(op.domain, index + 1)[index]

    def line(shifted: float) -> float:
        """Return the value with another number as this input; nan outside the domain."""
        return op.evaluate([*inputs[:index], shifted, *inputs[index + 1 :]]) if low <= shifted <= high else math.nan

    def estimate(unit: float) -> Estimate:
        """Return that of differences with steps in this unit."""
        return central(lambda steps: line(x + steps[0] * unit), [0.0], 0, claimed=claimed * unit)

    size = abs(x) or 1.0
    if any(not abs(line(x + shift * size) - value) <= RESOLVED * abs(value) for shift in (-NEAR, NEAR)):
        return False
    if size < MARGIN and line(0.5 * x) == value == line(1.5 * x):
        return False  # steps of the size of the input change nothing, and longer ones may be too long
    found = estimate(size)
    if found.verdict not in KNOWN or not _is_normal(found.derivative / size):
        return False
    # The steps of a staircase, seen from far, look like a slope.
    is_flat = any(line(x - part * size) == value == line(x + part * size) for part in APART)
    if op.kinks is not None and is_flat and found.derivative != 0.0:
        return False
    # Steps of a fixed length may cross a pole next to the point, and then they measure a jump.
    return size >= 1.0 or estimate(1.0).verdict in (*KNOWN, Verdict.OUTSIDE)


def is_ordinary(op: Op, inputs: Sequence[float], limit: float = LIMIT) -> bool:
    """Return whether a point is well inside the domain, off kinks, with moderate value and derivatives.

    The op is evaluated at the point and a short step away along every input that is not an integer by nature.

    >>> from autograd_core import TABLE
    >>> is_ordinary(TABLE["log"], [1.0]), is_ordinary(TABLE["log"], [0.01]), is_ordinary(TABLE["div"], [1.0, 0.001])
    (True, False, False)
    """
    # The distance may be nan.
    return distance_to_kink(op, inputs) >= MARGIN and _is_moderate_around(op, inputs, limit)


def is_on_kink(op: Op, inputs: Sequence[float], limit: float = LIMIT) -> bool:
    """Return whether a point is exactly on a kink and otherwise ordinary.

    >>> from autograd_core import TABLE
    >>> is_on_kink(TABLE["relu"], [0.0]), is_on_kink(TABLE["relu"], [1e-9]), is_on_kink(TABLE["gamma"], [0.0])
    (True, False, False)
    """
    return op.kinks is not None and distance_to_kink(op, inputs) == 0.0 and _is_moderate_around(op, inputs, limit)


def _is_moderate_around(op: Op, inputs: Sequence[float], limit: float) -> bool:
    return _is_moderate(op, inputs, limit) and all(
        _is_moderate(op, [*inputs[:index], x + step, *inputs[index + 1 :]], limit)
        for index, x in enumerate(inputs)
        if not is_integer(op, index)
        for step in (-STEP, STEP)
    )


def _is_moderate(op: Op, inputs: Sequence[float], limit: float) -> bool:
    domains = op.domain + op.domain[-1:] * len(inputs)
    if not all(low <= x <= high for x, (low, high) in zip(inputs, domains, strict=False)):
        return False
    output = op.evaluate(inputs)
    derivatives = op.derivatives_at(inputs, output, [True] * len(inputs))
    if not abs(output) < limit or any(abs(d) >= limit for d in derivatives):
        return False
    # A derivative that is nan where the op is continuous is a fault of the row, and must not hide the point.
    return not any(map(math.isnan, derivatives)) or _is_continuous(op, inputs, output)


def _is_continuous(op: Op, inputs: Sequence[float], output: float) -> bool:
    """Return whether the value hardly changes with each input."""
    return all(
        abs(op.evaluate([*inputs[:index], x + step, *inputs[index + 1 :]]) - output) < MARGIN
        for index, x in enumerate(inputs)
        for step in (-NEARBY, NEARBY)
    )
