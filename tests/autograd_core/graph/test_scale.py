"""Depth, width, threads and memory: nothing depends on the size of the graph but time."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core import Value, build_info, topological_order

MILLION = 1_000_000


def chain(length: int) -> tuple[Value, Value]:
    x = y = Value(1.0)
    for _ in range(length):
        y = y + 1.0
    return x, y


def test_a_chain_of_a_million_operations() -> None:
    limit = sys.getrecursionlimit()
    x, y = chain(MILLION)
    y.backward()
    assert (y.data, x.grad) == (MILLION + 1.0, 1.0)
    assert len(topological_order(y)) == MILLION + 1
    del y
    assert sys.getrecursionlimit() == limit


def test_a_long_chain_is_pickled_copied_and_compared() -> None:
    """A recursion through so many nodes would need more than the 8 megabytes of stack that there are."""
    limit = sys.getrecursionlimit()
    _, y = chain(200_000)
    other = pickle.loads(pickle.dumps(y))  # noqa: S301 - our own bytes
    assert other == y
    assert not other < y
    del other
    twin = copy.deepcopy(y)
    twin.backward()
    assert twin.data == y.data
    del twin
    del y
    assert sys.getrecursionlimit() == limit


def test_a_deep_chain_of_wide_nodes_is_freed() -> None:
    x = y = Value(1.0)
    for _ in range(200_000):
        y = ag.sum([y, x, 1.0])
    y.backward()
    assert x.grad == 200_001.0
    del y


def test_a_small_stack_is_enough() -> None:
    outcome: list[float] = []

    def work() -> None:
        x, y = chain(300_000)
        y.backward()
        del y
        outcome.append(x.grad)

    # CPython 3.13 nests the freeing of 10,000 objects, even of lists in lists, which takes more than these 256 KiB.
    nests = sys.version_info[:2] == (3, 13) and not build_info().compiled
    before = threading.stack_size((1024 if nests else 256) * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert outcome == [1.0]


def test_values_inside_deeply_nested_lists_are_freed() -> None:
    for depth in range(40, 64):
        nested: object = Value(1.0) * 2.0
        for _ in range(depth):
            nested = [nested]
        del nested
    x = Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


def test_concurrent_sweeps_over_shared_leaves() -> None:
    x = Value(2.0)
    threads = 8
    sweeps = 200

    def work() -> None:
        for _ in range(sweeps):
            y = x
            for _ in range(20):
                y = y * 1.0 + x
            y.backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(before)
    assert x.grad == threads * sweeps * 21.0


def megabytes_left_behind(work: str, times: int) -> float:
    """How much larger a fresh process is after calling `work()` so many times."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("the size of a process is read from /proc, which this system does not have")
    program = f"""
import gc
from autograd_core import Value, topological_order
gc.disable()
def size(): return int(open("/proc/self/statm").read().split()[1]) * {os.sysconf("SC_PAGE_SIZE")}
{work}
work(); before = size()
for _ in range({times}): work()
print((size() - before) / 2**20)
"""
    result = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, encoding="utf-8", check=True)
    return float(result.stdout)


def test_graphs_are_freed_at_once_and_without_the_collector() -> None:
    work = """
def work():
    x = y = Value(1.0)
    for _ in range(20000): y = y * 1.0 + x
    y.backward()
"""
    assert megabytes_left_behind(work, 50) < 5.0


def test_clearing_a_gradient_that_is_a_value_frees_it() -> None:
    work = """
def work():
    x = y = Value(1.0)
    for _ in range(500): y = y * x
    y.backward(create_graph=True)
    for node in topological_order(y): node.grad = 0.0
"""
    assert megabytes_left_behind(work, 60) < 5.0


def test_a_compiled_node_takes_little_memory() -> None:
    x = Value(1.0)
    node = x + 1.0
    assert sys.getsizeof(node) <= (112 if build_info().compiled else 160)
    assert not gc.is_tracked(node) or not build_info().compiled
