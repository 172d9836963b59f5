"""The thin shell around a chain of transforms: it reads parameters, keeps state, and writes parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from autograd_core import InputError, OperandTypeError, Value
from nn.checks import number_between, positive_number

if TYPE_CHECKING:
    from nn.optim.transforms import State, Transform
    from nn.schedules import Schedule


class Optimizer:
    """Moves parameters: `p ← p - lr · u`, where `u` is what the transforms make of the gradients.

    Args:
        parameters: leaf Values, usually `model.parameters()`; one that comes twice is taken once.
        lr: the learning rate, a positive finite number; or a schedule, a function from the number of steps
            made so far to such a number or 0.
        transforms: applied to the gradients in this order; with none, this is plain gradient descent.

    Attributes:
        parameters: the list of Values.
        steps: how many steps have been made.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, or the learning rate is not a positive finite number.

    >>> x = Value(3.0)
    >>> optimizer = Optimizer([x], 0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 12)  # 3 - 0.1 * 6
    2.4
    """

    def __init__(self, parameters: Iterable[Value], lr: float | Schedule, *transforms: Transform) -> None:
        self.parameters = _checked(parameters)
        self.steps = 0
        self.lr = lr
        self._transforms = transforms
        data = [parameter.data for parameter in self.parameters]
        self._states = [transform.init(data) for transform in transforms]

    @property
    def lr(self) -> float:
        """The learning rate of the next step. Assigning a number or a schedule replaces the one in force."""
        return self._rate if self._schedule is None else _scheduled(self._schedule, self.steps)

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        rate = _scheduled(lr, self.steps) if callable(lr) else positive_number("lr", lr)
        self._schedule, self._rate = (lr if callable(lr) else None), rate

    def step(self) -> None:
        """Update every parameter once, from the gradients as they are now."""
        lr = self.lr
        data = [parameter.data for parameter in self.parameters]
        u = [_plain(parameter.grad) for parameter in self.parameters]
        states = []
        for transform, state in zip(self._transforms, self._states, strict=True):
            u, new_state = transform.update(u, state, data)
            states.append(new_state)
        for parameter, x, direction in zip(self.parameters, data, u, strict=True):
            parameter.data = x - lr * direction
        self._states = states
        self.steps += 1

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, as is needed before each `backward()`."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """All that a training run needs to go on later, besides the parameters: plain numbers, lists and dicts.

        A schedule is code and not part of it; only the number of steps is, from which a schedule goes on.
        """
        return {
            "steps": self.steps,
            "lr": self._rate if self._schedule is None else None,
            "states": [{name: list(numbers) for name, numbers in state.items()} for state in self._states],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of an optimiser of the same kind returned.

        Raises:
            InputError: if it comes from an optimiser with other transforms or another number of parameters,
                or is no such dict; this optimiser is then as it was.
        """
        steps, lr, states = _read(state_dict, self._states)
        if lr is not None:
            self.lr = lr
        self.steps = steps
        self._states = states


def _scheduled(schedule: Schedule, steps: int) -> float:
    # A schedule may begin or end at 0, where steps change nothing; a constant 0 could only be a mistake.
    return number_between("lr", schedule(steps), 0.0, math.inf)


def _checked(parameters: Iterable[Value]) -> list[Value]:
    if not isinstance(parameters, Iterable):
        raise OperandTypeError(
            f"expected a list of Values to optimise, got {type(parameters).__name__}; pass model.parameters()"
        )
    checked: dict[int, Value] = {}
    for place, parameter in enumerate(parameters):
        if not isinstance(parameter, Value):
            raise OperandTypeError(
                f"expected Values to optimise, got {parameter!r} at place {place}; pass model.parameters()"
            )
        if parameter.op is not None:
            raise OperandTypeError(
                f"expected leaf Values to optimise, got the result of {parameter.op.name} at place {place}"
            )
        checked[id(parameter)] = parameter
    if not checked:
        raise InputError("expected at least one parameter to optimise, got none")
    return list(checked.values())


def _plain(gradient: float | Value) -> float:
    # After backward(create_graph=True) a gradient is a Value.
    return gradient.data if isinstance(gradient, Value) else gradient


def _read(state_dict: Mapping[str, Any], like: list[State]) -> tuple[int, float | None, list[State]]:
    """The parts of a state dict, if it has the structure of `like`."""
    try:
        steps, lr = int(state_dict["steps"]), state_dict["lr"]
        states: list[State] = [
            {name: [float(x) for x in numbers] for name, numbers in state.items()} for state in state_dict["states"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"expected what state_dict() returned, got something else: {error!r}") from error
    number_between("steps", steps, 0, math.inf)
    if lr is not None:
        positive_number("lr", lr)
    if _sizes(states) != _sizes(like):
        raise InputError(
            f"expected the state of an optimiser like this one, with {_sizes(like)} numbers, got {_sizes(states)}; "
            "construct the optimiser with the same settings and the same model first"
        )
    return steps, lr, states


def _sizes(states: list[State]) -> list[dict[str, int]]:
    return [{name: len(numbers) for name, numbers in state.items()} for state in states]
