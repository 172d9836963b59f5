"""The programs of a function: by the form of the arguments, and the least recently used one goes first."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any, Final

from autograd_core.companions import is_ours
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.dispatch import Dispatcher
from autograd_core.compiler.recaptures import reason, where
from autograd_core.errors import CompileWarning, InputError

MOST_WAYS: Final = 8
"""So many programs are kept for one form of arguments and one state, one for each way that the function took."""

MOST_PROGRAMS: Final = 64
"""So many programs are kept for a function, by default."""

MANY: Final = 16
"""After so many captures a function is warned about."""

_NONE: Final[list[Captured]] = []


class Programs:
    """The programs of a function.

    Attributes:
        most: so many are kept.
        latest: the program of the latest call; None before the first.
        dispatcher: what runs them.
    """

    def __init__(self, name: str, most: int, static: frozenset[Any]) -> None:
        self.most: Final = most
        self.dispatcher: Final = Dispatcher(static)
        self.latest: Captured | None = None
        self._name: Final = name
        self._by_form: dict[Any, list[Captured]] = {}
        self._by_use: dict[int, tuple[Any, Captured]] = {}  # all by identity; that of the latest use is the last one
        self._latest_form: Any = None
        self._captures = 0

    def of(self, form: Any) -> list[Captured]:
        """The programs for arguments of a form, that of the latest use first."""
        return self._by_form.get(form, _NONE)

    def values(self) -> Iterable[list[Captured]]:
        """For each form its programs."""
        return self._by_form.values()

    def __len__(self) -> int:
        return len(self._by_use)

    def use(self, captured: Captured, form: Any) -> None:
        """Take notice that a program has run, which the next call is likely to need again.

        A program that does not do all that a call does is not kept.
        """
        self.latest, self._latest_form = captured, form
        self.dispatcher.latest, self.dispatcher.form, self.dispatcher.is_new = captured.runner, form, False
        if not captured.irregular:
            self._by_use.pop(id(captured), None)
            self._by_use[id(captured)] = (form, captured)
            self._keep(form, [captured, *[other for other in self.of(form) if other is not captured]])

    def use_dispatched(self) -> None:
        """Take notice of the program that the dispatcher has run."""
        form, runner = self.dispatcher.form, self.dispatcher.latest
        self.use(next(captured for captured in self.of(form) if captured.runner is runner), form)

    def _keep(self, form: Any, programs: list[Captured]) -> None:
        if programs:
            self._by_form[form] = programs
            self.dispatcher.runners[form] = [captured.runner for captured in programs]
        else:
            del self._by_form[form], self.dispatcher.runners[form]

    def make_room(self, form: Any, changed: str) -> None:
        """Make room for one more program, and warn if there have been many.

        Args:
            form: the form of the arguments.
            changed: what has changed since the latest program for this form; "" if nothing has.

        Raises:
            InputError: if the function took too many ways for this form.
        """
        kept = [captured for captured in self.of(form) if not captured.state.changed()]
        if len(kept) >= MOST_WAYS:
            raise InputError(
                f"{self._name} went a new way at its decisions for the {MOST_WAYS + 1}th time for arguments of one form"
                f"{where(kept)}; write where(condition, a, b) instead of `if`, let loops have a count that is static, "
                "or name the argument that decides in static="
            )
        self._captures += 1
        if self._captures == MANY:
            irregular = "" if self.latest is None or form != self._latest_form else self.latest.irregular
            why = reason(form, self._latest_form, kept, changed if not kept else "", irregular)
            warnings.warn(
                f"{self._name} was captured {MANY} times, which takes longer than the runs that are saved, now because "
                f"{why}",
                CompileWarning,
                stacklevel=_level(),
            )
        while len(self._by_use) >= self.most:
            self._drop(next(iter(self._by_use)))

    def warn_of_volatile(self, names: list[str]) -> None:
        """Warn, at the first capture, of what the code names that has another result each time."""
        if names and self._captures == 1:
            warnings.warn(
                f"{self._name} names {', '.join(dict.fromkeys(names))}, and the program keeps what the call gave that "
                "recorded it: pass what changes as an argument, or read it outside",
                CompileWarning,
                stacklevel=_level(),
            )

    def _drop(self, identity: int) -> None:
        form, captured = self._by_use.pop(identity)
        self._keep(form, [other for other in self._by_form[form] if other is not captured])


def _level() -> int:
    """How far up the line of the user is that has called the function."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    return level
