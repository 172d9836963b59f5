"""Compiled functions: each call finds the program for its arguments, or captures one, and runs it.

A function has a program for every form of its arguments, and for every way that it took at its decisions (`if x > 0`).
A program whose guards are not confirmed by a run is left without effect, and another one is tried.
"""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any, Final

from autograd_core.compiler.arguments import numbers_and_form
from autograd_core.compiler.blueprint import Blueprint, blueprint
from autograd_core.compiler.call_lock import CALLS
from autograd_core.compiler.captured import Captured
from autograd_core.compiler.checked_run import check_run
from autograd_core.compiler.dispatch import MISSED
from autograd_core.compiler.explanation import explanation
from autograd_core.compiler.mapped_program import MappedProgram
from autograd_core.compiler.mapping import REDUCTIONS, Rows, Target
from autograd_core.compiler.passes import simplify
from autograd_core.compiler.program import Program
from autograd_core.compiler.programs_kept import MOST_PROGRAMS, Programs
from autograd_core.compiler.state_walk import Wrapper
from autograd_core.compiler.straight_python import to_python
from autograd_core.compiler.text import to_text
from autograd_core.compiler.tracing import capture
from autograd_core.errors import InputError, OperandTypeError
from autograd_core.graph.blocks import BLOCKS, is_detecting
from autograd_core.graph.capturing import is_capturing
from autograd_core.numerics.number import describe
from autograd_core.text import plural


class Compiled(Wrapper):
    """A function that runs as a program; `compile` makes it."""

    __name__: str
    __qualname__: str

    def __init__(
        self, function: Callable[..., Any], static: frozenset[Any], exact: bool, most_programs: int = MOST_PROGRAMS
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._name: Final = getattr(function, "__name__", "the function")
        self._static: Final = static
        self._exact: Final = exact
        self._programs: Final = Programs(self._name, most_programs, static)
        self._dispatcher: Final = self._programs.dispatcher
        self._bound: dict[int, Compiled] = {}
        _refuse_out(function, self._name)

    def __get__(self, owner: Any, kind: type | None = None) -> Compiled:
        """The method of an object, which has programs of its own. They are kept for the latest objects only."""
        if owner is None:
            return self
        bound = self._bound.pop(id(owner), None)
        if bound is None:
            static = [each - 1 if isinstance(each, int) else each for each in self._static if each != 0]
            bound = Compiled(MethodType(self.function, owner), frozenset(static), self._exact, self._programs.most)
        self._bound[id(owner)] = bound
        while len(self._bound) > self._programs.most:
            del self._bound[next(iter(self._bound))]
        return bound

    def __repr__(self) -> str:
        """Which function it is, and how many programs it has."""
        return f"<compiled {self._name}: {plural(len(self._programs), 'program')}>"

    def __call__(self, *args: Any, out: Any = None, **named: Any) -> Any:
        """The result of the function; numbers in it are floats.

        Args:
            args: the arguments of the function.
            out: arrays that take the result, in its form; None for new ones. They are what is returned.
            named: arguments by name.
        """
        if BLOCKS.any_open and (is_capturing() or is_detecting()):
            return self._call_in_block(args, named, out)
        with CALLS.lock:  # an interrupt may come between `acquire` and `try`, but not here
            result = self._dispatcher.run(args, named, out)
            if result is MISSED:
                return self._run(args, named, out)
            if self._dispatcher.is_new:
                self._programs.use_dispatched()
            return result

    def _call_in_block(self, args: tuple[Any, ...], named: dict[str, Any], out: Any) -> Any:
        """A call that is recorded by another compiled function, or in a block of `detect_anomaly`."""
        if not is_capturing():
            with CALLS.lock:
                return self._run(args, named, out)
        if out is not None:
            raise InputError(f"{self._name} is recorded here, and its result has no numbers that out= could take")
        return self.function(*args, **named)

    def _run(self, args: tuple[Any, ...], named: dict[str, Any], out: Any) -> Any:
        blocks, form = numbers_and_form(args, named, self._static)
        is_checked = BLOCKS.any_open and is_detecting()
        kept, changed = self._programs.of(form), ""
        for captured in kept:
            now_changed = captured.state.changed()
            if now_changed:
                changed = changed or now_changed
                continue
            if is_checked:
                check_run(captured, blocks)
            result, held = captured.runner.run(blocks, out)
            if held:
                if captured is not self._programs.latest:
                    self._programs.use(captured, form)
                return result
        captured = self._captured(form, changed, args, named)
        if is_checked:
            check_run(captured, blocks)
        result, held = captured.runner.run(blocks, out)
        if not held:
            raise InputError(self._decided_otherwise())
        self._programs.use(captured, form)
        return result

    def map(self, *args: Any, shared: Any = (), reduce: str | None = None, out: Any = None, **named: Any) -> Any:
        """The results for many rows of data, which are computed together.

        An array of the arguments has one axis more than in a call, the first one; all such arrays have the same number
        of rows. Plain numbers are the same for all rows, and so are the Values that the function closes over. A result
        that is a number becomes an array of one number for each row, an array gets one axis more, and lists, tuples,
        dicts and dataclasses keep their form. Rows run in blocks, so a million of them take little memory besides the
        results; rows that go different ways at `if x > 0` are told apart.

        To map a derivative, compile it: `compile(grad(f)).map(X)`.

        Args:
            args: the arguments, with their rows.
            shared: the index or name of an argument that is the same for all rows, or several of them.
            reduce: "sum" or "mean" gives the sum or the mean of the results of all rows, which then have the form of
                a call. The numbers are added up block by block, in an order that depends on nothing but their number.
            out: arrays that take the results, in their form; None for new ones.
            named: arguments by name.

        Raises:
            InputError: if no argument has rows, the function assigns to something outside, or `reduce` is another text.
            ShapeError: if arrays have different numbers of rows, or the results of the rows different forms.

        >>> import numpy as np
        >>> @compile
        ... def energy(position, mass):
        ...     return 0.5 * mass * position * position
        >>> energy.map(np.array([1.0, 2.0, 3.0]), 2.0)
        array([1., 4., 9.])
        >>> energy.map(np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 0.0]), reduce="sum")
        3.0
        """
        if is_capturing():
            raise InputError(f"map of {self._name} runs programs, and cannot be recorded in one; call the function")
        if reduce not in (None, *REDUCTIONS):
            raise InputError(f'map expected "sum", "mean" or None as reduce, got {describe(reduce)}')
        names = (shared,) if isinstance(shared, str | int) else tuple(shared)
        rows = Rows(args, named, self._static, frozenset(names))
        if reduce == "mean" and not rows.count:
            raise InputError("map expected at least one row for a mean, got none")
        with CALLS.lock:
            return self._mapped(rows, reduce, out)

    def _mapped(self, rows: Rows, reduce: str | None, out: Any) -> Any:
        arrays, first = rows.blocks(), rows.row(0)
        blocks, form = numbers_and_form(*first, self._static)
        left: Any = range(rows.count)
        kept, changed = self._programs.of(form), ""
        target: Target | None = None
        for captured in kept:
            now_changed = captured.state.changed()
            changed = changed or now_changed
            if not now_changed:
                target = target or Target(captured.runner.result, rows.count, reduce, out)
                left = self._run_rows(captured, blocks, arrays, left, target)
            if not len(left):
                break
        while len(left) or target is None:
            some = rows.row(int(left[0])) if len(left) else first
            captured = self._captured(form, changed, *some)
            target = target or Target(captured.runner.result, rows.count, reduce, out)
            rest = self._run_rows(captured, blocks, arrays, left, target)
            if len(left) and len(rest) == len(left):
                raise InputError(self._decided_otherwise())
            self._programs.use(captured, form)
            left = rest
        return target.result()

    def _run_rows(self, captured: Captured, blocks: list[Any], arrays: list[Any], left: Any, target: Target) -> Any:
        """Compute those of some rows that decide as a program does, and return the others."""
        if captured.effects or captured.irregular:
            changed = captured.effects[0].describe() if captured.effects else captured.irregular
            raise InputError(
                "map expected a function that changes nothing outside, because rows run together, but "
                f"{self._name} changes {changed}; return the numbers, such as the gradients of "
                "compile(value_and_grad(f))"
            )
        has_rows = tuple([array is not None for array in arrays])
        mapped = captured.mapped.get(has_rows)
        if mapped is None:
            mapped = captured.mapped[has_rows] = MappedProgram(captured, blocks, has_rows, exact=self._exact)
        return mapped.run(blocks, arrays, left, target)

    def _decided_otherwise(self) -> str:
        return (
            f"{self._name} decided another way when its program ran than when it was recorded at the same numbers: "
            "it depends on something that changes while it runs; pass that as an argument"
        )

    def _captured(self, form: Any, changed: str, args: tuple[Any, ...], named: dict[str, Any]) -> Captured:
        """A new program, for which there is room."""
        self._programs.make_room(form, changed)
        captured = capture(self.function, args, named, self._static, exact=self._exact)
        if not captured.irregular:
            self._programs.warn_of_volatile(captured.state.volatile)
        return captured

    @property
    def program(self) -> Program:
        """The program of the latest call.

        Raises:
            InputError: if there has been no call.
        """
        return self._latest_captured().program

    @property
    def text(self) -> str:
        """The program of the latest call as text, simplified: an instruction a line.

        Raises:
            InputError: if there has been no call.

        >>> square = compile(lambda x: x * x)
        >>> square(3.0)
        9.0
        >>> print(square.text)
        %0 = input
        %1 = mul %0 %0
        return %1
        """
        return to_text(simplify(self._latest_captured().program))

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

    def _blueprint(self) -> Blueprint:
        """The program of the latest call as boxes, for `viz.draw`."""
        captured = self._latest_captured()
        found = blueprint(captured.program, captured.interface.inputs(), captured.executable.records)
        return found._replace(about=f"{self._name}: {found.about}")

    def _latest_captured(self) -> Captured:
        if self._programs.latest is None:
            raise InputError(
                f"{self._name} has no program before its first call: its arguments decide what is recorded"
            )
        return self._programs.latest

    # A copy has the function, and records programs of its own: they belong to the variables around it.

    def __copy__(self) -> Compiled:
        return self._twin(self.function)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return self._twin(copy.deepcopy(self.function, memo))

    def _twin(self, function: Callable[..., Any]) -> Compiled:
        return Compiled(function, self._static, self._exact, self._programs.most)

    def __reduce__(self) -> Any:
        if _is_named(self):
            return self.__qualname__  # a reference by name, as a function has
        return Compiled, (self.function, self._static, self._exact, self._programs.most)


def _is_named(compiled: Compiled) -> bool:
    """Whether a compiled function is what a module knows by its name, as after `@compile`."""
    found: Any = sys.modules.get(compiled.__module__)
    for name in getattr(compiled, "__qualname__", "").split("."):
        found = getattr(found, name, None)
    return found is compiled


def _refuse_out(function: Callable[..., Any], name: str) -> None:
    """Refuse a function that has a parameter with a name that compiled functions need."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some built-in functions do not tell
        return
    if "out" in parameters and parameters["out"].kind is not inspect.Parameter.POSITIONAL_ONLY:
        raise InputError(
            f"{name} has a parameter out, and out= of a compiled function takes the arrays for its result; give the "
            "parameter another name, or compile lambda x, target: f(x, out=target)"
        )


def _refuse_kinds(function: Any) -> None:
    """Refuse what is called, and is no function of numbers."""
    if isinstance(function, type):
        raise OperandTypeError(
            f"compile expected a function, got the class {function.__name__}, which makes objects; compile a function "
            f"that calls it, or a method"
        )
    plain = inspect.unwrap(function) if not isinstance(function, functools.partial) else function.func
    if not inspect.isroutine(plain):
        plain = type(plain).__call__
    for is_kind, kind, way_out in KINDS:
        if is_kind(plain):
            raise OperandTypeError(f"compile expected a function that returns numbers, got {kind}; {way_out}")


KINDS: Final[tuple[tuple[Callable[[Any], bool], str, str], ...]] = (
    (
        inspect.iscoroutinefunction,
        "an asynchronous one",
        "compile the function that computes, and call it after what is awaited",
    ),
    (inspect.isasyncgenfunction, "an asynchronous generator", "compile the function that computes each item"),
    (inspect.isgeneratorfunction, "a generator", "return a list, or compile the function that computes each item"),
)
"""Kinds of functions whose body does not run in the call, and what to do instead."""


def compile(
    function: Callable[..., Any], static: Any = (), exact: bool = False, most_programs: int = MOST_PROGRAMS
) -> Compiled:
    """`compiling.compile` for a function that is given."""
    if not callable(function):
        raise OperandTypeError(f"compile expected a function, got {describe(function)}")
    _refuse_kinds(function)
    if type(most_programs) is not int or most_programs < 1:
        raise InputError(f"compile expected a positive int as most_programs, got {describe(most_programs)}")
    names = (static,) if isinstance(static, str | int) else tuple(static)
    return Compiled(function, frozenset(names), exact, most_programs)
