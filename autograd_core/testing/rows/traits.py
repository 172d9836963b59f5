"""The traits that a row states about its functions, and the traits that are measured.

A trait is measured at points of the sample and far out, by the forward function and the local derivatives of the row.
Numbers cannot tell whether an op is used as an activation, so `activation` is not measured.

>>> from autograd_core import TABLE
>>> relu = TABLE["relu"]
>>> is_linear(relu), is_piecewise_constant(relu), zero_until(relu), steepest(TABLE["tanh"])
(False, False, 0.0, 1.0)
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from autograd_core.table.op import Op, Sign

SEVERAL: Final = 4
"""The number of inputs for an op that takes any number of them."""

BELOW: Final = (-20.0, -15.0, -12.0)
"""Far below the edge of a half-line of zeros, and not so far that exponentials underflow."""

AROUND: Final = (*(i / 2.0 for i in range(-8, 9)), 0.3, -0.3, 20.0, -20.0)
"""Where signs and poles are looked for: whole numbers, halves and zeros are among them."""

THOUSANDTH: Final = 1e-3

_Point = Sequence[float]


# ---- Measured --------------------------------------------------------------------------------------------------------


def is_linear(op: Op) -> bool:
    """Whether the value midway between two points, along each input, is midway between their values."""
    points = _draws(op)
    for point, other in zip(points[::2], points[1::2], strict=True):
        for i, x in enumerate(other):
            end, middle = list(point), list(point)
            end[i], middle[i] = x, (point[i] + x) / 2.0
            expected = (op.evaluate(point) + op.evaluate(end)) / 2.0
            if not math.isclose(op.evaluate(middle), expected, rel_tol=1e-12, abs_tol=1e-12):
                return False
    return True


def is_piecewise_constant(op: Op) -> bool:
    """Whether every local derivative is 0 at every point."""
    return all(d == 0.0 for point in _draws(op) for d in _derivatives(op, point))


def is_sum_of_inputs(op: Op) -> bool:
    """Whether the value is the sum of the inputs."""
    return all(_is_near(op.evaluate(xs), sum(xs)) for xs in _draws(op))


def is_sum_of_products(op: Op) -> bool:
    """Whether the value is the sum of the products of the first half of the inputs with the second."""
    return all(_is_near(op.evaluate(xs), _sum_of_products(xs)) for xs in _draws(op))


def zero_until(op: Op, around: float = 0.0) -> float | None:
    """The edge of the half-line on which the op is 0, to a thousandth; it is searched up to 12 away from `around`."""
    if any(_value(op, around + x) != 0.0 for x in BELOW):
        return None
    grid = (around + x / 1000.0 for x in range(-12_000, 12_000))
    return next((x for x in grid if _value(op, x + THOUSANDTH) != 0.0), math.inf)


def steepest(op: Op) -> float | None:
    """The largest derivative in the first input, if the op tends to two different numbers at the ends of the line."""
    bottom, top = _value(op, -1e300), _value(op, 1e300)
    is_bounded = _is_near(_value(op, -1e200), bottom) and _is_near(_value(op, 1e200), top) and abs(top - bottom) > 1e-3
    is_flat = _slope(op, -1e12) < 1e-9 > _slope(op, 1e12)
    if not is_bounded or not is_flat:
        return None
    low, high = op.sample[0]
    largest = 0.0
    for _ in range(3):  # the second and third grid are between the neighbours of the largest point of the one before
        step = (high - low) / 1200.0
        largest, x = max((_slope(op, low + step * i), low + step * i) for i in range(1201))
        low, high = x - step, x + step
    return largest


def sign(op: Op) -> Sign:
    """What can be said about the sign of every value."""
    values = [y for y in _values_around(op) if not math.isnan(y)]
    return "positive" if min(values) > 0.0 else "not negative" if min(values) >= 0.0 else ""


def has_poles(op: Op) -> bool:
    """Whether it has no value at one of the points that are looked at; where the others are cannot be measured."""
    return not all(map(math.isfinite, _values_around(op)))


def _values_around(op: Op) -> list[float]:
    """The values at points of the domain, also on its edge; fewer for each input if there are many inputs."""
    count = 2 if op.arity is None else op.arity
    sides = [
        [x for x in AROUND[:: 1 if count < 3 else 4] if low <= x <= high] for low, high in (op.domain * count)[:count]
    ]
    return [op.evaluate(point) for point in itertools.product(*sides)]


def _is_near(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-12)


def _sum_of_products(xs: _Point) -> float:
    half = len(xs) // 2
    return math.nan if len(xs) % 2 else sum(x * y for x, y in zip(xs[:half], xs[half:], strict=True))


# ---- Points ----------------------------------------------------------------------------------------------------------


def _draws(op: Op, count: int = 40) -> list[list[float]]:
    """Points of the sample; every fifth number is 0, or as near as the domain allows: some ops change only there."""
    rng = random.Random(op.name)  # noqa: S311 - samples need no cryptography
    sides = [(min(max(0.0, least), most), low, high) for (low, high), (least, most) in _intervals(op)]
    return [[rng.choice((zero, *[rng.uniform(low, high)] * 4)) for zero, low, high in sides] for _ in range(count)]


def _intervals(op: Op) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The sample and the domain of each input."""
    return list(zip(op.sample, op.domain, strict=True)) * (SEVERAL if op.arity is None else 1)


def _with_first(op: Op, x: float) -> list[float]:
    """A point with this first input; the others are inside their samples and not 0."""
    return [x, *[low + (high - low) * 0.7 for (low, high), _ in _intervals(op)[1:]]]


def _value(op: Op, x: float) -> float:
    return op.evaluate(_with_first(op, x))


def _derivatives(op: Op, point: _Point) -> list[float]:
    return op.derivatives_at(point, op.evaluate(point), [True] * len(point))


def _slope(op: Op, x: float) -> float:
    return abs(_derivatives(op, _with_first(op, x))[0])


# ---- Stated ----------------------------------------------------------------------------------------------------------


def false_traits(op: Op) -> Iterator[str]:
    """Yield the traits that a row states and that its functions do not have.

    >>> from autograd_core import TABLE, define_op
    >>> list(false_traits(define_op("area", lambda x: x * x, lambda x, y: 2.0 * x, linear=True)))
    ['states linear=True, but its forward function is not linear in its sample']
    """
    for stated, test in _TESTS.items():
        try:
            found = test(op)
        except (ArithmeticError, ValueError) as error:
            found = f"its functions raise at the points where that is measured: {error}"
        if found:
            yield f"states {stated}={getattr(op, stated)!r}, but {found}"


def _of_linear(op: Op) -> str:
    return "its forward function is not linear in its sample" if op.linear and not is_linear(op) else ""


def _of_piecewise_constant(op: Op) -> str:
    is_false = op.piecewise_constant and not is_piecewise_constant(op)
    return "its local derivatives are not all 0 in its sample" if is_false else ""


def _of_adds(op: Op) -> str:
    if op.adds == "inputs" and not is_sum_of_inputs(op):
        return "its value is not the sum of its inputs"
    if op.adds == "products" and not is_sum_of_products(op):
        return "its value is not the sum of the products of the first half of its inputs with the second"
    return ""


def _of_zero_until(op: Op) -> str:
    if op.zero_until is None:
        return ""
    edge = zero_until(op, op.zero_until)
    if edge is None:
        return f"it is not 0 everywhere up to {op.zero_until!r}"
    return "" if abs(edge - op.zero_until) <= THOUSANDTH else f"it is 0 until {edge:.3f}"


def _of_steepest(op: Op) -> str:
    if op.steepest is None:
        return ""
    found = steepest(op)
    if found is None:
        return "it is not bounded and flat at both ends"
    near = math.isclose(found, op.steepest, rel_tol=THOUSANDTH)
    return "" if near else f"the largest size of its local derivative in its sample is {found:.6g}"


def _of_sign(op: Op) -> str:
    if not op.sign or sign(op) == op.sign or (op.sign == "not negative" and sign(op)):
        return ""
    return f"its smallest value near 0 is {min(_values_around(op)):.6g}"


_TESTS: Final[dict[str, Callable[[Op], str]]] = {
    "linear": _of_linear,
    "piecewise_constant": _of_piecewise_constant,
    "adds": _of_adds,
    "zero_until": _of_zero_until,
    "steepest": _of_steepest,
    "sign": _of_sign,
}
"""For each trait, what is found instead; an empty text if the trait is true or not stated."""
