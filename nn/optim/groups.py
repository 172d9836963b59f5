"""A group of parameters with one chain of transforms and one learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from autograd_core import InputError, Value
from autograd_core.text import plural
from nn.base.checks import items_of, number_between, positive_number
from nn.optim.transforms import IDENTITY

if TYPE_CHECKING:
    from nn.optim.transforms import State, Transform
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
        states: the states of the transforms after the step, for all parameters of the group.
        before: the states before the step.
        steps: how many steps were made before.
    """

    parameters: list[Value]
    data: list[float]
    u: list[float]
    states: list[State]
    before: list[State]
    steps: int


class Group:
    """Parameters with their learning rate, their options, and the states of the transforms.

    PyTorch's spelling works as well: `group["params"]`, `group["lr"]`, `group["weight_decay"]` read, and
    `group["lr"] = 0.01`, `group["momentum"] = 0.8` assign, for the next step and all later ones.

    Attributes:
        parameters: the list of Values.
        options: the options of this group, by name.
        steps: how many steps have been made with this group.

    >>> from nn import optim
    >>> group = optim.SGD([Value(1.0)], lr=0.1, momentum=0.9).groups[0]
    >>> group.lr, group["momentum"]
    (0.1, 0.9)
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule, chain: Chain, options: Mapping[str, Any]
    ) -> None:
        self.parameters = items_of("the parameters as a list of Values", parameters, "pass model.parameters()")
        self.steps = 0
        self.lr = lr
        self.options = dict(options)
        self._chain = chain
        self._transforms = _links(chain(**options))
        self._states = self._fresh(self._transforms)

    @property
    def lr(self) -> float:
        """The learning rate of the next step. Assigning a number or a schedule replaces the present one."""
        return self._rate if self._schedule is None else _scheduled(self._schedule, self.steps)

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        rate = _scheduled(lr, self.steps) if callable(lr) else positive_number("lr", lr)
        self._schedule, self._rate = (lr if callable(lr) else None), rate

    @property
    def schedule(self) -> Schedule | None:
        """The schedule that gives the learning rate, or None if it is a number."""
        return self._schedule

    def __getitem__(self, name: str) -> Any:
        return {**self.options, "params": self.parameters, "lr": self.lr}[name]

    def __setitem__(self, name: str, setting: Any) -> None:
        if name == "lr":
            self.lr = setting
        elif name not in self.options:
            raise InputError(f"expected lr or one of the options {sorted(self.options)}, got {name!r}")
        else:
            options = {**self.options, name: setting}
            transforms = _links(self._chain(**options))
            if _sizes(self._fresh(transforms)) != _sizes(self._states):
                raise InputError(
                    f"{name} cannot change from {self.options[name]!r} to {setting!r} in a running optimiser, because "
                    "its state has another form then; construct a new one"
                )
            self.options, self._transforms = options, transforms

    def proposal(self) -> Move:
        """The next step, computed from the present gradients; nothing changes."""
        parameters, states = self.parameters, self._states
        # One fast test for the usual case, in which no parameter is frozen.
        indices = None
        if True in map(_FROZEN, parameters):
            indices = [index for index, parameter in enumerate(parameters) if not parameter.frozen]
            parameters = [parameters[index] for index in indices]
            states = [_picked(state, indices) for state in states]
        data = [parameter.data for parameter in parameters]
        u = gradients(parameters)
        new_states = []
        for transform, state in zip(self._transforms, states, strict=True):
            u, new_state = transform.update(u, state, data)
            new_states.append(new_state)
        if indices is not None:
            new_states = [_merged(old, indices, new) for old, new in zip(self._states, new_states, strict=True)]
        return Move(parameters, data, u, new_states, self._states, self.steps)

    def make(self, move: Move, lr: float) -> None:
        """Make the step: `p ← p - lr · u`."""
        for parameter, x, direction in zip(move.parameters, move.data, move.u, strict=True):
            parameter.data = x - lr * direction
        self._states = move.states
        self.steps = move.steps + 1

    def take_back(self, move: Move) -> None:
        """Undo a step that was made completely, partly or not at all."""
        for parameter, x in zip(move.parameters, move.data, strict=True):
            parameter.data = x
        self._states, self.steps = move.before, move.steps

    def state_dict(self) -> dict[str, Any]:
        """Steps, learning rate, options and the states of the transforms, in plain numbers, lists and dicts.

        A schedule is not included, except for its own `state_dict` if it has one.
        """
        memory = getattr(self._schedule, "state_dict", None)
        return {
            "steps": self.steps,
            "lr": self._rate if self._schedule is None else None,
            "schedule": None if memory is None else memory(),
            "options": {name: list(x) if isinstance(x, tuple) else x for name, x in self.options.items()},
            "states": [{name: list(numbers) for name, numbers in state.items()} for state in self._states],
        }

    def reader(self, saved: Mapping[str, Any]) -> Callable[[], None]:
        """Check the result of `state_dict`, and return a function that applies it.

        Raises:
            InputError: if it is not from a group with as many parameters and the same options.
        """
        try:
            steps, lr, options, schedule = saved["steps"], saved["lr"], dict(saved["options"]), saved["schedule"]
            states: list[State] = [
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
        transforms = _links(self._chain(**options))
        like = self._fresh(transforms)
        if _sizes(states) != _sizes(like):
            raise InputError(
                f"expected the state of an optimiser like this one, with {_sizes(like)} numbers, got {_sizes(states)}; "
                "construct the optimiser in the same way and for the same model first"
            )

        def apply() -> None:
            """Set the group to the checked state."""
            if lr is not None:
                self.lr = lr
            elif schedule is not None:
                self._schedule.load_state_dict(schedule)  # type: ignore[union-attr]  # checked above
            self.steps, self.options, self._transforms, self._states = steps, options, transforms, states

        return apply

    def _check_rate(self, lr: object, schedule: object) -> None:
        if lr is not None:
            positive_number("lr", lr)
        elif self._schedule is None:
            raise InputError(
                "the state is of an optimiser with a schedule as lr, this one has a number; pass the schedule"
            )
        elif (schedule is not None) != hasattr(self._schedule, "load_state_dict"):
            raise InputError(
                f"expected the state of an optimiser with the schedule {self._schedule!r}, got {schedule!r}"
            )

    def _fresh(self, transforms: Iterable[Transform]) -> list[State]:
        data = [parameter.data for parameter in self.parameters]
        return [transform.init(data) for transform in transforms]

    def __repr__(self) -> str:
        return f"Group({self.described({})})"

    def described(self, usual: Mapping[str, Any]) -> str:
        """The number of parameters, the learning rate, and the options that differ from the usual ones."""
        rate = self._rate if self._schedule is None else self._schedule
        shown = {name: setting for name, setting in self.options.items() if name not in usual or usual[name] != setting}
        options = "".join(f", {name}={setting!r}" for name, setting in shown.items())
        return f"{plural(len(self.parameters), 'parameter')}, lr={rate!r}{options}"


def gradients(parameters: Iterable[Value]) -> list[float]:
    """The gradients as plain numbers, also after `backward(create_graph=True)`, when they are Values."""
    grads = [parameter.grad for parameter in parameters]
    if set(map(type, grads)) <= {float}:
        return grads
    return [grad.data if isinstance(grad, Value) else grad for grad in grads]


def _links(transforms: Iterable[Transform]) -> list[Transform]:
    return [transform for transform in transforms if transform is not IDENTITY]


def _scheduled(schedule: Schedule, steps: int) -> float:
    # A schedule may begin or end at 0, where steps change nothing. A constant 0 is a mistake.
    return number_between("lr", schedule(steps), 0.0, math.inf)


def _picked(state: State, indices: list[int]) -> State:
    return {name: [numbers[index] for index in indices] for name, numbers in state.items()}


def _merged(state: State, indices: list[int], news: State) -> State:
    merged = {name: list(numbers) for name, numbers in state.items()}
    for name, numbers in news.items():
        for index, number in zip(indices, numbers, strict=True):
            merged[name][index] = number
    return merged


def _sizes(states: list[State]) -> list[dict[str, int]]:
    return [{name: len(numbers) for name, numbers in state.items()} for state in states]
