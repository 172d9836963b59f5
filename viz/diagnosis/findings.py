"""The findings of a diagnosis as a sequence, as text and as plain data."""

from collections.abc import Iterable, Sequence
from typing import overload

from autograd_core.diagnosis import Finding
from viz.text import plural


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
        count = plural(len(self), "finding") if self else "nothing found"
        title = f"{count} in a graph of {plural(self.nodes, 'node')} with {plural(self.parameters, 'parameter')}"
        return "\n".join([title, *(f"{index}. {finding}" for index, finding in enumerate(self, 1))])

    def __repr__(self) -> str:
        return f"Diagnosis({', '.join(finding.kind for finding in self) or 'nothing found'})"
