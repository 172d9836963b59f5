"""The thin shell around chains of transforms: it reads parameters, keeps state, and writes parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

from autograd_core import InputError, OperandTypeError, Value
from nn.optim.groups import Group

if TYPE_CHECKING:
    from nn.optim.transforms import Transform
    from nn.schedules import Schedule

P = ParamSpec("P")

Params: TypeAlias = Iterable[Value | Mapping[str, Any]]
"""Leaf Values, usually `model.parameters()`; or groups of them, `{"params": leaf Values, "lr": 0.01, ...}`."""


class Optimizer:
    """Moves parameters: `p ← p - lr · u`, where `u` is what the transforms make of the gradients.

    Parameters in groups may have a learning rate and options of their own, and take those of the
    optimiser where they say nothing: `SGD([{"params": a}, {"params": b, "lr": 0.01}], lr=0.1)`.

    A parameter that is frozen (`Value.frozen`) is left as it is to the bit, and nothing that is remembered of it
    changes, until it is thawed.

    Args:
        params: leaf Values, usually `model.parameters()`, of which one that comes twice is taken once; or a list of
            dicts, each with such Values under `"params"`, and settings by name.
        lr: the learning rate, a positive finite number; or a schedule, a function from the number of steps
            made so far to such a number or 0.
        transforms: applied to the gradients in this order; with none, this is plain gradient descent.
        options: of subclasses, which make their transforms from them.

    Attributes:
        groups: the groups, a list of `Group`; also under PyTorch's name `param_groups`.
        parameters: the Values of all groups, one after the other.

    Raises:
        OperandTypeError: if something among the parameters is not a leaf Value.
        InputError: if there are no parameters, one is in two groups, a group has an unknown setting, or a
            setting is out of its range.

    >>> x = Value(3.0)
    >>> optimizer = Optimizer([x], 0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 12)  # 3 - 0.1 * 6
    2.4
    """

    def __init__(self, params: Params, lr: float | Schedule, *transforms: Transform, **options: Any) -> None:
        self._fixed = transforms
        self._defaults = {"lr": lr, **options}
        self.groups: list[Group] = []
        self.parameters: list[Value] = []
        for group in _grouped(params):
            self.add_param_group(group)

    def chain(self, *arguments: Any, **options: Any) -> Sequence[Transform]:
        """The transforms for a group with these options. Subclasses say here, and only here, what they are."""
        if arguments or options:
            raise InputError(f"expected transforms and no options, got {sorted(options)}")
        return self._fixed

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Let one more group of parameters take part, for example layers that have just been thawed.

        Its schedule, if it has one, starts from its beginning.

        Args:
            group: the parameters under `"params"`, and by name whatever settings shall differ from the optimiser's.

        Raises:
            OperandTypeError: if something among the parameters is not a leaf Value.
            InputError: if it has no parameters, or one that another group has, or an unknown setting.
        """
        unknown = sorted(map(str, group.keys() - {"params"} - self._defaults.keys()))
        if unknown or "params" not in group:
            known = ", ".join(["params", *self._defaults])
            raise InputError(f"expected a group of parameters with settings among {known}, got {list(group)}")
        parameters = _checked(group["params"])
        taken = set(map(id, self.parameters))
        if any(id(parameter) in taken for parameter in parameters):
            place = next(place for place, parameter in enumerate(parameters) if id(parameter) in taken)
            raise InputError(
                f"every parameter may be in one group only, got one at place {place} of group {len(self.groups)} that "
                "is in an earlier group as well"
            )
        settings = {**self._defaults, **{name: group[name] for name in group if name != "params"}}
        self.groups.append(Group(parameters, settings.pop("lr"), self.chain, settings))
        self.parameters = [*self.parameters, *parameters]

    @property
    def param_groups(self) -> list[Group]:
        """The groups, under PyTorch's name."""
        return self.groups

    @property
    def steps(self) -> int:
        """How many steps have been made."""
        return self.groups[0].steps

    @property
    def lr(self) -> float:
        """The learning rate of the next step, of the first group.

        Assigning a number or a schedule replaces the one in force. With several groups that is an error, because it
        could only make them alike; assign to `groups[k].lr`.
        """
        return self.groups[0].lr

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        if len(self.groups) > 1:
            raise InputError(f"lr could mean that of any of {len(self.groups)} groups; assign to groups[k].lr")
        self.groups[0].lr = lr

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that is not frozen once: all of them or, if that is interrupted, none.

        Args:
            closure: computes the gradients anew and returns the loss; with None, the default, the gradients are
                taken as they are now.

        Returns:
            The loss that the closure returned, or None.

        Raises:
            InputError: if a schedule gives no learning rate; no parameter has moved then.
        """
        loss = None if closure is None else closure()
        rates = [group.lr for group in self.groups]
        moves = [group.proposal() for group in self.groups]
        try:
            for group, move, lr in zip(self.groups, moves, rates, strict=True):
                group.make(move, lr)
        except BaseException:
            for group, move in zip(self.groups, moves, strict=True):
                group.take_back(move)
            raise
        return loss

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, as is needed before each `backward()`."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """All that a training run needs to go on later, besides the parameters: plain numbers, lists and dicts.

        Schedules are code and not part of it; only the number of steps is, from which they go on, and what a
        schedule such as `ReduceOnPlateau` remembers.
        """
        return {"groups": [group.state_dict() for group in self.groups]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of an optimiser of the same kind returned, with the settings it had.

        Raises:
            InputError: if it comes from an optimiser of another kind or for other numbers of parameters, or is no
                such dict; this optimiser is then as it was.
        """
        groups = state_dict.get("groups") if isinstance(state_dict, Mapping) else None
        if not isinstance(groups, Sequence) or len(groups) != len(self.groups):
            raise InputError(
                f"expected what state_dict() of an optimiser with {len(self.groups)} groups returned, got "
                f"{'something else' if not isinstance(groups, Sequence) else f'{len(groups)} groups'}"
            )
        readers = [group.reader(saved) for group, saved in zip(self.groups, groups, strict=True)]
        for put_in_force in readers:
            put_in_force()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.groups))})"


def declares_options(declaration: Callable[P, None]) -> Callable[P, None]:
    """An `__init__` that passes its arguments on to `Optimizer`, where those after `lr` are the options.

    The signature is the only place that lists the options of an optimiser, with their types and defaults. The body of
    the declaration runs first; most declarations have none.
    """
    defaults = {name: parameter.default for name, parameter in inspect.signature(declaration).parameters.items()}

    @wraps(declaration)
    def init(*args: P.args, **kwargs: P.kwargs) -> None:
        declaration(*args, **kwargs)  # Python itself reports a wrong argument
        Optimizer.__init__(**{**defaults, **dict(zip(defaults, args, strict=False)), **kwargs})

    return init


def shows_options_of(base: type[Optimizer], *fixed: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Let the signature of an `__init__` show the options of `base` instead of `**options`, except those it fixes."""

    def shown(init: Callable[P, None]) -> Callable[P, None]:
        signature, inherited = inspect.signature(init), inspect.signature(base.__init__).parameters
        parameters = [signature.parameters.get(name, inherited[name]) for name in inherited if name not in fixed]
        init.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by inspect
        return init

    return shown


def _grouped(params: Params) -> list[Mapping[str, Any]]:
    """The groups that were asked for, a list of parameters being one group."""
    if not isinstance(params, Iterable):
        return [{"params": params}]  # refused where all parameters are checked
    items: list[Any] = list(params)
    if not any(isinstance(item, Mapping) for item in items):
        return [{"params": items}]
    if not all(isinstance(item, Mapping) for item in items):
        raise OperandTypeError("expected either Values or groups of them to optimise, got a mixture")
    return items


def _checked(parameters: object) -> list[Value]:
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
