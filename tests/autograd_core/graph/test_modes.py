"""Modes hold inside their block, in their context, and nowhere else."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import inspect
import math
import pickle
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import FrameType, TracebackType
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import (
    AnomalyError,
    InputError,
    OperandTypeError,
    Value,
    build_info,
    detect_anomaly,
    enable_grad,
    no_grad,
)
from autograd_core.graph.blocks import BLOCKS

MODES: Final = (no_grad, enable_grad, detect_anomaly)


def records() -> bool:
    return len((Value(2.0) * 3).inputs) == 2


def detects() -> bool:
    try:
        Value(0.0).log()
    except AnomalyError:
        return True
    return False


def assert_no_mode_is_on() -> None:
    assert records()
    assert not detects()
    assert not BLOCKS.any_open, "operations are slow for ever"


def test_no_grad_records_nothing() -> None:
    x = Value(2.0)
    with no_grad():
        results = [x * x, x + 1, 2 / x, -x, x**2, x.tanh(), x.relu(), ag.sum([x, x]), ag.dot([x], [x])]
        layer = ag.affine([[x]], [x], [x])
    assert [y.data for y in results] == [4.0, 3.0, 1.0, -2.0, 4.0, math.tanh(2.0), 2.0, 4.0, 4.0]
    assert layer[0].data == 6.0
    assert all(y.op is None and y.inputs == () for y in [*results, *layer])
    assert (x * x).inputs == (x, x)


def test_no_grad_decorates_and_nests() -> None:
    @no_grad()
    def double(x: Value) -> Value:
        with enable_grad():
            assert (x * 2).inputs
        with no_grad():
            pass
        return x * 2

    assert double(Value(1.0)).inputs == ()
    assert double(Value(1.0)).inputs == ()


def test_a_mode_ends_with_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), no_grad(), detect_anomaly():
        raise ZeroDivisionError
    assert (Value(1.0) * 2).inputs
    assert (Value(0.0).log() * 2).data == -math.inf


def test_a_mode_belongs_to_its_thread() -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with no_grad():
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    try:
        assert (Value(2.0) * 3).inputs
        assert ag.dot([Value(2.0)], [3.0]).inputs
    finally:
        done.set()
        thread.join()


def test_the_forward_pass_names_op_inputs_and_line() -> None:
    x = Value(-1.0)
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"log\(-1\.0\) gave nan, at .*test_modes\.py:\d+: .*x\.log") as caught,
    ):
        x.log()
    assert isinstance(caught.value, ArithmeticError)


def test_overflow_and_poles_are_anomalies_and_infinite_inputs_are_not() -> None:
    with detect_anomaly():
        with pytest.raises(AnomalyError, match=r"div\(1\.0, 0\.0\) gave inf"):
            1 / Value(0.0)
        with pytest.raises(AnomalyError, match=r"exp\(1000\.0\) gave inf"):
            Value(1000.0).exp()
        with pytest.raises(AnomalyError, match=r"sub\(inf, inf\) gave nan"):
            Value(math.inf) - Value(math.inf)
        assert (Value(math.inf) * 2).data == math.inf
        assert math.isnan((Value(math.nan) * 2).data)


def test_the_backward_pass_names_op_and_line_and_changes_nothing() -> None:
    x, w = Value(0.0), Value(2.0)
    w.grad = 7.0
    with detect_anomaly():
        y = x.sqrt() * w
        with pytest.raises(
            AnomalyError, match=r"backward pass through sqrt made inf, recorded at .*test_modes\.py:\d+: y ="
        ):
            y.backward()
        with pytest.raises(AnomalyError, match="through sqrt"):
            y.backward(create_graph=True)
    assert (x.grad, w.grad) == (0.0, 7.0)


def test_a_graph_recorded_outside_says_how_to_find_the_line() -> None:
    y = Value(0.0).sqrt()
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match="made inf, run the forward pass under detect_anomaly too to see where"),
    ):
        y.backward()


def test_ordinary_results_are_the_same_under_detection() -> None:
    def gradient() -> float:
        x = Value(0.7)
        (ag.dot([x, x], [x, 2.0]).tanh() * x.exp()).backward()
        assert isinstance(x.grad, float)
        return x.grad

    plain = gradient()
    with detect_anomaly():
        assert gradient() == plain


def test_nodes_know_where_they_were_recorded_while_anomalies_are_detected() -> None:
    x = Value(2.0)
    assert (x * x).origin == ""
    with detect_anomaly():
        y = x * x
    assert re.search(r"test_modes\.py:\d+", y.origin)
    assert x.origin == ""


# ---- One mode, used many times ---------------------------------------------------------------------------------------


def test_a_mode_is_reusable_and_goes_inside_itself() -> None:
    quiet = no_grad()
    for _ in range(2):
        with quiet:
            with quiet, enable_grad(), quiet:
                assert not records()
            assert not records()
        assert_no_mode_is_on()
    assert repr(quiet) == "no_grad()"


def test_a_mode_is_shared_by_threads() -> None:
    quiet, inside, done = no_grad(), threading.Event(), threading.Event()
    seen: list[bool] = []

    def hold() -> None:
        with quiet:
            inside.set()
            done.wait(10)
            seen.append(records())

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    with quiet:
        assert not records()
    assert records()
    done.set()
    thread.join()
    assert seen == [False]
    assert_no_mode_is_on()


def test_blocks_end_in_any_order() -> None:
    first, second, third = no_grad(), enable_grad(), no_grad()
    for mode in (first, second, third):
        mode.__enter__()
    second.__exit__(None, None, None)
    assert not records()
    third.__exit__(None, None, None)
    assert not records()
    first.__exit__(None, None, None)
    assert_no_mode_is_on()


def test_modes_go_into_an_exit_stack() -> None:
    quiet = no_grad()
    with ExitStack() as stack:
        stack.enter_context(quiet)
        stack.enter_context(detect_anomaly())
        assert not records()
        assert detects()
    assert_no_mode_is_on()


def test_a_mode_whose_last_owner_is_gone_is_over() -> None:
    no_grad().__enter__()
    assert_no_mode_is_on()


# ---- Functions -------------------------------------------------------------------------------------------------------


def test_a_mode_decorates_with_and_without_parentheses() -> None:
    def double(x: Value, /, times: int = 2) -> Any:
        """Twice as much."""
        return x * times

    for quiet in (no_grad(double), no_grad()(double)):
        assert quiet(Value(3.0)).inputs == ()
        assert quiet(Value(3.0), times=5).data == 15.0
        assert (quiet.__name__, quiet.__doc__) == ("double", "Twice as much.")
    assert_no_mode_is_on()


def test_a_decorated_function_may_call_itself() -> None:
    @no_grad()
    def power(x: Value, n: int) -> Any:
        assert not records()
        return x * power(x, n - 1) if n else Value(1.0)

    assert power(Value(2.0), 5).data == 32.0
    assert_no_mode_is_on()


def test_methods_of_every_kind_are_decorated() -> None:
    class Model:
        @no_grad()
        def ordinary(self) -> tuple[Any, bool]:
            return self, records()

        @no_grad()
        @classmethod
        def of_class(cls) -> tuple[Any, bool]:
            return cls, records()

        @no_grad()
        @staticmethod
        def static() -> bool:
            return records()

        @property
        @no_grad()
        def attribute(self) -> bool:
            return records()

        def __call__(self) -> Iterator[bool]:
            yield records()

    model = Model()
    assert model.ordinary() == (model, False)
    assert model.of_class() == (Model, False)
    assert (model.static(), Model.static(), model.attribute) == (False, False, False)
    assert list(no_grad()(model)()) == [False]
    assert no_grad()(functools.partial(records))() is False


@pytest.mark.parametrize("mode", MODES)
def test_what_is_no_function_is_not_decorated(mode: Any) -> None:
    with pytest.raises(OperandTypeError, match=rf"with {mode.__name__}, got the class .*Model; decorate its methods"):

        @mode()
        class Model:
            pass

    with pytest.raises(OperandTypeError, match=rf"expected a function to decorate with {mode.__name__}, got 3 \(int\)"):
        mode(3)
    with pytest.raises(OperandTypeError, match=r"got .*property.*; decorate the function itself, or write `with"):
        mode()(property(lambda model: records()))
    assert_no_mode_is_on()


# ---- Generators and coroutines ---------------------------------------------------------------------------------------


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


@contextmanager
def quietly() -> Iterator[None]:
    with no_grad():
        yield


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


# ---- Interrupts ------------------------------------------------------------------------------------------------------


INTERRUPTED: Final = {
    "autograd_core.graph.blocks",
    "autograd_core.graph.modes",
    "autograd_core.graph.decorated",
    "autograd_core.transforms.directional",
    "autograd_core.transforms.functional",
    "autograd_core.transforms.matrices",
    "autograd_core.transforms.run",
    "autograd_core.graph.value",
    "contextlib",
    __name__,
}
"""Not the sweeps: a trace function can keep even a lock from being released, which no signal can."""


def interrupted(scenario: Callable[[], object], at: int) -> bool:
    """Run a scenario, with an interrupt at so many-th event in code around modes; return whether there was one."""
    events = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal events
        if frame.f_globals.get("__name__") not in INTERRUPTED:
            return None
        if event in ("call", "line"):
            events += 1
            if events == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scenario()
    except KeyboardInterrupt as error:
        KEPT[:] = [error.with_traceback(_without(error.__traceback__))]
        return True
    finally:
        sys.settrace(before)
    return False


KEPT: Final[list[BaseException]] = []
"""The last interrupt, with its traceback, as a prompt and a notebook keep it."""


def _without(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frame of `interrupted`, in which it would be found, in a cycle."""
    return None if traceback is None else traceback.tb_next


NEVER_LEFT: Final = pytest.mark.skipif(
    build_info().compiled, reason="a trace function can keep even __exit__ from being called, which no signal can"
)

SHARED: Final = no_grad()


def shared() -> None:
    with SHARED:
        Value(2.0) * 3
        with SHARED:
            Value(2.0) * 3


def nested() -> None:
    with no_grad(), detect_anomaly():
        Value(2.0) * 3
        with enable_grad():
            (Value(2.0) * 3).backward()


def failing() -> None:
    try:
        with detect_anomaly():
            Value(0.0).log()
    except AnomalyError:
        pass


def doubly_differentiated() -> None:
    with detect_anomaly():
        x = Value(2.0)
        (x * x).backward(create_graph=True)
    x.grad = 0.0


def iterated() -> None:
    @no_grad()
    def loader() -> Iterator[Value]:
        yield Value(2.0) * 3

    for x in loader():
        x * 2


def iterated_block() -> None:
    def loader() -> Iterator[Value]:
        with no_grad():
            yield Value(2.0) * 3

    for x in loader():
        x * 2


def awaited() -> None:
    @no_grad
    async def quiet() -> Any:
        return Value(2.0) * 3

    with pytest.raises(StopIteration):
        quiet().send(None)


def managed() -> None:
    with quietly():
        Value(2.0) * 3


def differentiated_inside() -> None:
    with no_grad():
        ag.grad(lambda x: x * x)(2.0)


def second_derivative() -> None:
    ag.grad(ag.grad(lambda x: x**3))(2.0)


FREED: Final = (managed, differentiated_inside, second_derivative)
"""Where the traceback may not be kept: a generator that is a context is suspended in its block for as long as it is
there, and a trace function can keep even a `finally` from running, which no signal can."""


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize(
    "scenario",
    [
        nested,
        pytest.param(shared, marks=NEVER_LEFT),
        failing,
        doubly_differentiated,
        iterated,
        iterated_block,
        awaited,
        managed,
        differentiated_inside,
        second_derivative,
    ],
)
def test_no_interrupt_leaves_a_mode_on(scenario: Callable[[], object]) -> None:
    places: list[int] = []

    def interrupt_everywhere() -> None:
        at = 1
        while interrupted(scenario, at):
            if scenario in FREED:
                KEPT.clear()
            assert_no_mode_is_on()
            assert type(ag.grad(lambda x: x * x)(2.0)) is float
            at += 1
        assert_no_mode_is_on()
        places.append(at)

    # In a thread of its own, for what an error raised by a trace function leaves on the stack of handled exceptions.
    thread = threading.Thread(target=interrupt_everywhere)
    thread.start()
    thread.join()
    assert places
    assert places[0] > 4


# ---- Nothing is recorded, and it is said -----------------------------------------------------------------------------


def test_backward_says_that_nothing_is_recorded() -> None:
    x = Value(3.0)
    outside = x * x
    with no_grad():
        inside = x * x
        with pytest.raises(InputError, match=r"got the leaf Value\(9\.0.* inside no_grad\(\), where nothing"):
            inside.backward()
        assert (inside.grad, x.grad) == (0.0, 0.0)
        outside.backward()
        with enable_grad():
            (x * x).backward()
    assert x.grad == 12.0


def test_a_graph_of_gradients_is_recorded_inside_no_grad() -> None:
    x = Value(3.0)
    y = x**3
    with no_grad():
        y.backward(create_graph=True)
    slope, x.grad = x.grad, 0.0
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda mode: pickle.loads(pickle.dumps(mode))])  # noqa: S301 - our own
def test_a_copy_of_a_mode_is_that_mode_with_no_block_open(copied: Callable[[Any], Any]) -> None:
    mode = no_grad()
    with mode:
        again = copied(mode)
    with again:
        assert not (Value(1.0) * 2.0).inputs
    assert repr(again) == "no_grad()"
    assert (Value(1.0) * 2.0).inputs
