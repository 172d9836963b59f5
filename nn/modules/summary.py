"""A table of the modules of a model: their kinds, output shapes and numbers of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Final

from autograd_core import OperandTypeError, Value
from autograd_core.calls import explained
from nn.modules.display import Row, html_of, rows_of, text_of
from nn.modules.evaluating import evaluating
from nn.modules.module import Module, can_be_called

_BYTES: Final = 8
"""Bytes of a number as float64 or int64, as in a file."""


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

    @property
    def _total(self) -> str:
        totals = f"{self.parameters:,} parameters, {self.trainable:,} trainable, {self.frozen:,} frozen"
        buffers = f"; {self.buffers:,} numbers in buffers" if self.buffers else ""
        return f"{totals}{buffers}; {self.size:,} bytes"

    def __str__(self) -> str:
        return f"{text_of(self.rows)}\n\n{self._total}"

    __repr__ = __str__  # so that the prompt shows the table

    def _repr_html_(self) -> str:
        """The display in a notebook."""
        return html_of(self.rows, self._total)


@explained()
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
    rows = rows_of(model, shapes)
    buffers = sum(len(buffer) if isinstance(buffer, Sequence) else 1 for _, buffer in model.named_buffers())
    return Summary(rows, rows[0].parameters, rows[0].trainable, buffers)


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
