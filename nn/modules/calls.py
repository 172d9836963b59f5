"""What calling a module does: `__call__` or `forward`, whichever its class or the nearest of its bases defines.

The layers of this package define `__call__`, models written for PyTorch define `forward`. `Module` defines both, each
by the other, so it comes after all other bases here. It is the argument `root` of these functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from autograd_core import OperandTypeError, ShapeError
from nn.base.conversion import is_number
from nn.base.shapes import shown_number
from nn.modules.attributes import CALLS

_OURS: Final = f"{__name__.partition('.')[0]}."


P = ParamSpec("P")
R = TypeVar("R", covariant=True)  # noqa: PLC0105 - it is the R of one method


class HasForward(Protocol[P, R]):
    """What a type checker reads the type of the call of a module from: the type of its `forward`."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the call."""


def is_ours(kind: type) -> bool:
    """Whether a class of modules is one of this package."""
    return kind.__module__.startswith(_OURS)


def call_of_layer(kind: type, root: type) -> Callable[..., Any] | None:
    """How the first layer of this package among the bases of a class is called; None if there is none."""
    ours = (base for base in kind.__mro__ if base is not root and is_ours(base))
    return next((vars(base)["__call__"] for base in ours if "__call__" in vars(base)), None)


def is_defined(kind: Any, root: Any) -> bool:
    """Whether a class of modules or one of its bases says what calls do."""
    is_its_own = kind.__call__ is not root.__call__ or kind.forward is not root.forward
    return is_its_own or call_of_layer(kind, root) is not None


def prefer_others(kind: type, root: type) -> None:
    """Let a class use the calls of all its bases before those of the root, also of a base that comes after it."""
    for name in CALLS:
        others = (vars(base)[name] for base in kind.__mro__ if base is not root and name in vars(base))
        if getattr(kind, name) is getattr(root, name) and (other := next(others, None)) is not None:
            setattr(kind, name, other)


def forward_comes_first(kind: type, root: type) -> bool:
    """Whether a class redefines by `forward` what a layer of this package defines by `__call__`."""
    first = next(base for base in kind.__mro__ if not {"__call__", "forward"}.isdisjoint(vars(base)))
    own: Any = getattr(kind, "__call__")  # noqa: B004, B009 - the function, which may be watched
    return "__call__" not in vars(first) and inspect.unwrap(own) is call_of_layer(kind, root)


def signature_of_class(kind: type) -> inspect.Signature:
    """The signature that a class states in `__signature__`, or else that of `__init__` without `self`.

    A class that gets its signature after its body states it in `_signature`, because a metaclass that has the property
    `__signature__` refuses the other name.
    """
    for attributes in map(vars, kind.__mro__[:-1]):  # without `object`
        for stated in (attributes.get("__signature__"), attributes.get("_signature")):
            if isinstance(stated, inspect.Signature):  # a property is that of a call
                return stated
        if "__init__" in attributes:
            signature = inspect.signature(attributes["__init__"])
            return signature.replace(parameters=list(signature.parameters.values())[1:])
    return inspect.Signature()


def signature_of_call(module: Any, root: type) -> inspect.Signature:
    """What a call of a module takes: what its `forward` takes, if its class defines no `__call__`."""
    defines_call = type(module).__call__ is not root.__call__
    return inspect.signature(module.__call__ if defines_call else module.forward)


def one_sample(module: object, x: object, more: Sequence[object]) -> OperandTypeError:
    """The error about a module of one argument that was called with several."""
    given = [x, *more]
    name = type(module).__name__
    if not all(map(is_number, given)):
        return OperandTypeError(
            f"{name} expected one sample or one batch, got {len(given)} arguments; a batch is a list of samples"
        )
    shown = ", ".join(map(shown_number, given))
    return OperandTypeError(f"{name} expected the inputs in a list, got {len(given)} numbers; write model([{shown}])")


def wrong_count(what: str, expected: str, x: Any) -> ShapeError:
    """The error about inputs that are not as many as a neuron or layer has; a bare number stands for a list of one.

    >>> wrong_count("a neuron", "2 inputs", 1.0)
    ShapeError('a neuron expected a list of 2 inputs, got the number 1.0')
    """
    if is_number(x):
        return ShapeError(f"{what} expected a list of {expected}, got the number {shown_number(x)}")
    return ShapeError(f"{what} expected {expected}, got {len(x)}")
