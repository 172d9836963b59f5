"""A table of the modules of a model: their kinds, output shapes and numbers of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from autograd_core import OperandTypeError, Value
from autograd_core.lines import columns
from nn.modules.dotted_names import holder
from nn.modules.evaluating import evaluating
from nn.modules.module import Module, can_be_called
from nn.modules.state import array_names

_BYTES: Final = 8
"""Bytes of a number as float64 or int64, as in a file."""

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


@dataclass(frozen=True, slots=True)
class Summary:
    """A table of a model. It is shown as text; `str` gives that text.

    Attributes:
        rows: the modules, the model itself first.
        parameters: how many there are.
        trainable: how many of these are not frozen.
        buffers: how many numbers there are in buffers.
    """

    rows: Sequence[Row]
    parameters: int
    trainable: int
    buffers: int

    @property
    def frozen(self) -> int:
        """How many parameters are frozen."""
        return self.parameters - self.trainable

    @property
    def size(self) -> int:
        """How many bytes all parameters and buffers take in a file."""
        return _BYTES * (self.parameters + self.buffers)

    def __str__(self) -> str:
        totals = f"{self.parameters:,} parameters, {self.trainable:,} trainable, {self.frozen:,} frozen"
        buffers = f"; {self.buffers:,} numbers in buffers" if self.buffers else ""
        return "\n".join([*_table(self.rows), "", f"{totals}{buffers}; {self.size:,} bytes"])

    __repr__ = __str__  # so that the prompt shows the table


def summary(model: Module, sample: Any = None) -> Summary:
    """A table of the modules of a model, with their numbers of parameters.

    A module whose parameters are all stored in arrays of a module above it, as those of neurons are in arrays of
    their layer, has no row of its own.

    Args:
        model: any module.
        sample: an input of the model. The model is called with it once, in evaluation mode, and the table shows the
            shape of the output of each module in its last call. `[]` is the shape of a number.

    Raises:
        OperandTypeError: if the model is not a Module.
        AutogradError: if the model raises it for the sample.

    >>> from nn.layers.dense import MLP
    >>> summary(MLP(2, [16, 1], rng=0).freeze("layers.0"), [0.5, -1.0])
    name      kind   output  parameters  trainable
    ----------------------------------------------
    (model)   MLP    []              65         17
    layers.0  Layer  [16]            48          0
    layers.1  Layer  []              17         17
    <BLANKLINE>
    65 parameters, 17 trainable, 48 frozen; 520 bytes
    """
    if not isinstance(model, Module):
        raise OperandTypeError(f"expected a Module, got {type(model).__name__}")
    shapes = {} if sample is None else _shapes(model, sample)
    modules = dict(model.named_modules())
    parameters = [(holder(name, modules), parameter) for name, parameter in model.named_parameters()]
    every = _totals(modules, [above for above, _ in parameters])
    trainable = _totals(modules, [above for above, parameter in parameters if not parameter.frozen])
    rows = [
        Row(name, type(modules[name]).__name__, shapes.get(id(modules[name]), ""), every[name], trainable[name])
        for name in _shown(model, modules, parameters, every)
    ]
    buffers = sum(len(buffer) if isinstance(buffer, Sequence) else 1 for _, buffer in model.named_buffers())
    return Summary(rows, every[""], trainable[""], buffers)


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


# ---- Shapes ----------------------------------------------------------------------------------------------------------


def _shapes(model: Any, sample: Any) -> dict[int, str]:
    """The shapes of the outputs of the modules when the model is called, by the identities of the modules."""
    shapes: dict[int, str] = {}
    with evaluating(model), _Recorded(model.modules(), shapes):
        model(sample)
    return shapes


class _Recorded:
    """A block in which every call of one of these modules records the shape of its output.

    Python looks `__call__` up in the class. So these modules, and no others of their classes, are instances of a
    subclass within the block. They get their classes back at the end of the block or, if an interrupt prevents that,
    when this object is freed.
    """

    def __init__(self, modules: list[Module], shapes: dict[int, str]) -> None:
        self._called: list[tuple[Module, type[Module]]] = [
            (module, type(module)) for module in modules if can_be_called(module)
        ]
        self._twins = {kind: _twin(kind, shapes) for kind in {kind for _, kind in self._called}}

    def __enter__(self) -> None:
        self.__class__ = _Recording
        try:
            for module, kind in self._called:
                module.__class__ = self._twins[kind]
        except BaseException:
            self._take_back()
            raise

    def __exit__(self, *_: object) -> None:
        self._take_back()

    def _take_back(self) -> None:
        for module, kind in self._called:
            module.__class__ = kind
        self._called = []
        self.__class__ = _Recorded


class _Recording(_Recorded):
    """The class within the block. Only it has `__del__`, because Python ignores an interrupt in `__del__`."""

    def __del__(self) -> None:
        self._take_back()


def _twin(kind: Any, shapes: dict[int, str]) -> Any:
    """A subclass whose calls record the shape of the output."""

    def call(self: Module, *args: Any, **kwargs: Any) -> Any:
        """The call of the module itself, whose output is recorded."""
        output = kind.__call__(self, *args, **kwargs)
        shapes[id(self)] = _shape(output)
        return output

    return type(kind)(kind.__name__, (kind,), {"__call__": call, "__module__": kind.__module__})


def _shape(output: Any) -> str:
    """`[]` for a number, the lengths for nested lists (`?` where they differ), and a tuple part by part."""
    if isinstance(output, tuple):
        return f"({', '.join(map(_shape, output))})"
    lengths, parts = [], [output]
    while parts and all(isinstance(part, list) for part in parts):
        different = {len(part) for part in parts}
        lengths.append(str(different.pop()) if len(different) == 1 else "?")
        parts = [item for part in parts for item in part]
    if all(isinstance(part, (Value, Real)) for part in parts):
        return f"[{', '.join(lengths)}]"
    return type(output).__name__


# ---- Text ------------------------------------------------------------------------------------------------------------


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """The text of the table: names to the left, counts to the right, and no empty columns."""
    cells = [("name", "kind", "output", "parameters", "trainable")]
    cells += [(r.name or "(model)", r.kind, r.shape, f"{r.parameters:,}", f"{r.trainable:,}") for r in rows]
    filled = [column for column in zip(*cells, strict=True) if any(column[1:])]
    counts = {place for place, column in enumerate(filled) if column[0] in _COUNTS}
    head, *lines = columns(list(zip(*filled, strict=True)), right=counts)
    yield from (head, "-" * len(head), *lines)
