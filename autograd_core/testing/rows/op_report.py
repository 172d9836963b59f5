"""The report of a check of an op: the largest error of each kind, the failures, and the false statements of the row.

A failure comes with a hint: a flipped sign or a factor common to all points, a region that contains all failures, or a
derivative that is wrong although all lower ones are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from autograd_core.lines import columns
from autograd_core.testing.causes.evidence import Evidence, Gradient
from autograd_core.testing.causes.hints import Diagnosis
from autograd_core.testing.report import Entry, GradReport, Verdict
from autograd_core.testing.rows.accuracy import Error
from autograd_core.testing.rows.accuracy import worst as worst_of
from autograd_core.testing.rows.row_facts import in_hex
from autograd_core.testing.trees.regions import region
from autograd_core.text import plural

KINDS: Final = ("value", "first", "second", "third")
"""What is compared, by the order of the derivative."""

UNITS: Final = {"value": "ULP", "first": "ULP", "second": "ULP", "third": "e-9"}

ORDINARY, TIED, BESIDE, KINK, DIRECTION, SAME, FAR = STAGES = (
    "ordinary",
    "equal inputs",
    "beside a kink",
    "on a kink",
    "on a kink, along a direction",
    "the same input",
    "far",
)
"""The kinds of points, in the order of the report."""


class Comparison(NamedTuple):
    """One error of the op, at one kind of points, with its limit.

    On a kink there are also the derivatives to the left and to the right. Along a direction of several inputs these are
    the least and the largest slope around the point.
    """

    stage: str
    error: Error
    limit: float
    left: float = math.nan
    right: float = math.nan
    direction: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """The input that varies, or the direction of several."""
        if not self.direction:
            return f"input {self.error.input_index}"
        return "all inputs, which are the same Value" if self.stage == SAME else f"the direction {self.direction}"

    @property
    def ok(self) -> bool:
        """Whether the error is within the limit; nan is not."""
        return self.error.size <= self.limit


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the printed table: the largest error of one kind at one kind of points."""

    stage: str
    kind: str
    count: int
    worst: float
    unit: str
    limit: float
    point: tuple[str, ...]
    got: float
    truth: float

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Line:
        """Return the line that a dict was made from."""
        numbers = {name: float(saved[name]) for name in ("worst", "limit", "got", "truth")}
        return cls(**{**saved, **numbers, "point": tuple(saved["point"])})


@dataclass(frozen=True, slots=True, repr=False)
class OpReport(GradReport):
    """The result of `check_op`.

    Attributes:
        lines: the largest error of each kind.
        facts: the false statements of the row, and the points at which it raises.
    """

    lines: tuple[Line, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every comparison passed and every statement of the row is true."""
        return not self.failures and not self.facts

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> OpReport:
        """Return the report that `to_dict` was called on."""
        base = GradReport.from_dict(saved)
        lines = tuple(Line.from_dict(line) for line in saved["lines"])
        facts = tuple(saved["facts"])
        return cls(
            base.function, base.method, base.point, base.entries, base.seconds, base.reproduce, lines=lines, facts=facts
        )

    @property
    def summary(self) -> str:
        """The verdict in one line, such as `op tanh: the first derivative is wrong: the sign is flipped`."""
        hint = self.failures[0].hint if self.failures else ""
        return self._head().partition(" (truth")[0] + (f": {hint}" if hint else "")

    def __str__(self) -> str:
        facts = self.facts if self.failures else self.facts[1:]  # the first is in the head
        parts = [self._head(), *map(_describe, self.failures), *(f"  it {fact}" for fact in facts)]
        return "\n".join([*parts, *(f"  {line}" for line in columns(self._table()))])

    def _head(self) -> str:
        if self.failures:
            return f"op {self.function}: {_what(self.failures[0].order)} is wrong (truth: {self.method})"
        return f"op {self.function} {self.facts[0] if self.facts else f'is right (truth: {self.method})'}"

    def _headline(self) -> str:
        count = sum(line.count for line in self.lines)
        return f"{self.summary.removeprefix('op ')}: {plural(count, 'comparison')} with {self.method}"

    def _table(self) -> list[tuple[str, ...]]:
        """A heading and the largest error of each kind."""
        head = ("points", "", "number", "worst", "allowed", "at")
        cells = [
            (x.stage, x.kind, str(x.count), f"{x.worst:.2g} {x.unit}", f"{x.limit:.2g}", ", ".join(x.point))
            for x in self.lines
        ]
        return [head, *cells] if cells else []


# ---- From comparisons to a report -----------------------------------------------------------------------------------


def lines_of(found: Iterable[Comparison]) -> Iterator[Line]:
    """Yield the largest error of each kind at each kind of points."""
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for comparison in found:
        groups.setdefault((comparison.stage, comparison.error.kind), []).append(comparison)
    for (stage, kind), group in groups.items():
        worst = worst_of(comparison.error for comparison in group)[kind]
        at = tuple(x.hex() for x in worst.point)
        yield Line(
            stage, kind, len(group), worst.size, _unit(stage, kind), group[0].limit, at, worst.got, float(worst.truth)
        )


def entries_of(found: list[Comparison]) -> Iterator[Entry]:
    """Yield the worst failure of each kind for each input, the lowest order first."""
    groups: dict[tuple[int, int, int, tuple[int, ...]], list[Comparison]] = {}
    for comparison in found:
        if not comparison.ok:
            groups.setdefault(_group(comparison), []).append(comparison)
    lowest = min((order for order, *_ in groups), default=0)
    for key, group in sorted(groups.items(), key=lambda item: item[0]):
        order = key[0]
        failed = [comparison.error for comparison in group]
        passed = [comparison.error for comparison in found if comparison.ok and _group(comparison) == key]
        worst = worst_of(failed)[KINDS[order]]
        first = group[failed.index(worst)]
        if first.direction:
            hints: tuple[str, ...] = (_shared(first),)
        else:
            names = [f"input {i}" for i in range(len(worst.point))]
            where = region([error.point for error in failed], [error.point for error in passed], names)
            hints = (_common_hint(failed, found), where, _deeper(order, lowest))
        yield _entry(first, order, "; ".join(filter(None, hints)))


def _group(comparison: Comparison) -> tuple[int, int, int, tuple[int, ...]]:
    stage, error = STAGES.index(comparison.stage), comparison.error
    return KINDS.index(error.kind), stage, error.input_index, comparison.direction


def _shared(comparison: Comparison) -> str:
    """Return the hint for derivatives that are wrong only together."""
    got, left, right = comparison.error.got, comparison.left, comparison.right
    inputs = "the inputs" if comparison.stage == SAME else f"the inputs of the direction {comparison.direction}"
    much = "too much" if got > max(left, right) else "too little" if got < min(left, right) else "no number"
    return f"together {inputs} get {much}: inputs that are equal must share the derivative"


def _entry(comparison: Comparison, order: int, text: str) -> Entry:
    """Return a failed comparison as an entry of the report."""
    error, limit = comparison.error, comparison.limit
    unit = _unit(comparison.stage, error.kind)
    part = limit * {"ULP": 2.0**-53, "e-9": 1e-9, "relative": 1.0}[unit]
    return Entry(
        comparison.place,
        error.point,
        order,
        f"{comparison.stage}: {error.size:.3g} {unit}, allowed {limit:.3g}",
        error.got,
        float(error.truth),
        comparison.left,
        comparison.right,
        0.0,
        part * abs(float(error.truth)),
        Verdict.MISMATCH,
        text,
    )


def _unit(stage: str, kind: str) -> str:
    return "relative" if stage == FAR else UNITS[kind]


def _common_hint(failed: list[Error], found: list[Comparison]) -> str:
    """Return the hint of the failures, if they share one."""
    texts = set()
    for error in failed[:6]:
        beside = [
            c.error for c in found if c.error.point == error.point and c.error.kind == error.kind and not c.direction
        ]
        gradient = {c.input_index: c for c in beside} if error.kind == "first" else {error.input_index: error}
        names = [f"input {i}" for i in gradient]
        got, truth = [c.got for c in gradient.values()], [float(c.truth) for c in gradient.values()]
        texts.add(Diagnosis(Evidence(Gradient(got, truth), names)).hint(list(gradient).index(error.input_index)))
    return texts.pop() if len(texts) == 1 else ""


def _deeper(order: int, lowest: int) -> str:
    """Return a hint for a derivative that is wrong although all lower ones are right."""
    if order < 2 or order > lowest:
        return ""
    return "the lower ones are right: does a derivative use a constant or a function of math instead of an op?"


def _describe(entry: Entry) -> str:
    """Return the lines that describe a failure."""
    sides = f"; {entry.left!r} to the left and {entry.right!r} to the right" if not math.isnan(entry.left) else ""
    lines = (
        f"  {_what(entry.order)}{f' in {entry.place}' if entry.order else ''} at {in_hex(entry.point)} = {entry.point}",
        f"    got   {entry.analytic!r}",
        f"    truth {entry.numeric!r}{sides}",
        f"    error {entry.mode}",
        f"    hint  {entry.hint}" if entry.hint else "",
    )
    return "\n".join(filter(None, lines))


def _what(order: int) -> str:
    return f"the {KINDS[order]} derivative" if order else "the value"
