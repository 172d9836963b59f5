"""Compiled functions: each call finds the program for its arguments, or captures one, and runs it.

A function has a program for every form of its arguments, and for every way that it took at its decisions (`if x > 0`).
A program whose guards are not confirmed by a run is left without effect, and another one is tried.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from types import MethodType
from typing import Any, Final

from autograd_core.compiler.arguments import numbers_and_form, scalars
from autograd_core.compiler.captured import Captured, capture
from autograd_core.compiler.explanation import explanation
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import Program
from autograd_core.compiler.straight_python import to_python
from autograd_core.errors import CompileWarning, InputError, OperandTypeError
from autograd_core.graph.capturing import is_capturing
from autograd_core.numerics.number import describe
from autograd_core.text import plural

MOST_WAYS: Final = 8
"""So many programs are kept for one form of arguments and one state, one for each way that the function took."""

MOST_PROGRAMS: Final = 64
"""So many programs are kept for a function."""

MANY: Final = 16
"""After so many captures a function is warned about."""


class Compiled:
    """A function that runs as a program; `compile` makes it."""

    __name__: str

    def __init__(self, function: Callable[..., Any], static: frozenset[Any], exact: bool) -> None:
        functools.update_wrapper(self, function)
        self.function: Final = function
        self._name: Final = getattr(function, "__name__", "the function")
        self._static: Final = static
        self._exact: Final = exact
        self._programs: dict[Any, list[Captured]] = {}
        self._captures = 0
        self._latest: Captured | None = None
        self._bound: dict[int, Compiled] = {}

    def __get__(self, owner: Any, kind: type | None = None) -> Compiled:
        """The method of an object, which has programs of its own. They are kept for the latest objects only."""
        if owner is None:
            return self
        bound = self._bound.pop(id(owner), None)
        if bound is None:
            static = [each - 1 if isinstance(each, int) else each for each in self._static if each != 0]
            bound = Compiled(MethodType(self.function, owner), frozenset(static), self._exact)
        self._bound[id(owner)] = bound
        while len(self._bound) > MOST_PROGRAMS:
            del self._bound[next(iter(self._bound))]
        return bound

    def __repr__(self) -> str:
        """Which function it is, and how many programs it has."""
        return f"<compiled {self._name}: {plural(sum(map(len, self._programs.values())), 'program')}>"

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

    @property
    def source(self) -> str:
        """The program of the latest call in straight Python, which runs without this package.

        It is a module with one function. Its arguments are the numbers that the program reads, in order, and it returns
        the numbers that the program computes, with the same bits as `exact=True`; its docstring says what they are.

        Raises:
            InputError: if there has been no call.

        >>> @compile
        ... def f(x, w):
        ...     return (w * x).tanh() if w > 0 else x
        >>> f(2.0, -1.0)
        2.0
        >>> f.source.splitlines()[0], f.source.splitlines()[-1].strip()
        ('def f(x, w):', 'return (x, float(w > 0.0))')
        """
        captured = self._latest_captured()
        interface, program = captured.interface, simplify(captured.program)
        return to_python(program, interface.function_name(), interface.names(), interface.about(program))

    def explain(self) -> str:
        """How the program of the latest call runs: what became one record, what did not and why, and what it costs.

        Raises:
            InputError: if there has been no call.
        """
        captured = self._latest_captured()
        return explanation(captured.program, captured.executable, self._name)

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


def compile(function: Callable[..., Any], static: Any = (), exact: bool = False) -> Compiled:
    """`compiling.compile` for a function that is given."""
    if not callable(function):
        raise OperandTypeError(f"compile expected a function, got {describe(function)}")
    names = (static,) if isinstance(static, str | int) else tuple(static)
    return Compiled(function, frozenset(names), exact)
