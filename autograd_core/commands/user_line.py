"""Tracebacks that end at the user's line, and errors that name the near word.

An error of this project tells its user what to write instead. At the prompt, the lines of the library that found the
error say nothing about that, and their number varies. An interrupt arises wherever the library is at work, which says
as little. Other errors keep all their lines.

Python adds a similar name to the errors of unknown names, and since version 3.13 to those of unknown keywords; IPython
does not. Here both prompts use the words that messages of this project suggest: `tahn` is `tanh` and not `tan`.
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any, Final

from autograd_core import AutogradError
from autograd_core.companions import is_ours
from autograd_core.elsewhere import named_elsewhere
from autograd_core.frames import local_variables
from autograd_core.text import did_you_mean

UNKNOWN_KEYWORD: Final = re.compile(r"(?:.*?(\w+)\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'")
"""What Python says about a keyword that a function does not have. Since version 3.13 it names a similar one itself."""

MAKING: Final = frozenset({"__init__", "__new__"})
"""Functions that are called through their class."""


def end_at_user(error: BaseException) -> None:
    """Cut the traceback of one of our errors, or of an interrupt, after the last line that is not of this project.

    So a function of the user that the library calls stays visible, with the lines that lead to it.
    """
    last = None
    traceback = error.__traceback__ if isinstance(error, AutogradError | KeyboardInterrupt) else None
    while traceback is not None:
        if not is_ours(traceback.tb_frame.f_globals.get("__name__", "")):
            last = traceback
        traceback = traceback.tb_next
    if last is not None:
        last.tb_next = None


@contextmanager
def near_word_added(error: BaseException) -> Iterator[None]:
    """A block in which the text of an error about an unknown name ends with the near word, if there is one.

    Afterwards the error is as before. In the block it has no `name`, so that Python adds no second word.
    """
    hint = near_word(error)
    if not hint:
        yield
        return
    arguments, name = error.args, getattr(error, "name", None)
    error.args = (f"{error}; {hint}",)
    if isinstance(error, NameError | AttributeError):
        error.name = None
    try:
        yield
    finally:
        error.args = arguments
        if isinstance(error, NameError | AttributeError):
            error.name = name


def near_word(error: BaseException) -> str:
    """The question whether a known name was meant; "" if there is none, or if the text has it already.

    >>> try:
    ...     near_wrod
    ... except NameError as error:
    ...     near_word(error)
    "did you mean 'near_word'?"
    """
    if "did you mean" in str(error).lower():  # Python itself writes "Did you mean"
        return ""
    if isinstance(error, TypeError):
        return _near_keyword(error)
    if not isinstance(error, NameError | AttributeError) or not error.name:
        return ""
    is_private = error.name.startswith("_")
    known = [name for name in _names(error) if is_private or not name.startswith("_")]
    synonym = named_elsewhere(error.name)
    return did_you_mean(error.name, known, most=1, synonym=synonym if synonym in known else "")


def _near_keyword(error: TypeError) -> str:
    """The question whether a keyword of the called function was meant, found by the name of that function."""
    found = UNKNOWN_KEYWORD.fullmatch(str(error))
    if not found or error.__traceback__ is None:
        return ""
    *_, (frame, _) = walk_tb(error.__traceback__)
    scopes = [
        local_variables(frame),
        frame.f_globals,
        *[vars(module) for name, module in [*sys.modules.items()] if is_ours(name)],
    ]
    owner, function, keyword = found.groups()
    for scope in scopes:
        thing = scope.get(owner or function)
        called = getattr(thing, function, thing) if owner and function not in MAKING else thing
        if callable(called) and (hint := did_you_mean(keyword, _keywords(called), most=1)):
            return hint
    return ""


def _keywords(function: Any) -> list[str]:
    try:
        return [*inspect.signature(function).parameters]
    except (TypeError, ValueError):
        return []


def _names(error: NameError | AttributeError) -> list[str]:
    """The names that can be written where the error arose."""
    if isinstance(error, AttributeError):
        return [] if error.obj is None else dir(error.obj)
    *_, (frame, _) = walk_tb(error.__traceback__)
    return [*frame.f_locals, *frame.f_globals, *vars(builtins)]
