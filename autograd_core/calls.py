"""What is wrong with a call whose arguments do not fit: a message that shows the signature and names what is similar.

>>> from inspect import signature
>>> def clip(x, low=0.0, high=1.0): ...
>>> misfit("clip", signature(clip), 1, ["hihg"])
"expected clip(x, low=0.0, high=1.0), got an unexpected keyword argument 'hihg'; did you mean 'high'?"
>>> misfit("clip", signature(clip), 4, [])
'expected clip(x, low=0.0, high=1.0), got 4 by position'

A compiled function has its arguments read by the runtime library of mypyc, whose messages name neither the class nor
the op that was called. The build lets it ask `refusal` for a better one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from inspect import Parameter, Signature, signature
from typing import Any, Final

from autograd_core.text import ELLIPSIS, did_you_mean

REASONS: Final = {
    r"missing a required.*: ('\w+')": r"got no argument \1",
    r"too many positional arguments": r"got {count} by position",
    r"(multiple values .*)": r"got \1",
}
"""What `Signature.bind` says, and how it continues the sentence."""

LONGEST: Final = 100
"""Calls with more characters are not shown: the reason at the end would be out of sight."""

WITH_KEYWORD: Final = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def misfit(name: str, signature: Signature, count: int, keywords: Collection[str]) -> str:
    """Why a call does not fit a signature; "" if it does.

    Args:
        name: what was called.
        signature: what it takes.
        count: the number of positional arguments.
        keywords: the names of the others.
    """
    shown = f"{name}{signature}"
    expected = f"expected {shown if len(shown) <= LONGEST else f'{name}({ELLIPSIS})'}, "
    parameters = signature.parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind in WITH_KEYWORD]
    takes_any = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
    unknown = [] if takes_any else [keyword for keyword in keywords if keyword not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known, most=1) if known else "give every argument by its position"
        return f"{expected}got an unexpected keyword argument {unknown[0]!r}{hint and '; '}{hint}"
    try:
        signature.bind(*[None] * count, **dict.fromkeys(keywords))
    except TypeError as error:
        return expected + _reason(str(error), count)
    return ""


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
