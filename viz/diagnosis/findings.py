"""The findings of a diagnosis as a sequence, as text and as plain data."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, overload

from autograd_core.diagnosis import Finding, title
from autograd_core.lines import html_table, show_on
from viz.text import listed, plural

MOST_KINDS: Final = 4
"""How many kinds of findings `repr` names."""


class Diagnosis(Sequence[Finding]):
    """The findings; true if there are any. `print` shows them, `records()` gives them as plain data, ready for JSON."""

    def __init__(self, findings: Iterable[Finding], nodes: int, parameters: int) -> None:
        self._findings = tuple(findings)
        self.nodes = nodes
        self.parameters = parameters

    def records(self) -> list[dict[str, str]]:
        """The findings as dicts of strings."""
        return [finding._asdict() for finding in self._findings]

    @overload
    def __getitem__(self, index: int) -> Finding: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...

    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[index]

    def __len__(self) -> int:
        return len(self._findings)

    def __str__(self) -> str:
        title = f"{self._count} in a graph of {plural(self.nodes, 'node')} with {plural(self.parameters, 'parameter')}"
        return "\n".join([title, *self._lines])

    def __repr__(self) -> str:
        """One line: how many findings there are, and their kinds."""
        kinds = listed([finding.kind for finding in self], MOST_KINDS)
        said = f": {kinds}" if kinds else f" in {plural(self.nodes, 'node')}"
        return f"Diagnosis({self._count}{said})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython: the line of `repr`, and below it the findings."""
        show_on(printer, repr(self), lambda _: "\n".join(self._lines))

    def _repr_html_(self) -> str:
        """The display in a notebook."""
        rows = [(finding.kind, title(finding.where), finding.reason, finding.remedy) for finding in self]
        return html_table([Finding._fields, *rows] if rows else [], title=str(self).partition("\n")[0])

    @property
    def _count(self) -> str:
        return plural(len(self), "finding") if self else "nothing found"

    @property
    def _lines(self) -> list[str]:
        return [f"{index}. {finding}" for index, finding in enumerate(self, 1)]
