"""Compiled functions among threads, processes, interrupts, copies and pickles."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import pytest

import autograd_core as ag
import nn
from autograd_core import Value
from autograd_core.compiler import function as functions
from modes_on import assert_no_mode_is_on


@functions.compile
def doubled(x: Any) -> Any:
    return 2.0 * x


def tripled(x: Any) -> Any:
    return 3.0 * x


class TestThreads:
    def test_two_threads_get_right_results_while_one_captures(self) -> None:
        norm = nn.BatchNorm1d(1)
        ready, calls = threading.Event(), 400

        def slow(x: Any) -> Any:
            y = norm([[x], [x + 1.0], [x + 2.0]])[0][0]
            ready.set()
            for _ in range(200):
                y = y * 1.0
                time.sleep(0)
            return y

        fast = functions.compile(lambda x: [norm([[x], [x + 1.0], [x + 2.0]])[0][0], x * 2.0])
        fast(0.0)
        captured = functions.compile(slow)
        found: list[Any] = []

        def run() -> None:
            ready.wait(5.0)
            found.extend(fast(float(k)) for k in range(calls))

        other = threading.Thread(target=run, daemon=True)
        other.start()
        first = captured(5.0)
        other.join()
        assert first == fast(5.0)[0]
        assert [pair[1] for pair in found] == [2.0 * k for k in range(calls)]
        assert "Symbol" not in repr(norm.named_buffers())

    def test_effects_of_two_threads_add_up(self) -> None:
        total = {"sum": 0.0}

        def add(x: Any) -> Any:
            total["sum"] = total["sum"] + x
            return x

        compiled = functions.compile(add)
        threads = [threading.Thread(target=lambda: [compiled(1.0) for _ in range(500)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert total["sum"] == 2000.0

    def test_a_function_that_starts_threads(self) -> None:
        def f(x: Any) -> Any:
            found: list[Any] = []
            thread = threading.Thread(target=lambda: found.append(x * 2.0))
            thread.start()
            thread.join()
            return found[0]

        compiled = functions.compile(f)
        assert [compiled(1.0), compiled(2.0)] == [2.0, 4.0]


def in_a_child(work: Callable[[], bool]) -> int:
    """The exit status of a forked process that does some work; 0 if it was right."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
class TestForks:
    def test_a_function_captured_in_the_parent_runs_in_the_child(self) -> None:
        p = Value(2.0)
        compiled = functions.compile(lambda x: ag.exp(p * x))
        expected = compiled(1.0)
        assert in_a_child(lambda: compiled(1.0) == expected and functions.compile(tripled)(2.0) == 6.0) == 0
        assert compiled(1.0) == expected

    def test_a_fork_waits_for_calls_of_other_threads(self) -> None:
        total, inside, go_on = {"sum": 1.0}, threading.Event(), threading.Event()

        def slow(x: Any) -> Any:
            total["sum"] = total["sum"] + x
            inside.set()
            go_on.wait(10.0)
            return total["sum"]

        compiled, fast = functions.compile(slow), functions.compile(tripled)
        thread = threading.Thread(target=compiled, args=(1.0,), daemon=True)
        thread.start()
        inside.wait(5.0)
        threading.Timer(0.2, go_on.set).start()
        assert in_a_child(lambda: total["sum"] == 2.0 and fast(2.0) == 6.0 and compiled(1.0) == 3.0) == 0
        thread.join()
        assert total["sum"] == 2.0

    def test_a_fork_inside_of_a_call(self) -> None:
        statuses = []

        def f(x: Any) -> Any:
            statuses.append(in_a_child(lambda: doubled(2.0) == 4.0))
            return x * 2.0

        assert functions.compile(f)(2.0) == 4.0
        assert statuses == [0]


class TestCopies:
    def test_a_decorated_function_is_pickled_by_name(self) -> None:
        assert pickle.loads(pickle.dumps(doubled)) is doubled  # noqa: S301 - its own

    def test_others_are_pickled_with_their_function(self) -> None:
        compiled = functions.compile(tripled, exact=True, most_programs=7)
        assert compiled(2.0) == 6.0
        twin = pickle.loads(pickle.dumps(compiled))  # noqa: S301 - its own
        assert twin is not compiled
        assert (twin.function, twin._exact, twin._programs.most, len(twin._programs)) == (tripled, True, 7, 0)
        assert twin(2.0) == 6.0

    def test_a_lambda_is_not_pickled(self) -> None:
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(functions.compile(lambda x: x))

    def test_a_copy_records_programs_of_its_own(self) -> None:
        compiled = functions.compile(tripled, static="n")
        compiled(1.0)
        for twin in (copy.copy(compiled), copy.deepcopy(compiled)):
            assert twin(2.0) == 6.0
            assert len(twin._programs) == 1
            assert twin.program is not compiled.program

    def test_a_deep_copy_has_a_model_of_its_own(self) -> None:
        class Scaled:
            def __init__(self) -> None:
                self.p = Value(2.0)

            def times(self, x: Any) -> Any:
                return self.p * x

        scaled = Scaled()
        compiled = functions.compile(scaled.times)
        twin = copy.deepcopy(compiled)
        scaled.p.data = 5.0
        assert (compiled(1.0), twin(1.0)) == (5.0, 2.0)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_as_it_was(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        with pytest.raises(ag.OperandTypeError):
            functions.compile(lambda x: 2.0 * float(x))(1.0)
        assert functions.compile(lambda x: x * 2.0)(1.0) == 2.0
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_ten_thousand_calls_allocate_nothing_that_grows() -> None:
    p, kept = Value(1.0), {"total": 0.0}

    def step(x: Any, rows: Any) -> Any:
        p.grad = 0.0
        loss = (p * x - rows[0]) ** 2 + (1.0 if x > 0.5 else 2.0)
        loss.backward()
        p.data -= 0.001 * p.grad
        kept["total"] = kept["total"] + 1.0
        return {"loss": loss.data, "rows": [loss.data, x]}

    compiled = functions.compile(step)
    for k in range(100):
        compiled(0.01 * k, [1.0, 2.0])
    gc.collect()
    before = sys.getallocatedblocks()
    for k in range(10_000):
        compiled(0.01 * (k % 100), [1.0, 2.0])
    gc.collect()
    assert sys.getallocatedblocks() - before < 500
    assert len(compiled._programs) == 2


INTERRUPTED: Final = {
    f"autograd_core.compiler.{name}"
    for name in ("capture", "captured", "found_state", "generators", "programs_kept", "runner", "tracing")
} | {"autograd_core.graph.modes", "autograd_core.graph.blocks", __name__}
"""Where interrupts come: all but the passes, which have no state, and the walk over the state, which reads.

Not where the lock is: a trace function can keep even `__exit__` from being called, which no signal can.
"""


def interrupted(work: Callable[[], object], at: int) -> int:
    """Do some work with an interrupt at so many-th line of the compiler; return how many lines there were."""
    lines = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal lines
        if frame.f_globals.get("__name__", "") not in INTERRUPTED:
            return None
        if event == "line":
            lines += 1
            if lines == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return lines


class Step:
    """A training step with everything that a call can change."""

    def __init__(self) -> None:
        self.p, self.norm = Value(2.0), nn.BatchNorm1d(1)
        self.total, self.last, self.items = 1.0, None, [0.0]
        self.compiled = functions.compile(self.step)

    def step(self, x: Any) -> Any:
        self.p.grad = 0.0
        loss = (self.p * x) ** 2 + self.norm([[x], [x + 1.0]])[0][0]
        loss.backward()
        self.p.data -= 0.1 * self.p.grad
        self.total = self.total + x
        self.items[0] = self.items[0] + x
        self.last = x
        return loss

    def look(self) -> Any:
        buffers = copy.deepcopy(vars(self.norm))
        return self.p.data, self.p.grad, self.total, self.last, list(self.items), buffers


@pytest.mark.parametrize("calls_before", [0, 2], ids=["a capture", "a run"])
def test_an_interrupt_leaves_all_whole(calls_before: int) -> None:
    """A call that is interrupted has all its effects or none, and the function works as before."""
    twin = Step()
    for _ in range(calls_before):
        twin.compiled(1.0)
    before = twin.look()
    count = interrupted(lambda: twin.compiled(1.0), -1)
    after = twin.look()
    step = max(1, count // 15)
    for at in [*range(1, count - 12, step), *range(max(1, count - 12), count + 1)]:
        ours = Step()
        for _ in range(calls_before):
            ours.compiled(1.0)
        interrupted(lambda work=ours: work.compiled(1.0), at)  # type: ignore[misc]  # one for each step
        assert ours.look() in (before, after)
        assert_no_mode_is_on()
        while ours.total < 4.0 + calls_before:
            ours.compiled(1.0)
        while twin.total < 4.0 + calls_before:
            twin.compiled(1.0)
        assert ours.look() == twin.look()
    free = threading.Thread(target=lambda: doubled(1.0), daemon=True)
    free.start()
    free.join(5.0)
    assert not free.is_alive(), "the lock is held for ever"
