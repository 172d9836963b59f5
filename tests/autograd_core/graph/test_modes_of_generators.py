"""Modes in functions that pause: generators, coroutines, tasks, and generators made context managers."""

from __future__ import annotations

import asyncio
import functools
import gc
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from autograd_core import (
    detect_anomaly,
    no_grad,
)
from modes_on import assert_no_mode_is_on, detects, quietly, records


def test_a_decorated_generator_is_in_the_mode_while_it_runs() -> None:
    @no_grad()
    def conversation(log: list[Any]) -> Generator[bool, str, str]:
        try:
            log.append((yield records()))
            try:
                yield records()
            except ZeroDivisionError:
                log.append(records())
            yield records()
        finally:
            log.append(records())
        return "result"

    assert inspect.isgeneratorfunction(conversation)
    log: list[Any] = []
    talk = conversation(log)
    assert (next(talk), records()) == (False, True)
    assert (talk.send("word"), records()) == (False, True)
    assert (talk.throw(ZeroDivisionError()), records()) == (False, True)
    with pytest.raises(StopIteration) as end:
        next(talk)
    assert end.value.value == "result"
    assert log == ["word", False, False]
    talk = conversation(log)
    next(talk)
    talk.close()
    assert log[3:] == [False]
    assert_no_mode_is_on()


def test_a_decorated_coroutine_is_in_the_mode_while_it_runs() -> None:
    turns: list[str] = []

    @no_grad()
    async def quiet() -> str:
        for _ in range(3):
            assert not records()
            turns.append("quiet")
            await asyncio.sleep(0)
        return "result"

    async def loud() -> None:
        for _ in range(3):
            assert records()
            turns.append("loud")
            await asyncio.sleep(0)

    async def both() -> None:
        assert (await asyncio.gather(quiet(), loud()))[0] == "result"
        assert await quiet() == "result"
        assert records()

    assert inspect.iscoroutinefunction(quiet)
    asyncio.run(both())
    assert turns[:4] == ["quiet", "loud"] * 2
    by_hand = quiet()
    by_hand.send(None)
    assert records()
    by_hand.close()
    assert_no_mode_is_on()


def test_a_decorated_asynchronous_generator_is_in_the_mode_while_it_runs() -> None:
    log: list[Any] = []

    @no_grad()
    async def conversation() -> Any:
        try:
            log.append((yield records()))
            await asyncio.sleep(0)
            try:
                yield records()
            except ZeroDivisionError:
                log.append(records())
            yield records()
        finally:
            await asyncio.sleep(0)
            log.append(records())

    async def consume() -> None:
        talk = conversation()
        assert (await anext(talk), records()) == (False, True)
        assert (await talk.asend("word"), records()) == (False, True)
        assert (await talk.athrow(ZeroDivisionError()), records()) == (False, True)
        assert [item async for item in talk] == []
        async for item in conversation():
            assert (item, records()) == (False, True)
        talk = conversation()
        await anext(talk)
        await talk.aclose()
        assert records()

    assert inspect.isasyncgenfunction(conversation)
    asyncio.run(consume())
    assert log == ["word", False, False, None, False, False]
    assert_no_mode_is_on()


def test_a_generator_behind_another_decorator_is_found() -> None:
    def traced(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any) -> Any:
            return function(*args)

        return wrapper

    @no_grad()
    @traced
    def loader() -> Iterator[bool]:
        yield records()

    @no_grad()
    @traced
    async def quiet() -> bool:
        return records()

    assert [(inside, records()) for inside in loader()] == [(False, True)]
    assert asyncio.run(quiet()) is False


def test_a_block_of_a_generator_is_not_that_of_its_consumer() -> None:
    quiet = no_grad()

    def loader(mode: Any) -> Iterator[bool]:
        with mode, detect_anomaly():
            yield records()
            yield records()

    def inner(mode: Any) -> Iterator[bool]:
        yield from loader(mode)

    for make in (loader, inner):
        for mode in (quiet, no_grad()):
            for inside in make(mode):
                assert (inside, records(), detects()) == (False, True, False)
            assert_no_mode_is_on()
    for left, right in zip(loader(quiet), loader(quiet), strict=True):
        assert (left, right, records()) == (False, False, True)
    abandoned = loader(quiet)
    next(abandoned)
    with no_grad():
        next(abandoned)
        assert not records()
    del abandoned
    assert_no_mode_is_on()


def test_the_consumer_of_an_asynchronous_generator_is_not_in_its_block() -> None:
    async def loader() -> AsyncIterator[bool]:
        with no_grad():
            await asyncio.sleep(0)
            yield records()

    async def consume() -> list[tuple[bool, bool]]:
        return [(inside, records()) async for inside in loader()]

    assert asyncio.run(consume()) == [(False, True)]
    assert_no_mode_is_on()


def test_a_generator_made_a_context_manager_opens_the_block_of_its_with_statement() -> None:
    @contextmanager
    def more_quietly() -> Iterator[None]:
        with quietly(), detect_anomaly():
            yield

    @asynccontextmanager
    async def later() -> AsyncIterator[None]:
        with quietly():
            yield

    async def wait() -> None:
        async with later():
            await asyncio.sleep(0)
            assert not records()
        assert records()

    def loader() -> Iterator[bool]:
        with more_quietly():
            yield records()

    with more_quietly():
        assert (records(), detects()) == (False, True)
    assert_no_mode_is_on()
    asyncio.run(wait())
    assert [(inside, records()) for inside in loader()] == [(False, True)]
    assert_no_mode_is_on()


@pytest.fixture
def quiet_test() -> Iterator[None]:
    with no_grad():
        yield


def test_a_fixture_holds_during_the_test(quiet_test: None) -> None:
    assert not records()


def test_tasks_have_the_modes_of_the_block_that_starts_them_until_it_ends() -> None:
    async def look(pauses: int) -> list[bool]:
        seen = []
        for _ in range(pauses):
            seen.append(records())
            await asyncio.sleep(0)
        return seen

    async def start() -> None:
        other = asyncio.create_task(look(4))
        with no_grad():
            late = asyncio.create_task(look(4))
            assert (await asyncio.gather(look(2), look(1)))[0] == [False, False]
            assert await asyncio.to_thread(records) is False
            assert not records()
        assert records()
        assert set(await other) == {True}
        seen = await late
        assert seen[0] is False

    asyncio.run(start())
    assert_no_mode_is_on()


def test_a_task_that_outlives_the_block_is_out_of_the_mode() -> None:
    async def start() -> bool:
        ended = asyncio.Event()

        async def look() -> bool:
            await ended.wait()
            with detect_anomaly():  # so that operations look
                return records()

        with no_grad():
            task = asyncio.create_task(look())
            await asyncio.sleep(0)
        ended.set()
        return await task

    assert asyncio.run(start())


def test_a_generator_that_is_dropped_in_a_cycle_ends_its_block() -> None:
    def loader(box: list[Any]) -> Iterator[None]:
        with no_grad():
            yield

    box: list[Any] = []
    box.append(loader(box))
    next(box[0])
    del box
    gc.collect()
    assert_no_mode_is_on()
