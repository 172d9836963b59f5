"""The sample points of an op: ordinary points, far points, awkward points, and points on its kinks.

A `Subject` is a row of the table or another function of several numbers, with its domain, the intervals where its
value and derivatives are of order one, its kinks, and its meaning in mpmath. The points depend only on the name of the
subject and on `rng`, so they are the same in every run.

>>> from autograd_core import TABLE
>>> (sqrt,) = subjects_of(TABLE["sqrt"])
>>> all(0.0 < x < math.inf for (x,) in ordinary_points(sqrt, 20))
True
>>> (relu6,) = subjects_of(TABLE["relu6"])
>>> sorted({point for point, _ in kink_points(relu6, 20)})
[(0.0,), (6.0,)]
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

from autograd_core.table.op import Interval, Op

Point: TypeAlias = tuple[float, ...]

INTEGERS: Final[dict[str, tuple[float, ...]]] = {
    "polygamma": (1.0, 2.0, 5.0),
    "element": (-1.0, 0.0, 1.0),
    "p_norm": (3.0, 4.0, 5.0),
    "deviation": (1.0, 2.0, 3.0),
}
"""Ops with an integer as first input, which does not vary and no interval can express, and its values in samples."""

SCALES: Final[dict[str, Callable[..., float]]] = {
    "sum": lambda *xs: sum(map(abs, xs)),
    "dot": lambda *xs: sum(abs(a * b) for a, b in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)),
}
"""The scale of the rounding error of sums that add from left to right (`fsum` and `sumprod` round once)."""

TINIEST_NORMAL: Final = 2.0**-1022
LARGEST: Final = (2.0 - 2.0**-52) * 2.0**1023


@dataclass(frozen=True)
class Subject:
    """A function to sample.

    Attributes:
        name: its name.
        meaning: the function of `arity` mpmath numbers.
        sample: for each input the interval where value and derivatives are of order one.
        domain: for each input the interval where the function is defined.
        kinks: the distance of a point from the nearest one where the function is not smooth; None if there is none.
        scale: the size that rounding errors are relative to, as a function of the inputs; None for the result.
        function: the function of `arity` floats or Values. Comparisons of subjects ignore it, so a wrong function
            shares the cached truth of the right one.
        fixed: constant inputs of the op before the varying ones.
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


def count_of(op: Op) -> int:
    """Return the number of inputs in samples: the arity, else 3, or 4 where the number must be even."""
    return op.arity or (4 if op.adds == "products" else 3)


def is_integer(op: Op, index: int) -> bool:
    """Return whether an input must be an integer."""
    return index == 0 and op.name in INTEGERS


def per_input(op: Op, intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return one interval for each of `count_of` inputs; a variadic op states the same interval for all."""
    return intervals * count_of(op) if op.arity is None else intervals


def subjects_of(op: Op, meaning: Callable[..., Any] | None = None) -> list[Subject]:
    """Return a row as a subject, or as several if its first input is an integer.

    Args:
        op: the row.
        meaning: the op as a function of mpmath numbers; by default its forward function.
    """
    whole = Subject(
        op.name,
        meaning or _forward_of_several(op),
        per_input(op, op.sample),
        per_input(op, op.domain),
        op.kinks,
        SCALES.get(op.name),
        op,
    )
    return [_fix_first(whole, number) for number in INTEGERS[op.name]] if op.name in INTEGERS else [whole]


def _forward_of_several(op: Op) -> Callable[..., Any]:
    return op.forward if op.arity is not None else lambda *xs: op.forward(xs)


def _fix_first(subject: Subject, number: float) -> Subject:
    """Return the subject with its first input fixed."""
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


# ---- Where a point lies ---------------------------------------------------------------------------------------------

MARGIN: Final = 1e-9
"""The least distance of an ordinary point from a kink."""


def is_smooth(subject: Subject, point: Point, margin: float = 0.0) -> bool:
    """Return whether a point is inside the domain, and farther than the margin from every kink."""
    inside = all(low < x < high for x, (low, high) in zip(point, subject.domain, strict=True))
    return inside and all(map(math.isfinite, point)) and distance_to_kink(subject, point) > margin


def is_in_domain(subject: Subject, point: Point) -> bool:
    """Return whether a point is inside the domain or on its edge."""
    return all(low <= x <= high for x, (low, high) in zip(point, subject.domain, strict=True))


def is_smooth_sample(subject: Subject, point: Point) -> bool:
    """Return whether a point is ordinary: inside the sample, and off kinks."""
    inside = all(low < x < high for x, (low, high) in zip(point, subject.sample, strict=True))
    return inside and is_smooth(subject, point, MARGIN)


def distance_to_kink(subject: Subject | Op, point: Sequence[float]) -> float:
    """Return the stated distance to the nearest kink; 0.0 where it is undefined, such as for `x % 0`."""
    if subject.kinks is None:
        return math.inf
    try:
        return float(subject.kinks(*point))
    except ArithmeticError:  # a quotient overflows: the kinks are closer than floats
        return 0.0


# ---- Ordinary points ------------------------------------------------------------------------------------------------


def ordinary_points(subject: Subject, count: int, rng: int | str = 0) -> list[Point]:
    """Return points in the sample, of sizes from 1e-4 to 1e2, and down to 1e-4 from the edges of the domain.

    There are fewer than `count` if few points of the sample are smooth.
    """
    random_ = _random("ordinary", subject, rng)
    kinds = (_sampled, _sized, _sampled, _sized, _beside_an_edge, None)
    points: list[Point] = []
    for kind in itertools.islice(itertools.cycle(kinds), 40 * count):
        if len(points) == count:
            break
        point = tuple(
            (kind or random_.choice((_sampled, _sized, _beside_an_edge)))(random_, sample, domain)
            for sample, domain in zip(subject.sample, subject.domain, strict=True)
        )
        if is_smooth(subject, point, MARGIN):
            points.append(point)
    return points


def _random(purpose: str, subject: Subject, rng: int | str) -> random.Random:
    return random.Random(f"{purpose} {subject.name}{f' {rng}' if rng else ''}")  # noqa: S311 - no cryptography


def _sampled(rng: random.Random, sample: Interval, _domain: Interval) -> float:
    return rng.uniform(*sample)


def _sized(rng: random.Random, _sample: Interval, domain: Interval) -> float:
    size: float = 10.0 ** rng.uniform(-4.0, 2.0)
    return size if domain[0] >= 0.0 else rng.choice((size, -size))


def _beside_an_edge(rng: random.Random, sample: Interval, domain: Interval) -> float:
    edges = [edge for edge in domain if math.isfinite(edge)]
    if not edges:
        return _sampled(rng, sample, domain)
    edge = rng.choice(edges)
    distance: float = 10.0 ** rng.uniform(-4.0, 0.0)
    return edge + distance if edge == domain[0] else edge - distance


# ---- Far points -----------------------------------------------------------------------------------------------------

EXTREMES: Final = (0.0, 5e-324, 1e-310, TINIEST_NORMAL, 1e-200, 1e-155, 1e-20, 1e20, 1e155, 1e200, LARGEST, math.inf)
"""Sizes at which an intermediate result may underflow or overflow."""

SPECIAL: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.e, math.pi / 2, math.pi, 1.4616321449683623, 6.0, 26.5, 37.5, 88.0)
"""Where functions have zeros, poles and edges, or start to underflow."""

BOUNDS: Final = (171.0, 300.0, 355.0, 372.0, 709.0, 745.0, 1023.0, 1074.0)
"""Where functions that grow as the exponential or the factorial overflow or underflow, or their squares do."""


def far_points(subject: Subject, count: int, rng: int | str = 0) -> list[Point]:
    """Return points that are huge, tiny, zero or infinite, or very close to special points."""
    random_ = _random("far", subject, rng)
    special = [(sign * size,) * subject.arity for size in EXTREMES for sign in (1.0, -1.0)]
    drawn = (tuple(_far(random_, domain) for domain in subject.domain) for _ in range(40 * count))
    points = itertools.chain(special if subject.arity == 1 else [], drawn)
    admissible = (p for p in points if is_in_domain(subject, p) and sum(map(math.isinf, p)) <= 1)
    return list(itertools.islice(admissible, count))


def _far(rng: random.Random, domain: Interval) -> float:
    """Return a random number: extreme, of any size, or close to a special point, a bound or an edge."""
    edges = [edge for edge in domain if math.isfinite(edge)] or [0.0]
    apart = 10.0 ** rng.uniform(-16.0, -3.0)
    sizes = (
        rng.choice(EXTREMES),
        10.0 ** rng.uniform(-300.0, 300.0),
        rng.choice(SPECIAL) + rng.choice((apart, -apart)),
        rng.choice(BOUNDS) + rng.uniform(-1.0, 1.0),
    )
    signed = [rng.choice((size, -size)) for size in sizes]
    return float(rng.choice([*signed, rng.choice(edges) + rng.choice((apart, -apart))]))


# ---- Awkward points -------------------------------------------------------------------------------------------------

AWKWARD: Final = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, LARGEST, -LARGEST)
"""Both zeros, infinities, nan, the smallest and the largest numbers."""


def awkward_points(subject: Subject) -> Iterator[Point]:
    """Yield points with one awkward input, or with all inputs awkward, in the domain or nan."""
    middle = tuple((low + high) / 2.0 for low, high in subject.sample)
    for number in AWKWARD:
        points = {with_input(middle, i, number) for i in range(subject.arity)} | {(number,) * subject.arity}
        for point in sorted(points, key=repr):
            if math.isnan(number) or is_in_domain(subject, point):
                yield point


def with_input(point: Point, index: int, x: float) -> Point:
    """Return the point with one input replaced."""
    return (*point[:index], x, *point[index + 1 :])


# ---- Kinks ----------------------------------------------------------------------------------------------------------

NEWTON_STEPS: Final = 12


def kink_points(subject: Subject, count: int, rng: int | str = 0) -> Iterator[tuple[Point, int]]:
    """Yield points exactly on a stated kink, each with the index of an input that crosses it.

    From an ordinary point, one input moves to where the stated distance is 0. The point has few digits, so that sums
    and multiples of its numbers are floats too. A kink between two floats is not found.
    """
    if subject.kinks is None:
        return
    starts = [tuple(map(_rounded, point)) for point in ordinary_points(subject, count, rng)]
    found = (_walk(subject, p, i) for p in starts if is_smooth(subject, p) for i in range(subject.arity))
    seen: set[tuple[Point, int]] = set()
    for kink in found:
        if kink is not None and kink not in seen and len(seen) < count:
            seen.add(kink)
            yield kink


TIES: Final = (0.0, 1.0, -1.0, 0.5, 2.0, -2.5)
"""The numbers of equal inputs."""


def tied_points(subject: Subject) -> list[Point]:
    """Return points inside the domain at which all inputs are equal, or two of them; some lie on kinks.

    >>> from autograd_core import TABLE
    >>> (log_base,) = subjects_of(TABLE["log_base"])
    >>> tied_points(log_base)
    [(1.0, 1.0), (0.5, 0.5), (2.0, 2.0)]
    """
    if subject.arity < 2:
        return []
    points = [(x,) * subject.arity for x in TIES]
    if subject.arity > 2:
        pairs = list(itertools.combinations(range(subject.arity), 2))
        points += [
            tuple(x if i in pair else other for i in range(subject.arity))
            for x, other in ((1.0, 0.0), (1.0, 2.0), (-1.0, 1.0))
            for pair in pairs
        ]
    return [p for p in points if all(low < x < high for x, (low, high) in zip(p, subject.domain, strict=True))]


def _rounded(x: float) -> float:
    return round(x * 1024.0) / 1024.0


def _walk(subject: Subject, point: Point, index: int) -> tuple[Point, int] | None:
    """Return the kink along one input, by Newton's method: near a kink the distance is linear."""
    low, high = subject.domain[index]
    for _ in range(NEWTON_STEPS):
        here = distance_to_kink(subject, point)
        x = point[index]
        if here == 0.0:
            return point, index
        step = 1e-3 * here
        derivative = (distance_to_kink(subject, with_input(point, index, x + step)) - here) / step
        if derivative == 0.0 or not math.isfinite(derivative):
            return None
        target = x - here / derivative
        exact = [
            y for y in (round(target, 9) + 0.0, target) if distance_to_kink(subject, with_input(point, index, y)) == 0.0
        ]
        point = with_input(point, index, exact[0] if exact else target)
        if not (low <= point[index] <= high and math.isfinite(target)):
            return None
    return None


def special_points(subject: Subject) -> list[Point]:
    """Return points that may be unstated kinks: all inputs the same special number, or an edge."""
    edges = {edge for interval in (*subject.sample, *subject.domain) for edge in interval if math.isfinite(edge)}
    numbers = {sign * size for size in SPECIAL for sign in (1.0, -1.0)} | edges
    points = [(x + 0.0,) * subject.arity for x in sorted(numbers)]
    return [p for p in points if all(low < x < high for x, (low, high) in zip(p, subject.domain, strict=True))]
