"""The checks are checked: an op that is a little wrong does not get past them.

Every derivative of every row is changed by a thousandth, and its sign is flipped; every value is changed in its last
digits; every formula is made a number that cannot be differentiated again. The measurement of `test_accuracy` must see
each of these, and `check_grads` each derivative that is wrong inside a program.

The suite as a whole was measured once in the same way. The two files that decide what a gradient is, `ops.py` and
`sweep.py`, were changed in every way that cosmic-ray 8.7.0 knows, one at a time, and the tests ran on each mutant. At
that time `ops.py` held the rows of powers, too, and `sweep.py` what is now in `chain_rule.py` and its neighbours.

    file      mutants                        caught  not caught
    ops.py    1,893                           1,707  138 are other ranges that tests draw from, 48 were explained
    sweep.py  475, 11 of them in annotations    446  18, explained one by one

Of the explained ones, four came from two mistakes in the table, since mended: the slope of a logarithm in its base lost
a second derivative at 1, and `hypot` of a nan had a slope of 0. The others change nothing that can be seen: a
comparison with nan written in another way, `<=` for `==` on a count or a length that is never negative, a threshold
between two formulas that are both right to the last digits there, `strict=` on sequences that come from one node, a
branch for numbers that an outer `where` has taken already.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import pytest

from autograd_core import TABLE, Op, Value
from autograd_core.testing import GradientMismatch, check_grads
from autograd_core.testing.programs.programs import Program
from autograd_core.testing.rows.accuracy import LIMITS, Measured, errors, first_derivatives, measure
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.sampling import Point, Subject, ordinary_points, subjects_of
from autograd_core.testing.truths.truth import curvature, true_derivatives
from wrong_rows import altered, with_derivative

pytestmark = pytest.mark.slow

ROWS: Final = [(op, subject) for op in TABLE.values() for subject in subjects_of(op, meaning_of(op))]
DERIVATIVES: Final = [(op, subject, place) for op, subject in ROWS for place in range(subject.arity)]


def of_each(derivatives: Sequence[tuple[Op, Subject, int]]) -> pytest.MarkDecorator:
    """Run a test once for each derivative."""
    names = [f"{subject.name}-{place}" for _, subject, place in derivatives]
    return pytest.mark.parametrize(("op", "subject", "place"), derivatives, ids=names)


every_derivative = of_each(DERIVATIVES)


def of_inputs(op: Op, subject: Subject) -> Callable[..., Any]:
    """The op with the inputs that the subject fixes."""
    return partial(op, *subject.fixed) if subject.fixed else op


def points_of(subject: Subject) -> list[Point]:
    return ordinary_points(subject, 12)


def is_flat(subject: Subject, place: int) -> bool:
    """Whether the derivative with respect to an input is 0 at all points."""
    return all(true_derivatives(subject, point, place)[1] == 0 for point in points_of(subject))


def is_straight(subject: Subject, place: int) -> bool:
    """Whether the derivative with respect to an input is constant around all points."""
    places = range(subject.arity)
    return all(curvature(subject, point, place, other) == 0 for point in points_of(subject) for other in places)


def is_caught(subject: Subject, measured: Callable[[Point], Measured]) -> bool:
    """Whether what a function says is beyond the limits at one of the points."""
    found = itertools.chain.from_iterable(errors(subject, point, measured(point)) for point in points_of(subject))
    return any(not error.size <= LIMITS[error.kind] for error in found)


@every_derivative
def test_a_wrong_derivative_is_caught(op: Op, subject: Subject, place: int) -> None:
    ways: list[Callable[[Any], Any]] = [lambda d: d * 1.001, lambda d: -d]
    for change in [lambda d: d + 0.001] if is_flat(subject, place) else ways:
        function = of_inputs(with_derivative(op, place + len(subject.fixed), change), subject)
        assert is_caught(subject, lambda x, f=function: Measured(f(*x), first_derivatives(f, x)))  # type: ignore[misc]


@pytest.mark.parametrize(("op", "subject"), ROWS, ids=[subject.name for _, subject in ROWS])
def test_a_wrong_value_is_caught(op: Op, subject: Subject) -> None:
    points = [(*subject.fixed, *point) for point in points_of(subject)]
    shift = 0.0 if any(op.evaluate(point) for point in points) else 0.001  # `eq` is 0 at all of them
    wrong = altered(op, forward=lambda *inputs: op.forward(*inputs) * (1.0 + 1e-15) + shift)
    assert is_caught(subject, lambda point: Measured(wrong(*subject.fixed, *point), ()))


@every_derivative
def test_a_formula_that_is_only_a_number_is_caught(op: Op, subject: Subject, place: int) -> None:
    wrong = with_derivative(op, place + len(subject.fixed), lambda d: d.data if isinstance(d, Value) else d)
    function = of_inputs(wrong, subject)
    assert is_straight(subject, place) or is_caught(subject, lambda point: measure(function, point))


@of_each([derivative for derivative in DERIVATIVES if not derivative[1].fixed])  # a program has no constants
def test_a_wrong_derivative_inside_a_program_is_caught(
    op: Op, subject: Subject, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_with(op.name, points_of(subject)[0])
    assert check_grads(program, *program.leaves)
    monkeypatch.setitem(TABLE, op.name, with_derivative(op, place, lambda d: d * 1.001 + 0.00037))
    with pytest.raises(GradientMismatch) as caught:
        check_grads(program, *program.leaves)
    assert {entry.suspect.partition(":")[0] for entry in caught.value.report.failures} == {f"{op.name}, input {place}"}


def program_with(name: str, point: Point) -> Program:
    """`sin(op(...) + first input)`."""
    count = len(point)
    return Program(point, ((name, tuple(range(count))), ("add", (count, 0)), ("sin", (count + 1,))))
