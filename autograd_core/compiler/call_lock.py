"""The lock of compiled functions: one call at a time in a process.

Runs share a buffer, and a capture changes what is outside, such as the running mean of a normalisation, until it has
ended. So a call of a compiled function waits until those of other threads have ended. The same thread may call one
inside of another one.

A forked process has only the thread that forked it, so a lock that another one held would never be released. Therefore
a fork waits for calls that are under way, and finds nothing half done.
"""

from __future__ import annotations

import os
from threading import RLock
from typing import Any, Final


class Calls:
    """The calls of compiled functions in this process.

    Attributes:
        lock: held during a call.
    """

    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock: Any = RLock()


CALLS: Final = Calls()


def _wait() -> None:
    CALLS.lock.acquire()


def _go_on() -> None:
    CALLS.lock.release()


def _renew() -> None:
    CALLS.lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_wait, after_in_parent=_go_on, after_in_child=_renew)
