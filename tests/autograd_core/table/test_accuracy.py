"""How far every op and function is from mathematics, in units of the last place, and the stored table of it.

What is asked of most ops stands in `MOST`; the limits for all, and how errors are measured, in `testing.accuracy`.
After a change that is meant to change the figures, write the stored table and the README's rows of it anew, read them,
and commit them with the change:

    ACCURACY=write pytest tests/autograd_core/table/test_accuracy.py

The row of an op beyond a limit stays as it is, and the test names the op. The columns of PyTorch and JAX are measured
again where these are installed, and else stay as they are.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import mpmath
import pytest

from autograd_core import TABLE
from autograd_core.table import powers
from autograd_core.table.op import Op
from autograd_core.testing.rows.accuracy import FAR, SERVED, Error, by_first_truth, far_errors, limits_of
from autograd_core.testing.rows.accuracy_table import (
    KINDS,
    Table,
    markdown,
    measured,
    read,
    subjects,
    text_of,
    titles,
    worst_errors,
)
from autograd_core.testing.rows.op_check import MATHEMATICS, check_op
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import Subject, far_points
from autograd_core.testing.truths.truth import CAREFUL, SETTLED, mixed, true_derivatives, value

pytestmark = pytest.mark.slow

SUBJECTS: Final = subjects()
MOST: Final = {"value": 1.0, "first": 4.0, "second": 4.0}
"""What at least 90 % of the ops keep to."""

DERIVATIVES: Final = {row.name for row in powers.FIRST_DERIVATIVES} | SERVED.keys()
"""Rows that exist for derivatives of other rows, and are counted there."""

every_subject = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)


def describe(found: Iterable[Error]) -> str:
    return "\n".join(
        f"{error.kind} off by {error.size:.3g} at {error.point}, input {error.input_index}: "
        f"{error.got!r} and not {mpmath.nstr(error.truth, 20)}"
        for error in found
    )


def beyond_limits(subject: Subject) -> list[Error]:
    limits = limits_of(subject.name)
    return [error for error in worst_errors(subject).values() if not error.size <= limits[error.kind]]


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
    found = [value(SUBJECTS[name], (x,)), *true_derivatives(SUBJECTS[name], (x,), 0, len(derivatives) - 1)]
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
    beyond = beyond_limits(subject)
    assert not beyond, describe(beyond)


@pytest.mark.parametrize("kind", MOST)
def test_most_ops_are_right_to_the_last_digit(kind: str) -> None:
    largest = [worst_errors(subject)[kind] for name, subject in SUBJECTS.items() if name not in DERIVATIVES]
    beyond = [error for error in largest if not error.size <= MOST[kind]]
    assert len(beyond) <= 0.1 * len(largest), describe(beyond)


@every_subject
def test_far_away_no_digit_is_lost(subject: Subject) -> None:
    found = (
        by_first_truth(partial(far_errors, subject, point, 2), FAR, [CAREFUL, SETTLED])
        for point in far_points(subject, 30)
    )
    beyond = [error for error in itertools.chain.from_iterable(found) if not error.size <= FAR]
    assert not beyond, describe(beyond)


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_every_row_passes_its_check(op: Op) -> None:
    """The check of ops uses the same truths, which are remembered."""
    report = check_op(op, points=20)
    assert report
    assert report.method == MATHEMATICS
    assert {line.kind for line in report.lines} >= {"value", "first", "second"}


# ---- The table that is stored ---------------------------------------------------------------------------------------

ROOT: Final = Path(__file__).parents[3]
README: Final = ROOT / "README.md"
STORED: Final = ROOT / "autograd_core" / "testing" / "rows" / "accuracy_table.txt"
BEGIN, END = "<!-- accuracy: begin -->\n", "<!-- accuracy: end -->\n"

SHOWN: Final = ("sin", "tanh", "gelu", "lgamma", "softmax")
"""The rows that the README shows: one where all three agree, three where formulas lose digits, and our own largest."""


def test_the_stored_table_holds_the_errors() -> None:
    """No figure is larger than stored, but for what another C library may do: up to 1 ULP more, and twice as much."""
    if os.environ.get("ACCURACY") == "write":
        kept = write()
        assert not kept, f"the rows of {', '.join(kept)} are not written, as an error is beyond its limit"
    table = read(STORED.read_text(encoding="utf-8"))
    assert list(table.rows) == list(SUBJECTS)
    for name, subject in SUBJECTS.items():
        for kind, figure in zip(KINDS, table.rows[name][0].split(" / "), strict=True):
            assert worst_errors(subject)[kind].size <= 2.0 * float(figure) + 1.0, (name, kind)


def test_the_readme_shows_rows_of_the_stored_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_rows(text, read(STORED.read_text(encoding="utf-8"))) == text


def test_the_text_of_a_table_is_read_as_that_table() -> None:
    table = Table(("autograd-core", "PyTorch 1.0"), {"exp": ("0.5 / all / none", ""), "polygamma(1)": ("", "5e6")})
    assert read(text_of(table)) == table


def write() -> list[str]:
    """Measure the table again, and write it and the README's rows of it; the names of the ops beyond a limit."""
    known = read(STORED.read_text(encoding="utf-8"))
    table, kept = measured_again(known, SUBJECTS)
    STORED.write_text(text_of(table), encoding="utf-8")
    README.write_text(with_rows(README.read_text(encoding="utf-8"), table), encoding="utf-8")
    return kept


def measured_again(known: Table, chosen: Mapping[str, Subject]) -> tuple[Table, list[str]]:
    """The table with the rows that are within the limits measured again, and the names of the others."""
    kept = [name for name, subject in chosen.items() if beyond_limits(subject)]
    rows = {name: measured(subject, known) for name, subject in chosen.items() if name not in kept}
    rows |= {name: known.rows[name] for name in kept if name in known.rows}
    return Table(titles(known), {name: rows[name] for name in chosen if name in rows}), kept


def test_only_rows_within_the_limits_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Table(("autograd-core", "PyTorch 1.0", "JAX 1.0"), {"sin": ("0.1 / 0.2 / 0.3",)})
    wrong = {name: {"value": Error("value", 100.0, (1.0,), 0, 1.0, 1.0)} for name in ("sin", "tanh")}
    monkeypatch.setattr(f"{__name__}.worst_errors", lambda subject: wrong.get(subject.name, {}))
    monkeypatch.setattr(f"{__name__}.measured", lambda subject, known: ("0.5 / 0.5 / 0.5",))
    table, kept = measured_again(known, {name: SUBJECTS[name] for name in ("exp", "sin", "tanh")})
    assert table.rows == {"exp": ("0.5 / 0.5 / 0.5",), "sin": ("0.1 / 0.2 / 0.3",)}
    assert kept == ["sin", "tanh"]


def with_rows(text: str, table: Table) -> str:
    """The README with the rows of a table."""
    assert text.count(BEGIN) == text.count(END) == 1, "the README lacks the two comments around the table of errors"
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + markdown(table, SHOWN) + END + rest.partition(END)[2]
