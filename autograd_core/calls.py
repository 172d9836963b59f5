"""What is wrong with a call whose arguments do not fit: a message that shows the signature and names what is similar.

>>> from inspect import signature
>>> def clip(x, low=0.0, high=1.0): ...
>>> misfit("clip", signature(clip), 1, ["hihg"])
"expected clip(x, low=0.0, high=1.0), got an unexpected keyword argument 'hihg'; did you mean 'high'?"
>>> misfit("clip", signature(clip), 4, [])
'expected clip(x, low=0.0, high=1.0), got 4 by position'

A compiled function has its arguments read by the runtime library of mypyc, whose messages name neither the class nor
the op that was called. The build lets it ask `refusal` for a better one. A function of plain Python has `explained`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from inspect import Parameter, Signature, signature
from types import FrameType, FunctionType
from typing import Any, Final, ParamSpec, TypeVar

from autograd_core.companions import is_ours
from autograd_core.elsewhere import keyword_elsewhere
from autograd_core.errors import OperandTypeError
from autograd_core.text import ELLIPSIS, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")

REASONS: Final = {
    r"missing a required.*: ('\w+')": r"got no argument \1",
    r"too many positional arguments": r"got {count} by position",
    r"(multiple values .*)": r"got \1",
}
"""What `Signature.bind` says, and how it continues the sentence."""

LONGEST: Final = 100
"""Of a call with more characters only the arguments without a default are shown: else the reason is out of sight."""

UNKNOWN: Final = "got an unexpected keyword argument"

EXPLAINS: Final = "_explains"
"""The mark of a function that `explained` has made."""

WITH_KEYWORD: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def misfit(name: str, signature: Signature, count: int, keywords: Collection[str]) -> str:
    """Why a call does not fit a signature; "" if it does.

    Args:
        name: what was called.
        signature: what it takes.
        count: the number of positional arguments.
        keywords: the names of the others.
    """
    expected = f"expected {_shown(name, signature)}, "
    parameters = signature.parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind in WITH_KEYWORD]
    takes_any = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
    unknown = [] if takes_any else [keyword for keyword in keywords if keyword not in known]
    if unknown:
        hint = near_keyword(unknown[0], known) if known or not parameters else "give every argument by its position"
        if not hint and ELLIPSIS in expected:
            hint = f"help({name}) describes all arguments"
        return f"{expected}{UNKNOWN} {unknown[0]!r}{hint and '; '}{hint}"
    try:
        signature.bind(*[None] * count, **dict.fromkeys(keywords))
    except TypeError as error:
        return expected + _reason(str(error), count)
    return ""


def near_keyword(keyword: str, known: Collection[str]) -> str:
    """What to write instead of a keyword that a function does not have; "" if nothing is similar.

    >>> near_keyword("hihg", ["low", "high"]), near_keyword("seed", ["rng"]), near_keyword("device", ["rng"])
    ("did you mean 'high'?", "did you mean 'rng'?", 'everything is in memory as Python objects')
    """
    synonym, remark = keyword_elsewhere(keyword, known)
    return remark or did_you_mean(keyword, known, most=1, synonym=synonym)


def _shown(name: str, signature: Signature) -> str:
    whole = f"{name}{signature}"
    if len(whole) <= LONGEST:
        return whole
    needed = [
        str(p.replace(annotation=p.empty))
        for p in signature.parameters.values()
        if p.default is p.empty and p.kind is not Parameter.VAR_KEYWORD
    ]
    return f"{name}({', '.join([*needed, ELLIPSIS])})"


def _reason(text: str, count: int) -> str:
    for pattern, reason in REASONS.items():
        if found := re.fullmatch(pattern, text):
            return found.expand(reason).format(count=count)
    return text


def refusal(owner: Any, function: str, count: int, keywords: Iterable[str] | None) -> str:
    """Why a compiled function refuses a call; "" if that cannot be told.

    Args:
        owner: the module of the function, or the object whose method it is.
        function: its name; `__init__` stands for the class of the object, and `__call__` for the object.
        count: the number of positional arguments.
        keywords: the names of the others, None if there are none.

    >>> from autograd_core import clamp
    >>> refusal(clamp, "__call__", 1, ["hi"])
    "expected clamp(x, low, high, /), got an unexpected keyword argument 'hi'; give every argument by its position"
    """
    special = {"__init__": type(owner), "__call__": owner}
    try:
        called = special[function] if function in special else getattr(owner, function)
        name = getattr(called, "__name__", "") or called.name
        return misfit(name, signature(called), count, [*(keywords or ())])
    except (AttributeError, TypeError, ValueError):  # it has no name or no signature
        return ""


def explained(way_out: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator of a function of plain Python: a call that does not fit says what it takes, and what to write.

    Args:
        way_out: the end of the message; by default there is none.

    >>> @explained("write clip(x, 0.0)")
    ... def clip(x, low): ...
    >>> clip(1.0)
    Traceback (most recent call last):
    autograd_core.errors.OperandTypeError: expected clip(x, low), got no argument 'low'; write clip(x, 0.0)
    """

    def explaining(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except TypeError:
                wrong = _misfit_of(function, args, kwargs)
                if not wrong:  # the error comes from inside of the function
                    raise
                hint = f"; {way_out}" if way_out and UNKNOWN not in wrong else ""
                raise OperandTypeError(f"{wrong}{hint}") from None

        setattr(called, EXPLAINS, True)
        return called

    return explaining


def is_explaining(frame: FrameType) -> bool:
    """Whether a frame stands between the call of a function that `explained` has decorated and the function."""
    return frame.f_globals is globals()


def explain_constructors(things: Iterable[object]) -> None:
    """Let the constructors of these classes say what they take, where they are functions of plain Python.

    What is no class is left alone, and so is what says it already.
    """
    for thing in things:
        bases = thing.__mro__ if isinstance(thing, type) else ()
        kind = next((base for base in bases if "__init__" in vars(base)), object)
        constructor = vars(kind)["__init__"]
        says_it = hasattr(constructor, EXPLAINS) or getattr(kind, "_is_protocol", False)
        if is_ours(kind.__module__) and isinstance(constructor, FunctionType) and not says_it:
            kind.__init__ = explained()(constructor)  # type: ignore[misc]  # the same function, with a message


def _misfit_of(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Collection[str]) -> str:
    """Why a call of a function or a method, or of a class for its constructor, does not fit; "" if it does."""
    bare = _without_types(signature(function))
    if "self" not in bare.parameters:
        return misfit(function.__name__, bare, len(args), kwargs)
    if not args:  # the object is a keyword, which nobody writes
        return ""
    own = bare.replace(parameters=[*bare.parameters.values()][1:])
    name = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
    return misfit(name, own, len(args) - 1, kwargs)


def _without_types(full: Signature) -> Signature:
    """A signature as a reader writes a call of it."""
    bare = [parameter.replace(annotation=Parameter.empty) for parameter in full.parameters.values()]
    return full.replace(parameters=bare, return_annotation=Signature.empty)
