"""What a model looks like at the prompt and in a notebook: a line, and the table of its modules.

`nn.summary` makes the same table, with the shapes of the outputs of a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autograd_core import Value
from autograd_core.lines import columns, html_table, show_on
from autograd_core.text import plural
from nn.modules.dotted_names import holder
from nn.modules.state import array_names

if TYPE_CHECKING:
    from nn.modules.module import Module

MOST: Final = 20
"""The most lines of the table that a prompt shows."""

_COUNTS: Final = ("parameters", "trainable")
"""The columns of numbers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One module, a row of the table.

    Attributes:
        name: dotted, `""` for the model itself.
        kind: name of the class.
        shape: of its output for the sample, for example `"[16]"`; `""` if it was not called.
        parameters: how many it has, with those of its submodules. A shared one counts only at its first occurrence.
        trainable: how many of these are not frozen.
    """

    name: str
    kind: str
    shape: str
    parameters: int
    trainable: int


class Displayed:
    """A module, as far as its display goes."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_repr_pretty_" not in vars(cls):  # IPython prefers the `__repr__` of a class to what its bases have
            cls._repr_pretty_ = Displayed._repr_pretty_  # type: ignore[method-assign]

    def __repr__(self: Any) -> str:
        return f"{type(self).__name__}({plural(len(self.parameters()), 'parameter')})"

    def _repr_pretty_(self: Any, printer: Any, cycle: bool) -> None:
        """The display in IPython: the line of `repr`, and below it the table of the modules, if there are several."""
        show_on(printer, repr(self), lambda _: _below(rows_of(self)))

    def _repr_html_(self: Any) -> str:
        """The display in a notebook."""
        return html_of(rows_of(self), repr(self))


def _below(rows: Sequence[Row]) -> str:
    more = f"\n… {len(rows) - MOST:,} more; nn.summary shows all" if len(rows) > MOST else ""
    return f"{text_of(rows[:MOST])}{more}" if len(rows) > 1 else ""


def rows_of(model: Module, shapes: Mapping[int, str] | None = None) -> list[Row]:
    """The table of a model, given the shapes of the outputs of modules by the identities of the modules.

    A module whose parameters are all stored in arrays of a module above it has no row.
    """
    modules = dict(model.named_modules())
    parameters = [(holder(name, modules), parameter) for name, parameter in model.named_parameters()]
    every = _totals(modules, [above for above, _ in parameters])
    trainable = _totals(modules, [above for above, parameter in parameters if not parameter.frozen])
    return [
        Row(name, type(modules[name]).__name__, (shapes or {}).get(id(modules[name]), ""), every[name], trainable[name])
        for name in _shown(model, modules, parameters, every)
    ]


def _totals(modules: Iterable[str], holders: Iterable[str]) -> dict[str, int]:
    """How many parameters there are in each module and below it, given the module that holds each."""
    totals = dict.fromkeys(modules, 0)
    for name in holders:
        totals[name] += 1
    for name in reversed(totals):  # a module comes before its submodules
        if name:
            totals[holder(name, totals)] += totals[name]
    return totals


def _shown(
    model: Module, modules: Mapping[str, Module], parameters: list[tuple[str, Value]], every: Mapping[str, int]
) -> list[str]:
    """The names of the modules that have a row of their own."""
    array_of = array_names(model)
    stored_in = [
        holder(array_of[id(parameter)][0], modules) if id(parameter) in array_of else above
        for above, parameter in parameters
    ]
    stored = _totals(modules, stored_in)
    hidden: set[str] = set()
    for name in modules:
        if name and (holder(name, modules) in hidden or (every[name] and not stored[name])):
            hidden.add(name)
    return [name for name in modules if name not in hidden]


def text_of(rows: Sequence[Row]) -> str:
    """The table as text."""
    cells, counts = _cells(rows)
    head, *lines = columns(cells, right=counts)
    return "\n".join([head, "-" * len(head), *lines])


def html_of(rows: Sequence[Row], title: str) -> str:
    """The table as HTML."""
    cells, counts = _cells(rows)
    return html_table(cells, right=counts, title=title)


def _cells(rows: Sequence[Row]) -> tuple[list[tuple[str, ...]], set[int]]:
    """The texts of the table below its heading, without empty columns; and which columns are numbers."""
    cells = [("name", "kind", "output", "parameters", "trainable")]
    cells += [(r.name or "(model)", r.kind, r.shape, f"{r.parameters:,}", f"{r.trainable:,}") for r in rows]
    filled = [column for column in zip(*cells, strict=True) if any(column[1:])]
    counts = {place for place, column in enumerate(filled) if column[0] in _COUNTS}
    return list(zip(*filled, strict=True)), counts
