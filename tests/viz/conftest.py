"""What the tests of pages share."""

from collections.abc import Iterator

import pytest

from browser import Browser, chromium, find_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser, for tests that are marked as `needs_chromium`."""
    program = find_chromium()
    assert program
    with chromium(program) as running:
        yield running
