"""How far every op and function is from mathematics, in units of the last place, and the README's table of it.

What is asked of most ops stands in `MOST`; the limits for all, and how errors are measured, in `accuracy`. After a
change that is meant to change the figures, write the README's table anew, read it, and commit it with the change:

    ACCURACY=write pytest tests/autograd_core/table/test_accuracy.py

The columns of PyTorch and JAX are measured again where these are installed, and else stay as they are. Their choice is
speed on arrays, and a formula that is fast there may be short of digits; the points are the same for all.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import mpmath
import pytest

import array_frameworks
from autograd_core import TABLE
from autograd_core.table import powers
from autograd_core.testing.accuracy import LIMITS, Error, errors, far_errors, measure, mixed, slopes, value, worst
from autograd_core.testing.meanings import MEANINGS, meaning_of
from autograd_core.testing.sampling import Point, Subject, far_points, ordinary_points, subjects_of
from functions_of_sequences import FUNCTIONS

pytestmark = pytest.mark.slow

ROWS: Final = [subject for op in TABLE.values() for subject in subjects_of(op, meaning_of(op))]
SUBJECTS: Final = {subject.name: subject for subject in (*ROWS, *FUNCTIONS)}
MOST: Final = {"value": 1.0, "first": 4.0, "second": 4.0}
"""What at least 90 % of the ops keep to."""

SLOPES: Final = {row.name for row in powers.SLOPES}
"""Rows whose values are first derivatives of other rows, and are counted there."""

FAR: Final = 1e-13
"""The largest relative error at points that are no ordinary ones."""

every_subject = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)


def points_of(subject: Subject) -> list[Point]:
    return ordinary_points(subject, 100 if subject.arity == 1 else 40)


@cache
def worst_errors(subject: Subject) -> dict[str, Error]:
    """The largest error of each kind at the ordinary points."""
    found = (errors(subject, point, measure(subject.function, point)) for point in points_of(subject))
    return worst(itertools.chain.from_iterable(found))


def describe(found: Iterable[Error]) -> str:
    return "\n".join(
        f"{error.kind} off by {error.size:.3g} at {error.point}, input {error.place}: "
        f"{error.got!r} and not {mpmath.nstr(error.truth, 20)}"
        for error in found
    )


def test_the_table_has_a_meaning_for_every_row() -> None:
    assert set(TABLE) == set(MEANINGS)


@pytest.mark.parametrize(
    ("name", "x", "derivatives"),
    [
        ("exp", 1.5, [mpmath.exp] * 5),
        ("exp", 1e-310, [mpmath.exp] * 3),
        ("log", 1e-300, [mpmath.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3, lambda x: -6 / x**4]),
        ("log", 1e150, [mpmath.log, lambda x: 1 / x, lambda x: -1 / x**2]),
        ("sin", 1e22, [mpmath.sin, mpmath.cos, lambda x: -mpmath.sin(x), lambda x: -mpmath.cos(x), mpmath.sin]),
        ("sin", 1e300, [mpmath.sin, mpmath.cos, lambda x: -mpmath.sin(x)]),
        ("cos", 1e-300, [mpmath.cos, lambda x: -mpmath.sin(x), lambda x: -mpmath.cos(x)]),
        ("tanh", 300.0, [mpmath.tanh, lambda x: mpmath.sech(x) ** 2]),
        ("tanhshrink", 1e-100, [lambda x: x - mpmath.tanh(x), lambda x: mpmath.tanh(x) ** 2]),
        ("relu", -1e-200, [lambda x: 0] * 5),
        ("square", -1e200, [lambda x: x**2, lambda x: 2 * x, lambda x: 2, lambda x: 0]),
    ],
)
def test_the_truth_is_true(name: str, x: float, derivatives: list[Callable[[Any], Any]]) -> None:
    """What differences give against derivatives that are known."""
    found = [value(SUBJECTS[name], (x,)), *slopes(SUBJECTS[name], (x,), 0, len(derivatives) - 1)]
    with mpmath.workdps(1000):
        for derivative, number in zip([derivatives[0], *derivatives], found, strict=True):
            truth = derivative(mpmath.mpf(x))
            assert abs(number - truth) <= mpmath.mpf(10) ** -18 * abs(truth)


def test_mixed_derivatives_are_true_too() -> None:
    with mpmath.workdps(60):
        a, b = mpmath.mpf(0.75), mpmath.mpf(-2.5)
        truth = (a * a - b * b) / (a * a + b * b) ** 2  # of the angle of (b, a)
        assert abs(mixed(SUBJECTS["atan2"], (0.75, -2.5), 0, 1) - truth) < mpmath.mpf(10) ** -18


@every_subject
def test_every_op_is_right_to_the_last_digits(subject: Subject) -> None:
    beyond = [error for error in worst_errors(subject).values() if not error.size <= LIMITS[error.kind]]
    assert not beyond, describe(beyond)


@pytest.mark.parametrize("kind", MOST)
def test_most_ops_are_right_to_the_last_digit(kind: str) -> None:
    largest = [worst_errors(subject)[kind] for name, subject in SUBJECTS.items() if name not in SLOPES]
    beyond = [error for error in largest if not error.size <= MOST[kind]]
    assert len(beyond) <= 0.1 * len(largest), describe(beyond)


@every_subject
def test_far_away_no_digit_is_lost(subject: Subject) -> None:
    found = (far_errors(subject, point) for point in far_points(subject, 30))
    beyond = [error for error in itertools.chain.from_iterable(found) if not error.size <= FAR]
    assert not beyond, describe(beyond)


# ---- The table in the README ----------------------------------------------------------------------------------------

README: Final = Path(__file__).parents[3] / "README.md"
BEGIN, END = "<!-- accuracy: begin -->\n", "<!-- accuracy: end -->\n"
COLUMNS: Final = {"torch": "PyTorch", "jax": "JAX"}
KINDS: Final = ("value", "first", "second")
MANTISSA: Final = 2.0**52


def test_the_readme_prints_the_errors() -> None:
    """No figure is larger than printed, but for what another C library may do: up to 1 ULP more, and twice as much."""
    if os.environ.get("ACCURACY") == "write":
        README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    printed = read_table(README.read_text(encoding="utf-8"))
    assert set(printed) - {"op"} == set(SUBJECTS)
    for name, subject in SUBJECTS.items():
        for kind, figure in zip(KINDS, printed[name][0].split(" / "), strict=True):
            assert worst_errors(subject)[kind].size <= 2.0 * float(figure) + 1.0, (name, kind)


def with_table(text: str) -> str:
    """The text with its table of errors measured again."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n".join(table(read_table(text))) + "\n" + END + after


def read_table(text: str) -> dict[str, list[str]]:
    """The cells of the printed table, by the op; those of its first line by `op`."""
    assert text.count(BEGIN) == text.count(END) == 1, "the README lacks the two comments around the table of errors"
    lines = text.partition(BEGIN)[2].partition(END)[0].splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| (op|`)", line)]
    return {name: cells for name, *cells in rows}


def table(printed: dict[str, list[str]]) -> Iterable[str]:
    """The lines of the table; a framework that is not installed keeps its printed column."""
    yield row("op", "autograd-core", *[title(framework, printed) for framework in COLUMNS])
    yield "|" + " --- |" * (2 + len(COLUMNS))
    for name, subject in sorted(SUBJECTS.items()):
        others = [cell(subject, framework, printed) for framework in COLUMNS]
        yield row(f"`{name}`", figures(worst_errors(subject)), *others)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def title(framework: str, printed: dict[str, list[str]]) -> str:
    if array_frameworks.is_installed(framework):
        return f"{COLUMNS[framework]} {array_frameworks.version(framework)}"
    return as_printed("op", framework, printed)


def cell(subject: Subject, framework: str, printed: dict[str, list[str]]) -> str:
    if not array_frameworks.is_installed(framework):
        return as_printed(subject.name, framework, printed)
    points = points_of(subject)
    measured = array_frameworks.measure_with(framework, subject.name, points)
    found = (errors(subject, point, numbers) for point, numbers in zip(points, measured, strict=bool(measured)))
    return figures(worst(itertools.chain.from_iterable(found)))


def as_printed(name: str, framework: str, printed: dict[str, list[str]]) -> str:
    return printed[name][1 + list(COLUMNS).index(framework)] if name in printed else ""


def figures(largest: dict[str, Error]) -> str:
    """The three figures of an op, `none` for a derivative that there is not."""
    return " / ".join(figure(largest[kind].size) if kind in largest else "none" for kind in KINDS) if largest else ""


def figure(error: float) -> str:
    """An error as it is printed: rounded up, but for what the truth itself may be off; `all` if no digit is right."""
    error = max(error - 1e-9, 0.0)
    if not error < MANTISSA:
        return "all"
    if error >= 1000.0:
        return f"{error:.0e}".replace("e+0", "e").replace("e+", "e")
    return str(-(-error // 1)).removesuffix(".0") if error >= 10.0 else f"{-(-error * 10 // 1) / 10:.1f}"
