"""Signatures that are made: for `help` and editors, and for messages about calls that do not fit them.

A function that passes options on shows each of them, with its default. A class whose signature follows from a table
says in its errors what it takes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any, Final, Never, TypeVar

from autograd_core import OperandTypeError
from autograd_core.calls import misfit

F = TypeVar("F", bound=Callable[..., Any])

COLLECTED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def bound_arguments(name: str, signature: Signature, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call of `name` with this signature, by name and with all defaults.

    Raises:
        OperandTypeError: if the call does not fit the signature; the message shows it, and names what is similar.

    >>> bound_arguments("Tanh", inspect.signature(lambda slope=1.0: 0), [], {})
    {'slope': 1.0}
    >>> bound_arguments("Tanh", inspect.signature(lambda slope=1.0: 0), [], {"slop": 2.0})
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected Tanh(slope=1.0), got an unexpected keyword argument 'slop'; \
did you mean 'slope'?
    """
    if wrong := misfit(name, signature, len(args), options):
        raise OperandTypeError(wrong)
    given = signature.bind(*args, **options)
    given.apply_defaults()
    return given.arguments


def hides_refused(function: F) -> F:
    """A decorator that leaves what a function only refuses with a message, its arguments of type Never, out of `help`.

    >>> @hides_refused
    ... def call(x, *more: Never):
    ...     pass
    >>> inspect.signature(call)
    <Signature (x)>
    """
    signature = inspect.signature(function)
    taken = [parameter for parameter in signature.parameters.values() if parameter.annotation not in (Never, "Never")]
    function.__signature__ = signature.replace(parameters=taken)  # type: ignore[attr-defined]  # read by inspect
    return function


def lists_options(source: Callable[..., Any], names: Iterable[str]) -> Callable[[F], F]:
    """A decorator that lets a signature show these parameters of `source` instead of `**options`.

    >>> def draw(width, *, scale=1.0, title=""):
    ...     pass
    >>> @lists_options(draw, ["scale", "title"])
    ... def show(*, window=True, **options):
    ...     draw(640, **options)
    >>> inspect.signature(show)
    <Signature (*, scale=1.0, title='', window=True)>
    """

    def listed(function: F) -> F:
        signature, passed = inspect.signature(function), inspect.signature(source).parameters
        own = [parameter for parameter in signature.parameters.values() if parameter.kind not in COLLECTED]
        options = [passed[name].replace(kind=Parameter.KEYWORD_ONLY) for name in names]
        shown = sorted([*options, *own], key=lambda parameter: parameter.kind)
        function.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]  # read by inspect
        return function

    return listed
