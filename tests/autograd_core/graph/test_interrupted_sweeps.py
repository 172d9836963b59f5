"""A sweep that is interrupted anywhere, or was under way when the process was forked, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from linecache import getline
from types import FrameType
from typing import Any, Final

import pytest

import autograd_core as ag
from autograd_core import Value, build_info
from autograd_core.graph.node import Node
from autograd_core.graph.under_way import SWEEPS
from written import POSIX

FORKS: Final = 20
PATIENCE: Final = 20.0
"""So many seconds a child may take; it needs some thousandths of one."""


def graph() -> tuple[Value, Value, Value, Value]:
    """Two leaves, one of which holds a gradient that is a Value, an interior node, and a root."""
    x, w = Value(2.0), Value(3.0)
    hidden = ag.dot([x, w, x], [w, 1.0, x]) * x
    return x, w, hidden, hidden + hidden * w


def backward(root: Value, x: Value, w: Value) -> None:
    root.backward()


def backward_twice(root: Value, x: Value, w: Value) -> None:
    root.backward(create_graph=True)


def backward_checked(root: Value, x: Value, w: Value) -> None:
    with ag.detect_anomaly():
        root.backward()


def differentiated(root: Value, x: Value, w: Value) -> None:
    ag.grad(lambda y: ag.dot([y, w], [y, x]))(2.0)


NOTHING_OR_ALL: Final = ((5.0, 7.0), (113.0, 57.0))
"""What the two leaves may hold after a sweep that was interrupted."""


NEVER: Final = ("lock", "try:", *(["in wanted]"] if sys.version_info >= (3, 12) else []))
"""In such lines a trace function can do what no signal can: keep a lock from being released, or, in the comprehensions
that Python inlines since 3.12, raise an exception that no handler of the function catches."""


def _text(frame: FrameType) -> str:
    return getline(frame.f_code.co_filename, frame.f_lineno)


def number(gradient: Any) -> float:
    data: float = gradient.data if isinstance(gradient, Value) else gradient
    return data


def interrupted(sweep: Callable[[], object], at: int, again: int) -> bool:
    """Interrupt a sweep at a line, and what it does then at a further one; whether it was still running."""
    lines = [at, again]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_globals.get("__name__") not in {"autograd_core.graph.sweep", "autograd_core.graph.under_way"}:
            return None
        if event == "line" and lines and not any(word in _text(frame) for word in NEVER):
            lines[0] -= 1
            if lines[0] == 0:
                del lines[0]
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()  # a measurement of coverage, perhaps
    sys.settrace(trace)
    try:
        sweep()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.skipif(build_info().compiled, reason="a compiled sweep cannot be interrupted")
@pytest.mark.filterwarnings("ignore::autograd_core.GradientLossWarning")
@pytest.mark.parametrize("again", [0, 1, 4, 9])
@pytest.mark.parametrize("sweep", [backward, backward_twice, backward_checked, differentiated])
def test_a_sweep_interrupted_anywhere_is_whole_or_nothing(sweep: Callable[..., object], again: int) -> None:
    x, w, hidden, root = graph()
    x.grad, w.grad = 5.0, Value(7.0)
    held = w.grad
    at = 1
    while interrupted(lambda: sweep(root, x, w), at, again):
        if again == 0:
            assert (number(x.grad), number(w.grad)) in NOTHING_OR_ALL, f"line {at}: half of the gradients"
        sweep(root, x, w)  # undoes what is left of the sweep that broke off
        assert all(node._uses == 0 for node in ag.topological_order(root) if isinstance(node, Node))
        assert x._adjoint == w._adjoint == 0.0
        assert SWEEPS.broken is None
        x.grad, w.grad = 0.0, 0.0
        root.backward(allow_stale=True)
        assert (x.grad, w.grad, hidden.grad, root.grad) == (108.0, 50.0, 4.0, 1.0)
        x.grad, w.grad = 5.0, held
        at += 1
    assert at > 30
    assert SWEEPS.running is None or again


def test_a_sweep_inside_a_sweep_does_not_disturb_it() -> None:
    inner = Value(3.0)

    def slope(x: float) -> float:
        (inner * inner).backward()
        return x

    op = ag.define_op("sweeping", slope, lambda x, y: 1.0)
    try:
        x = Value(2.0)
        root = op(x * x) * x
        root.backward()
        root.backward()  # looks at the op again
    finally:
        ag.TABLE.pop("sweeping")
    assert x.grad == 2 * 12.0
    assert inner.grad > 0.0


def test_a_sum_of_gradients_that_overflows_changes_no_gradient() -> None:
    x, w, b = Value(0.5), Value(1e308), Value(3.0)
    hidden = b + x * w
    root = hidden * b
    nodes = (x, w, b, hidden, root)
    root.backward(create_graph=True)
    x.grad = Value(1.7e308)
    held = [node.grad for node in nodes]
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError):
        root.backward(0.1, create_graph=True)  # 1.7e308 + 3e307 for x
    assert all(node.grad is before for node, before in zip(nodes, held, strict=True))
    assert SWEEPS.broken is SWEEPS.running is None


# ---- Forks -----------------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], bool]) -> str:
    """Fork, do some work in the child, and say how that ended: "right", "wrong" or "waits"."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return "right" if os.waitstatus_to_exitcode(status) == 0 else "wrong"
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "waits"


@POSIX
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_that_is_forked_while_a_thread_sweeps_can_sweep() -> None:
    x, w, hidden, root = graph()
    shared = root
    for _ in range(300):
        shared = shared * 1.0 + 0.0
    ended = threading.Event()

    def sweep_on() -> None:
        f = ag.grad(lambda y: y * shared, create_graph=False)
        while not ended.is_set():
            shared.backward()
            f(1.0)

    def work() -> bool:
        x.grad = w.grad = 0.0
        shared.backward()
        gradient = ag.grad(lambda y: y * y)(3.0)
        return bool((x.grad, w.grad, hidden.grad, gradient) == (108.0, 50.0, 4.0, 6.0))

    thread = threading.Thread(target=sweep_on)
    thread.start()
    try:
        results = [in_child(work) for _ in range(FORKS)]
    finally:
        ended.set()
        thread.join()
    assert results == ["right"] * FORKS


@POSIX
@pytest.mark.skipif(build_info().compiled, reason="no other thread runs during a compiled sweep of plain ops")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_what_a_child_sets_before_its_first_sweep_is_kept() -> None:
    x, w, _, root = graph()
    inside, forked = threading.Event(), threading.Event()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_name == "_add_to_leaves" and x.grad + w.grad != 0.0:
            inside.set()
            forked.wait(PATIENCE)
        return trace

    def sweep() -> None:
        sys.settrace(trace)
        root.backward()

    def work() -> bool:
        x.grad, w.grad = 5.0, 7.0
        root.backward()
        return bool((x.grad, w.grad) == (113.0, 57.0))

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        assert inside.wait(PATIENCE)
        result = in_child(work)
    finally:
        forked.set()
        thread.join()
    assert result == "right"


@POSIX
def test_a_child_that_is_forked_in_mid_sweep_goes_on_with_it() -> None:
    results: list[str] = []

    def forward(x: float) -> float:
        if forward.armed:  # type: ignore[attr-defined]
            results.append(in_child(lambda: ag.grad(lambda y: y * y)(3.0) == 6.0))
        return x

    forward.armed = False  # type: ignore[attr-defined]
    op = ag.define_op("forking", forward, lambda x, y: 1.0)
    try:
        x = Value(2.0)
        root = op(x * x) * x
        root.backward()
        Value(0.0).data = 1.0  # so that the next sweep looks whether the graph is still right
        forward.armed = True  # type: ignore[attr-defined]
        root.backward()
    finally:
        ag.TABLE.pop("forking")
    assert results
    assert set(results) == {"right"}
    assert x.grad == 24.0
