"""Compiled functions: each call finds the program for its arguments, or captures one, and runs it.

A function has a program for every form of its arguments, and for every way that it took at its decisions (`if x > 0`).
A program whose guards are not confirmed by a run is left without effect, and another one is tried.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, Final

from autograd_core.compiler.arguments import numbers_and_form, scalars
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.explanation import explanation
from autograd_core.compiler.program import Program
from autograd_core.compiler.state_walk import Wrapper
from autograd_core.compiler.tracing import capture
from autograd_core.errors import CompileWarning, InputError, OperandTypeError
from autograd_core.graph.capturing import is_capturing
from autograd_core.numerics.number import describe

MOST_WAYS: Final = 8
"""So many programs are kept for one form of arguments and one state, one for each way that the function took."""

MOST_PROGRAMS: Final = 64
"""So many programs are kept for a function."""

MANY: Final = 16
"""After so many captures a function is warned about."""


class Compiled(Wrapper):
    """A function that runs as a program; `compile` makes it."""

    __name__: str

    def __init__(self, function: Callable[..., Any], static: frozenset[Any], exact: bool) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._name: Final = getattr(function, "__name__", "the function")
        self._static: Final = static
        self._exact: Final = exact
        self._programs: dict[Any, list[Captured]] = {}
        self._captures = 0
        self._latest: Captured | None = None

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The result of the function; numbers in it are floats."""
        if is_capturing():
            return self.function(*args, **named)
        blocks, form = numbers_and_form(args, named, self._static)
        numbers = scalars(blocks)
        kept = self._programs.setdefault(form, [])
        changed = ""
        for i, captured in enumerate(kept):
            now_changed = captured.state.changed()
            if now_changed:
                changed = changed or now_changed
                continue
            result, held = captured.run(numbers)
            if held:
                self._latest = captured
                if i:
                    kept.insert(0, kept.pop(i))
                return result
        self._make_room(kept, changed)
        captured = capture(self.function, args, named, self._static, exact=self._exact)
        result, held = captured.run(numbers)
        if not held:
            raise InputError(
                f"{self._name} decided another way when its program ran than when it was recorded at the same numbers: "
                "it depends on something that changes while it runs; pass that as an argument"
            )
        if captured.is_regular:
            kept.insert(0, captured)
        self._latest = captured
        return result

    @property
    def program(self) -> Program:
        """The program of the latest call.

        Raises:
            InputError: if there has been no call.
        """
        return self._latest_captured().program

    def explain(self) -> str:
        """How the program of the latest call runs: what became one record, what did not and why, and what it costs.

        Raises:
            InputError: if there has been no call.
        """
        captured = self._latest_captured()
        return explanation(captured.program, captured.executable)

    def _latest_captured(self) -> Captured:
        if self._latest is None:
            raise InputError(
                f"{self._name} has no program before its first call: its arguments decide what is recorded"
            )
        return self._latest

    def _make_room(self, kept: list[Captured], changed: str) -> None:
        """Refuse another way, drop the program that has not been used for longest, and warn if there are many."""
        ways = sum([not captured.state.changed() for captured in kept])
        name = self._name
        if ways >= MOST_WAYS:
            raise InputError(
                f"{name} went a new way at its decisions for the {MOST_WAYS + 1}th time for arguments of one form; "
                "write where(condition, a, b) instead of `if`, or name the argument that decides in static="
            )
        self._captures += 1
        if changed and self._captures == MANY:
            warnings.warn(
                f"{name} was captured {MANY} times, now because {changed} has changed, which takes longer than the "
                "runs that are saved; pass it as an argument",
                CompileWarning,
                stacklevel=3,
            )
        if sum(map(len, self._programs.values())) >= MOST_PROGRAMS:
            oldest = next(form for form, programs in self._programs.items() if programs)
            self._programs[oldest].pop()


def compile(function: Callable[..., Any], static: Any = (), exact: bool = False) -> Compiled:  # noqa: A001 - the word of the field
    """Compile."""
    if not callable(function):
        raise OperandTypeError(f"compile expected a function, got {describe(function)}")
    names = (static,) if isinstance(static, str | int) else tuple(static)
    return Compiled(function, frozenset(names), exact)
