"""The check of a function at several points: one report, which says where the derivatives are right and where wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from autograd_core.errors import InputError
from autograd_core.numerics.number import describe
from autograd_core.testing.checking.claims import Claims
from autograd_core.testing.checking.one_point import report_at
from autograd_core.testing.checking.options import Options
from autograd_core.testing.checking.source import SHORT, arguments_text, reproduction
from autograd_core.testing.report import GradReport
from autograd_core.testing.trees.flat_function import name_of
from autograd_core.testing.trees.regions import region

LISTED: Final = 5
"""The number of points of each outcome that the report names."""

LEAST: Final = 2
"""With at least this many points that failed, the report looks for what they have in common."""


def report_at_points(
    f: Callable[..., Any], points: Iterable[tuple[Any, ...]], claimed: Claims, options: Options
) -> tuple[GradReport, Any]:
    """Return one report for all points, and the result with its graph at the first that failed; None for a black box.

    Raises:
        InputError: if there are no points, or one is not a tuple of arguments.
    """
    some = list(points) if hasattr(points, "__iter__") and not isinstance(points, (str, dict)) else []
    if not some:
        raise InputError(f"expected points as a list of tuples of arguments, such as [(0.5,), (2.0,)], got {points!r}")
    points = some
    for k, point in enumerate(points):
        if not isinstance(point, tuple):
            raise InputError(
                f"expected a tuple of arguments as points[{k}], got {describe(point)}; a single argument x is (x,)"
            )
    found = [_at(k, f, point, claimed, options) for k, point in enumerate(points)]
    reports = [report for report, _ in found]
    failed = [k for k, report in enumerate(reports) if not report]
    where = _region(reports)
    count = len(points) - len(failed)
    prefix = where or (f"right at {'the other point' if count == 1 else f'{count} other points'}" if count else "")
    entries = [
        replace(
            entry,
            place=f"{entry.place}, at points[{k}]",
            hint=entry.hint if entry.ok or not prefix else "; ".join(filter(None, (prefix, entry.hint))),
        )
        for k, report in enumerate(reports)
        for entry in report.entries
    ]
    text = f"points=[{', '.join(_tuple(point) for point in points)}]"
    methods = dict.fromkeys(report.method for report in reports)
    return (
        GradReport(
            name_of(f),
            " and ".join(methods),
            reports[failed[0] if failed else 0].point,
            tuple(entries),
            sum(report.seconds for report in reports),
            reproduction(f, text if len(text) <= SHORT and "…" not in text else "points=points", claimed, options),
            remarks=tuple(_remarks(points, failed, where)),
        ),
        found[failed[0]][1] if failed else None,
    )


def _at(
    k: int, f: Callable[..., Any], point: tuple[Any, ...], claimed: Claims, options: Options
) -> tuple[GradReport, Any]:
    try:
        return report_at(f, point, claimed, options)
    except Exception as error:
        error.add_note(f"at points[{k}] = {_tuple(point)}")
        raise


def _region(reports: Sequence[GradReport]) -> str:
    """Return in words where the check fails; "" if it is nowhere, everywhere, or no number separates the points."""
    if len({len(report.point) for report in reports}) > 1:
        return ""  # arrays of different sizes
    failed, passed = (
        [[x for _, x in report.point] for report in reports if bool(report) is ok] for ok in (False, True)
    )
    return region(failed, passed, [name for name, _ in reports[0].point], LEAST)


def _remarks(points: Sequence[tuple[Any, ...]], failed: Sequence[int], where: str) -> list[str]:
    """Return which points are right and which are wrong."""
    count = len(points)
    if not failed:
        return [f"right at {'all ' if count > 1 else ''}{count} point{'s' * (count > 1)}"]
    right = [k for k in range(count) if k not in failed]
    remarks = [f"wrong at {len(failed)} of {count} points" + (f": {where}" if where else "")]
    return remarks + [
        f"{verb} at {', '.join(f'points[{k}] = {_tuple(points[k])}' for k in some[:LISTED])}"
        + (f" and {len(some) - LISTED:,} more" if len(some) > LISTED else "")
        for verb, some in (("wrong", failed), ("right", right))
        if some
    ]


def _tuple(point: tuple[Any, ...]) -> str:
    return f"({arguments_text(point)}{',' * (len(point) == 1)})"
