"""A function with a mode around it: the mode is on while the body of the function runs, and at no other time.

The body of a generator does not run when the generator is made but at each `next`, `send`, `throw` or `close`; that of
an asynchronous function between two places where it waits. So the mode is entered anew for each of these stretches.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from contextlib import AbstractContextManager
from typing import Any, Final

from autograd_core.errors import OperandTypeError
from autograd_core.number import describe

Make = Callable[[], AbstractContextManager[None]]


def decorated(function: Any, name: str, make: Make) -> Any:
    """The function in a mode.

    Args:
        function: any callable but a class; also a `staticmethod` or a `classmethod`.
        name: of the mode, for messages.
        make: makes a context manager to be entered once.

    Raises:
        OperandTypeError: if it is something else.
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
    return functools.wraps(function)(_wrapper(function)(function, make))


def _wrapper(function: Any) -> Callable[[Any, Make], Any]:
    called = function if inspect.isroutine(function) or isinstance(function, functools.partial) else function.__call__
    for is_kind, wrapper in WRAPPERS.items():
        if is_kind(called):
            return wrapper
    return _function


def _function(function: Any, make: Make) -> Any:
    # Another decorator may hide that it returns what a generator or an asynchronous function has made.
    hidden = _wrapper(inspect.unwrap(function))

    def wrapper(*args: Any, **options: Any) -> Any:
        with make():
            result = function(*args, **options)
        if hidden is not _function and isinstance(result, (Generator, Coroutine, AsyncGenerator)):
            return hidden(lambda: result, make)()
        return result

    return wrapper


def _generator(function: Any, make: Make) -> Any:
    def wrapper(*args: Any, **options: Any) -> Generator[Any, Any, Any]:
        return (yield from _Stretches(function(*args, **options), make))

    return wrapper


def _coroutine(function: Any, make: Make) -> Any:
    async def wrapper(*args: Any, **options: Any) -> Any:
        return await _Stretches(function(*args, **options), make)

    return wrapper


def _async_generator(function: Any, make: Make) -> Any:
    async def wrapper(*args: Any, **options: Any) -> AsyncIterator[Any]:
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
            except BaseException as error:  # noqa: BLE001 - the body is to see whatever its consumer throws
                step = body.athrow(error)
            else:
                step = body.asend(sent)

    return wrapper


WRAPPERS: Final[dict[Callable[[Any], bool], Callable[[Any, Make], Any]]] = {
    inspect.isgeneratorfunction: _generator,
    inspect.iscoroutinefunction: _coroutine,
    inspect.isasyncgenfunction: _async_generator,
}


class _Stretches:
    """What runs in stretches, with a mode around each; to be used with `yield from` or `await`.

    Args:
        body: a generator, or an awaitable.
        make: as for `decorated`.
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
