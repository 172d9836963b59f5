"""The report of a gradient check: one entry for each comparison.

A report is true if everything agrees, prints as a few aligned lines, and survives JSON to the bit. Its `repr` is one
line; IPython and notebooks show a table of the comparisons below it. It holds no Values,
so it does not keep the graph alive. A failed check raises `GradientMismatch`, which carries the report.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from autograd_core.frames import cut_after_user
from autograd_core.lines import columns, html_table, show_on
from autograd_core.text import plural

SHOWN: Final = 5
"""The number of failures that are printed in full; the others are counted."""


LINES: Final = 20
"""The largest number of comparisons in the table below a `repr`."""


class Verdict(StrEnum):
    """The result of one comparison: right, wrong, or one of the reasons why it cannot be told.

    A function is not differentiable at a kink, where the derivatives from the left and from the right differ, nor at a
    jump. Noise means that the values of the function are too inexact to tell right from wrong, and nan that the
    function or its derivative is nan. A claim of nan is wrong where the derivative is a number.
    """

    OK = "ok"
    MISMATCH = "mismatch"
    KINK = "kink"
    JUMP = "jump"
    OUTSIDE = "outside the domain"
    NAN = "nan"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Entry:
    """One comparison.

    Attributes:
        place: the path of the number in the arguments, as in Python: `params["w"][3]`.
        point: the number; empty for a direction.
        order: the order of the derivative.
        mode: `"rev"`, `"fwd"`, or the name of a claim, such as `"grad"`.
        analytic: the derivative that is checked.
        numeric: the derivative computed independently.
        left: the derivative from the left, nan if it was not computed.
        right: the derivative from the right, nan if it was not computed.
        step: the step of the difference, 0.0 if there is none.
        tolerance: the largest accepted distance of analytic and numeric.
        verdict: the result of the comparison.
        hint: a guess at the cause of a wrong derivative; "" if there is none.
        suspect: the first op of the graph with a wrong local derivative; "" if there is none.
        output: the path of the result that is differentiated; "" for the only one, or the sum of all.
        accepted: whether the comparison counts as passed although the verdict is not `OK`.
        skipped: whether nothing is compared, because the point is at a kink or jump that is to be skipped.
    """

    place: str
    point: tuple[float, ...]
    order: int
    mode: str
    analytic: float
    numeric: float
    left: float
    right: float
    step: float
    tolerance: float
    verdict: Verdict
    hint: str = ""
    suspect: str = ""
    output: str = ""
    accepted: bool = False
    skipped: bool = False

    @property
    def absolute_error(self) -> float:
        """The distance of analytic and numeric; 0 if they are the same infinity."""
        return 0.0 if self.analytic == self.numeric else abs(self.analytic - self.numeric)

    @property
    def relative_error(self) -> float:
        """The distance relative to the larger of the two."""
        size = max(abs(self.analytic), abs(self.numeric))
        return self.absolute_error / size if size else 0.0

    @property
    def excess(self) -> float:
        """The error as a multiple of the tolerance; inf if it is nan, or if the tolerance of an error is 0."""
        error = self.absolute_error
        if math.isnan(error) or not self.tolerance:
            return math.inf if error else 0.0
        return error / self.tolerance

    @property
    def ok(self) -> bool:
        """Whether the comparison passed, or is skipped."""
        return self.accepted or self.skipped or self.verdict is Verdict.OK

    def unverified(self, hint: str) -> Entry:
        """Return the same comparison with a result that says nothing."""
        return replace(self, verdict=Verdict.NOISE, hint=hint, suspect="", accepted=False, skipped=False)

    def __str__(self) -> str:
        return "\n".join(f"  {name:<9} {text}" for name, text in self._lines() if text)

    def _lines(self) -> list[tuple[str, str]]:
        """Return the lines of an entry as pairs of a name and a text, which may be empty."""
        at = ", ".join(f"{x!r} = {x.hex()}" for x in self.point)
        is_measured = self.verdict is not Verdict.NOISE or math.isfinite(self.numeric)
        sides = is_measured and not (math.isnan(self.left) and math.isnan(self.right))
        error = f"{self.absolute_error:.3g}, relative {self.relative_error:.3g}; allowed {self.tolerance:.3g}"
        numeric = f"{self.numeric!r}" + (f" (step {self.step:.3g})" if self.step else "")
        return [
            ("argument", self.place + (f", for the result {self.output}" if self.output else "")),
            ("at", at),
            ("verdict", str(self.verdict) + (", accepted" if self.accepted else ", skipped" if self.skipped else "")),
            ("analytic", f"{self.analytic!r} ({_ordinal(self.order)} derivative, {self.mode})"),
            ("numeric", numeric if is_measured else "unknown"),
            ("sides", f"left {self.left!r}, right {self.right!r}" if sides else ""),
            ("error", error if is_measured else ""),
            ("hint", self.hint),
            ("op", self.suspect),
        ]


@dataclass(frozen=True, slots=True, repr=False)
class GradReport:
    """The result of a gradient check.

    Attributes:
        function: the name of the function.
        method: the method of the independent derivatives.
        point: every number of the arguments, with its path.
        entries: the comparisons.
        seconds: the duration of the check.
        reproduce: a line of Python that repeats it.
        remarks: what holds for the check as a whole, such as the points at which it passed.

    >>> report = GradReport("f", "central", (("x", 2.0),), (), 0.0, "check_grads(f, 2.0)")
    >>> bool(report), GradReport.from_dict(report.to_dict()) == report
    (True, True)
    """

    function: str
    method: str
    point: tuple[tuple[str, float], ...]
    entries: tuple[Entry, ...]
    seconds: float
    reproduce: str
    remarks: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The comparisons that did not pass."""
        return tuple(entry for entry in self.entries if not entry.ok)

    @property
    def ok(self) -> bool:
        """Whether every comparison passed."""
        return not self.failures

    @property
    def is_unverified(self) -> bool:
        """Whether comparisons did not pass, and none of these is shown to be wrong."""
        return bool(self.failures) and not self._wrong

    @property
    def _wrong(self) -> list[Entry]:
        return [entry for entry in self.failures if entry.verdict is Verdict.MISMATCH]

    @property
    def worst(self) -> Entry | None:
        """The comparison with the largest error relative to its tolerance; a wrong or failed one if there is one."""

        def rank(entry: Entry) -> tuple[bool, bool, float]:
            return not entry.ok and entry.verdict is Verdict.MISMATCH, not entry.ok, entry.excess

        return max((entry for entry in self.entries if not entry.skipped), key=rank, default=None)

    @property
    def summary(self) -> str:
        """The verdict in one line, such as `dL/dw: the sign is flipped`."""
        worst = self.worst
        if self.ok or worst is None:
            return f"the gradient of {self.function} {'agrees' if worst or not self.entries else 'is not compared'}"
        what = f"d{self.function}{worst.output}/d{worst.place}"
        if not worst.point:
            what = f"{self.function}, {worst.place}"
        if worst.order > 1:
            what = f"{_ordinal(worst.order)} derivative of {self.function} in {worst.place}"
        values = f"{worst.analytic:.6g}, should be {worst.numeric:.6g}" if worst.verdict is Verdict.MISMATCH else ""
        op = f" (op {worst.suspect.partition(',')[0]})" if worst.suspect else ""
        return f"{what}: {worst.hint or values or worst.verdict}{op}"

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self._failed() if self.failures else self._passed()

    def __repr__(self) -> str:
        """One line: the verdict, and how much was compared."""
        return f"{type(self).__name__}({self._headline()})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython: the line of `repr`, and below it the table."""
        show_on(printer, repr(self), lambda _: "\n".join(columns(self._table())))

    def _repr_html_(self) -> str:
        """The display in a notebook."""
        return html_table(self._table(), title=repr(self))

    def _headline(self) -> str:
        if self.failures:
            count = f"{len(self.failures):,} of {plural(len(self.entries), 'comparison')} by {self.method}"
            return f"{self.summary}; {count} failed"
        return self._passed().partition("\n")[0]

    def _table(self) -> list[tuple[str, ...]]:
        """A heading and the comparisons, those that failed first; of many only the first."""
        entries = _merged(self.failures) + _merged([entry for entry in self.entries if entry.ok])
        lines: list[tuple[str, ...]] = [
            (
                entry.place + (f" of {entry.output}" if entry.output else ""),
                ", ".join(map(repr, entry.point)),
                f"{_ordinal(entry.order)}, {entry.mode}",
                repr(entry.analytic),
                repr(entry.numeric),
                f"{entry.absolute_error:.2g}",
                str(entry.verdict),
            )
            for entry in entries[:LINES]
        ]
        if len(entries) > LINES:
            lines.append((f"and {len(entries) - LINES:,} more", *[""] * 6))
        return [("argument", "at", "derivative", "analytic", "numeric", "error", "verdict"), *lines] if lines else []

    def to_dict(self) -> dict[str, Any]:
        """Return the report as dicts, lists, strings and numbers; non-finite numbers become strings, for JSON."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    def to_json(self) -> str:
        """Return the report as JSON; `from_dict(json.loads(text))` gives an equal report."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> GradReport:
        """Return the report that `to_dict` was called on."""
        return cls(
            saved["function"],
            saved["method"],
            tuple((place, float(x)) for place, x in saved["point"]),
            tuple(_entry(entry) for entry in saved["entries"]),
            float(saved["seconds"]),
            saved["reproduce"],
            remarks=tuple(saved.get("remarks", ())),
        )

    def _passed(self) -> str:
        compared = [entry for entry in self.entries if not entry.skipped]
        odd = _merged([entry for entry in self.entries if entry.accepted or entry.skipped])
        skipped = sum(entry.skipped for entry in odd)
        text = f"{self.summary}: {plural(len(compared), 'comparison')} by {self.method}"
        text += f", {len(odd) - skipped} at a kink or jump" if len(odd) > skipped else ""
        text += f", {skipped} skipped at a kink or jump" if skipped else ""
        if self.worst is not None:
            text += f"; largest error {self.worst.absolute_error:.3g} at {self.worst.place}"
        return "\n".join([text, *(f"  {remark}" for remark in self.remarks), *(str(entry) for entry in odd[:SHOWN])])

    def _failed(self) -> str:
        """Return the text of a failed report."""
        wrong, unknown = len(self._wrong), len(self.failures) - len(self._wrong)
        head = (
            f"the gradient of {self.function} {'disagrees' if wrong else 'cannot be verified'} in "
            f"{wrong or unknown:,} of {plural(len(self.entries), 'comparison')} by {self.method}"
            + (f", and cannot be verified in {unknown:,}" if wrong and unknown else "")
        )
        failures = _merged(self.failures)
        shown, worst = failures[:SHOWN], self.worst
        if worst is not None and _key(worst) not in map(_key, shown):  # the summary names it
            shown[-1] = _merged([entry for entry in self.failures if _key(entry) == _key(worst)])[0]
        parts = ["\n".join([head, *(f"  {remark}" for remark in self.remarks)]), *map(str, shown)]
        if len(failures) > SHOWN:
            parts.append(f"  and {len(failures) - SHOWN:,} more")
        return "\n\n".join([*parts, f"  reproduce {self.reproduce}"])


class GradientMismatch(AssertionError):  # noqa: N818 - a failed assertion
    """A gradient disagrees with the derivative.

    Attributes:
        report: the report of the check.
        graph: the result with the graph that was checked, for pictures; None for a black box.
    """

    def __init__(self, report: GradReport, graph: Any = None) -> None:
        super().__init__(str(report))
        self.report = report
        self.graph = graph

    def __reduce__(self) -> tuple[Callable[..., GradientMismatch], tuple[GradReport]]:
        return type(self), (self.report,)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the lines that lead to the check, without those of the check itself."""
        cut_after_user(self)
        shell: Any = sys.modules["IPython"].get_ipython()
        lines: list[str] = shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__, tb_offset=1)
        return lines


class GradientUnverified(GradientMismatch):
    """No derivative is shown to be wrong, but one at least cannot be verified; each hint says why.

    It derives from `GradientMismatch`, because a check that proves nothing does not pass either.
    """


LISTENERS: Final[list[Callable[[GradReport], None]]] = []
"""Called with the report of every check, also of one that passed; the plugin for pytest adds one."""

Report = TypeVar("Report", bound=GradReport)


def concluded(report: Report, graph: Any = None) -> Report:
    """Return the report of a check after the listeners have got it.

    Raises:
        GradientMismatch: if the check failed; it carries the report and the graph.
        GradientUnverified: if nothing is wrong, but something cannot be verified.
    """
    __tracebackhide__ = True
    for listener in LISTENERS:
        listener(report)
    if not report:
        raise (GradientUnverified if report.is_unverified else GradientMismatch)(report, graph)
    return report


def _entry(saved: Mapping[str, Any]) -> Entry:
    known = {part.name: saved[part.name] for part in fields(Entry)}
    for name in ("analytic", "numeric", "left", "right", "step", "tolerance"):
        known[name] = float(known[name])
    known["point"] = tuple(map(float, known["point"]))
    known["verdict"] = Verdict(known["verdict"])
    return Entry(**known)


def _key(entry: Entry) -> tuple[Any, ...]:
    """What comparisons in both modes share if they found the same."""
    return entry.place, entry.order, entry.output, repr(entry.analytic)


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with those that are equal in both modes merged."""
    merged: dict[Any, Entry] = {}
    for entry in entries:
        key = _key(entry)
        before = merged.get(key)
        merged[key] = entry if before is None else replace(before, mode=f"{before.mode} and {entry.mode}")
    return list(merged.values())


def _plain(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: _plain(part) for name, part in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_plain(part) for part in thing]
    if isinstance(thing, float) and not math.isfinite(thing):
        return repr(thing)
    return str(thing) if isinstance(thing, Verdict) else thing


def _ordinal(order: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(order, f"{order}th")
