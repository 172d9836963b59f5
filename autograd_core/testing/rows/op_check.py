"""`check_op`: compare an op with its meaning, and the statements of its row with its behaviour.

An op is checked at ordinary points, at far points, where inputs are equal, beside its kinks and on them (`kink_check`),
and applied to the same Value several times. The truth is the meaning of the op in
mpmath. For a row of the table this is a mathematical definition. For another op it is the forward function on mpmath
numbers, or, if that fails, differences of floats, which are a million times less precise. Derivatives of order 2 and 3
come from differentiating the formulas of the row, so a formula with a constant in place of an op is detected.

>>> from autograd_core import define_op, exp
>>> bell = define_op("bell", lambda x: exp(-x * x), lambda x, y: -2.0 * x * y)
>>> bool(check_op(bell))
True
>>> wrong = define_op("wrong_bell", lambda x: exp(-x * x), lambda x, y: 2.0 * x * y)
>>> check_op(wrong)
Traceback (most recent call last):
...
autograd_core.testing.report.GradientMismatch: op wrong_bell: the first derivative is wrong...
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import mpmath

from autograd_core.errors import InputError
from autograd_core.numerics.number import describe
from autograd_core.table.op import Op
from autograd_core.testing.measuring.differences import central
from autograd_core.testing.report import Verdict, concluded
from autograd_core.testing.rows import accuracy, kink_check
from autograd_core.testing.rows.accuracy import Error
from autograd_core.testing.rows.op_report import (
    BESIDE,
    FAR,
    KINDS,
    ORDINARY,
    TIED,
    Comparison,
    OpReport,
    entries_of,
    lines_of,
)
from autograd_core.testing.rows.row_facts import in_hex, misfits
from autograd_core.testing.rows.traits import false_traits
from autograd_core.testing.truths import sampling, truth
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import Point, Subject
from autograd_core.testing.truths.truth import UnsettledError
from autograd_core.transforms.functional import grad

INFINITY: Final = math.inf

MATHEMATICS, FORWARD, DIFFERENCES = "mathematics", "forward function in mpmath", "differences of floats"

LIMITS: Final[dict[str, dict[str, float]]] = {
    MATHEMATICS: accuracy.LIMITS | {"far": accuracy.FAR},
    FORWARD: {"value": 1e6, "first": 1e6, "second": 1e7, "third": 1e3, "far": INFINITY},
    DIFFERENCES: {"value": INFINITY, "first": 1e10, "second": 1e10, "third": 1e3, "far": INFINITY},
}
"""The largest error, by method: in ULP, for third derivatives in units of 1e-9, at far points relative.

A row of the table must be right to the last digits. A custom op may round intermediate results, so its errors are
relative to the size of the function in its sample, and at far points there is no limit by default.
"""


def check_op(
    op: Op,
    points: int = 100,
    rng: int | str = 0,
    limits: Mapping[str, float] | None = None,
    order: int = 3,
    meaning: Callable[..., Any] | None = None,
) -> OpReport:
    """Compare an op with its meaning, and the statements of its row with its behaviour.

    Args:
        op: a row of the table, or any other `Op`.
        points: the number of ordinary points; there are a third as many far points.
        rng: the seed of the points; equal seeds give equal points.
        limits: the largest errors, in place of those of the method: `"value"`, `"first"` and `"second"` in ULP,
            `"third"` in units of 1e-9, and `"far"`, relative.
        order: the highest order of derivatives to check, from 0 to 3.
        meaning: the op as a function of mpmath numbers. The limits are then those of a row of the table.

    Returns:
        The report, which is true.

    Raises:
        GradientMismatch: if an error exceeds its limit or a statement of the row is false; it carries the report.
        InputError: if `op` is not an op, or points, order or limits are invalid.

    >>> from autograd_core import TABLE
    >>> report = check_op(TABLE["tanh"], points=20)
    >>> report.ok, report.method
    (True, 'mathematics')
    """
    __tracebackhide__ = True
    _check_arguments(op, points, limits, order)
    start = time.perf_counter()
    facts = list(misfits(op)) or list(false_traits(op))  # an inconsistent row cannot be measured
    if facts:
        return concluded(OpReport(op.name, "row", (), (), 0.0, _call(op, points, rng), facts=tuple(facts)))
    method, found, facts = _compare(op, points, rng, limits or {}, order, meaning)
    report = OpReport(
        op.name,
        method,
        (),
        tuple(entries_of(found)),
        time.perf_counter() - start,
        _call(op, points, rng),
        tuple(lines_of(found)),
        tuple(dict.fromkeys(facts)),
    )
    return concluded(report)


def _check_arguments(op: Op, points: int, limits: Mapping[str, float] | None, order: int) -> None:
    """Raise `InputError` if an argument of `check_op` is invalid."""
    if not isinstance(op, Op):
        raise InputError(f"check_op expected an op, such as autograd_core.tanh, got {describe(op)}")
    if points < 1:
        raise InputError(f"check_op expected at least one point, got {points}")
    if order not in range(4):
        raise InputError(f"check_op expected an order from 0 to 3, got {order}")
    unknown = set(limits or {}) - LIMITS[MATHEMATICS].keys()
    if unknown:
        raise InputError(f"check_op expected limits of {', '.join(LIMITS[MATHEMATICS])}, got {min(unknown)!r}")


def _call(op: Op, points: int, rng: int | str) -> str:
    return f"check_op(TABLE[{op.name!r}], points={points}, rng={rng!r})"


def _compare(
    op: Op, points: int, rng: int | str, limits: Mapping[str, float], order: int, meaning: Callable[..., Any] | None
) -> tuple[str, list[Comparison], list[str]]:
    """Return the most precise method that works, its comparisons, and the false statements of the row."""
    known = meaning or meaning_of(op)
    for method in (MATHEMATICS if meaning or known is MEANINGS.get(op.name) else FORWARD, DIFFERENCES):
        if known is None and method != DIFFERENCES:
            continue
        usual = LIMITS[method] | (accuracy.limits_of(op.name) if method == MATHEMATICS else {})
        check = _Check(method, usual | dict(limits), order)
        try:
            subjects = sampling.subjects_of(op, known)
            for subject in subjects:
                check.check(subject, -(-points // len(subjects)), rng)
        except UnsettledError:
            if method == MATHEMATICS:
                raise
            continue
        return method, check.found, check.facts
    raise AssertionError("differences always give a result")


class _Check:
    """One run over an op; collects comparisons, and the false statements of the row."""

    def __init__(self, method: str, limits: Mapping[str, float], order: int) -> None:
        self.method = method
        self.limits = limits
        self.order = order
        self.found: list[Comparison] = []
        self.facts: list[str] = []
        self.wrong_points = 0

    def check(self, subject: Subject, points: int, rng: int | str) -> None:
        """Check one subject at all kinds of points."""
        self._check_awkward(subject)
        ordinary = sampling.ordinary_points(subject, points, rng)
        if not ordinary:
            self.facts.append("has no smooth point in its sample: are domain, sample and kinks consistent?")
        kinks = list(sampling.kink_points(subject, KINK_POINTS, rng)) if self.order else []
        ties = sampling.tied_points(subject)
        self._check_ordinary(subject, ORDINARY, ordinary)
        self._check_ordinary(subject, TIED, [p for p in ties if sampling.is_smooth_sample(subject, p)])
        self._check_ordinary(subject, BESIDE, _beside(subject, kinks))
        self._check_far(subject, sampling.far_points(subject, -(-points // 3), rng))
        self._check_unstated_kinks(subject)
        if self.order:
            self._check_kinks(subject, kinks, ties)
            self._check_same_value(subject, [point for point in ties if len(set(point)) == 1])

    def _check_ordinary(self, subject: Subject, stage: str, points: Iterable[Point]) -> None:
        """Compare value and derivatives at smooth points."""
        compare = self._by_differences if self.method == DIFFERENCES else self._by_meaning
        errors: list[Error] = []
        for point in points:
            with _Raised(self, point):
                if self._is_undefined(subject, point):
                    self.facts.insert(0, f"is nan at {in_hex(point)}, which lies in the domain that the row states")
                    break
                errors += compare(subject, point)
        sizes = {} if self.method == MATHEMATICS else _sizes(subject, errors)
        for error in errors:
            judged = _relative_to_size(error, sizes[error.kind]) if sizes else error
            self.found.append(Comparison(stage, judged, self.limits[error.kind]))

    def _is_undefined(self, subject: Subject, point: Point) -> bool:
        """Return whether a function is nan at a point."""
        if self.method == DIFFERENCES:
            return math.isnan(subject.function(*point))
        return bool(mpmath.isnan(truth.true_derivatives(subject, point, 0, quality=truth.QUICK)[0]))

    def _by_meaning(self, subject: Subject, point: Point) -> list[Error]:
        """Return the errors by the quick truth, or by better truths if they exceed a limit and the op may be right."""
        measured = accuracy.measure(subject.function, point, self.order)
        errors = accuracy.by_first_truth(
            lambda quality: accuracy.errors(subject, point, measured, quality, good=accuracy.LIMITS["second"]),
            self.limits,
            truth.Quality if self.wrong_points < ENOUGH else [truth.QUICK],
        )
        self.wrong_points += any(error.size > self.limits[error.kind] for error in errors)
        return errors

    def _by_differences(self, subject: Subject, point: Point) -> Iterator[Error]:
        """Yield the error of each derivative against the difference of the next lower one, where that is smooth."""
        function = subject.function
        if sampling.distance_to_kink(subject, point) < 1e-4:
            return
        for i in range(subject.arity):
            lower: Callable[..., Any] = function
            for kind in KINDS[1 : self.order + 1]:
                upper = grad(lower, i)
                estimate = central(_of_list(lower), list(point), i, subject.domain[i])
                got = float(upper(*point))
                if estimate.verdict is Verdict.OK:
                    error = accuracy.error_in_ulps(got, mpmath.mpf(estimate.derivative))
                    yield Error(kind, error, point, i, got, mpmath.mpf(estimate.derivative))
                elif estimate.verdict in {Verdict.KINK, Verdict.JUMP} and kind == "first":
                    self.facts.append(f"has a {estimate.verdict} near {in_hex(point)}, which the row does not state")
                lower = upper

    def _check_far(self, subject: Subject, points: Iterable[Point]) -> None:
        """Require that an op raises nothing at far points, and compare its numbers there if there is a limit."""
        for point in points:
            if 0.0 in point and any(map(math.isinf, point)):
                continue  # with 0 and infinity the limit depends on the path
            with _Raised(self, point):
                if self.method == DIFFERENCES or self.limits["far"] == INFINITY:
                    accuracy.measure(subject.function, point, min(self.order, 2))
                    continue
                errors = accuracy.by_first_truth(
                    partial(accuracy.far_errors, subject, point, self.order),
                    self.limits["far"],
                    [truth.CAREFUL, truth.SETTLED],
                )
                self.found += [Comparison(FAR, error, self.limits["far"]) for error in errors]

    def _check_kinks(self, subject: Subject, kinks: Sequence[tuple[Point, int]], ties: Sequence[Point]) -> None:
        """Require that the recorded derivatives on kinks lie between those around, for each input and together."""
        by_floats, limit = self.method == DIFFERENCES, self.limits["first"]
        for point, across in kinks:
            with _Raised(self, point):
                self.found += kink_check.on_kink(subject, point, across, by_floats, limit)
        points = [point for point, _ in kinks] + [p for p in ties if sampling.distance_to_kink(subject, p) == 0.0]
        for point in dict.fromkeys(points) if subject.arity > 1 else ():
            with _Raised(self, point):
                self.found += kink_check.in_directions(subject, point, by_floats, limit)

    def _check_same_value(self, subject: Subject, points: Iterable[Point]) -> None:
        """Require that an op of the same Value several times has the slope in the direction of all inputs."""
        for point in points:
            with _Raised(self, point):
                self.found += kink_check.of_same_value(subject, point, self.method == DIFFERENCES, self.limits["first"])

    def _check_unstated_kinks(self, subject: Subject) -> None:
        """Require that value and derivative agree from both sides where the row states no kink."""
        sides_of = self._sides_by_differences if self.method == DIFFERENCES else _sides_by_meaning
        for point, i in itertools.product(sampling.special_points(subject), range(subject.arity)):
            distance = sampling.distance_to_kink(subject, point)
            sides = "" if distance < 1e-4 else sides_of(subject, point, i)
            if sides:
                stated = "none" if subject.kinks is None else f"a distance of {distance:.3g}"
                self.facts.append(
                    f"has a kink at {in_hex(point)} in input {i}, where {sides}, but the row states {stated}"
                )
                return

    def _sides_by_differences(self, subject: Subject, point: Point, index: int) -> str:
        with _Raised(self, point):
            estimate = central(_of_list(subject.function), list(point), index, subject.domain[index])
            if estimate.verdict in {Verdict.KINK, Verdict.JUMP}:
                return _sides_text("derivative", estimate.left, estimate.right)
        return ""

    def _check_awkward(self, subject: Subject) -> None:
        """Require that value, recorded derivatives and their derivatives raise nothing."""
        for point in sampling.awkward_points(subject):
            with _Raised(self, point):
                accuracy.measure(subject.function, point, min(self.order, 2))


class _Raised:
    """A context that turns the first exception of an op at a point into a statement of the report."""

    def __init__(self, check: _Check, point: Point) -> None:
        self.check = check
        self.point = point

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        """Record an exception of the op."""
        if not isinstance(error, Exception) or isinstance(error, UnsettledError):
            return False
        if not any(fact.startswith("raises") for fact in self.check.facts):
            self.check.facts.append(
                f"raises {type(error).__name__} ({error}) at {in_hex(self.point)}: return nan or inf instead, as the "
                "functions of autograd_core do"
            )
        return True


ENOUGH: Final = 3
"""After this many points that are wrong by the settled truth, the quick truth is enough for the others."""

KINK_POINTS: Final = 12
"""The largest number of points on kinks."""


def _beside(subject: Subject, kinks: Iterable[tuple[Point, int]]) -> Iterator[Point]:
    """Yield points close to kinks, on both sides."""
    for (point, across), distance in itertools.product(kinks, (1e-2, -1e-2, 1e-6, -1e-6)):
        x = point[across] + distance * max(1.0, abs(point[across]))
        beside = sampling.with_input(point, across, x)
        if sampling.is_smooth(subject, beside, sampling.MARGIN):
            yield beside


def _sizes(subject: Subject, errors: Iterable[Error]) -> dict[str, Any]:
    """Return the largest size of the value and of each derivative in the sample."""
    sizes: dict[str, Any] = dict.fromkeys(KINDS, mpmath.mpf(0))
    for error in errors:
        inside = all(low <= x <= high for x, (low, high) in zip(error.point, subject.sample, strict=True))
        if inside and mpmath.isfinite(error.truth):
            sizes[error.kind] = max(sizes[error.kind], abs(error.truth))
    return sizes


def _relative_to_size(error: Error, size: Any) -> Error:
    """Return the error relative to a size, if that is larger than the truth."""
    if error.size <= 1.0 or not (math.isfinite(error.got) and mpmath.isfinite(error.truth)):
        return error
    beside = max(size, abs(error.truth), sampling.TINIEST_NORMAL)
    relative = float(abs(error.got - error.truth) / beside)
    return error._replace(size=min(error.size, relative * (1e9 if error.kind == "third" else 2.0**53)))


def _sides_by_meaning(subject: Subject, point: Point, index: int) -> str:
    """Return a difference of value or derivative between both sides of a point, confirmed with more digits."""
    if not mpmath.isfinite(truth.evaluate(subject, [mpmath.mpf(x) for x in point])):
        return ""
    text = ""
    for digits in (80, 240):
        sides = truth.one_sided(subject, point, index, index, digits=digits)
        if not truth.agree(sides.lower, sides.upper):
            text = _sides_text("value", sides.lower, sides.upper)
        elif not truth.agree(sides.left, sides.right):
            text = _sides_text("derivative", sides.left, sides.right)
        else:
            return ""
    return text


def _sides_text(what: str, left: Any, right: Any) -> str:
    return f"its {what} is {float(left):.6g} from the left and {float(right):.6g} from the right"


def _of_list(function: Callable[..., Any]) -> Callable[[list[float]], float]:
    return lambda point: float(function(*point))
