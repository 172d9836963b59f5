"""A group of parameters with one chain of transforms and one learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from autograd_core import InputError, Value
from autograd_core.graph.symbol import Symbol
from autograd_core.text import plural
from nn.base.checks import items_of, number_between, positive_number
from nn.optim.recurrence import Columns, Recurrence
from nn.optim.states import Rate, States, Steps, begun, merged, picked
from nn.optim.transforms import IDENTITY

if TYPE_CHECKING:
    from nn.optim.transforms import Transform
    from nn.schedules import Schedule

Chain: TypeAlias = "Callable[..., Sequence[Transform]]"
"""A function from the options of an optimiser to its transforms."""

_FROZEN: Final = attrgetter("frozen")


class Move(NamedTuple):
    """A step of a group, computed but not yet made.

    Attributes:
        parameters: the parameters that move: those that are not frozen.
        data: their numbers before the step.
        u: their directions.
        after: the states of the transforms after the step, for all parameters of the group.
        before: the states before the step.
        steps: how many steps were made before.
    """

    parameters: list[Value]
    data: list[float]
    u: list[float]
    after: Columns
    before: Columns
    steps: int


class Group:
    """Parameters with their learning rate, their options, and the states of the transforms.

    PyTorch's spelling works as well: `group["params"]`, `group["lr"]`, `group["weight_decay"]` read, and
    `group["lr"] = 0.01`, `group["momentum"] = 0.8` assign, for the next step and all later ones.

    Attributes:
        options: the options of this group, by name.

    >>> from nn import optim
    >>> group = optim.SGD([Value(1.0)], lr=0.1, momentum=0.9).groups[0]
    >>> group.lr, group["momentum"]
    (0.1, 0.9)
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule, chain: Chain, options: Mapping[str, Any]
    ) -> None:
        leaves = items_of("the parameters as a list of Values", parameters, "pass model.parameters()")
        self._steps = Steps()
        self._rate = Rate(self._steps, lr)
        self.options = dict(options)
        self._chain = chain
        transforms, data = _links(chain(**options)), [parameter.data for parameter in leaves]
        self._states = States(Recurrence(transforms), begun(transforms, data), leaves)

    @property
    def parameters(self) -> list[Value]:
        """The Values."""
        return self._states.parameters

    @property
    def steps(self) -> int:
        """How many steps have been made with this group."""
        steps: int = self._steps.read()
        return steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self._steps.assign(steps)

    @property
    def lr(self) -> float:
        """The learning rate of the next step. Assigning a number or a schedule replaces the present one."""
        rate: float = self._rate.read()
        return rate

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        self._rate.assign(lr)

    @property
    def schedule(self) -> Schedule | None:
        """The schedule that gives the learning rate, or None if it is a number."""
        return self._rate.schedule

    def __getitem__(self, name: str) -> Any:
        return {**self.options, "params": self.parameters, "lr": self.lr}[name]

    def __setitem__(self, name: str, setting: Any) -> None:
        if name == "lr":
            self.lr = setting
        elif name not in self.options:
            raise InputError(f"expected lr or one of the options {sorted(self.options)}, got {name!r}")
        else:
            options = {**self.options, name: setting}
            recurrence = Recurrence(_links(self._chain(**options)))
            if recurrence.names != self._states.recurrence.names:
                raise InputError(
                    f"{name} cannot change from {self.options[name]!r} to {setting!r} in a running optimiser, because "
                    "its state has another form then; construct a new one"
                )
            self._states = States(recurrence, self._states.to_save(), self.parameters)
            self.options = options

    def proposal(self) -> Move:
        """The next step, computed from the present gradients; nothing changes."""
        parameters, before = self.parameters, self._states.columns()
        state, indices = before, None
        # One fast test for the usual case, in which no parameter is frozen.
        if True in map(_FROZEN, parameters):
            indices = [index for index, parameter in enumerate(parameters) if not parameter.frozen]
            parameters, state = [parameters[index] for index in indices], picked(before, indices)
        data = [parameter.data for parameter in parameters]
        u, own, shared = self._states.recurrence.run(gradients(parameters), state, data)
        after = Columns(own, shared, before.classes) if indices is None else merged(before, indices, own, shared)
        return Move(parameters, data, u, after, before, self.steps)

    def make(self, move: Move, lr: float) -> None:
        """Make the step: `p ← p - lr · u`."""
        for parameter, x, direction in zip(move.parameters, move.data, move.u, strict=True):
            parameter.data = x - lr * direction
        self._states.assign(move.after)
        self.steps = move.steps + 1

    def take_back(self, move: Move) -> None:
        """Undo a step that was made completely, partly or not at all."""
        for parameter, x in zip(move.parameters, move.data, strict=True):
            parameter.data = x
        self._states.assign(move.before)
        self.steps = move.steps

    def state_dict(self) -> dict[str, Any]:
        """Steps, learning rate, options and the states of the transforms, in plain numbers, lists and dicts.

        A schedule is not included, except for its own `state_dict` if it has one.
        """
        memory = getattr(self.schedule, "state_dict", None)
        return {
            "steps": self.steps,
            "lr": self.lr if self.schedule is None else None,
            "schedule": None if memory is None else memory(),
            "options": {name: list(x) if isinstance(x, tuple) else x for name, x in self.options.items()},
            "states": self._states.to_save(),
        }

    def reader(self, saved: Mapping[str, Any]) -> Callable[[], None]:
        """Check the result of `state_dict`, and return a function that applies it.

        Raises:
            InputError: if it is not from a group with as many parameters and the same options.
        """
        try:
            steps, lr, options, schedule = saved["steps"], saved["lr"], dict(saved["options"]), saved["schedule"]
            columns = [
                {name: [float(x) for x in numbers] for name, numbers in state.items()} for state in saved["states"]
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
        steps = int(number_between("steps", steps, 0, math.inf))
        self._check_rate(lr, schedule)
        if options.keys() != self.options.keys():
            raise InputError(f"expected the options {sorted(self.options)} in the state, got {sorted(options)}")
        # JSON turns a tuple into a list.
        options = {name: tuple(x) if isinstance(x, list) else x for name, x in options.items()}
        is_same = options == self.options
        recurrence = self._states.recurrence if is_same else Recurrence(_links(self._chain(**options)))
        found = [{name: len(numbers) for name, numbers in state.items()} for state in columns]
        like = [dict.fromkeys(names, len(self.parameters)) for names in recurrence.names]
        if found != like:
            raise InputError(
                f"expected the state of an optimiser like this one, with {like} numbers, got {found}; "
                "construct the optimiser in the same way and for the same model first"
            )
        states = States(recurrence, columns, self.parameters)

        def apply() -> None:
            """Set the group to the checked state."""
            if lr is not None:
                self.lr = lr
            elif schedule is not None:
                self.schedule.load_state_dict(schedule)  # type: ignore[union-attr]  # checked above
            self.steps = steps
            if is_same:
                self._states.assign(states.columns())  # programs of compiled functions stay right
            else:
                self.options, self._states = options, states

        return apply

    def _check_rate(self, lr: object, schedule: object) -> None:
        if lr is not None:
            positive_number("lr", lr)
        elif self.schedule is None:
            raise InputError(
                "the state is of an optimiser with a schedule as lr, this one has a number; pass the schedule"
            )
        elif (schedule is not None) != hasattr(self.schedule, "load_state_dict"):
            raise InputError(
                f"expected the state of an optimiser with the schedule {self.schedule!r}, got {schedule!r}"
            )

    def __repr__(self) -> str:
        return f"Group({self.described({})})"

    def described(self, usual: Mapping[str, Any]) -> str:
        """The number of parameters, the learning rate, and the options that differ from the usual ones."""
        rate = self.lr if self.schedule is None else self.schedule
        shown = {name: setting for name, setting in self.options.items() if name not in usual or usual[name] != setting}
        options = "".join(f", {name}={setting!r}" for name, setting in shown.items())
        return f"{plural(len(self.parameters), 'parameter')}, lr={rate!r}{options}"


def gradients(parameters: Iterable[Value]) -> list[float]:
    """The gradients as plain numbers, also after `backward(create_graph=True)`, when they are Values."""
    grads: list[Any] = [parameter.grad for parameter in parameters]
    if set(map(type, grads)) <= {float}:
        return grads
    return [grad.data if isinstance(grad, Value | Symbol) else grad for grad in grads]


def _links(transforms: Iterable[Transform]) -> list[Transform]:
    return [transform for transform in transforms if transform is not IDENTITY]
