"""The recurrence of one parameter, run for all of them.

A chain of transforms is written for a single number. If all of them are pure, it is recorded here once, as a short list
of operations (`tape`). From the list come a loop over all parameters, which is twice as fast as a call for each, and
the operations that a compiled function records for each parameter.

Numbers that follow from the number of steps alone, such as `1 - βᵗ` of Adam, are the same for all parameters that have
made as many. The list tells which they are, and they are computed once for each such class of parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, final

from autograd_core import InputError
from autograd_core.graph.capturing import capture_here
from autograd_core.text import plural
from nn.optim.tape import Tape, function_of, loop_of, played, recorded, result

if TYPE_CHECKING:
    from nn.optim.transforms import State, Transform

Column: TypeAlias = list[Any]
"""A number for each parameter."""


class Columns(NamedTuple):
    """The state of parameters.

    Attributes:
        own: a column for each number that parameters have for themselves.
        shared: for each class of parameters the numbers that follow from the number of steps.
        classes: for each parameter its class, an index in `shared`.
    """

    own: list[Column]
    shared: list[State]
    classes: Sequence[int]


@final
class Recurrence:
    """A chain of transforms as one recurrence.

    Attributes:
        names: for each transform the names of the numbers in its state.
        shared: the indices of the numbers that follow from the number of steps, among those of all transforms.
        own: the indices of the others.

    >>> from nn.optim import add_decayed_weights, scale_by_adam
    >>> recurrence = Recurrence([add_decayed_weights(0.1), scale_by_adam()])
    >>> recurrence.names, recurrence.own, recurrence.shared
    ([(), ('m', 'v', 't')], [0, 1], [2])
    """

    __slots__ = ("_loop", "_needed", "_steps", "_tape", "_tick", "_ticks", "_transforms", "names", "own", "shared")

    def __init__(self, transforms: Iterable[Transform]) -> None:
        self._transforms: Final = tuple(transforms)
        self.names: Final = [tuple(transform.init(0.0)) for transform in self._transforms]
        count = sum(map(len, self.names))
        is_pure = all(transform.is_pure for transform in self._transforms)
        tape = recorded(lambda u, p, *state: self._called(u, state, p), count + 2) if is_pure else None
        self._tape: Final = tape
        self.shared: Final = [] if tape is None else _followed(tape)
        self.own: Final = [i for i in range(count) if i not in self.shared]
        if tape is not None:
            self._write(tape)

    def _called(self, u: Any, state: State, p: Any) -> State:
        """The new `u` and the new state of one parameter; a state has the numbers of all transforms."""
        after: list[Any] = []
        for transform, names in zip(self._transforms, self.names, strict=True):
            u, new = transform.update(u, tuple(state[len(after) : len(after) + len(names)]), p)
            if len(new) != len(names):
                numbers = plural(len(names), "number")
                raise InputError(f"expected a transform to return a state of {numbers}, {names}, got {len(new)}")
            after += new
        return u, *after

    def _write(self, tape: Tape) -> None:
        """Divide the operations into those for a class and those for a parameter, and write both in Python."""
        bits = sum(1 << (2 + i) for i in self.shared)
        self._ticks = [step for step in tape.steps if not step.inputs & ~bits]
        self._steps = [step for step in tape.steps if step.inputs & ~bits]
        of_classes = {*[2 + i for i in self.shared], *[step.at for step in self._ticks]}
        outputs = self._outputs(tape)
        used = chain(outputs, *[step.operands for step in self._steps])
        self._needed = [x for x in dict.fromkeys(used) if isinstance(x, int) and x in of_classes]
        after = [tape.outputs[1 + i] for i in self.shared]
        self._tick = function_of(self._ticks, [2 + i for i in self.shared], [*after, *self._needed])
        self._loop = loop_of(self._steps, [0, 1, *[2 + i for i in self.own], *self._needed], outputs)

    def _outputs(self, tape: Tape) -> list[Any]:
        """The new `u`, and the new numbers of a parameter."""
        return [tape.outputs[0], *[tape.outputs[1 + i] for i in self.own]]

    def run(self, u: Column, state: Columns, p: Column) -> tuple[Column, list[Column], list[State]]:
        """The new `u`, the new numbers of each parameter, and those of each class."""
        if self._tape is None:
            return self._call_each(u, state, p)
        capture = capture_here()
        if capture is not None:
            return self._record_each(capture, self._tape, u, state, p)
        ticks, count = [self._tick(*numbers) for numbers in state.shared], len(self.shared)
        needed: list[Iterable[Any]] = [
            repeat(ticks[0][k], len(u)) if len(ticks) == 1 else [ticks[each][k] for each in state.classes]
            for k in range(count, count + len(self._needed))
        ]
        new: Sequence[Column] = self._loop(u, p, *state.own, *needed)
        return new[0], list(new[1:]), [numbers[:count] for numbers in ticks]

    def _call_each(self, u: Column, state: Columns, p: Column) -> tuple[Column, list[Column], list[State]]:
        """`run` where transforms do more than a list of operations can."""
        states = zip(*state.own, strict=True) if state.own else repeat(())
        results = [self._called(x, each, y) for x, each, y in zip(u, states, p, strict=False)]
        new = [list(column) for column in zip(*results, strict=True)] or [[] for _ in range(1 + len(self.own))]
        return new[0], new[1:], state.shared

    def _record_each(
        self, capture: Any, tape: Tape, u: Column, state: Columns, p: Column
    ) -> tuple[Column, list[Column], list[State]]:
        """`run` in a function that is captured."""
        ticked = []
        for numbers in state.shared:
            known = {2 + i: number for i, number in zip(self.shared, numbers, strict=True)}
            played(self._ticks, known, capture.record)
            ticked.append(known)
        outputs, places = self._outputs(tape), [2 + i for i in self.own]
        results = []
        for each, *of_one in zip(state.classes, u, p, *state.own, strict=True):
            known = {**ticked[each], **dict(zip([0, 1, *places], of_one, strict=True))}
            played(self._steps, known, capture.record)
            results.append([result(known, x) for x in outputs])
        new = [list(column) for column in zip(*results, strict=True)] or [[] for _ in outputs]
        after = [tuple([result(known, tape.outputs[1 + i]) for i in self.shared]) for known in ticked]
        return new[0], new[1:], after


def _followed(tape: Tape) -> list[int]:
    """The indices of the numbers of a state that follow from each other and from nothing else."""
    found = (1 << tape.count) - 4  # not from the first two inputs, the direction and the parameter
    while True:
        left = sum(
            1 << i
            for i in range(2, tape.count)
            if found >> i & 1 and not tape.inputs_of([tape.outputs[i - 1]]) & ~found
        )
        if left == found:
            return [i - 2 for i in range(2, tape.count) if found >> i & 1]
        found = left
