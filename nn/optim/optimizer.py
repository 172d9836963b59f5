"""The base of all optimisers: it reads parameters, applies a chain of transforms, and writes parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

from autograd_core import InputError, OperandTypeError, Value
from autograd_core.calls import explained
from nn.base.messages import kind_of
from nn.optim.groups import Group
from nn.optim.states import Unseen

if TYPE_CHECKING:
    from nn.optim.transforms import Transform
    from nn.schedules import Schedule

P = ParamSpec("P")

Params: TypeAlias = Iterable[Value | Mapping[str, Any]]
"""Leaf Values, usually `model.parameters()`; or groups of them, `{"params": leaf Values, "lr": 0.01, ...}`."""


class Optimizer:
    """Moves parameters: `p ← p - lr · u`, where `u` is the gradients after the transforms.

    Groups of parameters can have their own learning rate and options; by default they have those of the optimiser:
    `SGD([{"params": a}, {"params": b, "lr": 0.01}], lr=0.1)`.

    A frozen parameter (`Value.frozen`) and its state do not change until it is unfrozen.

    Args:
        params: leaf Values, usually `model.parameters()`; duplicates count once. Or a list of dicts, each with such
            Values under `"params"`, and settings by name.
        lr: the learning rate, a positive finite number; or a schedule, a function from the number of steps
            made so far to such a number or 0.
        transforms: the transforms, in the order in which they are applied; without any, this is plain gradient descent.
        options: the options from which a subclass makes its transforms.

    Attributes:
        groups: the groups, a list of `Group`; also under PyTorch's name `param_groups`.

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
        self._rate = Unseen(lr)
        self._defaults = options
        self.groups: list[Group] = []
        for group in _grouped(params):
            self.add_param_group(group)

    def chain(self, *arguments: Any, **options: Any) -> Sequence[Transform]:
        """The transforms for a group with these options. This is the only method that a subclass must define."""
        if arguments or options:
            raise InputError(f"expected transforms and no options, got {sorted(options)}")
        return self._fixed

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add a group of parameters, for example layers that have just been unfrozen.

        If it has a schedule, that starts at its beginning.

        Args:
            group: the parameters under `"params"`, and by name the settings that differ from those of the optimiser.

        Raises:
            OperandTypeError: if it is no mapping, or something among the parameters is not a leaf Value.
            InputError: if it has no parameters, or one that another group has, or an unknown setting.
        """
        if not isinstance(group, Mapping):
            raise OperandTypeError(
                f"expected a group as a mapping, got {type(group).__name__}; "
                "write {'params': layer.parameters(), 'lr': 0.01}"
            )
        unknown = sorted(map(str, group.keys() - {"params", "lr"} - self._defaults.keys()))
        if unknown or "params" not in group:
            known = ", ".join(["params", "lr", *self._defaults])
            raise InputError(f"expected a group of parameters with settings among {known}, got {list(group)}")
        parameters = _checked(group["params"])
        taken = set(map(id, self.parameters))
        if any(id(parameter) in taken for parameter in parameters):
            index = next(index for index, parameter in enumerate(parameters) if id(parameter) in taken)
            raise InputError(
                f"every parameter may be in one group only, got one at index {index} of group {len(self.groups)} that "
                "is in an earlier group as well"
            )
        own = {name: group[name] for name in group if name != "params"}
        settings = {"lr": self._rate.held, **self._defaults, **own}
        self.groups.append(Group(parameters, settings.pop("lr"), self.chain, settings))

    @property
    def parameters(self) -> list[Value]:
        """The Values of all groups, one after the other."""
        return [parameter for group in self.groups for parameter in group.parameters]

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

        Assigning a number or a schedule replaces the present one. With several groups that is an error, because it
        would not be clear which one is meant; assign to `groups[k].lr`.
        """
        return self.groups[0].lr

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        if len(self.groups) > 1:
            raise InputError(f"lr could mean that of any of {len(self.groups)} groups; assign to groups[k].lr")
        self.groups[0].lr = lr

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that is not frozen. If the update is interrupted, no parameter changes.

        Args:
            closure: clears and computes the gradients and returns the loss; by default the present gradients are
                used.

        Returns:
            The loss that the closure returned, or None.

        Raises:
            OperandTypeError: if the closure is no function; then no parameter changes, as after the next error.
            InputError: if a schedule gives no valid learning rate.
        """
        if closure is not None:
            check_closure(closure)
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

    @explained()
    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0. This is needed before each `backward()`."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """The state for continuing a training later, without the parameters: plain numbers, lists and dicts.

        Schedules are functions and are not included, but the number of steps is, from which they continue. So is the
        state of a schedule such as `ReduceOnPlateau`.
        """
        return {"groups": [group.state_dict() for group in self.groups]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from the `state_dict` of an optimiser of the same kind, with its settings.

        Raises:
            InputError: if it is not such a dict, or from an optimiser of another kind or with other numbers of
                parameters; then this optimiser does not change.
        """
        groups = state_dict.get("groups") if isinstance(state_dict, Mapping) else None
        if not isinstance(groups, Sequence) or len(groups) != len(self.groups):
            raise InputError(
                f"expected what state_dict() of an optimiser with {len(self.groups)} groups returned, got "
                f"{'something else' if not isinstance(groups, Sequence) else f'{len(groups)} groups'}"
            )
        readers = [group.reader(saved) for group, saved in zip(self.groups, groups, strict=True)]
        for apply in readers:
            apply()

    def __repr__(self) -> str:
        """Parameters, learning rate, and the options that are not the defaults, of one group after the other."""
        kinds = [kind for kind in reversed(type(self).__mro__) if issubclass(kind, Optimizer)]
        usual = {name: p.default for kind in kinds for name, p in inspect.signature(kind).parameters.items()}
        texts = [group.described(usual) for group in self.groups]
        joined = "; ".join(texts)
        return f"{type(self).__name__}({texts[0] if len(texts) == 1 else f'{len(texts)} groups: {joined}'})"


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
    """The groups in `params`; a list of parameters is one group."""
    if not isinstance(params, Iterable):
        return [{"params": params}]  # an error is raised where parameters are checked
    items: list[Any] = list(params)
    if not any(isinstance(item, Mapping) for item in items):
        return [{"params": items}]
    if not all(isinstance(item, Mapping) for item in items):
        raise OperandTypeError("expected either Values or groups of them to optimise, got a mixture")
    return items


def check_closure(closure: object) -> None:
    """Raise `OperandTypeError` unless a closure can be called."""
    if not callable(closure):
        way_out = "; call loss.backward() before step()" if isinstance(closure, Value) else ""
        raise OperandTypeError(f"expected a closure, a function that returns the loss, got {kind_of(closure)}{way_out}")


def _checked(parameters: object) -> list[Value]:
    if not isinstance(parameters, Iterable):
        raise OperandTypeError(
            f"expected a list of Values to optimise, got {type(parameters).__name__}; pass model.parameters()"
        )
    checked: dict[int, Value] = {}
    for index, parameter in enumerate(parameters):
        if not isinstance(parameter, Value):
            raise OperandTypeError(
                f"expected Values to optimise, got {parameter!r} at index {index}; pass model.parameters()"
            )
        if parameter.op is not None:
            raise OperandTypeError(
                f"expected leaf Values to optimise, got the result of {parameter.op.name} at index {index}"
            )
        checked[id(parameter)] = parameter
    if not checked:
        raise InputError("expected at least one parameter to optimise, got none")
    return list(checked.values())
