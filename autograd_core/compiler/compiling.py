"""`compile`, as people call it. What it makes is in `function`, which is loaded when something is compiled."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, overload

from autograd_core.calls import explained
from autograd_core.errors import InputError
from autograd_core.text import did_you_mean

if TYPE_CHECKING:
    from autograd_core.graph.value import Value
    from autograd_core.types import CompiledFunction, Compiling, OfValues, P, R, Static, Untyped


OPEN: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
"""Kinds of parameters that take arguments of any name or position."""


@overload
def compile(
    function: Callable[P, Untyped], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[P, Any]: ...
@overload
def compile(
    function: OfValues[Value], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[..., float]: ...
@overload
def compile(
    function: OfValues[Any], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[..., Any]: ...
@overload
def compile(
    function: Callable[P, Value], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[P, float]: ...
@overload
def compile(
    function: Callable[P, list[Value]], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[P, list[float]]: ...
@overload
def compile(
    function: Callable[P, R], /, *, static: Static = (), exact: bool = False, most_programs: int = 64
) -> CompiledFunction[P, R]: ...
@overload
def compile(*, static: Static = (), exact: bool = False, most_programs: int = 64) -> Compiling: ...
@explained()
def compile(function: Any = None, /, *, static: Any = (), exact: bool = False, most_programs: int = 64) -> Any:
    """Make a function run at the speed of arrays: it is recorded once, and its program runs from then on.

    The first call runs the function on numbers that record what happens to them. What was recorded is one program of
    scalars; equal operations of it run together, and matrix products are found in it. Every later call with arguments
    of the same form runs the program. Results are plain numbers in the form of what the function returns.

    `compile(grad(f))`, `compile(value_and_grad(f))` and `compile(hessian(f))` work, and so does a function that calls
    `backward()` itself. As a decorator it is `@compile`, or `@compile(exact=True)`; a method is compiled for each
    object.

    * **Data** are all floats and ints in the arguments, in lists, tuples, dicts, dataclasses and arrays: they are
      numbers that may be others at every call. An int that counts or indexes belongs in `static`.
    * **Static** is every bool, text and None, and what `static` names: another one is another program.
    * **Leaves** that the function uses without getting them, such as parameters, are read at every call.
    * **Effects**: what the function assigns to `data` and `grad` of leaves, and to attributes such as a running mean,
      is assigned after every call. So a whole training step can be compiled.
    * **Guards**: `if x > 0` is decided by the numbers of the call. If a later call decides otherwise, that way is
      recorded as well, up to eight of them; `where(x > 0, a, b)` needs no decision. Numbers, texts and flags that the
      function reads from outside, such as `training` of a module, are compared before every call, and another one is
      recorded anew.

    Args:
        function: what to compile.
        static: the argument or arguments that are part of the program, by name or by position. By default none.
        exact: whether the results equal those of the function to the last bit. By default sums may be added in another
            order, which is up to ten times faster; results then agree to about 12 digits.
        most_programs: so many programs are kept, one for each form of arguments, of what is static and of decisions;
            the one that has not run for longest goes. By default 64, which is more than usual functions need.

    Returns:
        A function with the same signature. `map` runs it for many rows of data at once. `explain()` says in words how
        the program runs, `source` is the program in plain Python, and `viz.draw` draws it.

    Raises:
        OperandTypeError: if `function` cannot be called, or is a class, a generator or asynchronous. When called: if an
            argument is neither a number nor static, or a number that is recorded is to be a float, an int or an index.
        InputError: if `static` names no argument. When called: if the function takes a ninth way at its decisions, or
            draws random numbers.
        GradientLossError: when called: if a recorded number is left outside, or a Value that was computed outside is
            used inside, where no gradient would reach what it was computed from.

    Warns (when called):
        CompileWarning: if it is recorded again and again because something outside of it changes, or if its code names
            a clock, the keyboard or a file: a program repeats what the recorded call was given.

    >>> from autograd_core import Value
    >>> w = Value(0.0)
    >>> @compile
    ... def step(x, y, rate):
    ...     loss = (w * x - y) ** 2
    ...     w.grad = 0
    ...     loss.backward()
    ...     w.data -= rate * w.grad
    ...     return loss
    >>> [step(2.0, 6.0, 0.125) for _ in range(3)], w.data
    ([36.0, 0.0, 0.0], 3.0)
    """
    from autograd_core.compiler import function as compiler  # which takes half as long to load as all the rest

    given = (static,) if isinstance(static, str | int) else tuple(static)
    if function is None:
        return functools.partial(compile, static=given, exact=exact, most_programs=most_programs)
    return compiler.compile(function, _names_and_positions(function, given), exact, most_programs)


def _names_and_positions(function: Any, static: tuple[Any, ...]) -> tuple[Any, ...]:
    """The static arguments by name and by position, because a caller can give them in both ways.

    >>> _names_and_positions(lambda x, n: x, ("n",))
    ('n', 1)
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not tell
        return static
    names = [parameter.name for parameter in parameters]
    found: list[Any] = []
    for each in static:
        found.append(each)
        if isinstance(each, str) and each in names:
            found.append(names.index(each))
        elif isinstance(each, int) and 0 <= each < len(names):
            found.append(names[each])
        elif all(parameter.kind not in OPEN for parameter in parameters):
            raise _no_such(function, each, names)
    return tuple(found)


def _no_such(function: Any, static: Any, names: list[str]) -> InputError:
    name = getattr(function, "__name__", "the function")
    hint = did_you_mean(static, names, most=1) if isinstance(static, str) else ""
    known = f"{name} has {', '.join(names) or 'none'}"
    return InputError(f"compile expected names or positions of arguments as static, got {static!r}; {hint or known}")
