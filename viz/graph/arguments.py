"""Checks of arguments, with the same wording of errors in every function of `viz`."""

from collections.abc import Iterable
from operator import index
from typing import Final

from autograd_core import InputError, OperandTypeError, Value

NO_LIMIT: Final = 1 << 62
"""The limit for None: no graph has so many nodes."""


AUTO: Final = "auto"
"""The default of options of `draw` whose effect depends on the graph."""


def check_value(function: str, argument: str, value: object) -> Value:
    """Return the argument.

    Raises:
        OperandTypeError: if it is not a Value.
    """
    if isinstance(value, Value):
        return value
    hint = ""
    if isinstance(value, list | tuple | dict | set):
        hint = "; give one of its elements, or their autograd_core.sum"
    elif isinstance(value, int | float):
        hint = "; a plain number has no graph, so make its inputs Values"
    elif isinstance(value, str):
        hint = "; pass the Value itself and not its name or formula"
    elif callable(value):
        hint = "; pass a result of its call, such as a loss"
    raise OperandTypeError(f"{function} needs a Value as {argument}; got {type(value).__name__}{hint}")


def check_count(argument: str, count: object, least: int = 0, otherwise: str = "") -> int:
    """Return the argument as an int; `otherwise` names what it may be instead of an int.

    Raises:
        OperandTypeError: if it is not an int.
        InputError: if it is below `least`.

    >>> check_count("width", 20, least=10)
    20
    """
    try:
        number = index(None if isinstance(count, bool) else count)  # type: ignore[arg-type]
    except TypeError:
        raise OperandTypeError(f"{argument} is an int{otherwise}; got {type(count).__name__}") from None
    if number < least:
        raise InputError(f"{argument} must be at least {least}{otherwise}; got {number}")
    return number


def check_limit(argument: str, limit: object, least: int = 1) -> int:
    """Return a limit; None is no limit.

    Raises:
        OperandTypeError: if it is neither an int nor None.
        InputError: if it is below `least`.
    """
    return NO_LIMIT if limit is None else check_count(argument, limit, least, ", or None for no limit")


def check_flag(argument: str, flag: object) -> bool:
    """Return the argument.

    Raises:
        OperandTypeError: if it is not a bool.
    """
    if isinstance(flag, bool):
        return flag
    raise OperandTypeError(f"{argument} is True or False; got {type(flag).__name__}")


def check_choice(argument: str, given: object, choices: Iterable[str]) -> None:
    """Check that the argument is one of some strings.

    Raises:
        InputError: if it is none of them.
    """
    allowed = tuple(choices)
    if given not in allowed:
        raise InputError(f"{argument} must be {' or '.join(map(repr, allowed))}; got {given!r}")


def check_title(title: object) -> None:
    """Check that a title is a str or None.

    Raises:
        OperandTypeError: if it is neither.
    """
    if not isinstance(title, str | None):
        raise OperandTypeError(f"title is a str or None; got {type(title).__name__}")
