"""The history of a training: the measures of each epoch.

It contains no times and nothing else that differs between two runs with the same seeds, so histories can be compared
with `==`. They can be written as JSON, and as columns of numbers, which checkpoints do.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, overload

from autograd_core import InputError, OperandTypeError
from autograd_core.lines import columns, html_table, show_on
from autograd_core.text import plural
from nn.base.checks import items_of
from nn.base.messages import kind_of

SHOWN: Final = 5
"""How many of the first and of the last epochs a prompt shows."""


class Step(NamedTuple):
    """The latest update.

    Attributes:
        epoch: number of the epoch, from 0.
        batch: number of the batch in its epoch, from 0.
        size: number of samples in the batch.
        loss: the loss over the batch, before the update.
        accuracy: the share of the batch that was classified correctly, before the update; None if no target is a class.
    """

    epoch: int
    batch: int
    size: int
    loss: float
    accuracy: float | None


class Epoch(NamedTuple):
    """The measures of one epoch.

    Attributes:
        loss: mean over the samples, each measured before the update with its batch.
        accuracy: share of correct classes, measured in the same way; None if no target is a class.
        validation_loss: over the validation samples, after the epoch; None if there are none.
        validation_accuracy: over the validation samples, after the epoch; None if there are none or no target is a
            class.
        lr: the learning rate of the last update; with several groups that of the first.
        gradient_norms: by the names of the layers, the norm of the gradient before clipping. It is measured in the last
            but one update, because the last batch may be small; if an epoch has one update, in that one.
        update_ratios: by the names of the layers, the norm of the same update divided by that of the weights, except
            for layers whose weights are all 0. About 0.001 is usual; with much less a layer learns slowly, with much
            more it is unstable.
    """

    loss: float
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    lr: float | None = None
    gradient_norms: Mapping[str, float] = {}
    update_ratios: Mapping[str, float] = {}

    def measured(self, name: str) -> float | None:
        """The `"loss"` or the `"accuracy"`: that of the validation if there is one, otherwise that of the training."""
        over_validation: float | None = getattr(self, f"validation_{name}")
        own: float | None = getattr(self, name)
        return own if self.validation_loss is None else over_validation

    def __str__(self) -> str:
        texts = [_text("loss", self.loss), _text("accuracy", self.accuracy)]
        texts += [_text("validation loss", self.validation_loss), _text("accuracy", self.validation_accuracy)]
        return ", ".join(filter(None, texts))

    def __repr__(self) -> str:
        """The measures that are one number, and of how many layers there are others."""
        texts = [f"{name}={number:.6g}" for name in _SINGLE if (number := getattr(self, name)) is not None]
        texts += [f"{name} of {plural(len(getattr(self, name)), 'layer')}" for name in _BY_LAYER if getattr(self, name)]
        return f"Epoch({', '.join(texts)})"


class Column(NamedTuple):
    """One measure over all epochs that have it.

    Attributes:
        numbers: the measured numbers, an `array("d")` or another sequence.
        epochs: the numbers of the epochs, an `array("q")` or another sequence.
    """

    numbers: Sequence[float]
    epochs: Sequence[int]


class History(Sequence[Epoch]):
    """The epochs of a training, the first one first.

    Raises:
        OperandTypeError: if something else than an `Epoch` is among the epochs.

    >>> history = History([Epoch(2.0, 0.5), Epoch(1.0, 0.75)])
    >>> len(history), history[-1].loss, history.column("accuracy")
    (2, 1.0, [0.5, 0.75])
    >>> print(history)
    epoch 1: loss 2.0000, accuracy 50.0%
    epoch 2: loss 1.0000, accuracy 75.0%
    >>> History.of(history.records()) == history
    True
    """

    def __init__(self, epochs: Iterable[Epoch] = ()) -> None:
        self._epochs = items_of("the epochs as a list", epochs)
        for epoch in self._epochs:
            if not isinstance(epoch, Epoch):
                raise OperandTypeError(f"expected epochs, got {kind_of(epoch)}; write nn.Epoch(loss=2.0)")
        self._columns: dict[str, tuple[array[float], array[int]]] = {}
        self._entered = 0  # how many epochs are in the columns

    if not TYPE_CHECKING:  # a checker knows that there are no other attributes

        def __getattr__(self, name: str) -> object:
            """Raise the error for a missing attribute; for the name of a measure it says how to get the numbers."""
            measure = next((field for field in Epoch._fields if name in (field, f"{field}s", f"{field}es")), "")
            hint = f"; write history.column({measure!r})" if measure else ""
            hint = "; write viz.plot_history(history)" if name == "plot" else hint
            raise AttributeError(f"'History' object has no attribute {name!r}{hint}", name=name, obj=self)

    def append(self, epoch: Epoch) -> None:
        """Add an epoch."""
        self._epochs.append(epoch)

    def column(self, name: str) -> list[Any]:
        """One measure, an attribute of `Epoch`, over all epochs.

        Raises:
            InputError: if there is no such measure.
        """
        if name not in Epoch._fields:
            raise InputError(f"expected the name of a measure, one of {', '.join(Epoch._fields)}, got {name!r}")
        return [getattr(epoch, name) for epoch in self._epochs]

    def records(self) -> list[dict[str, Any]]:
        """The epochs as dicts of numbers, which can be written as JSON."""
        return [
            epoch._asdict() | {"gradient_norms": dict(epoch.gradient_norms), "update_ratios": dict(epoch.update_ratios)}
            for epoch in self._epochs
        ]

    def columns(self) -> Mapping[str, Column]:
        """All measures as columns of numbers by name; names of layers follow a dot.

        The columns are stored and extended, so that a later call takes time only for new epochs.

        >>> columns = History([Epoch(2.0), Epoch(1.0, 0.75, update_ratios={"layers.0": 0.1})]).columns()
        >>> {name: (list(column.numbers), list(column.epochs)) for name, column in columns.items()}
        {'loss': ([2.0, 1.0], [0, 1]), 'accuracy': ([0.75], [1]), 'update_ratios.layers.0': ([0.1], [1])}
        """
        for index in range(self._entered, len(self._epochs)):
            for name, number in _entries(self._epochs[index]):
                numbers, epochs = self._columns.setdefault(name, (array("d"), array("q")))
                numbers.append(number)
                epochs.append(index)
        self._entered = len(self._epochs)
        return {name: Column(*column) for name, column in self._columns.items()}

    @classmethod
    def of_columns(cls, columns: Mapping[str, Column]) -> Self:
        """The history with these columns, as the method `columns` returns them.

        Raises:
            InputError: if they are not the columns of a history.
        """
        try:
            return cls.of(_records(columns))
        except (AttributeError, ValueError, TypeError, IndexError) as error:
            raise InputError(f"expected the columns of a history, got something else: {error!r}") from error

    @classmethod
    def of(cls, records: "Iterable[Mapping[str, Any]] | History") -> Self:
        """The history with these records, as the method `records` returns them; or a copy of a history.

        Raises:
            InputError: if they are not the records of a history.
        """
        if isinstance(records, History):
            return cls(records)
        try:
            return cls([_epoch(record) for record in records])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(f"expected the records of a history, got something else: {error!r}") from error

    @overload
    def __getitem__(self, index: int) -> Epoch: ...

    @overload
    def __getitem__(self, index: slice) -> "History": ...

    def __getitem__(self, index: int | slice) -> "Epoch | History":
        return History(self._epochs[index]) if isinstance(index, slice) else self._epochs[index]

    def __len__(self) -> int:
        return len(self._epochs)

    def __eq__(self, other: object) -> bool:
        return self._epochs == other._epochs if isinstance(other, History) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __str__(self) -> str:
        return "\n".join(f"epoch {number}: {epoch}" for number, epoch in enumerate(self._epochs, 1))

    def __repr__(self) -> str:
        """One line: how many epochs there are, and how the losses have changed."""
        changes = [_change(name, self.column(name)) for name in ("loss", "validation_loss")]
        return f"History({', '.join([plural(len(self), 'epoch'), *filter(None, changes)])})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The display in IPython: the line of `repr`, and below it the first and the last epochs."""
        show_on(printer, repr(self), lambda _: "\n".join(self._lines()))

    def _lines(self) -> list[str]:
        return columns(self._table(), right=range(len(Epoch._fields))) if self else []

    def _repr_html_(self) -> str:
        """The display in a notebook."""
        return html_table(self._table(), right=range(len(Epoch._fields)), title=repr(self))

    def _table(self) -> list[tuple[str, ...]]:
        """A heading, and the measures of the first and of the last epochs; without those that no epoch has."""
        names = [name for name in _SINGLE if any(number is not None for number in self.column(name))]
        lines = [
            (str(count), *(_cell(name, getattr(epoch, name)) for name in names))
            for count, epoch in enumerate(self._epochs, 1)
        ]
        if len(lines) > 2 * SHOWN + 1:
            lines[SHOWN:-SHOWN] = [("…", *[""] * len(names))]
        return [("epoch", *(name.replace("_", " ") for name in names)), *lines]


@dataclass
class Running:
    """The present epoch: sums over its samples so far, and the measures of its updates.

    >>> running = Running()
    >>> running.add(0.5, 2, right=1, judged=2)
    >>> running.add(1.0, 1, right=1, judged=1)
    >>> running.epoch().loss, round(running.epoch().accuracy, 3)
    (0.6666666666666666, 0.667)
    """

    samples: int = 0
    loss: float = 0.0
    right: int = 0
    judged: int = 0
    lr: float | None = None
    gradient_norms: dict[str, float] = field(default_factory=dict)
    update_ratios: dict[str, float] = field(default_factory=dict)

    def add(self, loss: float, size: int, *, right: int, judged: int) -> None:
        """Add a batch: its mean loss, and how many of its classes were predicted correctly."""
        self.samples += size
        self.loss += loss * size
        self.right += right
        self.judged += judged

    def epoch(self, validation: tuple[float | None, float | None] = (None, None)) -> Epoch:
        """The means so far, with loss and accuracy of a validation."""
        accuracy = self.right / self.judged if self.judged else None
        return Epoch(self.loss / self.samples, accuracy, *validation, self.lr, self.gradient_norms, self.update_ratios)

    def state_dict(self) -> dict[str, Any]:
        """The state as numbers by name."""
        return asdict(self)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The object with this state, as `state_dict` returns it.

        Raises:
            KeyError, TypeError, ValueError: if it is not such a state; an `InputError` is a ValueError.
        """
        return cls(
            count_of(state["samples"]),
            float(state["loss"]),
            count_of(state["right"]),
            count_of(state["judged"]),
            _optional(state["lr"]),
            _by_layer(state["gradient_norms"]),
            _by_layer(state["update_ratios"]),
        )


def count_of(number: Any) -> int:
    """The number, if it is an int of at least 0.

    Raises:
        InputError: otherwise.

    >>> count_of(3)
    3
    """
    if type(number) is not int or number < 0:
        raise InputError(f"expected an int of at least 0, got {number!r}")
    return number


_SINGLE: Final = Epoch._fields[:5]
"""The measures that are one number."""

_BY_LAYER: Final = Epoch._fields[5:]
"""The measures that are numbers by the names of layers."""


def _entries(epoch: Epoch) -> Iterator[tuple[str, float]]:
    """The measures of an epoch by the names of their columns."""
    for name in _SINGLE:
        if (number := getattr(epoch, name)) is not None:
            yield name, number
    for name in _BY_LAYER:
        for layer, number in getattr(epoch, name).items():
            yield f"{name}.{layer}", number


def _records(columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    """The records of a history with these columns; every epoch has a loss."""
    epochs = columns["loss"].epochs if "loss" in columns else ()
    records = [dict[str, Any](dict.fromkeys(_SINGLE) | {name: {} for name in _BY_LAYER}) for _ in epochs]
    for name, column in columns.items():
        measure, _, layer = name.partition(".")
        if measure not in (_BY_LAYER if "." in name else _SINGLE) or any(epoch < 0 for epoch in column.epochs):
            raise ValueError(f"there is no measure {name!r} of these epochs")
        for number, epoch in zip(column.numbers, column.epochs, strict=True):
            if measure in _BY_LAYER:
                records[epoch][measure][layer] = number
            else:
                records[epoch][measure] = number
    return records


def _epoch(record: Mapping[str, Any]) -> Epoch:
    numbers = [_optional(record[name]) for name in _SINGLE[1:]]
    if set(record) != set(Epoch._fields):
        raise ValueError(f"the measures are {sorted(record)}")
    layers = [_by_layer(record[name]) for name in _BY_LAYER]
    return Epoch(float(record["loss"]), *numbers, *layers)  # type: ignore[arg-type]  # they are in this order


def _optional(number: Any) -> float | None:
    return None if number is None else float(number)


def _by_layer(numbers: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(number) for name, number in numbers.items()}


def _change(name: str, numbers: list[float | None]) -> str:
    """The first and the last of the numbers; "" if no epoch has one."""
    measured = [f"{number:.3g}" for number in numbers if number is not None]
    return f"{name.replace('_', ' ')} {' -> '.join(dict.fromkeys([measured[0], measured[-1]]))}" if measured else ""


def _cell(name: str, number: float | None) -> str:
    """A measure in the table."""
    if number is None:
        return ""
    return f"{number:.1%}" if name.endswith("accuracy") and math.isfinite(number) else f"{number:.4g}"


def _text(name: str, number: float | None) -> str:
    """A measure as text; accuracies in per cent, and an empty string for None."""
    if number is None:
        return ""
    return f"{name} {number:.1%}" if name == "accuracy" and math.isfinite(number) else f"{name} {number:.4f}"
