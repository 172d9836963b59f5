"""Calls whose result is another one each time, such as the time of day: a program repeats what its capture was given.

Random numbers are refused, because a call shows that it has drawn them (see `generators`). A clock, a file or the
keyboard shows nothing, and a call may only log the time, so the names in the code of a function are looked up instead.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dis import get_instructions
from types import CodeType, ModuleType
from typing import Any, Final

_CLOCKS: Final = ("time", "perf_counter", "monotonic", "process_time", "thread_time")
_DRAWN_BY_SYSTEM: Final = frozenset(["urandom"])
_OPENED: Final = frozenset(["open"])

VOLATILE: Final[dict[str, frozenset[str]]] = {
    "time": frozenset([*_CLOCKS, *(f"{clock}_ns" for clock in _CLOCKS), "localtime", "gmtime", "ctime"]),
    "datetime": frozenset(["now", "today", "utcnow"]),
    "posix": _DRAWN_BY_SYSTEM,
    "nt": _DRAWN_BY_SYSTEM,
    "secrets": frozenset(["randbelow", "token_bytes", "token_hex", "token_urlsafe"]),
    "uuid": frozenset(["uuid1", "uuid4"]),
    "builtins": frozenset(["input"]),
    "io": _OPENED,
    "_io": _OPENED,
}
"""For each module, as a function names it, the functions and methods whose result is another one each time."""


def volatile_names(code: CodeType, scope: dict[str, Any]) -> Iterator[str]:
    """Yield what code names that is volatile, as it is written there.

    Args:
        code: the code of a function.
        scope: the global variables of the function.

    >>> import time
    >>> list(volatile_names((lambda x: x * time.time()).__code__, {"time": time}))
    ['time.time']
    """
    thing: Any = None
    name = ""
    for instruction in get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            name = instruction.argval
            thing = scope.get(name, getattr(builtins, name, None))
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(thing, ModuleType | type):
            name = f"{name}.{instruction.argval}"
            thing = getattr(thing, instruction.argval, None)
        else:
            thing = None
        if _is_volatile(thing):
            yield name


def _is_volatile(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or getattr(getattr(thing, "__self__", None), "__module__", None)
    names = VOLATILE.get(module) if isinstance(module, str) else None
    return names is not None and getattr(thing, "__name__", "") in names
