"""What all tests share: the profiles of hypothesis, and a line that says what is being tested."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import autograd_core
from autograd_core import TABLE

# No deadlines: a slow machine is no defect. Where every run must find the same, examples are not random.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _own_ops() -> Iterator[None]:
    """The ops that a test or an example defines go with it."""
    before = set(TABLE)
    yield
    for name in set(TABLE) - before:
        del TABLE[name]


def pytest_report_header() -> str:
    """Say which build is tested, and from where: it should be the installed package, not the source tree."""
    return f"autograd_core: {autograd_core.build_info()}, from {Path(autograd_core.__file__).parent}"
