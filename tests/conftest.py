"""What all tests share: the profiles of hypothesis, a browser, and a line that says what is being tested."""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import autograd_core
from autograd_core import TABLE

if TYPE_CHECKING:
    from browser import Browser

# A shell that starts pytest in the background has interrupts ignored, by its children too; tests send them to both.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests read what other processes print as UTF-8, and Python writes to a pipe in the encoding of the system.
os.environ["PYTHONIOENCODING"] = "utf-8"

# No deadlines: a slow machine is no defect. Every run draws the same examples, so it finds the same. The profile
# "fresh" draws others, from the seed that goes with it: pytest --hypothesis-profile=fresh --hypothesis-seed=1
settings.register_profile("fixed", deadline=None, derandomize=True)
# Its health checks are off: they judge how a strategy draws and how fast the machine is, not the code that is tested.
# Some seeds fail them by chance, and the fixed examples are judged already.
settings.register_profile(
    "fresh",
    deadline=None,
    derandomize=False,  # said, because where CI is set it is not so
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("fixed")


def pytest_collection_finish() -> None:
    """Keep the garbage collector from searching the collected tests and all modules again and again.

    It also searches what the tests make less often than by default, where it takes 8 % of their time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """The ops that a test or an example defines go with it. A fixture would take ten times as long."""
    before = set(TABLE)
    try:
        return (yield)
    finally:
        for name in TABLE.keys() - before:
            del TABLE[name]


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A running browser, for tests that are marked as `needs_chromium`: its start takes as long as one of them."""
    from browser import (  # here, because a test copies this file to where there is no such module
        chromium,
        find_chromium,
    )

    program = find_chromium()
    assert program
    with chromium(program) as running:
        yield running


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which build is tested, and from where (it should not be the source tree); and which examples are drawn."""
    seed = config.getoption("--hypothesis-seed", None)
    return [
        f"autograd_core: {autograd_core.build_info()}, from {Path(autograd_core.__file__).parent}",
        "examples: fixed"
        if settings().derandomize
        else f"examples: fresh, seed {'not given' if seed is None else seed}",
    ]
