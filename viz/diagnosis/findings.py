"""Findings: what is wrong, where, why, and what usually helps."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, overload

from viz.graph.layers import Unit
from viz.text import plural, printable

MANY_NAMES: Final = 4
"""So many names are listed, and the rest is counted."""


class Finding(NamedTuple):
    """What is wrong.

    Attributes:
        kind: `"nan"`, `"unreached"`, `"missing"`, `"accumulated"`, `"stale"`, `"zero"`, `"equal"`, `"dead"`,
            `"saturated"`, `"vanishing"` or `"exploding"`.
        where: the name of the layer, parameter or op; `""` is the model itself.
        reason: what was seen.
        remedy: what usually helps.
    """

    kind: str
    where: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.kind}, {self.where or 'the model'}: {self.reason}. {self.remedy}."


class Diagnosis(Sequence[Finding]):
    """The findings; true if there are any. `print` shows them, `records()` gives them as plain data, fit for JSON."""

    def __init__(self, findings: Iterable[Finding], nodes: int, parameters: int) -> None:
        self._findings = tuple(findings)
        self.nodes = nodes
        self.parameters = parameters

    def records(self) -> list[dict[str, str]]:
        """The findings as dicts of texts."""
        return [finding._asdict() for finding in self._findings]

    @overload
    def __getitem__(self, place: int) -> Finding: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Finding]: ...

    def __getitem__(self, place: int | slice) -> Finding | Sequence[Finding]:
        return self._findings[place]

    def __len__(self) -> int:
        return len(self._findings)

    def __str__(self) -> str:
        count = plural(len(self), "finding") if self else "nothing found"
        title = f"{count} in a graph of {plural(self.nodes, 'node')} with {plural(self.parameters, 'parameter')}"
        return "\n".join([title, *(f"{place}. {finding}" for place, finding in enumerate(self, 1))])

    def __repr__(self) -> str:
        return f"Diagnosis({', '.join(finding.kind for finding in self) or 'nothing found'})"


def title(layer: str) -> str:
    """How a sentence speaks of a layer."""
    return printable(layer, 60) or "the model"


def list_units(found: Sequence[Unit]) -> str:
    """The names of the first few units, and how many more there are."""
    return list_names([unit.place.unit or unit.op for unit in found])


def list_names(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(printable(name, 60) for name in names[:MANY_NAMES])
    return shown + (f" and {len(names) - MANY_NAMES:,} more" if len(names) > MANY_NAMES else "")
