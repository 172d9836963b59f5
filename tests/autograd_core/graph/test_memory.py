"""Memory of nodes: what is kept and what goes back, with threads, forks, exits and other interpreters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import threading
from pathlib import Path

import pytest

from autograd_core import Value, build_info, no_grad, release_memory
from written import POSIX

ROOT = Path(__file__).parents[3]
MEGABYTE = 1 << 20
BOUND = 128 * MEGABYTE
NODE = 96

STATUS = Path("/proc/self/status")


def has_pools() -> bool:
    """Whether nodes come from pools here: some memory is kept after a graph."""
    graph(100_000)
    return release_memory() > 0


def graph(nodes: int) -> Value:
    y = Value(1.0)
    for _ in range(nodes):
        y = y + 1.0
    return y


def resident() -> int:
    """The bytes of main memory that this process takes."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def run(program: str, *arguments: str, **environment: str) -> str:
    """What a program prints that begins with the imports of this file."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-P", *arguments, "-c", PREAMBLE + textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout.strip()


PREAMBLE = """
import atexit, os, sys, threading
from autograd_core import Value, build_info, release_memory

def graph(nodes):
    x = y = Value(1.0)
    for _ in range(nodes):
        y = y * 1.0 + x
    y.backward()
    return x, y
"""

pooled = pytest.mark.skipif(not has_pools(), reason="nodes come from Python's own allocator here")
on_linux = pytest.mark.skipif(not STATUS.exists(), reason="this system has no /proc")


def test_what_is_kept_can_be_given_back() -> None:
    release_memory()
    graph(200_000)
    kept = release_memory()
    assert kept == 0 or kept >= 0.9 * 200_000 * NODE
    assert release_memory() == 0
    assert graph(1000).data == 1001.0


@pooled
@on_linux
def test_memory_goes_back_to_the_system() -> None:
    y: Value | None = graph(500_000)
    release_memory()
    held = resident()
    del y
    assert release_memory() >= 0.9 * 500_000 * NODE
    assert held - resident() >= 0.8 * 500_000 * NODE


@pooled
def test_no_more_is_kept_than_the_bound() -> None:
    graph(2_000_000)
    assert 0.9 * BOUND <= release_memory() <= BOUND


@pooled
def test_what_lies_idle_goes_back_by_itself() -> None:
    release_memory()
    graph(1_000_000)
    for _ in range(2_000):
        graph(10_000)
    assert release_memory() < 0.1 * 1_000_000 * NODE


@pooled
@pytest.mark.parametrize(("nodes", "times"), [(10, 20_000), (600, 20_000), (3_000, 4_000)])
def test_what_lies_idle_goes_back_beside_small_graphs_too(nodes: int, times: int) -> None:
    release_memory()
    graph(600_000)
    for _ in range(times):
        graph(nodes)
    assert release_memory() < 0.6 * 600_000 * NODE


@pooled
@on_linux
def test_memory_that_comes_and_goes_leaves_no_pieces_behind() -> None:
    def pieces() -> int:
        return len(Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())

    def come_and_go() -> None:
        graph(300_000)
        release_memory()

    for _ in range(5):
        come_and_go()
    before = pieces()
    for _ in range(20):
        come_and_go()
    assert pieces() <= before + 5


@pooled
@on_linux
def test_nodes_that_live_long_do_not_hold_the_memory_of_those_that_do_not() -> None:
    release_memory()
    start = resident()
    kept: list[Value] = []
    for _ in range(20):
        made = [Value(0.0) for _ in range(100_000)]
        kept += made[::1000]
        del made
    assert resident() - start < 3 * 100_000 * NODE


@on_linux
@pytest.mark.skipif(not build_info().compiled, reason="plain objects come from Python's own allocator")
def test_ten_thousand_steps_leak_nothing_and_fetch_no_memory() -> None:
    grown, faults, kept = run("""
        import resource
        def steps(count):
            for _ in range(count):
                graph(500)
        def status(field):
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith(field))
        steps(100)
        before, faults = status("VmRSS"), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        steps(10_000)
        print(status("VmRSS") - before, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults, release_memory())
    """).split()
    assert int(grown) < 500
    assert int(faults) < 500
    assert int(kept) < MEGABYTE


@POSIX
@pooled
def test_a_large_step_fetches_no_memory_after_the_first() -> None:
    faults = run("""
        import resource
        graph(60_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(20):
            graph(60_000)
        print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
    """)
    assert float(faults) < 100


def test_threads_build_and_free_each_others_graphs() -> None:
    shelf: list[Value] = []
    wrong: list[float] = []

    def work(seed: int) -> None:
        for turn in range(200):
            x = Value(float(seed))
            y = x
            for _ in range(turn):
                y = y + x
            y.backward()
            if (y.data, x.grad) != (float(seed) * (turn + 1), turn + 1.0):
                wrong.append(x.grad)
            shelf.append(y)
            if len(shelf) > 20:
                del shelf[:10]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


@POSIX
def test_a_fork_has_memory_of_its_own() -> None:
    printed = run("""
        x, y = graph(50_000)
        graph(50_000)
        child = os.fork()
        if child == 0:
            del y
            again = [graph(30_000) for _ in range(5)]
            release_memory()
            os._exit(0 if all(a.grad == 30_001.0 for a, _ in again) else 1)
        graph(50_000)
        y.backward()
        print(x.grad, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert printed == "100002.0 0"


@pytest.mark.parametrize(
    "program",
    [
        "keep = graph(100_000); print('done')",
        "atexit.register(lambda kept: (kept.clear(), graph(10_000)), [graph(100_000)]); print('done')",
        "sys.keep = graph(100_000); sys.keep[1].label = 'kept'; print('done')",
        """
        class Late:
            def __init__(self):
                self.kept = graph(50_000)
            def __del__(self):
                graph(10)
        sys.keep = Late()
        print("done")
        """,
        """
        def work():
            while True:
                graph(1000)
        threading.Thread(target=work, daemon=True).start()
        graph(100_000)
        print("done")
        """,
    ],
    ids=["in a module", "freed at exit", "beyond the module", "a finalizer that computes", "a daemon thread"],
)
def test_graphs_that_are_alive_at_exit(program: str) -> None:
    assert run(program) == "done"


@on_linux
def test_without_memory_there_is_an_error_and_all_goes_on() -> None:
    printed = run("""
        import resource
        graph(20_000)  # its end makes the stack as large as CPython 3.13 needs it to free nested objects
        x, y = graph(1000)
        size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), -1))
        reserve = bytearray(8 << 20)  # for lists, as the memory of freed Values stays in their pools
        held = []
        try:
            while True:
                held.append(graph(10_000))
        except MemoryError:
            del held, reserve
        y.backward()
        print(x.grad, graph(10_000)[0].grad)
    """)
    assert printed == "2002.0 10001.0"


@on_linux
def test_a_sweep_that_runs_out_of_memory_leaves_nothing_behind() -> None:
    printed = run("""
        import resource
        from autograd_core import sum
        xs = [Value(1.0) for _ in range(600_000)]
        y = sum(xs)
        size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (2 << 20), -1))
        try:
            y.backward()
        except MemoryError:
            resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
            print("no memory")
        y.backward()
        (xs[-1] * 3.0).backward()
        print(xs[0].grad, xs[-1].grad)
    """)
    assert printed.split() == ["no", "memory", "1.0", "4.0"]


@pytest.mark.parametrize("allocator", ["malloc", "debug", "pymalloc"])
def test_another_allocator_is_used_if_python_is_told_so(allocator: str) -> None:
    program = "x, y = graph(100_000); del y; print(x.grad, release_memory())"
    assert run(program, PYTHONMALLOC=allocator) == "100001.0 0"


def test_nodes_without_a_graph_come_and_go() -> None:
    with no_grad():
        x = Value(1.0)
        for _ in range(100_000):
            x = x * 1.0
    assert x.data == 1.0


@POSIX  # the pools take memory by mmap
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_the_pools_themselves_under_the_sanitizers(tmp_path: Path) -> None:
    program = tmp_path / "trial"
    command = ["gcc", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover", "-ffunction-sections"]
    headers = [f"-I{ROOT / '.build'}", f"-I{sysconfig.get_path('include')}"]
    source = str(ROOT / "tests" / "support" / "pools_trial.c")
    built = subprocess.run(
        [*command, "-Wl,--gc-sections", *headers, source, "-o", str(program)],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    if built.returncode != 0 and ("sanitize" in built.stderr or "asan" in built.stderr or "Python.h" in built.stderr):
        pytest.skip("no sanitizers or no headers of Python")
    assert built.returncode == 0, built.stderr
    trial = subprocess.run([str(program)], check=False, capture_output=True, encoding="utf-8")
    assert trial.returncode == 0, trial.stdout + trial.stderr
