"""An interrupt at any instruction leaves no mode on."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import (
    AnomalyError,
    Value,
    build_info,
    detect_anomaly,
    enable_grad,
    no_grad,
)
from modes_on import assert_no_mode_is_on, quietly

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
    # Coroutines that were never awaited are freed here, where their warning is expected, not in a later test.
    KEPT.clear()
    gc.collect()
