"""A function in a mode: the mode is on while the body of the function runs, and at no other time.

The body of a generator does not run when the generator is made but at each `next`, `send`, `throw` or `close`. The body
of an asynchronous function runs between two awaits. The mode is entered anew for each of these stretches.

A function may also return a generator or coroutine of another function, which is treated in the same way. Other objects
whose code runs later, such as a `map` or a context manager of `contextlib`, are refused, because the mode has ended by
then.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from contextlib import AbstractContextManager, _AsyncGeneratorContextManager, _GeneratorContextManager
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Final

from autograd_core.errors import OperandTypeError
from autograd_core.numerics.number import describe

Make = Callable[[], AbstractContextManager[None]]


def decorated(function: Any, name: str, make: Make) -> Any:
    """The function in a mode.

    Args:
        function: any callable except a class; also a `staticmethod` or a `classmethod`.
        name: the name of the mode, for messages.
        make: makes a context manager that is entered once.

    Raises:
        OperandTypeError: if `function` is something else; (when called) if the function returns an object whose code
            runs later, but not in stretches.
    """
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(decorated(function.__func__, name, make))
    if isinstance(function, type):
        raise OperandTypeError(
            f"expected a function to decorate with {name}, got the class {function.__qualname__}; decorate its methods"
        )
    if not callable(function):
        raise OperandTypeError(
            f"expected a function to decorate with {name}, got {describe(function)}; decorate the function "
            f"itself, or write `with {name}():` around statements"
        )
    wrapper = _wrapper(function)
    wrapped = _function(function, make, name) if wrapper is None else wrapper(function, make)
    return functools.wraps(function)(wrapped)


def _wrapper(function: Any) -> Callable[[Any, Make], Any] | None:
    called = function if inspect.isroutine(function) or isinstance(function, functools.partial) else function.__call__
    for is_kind, wrapper in WRAPPERS.items():
        if is_kind(called):
            return wrapper
    return None


def _function(function: Any, make: Make, name: str) -> Any:
    """The wrapper of an ordinary function, which may return an object whose code runs later."""

    def wrapper(*args: Any, **options: Any) -> Any:
        """Call the function in the mode; if its result runs in stretches, these run in the mode, too."""
        with make():
            result = function(*args, **options)
        kind = type(result)
        if kind in UNFINISHED:
            return _in_stretches(result, function, make, name)
        return result

    return wrapper


def _in_stretches(result: Any, function: Any, make: Make, name: str) -> Any:
    """The result of a function, made to run in the mode if it runs in stretches.

    Raises:
        OperandTypeError: if the code of the result runs later, but not in stretches.
    """
    for kind, wrapper in RESULTS.items():
        if isinstance(result, kind):
            return wrapper(lambda: result, make)()
    if type(result) not in LAZY:
        return result
    who = getattr(function, "__qualname__", None) or describe(function)
    what, way_out = LAZY[type(result)]
    raise OperandTypeError(
        f"{who}, which is decorated with {name}, returned {what}, which runs after {name} has ended; "
        + way_out.format(mode=name)
    )


def _generator(function: Any, make: Make) -> Any:
    """The wrapper of a generator function."""

    def wrapper(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
        return (yield from _Stretches(function(*args, **options), make))

    return wrapper


def _coroutine(function: Any, make: Make) -> Any:
    """The wrapper of a coroutine function."""

    async def wrapper(*args: Any, **options: Any) -> Any:
        return await _Stretches(function(*args, **options), make)

    return wrapper


def _async_generator(function: Any, make: Make) -> Any:
    """The wrapper of an asynchronous generator function."""

    async def wrapper(*args: Any, **options: Any) -> AsyncIterator[Any]:
        """Pass on the items of the generator, and what its consumer sends, throws or closes, in the mode."""
        body = function(*args, **options)
        step = body.__anext__()
        while True:
            try:
                item = await _Stretches(step, make)
            except StopAsyncIteration:
                return
            try:
                sent = yield item
            except GeneratorExit:
                await _Stretches(body.aclose(), make)
                raise
            except BaseException as error:  # noqa: BLE001 - the body gets every error that its consumer throws
                step = body.athrow(error)
            else:
                step = body.asend(sent)

    return wrapper


WRAPPERS: Final[dict[Callable[[Any], bool], Callable[[Any, Make], Any]]] = {
    inspect.isgeneratorfunction: _generator,
    inspect.iscoroutinefunction: _coroutine,
    inspect.isasyncgenfunction: _async_generator,
}
"""The wrapper for each kind of function whose body runs in stretches."""

RESULTS: Final[dict[type, Callable[[Any, Make], Any]]] = {
    Generator: _generator,
    Coroutine: _coroutine,
    AsyncGenerator: _async_generator,
}
"""The wrapper for each kind of result that runs in stretches."""

_LIST: Final = "return a list of it, or write a generator with yield"
_MANAGER: Final = (
    "decorate the generator function itself, with {mode}() below the decorator of contextlib, to have the mode while "
    "its own statements run; or write `with {mode}(): yield` in it to have the mode in the block of the caller"
)

LAZY: Final[dict[type, tuple[str, str]]] = {
    **{
        kind: (f"an object of type {kind.__name__}", _LIST)
        for kind in (
            *(map, filter, zip, enumerate, itertools.accumulate, itertools.chain, itertools.compress),
            *(itertools.dropwhile, itertools.filterfalse, itertools.groupby, itertools.islice, itertools.pairwise),
            *(itertools.starmap, itertools.takewhile, itertools.zip_longest),
        )
    },
    _GeneratorContextManager: ("a context manager", _MANAGER),
    _AsyncGeneratorContextManager: ("an asynchronous context manager", _MANAGER),
}
"""Types of objects whose code runs only when they are used: their names in messages, and what to do instead."""

UNFINISHED: Final = frozenset({GeneratorType, CoroutineType, AsyncGeneratorType, *LAZY})
"""Python's types of objects whose code runs later. This set is checked first, because every call checks it."""


class _Stretches:
    """A generator or awaitable with a mode around each stretch; for `yield from` and `await`.

    Args:
        body: the generator or awaitable.
        make: makes a context manager that is entered once.
    """

    def __init__(self, body: Any, make: Make) -> None:
        self._body = body.__await__() if hasattr(body, "__await__") else body
        self._make = make

    def __await__(self) -> _Stretches:
        return self

    def __iter__(self) -> _Stretches:
        return self

    def __next__(self) -> Any:
        with self._make():
            return next(self._body)

    def send(self, value: Any) -> Any:
        with self._make():
            return self._body.send(value)

    def throw(self, *error: Any) -> Any:
        with self._make():
            return self._body.throw(*error)

    def close(self) -> None:
        with self._make():
            self._body.close()
