"""Signatures for `help` and editors of functions that pass options on: they name each option, with its default."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from inspect import Parameter
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

COLLECTED: Final = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


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
