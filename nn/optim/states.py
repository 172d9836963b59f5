"""What an optimiser keeps from step to step: the states of its transforms, learning rates, and numbers of steps.

All of it is in stores: a compiled function reads the numbers at every call and replaces them. The state of the
transforms is kept in lists by eager steps, and as one array by compiled ones. Each form is made from the other when it
is asked for, so eager and compiled steps can be mixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

from autograd_core import InputError, Value
from autograd_core.graph.capturing import capture_here
from autograd_core.graph.stores import Store
from autograd_core.graph.symbol import Symbol
from nn.base.checks import number_between, positive_number
from nn.optim.recurrence import Column, Columns, Recurrence

if TYPE_CHECKING:
    from nn.optim.transforms import State, Transform
    from nn.schedules import Schedule

Saved: TypeAlias = Sequence[Mapping[str, Sequence[float]]]
"""The states of transforms in a checkpoint: for each name the numbers of all parameters."""


@final
class States(Store):
    """The states of a chain of transforms for all parameters of a group.

    Attributes:
        recurrence: the transforms.
        parameters: the parameters. They are here, because a compiled function need not look whether they are the same.
    """

    __slots__ = ("_array", "_classes", "_columns", "parameters", "recurrence")

    def __init__(self, recurrence: Recurrence, saved: Saved, parameters: list[Value]) -> None:
        _refuse_in_capture()
        self.recurrence: Final = recurrence
        self.parameters: Final = parameters
        self._columns: Columns | None = _from_saved(recurrence, saved, len(parameters))
        self._array: Any = None  # the columns one after the other, then the numbers of each class
        self._classes: Sequence[int] = self._columns.classes

    def columns(self) -> Columns:
        """The numbers as they are now."""
        capture = capture_here()
        if capture is not None:
            return self._split(*capture.stored(self))
        if self._columns is None:
            self._columns = self._split(self._array.tolist(), self._classes)
        return self._columns

    def assign(self, columns: Columns) -> None:
        """Replace the numbers."""
        capture = capture_here()
        if capture is None:
            self._columns, self._array, self._classes = columns, None, columns.classes
        else:
            capture.store(self, _joined(columns), columns.classes)

    def _split(self, numbers: Sequence[Any], classes: Sequence[int]) -> Columns:
        """The columns from all numbers one after the other."""
        count, (own, shared) = len(classes), (self.recurrence.own, self.recurrence.shared)
        first, width = len(own) * count, len(shared)
        columns = [list(numbers[k * count : (k + 1) * count]) for k in range(len(own))]
        rows = [tuple(numbers[k : k + width]) for k in range(first, len(numbers), width)] if width else [()]
        return Columns(columns, rows, classes)

    def to_save(self) -> list[dict[str, Any]]:
        """For each transform and each name the numbers of all parameters."""
        columns, recurrence = self.columns(), self.recurrence
        lists = {i: list(column) for i, column in zip(recurrence.own, columns.own, strict=True)}
        for k, i in enumerate(recurrence.shared):
            lists[i] = [columns.shared[each][k] for each in columns.classes]
        numbered = iter(range(len(lists)))
        return [{name: lists[next(numbered)] for name in names} for names in recurrence.names]

    # For compiled functions.

    def numbers(self) -> Any:
        """All numbers, one after the other."""
        if self._array is None and self._columns is not None:
            import numpy as np

            self._array = np.array(_joined(self._columns), dtype=float)
        return self._array

    def form(self) -> Sequence[int]:
        """The classes of the parameters."""
        return self._classes

    def replace(self, numbers: Any, form: Sequence[int]) -> None:
        """Take the numbers that a program has computed."""
        self._columns, self._array, self._classes = None, numbers, form

    def describe(self) -> str:
        """What the numbers are."""
        return "the state of an optimiser"


def begun(transforms: Iterable[Transform], data: Sequence[float]) -> Saved:
    """The states of transforms before the first step."""
    starts = [[transform.init(x) for x in data] for transform in transforms]
    return [{name: [start[name] for start in each] for name in each[0]} for each in starts]


def picked(columns: Columns, indices: list[int]) -> Columns:
    """The states of some of the parameters."""
    own = [[column[index] for index in indices] for column in columns.own]
    return Columns(own, columns.shared, [columns.classes[index] for index in indices])


def merged(before: Columns, indices: list[int], own: list[Column], shared: list[State]) -> Columns:
    """The states after a step of some of the parameters, which become classes of their own."""
    columns = [list(column) for column in before.own]
    for column, news in zip(columns, own, strict=True):
        for index, new in zip(indices, news, strict=True):
            column[index] = new
    classes, rows = list(before.classes), [*before.shared, *shared]
    for index in indices:
        classes[index] += len(before.shared)
    keys = [tuple(map(_key, row)) for row in rows]
    return _classified(columns, [rows[each] for each in classes], [keys[each] for each in classes])


def _classified(own: list[Column], rows: list[State], keys: Iterable[Any]) -> Columns:
    """Columns in which parameters with equal keys are of one class."""
    known: dict[Any, int] = {}
    classes = tuple([known.setdefault(key, len(known)) for key in keys])
    first = dict(zip(reversed(classes), reversed(rows), strict=True))
    return Columns(own, [first[k] for k in range(len(known))] or [()], classes)


def _from_saved(recurrence: Recurrence, saved: Saved, count: int) -> Columns:
    lists = [state[name] for names, state in zip(recurrence.names, saved, strict=True) for name in names]
    rows: list[State] = list(zip(*[lists[i] for i in recurrence.shared], strict=True)) or [()] * count
    return _classified([list(lists[i]) for i in recurrence.own], rows, rows)


def _joined(columns: Columns) -> list[Any]:
    return [x for part in (*columns.own, *columns.shared) for x in part]


def _key(x: Any) -> Any:
    """What two numbers have in common that are the same."""
    return ("recorded", x.place) if isinstance(x, Symbol) else x


def _refuse_in_capture() -> None:
    if capture_here() is not None:
        raise InputError(
            "an optimiser cannot be made in a compiled function, where it would begin again at every call, nor can its "
            "options change there; do that outside of the call"
        )


# Single numbers.


@final
class Steps(Store):
    """How many steps have been made."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def read(self) -> Any:
        """The number, or what stands for it while a function is captured."""
        capture = capture_here()
        return self.count if capture is None else capture.stored(self)[0][0]

    def assign(self, count: Any) -> None:
        """Replace the number."""
        capture = capture_here()
        if capture is None:
            self.count = count
        else:
            capture.notes[self] = capture.notes.get(self, 0) + 1
            capture.store(self, [count], None)

    def numbers(self) -> list[float]:
        """The number as a float."""
        return [float(self.count)]

    def replace(self, numbers: Any, form: None) -> None:
        """Take the number that a program has computed."""
        self.count = int(numbers[0])

    def describe(self) -> str:
        """What the number is."""
        return "the number of steps of an optimiser"


@final
class Rate(Store):
    """A learning rate, or the schedule that gives it. A schedule is a function in Python, and no program holds it."""

    __slots__ = ("number", "schedule", "steps")

    def __init__(self, steps: Steps, lr: float | Schedule) -> None:
        self.steps: Final = steps
        self.number: Any = 0.0
        self.schedule: Schedule | None = None
        self.assign(lr)

    def assign(self, lr: Any) -> None:
        """Replace the rate by a number or a schedule."""
        capture = capture_here()
        if capture is not None:
            capture.store(self, [_recorded_rate(lr)], False)
            capture.notes[self] = True
            return
        number = scheduled(lr, self.steps.count) if callable(lr) else positive_number("lr", lr)
        self.schedule, self.number = (lr if callable(lr) else None), number

    def read(self) -> Any:
        """The rate of the next step."""
        capture = capture_here()
        if capture is None:
            return self.at(self.steps.count)
        made = 0 if self.schedule is None or self in capture.notes else capture.notes.get(self.steps, 0)
        return capture.stored(_Ahead(self, made) if made else self)[0][0]

    def at(self, steps: int) -> Any:
        """The rate after so many steps."""
        return self.number if self.schedule is None else scheduled(self.schedule, steps)

    def numbers(self) -> list[float]:
        """The rate of the next step."""
        return [self.at(self.steps.count)]

    def form(self) -> bool:
        """Whether there is a schedule."""
        return self.schedule is not None

    def replace(self, numbers: Any, form: bool) -> None:
        """Take the number that a program has computed."""
        self.schedule, self.number = None, float(numbers[0])

    def describe(self) -> str:
        """What the number is."""
        return "the learning rate of an optimiser"


@final
class _Ahead(Store):
    """The rate of a later one of the steps that a compiled function makes in one call."""

    __slots__ = ("_made", "_rate")

    def __init__(self, rate: Rate, made: int) -> None:
        self._rate: Final = rate
        self._made: Final = made

    def numbers(self) -> list[float]:
        return [self._rate.at(self._rate.steps.count + self._made)]

    def form(self) -> bool:
        return self._rate.form()

    def describe(self) -> str:
        return self._rate.describe()


@final
class Unseen:
    """What a compiled function does not look at, such as a schedule, which may change from call to call."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held: Final = held


def scheduled(schedule: Schedule, steps: int) -> float:
    """What a schedule gives. It may begin or end at 0, where steps change nothing; a constant 0 is a mistake."""
    return number_between("lr", schedule(steps), 0.0, math.inf)


def _recorded_rate(lr: Any) -> Any:
    """A rate that is assigned in a compiled function."""
    if isinstance(lr, Symbol):
        if not (lr > 0.0 and lr < math.inf):
            raise InputError("lr must be a positive finite number, got another one, computed in a compiled function")
        return lr
    if callable(lr):
        raise InputError(
            "a compiled function cannot give an optimiser a schedule, which is a function in Python; assign it before "
            "the call"
        )
    return positive_number("lr", lr)
