"""The table of the largest errors of every op, and of PyTorch and JAX at the same points.

Values are within 1 ULP of the true number for nine ops in ten, first and second derivatives within 4 ULP. For all ops,
values are within 4 ULP and derivatives within 16. At far points, such as 1e-300 and 1e300 and next to poles and edges,
nothing overflows, cancels or becomes nan where the true result is a normal double. Three choices give these figures:

* Values are computed with twice the digits where the C library is inaccurate.
* Derivatives are written in terms of the input where the output has lost digits.
* Where a derivative passes through zero, a series expansion replaces the formula.

Second derivatives of rows of several inputs vanish along curves. Their local derivatives are rows of their own, such
as `pow_dx`, with a factor that is rounded once. The value of such a row counts as the derivative that it is; its own
second derivatives are right to the last digits except near their zeros. Functions of several ops, such as `softmax`
and `std`, sum their second derivatives over the graph; their errors are relative to the largest of them.

PyTorch and JAX compute in double precision here. They are designed for speed on arrays, and a formula that is fast
there may lose digits.

`accuracy_table.txt` stores the table as measured with all three packages; `autograd-core accuracy` measures it again.
A cell holds the largest error of the value, of the first and of the second derivative, in ULP:

>>> stored().rows["tanh"]
('0.5 / 2.5 / 2.5', '0.8 / all / all', '2.3 / all / all')

`all` means that no digit is right, `none` that there is no such derivative, and an empty cell that the framework does
not have the function.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from autograd_core import TABLE
from autograd_core.testing.rows import array_frameworks
from autograd_core.testing.rows.accuracy import Error, by_first_truth, errors, limits_of, measure, worst
from autograd_core.testing.truths.custom_meanings import meaning_of
from autograd_core.testing.truths.functions_of_sequences import FUNCTIONS
from autograd_core.testing.truths.meanings import MEANINGS
from autograd_core.testing.truths.sampling import Point, Subject, ordinary_points, subjects_of

STORED: Final = Path(__file__).with_name("accuracy_table.txt")

FRAMEWORKS: Final = {"torch": "PyTorch", "jax": "JAX"}
"""The frameworks of the other columns: module and title."""

KINDS: Final = ("value", "first", "second")
"""The figures of a cell."""

MANTISSA: Final = 2.0**52
"""An error of this many ULP leaves no correct digit."""

WIDTHS: Final = (21, 18, 20, 20)
"""The widths of the printed columns, in characters."""

ABSENT: Final = "-"
"""The text of an empty cell, so that spaces alone separate the columns."""


class Table(NamedTuple):
    """The largest errors by op.

    Attributes:
        titles: the titles of the columns after the name: `autograd-core`, then each framework with its version.
        rows: the cells of each op, in the order of the titles.
    """

    titles: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]


# ---- Measurement ----------------------------------------------------------------------------------------------------


@cache
def subjects() -> dict[str, Subject]:
    """All rows of the project and the functions made of them, by name, in alphabetical order."""
    rows = (subject for op in TABLE.values() if op.name in MEANINGS for subject in subjects_of(op, meaning_of(op)))
    return {subject.name: subject for subject in sorted((*rows, *FUNCTIONS), key=lambda subject: subject.name)}


def points_of(subject: Subject) -> list[Point]:
    """Return the points of a measurement: 100, or 40 for a function of several inputs."""
    return ordinary_points(subject, 100 if subject.arity == 1 else 40)


@cache
def worst_errors(subject: Subject) -> dict[str, Error]:
    """Return the largest error of each kind of the engine."""
    return worst(itertools.chain.from_iterable(_errors_at(subject, point) for point in points_of(subject)))


def _errors_at(subject: Subject, point: Point) -> list[Error]:
    numbers = measure(subject.function, point)
    return by_first_truth(lambda quality: errors(subject, point, numbers, quality), limits_of(subject.name))


def measured(subject: Subject, known: Table) -> tuple[str, ...]:
    """Return the cells of a subject; those of a framework that is not installed come from the `known` table."""
    return (figures(worst_errors(subject)), *(_cell(subject, framework, known) for framework in FRAMEWORKS))


def titles(known: Table, mark: str = "") -> tuple[str, ...]:
    """Return the titles of the cells; those from the `known` table end in the mark."""
    return ("autograd-core", *(_title(framework, known, mark) for framework in FRAMEWORKS))


def _title(framework: str, known: Table, mark: str) -> str:
    if array_frameworks.is_installed(framework):
        return f"{FRAMEWORKS[framework]} {array_frameworks.version(framework)}"
    return known.titles[_column(framework)] + mark


def _cell(subject: Subject, framework: str, known: Table) -> str:
    if not array_frameworks.is_installed(framework):
        return known.rows[subject.name][_column(framework)] if subject.name in known.rows else ""
    points = points_of(subject)
    numbers = array_frameworks.measure_with(framework, subject.name, points)
    found = (errors(subject, point, number) for point, number in zip(points, numbers, strict=bool(numbers)))
    return figures(worst(itertools.chain.from_iterable(found)))


def _column(framework: str) -> int:
    return 1 + list(FRAMEWORKS).index(framework)


# ---- Text -----------------------------------------------------------------------------------------------------------


def figures(largest: Mapping[str, Error]) -> str:
    """Return the three figures of a cell, `none` for a missing derivative."""
    return " / ".join(figure(largest[kind].size) if kind in largest else "none" for kind in KINDS) if largest else ""


def figure(error: float) -> str:
    """Return an error as printed: rounded up after the uncertainty of the truth; `all` if no digit is right.

    >>> figure(0.5), figure(0.51), figure(12.3), figure(2345.0), figure(2.0**60)
    ('0.5', '0.6', '13', '2e3', 'all')
    """
    error = max(error - 1e-9, 0.0)
    if not error < MANTISSA:
        return "all"
    if error >= 1000.0:
        return f"{error:.0e}".replace("e+0", "e").replace("e+", "e")
    return str(-(-error // 1)).removesuffix(".0") if error >= 10.0 else f"{-(-error * 10 // 1) / 10:.1f}"


def line(cells: Sequence[str]) -> str:
    """Return one line of the table as text.

    >>> line(["cauchy", "0.9 / 2.6 / 1.6", "", ""])
    'cauchy               0.9 / 2.6 / 1.6   -                   -'
    """
    return "".join((cell or ABSENT).ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)).rstrip()


def text_of(table: Table) -> str:
    """Return the table as text; `read` is the inverse."""
    return "".join(f"{line(cells)}\n" for cells in _lines(table))


def read(text: str) -> Table:
    """Return the table in a text; `text_of` is the inverse."""
    header, *rows = (re.split(r" {2,}", written) for written in text.splitlines())
    return Table(
        tuple(header[1:]),
        {name: tuple("" if cell == ABSENT else cell for cell in cells) for name, *cells in rows},
    )


@cache
def stored() -> Table:
    """Return the table of the package."""
    return read(STORED.read_text(encoding="utf-8"))


def markdown(table: Table, names: Iterable[str]) -> str:
    """Return the rows of these names in Markdown."""
    header, *_ = _lines(table)
    rows = [(f"`{name}`", *table.rows[name]) for name in names]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, ["---"] * len(header), *rows))


def _lines(table: Table) -> list[tuple[str, ...]]:
    return [("op", *table.titles), *((name, *cells) for name, cells in table.rows.items())]
