"""What a function with a mode around it may return, if the body of that is yet to run."""

from __future__ import annotations

import asyncio
import io
import itertools
import threading
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest

from autograd_core import OperandTypeError, Value, detect_anomaly, enable_grad, no_grad
from autograd_core.graph.blocks import BLOCKS


def records() -> bool:
    return len((Value(2.0) * 3).inputs) == 2


def test_a_function_may_return_what_runs_in_stretches() -> None:
    def talk() -> Generator[bool, bool, bool]:
        word = yield records()
        yield word
        return records()

    async def answer() -> bool:
        await asyncio.sleep(0)
        return records()

    async def several() -> Any:
        yield records()
        await asyncio.sleep(0)
        yield records()

    @no_grad()
    def choose(which: str) -> Any:
        return {
            "generator": talk,
            "expression": lambda: (records() for _ in range(2)),
            "coroutine": answer,
            "asynchronous": several,
        }[which]()

    assert [(inside, records()) for inside in choose("expression")] == [(False, True)] * 2
    conversation = choose("generator")
    assert (next(conversation), records(), conversation.send(True)) == (False, True, True)
    with pytest.raises(StopIteration) as end:
        next(conversation)
    assert end.value.value is False

    async def consume() -> None:
        assert (await choose("coroutine"), records()) == (False, True)
        assert [(inside, records()) async for inside in choose("asynchronous")] == [(False, True)] * 2

    asyncio.run(consume())
    assert not BLOCKS.any_open


@pytest.mark.parametrize(
    ("lazy", "what"),
    [
        (lambda: map(abs, [1.0]), "an object of type map"),
        (lambda: filter(None, [1.0]), "an object of type filter"),
        (lambda: zip([1.0], [2.0], strict=True), "an object of type zip"),
        (lambda: enumerate([1.0]), "an object of type enumerate"),
        (lambda: itertools.chain([1.0]), "an object of type chain"),
        (lambda: itertools.starmap(pow, [(1, 2)]), "an object of type starmap"),
    ],
)
@pytest.mark.parametrize("mode", [no_grad, enable_grad, detect_anomaly])
def test_a_function_that_returns_what_is_yet_to_run_is_refused(mode: Any, lazy: Callable[[], Any], what: str) -> None:
    def batches() -> Any:
        return lazy()

    expected = rf"batches, which is decorated with {mode.__name__}, returned {what}, .*; return a list of it"
    with pytest.raises(OperandTypeError, match=expected):
        mode()(batches)()
    assert not BLOCKS.any_open


@pytest.mark.parametrize("decorator", [contextmanager, asynccontextmanager])
def test_a_mode_belongs_below_the_decorator_of_a_context_manager(decorator: Any) -> None:
    async def asynchronous() -> Any:
        inside.append(records())
        yield

    def ordinary() -> Any:
        inside.append(records())
        yield

    inside: list[bool] = []
    manager = ordinary if decorator is contextmanager else asynchronous
    with pytest.raises(OperandTypeError, match=r"returned an? .*context manager, .*; decorate the generator .* below"):
        no_grad()(decorator(manager))()
    assert inside == []

    async def enter() -> None:
        async with AsyncExitStack() as stack:
            made = decorator(no_grad()(manager))()
            if decorator is contextmanager:
                stack.enter_context(made)
            else:
                await stack.enter_async_context(made)
            assert records()

    asyncio.run(enter())
    assert inside == [False]
    assert not BLOCKS.any_open


@pytest.mark.parametrize(
    "made", [[1.0], iter([1.0]), io.StringIO(), range(2), no_grad(), ExitStack(), threading.Lock()]
)
def test_what_else_a_function_returns_stays_as_it_is(made: Any) -> None:
    assert no_grad()(lambda: made)() is made
