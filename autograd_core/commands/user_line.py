"""Tracebacks that end at the user's line, and errors that name the near word.

An error of this project tells its user what to write instead. At the prompt, the lines of the library that found the
error say nothing about that, and their number varies. An interrupt arises wherever the library is at work, which says
as little. Other errors keep all their lines.

Python adds a similar name to the errors of unknown names, and since version 3.13 to those of unknown keywords; IPython
does not. Here both prompts use the words that messages of this project suggest: `tahn` is `tanh` and not `tan`. A name
of a package that was written without it, such as `MLP`, gets the whole name.
"""

from __future__ import annotations

import builtins
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any, Final

from autograd_core import AutogradError
from autograd_core.calls import near_keyword
from autograd_core.companions import is_ours
from autograd_core.elsewhere import CALLED, named_elsewhere
from autograd_core.frames import cut_after_user, local_variables
from autograd_core.text import did_you_mean

UNKNOWN_KEYWORD: Final = re.compile(r"(?:.*?(\w+)\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'")
"""What Python says about a keyword that a function does not have. Since version 3.13 it names a similar one itself."""

BARE: Final = re.compile(r"has no attribute '\w+'$")
"""The end of what Python says about an unknown attribute."""

UNKNOWN_NAME: Final = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
"""What Python says about a name that a module does not have."""

NAMING: Final = ("name", "name_from")
"""The attributes of an error from which Python finds a similar name."""

LOADED: Final = ("nn", "viz", "nn.optim", "nn.data", "nn.schedules", "autograd_core.testing")
"""The modules whose names are often written without them."""

SHORT: Final = {"numpy": "np", "autograd_core": "ag"}
"""Modules that the prompt loads by another name."""

MAKING: Final = frozenset({"__init__", "__new__"})
"""Functions that are called through their class."""


def end_at_user(error: BaseException) -> None:
    """Cut the traceback of one of our errors, or of an interrupt, after the last line that is not of this project."""
    if isinstance(error, AutogradError | KeyboardInterrupt):
        cut_after_user(error)


@contextmanager
def near_word_added(error: BaseException) -> Iterator[None]:
    """A block in which the text of an error about an unknown name ends with the near word, if there is one.

    Afterwards the error is as before. In the block it has no name, so that Python adds no second word.
    """
    hint = near_word(error)
    if not hint:
        yield
        return
    text = f"{error}; {hint}"
    changes: dict[str, Any] = {"args": (text,), **{name: None for name in NAMING if hasattr(error, name)}}
    if isinstance(error, ImportError):
        changes["msg"] = text
    before = {name: getattr(error, name) for name in changes}
    _set(error, changes)
    try:
        yield
    finally:
        _set(error, before)


def _set(error: BaseException, attributes: Mapping[str, object]) -> None:
    for name, content in attributes.items():
        setattr(error, name, content)


def near_word(error: BaseException) -> str:
    """The question whether a known name was meant, or where a name is; "" for neither, or if the text says it already.

    >>> try:
    ...     near_wrod
    ... except NameError as error:
    ...     near_word(error)
    "did you mean 'near_word'?"
    """
    if "did you mean" in str(error).lower():  # Python itself writes "Did you mean"
        return ""
    if isinstance(error, AutogradError) or (isinstance(error, AttributeError) and not BARE.search(str(error))):
        return ""  # it says already what to write
    if isinstance(error, TypeError):
        return _near_keyword(error)
    if isinstance(error, ImportError):
        return _near_import(error)
    if not isinstance(error, NameError | AttributeError) or not error.name:
        return ""
    if isinstance(error, NameError) and (place := _place(error.name)):
        return place
    if isinstance(error, AttributeError) and (told := getattr(type(error.obj), "_elsewhere", {}).get(error.name)):
        return str(told)
    is_private = error.name.startswith("_")
    synonym = named_elsewhere(error.name)
    for names in _names(error):
        known = [name for name in names if is_private or not name.startswith("_")]
        if near := did_you_mean(error.name, known, most=1, synonym=synonym if synonym in known else ""):
            return near
    return ""


def _place(name: str) -> str:
    """Where a name of this project is that was written without its module, or what else is meant; "" if it is none."""
    for module in LOADED:
        if name in getattr(sys.modules.get(module), "__all__", ()):
            return f"it is {module}.{name}"
    return f"it is loaded as {SHORT[name]}" if name in SHORT else CALLED.get(name.casefold(), "")


def _near_import(error: ImportError) -> str:
    """The question whether another name of a module was meant, or another module."""
    if found := UNKNOWN_NAME.match(str(error)):
        names = vars(sys.modules[found[2]]) if found[2] in sys.modules else {}
        return did_you_mean(found[1], [name for name in names if not name.startswith("_")], most=1)
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    above, _, name = error.name.rpartition(".")
    paths = [path.rpartition(".") for path in [*sys.modules]]
    known = {last for before, _, last in paths if before == above and not last.startswith("_")}
    return did_you_mean(name, sorted(known), most=1)


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
        if callable(called) and (hint := near_keyword(keyword, _keywords(called))):
            return hint
    return ""


def _keywords(function: Any) -> list[str]:
    try:
        return [*inspect.signature(function).parameters]
    except (TypeError, ValueError):
        return []


def _names(error: NameError | AttributeError) -> list[Iterable[str]]:
    """The names that can be written where the error arose; those of the user come before those of Python."""
    if isinstance(error, AttributeError):
        return [] if error.obj is None else [dir(error.obj)]
    *_, (frame, _) = walk_tb(error.__traceback__)
    return [[*frame.f_locals, *frame.f_globals], vars(builtins)]
